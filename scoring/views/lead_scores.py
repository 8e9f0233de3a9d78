"""The lead's scores 责任单位测评: its sub-items, one of them for all units in a grid, and “not involved” in bulk.

A lead meets nothing about its own unit: those cells are left to the office, which finds them here.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.fields import format_points
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import review_queries, visible
from scoring.actions.many_involved import decide_many, mark_sub_item
from scoring.models import Cell, Involvement, ScoreKind, SubItem
from scoring.readiness import cells_asked
from scoring.review_queries import CellSight
from scoring.views.downloads import attachment
from scoring.views.review import Row, rows_of, typed_marks
from scoring.views.shared import crumbs, nothing_here
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import PageRequest, log_denial, page
from units.permissions import may

KIND = ScoreKind.LEAD


def cells_of(hat: Hat, cycle: Cycle) -> QuerySet[Cell]:
    """The cells a hat may give lead scores to: a lead's own sub-items without its own ties, the office all."""
    cells = Cell.objects.filter(block__cycle=cycle, sub_item__suspended_reason="")
    if hat.role is Role.LEAD:
        return cells.filter(sub_item__in=visible.led_by(hat)).exclude(
            membership__unit__in=hat.tied_unit_ids(cycle.pk)
        )
    return cells if hat.role is Role.OFFICE else cells.none()


@page("E03")
def lead_scores(request: PageRequest) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    asked = cells_of(hat, cycle).exclude(involvement=Involvement.CONFIRMED)
    rows = list(
        asked.values(
            "sub_item_id",
            "sub_item__name",
            "sub_item__item__name",
            "sub_item__base_points",
            "sub_item__lead__name",
            "block__name",
        )
        .annotate(
            every=Count("pk", distinct=True),
            scored=Count("pk", distinct=True, filter=Q(scores__kind=KIND)),
            proposed=Count("pk", distinct=True, filter=Q(involvement=Involvement.PROPOSED)),
        )
        .order_by(
            "block__order", "sub_item__item__order", "sub_item__item_id", "sub_item__order", "sub_item_id"
        )
    )
    return render(
        request,
        "scoring/lead_scores.html",
        {
            "rows": [
                row
                | {
                    "url": reverse("lead-grid", args=[cycle.code, row["sub_item_id"]]),
                    "light": "green"
                    if row["scored"] >= row["every"]
                    else "amber"
                    if row["scored"]
                    else "red",
                }
                for row in rows
            ],
            "is_office": hat.role is Role.OFFICE,
            "own": list(_own_cells(cycle)) if hat.role is Role.OFFICE else [],
            "open": may("E03", hat, cycle),
            "sheet_url": reverse("score-sheet", args=[cycle.code, "lead"]),
            "imports_url": reverse("imports", args=[cycle.code]),
            "involved_url": reverse("not-involved", args=[cycle.code]),
            "forms_url": reverse("signed-forms", args=[cycle.code]),
            "xlsx_url": reverse("lead-scores-xlsx", args=[cycle.code]),
            "cycle": cycle,
        },
    )


def _own_cells(cycle: Cycle) -> QuerySet[Cell]:
    """Cells of a lead's own unit that still wait for the office's score."""
    return (
        cells_asked(cycle)
        .filter(sub_item__lead=F("membership__unit"))
        .exclude(scores__kind=KIND)
        .select_related("membership__unit", "sub_item", "block")
        .order_by("membership__unit__order", "block__order", "sub_item__order")
    )


@page("E03")
def lead_scores_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    sheet = SheetOut(
        _("Lead scores"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Base"), "number", 0),
            ColumnOut(_("Self"), "number", cycle.places),
            ColumnOut(_("Ledgers suggest"), "number", cycle.places),
            ColumnOut(_("Lead"), "number", cycle.places),
            ColumnOut(_("Reason")),
            ColumnOut(_("State")),
        ],
        [
            [
                s.cell.block.name,
                s.cell.sub_item.name,
                s.cell.membership.unit.name,
                s.cell.sub_item.base_points,
                s.own,
                s.ledger.suggested if s.ledger else None,
                s.lead,
                s.scores[KIND].reason if KIND in s.scores else "",
                str(s.cell.get_involvement_display()) if s.cell.involvement else "",
            ]
            for s in review_queries.sights_of(cycle, cells_of(request.hat, cycle))
        ],
        frozen_columns=3,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Lead scores')}.xlsx")


# One sub-item for all units


@page("E03", methods=("GET", "POST"), tables=True)
def lead_grid(request: PageRequest, pk: int) -> HttpResponse:
    """`?fill=ledger` puts what the ledgers suggest into the empty fields; nothing is stored by it."""
    hat, cycle = request.hat, request.cycle
    sights = review_queries.sights_of(cycle, cells_of(hat, cycle).filter(sub_item=pk))
    if not sights:
        raise nothing_here()
    refusal: Refused | None = None
    ticked = _ticked(request, sights)
    if request.method == "POST":
        try:
            scored, proposed = mark_sub_item(
                by=hat,
                cycle=cycle,
                marks=typed_marks(request, sights, KIND, frozenset(ticked)),
                proposals=ticked,
            )
        except Refused as refused:
            if refused.status == 404:
                raise
            if refused.status == 403:
                log_denial(request, "E03", refused)
            refusal = refused
        else:
            messages.success(
                request,
                _("%(scored)d scores are stored, %(proposed)d proposed as not involved.")
                % {"scored": len(scored), "proposed": len(proposed)},
            )
            return redirect("lead-grid", cycle.code, pk)
    return _grid(request, sights, ticked, refusal)


def _ticked(request: PageRequest, sights: list[CellSight]) -> dict[int, str]:
    """Cell → reason, for the cells ticked as not involved."""
    return {
        s.cell.pk: request.POST.get(f"opinion-{s.cell.pk}", "").strip()
        for s in sights
        if request.POST.get(f"not-{s.cell.pk}")
    }


def _grid(
    request: PageRequest, sights: list[CellSight], ticked: dict[int, str], refusal: Refused | None
) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    sub: SubItem = sights[0].cell.sub_item
    problems: dict[int, str] = dict(refusal.values.get("problems", {})) if refusal else {}
    rows = rows_of(request, sights, problems, by_unit=True, kind=KIND)
    fills = request.method == "GET" and request.GET.get("fill") == "ledger"
    lines = [
        _line(row, ticked, fills=fills, newer=refusal is not None and refusal.status == 409) for row in rows
    ]
    left = [s.cell.membership.unit.name for s in sights if s.cell.membership.unit_id == sub.lead_id]
    here = reverse("lead-grid", args=[cycle.code, sub.pk])
    return render(
        request,
        "scoring/lead_grid.html",
        {
            "sub": sub,
            "block_name": sights[0].cell.block.name,
            "lines": lines,
            "editable": any(line["row"].editable for line in lines),
            "may_propose": may("E08", hat, cycle),
            "done": sum(s.lead is not None for s in sights),
            "asked": sum(not s.is_not_involved for s in sights),
            "left": left if hat.role is Role.OFFICE else [],
            "fill_url": here + "?fill=ledger" if any(s.ledger for s in sights) else "",
            "fills": fills,
            "here": here,
            "page_title": sub.name,
            "places": cycle.places,
            "breadcrumbs": crumbs(
                cycle, (_("Lead scores"), reverse("lead-scores", args=[cycle.code])), (sub.name, "")
            ),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _line(row: Row, ticked: dict[int, str], *, fills: bool, newer: bool) -> dict[str, Any]:
    """One row of the grid; after a conflict it carries the newer version, so that sending again is a decision."""
    ledger = row.sight.ledger
    suggested = ledger.suggested if ledger else None
    fresh = fills and not row.points and suggested is not None
    return {
        "row": row,
        "points": format_points(suggested) if fresh and suggested is not None else row.points,
        "version": str(row.sight.cell.version) if newer else row.version,
        "is_fresh": fresh,
        "ticked": row.key in ticked,
        "may_tick": row.editable and row.sight.cell.involvement not in {Involvement.PROPOSED},
    }


# “Not involved” in bulk


@page("E08", methods=("GET", "POST"))
def not_involved(request: PageRequest) -> HttpResponse:
    """The office decides what others proposed, many at once; a lead reads what became of its proposals."""
    hat, cycle = request.hat, request.cycle
    refusal: Refused | None = None
    if request.method == "POST":
        ids = [int(text) for text in request.POST.getlist("cells") if text.isdecimal()]
        act = request.POST.get("act", "")
        try:
            if act not in {"confirm", "reject"}:
                raise nothing_here()
            cells = list(_marked(hat, cycle).filter(pk__in=ids))
            if {cell.pk for cell in cells} != set(ids):
                raise nothing_here()
            decided = decide_many(
                by=hat, cells=cells, confirm=act == "confirm", reason=request.POST.get("reason", "")
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            said = _("%(count)d confirmed.") if act == "confirm" else _("%(count)d rejected.")
            if decided.done:
                messages.success(request, said % {"count": len(decided.done)})
            if decided.left:
                who = "；".join(f"{cell}（{why.sentence.rstrip('。.')}）" for cell, why in decided.left)
                messages.warning(request, _("Left out: %(who)s") % {"who": who})
            return redirect("not-involved", cycle.code)
    return _involved_page(request, refusal)


def _marked(hat: Hat, cycle: Cycle) -> QuerySet[Cell]:
    return (
        cells_of(hat, cycle)
        .exclude(involvement=Involvement.NONE)
        .select_related("membership__unit", "sub_item", "block", "proposed_by", "involvement_decided_by")
        .order_by("block__order", "membership__unit__order", "sub_item__order", "pk")
    )


def _involved_page(request: PageRequest, refusal: Refused | None) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    ticked = set(request.POST.getlist("cells"))
    marked = list(_marked(hat, cycle))
    decides = hat.role is Role.OFFICE and may("E08", hat, cycle)
    return render(
        request,
        "scoring/not_involved.html",
        {
            "open": [
                {
                    "cell": cell,
                    "may_decide": decides
                    and cell.proposed_by_id != hat.user.pk
                    and not hat.is_tied_to(cell.membership.unit_id, cycle.pk),
                    "ticked": str(cell.pk) in ticked,
                }
                for cell in marked
                if cell.involvement == Involvement.PROPOSED
            ],
            "decided": [cell for cell in marked if cell.involvement != Involvement.PROPOSED],
            "decides": decides,
            "reason": request.POST.get("reason", ""),
            "xlsx_url": reverse("not-involved-xlsx", args=[cycle.code]),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("E08")
def not_involved_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    sheet = SheetOut(
        _("Not involved"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("State")),
            ColumnOut(_("Reason")),
            ColumnOut(_("Proposed by")),
            ColumnOut(_("Decided by")),
        ],
        [
            [
                cell.block.name,
                cell.membership.unit.name,
                cell.sub_item.name,
                str(cell.get_involvement_display()),
                cell.involvement_reason,
                str(cell.proposed_by or ""),
                str(cell.involvement_decided_by or ""),
            ]
            for cell in _marked(request.hat, cycle)
        ],
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Not involved')}.xlsx")
