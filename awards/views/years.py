"""Two years side by side for leaders: items mapped across cycles, and every unit's place then and now.

Who may look is row G02; the office says which item goes with which (B04).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import money
from awards.actions.item_mapping import map_item
from awards.views.shared import tabs
from awards.year_on_year import BlockComparison, ItemLine, compare_years, year_before
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring.models import MajorItem
from scoring.views.board import seen_blocks
from scoring.views.downloads import attachment
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may


def _before(cycle: Cycle) -> Cycle:
    before = year_before(cycle)
    if before is None:
        raise Refused("not-found", _("There is no year before this one."), status=404)
    return before


@page("G02")
def year_on_year(request: PageRequest) -> HttpResponse:
    """`?unit=` shows one unit's own items; without it the mean of each block."""
    cycle = request.cycle
    before = year_before(cycle)
    context: dict[str, Any] = {
        "page_title": _("Year on year"),
        "tabs": tabs(request),
        "before": before,
        "brief_url": reverse("brief", args=[cycle.code]),
    }
    if before is None:
        return render(request, "awards/year_on_year.html", context | {"blocks": []})
    unit = request.GET.get("unit", "")
    comparisons = compare_years(seen_blocks(request), before)
    if unit:
        comparisons = [one for one in comparisons if unit in one.rows]
        if not comparisons:
            raise Refused(
                "not-found", _("There is no unit “%(name)s” in this year.") % {"name": unit[:60]}, status=404
            )
    maps = may("B04", request.hat, cycle)
    earlier_items = (
        MajorItem.objects.filter(block__cycle=before)
        .select_related("block")
        .order_by("block__order", "order", "pk")
    )
    choices = [(str(one.pk), f"{one.block.name} · {one.name}") for one in earlier_items] if maps else []
    return render(
        request,
        "awards/year_on_year.html",
        context
        | {
            "unit": unit,
            "blocks": [_block(cycle, one, unit) for one in comparisons],
            "choices": choices,
            "xlsx_url": reverse("year-on-year-xlsx", args=[cycle.code]),
        },
    )


def _block(cycle: Cycle, one: BlockComparison, unit: str) -> dict[str, Any]:
    own = reverse("year-on-year", args=[cycle.code])
    return {
        "name": one.block.name,
        "pk": one.block.pk,
        "is_new": one.earlier is None,
        "items": [_item(line) for line in (one.of_unit(unit) if unit else one.items)],
        "units": [
            {
                "line": line,
                "url": f"{own}?unit={line.unit}",
                "down": -line.gained if line.gained is not None and line.gained < 0 else 0,
            }
            for line in one.units
            if not unit or line.unit == unit
        ],
    }


def _item(line: ItemLine) -> dict[str, Any]:
    change = line.change
    return {
        "name": line.pair.item.name,
        "pk": line.pair.item.pk,
        "earlier": line.pair.earlier.name if line.pair.earlier is not None else "",
        "chosen": _chosen(line),
        "by_office": line.pair.by_office,
        "before": _percent(line.before),
        "now": _percent(line.now),
        "change": "" if change is None else _signed(change),
        "is_up": change is not None and change > 0,
        "is_down": change is not None and change < 0,
    }


def _chosen(line: ItemLine) -> str:
    if not line.pair.by_office:
        return ""
    return str(line.pair.earlier.pk) if line.pair.earlier is not None else "none"


def _percent(share: Fraction | None) -> str:
    return "—" if share is None else f"{money.percent(share)}%"


def _signed(change: Fraction) -> str:
    shown = money.percent(abs(change))
    return f"−{shown}" if change < 0 else f"+{shown}"


@page("G02")
def year_on_year_xlsx(request: PageRequest) -> HttpResponse:
    """Both tables as a workbook."""
    cycle = request.cycle
    before = year_before(cycle)
    comparisons = compare_years(seen_blocks(request), before) if before is not None else []
    shares = [
        [
            one.block.name,
            line.pair.item.name,
            line.pair.earlier.name if line.pair.earlier is not None else "",
            _percent(line.before),
            _percent(line.now),
            "" if line.change is None else _signed(line.change),
        ]
        for one in comparisons
        for line in one.items
    ]
    places = [
        [one.block.name, line.unit, line.before, line.now, line.gained]
        for one in comparisons
        for line in one.units
    ]
    sheets = [
        SheetOut(
            _("Items"),
            [
                ColumnOut(_("Block")),
                ColumnOut(_("Item")),
                ColumnOut(_("Item of the year before")),
                ColumnOut(_("Year before")),
                ColumnOut(_("This year")),
                ColumnOut(_("Change")),
            ],
            shares,
            spare_rows=0,
        ),
        SheetOut(
            _("Places"),
            [
                ColumnOut(_("Block")),
                ColumnOut(_("Unit")),
                ColumnOut(_("Year before"), "whole"),
                ColumnOut(_("This year"), "whole"),
                ColumnOut(_("Places gained"), "whole"),
            ],
            places,
            spare_rows=0,
        ),
    ]
    return attachment(write_workbook(sheets), f"{cycle.code}-{_('Year on year')}.xlsx")


@page("B04", methods=("POST",))
def map_items(request: PageRequest, pk: int) -> HttpResponse:
    map_item(
        by=request.hat,
        cycle=request.cycle,
        before=_before(request.cycle),
        item_id=pk,
        earlier=request.POST.get("earlier", ""),
    )
    messages.success(request, _("The comparison is kept."))
    return redirect("year-on-year", request.cycle.code)
