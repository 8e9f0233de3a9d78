"""Compares a paper that came back with the one that was given out: figures first, wording after.

Pure: lines in, differences out. Finding the original and reading the file are in office.outgoing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

BLANK = "＿"  # what is printed for a person to fill in, in rows of several
BOX = "□"
MOST_PAIRED = 60_000  # lines against lines; beyond it nothing is paired, all is told as gone and come
ALIKE = 0.35  # share of what two lines have in common, from which on they are one line changed
LONGEST_SHOWN = 300  # characters of a line told with a difference

CODE = r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){1,2}(?![0-9A-Za-z-])"
DIGEST = r"[0-9a-fA-F]{16,64}"
NUMBER = r"\d{1,3}(?:[,， \u00a0\u2009\u202f]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
CAPITALS = r"[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整]{3,}"  # a sum in words
COUNTED = r"(?:第[一二三四五六七八九十百]+|[一二三四五六七八九十百千万]+(?=[名等个元分位次年月日家项人票]))"
TOKEN = re.compile(
    rf"(?P<blank>{BLANK}+|{BOX})|(?P<figure>{CODE}|{DIGEST}(?![0-9a-zA-Z])|(?:(?<![0-9A-Za-z-])[-−])?(?:{NUMBER})[%‰]?"
    rf"|{CAPITALS}|{COUNTED})|(?P<word>[A-Za-z]+|\S)"
)
GAPS = re.compile(r"[,， \u00a0\u2009\u202f]")
SPACE = re.compile(r"\s+")


class Kind(StrEnum):
    FIGURE = "figure"
    WORDING = "wording"
    FILLED = "filled"  # a printed blank that somebody filled in


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph (one cell) or a row of a table, as it is read."""

    kind: str  # "p" | "row" | "box" | "note"
    table: int  # number of the table from 1, 0 outside of tables
    number: int  # of the paragraph, or of the row in its table, from 1
    cells: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(SPACE.sub("", cell) for cell in self.cells)

    @property
    def text(self) -> str:
        return " | ".join(self.cells)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # "blank" | "figure" | "word"
    text: str  # normalised: what is compared
    shown: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One change. `before` "" is something added, `after` "" something taken away."""

    kind: Kind
    place: Line  # of the original; of the returned paper where the original has none
    column: int  # position in a row from 0; 0 outside of tables
    head: str  # the column's head, "" outside of tables
    label: str  # what the row is about: its first cell in words
    before: str
    after: str
    line: str  # the whole line it stands in, as it came back


@dataclass(frozen=True, slots=True)
class Comparison:
    differences: tuple[Difference, ...]  # figures first, then what was filled in, then wording
    figures: int  # figures that the original holds

    def of(self, kind: Kind) -> list[Difference]:
        return [one for one in self.differences if one.kind is kind]


def tokens_of(text: str) -> list[Token]:
    found = []
    for match in TOKEN.finditer(
        unicodedata.normalize("NFKC", text.replace(BLANK, "\0")).replace("\0", BLANK)
    ):
        kind, shown = str(match.lastgroup), match.group()
        plain = GAPS.sub("", shown).replace("−", "-") if kind == "figure" else shown
        found.append(Token(kind, BLANK if kind == "blank" and shown[0] == BLANK else plain, shown))
    return found


def compare(original: Sequence[Line], returned: Sequence[Line]) -> Comparison:
    """Everything that differs between the two, spaces and the width of digits aside."""
    heads = {line.table: line.cells for line in original if line.kind == "row" and line.number == 1}
    found: list[Difference] = []
    for before, after in _paired(original, returned):
        found += _of_lines(before, after, heads)
    order = {Kind.FIGURE: 0, Kind.FILLED: 1, Kind.WORDING: 2}
    count = sum(
        token.kind == "figure" for line in original for cell in line.cells for token in tokens_of(cell)
    )
    return Comparison(tuple(sorted(found, key=lambda one: order[one.kind])), count)


def _paired(a: Sequence[Line], b: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Lines of the one beside those of the other, in reading order; None where one of them has no such line."""
    matcher = SequenceMatcher(None, [line.key for line in a], [line.key for line in b], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from _nearest(a[i1:i2], b[j1:j2])


def _nearest(a: Sequence[Line], b: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """The pairing of two stretches that keeps the order and has most in common."""
    if len(a) * len(b) > MOST_PAIRED:
        yield from ((line, None) for line in a)
        yield from ((None, line) for line in b)
        return
    words_a, words_b = [_words(line) for line in a], [_words(line) for line in b]
    alike = [
        [_alike(x, y, wx, wy) for y, wy in zip(b, words_b, strict=True)]
        for x, wx in zip(a, words_a, strict=True)
    ]
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            paired = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= ALIKE else -1.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(a) or j < len(b):
        if (
            i < len(a)
            and j < len(b)
            and alike[i][j] >= ALIKE
            and best[i][j] == best[i + 1][j + 1] + alike[i][j]
        ):
            yield a[i], b[j]
            i, j = i + 1, j + 1
        elif i < len(a) and (j == len(b) or best[i][j] == best[i + 1][j]):
            yield a[i], None
            i += 1
        else:
            yield None, b[j]
            j += 1


def _words(line: Line) -> Counter[str]:
    return Counter(token.text for cell in line.cells for token in tokens_of(cell))


def _alike(x: Line, y: Line, words_x: Counter[str], words_y: Counter[str]) -> float:
    """0…1: the share of signs in common; rows of a table count what they are about once more."""
    if (x.kind == "row") != (y.kind == "row"):
        return 0.0
    whole = words_x.total() + words_y.total()
    share = 2 * (words_x & words_y).total() / whole if whole else 1.0
    if x.kind == "row" and _label(x) == _label(y):
        share = (share + 1) / 2
    return share


def _label(line: Line) -> str:
    """What a row is about: its first cell that is words and no figure."""
    for cell in line.cells:
        if cell and not any(token.kind == "figure" for token in tokens_of(cell)):
            return cell
    return line.cells[0] if line.cells else ""


def _holds_figures(line: Line) -> bool:
    return any(token.kind == "figure" for cell in line.cells for token in tokens_of(cell))


def _of_lines(
    before: Line | None, after: Line | None, heads: dict[int, tuple[str, ...]]
) -> Iterator[Difference]:
    place = before or after
    assert place is not None
    label = _label(place) if place.kind == "row" else ""
    if before is None or after is None:
        kind = Kind.FIGURE if _holds_figures(place) else Kind.WORDING
        yield Difference(
            kind, place, 0, "", label, before.text if before else "", after.text if after else "", place.text
        )
        return
    if len(before.cells) != len(after.cells):
        kind = Kind.FIGURE if _holds_figures(before) or _holds_figures(after) else Kind.WORDING
        yield Difference(kind, place, 0, "", label, before.text, after.text, after.text[:LONGEST_SHOWN])
        return
    head = heads.get(place.table, ())
    in_figures = place.kind == "row" and _holds_figures(before)
    for column, (x, y) in enumerate(zip(before.cells, after.cells, strict=True)):
        above = head[column] if place.kind == "row" and column < len(head) else ""
        for kind, old, new in _of_texts(x, y):
            # In a row of figures a changed name gives the figures to somebody else.
            stands_for = Kind.FIGURE if kind is Kind.WORDING and in_figures else kind
            yield Difference(stands_for, place, column, above, label, old, new, after.text[:LONGEST_SHOWN])


def _of_texts(x: str, y: str) -> Iterator[tuple[Kind, str, str]]:
    """(kind, before, after) of each stretch that differs; the wording of a text is told as one."""
    a, b = tokens_of(x), tokens_of(y)
    matcher = SequenceMatcher(None, [t.text for t in a], [t.text for t in b], autojunk=False)
    worded = False
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        old, new = a[i1:i2], b[j1:j2]
        beside_blank = any(token.kind == "blank" for token in a[max(i1 - 1, 0) : i2 + 1])
        if all(token.kind == "blank" for token in old) and (old or beside_blank):
            yield Kind.FILLED, _shown(old), _shown(new)
            continue
        old_figures = [token.shown for token in old if token.kind == "figure"]
        new_figures = [token.shown for token in new if token.kind == "figure"]
        for number in range(max(len(old_figures), len(new_figures))):
            yield (
                Kind.FIGURE,
                old_figures[number] if number < len(old_figures) else "",
                new_figures[number] if number < len(new_figures) else "",
            )
        worded |= any(token.kind != "figure" for token in [*old, *new])
    if worded:
        yield Kind.WORDING, x[:LONGEST_SHOWN], y[:LONGEST_SHOWN]


def _shown(tokens: Sequence[Token]) -> str:
    return "".join(token.shown for token in tokens)[:LONGEST_SHOWN]
