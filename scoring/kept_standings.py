"""The standing of a year as the API sends it, kept as bytes until anything of the year changes.

Who may see what is asked anew at every request; only hats that see the same whole blocks share an answer.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from django.db import connection
from rest_framework.renderers import JSONRenderer

from office.models import AuditEntry
from scoring import queries
from scoring.models import Standing
from units.models import Block, Cycle

MOST = 32
Key = tuple[str, int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer: its JSON and the ETag that names it."""

    content: bytes
    tag: str


_kept: OrderedDict[Key, tuple[str, Sent]] = OrderedDict()
_lock = Lock()


def stamp_of(cycle: Cycle) -> str:
    """Moves with every act in the log and every stored standing of the year.  Two queries."""
    last = AuditEntry.objects.filter(cycle_code=cycle.code).exclude(act="hat.worn").order_by("-number")
    stored = Standing.objects.filter(block__cycle=cycle).order_by("pk").values_list("version", "computed_at")
    return f"{last.values_list('digest', flat=True).first()} {cycle.stage} {list(stored)}"


def whole(cycle: Cycle, blocks: Sequence[Block]) -> Sent:
    """The contract's Standing object of these blocks, every row of them.

    The stamp is read before the figures, so what is kept is never older than its stamp.
    """
    key = (str(connection.settings_dict["NAME"]), cycle.pk, tuple(block.pk for block in blocks))
    stamp = stamp_of(cycle)
    with _lock:
        found = _kept.get(key)
        if found is not None and found[0] == stamp:
            _kept.move_to_end(key)
            return found[1]
    content = JSONRenderer().render(queries.standing_object(cycle, blocks))
    made = Sent(content, tag_of(content))
    with _lock:
        _kept[key] = (stamp, made)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made


def tag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
