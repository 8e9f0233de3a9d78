"""The pages that show facts of several apps, one module per page or family of pages.

What they show is asked of each app's queries.
"""
