"""Places: 1, 2, 2, 4.  Equal figures share a place and the next is skipped.

Which figure is ranked is the caller's business, and so is the sequence of rows on one place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.engine.numbers import AnyArray, IntArray

_PLACE = np.int32  # of a long list; no block has two thousand million units
# Comparing everyone with everyone is quickest for a real block and hopeless for a large one.
_PAIRWISE_UP_TO = 96
# A table of all possible figures is used while it is not much longer than the list itself.
_VALUES_PER_UNIT = 24


def places_of(figures: Sequence[int]) -> list[int]:
    """The place of each figure; the greatest is first."""
    place_by_figure: dict[int, int] = {}
    for position, figure in enumerate(sorted(figures, reverse=True), start=1):
        place_by_figure.setdefault(figure, position)
    return [place_by_figure[figure] for figure in figures]


def rank_lists(lists: AnyArray) -> IntArray:
    """The places within each of several lists, shape (…, units) in and out."""
    units = lists.shape[-1]
    if units <= _PAIRWISE_UP_TO:
        better = lists[..., None, :] > lists[..., :, None]
        ranks: IntArray = np.add.reduce(better, axis=-1, dtype=np.int64)
        ranks += 1
        return ranks
    places: IntArray = np.empty(lists.shape, dtype=_PLACE)
    for index in np.ndindex(lists.shape[:-1]):
        places[index] = _rank_long_list(lists[index])
    return places


def rank_columns(base: AnyArray, *totals: AnyArray) -> tuple[IntArray, ...]:
    """The places within each item (items, units), then within each list of totals."""
    units = base.shape[-1]
    if units <= _PAIRWISE_UP_TO:
        ranks = rank_lists(np.concatenate((base, totals)))
        return ranks[: len(base)], *(ranks[len(base) + n] for n in range(len(totals)))
    of_items = np.empty(base.shape, dtype=_PLACE)
    for row, figures in enumerate(base):
        of_items[row] = _rank_long_list(figures)
    return of_items, *(_rank_long_list(figures) for figures in totals)


def shared_places(ranks: IntArray) -> AnyArray:
    """Which places of one list are held by more than one unit, as bools."""
    return np.bincount(ranks)[ranks] > 1 if ranks.size else np.zeros(0, dtype=bool)


def _rank_long_list(figures: AnyArray) -> IntArray:
    low, high = int(figures.min()), int(figures.max())
    if figures.dtype.kind != "O" and high - low <= _VALUES_PER_UNIT * len(figures):
        # How many have each figure, summed from the top: one look-up gives the place.
        distance = high - figures
        holders = np.bincount(distance)
        ranks: IntArray = (np.cumsum(holders) - holders + 1).astype(_PLACE)[distance]
        return ranks
    best_first = np.argsort(figures)[::-1]
    ordered = figures[best_first]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ranks = np.empty(len(figures), dtype=_PLACE)
    ranks[best_first] = np.repeat(begins + 1, np.diff(np.append(begins, len(figures))))
    return ranks
