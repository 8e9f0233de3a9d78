"""Filters that templates write figures with: fixed decimals, signs, the dash for what is missing.

Rounds nothing: a figure with more decimals than asked for is a mistake of the caller and is shown whole.
"""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()

DASH = "—"
MINUS = "−"  # the minus sign, as wide as a plus


def _fixed(value: Decimal | int | str, places: int) -> str:
    figure = Decimal(value)
    exponent = figure.as_tuple().exponent
    decimals = max(places, -exponent if isinstance(exponent, int) else 0)
    return f"{figure:.{decimals}f}"


@register.filter
def points(value: Decimal | int | str | None, places: int | str = 2) -> str:
    """The figure with fixed decimals, “—” when there is none; 0 is a figure."""
    if value is None or value == "":
        return DASH
    return _fixed(value, int(places or 0)).replace("-", MINUS)


@register.filter
def signed(value: Decimal | int | str | None, places: int | str = 2) -> str:
    """As `points`, with its sign in front; nothing in front of zero."""
    if value is None or value == "":
        return DASH
    text = _fixed(value, int(places or 0))
    return f"+{text}" if Decimal(value) > 0 else text.replace("-", MINUS)
