"""Prizes, shares and divisions, to the fen (§7).

Pure. Who wins is told by policy; what is kept of it by the models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

NO_BREAK = "\N{NO-BREAK SPACE}"
HEADS_LIMIT = Fraction(40, 100)  # 党政主要负责人, “原则上”


class Heads(StrEnum):
    """Reading R11: whose share the 40 % limits."""

    BOTH = "both-heads"
    EACH = "each-head"


class Fault(StrEnum):
    """What keeps a division from being kept."""

    NOBODY = "nobody"
    NOT_POSITIVE = "not-positive"
    TWICE = "twice"
    TOO_MUCH = "too-much"
    TOO_LITTLE = "too-little"
    TOO_MANY_HEADS = "too-many-heads"
    NO_REASON = "no-reason"


@dataclass(frozen=True, slots=True)
class Share:
    """What one person gets."""

    person: str
    amount_fen: int
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with the figures its sentence needs."""

    fault: Fault
    person: str = ""
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What changes for one payee when one list of prizes takes another's place."""

    payee: str
    award: str
    before_fen: int
    after_fen: int

    @property
    def pay_fen(self) -> int:
        """Still to be paid."""
        return max(self.after_fen - self.before_fen, 0)

    @property
    def take_back_fen(self) -> int:
        return max(self.before_fen - self.after_fen, 0)


def share_fen(total_fen: int, among: int) -> list[int]:
    """Equal parts that sum to the fen; the first ones get the fen that does not divide."""
    if among <= 0:
        raise ValueError("a sum is shared among at least one")
    if total_fen < 0:
        raise ValueError("a prize is never negative")
    each, left = divmod(total_fen, among)
    return [each + (number < left) for number in range(among)]


def budget_fen(lines: Iterable[tuple[int, int]]) -> int:
    """What every prize together comes to; `lines` are (places, fen for each)."""
    return sum(count * amount for count, amount in lines)


def heads_share(prize_fen: int, shares: Sequence[Share], reading: Heads = Heads.BOTH) -> Fraction:
    """The part of the prize that the limit looks at: of both heads together, or of the one with more."""
    amounts = [share.amount_fen for share in shares if share.is_head]
    if prize_fen <= 0 or not amounts:
        return Fraction(0)
    return Fraction(sum(amounts) if reading is Heads.BOTH else max(amounts), prize_fen)


def is_above_limit(prize_fen: int, shares: Sequence[Share], reading: Heads = Heads.BOTH) -> bool:
    return heads_share(prize_fen, shares, reading) > HEADS_LIMIT


def faults_of(
    prize_fen: int, shares: Sequence[Share], *, reason: str = "", reading: Heads = Heads.BOTH
) -> list[Finding]:
    """Everything that keeps the division from being kept; empty when it may stand.  Plan §7, reading R11."""
    if not shares:
        return [Finding(Fault.NOBODY)]
    found: list[Finding] = []
    seen: set[str] = set()
    for share in shares:
        if share.amount_fen <= 0:
            found.append(Finding(Fault.NOT_POSITIVE, share.person, share.amount_fen))
        if share.person in seen:
            found.append(Finding(Fault.TWICE, share.person))
        seen.add(share.person)
    if sum(share.is_head for share in shares) > 2:
        found.append(Finding(Fault.TOO_MANY_HEADS))
    gap = prize_fen - sum(share.amount_fen for share in shares)
    if gap:
        found.append(Finding(Fault.TOO_LITTLE if gap > 0 else Fault.TOO_MUCH, amount_fen=abs(gap)))
    elif is_above_limit(prize_fen, shares, reading) and not reason.strip():
        found.append(Finding(Fault.NO_REASON))
    return found


def settle(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> list[Settlement]:
    """What is paid again and taken back, by (award, payee); equal sums are left out.  Rulebook 6.

    The sums of both lists differ by exactly Σ pay − Σ take back.
    """
    keys = [*before, *(key for key in after if key not in before)]
    lines = [Settlement(key[1], key[0], before.get(key, 0), after.get(key, 0)) for key in keys]
    return [line for line in lines if line.before_fen != line.after_fen]


def format_yuan(amount_fen: int) -> str:
    """Yuan with two decimals, thousands apart by a space that does not break a line: 50 000.00."""
    sign = "-" if amount_fen < 0 else ""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}".replace(",", NO_BREAK) + f".{fen:02d}"


BIG_DIGITS = "零壹贰叁肆伍陆柒捌玖"
BIG_UNITS = ("", "拾", "佰", "仟")
BIG_GROUPS = ("", "万", "亿", "万亿")


def yuan_in_words(amount_fen: int) -> str:
    """The sum in the big figures of cheques and pay lists: 52 800 000 fen is 伍拾贰万捌仟元整."""
    if amount_fen < 0:
        return "负" + yuan_in_words(-amount_fen)
    whole, rest = divmod(amount_fen, 100)
    said = _whole_in_words(whole) + "元" if whole or not rest else ""
    jiao, fen = divmod(rest, 10)
    if not rest:
        return said + "整"
    if whole and not jiao:
        said += "零"
    said += BIG_DIGITS[jiao] + "角" if jiao else ""
    return said + (BIG_DIGITS[fen] + "分" if fen else "整")


def _whole_in_words(whole: int) -> str:
    if whole == 0:
        return "零"
    groups: list[int] = []
    while whole:
        whole, group = divmod(whole, 10_000)
        groups.append(group)
    said = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            continue
        if said and (group < 1000 or not groups[place + 1]):
            said += "零"
        said += _group_in_words(group) + BIG_GROUPS[place]
    return said


def _group_in_words(group: int) -> str:
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            said += ("零" if gap and said else "") + BIG_DIGITS[digit] + BIG_UNITS[place]
            gap = False
        else:
            gap = True
    return said


def parse_yuan(text: str) -> int:
    """Fen of an amount in yuan such as 1200 or 1200.50; ValueError for anything else, nothing is rounded."""
    plain = text.strip().replace(NO_BREAK, "").replace(" ", "").removesuffix("元")
    whole, dot, fen = plain.partition(".")
    if (
        not whole.isascii()
        or not whole.isdigit()
        or len(whole) > 12
        or (dot and not (fen.isascii() and fen.isdigit()))
    ):
        raise ValueError(text)
    if len(fen) > 2:
        raise ValueError(text)
    return int(whole) * 100 + int((fen or "0").ljust(2, "0"))


def percent(share: Fraction) -> str:
    """A share as per cent with one decimal, half up: 2/3 is 66.7."""
    tenths = (2000 * share.numerator + share.denominator) // (2 * share.denominator)
    return f"{tenths // 10}.{tenths % 10}"
