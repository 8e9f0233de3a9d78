"""What lies beside a cell: last year's score, what the ledgers take off, what the unit says and shows.

Each asked for many cells at once in a known number of queries; nothing here writes or decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from office import evidence
from office.models import Evidence
from scoring import ledger_queries
from scoring.models import AssessmentLine, Cell, ReturnLine, Score, ScoreKind, SubItem
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
    files: tuple[Evidence, ...] = ()


def figures_of(cycle: Cycle, cells: Collection[Cell]) -> dict[int, tuple[ReturnLine, ...]]:
    """Cell → the standing figures (统计数据) that the sub-item's lead or helpers reported of its unit.  Two queries."""
    bodies: dict[int, set[int | None]] = defaultdict(set)
    subs = SubItem.objects.filter(pk__in={cell.sub_item_id for cell in cells})
    for sub, lead, helper in subs.values_list("pk", "lead_id", "helpers").order_by():
        bodies[sub] |= {lead, helper}
    reported: dict[tuple[int, int | None], list[ReturnLine]] = defaultdict(list)
    lines = ReturnLine.objects.filter(
        version__current_of__cycle=cycle, unit__in={cell.membership.unit_id for cell in cells}
    )
    for line in lines.select_related("version__ledger__body").order_by(
        "figure", "version__ledger__period", "pk"
    ):
        reported[line.unit_id, line.version.ledger.body_id].append(line)
    return {
        cell.pk: tuple(
            line
            for body in sorted(bodies[cell.sub_item_id] - {None}, key=str)
            for line in reported.get((cell.membership.unit_id, body), ())
        )
        for cell in cells
    }


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
    """Cell → its year in the ledgers, for cells a ledger speaks of.  Four queries."""
    key_of = {(cell.membership_id, cell.sub_item_id): cell.pk for cell in cells}
    lines = ledger_queries.current_lines(cycle).filter(
        membership__in={member for member, _sub in key_of}, sub_item__in={sub for _member, sub in key_of}
    )
    return {
        key_of[key]: LedgerYear(sums.by_quarter, sums.total, sums.suggested)
        for key, sums in ledger_queries.cell_sums(lines, cycle).items()
        if key in key_of
    }


def said_of(cells: Collection[Cell]) -> dict[int, Said]:
    """Cell → what its unit said and the files beside it.  Two queries."""
    ids = [cell.pk for cell in cells]
    lines = {line.cell_id: line for line in AssessmentLine.objects.filter(cell__in=ids)}
    files = evidence.of_each(Cell, ids)
    return {
        pk: Said(
            lines[pk].note if pk in lines else "",
            lines[pk].wish_reason if pk in lines else "",
            pk in lines and lines[pk].wishes_not_involved,
            tuple(files.get(pk, ())),
        )
        for pk in ids
        if pk in lines or pk in files
    }
