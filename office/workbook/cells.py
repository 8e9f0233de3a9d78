"""Pure: what one cell says as points, a date, a name, a mark; or a Fault that says why not.
Knows no units, items or stages; the sentences for the faults are in `sentences`.

Blank is None, zero is Decimal 0, 不涉及 is NotInvolved, 撤销 is Withdrawn; none is ever read as another.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from office.workbook.wire import (
    BOOL,
    DATE,
    ERROR,
    FORMULA,
    LONG,
    MERGED,
    NUMBER,
    PERCENT,
    STRIKE,
    TEXT,
    UNCACHED,
    cell_name,
)


class Cell(NamedTuple):
    """One cell as the file has it. A named tuple, because a sheet has a million of them."""

    kind: str  # one of the letters of `wire`, "" when empty
    raw: str  # the text as written; a date as ISO text
    row: int  # 1 is the first
    column: int  # 0 is A
    header: str  # the column's header as the file has it
    flags: int = 0

    @property
    def name(self) -> str:
        return cell_name(self.row, self.column)

    @property
    def is_blank(self) -> bool:
        return not self.raw or (self.kind == TEXT and not clean(self.raw))

    @property
    def is_formula(self) -> bool:
        return bool(self.flags & FORMULA)

    @property
    def is_struck(self) -> bool:
        return bool(self.flags & STRIKE)

    @property
    def is_percent(self) -> bool:
        return bool(self.flags & PERCENT)

    @property
    def is_filled_down(self) -> bool:
        return bool(self.flags & MERGED)

    @property
    def shown(self) -> str:
        """The value for a sentence, on one line and not longer than a sentence bears."""
        text = " ".join(self.raw.split())
        return text if len(text) <= 40 else text[:39] + "…"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell could not be read: a code, and the figures its sentence needs."""

    code: str
    figures: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    points: Decimal


@dataclass(frozen=True, slots=True)
class NotInvolved:
    word: str = "不涉及"  # as the sender wrote it; anything but 不涉及 is read so with a warning


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """撤销: the score that stands is to be taken back."""


Mark = Scored | NotInvolved | Withdrawn

ZERO_WIDTH: Final = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF],
    None,
)
BRACKETS: Final = str.maketrans(
    {"(": "（", ")": "）", "[": "（", "]": "）", "〔": "（", "〕": "）", "【": "（", "】": "）"}
)
SPACES = re.compile(r"\s+")
TYPED_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
CHINESE_DIGITS: Final = "〇零一二三四五六七八九十百千万两壹贰叁肆伍陆柒捌玖拾佰仟"
CHINESE_NUMBER = re.compile(f"[{CHINESE_DIGITS}半点]+(?:分)?")
MINUSES: Final = str.maketrans({"−": "-", "﹣": "-", "‐": "-", "‑": "-", "–": "-"})
NOISE: Final = Decimal("1e-9")  # what binary arithmetic leaves behind a decimal number
QUANTA: Final = [Decimal(1).scaleb(-places) for places in range(10)]
QUANTA_ZERO: Final = [Decimal(0).quantize(quantum) for quantum in QUANTA]
LARGEST: Final = Decimal("1e15")

NOT_INVOLVED: Final = {"不涉及"}
NOT_INVOLVED_TOO: Final = {"免考", "无此项"}
WITHDRAWN: Final = {"撤销"}
YES: Final = {"是", "有", "√", "y", "yes", "true", "1", "对"}
NO: Final = {"否", "无", "×", "n", "no", "false", "0", "不"}


def clean(text: str) -> str:
    """Text without zero-width marks and surrounding white space; otherwise as entered."""
    return text.translate(ZERO_WIDTH).strip()


def normalise_name(text: str) -> str:
    """The form in which names are compared: NFKC, no spaces or zero-width marks, full-width brackets."""
    folded = SPACES.sub("", unicodedata.normalize("NFKC", text.translate(ZERO_WIDTH)).translate(ZERO_WIDTH))
    # Once more: letters that a space kept apart may now combine.
    return unicodedata.normalize("NFKC", folded).translate(BRACKETS)


def common_fault(cell: Cell) -> Fault | None:
    """What makes any cell unreadable, whatever it should hold."""
    if not cell.flags and cell.kind != ERROR:
        return None
    if cell.kind == ERROR:
        return Fault("error-value", {"value": cell.shown})
    if cell.flags & UNCACHED:
        return Fault("formula-without-value", {"value": cell.shown})
    if cell.flags & LONG:
        return Fault("text-too-long", {"value": cell.shown, "limit": len(cell.raw) - 1})
    return None


def _number(cell: Cell, unit: str = "") -> Decimal | Fault | None:
    fault = common_fault(cell)
    if fault:
        return fault
    if cell.kind == DATE:
        return Fault("date", {"value": cell.shown})
    if cell.kind == BOOL:
        return Fault("not-a-number", {"value": "TRUE" if cell.raw == "1" else "FALSE"})
    if cell.kind == NUMBER:
        if cell.flags & PERCENT:
            return Fault("percent", {"value": cell.shown})
        try:
            number = Decimal(cell.raw)
        except InvalidOperation:
            return Fault("not-a-number", {"value": cell.shown})
        return _bounded(number, cell)
    text = clean(cell.raw)
    if not text:
        return None
    folded = unicodedata.normalize("NFKC", text).translate(MINUSES).strip()
    if folded.startswith("'"):
        folded = folded[1:].strip()
    if unit and folded.endswith(unit):
        folded = folded[: -len(unit)].strip()
    if TYPED_NUMBER.fullmatch(folded):
        return _bounded(Decimal(folded), cell)
    return Fault(_why_no_number(folded, unit), {"value": cell.shown})


def _bounded(number: Decimal, cell: Cell) -> Decimal | Fault:
    if not number.is_finite():
        return Fault("not-finite", {"value": cell.shown})
    if abs(number) >= LARGEST:
        return Fault("too-large-number", {"value": cell.shown})
    return number


def _why_no_number(text: str, unit: str) -> str:
    lower = text.lower().lstrip("+-")
    if lower in ("nan", "inf", "infinity", "#nan"):
        return "not-finite"
    if "%" in text or "‰" in text:
        return "percent"
    if "," in text or "、" in text:
        return "comma"
    if text.replace("。", ".").count(".") > 1 and re.fullmatch(r"[+-]?[0-9.。]+", text):
        return "two-dots"
    if re.search(r"[约近余多至到~～≥≤<>＞＜]|左右|以上|以下|\d\s*[-—–]+\s*\d", text) and re.search(
        r"\d", text
    ):
        return "range"
    if CHINESE_NUMBER.fullmatch(text):
        return "chinese-number"
    return "not-a-number"


def to_number(cell: Cell, places: int, unit: str = "") -> Decimal | Fault | None:
    """The exact number with `places` decimals; None when the cell is blank.

    A number that binary arithmetic has blurred (89.99999999999999) is put right within 1e-9; any other
    surplus decimal is a fault, so that nothing is rounded that somebody meant.
    """
    number = _number(cell, unit)
    if not isinstance(number, Decimal):
        return number
    rounded = number.quantize(QUANTA[places])
    if rounded != number and abs(number - rounded) > NOISE:
        return Fault("too-many-decimals", {"value": cell.shown, "places": places})
    return rounded or QUANTA_ZERO[places]  # never -0.00


def to_points(cell: Cell, places: int) -> Decimal | Fault | None:
    """Points: a number, 分 allowed behind it in text; None when blank."""
    return to_number(cell, places, "分")


def to_mark(cell: Cell, places: int) -> Mark | Fault | None:
    """A score cell: points, 不涉及 (or a word for it), 撤销; None when blank, which leaves what stands."""
    if cell.kind == TEXT:
        word = normalise_name(cell.raw)
        if word in NOT_INVOLVED or word in NOT_INVOLVED_TOO:
            return common_fault(cell) or NotInvolved(word)
        if word in WITHDRAWN:
            return common_fault(cell) or Withdrawn()
    points = to_points(cell, places)
    if isinstance(points, Decimal):
        return Scored(points)
    if isinstance(points, Fault) and points.code == "not-a-number":
        return Fault("unclear-mark", points.figures)
    return points


def to_int(cell: Cell, unit: str = "") -> int | Fault | None:
    """A whole number; None when blank."""
    number = _number(cell, unit)
    if not isinstance(number, Decimal):
        return number
    whole = number.to_integral_value()
    if abs(number - whole) > NOISE:
        return Fault("not-whole", {"value": cell.shown})
    return int(whole)


def to_text(cell: Cell) -> str | Fault | None:
    """Text as entered, without surrounding blanks; None when blank. Numbers keep their digits."""
    fault = common_fault(cell)
    if fault:
        return fault
    if cell.kind == BOOL:
        return Fault("not-a-word", {"value": "TRUE" if cell.raw == "1" else "FALSE"})
    return clean(cell.raw) or None


def to_name(cell: Cell) -> str | Fault | None:
    """One name, its inner white space and line breaks taken out; None when blank."""
    text = to_text(cell)
    if not isinstance(text, str):
        return text
    if cell.kind == DATE:
        return Fault("date-as-text", {"value": cell.shown})
    if "、" in text or ";" in text or "；" in text:
        return Fault("several-names", {"value": cell.shown})
    return SPACES.sub("", text)


def to_names_list(cell: Cell) -> list[str] | Fault | None:
    """Several names parted by 、 , ; or line breaks, brackets kept whole; None when blank."""
    text = to_text(cell)
    if not isinstance(text, str):
        return text
    if cell.kind == DATE:
        return Fault("date-as-text", {"value": cell.shown})
    names, depth, current = [], 0, ""
    for letter in text:
        depth += (letter in "（(〔") - (letter in "）)〕")
        if depth <= 0 and letter in "、，,；;\n\r":
            depth = 0
            names.append(current)
            current = ""
        else:
            current += letter
    names.append(current)
    return [name for name in (SPACES.sub("", each) for each in names) if name]


def to_code(cell: Cell) -> str | Fault | None:
    """A code that must be held as text: a number or a date in its place is a fault, 1.10 is not 1.1."""
    if cell.kind == DATE:
        return common_fault(cell) or Fault("date-as-text", {"value": cell.shown})
    if cell.kind == NUMBER:
        fault = common_fault(cell)
        if fault:
            return fault
        if not cell.raw.lstrip("-").isdigit():
            return Fault("number-as-code", {"value": cell.shown})
        return cell.raw
    text = to_text(cell)
    return unicodedata.normalize("NFKC", text) if isinstance(text, str) else text


def to_yes(cell: Cell) -> bool | Fault | None:
    """是 or 否 and their usual signs; None when blank."""
    fault = common_fault(cell)
    if fault:
        return fault
    word = unicodedata.normalize("NFKC", clean(cell.raw)).lower()
    if not word:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    return Fault("not-yes-or-no", {"value": cell.shown})


def to_choice(cell: Cell, choices: Sequence[str]) -> str | Fault | None:
    """One of the listed words, compared in normal form; None when blank."""
    text = to_text(cell)
    if not isinstance(text, str):
        return text
    wanted = normalise_name(text)
    for choice in choices:
        if normalise_name(choice) == wanted:
            return choice
    return Fault("not-one-of", {"value": cell.shown, "choices": "、".join(choices)})


DAY_FORMS: Final = (
    re.compile(r"(\d{4})[.\-/](\d{1,2})[.\-/](\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
)


def to_date(cell: Cell) -> date | Fault | None:
    """A day: a date cell, 2012.9.30, 2012-09-30, 2012年9月30日; None when blank. A bare number is no date."""
    fault = common_fault(cell)
    if fault:
        return fault
    if cell.kind == DATE:
        try:
            return date.fromisoformat(cell.raw[:10])
        except ValueError:
            return Fault("not-a-date", {"value": cell.shown})
    text = clean(cell.raw)
    if not text:
        return None
    if cell.kind == TEXT:
        folded = SPACES.sub("", unicodedata.normalize("NFKC", text))
        for form in DAY_FORMS:
            match = form.fullmatch(folded)
            if match:
                try:
                    return date(int(match[1]), int(match[2]), int(match[3]))
                except ValueError:
                    break
    return Fault("not-a-date", {"value": cell.shown})


def to_year(cell: Cell) -> int | Fault | None:
    """2012, "2012年", "2012年度"; None when blank."""
    fault = common_fault(cell)
    if fault:
        return fault
    text = unicodedata.normalize("NFKC", clean(cell.raw))
    if not text:
        return None
    match = re.fullmatch(r"((?:19|20)\d{2})(?:\.0)?(?:年度?)?", SPACES.sub("", text))
    if match and cell.kind != DATE:
        return int(match[1])
    return Fault("not-a-year", {"value": cell.shown})


QUARTER_WORDS: Final = {
    **{
        word: n
        for n, words in enumerate((("1", "一"), ("2", "二"), ("3", "三"), ("4", "四")), 1)
        for word in words
    }
}
QUARTER_MONTHS: Final = {("1", "3"): 1, ("4", "6"): 2, ("7", "9"): 3, ("10", "12"): 4}


def quarter_in(text: str) -> int | None:
    """The quarter a title or a cell names (第三季度, Q3, 7-9月), None when it names none or several."""
    folded = SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()
    found = {QUARTER_WORDS[word] for word in re.findall(r"第?([1-4一二三四])季", folded)}
    found |= {int(word) for word in re.findall(r"Q([1-4])(?!\d)", folded)}
    for first, last in re.findall(r"(?<!\d)(\d{1,2})月?[-—–~至到](\d{1,2})月", folded):
        quarter = QUARTER_MONTHS.get((first, last))
        found |= {quarter} if quarter else set()
    return found.pop() if len(found) == 1 else None


def year_in(text: str) -> int | None:
    """The year a title names (2012年, 2012年度), None when it names none or several."""
    folded = unicodedata.normalize("NFKC", text)
    found = {int(word) for word in re.findall(r"(?<!\d)((?:19|20)\d{2})\s*年", folded)}
    return found.pop() if len(found) == 1 else None


def to_quarter(cell: Cell) -> int | Fault | None:
    """1 to 4 from 3, "三季度", "第3季度", "Q3", "2012年7-9月"; None when blank. 上半年 is no quarter."""
    fault = common_fault(cell)
    if fault:
        return fault
    text = SPACES.sub("", unicodedata.normalize("NFKC", clean(cell.raw)))
    if not text:
        return None
    if cell.kind != DATE:
        quarter = QUARTER_WORDS.get(text.removesuffix(".0")) or quarter_in(text)
        if quarter:
            return quarter
    return Fault("not-a-quarter", {"value": cell.shown})
