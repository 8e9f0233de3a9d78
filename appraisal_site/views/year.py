"""The year: its stages, what is not ready, who has done what; moving it on, back, open again.

What must be ready is laid down in appraisal_site.procedure; the acts are in units.actions.cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from appraisal_site import procedure
from appraisal_site.context import YEAR_KEY
from appraisal_site.sections import year_way
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import readiness
from scoring.models import ScoreKind
from scoring.readiness import Progress, UnitProgress
from units import queries
from units.actions.cycle import ENTERED_ELSEWHERE, next_stage
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import STAGE_LABELS, Cycle, SignedLack
from units.pages import PageRequest, page
from units.permissions import may, stage_of
from units.stages import Stage

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
            "calendar_url": year_way(cycle, "calendar"),
            "tracks_url": year_way(cycle, "tracks") if may_move else "",
            "own_tracks": _own_tracks(cycle),
            "reminders_url": year_way(cycle, "reminders") if may("L15", hat, cycle) else "",
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
            "signed": SignedLack.objects.filter(cycle=cycle)
            .select_related("by", "block")
            .order_by("-pk")[:20]
            if hat.role in SEES_EVERY_UNIT
            else [],
        },
    )


def _own_tracks(cycle: Cycle) -> list[dict[str, object]]:
    """Special tracks that keep their own calendar: where each stands, until when."""
    own = list(cycle.blocks.filter(has_own_calendar=True))
    if not own:
        return []
    calendars = queries.calendars_of(cycle)
    lines: list[dict[str, object]] = []
    for block in own:
        stage = stage_of(cycle, block)
        window = calendars[block.pk].get(stage)
        lines.append(
            {
                "name": block.name,
                "stage": STAGE_LABELS[stage],
                "number": stage.position,
                "closes_at": window.closes_at if window is not None else None,
                "left": queries.time_left(window.closes_at) if window is not None else "",
            }
        )
    return lines


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


@page("E05")
def scoring(request: PageRequest) -> HttpResponse:
    """The way into the table of scores: the first block in which the hat has something to read."""
    block = readiness.first_block_of(request.hat, request.cycle)
    if block is None:
        messages.info(request, _("No cell of this year is yours to score yet."))
        return redirect("year", code=request.cycle.code)
    return redirect("matrix", code=request.cycle.code, name=block.name)
