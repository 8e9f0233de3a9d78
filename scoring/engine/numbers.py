"""Exact points: reading them, printing them, and the one rounding rule of the product.

No binary float passes through here.  Which figures get rounded is decided by the callers.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
AnyArray = npt.NDArray[Any]  # int64, or Python ints where int64 could overflow

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def half_up(numerator: int, denominator: int) -> int:
    """The nearest integer to numerator ÷ denominator (> 0); a half goes away from zero.

    Below zero this is what people and spreadsheets do: −0.5 becomes −1, the mirror of 0.5.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def half_up_fraction(value: Fraction) -> int:
    """The nearest integer to an exact fraction, by the same rule."""
    return half_up(value.numerator, value.denominator)


def half_up_array(numerators: AnyArray, denominators: AnyArray) -> AnyArray:
    """`half_up` element by element, broadcasting.

    The caller has made sure that twice a numerator and a denominator fit the arrays' integers.
    """
    whole, rest = divide_arrays(numerators, denominators)
    return round_division(whole, rest, denominators)


def divide_arrays(numerators: AnyArray, denominators: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Quotients rounded down, and what is left over: 0 ≤ rest < denominator."""
    whole = numerators // denominators
    rest = whole * denominators
    np.subtract(numerators, rest, out=rest)
    return whole, rest


def round_division(whole: AnyArray, rest: AnyArray, denominators: AnyArray) -> AnyArray:
    """`half_up_array` of a division already made by `divide_arrays`."""
    doubled = rest + rest
    # Below zero a half goes down: away from zero.  `whole` is negative exactly when the numerator is.
    return whole + (doubled >= denominators + (whole < 0))


def parse_points(text: str, places: int) -> int:
    """The points that a plain decimal numeral states, in units of the last place.

    Raises ValueError for anything else, and for more decimals than `places`: they are refused, not rounded.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a plain decimal number: {text!r}")
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(decimals) > places:
        raise ValueError(f"more than {places} decimals: {text!r}")
    value = int(whole + decimals.ljust(places, "0"))
    return -value if sign == "-" else value


def format_points(value: int, places: int) -> str:
    """Points with exactly `places` decimals, such as 97.50 or -0.05."""
    if places == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"
