"""Tariff, issuers and pools in /admin/; the sums of papers to look at only.

What all records share is in units.administration.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from bonuses.models import Issuer, Pool, Tally, TariffLine
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
