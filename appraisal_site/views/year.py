"""The year: its stages, what is not ready, who has done what; moving it on, back, open again.

What must be ready is laid down in appraisal_site.procedure; the acts are in units.actions.cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site import procedure
from appraisal_site.completeness import OWN_UNIT, SEES_EVERY_UNIT, Board, board_of, sheet_of
from appraisal_site.context import YEAR_KEY
from appraisal_site.kept import kept
from appraisal_site.sections import open_way, year_way
from office.workbook.writer import write_workbook
from scoring import commitment_queries, ledger_queries, readiness
from scoring.views.downloads import attachment
from units import queries
from units.actions.cycle import ENTERED_ELSEWHERE, next_stage
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import STAGE_LABELS, Cycle, SignedLack
from units.pages import PageRequest, page
from units.permissions import may, stage_of
from units.stages import Stage


@dataclass(frozen=True, slots=True)
class LackLine:
    """A lack as the page shows it, with the page where it is put right."""

    light: str
    word: str
    sentence: str
    names: tuple[str, ...]
    url: str
    signable: bool


def lines_of(hat: Hat, cycle: Cycle, lacks: list[Lack]) -> list[LackLine]:
    """With a link only where this hat may follow it."""
    return [
        LackLine(
            "amber" if lack.signable else "red",
            _("open") if lack.signable else _("must be done"),
            lack.sentence,
            lack.names,
            (open_way(hat, cycle, lack.route, name=lack.block) if lack.block else "")
            or open_way(hat, cycle, lack.route),
            lack.signable,
        )
        for lack in lacks
    ]


@page("B01")
def year(request: PageRequest) -> HttpResponse:
    """Eleven stages with today's marked; what is not ready, by name; who has done what."""
    cycle, hat = request.cycle, request.hat
    if request.session.get(YEAR_KEY) != cycle.code:
        request.session[YEAR_KEY] = cycle.code
    board = board_of(hat, cycle, timezone.now())
    if request.GET.get("as") == "xlsx":
        return _workbook(cycle, board)
    may_move = may("B06", hat, cycle)
    following = next_stage(cycle.stage_now)
    asks_ready = may_move or hat.role in {Role.LEADING_GROUP, Role.AUDITOR}
    lacks = (
        kept(f"lacks-{following}", cycle, lambda: procedure.lacks_before(cycle, following))
        if asks_ready and following is not None
        else []
    )
    stages = queries.stages_of(cycle, queries.entered_at(cycle))
    may_remind = may("L15", hat, cycle)
    sees_totals = may("G02", hat, cycle)
    sees_ledgers = ledger_queries.may_read(hat, cycle)
    sees_reports = commitment_queries.about_units(hat, cycle) is not None
    return render(
        request,
        "appraisal_site/year.html",
        {
            "cycle": cycle,
            "sees_commitments": sees_reports or hat.role is Role.LEAD,
            "sees_reports": sees_reports,
            "ledgers_url": open_way(hat, cycle, "ledgers") if sees_ledgers else "",
            "returns_url": open_way(hat, cycle, "returns") if sees_ledgers else "",
            "stages": stages,
            "asks_ready": asks_ready and following is not None,
            "next_label": STAGE_LABELS[following] if following is not None else "",
            "move": _move_of(cycle, following) if may_move else None,
            "lacks": lines_of(hat, cycle, lacks),
            "windows_url": year_way(cycle, "windows") if may_move else "",
            "calendar_url": year_way(cycle, "calendar"),
            "tracks_url": year_way(cycle, "tracks") if may_move else "",
            "own_tracks": _own_tracks(cycle),
            "reminders_url": year_way(cycle, "reminders") if may_remind else "",
            "reopen_url": year_way(cycle, "reopen") if may("D08", hat, cycle) else "",
            "back_url": year_way(cycle, "move-back") if may("B07", hat, cycle) else "",
            "tasks": board.tasks,
            "completeness": [
                {
                    "unit": row.unit.name,
                    "block": row.block,
                    "url": year_way(cycle, "unit-sheet", name=row.unit.name)
                    if (may("G03", hat, cycle, unit_id=row.unit.pk) if hat.role in OWN_UNIT else sees_totals)
                    else "",
                    "squares": row.squares,
                }
                for row in board.rows
            ],
            "sees_units": hat.role in SEES_EVERY_UNIT | OWN_UNIT | {Role.REVIEWER, Role.LEAD},
            "completeness_label": _("parts done of those asked; what was done after its day stays marked"),
            "xlsx_url": "?as=xlsx" if board.rows else "",
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


def _workbook(cycle: Cycle, board: Board) -> HttpResponse:
    sheet = sheet_of(board, _("Completeness"), (_("Block"), _("Unit")), (_("State"), _("done"), _("asked")))
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Completeness')}.xlsx")


@page("E05")
def scoring(request: PageRequest) -> HttpResponse:
    """The way into the table of scores: the first block in which the hat has something to read."""
    block = readiness.first_block_of(request.hat, request.cycle)
    if block is None:
        messages.info(request, _("No cell of this year is yours to score yet."))
        return redirect("year", code=request.cycle.code)
    return redirect("matrix", code=request.cycle.code, name=block.name)
