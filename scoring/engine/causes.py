"""Why a unit would stand elsewhere: two standings of one block compared, unit by unit.

What was changed is in `changes`; the words are put to the causes in scoring.words_of_trials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from scoring.engine.sheet import BlockStanding, ItemResult, RowResult


class CauseKind(StrEnum):
    """What moved a figure, the nearest cause first."""

    OWN_BASE = "own-base"  # the unit's own base score of an item
    WEIGHT = "weight"  # the item counts more or less
    FIRST = "first"  # the first of an item, by whom all are measured
    COMMENDATIONS = "commendations"
    CRITICISMS = "criticisms"
    REWARDS = "rewards"


@dataclass(frozen=True, slots=True)
class Cause:
    """One figure that changed: `before` and `after` of what is named, and what it did to the total."""

    kind: CauseKind
    name: str  # the item; empty for additions and deductions
    before: int  # points
    after: int  # points
    effect: int  # points more (or less) in the final score


@dataclass(frozen=True, slots=True)
class Comparison:
    """One unit before and after, points in units of the last place."""

    unit_key: int
    unit: str
    order: int
    before: RowResult
    after: RowResult
    causes: tuple[Cause, ...]
    passed_by: tuple[str, ...]  # units that stood behind or beside and would stand ahead
    passes: tuple[str, ...]  # units that stood ahead or beside and would stand behind

    @property
    def rank_moves(self) -> bool:
        return self.before.rank != self.after.rank

    @property
    def final_moves(self) -> bool:
        return self.before.final != self.after.final

    @property
    def eligibility_moves(self) -> bool:
        return self.before.eligible != self.after.eligible

    @property
    def moves(self) -> bool:
        return self.rank_moves or self.final_moves or self.eligibility_moves

    @property
    def is_untouched(self) -> bool:
        """On another place although none of its own figures changed."""
        return self.rank_moves and not self.final_moves


def compare(
    before: BlockStanding,
    after: BlockStanding,
    weights: tuple[dict[int, int], dict[int, int]] = ({}, {}),
) -> tuple[Comparison, ...]:
    """Every unit of a block before and after, in the plan's order.

    `weights` gives the items' weights before and after by item key, points. Items and units are the same
    on both sides.
    """
    then = {row.unit_key: row for row in before.rows}
    firsts = tuple(_firsts(standing) for standing in (before, after))
    rows = sorted(after.rows, key=lambda row: (row.order, row.unit_key))
    return tuple(_compare(then[row.unit_key], row, before, after, firsts, weights) for row in rows)


def _firsts(standing: BlockStanding) -> dict[int, int]:
    best: dict[int, int] = {}
    for row in standing.rows:
        for item in row.items:
            best[item.item_key] = max(best.get(item.item_key, item.base), item.base)
    return best


def _compare(
    old: RowResult,
    new: RowResult,
    before: BlockStanding,
    after: BlockStanding,
    firsts: tuple[dict[int, int], ...],
    weights: tuple[dict[int, int], dict[int, int]],
) -> Comparison:
    passed_by: list[str] = []
    passes: list[str] = []
    if old.rank != new.rank:
        ranks = {row.unit_key: row.rank for row in before.rows}
        for other in after.rows:
            if other.unit_key == new.unit_key:
                continue
            if other.rank < new.rank and ranks[other.unit_key] >= old.rank:
                passed_by.append(other.unit)
            elif other.rank > new.rank and ranks[other.unit_key] <= old.rank:
                passes.append(other.unit)
    return Comparison(
        unit_key=new.unit_key,
        unit=new.unit,
        order=new.order,
        before=old,
        after=new,
        causes=tuple(_causes(old, new, firsts, weights)),
        passed_by=tuple(passed_by),
        passes=tuple(passes),
    )


def _causes(
    old: RowResult,
    new: RowResult,
    firsts: tuple[dict[int, int], ...],
    weights: tuple[dict[int, int], dict[int, int]],
) -> Iterator[Cause]:
    for then, now in zip(old.items, new.items, strict=True):
        if then.weighted != now.weighted or then.base != now.base:
            yield _cause_of_item(then, now, firsts, weights)
    for kind, was, now_is, sign in (
        (CauseKind.COMMENDATIONS, old.commendations, new.commendations, 1),
        (CauseKind.CRITICISMS, old.criticisms, new.criticisms, -1),
        (CauseKind.REWARDS, old.rewards, new.rewards, 1),
    ):
        if was != now_is:
            yield Cause(kind, "", was, now_is, sign * (now_is - was))


def _cause_of_item(
    then: ItemResult,
    now: ItemResult,
    firsts: tuple[dict[int, int], ...],
    weights: tuple[dict[int, int], dict[int, int]],
) -> Cause:
    effect = now.weighted - then.weighted
    if then.base != now.base:
        return Cause(CauseKind.OWN_BASE, now.item, then.base, now.base, effect)
    was, is_now = (side.get(now.item_key, 0) for side in weights)
    if was != is_now:
        return Cause(CauseKind.WEIGHT, now.item, was, is_now, effect)
    best_then, best_now = (side.get(now.item_key, 0) for side in firsts)
    return Cause(CauseKind.FIRST, now.item, best_then, best_now, effect)
