"""Returns for supplement: asked on the review page of a cell, answered by the unit, settled by the team.

The acts are in scoring.actions.supplements.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import review_queries
from scoring.actions import supplements
from scoring.forms_review import SupplementForm
from scoring.models import Supplement, SupplementState
from scoring.views.downloads import attachment
from scoring.views.review import show_cell
from scoring.views.shared import nothing_here
from units.hats import Hat
from units.pages import PageRequest, page
from units.permissions import may

LIGHTS = {
    SupplementState.ANSWERED: "amber",
    SupplementState.CLOSED: "green",
    SupplementState.WITHDRAWN: "off",
}


def light_of(row: Supplement) -> str:
    if row.state == SupplementState.ASKED:
        return "red" if review_queries.due_at(row) <= timezone.now() else "amber"
    return LIGHTS[SupplementState(row.state)]


@page("E04", methods=("POST",))
def ask(request: PageRequest, pk: int) -> HttpResponse:
    """Return the cell to its unit."""
    hat, cycle = request.hat, request.cycle
    found = review_queries.sights_of(
        cycle, review_queries.cells_in_sight(hat, cycle).filter(pk=pk), with_lines=True
    )
    if not found:
        raise nothing_here()
    form = SupplementForm(request.POST)
    refusal: Refused | None = None
    if form.is_valid():
        try:
            row = supplements.ask_supplement(by=hat, cell_id=pk, **form.cleaned_data)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("Returned for supplement, return %(number)d. The unit is told.") % {"number": row.number},
            )
            return redirect("review-cell", cycle.code, pk)
    refusal = refusal or Refused("form", _("Please say what is missing, and until when."), status=422)
    return show_cell(request, found[0], refusal, form)


@page("D05")
def supplements_page(request: PageRequest) -> HttpResponse:
    """A unit sees its own with the answer form, a team those of its units; `?open=` leaves the settled out."""
    return _show(request)


def may_answer(hat: Hat, request: PageRequest, row: Supplement) -> bool:
    return (
        hat.role in supplements.OF_A_UNIT
        and row.is_open
        and may(
            supplements.ANSWER,
            hat,
            request.cycle,
            unit_id=row.cell.membership.unit_id,
            block=row.cell.block,
        )
    )


def _show(
    request: PageRequest, refusal: Refused | None = None, typed: tuple[int, str] = (0, "")
) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    rows = list(review_queries.supplements_seen(hat, cycle).order_by("due_on", "pk"))
    rows.sort(key=lambda row: not row.is_open)
    return render(
        request,
        "scoring/supplements.html",
        {
            "rows": [
                {
                    "row": row,
                    "light": light_of(row),
                    "may_answer": may_answer(hat, request, row),
                    "answer": typed[1] if typed[0] == row.pk else row.answer,
                    "is_late": row.answered_at is not None and row.answered_at >= review_queries.due_at(row),
                }
                for row in rows
            ],
            "is_unit": hat.role in supplements.OF_A_UNIT,
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("D05")
def supplements_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    sheet = SheetOut(
        _("Returns for supplement"),
        [
            ColumnOut(_("Unit")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Which return"), "whole"),
            ColumnOut(_("What is asked for")),
            ColumnOut(_("Until"), "date"),
            ColumnOut(_("State")),
            ColumnOut(_("Answer")),
        ],
        [
            [
                row.cell.membership.unit.name,
                row.cell.sub_item.name,
                row.number,
                row.what,
                row.due_on,
                str(row.get_state_display()),
                row.answer,
            ]
            for row in review_queries.supplements_seen(request.hat, cycle).order_by("due_on", "pk")
        ],
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Returns for supplement')}.xlsx")


def _seen(request: PageRequest, pk: int) -> Supplement:
    row = review_queries.supplements_seen(request.hat, request.cycle).filter(pk=pk).first()
    if row is None:
        raise nothing_here()
    return row


@page("D05", methods=("POST",))
def answer(request: PageRequest, pk: int) -> HttpResponse:
    _seen(request, pk)
    text = request.POST.get("answer", "")
    try:
        supplements.answer_supplement(by=request.hat, supplement_id=pk, answer=text)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _show(request, refused, (pk, text))
    messages.success(request, _("Your answer is with the team."))
    return redirect("supplements", request.cycle.code)


@page("E04", methods=("POST",))
def settle(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """accept or withdraw."""
    row = _seen(request, pk)
    if act not in {"accept", "withdraw"}:
        raise nothing_here()
    cycle, hat = request.cycle, request.hat
    try:
        supplements.settle_supplement(
            by=hat, supplement_id=pk, accept=act == "accept", reason=request.POST.get("reason", "")
        )
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        cells = review_queries.cells_in_sight(hat, cycle).filter(pk=row.cell_id)
        return show_cell(request, review_queries.sights_of(cycle, cells, with_lines=True)[0], refused)
    messages.success(request, _("Settled.") if act == "accept" else _("Taken back."))
    return redirect("review-cell", cycle.code, row.cell_id)
