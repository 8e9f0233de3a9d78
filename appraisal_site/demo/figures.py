"""Pure: draws every mark of the demo year from a seed; names and numbers in, marks out.

Which rows they become is the business of scores.py.  Points are ints in hundredths.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from appraisal_site.demo.words import ANY_REASON, HARDLY_INVOLVED, NOTHING_DONE, REASONS

Key = tuple[str, str, str]  # block, unit, sub-item

SHARE_WITH_PRELIMINARY = 0.67
SHARE_VISITED = 0.25
SHARE_EXPLAINED = 0.8  # of the marks below the base: those with lines of deduction
MISSING_IN = {"乡镇口": 4, "市委党群口": 3, "市直单位口": 6, "招商引资": 1}
TIED_BLOCKS = ("市委党群口", "市直单位口")
ZERO_IN = "旅游开发"


@dataclass(frozen=True, slots=True)
class Rule:
    item: str
    name: str
    base: int
    may_be_visited: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One block as the plan gives it."""

    block: str
    units: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Line:
    off: int  # > 0
    reason: str
    evidence: str
    on: date


@dataclass(frozen=True, slots=True)
class Mark:
    points: int
    lines: tuple[Line, ...] = ()  # empty, or their sum is what is missing to the base


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks of one cell.  `is_late`: lead and preliminary come only when the year is completed."""

    own: Mark
    lead: Mark
    preliminary: Mark
    onsite: Mark | None
    is_late: bool = False
    has_early_preliminary: bool = True


def draw(frames: Sequence[Frame], seed: int) -> dict[Key, Marks]:
    """Every cell's marks: the same seed gives the same, whatever the database numbers its rows.

    Spread comes from a gift of each unit, its bent for each item and a difficulty of each sub-item; two pairs of units share a
    place; one mark is a real zero; some cells are late.
    """
    off = _counted_deductions(frames, seed)
    twins = _make_ties(frames, off, seed)
    zero = _put_one_zero(frames, off, seed)
    fixed = {(h.block, h.unit, h.sub_item) for h in HARDLY_INVOLVED}
    marks: dict[Key, Marks] = {}
    for frame in frames:
        for rule in frame.rules:
            for unit in frame.units:
                key = (frame.block, unit, rule.name)
                steady = (frame.block, unit) in twins or key == zero
                marks[key] = _marks(key, rule, off[key], seed, steady=steady)
    for key in _late(frames, fixed, twins, zero, seed):
        marks[key] = replace(marks[key], is_late=True)
    return marks


def _stream(seed: int, *about: str) -> random.Random:
    """A stream of its own for each question, so that a new question changes no old answer."""
    return random.Random(":".join([str(seed), *about]))  # noqa: S311 -- figures to look at, not secrets


def _counted_deductions(frames: Sequence[Frame], seed: int) -> dict[Key, int]:
    """What each cell's counted mark lacks to its base."""
    off: dict[Key, int] = {}
    for frame in frames:
        gift = {u: _stream(seed, "gift", u).gauss(0.09, 0.016) for u in frame.units}
        for rule in frame.rules:
            hard = _stream(seed, "hard", frame.block, rule.name).uniform(-0.02, 0.03)
            for unit in frame.units:
                bent = _stream(seed, "bent", frame.block, unit, rule.item).gauss(0, 0.024)
                luck = _stream(seed, "luck", frame.block, unit, rule.name)
                share = min(max(gift[unit] + bent + hard + luck.gauss(0, 0.028), 0.0), 0.35)
                step = _step(rule.base, luck)
                off[frame.block, unit, rule.name] = round(rule.base * share / step) * step
    return off


def _step(base: int, luck: random.Random) -> int:
    """Deductions come in round steps; a finer one now and then."""
    return luck.choice((25, 50, 50)) if base <= 15_000 else luck.choice((50, 100, 100))


def tied_units(frames: Sequence[Frame], seed: int) -> dict[str, tuple[str, str]]:
    """Block → the two units that share a place in it, so that nothing else of the demo parts them."""
    busy = {(h.block, h.unit) for h in HARDLY_INVOLVED}
    pairs: dict[str, tuple[str, str]] = {}
    for frame in frames:
        if frame.block in TIED_BLOCKS:
            free = [unit for unit in frame.units if (frame.block, unit) not in busy]
            first, second = _stream(seed, "tie", frame.block).sample(free, 2)
            pairs[frame.block] = (first, second)
    return pairs


def _make_ties(frames: Sequence[Frame], off: dict[Key, int], seed: int) -> set[tuple[str, str]]:
    """In two blocks give a second unit the same sum in every item by other marks; both then share a place."""
    busy = {(h.block, h.unit) for h in HARDLY_INVOLVED}
    twins: set[tuple[str, str]] = set()
    for frame in frames:
        if frame.block not in TIED_BLOCKS:
            continue
        luck = _stream(seed, "tie", frame.block)
        first, second = luck.sample([u for u in frame.units if (frame.block, u) not in busy], 2)
        for item in dict.fromkeys(rule.item for rule in frame.rules):
            rules = [rule for rule in frame.rules if rule.item == item]
            for rule in rules:
                off[frame.block, second, rule.name] = off[frame.block, first, rule.name]
            if len(rules) > 1:
                less, more = luck.sample(rules, 2)
                moved = min(off[frame.block, first, less.name], 250)
                off[frame.block, second, less.name] -= moved
                off[frame.block, second, more.name] += moved
        twins |= {(frame.block, first), (frame.block, second)}
    return twins


def _put_one_zero(frames: Sequence[Frame], off: dict[Key, int], seed: int) -> Key | None:
    """One unit did nothing at all: a zero that must never be mistaken for a missing mark."""
    for frame in frames:
        if frame.block == ZERO_IN and frame.units:
            key = (frame.block, _stream(seed, "zero").choice(frame.units), frame.rules[0].name)
            off[key] = frame.rules[0].base
            return key
    return None


def _late(
    frames: Sequence[Frame], fixed: set[Key], twins: set[tuple[str, str]], zero: Key | None, seed: int
) -> list[Key]:
    late: list[Key] = []
    for frame in frames:
        free = [
            key
            for rule in frame.rules
            for unit in frame.units
            if (key := (frame.block, unit, rule.name)) not in fixed
            and (frame.block, unit) not in twins
            and key != zero
        ]
        late += _stream(seed, "late", frame.block).sample(
            free, min(MISSING_IN.get(frame.block, 0), len(free))
        )
    return late


def _marks(key: Key, rule: Rule, off: int, seed: int, *, steady: bool) -> Marks:
    """The four marks round the counted one.  `steady`: a visit confirms what was found before."""
    luck = _stream(seed, "marks", *key)
    step = 25 if rule.base <= 15_000 else 50
    lead_off = off
    early = luck.random() < SHARE_WITH_PRELIMINARY
    if early and not steady:
        lead_off = min(max(off + luck.randint(-3, 3) * step, 0), rule.base)
    own_off = min(round(off * luck.uniform(0.1, 0.7) / step) * step, rule.base)
    onsite = None
    if rule.may_be_visited and luck.random() < SHARE_VISITED:
        found = 0 if steady else luck.randint(-2, 4) * step
        onsite = _mark(rule, min(max(off + found, 0), rule.base), luck)
    return Marks(
        own=Mark(rule.base - own_off),
        lead=_mark(rule, lead_off, luck),
        preliminary=_mark(rule, off, luck),
        onsite=onsite,
        has_early_preliminary=early,
    )


def _mark(rule: Rule, off: int, luck: random.Random) -> Mark:
    if off == 0 or luck.random() > SHARE_EXPLAINED:
        return Mark(rule.base - off)
    if off == rule.base:
        return Mark(0, (Line(off, NOTHING_DONE, "年终汇总", date(2012, 12, 20)),))
    reasons = REASONS.get(rule.name, ANY_REASON)
    count = min(luck.choice((1, 2, 2, 3)), len(reasons), off // 25)
    lines = []
    left = off
    for n, reason in enumerate(luck.sample(reasons, count)):
        part = left if n == count - 1 else max(25, left // 2 // 25 * 25)
        left -= part
        quarter = luck.randint(1, 4)
        day = date(2012, quarter * 3 - 2, 1) + timedelta(days=luck.randint(0, 85))
        lines.append(Line(part, reason, f"第{quarter}季度台账", day))
    return Mark(rule.base - off, tuple(lines))
