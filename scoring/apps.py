"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    name = "scoring"
    verbose_name = _("Scoring")

    def ready(self) -> None:
        from office.ports import fill_sub_items_led
        from scoring import (  # noqa: F401 -- papers register a job
            commitment_papers,
            group_deeds,
            paper_forms,
            promise_sheets,
            queries,
            receivers,
            visit_forms,
        )
        from scoring.actions import imports, ledgers, letter_jobs, returns  # noqa: F401 -- register with the worker

        receivers.connect()
        paper_forms.connect()
        visit_forms.connect()
        group_deeds.connect()
        promise_sheets.connect()
        fill_sub_items_led(queries.sub_items_led)
