"""Pure: the single changes that a trial (模拟测算) or an amendment is made of, and their short written form.

A step names rows by their keys; what it would do is computed in scoring.trial_queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

SEPARATOR = "~"
NONE = "-"
MOST_STEPS = 60
KINDS = ("lead", "preliminary", "onsite")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,4})?")


class UnreadableStep(ValueError):
    """What stands in the address or the store is none of the written forms."""


@dataclass(frozen=True, slots=True)
class ScoreStep:
    membership: int
    sub_item: int
    kind: str  # lead | preliminary | onsite
    points: Decimal | None  # None takes the score away


@dataclass(frozen=True, slots=True)
class InvolvedStep:
    """基本不涉及 as confirmed, or taken back."""

    membership: int
    sub_item: int
    not_involved: bool


@dataclass(frozen=True, slots=True)
class MissingStep:
    """缺报处理 of one cell: mean, zero, or undecided again."""

    membership: int
    sub_item: int
    how: str


@dataclass(frozen=True, slots=True)
class SuspendStep:
    """A sub-item left out for the whole block, or taken in again."""

    sub_item: int
    suspended: bool


@dataclass(frozen=True, slots=True)
class LookStep:
    """Whether only an on-site score counts (考评方式)."""

    sub_item: int
    visit_required: bool


@dataclass(frozen=True, slots=True)
class WeightStep:
    item: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class BaseStep:
    """Another base of a sub-item; scores that deductions explain are counted anew."""

    sub_item: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class FloorStep:
    """Another floor (扣分下限): `points` None is nothing below 0, anything else needs its words."""

    sub_item: int
    points: Decimal | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorStep:
    """Another base of an indicator (小项)."""

    indicator: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class WordsStep:
    """Another text of an indicator."""

    indicator: int
    words: str


@dataclass(frozen=True, slots=True)
class PrizeStep:
    """Another amount of each prize of one grade."""

    prize: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class TariffStep:
    """Another amount in a line of the tariff; the cap is such a line."""

    line: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class PoolStep:
    """Another cap of a reward pool."""

    pool: int
    cap: Decimal


@dataclass(frozen=True, slots=True)
class NewPaperStep:
    """A paper nobody has handed in: by its line of the tariff, or by pool and listed points."""

    unit: int
    line: int | None
    scope: str = "综合"
    pool: int | None = None
    listed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaperStep:
    """A paper on file counted although it waits, or left out although it is verified."""

    adjustment: int
    counted: bool


@dataclass(frozen=True, slots=True)
class VetoStep:
    unit: int
    field: str


@dataclass(frozen=True, slots=True)
class LiftStep:
    """A veto or a finding of misconduct in force taken away."""

    what: str  # veto | finding
    key: int


Step = (
    ScoreStep
    | InvolvedStep
    | MissingStep
    | SuspendStep
    | LookStep
    | WeightStep
    | BaseStep
    | FloorStep
    | IndicatorStep
    | WordsStep
    | PrizeStep
    | TariffStep
    | PoolStep
    | NewPaperStep
    | PaperStep
    | VetoStep
    | LiftStep
)


def written(step: Step) -> str:
    """The step as one word of an address: score~12~34~preliminary~95.5."""
    match step:
        case ScoreStep(member, sub, kind, points):
            return _join("score", member, sub, kind, NONE if points is None else _plain(points))
        case InvolvedStep(member, sub, not_involved):
            return _join("involved", member, sub, int(not_involved))
        case MissingStep(member, sub, how):
            return _join("missing", member, sub, how)
        case SuspendStep(sub, suspended):
            return _join("suspend", sub, int(suspended))
        case LookStep(sub, visit):
            return _join("look", sub, int(visit))
        case WeightStep(item, points):
            return _join("weight", item, _plain(points))
        case BaseStep(sub, points):
            return _join("base", sub, _plain(points))
        case FloorStep(sub, floor, words):
            return _join("floor", sub, NONE if floor is None else _plain(floor), _kept(words))
        case IndicatorStep(indicator, points):
            return _join("indicator", indicator, _plain(points))
        case WordsStep(indicator, words):
            return _join("words", indicator, _kept(words))
        case PrizeStep(prize, amount_fen):
            return _join("prize", prize, amount_fen)
        case TariffStep(line, points):
            return _join("tariff", line, _plain(points))
        case PoolStep(pool, cap):
            return _join("pool", pool, _plain(cap))
        case NewPaperStep(unit, None, _scope, pool, listed):
            return _join("reward", unit, pool or 0, _plain(listed or Decimal(0)))
        case NewPaperStep(unit, line, scope):
            return _join("new", unit, line or 0, scope)
        case PaperStep(adjustment, counted):
            return _join("paper", adjustment, int(counted))
        case VetoStep(unit, field):
            return _join("veto", unit, field)
        case LiftStep(what, key):
            return _join("lift", what, key)


def read(text: str) -> Step:
    """The step that `written` gave; raises UnreadableStep."""
    word, *parts = text.split(SEPARATOR)
    try:
        return _read(word, parts)
    except (ValueError, KeyError) as error:
        raise UnreadableStep(text) from error


def _read(word: str, parts: list[str]) -> Step:
    match word, parts:
        case "score", [member, sub, kind, points] if kind in KINDS:
            return ScoreStep(int(member), int(sub), kind, None if points == NONE else number(points))
        case "involved", [member, sub, flag]:
            return InvolvedStep(int(member), int(sub), _flag(flag))
        case "missing", [member, sub, how] if how in {"mean", "zero", "undecided"}:
            return MissingStep(int(member), int(sub), how)
        case "suspend", [sub, flag]:
            return SuspendStep(int(sub), _flag(flag))
        case "look", [sub, flag]:
            return LookStep(int(sub), _flag(flag))
        case "weight", [item, points]:
            return WeightStep(int(item), number(points))
        case "base", [sub, points]:
            return BaseStep(int(sub), number(points))
        case "floor", [sub, points, text]:
            return FloorStep(int(sub), None if points == NONE else signed(points), _read_words(text))
        case "indicator", [indicator, points]:
            return IndicatorStep(int(indicator), number(points))
        case "words", [indicator, text]:
            return WordsStep(int(indicator), _read_words(text))
        case "prize", [prize, amount]:
            return PrizeStep(int(prize), _whole(amount))
        case "tariff", [line, points]:
            return TariffStep(int(line), number(points))
        case "pool", [pool, cap]:
            return PoolStep(int(pool), number(cap))
        case "reward", [unit, pool, listed]:
            return NewPaperStep(int(unit), None, pool=int(pool), listed=number(listed))
        case "new", [unit, line, scope] if scope in {"综合", "单项", "基层"}:
            return NewPaperStep(int(unit), int(line), scope)
        case "paper", [adjustment, flag]:
            return PaperStep(int(adjustment), _flag(flag))
        case "veto", [unit, field] if field:
            return VetoStep(int(unit), field)
        case "lift", [what, key] if what in {"veto", "finding"}:
            return LiftStep(what, int(key))
    raise ValueError(word)


def number(text: str) -> Decimal:
    """A plain number as people type it; raises ValueError for signs, exponents and words."""
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return Decimal(text.strip())


def signed(text: str) -> Decimal:
    """A plain number that may lie below 0, as floors do; raises ValueError like `number`."""
    plain = text.strip()
    return -number(plain[1:]) if plain[:1] in {"-", "−"} else number(plain)


def target(step: Step) -> tuple[object, ...]:
    """What the step is about; a later step about the same thing replaces the earlier one."""
    match step:
        case ScoreStep(member, sub, kind):
            return ("score", member, sub, kind)
        case InvolvedStep(member, sub):
            return ("involved", member, sub)
        case MissingStep(member, sub):
            return ("missing", member, sub)
        case SuspendStep(sub):
            return ("suspend", sub)
        case LookStep(sub):
            return ("look", sub)
        case WeightStep(item):
            return ("weight", item)
        case BaseStep(sub):
            return ("base", sub)
        case FloorStep(sub):
            return ("floor", sub)
        case IndicatorStep(indicator):
            return ("indicator", indicator)
        case WordsStep(indicator):
            return ("words", indicator)
        case PrizeStep(prize):
            return ("prize", prize)
        case TariffStep(line):
            return ("tariff", line)
        case PoolStep(pool):
            return ("pool", pool)
        case PaperStep(adjustment):
            return ("paper", adjustment)
        case NewPaperStep() | VetoStep() | LiftStep():
            return (step,)


def with_step(steps: Sequence[Step], more: Iterable[Step]) -> tuple[Step, ...]:
    """The steps with others added, each thing changed once, where it stood first.

    A new paper may be tried twice: two papers of one kind are two papers.
    """
    out: list[Step] = list(steps)
    for step in more:
        places = [n for n, old in enumerate(out) if target(old) == target(step)]
        if places and not isinstance(step, NewPaperStep):
            out[places[0]] = step
        else:
            out.append(step)
    return tuple(out)


def _join(*parts: object) -> str:
    return SEPARATOR.join(map(str, parts))


def _kept(words: str) -> str:
    """Words that do not collide with the separator."""
    return words.replace("%", "%25").replace(SEPARATOR, "%7E")


def _read_words(text: str) -> str:
    return text.replace("%7E", SEPARATOR).replace("%25", "%")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ValueError(text)
    return int(text)


def _plain(points: Decimal) -> str:
    text = format(points, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _flag(text: str) -> bool:
    return {"1": True, "0": False}[text]
