"""The year: its stages, what is not ready, who has done what; moving it on, back, open again.

What must be ready is laid down in appraisal_site.procedure; the acts are in units.actions.cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site import procedure
from appraisal_site.context import YEAR_KEY
from appraisal_site.forms import MoveBackForm, ReasonForm, ReopenForm, WindowForm
from appraisal_site.sections import year_way
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import readiness
from scoring.models import ScoreKind
from scoring.readiness import Progress, UnitProgress
from units import queries
from units.actions import cycle as cycle_actions
from units.actions.cycle import ENTERED_ELSEWHERE, MAY_BE_REOPENED, next_stage
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import STAGE_LABELS, Cycle, Reopening, SignedLack
from units.pages import PageRequest, page
from units.permissions import may
from units.stages import ORDER, Stage

SEES_EVERY_UNIT = frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER, Role.AUDITOR})
OWN_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


@dataclass(frozen=True, slots=True)
class LackLine:
    """A lack as the page shows it, with the page where it is put right."""

    light: str
    word: str
    sentence: str
    names: tuple[str, ...]
    url: str
    signable: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One membership of the completeness table."""

    unit: str
    block: str
    url: str
    lights: list[tuple[str, str]]  # (light, word)


def lines_of(cycle: Cycle, lacks: list[Lack]) -> list[LackLine]:
    return [
        LackLine(
            "amber" if lack.signable else "red",
            _("open") if lack.signable else _("must be done"),
            lack.sentence,
            lack.names,
            (year_way(cycle, lack.route, name=lack.block) if lack.block else "")
            or year_way(cycle, lack.route),
            lack.signable,
        )
        for lack in lacks
    ]


def kinds_shown(cycle: Cycle) -> list[tuple[ScoreKind, str]]:
    """The tasks of the year that exist as columns: kind and heading."""
    columns = [
        (ScoreKind.LEAD, _("Lead score")),
        (ScoreKind.PRELIMINARY, _("Preliminary review")),
        (ScoreKind.ONSITE, _("On-site, where required")),
    ]
    if cycle.stage_now is Stage.SELF_ASSESSMENT or readiness.has_self_scores(cycle):
        columns.insert(0, (ScoreKind.SELF, _("Self-assessment")))
    return columns


def rows_for(hat: Hat, cycle: Cycle) -> list[UnitProgress]:
    """The memberships whose progress the hat may see: all, the team's, or the own unit's."""
    if hat.role in SEES_EVERY_UNIT:
        return readiness.progress_of(cycle)
    if hat.role is Role.REVIEWER:
        team = hat.team_unit_ids(cycle.pk)
        return [row for row in readiness.progress_of(cycle) if row.membership.unit_id in team]
    if hat.role in OWN_UNIT and hat.unit_id is not None:
        return readiness.progress_of(cycle, hat.unit_id)
    return []


def figure_of(progress: Progress) -> str:
    return f"{progress.done}/{progress.asked}" if progress.asked else "—"


@page("B01")
def year(request: PageRequest) -> HttpResponse:
    """Eleven stages with today's marked; what is not ready, by name; who has done what."""
    cycle, hat = request.cycle, request.hat
    if request.session.get(YEAR_KEY) != cycle.code:
        request.session[YEAR_KEY] = cycle.code
    kinds = kinds_shown(cycle)
    rows = rows_for(hat, cycle)
    if request.GET.get("as") == "xlsx":
        return _workbook(cycle, kinds, rows)
    may_move = may("B06", hat, cycle)
    following = next_stage(cycle.stage_now)
    asks_ready = may_move or hat.role in {Role.LEADING_GROUP, Role.AUDITOR}
    lacks = procedure.lacks_before(cycle, following) if asks_ready and following is not None else []
    stages = queries.stages_of(cycle, queries.entered_at(cycle))
    windows = {one.stage: one for one in stages}
    return render(
        request,
        "appraisal_site/year.html",
        {
            "cycle": cycle,
            "stages": stages,
            "asks_ready": asks_ready and following is not None,
            "next_label": STAGE_LABELS[following] if following is not None else "",
            "move": _move_of(cycle, following) if may_move else None,
            "lacks": lines_of(cycle, lacks),
            "windows_url": year_way(cycle, "windows") if may_move else "",
            "reopen_url": year_way(cycle, "reopen") if may("D08", hat, cycle) else "",
            "back_url": year_way(cycle, "move-back") if may("B07", hat, cycle) else "",
            "tasks": [(label, _due(windows, kind)) for kind, label in kinds],
            "completeness": [
                Row(
                    row.membership.unit.name,
                    row.membership.block.name,
                    year_way(cycle, "unit-sheet", name=row.membership.unit.name)
                    if may("G03", hat, cycle, unit_id=row.membership.unit_id)
                    else "",
                    [(row.by_kind[kind].light, figure_of(row.by_kind[kind])) for kind, _label in kinds],
                )
                for row in rows
            ],
            "sees_units": hat.role in SEES_EVERY_UNIT | OWN_UNIT | {Role.REVIEWER},
            "completeness_label": _("scored cells of those asked; confirmed “not involved” is not asked"),
            "xlsx_url": "?as=xlsx" if rows else "",
            "reopenings": queries.open_reopenings(
                cycle, None if hat.role in SEES_EVERY_UNIT else hat.unit_id or 0
            ),
            "signed": SignedLack.objects.filter(cycle=cycle).select_related("by").order_by("-pk")[:20]
            if hat.role in SEES_EVERY_UNIT
            else [],
        },
    )


def _move_of(cycle: Cycle, following: Stage | None) -> dict[str, object] | None:
    if following is None:
        return None
    return {
        "next_label": STAGE_LABELS[following],
        "url": year_way(cycle, "move") if following not in ENTERED_ELSEWHERE else "",
    }


STAGE_OF_KIND = {
    ScoreKind.SELF: Stage.SELF_ASSESSMENT,
    ScoreKind.LEAD: Stage.PRELIMINARY_REVIEW,
    ScoreKind.PRELIMINARY: Stage.PRELIMINARY_REVIEW,
    ScoreKind.ONSITE: Stage.ONSITE_REVIEW,
}


def _due(windows: dict[Stage, queries.StageOfYear], kind: ScoreKind) -> object:
    return windows[STAGE_OF_KIND[kind]].closes_at


def _workbook(cycle: Cycle, kinds: list[tuple[ScoreKind, str]], rows: list[UnitProgress]) -> HttpResponse:
    sheet = SheetOut(
        _("Completeness"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Unit")),
            *(
                ColumnOut(f"{label} {part}", "whole")
                for _kind, label in kinds
                for part in (_("done"), _("asked"))
            ),
        ],
        [
            (
                row.membership.block.name,
                row.membership.unit.name,
                *(
                    number
                    for kind, _label in kinds
                    for number in (row.by_kind[kind].done, row.by_kind[kind].asked)
                ),
            )
            for row in rows
        ],
        frozen_columns=2,
    )
    answer = HttpResponse(
        write_workbook([sheet]),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = f'attachment; filename="completeness-{cycle.year}.xlsx"'
    return answer


@page("B06", methods=("GET", "POST"))
def move(request: PageRequest) -> HttpResponse:
    """Before the step: what lacks. Posting signs it and enters the stage that was shown."""
    cycle = request.cycle
    following = next_stage(cycle.stage_now)
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
                % {"now": STAGE_LABELS[cycle.stage_now]},
            )
        else:
            try:
                procedure.move_on(
                    by=request.hat, cycle=cycle, stage=following, reason=form.cleaned_data["reason"]
                )
            except Refused as refused:
                refusal = refused
            else:
                messages.success(
                    request, _("The year now stands at “%(stage)s”.") % {"stage": STAGE_LABELS[following]}
                )
                return redirect("year", code=cycle.code)
    lacks = procedure.lacks_before(cycle, following)
    return render(
        request,
        "appraisal_site/move.html",
        {
            "cycle": cycle,
            "stage": str(following),
            "now_label": STAGE_LABELS[cycle.stage_now],
            "next_label": STAGE_LABELS[following],
            "lacks": lines_of(cycle, lacks),
            "stopped": following in ENTERED_ELSEWHERE or any(not lack.signable for lack in lacks),
            "elsewhere": following in ENTERED_ELSEWHERE,
            "form": form,
            "refusal": refusal,
        },
        status=refusal.status if refusal is not None else 200,
    )


def _act(request: PageRequest, form: Any, act: Any, done: str) -> tuple[HttpResponse | None, Refused | None]:
    """Try an act with a valid form: the way back, or the refusal to show above what was typed."""
    if request.method != "POST" or not form.is_valid():
        return None, None
    try:
        act(form)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return None, refusal
    messages.success(request, done)
    return redirect("year", code=request.cycle.code), None


def _form_page(request: PageRequest, form: Any, refusal: Refused | None, **context: object) -> HttpResponse:
    status = refusal.status if refusal is not None else 422 if form.errors else 200
    return render(
        request,
        "appraisal_site/year_form.html",
        {"cycle": request.cycle, "form": form, "refusal": refusal, **context},
        status=status,
    )


@page("B07", methods=("GET", "POST"))
def move_back(request: PageRequest) -> HttpResponse:
    """Return the year to an earlier stage, with a reason."""
    cycle = request.cycle
    earlier = [stage for stage in ORDER if stage.position < cycle.stage_now.position]
    form = MoveBackForm(request.POST if request.method == "POST" else None, stages=earlier)

    def act(filled: MoveBackForm) -> None:
        cycle_actions.move_back(
            by=request.hat,
            cycle=cycle,
            stage=Stage(filled.cleaned_data["stage"]),
            reason=filled.cleaned_data["reason"],
        )

    answer, refusal = _act(request, form, act, _("The year was moved back."))
    return answer or _form_page(
        request,
        form,
        refusal,
        page_title=_("Move back"),
        lede=_("The year stands at “%(stage)s”. Everybody sees the step and its reason.")
        % {"stage": STAGE_LABELS[cycle.stage_now]},
        button=_("Move back"),
    )


@page("D08", methods=("GET", "POST"))
def reopen(request: PageRequest) -> HttpResponse:
    """Open a stage's work again for one unit or all, until a time."""
    cycle = request.cycle
    stages = [s for s in ORDER if s in MAY_BE_REOPENED and s.position <= cycle.stage_now.position]
    form = ReopenForm(
        request.POST if request.method == "POST" else None,
        stages=stages,
        units=queries.units_taking_part(cycle),
    )

    def act(filled: ReopenForm) -> None:
        cycle_actions.reopen(
            by=request.hat,
            cycle=cycle,
            stage=Stage(filled.cleaned_data["stage"]),
            unit=filled.cleaned_data["unit"],
            until=filled.until,
            reason=filled.cleaned_data["reason"],
        )

    answer, refusal = _act(request, form, act, _("Reopened."))
    return answer or _form_page(
        request,
        form,
        refusal,
        page_title=_("Reopen for a unit"),
        lede=_(
            "What was due in that stage may be entered again until the time you set; it is logged and told."
        ),
        button=_("Reopen"),
        reopenings=queries.open_reopenings(cycle),
    )


@page("D08", methods=("POST",))
def close_reopening(request: PageRequest, reopening: int) -> HttpResponse:
    """End a reopening before its time."""
    found = (
        Reopening.objects.select_related("cycle", "unit").filter(cycle=request.cycle, pk=reopening).first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    cycle_actions.close_reopening(by=request.hat, reopening=found)
    messages.success(request, _("The reopening was closed."))
    return redirect("reopen", code=request.cycle.code)


@page("B06", methods=("GET", "POST"))
def windows(request: PageRequest) -> HttpResponse:
    """First and last day of every stage, all on one page."""
    cycle = request.cycle
    stored = queries.windows_of(cycle)
    forms = [
        WindowForm(
            request.POST if request.method == "POST" else None,
            stage=stage,
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
                        by=request.hat, cycle=cycle, stage=form.stage, **form.cleaned_data
                    )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("The windows were kept."))
            return redirect("year", code=cycle.code)
    return render(
        request,
        "appraisal_site/windows.html",
        {"cycle": cycle, "forms": forms, "refusal": refusal, "today": timezone.localdate()},
        status=refusal.status if refusal is not None else 422 if wrong else 200,
    )


@page("E05")
def scoring(request: PageRequest) -> HttpResponse:
    """The way into the table of scores: the first block in which the hat has something to read."""
    block = readiness.first_block_of(request.hat, request.cycle)
    if block is None:
        messages.info(request, _("No cell of this year is yours to score yet."))
        return redirect("year", code=request.cycle.code)
    return redirect("matrix", code=request.cycle.code, name=block.name)
