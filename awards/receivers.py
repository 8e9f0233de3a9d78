"""Listens to what makes a standing stale: a change after the hand-over voids the frozen draft.

Before approval nothing is asked, so that saving a score costs no query here.
"""

from __future__ import annotations

from typing import Any

from awards.actions.approval import void_stale
from units.models import Block
from units.permissions import stage_of
from units.signals import standing_is_stale
from units.stages import Stage


def _void(sender: Any, block_id: int, block: Block | None = None, **kwargs: Any) -> None:
    if block is None:
        block = Block.objects.select_related("cycle__host").filter(pk=block_id).first()
    if block is not None and stage_of(block.cycle, block) is Stage.APPROVAL:
        void_stale(block.cycle)


def connect() -> None:
    standing_is_stale.connect(_void, dispatch_uid="void-stale-drafts")
