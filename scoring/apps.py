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
        from scoring import commitment_papers, paper_forms, queries, receivers, visit_forms  # noqa: F401 -- papers register a job
        from scoring.actions import imports, ledgers, letter_jobs, returns  # noqa: F401 -- register with the worker

        receivers.connect()
        paper_forms.connect()
        visit_forms.connect()
        fill_sub_items_led(queries.sub_items_led)
