"""Tariff, issuers, pools and fields of veto in /admin/; papers, decisions and sums to look at only.

What all records share is in units.administration.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from bonuses.models import (
    Adjustment,
    Document,
    Finding,
    Issuer,
    Matter,
    PaperBatch,
    Pool,
    Tally,
    TariffLine,
    Veto,
    VetoField,
)
from units.actions import setup
from units.admin import ADD, CHANGE, DELETE, stored
from units.administration import Records
from units.hats import Hat


class OfCycle(Records):
    """A plain record of one year's plan."""

    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "cycle"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cycle",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return setup.save_row(
            by=by, cycle=row.cycle, row=stored(self.model, row) or self.model(), values=values
        )

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_row(by=by, cycle=row.cycle, row=row)


@admin.register(TariffLine)
class TariffRecords(OfCycle):
    list_display = ("kind", "level", "scope", "points", "clause", "cycle")
    list_filter = ("cycle", "kind", "scope")
    search_fields = ("level", "clause")


@admin.register(Issuer)
class IssuerRecords(OfCycle):
    list_display = ("name", "level", "cycle")
    list_filter = ("cycle", "level")
    search_fields = ("name", "level")


@admin.register(Pool)
class PoolRecords(OfCycle):
    list_display = ("name", "organiser", "cap", "cycle")
    list_filter = ("cycle",)
    search_fields = ("name", "organiser")


@admin.register(Tally)
class TallyRecords(Records):
    cycle_path = "membership__block__cycle"
    list_display = ("membership", "commendations", "criticisms", "rewards", "is_barred")
    list_filter = ("membership__block__cycle", "membership__block", "is_barred")
    list_select_related = ("membership__unit", "membership__block")
    search_fields = ("membership__unit__name",)


@admin.register(VetoField)
class VetoFieldRecords(OfCycle):
    list_display = ("name", "cycle", "bars_comprehensive", "bars_single", "bars_individual", "years")
    list_filter = ("cycle",)
    search_fields = ("name",)


@admin.register(Document)
class DocumentRecords(Records):
    cycle_path = "cycle"
    list_display = (
        "title",
        "number",
        "issuer",
        "leader",
        "on",
        "entered_by",
        "original_seen_at",
        "box_number",
    )
    list_filter = ("cycle", "kind")
    list_select_related = ("entered_by",)
    search_fields = ("title", "number", "issuer", "leader", "file_sha256")


@admin.register(Adjustment)
class AdjustmentRecords(Records):
    cycle_path = "membership__block__cycle"
    list_display = ("unit", "kind", "level", "scope", "document", "state", "proposed_by", "decided_by")
    list_filter = ("membership__block__cycle", "state", "kind", "level")
    list_select_related = ("unit", "document", "proposed_by", "decided_by")
    search_fields = ("unit__name", "document__title", "document__number")


@admin.register(Matter)
class MatterRecords(Records):
    cycle_path = "cycle"
    list_display = ("title", "cycle", "made_by", "made_at")
    list_filter = ("cycle",)
    search_fields = ("title",)


@admin.register(PaperBatch)
class PaperBatchRecords(Records):
    cycle_path = "cycle"
    list_display = ("file", "cycle", "state", "by", "at", "committed_at")
    list_filter = ("cycle", "state")
    list_select_related = ("file", "by", "cycle")
    search_fields = ("file__name", "file_sha256")


@admin.register(Veto)
class VetoRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "field", "level", "state", "deciding_body", "on", "proposed_by", "confirmed_by")
    list_filter = ("cycle", "state", "level", "field")
    list_select_related = ("unit", "proposed_by", "confirmed_by")
    search_fields = ("unit__name", "deciding_body")


@admin.register(Finding)
class FindingRecords(Records):
    cycle_path = "cycle"
    list_display = ("unit", "on", "state", "proposed_by", "confirmed_by")
    list_filter = ("cycle", "state")
    list_select_related = ("unit", "proposed_by", "confirmed_by")
    search_fields = ("unit__name", "what")
