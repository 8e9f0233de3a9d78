"""The tables of a page as sheets of a workbook: what stands in the cells, numbers as numbers.

Pure: HTML in, sheets out. Which pages offer it is said at their door (units.pages).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Final

from office.workbook.writer import ColumnOut, SheetOut, Value

VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
UNREAD: Final = frozenset({"button", "script", "style", "svg", "template"})
NUMBER: Final = re.compile(r"[+−-]?[0-9]{1,3}(?:,?[0-9]{3})*(?:\.[0-9]+)?")
EMPTY: Final = frozenset({"", "—"})
LONGEST_NAME: Final = 31  # characters of the name of a sheet
NOT_IN_A_NAME: Final = re.compile(r"[\[\]:*?/\\']")


@dataclass(slots=True)
class Cell:
    text: str = ""
    columns: int = 1


@dataclass(slots=True)
class Table:
    caption: str = ""
    head: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


class _Reading(HTMLParser):
    """Collects the tables; a field counts as what stands in it, a button as nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.open: list[tuple[str, bool]] = []  # tag, and whether what is inside is not read
        self.cell: Cell | None = None
        self.in_caption = self.in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        table = self.tables[-1] if self.tables else None
        hidden = "visually-hidden" in (attributes.get("class") or "").split()
        match tag:
            case "table":
                self.tables.append(Table())
            case "caption":
                self.in_caption, hidden = True, False
            case "thead":
                self.in_head = True
            case "tr" if table is not None:
                self.cell = None
                if self.in_head:
                    table.head = []
                else:
                    table.rows.append([])
            case "td" | "th" if table is not None and (self.in_head or table.rows):
                span = attributes.get("colspan") or "1"
                self.cell = Cell(columns=int(span) if span.isdecimal() else 1)
                (table.head if self.in_head else table.rows[-1]).append(self.cell)
            case "input":
                self._say(_value_of(attributes))
            case "option":
                hidden = "selected" not in attributes
            case "br" | "span" | "div" | "li" | "p":
                self._say(" ")
        if tag not in VOID:
            shut = bool(self.open) and self.open[-1][1]
            self.open.append((tag, shut or tag in UNREAD or hidden))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self.cell = None
        self.in_caption &= tag != "caption"
        self.in_head &= tag != "thead"
        if any(name == tag for name, _shut in self.open):
            while self.open.pop()[0] != tag:
                pass
        if tag in {"div", "li", "p"}:
            self._say(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1]:
            return
        if self.in_caption and self.tables:
            self.tables[-1].caption += data
        else:
            self._say(data)

    def _say(self, text: str) -> None:
        if self.cell is not None and not (self.open and self.open[-1][1]):
            self.cell.text += text


def _value_of(attributes: dict[str, str | None]) -> str:
    match attributes.get("type") or "text":
        case "hidden" | "submit" | "file" | "password":
            return ""
        case "checkbox" | "radio":
            return "✓" if "checked" in attributes else ""
    return f" {attributes.get('value') or ''} "


def sheets_of(html: str) -> list[SheetOut]:
    """A sheet for every table that has a row, named by its caption; the columns of buttons alone are left out."""
    reading = _Reading()
    reading.feed(html)
    made: list[SheetOut] = []
    for table in reading.tables:
        head = _texts(table.head)
        rows = [_texts(row) for row in table.rows if row]
        width = max([len(head), *map(len, rows)], default=0)
        if not rows or not width:
            continue
        filled = [line + [""] * (width - len(line)) for line in [head, *rows]]
        kept = [n for n in range(width) if any(line[n] not in EMPTY for line in filled)]
        caption = " ".join(table.caption.split())
        columns = [[line[n] for line in filled[1:]] for n in kept]
        specs = [_column(filled[0][n], texts) for n, texts in zip(kept, columns, strict=True)]
        made.append(
            SheetOut(
                _name(caption, [sheet.name for sheet in made]),
                specs,
                [
                    [_value(spec, text) for spec, text in zip(specs, line, strict=True)]
                    for line in zip(*columns, strict=True)
                ],
                title=caption,
                spare_rows=0,
            )
        )
    return made


def _texts(cells: Sequence[Cell]) -> list[str]:
    found: list[str] = []
    for cell in cells:
        found += [" ".join(cell.text.split()), *[""] * (cell.columns - 1)]
    return found


def _column(title: str, texts: Sequence[str]) -> ColumnOut:
    told = [text for text in texts if text not in EMPTY]
    if not told or not all(NUMBER.fullmatch(text) for text in told):
        return ColumnOut(title)
    most = max(len(text.partition(".")[2]) for text in told)
    # Long codes and telephone numbers are names made of digits.
    if any(len(text) > 12 or (text[0] == "0" and text[1:2].isdigit()) for text in told):
        return ColumnOut(title)
    return ColumnOut(title, "number", most)


def _value(spec: ColumnOut, text: str) -> Value:
    if spec.kind == "number":
        return None if text in EMPTY else Decimal(text.replace(",", "").replace("−", "-"))
    return text


def _name(caption: str, taken: Sequence[str]) -> str:
    plain = NOT_IN_A_NAME.sub(" ", caption).strip()[:LONGEST_NAME] or f"{len(taken) + 1}"
    number, name = 1, plain
    while name.casefold() in {one.casefold() for one in taken}:
        number += 1
        name = f"{plain[: LONGEST_NAME - len(str(number)) - 1]} {number}"
    return name
