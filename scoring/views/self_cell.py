"""One cell of a self-assessment: made for a phone, without script, and saving itself where there is one.

What may be saved is told by scoring.actions.assessments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.fields import format_points
from office.models import Evidence
from office.refusal import Refused
from scoring import assessment_queries as queries
from scoring import ledger_queries, visible
from scoring.actions import assessments
from scoring.assessment_queries import LineFacts, Part
from scoring.forms import Typed, said_in, typed_in, typed_of
from scoring.models import Cell, LedgerLine
from scoring.views.shared import nothing_here
from units.matrix import Role
from units.models import Unit
from units.pages import PageRequest, log_denial, page
from units.permissions import may

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


def facts_seen(request: PageRequest, pk: int) -> LineFacts:
    """The cell within the hat's sight; 404 for every other."""
    facts = queries.line_facts(pk)
    hat, cell = request.hat, facts.cell
    if cell.block.cycle_id != request.cycle.pk:
        raise nothing_here()
    if hat.role in OWN:
        if cell.membership.unit_id != hat.unit_id:
            raise nothing_here()
    elif not visible.cells_for(hat).filter(pk=pk).exists():
        raise nothing_here()
    return facts


@page("D01", "D02", methods=("GET", "POST"))
def cell(request: PageRequest, pk: int) -> HttpResponse:
    """Base, rule, last year's score beside the form; POST saves and goes to the next open one."""
    facts = facts_seen(request, pk)
    if request.method != "POST":
        return _show(request, facts, typed_of(facts))
    typed = typed_in(request.POST.dict())
    try:
        assessments.save_line(by=request.hat, cell_id=pk, said=said_in(typed, facts), seen=typed.seen or None)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        # What was typed stays; after a 409 the next save is made with open eyes.
        kept = replace(typed, seen=str(refusal.values.get("seen", typed.seen)))
        return _show(request, queries.line_facts(pk), kept, refusal)
    messages.success(request, _("%(cell)s is saved.") % {"cell": str(facts.cell.sub_item)})
    if request.POST.get("go") == "stay":
        return redirect("self-cell", request.cycle.code, pk)
    following = _following(_part(request, facts), pk)
    if following is not None:
        return redirect("self-cell", request.cycle.code, following)
    return redirect("self", request.cycle.code)


def _part(request: PageRequest, facts: LineFacts) -> Part:
    unit: Unit = facts.cell.membership.unit
    return queries.part(request.cycle, unit, queries.part_of(facts.cell))


def _following(part: Part, pk: int) -> int | None:
    """The next open cell after this one, round the corner; None when all are done."""
    keys = [line.cell.pk for line in part.lines]
    at = keys.index(pk) if pk in keys else -1
    for line in (*part.lines[at + 1 :], *part.lines[: max(at, 0)]):
        if not line.is_ready:
            return line.cell.pk
    return None


def _show(
    request: PageRequest, facts: LineFacts, typed: Typed, refusal: Refused | None = None
) -> HttpResponse:
    cycle, hat, cell = request.cycle, request.hat, facts.cell
    unit, sub = cell.membership.unit, cell.sub_item
    part = _part(request, facts)
    keys = [line.cell.pk for line in part.lines]
    at = keys.index(cell.pk) if cell.pk in keys else 0
    here = part.lines[at] if cell.pk in keys else facts
    submitted = part.receipt is not None
    writes = not submitted and may("D02", hat, cycle, unit_id=unit.pk, block=cell.block)
    attaches = may("D05", hat, cycle, unit_id=unit.pk, block=cell.block) and not (
        submitted and hat.role in OWN
    )
    before = queries.last_year(cycle, unit, [sub]).get((cell.block.name, sub.name))
    indicators = list(sub.indicators.all())
    return render(
        request,
        "scoring/self_cell.html",
        {
            "facts": here,
            "cell": cell,
            "sub": sub,
            "unit": unit,
            "part": part,
            "typed": typed,
            "number": at + 1,
            "writes": writes,
            "keeps": refusal is not None and request.method == "POST" and "points" in request.POST,
            "receipt": part.receipt,
            "indicators": indicators,
            "choices": [(str(each.pk), each.name) for each in indicators],
            "before": before,
            "beside": _in_ledgers(request, facts),
            "places": cycle.places,
            "save_url": reverse("self-save", args=[cycle.code, cell.pk]),
            "list_url": reverse("self-unit", args=[cycle.code, unit.name]),
            "previous_url": reverse("self-cell", args=[cycle.code, keys[at - 1]]) if at > 0 else "",
            "following_url": reverse("self-cell", args=[cycle.code, keys[at + 1]])
            if at + 1 < len(keys)
            else "",
            "evidence": {
                "rows": [
                    (
                        row,
                        reverse("self-evidence", args=[cycle.code, row.pk]),
                        reverse("self-evidence-remove", args=[cycle.code, row.pk])
                        if writes and may("D07", hat, cycle, unit_id=unit.pk, block=cell.block)
                        else "",
                    )
                    for row in here.evidence
                ],
                "upload_url": reverse("self-evidence-add", args=[cycle.code, cell.pk]) if attaches else "",
                "key": str(cell.pk),
                "accept": evidence.ACCEPT,
                "what": sub.name,
                "back": "",
            },
            "refusal": refusal,
            "breadcrumbs": [
                (_("Home"), reverse("home")),
                (_("Self-assessment"), reverse("self-unit", args=[cycle.code, unit.name])),
                (sub.name, ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _in_ledgers(request: PageRequest, facts: LineFacts) -> list[tuple[int, LedgerLine]]:
    """What the bodies' ledgers say of this cell, as far as the hat may read it: (quarter, line), in order."""
    cell = facts.cell
    lines = ledger_queries.lines_for(request.hat, request.cycle).filter(
        membership=cell.membership_id, sub_item=cell.sub_item_id
    )
    rows = lines.select_related("version__ledger", "indicator").order_by(
        "version__ledger__period", "position"
    )
    return [(line.version.ledger.quarter, line) for line in rows]


@page("D02", methods=("POST",))
def save(request: PageRequest, pk: int) -> JsonResponse:
    """The form saves itself: what became of it as JSON, with the digest for the next save."""
    typed = typed_in(request.POST.dict())
    try:
        facts = facts_seen(request, pk)
        kept = assessments.save_line(by=request.hat, cell_id=pk, said=said_in(typed, facts), seen=typed.seen)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            log_denial(request, "D02", refusal)
        return JsonResponse(
            {
                "code": refusal.code,
                "sentence": refusal.sentence,
                "seen": refusal.values.get("seen", ""),
                "server_time": timezone.localtime().isoformat(timespec="seconds"),
            },
            status=refusal.status,
        )
    answer: dict[str, Any] = {
        "seen": kept.seen,
        "points": "" if kept.points is None else format_points(kept.points),
        "ready": kept.is_ready,
        "saved": _("saved at %(clock)s") % {"clock": timezone.localtime().strftime("%H:%M:%S")},
    }
    return JsonResponse(answer)


# Evidence -----------------------------------------------------------------------------------------


@page("D05", methods=("POST",))
def evidence_add(request: PageRequest, pk: int) -> HttpResponse:
    facts = facts_seen(request, pk)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise Refused("no-file", _("Please choose a file."), status=422)
        kept, is_new = assessments.add_evidence(
            by=request.hat, cell_id=pk, upload=upload, note=request.POST.get("note", "")
        )
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, facts, typed_of(facts), refusal)
    if is_new:
        messages.success(request, _("%(name)s is kept.") % {"name": kept.file.name})
    else:
        messages.info(request, _("This very file lies here already as %(name)s.") % {"name": kept.file.name})
    return redirect("self-cell", request.cycle.code, pk)


def evidence_seen(request: PageRequest, pk: int) -> Evidence:
    row = evidence.one(Cell, pk)
    facts = facts_seen(request, row.about_id)
    if not may(
        "D06",
        request.hat,
        request.cycle,
        unit_id=facts.cell.membership.unit_id,
        leads=True,
        block=facts.cell.block,
    ):
        raise nothing_here()
    return row


@page("D06")
def evidence_file(request: PageRequest, pk: int) -> FileResponse:
    """PDFs and pictures open in the page, everything else is saved."""
    return evidence.deliver(evidence_seen(request, pk), save=request.GET.get("save") == "1")


@page("D07", methods=("POST",))
def evidence_remove(request: PageRequest, pk: int) -> HttpResponse:
    row = evidence_seen(request, pk)
    about = row.about_id
    try:
        assessments.remove_evidence(by=request.hat, evidence_id=pk)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        facts = queries.line_facts(about)
        return _show(request, facts, typed_of(facts), refusal)
    messages.success(request, _("%(name)s was taken away.") % {"name": row.file.name})
    return redirect("self-cell", request.cycle.code, about)
