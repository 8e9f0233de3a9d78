"""What pages and acts ask about self-assessments: parts of a unit, their cells, how far each is, who has submitted.

Nothing here writes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.fields import format_points
from office.models import Evidence
from office.refusal import Refused
from scoring.models import (
    Assessment,
    AssessmentLine,
    Cell,
    Deduction,
    Involvement,
    Receipt,
    Score,
    ScoreKind,
    SubItem,
)
from units.hats import Hat
from units.models import Block, Cycle, Membership, Unit

COUNTED_ORDER = (ScoreKind.ONSITE, ScoreKind.PRELIMINARY, ScoreKind.LEAD)


def cells_of_part(cycle: Cycle, unit_id: int, block: Block | None) -> QuerySet[Cell]:
    """The cells that one part asks about, in the order of the plan; suspended and not involved ones are not asked."""
    return cells_of_parts(cycle, block).filter(membership__unit_id=unit_id)


def cells_of_parts(cycle: Cycle, block: Block | None) -> QuerySet[Cell]:
    """The cells that all units' parts ask about, in the year's calendar or one track's."""
    cells = Cell.objects.filter(block__cycle=cycle, sub_item__suspended_reason="").exclude(
        involvement=Involvement.CONFIRMED
    )
    cells = cells.filter(block=block) if block is not None else cells.filter(block__has_own_calendar=False)
    return cells.order_by(
        "block__order",
        "block_id",
        "sub_item__item__order",
        "sub_item__item_id",
        "sub_item__order",
        "sub_item_id",
    )


def part_of(cell: Cell) -> Block | None:
    """The track whose own calendar the cell follows; None: the year's."""
    return cell.block if cell.block.has_own_calendar else None


def receipt_in_force(cycle: Cycle, unit_id: int, block: Block | None) -> Receipt | None:
    """The submission that stands, if any.  One query."""
    return (
        Receipt.objects.filter(
            assessment__cycle=cycle,
            assessment__unit_id=unit_id,
            assessment__block=block,
            withdrawn_at=None,
        )
        .select_related("assessment__unit", "submitted_by", "form")
        .first()
    )


def submitted_units(cycle: Cycle) -> dict[tuple[int, int | None], Receipt]:
    """(unit, track with its own calendar or None) → the receipt in force.  One query."""
    rows = Receipt.objects.filter(assessment__cycle=cycle, withdrawn_at=None).select_related(
        "assessment__unit", "submitted_by"
    )
    return {(row.assessment.unit_id, row.assessment.block_id): row for row in rows}


def already_submitted(receipt: Receipt) -> Refused:
    """The one sentence for everything that would change a self-assessment after it was handed in."""
    when = timezone.localtime(receipt.submitted_at).strftime("%Y-%m-%d %H:%M:%S")
    return Refused(
        "already-submitted",
        _(
            "The self-assessment of %(unit)s was submitted on %(when)s (receipt %(number)s). To change it the principal withdraws it before the deadline; afterwards the appraisal office sends it back."
        )
        % {"unit": str(receipt.assessment.unit), "when": when, "number": receipt.number},
        "§6(4)",
    )


def lock_parts(cycle: Cycle, unit_ids: Iterable[int]) -> None:
    """Hold the rows of these units' parts, so that nobody submits while their scores are written."""
    rows = Assessment.objects.filter(cycle=cycle, unit_id__in=set(unit_ids)).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))


def require_not_submitted(cycle: Cycle, unit_id: int, block: Block | None) -> None:
    """Raise Refused once the part was submitted.  One query."""
    receipt = receipt_in_force(cycle, unit_id, block)
    if receipt is not None:
        raise already_submitted(receipt)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One cell of a self-assessment with everything said about it."""

    cell: Cell
    score: Score | None
    lines: tuple[Deduction, ...] = ()
    own: AssessmentLine | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def points(self) -> Decimal | None:
        return self.score.points if self.score is not None else None

    @property
    def note(self) -> str:
        if self.score is not None:
            return self.score.reason
        return self.own.note if self.own is not None else ""

    @property
    def wishes_not_involved(self) -> bool:
        return self.own is not None and self.own.wishes_not_involved

    @property
    def wish_reason(self) -> str:
        return self.own.wish_reason if self.own is not None else ""

    @property
    def is_answered(self) -> bool:
        """Points, or the wish that it is not involved."""
        return self.points is not None or self.wishes_not_involved

    @property
    def lacks_reason(self) -> bool:
        """Fewer points than the base, and nothing said why."""
        return (
            self.points is not None
            and self.points < self.cell.sub_item.base_points
            and not self.lines
            and not self.note.strip()
        )

    @property
    def is_ready(self) -> bool:
        return self.is_answered and not self.lacks_reason

    @property
    def off(self) -> Decimal:
        return sum((line.points for line in self.lines), Decimal(0))

    @property
    def seen(self) -> str:
        """A short digest of what the unit said here: a form posts it back, so that two editors meet (409)."""
        said = [
            None if self.points is None else format_points(self.points),
            self.note,
            self.wishes_not_involved,
            self.wish_reason,
            [[format_points(line.points), line.reason, line.indicator_id] for line in self.lines],
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


def _with_own(cells: QuerySet[Cell]) -> QuerySet[Cell]:
    scores = Score.objects.filter(kind=ScoreKind.SELF).select_related("entered_by")
    return cells.select_related(
        "block__cycle", "membership__unit", "sub_item__item", "sub_item__lead", "own_line"
    ).prefetch_related(
        Prefetch("scores", queryset=scores.prefetch_related("deductions__indicator"), to_attr="own_scores"),
    )


def _facts(cell: Cell, found: Sequence[Evidence] = ()) -> LineFacts:
    scores: list[Score] = cell.own_scores  # type: ignore[attr-defined]  # prefetched by _with_own
    score = scores[0] if scores else None
    return LineFacts(
        cell,
        score,
        tuple(score.deductions.all()) if score is not None else (),
        getattr(cell, "own_line", None),
        tuple(found),
    )


def facts_of(cells: Iterable[Cell]) -> list[LineFacts]:
    """The cells, in their order, with what their units said and laid beside them.  Four queries, five with lines."""
    wanted = [cell.pk for cell in cells]
    found = evidence.of_each(Cell, wanted)
    by_pk = {cell.pk: cell for cell in _with_own(Cell.objects.filter(pk__in=wanted))}
    return [_facts(by_pk[pk], found.get(pk, ())) for pk in wanted if pk in by_pk]


def line_facts(cell_id: int) -> LineFacts:
    """One cell with what the unit said of it; raises Refused (404) for none.  Three queries, four with lines."""
    cell = _with_own(Cell.objects.filter(pk=cell_id)).first()
    if cell is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return _facts(cell)


@dataclass(frozen=True, slots=True)
class Part:
    """What a unit hands in together."""

    cycle: Cycle
    unit: Unit
    block: Block | None
    assessment: Assessment | None
    receipt: Receipt | None
    lines: tuple[LineFacts, ...] = field(default=())

    @property
    def asked(self) -> int:
        return len(self.lines)

    @property
    def done(self) -> int:
        return sum(line.is_ready for line in self.lines)

    @property
    def next_open(self) -> LineFacts | None:
        return next((line for line in self.lines if not line.is_ready), None)

    @property
    def open_lines(self) -> list[LineFacts]:
        return [line for line in self.lines if not line.is_ready]

    @property
    def is_complete(self) -> bool:
        return bool(self.lines) and self.done == self.asked

    @property
    def total(self) -> Decimal:
        return sum((line.points for line in self.lines if line.points is not None), Decimal(0))

    @property
    def name(self) -> str:
        return self.block.name if self.block is not None else ""


def blocks_of_unit(cycle: Cycle, unit_id: int) -> list[Block]:
    return list(
        Block.objects.filter(cycle=cycle, memberships__unit_id=unit_id).order_by("order", "pk").distinct()
    )


def part(cycle: Cycle, unit: Unit, block: Block | None) -> Part:
    """One part with all its lines, in a fixed number of queries."""
    cells = list(_with_own(cells_of_part(cycle, unit.pk, block)))
    found = evidence.of_each(Cell, [cell.pk for cell in cells])
    for cell in cells:
        cell.block.cycle = cycle
    assessment = Assessment.objects.filter(cycle=cycle, unit=unit, block=block).first()
    return Part(
        cycle,
        unit,
        block,
        assessment,
        receipt_in_force(cycle, unit.pk, block),
        tuple(_facts(cell, found.get(cell.pk, ())) for cell in cells),
    )


def parts_of(cycle: Cycle, unit: Unit) -> list[Part]:
    """Every part of the unit: the year's, and each track that keeps its own calendar."""
    blocks = blocks_of_unit(cycle, unit.pk)
    kinds: list[Block | None] = [None] if any(not block.has_own_calendar for block in blocks) else []
    kinds += [block for block in blocks if block.has_own_calendar]
    return [part(cycle, unit, block) for block in kinds]


@dataclass(frozen=True, slots=True)
class Overview:
    """One row of the office's table."""

    unit: Unit
    block: Block | None
    asked: int
    done: int  # cells with points or a wish
    receipt: Receipt | None
    saved_at: datetime | None
    returns: int
    assessment_id: int | None = None  # None: not begun

    @property
    def light(self) -> str:
        return "green" if self.receipt is not None else "amber" if self.done else "red"


def units_in_sight(hat: Hat, cycle: Cycle) -> QuerySet[Unit]:
    """The units whose self-assessments the hat may read (row D01), in the plan's order."""
    from scoring.visible import cells_for

    seen = cells_for(hat).filter(block__cycle=cycle).order_by().values("membership__unit_id")
    return Unit.objects.filter(pk__in=seen).order_by("order", "pk")


def overview(cycle: Cycle, units: Iterable[int]) -> list[Overview]:
    """How far each of the units is, part by part.  Five queries whatever their number."""
    chosen = set(units)
    blocks = {block.pk: block for block in Block.objects.filter(cycle=cycle)}
    asked: dict[tuple[int, int | None], int] = {}
    order: list[tuple[int, int | None]] = []
    names: dict[int, Unit] = {}
    members = (
        Membership.objects.filter(block__cycle=cycle, unit__in=chosen)
        .select_related("unit")
        .order_by("block__order", "block_id", "unit__order", "unit_id")
    )
    for member in members:
        names[member.unit_id] = member.unit
        key = (member.unit_id, member.block_id if blocks[member.block_id].has_own_calendar else None)
        if key not in asked:
            asked[key] = 0
            order.append(key)
    done = dict.fromkeys(asked, 0)
    answered = (
        Cell.objects.filter(block__cycle=cycle, membership__unit__in=chosen, sub_item__suspended_reason="")
        .exclude(involvement=Involvement.CONFIRMED)
        .values_list("membership__unit_id", "block_id", "pk")
        .order_by()
    )
    said = set(
        Cell.objects.filter(block__cycle=cycle, membership__unit__in=chosen)
        .filter(Q(scores__kind=ScoreKind.SELF) | Q(own_line__wishes_not_involved=True))
        .values_list("pk", flat=True)
        .order_by()
    )
    for unit_id, block_id, pk in answered:
        key = (unit_id, block_id if blocks[block_id].has_own_calendar else None)
        asked[key] += 1
        done[key] += pk in said
    receipts = submitted_units(cycle)
    kept = {(row.unit_id, row.block_id): row for row in Assessment.objects.filter(cycle=cycle)}
    return [
        Overview(
            names[key[0]],
            blocks[key[1]] if key[1] is not None else None,
            asked[key],
            done[key],
            receipts.get(key),
            kept[key].saved_at if key in kept else None,
            kept[key].returns if key in kept else 0,
            kept[key].pk if key in kept else None,
        )
        for key in order
        if asked[key]
    ]


def last_year(cycle: Cycle, unit: Unit, subs: Iterable[SubItem]) -> dict[tuple[str, str], Decimal]:
    """(block, sub-item) → what counted for the unit in the host's year before.  One query; renamed units by hand.

    On-site before preliminary before lead; nothing where nobody scored.
    """
    names = {sub.name for sub in subs}
    rows = (
        Score.objects.filter(
            cell__block__cycle__host_id=cycle.host_id,
            cell__block__cycle__year=cycle.year - 1,
            cell__membership__unit=unit,
            cell__sub_item__name__in=names,
        )
        .exclude(kind=ScoreKind.SELF)
        .values_list("cell__block__name", "cell__sub_item__name", "kind", "points")
        .order_by()
    )
    found: dict[tuple[str, str], Decimal] = {}
    rank: dict[tuple[str, str], int] = {}
    for block, name, kind, points in rows:
        at = COUNTED_ORDER.index(ScoreKind(kind))
        if (block, name) not in rank or at < rank[block, name]:
            found[block, name], rank[block, name] = points, at
    return found
