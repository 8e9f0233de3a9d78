"""Computes a block's standing anew and stores it, in the transaction of whatever made it stale.

Called by the receiver of standing_is_stale; pages read what is stored here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from scoring import sheets
from scoring.engine.arrays import ArrayResult, missing_mark
from scoring.engine.standing import compute_arrays
from scoring.models import Cell, Standing
from units.models import Block


def recompute(block: Block) -> ArrayResult:
    """Places of one block from its stored inputs: two reads, one write.  Rulebook 4.

    `block.cycle` should be loaded. The caller holds the block's row (lock_block) where people work at once.
    """
    prepared = prepare(block)
    _store(prepared)
    return prepared.result


@dataclass(frozen=True, slots=True)
class Prepared:
    """A standing computed but not stored; it rests on what was stored when the inputs were read."""

    block: Block
    inputs: sheets.BlockInputs
    result: ArrayResult
    figures: str


def prepare(block: Block, change: Callable[[sheets.BlockInputs], None] | None = None) -> Prepared:
    """Compute a block's standing, with a change that is about to be written, outside any lock."""
    cycle = block.cycle
    inputs = sheets.block_inputs(block.pk, cycle.places, cycle.rounding)
    if change is not None:
        change(inputs)
    result = compute_arrays(inputs.arrays)
    return Prepared(block, inputs, result, json.dumps(_figures(inputs, result), separators=(",", ":")))


def store_all(prepared: Sequence[Prepared]) -> None:
    """Store standings that were computed before the lock; one that is no longer true is computed anew.

    Whatever changes an input recomputes the block and so raises its version: an equal version proves that
    the inputs are those that were read. The caller holds the blocks' rows and has written the change.
    """
    versions = dict(
        Standing.objects.filter(block__in=[each.block.pk for each in prepared]).values_list(
            "block", "version"
        )
    )
    for each in prepared:
        if versions.get(each.block.pk, -1) == each.inputs.version:
            _store(each)
        else:
            recompute(each.block)


def _store(prepared: Prepared) -> None:
    block, inputs = prepared.block, prepared.inputs
    stored = {
        "version": inputs.version + 1,
        "computed_at": timezone.now(),
        "provisional": prepared.result.provisional,
        "figures": prepared.figures,
    }
    if inputs.version < 0:
        Standing.objects.create(block_id=block.pk, **(stored | {"version": 1}))
    else:
        Standing.objects.filter(block_id=block.pk).update(**stored)
    if inputs.cell_count < len(inputs.membership_ids) * len(inputs.sub_item_ids):
        create_cells(block, inputs)


def _figures(inputs: sheets.BlockInputs, result: ArrayResult) -> dict[str, Any]:
    """Arrays by member and item; None for missing.  Read back by scoring.queries.standing_of."""
    mark = missing_mark(result.score.dtype)
    return {
        "places": result.places,
        "rounding": str(result.rounding),
        "members": inputs.membership_ids,
        "items": inputs.item_ids,
        "sub_items": inputs.sub_item_ids,
        "eligible": [int(e) for e in inputs.eligible],
        "score": [[None if v == mark else v for v in row] for row in result.score.tolist()],
        "source": result.source.tolist(),
        "base": result.base.tolist(),
        "item_rank": result.item_rank.tolist(),
        "weighted": result.weighted.tolist(),
        "preliminary": result.preliminary.tolist(),
        "commendations": _amounts(inputs.arrays.commendations),
        "criticisms": _amounts(inputs.arrays.criticisms),
        "rewards": _amounts(inputs.arrays.rewards),
        "final": result.final.tolist(),
        "rank": result.rank.tolist(),
        "missing": result.missing.tolist(),
        "differs": result.differs.astype(int).tolist(),
        "held": int(result.held),
        "nobody_involved": result.nobody_involved.astype(int).tolist(),
    }


def _amounts(array: Any) -> list[int]:
    return [] if array is None else array.tolist()


def create_cells(block: Block, inputs: sheets.BlockInputs) -> None:
    """Give every member a cell for every sub-item; those that exist stay."""
    have = set(Cell.objects.filter(block=block).values_list("membership_id", "sub_item_id"))
    Cell.objects.bulk_create(
        [
            Cell(block=block, membership_id=m, sub_item_id=s)
            for m in inputs.membership_ids
            for s in inputs.sub_item_ids
            if (m, s) not in have
        ],
        batch_size=500,
        ignore_conflicts=True,
    )


def lock_block(block_id: int) -> Block:
    """The block with its cycle, its row locked until the transaction ends, so that savers queue up."""
    return Block.objects.select_related("cycle").select_for_update(of=("self",)).get(pk=block_id)
