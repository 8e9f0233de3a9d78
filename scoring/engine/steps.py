"""The steps of a trace: what is kept of how each figure of one unit came about.

How they are found is in `trace`; wording them is the pages' part. Points are ints in units of the last
place, and fractions of that unit where a figure is shown before its rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from scoring.engine.numbers import format_points, half_up_fraction
from scoring.engine.sheet import Source

# Fields that hold a number which is no amount of points.
_COUNTS = frozenset({"rank", "missing", "places", "unit_key", "item_key", "sub_item_key"})


class Why(StrEnum):
    """Why a cell has the score it has, or none."""

    ONSITE_REPLACES = "onsite-replaces"  # on-site counts where there is one
    VISIT_REQUIRED = "visit-required"  # only on-site may count here, and it does
    MIXED = "mixed"  # preliminary and on-site in the proportion of the reading
    PRELIMINARY_STANDS = "preliminary-stands"  # nobody has scored on site
    LEAD_STANDS = "lead-stands"  # neither on site nor in the preliminary review
    NOT_INVOLVED = "not-involved"  # confirmed; the mean of the others
    DECIDED_MEAN = "decided-mean"  # missing; the leading group gave the mean of the others
    DECIDED_ZERO = "decided-zero"  # missing; the leading group gave zero
    SUSPENDED = "suspended"  # the sub-item is left out for the whole block
    PROPOSED = "proposed"  # missing until the proposal is confirmed or rejected
    NOT_VISITED = "not-visited"  # missing: only on-site counts, and nobody has been there
    NOBODY_SCORED = "nobody-scored"  # missing: there are no others to average
    NO_SCORE = "no-score"  # missing


@dataclass(frozen=True, slots=True)
class MeanStep:
    """The mean that a cell was given."""

    kind: str
    clause: str
    scorers: tuple[str, ...]  # units whose own scores it is made of, in the plan's order
    sum: int
    exact: Fraction
    mean: int


@dataclass(frozen=True, slots=True)
class CellStep:
    kind: str
    clause: str
    sub_item: str
    sub_item_key: int
    why: Why
    source: Source | None
    score: int | None
    base: int
    # What is stored, counted or not; self-assessment is shown and never counted.
    self_score: int | None
    lead: int | None
    preliminary: int | None
    onsite: int | None
    not_counted: tuple[str, ...] = ()  # which of the four are stored but did not count
    mix: tuple[int, int] | None = None  # parts of preliminary and on-site
    mean: MeanStep | None = None


@dataclass(frozen=True, slots=True)
class BaseStep:
    """An item's base score, the sum of its cells."""

    kind: str
    clause: str
    cells: tuple[CellStep, ...]
    missing: int
    base: int
    of: int  # the item's base, without suspended sub-items


@dataclass(frozen=True, slots=True)
class WeightedStep:
    """Weight × own ÷ first."""

    kind: str  # "first", "share", "first-is-zero"
    clause: str
    first_units: tuple[str, ...]  # who has the item's best base score, in the plan's order
    rank: int
    shared: bool
    rounded_here: bool  # False: only the total is rounded, this figure is rounded for print
    weight: int
    own: int
    first: int
    exact: Fraction
    weighted: int


@dataclass(frozen=True, slots=True)
class ItemTrace:
    item: str
    item_key: int
    base: BaseStep
    weighted: WeightedStep
    block_mean: Fraction  # mean of the block's printed weighted scores
    above_mean: Fraction  # own weighted score less that mean
    lost: Fraction  # what the unit's exact part lacks to the full weight


@dataclass(frozen=True, slots=True)
class PreliminaryStep:
    kind: str  # "sum-of-rounded", "rounded-sum"
    clause: str
    exact: Fraction  # before the rounding of the total
    preliminary: int


@dataclass(frozen=True, slots=True)
class AdjustmentStep:
    """What papers or reward lists add (positive) or take off (negative)."""

    kind: str  # "commendations", "criticisms", "rewards"
    clause: str
    amount: int


@dataclass(frozen=True, slots=True)
class FinalStep:
    kind: str
    clause: str
    rank: int
    shared: bool
    eligible: bool
    preliminary: int
    adjustments: tuple[AdjustmentStep, ...]  # commendations, criticisms, rewards
    final: int


@dataclass(frozen=True, slots=True)
class GapStep:
    """How far another place is: to the first, to the next place above, or to the one below."""

    kind: str  # "to-first", "to-above", "to-below"
    clause: str
    units: tuple[str, ...]
    rank: int
    gap: int  # never negative


@dataclass(frozen=True, slots=True)
class Trace:
    block: str
    unit: str
    unit_key: int
    places: int
    provisional: bool  # the block's
    final: FinalStep
    preliminary: PreliminaryStep
    items: tuple[ItemTrace, ...]
    gaps: tuple[GapStep, ...]

    def as_dict(self) -> dict[str, Any]:
        """The trace as plain values: points as strings with `places` decimals, fractions also as p/q."""
        plain: dict[str, Any] = _plain(self, self.places)
        return plain


def _plain(value: Any, places: int, name: str = "") -> Any:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), places, f.name) for f in fields(value)}
    if isinstance(value, Fraction):
        points = value / 10**places
        return {
            "rounded": format_points(half_up_fraction(value), places),
            "exact": f"{points.numerator}/{points.denominator}",
        }
    if isinstance(value, tuple):
        return [_plain(part, places, name) for part in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and name not in _COUNTS | {"mix"}:
        return format_points(value, places)
    return value
