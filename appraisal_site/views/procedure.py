"""Moving the year or a track on and back, windows, and opening parts again: the office's acts on the procedure.

What must be ready is laid down in appraisal_site.procedure; the acts are in units.actions.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import procedure
from appraisal_site.forms import ReasonForm
from appraisal_site.procedure_forms import MoveBackForm, ReopenForm, WindowForm
from appraisal_site.sections import year_way
from appraisal_site.views.year import lines_of
from office.refusal import Refused
from office.templatetags.look import deadline
from units import queries
from units.actions import cycle as cycle_actions
from units.actions import reopening as reopening_actions
from units.actions import tracks as track_actions
from units.actions.cycle import ENTERED_ELSEWHERE, next_stage
from units.calendar import count_working_days, is_working_day
from units.models import STAGE_LABELS, Block, Cycle, Reopening
from units.pages import PageRequest, page
from units.permissions import may, stage_of
from units.stages import ORDER, Stage


def track_of(cycle: Cycle, name: str) -> Block:
    """The special track of that name; any other block is not there for these pages."""
    block = cycle.blocks.filter(name=name).first()
    if block is None or not block.is_track:
        raise Refused("not-found", _("There is no such record."), status=404)
    return block


def _back_of(cycle: Cycle, block: Block | None) -> str:
    return year_way(cycle, "tracks" if block is not None else "year")


@page("B06", methods=("GET", "POST"))
def move(request: PageRequest, name: str = "") -> HttpResponse:
    """Before the step: what lacks. Posting signs it and enters the stage that was shown."""
    cycle = request.cycle
    block = track_of(cycle, name) if name else None
    now = stage_of(cycle, block)
    following = next_stage(now)
    if following is None:
        raise Refused("last-stage", _("%(cycle)s stands at its last stage.") % {"cycle": cycle.code})
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        wanted = request.POST.get("stage", "")
        if wanted != str(following):
            refusal = Refused(
                "moved-meanwhile",
                _("The year was moved meanwhile and stands at “%(now)s”. Please look again.")
                % {"now": STAGE_LABELS[now]},
            )
        else:
            try:
                procedure.move_on(
                    by=request.hat,
                    cycle=cycle,
                    stage=following,
                    reason=form.cleaned_data["reason"],
                    block=block,
                )
            except Refused as refused:
                refusal = refused
            else:
                said = (
                    _("%(track)s now stands at “%(stage)s”.")
                    if block is not None
                    else _("The year now stands at “%(stage)s”.")
                )
                messages.success(
                    request,
                    said % {"stage": STAGE_LABELS[following], "track": block.name if block else ""},
                )
                return redirect(_back_of(cycle, block))
    lacks = procedure.lacks_before(cycle, following, block)
    return render(
        request,
        "appraisal_site/move.html",
        {
            "cycle": cycle,
            "mover": block.name if block is not None else cycle.name,
            "back_url": _back_of(cycle, block),
            "stage": str(following),
            "now_label": STAGE_LABELS[now],
            "next_label": STAGE_LABELS[following],
            "lacks": lines_of(request.hat, cycle, lacks),
            "stopped": following in ENTERED_ELSEWHERE or any(not lack.signable for lack in lacks),
            "elsewhere": following in ENTERED_ELSEWHERE,
            "form": form,
            "refusal": refusal,
        },
        status=refusal.status if refusal is not None else 200,
    )


def _form_page(request: PageRequest, form: Any, refusal: Refused | None, **context: object) -> HttpResponse:
    status = refusal.status if refusal is not None else 422 if form.errors else 200
    return render(
        request,
        "appraisal_site/year_form.html",
        {"cycle": request.cycle, "form": form, "refusal": refusal, **context},
        status=status,
    )


@page("B07", methods=("GET", "POST"))
def move_back(request: PageRequest, name: str = "") -> HttpResponse:
    """Return the year, or a track, to an earlier stage, with a reason."""
    cycle = request.cycle
    block = track_of(cycle, name) if name else None
    now = stage_of(cycle, block)
    earlier = [stage for stage in ORDER if stage.position < now.position]
    form = MoveBackForm(request.POST if request.method == "POST" else None, stages=earlier)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            stage = Stage(form.cleaned_data["stage"])
            cycle_actions.move_back(
                by=request.hat, cycle=cycle, stage=stage, reason=form.cleaned_data["reason"], block=block
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request, _("The track was moved back.") if block else _("The year was moved back.")
            )
            window = queries.calendars_of(cycle)[block.pk if block else None].get(stage)
            if window is not None and window.closes_at <= timezone.now():
                messages.warning(
                    request,
                    _("The window of “%(stage)s” is over; set a new one, or units can enter nothing.")
                    % {"stage": STAGE_LABELS[stage]},
                )
            return redirect(_back_of(cycle, block))
    lede = (
        _("%(track)s stands at “%(stage)s”. Everybody sees the step and its reason.")
        if block is not None
        else _("The year stands at “%(stage)s”. Everybody sees the step and its reason.")
    )
    return _form_page(
        request,
        form,
        refusal,
        page_title=_("Move back"),
        lede=lede % {"stage": STAGE_LABELS[now], "track": block.name if block else ""},
        button=_("Move back"),
        back_url=_back_of(cycle, block),
    )


# Opening again


def _ticked(request: PageRequest) -> list[int]:
    """Units that a link asks to be ticked: ?unit=1&unit=2, or by what they owe: ?debt=1|self-assessment."""
    asked = request.GET.getlist("unit")
    asked += [key.partition("|")[0] for key in request.GET.getlist("debt")]
    return [int(pk) for pk in dict.fromkeys(asked) if pk.isdecimal() and len(pk) < 10]


@page("D08", methods=("GET", "POST"))
def reopen(request: PageRequest) -> HttpResponse:
    """Open a stage's work again for one unit, several or all, until a time."""
    cycle = request.cycle
    latest = reopening_actions.furthest(cycle)[0]
    stages = [s for s in ORDER if s in reopening_actions.MAY_BE_REOPENED and s.position <= latest.position]
    units = queries.units_with_a_part(cycle)
    asked = request.GET.get("stage", "")
    form = ReopenForm(
        request.POST if request.method == "POST" else None,
        stages=stages,
        units=units,
        exceptions=queries.calendar_exceptions(),
        initial={
            "stage": asked if asked in {str(s) for s in stages} else "",
            "units": _ticked(request),
        },
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _reopen(request, form)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
    ticked = set(form["units"].value() or []) if form.is_bound else set(_ticked(request))
    return render(
        request,
        "appraisal_site/reopen.html",
        {
            "cycle": cycle,
            "form": form,
            "refusal": refusal,
            "groups": [
                (block, [(unit, str(unit.pk) in {str(pk) for pk in ticked}) for _block, unit in members])
                for block, members in groupby(queries.units_by_block(cycle, units), key=lambda one: one[0])
            ],
            "reopenings": queries.open_reopenings(cycle),
        },
        status=refusal.status if refusal is not None else 422 if form.errors else 200,
    )


def _reopen(request: PageRequest, form: ReopenForm) -> HttpResponse:
    stage, until = Stage(form.cleaned_data["stage"]), form.until
    reason = form.cleaned_data["reason"]
    if form.cleaned_data["everybody"]:
        reopening_actions.reopen(
            by=request.hat, cycle=request.cycle, stage=stage, unit=None, until=until, reason=reason
        )
        messages.success(
            request,
            _("“%(stage)s” is open again for all units until %(until)s.")
            % {"stage": STAGE_LABELS[stage], "until": deadline(until)},
        )
        return redirect("reopen", code=request.cycle.code)
    outcome = reopening_actions.reopen_many(
        by=request.hat,
        cycle=request.cycle,
        stage=stage,
        units=list(form.cleaned_data["units"]),
        until=until,
        reason=reason,
    )
    if outcome.done:
        messages.success(
            request,
            ngettext(
                "“%(stage)s” is open again for %(count)d unit until %(until)s.",
                "“%(stage)s” is open again for %(count)d units until %(until)s.",
                len(outcome.done),
            )
            % {"stage": STAGE_LABELS[stage], "count": len(outcome.done), "until": deadline(until)},
        )
    say_left_out(request, outcome.left_out)
    return redirect("reopen", code=request.cycle.code)


def say_left_out(request: PageRequest, left_out: list[reopening_actions.LeftOut]) -> None:
    """Every exception of a bulk act by its name."""
    if left_out:
        messages.warning(
            request,
            _("Left out: %(who)s")
            % {"who": "；".join(f"{one.unit.name}（{one.sentence.rstrip('。.')}）" for one in left_out)},
        )


@page("D08", methods=("POST",))
def close_reopening(request: PageRequest, reopening: int) -> HttpResponse:
    """End a reopening before its time."""
    found = (
        Reopening.objects.select_related("cycle", "unit").filter(cycle=request.cycle, pk=reopening).first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    reopening_actions.close_reopening(by=request.hat, reopening=found)
    messages.success(request, _("The reopening was closed."))
    return redirect("reopen", code=request.cycle.code)


@page("D08", methods=("POST",))
def close_reopenings(request: PageRequest) -> HttpResponse:
    """End those ticked; nothing ticked ends nothing."""
    wanted = [int(pk) for pk in request.POST.getlist("reopening") if pk.isdecimal()]
    found = list(Reopening.objects.select_related("unit").filter(cycle=request.cycle, pk__in=wanted))
    outcome = reopening_actions.close_many(by=request.hat, cycle=request.cycle, reopenings=found)
    if outcome.done:
        messages.success(
            request,
            ngettext(
                "%(count)d reopening was closed.", "%(count)d reopenings were closed.", len(outcome.done)
            )
            % {"count": len(outcome.done)},
        )
    else:
        messages.info(request, _("Nothing was ticked that is still open."))
    say_left_out(request, outcome.left_out)
    return redirect("reopen", code=request.cycle.code)


# Windows


@page("B06", methods=("GET", "POST"), tables=True)
def windows(request: PageRequest, name: str = "") -> HttpResponse:
    """First and last day of every stage, all on one page: of the year, or of a track with its own calendar."""
    cycle = request.cycle
    block = track_of(cycle, name) if name else None
    stored = queries.calendars_of(cycle).get(block.pk if block is not None else None)
    if stored is None:
        raise Refused(
            "follows-the-year",
            _("%(block)s follows the year; give it a calendar of its own first.") % {"block": name},
            "§3",
        )
    exceptions = queries.calendar_exceptions()
    forms = [
        WindowForm(
            request.POST if request.method == "POST" else None,
            stage=stage,
            exceptions=exceptions,
            initial={
                "opens_on": stored[stage].opens_on,
                "closes_on": stored[stage].closes_on,
                "cut_off": stored[stage].cut_off,
            }
            if stage in stored
            else {},
        )
        for stage in ORDER
    ]
    refusal: Refused | None = None
    wrong = request.method == "POST" and any(form.errors for form in forms)
    if request.method == "POST" and not wrong:
        try:
            with transaction.atomic():
                for form in forms:
                    cycle_actions.set_window(
                        by=request.hat, cycle=cycle, stage=form.stage, block=block, **form.window
                    )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("The windows were kept."))
            return redirect(_back_of(cycle, block))
    lines = []
    for form in forms:
        window = stored.get(form.stage)
        lines.append(
            {
                "form": form,
                "working_days": count_working_days(window.opens_on, window.closes_on, exceptions)
                if window
                else None,
                "ends_on_rest": window is not None and not is_working_day(window.closes_on, exceptions),
            }
        )
    return render(
        request,
        "appraisal_site/windows.html",
        {
            "cycle": cycle,
            "track": block,  # inside a template `block` is the template's own
            "lines": lines,
            "refusal": refusal,
            "calendar_url": year_way(cycle, "calendar"),
            "back_url": _back_of(cycle, block),
        },
        status=refusal.status if refusal is not None else 422 if wrong else 200,
    )


# Tracks


@page("B06", "B07")
def tracks(request: PageRequest) -> HttpResponse:
    """The special tracks: which keep their own calendar, where each stands, what its next step lacks."""
    cycle, hat = request.cycle, request.hat
    calendars = queries.calendars_of(cycle)
    may_move = may("B06", hat, cycle)
    lines = []
    for block in queries.tracks_of(cycle):
        stage = stage_of(cycle, block)
        following = next_stage(stage)
        window = calendars[block.pk if block.has_own_calendar else None].get(stage)
        own = block.has_own_calendar
        lacks = procedure.lacks_before(cycle, following, block) if own and following else []
        lines.append(
            {
                "block": block,
                "members": block.members,  # type: ignore[attr-defined]  # annotated by tracks_of
                "own": own,
                "stage": STAGE_LABELS[stage],
                "closes_at": window.closes_at if window else None,
                "left": queries.time_left(window.closes_at) if window else "",
                "lacks": lines_of(hat, cycle, lacks),
                "next_label": STAGE_LABELS[following] if following else "",
                "move_url": year_way(cycle, "track-move", name=block.name)
                if own and may_move and following and following not in ENTERED_ELSEWHERE
                else "",
                "back_url": year_way(cycle, "track-move-back", name=block.name)
                if own and may("B07", hat, cycle, block=block)
                else "",
                "windows_url": year_way(cycle, "track-windows", name=block.name) if own and may_move else "",
                "calendar_url": year_way(cycle, "track-calendar", name=block.name) if may_move else "",
            }
        )
    return render(
        request,
        "appraisal_site/tracks.html",
        {"cycle": cycle, "lines": lines, "year_stage": STAGE_LABELS[cycle.stage_now]},
    )


@page("B06", methods=("POST",))
def track_calendar(request: PageRequest, name: str) -> HttpResponse:
    """Give a track its own calendar (own=yes), or let it follow the year again (own=no)."""
    block = track_of(request.cycle, name)
    acts: dict[str, tuple[Callable[..., Block], str]] = {
        "yes": (track_actions.keep_own_calendar, _("%(track)s now keeps its own calendar; set its windows.")),
        "no": (track_actions.follow_the_year, _("%(track)s follows the year again.")),
    }
    if request.POST.get("own") not in acts:
        raise Refused("bad-choice", _("Please choose one of the two."), status=422)
    act, said = acts[request.POST["own"]]
    act(by=request.hat, block=block)
    messages.success(request, said % {"track": block.name})
    return redirect("tracks", code=request.cycle.code)
