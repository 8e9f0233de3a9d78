"""Reads a legacy .xls (Excel 97-2003, BIFF8) inside the child process, record by record.
Older formats are refused by name rather than half read; finding tables is the parent's.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

from office.workbook.limits import Limits
from office.workbook.wire import (
    BOOL,
    DATE,
    ERROR,
    FORMULA,
    NUMBER,
    PERCENT,
    ROWS_PER_LINE,
    STRIKE,
    TEXT,
    UNCACHED,
    ChildRefusal,
    cell_name,
)
from office.workbook.xlsx import DATE_FORMATS, PERCENT_FORMATS, Emit, format_flags, serial_to_text

OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE: Final = 0xFFFFFFFA  # sector numbers from here on are marks, not places
ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


class Compound:
    """An OLE file: streams by name. Every chain is bounded by the file's own size."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        if len(content) < 1536 or content[:8] != OLE_MAGIC:
            raise ChildRefusal("damaged")
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ChildRefusal("damaged")
        self.size = 1 << shift
        (directory_start,) = struct.unpack_from("<I", content, 48)
        self.mini_cutoff, mini_fat_start, mini_fat_count, difat_start, difat_count = struct.unpack_from(
            "<5I", content, 56
        )
        self.sectors = len(content) // self.size + 1
        places = list(struct.unpack_from("<109I", content, 76))
        sector, seen = difat_start, 0
        while sector < FREE and seen <= min(difat_count, self.sectors):
            block = struct.unpack(f"<{self.size // 4}I", self._sector(sector))
            places.extend(block[:-1])
            sector, seen = block[-1], seen + 1
        self.fat: list[int] = []
        for place in places:
            if place < FREE:
                self.fat.extend(struct.unpack(f"<{self.size // 4}I", self._sector(place)))
        self.entries: dict[str, tuple[int, int, int]] = {}  # name → kind, start, size
        root = (0, 0)
        directory = self._chain(directory_start)
        for at in range(0, len(directory) - 127, 128):
            entry = directory[at : at + 128]
            length, kind = struct.unpack_from("<HB", entry, 64)
            if kind == 0 or not 2 <= length <= 64:
                continue
            name = entry[: length - 2].decode("utf-16-le", "replace")
            start, size = struct.unpack_from("<II", entry, 116)
            if kind == 5:
                root = (start, size)
            self.entries.setdefault(name, (kind, start, size))
        self.mini_stream = self._chain(root[0])[: root[1]] if root[1] else b""
        self.mini_fat: list[int] = []
        if mini_fat_count and mini_fat_start < FREE:
            table = self._chain(mini_fat_start)
            self.mini_fat = list(struct.unpack(f"<{len(table) // 4}I", table))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        block = self.content[start : start + self.size]
        if not block:
            raise ChildRefusal("damaged")
        return block.ljust(self.size, b"\0")

    def _chain(self, sector: int) -> bytes:
        blocks: list[bytes] = []
        while sector < FREE:
            if len(blocks) > self.sectors or sector >= len(self.fat):
                raise ChildRefusal("damaged")
            blocks.append(self._sector(sector))
            sector = self.fat[sector]
        return b"".join(blocks)

    def stream(self, name: str) -> bytes:
        kind, start, size = self.entries[name]
        if kind != 2:
            raise ChildRefusal("damaged")
        if size >= self.mini_cutoff:
            return self._chain(start)[:size]
        blocks: list[bytes] = []
        sector = start
        while sector < FREE:
            if len(blocks) > len(self.mini_fat) or sector >= len(self.mini_fat):
                raise ChildRefusal("damaged")
            blocks.append(self.mini_stream[sector * 64 : sector * 64 + 64])
            sector = self.mini_fat[sector]
        return b"".join(blocks)[:size]


def refuse_foreign(compound: Compound) -> None:
    """Refuse what is not a plain workbook, each with its own word."""
    names = set(compound.entries)
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        raise ChildRefusal("encrypted")
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
        raise ChildRefusal("macro")
    if "Workbook" in names:
        return
    if "Book" in names:
        raise ChildRefusal("old-excel")
    if "WordDocument" in names:
        raise ChildRefusal("wrong-type", kind="doc")
    raise ChildRefusal("wrong-type", kind="ole")


def number_text(value: float) -> str:
    """The shortest decimal text of a stored number: 85.5, not 85.50000000000000."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


class Records:
    """The stream's records from a place on, CONTINUE records kept apart for the strings' sake."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream

    def __call__(self, at: int) -> Iterator[tuple[int, int, int]]:
        """(record type, start of its bytes, length)."""
        stream = self.stream
        end = len(stream)
        while at + 4 <= end:
            kind, length = struct.unpack_from("<HH", stream, at)
            at += 4
            if at + length > end:
                raise ChildRefusal("damaged")
            yield kind, at, length
            at += length


class Strings:
    """The shared strings table, whose texts may be cut between records at any character."""

    def __init__(self, pieces: list[bytes], limits: Limits) -> None:
        self.pieces = pieces
        self.piece = 0
        self.at = 8
        self.longest = limits.text_length + 1
        self.values: list[str] = []
        (count,) = struct.unpack_from("<I", pieces[0], 4)
        try:
            for _ in range(min(count, 2_000_000)):
                if self.piece >= len(self.pieces) or (
                    self.piece == len(self.pieces) - 1 and self.at >= len(self.pieces[-1])
                ):
                    break
                self.values.append(self._string())
        except (struct.error, IndexError) as error:
            raise ChildRefusal("damaged") from error

    def _take(self, count: int) -> bytes:
        """Bytes that may run on into the next piece."""
        taken = b""
        while count:
            if self.at >= len(self.pieces[self.piece]):
                self.piece, self.at = self.piece + 1, 0
            block = self.pieces[self.piece][self.at : self.at + count]
            self.at += len(block)
            count -= len(block)
            taken += block
        return taken

    def _string(self) -> str:
        length, options = struct.unpack("<HB", self._take(3))
        runs = struct.unpack("<H", self._take(2))[0] if options & 0x08 else 0
        extra = struct.unpack("<I", self._take(4))[0] if options & 0x04 else 0
        text = ""
        while True:
            wide = options & 0x01
            block = self.pieces[self.piece]
            fits = min((len(block) - self.at) // (2 if wide else 1), length)
            raw = block[self.at : self.at + fits * (2 if wide else 1)]
            self.at += len(raw)
            text += raw.decode("utf-16-le" if wide else "latin-1", "replace")
            length -= fits
            if not length:
                break
            # A text that runs on begins its new record with a new width byte.
            self.piece, self.at = self.piece + 1, 1
            options = self.pieces[self.piece][0]
        self._take(runs * 4 + extra) if runs or extra else None
        return TEXT + text[: self.longest] if text else ""


class XlsBook:
    """One BIFF8 workbook on its way through the pipe."""

    def __init__(self, stream: bytes, limits: Limits, emit: Emit) -> None:
        self.stream = stream
        self.records = Records(stream)
        self.limits = limits
        self.emit = emit
        self.base_1904 = False
        self.strings: list[str] = []
        self.flags: list[int] = []
        self.dates: list[bool] = []
        self.rows_seen = 0
        self.cells_seen = 0

    def read(self) -> None:
        try:
            self._read()
        except (struct.error, IndexError) as error:
            raise ChildRefusal("damaged") from error

    def _read(self) -> None:
        stream = self.stream
        sheets: list[tuple[str, int, bool]] = []
        formats: dict[int, tuple[bool, bool]] = {}
        strikes: list[bool] = []
        xfs: list[tuple[int, int]] = []
        pieces: list[bytes] = []
        previous = first = 0
        for kind, at, length in self.records(0):
            if not first:
                first = 1
                if kind != 0x0809 or struct.unpack_from("<H", stream, at)[0] != 0x0600:
                    raise ChildRefusal("old-excel")
            if kind == 0x002F:
                raise ChildRefusal("encrypted")
            if kind == 0x0085:
                place, state, sheet_kind = struct.unpack_from("<IBB", stream, at)
                name = short_text(stream, at + 6)
                if sheet_kind == 1:
                    raise ChildRefusal("macro")
                if sheet_kind == 0:
                    sheets.append((name, place, (state & 3) != 0))
            elif kind == 0x01AE and length > 4:
                raise ChildRefusal("external-links")
            elif kind == 0x0022:
                self.base_1904 = struct.unpack_from("<H", stream, at)[0] == 1
            elif kind == 0x041E:
                (number,) = struct.unpack_from("<H", stream, at)
                formats[number] = format_flags(long_text(stream, at + 2))
            elif kind == 0x0031:
                strikes.append(bool(struct.unpack_from("<H", stream, at + 2)[0] & 0x08))
            elif kind == 0x00E0:
                xfs.append(struct.unpack_from("<HH", stream, at))
            elif kind == 0x00FC:
                pieces = [stream[at : at + length]]
            elif kind == 0x003C and previous == 0x00FC:
                pieces.append(stream[at : at + length])
                continue
            elif kind == 0x000A:
                break
            previous = kind
        for font, number in xfs:
            font -= 1 if font > 4 else 0  # font number 4 does not exist in this format
            is_date, is_percent = formats.get(number, (number in DATE_FORMATS, number in PERCENT_FORMATS))
            struck = font < len(strikes) and strikes[font]
            self.dates.append(is_date)
            self.flags.append((PERCENT if is_percent else 0) | (STRIKE if struck else 0))
        if len(sheets) > self.limits.sheets:
            raise ChildRefusal("too-many-sheets", count=len(sheets), limit=self.limits.sheets)
        if pieces:
            self.strings = Strings(pieces, self.limits).values
        self.emit(
            {
                "m": "book",
                "kind": "xls",
                "sheets": [[name, hidden] for name, _, hidden in sheets],
                "ignored": [],
            }
        )
        for index, (_, place, hidden) in enumerate(sheets):
            if not hidden:
                self._sheet(index, place)

    def _sheet(self, index: int, place: int) -> None:
        stream = self.stream
        rows: dict[int, dict[int, str]] = {}
        flags: dict[int, dict[int, int]] = {}
        hidden_rows: set[int] = set()
        merges: list[list[int]] = []
        hidden_columns: list[list[int]] = []
        filtered = False
        comments = False
        too_wide = ""
        waiting: tuple[int, int, int] | None = None  # a formula whose text stands in the next record
        depth = 0

        def put(row: int, column: int, style: int, cell: str, extra: int = 0) -> None:
            nonlocal too_wide
            if column >= self.limits.columns:
                too_wide = too_wide or cell_name(row + 1, column)
                return
            mark = extra
            if style < len(self.flags):
                mark |= self.flags[style]
                if self.dates[style] and cell[:1] == NUMBER:
                    moment = serial_to_text(cell[1:], self.base_1904)
                    cell = DATE + moment if moment else ERROR + cell[1:]
            line = rows.get(row)
            if line is None:
                line = rows[row] = {}
                self.rows_seen += 1
                if self.rows_seen > self.limits.rows:
                    raise ChildRefusal("too-many-rows", limit=self.limits.rows)
            line[column] = cell
            self.cells_seen += 1
            if self.cells_seen > self.limits.cells:
                raise ChildRefusal("too-many-cells", limit=self.limits.cells)
            if mark:
                flags.setdefault(row, {})[column] = mark

        for kind, at, length in self.records(place):
            if kind == 0x0809:
                depth += 1
                if depth == 1 and struct.unpack_from("<H", stream, at + 2)[0] != 0x0010:
                    return
            elif kind == 0x000A:
                depth -= 1
                if depth <= 0:
                    break
            elif depth > 1:
                continue  # a chart drawn on the sheet
            elif kind == 0x0203:
                row, column, style, value = struct.unpack_from("<HHHd", stream, at)
                put(row, column, style, NUMBER + number_text(value))
            elif kind == 0x027E:
                row, column, style = struct.unpack_from("<HHH", stream, at)
                put(row, column, style, NUMBER + number_text(packed_number(stream, at + 6)))
            elif kind == 0x00BD:
                row, column = struct.unpack_from("<HH", stream, at)
                for step in range((length - 6) // 6):
                    (style,) = struct.unpack_from("<H", stream, at + 4 + step * 6)
                    value = packed_number(stream, at + 6 + step * 6)
                    put(row, column + step, style, NUMBER + number_text(value))
            elif kind == 0x00FD:
                row, column, style, which = struct.unpack_from("<HHHI", stream, at)
                if self.strings[which]:
                    put(row, column, style, self.strings[which])
            elif kind == 0x0204 or kind == 0x00D6:
                row, column, style = struct.unpack_from("<HHH", stream, at)
                put(row, column, style, TEXT + long_text(stream, at + 6)[: self.limits.text_length + 1])
            elif kind == 0x0205:
                row, column, style, value, is_error = struct.unpack_from("<HHHBB", stream, at)
                put(row, column, style, ERROR + ERRORS.get(value, "#N/A") if is_error else BOOL + str(value))
            elif kind == 0x0006:
                row, column, style = struct.unpack_from("<HHH", stream, at)
                result = stream[at + 6 : at + 14]
                (options,) = struct.unpack_from("<H", stream, at + 14)
                mark = FORMULA | (UNCACHED if options & 0x02 else 0)
                if result[6:8] != b"\xff\xff":
                    put(row, column, style, NUMBER + number_text(struct.unpack("<d", result)[0]), mark)
                elif result[0] == 0:
                    waiting = (row, column, style)
                    put(row, column, style, "", mark)
                elif result[0] == 1:
                    put(row, column, style, BOOL + str(result[2]), mark)
                elif result[0] == 2:
                    put(row, column, style, ERROR + ERRORS.get(result[2], "#N/A"), mark)
                else:
                    put(row, column, style, "", mark)
            elif kind == 0x0207 and waiting:
                row, column, _ = waiting
                rows[row][column] = TEXT + long_text(stream, at)[: self.limits.text_length + 1]
                waiting = None
            elif kind == 0x0208:
                (row,) = struct.unpack_from("<H", stream, at)
                if struct.unpack_from("<I", stream, at + 12)[0] & 0x20:
                    hidden_rows.add(row)
            elif kind == 0x007D:
                first, last, _, _, options = struct.unpack_from("<5H", stream, at)
                if options & 1:
                    hidden_columns.append([first, last])
            elif kind == 0x00E5:
                (count,) = struct.unpack_from("<H", stream, at)
                for step in range(count):
                    top, bottom, left, right = struct.unpack_from("<4H", stream, at + 2 + step * 8)
                    merges.append([top + 1, left, bottom + 1, right])
                if len(merges) > self.limits.merges:
                    raise ChildRefusal("too-many-cells", limit=self.limits.merges)
            elif kind == 0x009D:
                filtered = True
            elif kind == 0x001C:
                comments = True
        self.emit(
            {
                "m": "sheet",
                "i": index,
                "merges": merges,
                "hidden_columns": hidden_columns,
                "filter": filtered,
                "comments": comments,
            }
        )
        lines: list[list[Any]] = []
        for number in sorted(rows):
            line, marks = rows[number], flags.get(number)
            cells = [line.get(column, "") for column in range(max(line) + 1)]
            marked: list[int] | int = 0
            if marks:
                marked = [marks.get(column, 0) for column in range(max(marks) + 1)]
            if any(cells) or marked:
                lines.append([number + 1, 1 if number in hidden_rows else 0, cells, marked])
            if len(lines) >= ROWS_PER_LINE:
                self.emit({"m": "rows", "r": lines})
                lines = []
        if lines:
            self.emit({"m": "rows", "r": lines})
        self.emit({"m": "end", "i": index, "too_wide": too_wide})


def packed_number(stream: bytes, at: int) -> float:
    """A number squeezed into four bytes: 30 bits of a float or an integer, perhaps times 100."""
    (raw,) = struct.unpack_from("<I", stream, at)
    if raw & 2:
        (whole,) = struct.unpack_from("<i", stream, at)
        value = float(whole >> 2)
    else:
        (value,) = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", raw & 0xFFFFFFFC))
    return value / 100 if raw & 1 else value


def short_text(stream: bytes, at: int) -> str:
    """A text with a one-byte length."""
    length, options = struct.unpack_from("<BB", stream, at)
    return _text(stream, at + 2, length, options)


def long_text(stream: bytes, at: int) -> str:
    """A text with a two-byte length."""
    length, options = struct.unpack_from("<HB", stream, at)
    return _text(stream, at + 3, length, options)


def _text(stream: bytes, at: int, length: int, options: int) -> str:
    if options & 1:
        return stream[at : at + 2 * length].decode("utf-16-le", "replace")
    return stream[at : at + length].decode("latin-1")
