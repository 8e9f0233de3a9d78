"""Marks bad cells in a copy of a workbook, inside the child process; the sentences come ready with the order.
A workbook too large for openpyxl, or a legacy .xls, is written anew from its values.
"""

import base64
import io
import re
import sys
import zipfile
from collections.abc import Callable
from typing import IO, Any, Final

import orjson

# openpyxl takes numpy along when it is there, and numpy takes more memory than the whole child may have.
sys.modules["numpy"] = None  # type: ignore[assignment]  # None is how an import is forbidden

from office.workbook.limits import Limits  # noqa: E402 - after numpy is forbidden
from office.workbook.wire import BOOL, NUMBER, ChildRefusal, cell_name, column_index  # noqa: E402 - as above

Emit = Callable[[dict[str, Any]], None]
WHOLE_BYTES: Final = 12 * 1024 * 1024  # of inflated parts, as declared; beyond, only values are copied
ERROR_FILL: Final = "FFC7CE"
WARNING_FILL: Final = "FFEB9C"
FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
Problems = list[list[Any]]  # sheet, cell, row, column, value, message, is it an error


def mark(limits: Limits, emit: Emit) -> None:
    """Standard input: eight bytes of length, the order as JSON, the workbook."""
    source = sys.stdin.buffer
    length = int.from_bytes(source.read(8), "big")
    order = orjson.loads(source.read(length))
    content = source.read(limits.file_bytes + 1)
    problems: Problems = order["problems"]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            size = sum(member.file_size for member in package.infolist())
        if size <= WHOLE_BYTES:
            made = mark_whole(content, order, problems)
        else:
            made = mark_values(content, order, problems, limits)
    else:
        made = mark_values(content, order, problems, limits)
    for at in range(0, len(made), 3 * 1024 * 1024):
        emit({"m": "file", "b": base64.b64encode(made[at : at + 3 * 1024 * 1024]).decode()})


def _place(cell: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", cell)
    return (int(match[2]), column_index(match[1])) if match else None


def _by_sheet(problems: Problems) -> dict[str, dict[tuple[int, int], tuple[bool, list[str]]]]:
    """sheet → place → (is one an error, sentences). A row's problem goes to its first cell."""
    places: dict[str, dict[tuple[int, int], tuple[bool, list[str]]]] = {}
    for sheet, cell, row, _, _, message, is_error in problems:
        place = _place(cell) or ((row, 0) if row else None)
        if place is None:
            continue
        marks = places.setdefault(sheet, {})
        known, sentences = marks.get(place, (False, []))
        marks[place] = (known or is_error, [*sentences, message])
    return places


def _free_name(wanted: str, names: list[str]) -> str:
    name, count = wanted, 1
    while name.lower() in {each.lower() for each in names}:
        count += 1
        name = f"{wanted}{count}"
    return name


def mark_whole(content: bytes, order: dict[str, Any], problems: Problems) -> bytes:
    """The same workbook: fills and comments on the cells, and a list in front."""
    from openpyxl import load_workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    book = load_workbook(io.BytesIO(content), keep_vba=False, keep_links=False)
    fills = {
        True: PatternFill("solid", fgColor=ERROR_FILL),
        False: PatternFill("solid", fgColor=WARNING_FILL),
    }
    for name, marks in _by_sheet(problems).items():
        if name not in book.sheetnames:
            continue
        sheet = book[name]
        for (row, column), (is_error, sentences) in marks.items():
            cell = sheet.cell(row, column + 1)
            for area in sheet.merged_cells.ranges:
                if cell.coordinate in area:
                    cell = sheet.cell(area.min_row, area.min_col)
            cell.fill = fills[is_error]
            text = "\n".join(sentences)
            cell.comment = Comment(text[:2000], order["author"], height=120, width=320)
    listing = book.create_sheet(_free_name(order["title"], book.sheetnames), 0)
    listing.append(order["headers"])
    for line in _lines(order, problems):
        listing.append(line)
        for cell in listing[listing.max_row]:
            cell.data_type = "s"
    for letter, width in zip("ABCDEF", order["widths"], strict=False):
        listing.column_dimensions[letter].width = width
    for cell in listing[1]:
        cell.font = Font(bold=True)
    for row_cells in listing.iter_rows(min_row=2, min_col=6, max_col=6):
        row_cells[0].alignment = Alignment(wrap_text=True, vertical="top")
    listing.freeze_panes = "A2"
    book.active = 0
    for sheet in book.worksheets[1:]:
        sheet.sheet_view.tabSelected = False
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _lines(order: dict[str, Any], problems: Problems) -> list[list[str]]:
    kinds = {True: order["error"], False: order["warning"]}
    return [
        [str(kinds[is_error]), str(sheet), str(cell or row or ""), str(column), str(value), str(message)]
        for sheet, cell, row, column, value, message, is_error in problems
    ]


def mark_values(content: bytes, order: dict[str, Any], problems: Problems, limits: Limits) -> bytes:
    """A new workbook with the same sheets and values, the bad cells filled and commented."""
    from office.workbook import xls, xlsx

    writer = ValueWriter(order, problems)
    file: IO[bytes] = io.BytesIO(content)
    if content[:2] == b"PK":
        xlsx.Book(xlsx.Package(file, limits), limits, writer.take).read()
    else:
        compound = xls.Compound(content)
        xls.refuse_foreign(compound)
        xls.XlsBook(compound.stream("Workbook"), limits, writer.take).read()
    return writer.finish()


class ValueWriter:
    """Receives what the reader would have sent, and writes it with the marks."""

    def __init__(self, order: dict[str, Any], problems: Problems) -> None:
        import xlsxwriter

        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.out, {"constant_memory": True, "strings_to_urls": False})
        self.order = order
        self.problems = problems
        self.places = _by_sheet(problems)
        self.names: list[str] = []
        self.sheet: Any = None
        self.marks: dict[tuple[int, int], tuple[bool, list[str]]] = {}
        self.open: dict[int, list[tuple[int, bool, list[str]]]] = {}
        self.fills = {
            True: self.book.add_format({"bg_color": "#" + ERROR_FILL}),
            False: self.book.add_format({"bg_color": "#" + WARNING_FILL}),
        }

    def take(self, message: dict[str, Any]) -> None:
        what = message["m"]
        if what == "book":
            self.names = [name for name, _ in message["sheets"]]
            self._list()
        elif what == "sheet":
            name = self.names[message["i"]]
            self.sheet = self.book.add_worksheet(FORBIDDEN_IN_NAMES.sub("_", name)[:31] or "_")
            self.marks = self.places.get(name, {})
            self.open = {}
            for (row, column), (is_error, sentences) in self.marks.items():
                self.open.setdefault(row, []).append((column, is_error, sentences))
        elif what == "rows":
            for number, _, cells, _ in message["r"]:
                self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> None:
        marked = {column: (is_error, sentences) for column, is_error, sentences in self.open.get(number, ())}
        for column in range(max([len(cells), *(column + 1 for column in marked)])):
            wire = cells[column] if column < len(cells) else ""
            is_error, sentences = marked.get(column, (False, []))
            style = self.fills[is_error] if sentences else None
            if wire[:1] == NUMBER:
                try:
                    self.sheet.write_number(number - 1, column, float(wire[1:]), style)
                except (ValueError, TypeError):
                    self.sheet.write_string(number - 1, column, wire[1:], style)
            elif wire[:1] == BOOL:
                self.sheet.write_boolean(number - 1, column, wire[1:] == "1", style)
            elif wire:
                self.sheet.write_string(number - 1, column, wire[1:], style)
            elif style is not None:
                self.sheet.write_blank(number - 1, column, None, style)
            if sentences:
                options = {"author": self.order["author"], "x_scale": 2.5, "y_scale": 1.5}
                self.sheet.write_comment(cell_name(number, column), "\n".join(sentences)[:2000], options)

    def _list(self) -> None:
        listing = self.book.add_worksheet(_free_name(self.order["title"], self.names))
        bold = self.book.add_format({"bold": True})
        for column, width in enumerate(self.order["widths"]):
            listing.set_column(column, column, width)
        for column, text in enumerate(self.order["headers"]):
            listing.write_string(0, column, text, bold)
        for number, line in enumerate(_lines(self.order, self.problems), 1):
            for column, text in enumerate(line):
                listing.write_string(number, column, text)
        listing.freeze_panes(1, 0)

    def finish(self) -> bytes:
        if not self.names:
            raise ChildRefusal("damaged")
        self.book.close()
        return self.out.getvalue()
