"""Ledgers, versions, lines, returns and evidence in /admin/: to look at only; figures are never typed there.

What all records share is in units.administration; registered by scoring.admin.
"""

from __future__ import annotations

from django.contrib import admin

from scoring.models import Ledger, LedgerLine, LedgerVersion, LineThread, QuarterDue, ReturnLine
from units.administration import Records


@admin.register(Ledger)
class LedgerRecords(Records):
    cycle_path = "cycle"
    list_display = ("body", "kind", "period", "part", "current")
    list_filter = ("cycle", "kind", "period", "part")
    list_select_related = ("body", "current__ledger__body")
    search_fields = ("body__name",)


@admin.register(LedgerVersion)
class LedgerVersionRecords(Records):
    cycle_path = "ledger__cycle"
    list_display = ("ledger", "number", "state", "line_count", "points", "by", "at", "void_reason")
    list_filter = ("ledger__cycle", "state", "by_office")
    list_select_related = ("ledger__body", "by")
    search_fields = ("ledger__body__name", "batch__file__name")


@admin.register(LedgerLine)
class LedgerLineRecords(Records):
    cycle_path = "version__ledger__cycle"
    list_display = ("version", "membership", "sub_item", "points", "reason", "on")
    list_filter = ("version__ledger__cycle", "version__ledger__period")
    list_select_related = ("version__ledger__body", "membership__unit", "membership__block", "sub_item")
    search_fields = ("membership__unit__name", "sub_item__name", "reason")


@admin.register(ReturnLine)
class ReturnLineRecords(Records):
    cycle_path = "version__ledger__cycle"
    list_display = ("version", "unit", "figure", "value", "measure")
    list_filter = ("version__ledger__cycle", "version__ledger__period")
    list_select_related = ("version__ledger__body", "unit")
    search_fields = ("unit__name", "figure")


@admin.register(LineThread)
class LineThreadRecords(Records):
    cycle_path = "ledger__cycle"
    list_display = ("ledger", "thread")
    list_filter = ("ledger__cycle",)
    list_select_related = ("ledger__body",)
    search_fields = ("ledger__body__name",)


@admin.register(QuarterDue)
class QuarterDueRecords(Records):
    cycle_path = "cycle"
    list_display = ("cycle", "quarter", "due_on", "cut_off")
    list_filter = ("cycle",)
    list_select_related = ("cycle",)
    search_fields = ("cycle__code",)
