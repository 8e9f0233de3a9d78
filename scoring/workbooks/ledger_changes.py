"""Pure: what a ledger changes against the one that stands: added, changed, removed; odd patterns; the spread.

The sheet itself is read in scoring.workbooks.ledger; what stands comes in from scoring.ledger_queries.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from scoring.workbooks.ledger import Key, LedgerFrame, LedgerReading, Line, ReadLine
from scoring.workbooks.naming import shown

MOST_SHOWN: Final = 300  # changes kept for the preview page
MOST_NAMED: Final = 12  # units named in one sentence
OWN, OFFICE = "own", "office"


class Standing(NamedTuple):
    """A line that stands now."""

    thread: str
    line: Line


class KeptLine(NamedTuple):
    """A line as it will be written."""

    thread: str
    line: Line


@dataclass(slots=True)
class Stored:
    """What stands for one body and quarter, and what its earlier quarters sum to."""

    versions: Mapping[str, int] = field(default_factory=dict)  # part → current version, 0: none
    lines: Mapping[str, Sequence[Standing]] = field(default_factory=dict)  # part → lines
    clean: Mapping[str, bool] = field(default_factory=dict)  # part → 未列单位本季无扣分
    earlier: Mapping[Key, int] = field(default_factory=dict)  # points taken off in earlier quarters
    earlier_reasons: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    expected: Mapping[int, str] = field(default_factory=dict)  # memberships the body reports on → unit name


@dataclass(slots=True)
class PartPlan:
    """One part as it will stand."""

    part: str
    seen: int  # the version it was compared with, 0: none
    lines: list[KeptLine] = field(default_factory=list)


@dataclass(slots=True)
class LedgerPlan:
    """What taking the ledger in would do."""

    parts: list[PartPlan] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    spread: list[dict[str, Any]] = field(default_factory=list)
    points: int = 0

    @property
    def change_count(self) -> int:
        return self.added + self.changed + self.removed


def compare(reading: LedgerReading, frame: LedgerFrame, stored: Stored) -> LedgerPlan:
    """The plan of a clean reading; its warnings go into the reading's report."""
    return _Comparing(reading, frame, stored).plan()


class _Comparing:
    def __init__(self, reading: LedgerReading, frame: LedgerFrame, stored: Stored) -> None:
        self.reading, self.frame, self.stored = reading, frame, stored
        self.made = LedgerPlan()
        self.unit_of = {pk: unit for (_block, unit), pk in frame.names.members.items()}

    def plan(self) -> LedgerPlan:
        lines = self.reading.made.lines
        by_part: dict[str, list[ReadLine]] = {OWN: [], OFFICE: []}
        for read in lines:
            by_part[OFFICE if read.is_own_unit else OWN].append(read)
        for part in (OWN, OFFICE):
            # A sheet of the office that speaks of the body's own unit alone leaves the body's part as it is.
            if by_part[part] or (part == OWN and not by_part[OFFICE]):
                self._compare_part(part, by_part[part])
        self._warn_of_cumulative(lines)
        self._warn_of_unlisted(lines)
        self._spread(lines)
        self.made.points = sum(read.line.points for read in lines)
        report = self.reading.report
        report.accepted, report.changed = len(lines), self.made.change_count
        return self.made

    # Old and new ---------------------------------------------------------------------------------

    def _compare_part(self, part: str, lines: Sequence[ReadLine]) -> None:
        plan = PartPlan(part, self.stored.versions.get(part, 0))
        standing: dict[Key, list[Standing]] = defaultdict(list)
        for each in self.stored.lines.get(part, ()):
            standing[each.line.key].append(each)
        threads: dict[int, str] = {}  # place in `lines` → thread
        waiting: dict[Key, list[int]] = defaultdict(list)
        for place, read in enumerate(lines):
            old = _take_out(standing[read.line.key], line=read.line)
            if old is None:
                waiting[read.line.key].append(place)
            else:
                threads[place] = old.thread
                self.made.unchanged += 1
        for key, places in waiting.items():
            self._pair(key, [(place, lines[place]) for place in places], standing[key], threads)
        plan.lines = [KeptLine(threads[place], read.line) for place, read in enumerate(lines)]
        for olds in standing.values():
            for gone in olds:
                self.made.removed += 1
                self._show("removed", gone.line, None, 0)
        self.made.parts.append(plan)

    def _pair(
        self,
        key: Key,
        new: list[tuple[int, ReadLine]],
        old: list[Standing],
        threads: dict[int, str],
    ) -> None:
        """Lines of one cell that differ: the same reason first, then in the order they stand."""
        for same_reason in (True, False):
            for place, read in new:
                if place in threads:
                    continue
                found = _take_out(old, reason=read.line.reason if same_reason else None)
                if found is not None:
                    threads[place] = found.thread
                    self.made.changed += 1
                    self._show("changed", found.line, read.line, read.row.number)
        for place, read in new:
            if place not in threads:
                threads[place] = uuid.uuid4().hex
                self.made.added += 1
                self._show("added", None, read.line, read.row.number)

    def _show(self, change: str, old: Line | None, new: Line | None, row: int) -> None:
        if len(self.made.changes) >= MOST_SHOWN:
            return
        names, line = self.frame.names, new or old
        assert line is not None
        self.made.changes.append(
            {
                "what": f"{names.unit_names[self.unit_of[line.member]]} · {names.rules[line.sub].name}",
                "change": change,
                "before": None if old is None else shown(old.points, names.places),
                "after": None if new is None else shown(new.points, names.places),
                "note": line.reason or line.figure,
                "row": row,
            }
        )

    # Odd patterns --------------------------------------------------------------------------------

    def _warn_of_cumulative(self, lines: Iterable[ReadLine]) -> None:
        """A year's sum typed as this quarter's is the mistake that costs a unit its place."""
        report, sheet, names = self.reading.report, self.reading.sheet, self.frame.names
        by_key: dict[Key, list[ReadLine]] = defaultdict(list)
        for read in lines:
            by_key[read.line.key].append(read)
        for key, reads in by_key.items():
            before = self.stored.earlier.get(key, 0)
            new = sum(read.line.points for read in reads)
            figures = {
                "unit": names.unit_names[reads[0].unit],
                "sub": names.rules[key[1]].name,
                "new": shown(new, names.places),
                "before": shown(before, names.places),
                "sum": shown(before + new, names.places),
            }
            stated = [read for read in reads if read.total is not None]
            again = self.stored.earlier_reasons.get(key, frozenset())
            if before and new >= before and any(read.total == new for read in stated):
                report.warn(
                    sheet,
                    reads[0].row["points"],
                    "cumulative-as-new",
                    _(
                        "%(unit)s · %(sub)s: %(new)s is entered as new and as the sum of the year, but %(before)s was taken off before. Is the sum of the year meant? Only what is new this quarter belongs here."
                    )
                    % figures,
                )
            elif before and new >= before and any(read.line.reason in again for read in reads):
                report.warn(
                    sheet,
                    reads[0].row["points"],
                    "cumulative-as-new",
                    _(
                        "%(unit)s · %(sub)s: %(new)s with a reason that an earlier quarter gave already, when %(before)s was taken off. Is the sum of the year meant? Only what is new this quarter belongs here."
                    )
                    % figures,
                )
            elif any(read.total != before + new for read in stated):
                wrong = next(read for read in stated if read.total != before + new)
                report.warn(
                    sheet,
                    wrong.row["total"],
                    "total-of-year",
                    _(
                        "The sheet says %(value)s in all; the ledgers sum to %(sum)s (%(before)s before, %(new)s now)."
                    )
                    % (figures | {"value": wrong.row["total"].shown}),
                )

    def _warn_of_unlisted(self, lines: Sequence[ReadLine]) -> None:
        made = self.reading.made
        if made.others_clean or made.table is None:
            return
        listed = {read.line.member for read in lines}
        missing = [name for pk, name in self.stored.expected.items() if pk not in listed]
        if not missing:
            return
        names = "、".join(dict.fromkeys(missing[:MOST_NAMED])) + ("…" if len(missing) > MOST_NAMED else "")
        cell = made.table.rows[0]["unit"] if len(made.table.rows) else None
        if cell is not None:
            self.reading.report.warn(
                self.reading.sheet,
                cell._replace(raw="", header="单位"),
                "not-listed",
                _(
                    "%(count)d units are not listed: %(names)s. If they lost nothing, write “未列单位本季无扣分：是” below the table."
                )
                % {"count": len(missing), "names": names},
            )

    # The spread ----------------------------------------------------------------------------------

    def _spread(self, lines: Iterable[ReadLine]) -> None:
        """Per sub-item how many units lost how much; the same for all is worth a question."""
        names = self.frame.names
        by_sub: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        first: dict[int, ReadLine] = {}
        for read in lines:
            by_sub[read.line.sub][read.line.member] += read.line.points
            first.setdefault(read.line.sub, read)
        for sub, points in by_sub.items():
            taken = sorted(value for value in points.values() if value)
            rule = names.rules[sub]
            self.made.spread.append(
                {
                    "sub": rule.name,
                    "block": names.block_names[rule.block],
                    "listed": len(points),
                    "taken": len(taken),
                    "points": shown(sum(taken), names.places),
                    "least": shown(taken[0], names.places) if taken else "",
                    "middle": shown(taken[len(taken) // 2], names.places) if taken else "",
                    "most": shown(taken[-1], names.places) if taken else "",
                    "base": shown(rule.base, names.places),
                    "values": [shown(value, names.places) for value in sorted(points.values())],
                }
            )
            if len(points) >= 3 and len(taken) == len(points) and taken[0] == taken[-1]:
                self.reading.report.warn(
                    self.reading.sheet,
                    first[sub].row["points"],
                    "all-equal",
                    _("All %(count)d units lose the same %(points)s in “%(sub)s”: it moves no place.")
                    % {
                        "count": len(points),
                        "points": shown(taken[0], names.places),
                        "sub": rule.name,
                    },
                )


def _take_out(
    olds: list[Standing], *, line: Line | None = None, reason: str | None = None
) -> Standing | None:
    """The first line that is this one, or has this reason, or any at all; it is taken from the list."""
    for place, old in enumerate(olds):
        if (line is None or old.line == line) and (reason is None or old.line.reason == reason):
            return olds.pop(place)
    return None
