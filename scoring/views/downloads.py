"""Tables to take away as .xlsx: the board.

The matrix and the score sheets, which come back as imports, are in scoring.workbooks.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office.fields import format_points, from_units
from office.files import XLSX
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import queries
from scoring.engine.sheet import BlockStanding, ItemResult, RowResult
from scoring.models import MajorItem
from scoring.views.board import seen_blocks
from scoring.views.shared import nothing_here
from units.pages import PageRequest, page


@page("G04")
def board_xlsx(request: PageRequest) -> HttpResponse:
    """A sheet per block, rows by place; `?block=` takes one."""
    cycle = request.cycle
    blocks = [b for b in seen_blocks(request, "G04") if request.GET.get("block", str(b.pk)) == str(b.pk)]
    if not blocks:
        raise nothing_here()
    standings = queries.standings_of(blocks)
    weights: dict[int, list[str]] = {}
    for item in MajorItem.objects.filter(block__in=blocks).order_by("order", "pk"):
        weights.setdefault(item.block_id, []).append(f"{item.name} ({format_points(item.weight_points)})")
    sheets = [
        board_sheet(block.name, cycle.code, cycle.places, standings[block.pk], weights.get(block.pk, []))
        for block in blocks
    ]
    name = _("Standings at a glance")
    return attachment(write_workbook(sheets), f"{cycle.code}-{name}.xlsx")


def board_sheet(name: str, code: str, places: int, standing: BlockStanding, items: list[str]) -> SheetOut:
    columns = [
        ColumnOut(_("Place"), "whole"),
        ColumnOut(_("Unit")),
        *(ColumnOut(item, "number", places) for item in items),
        ColumnOut(_("Preliminary score"), "number", places),
        ColumnOut(_("Commendations"), "number", places),
        ColumnOut(_("Criticisms"), "number", places),
        ColumnOut(_("Reward points"), "number", places),
        ColumnOut(_("Final score"), "number", places),
        ColumnOut(_("Missing"), "whole"),
        ColumnOut(_("Remark")),
    ]

    def figures(row: RowResult) -> list[object]:
        parts: tuple[ItemResult, ...] = row.items
        amounts = (row.preliminary, row.commendations, row.criticisms, row.rewards, row.final)
        remarks = [_("tie")] if row.shared else []
        if not row.eligible:
            remarks.append(_("no award"))
        return [
            row.rank,
            row.unit,
            *(from_units(item.weighted, places) for item in parts),
            *(from_units(amount, places) for amount in amounts),
            row.missing,
            "、".join(remarks),
        ]

    mark = " · " + _("provisional") if standing.provisional else ""
    return SheetOut(
        name=name,
        title=f"{code} {name}{mark}",
        columns=columns,
        rows=[figures(row) for row in standing.rows],  # type: ignore[misc]  # every entry is a Value
        frozen_columns=2,
        spare_rows=0,
    )


def attachment(content: bytes, name: str) -> HttpResponse:
    """A workbook as an answer that is saved, never cached by others."""
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
