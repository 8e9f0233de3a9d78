"""Papers and what rests on them in /admin/: to look, search and filter; figures are never typed over there.

Only what a veto takes away is data that may be entered here; everything else goes through the pages.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
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


class ReadOnly(admin.ModelAdmin[Any]):
    """Nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Document)
class DocumentAdmin(ReadOnly):
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
    search_fields = ("title", "number", "issuer", "leader", "file_sha256")
    list_select_related = ("entered_by",)
    date_hierarchy = "on"


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnly):
    list_display = ("unit", "kind", "level", "scope", "document", "state", "proposed_by", "decided_by")
    list_filter = ("state", "kind", "level", "membership__block__cycle")
    search_fields = ("unit__name", "document__title", "document__number")
    list_select_related = ("unit", "document", "proposed_by", "decided_by")


@admin.register(Veto)
class VetoAdmin(ReadOnly):
    list_display = ("unit", "field", "level", "state", "deciding_body", "on", "proposed_by", "confirmed_by")
    list_filter = ("state", "level", "field", "cycle")
    search_fields = ("unit__name", "deciding_body")
    list_select_related = ("unit", "proposed_by", "confirmed_by")


@admin.register(Finding)
class FindingAdmin(ReadOnly):
    list_display = ("unit", "on", "state", "proposed_by", "confirmed_by")
    list_filter = ("state", "cycle")
    search_fields = ("unit__name", "what")
    list_select_related = ("unit", "proposed_by", "confirmed_by")


@admin.register(Tally)
class TallyAdmin(ReadOnly):
    list_display = ("membership", "commendations", "criticisms", "rewards", "is_barred")
    list_filter = ("membership__block__cycle", "is_barred")
    search_fields = ("membership__unit__name",)
    list_select_related = ("membership__unit", "membership__block")


@admin.register(Matter)
class MatterAdmin(ReadOnly):
    list_display = ("title", "cycle", "made_by", "made_at")
    list_filter = ("cycle",)
    search_fields = ("title",)


@admin.register(PaperBatch)
class PaperBatchAdmin(ReadOnly):
    list_display = ("file", "cycle", "state", "by", "at", "committed_at")
    list_filter = ("cycle", "state")
    search_fields = ("file__name", "file_sha256")
    list_select_related = ("file", "by", "cycle")


@admin.register(TariffLine)
class TariffLineAdmin(ReadOnly):
    list_display = ("kind", "level", "scope", "points", "clause", "cycle")
    list_filter = ("cycle", "kind")


@admin.register(Issuer)
class IssuerAdmin(ReadOnly):
    list_display = ("name", "level", "cycle")
    list_filter = ("cycle", "level")
    search_fields = ("name",)


@admin.register(Pool)
class PoolAdmin(ReadOnly):
    list_display = ("name", "organiser", "cap", "cycle")
    list_filter = ("cycle",)


@admin.register(VetoField)
class VetoFieldAdmin(admin.ModelAdmin[VetoField]):
    list_display = ("name", "cycle", "bars_comprehensive", "bars_single", "bars_individual", "years")
    list_filter = ("cycle",)
