"""Pure: reads a quarterly ledger (季度台账) into its lines, with its problems by cell.  §6(3)

What the lines change is told by scoring.workbooks.ledger_changes; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.cells import (
    Cell,
    Fault,
    clean,
    to_date,
    to_name,
    to_number,
    to_points,
    to_quarter,
    to_text,
    to_year,
    to_yes,
)
from office.workbook.guard import Source
from office.workbook.limits import Limits
from office.workbook.reader import Column, Row, Table, TableSpec, Workbook, read_workbook
from office.workbook.report import Problem, table_problem
from scoring.workbooks.frame import Frame
from scoring.workbooks.naming import MOST_PROBLEMS, SCALE, NamedReading, TooMany, in_units, shown
from units.names import NameBook

LEDGER: Final = TableSpec(
    "ledger",
    (
        Column("year", ("年度",), required=True),
        Column("quarter", ("季度",), required=True),
        Column("body", ("责任单位",), required=True),
        Column("unit", ("单位", "单位名称", "被考评单位"), required=True),
        Column("block", ("大块", "口")),
        Column("item", ("大项",), required=True),
        Column("sub", ("中项",), required=True),
        Column("indicator", ("小项",)),
        Column("points", ("本季新增扣分", "扣分", "本季扣分"), required=True),
        Column("total", ("累计扣分",)),
        Column("reason", ("事由", "扣分事由", "扣分原因")),
        Column("basis", ("依据",)),
        Column("on", ("日期",)),
        Column("figure", ("指标",)),
        Column("measure", ("计量单位",)),
        Column("target", ("年度目标",)),
        Column("done", ("本季完成",)),
        Column("done_total", ("累计完成",)),
    ),
    required=False,
    may_be_empty=True,
)
FIGURES: Final = ("target", "done", "done_total")
LENGTHS: Final = {"reason": 500, "basis": 200, "figure": 100, "measure": 20}
LARGEST_FIGURE: Final = Decimal("1e14")  # what fits exactly beside ten-thousandths

Key = tuple[int, int, int]  # membership, sub-item, indicator (0: none)


class Line(NamedTuple):
    """One line as stored or as a sheet says it; figures are whole ten-thousandths."""

    member: int
    sub: int
    indicator: int  # 0: none
    points: int
    reason: str = ""
    basis: str = ""
    on: str = ""  # a day in ISO form
    figure: str = ""
    measure: str = ""
    target: int | None = None
    done: int | None = None
    done_total: int | None = None

    @property
    def key(self) -> Key:
        return (self.member, self.sub, self.indicator)


class ReadLine(NamedTuple):
    """A line with its place in the sheet, and whether it belongs to the office's part."""

    line: Line
    row: Row
    unit: int
    is_own_unit: bool  # it is about the body's own unit, so the office writes it
    total: int | None  # 累计扣分 as stated


@dataclass(slots=True)
class LedgerFrame:
    """What a ledger is read against."""

    names: Frame  # may_score answers for the row of the matrix that governs ledgers
    indicators: Mapping[int, NameBook[int]]  # sub-item → its indicators
    indicator_bases: Mapping[int, int]
    body: int | None = None  # the only body this person may write for; None: any
    by_office: bool = False


@dataclass(slots=True)
class ReadLedger:
    """One body, one quarter."""

    table: Table | None = None
    body: int = 0
    quarter: int = 0
    lines: list[ReadLine] = field(default_factory=list)
    left: int = 0  # rows without a deduction, not even a 0
    others_clean: bool = False
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)


def read_ledger(
    source: Source, frame: LedgerFrame, *, file_name: str = "", limits: Limits | None = None
) -> LedgerReading:
    """The lines of a ledger and the report that goes with them.

    Raises Refused for a file that is no readable workbook; everything with a place in it is a problem.
    """
    book = read_workbook(source, [LEDGER], limits, file_name=file_name)
    reading = LedgerReading(frame, book)
    reading.run()
    return reading


class LedgerReading(NamedReading):
    """A ledger on its way in; `report` and `made` hold what came of it."""

    def __init__(self, frame: LedgerFrame, book: Workbook) -> None:
        super().__init__(frame.names, book.report())
        self.ledger = frame
        self.book = book
        self.made = ReadLedger(unknown=self.unknown)
        self.first_row: dict[Line, int] = {}
        self.known_heads: dict[tuple[str, str], bool] = {}
        self.known_points: dict[str, int] = {}
        self.known_texts: dict[str, str] = {}

    def run(self) -> None:
        table = self.book.tables.get("ledger")
        if table is None and not self.report.errors:
            words = "、".join(f"“{column.title}”" for column in LEDGER.columns if column.required)
            self.report.errors.append(
                table_problem("", "no-header", rows=LEDGER.max_header_rows, columns=words)
            )
        if table is None or self.report.errors:
            return
        self.sheet, self.made.table = table.sheet, table
        self.made.signed = dict(table.signatures)
        try:
            self._read_declaration(table)
            self._read_rows(table)
            self._check_head_as_a_whole(table)
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
        if not self.report.errors:
            self.report.warnings.extend(table.total_warnings("points"))

    # What the sheet says as a whole --------------------------------------------------------------

    def _read_declaration(self, table: Table) -> None:
        word = self.made.signed.pop("others_clean", "")
        if not word:
            return
        cell = Cell("s", word, 0, 0, "未列单位本季无扣分")
        answer = to_yes(cell)
        if isinstance(answer, Fault) or answer is None:
            self._error(
                cell,
                "unclear-declaration",
                _("“未列单位本季无扣分” is answered by 是 or 否, not by “%(value)s”.") % {"value": word[:40]},
            )
            return
        self.made.others_clean = answer

    def _check_head_as_a_whole(self, table: Table) -> None:
        title, made = table.title, self.made
        if title.year is not None and title.year != self.frame.year:
            self._title_error(table, "wrong-year", self._year_sentence(str(title.year)))
        if not table.rows:
            self._head_from_the_title(table)
        elif title.quarter is not None and made.quarter and title.quarter != made.quarter:
            self._title_error(
                table,
                "wrong-quarter",
                _("The title says quarter %(title)d, the rows say quarter %(rows)d. Please correct one.")
                % {"title": title.quarter, "rows": made.quarter},
            )

    def _head_from_the_title(self, table: Table) -> None:
        """A ledger without a line: nobody lost anything, if it says so and says who and when."""
        made = self.made
        named = self.frame.units.find(made.signed.get("unit", "")) if made.signed.get("unit") else None
        made.quarter = table.title.quarter or 0
        made.body = self.ledger.body or named or 0
        if not (made.others_clean and made.quarter and made.body):
            self.report.errors.append(
                Problem(
                    self.sheet,
                    "",
                    None,
                    "",
                    "",
                    "no-lines",
                    _(
                        "The ledger has no line. Enter one line for a unit, with 0 when nothing is taken off, and “未列单位本季无扣分：是” below."
                    ),
                )
            )

    def _year_sentence(self, found: str) -> str:
        return _("This says %(found)s; the ledger is of %(year)d. Please send the ledger of that year.") % {
            "found": found,
            "year": self.frame.year,
        }

    # Rows ----------------------------------------------------------------------------------------

    def _read_rows(self, table: Table) -> None:
        at = table.column_by_field
        heads = [(name, at[name]) for name in ("year", "quarter", "body")]
        unit_at, item_at, sub_at, points_at = at["unit"], at["item"], at["sub"], at["points"]
        block_at = at.get("block")
        texts = [(name, at[name]) for name in LENGTHS if name in at]
        figures = [(name, at[name]) for name in FIGURES if name in at]
        indicator_at, total_at, on_at = at.get("indicator"), at.get("total"), at.get("on")
        rules, members = self.frame.rules, self.frame.members
        for row in table.rows:
            wire, plain = row.wire, row.is_plain
            before = len(self.report.errors)
            for name, column in heads:
                if not plain or not self.known_heads.get((name, wire(column))):
                    self._read_head(row, name, plain)
            unit = self.known_units.get(wire(unit_at)) if plain else None
            if unit is None:
                unit = self._unit(row)
            place = (wire(block_at) if block_at is not None else "", wire(item_at), wire(sub_at))
            subs = self.known_places.get(place) if plain else None
            if subs is None:
                subs = self._place(row, place, plain)
            points = self._points(row, points_at, plain)
            said = {
                name: self._text_of(row, name, column, plain) if wire(column) else ""
                for name, column in texts
            }
            numbers = {name: self._number(row, name) if wire(column) else None for name, column in figures}
            total = self._number(row, "total") if total_at is not None and wire(total_at) else None
            on = self._day(row) if on_at is not None and wire(on_at) else ""
            if unit == -1 or not subs or len(self.report.errors) > before:
                continue
            sub = subs[0] if len(subs) == 1 and (rules[subs[0]].block, unit) in members else 0
            sub = sub or self._choose(row, unit, subs)
            if not sub:
                continue
            indicator = 0
            if indicator_at is not None and wire(indicator_at):
                indicator = self._indicator(row, sub)
                if not indicator:
                    continue
            if points is None:
                said_something = said.get("reason") or any(v is not None for v in numbers.values())
                self._judge_empty(row, is_empty=not said_something)
                continue
            line = Line(
                members[rules[sub].block, unit],
                sub,
                indicator,
                points,
                said.get("reason", ""),
                said.get("basis", ""),
                on,
                said.get("figure", ""),
                said.get("measure", ""),
                numbers.get("target"),
                numbers.get("done"),
                numbers.get("done_total"),
            )
            self._take(row, unit, line, total)

    def _read_head(self, row: Row, name: str, plain: bool) -> None:
        cell = row[name]
        before = len(self.report.errors), len(self.report.warnings)
        if name == "year":
            year = self.report.need(self.sheet, cell, to_year)
            if year is not None and year != self.frame.year:
                self._error(cell, "wrong-year", self._year_sentence(str(year)))
        elif name == "quarter":
            quarter = self.report.need(self.sheet, cell, to_quarter)
            if quarter is not None:
                self._same_quarter(cell, quarter)
        else:
            body = self.report.need(self.sheet, cell, to_name)
            if body is not None:
                self._same_body(cell, body)
        self._stop_when_hopeless()
        if plain and before == (len(self.report.errors), len(self.report.warnings)):
            self.known_heads[name, cell.kind + cell.raw] = True

    def _same_quarter(self, cell: Cell, quarter: int) -> None:
        made = self.made
        made.quarter = made.quarter or quarter
        if quarter != made.quarter:
            self._error(
                cell,
                "several-quarters",
                _(
                    "This row is of quarter %(this)d, the first of quarter %(first)d. A ledger holds one quarter; please part it."
                )
                % {"this": quarter, "first": made.quarter},
            )

    def _same_body(self, cell: Cell, name: str) -> None:
        made, found = self.made, self.frame.units.find(name)
        if found is None:
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
            return
        if self.ledger.body is not None and found != self.ledger.body:
            self._error(
                cell,
                "wrong-body",
                _("You write the ledger of %(own)s only, not of %(other)s. Please take the row out.")
                % {
                    "own": self.frame.unit_names[self.ledger.body],
                    "other": self.frame.unit_names[found],
                },
            )
            return
        made.body = made.body or found
        if found != made.body:
            self._error(
                cell,
                "several-bodies",
                _("This row is of %(this)s, the first of %(first)s. A ledger is of one body; please part it.")
                % {
                    "this": self.frame.unit_names[found],
                    "first": self.frame.unit_names[made.body],
                },
            )

    # Single cells --------------------------------------------------------------------------------

    def _points(self, row: Row, column: int, plain: bool) -> int | None:
        wire = row.wire(column)
        if not wire:
            return None
        if plain and wire in self.known_points:
            return self.known_points[wire]
        before = len(self.report.errors), len(self.report.warnings)
        cell = row["points"]
        points = self.report.read(self.sheet, cell, to_points, self.frame.places)
        if points is not None and points < 0:
            self._error(cell, "negative-deduction", _("A deduction is the number taken off, 0 or more."))
        self._stop_when_hopeless()
        if points is None:
            return None
        units = in_units(points)
        if plain and before == (len(self.report.errors), len(self.report.warnings)):
            self.known_points[wire] = units
        return units

    def _text_of(self, row: Row, name: str, column: int, plain: bool) -> str:
        wire = row.wire(column)
        limit = LENGTHS[name]
        if plain and wire[0] == "s" and len(wire) <= limit:
            # The quick way for what is nearly every cell: plain text that is short enough.
            return clean(wire[1:])
        text = self.report.read(self.sheet, row[name], to_text) or ""
        if len(text) > limit:
            self._too_long(row[name], limit)
        self._stop_when_hopeless()
        return text

    def _number(self, row: Row, name: str) -> int | None:
        number = self.report.read(self.sheet, row[name], to_number, SCALE)
        if number is not None and abs(number) >= LARGEST_FIGURE:
            self._error(row[name], "too-large-number", _("The number is too large to be kept exactly."))
            return None
        self._stop_when_hopeless()
        return None if number is None else in_units(number)

    def _day(self, row: Row) -> str:
        day: date | None = self.report.read(self.sheet, row["on"], to_date)
        self._stop_when_hopeless()
        if day is None:
            return ""
        if day.year != self.frame.year:
            self._warn(
                row["on"],
                "other-year",
                _("%(day)s is not in %(year)d.") % {"day": day.isoformat(), "year": self.frame.year},
            )
        return day.isoformat()

    def _indicator(self, row: Row, sub: int) -> int:
        """The indicator a row names; 0 after an error."""
        cell = row["indicator"]
        name = self.report.read(self.sheet, cell, to_text)
        self._stop_when_hopeless()
        if name is None:
            return 0
        book = self.ledger.indicators.get(sub)
        found = book.find(name) if book is not None else None
        if found is None:
            known = "、".join(book.nearest(name)) if book is not None else "—"
            self._error(
                cell,
                "unknown-indicator",
                _("“%(sub)s” has no indicator called “%(value)s”. Known: %(names)s.")
                % {"sub": self.frame.rules[sub].name, "value": cell.shown, "names": known},
            )
            return 0
        return found

    def _judge_empty(self, row: Row, *, is_empty: bool) -> None:
        """A row without a number is not entered; 0 must be said, and nothing else is 0."""
        if is_empty:
            self.made.left += 1
            return
        self._error(
            row["points"],
            "points-missing",
            _(
                "This row says something but no deduction. Please enter the points taken off, 0 when there are none."
            ),
        )

    # Whole lines ---------------------------------------------------------------------------------

    def _take(self, row: Row, unit: int, line: Line, total: int | None) -> None:
        made, frame = self.made, self.frame
        rule = frame.rules[line.sub]
        if made.body and made.body not in frame.leads_of.get(line.sub, frozenset()):
            self._error(
                row["sub"],
                "not-your-sub-item",
                _(
                    "%(body)s neither leads “%(sub)s” nor helps with it. Please take the row out, or ask the appraisal office to name it."
                )
                % {"body": frame.unit_names[made.body], "sub": rule.name},
            )
            return
        refusal: Refused | None = frame.may_score(unit, line.sub, rule.block)
        if refusal is not None:
            self._error(row["unit"], refusal.code, refusal.sentence)
            return
        if line.points and not line.reason:
            self._error(
                row["reason"] if row.table.has("reason") else row["points"],
                "no-reason",
                _("A deduction needs its reason (事由). Please enter it."),
            )
        if line.points and not line.indicator and line.sub in self.ledger.indicators:
            self._error(
                row["indicator"] if row.table.has("indicator") else row["points"],
                "indicator-missing",
                _("“%(sub)s” has indicators; please say in the column 小项 which one the deduction is for.")
                % {"sub": rule.name},
            )
        base = self.ledger.indicator_bases.get(line.indicator, rule.base)
        if line.points > base:
            self._warn(
                row["points"],
                "above-base",
                _("%(value)s is more than the whole base %(base)s of “%(sub)s”.")
                % {
                    "value": shown(line.points, frame.places),
                    "base": shown(base, frame.places),
                    "sub": rule.name,
                },
            )
        first = self.first_row.setdefault(line, row.number)
        if first != row.number:
            self._error(
                row["unit"],
                "duplicate-row",
                _(
                    "%(unit)s · %(sub)s stands there twice; the first is in row %(row)d. Please keep one of them."
                )
                % {"unit": frame.unit_names[unit], "sub": rule.name, "row": first},
            )
            return
        made.lines.append(ReadLine(line, row, unit, unit == made.body, total))
