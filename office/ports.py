"""Ports: what a lower app may ask of an upper one, filled in when the site starts.

Only Protocols and their registry; no rule lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """Something about to be signed, described by the app that signs it."""

    kind: str  # "score" | "not-involved" | "missing" | "papers" | "matter" | "bar" | "weights" | "steps"
    cycle_id: int
    # Ids and figures, and rows the asker has loaded already; which ones is told where the port is filled.
    what: Mapping[str, Any]


NEW = -1  # in `what`: the id of something that is not stored yet


@dataclass(frozen=True, slots=True)
class Move:
    """One unit whose figure, place or eligibility would change."""

    unit: str
    aspect: str  # "final" | "rank" | "eligible" | "award" | "prize" | "budget" (no unit: the year's money)
    before: str  # points, a place, "yes" or "no", a grade or nothing, yuan
    after: str
    where: str = ""  # the block, or the award


class Consequences(Protocol):
    """What would move if `change` were signed now; nothing is written."""

    def __call__(self, change: Change) -> Sequence[Move]: ...


class SubItemsLed(Protocol):
    """What a body leads or helps with in a year: (block id, name of the sub-item)."""

    def __call__(self, body_unit_id: int, cycle_id: int) -> frozenset[tuple[int, str]]: ...


@dataclass(frozen=True, slots=True)
class Amendment:
    """The version of the rules from which a figure comes."""

    number: int
    on: date
    before: str  # as people read it


class Amended(Protocol):
    """Which figures of a year's rules were amended: "weight~12", "base~34" … → the newest version (§6(9))."""

    def __call__(self, cycle_id: int) -> Mapping[str, Amendment]: ...


class NotFilled(RuntimeError):
    """A port was asked before any app filled it."""


_consequences: Consequences | None = None


def fill_consequences(answer: Consequences) -> None:
    global _consequences  # a port is one socket for the whole process
    _consequences = answer


def consequences(change: Change) -> Sequence[Move]:
    if _consequences is None:
        raise NotFilled("consequences")
    return _consequences(change)


_sub_items_led: SubItemsLed | None = None


def fill_sub_items_led(answer: SubItemsLed) -> None:
    global _sub_items_led  # a port is one socket for the whole process
    _sub_items_led = answer


def sub_items_led(body_unit_id: int, cycle_id: int) -> frozenset[tuple[int, str]]:
    if _sub_items_led is None:
        raise NotFilled("sub_items_led")
    return _sub_items_led(body_unit_id, cycle_id)


_amended: Amended | None = None


def fill_amended(answer: Amended) -> None:
    global _amended  # a port is one socket for the whole process
    _amended = answer


def amended(cycle_id: int) -> Mapping[str, Amendment]:
    if _amended is None:
        raise NotFilled("amended")
    return _amended(cycle_id)
