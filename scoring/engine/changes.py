"""Trial changes to a sheet (模拟测算): what may be tried, and the sheet as it would then read.

Who would move is found in `whatif`. Nothing here is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from scoring.engine.sheet import CellEntry, Readings, Sheet, UnitEntry

Kind = Literal["self_score", "lead", "preliminary", "onsite"]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    unit_key: int
    sub_item_key: int
    kind: Kind
    score: int | None  # points; None takes the score away


@dataclass(frozen=True, slots=True)
class InvolvementChange:
    unit_key: int
    sub_item_key: int
    not_involved: bool  # confirmed
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class WeightChange:
    item_key: int
    weight: int  # points


@dataclass(frozen=True, slots=True)
class AdjustmentChange:
    """Other additions and deductions for a unit, points; None leaves a kind as it is."""

    unit_key: int
    commendations: int | None = None
    criticisms: int | None = None
    rewards: int | None = None


@dataclass(frozen=True, slots=True)
class EligibilityChange:
    unit_key: int
    eligible: bool


@dataclass(frozen=True, slots=True)
class ReadingsChange:
    readings: Readings


CellChange = ScoreChange | InvolvementChange
UnitChange = AdjustmentChange | EligibilityChange
Change = CellChange | UnitChange | WeightChange | ReadingsChange


def apply_changes(sheet: Sheet, changes: Iterable[Change]) -> Sheet:
    """The sheet as it would read after the changes, made in turn.

    Raises KeyError for a unit, item or sub-item that the sheet does not have.
    """
    units = {unit.key: unit for unit in sheet.units}
    items = {item.key: item for item in sheet.items}
    sub_item_keys = {sub.key for item in sheet.items for sub in item.sub_items}
    cells, readings = dict(sheet.cells), sheet.readings
    for change in changes:
        match change:
            case ScoreChange() | InvolvementChange():
                place = (units[change.unit_key].key, change.sub_item_key)
                if change.sub_item_key not in sub_item_keys:
                    raise KeyError(change.sub_item_key)
                cells[place] = changed_cell(cells.get(place, CellEntry()), change)
            case WeightChange(item_key, weight):
                items[item_key] = replace(items[item_key], weight=weight)
            case AdjustmentChange(unit_key) | EligibilityChange(unit_key):
                units[unit_key] = changed_unit(units[unit_key], change)
            case ReadingsChange(readings):
                pass
    return replace(
        sheet, units=tuple(units.values()), items=tuple(items.values()), cells=cells, readings=readings
    )


def changed_unit(unit: UnitEntry, change: UnitChange) -> UnitEntry:
    """The unit after one change."""
    if isinstance(change, EligibilityChange):
        return replace(unit, eligible=change.eligible)
    return replace(
        unit,
        commendations=_or(change.commendations, unit.commendations),
        criticisms=_or(change.criticisms, unit.criticisms),
        rewards=_or(change.rewards, unit.rewards),
    )


def changed_cell(cell: CellEntry, change: CellChange) -> CellEntry:
    """The cell after one change."""
    if isinstance(change, InvolvementChange):
        return CellEntry(
            cell.self_score,
            cell.lead,
            cell.preliminary,
            cell.onsite,
            change.not_involved,
            change.proposed,
        )
    scores: dict[str, int | None] = {
        "self_score": cell.self_score,
        "lead": cell.lead,
        "preliminary": cell.preliminary,
        "onsite": cell.onsite,
    }
    scores[change.kind] = change.score
    return CellEntry(**scores, not_involved=cell.not_involved, proposed=cell.proposed)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
