"""Results told to the units after the hearing: the letters, when they reached the units, the sheet as a workbook.

The sheet itself is in unit_sheet; what a letter says is in scoring.result_letters.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office import files
from office.files import PDF
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import result_letters, unit_facts
from scoring.actions import appeals, letter_jobs
from scoring.appeal_forms import DeliveryForm, TermsForm
from scoring.appeal_windows import terms_of
from scoring.models import ResultDelivery
from scoring.views.appeals import crumbs
from scoring.views.downloads import attachment
from scoring.views.imports import progress_of
from scoring.views.shared import block_named, nothing_here
from scoring.views.unit_sheet import member_shown
from units import permissions, stages
from units.models import Block, Cycle, Membership, Unit
from units.pages import PageRequest, page

TOLD = stages.OPEN_IN["G03"]  # from the results on


def _require_told(cycle: Cycle, block: Block | None = None) -> None:
    """Letters go out once the hearing has released the result."""
    stage = permissions.stage_of(cycle, block)
    if stage not in TOLD:
        raise permissions.stage_closed(cycle, stage, "G03")


def _paper(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=PDF)
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


@page("G03")
def unit_letter(request: PageRequest, name: str) -> HttpResponse:
    """The unit's own letter; `?block=` chooses among its blocks as on the sheet."""
    member, block = member_shown(request, name)
    _require_told(request.cycle, block)
    letters = result_letters.letters_of(block, {member.pk})
    if not letters:
        raise nothing_here()
    content = result_letters.letters_pdf(request.cycle, letters)
    return _paper(content, f"{request.cycle.code}-{member.unit.name}-结果告知书.pdf")


@page("G04", methods=("POST",))
def set_block_letters(request: PageRequest, name: str) -> HttpResponse:
    """Have every letter of a block set in one PDF, in the plan's order; it takes a while, with a progress bar."""
    cycle = request.cycle
    block = block_named(cycle, name)
    permissions.require("G04", request.hat, cycle, block=block)
    _require_told(cycle, block)
    letter_jobs.start(request.hat, block)
    return redirect("result-letters", cycle.code)


@page("G04")
def block_letters(request: PageRequest, job: int) -> HttpResponseBase:
    """The finished PDF, for whoever had it set."""
    stored = letter_jobs.file_of(request.hat, request.cycle, job)
    if stored is None:
        raise nothing_here()
    return files.deliver(stored, inline=True)


@page("G03")
def unit_sheet_xlsx(request: PageRequest, name: str) -> HttpResponse:
    """The sheet as a workbook: own figures, and the others' mean where it reveals nobody."""
    member, block = member_shown(request, name)
    cycle = request.cycle
    facts = unit_facts.facts_of(member, block)
    means = result_letters.means_of_others(facts.standing, member.pk)
    places = cycle.places
    rows: list[list[Any]] = []
    for item in unit_facts.item_context(facts, cycle.code, link_cells=False, name_others=False):
        for cell in item["cells"]:
            mean = means.get(cell["key"])
            rows.append(
                [
                    item["name"],
                    cell["name"],
                    cell["base"],
                    cell["score"],
                    cell["source_label"],
                    mean.mean if mean is not None else None,
                    item["score"],
                    item["rank"],
                    item["weighted"],
                    cell["reason"],
                ]
            )
    columns = [
        ColumnOut(_("Major item")),
        ColumnOut(_("Sub-item")),
        ColumnOut(_("Base")),
        ColumnOut(_("Score"), "number", places),
        ColumnOut(_("Why")),
        ColumnOut(_("Mean of the others"), "number", places),
        ColumnOut(_("Item score"), "number", places),
        ColumnOut(_("Place"), "whole"),
        ColumnOut(_("Weighted"), "number", places),
        ColumnOut(_("Reason")),
    ]
    sheet = SheetOut(
        name=block.name,
        title=f"{cycle.code} {member.unit.name} {block.name}",
        columns=columns,
        rows=rows,
        frozen_columns=2,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{member.unit.name}.xlsx")


# The office's table ------------------------------------------------------------------------------


@page("L15")
def letters(request: PageRequest) -> HttpResponse:
    return _show_letters(request)


def _show_letters(
    request: PageRequest, refusal: Refused | None = None, form: DeliveryForm | None = None
) -> HttpResponse:
    """Each unit with its letter, when it reached the unit, and until when it may be questioned."""
    cycle = request.cycle
    is_told = permissions.stage_of(cycle) in TOLD
    terms = terms_of(cycle)
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct()
    delivered = {
        row.unit_id: row for row in ResultDelivery.objects.filter(cycle=cycle).select_related("noted_by")
    }
    members: dict[int, list[str]] = {}
    blocks: dict[int, str] = {}
    rows = Membership.objects.filter(block__cycle=cycle).order_by("block__order", "unit__order")
    for unit_id, block_id, name in rows.values_list("unit_id", "block_id", "block__name"):
        members.setdefault(unit_id, []).append(name)
        blocks[block_id] = name
    lines = []
    for unit in units if is_told else []:
        window = terms.window(unit.pk)
        lines.append(
            {
                "unit": unit,
                "blocks": members.get(unit.pk, []),
                "row": delivered.get(unit.pk),
                "reached_on": terms.reached_on(unit.pk),
                "window": window,
                "letter_url": reverse("unit-letter", args=[cycle.code, unit.name]),
            }
        )
    return render(
        request,
        "scoring/result_letters.html",
        {
            "lines": lines,
            "blocks": letter_jobs.shown(request.hat, cycle, list(blocks.values())) if is_told else [],
            "running": progress_of(running) if (running := letter_jobs.running(request.hat, cycle)) else None,
            "form": form or DeliveryForm(units=units),
            "terms_form": TermsForm(initial={"working_days": terms.working_days}),
            "terms": terms,
            "delivered": len(delivered),
            "refusal": refusal,
            "breadcrumbs": crumbs(cycle, (_("Result letters"), "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if form is not None and not form.is_valid() else 200,
    )


@page("L15")
def letters_xlsx(request: PageRequest) -> HttpResponse:
    """The same table to take away, as a list for the messenger."""
    cycle = request.cycle
    terms = terms_of(cycle)
    delivered = {row.unit_id: row for row in ResultDelivery.objects.filter(cycle=cycle)}
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct()
    rows: list[list[Any]] = []
    for unit in units:
        row, window = delivered.get(unit.pk), terms.window(unit.pk)
        rows.append(
            [
                unit.name,
                terms.reached_on(unit.pk),
                row.receiver if row is not None else "",
                str(row.get_how_display()) if row is not None else "",
                window.closes_on if window is not None else None,
            ]
        )
    columns = [
        ColumnOut(_("Unit")),
        ColumnOut(_("Reached on"), "date"),
        ColumnOut(_("Who received it")),
        ColumnOut(_("How it reached the unit")),
        ColumnOut(_("May be questioned until"), "date"),
    ]
    sheet = SheetOut(
        name=_("Result letters"),
        title=f"{cycle.code} {_('Result letters')}",
        columns=columns,
        rows=rows,
        frozen_columns=1,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Result letters')}.xlsx")


@page("L15", methods=("POST",))
def note_delivery(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct()
    form = DeliveryForm(request.POST, units=units)
    if not form.is_valid():
        return _show_letters(request, form=form)
    try:
        row = appeals.note_delivery(by=request.hat, cycle=cycle, **form.cleaned_data)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show_letters(request, refusal, form)
    messages.success(
        request,
        _("Noted: %(unit)s has its letter since %(day)s.") % {"unit": row.unit.name, "day": row.reached_on},
    )
    return redirect("result-letters", cycle.code)


@page("L15", methods=("POST",))
def set_terms(request: PageRequest) -> HttpResponse:
    form = TermsForm(request.POST)
    if not form.is_valid():
        raise Refused("out-of-range", _("Please choose 1 to 60 working days."), status=422)
    appeals.set_terms(by=request.hat, cycle=request.cycle, working_days=form.cleaned_data["working_days"])
    messages.success(request, _("Saved; every window follows."))
    return redirect("result-letters", request.cycle.code)
