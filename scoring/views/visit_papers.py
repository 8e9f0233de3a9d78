"""The sheets of visits as PDF: one, or those of a team that are still open.

What stands on them is in scoring.visit_papers.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office.files import PDF
from office.refusal import Refused
from scoring import visit_forms, visit_papers, visit_queries
from scoring.models import OPEN_VISITS
from units.matrix import Role
from units.pages import PageRequest, page

MOST_SHEETS = 60


def _answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=PDF)
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


@page("E02", "E11")
def sheet(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    visit = visit_queries.visit_seen(request.hat, cycle, pk)
    made = visit_papers.sheets_of(cycle, [visit])
    return _answer(visit_papers.pdf_of(cycle, made), f"{made[0].code or visit}.pdf")


@page("E02", "E11")
def sheets(request: PageRequest) -> HttpResponse:
    """Every open visit, `?team=` takes one team's; a reviewer gets the own team's."""
    cycle, hat = request.cycle, request.hat
    rows = visit_queries.visits_seen(hat, cycle).filter(state__in=OPEN_VISITS)
    team = request.GET.get("team", "")
    if team.isdecimal():
        rows = rows.filter(team=int(team))
    if hat.role is Role.REVIEWER:
        rows = rows.filter(team__people=hat.user)
    visits = list(rows.select_related("team", "unit").order_by("on", "pk").distinct()[:MOST_SHEETS])
    if not visits:
        raise Refused("no-visits", _("No visit is open here; plan one first, then print its sheet."))
    made = visit_papers.sheets_of(cycle, visits)
    return _answer(visit_papers.pdf_of(cycle, made), f"{cycle.code}-{_('Visits')}.pdf")


@page("E14", methods=("POST",))
def codes(request: PageRequest) -> HttpResponse:
    """Give the sheets their codes and print them: one visit of `visit`, or the open ones of `team`, or all."""
    cycle, hat = request.cycle, request.hat
    rows = visit_queries.visits_seen(hat, cycle).filter(state__in=OPEN_VISITS)
    one, team = request.POST.get("visit", ""), request.POST.get("team", "")
    if one.isdecimal():
        visit = visit_queries.visit_seen(hat, cycle, int(one))
        visit_forms.give_codes(hat, cycle, [visit.pk])
        return redirect("visit-sheet", cycle.code, visit.pk)
    if team.isdecimal():
        rows = rows.filter(team=int(team))
    free = rows.exclude(unit__in=hat.tied_unit_ids(cycle.pk)).order_by("on", "pk")
    visit_forms.give_codes(hat, cycle, free.values_list("pk", flat=True)[:MOST_SHEETS])
    query = f"?team={int(team)}" if team.isdecimal() else ""
    return redirect(reverse("visit-sheets", args=[cycle.code]) + query)
