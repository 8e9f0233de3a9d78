"""Pure: reads a score sheet (评分表), or our own matrix, into a plan of changes with its problems by cell.

The file is opened by office.workbook; names and stored scores come in a Frame; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from office.workbook.cells import (
    Cell,
    NotInvolved,
    Scored,
    Withdrawn,
    normalise_name,
    to_mark,
    to_name,
    to_points,
    to_text,
    to_year,
)
from office.workbook.guard import Source
from office.workbook.limits import Limits
from office.workbook.reader import Column, Row, Table, TableSpec, Workbook, read_workbook
from office.workbook.report import ImportReport, Problem, table_problem
from scoring.workbooks.frame import STAGE_WORDS, TITLE_WORDS, Frame, Stored, SubRule
from scoring.workbooks.naming import MOST_PROBLEMS, SCALE, NamedReading, TooMany, in_units, shown

SCORES: Final = TableSpec(
    "scores",
    (
        Column("unit", ("单位", "单位名称", "被考评单位"), required=True),
        Column("block", ("大块", "口")),
        Column("item", ("大项",), required=True),
        Column("sub", ("中项",), required=True),
        Column("base", ("基础分",)),
        Column("score", ("得分",), required=True),
        Column("note", ("说明",)),
        Column("off", ("扣分",)),
        Column("off_reason", ("扣分事由",)),
        Column("year", ("年度",)),
        Column("stage", ("阶段",)),
        Column("body", ("打分单位",)),
    ),
    required=False,
    may_be_empty=True,
)
MATRIX_SHEET: Final = "得分总表"
MATRIX: Final = TableSpec(
    "matrix",
    (Column("unit", ("单位",), required=True),),
    sheets=(MATRIX_SHEET,),
    required=False,
    keep_others=True,
)
MOST_SHOWN: Final = 300  # changes kept for the preview page
OUT_OF_HUNDRED: Final = 100 * 10**SCALE
NOTE_LENGTH: Final = 300  # characters of a reason for 不涉及
REASON_LENGTH: Final = 500

NUMBER, NOT_INVOLVED, WITHDRAWN, BLANK, BAD = "number", "not-involved", "withdrawn", "blank", "bad"


@dataclass(slots=True)
class Line:
    """One mark of the sheet, its cell found."""

    row: Row
    column: int  # of the mark, 0 is A
    unit: int
    membership: int
    sub: int
    what: str
    points: int = 0  # ten-thousandths
    note: str = ""
    off: int | None = None  # ten-thousandths taken off
    off_reason: str = ""
    on_behalf: int | None = None  # the unit on whose paper the office typed it


@dataclass(slots=True)
class Counts:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    cleared: int = 0
    not_involved: int = 0
    left: int = 0  # rows without a mark

    def as_dict(self) -> dict[str, int]:
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "cleared": self.cleared,
            "not_involved": self.not_involved,
            "left": self.left,
        }


@dataclass(slots=True)
class SheetPlan:
    """What taking the sheet in would do.  Points are whole ten-thousandths.

    The four `seen_` columns run side by side: every cell the sheet has a mark for, as it was when read.
    """

    report: ImportReport
    counts: Counts = field(default_factory=Counts)
    seen_cells: list[int] = field(default_factory=list)
    seen_versions: list[int] = field(default_factory=list)
    seen_members: list[int] = field(default_factory=list)
    seen_subs: list[int] = field(default_factory=list)
    scores: list[tuple[int, int, str, int | None]] = field(
        default_factory=list
    )  # cell, points, why, for whom
    cleared: list[tuple[int, str]] = field(default_factory=list)  # cell, why
    involved: list[tuple[int, str, str]] = field(default_factory=list)  # cell, why, "propose" | "confirm"
    lines: list[tuple[int, int, str]] = field(default_factory=list)  # cell, points off, why
    relined: list[int] = field(default_factory=list)  # cells whose old deductions go
    changes: list[dict[str, Any]] = field(default_factory=list)  # the first ones, for the page
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)  # unknown unit → nearest names
    signed: dict[str, str] = field(default_factory=dict)

    @property
    def change_count(self) -> int:
        return len(self.scores) + len(self.cleared) + len(self.involved)


def read_scores(
    source: Source, frame: Frame, *, file_name: str = "", limits: Limits | None = None
) -> SheetPlan:
    """The plan of a score sheet against the frame.

    Raises Refused for a file that is no readable workbook; everything with a place in it is a problem.
    """
    book = read_workbook(source, [SCORES, MATRIX], limits, file_name=file_name)
    return _Reading(frame, book).plan()


class _Reading(NamedReading):
    """One sheet on its way to a plan."""

    def __init__(self, frame: Frame, book: Workbook) -> None:
        super().__init__(frame, book.report())
        self.book = book
        self.made = SheetPlan(self.report, unknown=self.unknown)
        self.lines: list[Line] = []
        self.first_row: dict[tuple[int, int], int] = {}
        self.known_marks: dict[str, tuple[str, int]] = {}
        self.known_words: set[tuple[str, str]] = set()
        self.known_bases: set[tuple[str, int]] = set()

    def plan(self) -> SheetPlan:
        table = self.book.tables.get("scores") or self.book.tables.get("matrix")
        if table is None and not self.report.errors:
            words = "、".join(f"“{column.title}”" for column in SCORES.columns if column.required)
            self.report.errors.append(
                table_problem("", "no-header", rows=SCORES.max_header_rows, columns=words)
            )
        if table is None or self.report.errors:
            return self.made
        self.sheet = table.sheet
        self.made.signed = dict(table.signatures)
        try:
            self._check_title(table)
            if table.spec is MATRIX:
                self._read_matrix(table)
            else:
                self._read_rows(table)
            if not self.report.errors:
                self._compare()
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
        if self.report.errors:
            self.made = SheetPlan(self.report, unknown=self.unknown, signed=self.made.signed)
            return self.made
        self._warn_about_marks()
        self.report.warnings.extend(table.total_warnings("score"))
        self.report.accepted = len(self.lines)
        self.report.changed = self.made.change_count
        return self.made

    # The sheet as a whole ------------------------------------------------------------------------

    def _check_title(self, table: Table) -> None:
        title = table.title
        if title.year is not None and title.year != self.frame.year:
            self._title_error(
                table,
                "wrong-year",
                _(
                    "The title says %(found)d; these are scores of %(year)d. Please send the sheet of that year."
                )
                % {"found": title.year, "year": self.frame.year},
            )
        named = [kind for kind, word in TITLE_WORDS.items() if word in title.text]
        if len(named) == 1 and named[0] != self.frame.kind:
            self._title_error(table, "wrong-stage", self._stage_sentence(TITLE_WORDS[named[0]]))

    def _stage_sentence(self, found: str) -> str:
        return _(
            "The sheet is for “%(found)s”; it was handed in as “%(wanted)s”. Please choose the right one."
        ) % {
            "found": found,
            "wanted": TITLE_WORDS[self.frame.kind],
        }

    # Lines of a score sheet ----------------------------------------------------------------------

    def _read_rows(self, table: Table) -> None:
        get = table.column_by_field.get
        columns = {
            name: get(name)
            for name in (
                "unit",
                "block",
                "item",
                "sub",
                "score",
                "note",
                "off",
                "off_reason",
                "year",
                "stage",
                "body",
            )
        }
        unit_at, item_at, sub_at, score_at = (columns[n] for n in ("unit", "item", "sub", "score"))
        block_at, note_at, off_at, why_at = (columns[n] for n in ("block", "note", "off", "off_reason"))
        assert unit_at is not None
        assert item_at is not None
        assert sub_at is not None
        assert score_at is not None
        checked = [(name, at) for name in ("year", "stage") if (at := columns[name]) is not None]
        body_at, base_at = columns["body"], get("base")
        known_units, known_places, known_marks = self.known_units, self.known_places, self.known_marks
        known_words, rules, members = self.known_words, self.frame.rules, self.frame.members
        for row in table.rows:
            wire, plain = row.wire, row.is_plain
            unit = known_units.get(wire(unit_at)) if plain else None
            if unit is None:
                unit = self._unit(row)
            place = (wire(block_at) if block_at is not None else "", wire(item_at), wire(sub_at))
            subs = known_places.get(place) if plain else None
            if subs is None:
                subs = self._place(row, place, plain)
            mark = known_marks.get(wire(score_at)) if plain else None
            if mark is None:
                mark = self._mark(row, row["score"], plain)
            for name, at in checked:
                if not plain or (name, wire(at)) not in known_words:
                    self._check_word(row, name, plain)
            note = self._text(row, "note") if note_at is not None and wire(note_at) else ""
            off = self._off(row) if off_at is not None and wire(off_at) else None
            why = self._text(row, "off_reason") if why_at is not None and wire(why_at) else ""
            what, points = mark
            if unit == -1 or not subs or what is BAD:
                continue
            if len(subs) == 1:
                membership = members.get((rules[subs[0]].block, unit))
                sub = subs[0] if membership is not None else self._choose(row, unit, subs)
            else:
                sub = self._choose(row, unit, subs)
                membership = members.get((rules[sub].block, unit)) if sub else None
            if not sub or membership is None:
                continue
            line = Line(row, score_at, unit, membership, sub, what, points, note, off, why)
            if base_at is not None and wire(base_at) and (wire(base_at), sub) not in self.known_bases:
                self._check_base(line, row["base"])
            if body_at is not None and wire(body_at):
                self._check_body(line, row["body"])
            self._take(line)

    def _take(self, line: Line) -> None:
        """Judge a line by itself and keep it."""
        key = (line.membership, line.sub)
        first = self.first_row.get(key)
        rule = self.frame.rules[line.sub]
        if first is None:
            self.first_row[key] = line.row.number
        else:
            self._error(
                line.row["unit"] if line.row.table.spec is SCORES else line.row.cell_at(line.column),
                "duplicate-row",
                _(
                    "%(unit)s · %(sub)s stands there twice; the first is in row %(row)d. Please keep one of them."
                )
                % {"unit": self.frame.unit_names[line.unit], "sub": rule.name, "row": first},
            )
            return
        refusal = self.frame.may_score(line.unit, line.sub, rule.block)
        if line.what is BLANK:
            if line.off:
                self._error(
                    line.row["score"],
                    "score-missing",
                    _(
                        "A deduction stands here without a score. Please enter the score: the base less the deduction."
                    ),
                )
            self.made.counts.left += 1
            return
        if refusal is not None:
            self._error(line.row.cell_at(line.column), refusal.code, refusal.sentence)
            return
        if line.what is NUMBER:
            self._judge_number(line, rule)
        elif line.what is NOT_INVOLVED and not self._judge_not_involved(line, rule):
            return
        self.lines.append(line)

    def _judge_number(self, line: Line, rule: SubRule) -> None:
        cell_of, places = line.row.cell_at, self.frame.places
        if line.points > rule.base:
            self._error(
                cell_of(line.column),
                "above-base",
                _("%(value)s is above the base of %(base)s of “%(sub)s”. Please enter at most %(base)s.")
                % {"value": shown(line.points, places), "base": shown(rule.base, places), "sub": rule.name},
            )
        elif line.points < rule.floor:
            self._error(
                cell_of(line.column),
                "below-floor",
                _("%(value)s is below the floor of %(floor)s of “%(sub)s”. Please enter at least %(floor)s.")
                % {"value": shown(line.points, places), "floor": shown(rule.floor, places), "sub": rule.name},
            )
        if len(line.note) > REASON_LENGTH:
            self._too_long(line.row["note"], REASON_LENGTH)
        if line.off is not None:
            self._judge_deduction(line, rule)

    def _judge_deduction(self, line: Line, rule: SubRule) -> None:
        assert line.off is not None
        places = self.frame.places
        if line.off < 0:
            self._error(
                line.row["off"], "negative-deduction", _("A deduction is the number taken off, 0 or more.")
            )
            return
        left = max(rule.floor, rule.base - line.off)
        if line.points != left:
            self._error(
                line.row["score"],
                "lines-disagree",
                _(
                    "The base %(base)s less the deduction %(off)s gives %(left)s, but the score says %(points)s. Please correct one of them."
                )
                % {
                    "base": shown(rule.base, places),
                    "off": shown(line.off, places),
                    "left": shown(left, places),
                    "points": shown(line.points, places),
                },
            )
        if line.off and not line.off_reason:
            self._error(
                line.row["off_reason"],
                "no-reason",
                _("A deduction needs its reason (扣分事由). Please enter it."),
            )
        if len(line.off_reason) > REASON_LENGTH:
            self._too_long(line.row["off_reason"], REASON_LENGTH)
        if line.off and rule.has_indicators:
            self._error(
                line.row["off"],
                "indicator-missing",
                _(
                    "“%(sub)s” has indicators; enter its deductions on the page of the cell, one per indicator."
                )
                % {"sub": rule.name},
            )

    def _judge_not_involved(self, line: Line, rule: SubRule) -> bool:
        if self.frame.kind == "self":
            self._warn(
                line.row.cell_at(line.column),
                "wish",
                _(
                    "In a self-assessment “不涉及” is a wish: nothing was stored. The lead or the appraisal office proposes it."
                ),
            )
            return False
        if len(line.note) > NOTE_LENGTH:
            self._too_long(line.row["note"], NOTE_LENGTH)
        return True

    # Single cells --------------------------------------------------------------------------------

    def _mark(self, row: Row, cell: Cell, plain: bool) -> tuple[str, int]:
        before = len(self.report.errors), len(self.report.warnings)
        mark = self.report.read(self.sheet, cell, to_mark, self.frame.places)
        self._stop_when_hopeless()
        if len(self.report.errors) > before[0]:
            return BAD, 0
        if isinstance(mark, Scored):
            found = NUMBER, in_units(mark.points)
        elif isinstance(mark, NotInvolved):
            found = NOT_INVOLVED, 0
        elif isinstance(mark, Withdrawn):
            found = WITHDRAWN, 0
        else:
            found = BLANK, 0
        if plain and len(self.report.warnings) == before[1]:
            self.known_marks[cell.kind + cell.raw] = found
        return found

    def _text(self, row: Row, name: str) -> str:
        text = self.report.read(self.sheet, row[name], to_text)
        self._stop_when_hopeless()
        return text or ""

    def _off(self, row: Row) -> int | None:
        off = self.report.read(self.sheet, row["off"], to_points, self.frame.places)
        self._stop_when_hopeless()
        return None if off is None else in_units(off)

    def _check_word(self, row: Row, name: str, plain: bool) -> None:
        """年度 and 阶段, where the sheet has them."""
        cell = row[name]
        if cell.is_blank:
            return
        before = len(self.report.errors), len(self.report.warnings)
        if name == "year":
            year = self.report.read(self.sheet, cell, to_year)
            if year is not None and year != self.frame.year:
                self._error(
                    cell,
                    "wrong-year",
                    _("The row says %(found)d; these are scores of %(year)d.")
                    % {"found": year, "year": self.frame.year},
                )
        else:
            text = self.report.read(self.sheet, cell, to_text)
            words = {normalise_name(word) for word in STAGE_WORDS[self.frame.kind]}
            if text is not None and normalise_name(text).lower() not in words:
                self._error(cell, "wrong-stage", self._stage_sentence(cell.shown))
        self._stop_when_hopeless()
        if plain and before == (len(self.report.errors), len(self.report.warnings)):
            self.known_words.add((name, cell.kind + cell.raw))

    def _check_base(self, line: Line, cell: Cell) -> None:
        """基础分, where the sheet has it: another base means another year's plan."""
        rule = self.frame.rules[line.sub]
        base = self.report.read(self.sheet, cell, to_points, SCALE)
        self._stop_when_hopeless()
        if base is not None and in_units(base) != rule.base:
            self._error(
                cell,
                "base-differs",
                _(
                    "The sheet gives “%(sub)s” a base of %(value)s; in the plan it is %(base)s. Please use this year's sheet."
                )
                % {"sub": rule.name, "value": cell.shown, "base": shown(rule.base, self.frame.places)},
            )
        elif base is not None and line.row.is_plain:
            self.known_bases.add((cell.kind + cell.raw, line.sub))

    def _check_body(self, line: Line, cell: Cell) -> None:
        """打分单位, where the sheet has it: the unit itself, the lead, or the office and its teams."""
        frame = self.frame
        name = self.report.read(self.sheet, cell, to_name)
        if name is None:
            self._stop_when_hopeless()
            return
        unit = frame.units.find(name)
        if frame.kind == "self":
            right = unit == line.unit
        elif frame.kind == "lead":
            right = unit is not None and unit in frame.leads_of.get(line.sub, frozenset())
            right = right and frame.scoring_unit in (None, unit)
        else:
            right = normalise_name(name) in frame.bodies
        if not right:
            self._error(
                cell,
                "wrong-body",
                _(
                    "“%(value)s” does not give “%(stage)s” scores for “%(sub)s”. Please correct 打分单位 or leave it empty."
                )
                % {
                    "value": cell.shown,
                    "stage": TITLE_WORDS[frame.kind],
                    "sub": frame.rules[line.sub].name,
                },
            )
        elif frame.by_office and frame.kind in ("self", "lead"):
            line.on_behalf = unit

    # The matrix form -----------------------------------------------------------------------------

    def _read_matrix(self, table: Table) -> None:
        columns = self._matrix_columns(table)
        members, rules = self.frame.members, self.frame.rules
        for row in table.rows:
            unit = self._unit(row)
            if unit == -1:
                continue
            for column, subs in columns:
                wire = row.wire(column)
                mark = self.known_marks.get(wire) if row.is_plain else None
                if mark is None:
                    mark = self._mark(row, row.cell_at(column), row.is_plain)
                if mark[0] is BAD:
                    continue
                fitting = [s for s in subs if (rules[s].block, unit) in members]
                if mark[0] is BLANK:
                    self.made.counts.left += 1
                    continue
                if len(fitting) != 1:
                    self._choose(row, unit, subs)
                    continue
                membership = members[rules[fitting[0]].block, unit]
                self._take(Line(row, column, unit, membership, fitting[0], *mark))

    def _matrix_columns(self, table: Table) -> list[tuple[int, tuple[int, ...]]]:
        """The columns that are sub-items, by the header's 大项/中项."""
        frame = self.frame
        named = [
            b
            for b, name in frame.block_names.items()
            if normalise_name(name) in normalise_name(table.title.text)
        ]
        blocks = tuple(named) if len(named) == 1 else tuple(frame.items)
        found: list[tuple[int, tuple[int, ...]]] = []
        for header in table.others:
            subs = tuple(dict.fromkeys(s for b in blocks for s in self._named_in(b, header.path)))
            if subs:
                found.append((header.column, subs))
            else:
                self._error(
                    Cell("s", header.path, table.header_row, header.column, header.path),
                    "unknown-item",
                    _("“%(value)s” is no sub-item of this matrix. Please use an export of this year.")
                    % {"value": header.path},
                )
        return found

    def _named_in(self, block: int, path: str) -> Iterator[int]:
        """The sub-item of a block that a header 大项/中项 (or one name for both) means."""
        items = self.frame.items[block]
        cuts = [n for n, sign in enumerate(path) if sign == "/"]
        for item_name, sub_name in [(path, path), *((path[:n], path[n + 1 :]) for n in cuts)]:
            item = items.find(item_name)
            sub = self.frame.subs[item].find(sub_name) if item is not None else None
            if sub is not None:
                yield sub
                return

    # Against what is stored ----------------------------------------------------------------------

    def _compare(self) -> None:
        """Tell what changes from what stays; the sheet by itself is sound."""
        rules = self.frame.rules
        stored = self.frame.load({rules[line.sub].block for line in self.lines})
        made, counts = self.made, self.made.counts
        for line in self.lines:
            before = stored[line.membership, line.sub]
            made.seen_cells.append(before.cell)
            made.seen_versions.append(before.version)
            made.seen_members.append(line.membership)
            made.seen_subs.append(line.sub)
            if line.what is NUMBER:
                self._compare_number(line, before)
            elif line.what is WITHDRAWN:
                if before.points is None:
                    counts.unchanged += 1
                    self._warn(
                        line.row.cell_at(line.column),
                        "nothing-to-clear",
                        _("There is no score here to take back."),
                    )
                else:
                    counts.cleared += 1
                    made.cleared.append((before.cell, line.note or "撤销"))
                    if before.lines:
                        made.relined.append(before.cell)
                    self._show(line, "cleared", before, None)
            else:
                self._compare_not_involved(line, before)

    def _compare_number(self, line: Line, before: Stored) -> None:
        made, counts = self.made, self.made.counts
        if before.involvement in ("proposed", "confirmed"):
            self._warn(
                line.row.cell_at(line.column),
                "not-involved-stands",
                _(
                    "This cell is marked 不涉及: the score is kept, but does not count until that is withdrawn."
                ),
            )
        if before.lines and line.off is None and line.points != before.points:
            assert before.points is not None
            self._error(
                line.row.cell_at(line.column),
                "lines-disagree",
                _(
                    "The score %(stored)s rests on deductions of %(off)s. Please enter 扣分 and 扣分事由 with the new score."
                )
                % {
                    "stored": shown(before.points, self.frame.places),
                    "off": shown(sum(off for off, _why in before.lines), self.frame.places),
                },
            )
            return
        new_lines = bool(line.off) and not (
            sum(off for off, _why in before.lines) == line.off
            and "；".join(why for _off, why in before.lines) == line.off_reason
        )
        drops_lines = line.off == 0 and bool(before.lines)
        same_note = not line.note or line.note == before.reason
        if line.points == before.points and same_note and not new_lines and not drops_lines:
            counts.unchanged += 1
            return
        if before.points is None:
            counts.added += 1
        else:
            counts.changed += 1
        made.scores.append((before.cell, line.points, line.note, line.on_behalf))
        if new_lines or drops_lines:
            made.relined.append(before.cell)
        if new_lines:
            assert line.off is not None
            made.lines.append((before.cell, line.off, line.off_reason))
        self._show(line, "added" if before.points is None else "changed", before, line.points)

    def _compare_not_involved(self, line: Line, before: Stored) -> None:
        made, counts, second = self.made, self.made.counts, self.frame.second
        if before.involvement == "confirmed" or (before.involvement == "proposed" and second is None):
            counts.unchanged += 1
            return
        block = self.frame.rules[line.sub].block
        refusal = self.frame.may_propose(line.unit, line.sub, block)
        if refusal is None and second is not None:
            refusal = self.frame.may_confirm(line.unit, line.sub, block)
        if refusal is not None:
            self._error(line.row.cell_at(line.column), refusal.code, refusal.sentence)
            return
        if not line.note and before.involvement != "proposed":
            self._error(
                line.row["note"] if line.row.table.has("note") else line.row.cell_at(line.column),
                "no-reason",
                _("“不涉及” needs a reason (说明). Please enter it in a score sheet."),
            )
            return
        if before.involvement == "proposed" and before.proposed_by == second:
            self._error(
                line.row.cell_at(line.column),
                "same-person",
                _("The same person proposed this 不涉及; another person of the office confirms it."),
            )
            return
        counts.not_involved += 1
        made.involved.append((before.cell, line.note, "confirm" if second is not None else "propose"))
        self._show(line, "not-involved" if second is not None else "proposed", before, None)

    def _show(self, line: Line, what: str, before: Stored, after: int | None) -> None:
        if len(self.made.changes) >= MOST_SHOWN:
            return
        rule, places = self.frame.rules[line.sub], self.frame.places
        self.made.changes.append(
            {
                "what": f"{self.frame.unit_names[line.unit]} · {rule.name}",
                "change": what,
                "before": None if before.points is None else shown(before.points, places),
                "after": None if after is None else shown(after, places),
                "note": line.off_reason or line.note,
                "row": line.row.number,
            }
        )

    # Odd patterns --------------------------------------------------------------------------------

    def _warn_about_marks(self) -> None:
        by_sub: dict[int, list[Line]] = {}
        for line in self.lines:
            if line.what is NUMBER:
                by_sub.setdefault(line.sub, []).append(line)
        for sub, lines in by_sub.items():
            self._warn_about_sub_item(self.frame.rules[sub], lines)

    def _warn_about_sub_item(self, rule: SubRule, lines: list[Line]) -> None:
        if len(lines) < 3:
            return
        points = [line.points for line in lines]
        first = lines[0].row.cell_at(lines[0].column)
        figures = {"sub": rule.name, "count": len(lines), "base": shown(rule.base, self.frame.places)}
        highest, lowest = max(points), min(points)
        if rule.base > OUT_OF_HUNDRED and 0 < highest <= OUT_OF_HUNDRED:
            self._warn(
                first,
                "out-of-hundred",
                _(
                    "All %(count)d scores of “%(sub)s” lie within 100, but its base is %(base)s. Were they given out of 100?"
                )
                % figures,
            )
        if lowest == highest == rule.base:
            self._warn(first, "all-full", _("All %(count)d units have full marks in “%(sub)s”.") % figures)
        elif lowest == highest:
            self._warn(
                first,
                "all-equal",
                _("All %(count)d units have the same score in “%(sub)s”: it moves no place.") % figures,
            )
