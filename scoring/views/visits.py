"""On-site review: the list of visits, planning one or a whole team's, and what is written down and signed.

The acts are in scoring.actions.visits; the printed sheet is in scoring.views.visit_papers.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.fields import format_points
from office.models import AuditEntry, Evidence
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import visit_forms, visit_queries
from scoring.actions import visits
from scoring.actions.visits import Finding
from scoring.forms_review import Group, TeamVisitsForm, VisitForm
from scoring.models import Cell, Look, Visit, VisitState
from scoring.typed import typed_points
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs, nothing_here
from scoring.visit_queries import SeenLine
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Team, Unit
from units.pages import PageRequest, log_denial, page
from units.permissions import may, require

PER_PAGE = 50
PRINTS = frozenset({Role.OFFICE, Role.REVIEWER})
LIGHTS = {
    VisitState.PLANNED: "off",
    VisitState.SIGNED_ONCE: "amber",
    VisitState.SIGNED: "green",
    VisitState.CANCELLED: "off",
}


def _sheets_url(hat: Hat, cycle: Cycle, team: str) -> str:
    if hat.role not in PRINTS:
        return ""
    return reverse("visit-sheets", args=[cycle.code]) + (f"?team={int(team)}" if team.isdecimal() else "")


def light_of(visit: Visit) -> str:
    """Red for a visit whose day is past and that two have not signed."""
    if visit.is_open and visit.on < timezone.localdate():
        return "red" if visit.state == VisitState.PLANNED else "amber"
    return LIGHTS[VisitState(visit.state)]


@page("E05")
def visits_page(request: PageRequest) -> HttpResponse:
    """`?team=`, `?state=`; of a reviewer the own team's units, of a lead those that look at its sub-items."""
    cycle, hat = request.cycle, request.hat
    seen = visit_queries.visits_seen(hat, cycle)
    state, team = request.GET.get("state", ""), request.GET.get("team", "")
    rows = seen
    if state in VisitState.values:
        rows = rows.filter(state=state)
    if team.isdecimal():
        rows = rows.filter(team=int(team))
    shown = Paginator(visit_queries.with_counts(rows).order_by("on", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    counts = Counter(seen.values_list("state", flat=True))
    plans = may(visits.PLAN, hat, cycle)
    unplanned = (
        list(
            visit_queries.unvisited(cycle)
            .values_list("membership__unit__name", "membership__unit_id")
            .order_by("membership__unit__order")
        )
        if plans
        else []
    )
    return render(
        request,
        "scoring/visits.html",
        {
            "page": shown,
            "rows": [(visit, light_of(visit)) for visit in shown.object_list],
            "states": [(s.value, s.label, counts.get(s.value, 0)) for s in VisitState],
            "state": state,
            "team": int(team) if team.isdecimal() else 0,
            "teams": list(Team.objects.filter(visits__in=seen).distinct().order_by("pk")),
            "query": f"state={state}&team={team}&" if state or team else "",
            "unplanned": list(Counter(unplanned).items()),
            "plan_url": reverse("visit-plan", args=[cycle.code]) if plans else "",
            "plan_team_url": reverse("visit-plan-team", args=[cycle.code]) if plans else "",
            "xlsx_url": reverse("visits-xlsx", args=[cycle.code]),
            "sheets_url": _sheets_url(hat, cycle, team),
            "codes_url": reverse("visit-codes", args=[cycle.code])
            if hat.role is Role.OFFICE and counts.get(VisitState.PLANNED, 0)
            else "",
            "cycle": cycle,
        },
    )


@page("E05")
def visits_xlsx(request: PageRequest) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    rows = list(visit_queries.visits_seen(hat, cycle).select_related("team", "unit", "first_by", "second_by"))
    lines = visit_queries.lines_of_visits(rows, hat)
    sheet = SheetOut(
        _("Visits"),
        [
            ColumnOut(_("Day"), "date"),
            ColumnOut(_("Team")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Block")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Before the visit"), "number", cycle.places),
            ColumnOut(_("On site"), "number", cycle.places),
            ColumnOut(_("What was found")),
            ColumnOut(_("Why the score changes")),
            ColumnOut(_("State")),
            ColumnOut(_("Signed by")),
        ],
        [
            [
                visit.on,
                visit.team.name,
                visit.unit.name,
                seen.line.cell.block.name,
                seen.line.cell.sub_item.name,
                seen.before,
                seen.line.points,
                seen.line.finding,
                seen.line.reason,
                str(visit.get_state_display()),
                "、".join(str(p) for p in (visit.first_by, visit.second_by) if p),
            ]
            for visit in rows
            for seen in lines.get(visit.pk, [])
        ],
        frozen_columns=3,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Visits')}.xlsx")


# Planning


def _team_and_unit(request: PageRequest) -> tuple[Team, Unit] | None:
    """The team and unit chosen in the first step, `?team=&unit=`; None before."""
    chosen = {key: request.GET.get(key, "") for key in ("team", "unit")}
    if not all(text.isdecimal() for text in chosen.values()):
        return None
    team = Team.objects.filter(cycle=request.cycle, pk=int(chosen["team"])).first()
    unit = team.units.filter(pk=int(chosen["unit"])).first() if team is not None else None
    if team is None or unit is None:
        raise nothing_here()
    return team, unit


def _cell_groups(cells: list[Cell]) -> list[Group]:
    """Ticks by block and item; what demands a visit says so."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for cell in sorted(cells, key=lambda c: (c.block.order, c.sub_item.item.order, c.sub_item.order)):
        name = cell.sub_item.name
        label = (
            _("%(name)s (only a visit counts)") % {"name": name}
            if cell.sub_item.look == Look.ONSITE
            else name
        )
        groups.setdefault(f"{cell.block.name} · {cell.sub_item.item.name}", []).append((cell.pk, label))
    return list(groups.items())


@page("E11", methods=("GET", "POST"))
def plan(request: PageRequest) -> HttpResponse:
    """First the team and unit, then the day and the cells."""
    cycle = request.cycle
    chosen = _team_and_unit(request)
    if chosen is None:
        return render(
            request,
            "scoring/visit_choose.html",
            {
                "teams": [
                    (team, list(team.units.order_by("order", "pk")))
                    for team in Team.objects.filter(cycle=cycle).order_by("pk")
                ],
                "page_title": _("Plan a visit"),
                "breadcrumbs": _crumbs(cycle, _("Plan a visit")),
                "teams_url": reverse("teams", args=[cycle.code]),
                "cycle": cycle,
            },
        )
    team, unit = chosen
    cells = visit_queries.cells_to_visit(cycle, unit.pk)
    initial = {
        "cells": [cell.pk for cell in cells if cell.sub_item.look == Look.ONSITE] or [c.pk for c in cells]
    }
    form = VisitForm(request.POST or None, initial=initial, groups=_cell_groups(cells))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            visit = visits.plan_visit(
                by=request.hat,
                cycle=cycle,
                team=team,
                unit_id=unit.pk,
                on=data["on"],
                cell_ids=data["cells"],
                note=data["note"],
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("The visit is planned; print its sheet or open it on the phone."))
            return redirect("visit", cycle.code, visit.pk)
    title = f"{_('Plan a visit')}：{unit.name}"
    return _plan_form(request, form, refusal, title, team, _crumbs(cycle, title))


def _plan_form(
    request: PageRequest,
    form: VisitForm,
    refusal: Refused | None,
    title: str,
    team: Team,
    breadcrumbs: list[tuple[str, str]],
    visit: Visit | None = None,
) -> HttpResponse:
    return render(
        request,
        "scoring/visit_form.html",
        {
            "form": form,
            "refusal": refusal,
            "page_title": title,
            "team": team,
            "visit": visit,
            "breadcrumbs": breadcrumbs,
            "cycle": request.cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _crumbs(cycle: Cycle, *steps: str) -> list[tuple[str, str]]:
    return crumbs(cycle, (_("Visits"), reverse("visits", args=[cycle.code])), *((step, "") for step in steps))


@page("E11", methods=("GET", "POST"))
def plan_team(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    form = TeamVisitsForm(
        request.POST or None,
        teams=Team.objects.filter(cycle=cycle).order_by("pk"),
        initial={"since": timezone.localdate()},
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = visits.plan_for_team(by=request.hat, cycle=cycle, **form.cleaned_data)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _(
                    "%(count)d visits are planned. Units with an open visit, or with too few reviewers, were left out."
                )
                % {"count": len(made)},
            )
            return redirect("visits", cycle.code)
    title = _("Plan a team's visits")
    return render(
        request,
        "scoring/visit_team_form.html",
        {
            "form": form,
            "refusal": refusal,
            "page_title": title,
            "breadcrumbs": _crumbs(cycle, title),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


@page("E11", methods=("GET", "POST"))
def change(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    visit = visit_queries.visit_seen(request.hat, cycle, pk)
    cells = visit_queries.cells_to_visit(cycle, visit.unit_id)
    initial = {
        "on": visit.on,
        "note": visit.note,
        "cells": list(visit.lines.values_list("cell_id", flat=True)),
        "version": visit.version,
    }
    form = VisitForm(request.POST or None, initial=initial, groups=_cell_groups(cells))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            visits.change_visit(
                by=request.hat,
                cycle=cycle,
                visit_id=pk,
                on=data["on"],
                cell_ids=data["cells"],
                note=data["note"],
                version=data["version"],
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("The visit is changed."))
            return redirect("visit", cycle.code, pk)
    return _plan_form(request, form, refusal, str(visit), visit.team, _crumbs(cycle, str(visit)), visit)


@page("E11", methods=("POST",))
def close(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """cancel or reopen, each with a reason."""
    cycle, hat = request.cycle, request.hat
    visit_queries.visit_seen(hat, cycle, pk)
    reason, version = request.POST.get("reason", ""), _version(request)
    try:
        if act == "cancel":
            visits.cancel_visit(by=hat, cycle=cycle, visit_id=pk, reason=reason, version=version)
            said = _("The visit is called off; its cells wait for another one.")
        elif act == "reopen":
            visits.reopen_visit(by=hat, cycle=cycle, visit_id=pk, reason=reason, version=version)
            said = _("The visit is open again; two sign it anew.")
        else:
            raise nothing_here()
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, pk, refusal)
    messages.success(request, said)
    return redirect("visit", cycle.code, pk)


# One visit


def _version(request: PageRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else -1


@page("E05", tables=True)
def visit(request: PageRequest, pk: int) -> HttpResponse:
    return _show(request, pk)


def may_record(hat: Hat, visit: Visit) -> bool:
    return visit.is_open and may(visits.RECORD, hat, visit.cycle, unit_id=visit.unit_id, acts_on_unit=True)


def photos_of(request: PageRequest, visit: Visit) -> list[tuple[Evidence, str, str]]:
    """(picture, its address, the address that takes it away or nothing); none for a lead.  One query."""
    if request.hat.role is Role.LEAD:
        return []
    code, open_now = request.cycle.code, may_record(request.hat, visit)
    return [
        (
            row,
            reverse("visit-photo", args=[code, row.pk]),
            reverse("visit-photo-remove", args=[code, row.pk]) if open_now else "",
        )
        for row in evidence.of(visit)
    ]


def _show(request: PageRequest, pk: int, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    found = visit_queries.visit_seen(hat, cycle, pk)
    lines = visit_queries.lines_seen(hat, found)
    plans = may(visits.PLAN, hat, cycle, unit_id=found.unit_id, acts_on_unit=True)
    signs = visits.may_sign(hat, found) and may(
        visits.SIGN, hat, cycle, unit_id=found.unit_id, acts_on_unit=True
    )
    history = AuditEntry.objects.filter(
        object_type=Visit._meta.label, object_id=str(pk), cycle_code=cycle.code
    ).order_by("-number")
    return render(
        request,
        "scoring/visit.html",
        {
            "visit": found,
            "light": light_of(found),
            "lines": lines,
            "blocks": len({seen.line.cell.block_id for seen in lines}),
            "record_url": reverse("visit-record", args=[cycle.code, pk]) if may_record(hat, found) else "",
            "may_sign": signs,
            "may_withdraw": found.state == VisitState.SIGNED_ONCE and found.first_by_id == hat.user.pk,
            "change_url": reverse("visit-change", args=[cycle.code, pk]) if plans and found.is_open else "",
            "may_reopen": plans and found.state == VisitState.SIGNED,
            "sheet_url": reverse("visit-sheet", args=[cycle.code, pk]) if hat.role in PRINTS else "",
            "two": {
                "first_deed": _("Signed by the first"),
                "first_person": str(found.first_by) if found.first_by else "—",
                "first_at": found.first_at,
                "second_deed": _("Signed by the second"),
                "second_person": str(found.second_by) if found.second_by else None,
                "second_at": found.second_at,
                "waiting": found.team.name,
            }
            if found.first_by
            else None,
            "history": history[:50] if hat.role in {Role.OFFICE, Role.REVIEWER, Role.AUDITOR} else [],
            "photos": photos_of(request, found),
            "photo_url": reverse("visit-photo-add", args=[cycle.code, pk]) if may_record(hat, found) else "",
            "accept": ".jpg,.jpeg,.png,.pdf",
            "is_office": hat.role is Role.OFFICE,
            "gives_codes": hat.role is Role.OFFICE and found.is_open,
            "form_code": visit_forms.codes_of(cycle, [pk]).get(pk, "") if hat.role in PRINTS else "",
            "places": cycle.places,
            "breadcrumbs": _crumbs(cycle, str(found)),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("E12", methods=("POST",))
def sign(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """sign or withdraw."""
    cycle, hat = request.cycle, request.hat
    visit_queries.visit_seen(hat, cycle, pk)
    try:
        if act == "sign":
            signed = visits.sign_visit(by=hat, cycle=cycle, visit_id=pk, version=_version(request))
            said = (
                _("Signed by two: the points now count as on-site scores.")
                if signed.state == VisitState.SIGNED
                else _("Signed; a second person of the team signs now.")
            )
        elif act == "withdraw":
            visits.withdraw_signature(by=hat, cycle=cycle, visit_id=pk, version=_version(request))
            said = _("Your signature is taken back.")
        else:
            raise nothing_here()
    except Refused as refusal:
        if refusal.status == 404:
            raise
        if refusal.status == 403:
            log_denial(request, visits.SIGN, refusal)
        return _show(request, pk, refusal)
    messages.success(request, said)
    return redirect("visit", cycle.code, pk)


# Writing down, on the phone


@page("E02", methods=("GET", "POST"))
def record(request: PageRequest, pk: int) -> HttpResponse:
    """Every line with what is known before, a finding, points and the reason; one button keeps all."""
    cycle, hat = request.cycle, request.hat
    found = visit_queries.visit_seen(hat, cycle, pk)
    lines = visit_queries.lines_seen(hat, found)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            visits.record_findings(
                by=hat,
                cycle=cycle,
                visit_id=pk,
                findings=[_finding(request, seen) for seen in lines],
                met=request.POST.get("met", ""),
                version=_version(request),
            )
        except Refused as refused:
            if refused.status == 404:
                raise
            if refused.status == 403:
                log_denial(request, visits.RECORD, refused)
            refusal = refused
        else:
            messages.success(request, _("Written down. Two of the team sign when it is complete."))
            return redirect("visit", cycle.code, pk)
    elif not may_record(hat, found):
        # The same sentence the act would give, and the stage's before the state's.
        require(visits.RECORD, hat, cycle, unit_id=found.unit_id, acts_on_unit=True)
        return redirect("visit", cycle.code, pk)
    problems = refusal.values.get("problems", {}) if refusal else {}
    return render(
        request,
        "scoring/visit_record.html",
        {
            "visit": found,
            "met": request.POST.get("met", found.met),
            "version": visit_queries.visit_seen(hat, cycle, pk).version
            if refusal and refusal.code == "changed-meanwhile"
            else request.POST.get("version", found.version),
            "lines": [_line_form(request, seen, problems) for seen in lines],
            "places": cycle.places,
            "page_title": str(found),
            "breadcrumbs": [
                *_crumbs(cycle),
                (str(found), reverse("visit", args=[cycle.code, pk])),
                (_("Write down"), ""),
            ],
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _finding(request: PageRequest, seen: SeenLine) -> Finding:
    key = seen.line.cell_id
    points: Decimal | None = typed_points(request.POST.get(f"points-{key}", ""))
    return Finding(
        key, request.POST.get(f"finding-{key}", ""), points, request.POST.get(f"reason-{key}", "")[:500]
    )


def _line_form(request: PageRequest, seen: SeenLine, problems: dict[int, str]) -> dict[str, Any]:
    """What the form shows for one line: as typed after a refusal, else as stored."""
    line, key = seen.line, seen.line.cell_id
    stored = "" if line.points is None else format_points(line.points)
    return {
        "seen": seen,
        "line": line,
        "key": key,
        "finding": request.POST.get(f"finding-{key}", line.finding),
        "points": request.POST.get(f"points-{key}", stored),
        "reason": request.POST.get(f"reason-{key}", line.reason),
        "problem": problems.get(key, ""),
        "only_visit": line.cell.sub_item.look == Look.ONSITE,
    }
