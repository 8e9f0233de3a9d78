"""Reads a workbook into tables: header found by words, rows with their cells, what was left out and why.
The guard opens the file, `cells` judges values; which unit or item a name means is the importer's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, overload

from office.workbook.cells import Cell, Fault, clean, normalise_name
from office.workbook.guard import Source, guarded, refuse
from office.workbook.header import (
    Column,
    FoundHeader,
    Header,
    Line,
    Roles,
    TableSpec,
    Title,
    find_header,
    read_signatures,
    read_title,
    stray_number,
)
from office.workbook.limits import Limits
from office.workbook.report import ImportReport, Problem, table_problem
from office.workbook.wire import LONG, MERGED, NUMBER, TEXT, column_letters

__all__ = ["Column", "Row", "Table", "TableSpec", "Title", "Workbook", "read_workbook"]

HEAD_LINES: Final = 24  # rows kept back until the header is looked for
EMPTY: Final = ""
MANY_TEXTS: Final = 200_000  # texts remembered; beyond, each row is looked at anew
P = ParamSpec("P")
T = TypeVar("T")


class Row:
    """One data row. Cells are built when asked for, because a sheet has a million of them."""

    __slots__ = ("_cells", "_flags", "hidden", "number", "table")

    def __init__(
        self, table: "Table", number: int, hidden: bool, cells: Sequence[str], flags: Sequence[int] | None
    ) -> None:
        self.table = table
        self.number = number  # 1 is the sheet's first row
        self.hidden = hidden
        self._cells = cells
        self._flags = flags

    def __getitem__(self, name: str) -> Cell:
        """The cell of a field of the spec; an empty one when the column is not there."""
        column = self.table.column_by_field.get(name)
        if column is None:
            return Cell("", "", self.number, 0, self.table.title_by_field.get(name, name))
        return self.cell_at(column)

    def cell_at(self, column: int) -> Cell:
        """The cell of any column, 0 is A."""
        cells, flags = self._cells, self._flags
        wire = cells[column] if column < len(cells) else EMPTY
        mark = flags[column] if flags is not None and column < len(flags) else 0
        if len(wire) > self.table.longest:
            mark |= LONG
        return Cell(wire[:1], wire[1:], self.number, column, self.table.header_text.get(column, ""), mark)

    @property
    def is_plain(self) -> bool:
        """No formula, percent, merged or struck cell in the row: a cell's wire says all about it."""
        return not self._flags

    def text(self, name: str) -> str:
        """The raw text of a field, stripped, "" when blank: the quick way for names."""
        column = self.table.column_by_field.get(name)
        if column is None or column >= len(self._cells):
            return ""
        return clean(self._cells[column][1:])

    def wire(self, column: int) -> str:
        """The cell as it travelled: kind letter and text; "" when empty."""
        return self._cells[column] if column < len(self._cells) else EMPTY


class Rows(Sequence[Row]):
    """The data rows. They are kept as plain tuples, which cost little and which the collector leaves alone."""

    __slots__ = ("_lines", "_table")

    def __init__(self, table: "Table") -> None:
        self._table = table
        self._lines: list[tuple[int, bool, tuple[str, ...], tuple[int, ...] | None]] = []

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [Row(self._table, *line) for line in self._lines[index]]
        return Row(self._table, *self._lines[index])

    def __iter__(self) -> Iterator[Row]:
        table = self._table
        for number, hidden, cells, flags in self._lines:
            yield Row(table, number, hidden, cells, flags)

    def append(
        self, number: int, hidden: bool, cells: tuple[str, ...], flags: tuple[int, ...] | None
    ) -> None:
        self._lines.append((number, hidden, cells, flags))


@dataclass(slots=True)
class Total:
    """A 合计 row that was left out, kept so that its sums can be compared."""

    row: Row
    label: str


@dataclass(slots=True)
class Table:
    """One table of one sheet."""

    spec: TableSpec
    sheet: str
    title: Title
    header_row: int  # the header's last row
    column_by_field: dict[str, int]
    header_text: dict[int, str]
    others: tuple[Header, ...]  # columns the spec does not know
    longest: int  # characters a cell may have, its kind letter included
    rows: Rows = field(init=False)
    totals: list[Total] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)  # filled_by, checked_by, phone, unit, date
    title_by_field: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = Rows(self)

    def texts(self, name: str) -> list[str]:
        """One field of every row as text, stripped, "" when blank. The quick way for large sheets."""
        column = self.column_by_field.get(name)
        if column is None:
            return [""] * len(self.rows)
        known: dict[str, str] = {}
        found = []
        for _, _, cells, _ in self.rows._lines:
            wire = cells[column] if column < len(cells) else EMPTY
            text = known.get(wire)
            if text is None:
                text = known[wire] = clean(wire[1:])
            found.append(text)
        return found

    def read_column(
        self,
        report: ImportReport,
        name: str,
        parse: Callable[Concatenate[Cell, P], T | Fault | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[T | None]:
        """One field of every row through `report.read`, in the rows' order; equal cells are parsed once."""
        column = self.column_by_field.get(name)
        if column is None:
            return [None] * len(self.rows)
        known: dict[str, T | None] = {}
        found: list[T | None] = []
        for number, hidden, cells, flags in self.rows._lines:
            wire = cells[column] if column < len(cells) else EMPTY
            if flags is None and wire in known:
                found.append(known[wire])
                continue
            problems = len(report.errors) + len(report.warnings)
            cell = Row(self, number, hidden, cells, flags).cell_at(column)
            value = report.read(self.sheet, cell, parse, *args, **kwargs)
            # What had something to say about it says it again for each cell.
            if flags is None and problems == len(report.errors) + len(report.warnings):
                known[wire] = value
            found.append(value)
        return found

    def has(self, name: str) -> bool:
        """Whether the file has the column of this field."""
        return name in self.column_by_field

    def total_warnings(self, name: str) -> list[Problem]:
        """Printed sums of one field that differ from ours: 合计 over all rows, 小计 since the last one."""
        column = self.column_by_field.get(name)
        problems: list[Problem] = []
        if column is None or not self.totals:
            return problems
        last_subtotal = 0
        for total in self.totals:
            printed = _decimal(total.row.wire(column))
            label = normalise_name(total.label).rstrip(":：")
            if printed is None or label not in ("合计", "总计", "小计", "总分"):
                continue
            since = last_subtotal if label == "小计" else 0
            until = total.row.number if label == "小计" else None
            if label == "小计":
                last_subtotal = total.row.number
            numbers = (
                _decimal(row.wire(column))
                for row in self.rows
                if row.number > since and (until is None or row.number < until)
            )
            counted = sum((number for number in numbers if number is not None), Decimal(0))
            if abs(counted - printed) > Decimal("0.000001"):
                cell = total.row.cell_at(column)
                problems.append(
                    table_problem(
                        self.sheet,
                        "total-differs",
                        row=cell.row,
                        cell=cell.name,
                        column=cell.header,
                        value=cell.shown,
                        label=total.label,
                        printed=f"{printed.normalize():f}",
                        counted=f"{counted.normalize():f}",
                    )
                )
        return problems


@dataclass(slots=True)
class Workbook:
    """What was found: tables by spec name, and everything wrong or odd about the file as a whole."""

    kind: str  # xlsx or xls
    sheet_names: list[str]
    tables: dict[str, Table] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    child_peak_kib: int = 0
    child_seconds: float = 0.0

    def report(self) -> ImportReport:
        """A report that begins with what the reading itself found."""
        return ImportReport(errors=list(self.errors), warnings=list(self.warnings))


def _decimal(wire: str) -> Decimal | None:
    if wire[:1] not in (NUMBER, TEXT):
        return None
    try:
        number = Decimal(clean(wire[1:]).removesuffix("分"))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(slots=True)
class _Sheet:
    """A sheet on its way in: kept back until its header is found, then row by row."""

    name: str
    frame: dict[str, Any]
    candidates: list[TableSpec]
    head: list[list[Any]] = field(default_factory=list)
    tables: list["_Filling"] = field(default_factory=list)
    decided: bool = False


class _Filling:
    """A table being filled from the stream of rows."""

    def __init__(
        self, table: Table, found: FoundHeader, frame: dict[str, Any], roles: Roles, header_cells: list[str]
    ) -> None:
        self.table = table
        self.found = found
        self.roles = roles
        self.warnings: list[Problem] = []
        self.hidden: list[int] = []
        self.strings: dict[str, str] = {}
        self.columns = columns = sorted(set(found.columns.values()))
        # Total and footer words count only where a name may stand, up to the last required column.
        named = [
            found.columns[c.field] for c in table.spec.columns if c.required and c.field in found.columns
        ]
        self.labels = (max(named) if named else max(columns)) + 1
        self.required = named
        self.header_cells = header_cells
        self.plain = {EMPTY}  # texts seen before that make no row special
        self.fills: dict[int, list[tuple[int, int]]] = {}  # row → columns filled from row
        reach = (
            {*columns} | {header.column for header in found.others} if table.spec.keep_others else {*columns}
        )
        budget = 2_000_000
        for top, left, bottom, right in frame["merges"]:
            if bottom <= found.last_row or top <= found.last_row or bottom == top:
                continue
            if left not in reach or right - left > 50:
                continue
            budget -= bottom - top
            if budget < 0:
                raise refuse("too-many-cells", limit=2_000_000)
            for row in range(top + 1, bottom + 1):
                self.fills.setdefault(row, []).append((left, top))
        self.origins: dict[tuple[int, int], str] = {}
        self.origin_cells = {(top, left) for fills in self.fills.values() for left, top in fills}
        self.origin_rows = {row for row, _ in self.origin_cells}

    def take(self, rows: Sequence[Sequence[Any]]) -> None:
        """Some more rows of the sheet, in order."""
        last_header = self.found.last_row
        labels, first_column = self.labels, self.columns[0]
        fills, origin_rows = self.fills, self.origin_rows
        plain, one_text = self.plain, self.strings.setdefault
        append = self.table.rows.append
        for number, hidden, cells, flags in rows:
            if number <= last_header:
                continue
            if number in origin_rows:
                self._keep_origins(number, cells)
            # Rows made of cells that were no label before are data; the others are looked at closely.
            if not plain.issuperset(cells[:labels]):
                role = self._role(cells)
                if role:
                    self._leave_out(role, number, cells, flags or None)
                    continue
                if len(plain) < MANY_TEXTS:
                    plain.update(wire for wire in cells[:labels] if wire[:1] == TEXT and not self.roles(wire))
            if number in fills:
                flags = self._fill(number, cells, flags)
            if (first_column >= len(cells) or not cells[first_column]) and not self._holds_data(cells):
                self._leave_out("other", number, cells, flags or None)
                continue
            if hidden:
                self.hidden.append(number)
            # Names repeat: one text for each, or a large sheet would hold thousands of copies.
            append(number, bool(hidden), tuple(map(one_text, cells, cells)), tuple(flags) if flags else None)

    def _keep_origins(self, number: int, cells: Sequence[str]) -> None:
        for column, wire in enumerate(cells):
            if wire and (number, column) in self.origin_cells:
                self.origins[(number, column)] = wire

    def _holds_data(self, cells: list[str]) -> bool:
        if self.table.spec.keep_others:
            return any(cells)
        return any(column < len(cells) and cells[column] for column in self.columns)

    def _role(self, cells: list[str]) -> str:
        """Why the row is no data; "" when it is."""
        if cells[: len(self.header_cells)] == self.header_cells:
            return "header"
        known = self.roles.known
        first = True
        for wire in cells[: self.labels]:
            if not wire:
                continue
            role = known.get(wire)
            if role is None:
                role = self.roles(wire)
            if role:
                if role == "total":
                    return "" if self.table.spec.keep_totals else role
                if first and (role != "label" or self._lacks_names(cells)):
                    return "signature" if role == "label" else role
            first = False
        return ""

    def _lacks_names(self, cells: list[str]) -> bool:
        return any(column >= len(cells) or not cells[column] for column in self.required)

    def _leave_out(self, role: str, number: int, cells: list[str], flags: list[int] | None) -> None:
        table = self.table
        row = Row(table, number, False, cells, flags)
        if role == "header":
            return
        label = next((clean(wire[1:]) for wire in cells if wire[:1] == TEXT and clean(wire[1:])), "")
        if role == "total":
            label = next((clean(wire[1:]) for wire in cells if self.roles(wire) == "total"), label)
            table.totals.append(Total(row, label))
            return
        signatures: dict[str, str] = {}
        if role == "signature" or role == "other":
            signatures = read_signatures(cells)
            for key, value in signatures.items():
                table.signatures.setdefault(key, value)
        stray = stray_number(cells, signatures)
        if stray:
            column = cells.index(NUMBER + stray)
            self.warnings.append(
                table_problem(
                    table.sheet,
                    "footer-number",
                    row=number,
                    cell=row.cell_at(column).name,
                    value=stray,
                    label=label[:40],
                )
            )

    def _fill(self, number: int, cells: list[str], flags: list[int] | int | None) -> list[int] | None:
        """Take the value of a merged range's first cell into the rows below it, never past the range."""
        marks = list(flags) if isinstance(flags, list) else []
        for column, top in self.fills[number]:
            wire = self.origins.get((top, column), EMPTY)
            if not wire or (column < len(cells) and cells[column]):
                continue
            cells.extend([EMPTY] * (column + 1 - len(cells)))
            cells[column] = wire
            marks.extend([0] * (column + 1 - len(marks)))
            marks[column] |= MERGED
        return marks


class _Assembly:
    """Turns the child's messages into a Workbook."""

    def __init__(self, specs: Sequence[TableSpec], limits: Limits, sheet: str | None) -> None:
        self.specs = specs
        self.limits = limits
        self.wanted_sheet = normalise_name(sheet) if sheet else None
        self.book = Workbook("", [])
        self.current: _Sheet | None = None
        self.fillings: list[_Filling] = []
        self.near_misses: dict[str, tuple[str, FoundHeader, Title]] = {}
        self.found: dict[str, list[_Filling]] = {}
        self.roles = Roles()

    def take(self, message: dict[str, Any]) -> None:
        what = message["m"]
        if what == "rows":
            self._rows(message["r"])
        elif what == "sheet":
            self._begin(message)
        elif what == "end":
            self._end(message)
        elif what == "book":
            self._book(message)
        elif what == "done":
            self.book.child_peak_kib = message["peak_kib"]
            self.book.child_seconds = message["seconds"]

    def _book(self, message: dict[str, Any]) -> None:
        self.book.kind = message["kind"]
        self.book.sheet_names = [name for name, _ in message["sheets"]]
        for name, hidden in message["sheets"]:
            # Our own templates carry their codes on a hidden sheet whose name begins with "_".
            if hidden and not name.startswith("_"):
                self.book.warnings.append(table_problem(name, "hidden-sheet", sheet=name))
        if message["ignored"]:
            self.book.warnings.append(table_problem("", "pictures"))

    def _begin(self, message: dict[str, Any]) -> None:
        name = self.book.sheet_names[message["i"]]
        folded = normalise_name(name)
        candidates = [
            spec
            for spec in self.specs
            if (folded in map(normalise_name, spec.sheets) if spec.sheets else True)
            and (self.wanted_sheet is None or spec.sheets or folded == self.wanted_sheet)
        ]
        self.current = _Sheet(name, message, candidates)

    def _rows(self, rows: list[list[Any]]) -> None:
        sheet = self.current
        if sheet is None or not sheet.candidates:
            return
        if not sheet.decided:
            sheet.head.extend(rows)
            if len(sheet.head) < HEAD_LINES:
                return
            self._decide(sheet)
            rows, sheet.head = sheet.head, []
        for filling in sheet.tables:
            filling.take(rows)

    def _decide(self, sheet: _Sheet) -> None:
        """Look for each table's header in the sheet's first rows."""
        sheet.decided = True
        lines: list[Line] = [(number, cells) for number, _, cells, _ in sheet.head[:HEAD_LINES] if any(cells)]
        for spec in sheet.candidates:
            found = find_header(lines, sheet.frame["merges"], spec)
            if found is None:
                continue
            title = read_title(lines, found.first_row)
            if found.missing or found.doubles:
                best = self.near_misses.get(spec.name)
                if best is None or len(found.missing) < len(best[1].missing):
                    self.near_misses[spec.name] = (sheet.name, found, title)
                continue
            header_text = {column: header.path for column, header in found.headers.items()}
            table = Table(
                spec,
                sheet.name,
                title,
                found.last_row,
                dict(found.columns),
                header_text,
                found.others,
                self.limits.text_length + 1,
                title_by_field={column.field: column.title for column in spec.columns},
            )
            header_cells = next(list(cells) for number, cells in lines if number == found.first_row)
            for number, cells in lines:
                if number < found.first_row:
                    for key, value in read_signatures(cells).items():
                        table.signatures.setdefault(key, value)
            filling = _Filling(table, found, sheet.frame, self.roles, header_cells)
            sheet.tables.append(filling)
            self.found.setdefault(spec.name, []).append(filling)

    def _end(self, message: dict[str, Any]) -> None:
        sheet = self.current
        self.current = None
        if sheet is None:
            return
        if not sheet.decided and sheet.candidates:
            self._decide(sheet)
            for filling in sheet.tables:
                filling.take(sheet.head)
        for filling in sheet.tables:
            self._frame_warnings(sheet, filling, message["too_wide"])

    def _frame_warnings(self, sheet: _Sheet, filling: _Filling, too_wide: str) -> None:
        notes = filling.warnings
        if filling.hidden:
            shown = "、".join(map(str, filling.hidden[:20])) + ("…" if len(filling.hidden) > 20 else "")
            notes.append(
                table_problem(
                    sheet.name, "hidden-rows", row=filling.hidden[0], count=len(filling.hidden), rows=shown
                )
            )
        for first, last in sheet.frame["hidden_columns"]:
            for column in filling.columns:
                if first <= column <= last:
                    text = filling.table.header_text[column]
                    notes.append(
                        table_problem(
                            sheet.name,
                            "hidden-columns",
                            row=filling.found.last_row,
                            cell=f"{column_letters(column)}{filling.found.last_row}",
                            column=text,
                        )
                    )
        if sheet.frame["comments"]:
            notes.append(table_problem(sheet.name, "comments"))
        if too_wide:
            notes.append(table_problem(sheet.name, "too-wide", cell=too_wide, limit=self.limits.columns))

    def finish(self) -> Workbook:
        for spec in self.specs:
            fillings = self.found.get(spec.name, [])
            if len(fillings) > 1:
                filled = [each for each in fillings if each.table.rows]
                fillings = filled if len(filled) == 1 else fillings
            if len(fillings) == 1:
                self._accept(fillings[0])
            elif len(fillings) > 1:
                names = "、".join(f"“{each.table.sheet}”" for each in fillings)
                self.book.errors.append(
                    table_problem(fillings[0].table.sheet, "which-sheet", value=names, sheets=names)
                )
            elif spec.name in self.near_misses:
                sheet, found, _ = self.near_misses[spec.name]
                self.book.errors.extend(header_problems(sheet, found))
            else:
                self._absent(spec)
        return self.book

    def _absent(self, spec: TableSpec) -> None:
        folded = {normalise_name(name): name for name in self.book.sheet_names}
        present = next((folded[key] for key in map(normalise_name, spec.sheets) if key in folded), None)
        if spec.sheets and present is None:
            if spec.required:
                self.book.errors.append(table_problem("", "no-sheet", name=f"“{spec.sheets[0]}”"))
            return
        if not spec.required and not spec.sheets:
            return
        words = "、".join(f"“{column.title}”" for column in spec.columns if column.required)
        sheet = present or (self.book.sheet_names[0] if len(self.book.sheet_names) == 1 else "")
        self.book.errors.append(table_problem(sheet, "no-header", rows=spec.max_header_rows, columns=words))

    def _accept(self, filling: _Filling) -> None:
        table, found = filling.table, filling.found
        self.book.tables[table.spec.name] = table
        self.book.warnings.extend(filling.warnings)
        if not table.spec.keep_others:
            for header in found.others:
                self.book.warnings.append(
                    table_problem(
                        table.sheet,
                        "extra-column",
                        row=found.last_row,
                        cell=f"{header.letters}{found.last_row}",
                        column=header.path,
                        value=header.path,
                    )
                )
        for column in table.spec.columns:
            if not column.measure or column.field not in found.columns:
                continue
            note = found.headers[found.columns[column.field]].note
            measure = note if note in ("元", "千元", "万元", "亿元") else table.title.measure
            if measure and measure != column.measure:
                self.book.errors.append(
                    table_problem(
                        table.sheet,
                        "money-unit",
                        row=found.last_row,
                        column=column.title,
                        found=measure,
                        wanted=column.measure,
                    )
                )
        if not table.rows and not table.spec.may_be_empty:
            self.book.errors.append(table_problem(table.sheet, "nothing-in-table", row=found.last_row))


def header_problems(sheet: str, found: FoundHeader) -> list[Problem]:
    """What is wrong with a header that was recognised but cannot be used."""
    if found.halves > 1 and not found.missing:
        return [table_problem(sheet, "side-by-side", row=found.last_row, count=found.halves)]
    problems = [
        table_problem(sheet, "missing-column", row=found.last_row, column=column.title)
        for column in found.missing
    ]
    for column, places in found.doubles:
        cells = "、".join(f"{column_letters(place)}{found.last_row}" for place in places)
        problems.append(
            table_problem(
                sheet,
                "double-column",
                row=found.last_row,
                cell=f"{column_letters(places[-1])}{found.last_row}",
                column=column.title,
                cells=cells,
            )
        )
    return problems


def read_workbook(
    source: Source,
    specs: Sequence[TableSpec],
    limits: Limits | None = None,
    *,
    file_name: str = "",
    sheet: str | None = None,
) -> Workbook:
    """The tables of a workbook (bytes, an open file or a Path), and what is wrong with its shape.

    `sheet` answers “which sheet”. Raises Refused for a file that is no readable workbook; everything that
    has a place in the workbook is an error or warning of the result instead.
    """
    limits = limits or Limits()
    assembly = _Assembly(specs, limits, sheet)
    for message in guarded(source, limits, file_name):
        assembly.take(message)
    return assembly.finish()


def rows_of(workbook: Workbook, name: str) -> Iterator[Row]:
    """The data rows of a table; none when the file does not have it."""
    table = workbook.tables.get(name)
    return iter(table.rows if table else ())
