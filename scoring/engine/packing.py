"""From a sheet of named values to columns of numbers.

The way back, with the names, is `standing.present`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from scoring.engine.arrays import MISSING, ArraySheet
from scoring.engine.numbers import AnyArray, BoolArray
from scoring.engine.sheet import CellEntry, MissingHow, Sheet

_LARGEST = 2**59


def pack(sheet: Sheet) -> ArraySheet:
    """The sheet as arrays, units and items in the sheet's own sequence."""
    subs = [(i, sub) for i, item in enumerate(sheet.items) for sub in item.sub_items]
    cells = [[sheet.cell(unit.key, sub.key) for _, sub in subs] for unit in sheet.units]
    shape = (len(sheet.units), len(subs))
    decided = {MissingHow.MEAN: np.zeros(shape, dtype=bool), MissingHow.ZERO: np.zeros(shape, dtype=bool)}
    column_of = {sub.key: column for column, (_, sub) in enumerate(subs)}
    row_of = {unit.key: row for row, unit in enumerate(sheet.units)}
    for decision in sheet.decisions:
        rows = slice(None) if decision.unit_key is None else row_of[decision.unit_key]
        decided[MissingHow(decision.how)][rows, column_of[decision.sub_item_key]] = True
    return ArraySheet(
        places=sheet.places,
        readings=sheet.readings,
        item_of=np.array([i for i, _ in subs], dtype=np.int64),
        weights=_amounts(item.weight for item in sheet.items),
        order=np.array([unit.order for unit in sheet.units], dtype=np.int64),
        **_kinds(cells, shape),
        not_involved=_flags(cells, shape, lambda cell: cell.not_involved),
        proposed=_flags(cells, shape, lambda cell: cell.proposed),
        visit_required=_some(np.array([sub.visit_required for _, sub in subs], dtype=bool)),
        suspended=_some(np.array([sub.suspended for _, sub in subs], dtype=bool)),
        decided_mean=_some(decided[MissingHow.MEAN]),
        decided_zero=_some(decided[MissingHow.ZERO]),
        commendations=_amounts(unit.commendations for unit in sheet.units),
        criticisms=_amounts(unit.criticisms for unit in sheet.units),
        rewards=_amounts(unit.rewards for unit in sheet.units),
    )


def _kinds(cells: list[list[CellEntry]], shape: tuple[int, int]) -> dict[str, AnyArray]:
    kinds: dict[str, list[list[int | None]]] = {
        "lead": [[cell.lead for cell in row] for row in cells],
        "preliminary": [[cell.preliminary for cell in row] for row in cells],
        "onsite": [[cell.onsite for cell in row] for row in cells],
    }
    values = (value for kind in kinds.values() for row in kind for value in row if value is not None)
    number_type = np.int64 if all(-_LARGEST < value < _LARGEST for value in values) else object
    return {
        name: np.array(
            [[MISSING if value is None else value for value in row] for row in rows], dtype=number_type
        ).reshape(shape)
        for name, rows in kinds.items()
    }


def _flags(
    cells: list[list[CellEntry]], shape: tuple[int, int], carries: Callable[[CellEntry], bool]
) -> BoolArray | None:
    return _some(np.array([[carries(cell) for cell in row] for row in cells], dtype=bool).reshape(shape))


def _some(flags: BoolArray) -> BoolArray | None:
    return flags if flags.any() else None


def _amounts(values: Iterable[int]) -> AnyArray:
    amounts = tuple(values)
    small = all(-_LARGEST < value < _LARGEST for value in amounts)
    return np.array(amounts, dtype=np.int64 if small else object)
