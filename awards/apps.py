"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AwardsConfig(AppConfig):
    name = "awards"
    verbose_name = _("Results")

    def ready(self) -> None:
        from awards import consequences, group_deeds, receivers
        from awards.actions import filing, publication
        from office.ports import fill_consequences

        receivers.connect()
        fill_consequences(consequences.consequences)
        publication.register()
        filing.register()
        group_deeds.connect()
