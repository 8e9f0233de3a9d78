"""Pure: reads statistical returns (统计数据) into figures per source and period, with their problems by cell.

What stands comes in; nothing is written here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.cells import (
    SPACES,
    Fault,
    clean,
    common_fault,
    quarter_in,
    to_name,
    to_number,
    to_text,
)
from office.workbook.guard import Source
from office.workbook.limits import Limits
from office.workbook.reader import Column, Row, TableSpec, Workbook, read_workbook
from office.workbook.report import Problem, table_problem
from office.workbook.wire import DATE
from scoring.workbooks.frame import Frame
from scoring.workbooks.naming import MOST_PROBLEMS, SCALE, NamedReading, TooMany, in_units, shown

RETURNS: Final = TableSpec(
    "returns",
    (
        Column("unit", ("单位", "单位名称"), required=True),
        Column("figure", ("指标", "指标名称"), required=True),
        Column("period", ("期", "所属期", "时期"), required=True),
        Column("value", ("数值", "数据"), required=True),
        Column("measure", ("计量单位",), required=True),
        Column("source", ("来源单位", "数据来源"), required=True),
    ),
    required=False,
)
LENGTHS: Final = {"figure": 100, "measure": 20}
LARGEST: Final = Decimal("1e14")
MOST_SHOWN: Final = 300
MONTH: Final = re.compile(r"(?:(\d{4})年)?(\d{1,2})月份?|(\d{4})[-./](\d{1,2})")
YEAR: Final = re.compile(r"(?:(\d{4})年?度?)?(?:全年|年度)?")

Place = tuple[int, str]  # source, period


class Figure(NamedTuple):
    """One figure of one unit; the value in whole ten-thousandths."""

    unit: int
    figure: str
    value: int
    measure: str


@dataclass(slots=True)
class Standing:
    """What stands for one source and period."""

    version: int = 0
    lines: Sequence[Figure] = ()


@dataclass(slots=True)
class ReturnsPlan:
    """What taking the returns in would do, per source and period."""

    seen: dict[Place, int] = field(default_factory=dict)
    lines: dict[Place, list[Figure]] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)


def period_of(text: str, year: int) -> str | None:
    """2012-03, 2012-Q1 or 2012 from "2012年3月", "一季度", "全年"; None when it is none of them, or of another year."""
    folded = SPACES.sub("", unicodedata.normalize("NFKC", clean(text)))
    if not folded:
        return None
    quarter = quarter_in(folded)
    named = re.match(r"(\d{4})", folded)
    if quarter is not None:
        return None if named and int(named[1]) != year else f"{year}-Q{quarter}"
    month = MONTH.fullmatch(folded)
    if month:
        said, number = month[1] or month[3], int(month[2] or month[4])
        return f"{year}-{number:02d}" if said in (None, str(year)) and 1 <= number <= 12 else None
    whole = YEAR.fullmatch(folded)
    return str(year) if whole and whole[1] in (None, str(year)) else None


def period_name(period: str) -> str:
    """2012年3月, 2012年第1季度, 2012年全年."""
    year, _dash, part = period.partition("-")
    if not part:
        return f"{year}年全年"
    return f"{year}年第{part[1]}季度" if part.startswith("Q") else f"{year}年{int(part)}月"


class ReturnsReading(NamedReading):
    """Returns on their way in; `lines` is what they say, by source and period."""

    def __init__(
        self, frame: Frame, book: Workbook, about: Callable[[int], Refused | None], source: int | None
    ) -> None:
        super().__init__(frame, book.report())
        self.book, self.about, self.source = book, about, source
        self.lines: dict[Place, dict[tuple[int, str], tuple[Figure, Row]]] = defaultdict(dict)
        self.signed: dict[str, str] = {}
        self.measures: dict[str, tuple[str, int]] = {}
        self.known: dict[tuple[str, str], Any] = {}
        self.count = 0

    def run(self) -> None:
        table = self.book.tables.get("returns")
        if table is None and not self.report.errors:
            words = "、".join(f"“{column.title}”" for column in RETURNS.columns if column.required)
            self.report.errors.append(
                table_problem("", "no-header", rows=RETURNS.max_header_rows, columns=words)
            )
        if table is None or self.report.errors:
            return
        self.sheet, self.signed = table.sheet, dict(table.signatures)
        try:
            for row in table.rows:
                self._row(row)
        except TooMany:
            self.report.errors.append(
                Problem(
                    self.sheet,
                    "",
                    None,
                    "",
                    "",
                    "too-many-problems",
                    _("%(count)d cells are wrong; the rest was not looked at.") % {"count": MOST_PROBLEMS},
                )
            )

    def _once(self, name: str, row: Row, read: Callable[[Row], Any]) -> Any:
        """A cell like one read before says the same; what had something to say about it says it again."""
        cell = row[name]
        key = (name, cell.kind + cell.raw)
        if row.is_plain and key in self.known:
            return self.known[key]
        before = len(self.report.errors) + len(self.report.warnings)
        value = read(row)
        self._stop_when_hopeless()
        if row.is_plain and before == len(self.report.errors) + len(self.report.warnings):
            self.known[key] = value
        return value

    def _row(self, row: Row) -> None:
        before = len(self.report.errors)
        unit = self._once("unit", row, self._unit)
        source = self._once("source", row, self._source)
        period = self._once("period", row, self._period)
        figure = self._once("figure", row, lambda one: self._words(one, "figure"))
        measure = self._once("measure", row, lambda one: self._words(one, "measure"))
        value = self.report.need(self.sheet, row["value"], to_number, SCALE)
        if value is not None and abs(value) >= LARGEST:
            self._error(row["value"], "too-large-number", _("The number is too large to be kept exactly."))
        self._stop_when_hopeless()
        if len(self.report.errors) > before or value is None:
            return
        refusal = self.about(unit)
        if refusal is not None:
            self._error(row["unit"], refusal.code, refusal.sentence)
            return
        known = self.lines[source, period].get((unit, figure))
        if known is not None:
            self._error(
                row["unit"],
                "duplicate-row",
                _(
                    "%(unit)s · %(figure)s stands there twice; the first is in row %(row)d. Please keep one of them."
                )
                % {"unit": self.frame.unit_names[unit], "figure": figure, "row": known[1].number},
            )
            return
        first = self.measures.setdefault(figure, (measure, row.number))
        if first[0] != measure:
            self._warn(
                row["measure"],
                "measure-differs",
                _("“%(figure)s” is in %(first)s in row %(row)d, here in %(here)s. Please check.")
                % {"figure": figure, "first": first[0], "row": first[1], "here": measure},
            )
        self.count += 1
        self.lines[source, period][unit, figure] = (Figure(unit, figure, in_units(value), measure), row)

    def _words(self, row: Row, name: str) -> str:
        text = self.report.need(self.sheet, row[name], to_text) or ""
        if len(text) > LENGTHS[name]:
            self._too_long(row[name], LENGTHS[name])
        return SPACES.sub(" ", text)

    def _source(self, row: Row) -> int:
        cell = row["source"]
        name = self.report.need(self.sheet, cell, to_name)
        found = self.frame.units.find(name) if name is not None else None
        if name is not None and found is None:
            nearest = self.frame.nearest(name)
            self.unknown.setdefault(name, nearest)
            self._error(
                cell,
                "unknown-unit",
                _(
                    "No unit is called “%(value)s”. Nearest: %(names)s. Please correct the name, or let the appraisal office teach it."
                )
                % {"value": cell.shown, "names": "、".join(nearest) or "—"},
            )
        elif found is not None and self.source not in (None, found):
            self._error(
                cell,
                "wrong-body",
                _("You report the figures of %(own)s only. Please take the row out.")
                % {"own": self.frame.unit_names[self.source or 0]},
            )
        return found or 0

    def _period(self, row: Row) -> str:
        cell = row["period"]
        fault = common_fault(cell)
        text = cell.raw
        if cell.kind == DATE:
            # WPS makes a date of 2012年3月; only its first day can have been meant so.
            day = date.fromisoformat(cell.raw[:10])
            text = f"{day.year}年{day.month}月" if day.day == 1 else ""
        found = None if isinstance(fault, Fault) else period_of(text, self.frame.year)
        if found is None:
            self._error(
                cell,
                "not-a-period",
                _(
                    "“%(value)s” is no month, quarter or whole of %(year)d. Please write 2012年3月, 一季度 or 全年 of that year."
                )
                % {"value": cell.shown, "year": self.frame.year},
            )
        return found or ""


def read_returns(
    source: Source,
    frame: Frame,
    about: Callable[[int], Refused | None],
    *,
    own_source: int | None = None,
    file_name: str = "",
    limits: Limits | None = None,
) -> ReturnsReading:
    """What the returns say.  `about` refuses units this person reports nothing of; `own_source` the only source.

    Raises Refused for a file that is no readable workbook; everything with a place in it is a problem.
    """
    book = read_workbook(source, [RETURNS], limits, file_name=file_name)
    reading = ReturnsReading(frame, book, about, own_source)
    reading.run()
    return reading


def compare(reading: ReturnsReading, standing: Mapping[Place, Standing]) -> ReturnsPlan:
    """What a clean reading changes against what stands."""
    made = ReturnsPlan()
    for place, lines in sorted(reading.lines.items()):
        before = standing.get(place, Standing())
        old = {(line.unit, line.figure): line for line in before.lines}
        made.seen[place] = before.version
        made.lines[place] = [line for line, _row in lines.values()]
        for key, (line, row) in lines.items():
            was = old.pop(key, None)
            if was == line:
                made.unchanged += 1
                continue
            made.changed += was is not None
            made.added += was is None
            _show(made, reading.frame, place, "changed" if was else "added", was, line, row.number)
        for gone in old.values():
            made.removed += 1
            _show(made, reading.frame, place, "removed", gone, None, 0)
    reading.report.accepted = reading.count
    reading.report.changed = made.added + made.changed + made.removed
    return made


def _show(
    made: ReturnsPlan,
    frame: Frame,
    place: Place,
    change: str,
    was: Figure | None,
    now: Figure | None,
    row: int,
) -> None:
    line = now or was
    if line is None or len(made.changes) >= MOST_SHOWN:
        return
    made.changes.append(
        {
            "what": f"{frame.unit_names[line.unit]} · {line.figure}",
            "change": change,
            "before": None if was is None else plain(was.value),
            "after": None if now is None else plain(now.value),
            "note": f"{period_name(place[1])} {line.measure}",
            "row": row,
        }
    )


def plain(units: int) -> str:
    """The figure without closing zeros."""
    text = shown(units, SCALE).rstrip("0").rstrip(".")
    return text or "0"
