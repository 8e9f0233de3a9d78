"""Who would move if something were different, for one trial or a thousand (模拟测算).

What may be tried is in `changes`. Many trials share one standing: only the columns that a trial touches
are counted again, and all trials are weighed and ranked together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.engine.changes import (
    AdjustmentChange,
    Change,
    EligibilityChange,
    InvolvementChange,
    ReadingsChange,
    ScoreChange,
    WeightChange,
    apply_changes,
    changed_cell,
    changed_unit,
)
from scoring.engine.columns import columns_of
from scoring.engine.numbers import AnyArray, IntArray
from scoring.engine.packing import pack
from scoring.engine.ranking import rank_lists
from scoring.engine.sheet import CellEntry, Rounding, Sheet, UnitEntry
from scoring.engine.standing import compute_arrays
from scoring.engine.weighting import WeightedParts, exact_totals, fits_int64, weigh

# Base scores worked on at a time over all trials.
_FIGURES_AT_A_TIME = 1 << 19
_LARGE = 2**50  # far beyond any score; sums of such amounts are left to Python's integers
_LEAST = -(2**62)


@dataclass(frozen=True, slots=True)
class Move:
    """One unit whose final score, place or eligibility would be another."""

    unit_key: int
    unit: str
    final_before: int  # points
    final_after: int  # points
    rank_before: int
    rank_after: int
    eligible_before: bool
    eligible_after: bool

    @property
    def is_move(self) -> bool:
        return (self.final_before, self.rank_before, self.eligible_before) != (
            self.final_after,
            self.rank_after,
            self.eligible_after,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial would change, in the plan's order."""

    moves: tuple[Move, ...]

    @property
    def place_moves(self) -> tuple[Move, ...]:
        """Only the units that would stand on another place."""
        return tuple(move for move in self.moves if move.rank_before != move.rank_after)


def what_if(sheet: Sheet, changes: Iterable[Change]) -> Outcome:
    """What the changes together would move; the whole sheet is computed before and after."""
    return _compare(sheet, apply_changes(sheet, changes))


def what_if_each(sheet: Sheet, trials: Sequence[Sequence[Change]]) -> tuple[Outcome, ...]:
    """What each trial by itself would move: the answers of `what_if`, found together."""
    board = _Board(sheet)
    outcomes: list[Outcome] = []
    step = max(1, _FIGURES_AT_A_TIME // max(board.base.size, len(sheet.units) ** 2, 1))
    for begin in range(0, len(trials), step):
        outcomes.extend(board.run(trials[begin : begin + step]))
    return tuple(outcomes)


@dataclass(frozen=True, slots=True, eq=False)
class _Stack:
    """The inputs of the weighting for T trials of I items and U units."""

    base: AnyArray  # (T, I, U) points
    weights: AnyArray  # (T, I) points
    added: AnyArray  # (T, U) points
    units: list[dict[int, UnitEntry]]  # the units that a trial changes, by row


class _Board:
    """One standing, kept ready for trials."""

    def __init__(self, sheet: Sheet) -> None:
        packed = pack(sheet)
        before = compute_arrays(packed)
        self.sheet, self.before = sheet, before
        self.base, self.weights = before.base.T, packed.weights
        self.final, self.rank = before.final, before.rank
        self.row_of = {unit.key: row for row, unit in enumerate(sheet.units)}
        self.item_of = {item.key: index for index, item in enumerate(sheet.items)}
        self.columns = columns_of(sheet)
        self.added = before.final - before.preliminary
        self.in_order = sorted(range(len(sheet.units)), key=lambda row: sheet.units[row].order)

    def run(self, trials: Sequence[Sequence[Change]]) -> list[Outcome]:
        if self.base.dtype.kind == "O" or any(map(_needs_the_whole_walk, trials)):
            return [what_if(self.sheet, changes) for changes in trials]
        stack = self._stack(trials)
        first = np.maximum.reduce(stack.base, axis=2, initial=_LEAST)
        lowest = int(stack.base.min(initial=0))
        heaviest = np.abs(stack.weights).max(axis=0, initial=0).tolist()
        if not fits_int64(lowest, [int(first.max(initial=1))], heaviest):
            return [what_if(self.sheet, changes) for changes in trials]
        readings = self.sheet.readings
        parts = weigh(
            stack.base,
            first,
            stack.weights,
            readings.first_is_zero,
            negatives=lowest < 0,
            some_zero=bool((first <= 0).any()),
        )
        totals = np.add.reduce(parts.rounded, axis=1)
        if readings.rounding is Rounding.TOTAL_ONLY:
            for n, by_item in enumerate(totals.copy()):
                part = WeightedParts(parts.rounded[n], parts.products[n], parts.divisors[n], parts.negatives)
                totals[n] = exact_totals(part, by_item)
        final = totals + stack.added
        return self._outcomes(stack, final, rank_lists(final))

    def _stack(self, trials: Sequence[Sequence[Change]]) -> _Stack:
        count = len(trials)
        base = np.repeat(self.base[None], count, axis=0)
        weights = np.repeat(self.weights[None], count, axis=0)
        added = np.repeat(self.added[None], count, axis=0)
        all_units: list[dict[int, UnitEntry]] = []
        for n, changes in enumerate(trials):
            cells: dict[int, dict[int, CellEntry]] = {}
            units: dict[int, UnitEntry] = {}
            for change in changes:
                match change:
                    case ScoreChange() | InvolvementChange():
                        row = self.row_of[change.unit_key]
                        known = self.columns[change.sub_item_key].cells[row]
                        of_column = cells.setdefault(change.sub_item_key, {})
                        of_column[row] = changed_cell(of_column.get(row, known), change)
                    case AdjustmentChange(unit_key) | EligibilityChange(unit_key):
                        row = self.row_of[unit_key]
                        units[row] = changed_unit(units.get(row, self.sheet.units[row]), change)
                    case WeightChange(item_key, weight):
                        weights[n, self.item_of[item_key]] = weight
            for sub_item_key, changed in cells.items():
                column = self.columns[sub_item_key]
                for row, more in column.differences(changed).items():
                    base[n, column.item, row] += more
            for row, unit in units.items():
                added[n, row] = unit.commendations - unit.criticisms + unit.rewards
            all_units.append(units)
        return _Stack(base, weights, added, all_units)

    def _outcomes(self, stack: _Stack, final: AnyArray, rank: IntArray) -> list[Outcome]:
        moved = (final != self.final) | (rank != self.rank)
        for n, units in enumerate(stack.units):
            for row, unit in units.items():
                moved[n, row] |= unit.eligible != self.sheet.units[row].eligible
        finals, ranks = self.final.tolist(), self.rank.tolist()
        outcomes = []
        for n, units in enumerate(stack.units):
            if not moved[n].any():
                outcomes.append(Outcome(()))
                continue
            finals_after, ranks_after, moves = final[n].tolist(), rank[n].tolist(), moved[n].tolist()
            outcomes.append(
                Outcome(
                    tuple(
                        _move(
                            self.sheet.units[row],
                            units.get(row, self.sheet.units[row]),
                            (finals[row], finals_after[row]),
                            (ranks[row], ranks_after[row]),
                        )
                        for row in self.in_order
                        if moves[row]
                    )
                )
            )
        return outcomes


def _needs_the_whole_walk(changes: Sequence[Change]) -> bool:
    """Other readings touch every cell, and enormous amounts need Python's integers."""
    for change in changes:
        match change:
            case ReadingsChange():
                return True
            case ScoreChange(score=amount) | WeightChange(weight=amount):
                if amount is not None and abs(amount) >= _LARGE:
                    return True
            case AdjustmentChange(commendations=plus, criticisms=minus, rewards=more):
                if any(amount is not None and abs(amount) >= _LARGE for amount in (plus, minus, more)):
                    return True
    return False


def _compare(before: Sheet, after: Sheet) -> Outcome:
    then, now = compute_arrays(pack(before)), compute_arrays(pack(after))
    figures = zip(
        before.units,
        after.units,
        zip(then.final.tolist(), now.final.tolist(), strict=True),
        zip(then.rank.tolist(), now.rank.tolist(), strict=True),
        strict=True,
    )
    moves = [_move(*of_unit) for of_unit in sorted(figures, key=lambda of_unit: of_unit[0].order)]
    return Outcome(tuple(move for move in moves if move.is_move))


def _move(before: UnitEntry, after: UnitEntry, final: tuple[int, int], rank: tuple[int, int]) -> Move:
    return Move(before.key, before.name, *final, *rank, before.eligible, after.eligible)
