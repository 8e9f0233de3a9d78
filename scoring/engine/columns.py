"""One sub-item over all units, kept so that a few changed cells are counted again without the rest.

The rules for a cell are in `cells`; trials use this in `whatif`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.engine.cells import counted_score
from scoring.engine.numbers import half_up
from scoring.engine.sheet import CellEntry, Counting, MissingHow, Sheet, SubItemRule


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one sub-item in the sequence of the sheet's units."""

    item: int  # index of its item
    rule: SubItemRule
    counting: Counting
    cells: tuple[CellEntry, ...]
    decided_mean: frozenset[int]  # rows that take the mean when their cell is missing
    own: tuple[int | None, ...]  # points, scores that stand by themselves
    scored_sum: int  # points
    scorers: int
    on_mean: frozenset[int]  # rows that take the mean of the others

    def differences(self, changed: Mapping[int, CellEntry]) -> dict[int, int]:
        """How much more each row would count if these cells read otherwise, where that is not 0."""
        if self.rule.suspended:
            return {}
        own = {row: self._own_score(cell) for row, cell in changed.items()}
        scored_sum, scorers, on_mean = self.scored_sum, self.scorers, self.on_mean
        for row, score in own.items():
            before = self.own[row]
            scored_sum += (score or 0) - (before or 0)
            scorers += (score is not None) - (before is not None)
            takes_mean = score is None and self._takes_mean(row, changed[row])
            if takes_mean != (row in on_mean):
                on_mean = on_mean ^ {row}
        mean_before = half_up(self.scored_sum, self.scorers) if self.scorers else 0
        mean = half_up(scored_sum, scorers) if scorers else 0
        more = {}
        for row in own.keys() | (on_mean if mean != mean_before else ()):
            score = own.get(row, self.own[row])
            now = (mean if row in on_mean else 0) if score is None else score
            before = self.own[row]
            then = (mean_before if row in self.on_mean else 0) if before is None else before
            if now != then:
                more[row] = now - then
        return more

    def _own_score(self, cell: CellEntry) -> int | None:
        return counted_score(cell, self.rule, self.counting)[0]

    def _takes_mean(self, row: int, cell: CellEntry) -> bool:
        return row in self.decided_mean or (cell.not_involved and not cell.proposed)


def columns_of(sheet: Sheet) -> dict[int, Column]:
    """Every sub-item's column, by the sub-item's key."""
    return {
        sub.key: _column(sheet, index, sub)
        for index, item in enumerate(sheet.items)
        for sub in item.sub_items
    }


def _column(sheet: Sheet, item: int, rule: SubItemRule) -> Column:
    cells = tuple(sheet.cell(unit.key, rule.key) for unit in sheet.units)
    own = tuple(counted_score(cell, rule, sheet.readings.counting)[0] for cell in cells)
    decided_keys = {
        decision.unit_key
        for decision in sheet.decisions
        if decision.sub_item_key == rule.key and decision.how is MissingHow.MEAN
    }
    decided_mean = frozenset(
        row for row, unit in enumerate(sheet.units) if not decided_keys.isdisjoint((None, unit.key))
    )
    scores = [score for score in own if score is not None]
    on_mean = frozenset(
        row
        for row, (cell, score) in enumerate(zip(cells, own, strict=True))
        if score is None and (row in decided_mean or (cell.not_involved and not cell.proposed))
    )
    return Column(
        item, rule, sheet.readings.counting, cells, decided_mean, own, sum(scores), len(scores), on_mean
    )
