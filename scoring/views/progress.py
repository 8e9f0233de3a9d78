"""Progress reports and returns of coverage: the boards unit × quarter and unit × kind, one report, one return.

What may be written is told by scoring.actions.progress and scoring.actions.coverage.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.models import Evidence
from office.refusal import Refused
from scoring import commitment_queries as queries
from scoring import commitment_workbooks
from scoring.actions import coverage as coverage_acts
from scoring.actions import progress as acts
from scoring.commitment_forms import CoverageForm, ReportForm, TermsForm
from scoring.models import Below, CommitmentState, CoverageReturn, Goal, ProgressReport
from scoring.models.commitment import QUARTERS
from scoring.views.commitments import OWN, _kept, crumbs, unit_named
from scoring.views.downloads import attachment
from scoring.views.shared import nothing_here
from units.duties import Duty, Light
from units.hats import Hat
from units.models import Cycle, Unit
from units.pages import PageRequest, page
from units.permissions import grant_of, may


def _quarter(quarter: int) -> int:
    if quarter not in QUARTERS:
        raise nothing_here()
    return quarter


def word_of(light: Light) -> str:
    return {
        Light.DONE: _("is handed in"),
        Light.LATE: _("caught up late"),
        Light.DUE: _("due soon"),
        Light.OVERDUE: _("overdue"),
        Light.AHEAD: _("open"),
    }[light]


def received_of(request: PageRequest, unit: Unit) -> evidence.Received | None:
    """The attached file, checked and kept; None when there is none."""
    sent = request.FILES.get("file")
    if sent is None:
        return None
    return evidence.receive(sent, request.user, evidence.account_of(request.cycle.code, unit.pk))


def evidence_rows(hat: Hat, cycle: Cycle, rows: list[Evidence]) -> dict[str, Any]:
    """What parts/evidence.html needs, without a way to add: files come with the form.  D06: not all may open them."""
    opens = not grant_of("D06", hat).is_denied
    return {
        "rows": [
            (row, reverse("commitment-file", args=[cycle.code, row.pk]) if opens else "", "") for row in rows
        ],
        "upload_url": "",
        "key": "commitment",
        "accept": evidence.ACCEPT,
        "what": "",
        "back": "",
    }


# Reports -----------------------------------------------------------------------------------------


@page("D01")
def reports(request: PageRequest) -> HttpResponse:
    """Unit × quarter with lights and the rate of fulfilment; a unit's people see their own four quarters."""
    return _reports(request, TermsForm(initial=_terms_shown(request.cycle)))


def _terms_shown(cycle: Cycle) -> dict[str, Any]:
    return {f"q{term.quarter}": term.due_on for term in cycle.report_terms.all()}


def _reports(request: PageRequest, form: TermsForm, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    terms = queries.terms_of(cycle)
    units = queries.units_seen(hat, cycle)
    there = {(row.unit_id, row.quarter): row for row in queries.reports_for(hat, cycle)}
    rates = queries.fulfilment_by_unit(cycle, [unit.pk for unit in units] if len(units) < 20 else None)
    now = timezone.now()
    own = hat.role in OWN
    rows = []
    for unit in units:
        cells = []
        for quarter in QUARTERS:
            row = there.get((unit.pk, quarter))
            duty = Duty("progress", "", unit.pk, terms.get(quarter), row.first_handed_in_at if row else None)
            light = duty.light(now)
            is_draft = row is not None and row.handed_in_at is None
            cells.append(
                {
                    "quarter": quarter,
                    "name": queries.quarter_name(quarter),
                    "due": terms.get(quarter),
                    "tone": light.tone,
                    "word": _("still being written") if is_draft and not light.is_done else word_of(light),
                    "row": row,
                    "url": reverse("progress-report", args=[cycle.code, unit.name, quarter])
                    if row is not None or own
                    else "",
                }
            )
        rows.append({"unit": unit, "cells": cells, "rate": rates.get(unit.pk)})
    return render(
        request,
        "scoring/progress_reports.html",
        {
            "rows": rows,
            "quarters": [(queries.quarter_name(q), terms.get(q)) for q in QUARTERS],
            "form": form if may(acts.TERMS, hat, cycle) else None,
            "refusal": refusal,
            "is_own": own,
            "xlsx_url": reverse("progress-reports-xlsx", args=[cycle.code]),
            "breadcrumbs": crumbs(cycle, (_("Progress reports"), "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal is not None else 422 if form.errors else 200,
    )


@page("D11", methods=("POST",))
def terms(request: PageRequest) -> HttpResponse:
    """Until when each quarter is reported; an empty day takes the term away."""
    form = TermsForm(request.POST)
    if not form.is_valid():
        return _reports(request, form)
    try:
        acts.set_terms(by=request.hat, cycle=request.cycle, terms=form.terms())
    except Refused as refused:
        return _reports(request, form, _kept(request, acts.TERMS, refused))
    messages.success(request, _("The terms are kept."))
    return redirect("progress-reports", request.cycle.code)


@page("D01")
def reports_xlsx(request: PageRequest) -> HttpResponse:
    return attachment(
        commitment_workbooks.progress(request.hat, request.cycle), f"{request.cycle.code}-承诺进展.xlsx"
    )


def _seen_report(request: PageRequest, unit: Unit, quarter: int) -> ProgressReport | None:
    rows = queries.reports_for(request.hat, request.cycle).filter(unit=unit, quarter=quarter)
    found = rows.select_related("written_by").first()
    if found is None and request.hat.role not in OWN:
        raise nothing_here()
    return found


@page("D01", tables=True)
def report(request: PageRequest, unit: str, quarter: int) -> HttpResponse:
    """One report as it stands; its unit's people go on to the form while it is open."""
    cycle, hat = request.cycle, request.hat
    found = unit_named(request, unit)
    row = _seen_report(request, found, _quarter(quarter))
    if row is None:
        return redirect("progress-report-edit", cycle.code, found.name, quarter)
    lines = list(row.lines.select_related("goal__sub_item").order_by("goal__order", "pk"))
    today = timezone.localdate()
    return render(
        request,
        "scoring/progress_report.html",
        {
            "unit": found,
            "row": row,
            "quarter": queries.quarter_name(quarter),
            "lines": [(line, line.goal.due < today and (line.percent or 0) < 100) for line in lines],
            "evidence": evidence_rows(request.hat, cycle, evidence.of(row)),
            "edit_url": reverse("progress-report-edit", args=[cycle.code, found.name, quarter])
            if hat.role in OWN and may(acts.REPORT, hat, cycle, unit_id=found.pk)
            else "",
            "rate": queries.fulfilment_by_unit(cycle, [found.pk]).get(found.pk),
            "commitment_url": reverse("commitment", args=[cycle.code, found.name]),
            "breadcrumbs": crumbs(
                cycle,
                (_("Progress reports"), reverse("progress-reports", args=[cycle.code])),
                (f"{found.name} {queries.quarter_name(quarter)}", ""),
            ),
            "cycle": cycle,
        },
    )


@page("D12", methods=("GET", "POST"))
def report_edit(request: PageRequest, unit: str, quarter: int) -> HttpResponse:
    """How far each goal is; “keep” keeps a draft, “hand in” lets it count.  What was typed stays."""
    cycle, hat = request.cycle, request.hat
    found = unit_named(request, unit)
    _quarter(quarter)
    goals = list(
        Goal.objects.filter(
            commitment__cycle=cycle, commitment__unit=found, commitment__state=CommitmentState.ACCEPTED
        ).order_by("order", "pk")
    )
    row = ProgressReport.objects.filter(cycle=cycle, unit=found, quarter=quarter).first()
    refusal: Refused | None = None
    if request.method == "POST":
        form = ReportForm(request.POST, request.FILES, goals=goals)
        if form.is_valid():
            sent = request.POST.get("version", "")
            try:
                acts.save_report(
                    by=hat,
                    cycle=cycle,
                    unit=found,
                    quarter=quarter,
                    lines=form.lines(),
                    summary=form.cleaned_data["summary"],
                    received=received_of(request, found),
                    hand_in="hand_in" in request.POST,
                    version=int(sent) if sent.isdecimal() and len(sent) < 10 else None,
                )
            except Refused as refused:
                refusal = _kept(request, acts.REPORT, refused)
                row = ProgressReport.objects.filter(cycle=cycle, unit=found, quarter=quarter).first()
            else:
                messages.success(
                    request,
                    _("The report is handed in.")
                    if "hand_in" in request.POST
                    else _("Kept as a draft; it counts when it is handed in."),
                )
                return redirect("progress-report", cycle.code, found.name, quarter)
    else:
        form = ReportForm(initial=_report_initial(cycle, found, row, quarter), goals=goals)
    return render(
        request,
        "scoring/progress_edit.html",
        {
            "unit": found,
            "row": row,
            "quarter": queries.quarter_name(quarter),
            "form": form,
            "goals": form.rows(),
            "version": row.version if row is not None else 0,
            "refusal": refusal,
            "closed": not may(acts.REPORT, hat, cycle, unit_id=found.pk),
            "evidence": evidence_rows(request.hat, cycle, evidence.of(row)) if row is not None else None,
            "back_url": reverse("progress-reports", args=[cycle.code]),
            "commitment_url": reverse("commitment", args=[cycle.code, found.name]),
            "breadcrumbs": crumbs(
                cycle,
                (_("Progress reports"), reverse("progress-reports", args=[cycle.code])),
                (queries.quarter_name(quarter), ""),
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _report_initial(cycle: Cycle, unit: Unit, row: ProgressReport | None, quarter: int) -> dict[str, Any]:
    """What the report says; for a new one the figures of the quarters before, to go on from."""
    initial: dict[str, Any] = {}
    if row is None:
        for goal, percent in queries.latest_percents(cycle, [unit.pk]).items():
            initial[f"percent_{goal}"] = percent
        return initial
    initial["summary"] = row.summary
    for line in row.lines.all():
        initial[f"percent_{line.goal_id}"] = line.percent
        initial[f"words_{line.goal_id}"] = line.words
    return initial


# Coverage ----------------------------------------------------------------------------------------


@page("D01")
def coverage(request: PageRequest) -> HttpResponse:
    """Every unit's three kinds with the sums; a unit's people come straight to their own return."""
    cycle, hat = request.cycle, request.hat
    if hat.role in OWN and hat.unit is not None:
        return redirect("coverage-return", cycle.code, hat.unit.name)
    found = queries.latest_coverage(queries.coverage_for(hat, cycle))
    total = queries.Coverage()
    rows = []
    for unit in queries.units_seen(hat, cycle):
        row = found.get(unit.pk)
        one = queries.Coverage()
        if row is not None:
            one.add(row.lines.all())
            total.add(row.lines.all())
        rows.append((unit, row, one.cells))
    return render(
        request,
        "scoring/coverage.html",
        {
            "rows": rows,
            "kinds": Below.choices,
            "total": total.cells,
            "filed": len(found),
            "xlsx_url": reverse("coverage-xlsx", args=[cycle.code]),
            "breadcrumbs": crumbs(cycle, (_("Coverage below"), "")),
            "cycle": cycle,
        },
    )


@page("D01")
def coverage_xlsx(request: PageRequest) -> HttpResponse:
    return attachment(
        commitment_workbooks.coverage(request.hat, request.cycle), f"{request.cycle.code}-向下覆盖情况.xlsx"
    )


@page("D01", tables=True)
def coverage_return(request: PageRequest, unit: str) -> HttpResponse:
    """One unit's return with every filing; its own people find the form here."""
    found = unit_named(request, unit)
    return _show_coverage(request, found)


def _filings(request: PageRequest, unit: Unit) -> list[CoverageReturn]:
    rows = queries.coverage_for(request.hat, request.cycle).filter(unit=unit)
    return list(rows.select_related("filed_by").prefetch_related("lines").order_by("-number"))


def _show_coverage(
    request: PageRequest, unit: Unit, form: CoverageForm | None = None, refusal: Refused | None = None
) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    filings = _filings(request, unit)
    own = hat.role in OWN
    if not filings and not own and unit.pk not in {one.pk for one in queries.units_seen(hat, cycle)}:
        raise nothing_here()
    files = evidence.of_each(CoverageReturn, [row.pk for row in filings])
    writes = own and may(coverage_acts.FILE, hat, cycle, unit_id=unit.pk)
    shown = form
    if form is None and writes:
        shown = CoverageForm(
            kinds=Below.choices, needs_file=not files, initial=_coverage_initial(filings[:1])
        )
    return render(
        request,
        "scoring/coverage_return.html",
        {
            "unit": unit,
            "filings": [
                (row, list(row.lines.all()), evidence_rows(request.hat, cycle, files.get(row.pk, [])))
                for row in filings
            ],
            "form": shown,
            "rows": shown.rows() if shown is not None else [],
            "number": filings[0].number if filings else 0,
            "refusal": refusal,
            "closed": own and not writes,
            "file_url": reverse("coverage-file", args=[cycle.code, unit.name]),
            "breadcrumbs": crumbs(
                cycle,
                *([] if own else [(_("Coverage below"), reverse("coverage", args=[cycle.code]))]),
                (_("Coverage below") if own else unit.name, ""),
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if form is not None and form.errors else 200,
    )


def _coverage_initial(newest: list[CoverageReturn]) -> dict[str, Any]:
    return {
        f"{line.below}_{name}": getattr(line, name)
        for row in newest
        for line in row.lines.all()
        for name in ("due", "committed", "appraised")
    }


@page("D12", methods=("POST",))
def coverage_file(request: PageRequest, unit: str) -> HttpResponse:
    cycle = request.cycle
    found = unit_named(request, unit)
    filings = _filings(request, found)
    form = CoverageForm(request.POST, request.FILES, kinds=Below.choices, needs_file=not filings)
    if not form.is_valid():
        return _show_coverage(request, found, form)
    sent = request.POST.get("number", "")
    try:
        made = coverage_acts.file_return(
            by=request.hat,
            cycle=cycle,
            unit=found,
            counts=form.counts(),
            received=received_of(request, found),
            note=form.cleaned_data["note"],
            number=int(sent) if sent.isdecimal() and len(sent) < 10 else None,
        )
    except Refused as refused:
        return _show_coverage(request, found, form, _kept(request, coverage_acts.FILE, refused))
    messages.success(request, _("Filed as number %(number)d.") % {"number": made.number})
    return redirect("coverage-return", cycle.code, found.name)


@page("D06")
def attached(request: PageRequest, pk: int) -> FileResponse:
    """A file beside a report or a return that the hat may see."""
    row = Evidence.objects.filter(pk=pk).first()
    if row is not None and row.about_type == ProgressReport._meta.label:
        is_seen = queries.reports_for(request.hat, request.cycle).filter(pk=row.about_id).exists()
        model: type[Any] = ProgressReport
    else:
        is_seen = (
            row is not None
            and queries.coverage_for(request.hat, request.cycle).filter(pk=row.about_id).exists()
        )
        model = CoverageReturn
    if not is_seen:
        raise nothing_here()
    return evidence.deliver(evidence.one(model, pk), save=request.GET.get("save") == "1")
