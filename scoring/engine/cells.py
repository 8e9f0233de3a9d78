"""The counted score of a cell: which of the kinds counts, deductions, the mean of a cell not involved.

The sums over items and all that follows are in `weighting`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoring.engine.arrays import (
    LEAD,
    MEAN,
    MIX,
    NO_SOURCE,
    ONSITE,
    PRELIMINARY,
    ArraySheet,
    BoolArray,
    CodeArray,
    missing_mark,
)
from scoring.engine.numbers import AnyArray, IntArray, half_up, half_up_array
from scoring.engine.sheet import CellEntry, Counting, Source, SubItemRule

# Cells worked on at a time: small enough to stay in the processor's cache.
_CELLS_AT_A_TIME = 1 << 16
# Sums of scores below this bound cannot leave int64.
_SAFE_SUM = 2**61


class TooLargeError(ArithmeticError):
    """Raised when int64 could overflow; the walk is then made with Python's own integers."""


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


@dataclass(frozen=True, slots=True, eq=False)
class CountedCells:
    """All counted scores of a block, U units by S sub-items."""

    score: AnyArray  # (U, S) points, MISSING where there is none
    source: CodeArray  # (U, S)
    base: AnyArray  # (I, U) points, the units' sums by item
    missing: IntArray  # (U,)
    scorers: IntArray  # (S,)
    scored_sum: AnyArray  # (S,) points
    mean: AnyArray  # (S,) points, MISSING where nobody has scored
    nobody_involved: BoolArray  # (S,)


def count_cells(sheet: ArraySheet) -> CountedCells:
    """The counted scores of the whole block, and their sums by item.

    Raises TooLargeError when int64 could overflow.
    """
    units, subs = len(sheet.order), len(sheet.item_of)
    kinds = [kind for kind in (sheet.lead, sheet.preliminary, sheet.onsite) if kind is not None]
    number_type = kinds[0].dtype if kinds else np.dtype(np.int64)
    exact = number_type.kind == "O"
    mark = missing_mark(kinds[0]) if kinds else int(np.iinfo(np.int64).min)
    wide = np.dtype(object) if exact else np.dtype(np.int64)
    step = max(1, _CELLS_AT_A_TIME // max(subs, 1))
    slices = [slice(begin, min(begin + step, units)) for begin in range(0, units, step)]
    begins, filled_items = _item_begins(sheet.item_of)

    score = np.empty((units, subs), dtype=number_type)
    source = np.empty((units, subs), dtype=np.int8)
    scorers = np.zeros(subs, dtype=np.int64)
    scored_sum = np.zeros(subs, dtype=wide)
    nobody_involved = np.full(subs, units > 0)
    limit = _SAFE_SUM // max(units, subs, 1)
    for part in slices:
        own, codes, involved = _own_scores(sheet, part, mark)
        score[part], source[part] = own, codes
        scored = own != mark
        counted = np.where(scored, own, 0)
        if not exact and number_type.itemsize > 4 and counted.size:
            _require_within(limit, counted)
        scorers += np.add.reduce(scored, axis=0, dtype=np.int64)
        scored_sum += np.add.reduce(counted, axis=0, dtype=wide)
        nobody_involved &= ~involved
    if sheet.suspended is not None:
        nobody_involved &= ~sheet.suspended

    nobody = scorers == 0
    mean = half_up_array(scored_sum, np.where(nobody, 1, scorers).astype(wide))
    mean = np.where(nobody, mark, mean).astype(number_type)
    base = np.zeros((len(sheet.weights), units), dtype=wide)
    missing = np.zeros(units, dtype=np.int64)
    counts = None if sheet.suspended is None else ~sheet.suspended
    for part in slices:
        _fill_decided(sheet, part, score[part], source[part], mean, nobody, mark)
        scored = score[part] != mark
        lacking = ~scored if counts is None else ~scored & counts
        missing[part] = np.add.reduce(lacking, axis=1, dtype=np.int64)
        if subs:
            by_sub_item = np.ascontiguousarray(np.where(scored, score[part], 0).T)
            base[filled_items, part] = np.add.reduceat(by_sub_item, begins, axis=0, dtype=wide)
    return CountedCells(score, source, base, missing, scorers, scored_sum, mean, nobody_involved)


def _own_scores(sheet: ArraySheet, part: slice, mark: int) -> tuple[AnyArray, CodeArray, BoolArray]:
    """Scores that stand by themselves, their sources, and per sub-item whether any unit is involved."""
    shape = (part.stop - part.start, len(sheet.item_of))
    onsite = None if sheet.onsite is None else sheet.onsite[part]
    preliminary = None if sheet.preliminary is None else sheet.preliminary[part]
    if sheet.lead is not None:
        score = sheet.lead[part]
        source = (score != mark).astype(np.int8)  # LEAD is 1
    else:
        kind = preliminary if preliminary is not None else onsite
        score = np.full(shape, mark, dtype=np.int64 if kind is None else kind.dtype)
        source = np.zeros(shape, dtype=np.int8)
    if preliminary is not None:
        has_preliminary = preliminary != mark
        score = np.where(has_preliminary, preliminary, score)
        source = np.where(has_preliminary, np.int8(PRELIMINARY), source)
    uncounted = None if sheet.proposed is None else sheet.proposed[part]
    if onsite is not None:
        has_onsite = onsite != mark
        score = np.where(has_onsite, onsite, score)
        source = np.where(has_onsite, np.int8(ONSITE), source)
        if preliminary is not None and sheet.readings.counting.is_mix:
            both = has_onsite & has_preliminary
            if sheet.visit_required is not None:
                both &= ~sheet.visit_required
            score[both] = _mixed(preliminary[both], onsite[both], sheet.readings.counting)
            source[both] = MIX
    if sheet.visit_required is not None and sheet.visit_required.any():
        unvisited = sheet.visit_required if onsite is None else sheet.visit_required & ~has_onsite
        uncounted = np.broadcast_to(unvisited, shape) if uncounted is None else uncounted | unvisited
    involved = np.ones(shape[1], dtype=bool)
    if sheet.not_involved is not None:
        outside = sheet.not_involved[part]
        confirmed = outside if sheet.proposed is None else outside & ~sheet.proposed[part]
        involved = ~np.logical_and.reduce(confirmed, axis=0)
        uncounted = outside if uncounted is None else uncounted | outside
    if sheet.suspended is not None:
        uncounted = (
            np.broadcast_to(sheet.suspended, shape) if uncounted is None else uncounted | sheet.suspended
        )
    if uncounted is not None:
        score = np.where(uncounted, mark, score).astype(score.dtype, copy=False)
        source = np.where(uncounted, np.int8(NO_SOURCE), source)
    return score, source, involved


def _mixed(preliminary: AnyArray, onsite: AnyArray, counting: Counting) -> AnyArray:
    parts = counting.preliminary_part + counting.onsite_part
    if preliminary.dtype != object:
        if preliminary.size:
            _require_within(_SAFE_SUM // parts, preliminary, onsite)
        preliminary, onsite = preliminary.astype(np.int64), onsite.astype(np.int64)
    sums = preliminary * counting.preliminary_part + onsite * counting.onsite_part
    return half_up_array(sums, np.array(parts, dtype=sums.dtype))


def _require_within(limit: int, *figures: AnyArray) -> None:
    for numbers in figures:
        if int(numbers.max()) > limit or int(numbers.min()) < -limit:
            raise TooLargeError


def _fill_decided(
    sheet: ArraySheet,
    part: slice,
    score: AnyArray,
    source: CodeArray,
    mean: AnyArray,
    nobody: BoolArray,
    mark: int,
) -> None:
    """Give means to cells not involved, and to missing ones what was decided for them; in place."""
    takes_mean: BoolArray | None = None
    if sheet.not_involved is not None:
        takes_mean = sheet.not_involved[part]
        if sheet.proposed is not None:
            takes_mean = takes_mean & ~sheet.proposed[part]
    if sheet.decided_mean is not None:
        decided = sheet.decided_mean[part] & (score == mark)
        takes_mean = decided if takes_mean is None else takes_mean | decided
    if takes_mean is not None:
        takes_mean = takes_mean & ~nobody
        if sheet.suspended is not None:
            takes_mean = takes_mean & ~sheet.suspended
        np.copyto(score, mean, where=takes_mean)
        np.copyto(source, np.int8(MEAN), where=takes_mean)
    if sheet.decided_zero is not None:
        zero = sheet.decided_zero[part] & (score == mark)
        if sheet.suspended is not None:
            zero &= ~sheet.suspended
        np.copyto(score, 0, where=zero)


def _item_begins(item_of: IntArray) -> tuple[IntArray, IntArray]:
    """Where each item's sub-items begin, and the items that have any."""
    if not len(item_of):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.concatenate(([True], item_of[1:] != item_of[:-1])))
    return begins, item_of[begins]


assert LEAD == 1  # `_own_scores` reads the truth of “has a lead score” as this code
