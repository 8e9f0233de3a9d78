"""The whole walk of one block: cells, items, weighted parts, totals, places.

Each step's rule is in its own module; storage and people are none of the engine's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scoring.engine.arrays import (
    MISSING,
    NO_SOURCE,
    SOURCES,
    ArrayResult,
    ArraySheet,
    missing_mark,
)
from scoring.engine.counting import TooLargeError, count_cells
from scoring.engine.numbers import AnyArray
from scoring.engine.packing import pack
from scoring.engine.ranking import rank_columns, shared_places
from scoring.engine.sheet import (
    BlockKind,
    BlockStanding,
    CellResult,
    FirstIsZero,
    ItemResult,
    ItemRule,
    Rounding,
    RowResult,
    Sheet,
    Source,
    UnitEntry,
)
from scoring.engine.weighting import fits_int64, weigh_units

__all__ = ["MISSING", "ArrayResult", "ArraySheet", "compute", "compute_arrays", "pack", "present"]


def compute(sheet: Sheet) -> BlockStanding:
    """The standing of one block, every figure kept.  Plan §3, §4."""
    return present(
        compute_arrays(pack(sheet)),
        block=sheet.block,
        kind=sheet.kind,
        items=sheet.items,
        units=sheet.units,
    )


def compute_arrays(sheet: ArraySheet) -> ArrayResult:
    """The standing of one block as numbers; exact at every size."""
    try:
        counted = count_cells(sheet)
    except TooLargeError:
        counted = count_cells(_with_python_ints(sheet))
    base, weights, added = counted.base, sheet.weights, _net_adjustments(sheet)
    units = len(sheet.order)
    if units:
        first = np.maximum.reduce(base, axis=1)
    else:
        first = np.zeros(len(weights), dtype=base.dtype)
    firsts: list[int] = first.tolist()
    heaviest: list[int] = weights.tolist()
    lowest = int(base.min()) if counted.negatives and base.size else 0
    some_zero = any(top <= 0 for top in firsts)
    exact = base.dtype.kind == "O" or weights.dtype.kind == "O"
    if exact or not fits_int64(lowest, firsts, heaviest):
        base, first, weights = base.astype(object), first.astype(object), weights.astype(object)
        added = _exact(added)
    elif counted.score.dtype.itemsize == 4 and lowest >= 0 and max(firsts, default=0) < 2**31:
        base = base.astype(np.int32)  # large blocks: the sums are as narrow as the scores
    weighted, by_item, by_total = weigh_units(
        base,
        first,
        weights,
        sheet.readings.first_is_zero,
        negatives=lowest < 0 or min(heaviest, default=0) < 0,
        some_zero=some_zero,
    )
    if sheet.readings.rounding is Rounding.EACH_ITEM:
        preliminary, other = by_item, by_total
    else:
        preliminary, other = by_total, by_item
    final, other_final = (preliminary, other) if added is None else (preliminary + added, other + added)
    # Ranked on the printed figures, so that two units that read the same stand on the same place.
    item_rank, rank, other_rank = rank_columns(base, final, other_final)
    return ArrayResult(
        places=sheet.places,
        rounding=sheet.readings.rounding,
        score=counted.score,
        source=counted.source,
        nobody_involved=counted.nobody_involved,
        base=base.T,
        first=first,
        item_rank=item_rank.T,
        weighted=weighted.T,
        preliminary=preliminary,
        final=final,
        rank=rank,
        shared=shared_places(rank),
        missing=counted.missing,
        differs=rank != other_rank,
        held=some_zero and units > 0 and sheet.readings.first_is_zero is FirstIsZero.HELD,
        order=sheet.order,
    )


def _net_adjustments(sheet: ArraySheet) -> AnyArray | None:
    """What is added to each unit's preliminary score, points; None when nobody has anything."""
    added = sheet.commendations
    if sheet.criticisms is not None:
        added = -sheet.criticisms if added is None else added - sheet.criticisms
    if sheet.rewards is not None:
        added = sheet.rewards if added is None else added + sheet.rewards
    return added


def _with_python_ints(sheet: ArraySheet) -> ArraySheet:
    return replace(
        sheet,
        lead=_exact(sheet.lead),
        preliminary=_exact(sheet.preliminary),
        onsite=_exact(sheet.onsite),
    )


def _exact(array: AnyArray | None) -> AnyArray | None:
    return None if array is None else array.astype(object)


def present(
    result: ArrayResult,
    *,
    block: str,
    kind: BlockKind,
    items: Sequence[ItemRule],
    units: Sequence[UnitEntry],
) -> BlockStanding:
    """The numbers of a standing with their names; items and units in the sequence of the arrays."""
    sub_items = [sub for item in items for sub in item.sub_items]
    held = ["R2"] if result.held else []
    held += [
        f"not-involved:{sub.name}"
        for sub, nobody in zip(sub_items, result.nobody_involved.tolist(), strict=True)
        if nobody
    ]
    return BlockStanding(
        block=block,
        kind=kind,
        places=result.places,
        rounding=result.rounding,
        provisional=result.provisional,
        held=tuple(held),
        differs=tuple(
            units[i].name
            for i in sorted(np.flatnonzero(result.differs).tolist(), key=lambda i: (units[i].order, i))
        ),
        rows=_rows(result, items, units),
    )


def _rows(
    result: ArrayResult, items: Sequence[ItemRule], units: Sequence[UnitEntry]
) -> tuple[RowResult, ...]:
    # Lists of Python ints from here on: reading an array element by element is slow.
    mark = missing_mark(result.score.dtype)
    scores, sources = result.score.tolist(), result.source.tolist()
    bases, weighted = result.base.tolist(), result.weighted.tolist()
    item_ranks, item_shared = result.item_rank.tolist(), result.item_shared.tolist()
    preliminary, final = result.preliminary.tolist(), result.final.tolist()
    ranks, shared, missing = result.rank.tolist(), result.shared.tolist(), result.missing.tolist()
    rows = []
    for u in result.row_sequence.tolist():
        unit, column = units[u], 0
        item_results = []
        for i, item in enumerate(items):
            cells = []
            for sub in item.sub_items:
                if not sub.suspended:
                    score = None if scores[u][column] == mark else scores[u][column]
                    cells.append(_cell(sub.name, sub.key, score, sources[u][column]))
                column += 1
            item_results.append(
                ItemResult(
                    item=item.name,
                    base=bases[u][i],
                    rank=item_ranks[u][i],
                    shared=item_shared[u][i],
                    weighted=weighted[u][i],
                    cells=tuple(cells),
                    item_key=item.key,
                )
            )
        rows.append(
            RowResult(
                unit=unit.name,
                rank=ranks[u],
                shared=shared[u],
                eligible=unit.eligible,
                missing=missing[u],
                items=tuple(item_results),
                preliminary=preliminary[u],
                commendations=unit.commendations,
                criticisms=unit.criticisms,
                rewards=unit.rewards,
                final=final[u],
                unit_key=unit.key,
                order=unit.order,
            )
        )
    return tuple(rows)


def _cell(name: str, key: int, score: int | None, code: int) -> CellResult:
    source: Source | None = SOURCES[code]
    return CellResult(
        sub_item=name,
        score=score,
        source=source,
        decided=score is not None and code == NO_SOURCE,
        sub_item_key=key,
    )
