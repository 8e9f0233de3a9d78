"""From the units' base scores of the items to weighted parts and totals, under both roundings.

Counting the cells is in `cells`, the rounding rule in `numbers`, places in `ranking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np

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


def weigh(
    base: AnyArray, first: AnyArray, weights: AnyArray, first_is_zero: FirstIsZero
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
    """Weight × own ÷ first for all items and units, shape (…, items, units).

    Returns the parts rounded half-up, the parts rounded down, what is left over of each, and the
    divisors (…, items). The caller has checked the bounds with `fits_int64`.
    """
    zero = first <= 0
    some_zero = zero.any()
    divisors = np.where(zero, 1, first) if some_zero else first
    products = base * weights[..., None]
    if some_zero:
        instead = weights if first_is_zero is FirstIsZero.ALL_FULL else np.zeros_like(weights)
        products = np.where(zero[..., None], instead[..., None], products)
    whole, rest = divide_arrays(products, divisors[..., None])
    return round_division(whole, rest, divisors[..., None]), whole, rest, divisors


def exact_totals(whole: AnyArray, rest: AnyArray, divisors: AnyArray, weights: AnyArray) -> AnyArray:
    """The totals of the units when only the total is rounded (reading R1), points.

    `whole` and `rest` as `weigh` returns them, (items, units). Integers only: the leftovers are summed
    over a common denominator, or, where that is too large, in fixed point with a bound on the error,
    and the few totals too near to a half are settled as fractions.
    """
    totals: AnyArray = np.add.reduce(whole, axis=0)
    items = len(divisors)
    if not items:
        return totals
    cancelled = [gcd(int(w), int(d)) or 1 for w, d in zip(weights, divisors, strict=True)]
    common = lcm(*(int(d) // g for d, g in zip(divisors, cancelled, strict=True)))
    if common * 2 * (items + 1) < _SAFE or rest.dtype == object:
        factors = [common // (int(d) // g) for d, g in zip(divisors, cancelled, strict=True)]
        shares = rest // np.array(cancelled, dtype=rest.dtype)[:, None]
        over = np.add.reduce(shares * np.array(factors, dtype=rest.dtype)[:, None], axis=0)
        more, left = divide_arrays(over, np.array(common, dtype=rest.dtype))
        return round_division(totals + more, left, np.array(common, dtype=rest.dtype))
    return _totals_in_fixed_point(totals, rest, divisors)


def _totals_in_fixed_point(totals: AnyArray, rest: AnyArray, divisors: AnyArray) -> AnyArray:
    items = len(divisors)
    bits = min(61 - int(divisors.max()).bit_length(), 59 - items.bit_length())
    scaled = np.add.reduce((rest << bits) // divisors[:, None], axis=0)
    half = 1 << (bits - 1)
    low = (scaled + (half - 1)) >> bits
    high = (scaled + (half + items)) >> bits
    rounded: AnyArray = totals + low
    # The true sum is at least `scaled` and less than `scaled + items`: where both ends agree it is settled.
    for unit in np.flatnonzero(low != high):
        parts = (Fraction(int(r), int(d)) for r, d in zip(rest[:, unit], divisors, strict=True))
        rounded[unit] = half_up_fraction(int(totals[unit]) + sum(parts, Fraction(0)))
    return rounded


def fits_int64(base: AnyArray, weights: AnyArray, *amounts: AnyArray | None) -> bool:
    """Whether every product and sum of the weighting stays within int64."""
    if base.dtype == object:
        return False
    highest = max(int(base.max()), -int(base.min()), 1) if base.size else 1
    heaviest = sum(abs(int(weight)) for weight in weights)
    added = sum(_largest(amount) for amount in amounts)
    return 2 * highest * max(heaviest, 1) + added < _SAFE


def _largest(amount: AnyArray | None) -> int:
    if amount is None or not amount.size:
        return 0
    return max(int(amount.max()), -int(amount.min()))


def total_of(parts: Sequence[Fraction]) -> int:
    """The total of exact parts, rounded once, points."""
    return half_up_fraction(sum(parts, Fraction(0)))
