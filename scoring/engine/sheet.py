"""What the engine is given and what it answers: frozen values for one block.

The arithmetic is in the neighbouring modules; `arrays` holds the same block as columns of numbers.
Every amount of points is an int in units of the last place: with two decimals, 9750 is 97.50.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from scoring.engine.numbers import format_points

BlockKind = Literal["comprehensive", "special"]


class Source(StrEnum):
    """Where a counted score comes from.  A missing cell has no source (None)."""

    ONSITE = "onsite"
    PRELIMINARY = "preliminary"
    MIX = "mix"
    LEAD = "lead"
    MEAN = "mean"


class Rounding(StrEnum):
    """Reading R1: where the half-up rounding bites."""

    EACH_ITEM = "each-item"
    TOTAL_ONLY = "total-only"

    @property
    def other(self) -> Rounding:
        return Rounding.TOTAL_ONLY if self is Rounding.EACH_ITEM else Rounding.EACH_ITEM


class FirstIsZero(StrEnum):
    """Reading R2: what an item is worth when even its first has nothing."""

    HELD = "held"  # everyone 0 in drafts, approval waits for a decision
    ALL_ZERO = "all-zero"
    ALL_FULL = "all-full"


class MissingHow(StrEnum):
    """How the leading group lets a missing cell count (缺报处理)."""

    MEAN = "mean"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Counting:
    """Reading R9: on-site replaces preliminary, or both are mixed in the proportion given.

    Both parts 0 is the shipped reading, replacement.
    """

    preliminary_part: int = 0
    onsite_part: int = 0

    def __post_init__(self) -> None:
        if self.preliminary_part < 0 or self.onsite_part < 0:
            raise ValueError("the parts of a mix are never negative")

    @classmethod
    def mix(cls, preliminary_part: int, onsite_part: int) -> Counting:
        if preliminary_part + onsite_part == 0:
            raise ValueError("a mix needs at least one part")
        return cls(preliminary_part, onsite_part)

    @property
    def is_mix(self) -> bool:
        return self.preliminary_part + self.onsite_part > 0


REPLACE = Counting()


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of the plan that change a number of a standing.  Rulebook 9."""

    rounding: Rounding = Rounding.EACH_ITEM
    first_is_zero: FirstIsZero = FirstIsZero.HELD
    counting: Counting = REPLACE


@dataclass(frozen=True, slots=True)
class SubItemRule:
    key: int
    name: str
    base: int  # points
    floor: int = 0  # points
    visit_required: bool = False  # only an on-site score counts
    suspended: bool = False  # left out for the whole block by the leading group


@dataclass(frozen=True, slots=True)
class ItemRule:
    key: int
    name: str
    weight: int  # points
    base: int  # points
    sub_items: tuple[SubItemRule, ...]

    @property
    def base_in_force(self) -> int:
        """The item's base less the bases of its suspended sub-items, points."""
        return self.base - sum(sub.base for sub in self.sub_items if sub.suspended)


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """One unit of the block with its additions and deductions, halved and capped elsewhere."""

    key: int
    name: str
    order: int  # of the plan; settles the sequence of rows on one place
    eligible: bool = True
    commendations: int = 0  # points
    criticisms: int = 0  # points, the positive sum taken off
    rewards: int = 0  # points


@dataclass(frozen=True, slots=True)
class CellEntry:
    """The scores of one unit in one sub-item, None where nobody has scored.

    `not_involved` is the confirmed state; `proposed` makes the cell missing whatever it holds, and wins
    should both be set.
    """

    self_score: int | None = None  # shown, never counted
    lead: int | None = None
    preliminary: int | None = None
    onsite: int | None = None
    not_involved: bool = False
    proposed: bool = False


EMPTY_CELL = CellEntry()


@dataclass(frozen=True, slots=True)
class MissingDecision:
    """The leading group's decision about a missing cell, or (unit_key None) all those of a sub-item."""

    sub_item_key: int
    unit_key: int | None
    how: MissingHow


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that the standing of one block depends on."""

    block: str
    kind: BlockKind
    places: int
    readings: Readings
    items: tuple[ItemRule, ...]
    units: tuple[UnitEntry, ...]
    cells: Mapping[tuple[int, int], CellEntry]  # by (unit key, sub-item key); absent means missing
    decisions: tuple[MissingDecision, ...] = ()

    def cell(self, unit_key: int, sub_item_key: int) -> CellEntry:
        return self.cells.get((unit_key, sub_item_key), EMPTY_CELL)


@dataclass(frozen=True, slots=True)
class CellResult:
    sub_item: str
    score: int | None  # points; None is missing
    source: Source | None  # None: missing, or 0 by a decision about a missing cell
    decided: bool = False  # counted only by a decision of the leading group
    sub_item_key: int = 0


@dataclass(frozen=True, slots=True)
class ItemResult:
    item: str
    base: int  # points, the unit's own base score; missing cells add nothing
    rank: int  # 1 is best; equal scores share a rank and the next is skipped
    shared: bool
    weighted: int  # points as printed
    cells: tuple[CellResult, ...]  # without suspended sub-items
    item_key: int = 0


@dataclass(frozen=True, slots=True)
class RowResult:
    unit: str
    rank: int  # on the printed final score; equal scores share a rank and the next is skipped
    shared: bool
    eligible: bool
    missing: int  # cells without a score
    items: tuple[ItemResult, ...]
    preliminary: int  # points
    commendations: int  # points
    criticisms: int  # points, the positive sum taken off
    rewards: int  # points
    final: int  # points
    unit_key: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class BlockStanding:
    """The places of one block, rows by place and then by the plan's order."""

    block: str
    kind: BlockKind
    places: int
    rounding: Rounding
    provisional: bool  # at least one cell is missing
    held: tuple[str, ...]  # codes of what keeps approval waiting
    differs: tuple[str, ...]  # units whose place is another under the other rounding, in the plan's order
    rows: tuple[RowResult, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The block object of the standing, points as strings; the caller adds its version."""

        def points(value: int) -> str:
            return format_points(value, self.places)

        return {
            "name": self.block,
            "kind": self.kind,
            "held": list(self.held),
            "differs": list(self.differs),
            "rows": [
                {
                    "unit": row.unit,
                    "rank": row.rank,
                    "shared": row.shared,
                    "eligible": row.eligible,
                    "missing": row.missing,
                    "items": [
                        {
                            "item": item.item,
                            "base": points(item.base),
                            "rank": item.rank,
                            "shared": item.shared,
                            "weighted": points(item.weighted),
                            "cells": [
                                {
                                    "sub_item": cell.sub_item,
                                    "score": None if cell.score is None else points(cell.score),
                                    "source": None if cell.source is None else str(cell.source),
                                }
                                for cell in item.cells
                            ],
                        }
                        for item in row.items
                    ],
                    "preliminary": points(row.preliminary),
                    "commendations": points(row.commendations),
                    "criticisms": points(row.criticisms),
                    "rewards": points(row.rewards),
                    "final": points(row.final),
                }
                for row in self.rows
            ],
        }
