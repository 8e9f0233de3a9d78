"""Self-assessment pages: how far everybody is, one unit's part, submitting, receipts, the table from paper.

One cell of it is in self_cell.py; what may be done is told by scoring.actions.assessments.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.fields import format_points
from office.files import PDF
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import assessment_queries as queries
from scoring import reports, visible
from scoring.actions import assessments
from scoring.assessment_queries import Part
from scoring.forms import Typed, said_in, typed_in, typed_of
from scoring.models import Assessment, Receipt
from scoring.views.downloads import attachment
from scoring.views.shared import nothing_here
from units import queries as year_queries
from units.actions import paper_forms
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, FormState, SignedForm, Unit
from units.pages import PageRequest, page
from units.permissions import may
from units.stages import Stage

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


@page("D01")
def self_assessments(request: PageRequest) -> HttpResponse:
    """The own one for a unit's people; for everybody else how far the units in sight are. `?state=` narrows."""
    hat = request.hat
    if hat.role in OWN and hat.unit is not None:
        return _show_unit(request, hat.unit)
    rows = _rows(request)
    state = request.GET.get("state", "")
    return render(
        request,
        "scoring/self_units.html",
        {
            "rows": [row for row in rows if state in {"", row.light}],
            "state": state,
            "counts": [
                ("", _("all"), len(rows)),
                ("green", _("submitted"), sum(row.light == "green" for row in rows)),
                ("amber", _("under way"), sum(row.light == "amber" for row in rows)),
                ("red", _("not begun"), sum(row.light == "red" for row in rows)),
            ],
            "xlsx_url": reverse("self-xlsx", args=[request.cycle.code]),
            "forms_url": reverse("signed-forms", args=[request.cycle.code])
            if hat.role is Role.OFFICE
            else "",
            "cycle": request.cycle,
        },
    )


def _rows(request: PageRequest) -> list[queries.Overview]:
    units = queries.units_in_sight(request.hat, request.cycle).values_list("pk", flat=True)
    return queries.overview(request.cycle, units)


@page("D01")
def self_xlsx(request: PageRequest) -> HttpResponse:
    columns = [
        ColumnOut(_("Unit")),
        ColumnOut(_("Track")),
        ColumnOut(_("Asked"), "whole"),
        ColumnOut(_("Done"), "whole"),
        ColumnOut(_("State")),
        ColumnOut(_("Submitted at")),
        ColumnOut(_("Submitted by")),
        ColumnOut(_("Receipt number")),
        ColumnOut(_("Times sent back"), "whole"),
    ]
    words = {"green": _("submitted"), "amber": _("under way"), "red": _("not begun")}
    values: list[list[Any]] = [
        [
            row.unit.name,
            row.block.name if row.block else "",
            row.asked,
            row.done,
            words[row.light],
            _clock(row.receipt.submitted_at) if row.receipt else "",
            str(row.receipt.submitted_by) if row.receipt else "",
            row.receipt.number if row.receipt else "",
            row.returns,
        ]
        for row in _rows(request)
    ]
    name = _("Self-assessments")
    return attachment(write_workbook([SheetOut(name, columns, values)]), f"{request.cycle.code}-{name}.xlsx")


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def unit_seen(request: PageRequest, name: str) -> Unit:
    """The unit of that name within the hat's sight; 404 for every other."""
    found = queries.units_in_sight(request.hat, request.cycle).filter(name=name).first()
    if found is None:
        raise nothing_here()
    return found


@page("D01", tables=True)
def self_unit(request: PageRequest, name: str) -> HttpResponse:
    return _show_unit(request, unit_seen(request, name))


def _show_unit(request: PageRequest, unit: Unit, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    seen = None
    if hat.role is Role.LEAD:
        # Only what the body leads or helps with, as everywhere.
        seen = set(
            visible.cells_for(hat)
            .filter(block__cycle=cycle, membership__unit=unit)
            .values_list("pk", flat=True)
        )
    windows = year_queries.calendars_of(cycle)
    parts = []
    forms = {
        form.about_id: form
        for form in SignedForm.objects.filter(cycle=cycle, kind="self", unit=unit).exclude(
            state=FormState.VOID
        )
    }
    for part in queries.parts_of(cycle, unit):
        window = windows.get(part.block.pk if part.block else None, {}).get(Stage.SELF_ASSESSMENT)
        shown = (
            part if seen is None else replace(part, lines=tuple(x for x in part.lines if x.cell.pk in seen))
        )
        parts.append(_shown(request, shown, window.closes_at if window else None, forms, whole=seen is None))
    return render(
        request,
        "scoring/self_part.html",
        {
            "unit": unit,
            "parts": parts,
            "is_own": hat.role in OWN,
            "is_office": hat.role is Role.OFFICE,
            "room_used": evidence.used_bytes(evidence.account_of(cycle.code, unit.pk)),
            "room": evidence.quota_bytes(),
            "places": cycle.places,
            "sheet_url": reverse("score-sheet", args=[cycle.code, "self"]) if hat.role in OWN else "",
            "imports_url": f"{reverse('imports', args=[cycle.code])}?kind=self" if hat.role in OWN else "",
            "reopened": year_queries.open_reopenings(cycle, unit.pk),
            "refusal": refusal,
            "breadcrumbs": []
            if hat.role in OWN
            else [
                (_("Home"), reverse("home")),
                (_("Self-assessment"), reverse("self", args=[cycle.code])),
                (unit.name, ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _shown(
    request: PageRequest,
    part: Part,
    closes_at: datetime | None,
    forms: dict[int, SignedForm],
    *,
    whole: bool,
) -> dict[str, Any]:
    """One part as the page shows it."""
    cycle, hat, unit = request.cycle, request.hat, part.unit
    writes = part.receipt is None and may("D02", hat, cycle, unit_id=unit.pk, block=part.block)
    groups: list[tuple[str, list[queries.LineFacts]]] = []
    for line in part.lines:
        if not groups or groups[-1][0] != line.cell.block.name:
            groups.append((line.cell.block.name, []))
        groups[-1][1].append(line)
    opened = part.next_open
    key = part.block.name if part.block else ""
    form = forms.get(part.assessment.pk) if part.assessment is not None else None
    return {
        "part": part,
        "key": key,
        "groups": groups,
        "whole": whole,
        "closes_at": closes_at,
        "left": year_queries.time_left(closes_at) if closes_at else "",
        "over": closes_at is not None and closes_at <= timezone.now(),
        "writes": writes,
        "next_url": reverse("self-cell", args=[cycle.code, opened.cell.pk]) if writes and opened else "",
        "next_name": opened.cell.sub_item.name if opened else "",
        "submits": part.receipt is None and may("D03", hat, cycle, unit_id=unit.pk, block=part.block),
        "withdraws": part.receipt is not None and may("D04", hat, cycle, unit_id=unit.pk, block=part.block),
        "sends_back": part.receipt is not None
        and may("E04", hat, cycle, unit_id=unit.pk, block=part.block, acts_on_unit=True),
        "prints": hat.role in OWN or (hat.role is Role.OFFICE and may("E14", hat, cycle)),
        "enter_url": reverse("self-enter", args=[cycle.code, part.assessment.pk])
        if hat.role is Role.OFFICE
        and part.assessment is not None
        and part.receipt is None
        and may("E14", hat, cycle, unit_id=unit.pk, block=part.block, acts_on_unit=True)
        else "",
        "form": form,
    }


def part_posted(request: PageRequest, unit: Unit, name: str) -> Block | None:
    """The track of that name with its own calendar, None for the year's part; 404 for anything else."""
    if not name:
        return None
    for block in queries.blocks_of_unit(request.cycle, unit.pk):
        if block.name == name and block.has_own_calendar:
            block.cycle = request.cycle
            return block
    raise nothing_here()


def own_unit(hat: Hat) -> Unit:
    if hat.unit is None:
        raise nothing_here()
    return hat.unit


# Submitting ---------------------------------------------------------------------------------------


@page("D03", methods=("GET", "POST"))
def submit(request: PageRequest) -> HttpResponse:
    """What will be sealed, then the receipt. `part` names a track with its own calendar."""
    unit, cycle = own_unit(request.hat), request.cycle
    name = request.POST.get("part", request.GET.get("part", ""))
    block = part_posted(request, unit, name)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            receipt = assessments.submit(by=request.hat, cycle=cycle, unit=unit, block=block)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("Submitted. Receipt %(number)s.") % {"number": receipt.number})
            return redirect("self-receipt", cycle.code, receipt.pk)
    part = queries.part(cycle, unit, block)
    return render(
        request,
        "scoring/self_submit.html",
        {
            "part": part,
            "key": name,
            "refusal": refusal,
            "places": cycle.places,
            "files": sum(len(line.evidence) for line in part.lines),
            "breadcrumbs": _crumbs(cycle, _("Submit")),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _crumbs(cycle: Cycle, last: str) -> list[tuple[str, str]]:
    return [
        (_("Home"), reverse("home")),
        (_("Self-assessment"), reverse("self", args=[cycle.code])),
        (last, ""),
    ]


@page("D04", methods=("POST",))
def withdraw(request: PageRequest) -> HttpResponse:
    unit = own_unit(request.hat)
    block = part_posted(request, unit, request.POST.get("part", ""))
    try:
        receipt = assessments.withdraw(
            by=request.hat,
            cycle=request.cycle,
            unit=unit,
            block=block,
            reason=request.POST.get("reason", ""),
        )
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show_unit(request, unit, refusal)
    messages.success(request, _("Receipt %(number)s is withdrawn.") % {"number": receipt.number})
    return redirect("self", request.cycle.code)


@page("E04", methods=("POST",))
def send_back(request: PageRequest, name: str) -> HttpResponse:
    """Return for supplement: the reason, and for how many days it is open again."""
    unit = unit_seen(request, name)
    block = part_posted(request, unit, request.POST.get("part", ""))
    days = request.POST.get("days", "")
    try:
        if not days.isdecimal() or not 1 <= int(days) <= 30:
            raise Refused("bad-days", _("Please enter 1 to 30 days."), status=422)
        end = timezone.localtime() + timedelta(days=int(days))
        assessments.send_back(
            by=request.hat,
            cycle=request.cycle,
            unit=unit,
            block=block,
            reason=request.POST.get("reason", ""),
            until=end.replace(hour=23, minute=59, second=59, microsecond=0),
        )
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show_unit(request, unit, refusal)
    messages.success(request, _("Sent back to %(unit)s.") % {"unit": unit.name})
    return redirect("self-unit", request.cycle.code, unit.name)


# Receipts -----------------------------------------------------------------------------------------


def receipt_seen(request: PageRequest, pk: int) -> Receipt:
    found = (
        Receipt.objects.filter(pk=pk, assessment__cycle=request.cycle)
        .select_related("assessment__unit", "assessment__block", "submitted_by", "withdrawn_by", "form")
        .first()
    )
    seen = queries.units_in_sight(request.hat, request.cycle)
    if (
        found is None
        or request.hat.role is Role.LEAD  # a lead sees its own sub-items, a receipt shows all of them
        or not seen.filter(pk=found.assessment.unit_id).exists()
    ):
        raise nothing_here()
    return found


@page("D01", tables=True)
def receipt(request: PageRequest, pk: int) -> HttpResponse:
    found = receipt_seen(request, pk)
    return render(
        request,
        "scoring/self_receipt.html",
        {
            **reports.receipt_facts(found),
            "pdf_url": reverse("self-receipt-pdf", args=[request.cycle.code, found.pk]),
            "page_url": reverse("self-unit", args=[request.cycle.code, found.assessment.unit.name]),
            "breadcrumbs": _crumbs(request.cycle, found.number),
            "cycle": request.cycle,
        },
    )


@page("D01")
def receipt_pdf(request: PageRequest, pk: int) -> HttpResponse:
    found = receipt_seen(request, pk)
    answer = attachment(reports.receipt_pdf(found), f"{found.number}.pdf")
    answer["Content-Type"] = PDF
    return answer


# Paper --------------------------------------------------------------------------------------------


@page("D01", "E14", methods=("POST",))
def print_part(request: PageRequest, name: str) -> HttpResponse:
    """Print the part's form with its code, filled as it stands or empty for the pen."""
    unit = unit_seen(request, name)
    block = part_posted(request, unit, request.POST.get("part", ""))
    assessment = assessments.open_part(by=request.hat, cycle=request.cycle, unit=unit, block=block)
    form = paper_forms.print_form(
        by=request.hat,
        cycle=request.cycle,
        kind="self",
        about_id=assessment.pk,
        empty=request.POST.get("empty") == "1",
    )
    return redirect("signed-form-pdf", request.cycle.code, form.code)


@page("E14", methods=("GET", "POST"))
def enter(request: PageRequest, pk: int) -> HttpResponse:
    """The office types a whole part from the signed paper: all lines or none; what was typed stays."""
    cycle = request.cycle
    found = Assessment.objects.filter(pk=pk, cycle=cycle).select_related("unit", "block").first()
    if found is None:
        raise nothing_here()
    part = queries.part(cycle, found.unit, found.block)
    refusal: Refused | None = None
    rows: list[tuple[queries.LineFacts, Typed]] = [(line, typed_of(line)) for line in part.lines]
    if request.method == "POST":
        rows = [(line, _typed_row(request, line)) for line in part.lines]
        try:
            with transaction.atomic():
                for line, typed in rows:
                    assessments.save_line(
                        by=request.hat,
                        cell_id=line.cell.pk,
                        said=said_in(typed, line),
                        seen=typed.seen or None,
                    )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("%(count)d lines are kept.") % {"count": len(rows)})
            form = SignedForm.objects.filter(
                cycle=cycle, kind="self", about_id=pk, state__in=paper_forms.IN_FORCE
            ).first()
            if form is not None:
                return redirect("signed-form", cycle.code, form.code)
            return redirect("self-unit", cycle.code, found.unit.name)
    form = (
        SignedForm.objects.filter(cycle=cycle, kind="self", about_id=pk, state__in=paper_forms.IN_FORCE)
        .select_related("scan")
        .first()
    )
    return render(
        request,
        "scoring/self_enter.html",
        {
            "part": part,
            "rows": rows,
            "form": form,
            "scan_url": reverse("signed-form-scan", args=[cycle.code, form.code])
            if form is not None and form.scan is not None
            else "",
            "is_pdf": form is not None and form.scan is not None and form.scan.content_type == PDF,
            "refusal": refusal,
            "places": cycle.places,
            "breadcrumbs": [
                (_("Home"), reverse("home")),
                (_("Self-assessment"), reverse("self", args=[cycle.code])),
                (found.unit.name, reverse("self-unit", args=[cycle.code, found.unit.name])),
                (_("Type from the paper"), ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _typed_row(request: PageRequest, line: queries.LineFacts) -> Typed:
    """One row of the table: its fields end with the cell's number."""
    key = line.cell.pk
    post = request.POST
    posted = {
        "points": post.get(f"points-{key}", ""),
        "note": post.get(f"note-{key}", ""),
        "wish": post.get(f"wish-{key}", ""),
        "wish_reason": post.get(f"note-{key}", "") if post.get(f"wish-{key}") == "1" else "",
        "seen": post.get(f"seen-{key}", ""),
    }
    if posted["wish"] == "1":
        posted["note"] = ""
    lines = list(line.lines)
    if len(lines) > 1:  # several deductions are typed on the page of the one cell
        for n, off in enumerate(lines):
            posted[f"off-{n}"] = format_points(off.points)
            posted[f"reason-{n}"] = off.reason
            posted[f"indicator-{n}"] = str(off.indicator_id or "")
        posted["points"] = ""
    elif post.get(f"off-{key}", "").strip():
        posted["off-0"] = post.get(f"off-{key}", "")
        posted["reason-0"] = post.get(f"note-{key}", "")
        posted["note"] = ""
    return typed_in(posted)
