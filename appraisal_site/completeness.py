"""The board of completeness: unit × task with its lights, for those who may see the unit.

Which duties there are is gathered in appraisal_site.duties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from appraisal_site import duties
from office.workbook.writer import ColumnOut, SheetOut
from units import queries
from units.duties import Duty, Light, Owner
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Unit

SEES_EVERY_UNIT = frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER, Role.AUDITOR})
OWN_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


@dataclass(frozen=True, slots=True)
class Square:
    """Where one row and one task meet; `light` None: nothing is asked."""

    light: Light | None = None
    word: str = "—"
    done: int = 0
    asked: int = 0

    @property
    def figure(self) -> str:
        """The parts done of those asked; a thing in one part is told by its word."""
        return f"{self.done}/{self.asked}" if self.asked > 1 else self.word


@dataclass(frozen=True, slots=True)
class Row:
    unit: Unit
    block: str
    squares: tuple[Square, ...]  # one for each task


@dataclass(frozen=True, slots=True)
class Board:
    tasks: list[duties.Task]
    rows: list[Row]


def seen_by(hat: Hat, cycle: Cycle, owed: Sequence[Duty]) -> list[Duty]:
    """The duties this hat may know of: all, the team's units', or the own unit's by the own hands."""
    if hat.role in SEES_EVERY_UNIT:
        return list(owed)
    if hat.role is Role.REVIEWER:
        team = hat.team_unit_ids(cycle.pk)
        return [duty for duty in owed if duty.unit_id in team and duty.owner is not Owner.BODY]
    if hat.role in OWN_UNIT:
        return [duty for duty in owed if duty.unit_id == hat.unit_id and duty.owner is not Owner.BODY]
    if hat.role is Role.LEAD:
        return [duty for duty in owed if duty.unit_id == hat.unit_id and duty.owner is Owner.BODY]
    return []


def board_of(hat: Hat, cycle: Cycle, now: datetime) -> Board:
    """Rows in the plan's order, bodies last; a task nobody here owes has no column.  Two queries and the duties'."""
    owed = seen_by(hat, cycle, duties.duties_of(cycle))
    tasks = duties.tasks_of(owed)
    of_unit: dict[int, dict[str, Duty]] = {}
    for duty in owed:
        of_unit.setdefault(duty.unit_id, {})[duty.task] = duty
    if not owed:
        return Board([], [])
    units = Unit.objects.filter(pk__in=of_unit)
    return Board(
        tasks,
        [
            Row(unit, block, tuple(_square(of_unit[unit.pk].get(task.key), now) for task in tasks))
            for block, unit in queries.units_by_block(cycle, units)
        ],
    )


def _square(duty: Duty | None, now: datetime) -> Square:
    if duty is None:
        return Square()
    light = duty.light(now)
    return Square(light, duties.word_of(light), duty.done, duty.asked)


def sheet_of(board: Board, title: str, headings: Sequence[str], parts: tuple[str, str, str]) -> SheetOut:
    """The board as a sheet: state, done and asked of each task; `parts` are the words for these three."""
    state, done, asked = parts
    columns = [ColumnOut(heading) for heading in headings]
    for task in board.tasks:
        columns += [
            ColumnOut(f"{task.label} {state}"),
            ColumnOut(f"{task.label} {done}", "whole"),
            ColumnOut(f"{task.label} {asked}", "whole"),
        ]
    rows: list[list[str | int | None]] = []
    for row in board.rows:
        values: list[str | int | None] = [row.block, row.unit.name]
        for square in row.squares:
            values += [square.word, square.done, square.asked] if square.light else ["", None, None]
        rows.append(values)
    return SheetOut(title, columns, rows, frozen_columns=2, spare_rows=0)
