"""The counted scores of all cells of a block at once, and their sums by item.

The rules for a single cell are told in `cells`; this module keeps them on arrays of any length.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoring.engine.arrays import (
    MEAN,
    MIX,
    ONSITE,
    ArraySheet,
    CodeArray,
    missing_mark,
)
from scoring.engine.numbers import AnyArray, BoolArray, IntArray, half_up, half_up_array
from scoring.engine.sheet import Counting

_INT64 = np.dtype(np.int64)
_MEAN_CODE = np.int8(MEAN)
# Cells worked on at a time: few enough to stay in the processor's cache.
_CELLS_AT_A_TIME = 1 << 16
# Scores whose sums stay below this bound cannot leave int64.
_SAFE_SUM = 2**61


class TooLargeError(ArithmeticError):
    """int64 could overflow; the walk is then made with Python's own integers."""


class CountedCells(NamedTuple):
    """All counted scores of a block: U units, S sub-items, I items."""

    score: AnyArray  # (U, S) points, MISSING where there is none
    source: CodeArray  # (U, S)
    base: AnyArray  # (I, U) points, the units' sums by item
    missing: IntArray  # (U,)
    nobody_involved: BoolArray  # (S,) every cell is confirmed as not involved
    negatives: bool  # whether some counted score may be below zero


def count_cells(sheet: ArraySheet) -> CountedCells:
    """The counted score of every cell.  Plan §3, rulebook 3 and 4.1.

    Raises TooLargeError when int64 could overflow.
    """
    units, subs = len(sheet.order), len(sheet.item_of)
    kinds = [kind for kind in (sheet.lead, sheet.preliminary, sheet.onsite) if kind is not None]
    number_type = kinds[0].dtype if kinds else np.dtype(np.int64)
    mark = missing_mark(number_type)
    wide = number_type if number_type.kind == "O" else _INT64
    step = max(1, _CELLS_AT_A_TIME // max(subs, 1))
    parts = [slice(begin, min(begin + step, units)) for begin in range(0, units, step)]
    in_one = len(parts) == 1
    limit = _SAFE_SUM // max(units, subs, 1)

    score = np.empty((0 if in_one else units, subs), dtype=number_type)
    source = np.empty(score.shape, dtype=np.int8)
    scorers = np.zeros(subs, dtype=np.int64)
    scored_sum = np.zeros(subs, dtype=wide)
    negatives = False
    for part in parts:
        counted, codes, scored = _own_scores(sheet, part, mark)
        negatives |= number_type.kind == "O" or _has_negatives(counted, limit)
        scorers += np.add.reduce(scored, axis=0, dtype=np.int64)
        scored_sum += np.add.reduce(counted, axis=0, dtype=wide)
        if in_one:
            score, source = counted, codes
        else:
            score[part], source[part] = counted, codes

    numbers: list[int] = scorers.tolist()
    sums = zip(scored_sum.tolist(), numbers, strict=True)
    mean = np.array([half_up(total, count) if count else 0 for total, count in sums], dtype=number_type)
    scorable = None if all(numbers) else scorers > 0
    base = np.zeros((len(sheet.weights), units), dtype=wide)
    missing = np.zeros(units, dtype=np.int32)
    for part in parts:
        counted, codes, has_score = _fill(sheet, part, score[part], source[part], mean, scorable)
        if subs:
            by_item = np.add.reduceat(counted, sheet.item_begins, axis=1, dtype=wide).T
            if in_one and len(by_item) == len(base):
                base = np.ascontiguousarray(by_item)
            else:
                base[sheet.filled_items, part] = by_item
        if not has_score.all():
            lacking = ~has_score if sheet.suspended is None else ~(has_score | sheet.suspended)
            missing[part] = np.add.reduce(lacking, axis=1, dtype=np.int32)
            counted = np.where(has_score, counted, mark).astype(number_type, copy=False)
        if in_one:
            score, source = counted, codes
        else:
            score[part], source[part] = counted, codes
    return CountedCells(score, source, base, missing, _nobody_involved(sheet, scorable), negatives)


def _own_scores(sheet: ArraySheet, part: slice, mark: int) -> tuple[AnyArray, CodeArray, BoolArray]:
    """Scores that stand by themselves, 0 where there is none; their sources; where there are any."""
    raw, there, codes = _strongest(sheet, part, mark)
    if raw is None or there is None or codes is None:
        shape = (part.stop - part.start, len(sheet.item_of))
        return np.zeros(shape, np.int64), np.zeros(shape, np.int8), np.zeros(shape, bool)
    if sheet.readings.counting.is_mix and sheet.preliminary is not None and sheet.onsite is not None:
        preliminary, onsite = sheet.preliminary[part], sheet.onsite[part]
        both = (preliminary != mark) & (onsite != mark)
        if sheet.visit_required is not None:
            both &= ~sheet.visit_required
        raw = raw.copy()
        raw[both] = _mixed(preliminary[both], onsite[both], sheet.readings.counting)
        codes[both] = MIX
    uncounted: BoolArray | None = None
    for flags in (sheet.proposed, sheet.not_involved):
        if flags is not None:
            uncounted = flags[part] if uncounted is None else uncounted | flags[part]
    if sheet.visit_required is not None:
        unvisited = sheet.visit_required & (codes < ONSITE)
        uncounted = unvisited if uncounted is None else uncounted | unvisited
    if sheet.suspended is not None:
        uncounted = sheet.suspended if uncounted is None else uncounted | sheet.suspended
    if uncounted is not None:
        there = there & ~uncounted
        codes *= there.view(np.int8)
    return np.where(there, raw, 0).astype(raw.dtype, copy=False), codes, there


def _strongest(
    sheet: ArraySheet, part: slice, mark: int
) -> tuple[AnyArray | None, BoolArray | None, CodeArray | None]:
    """On-site, else preliminary, else lead; where there is any of them; which it is."""
    raw: AnyArray | None = None
    there: BoolArray | None = None
    codes: CodeArray | None = None
    for kind in (sheet.onsite, sheet.preliminary, sheet.lead):
        if kind is not None:
            scores = kind[part]
            has = scores != mark
            raw = scores if raw is None or there is None else np.where(there, raw, scores)
            there = has if there is None else there | has
        # The codes count down by the kinds: LEAD 1, PRELIMINARY 2, ONSITE 3. A score is worth one for
        # its own kind and one for each weaker one.
        if there is not None:
            codes = there.astype(np.int8) if codes is None else codes + there.view(np.int8)
    return raw, there, codes


def _mixed(preliminary: AnyArray, onsite: AnyArray, counting: Counting) -> AnyArray:
    parts = counting.preliminary_part + counting.onsite_part
    if preliminary.dtype.kind != "O":
        limit = _SAFE_SUM // parts
        _has_negatives(preliminary, limit)
        _has_negatives(onsite, limit)
        preliminary, onsite = preliminary.astype(np.int64), onsite.astype(np.int64)
    sums = preliminary * counting.preliminary_part + onsite * counting.onsite_part
    return half_up_array(sums, np.array(parts, dtype=sums.dtype), sums < 0)


def _has_negatives(figures: AnyArray, limit: int) -> bool:
    """Whether a figure is below zero.  Raises TooLargeError when one lies outside ±limit."""
    # All bits of all figures together: no figure is greater, and the sign shows if any has one.
    bits = int(np.bitwise_or.reduce(figures, axis=None))
    if 0 <= bits <= limit:
        return False
    if figures.size and (int(figures.max()) > limit or int(figures.min()) < -limit):
        raise TooLargeError
    return bits < 0


def _fill(
    sheet: ArraySheet,
    part: slice,
    counted: AnyArray,
    codes: CodeArray,
    mean: AnyArray,
    scorable: BoolArray | None,
) -> tuple[AnyArray, CodeArray, BoolArray]:
    """Give means to cells not involved and to missing ones what was decided; and which cells have a score.

    `codes` is changed in place.
    """
    takes_mean: BoolArray | None = None
    if sheet.not_involved is not None:
        takes_mean = sheet.not_involved[part]
        if sheet.proposed is not None:
            takes_mean = takes_mean & ~sheet.proposed[part]
    if sheet.decided_mean is not None:
        decided = sheet.decided_mean[part] & (codes == 0)
        takes_mean = decided if takes_mean is None else takes_mean | decided
    if takes_mean is not None:
        if scorable is not None:
            takes_mean = takes_mean & scorable
        if sheet.suspended is not None:
            takes_mean = takes_mean & ~sheet.suspended
        counted = np.where(takes_mean, mean, counted)
        np.copyto(codes, _MEAN_CODE, where=takes_mean)
    has_score = codes != 0
    if sheet.decided_zero is not None:
        zero = sheet.decided_zero[part]
        has_score |= zero if sheet.suspended is None else zero & ~sheet.suspended
    return counted, codes, has_score


def _nobody_involved(sheet: ArraySheet, scorable: BoolArray | None) -> BoolArray:
    nobody: BoolArray = np.zeros(len(sheet.item_of), dtype=bool)
    if scorable is None or sheet.not_involved is None or not len(sheet.order):
        return nobody  # where somebody has scored, somebody is involved
    confirmed = sheet.not_involved
    if sheet.proposed is not None:
        confirmed = confirmed & ~sheet.proposed
    nobody = np.logical_and.reduce(confirmed, axis=0)
    return nobody if sheet.suspended is None else nobody & ~sheet.suspended
