"""The home page of each role, its inbox, and the guide for it.

What lies on a desk is gathered in appraisal_site.desk; what changed, in appraisal_site.deeds.
"""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from appraisal_site import deeds, guide
from appraisal_site.context import stagebar, year_shown
from appraisal_site.desk import OUTSIDE_CYCLES, desk_of
from appraisal_site.desk.pieces import Task
from appraisal_site.desk.year_ago import OWNERS_OF_ROLE, year_ago
from appraisal_site.views.sign_in import LAST_TIME
from office.models import Notice
from units.hats import Hat
from units.pages import PageRequest, hat_of, page

NOTICES_PER_PAGE = 30
THINGS_FOR_TODAY = 3


@page("L14")
def home(request: PageRequest) -> HttpResponse:
    """What awaits me, until when; what changed since I was here before."""
    hat = hat_of(request)
    cycle = year_shown(request)
    before = request.session.get(LAST_TIME)
    since = datetime.fromisoformat(before) if before else None
    desk = desk_of(hat, cycle)
    first, later = first_of(hat, desk.tasks)
    return render(
        request,
        "appraisal_site/home.html",
        {
            "greeting": "，".join(part for part in (str(request.user), hat.label if hat else "") if part),
            "has_role": hat is not None,
            "tasks": desk.tasks,
            "first": first,
            "later": later,
            "year_ago": year_ago(hat, cycle, timezone.localdate()) if hat is not None and cycle else None,
            "tiles": desk.tiles,
            "shortcuts": desk.shortcuts,
            "changes": deeds.since(hat, cycle, since) if hat is not None else [],
            "since": since,
            "breadcrumbs": [],
            "stagebar": stagebar(cycle) if hat is not None and hat.role not in OUTSIDE_CYCLES else None,
        },
    )


def first_of(hat: Hat | None, tasks: list[Task]) -> tuple[list[Task], list[Task]]:
    """The three to do today for whoever enters things for a unit or a body, and all others."""
    if hat is None or hat.role not in OWNERS_OF_ROLE:
        return [], tasks
    doable = [task for task in tasks if not task.is_ahead]
    first = sorted(doable, key=lambda task: not task.returned)[:THINGS_FOR_TODAY]
    return first, [task for task in tasks if task not in first]


@page("L14", methods=("GET", "POST"))
def inbox(request: PageRequest) -> HttpResponse:
    """Own notices, newest first; posting marks all of them, or one, as read."""
    own = Notice.objects.filter(user=request.user)
    if request.method == "POST":
        unread = own.filter(read_at=None)
        if request.POST.get("notice", "").isdecimal():
            unread = unread.filter(pk=int(request.POST["notice"]))
        unread.update(read_at=timezone.now())
        return redirect("inbox")
    shown = Paginator(own, NOTICES_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "appraisal_site/inbox.html",
        {"page": shown, "notices": shown.object_list, "unread": own.filter(read_at=None).count()},
    )


@page("L14")
def help_page(request: PageRequest) -> HttpResponse:
    """A short guide for the hat worn, with links into its pages."""
    hat = hat_of(request)
    return render(
        request,
        "appraisal_site/help.html",
        {
            "role": hat.label if hat else "",
            "steps": guide.steps_for(hat, year_shown(request)),
            "words": guide.WORDS,
        },
    )
