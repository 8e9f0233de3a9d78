"""Registers Django's admin with our own site: who may come in, and which records it shows.

In a module of its own, because an app's apps.py may hold one default configuration only.
"""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "units.administration.Administration"
