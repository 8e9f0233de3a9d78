"""Everything that lies side by side in the preliminary review, as a workbook."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import review_queries
from scoring.models import ReturnLine
from scoring.views.downloads import attachment
from scoring.views.review import KIND
from scoring.workbooks.returns import period_name
from units.pages import PageRequest, page


@page("E01", "E04")
def review_xlsx(request: PageRequest) -> HttpResponse:
    """Everything side by side for every cell in sight; `?unit=` takes one."""
    hat, cycle = request.hat, request.cycle
    cells = review_queries.cells_in_sight(hat, cycle)
    if name := request.GET.get("unit", ""):
        cells = cells.filter(membership__unit=review_queries.unit_in_sight(hat, cycle, name))
    places = cycle.places
    sheet = SheetOut(
        _("Preliminary review"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Major item")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Base"), "number", 0),
            ColumnOut(_("Last year"), "number", places),
            ColumnOut(_("Self"), "number", places),
            ColumnOut(_("Ledgers suggest"), "number", places),
            ColumnOut(_("Figures reported")),
            ColumnOut(_("Lead"), "number", places),
            ColumnOut(_("Preliminary"), "number", places),
            ColumnOut(_("Opinion")),
            ColumnOut(_("On site"), "number", places),
            ColumnOut(_("Returns"), "whole"),
        ],
        [
            [
                s.cell.block.name,
                s.cell.membership.unit.name,
                s.cell.sub_item.item.name,
                s.cell.sub_item.name,
                s.cell.sub_item.base_points,
                s.last_year,
                s.own,
                s.ledger.suggested if s.ledger else None,
                "；".join(
                    f"{figure_name(line)} {line.value.normalize():f}{line.measure}" for line in s.figures
                ),
                s.lead,
                s.preliminary,
                s.scores[KIND].reason if KIND in s.scores else "",
                s.onsite,
                len(s.supplements),
            ]
            for s in review_queries.sights_of(cycle, cells)
        ],
        frozen_columns=4,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Preliminary review')}.xlsx")


def figure_name(line: ReturnLine) -> str:
    """What was reported, and of which period."""
    return f"{line.figure}（{period_name(line.version.ledger.period)}）"
