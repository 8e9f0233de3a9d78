"""standing_is_stale: the one signal by which lower apps tell that a block's places must be computed anew.

Scoring listens; inside once_per_block() each block is announced once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.dispatch import Signal

standing_is_stale = Signal()  # arguments: block_id: int

_collected: ContextVar[set[int] | None] = ContextVar("stale_blocks", default=None)


def announce_stale(block_id: int) -> None:
    """Send now, or at the end of the surrounding once_per_block()."""
    collected = _collected.get()
    if collected is not None:
        collected.add(block_id)
        return
    with transaction.atomic():
        standing_is_stale.send(sender=None, block_id=block_id)


@contextmanager
def once_per_block() -> Iterator[None]:
    """Collect what became stale and announce each block once, in the surrounding transaction.

    An inner use joins the outer one. When the body raises, nothing is announced.
    """
    if _collected.get() is not None:
        yield
        return
    token = _collected.set(set())
    try:
        yield
        stale = _collected.get() or set()
    finally:
        _collected.reset(token)
    for block_id in sorted(stale):
        announce_stale(block_id)
