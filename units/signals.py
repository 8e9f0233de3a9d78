"""standing_is_stale: the one signal by which lower apps tell that a block's places must be computed anew.

Scoring listens; inside once_per_block() each block is announced once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import transaction
from django.dispatch import Signal

if TYPE_CHECKING:
    from units.models import Block

standing_is_stale = Signal()  # arguments: block_id: int, block: Block | None

_collected: ContextVar[dict[int, Block | None] | None] = ContextVar("stale_blocks", default=None)


def announce_stale(block_id: int, block: Block | None = None) -> None:
    """Send now, or at the end of the surrounding once_per_block().

    `block` spares a query where the sender holds it locked and with its cycle loaded.
    """
    collected = _collected.get()
    if collected is not None:
        collected[block_id] = block or collected.get(block_id)
        return
    with transaction.atomic(savepoint=False):
        standing_is_stale.send(sender=None, block_id=block_id, block=block)


@contextmanager
def once_per_block() -> Iterator[None]:
    """Collect what became stale and announce each block once, in the surrounding transaction.

    An inner use joins the outer one. When the body raises, nothing is announced.
    """
    if _collected.get() is not None:
        yield
        return
    token = _collected.set({})
    try:
        yield
        stale = _collected.get() or {}
    finally:
        _collected.reset(token)
    for block_id, block in sorted(stale.items(), key=lambda pair: pair[0]):
        announce_stale(block_id, block)
