"""Awards and their prizes in /admin/.

What all records share is in units.administration.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from awards.models import AwardScheme, PrizeLine
from units.actions import setup
from units.admin import ADD, CHANGE, DELETE, stored
from units.administration import Records
from units.hats import Hat


@admin.register(AwardScheme)
class AwardSchemeRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "cycle"
    list_display = ("name", "kind", "cycle", "order")
    list_filter = ("cycle", "kind")
    search_fields = ("name",)
    filter_horizontal = ("blocks",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cycle",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        lists = {"blocks": list(values.pop("blocks", []))}
        scheme = stored(AwardScheme, row) or AwardScheme()
        return setup.save_row(by=by, cycle=row.cycle, row=scheme, values=values, lists=lists)

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_row(by=by, cycle=row.cycle, row=row)


@admin.register(PrizeLine)
class PrizeLineRecords(Records):
    editable = frozenset({ADD, CHANGE, DELETE})
    cycle_path = "scheme__cycle"
    list_display = ("scheme", "grade", "count", "amount_fen")
    list_filter = ("scheme__cycle", "scheme__kind")
    list_select_related = ("scheme",)
    search_fields = ("scheme__name", "grade")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("scheme",) if obj else ()

    def act(self, by: Hat, row: Any, values: dict[str, Any]) -> models.Model:
        return setup.save_row(
            by=by, cycle=row.scheme.cycle, row=stored(PrizeLine, row) or PrizeLine(), values=values
        )

    def remove(self, by: Hat, row: Any) -> None:
        setup.remove_row(by=by, cycle=row.scheme.cycle, row=row)
