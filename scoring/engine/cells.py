"""The counted score of one cell: which of the kinds counts, deductions, the mean of a cell not involved.

`counting` does the same for all cells of a block at once; sums over items and what follows are elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scoring.engine.numbers import half_up
from scoring.engine.sheet import CellEntry, Counting, Source, SubItemRule


@dataclass(frozen=True, slots=True)
class IndicatorLines:
    """The deductions of one unit under one indicator (小项), points."""

    base: int
    lines: tuple[int, ...] = ()


def base_less_deductions(
    base: int, floor: int, lines: Iterable[int] = (), indicators: Iterable[IndicatorLines] = ()
) -> int:
    """The score that lines of deduction explain, points.  Rulebook 3.

    With indicators it is the sum over them of max(floor, base − its lines), and `base` and `lines` are
    not looked at; without, max(floor, base − lines).
    """
    parts = [max(floor, indicator.base - sum(indicator.lines)) for indicator in indicators]
    return sum(parts) if parts else max(floor, base - sum(lines))


def counted_score(
    cell: CellEntry, rule: SubItemRule, counting: Counting
) -> tuple[int, Source] | tuple[None, None]:
    """The score of a cell that stands by itself; None for a missing cell and for one not involved."""
    if cell.proposed or cell.not_involved:
        return None, None
    if rule.visit_required:
        return (None, None) if cell.onsite is None else (cell.onsite, Source.ONSITE)
    if cell.onsite is not None and cell.preliminary is not None and counting.is_mix:
        return mix_scores(cell.preliminary, cell.onsite, counting), Source.MIX
    if cell.onsite is not None:
        return cell.onsite, Source.ONSITE
    if cell.preliminary is not None:
        return cell.preliminary, Source.PRELIMINARY
    if cell.lead is not None:
        return cell.lead, Source.LEAD
    return None, None


def mix_scores(preliminary: int, onsite: int, counting: Counting) -> int:
    """Preliminary and on-site in the proportion given, rounded half-up.  Reading R9."""
    parts = counting.preliminary_part + counting.onsite_part
    return half_up(preliminary * counting.preliminary_part + onsite * counting.onsite_part, parts)


def mean_score(scores: Iterable[int]) -> int | None:
    """What a unit not involved is given: the mean of the others, rounded half-up.  Plan §3.

    None when nobody has scored: there are no others to average.
    """
    values = tuple(scores)
    return half_up(sum(values), len(values)) if values else None
