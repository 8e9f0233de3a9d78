"""What pages ask about years, their stages and windows, in a known number of queries.

Nothing here writes; who may see an answer is checked by the caller's row of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import AuditEntry
from units.calendar import Window
from units.hats import Hat
from units.matrix import Role
from units.models import (
    STAGE_LABELS,
    Block,
    BlockKind,
    CalendarDay,
    Cycle,
    Membership,
    Reopening,
    StageWindow,
    Unit,
)
from units.stages import ORDER, Stage


@dataclass(frozen=True, slots=True)
class StageOfYear:
    """One stage as a page shows it."""

    stage: Stage
    label: str
    state: str  # done | today | ahead
    window: Window | None
    entered_at: datetime | None = None
    note: str = ""

    @property
    def number(self) -> int:
        return self.stage.position

    @property
    def opens_at(self) -> datetime | None:
        return self.window.opens_at if self.window else None

    @property
    def closes_at(self) -> datetime | None:
        return self.window.closes_at if self.window else None


def cycles_of(hats: Iterable[Hat]) -> list[Cycle]:
    """The years in which somebody with these hats has a role, newest first, the city's own before others'."""
    bound = {hat.cycle_id for hat in hats}
    cycles = Cycle.objects.order_by("-year", "code")
    return list(cycles if None in bound else cycles.filter(pk__in=[pk for pk in bound if pk is not None]))


def windows_of(cycle: Cycle) -> dict[Stage, Window]:
    """Stage → its window, of the whole year (tracks with their own calendar apart).  One query."""
    return {
        Stage(row.stage): Window(row.opens_on, row.closes_on, row.cut_off)
        for row in StageWindow.objects.filter(cycle=cycle, block=None)
    }


def calendars_of(cycle: Cycle) -> dict[int | None, dict[Stage, Window]]:
    """Block with its own calendar, None for the year → stage → window.  Two queries.

    A track that keeps its own calendar and has no windows yet stands there with none.
    """
    own = Block.objects.filter(cycle=cycle, has_own_calendar=True).values_list("pk", flat=True)
    found: dict[int | None, dict[Stage, Window]] = {None: {}, **{pk: {} for pk in own}}
    for row in StageWindow.objects.filter(cycle=cycle):
        if row.block_id in found:
            found[row.block_id][Stage(row.stage)] = Window(row.opens_on, row.closes_on, row.cut_off)
    return found


def entered_at(cycle: Cycle) -> dict[Stage, datetime]:
    """Stage → when the year last came to it, from the log.  One query."""
    moves = AuditEntry.objects.filter(
        act__in=["cycle.moved", "cycle.moved-back"], cycle_code=cycle.code
    ).order_by("number")
    return {Stage(audit.details_of(entry)["after"]): entry.at for entry in moves}


def stages_of(cycle: Cycle, entered: dict[Stage, datetime] | None = None) -> list[StageOfYear]:
    """The eleven stages in order, each with its window.  One query."""
    windows = windows_of(cycle)
    now = cycle.stage_now.position
    return [
        StageOfYear(
            stage,
            str(STAGE_LABELS[stage]),
            "today" if stage.position == now else "done" if stage.position < now else "ahead",
            windows.get(stage),
            (entered or {}).get(stage),
        )
        for stage in ORDER
    ]


def time_left(until: datetime, now: datetime | None = None, *, short: bool = False) -> str:
    """“12 days 3 hours left”, “closed 2 days ago”: the words beside a window's end; `short`: days alone."""
    seconds = int((until - (now or timezone.now())).total_seconds())
    days, hours, minutes = abs(seconds) // 86400, abs(seconds) // 3600 % 24, abs(seconds) // 60 % 60
    if seconds < 0:
        return _("closed %(d)d days ago") % {"d": days}
    if short and days:
        return _("%(d)d days left") % {"d": days}
    if days:
        return _("%(d)d days %(h)d hours left") % {"d": days, "h": hours}
    return _("%(h)d hours %(m)d minutes left") % {"h": hours, "m": minutes}


def open_reopenings(cycle: Cycle, unit_id: int | None = None) -> list[Reopening]:
    """What is open again just now: for that unit and for all, or everything.  One query."""
    rows = Reopening.objects.filter(cycle=cycle, until__gt=timezone.now()).select_related("unit", "by")
    if unit_id is not None:
        rows = rows.filter(Q(unit_id=unit_id) | Q(unit=None))
    return list(rows.order_by("until"))


def calendar_exceptions() -> dict[date, bool]:
    """Day → is it worked, for every day that is not what its weekday makes it.  One query."""
    return dict(CalendarDay.objects.values_list("day", "is_working"))


def tracks_of(cycle: Cycle) -> list[Block]:
    """The special tracks with the number of their members as `members`.  One query."""
    return list(
        Block.objects.filter(cycle=cycle, kind=BlockKind.SPECIAL)
        .annotate(members=Count("memberships"))
        .order_by("order", "pk")
    )


def units_with_a_part(cycle: Cycle) -> list[Unit]:
    """The units of the year's blocks and the bodies that lead, in the plan's order.  One query."""
    return list(
        Unit.objects.filter(
            Q(memberships__block__cycle=cycle) | Q(people__cycle=cycle, people__role=Role.LEAD)
        ).distinct()
    )


def units_by_block(cycle: Cycle, units: Iterable[Unit]) -> list[tuple[str, Unit]]:
    """Each unit once under the first block it is in, blocks in the plan's order, bodies last.  One query."""
    first: dict[int, tuple[int, str]] = {}
    members = Membership.objects.filter(block__cycle=cycle).order_by("block__order", "block_id")
    for unit_id, order, name in members.values_list("unit_id", "block__order", "block__name"):
        first.setdefault(unit_id, (order, name))
    nowhere = (10**6, _("Bodies that are not appraised"))
    placed = [(first.get(unit.pk, nowhere), unit) for unit in units]
    placed.sort(key=lambda one: (one[0], one[1].order, one[1].pk))
    return [(name, unit) for (_order, name), unit in placed]


def units_taking_part(cycle: Cycle) -> list[Unit]:
    """The units of the year's blocks, in the plan's order.  One query."""
    return list(Unit.objects.filter(memberships__block__cycle=cycle).distinct())
