"""One's own long work: its progress, its end, and the button that stops it.

What a job does is registered by the app that owns the work.
"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from office import jobs
from office.models import Job
from office.models.job import JobState
from office.refusal import Refused
from scoring.views.imports import progress_of
from units.pages import PageRequest, page

PER_PAGE = 30
LIGHTS = {
    JobState.WAITING: "off",
    JobState.RUNNING: "amber",
    JobState.DONE: "green",
    JobState.REFUSED: "red",
    JobState.FAILED: "red",
    JobState.CANCELLED: "off",
    JobState.LOST: "red",
}


def _own(request: PageRequest, pk: int) -> Job:
    job = Job.objects.filter(pk=pk, owner=request.user).first()
    if job is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return job


@page("L14")
def job_list(request: PageRequest) -> HttpResponse:
    """Everything this person started, newest first."""
    jobs.reap()
    shown = Paginator(Job.objects.filter(owner=request.user), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "title": job.title,
            "at": job.created_at,
            "light": LIGHTS[JobState(job.state)],
            "word": job.get_state_display(),
            "message": job.message,
            "progress": progress_of(job) if not job.is_over else None,
            "done": job.done,
            "total": job.total,
        }
        for job in shown
    ]
    return render(
        request, "office/jobs.html", {"page_title": _("Jobs"), "jobs": rows, "page": shown, "query": ""}
    )


@page("L14")
def job_progress(request: PageRequest, pk: int) -> HttpResponse:
    """The progress bar alone; when the work is over the page it stands on is told to load again."""
    job = _own(request, pk)
    answer = render(request, "parts/progress.html", {"job": progress_of(job)})
    if job.is_over:
        answer["HX-Refresh"] = "true"
    return answer


@page("L14", methods=("POST",))
def job_cancel(request: PageRequest, pk: int) -> HttpResponse:
    """Ask the work to stop at its next step; nothing it began is kept."""
    jobs.ask_to_cancel(_own(request, pk))
    return redirect("jobs")
