"""Writes workbooks for people: text stays text, numbers keep their decimals, what we write we can read back.
What goes into the columns is said by the caller; the words of the footer are the contract's.
"""

import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

Value = str | int | Decimal | date | bool | None
Kind = Literal["text", "number", "whole", "date"]

# What a program may take for the beginning of a formula when somebody edits the cell.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
LONGEST: Final = 32_767
LARGE_SHEET: Final = 20_000  # rows from which the sheet is written through a temporary file
LIST_CHARACTERS: Final = 255  # what a validation list may hold within itself
CODES_SHEET: Final = "_codes"
LISTS_SHEET: Final = "_lists"
FOOTER_WORDS: Final = (
    ("filled_by", "填表人"),
    ("checked_by", "审核人"),
    ("phone", "电话"),
    ("unit", "单位（盖章）"),
)


@dataclass(frozen=True, slots=True)
class ColumnOut:
    """One column to write. `places` is for numbers; `choices` become a list to pick from."""

    title: str
    kind: Kind = "text"
    places: int = 2
    required: bool = False
    choices: tuple[str, ...] = ()
    width: float | None = None  # characters; from the contents when None


@dataclass(frozen=True, slots=True)
class SheetOut:
    """One sheet: perhaps a title, the header, the rows, perhaps the footer people sign."""

    name: str
    columns: Sequence[ColumnOut]
    rows: Sequence[Sequence[Value]]
    title: str = ""
    footer: Mapping[str, str] | None = None  # filled_by, checked_by, phone, unit; {} for an empty one
    closing: Sequence[str] = ()  # lines below the footer
    frozen_columns: int = 1
    spare_rows: int = 200  # empty rows below the data that still offer the lists


@dataclass(slots=True)
class _Formats:
    book: Any
    known: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def __call__(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.known:
            self.known[key] = self.book.add_format(properties)
        return self.known[key]


def write_workbook(sheets: Sequence[SheetOut], codes: Mapping[str, str] | None = None) -> bytes:
    """The workbook as bytes (.xlsx). `codes` go to a hidden sheet that says what the file was made for."""
    import xlsxwriter

    out = io.BytesIO()
    large = any(len(sheet.rows) > LARGE_SHEET for sheet in sheets)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": large,
        "in_memory": not large,
    }
    book = xlsxwriter.Workbook(out, options)
    # A fixed date, so that the same contents give the same bytes.
    book.set_properties({"created": datetime(2012, 1, 1)})  # noqa: DTZ001 - the format has no time zones
    formats = _Formats(book)
    lists: dict[tuple[str, ...], str] = {}
    long_lists = [
        column.choices
        for sheet in sheets
        for column in sheet.columns
        if column.choices and len(",".join(column.choices)) > LIST_CHARACTERS
    ]
    for index, choices in enumerate(dict.fromkeys(long_lists)):
        letter = chr(65 + index % 26)
        lists[choices] = f"='{LISTS_SHEET}'!${letter}$1:${letter}${len(choices)}"
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name), sheet, formats, lists)
    if lists:
        hidden = book.add_worksheet(LISTS_SHEET)
        columns = list(lists)
        for row in range(max(map(len, columns))):
            for column, choices in enumerate(columns):
                if row < len(choices):
                    hidden.write_string(row, column, choices[row])
        hidden.very_hidden()
    if codes:
        hidden = book.add_worksheet(CODES_SHEET)
        for row, (key, value) in enumerate(codes.items()):
            hidden.write_string(row, 0, key)
            hidden.write_string(row, 1, value)
        hidden.very_hidden()
    book.close()
    return out.getvalue()


def _write_sheet(
    target: Any, sheet: SheetOut, formats: _Formats, lists: Mapping[tuple[str, ...], str]
) -> None:
    row = 0
    if sheet.title:
        style = formats(bold=True, font_size=14, align="center", valign="vcenter")
        if len(sheet.columns) > 1:
            target.merge_range(0, 0, 0, len(sheet.columns) - 1, "", style)
        target.write_string(0, 0, sheet.title, style)
        target.set_row(0, 26)
        row = 1
    header = row
    for column, spec in enumerate(sheet.columns):
        style = formats(
            bold=True,
            bg_color="#D9E2F3" if spec.required else "#F2F2F2",
            border=1,
            align="center",
            valign="vcenter",
            text_wrap=True,
        )
        target.write_string(row, column, spec.title, style)
    for values in sheet.rows:
        row += 1
        if len(values) != len(sheet.columns):
            raise ValueError(
                f"row {row} of {sheet.name} has {len(values)} values for {len(sheet.columns)} columns"
            )
        for column, (spec, value) in enumerate(zip(sheet.columns, values, strict=True)):
            _write(target, row, column, spec, value, formats)
    last = row
    if sheet.footer is not None:
        row += 2
        for column, (key, word) in enumerate(FOOTER_WORDS):
            _write_text(target, row, column, f"{word}：{sheet.footer.get(key, '')}", formats)
        for line in sheet.closing:
            row += 1
            _write_text(target, row, 0, line, formats)
    target.freeze_panes(header + 1, min(sheet.frozen_columns, len(sheet.columns)))
    if sheet.rows:
        target.autofilter(header, 0, last, len(sheet.columns) - 1)
    for column, spec in enumerate(sheet.columns):
        target.set_column(column, column, spec.width or _width(sheet, column, spec))
        if spec.choices:
            source = lists.get(spec.choices, list(spec.choices))
            until = last if sheet.footer is not None else last + sheet.spare_rows
            target.data_validation(
                header + 1, column, max(until, header + 1), column, {"validate": "list", "source": source}
            )


def _write(target: Any, row: int, column: int, spec: ColumnOut, value: Value, formats: _Formats) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        _write_text(target, row, column, "是" if value else "否", formats)
    elif isinstance(value, Decimal | int):
        pattern = "0" if spec.kind == "whole" or spec.places == 0 else "0." + "0" * spec.places
        # A Decimal is written digit by digit; as a float 81.24 would become 81.23999999999999.
        target.write_number(row, column, Decimal(value), formats(num_format=pattern))
    elif isinstance(value, date):
        target.write_datetime(row, column, value, formats(num_format="yyyy-mm-dd"))
    else:
        _write_text(target, row, column, value, formats)


def _write_text(target: Any, row: int, column: int, text: str, formats: _Formats) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"a text of {len(text)} characters does not fit into a cell")
    properties: dict[str, Any] = {"num_format": "@"}
    if text.startswith(FORMULA_STARTS):
        # Marked as text in the cell's style: the contents stay as they are, and editing the cell
        # cannot turn them into a formula.
        properties["quote_prefix"] = True
    if "\n" in text:
        properties["text_wrap"] = True
    target.write_string(row, column, text, formats(**properties))


def _characters(text: str) -> int:
    """Width on screen: a Chinese character takes two places."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _width(sheet: SheetOut, column: int, spec: ColumnOut) -> float:
    shown: Iterable[str] = (_shown(values[column], spec) for values in sheet.rows[:300])
    widest = max((_characters(line) for text in shown for line in text.split("\n")), default=0)
    return float(min(max(widest, _characters(spec.title) + 2, 8) + 2, 60))


def _shown(value: Value, spec: ColumnOut) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return "2012-09-30"
    if isinstance(value, Decimal):
        return f"{value:.{spec.places}f}"
    return str(value)
