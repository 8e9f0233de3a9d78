"""Codes read from the picture of a scan, in a child process of its own.

`reader.codes_in` is the door; nothing else of this package is for callers.
"""
