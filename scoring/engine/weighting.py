"""From the units' base scores of the items to weighted parts and totals, under both roundings.

Counting the cells is in `cells`, the rounding rule in `numbers`, places in `ranking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from scoring.engine.numbers import AnyArray, half_up_array, half_up_fraction
from scoring.engine.sheet import FirstIsZero

_SAFE = 2**61
# The largest common denominator (times the items) over which leftovers are summed.
_COMMON_UP_TO = _SAFE
_UNITS_AT_A_TIME = 1 << 14


def exact_weighted(weight: int, own: int, first: int, first_is_zero: FirstIsZero) -> Fraction:
    """An item's weighted score before any rounding, points.  Plan §4(1), reading R2."""
    if first > 0:
        return Fraction(weight * own, first)
    return Fraction(weight if first_is_zero is FirstIsZero.ALL_FULL else 0)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedParts:
    """Weight × own ÷ first for I items (and any axes before them) and U units."""

    rounded: AnyArray  # (…, I, U) points as printed
    products: AnyArray  # (…, I, U) what was divided
    divisors: AnyArray  # (…, I) by what
    negatives: bool  # whether any product is below zero


def weigh(
    base: AnyArray,
    first: AnyArray,
    weights: AnyArray,
    first_is_zero: FirstIsZero,
    *,
    negatives: bool,
    some_zero: bool,
) -> WeightedParts:
    """The weighted parts of all items and units.

    `negatives` says whether some base score is below zero, `some_zero` whether some item's first has
    nothing. The caller has checked the bounds.
    """
    products, divisors = base * weights[..., None], first
    if some_zero:
        zero = first <= 0
        divisors = np.where(zero, 1, first)
        instead = weights if first_is_zero is FirstIsZero.ALL_FULL else weights * 0
        products = np.where(zero[..., None], instead[..., None], products)
    rounded = half_up_array(products, divisors[..., None], products < 0 if negatives else None)
    return WeightedParts(rounded, products, divisors, negatives)


def weigh_units(
    base: AnyArray,
    first: AnyArray,
    weights: AnyArray,
    first_is_zero: FirstIsZero,
    *,
    negatives: bool,
    some_zero: bool,
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Weighted parts (items, units), the totals of the rounded parts, and the totals rounded once.

    Large blocks are done in parts that stay in the processor's cache.
    """
    units = base.shape[1]
    if units <= _UNITS_AT_A_TIME:
        wide = base if base.dtype == weights.dtype else base.astype(weights.dtype)
        parts = weigh(wide, first, weights, first_is_zero, negatives=negatives, some_zero=some_zero)
        by_item = np.add.reduce(parts.rounded, axis=0)
        return parts.rounded, by_item, exact_totals(parts, by_item)
    # Narrow scores are never below zero, and then no part is greater than its weight.
    weighted = np.empty(
        base.shape, dtype=base.dtype if max(weights.tolist(), default=0) < 2**31 else weights.dtype
    )
    by_item, by_total = np.empty(units, dtype=weights.dtype), np.empty(units, dtype=weights.dtype)
    for begin in range(0, units, _UNITS_AT_A_TIME):
        some = slice(begin, begin + _UNITS_AT_A_TIME)
        weighted[:, some], by_item[some], by_total[some] = weigh_units(
            base[:, some], first, weights, first_is_zero, negatives=negatives, some_zero=some_zero
        )
    return weighted, by_item, by_total


def exact_totals(parts: WeightedParts, by_item: AnyArray) -> AnyArray:
    """The totals of the units when only the total is rounded (reading R1), (U,) points.

    `by_item` has the sums of the rounded parts; they are set right by what the roundings took or gave.
    Integers only: those leftovers are summed over a common denominator or, where that is too large, in
    fixed point with a bound on the error, and the few totals too near to a half are settled as fractions.
    """
    divisors = parts.divisors.tolist()
    if not divisors:
        return by_item
    # Between −half and half a divisor each.
    rest = parts.products - parts.rounded * parts.divisors[:, None]
    common = lcm(*divisors)
    if rest.dtype.kind != "O" and common * (len(divisors) + 1) >= _COMMON_UP_TO:
        return _totals_in_fixed_point(by_item, rest, divisors)
    factors = np.array([common // divisor for divisor in divisors], dtype=rest.dtype)
    over = factors @ rest
    below_zero = by_item + over // common < 0 if parts.negatives else None
    corrected: AnyArray = by_item + half_up_array(over, np.array(common, dtype=rest.dtype), below_zero)
    return corrected


def _totals_in_fixed_point(by_item: AnyArray, rest: AnyArray, divisors: list[int]) -> AnyArray:
    items = len(divisors)
    bits = 60 - max(divisors).bit_length() - items.bit_length()
    by = np.array(divisors, dtype=np.int64)[:, None]
    # The true sum is at least `scaled` and less than `scaled + items`, in units of 2 to the −bits.
    scaled = np.add.reduce((rest << bits) // by, axis=0)
    half = 1 << (bits - 1)
    low = (scaled + (half - 1)) >> bits
    high = (scaled + (half + items)) >> bits
    corrected: AnyArray = by_item + low
    for unit in np.flatnonzero(low != high).tolist():
        leftovers = (Fraction(r, d) for r, d in zip(rest[:, unit].tolist(), divisors, strict=True))
        corrected[unit] = half_up_fraction(int(by_item[unit]) + sum(leftovers, Fraction(0)))
    return corrected


def fits_int64(lowest: int, firsts: list[int], weights: list[int]) -> bool:
    """Whether every product and sum of the weighting stays within int64."""
    highest = max(1, -lowest, *firsts)
    heaviest = max(1, sum(abs(weight) for weight in weights))
    return 2 * highest * heaviest < _SAFE


def total_of(parts: Sequence[Fraction]) -> int:
    """The total of exact parts, rounded once, points."""
    return half_up_fraction(sum(parts, Fraction(0)))
