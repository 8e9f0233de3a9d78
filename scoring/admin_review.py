"""Reviewing in /admin/: visits and what was found, returns for supplement, findings, to look at only.

What all records share is in units.administration.
"""

from __future__ import annotations

from django.contrib import admin

from scoring.models import Dismissal, DistortionLimits, Supplement, Visit, VisitLine
from units.administration import Records


@admin.register(Visit)
class VisitRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "on", "team", "state", "first_by", "second_by")
    list_filter = ("cycle", "state", "team")
    list_select_related = ("unit", "team", "first_by", "second_by")
    search_fields = ("unit__name", "note", "met")


@admin.register(VisitLine)
class VisitLineRecords(Records):
    cycle_path = "visit__cycle"
    list_display = ("visit", "cell", "points", "reason", "recorded_by", "recorded_at")
    list_filter = ("visit__cycle", "visit__state")
    list_select_related = (
        "visit__unit",
        "cell__membership__unit",
        "cell__membership__block",
        "cell__sub_item",
        "recorded_by",
    )
    search_fields = ("cell__membership__unit__name", "cell__sub_item__name", "finding", "reason")


@admin.register(Supplement)
class SupplementRecords(Records):
    cycle_path = "cell__block__cycle"
    list_display = ("cell", "number", "state", "due_on", "asked_by", "answered_by", "closed_by")
    list_filter = ("cell__block__cycle", "state")
    list_select_related = (
        "cell__membership__unit",
        "cell__membership__block",
        "cell__sub_item",
        "asked_by",
        "answered_by",
        "closed_by",
    )
    search_fields = ("cell__membership__unit__name", "cell__sub_item__name", "what", "answer")


@admin.register(Dismissal)
class DismissalRecords(Records):
    cycle_path = "cycle"
    list_display = ("about", "kind", "is_seen", "reason", "by", "at")
    list_filter = ("cycle", "kind", "is_seen")
    list_select_related = ("by",)
    search_fields = ("about", "key", "reason")


@admin.register(DistortionLimits)
class DistortionLimitsRecords(Records):
    cycle_path = "cycle"
    search_fields = ("cycle__code",)
    list_display = ("cycle", "above_ledger", "above_lead", "above_returns", "jump", "flat_full", "flat_lead")
    list_filter = ("cycle",)
