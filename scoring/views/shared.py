"""What several pages of a year ask alike: the block meant by the address, and figures as Decimal.

Holds no page of its own.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from office.fields import from_units
from office.refusal import Refused
from units.models import Block, Cycle


def blocks_of(cycle: Cycle) -> QuerySet[Block]:
    return cycle.blocks.order_by("order", "pk")


def block_named(cycle: Cycle, name: str) -> Block:
    """The cycle's block of that name with `cycle` set; 404 when there is none."""
    block = cycle.blocks.filter(name=name).first()
    if block is None:
        raise nothing_here()
    block.cycle = cycle
    return block


def nothing_here() -> Refused:
    """What does not exist and what is another's answer alike, to the last word."""
    return Refused("not-found", _("There is no such record."), status=404)


def crumbs(cycle: Cycle, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    """From the year to the page shown; `steps` are (label, address), the last without one."""
    return [(_("Year %(year)s") % {"year": cycle.year}, address("year", cycle.code)), *steps]


def decimal_of(units: int | None, places: int) -> Decimal | None:
    return None if units is None else from_units(units, places)


def address(name: str, *args: object) -> str:
    """The address of a page, or nothing where the site map does not hold it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
