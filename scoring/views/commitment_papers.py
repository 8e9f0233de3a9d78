"""Promises on paper: one unit's sheet at once, the booklet of all as a job that can be left.

What stands on them is told by scoring.commitment_papers.
"""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office import files, jobs
from office.models import Job
from office.refusal import Refused
from scoring import commitment_papers as papers
from scoring import commitment_queries as queries
from scoring.views.commitments import crumbs, unit_named
from scoring.views.imports import progress_of
from scoring.views.shared import nothing_here
from units.matrix import Role
from units.pages import PageRequest, page

SHOWN = 10


@page("D01")
def sheet(request: PageRequest, unit: str) -> HttpResponse:
    """The unit's sheet as PDF, to print, sign and seal."""
    cycle = request.cycle
    found = unit_named(request, unit)
    rows = queries.commitments_for(request.hat, cycle).filter(unit=found)
    row = next(iter(queries.with_goals(rows)), None)
    if row is None or request.hat.role is Role.LEAD:
        raise nothing_here()
    response = HttpResponse(papers.sheet_pdf(cycle, row), content_type=files.PDF)
    name = f"{cycle.code}-{found.name}-双向承诺书.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


@page("D01", methods=("GET", "POST"))
def booklet(request: PageRequest) -> HttpResponse:
    """POST sets one of everything the hat may see; GET shows the booklets this person asked for."""
    cycle = request.cycle
    ids = list(queries.commitments_for(request.hat, cycle).order_by("pk").values_list("pk", flat=True))
    if request.hat.role is Role.LEAD:
        ids = []
    if request.method == "POST":
        if not ids:
            raise Refused(
                "no-commitments",
                _("No unit has written a commitment yet, so there is no booklet."),
                status=422,
            )
        papers.start_booklet(request.hat, cycle, ids)
        return redirect("commitments-booklet", cycle.code)
    jobs.reap()
    mine = Job.objects.filter(owner=request.user, kind=papers.JOB_KIND, cycle_code=cycle.code)
    return render(
        request,
        "scoring/commitment_booklet.html",
        {
            "count": len(ids),
            "jobs": [
                {
                    "job": job,
                    "progress": progress_of(job) if not job.is_over else None,
                    "url": reverse("commitments-booklet-file", args=[cycle.code, job.pk])
                    if (job.result or {}).get("file")
                    else "",
                    "sheets": (job.result or {}).get("sheets", ""),
                }
                for job in mine.order_by("-pk")[:SHOWN]
            ],
            "breadcrumbs": crumbs(cycle, (_("Booklet"), "")),
            "cycle": cycle,
        },
    )


@page("D01")
def booklet_file(request: PageRequest, pk: int) -> FileResponse:
    """The booklet a job of this very person has set."""
    job = Job.objects.filter(
        pk=pk, owner=request.user, kind=papers.JOB_KIND, cycle_code=request.cycle.code
    ).first()
    stored = papers.booklet_file(job) if job is not None else None
    if stored is None:
        raise nothing_here()
    return files.deliver(stored, inline=True)
