"""One block as columns of numbers: what the database layer hands over raw, and what comes back.

Names and people stay outside: `sheet` has the same block as named values, `standing` does the walk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.engine.numbers import AnyArray, BoolArray, IntArray
from scoring.engine.ranking import shared_places
from scoring.engine.sheet import Readings, Rounding, Source

MISSING = -(2**63)  # in int64 arrays; an array of int32 uses its own least value

_LARGEST_AMOUNT = 2**59  # three of them and a preliminary score stay within int64

CodeArray = npt.NDArray[np.int8]

# Codes of `ArrayResult.source`.  0 with a score is a zero by decision; 0 without one is missing.
NO_SOURCE, LEAD, PRELIMINARY, ONSITE, MIX, MEAN = range(6)
SOURCES: tuple[Source | None, ...] = (
    None,
    Source.LEAD,
    Source.PRELIMINARY,
    Source.ONSITE,
    Source.MIX,
    Source.MEAN,
)


def missing_mark(number_type: np.dtype[Any]) -> int:
    """The value that stands for “nobody has scored” in an array of this type."""
    if number_type.kind == "O" or number_type == np.int64:
        return MISSING
    return int(np.iinfo(number_type).min)


@dataclass(frozen=True, slots=True, eq=False)
class ArraySheet:
    """The inputs of one block.  U units, S sub-items, I items.

    Points are integers in units of the last place, `MISSING` where there is no score. The three kinds
    of score share one shape and one signed integer type (int64, or int32 for very large blocks); a kind
    that nobody has entered, and a flag that nobody carries, may be left None.
    Sub-items stand grouped by item: `item_of` never decreases.
    """

    places: int
    readings: Readings
    item_of: IntArray  # (S,) index of each sub-item's item
    weights: IntArray  # (I,) points
    order: IntArray  # (U,) the plan's order
    lead: AnyArray | None = None  # (U, S)
    preliminary: AnyArray | None = None  # (U, S)
    onsite: AnyArray | None = None  # (U, S)
    not_involved: BoolArray | None = None  # (U, S) confirmed
    proposed: BoolArray | None = None  # (U, S) the cell is missing whatever it holds
    visit_required: BoolArray | None = None  # (S,)
    suspended: BoolArray | None = None  # (S,)
    decided_mean: BoolArray | None = None  # (U, S) if missing: the mean of the others
    decided_zero: BoolArray | None = None  # (U, S) if missing: 0
    commendations: IntArray | None = None  # (U,) points
    criticisms: IntArray | None = None  # (U,) points, positive
    rewards: IntArray | None = None  # (U,) points
    item_begins: IntArray = field(init=False)  # first sub-item of each item that has any
    filled_items: IntArray = field(init=False)  # the items that have any

    def __post_init__(self) -> None:
        shape = (len(self.order), len(self.item_of))
        kinds = [kind for kind in (self.lead, self.preliminary, self.onsite) if kind is not None]
        if any(kind.dtype != kinds[0].dtype for kind in kinds):
            raise ValueError("lead, preliminary and on-site scores must share one integer type")
        flags = (self.not_involved, self.proposed, self.decided_mean, self.decided_zero)
        for cells in (*kinds, *flags):
            if cells is not None and cells.shape != shape:
                raise ValueError(f"cells have the shape {cells.shape} where {shape} is due")
        for amounts in (self.commendations, self.criticisms, self.rewards):
            if amounts is None or not amounts.size or amounts.dtype.kind == "O":
                continue
            if max(int(amounts.max()), -int(amounts.min())) >= _LARGEST_AMOUNT:
                raise ValueError("additions and deductions of this size need an array of Python ints")
        grouped = self.item_of.tolist()
        if grouped != sorted(grouped) or not set(grouped) <= set(range(len(self.weights))):
            raise ValueError("sub-items must stand grouped by item, in the items' order")
        filled = sorted(set(grouped))
        object.__setattr__(self, "filled_items", np.array(filled, dtype=np.intp))
        object.__setattr__(self, "item_begins", np.array([grouped.index(i) for i in filled], dtype=np.intp))


class ArrayResult(NamedTuple):
    """The standing of one block as numbers.  U units, S sub-items, I items; points as in the sheet.

    int64, or Python ints in object arrays where int64 could have overflowed; of large blocks places are
    int32, and so are scores, base and weighted scores where the scores were given so.
    """

    places: int
    rounding: Rounding
    score: AnyArray  # (U, S) counted; MISSING where there is none
    source: CodeArray  # (U, S) index into SOURCES
    nobody_involved: BoolArray  # (S,) every unit's cell is confirmed as not involved
    base: AnyArray  # (U, I) points
    first: AnyArray  # (I,) points, the best base score
    item_rank: IntArray  # (U, I)
    weighted: AnyArray  # (U, I) points as printed
    preliminary: AnyArray  # (U,) points
    final: AnyArray  # (U,) points
    rank: IntArray  # (U,) 1 is best
    shared: BoolArray  # (U,)
    missing: IntArray  # (U,) cells without a score
    differs: BoolArray  # (U,) whose place is another under the other rounding
    held: bool  # by reading R2, which is not decided and would bite
    order: IntArray  # (U,) the plan's order

    @property
    def provisional(self) -> bool:
        return bool(self.missing.any())

    @property
    def item_shared(self) -> BoolArray:
        """Which places of items are held by more than one unit, (U, I)."""
        columns = [shared_places(ranks) for ranks in self.item_rank.T]
        return np.array(columns, dtype=bool).reshape(self.item_rank.T.shape).T

    @property
    def row_sequence(self) -> IntArray:
        """Indices of the units by place, then by the plan's order."""
        return np.lexsort((self.order, self.rank))
