"""What the review screen asks: the cells of a unit or sub-item with everything that lies beside them.

Scoped to the hat; nothing here writes.  What lies beside a cell is gathered in scoring.review_facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from office.refusal import Refused
from scoring import review_facts
from scoring.models import (
    OPEN_SUPPLEMENTS,
    Cell,
    Deduction,
    Involvement,
    Look,
    ReturnLine,
    Score,
    ScoreKind,
    Supplement,
    SupplementState,
)
from scoring.readiness import cells_asked, naming
from scoring.review_facts import LedgerYear, Said
from units.calendar import SHANGHAI
from units.duties import Duty
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import Cycle, Unit

OF_A_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


@dataclass(frozen=True, slots=True)
class CellSight:
    """One cell with everything side by side."""

    cell: Cell
    scores: dict[str, Score] = field(default_factory=dict)
    lines: dict[str, list[Deduction]] = field(default_factory=dict)
    ledger: LedgerYear | None = None
    said: Said = field(default_factory=Said)
    last_year: Decimal | None = None
    supplements: tuple[Supplement, ...] = ()
    figures: tuple[ReturnLine, ...] = ()

    def points(self, kind: ScoreKind) -> Decimal | None:
        score = self.scores.get(kind)
        return score.points if score is not None else None

    @property
    def own(self) -> Decimal | None:
        return self.points(ScoreKind.SELF)

    @property
    def lead(self) -> Decimal | None:
        return self.points(ScoreKind.LEAD)

    @property
    def preliminary(self) -> Decimal | None:
        return self.points(ScoreKind.PRELIMINARY)

    @property
    def onsite(self) -> Decimal | None:
        return self.points(ScoreKind.ONSITE)

    @property
    def only_visit(self) -> bool:
        return self.cell.sub_item.look == Look.ONSITE

    @property
    def is_not_involved(self) -> bool:
        return self.cell.involvement == Involvement.CONFIRMED

    @property
    def is_open(self) -> bool:
        """The team has not scored it, though it may: neither not involved nor waiting for a visit alone."""
        return self.preliminary is None and not self.is_not_involved and not self.only_visit

    @property
    def waiting(self) -> Supplement | None:
        """The return that is still open."""
        return next((one for one in self.supplements if one.is_open), None)


def cells_in_sight(hat: Hat, cycle: Cycle) -> QuerySet[Cell]:
    """The cells a reviewer's teams look at; every cell for the office."""
    cells = Cell.objects.filter(block__cycle=cycle)
    if hat.role is Role.REVIEWER:
        return cells.filter(membership__unit__in=hat.team_unit_ids(cycle.pk))
    if hat.role is Role.OFFICE:
        return cells
    return cells.none()


def sights_of(cycle: Cycle, cells: QuerySet[Cell], *, with_lines: bool = False) -> list[CellSight]:
    """The cells, in the plan's order, with all that lies beside them; a fixed number of queries."""
    rows = list(
        cells.select_related("block", "membership__unit", "sub_item__item", "sub_item__lead").order_by(
            "block__order",
            "block_id",
            "sub_item__item__order",
            "sub_item__item_id",
            "sub_item__order",
            "sub_item_id",
            "membership__unit__order",
            "pk",
        )
    )
    ids = [cell.pk for cell in rows]
    scores: dict[int, dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(cell__in=ids).select_related("entered_by"):
        scores[score.cell_id][score.kind] = score
    lines: dict[int, dict[str, list[Deduction]]] = defaultdict(lambda: defaultdict(list))
    if with_lines:
        for line in Deduction.objects.filter(score__cell__in=ids).select_related("score", "indicator"):
            lines[line.score.cell_id][line.score.kind].append(line)
    supplements: dict[int, list[Supplement]] = defaultdict(list)
    for row in Supplement.objects.filter(cell__in=ids).select_related("asked_by", "answered_by", "closed_by"):
        supplements[row.cell_id].append(row)
    ledgers = review_facts.ledgers_of(cycle, rows)
    said = review_facts.said_of(rows)
    figures = review_facts.figures_of(cycle, rows)
    before = review_facts.last_year(cycle, {cell.membership.unit_id for cell in rows})
    return [
        CellSight(
            cell,
            scores.get(cell.pk, {}),
            lines.get(cell.pk, {}),
            ledgers.get(cell.pk),
            said.get(cell.pk, Said()),
            before.get((cell.membership.unit_id, cell.block.name, cell.sub_item.name)),
            tuple(supplements.get(cell.pk, ())),
            figures[cell.pk],
        )
        for cell in rows
    ]


@dataclass(frozen=True, slots=True)
class UnitSight:
    """One unit on the team's list."""

    unit: Unit
    teams: str
    asked: int
    scored: int
    led: int  # cells that at least a lead score stands for
    returned: int  # open returns for supplement
    answered: int

    @property
    def light(self) -> str:
        return "green" if self.scored >= self.asked else "amber" if self.scored or self.led else "red"


def units_in_sight(hat: Hat, cycle: Cycle, teams: dict[int, str]) -> list[UnitSight]:
    """The units a hat reviews with how far each is.  Three queries."""
    cells = cells_in_sight(hat, cycle).filter(pk__in=cells_asked(cycle).order_by().values("pk"))
    paper = ~Q(sub_item__look=Look.ONSITE)
    rows = (
        cells.order_by()
        .values("membership__unit_id")
        .annotate(
            asked=Count("pk", filter=paper, distinct=True),
            scored=Count("pk", filter=paper & Q(scores__kind=ScoreKind.PRELIMINARY), distinct=True),
            led=Count("pk", filter=paper & Q(scores__kind=ScoreKind.LEAD), distinct=True),
        )
    )
    figures = {row["membership__unit_id"]: row for row in rows}
    waiting: dict[tuple[int, str], int] = {}
    for unit, state, count in (
        Supplement.objects.filter(cell__in=cells.order_by().values("pk"), state__in=OPEN_SUPPLEMENTS)
        .order_by()
        .values_list("cell__membership__unit_id", "state")
        .annotate(count=Count("pk"))
    ):
        waiting[unit, state] = count
    return [
        UnitSight(
            unit,
            teams.get(unit.pk, ""),
            figures[unit.pk]["asked"],
            figures[unit.pk]["scored"],
            figures[unit.pk]["led"],
            waiting.get((unit.pk, SupplementState.ASKED), 0),
            waiting.get((unit.pk, SupplementState.ANSWERED), 0),
        )
        for unit in Unit.objects.filter(pk__in=figures).order_by("order", "pk")
    ]


def unit_in_sight(hat: Hat, cycle: Cycle, name: str) -> Unit:
    """The unit of that name when the hat reviews it; 404 for every other."""
    unit = Unit.objects.filter(name=name, memberships__cells__in=cells_in_sight(hat, cycle)).first()
    if unit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return unit


def neighbours(cells: Sequence[int], pk: int) -> tuple[int | None, int | None]:
    """The ids before and after one of a list."""
    at = cells.index(pk)
    return (cells[at - 1] if at else None, cells[at + 1] if at + 1 < len(cells) else None)


# Supplements


def supplements_seen(hat: Hat, cycle: Cycle) -> QuerySet[Supplement]:
    """The returns a hat may read: a unit its own, a reviewer those of its teams' units, the office all."""
    rows = Supplement.objects.filter(cell__block__cycle=cycle).select_related(
        "cell__membership__unit", "cell__sub_item__item", "cell__block", "asked_by", "answered_by"
    )
    if hat.role in OF_A_UNIT:
        return rows.filter(cell__membership__unit=hat.unit_id)
    if hat.role is Role.REVIEWER:
        return rows.filter(cell__membership__unit__in=hat.team_unit_ids(cycle.pk))
    return rows if hat.role is Role.OFFICE else rows.none()


def due_at(row: Supplement) -> datetime:
    """The instant until which an answer is in time: 24:00 of the day."""
    return datetime.combine(row.due_on + timedelta(days=1), time.min, SHANGHAI)


def duties_of(cycle: Cycle) -> list[Duty]:
    """What each unit was asked to supply, as one duty with as many parts as returns.  One query.

    Done with the last answer; one late answer keeps the whole late for ever. What was taken back is not asked.
    """
    asked: dict[int, list[Supplement]] = defaultdict(list)
    for row in (
        Supplement.objects.filter(cell__block__cycle=cycle)
        .exclude(state=SupplementState.WITHDRAWN)
        .select_related("cell__membership", "cell__sub_item")
        .order_by("due_on", "pk")
    ):
        asked[row.cell.membership.unit_id].append(row)
    return [_duty(unit_id, rows) for unit_id, rows in asked.items()]


def _duty(unit_id: int, rows: Sequence[Supplement]) -> Duty:
    waiting = [row for row in rows if row.answered_at is None]
    # The nearest day that still waits; where all are answered, the answer that came last beside its day.
    telling = waiting[0] if waiting else max(rows, key=_lateness)
    return Duty(
        task="supplement",
        label=_("Returns for supplement"),
        unit_id=unit_id,
        due=due_at(telling),
        done_at=telling.answered_at,
        done=len(rows) - len(waiting),
        asked=len(rows),
        route="supplements",
        returned=f"{telling.cell.sub_item.name}：{telling.what}" if waiting else "",
    )


def _lateness(row: Supplement) -> timedelta:
    return (row.answered_at or due_at(row)) - due_at(row)


def supplement_lacks(cycle: Cycle, blocks: Iterable[int] | None = None) -> list[Lack]:
    """Returns that are neither settled nor taken back.  One query."""
    rows = Supplement.objects.filter(cell__block__cycle=cycle, state__in=OPEN_SUPPLEMENTS)
    if blocks is not None:
        rows = rows.filter(cell__block__in=list(blocks))
    waiting = list(rows.select_related("cell__membership__unit", "cell__sub_item"))
    if not waiting:
        return []
    return [
        Lack(
            "supplements-open",
            ngettext(
                "%(count)d return for supplement is not settled.",
                "%(count)d returns for supplement are not settled.",
                len(waiting),
            )
            % {"count": len(waiting)},
            naming(str(row.cell) for row in waiting),
            route="review",
        )
    ]
