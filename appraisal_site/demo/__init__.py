"""The fictional year that a new installation shows: people, windows, figures.

Everything is made from the shipped plan by a seed; no real person, place or figure is in it.
"""
