"""Listens to what makes a standing stale, by whichever door it came, and has it computed anew.

Actions that write in bulk announce the block themselves; a plain save() is caught here.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.db.models.signals import post_delete, post_save

from bonuses.models import Tally
from scoring.actions import standing as standing_actions
from scoring.models import Cell, Deduction, MajorItem, Score, SubItem
from units.models import Block, Cycle, Membership, Reading, Unit
from units.signals import announce_stale, standing_is_stale


def _blocks_of(row: Model) -> list[int]:
    match row:
        case Cell() | MajorItem() | Membership():
            return [row.block_id]
        case Score():
            return [row.cell.block_id]
        case Deduction():
            return [row.score.cell.block_id]
        case SubItem():
            return [row.item.block_id]
        case Tally():
            return [row.membership.block_id]
        case Block():
            return [row.pk]
        case Cycle():
            return list(row.blocks.values_list("pk", flat=True))
        case Reading():
            return list(Block.objects.filter(cycle_id=row.cycle_id).values_list("pk", flat=True))
        case Unit():
            return list(row.memberships.values_list("block_id", flat=True))
    return []


def _row_changed(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    """A row that a standing depends on was saved or deleted; fixtures announce their blocks at the end."""
    if kwargs.get("raw"):
        return
    with transaction.atomic():
        if isinstance(instance, Score):
            Cell.objects.filter(pk=instance.cell_id).update(version=F("version") + 1)
        for block_id in _blocks_of(instance):
            announce_stale(block_id)


def _row_deleted(sender: type[Model], instance: Model, origin: Any = None, **kwargs: Any) -> None:
    """As _row_changed, but once the whole deletion is through.

    A deletion takes the cells of a membership before the membership: computing a standing in between would
    make the cells anew, for a membership that is about to go.
    """
    root = origin.model if isinstance(origin, QuerySet) else type(origin)
    if origin is None or root is sender or (sender is Membership and root is Unit):
        _row_changed(sender, instance, **kwargs)


def _recompute(sender: Any, block_id: int, block: Block | None = None, **kwargs: Any) -> None:
    if block is None:
        blocks = Block.objects.select_related("cycle").select_for_update(of=("self",))
        block = blocks.filter(pk=block_id).first()
    if block is not None:
        standing_actions.recompute(block)


def connect() -> None:
    standing_is_stale.connect(_recompute, dispatch_uid="recompute")
    for model in (Score, Deduction, Cell, MajorItem, SubItem, Membership, Tally, Block, Cycle, Reading, Unit):
        post_save.connect(_row_changed, sender=model, dispatch_uid=f"stale-save-{model.__name__}")
        post_delete.connect(_row_deleted, sender=model, dispatch_uid=f"stale-delete-{model.__name__}")
