"""Pure: what somebody typed into the lines of a quarter, read with the same eyes as a workbook's cells.

What may be written is decided in scoring.actions.ledgers.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from office.fields import STORED_PLACES, format_points
from office.workbook.cells import Cell, Fault, to_date, to_points
from office.workbook.sentences import sentence
from scoring.workbooks.ledger import LENGTHS, Line
from scoring.workbooks.ledger_changes import KeptLine, Standing

FIELDS: Final = ("member", "indicator", "points", "reason", "basis", "on")


@dataclass(slots=True)
class TypedRow:
    """One row of the form: what was there, what was typed, what is wrong with it."""

    number: int
    thread: str = ""  # "": a new line
    member: int = 0
    indicator: int = 0
    points: str = ""
    reason: str = ""
    basis: str = ""
    on: str = ""
    error: str = ""
    meanwhile: str = ""  # what somebody else stored since the form was opened

    @property
    def is_empty(self) -> bool:
        return not (self.points.strip() or self.reason.strip() or self.basis.strip() or self.on.strip())


@dataclass(slots=True)
class Typed:
    """What a form would do to one sub-item's lines."""

    rows: list[TypedRow] = field(default_factory=list)
    lines: list[KeptLine] = field(default_factory=list)  # new and changed
    without: list[str] = field(default_factory=list)  # threads that are changed or go
    is_sound: bool = True


def rows_of(standing: Sequence[Standing], members: Sequence[int], spare: int) -> list[TypedRow]:
    """The form as it opens: the lines that stand, a row for each unit without one, and some to spare."""
    rows: list[TypedRow] = []
    by_member: dict[int, list[Standing]] = {}
    for each in standing:
        by_member.setdefault(each.line.member, []).append(each)
    for member in members:
        for each in by_member.get(member, []):
            rows.append(_shown(len(rows), each))
        if member not in by_member:
            rows.append(TypedRow(len(rows), member=member))
    rows += [TypedRow(len(rows) + n) for n in range(spare)]
    return rows


def _shown(number: int, each: Standing) -> TypedRow:
    line = each.line
    return TypedRow(
        number,
        each.thread,
        line.member,
        line.indicator,
        format_points(Decimal(line.points).scaleb(-STORED_PLACES)),
        line.reason,
        line.basis,
        line.on,
    )


def read_rows(
    posted: Mapping[str, Any], standing: Sequence[Standing], sub: int, members: frozenset[int], places: int
) -> Typed:
    """What was typed against what stands.  A row emptied takes its line away; an untouched one does nothing."""
    made = Typed()
    by_thread = {each.thread: each.line for each in standing}
    count = _whole(posted.get("rows", "")) or 0
    for number in range(min(count, 2_000)):
        values = {name: str(posted.get(f"{name}-{number}", "")).strip() for name in ("thread", *FIELDS)}
        row = TypedRow(
            number,
            values["thread"],
            _whole(values["member"]) or 0,
            _whole(values["indicator"]) or 0,
            *(values[name] for name in ("points", "reason", "basis", "on")),
        )
        made.rows.append(row)
        before = by_thread.get(row.thread)
        if row.is_empty:
            if before is not None:
                made.without.append(row.thread)
            continue
        line = _line(row, sub, members, places, before)
        if line is None:
            made.is_sound = False
        elif before is None:
            # A line that somebody took away meanwhile is written anew, as what was typed says.
            made.lines.append(KeptLine(uuid.uuid4().hex, line))
        elif line != before:
            made.without.append(row.thread)
            made.lines.append(KeptLine(row.thread, line))
    return made


def _line(row: TypedRow, sub: int, members: frozenset[int], places: int, before: Line | None) -> Line | None:
    """The line of a row, or None with the row's error said."""
    if row.member not in members:
        row.error = _("Please choose the unit.")
        return None
    points = to_points(Cell("s", row.points, 0, 0, ""), places)
    if isinstance(points, Fault):
        row.error = str(sentence(points.code, {"value": row.points, "column": "", **points.figures}))
        return None
    if points is None:
        row.error = _(
            "This row says something but no deduction. Please enter the points taken off, 0 when there are none."
        )
        return None
    if points < 0:
        row.error = _("A deduction is the number taken off, 0 or more.")
        return None
    if points and not row.reason:
        row.error = _("A deduction needs its reason (事由). Please enter it.")
        return None
    for name in ("reason", "basis"):
        if len(getattr(row, name)) > LENGTHS[name]:
            row.error = _("The text has more than %(limit)d characters. Please shorten it.") % {
                "limit": LENGTHS[name]
            }
            return None
    day = to_date(Cell("s", row.on, 0, 0, ""))
    if isinstance(day, Fault):
        row.error = str(sentence(day.code, {"value": row.on, "column": "", **day.figures}))
        return None
    line = Line(
        row.member,
        sub,
        row.indicator,
        int(points.scaleb(STORED_PLACES)),
        row.reason,
        row.basis,
        day.isoformat() if day else "",
    )
    if before is not None:
        line = line._replace(
            figure=before.figure,
            measure=before.measure,
            target=before.target,
            done=before.done,
            done_total=before.done_total,
        )
    return line


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def touched_meanwhile(typed: Typed, seen: Sequence[Standing], now: Sequence[Standing]) -> bool:
    """Mark the rows whose line somebody else changed since the form was opened; True when one was changed here too."""
    before = {each.thread: each.line for each in seen}
    current = {each.thread: each.line for each in now}
    mine = set(typed.without)
    clash = False
    for row in typed.rows:
        if row.thread in mine and before.get(row.thread) != current.get(row.thread):
            line = current.get(row.thread)
            row.meanwhile = (
                _("taken away")
                if line is None
                else f"{format_points(Decimal(line.points).scaleb(-STORED_PLACES))} {line.reason}".strip()
            )
            clash = True
    return clash
