"""The sheets of visits as PDF: one, or those of a team that are still open.

What stands on them is in scoring.visit_papers.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office.files import PDF
from office.refusal import Refused
from scoring import visit_papers, visit_queries
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
    return _answer(visit_papers.pdf_of(cycle, made), f"{made[0].code}.pdf")


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
