"""Reads a .docx as its reader sees it: paragraphs, rows of tables, text boxes, notes, and what stands in the foot.

Runs inside the child for strangers' files; our own fresh papers are read the same way by office.docx. Tracked
changes are taken as accepted; what is struck out, hidden or deleted is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from office.workbook.wire import ChildRefusal
from office.workbook.xlsx import Package

MOST_LINES: Final = 20_000
MOST_TEXT: Final = 2_000_000  # characters, all lines together
LINES_PER_MESSAGE: Final = 500
FURNITURE = re.compile(r"word/(header|footer)\d*\.xml")
NOTES: Final = ("word/footnotes.xml", "word/endnotes.xml")
SPACE = re.compile(r"\s+")
OFF: Final = frozenset({"0", "false", "off", "none"})
GONE: Final = frozenset({"del", "moveFrom"})
COME: Final = frozenset({"ins", "moveTo"})

# A line as it travels: [kind, number of its table or 0, row from 1 or number of the paragraph, texts of its cells].
Wire = list[Any]
Emit = Callable[[Wire], None]


class Flow:
    """One part of the package, read from front to back; `emit` gets every line that shows something."""

    def __init__(self, emit: Emit, marks: dict[str, int], authors: set[str], *, kind: str = "p") -> None:
        self.emit, self.marks, self.authors, self.kind = emit, marks, authors, kind
        self.path: list[str] = []
        self.paragraphs: list[list[str]] = []  # text of the open paragraphs, boxes lie inside others
        self.tables: list[list[Any]] = []  # [number, row, cells of the open row, is the row deleted]
        self.cells: list[list[str] | None] = []  # open cells; None: a text box, which ends the cell's reach
        self.carried: list[str] = []
        self.number = self.table_count = 0
        self.gone = self.come = self.fallback = 0
        self.run: dict[str, bool] = {}
        self.merges = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self.path[-1] if self.path else ""
        self.path.append(tag)
        value = attributes.get("w:val", "")
        if tag == "Fallback":
            self.fallback += 1
        elif tag in GONE or tag in COME:
            self._track(tag, parent, attributes)
        elif self.fallback:
            return
        elif tag == "p":
            self.paragraphs.append([])
        elif tag == "tbl":
            self.table_count += 1
            self.tables.append([self.table_count, 0, [], False])
        elif tag == "tr" and self.tables:
            self.tables[-1][1:] = [self.tables[-1][1] + 1, [], False]
        elif tag == "tc":
            self.cells.append([])
        elif tag == "txbxContent":
            self.cells.append(None)
            self.marks["boxes"] += 1
        elif tag == "r":
            self.run = {}
        elif tag in {"vanish", "strike", "dstrike"} and parent == "rPr" and "r" in self.path[-3:-1]:
            self.run["vanish" if tag == "vanish" else "strike"] = value.lower() not in OFF
        elif parent == "r":
            self._inside_run(tag, attributes)
        elif tag in {"blip", "imagedata"}:
            self.marks["pictures"] += 1
        elif tag in {"altChunk", "object", "OLEObject"}:
            self.marks["foreign"] += 1

    def _inside_run(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"tab", "br", "cr"}:
            self._say(" ")
        elif tag == "noBreakHyphen":
            self._say("-")
        elif tag == "sym":
            try:
                self._say(chr(int(attributes.get("w:char", ""), 16)))
            except (ValueError, OverflowError):
                self._say("?")
        elif tag == "commentReference":
            self.marks["comments"] += 1
        elif tag == "delText" and not self.fallback:
            self.marks["deleted"] += 1
        elif tag == "object":
            self.marks["foreign"] += 1

    def _track(self, tag: str, parent: str, attributes: dict[str, str]) -> None:
        """A tracked change: of text, of a paragraph's mark, or of a whole row."""
        if author := attributes.get("w:author", ""):
            self.authors.add(author[:60])
        if parent == "rPr":
            if tag in GONE:
                self.merges = True
        elif parent == "trPr":
            if tag in GONE and self.tables:
                self.tables[-1][3] = True
        elif tag in GONE:
            self.gone += 1
            self.marks["deleted"] += tag == "moveFrom"
        else:
            self.come += 1
            self.marks["inserted"] += 1

    def end(self, tag: str) -> None:
        self.path.pop()
        parent = self.path[-1] if self.path else ""
        if tag == "Fallback":
            self.fallback -= 1
        elif tag in GONE and parent not in {"rPr", "trPr"}:
            self.gone -= 1
        elif tag in COME and parent not in {"rPr", "trPr"}:
            self.come -= 1
        elif self.fallback:
            return
        elif tag == "p" and self.paragraphs:
            self._end_paragraph()
        elif tag == "tc" and self.cells:
            cell = self.cells.pop()
            if self.tables and cell is not None:
                self.tables[-1][2].append("".join(cell))
        elif tag == "tr" and self.tables:
            number, row, cells, is_gone = self.tables[-1]
            if cells and not is_gone:
                self.emit(["row", number, row, cells])
        elif tag == "tbl" and self.tables:
            self.tables.pop()
        elif tag == "txbxContent" and self.cells:
            self.cells.pop()

    def _end_paragraph(self) -> None:
        text = "".join(self.paragraphs.pop())
        if self.merges:
            # The mark behind it is deleted: once that is accepted, it is one paragraph with the next.
            self.merges = False
            self.carried.append(text)
            return
        shown = SPACE.sub(" ", "".join([*self.carried, text])).strip()
        self.carried = []
        if self.cells and self.cells[-1] is not None:
            self.cells[-1].append(shown)
        elif shown:
            self.number += 1
            self.emit(["box" if self.cells else self.kind, 0, self.number, [shown]])

    def text(self, text: str) -> None:
        if self.path and self.path[-1] == "t":
            self._say(text)

    def _say(self, text: str) -> None:
        if self.fallback or self.gone or not self.paragraphs:
            return
        if self.run.get("vanish"):
            self.marks["hidden"] += 1
        elif self.run.get("strike"):
            self.marks["struck"] += 1
        else:
            self.paragraphs[-1].append(text)


def lines_of(package: Package) -> tuple[list[Wire], dict[str, Any]]:
    """(lines of the text, what else was met: counts by mark, "authors", "furniture" of head and foot)."""
    lines: list[Wire] = []
    furniture: list[Wire] = []
    marks = dict.fromkeys(
        ("inserted", "deleted", "hidden", "struck", "boxes", "pictures", "foreign", "comments"), 0
    )
    authors: set[str] = set()
    size = 0

    def counted(into: list[Wire]) -> Emit:
        def emit(line: Wire) -> None:
            nonlocal size
            size += sum(map(len, line[3]))
            if len(lines) + len(furniture) >= MOST_LINES or size > MOST_TEXT:
                raise ChildRefusal("too-large")
            into.append(line)

        return emit

    def read(part: str, into: list[Wire], kind: str) -> None:
        flow = Flow(counted(into), marks, authors, kind=kind)
        package.parse(part, flow.start, flow.end, flow.text)

    read("word/document.xml", lines, "p")
    for part in NOTES:
        if part in package.names:
            read(part, lines, "note")
    for part in sorted(package.names):
        if FURNITURE.fullmatch(part):
            read(part, furniture, "foot")
    return lines, {
        **marks,
        "authors": sorted(authors)[:8],
        "furniture": [line[3] for line in furniture[:200]],
    }


def read_words(package: Package, emit: Callable[[dict[str, Any]], None]) -> None:
    lines, facts = lines_of(package)
    for start in range(0, len(lines), LINES_PER_MESSAGE):
        emit({"m": "lines", "l": lines[start : start + LINES_PER_MESSAGE]})
    emit({"m": "facts", "f": facts})
