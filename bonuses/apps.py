"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BonusesConfig(AppConfig):
    name = "bonuses"
    verbose_name = _("Papers")

    def ready(self) -> None:
        from bonuses import group_deeds, receivers

        receivers.connect()
        group_deeds.connect()
