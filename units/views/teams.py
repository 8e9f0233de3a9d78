"""Review teams and declared ties: who looks at which unit, who may not, and how a tie is lifted.

The acts are in units.actions; what a team does with its units is scoring's.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office.files import XLSX
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from units import queries, team_queries
from units.actions import conflicts, setup, teams
from units.forms import ConflictForm, Group, TeamForm
from units.hats import Hat
from units.matrix import Role
from units.models import Conflict, Cycle, Membership, Team, Unit
from units.pages import PageRequest, page
from units.permissions import grant_of, may, may_on_behalf_of_group
from units.team_queries import TeamSight

PLAN, DECLARE, LIFT = "B05", "E06", "E07"
ACTS = frozenset({"propose", "confirm", "keep"})


def sees_all(hat: Hat) -> bool:
    """The office and the leading group see every team and tie; others only what is their own."""
    return hat.role in {Role.OFFICE, Role.LEADING_GROUP}


def conflicts_seen(hat: Hat, cycle: Cycle) -> list[Conflict]:
    rows = team_queries.conflicts_of(cycle)
    return list(rows if sees_all(hat) else rows.filter(user=hat.user))


def teams_seen(hat: Hat, cycle: Cycle) -> list[TeamSight]:
    if sees_all(hat):
        return team_queries.teams_of(cycle)
    return team_queries.teams_of(cycle, hat.user.pk) if hat.role is Role.REVIEWER else []


@page("E11", "E06", "E07")
def teams_page(request: PageRequest) -> HttpResponse:
    return _show(request)


def _show(request: PageRequest, refusal: Refused | None = None) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    seen = teams_seen(hat, cycle)
    alone = team_queries.units_without_team(cycle) if sees_all(hat) else []
    plans = may(PLAN, hat, cycle)
    return render(
        request,
        "units/teams.html",
        {
            "teams": [
                {
                    "sight": sight,
                    "short": list(team_queries.short_of_reviewers([sight]).items()),
                    "edit_url": reverse("team", args=[cycle.code, sight.team.pk]) if plans else "",
                }
                for sight in seen
            ],
            "shows_teams": sees_all(hat) or hat.role is Role.REVIEWER,
            "alone": alone,
            "conflicts": [_tie_line(row, hat, cycle) for row in conflicts_seen(hat, cycle)],
            "new_url": reverse("team-new", args=[cycle.code]) if plans else "",
            "declare_url": reverse("conflict-declare", args=[cycle.code])
            if not grant_of(DECLARE, hat).is_denied
            else "",
            "xlsx_url": reverse("teams-xlsx", args=[cycle.code]),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _tie_line(row: Conflict, hat: Hat, cycle: Cycle) -> dict[str, Any]:
    lifts = (
        row.lifted_at is None
        and row.user_id != hat.user.pk
        and may(LIFT, hat, cycle, unit_id=row.unit_id, acts_on_unit=True)
    )
    is_proposed = row.lift_proposed_by_id is not None
    if row.lifted_at is not None:
        light, word = "off", _("lifted")
    elif is_proposed:
        light, word = "amber", _("lifting proposed")
    else:
        light, word = "red", _("in force")
    return {
        "row": row,
        "light": light,
        "word": word,
        "may_propose": lifts and not is_proposed,
        "may_confirm": lifts and is_proposed and row.lift_proposed_by_id != hat.user.pk,
        "may_keep": lifts and is_proposed,
        "minutes_url": reverse("minutes-enter", args=[cycle.code, "conflict-lift", row.pk])
        if row.lifted_at is None
        and row.user_id != hat.user.pk
        and may_on_behalf_of_group(LIFT, hat, cycle, units=[row.unit_id])
        else "",
    }


def _groups(cycle: Cycle, editing: Team | None) -> list[Group]:
    """The units by block, each named once, in the first block it stands in; another team's name beside it."""
    teams = team_queries.team_by_unit(cycle)
    own = {unit.pk for unit in editing.units.all()} if editing is not None else set()
    groups: dict[str, list[tuple[int, str]]] = {}
    seen: set[int] = set()
    rows = Membership.objects.filter(block__cycle=cycle).select_related("unit", "block")
    for row in rows.order_by("block__order", "block_id", "unit__order", "pk"):
        if row.unit_id in seen:
            continue
        seen.add(row.unit_id)
        other = "" if row.unit_id in own else teams.get(row.unit_id, "")
        groups.setdefault(row.block.name, []).append(
            (row.unit_id, f"{row.unit.name}({other})" if other else row.unit.name)
        )
    return list(groups.items())


def _team_form(request: PageRequest, team: Team | None) -> HttpResponse:
    cycle = request.cycle
    initial = (
        {
            "name": team.name,
            "people": list(team.people.values_list("pk", flat=True)),
            "units": list(team.units.values_list("pk", flat=True)),
        }
        if team is not None
        else None
    )
    form = TeamForm(
        request.POST or None,
        initial=initial,
        people=team_queries.reviewers(cycle),
        groups=_groups(cycle, team),
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            saved = setup.save_team(
                by=request.hat,
                cycle=cycle,
                name=data["name"],
                people=data["people"],
                units=Unit.objects.filter(pk__in=data["units"]).order_by("order"),
                team=team,
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("%(team)s is set up: %(people)d reviewers, %(units)d units.")
                % {"team": saved.name, "people": len(data["people"]), "units": len(data["units"])},
            )
            return redirect("teams", cycle.code)
    title = team.name if team is not None else _("New team")
    return render(
        request,
        "units/team_form.html",
        {
            "form": form,
            "refusal": refusal,
            "page_title": title,
            "dissolve_url": reverse("team-dissolve", args=[cycle.code, team.pk]) if team is not None else "",
            "breadcrumbs": [(_("Review teams"), reverse("teams", args=[cycle.code])), (title, "")],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


@page("B05", methods=("GET", "POST"))
def team_new(request: PageRequest) -> HttpResponse:
    return _team_form(request, None)


@page("B05", methods=("GET", "POST"))
def team(request: PageRequest, pk: int) -> HttpResponse:
    found = Team.objects.filter(cycle=request.cycle, pk=pk).first()
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return _team_form(request, found)


@page("B05", methods=("POST",))
def team_dissolve(request: PageRequest, pk: int) -> HttpResponse:
    try:
        teams.dissolve_team(by=request.hat, cycle=request.cycle, team_id=pk)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, refusal)
    messages.success(request, _("The team is dissolved; its units wait for another one."))
    return redirect("teams", request.cycle.code)


@page("E06", methods=("GET", "POST"))
def declare(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    form = ConflictForm(
        request.POST or None,
        units=Unit.objects.filter(pk__in=[unit.pk for unit in queries.units_taking_part(cycle)]),
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            row = setup.declare_conflict(by=request.hat, cycle=cycle, **form.cleaned_data)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("Declared. From now on somebody else acts on %(unit)s.") % {"unit": row.unit.name},
            )
            return redirect("teams", cycle.code)
    title = _("Declare a tie")
    return render(
        request,
        "units/conflict_form.html",
        {
            "form": form,
            "refusal": refusal,
            "page_title": title,
            "breadcrumbs": [(_("Review teams"), reverse("teams", args=[cycle.code])), (title, "")],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


@page("E07", methods=("POST",))
def conflict_act(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """propose, confirm or keep."""
    by, cycle = request.hat, request.cycle
    if act not in ACTS:
        raise Refused("not-found", _("There is no such record."), status=404)
    try:
        if act == "propose":
            reason = request.POST.get("reason", "")
            conflicts.propose_lifting(by=by, cycle=cycle, conflict_id=pk, reason=reason)
            said = _("Proposed; another person of the leading group confirms it. Until then the tie stays.")
        elif act == "confirm":
            conflicts.confirm_lifting(by=by, cycle=cycle, conflict_id=pk)
            said = _("Lifted: the person may act on the unit again.")
        else:
            conflicts.keep_conflict(by=by, cycle=cycle, conflict_id=pk)
            said = _("The tie stays.")
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _show(request, refusal)
    messages.success(request, said)
    return redirect("teams", cycle.code)


@page("E11", "E06", "E07")
def teams_xlsx(request: PageRequest) -> HttpResponse:
    """Two sheets: who looks at what, and the declared ties, as far as the hat sees them."""
    hat, cycle = request.hat, request.cycle
    rows: list[list[Value]] = [
        [sight.team.name, unit.name, "、".join(str(person) for person in sight.reviewers_of(unit.pk))]
        for sight in teams_seen(hat, cycle)
        for unit in sight.units
    ]
    ties: list[list[Value]] = [
        [
            str(row.user),
            row.unit.name,
            row.reason,
            row.declared_at.date(),
            str(_tie_line(row, hat, cycle)["word"]),
        ]
        for row in conflicts_seen(hat, cycle)
    ]
    content = write_workbook(
        [
            SheetOut(
                _("Review teams"),
                [ColumnOut(_("Team")), ColumnOut(_("Unit")), ColumnOut(_("Reviewers"))],
                rows,
                spare_rows=0,
            ),
            SheetOut(
                _("Declared ties"),
                [
                    ColumnOut(_("Person")),
                    ColumnOut(_("Unit")),
                    ColumnOut(_("Reason")),
                    ColumnOut(_("Declared"), "date"),
                    ColumnOut(_("State")),
                ],
                ties,
                spare_rows=0,
            ),
        ]
    )
    response = HttpResponse(content, content_type=XLSX)
    name = f"{cycle.code}-{_('Review teams')}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
