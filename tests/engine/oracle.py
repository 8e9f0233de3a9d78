"""An independent exact computation of a block's standing, in plain Python fractions, slow and obvious.

It shares no function with the engine: only the input and result types are read, none of their arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from scoring.engine.sheet import Sheet


@dataclass(frozen=True)
class OracleRow:
    unit: str
    rank: int
    shared: bool
    missing: int
    bases: tuple[int, ...]
    item_ranks: tuple[int, ...]
    item_shared: tuple[bool, ...]
    weighted: tuple[int, ...]
    cells: tuple[tuple[str, int | None, str | None], ...]
    preliminary: int
    final: int


@dataclass(frozen=True)
class OracleStanding:
    provisional: bool
    held: tuple[str, ...]
    differs: tuple[str, ...]
    rows: tuple[OracleRow, ...]


def nearest(value: Fraction) -> int:
    """A half goes away from zero."""
    if value < 0:
        return -nearest(-value)
    return floor(value + Fraction(1, 2))


def place(figures: list[int], own: int) -> int:
    return 1 + len([figure for figure in figures if figure > own])


def stand(sheet: Sheet) -> OracleStanding:
    scores, held = _all_scores(sheet)
    bases = {
        (unit.key, item.key): sum(
            scores[unit.key, sub.key][0] or 0 for sub in item.sub_items if not sub.suspended
        )
        for unit in sheet.units
        for item in sheet.items
    }
    exact: dict[tuple[int, int], Fraction] = {}
    for item in sheet.items:
        first = max((bases[unit.key, item.key] for unit in sheet.units), default=1)
        for unit in sheet.units:
            if first > 0:
                exact[unit.key, item.key] = Fraction(item.weight) * bases[unit.key, item.key] / first
            elif str(sheet.readings.first_is_zero) == "all-full":
                exact[unit.key, item.key] = Fraction(item.weight)
            else:
                exact[unit.key, item.key] = Fraction(0)
        if first <= 0 and str(sheet.readings.first_is_zero) == "held" and "R2" not in held:
            held.insert(0, "R2")

    each, total = {}, {}
    for unit in sheet.units:
        parts = [exact[unit.key, item.key] for item in sheet.items]
        each[unit.key] = sum(nearest(part) for part in parts)
        total[unit.key] = nearest(sum(parts, Fraction(0)))
    each_item = str(sheet.readings.rounding) == "each-item"
    preliminary, other = (each, total) if each_item else (total, each)
    added = {unit.key: unit.commendations - unit.criticisms + unit.rewards for unit in sheet.units}
    final = {key: value + added[key] for key, value in preliminary.items()}
    other_final = {key: value + added[key] for key, value in other.items()}

    rows = []
    for unit in sorted(
        sheet.units, key=lambda unit: (place(list(final.values()), final[unit.key]), unit.order)
    ):
        of_item = [[bases[other.key, item.key] for other in sheet.units] for item in sheet.items]
        own = [bases[unit.key, item.key] for item in sheet.items]
        subs = [sub for item in sheet.items for sub in item.sub_items if not sub.suspended]
        rows.append(
            OracleRow(
                unit=unit.name,
                rank=place(list(final.values()), final[unit.key]),
                shared=list(final.values()).count(final[unit.key]) > 1,
                missing=len([sub for sub in subs if scores[unit.key, sub.key][0] is None]),
                bases=tuple(own),
                item_ranks=tuple(place(all_, mine) for all_, mine in zip(of_item, own, strict=True)),
                item_shared=tuple(all_.count(mine) > 1 for all_, mine in zip(of_item, own, strict=True)),
                weighted=tuple(nearest(exact[unit.key, item.key]) for item in sheet.items),
                cells=tuple((sub.name, *scores[unit.key, sub.key]) for sub in subs),
                preliminary=preliminary[unit.key],
                final=final[unit.key],
            )
        )
    differs = tuple(
        unit.name
        for unit in sorted(sheet.units, key=lambda unit: unit.order)
        if place(list(final.values()), final[unit.key])
        != place(list(other_final.values()), other_final[unit.key])
    )
    return OracleStanding(any(row.missing for row in rows), tuple(held), differs, tuple(rows))


def _all_scores(sheet: Sheet) -> tuple[dict[tuple[int, int], tuple[int | None, str | None]], list[str]]:
    mix = (sheet.readings.counting.preliminary_part, sheet.readings.counting.onsite_part)
    held: list[str] = []
    scores: dict[tuple[int, int], tuple[int | None, str | None]] = {}
    for item in sheet.items:
        for sub in item.sub_items:
            if sub.suspended:
                continue
            outside, own = [], {}
            for unit in sheet.units:
                cell = sheet.cells.get((unit.key, sub.key))
                scores[unit.key, sub.key] = (None, None)
                if cell is None or cell.proposed:
                    continue
                if cell.not_involved:
                    outside.append(unit.key)
                elif cell.onsite is not None:
                    if cell.preliminary is not None and mix != (0, 0) and not sub.visit_required:
                        value = Fraction(mix[0] * cell.preliminary + mix[1] * cell.onsite, mix[0] + mix[1])
                        own[unit.key] = (nearest(value), "mix")
                    else:
                        own[unit.key] = (cell.onsite, "onsite")
                elif not sub.visit_required and cell.preliminary is not None:
                    own[unit.key] = (cell.preliminary, "preliminary")
                elif not sub.visit_required and cell.lead is not None:
                    own[unit.key] = (cell.lead, "lead")
            for unit_key, found in own.items():
                scores[unit_key, sub.key] = found
            mean = nearest(Fraction(sum(value for value, _ in own.values()), len(own))) if own else None
            if sheet.units and len(outside) == len(sheet.units):
                held.append(f"not-involved:{sub.name}")
            for unit_key in outside:
                if mean is not None:
                    scores[unit_key, sub.key] = (mean, "mean")
            decided: dict[int, set[str]] = {}
            for decision in sheet.decisions:
                if decision.sub_item_key == sub.key:
                    for unit in sheet.units:
                        if decision.unit_key in (None, unit.key):
                            decided.setdefault(unit.key, set()).add(str(decision.how))
            for unit_key, ways in decided.items():
                if scores[unit_key, sub.key][0] is None and "mean" in ways and mean is not None:
                    scores[unit_key, sub.key] = (mean, "mean")
                if scores[unit_key, sub.key][0] is None and "zero" in ways:
                    scores[unit_key, sub.key] = (0, None)
    return scores, held
