"""Reads an .xlsx inside the child process: values as written, formulas, hidden rows, formats, merges.
Finding tables and judging values are the parent's; nothing here may be called outside the child.

The sheet's own words about itself (dimension, declared sizes, cell counts) are never believed.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO, Any, Final
from xml.parsers import expat

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
    column_index,
)

CHUNK: Final = 1024 * 1024
EMPTY_ROW_SKIP: Final = 8 * 1024 * 1024  # text without the end of a row, kept while it might hold a value
Emit = Callable[[dict[str, Any]], None]

# Exactly what the common programs write for a plain cell. A row with anything else in it
# (formula, inline text, other attribute order) is read by the XML parser instead.
PLAIN_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(n|s|b|inlineStr)")?'
    r'(?:/>|></c>|><v>([^<&]*)</v></c>|><is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>)'
)
ROW_NUMBER = re.compile(r' r="(\d+)"')
ROW_HIDDEN = re.compile(r' hidden="(?:1|true)"')
HOLDS = ("<v", "<is", "<f")
OTHER_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

DATE_FORMATS: Final = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
PERCENT_FORMATS: Final = {9, 10}
FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
DATE_LETTERS = re.compile(r"[ymdhs年月日]", re.IGNORECASE)


def format_flags(number_format: str) -> tuple[bool, bool]:
    """Whether a custom number format shows a date, and whether it shows a percentage."""
    plain = FORMAT_NOISE.sub("", number_format).replace("General", "").replace("通用格式", "")
    percent = "%" in plain
    return bool(DATE_LETTERS.search(plain)) and not percent, percent


def serial_to_text(serial: str, base_1904: bool) -> str | None:
    """A date cell's number as ISO text; None when no calendar has such a day."""
    try:
        days = float(serial)
        if not 0 <= days < 2_958_466:
            return None
        if base_1904:
            start = datetime(1904, 1, 1)  # noqa: DTZ001 - a date in a cell has no time zone
        else:
            # Excel counts a 29 February 1900 that never was.
            start = datetime(1899, 12, 31 if days < 60 else 30)  # noqa: DTZ001 - as above
        moment = start + timedelta(seconds=round(days * 86_400))
    except (ValueError, OverflowError):
        return None
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return moment.date().isoformat()
    return moment.isoformat()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parser() -> Any:
    """An expat parser that refuses document types, and with them every entity bomb."""
    parser: Any = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise ChildRefusal("entity-bomb")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


class Package:
    """The zip: checked names, and parts that are counted while they are inflated."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self.limits = limits
        self.inflated = 0
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
            raise ChildRefusal("damaged") from error
        members = self.zip.infolist()
        if len(members) > limits.members:
            raise ChildRefusal("too-many-members", count=len(members), limit=limits.members)
        self.names: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = member.orig_filename
            parts = name.replace("\\", "/").split("/")
            if name.startswith(("/", "\\")) or "\\" in name or "\0" in name or ".." in parts or ":" in name:
                raise ChildRefusal("path-in-zip")
            if member.flag_bits & 0x1:
                raise ChildRefusal("encrypted")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ChildRefusal("damaged")
            if name.lower() in self.names:
                raise ChildRefusal("damaged")
            self.names[name.lower()] = member

    def chunks(self, name: str) -> Iterator[bytes]:
        """The part's bytes as they inflate; what the zip declares about sizes is not believed."""
        member = self.names.get(name.lower())
        if member is None:
            raise ChildRefusal("damaged")
        packed = max(member.compress_size, 1)
        seen = 0
        try:
            with self.zip.open(member) as part:
                while chunk := part.read(CHUNK):
                    seen += len(chunk)
                    self.inflated += len(chunk)
                    if self.inflated > self.limits.inflated_bytes or (
                        seen > self.limits.ratio_from and seen > packed * self.limits.ratio
                    ):
                        raise ChildRefusal("zip-bomb", size=self.inflated // (1024 * 1024))
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise ChildRefusal("damaged") from error
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise ChildRefusal("damaged") from error
            raise

    def parse(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
        limit: int = 32 * 1024 * 1024,
    ) -> None:
        """Feed one part to the handlers, names without their prefixes."""
        parser = _parser()
        parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
        if end is not None:
            ending = end
            parser.EndElementHandler = lambda tag: ending(_local(tag))
        if text is not None:
            parser.CharacterDataHandler = text
        size = 0
        try:
            for chunk in self.chunks(name):
                size += len(chunk)
                if size > limit:
                    raise ChildRefusal("zip-bomb", size=size // (1024 * 1024))
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ChildRefusal("damaged") from error

    def relations(self, part: str) -> dict[str, tuple[str, str, bool]]:
        """What a part points to: id → (kind, target inside the zip, outside or not)."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", base + ".rels")
        found: dict[str, tuple[str, str, bool]] = {}
        if name.lower() not in self.names:
            return found

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship":
                target = attributes.get("Target", "")
                outside = attributes.get("TargetMode") == "External"
                if not outside:
                    target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, target, outside)

        self.parse(name, start)
        return found


class Styles:
    """For each cell style: is it a date, a percentage, struck through."""

    def __init__(self, package: Package, part: str | None) -> None:
        self.flags: list[int] = []  # per style: PERCENT, STRIKE
        self.dates: list[bool] = []
        if part is None or part.lower() not in package.names:
            return
        custom: dict[int, tuple[bool, bool]] = {}
        strikes: list[bool] = []
        path: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            parent = path[-1] if path else ""
            path.append(tag)
            if tag == "numFmt" and parent == "numFmts":
                custom[_number(attributes.get("numFmtId"))] = format_flags(attributes.get("formatCode", ""))
            elif tag == "font" and parent == "fonts":
                strikes.append(False)
            elif tag == "strike" and parent == "font" and strikes and "fonts" in path:
                strikes[-1] = attributes.get("val", "1") not in ("0", "false")
            elif tag == "xf" and parent == "cellXfs":
                number_format = _number(attributes.get("numFmtId"))
                font = _number(attributes.get("fontId"))
                is_date, is_percent = custom.get(
                    number_format, (number_format in DATE_FORMATS, number_format in PERCENT_FORMATS)
                )
                struck = font < len(strikes) and strikes[font]
                self.dates.append(is_date)
                self.flags.append((PERCENT if is_percent else 0) | (STRIKE if struck else 0))
                if len(self.flags) > 70_000:
                    raise ChildRefusal("damaged")

        def end(_: str) -> None:
            path.pop()

        package.parse(part, start, end)


def _number(text: str | None) -> int:
    try:
        return max(int(text or 0), 0)
    except ValueError:
        return 0


def unescape(text: str) -> str:
    """The format's own escapes: _x000D_ stands for a carriage return."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def plain_text(text: str) -> str:
    """Text out of XML in which only the three common entities stand."""
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return unescape(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_strings(package: Package, part: str | None, limits: Limits) -> list[str]:
    """The shared strings as cells ("s…"); rich text joined, phonetic guides left out."""
    strings: list[str] = []
    if part is None or part.lower() not in package.names:
        return strings
    pieces: list[str] = []
    state = {"text": False, "phonetic": False}
    longest = limits.text_length + 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "t":
            state["text"] = not state["phonetic"]
        elif tag == "si":
            pieces.clear()
        elif tag == "rPh":
            state["phonetic"] = True

    def end(tag: str) -> None:
        if tag == "t":
            state["text"] = False
        elif tag == "si":
            text = unescape("".join(pieces))
            strings.append(TEXT + text[:longest] if text else "")
        elif tag == "rPh":
            state["phonetic"] = False

    def text(data: str) -> None:
        if state["text"]:
            pieces.append(data)

    package.parse(part, start, end, text, limits.strings_bytes)
    return strings


class Book:
    """One workbook on its way through the pipe."""

    def __init__(self, package: Package, limits: Limits, emit: Emit) -> None:
        self.package = package
        self.limits = limits
        self.emit = emit
        self.rows_seen = 0
        self.cells_seen = 0
        self.base_1904 = False
        self.recalculates = False  # every formula's value is to be worked out when it is opened
        self.strings: list[str] = []
        self.styles: Styles

    def read(self) -> None:
        root = self.package.relations("")
        target = next(
            (t for kind, t, out in root.values() if kind == "officeDocument" and not out), "xl/workbook.xml"
        )
        if target.lower() not in self.package.names:
            raise ChildRefusal("damaged")
        relations = self.package.relations(target)
        kinds = {kind for kind, _, _ in relations.values()}
        if "externalLink" in kinds or "connections" in kinds:
            raise ChildRefusal("external-links")
        sheets: list[tuple[str, str, bool]] = []  # name, part, hidden

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                relation = next((attributes[key] for key in attributes if _local(key) == "id"), "")
                kind, part, outside = relations.get(relation, ("", "", True))
                if kind == "worksheet" and not outside:
                    hidden = attributes.get("state", "visible") != "visible"
                    sheets.append((attributes.get("name", ""), part, hidden))
            elif tag == "workbookPr":
                self.base_1904 = attributes.get("date1904") in ("1", "true")
            elif tag == "calcPr":
                self.recalculates = attributes.get("fullCalcOnLoad") in ("1", "true")

        self.package.parse(target, start)
        if len(sheets) > self.limits.sheets:
            raise ChildRefusal("too-many-sheets", count=len(sheets), limit=self.limits.sheets)
        parts = {kind: part for kind, part, outside in relations.values() if not outside}
        self.styles = Styles(self.package, parts.get("styles"))
        self.strings = read_strings(self.package, parts.get("sharedStrings"), self.limits)
        ignored = {
            kind for name in self.package.names for kind in ("media", "embeddings") if f"/{kind}/" in name
        }
        self.emit(
            {
                "m": "book",
                "kind": "xlsx",
                "sheets": [[name, hidden] for name, _, hidden in sheets],
                "ignored": sorted(ignored),
            }
        )
        for index, (_, part, hidden) in enumerate(sheets):
            if not hidden:
                SheetReader(self, index, part).read()


class SheetReader:
    """Two passes over a sheet's XML: first its frame (merges, filter, columns), then its rows."""

    def __init__(self, book: Book, index: int, part: str) -> None:
        self.book = book
        self.index = index
        self.part = part
        self.plain = True  # no comments, CDATA, other encodings: rows may be read by pattern
        self.buffer: list[list[Any]] = []
        self.too_wide: str = ""
        self.last_row = 0

    def read(self) -> None:
        frame = self._frame()
        relations = self.book.package.relations(self.part).values()
        frame["comments"] = any(kind in ("comments", "threadedComment") for kind, _, _ in relations)
        self.book.emit({"m": "sheet", "i": self.index, **frame})
        if self.plain:
            self._rows_by_pattern()
        else:
            self._rows_by_parser()
        self._flush()
        self.book.emit({"m": "end", "i": self.index, "too_wide": self.too_wide})

    # The frame ---------------------------------------------------------------------------------

    def _frame(self) -> dict[str, Any]:
        """What stands before and after the rows; decides whether the rows are plain."""
        head = tail = carry = b""
        in_rows = False
        done = False
        for chunk in self.book.package.chunks(self.part):
            text = carry + chunk
            if b"<!" in text:
                if b"<!DOCTYPE" in text:
                    raise ChildRefusal("entity-bomb")
                self.plain = False
            if done:
                tail += chunk
            elif in_rows:
                at = text.find(b"</sheetData>")
                if at >= 0:
                    tail, done = text[at:], True
            else:
                # The carry holds the end of the previous text, which `head` has already.
                head += chunk
                at = head.find(b"<sheetData")
                if at >= 0:
                    rest = head[at:]
                    head, in_rows = head[:at], True
                    end = rest.find(b"</sheetData>")
                    if end >= 0:
                        tail, done = rest[end:], True
                    elif rest.startswith(b"<sheetData/>"):
                        tail, done = b"</sheetData>" + rest[len(b"<sheetData/>") :], True
            if len(head) > 4 * CHUNK or len(tail) > 16 * CHUNK:
                raise ChildRefusal("damaged")
            carry = text[-16:]
        declaration = head[:200].lower()
        if not in_rows or head[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\0" in head[:64]:
            self.plain = False
        if b"encoding=" in declaration and b"utf-8" not in declaration:
            self.plain = False
        if in_rows and not done:
            raise ChildRefusal("damaged")
        if not self.plain:
            return self._frame_by_parser(self.book.package.chunks(self.part))
        return self._frame_by_parser(iter([head, b"<sheetData>", tail]))

    def _frame_by_parser(self, chunks: Iterator[bytes]) -> dict[str, Any]:
        merges: list[list[int]] = []
        hidden_columns: list[list[int]] = []
        found = {"filter": False}

        def start(tag: str, attributes: dict[str, str]) -> None:
            tag = _local(tag)
            if tag == "mergeCell":
                area = parse_area(attributes.get("ref", ""))
                if area:
                    merges.append(area)
                if len(merges) > self.book.limits.merges:
                    raise ChildRefusal("too-many-cells", limit=self.book.limits.merges)
            elif tag == "col" and attributes.get("hidden") in ("1", "true") and len(hidden_columns) < 1000:
                first, last = _number(attributes.get("min")), _number(attributes.get("max"))
                hidden_columns.append([first - 1, last - 1])
            elif tag == "autoFilter":
                found["filter"] = True

        parser = _parser()
        parser.StartElementHandler = start
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ChildRefusal("damaged") from error
        return {"merges": merges, "hidden_columns": hidden_columns, "filter": found["filter"]}

    # The rows ----------------------------------------------------------------------------------

    def _rows_by_pattern(self) -> None:
        carry = b""
        begun = False
        for chunk in self.book.package.chunks(self.part):
            raw = carry + chunk
            if not begun:
                at = raw.find(b"<sheetData")
                if at < 0:
                    carry = raw
                    continue
                raw = raw[at:]
                begun = True
            cut = raw.rfind(b"</row>")
            if cut < 0:
                carry = self._without_empty_rows(raw)
                continue
            cut += 6
            carry = raw[cut:]
            try:
                text = raw[:cut].decode("utf-8")
            except UnicodeDecodeError as error:
                raise ChildRefusal("damaged") from error
            self._take_rows(text)
            if b"</sheetData>" in carry:
                break
        left = carry.partition(b"</sheetData>")[0]
        if any(mark.encode() in left for mark in HOLDS):
            raise ChildRefusal("damaged")

    @staticmethod
    def _without_empty_rows(raw: bytes) -> bytes:
        """Drop rows that hold nothing from text in which no row ends with a tag of its own."""
        if len(raw) < EMPTY_ROW_SKIP:
            return raw
        if any(mark.encode() in raw for mark in HOLDS):
            raise ChildRefusal("row-too-long")
        return raw[max(raw.rfind(b"<row"), len(raw) - 1024) :]

    def _take_rows(self, text: str) -> None:
        plain_cells = PLAIN_CELL.findall
        strings, dates, flags_of = self.book.strings, self.book.styles.dates, self.book.styles.flags
        styled = any(dates) or any(flags_of)
        columns = self.book.limits.columns
        letters: dict[str, int] = LETTERS
        longest = self.book.limits.text_length + 1
        odd: list[str] = []
        odd_from = 0
        for part in text.split("</row>"):
            if "<v" not in part and "<is" not in part and "<f" not in part:
                if "<row" in part:
                    self.last_row += 1 if "/>" not in part else 0
                    named = ROW_NUMBER.search(part, part.rfind("<row"))
                    if named:
                        self.last_row = int(named[1][:8])
                continue
            at = part.rfind("<row")
            if at < 0 or (at > 12 and "<c" in part[:at].replace("<cols", "")):
                raise ChildRefusal("damaged")
            opening = part.find(">", at)
            head = part[at : opening + 1]
            numbered = ROW_NUMBER.search(head)
            number = int(numbered[1][:8]) if numbered else self.last_row + 1
            self.last_row = number
            cells = plain_cells(part, opening)
            row: list[str] = []
            flags: list[int] | int = 0
            tags = 1
            width = 0
            try:
                for letter, style, kind, value, inline in cells:
                    if inline:
                        if kind != "inlineStr":
                            break
                        tags += 2
                        value = inline
                    if not value:
                        # An empty cell; how many tags it was written with decides below.
                        tags += 1
                        continue
                    tags += 4
                    position = letters[letter] if letter in letters else column_index(letter)
                    if position >= columns:
                        self.too_wide = self.too_wide or f"{letter}{number}"
                        continue
                    if position < width:
                        raise ChildRefusal("damaged")
                    if position > width:
                        row.extend([""] * (position - width))
                    width = position + 1
                    if kind == "s":
                        cell = strings[int(value)]
                    elif inline:
                        cell = TEXT + plain_text(inline)[:longest]
                    elif kind == "b":
                        cell = BOOL + value
                    else:
                        cell = NUMBER + value
                    if styled and style:
                        which = int(style)
                        if which < len(dates):
                            if dates[which] and cell[:1] == NUMBER:
                                moment = serial_to_text(value, self.book.base_1904)
                                cell = DATE + moment if moment else ERROR + value
                            if flags_of[which]:
                                if flags == 0:
                                    flags = []
                                assert isinstance(flags, list)
                                flags.extend([0] * (position - len(flags)))
                                flags.append(flags_of[which])
                    row.append(cell)
            except (IndexError, ValueError) as error:
                raise ChildRefusal("damaged") from error
            if part.count("<", at) != tags or ("&" in part and OTHER_ENTITY.search(part, at)):
                if not odd:
                    odd_from = number - 1
                odd.append(part[at:])
                continue
            if odd:
                self._odd_rows(odd, odd_from)
                odd = []
            if row:
                self._add(number, ROW_HIDDEN.search(head) is not None, row, flags)
        if odd:
            self._odd_rows(odd, odd_from)

    def _odd_rows(self, parts: list[str], before: int) -> None:
        """Rows that are not plain, one after the other, through the XML parser."""
        handlers = RowHandlers(self)
        handlers.last_row = before
        parser = _parser()
        handlers.attach(parser)
        try:
            parser.Parse(("<rows>" + "</row>".join(parts) + "</row></rows>").encode(), True)
        except expat.ExpatError as error:
            raise ChildRefusal("damaged") from error

    def _rows_by_parser(self) -> None:
        handlers = RowHandlers(self)
        parser = _parser()
        handlers.attach(parser)
        try:
            for chunk in self.book.package.chunks(self.part):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ChildRefusal("damaged") from error

    def _add(self, number: int, hidden: bool, row: list[str], flags: list[int] | int) -> None:
        book = self.book
        book.rows_seen += 1
        book.cells_seen += len(row)
        if book.rows_seen > book.limits.rows:
            raise ChildRefusal("too-many-rows", limit=book.limits.rows)
        if book.cells_seen > book.limits.cells:
            raise ChildRefusal("too-many-cells", limit=book.limits.cells)
        self.buffer.append([number, 1 if hidden else 0, row, flags])
        if len(self.buffer) >= ROWS_PER_LINE:
            self._flush()

    def _flush(self) -> None:
        if self.buffer:
            self.book.emit({"m": "rows", "r": self.buffer})
            self.buffer = []


LETTERS: Final = {
    **{chr(65 + i): i for i in range(26)},
    **{chr(65 + i) + chr(65 + j): 26 + 26 * i + j for i in range(26) for j in range(26)},
}


def parse_area(reference: str) -> list[int] | None:
    """A1:B3 → [1, 0, 3, 1] (rows from 1, columns from 0); None for anything else."""
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})", reference)
    if not match:
        return None
    return [int(match[2]), column_index(match[1]), int(match[4]), column_index(match[3])]


class RowHandlers:
    """The careful way through a row: any legal XML, about a third of the speed."""

    def __init__(self, sheet: SheetReader) -> None:
        self.sheet = sheet
        self.last_row = 0
        self.number = 0
        self.hidden = False
        self.row: list[str] = []
        self.flags: list[int] = []
        self.position = -1
        self.style = 0
        self.kind = ""
        self.value: list[str] = []
        self.inline: list[str] = []
        self.formula = False
        self.collecting: list[str] | None = None
        self.phonetic = False
        self.in_cell = False

    def attach(self, parser: Any) -> None:
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "row":
            self.number = _number(attributes.get("r")) or self.last_row + 1
            self.hidden = attributes.get("hidden") in ("1", "true")
            self.row, self.flags, self.position = [], [], -1
        elif tag == "c":
            reference = attributes.get("r", "")
            letters = reference.rstrip("0123456789")
            if letters and (len(letters) > 3 or not letters.isascii() or not letters.isupper()):
                raise ChildRefusal("damaged")
            self.position = column_index(letters) if letters else self.position + 1
            self.style = _number(attributes.get("s"))
            self.kind = attributes.get("t", "n")
            self.value, self.inline, self.formula, self.in_cell = [], [], False, True
        elif not self.in_cell:
            return
        elif tag == "v":
            self.collecting = self.value
        elif tag == "t" and not self.phonetic:
            self.collecting = self.inline
        elif tag == "f":
            self.formula = True
        elif tag == "rPh":
            self.phonetic = True

    def text(self, data: str) -> None:
        if self.collecting is not None:
            self.collecting.append(data)

    def end(self, tag: str) -> None:
        tag = _local(tag)
        if tag in ("v", "t"):
            self.collecting = None
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "c":
            self.in_cell = False
            self._cell()
        elif tag == "row":
            self.last_row = self.number
            if any(self.row) or any(self.flags):
                self.sheet._add(self.number, self.hidden, self.row, self.flags if any(self.flags) else 0)

    def _cell(self) -> None:
        book = self.sheet.book
        value = "".join(self.value)
        cell = ""
        flags = 0
        if self.kind == "s" and value:
            try:
                cell = book.strings[int(value)]
            except (IndexError, ValueError) as error:
                raise ChildRefusal("damaged") from error
        elif self.kind == "inlineStr":
            text = unescape("".join(self.inline))
            cell = TEXT + text[: book.limits.text_length + 1] if text else ""
        elif self.kind == "str":
            text = unescape(value)
            cell = TEXT + text[: book.limits.text_length + 1] if text else ""
        elif self.kind == "b" and value:
            cell = BOOL + value
        elif self.kind == "e":
            cell = ERROR + (value or "#N/A")
        elif self.kind == "d" and value:
            cell = DATE + value
        elif value:
            cell = NUMBER + value.strip()
        styles = book.styles
        if self.style < len(styles.flags):
            flags = styles.flags[self.style]
            if styles.dates[self.style] and cell[:1] == NUMBER:
                moment = serial_to_text(cell[1:], book.base_1904)
                cell = DATE + moment if moment else ERROR + cell[1:]
        if self.formula:
            flags |= FORMULA
            if book.recalculates or (not value and self.kind != "str"):
                flags |= UNCACHED
        if not cell and not self.formula:
            return
        if self.position >= book.limits.columns:
            self.sheet.too_wide = self.sheet.too_wide or cell_name(self.number, self.position)
            return
        if self.position < len(self.row):
            raise ChildRefusal("damaged")
        self.row.extend([""] * (self.position - len(self.row)))
        self.row.append(cell)
        if flags:
            self.flags.extend([0] * (self.position - len(self.flags)))
            self.flags.append(flags)
