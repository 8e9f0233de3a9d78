"""The deeds of the leading group that may be entered from signed minutes: what each is about, what it brings about.

An upper app registers its deeds when the site starts; the page of minutes asks here and knows no deed by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from office.refusal import Refused

if TYPE_CHECKING:
    from units.actions.signing import Minutes
    from units.foresight import Preview
    from units.hats import Hat
    from units.models import Block, Cycle, GroupDecision
    from units.paper_forms import Way


@dataclass(frozen=True, slots=True)
class Matter:
    """What is decided about, as it stands now."""

    title: str
    facts: tuple[tuple[str, str], ...]  # name and value, as the sheet prints them
    back: Way
    units: frozenset[int] = frozenset()  # of these nobody may be who types or compares
    first_by: int | None = None  # who proposed it; never the one who compares
    barred: frozenset[int] = frozenset()  # users it is about
    block: Block | None = None  # whose calendar governs


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to be filled in beside reason and meeting."""

    name: str
    label: object
    options: tuple[tuple[str, str], ...] = ()  # empty: a figure is typed
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided: as stored, and in words for the sheet."""

    stored: dict[str, Any]
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of decision, of one row of the matrix.

    `matter(cycle, about_id)`: raises Refused (404) for what is not of the year, and (409) when there is nothing
    to decide any more. `answer(cycle, about_id, typed)`: raises Refused for one that cannot be. `perform(hat, decision, minutes)`: brings it into force, inside the comparing transaction.
    """

    key: str
    row: str
    label: object
    matter: Callable[[Cycle, int], Matter]
    perform: Callable[[Hat, GroupDecision, Minutes], None]
    needs_reason: bool = True
    choices: Callable[[Cycle, int], tuple[Choice, ...]] | None = None
    answer: Callable[[Cycle, int, Mapping[str, str]], Answer] | None = None
    preview: Callable[[GroupDecision], Preview | None] | None = None  # who would move


_deeds: dict[str, Deed] = {}


def register(*deeds: Deed) -> None:
    for deed in deeds:
        _deeds[deed.key] = deed


def deeds() -> tuple[Deed, ...]:
    return tuple(_deeds.values())


def deed_named(key: str) -> Deed:
    """Raises Refused (404) for a deed nobody registered."""
    found = _deeds.get(key)
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return found
