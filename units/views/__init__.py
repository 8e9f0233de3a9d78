"""Pages of this app, one module per matter.

Addresses are in units.urls.
"""
