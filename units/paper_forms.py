"""The kinds of form that may be signed on paper: what each shows, who typed it, what its signature brings about.

An upper app registers its kinds when the site starts; the desk of forms asks here and knows no kind by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from office.refusal import Refused
from units.matrix import Role

if TYPE_CHECKING:
    from units.foresight import Preview
    from units.hats import Hat
    from units.models import Cycle, SignedForm, Unit

SIGN_LINE = ("单位（盖章）", "主要负责人（签字）", "经办人", "电话", "年　月　日")


@dataclass(frozen=True, slots=True)
class Figures:
    """A form's table as screen and paper show it; every cell is text.

    `pen`: columns that stay empty on a form printed to be filled by hand. `numbers`: set to the right.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    pen: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    room: frozenset[int] = frozenset()  # rows printed with room for signatures
    facts: tuple[tuple[str, str], ...] = ()  # name and value above the table
    notes: tuple[str, ...] = ()  # below it

    @property
    def digest(self) -> str:
        text = json.dumps([self.columns, self.rows, self.notes], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def emptied(self) -> Figures:
        """The same table with room for the pen."""
        rows = tuple(tuple("" if n in self.pen else cell for n, cell in enumerate(row)) for row in self.rows)
        return replace(self, rows=rows)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a form is about: who signs it and how it is called."""

    about_id: int
    unit: Unit | None
    title: str


@dataclass(frozen=True, slots=True)
class Way:
    """A page of the year by its route."""

    route: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormKind:
    """One kind of form.  Every function raises Refused for what may not be.

    `subject(hat, cycle, about_id)` for printing: 404 unless the hat may print this form. `figures(form)`: as
    they are stored now. `hands(form)`: ids of the people who typed them. `count(hat, form)`: makes the form
    count as signed, inside the comparing transaction.
    """

    key: str
    label: object
    subject: Callable[[Hat, Cycle, int], Subject]
    figures: Callable[[SignedForm], Figures]
    hands: Callable[[SignedForm], frozenset[int]]
    count: Callable[[Hat, SignedForm], None]
    page: Callable[[SignedForm], Way]  # of the thing itself
    enter: Callable[[SignedForm], Way]  # where the office types it from the paper
    choices: Callable[[Hat, Cycle], Sequence[Subject]]  # what the hat may print from the desk of forms
    # Who of a unit's people sees the form and hands in its scan; nobody for a kind that is bound to no unit.
    readers: frozenset[Role] = frozenset()
    takes_pen: bool = False  # may be printed empty, to be filled by pen
    own_row: str = "D05"  # by which they hand the scan in themselves, in its stage
    is_private: bool = False  # nobody else sees it before its signed scan is handed in
    # Raises Refused unless this person of the office may print, scan and compare it; None: E14, no own unit.
    guard: Callable[[Hat, SignedForm], None] | None = None
    preview: Callable[[SignedForm], Preview | None] | None = None  # who would move once it counts


def nothing_here() -> Refused:
    return Refused("not-found", _("There is no such record."), status=404)


_kinds: dict[str, FormKind] = {}


def register(kind: FormKind) -> None:
    _kinds[kind.key] = kind


def kinds() -> Sequence[FormKind]:
    return tuple(_kinds.values())


def kind_named(key: str) -> FormKind:
    """Raises Refused (404) for a kind nobody registered."""
    found = _kinds.get(key)
    if found is None:
        raise nothing_here()
    return found


def private_kinds() -> list[str]:
    """The kinds that stay the unit's alone until their scan is there."""
    return [kind.key for kind in kinds() if kind.is_private]


def kinds_read_by(role: Role) -> list[str]:
    """The kinds of which a unit's person of this role sees the own unit's forms."""
    return [kind.key for kind in kinds() if role in kind.readers]
