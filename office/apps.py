"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OfficeConfig(AppConfig):
    name = "office"
    verbose_name = _("The desk")

    def ready(self) -> None:
        from office import sign_in

        sign_in.connect()
