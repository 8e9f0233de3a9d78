"""The standing of a year as the API sends it, kept as bytes until anything of the year changes.

Who may see what is asked anew at every request; only hats that see the same whole blocks share an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Subquery
from rest_framework.renderers import JSONRenderer

from office.kept import Kept
from office.models import AuditEntry
from office.prepared import Prepared, Row
from scoring import queries
from units.models import Block, Cycle


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer: its JSON and the ETag that names it."""

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Year:
    """A year and its blocks in their order as `stamp` found them; shared, to be read only."""

    cycle: Cycle
    blocks: tuple[Block, ...]
    stamp: tuple[Row, ...]


def _stamp(code: str) -> QuerySet[Block, Any]:
    """Every column of the year and its blocks, the version of each standing, the end of the year's log."""
    log = AuditEntry.objects.filter(cycle_code=code).exclude(act="hat.worn").order_by("-number")
    return (
        Block.objects.filter(cycle__code=code)
        .order_by("order", "pk")
        .annotate(log_end=Subquery(log.values("digest")[:1]))
        .values_list(
            *(field.attname for field in Block._meta.concrete_fields),
            *(f"cycle__{field.attname}" for field in Cycle._meta.concrete_fields),
            "standing__version",
            "standing__computed_at",
            "log_end",
        )
    )


_STAMP = Prepared(_stamp, "the code of a year")
_years: Kept[Year] = Kept(most=8)
_sent: Kept[Sent] = Kept(most=32)


def year(code: str) -> Year | None:
    """The year of that code as it stands now; None for one that is not there or has no blocks.  One query."""
    stamp = () if "\x00" in code else _STAMP.rows(code)
    return _years.get(code, stamp, lambda: _read(code, stamp)) if stamp else None


def _read(code: str, stamp: tuple[Row, ...]) -> Year:
    blocks = tuple(
        Block.objects.filter(cycle__code=code).select_related("cycle__host").order_by("order", "pk")
    )
    for block in blocks:
        block.cycle = blocks[0].cycle
    return Year(blocks[0].cycle, blocks, stamp)


def whole(known: Year, blocks: Sequence[Block]) -> Sent:
    """The contract's Standing object of these blocks of the year, every row of them."""
    key = (known.cycle.pk, tuple(block.pk for block in blocks))
    return _sent.get(key, known.stamp, lambda: _send(known.cycle, blocks))


def _send(cycle: Cycle, blocks: Sequence[Block]) -> Sent:
    content = JSONRenderer().render(queries.standing_object(cycle, blocks))
    return Sent(content, tag_of(content))


def tag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
