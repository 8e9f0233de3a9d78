"""Every step of every figure of one unit, as data (算分依据).

Words belong to the pages: a step carries a kind, its values and the clause it follows. The places are
those of `standing`; the steps are worked out again with plain integers and fractions.
"""

from __future__ import annotations

from fractions import Fraction

from scoring.engine.cells import counted_score
from scoring.engine.numbers import half_up_fraction
from scoring.engine.sheet import (
    BlockStanding,
    CellEntry,
    CellResult,
    ItemResult,
    ItemRule,
    Rounding,
    RowResult,
    Sheet,
    Source,
    SubItemRule,
)
from scoring.engine.standing import compute
from scoring.engine.steps import (
    AdjustmentStep,
    BaseStep,
    CellStep,
    FinalStep,
    GapStep,
    ItemTrace,
    MeanStep,
    PreliminaryStep,
    Trace,
    WeightedStep,
    Why,
)
from scoring.engine.weighting import exact_weighted

__all__ = ["Trace", "trace"]


def trace(sheet: Sheet, unit_key: int, standing: BlockStanding | None = None) -> Trace:
    """Every figure of one unit, down to the cells.  `standing`, when at hand, is that of the sheet.

    Raises KeyError for a unit that is not in the sheet.
    """
    standing = standing or compute(sheet)
    row_by_key = {row.unit_key: row for row in standing.rows}
    row = row_by_key[unit_key]
    in_order = sorted(standing.rows, key=lambda other: other.order)
    items = tuple(
        _item(sheet, rule, result, [other.items[n] for other in in_order], in_order, unit_key)
        for n, (rule, result) in enumerate(zip(sheet.items, row.items, strict=True))
    )
    each_item = sheet.readings.rounding is Rounding.EACH_ITEM
    exact = sum((item.weighted.exact for item in items), Fraction(0))
    return Trace(
        block=sheet.block,
        unit=row.unit,
        unit_key=unit_key,
        places=sheet.places,
        provisional=standing.provisional,
        final=FinalStep(
            kind="final",
            clause="§4(3)",
            rank=row.rank,
            shared=row.shared,
            eligible=row.eligible,
            preliminary=row.preliminary,
            adjustments=(
                AdjustmentStep("commendations", "§4(2)1", row.commendations),
                AdjustmentStep("criticisms", "§4(2)5", -row.criticisms),
                AdjustmentStep("rewards", "§4(2)6", row.rewards),
            ),
            final=row.final,
        ),
        preliminary=PreliminaryStep(
            "sum-of-rounded" if each_item else "rounded-sum", "§4(1)", exact, row.preliminary
        ),
        items=items,
        gaps=_gaps(row, in_order),
    )


def _item(
    sheet: Sheet,
    rule: ItemRule,
    result: ItemResult,
    all_results: list[ItemResult],
    in_order: list[RowResult],
    unit_key: int,
) -> ItemTrace:
    first = max(other.base for other in all_results)
    exact = exact_weighted(rule.weight, result.base, first, sheet.readings.first_is_zero)
    if first <= 0:
        kind = "first-is-zero"
    else:
        kind = "first" if result.base == first else "share"
    mean = Fraction(sum(other.weighted for other in all_results), len(all_results))
    cell_results = {cell.sub_item_key: cell for cell in result.cells}
    cells = tuple(_cell(sheet, sub, cell_results.get(sub.key), unit_key) for sub in rule.sub_items)
    return ItemTrace(
        item=rule.name,
        item_key=rule.key,
        base=BaseStep(
            kind="sum-of-cells",
            clause="§3",
            cells=cells,
            missing=sum(cell.score is None for cell in result.cells),
            base=result.base,
            of=rule.base_in_force,
        ),
        weighted=WeightedStep(
            kind=kind,
            clause="§4(1)",
            first_units=tuple(
                row.unit for row, other in zip(in_order, all_results, strict=True) if other.base == first
            ),
            rank=result.rank,
            shared=result.shared,
            rounded_here=sheet.readings.rounding is Rounding.EACH_ITEM,
            weight=rule.weight,
            own=result.base,
            first=first,
            exact=exact,
            weighted=result.weighted,
        ),
        block_mean=mean,
        above_mean=result.weighted - mean,
        lost=rule.weight - exact,
    )


def _cell(sheet: Sheet, rule: SubItemRule, result: CellResult | None, unit_key: int) -> CellStep:
    cell, counting = sheet.cell(unit_key, rule.key), sheet.readings.counting
    why = _why(cell, rule, result)
    mixed = why is Why.MIXED
    counted = {
        Why.ONSITE_REPLACES: ("onsite",),
        Why.VISIT_REQUIRED: ("onsite",),
        Why.MIXED: ("preliminary", "onsite"),
        Why.PRELIMINARY_STANDS: ("preliminary",),
        Why.LEAD_STANDS: ("lead",),
    }.get(why, ())
    stored = {
        "self": cell.self_score,
        "lead": cell.lead,
        "preliminary": cell.preliminary,
        "onsite": cell.onsite,
    }
    return CellStep(
        kind="cell",
        clause="§4(1)" if why in (Why.DECIDED_MEAN, Why.DECIDED_ZERO) else "§3",
        sub_item=rule.name,
        sub_item_key=rule.key,
        why=why,
        source=result.source if result else None,
        score=result.score if result else None,
        base=rule.base,
        self_score=cell.self_score,
        lead=cell.lead,
        preliminary=cell.preliminary,
        onsite=cell.onsite,
        not_counted=tuple(
            name for name, score in stored.items() if score is not None and name not in counted
        ),
        mix=(counting.preliminary_part, counting.onsite_part) if mixed else None,
        mean=_mean(sheet, rule) if why in (Why.NOT_INVOLVED, Why.DECIDED_MEAN) else None,
    )


def _why(cell: CellEntry, rule: SubItemRule, result: CellResult | None) -> Why:
    if result is None:
        return Why.SUSPENDED
    if result.decided:
        return Why.DECIDED_ZERO
    outside = cell.not_involved and not cell.proposed
    if result.score is None:
        if cell.proposed:
            return Why.PROPOSED
        if outside:
            return Why.NOBODY_SCORED
        return Why.NOT_VISITED if rule.visit_required else Why.NO_SCORE
    match result.source:
        case Source.MEAN:
            return Why.NOT_INVOLVED if outside else Why.DECIDED_MEAN
        case Source.MIX:
            return Why.MIXED
        case Source.PRELIMINARY:
            return Why.PRELIMINARY_STANDS
        case Source.LEAD:
            return Why.LEAD_STANDS
    return Why.VISIT_REQUIRED if rule.visit_required else Why.ONSITE_REPLACES


def _mean(sheet: Sheet, rule: SubItemRule) -> MeanStep:
    scores: list[tuple[str, int]] = []
    for unit in sorted(sheet.units, key=lambda unit: unit.order):
        score, _ = counted_score(sheet.cell(unit.key, rule.key), rule, sheet.readings.counting)
        if score is not None:
            scores.append((unit.name, score))
    total = sum(score for _, score in scores)
    exact = Fraction(total, len(scores))
    return MeanStep("mean", "§3", tuple(name for name, _ in scores), total, exact, half_up_fraction(exact))


def _gaps(row: RowResult, in_order: list[RowResult]) -> tuple[GapStep, ...]:
    steps = []
    finals = {other.final for other in in_order}
    above = [final for final in finals if final > row.final]
    below = [final for final in finals if final < row.final]
    targets = []
    if above:
        targets += [("to-first", max(above)), ("to-above", min(above))]
    if below:
        targets.append(("to-below", max(below)))
    for kind, final in targets:
        there = [other for other in in_order if other.final == final]
        names = tuple(other.unit for other in there)
        steps.append(GapStep(kind, "§4(3)", names, there[0].rank, abs(final - row.final)))
    return tuple(steps)
