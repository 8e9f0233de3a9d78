"""What pages show of a whole year, kept as long as nothing of the year was changed.

The stamp moves with every act in the log and with every recomputed standing, by whichever door the change came.
Acts never rest on what is kept here: whoever signs is checked against the database anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from django.utils.translation import get_language

from office.kept import Kept
from office.models import AuditEntry
from scoring.models import Standing
from units.models import Cycle
from units.stages import AFTER_PUBLICATION

T = TypeVar("T")
_kept: Kept[object] = Kept(most=12)


def _last_act(cycle: Cycle) -> str | None:
    last = AuditEntry.objects.filter(cycle_code=cycle.code).exclude(act="hat.worn").order_by("-number")
    return last.values_list("digest", flat=True).first()


def frozen_stamp(cycle: Cycle) -> str:
    """The last act of a published year: its figures change by acts alone.  "" before publication.  One query."""
    return (_last_act(cycle) or "") if cycle.stage_now in AFTER_PUBLICATION else ""


def stamp_of(cycle: Cycle) -> str:
    """Two queries: the last entry of the year's log, and every stored standing to its figures."""
    stamp = hashlib.sha256(f"{_last_act(cycle)} {cycle.stage}".encode())
    standings = Standing.objects.filter(block__cycle=cycle).order_by("pk")
    for version, computed_at, figures in standings.values_list("version", "computed_at", "figures"):
        stamp.update(f"{version} {computed_at.timestamp()} ".encode() + figures.encode())
    return stamp.hexdigest()


def forget() -> None:
    """Drop everything that is kept; the next look computes it anew."""
    _kept.clear()


def remembered(cycle: Cycle, name: str, make: Callable[[], T], *, stamp: str = "") -> T:
    """What `make` gave under the year's present stamp; made anew after any change.

    The value is shared between requests: nobody may change it.
    """
    return cast(T, _kept.get((cycle.pk, name, get_language()), stamp or stamp_of(cycle), make))
