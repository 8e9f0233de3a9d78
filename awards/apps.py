"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AwardsConfig(AppConfig):
    name = "awards"
    verbose_name = _("Results")

    def ready(self) -> None:
        from awards import consequences, group_deeds, receivers, rule_figures
        from awards.actions import filing, publication
        from office.ports import fill_amended, fill_consequences

        receivers.connect()
        fill_consequences(consequences.consequences)
        fill_amended(rule_figures.amended)
        publication.register()
        filing.register()
        group_deeds.connect()
