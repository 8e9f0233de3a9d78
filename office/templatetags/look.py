"""What templates write figures with: fixed decimals, signs, the dash for what is missing, the cell of a grid.

Rounds nothing: a figure with more decimals than asked for is a mistake of the caller and is shown whole.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Protocol

from django import template
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

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


class GridCell(Protocol):
    """What a cell of an editable grid must know of itself; the words are in scoring/parts/cell.html."""

    @property
    def key(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def value(self) -> Decimal | str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def editable(self) -> bool: ...
    @property
    def fresh(self) -> bool: ...
    @property
    def refused(self) -> bool: ...


# In Python and not as an included template: a matrix holds six hundred of them, and includes are slow.
@register.simple_tag
def grid_cell(cell: GridCell, places: int) -> SafeString:
    """The link that is a cell; matrix.js turns it into a field."""
    figure, sign = points(cell.value, places), ""
    if cell.state == "missing":
        figure = gettext("missing")
    elif cell.state == "proposed":
        figure = gettext("proposed")
    elif cell.state == "mean":
        sign = f"<i>{escape(gettext('mean'))}</i>"
    classes = f"cell is-{cell.state}"
    if cell.fresh:
        classes += " is-fresh"
    if cell.refused:
        classes += " is-refused"
    edit = " data-edit" if cell.editable else ""
    note = f' data-note="{escape(cell.note)}"' if cell.note else ""
    return SafeString(
        f'<a id="{escape(cell.key)}" class="{escape(classes)}" href="{escape(cell.url)}" '
        f'data-version="{cell.version}"{edit}{note}>{escape(figure)}{sign}</a>'
    )


@register.filter
def deadline(moment: datetime | None) -> str:
    """The instant until which something is open; midnight is 24:00 of the day before, as people say it."""
    if moment is None:
        return DASH
    local = timezone.localtime(moment)
    if (local.hour, local.minute) == (0, 0):
        return f"{formats.date_format(local - timedelta(days=1), gettext('j M'))} 24:00"
    return formats.date_format(local, gettext("j M H:i"))
