"""From the units' base scores of the items to weighted parts and totals, under both roundings.

Counting the cells is in `cells`, the rounding rule in `numbers`, places in `ranking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from scoring.engine.arrays import BoolArray
from scoring.engine.numbers import (
    AnyArray,
    divide_arrays,
    half_up_fraction,
    round_division,
)
from scoring.engine.sheet import FirstIsZero

_SAFE = 2**61


def exact_weighted(weight: int, own: int, first: int, first_is_zero: FirstIsZero) -> Fraction:
    """An item's weighted score before any rounding, points.  Plan §4(1), reading R2."""
    if first > 0:
        return Fraction(weight * own, first)
    return Fraction(weight if first_is_zero is FirstIsZero.ALL_FULL else 0)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedParts:
    """Weight × own ÷ first for I items (and any axes before them) and U units, as a finished division."""

    rounded: AnyArray  # (…, I, U) points as printed
    whole: AnyArray  # (…, I, U) points, rounded down
    rest: AnyArray  # (…, I, U) what the division leaves over, 0 ≤ rest < divisor
    divisors: AnyArray  # (…, I)
    first_is_zero: BoolArray  # (…, I) even the first has nothing


def weigh(base: AnyArray, first: AnyArray, weights: AnyArray, first_is_zero: FirstIsZero) -> WeightedParts:
    """The weighted parts of all items and units.  The caller has checked the bounds with `fits_int64`."""
    zero = first <= 0
    divisors, products = first, base * weights[..., None]
    if zero.any():
        divisors = np.where(zero, 1, first)
        instead = weights if first_is_zero is FirstIsZero.ALL_FULL else weights * 0
        products = np.where(zero[..., None], instead[..., None], products)
    by = divisors[..., None]
    whole, rest = divide_arrays(products, by)
    return WeightedParts(round_division(whole, rest, by), whole, rest, divisors, zero)


def exact_totals(parts: WeightedParts) -> AnyArray:
    """The totals of the units when only the total is rounded (reading R1), (U,) points.

    Integers only: the leftovers are summed over a common denominator, or, where that is too large, in
    fixed point with a bound on the error; the few totals too near to a half are settled as fractions.
    """
    totals: AnyArray = np.add.reduce(parts.whole, axis=0)
    divisors = parts.divisors.tolist()
    if not divisors:
        return totals
    common, rest = lcm(*divisors), parts.rest
    if rest.dtype.kind != "O" and common * (len(divisors) + 1) >= _SAFE:
        return _totals_in_fixed_point(totals, rest, divisors)
    factors = np.array([common // divisor for divisor in divisors], dtype=rest.dtype)
    more, left = divide_arrays(factors @ rest, np.array(common, dtype=rest.dtype))
    return round_division(totals + more, left, np.array(common, dtype=rest.dtype))


def _totals_in_fixed_point(totals: AnyArray, rest: AnyArray, divisors: list[int]) -> AnyArray:
    items = len(divisors)
    bits = min(61 - max(divisors).bit_length(), 59 - items.bit_length())
    by = np.array(divisors, dtype=np.int64)[:, None]
    scaled = np.add.reduce((rest << bits) // by, axis=0)
    half = 1 << (bits - 1)
    low = (scaled + (half - 1)) >> bits
    high = (scaled + (half + items)) >> bits
    rounded: AnyArray = totals + low
    # The true sum is at least `scaled` and less than `scaled + items`: where both ends agree it is settled.
    for unit in np.flatnonzero(low != high).tolist():
        parts = (Fraction(r, d) for r, d in zip(rest[:, unit].tolist(), divisors, strict=True))
        rounded[unit] = half_up_fraction(int(totals[unit]) + sum(parts, Fraction(0)))
    return rounded


def fits_int64(base: AnyArray, first: AnyArray, weights: AnyArray, added: AnyArray | None) -> bool:
    """Whether every product and sum of the weighting stays within int64."""
    if base.dtype.kind == "O" or weights.dtype.kind == "O" or (added is not None and added.dtype.kind == "O"):
        return False
    highest: int = max(1, *first.tolist(), -int(base.min())) if base.size else 1
    heaviest: int = max(1, sum(abs(weight) for weight in weights.tolist()))
    return 2 * highest * heaviest < _SAFE


def total_of(parts: Sequence[Fraction]) -> int:
    """The total of exact parts, rounded once, points."""
    return half_up_fraction(sum(parts, Fraction(0)))
