"""Exact points: reading them, printing them, and the one rounding rule of the product.

No binary float passes through here.  Which figures get rounded is decided by the callers.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.signedinteger[Any]]
BoolArray = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]  # int64, or Python ints where int64 could overflow

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def half_up(numerator: int, denominator: int) -> int:
    """The nearest integer to numerator ÷ denominator (> 0); a half goes away from zero.

    Below zero this is what people and spreadsheets do: −0.5 becomes −1, the mirror of 0.5.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    # Division rounds down, so half a denominator is added first; one less than half of an even one
    # below zero, where a tie has to go down.
    return (numerator + (denominator - (numerator < 0)) // 2) // denominator


def half_up_fraction(value: Fraction) -> int:
    """The nearest integer to an exact fraction, by the same rule."""
    return half_up(value.numerator, value.denominator)


def half_up_array(
    numerators: AnyArray, denominators: AnyArray, negative: BoolArray | None = None
) -> AnyArray:
    """`half_up` element by element, broadcasting.

    `negative` marks the figures below zero, None that there are none. The caller has made sure that
    a numerator and a denominator together fit the arrays' integers.
    """
    half = denominators // 2 if negative is None else (denominators - negative) // 2
    rounded: AnyArray = (numerators + half) // denominators
    return rounded


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
