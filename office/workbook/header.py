"""Pure: finds a table's header by its words, and tells data from titles, totals and footers.
It sees rows of wire cells and merged ranges; what the columns mean is said by the caller's `TableSpec`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from office.workbook.cells import clean, normalise_name, quarter_in, year_in
from office.workbook.wire import NUMBER, TEXT, column_letters


@dataclass(frozen=True, slots=True)
class Column:
    """One column a table may have, found by any of its words."""

    field: str
    words: tuple[str, ...]  # what the header may say; for joined headers also "大项/中项"
    required: bool = False
    measure: str = ""  # 元, 万元 …: the unit its figures must be in, "" when it has none

    @property
    def title(self) -> str:
        return self.words[0]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table to look for. With `sheets` it is looked for on the sheets of those names only."""

    name: str
    columns: tuple[Column, ...]
    sheets: tuple[str, ...] = ()
    required: bool = True  # whether its absence is an error
    keep_others: bool = False  # unknown columns are wanted (a matrix), so they give no warning
    max_header_rows: int = 10  # filled rows within which the header must begin
    may_be_empty: bool = False
    keep_totals: bool = False  # 合计 and its like are data here


@dataclass(frozen=True, slots=True)
class Header:
    """One column's header as found: its levels joined by "/", and what stood in brackets behind it."""

    column: int  # 0 is A
    path: str
    note: str = ""  # "20分" of 班子建设(20分)

    @property
    def letters(self) -> str:
        return column_letters(self.column)


@dataclass(frozen=True, slots=True)
class Title:
    """What the rows above the header say."""

    text: str = ""
    year: int | None = None
    quarter: int | None = None
    measure: str = ""


@dataclass(frozen=True, slots=True)
class FoundHeader:
    first_row: int
    last_row: int
    columns: Mapping[str, int]  # field → column
    headers: Mapping[int, Header]  # column → header, every column that has one
    missing: tuple[Column, ...]
    doubles: tuple[tuple[Column, tuple[int, ...]], ...]
    halves: int  # how often the whole table stands side by side; 1 is right
    others: tuple[Header, ...]
    matched: int


Line = tuple[int, Sequence[str]]  # row number, wire cells
DEEPEST: Final = 4
NOTE = re.compile(r"（([^（）]*)）$")
MEASURE = re.compile(r"单位[:：]\s*((?:万|亿|千)?元)|[（(]\s*(?:单位[:：]\s*)?((?:万|亿|千)?元)\s*[)）]")
STAR = re.compile(r"^[*★☆※]+|[*★☆※:：]+$")


def fold_header(text: str) -> str:
    """A header in the form it is compared in: normal form, 帐 as 账, no star or colon."""
    return STAR.sub("", normalise_name(text)).replace("台帐", "台账").lower()


def split_note(folded: str) -> tuple[str, str]:
    """得分（20分） → 得分, 20分."""
    match = NOTE.search(folded)
    if match and match.start() > 0:
        return folded[: match.start()], match[1]
    return folded, ""


def text_of(wire: str) -> str:
    return wire[1:] if wire[:1] == TEXT else ""


class Grid:
    """The first rows with merged ranges filled, for reading headers only."""

    def __init__(self, lines: Sequence[Line], merges: Sequence[Sequence[int]]) -> None:
        self.rows = {number: list(cells) for number, cells in lines}
        self.spans: dict[tuple[int, int], Sequence[int]] = {}
        last = max(self.rows, default=0)
        for area in merges:
            top, left, bottom, right = area
            if top > last or bottom - top > 60 or right - left > 500:
                continue
            value = self.at(top, left)
            for row in range(top, min(bottom, last) + 1):
                cells = self.rows.setdefault(row, [])
                cells.extend([""] * (right + 1 - len(cells)))
                for column in range(left, right + 1):
                    cells[column] = value
                    self.spans[(row, column)] = area

    def at(self, row: int, column: int) -> str:
        cells = self.rows.get(row, [])
        return cells[column] if column < len(cells) else ""


def find_header(
    lines: Sequence[Line], merges: Sequence[Sequence[int]], spec: TableSpec
) -> FoundHeader | None:
    """The best header that begins within the spec's first rows; None when no row looks like one."""
    grid = Grid(lines, merges)
    numbers = sorted(grid.rows)
    best: FoundHeader | None = None
    best_rank: tuple[int, ...] = ()
    wanted = [column for column in spec.columns if column.required]
    enough = min(2, len(wanted) or len(spec.columns))
    for index, first in enumerate(numbers[: spec.max_header_rows]):
        for depth in range(1, DEEPEST + 1):
            if index + depth > len(numbers):
                break
            last = numbers[index + depth - 1]
            if last - first >= DEEPEST + 1 or (depth > 1 and not _is_part_of_header(grid, first, last)):
                break
            found = _match(grid, numbers[index : index + depth], spec)
            if found.matched < enough:
                continue
            # A header deepened by a row of data would match no more, so the shallower one wins
            # unless merged cells reach down.
            reach = _reach(grid, first)
            rank = (
                -len(found.missing),
                found.matched,
                -len(found.doubles),
                1 if last == reach else 0,
                -depth,
                -index,
            )
            if best is None or rank > best_rank:
                best, best_rank = found, rank
    return best


def _reach(grid: Grid, first: int) -> int:
    """The last row that merged cells of the header's first row reach to, and their sub-headings."""
    reach = first
    for (row, _), area in grid.spans.items():
        if row == first and area[0] == first and area[2] - area[0] < DEEPEST:
            reach = max(reach, area[2])
    return reach


def _is_part_of_header(grid: Grid, first: int, last: int) -> bool:
    """Whether a row can be a further header row: text only, no numbers; and the first is no title."""
    if len({cell for cell in grid.rows[first] if cell}) < 2:
        return False
    return not any(cell[:1] not in ("", TEXT) for cell in grid.rows[last]) or last <= _reach(grid, first)


def _match(grid: Grid, rows: Sequence[int], spec: TableSpec) -> FoundHeader:
    width = max(len(grid.rows[row]) for row in rows)
    headers: dict[int, Header] = {}
    levels_by_column: dict[int, list[str]] = {}
    for column in range(width):
        levels: list[str] = []
        shown: list[str] = []
        note = ""
        seen: Sequence[int] | None = None
        for row in rows:
            area = grid.spans.get((row, column))
            if area is not None and area is seen:
                continue  # the same merged cell, one row further down
            seen = area
            text = clean(text_of(grid.at(row, column)))
            if not text:
                continue
            folded, found_note = split_note(fold_header(text))
            note = found_note or note
            if folded and (not levels or levels[-1] != folded):
                levels.append(folded)
                shown.append("".join(text.split()))
        if levels:
            headers[column] = Header(column, "/".join(shown), note)
            levels_by_column[column] = levels
    columns: dict[str, int] = {}
    doubles: list[tuple[Column, tuple[int, ...]]] = []
    missing: list[Column] = []
    taken: set[int] = set()
    for column_spec in spec.columns:
        words = [fold_header(word) for word in column_spec.words]
        bare = [split_note(word)[0] for word in words]
        ranked: dict[int, list[int]] = {}
        for column, levels in levels_by_column.items():
            path = "/".join(levels)
            whole = fold_header(headers[column].path.rpartition("/")[2])
            if path in words or (whole in words and len(levels) == 1):
                ranked.setdefault(0, []).append(column)
            elif levels[-1] in words or whole in words:
                ranked.setdefault(1, []).append(column)
            elif levels[-1] in bare or (
                len(levels) > 1 and levels[0] in words and _same_below(grid, rows, column)
            ):
                ranked.setdefault(2, []).append(column)
        if not ranked:
            if column_spec.required:
                missing.append(column_spec)
            continue
        hits = ranked[min(ranked)]
        columns[column_spec.field] = hits[0]
        taken.update(hits)
        if len(hits) > 1:
            doubles.append((column_spec, tuple(hits)))
    required = [column for column in spec.columns if column.required]
    counts = [len(hits) for column, hits in doubles if column.required]
    halves = min(counts) if counts and len(counts) == len(required) - len(missing) and len(counts) > 1 else 1
    return FoundHeader(
        first_row=rows[0],
        last_row=rows[-1],
        columns=columns,
        headers=headers,
        missing=tuple(missing),
        doubles=tuple(doubles),
        halves=halves,
        others=tuple(headers[column] for column in sorted(headers) if column not in taken),
        matched=len(columns),
    )


def _same_below(grid: Grid, rows: Sequence[int], column: int) -> bool:
    """Whether a column's lower header cells only repeat or annotate the first (得分 over 满分100)."""
    return all(not text_of(grid.at(row, column)) for row in rows[1:])


def read_title(lines: Sequence[Line], before: int) -> Title:
    """The rows above the header: the text, and the year, quarter and money unit it names."""
    texts: list[str] = []
    for number, cells in lines:
        if number < before:
            texts.extend(clean(text_of(cell)) for cell in cells if text_of(cell))
    text = " ".join(" ".join(each.split()) for each in texts if each)
    match = MEASURE.search(text)
    measure = (match[1] or match[2] or "") if match else ""
    return Title(text[:300], year_in(text), quarter_in(text), measure)


# Rows that are no data ------------------------------------------------------------------------

TOTAL_WORDS: Final = {
    *("合计", "总计", "小计", "平均", "平均分", "平均值", "总分", "本页合计", "本页小计", "累计", "总合计"),
    *("合计得分", "得分合计", "总得分", "全市合计", "全市平均"),
}
SIGNATURES: Final = {
    "filled_by": ("填表人", "填报人", "制表人", "制表", "经办人", "填表"),
    "checked_by": ("审核人", "审核", "复核人", "负责人", "单位负责人", "主要负责人", "分管领导"),
    "phone": ("电话", "联系电话", "电话号码", "办公电话"),
    "unit": (
        "单位（盖章）",
        "填报单位",
        "填报单位（盖章）",
        "单位（公章）",
        "填表单位",
        "填表单位（盖章）",
        "村名",
    ),
    "date": ("填报日期", "填表日期", "日期", "填报时间"),
    # Not a signature, but it stands among them: who is not listed was looked at, and lost nothing.
    "others_clean": ("未列单位本季无扣分",),
}
# Words that are never a unit's or an item's name, so that they end the table even in a filled row.
PLAIN_LABELS: Final = {
    "填表人",
    "填报人",
    "制表人",
    "审核人",
    "复核人",
    "联系电话",
    "单位（盖章）",
    "单位（公章）",
    "未列单位本季无扣分",
}
SIGNATURE_BY_WORD: Final = {word: name for name, words in SIGNATURES.items() for word in words}
_SIGNATURE_WORDS = "|".join(sorted((re.escape(word) for word in SIGNATURE_BY_WORD), key=len, reverse=True))
SIGNATURE = re.compile(f"({_SIGNATURE_WORDS})[:：]")
NOTES = re.compile(r"^(注|说明|备注|附注|填表说明|填报说明|注意事项)[0-9一二三四五六七八九十]*[:：]|^注$|^※")
PAGES = re.compile(
    r"^第\d+页(，?[,/、]?共\d+页)?$|^共\d+页$|^\d+/\d+$|^-\d+-$|^第[一二三四五六七八九十]+页.*页$"
)


def row_role(text: str) -> str:
    """total, signature, label (its value in the next cell), note, page or "" (data), by one cell's text."""
    folded = normalise_name(text)
    bare = folded.rstrip(":：")
    if bare in TOTAL_WORDS:
        return "total"
    if PAGES.match(folded):
        return "page"
    if NOTES.match(folded):
        return "note"
    opening = SIGNATURE.match(folded)
    if opening:
        return "signature"
    if bare in PLAIN_LABELS:
        return "signature"
    if bare in SIGNATURE_BY_WORD:
        return "label"
    return ""


def read_signatures(cells: Sequence[str]) -> dict[str, str]:
    """填表人, 审核人, 电话, 单位 from one row, in one cell or in label and value cells."""
    found: dict[str, str] = {}
    pending = ""
    for wire in cells:
        if not wire:
            continue
        text = unicodedata.normalize("NFKC", clean(wire[1:]))
        folded = normalise_name(text)
        bare = folded.rstrip(":：")
        if bare in SIGNATURE_BY_WORD:
            pending = SIGNATURE_BY_WORD[bare]
            continue
        marks = list(SIGNATURE.finditer(folded))
        if marks and wire[:1] == TEXT:
            for index, mark in enumerate(marks):
                end = marks[index + 1].start() if index + 1 < len(marks) else len(folded)
                value = folded[mark.end() : end].strip("_＿;；,，")
                if value:
                    found.setdefault(SIGNATURE_BY_WORD[mark[1]], value)
                else:
                    pending = SIGNATURE_BY_WORD[mark[1]]
            continue
        if pending:
            value = text.strip("_")
            if value:
                found.setdefault(pending, value)
            pending = ""
    return found


def stray_number(cells: Sequence[str], signatures: Mapping[str, str]) -> str:
    """A number cell in a row that is no data, other than the telephone's; "" when there is none."""
    known = set(signatures.values())
    for wire in cells:
        if wire[:1] == NUMBER and wire[1:] not in known:
            return wire[1:]
    return ""


@dataclass(slots=True)
class Roles:
    """`row_role` with a memory, because names repeat thousands of times."""

    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, wire: str) -> str:
        role = self.known.get(wire)
        if role is None:
            role = row_role(wire[1:]) if wire[:1] == TEXT and len(wire) < 400 else ""
            if len(self.known) < 200_000:
                self.known[wire] = role
        return role
