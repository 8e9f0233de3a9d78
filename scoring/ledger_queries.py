"""What ledgers are read against and what they add up to, each asked in a known number of queries.

Who reads which line is told here too, by row C04 of the matrix; nothing here writes.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from office import evidence
from office.fields import STORED_PLACES
from scoring import import_queries
from scoring.models import (
    QUARTERS,
    Indicator,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    LineThread,
    QuarterDue,
    ScoreKind,
    SubItem,
    VersionState,
)
from scoring.permissions import BulkMay
from scoring.workbooks.ledger import Key, LedgerFrame, Line
from scoring.workbooks.ledger_changes import Standing, Stored
from units.calendar import Window
from units.duties import Duty, Light, Owner
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import Cycle, Membership, Unit
from units.names import NameBook
from units.permissions import grant_of
from units.stages import AFTER_PUBLICATION

LINE_FIELDS = (
    "membership_id",
    "sub_item_id",
    "indicator_id",
    "points",
    "reason",
    "basis",
    "on",
    "figure",
    "measure",
    "target",
    "done",
    "done_total",
)


def in_units(points: Decimal | None) -> int | None:
    return None if points is None else int(points.scaleb(STORED_PLACES))


def line_of(values: Sequence[Any]) -> Line:
    """A line from the values of LINE_FIELDS."""
    member, sub, indicator, points, reason, basis, on, figure, measure, target, done, done_total = values
    return Line(
        member,
        sub,
        indicator or 0,
        in_units(points) or 0,
        reason,
        basis,
        on.isoformat() if on is not None else "",
        figure,
        measure,
        in_units(target),
        in_units(done),
        in_units(done_total),
    )


# What a ledger is read against --------------------------------------------------------------------


def frame_for(cycle: Cycle, by: Hat, may: BulkMay) -> LedgerFrame:
    """The cycle's names and rules with who-may for this hat; a fixed number of queries."""
    names = import_queries.frame_of(cycle, ScoreKind.LEAD, by, may=may)
    indicators: dict[int, list[tuple[str, int]]] = defaultdict(list)
    bases: dict[int, int] = {}
    for pk, name, sub, base in Indicator.objects.filter(sub_item__item__block__cycle=cycle).values_list(
        "pk", "name", "sub_item_id", "base_points"
    ):
        indicators[sub].append((name, pk))
        bases[pk] = in_units(base) or 0
    return LedgerFrame(
        names=names,
        indicators={sub: NameBook(pairs) for sub, pairs in indicators.items()},
        indicator_bases=bases,
        body=by.unit_id if by.role is Role.LEAD else None,
        by_office=by.role is Role.OFFICE,
    )


def stored_for(cycle: Cycle, frame: LedgerFrame, body: int, quarter: int) -> Stored:
    """What stands for one body and quarter; five queries."""
    ledgers = list(
        Ledger.objects.filter(
            cycle=cycle, kind=LedgerKind.LEDGER, body=body, period=f"Q{quarter}"
        ).select_related("current")
    )
    lines: dict[str, list[Standing]] = {}
    for ledger in ledgers:
        rows = LedgerLine.objects.filter(version_id=ledger.current_id).order_by("position", "pk")
        lines[ledger.part] = (
            [
                Standing(thread.hex, line_of(rest))
                for thread, *rest in rows.values_list("thread", *LINE_FIELDS)
            ]
            if ledger.current_id
            else []
        )
    before = current_lines(cycle).filter(
        version__ledger__body=body, version__ledger__period__lt=f"Q{quarter}", points__gt=0
    )
    sums: dict[Key, int] = defaultdict(int)
    reasons: dict[Key, set[str]] = defaultdict(set)
    for member, sub, indicator, points, reason in before.values_list(
        "membership_id", "sub_item_id", "indicator_id", "points", "reason"
    ):
        key = (member, sub, indicator or 0)
        sums[key] += in_units(points) or 0
        reasons[key].add(reason)
    return Stored(
        versions={ledger.part: ledger.current_id or 0 for ledger in ledgers},
        lines=lines,
        clean={ledger.part: ledger.current.others_clean for ledger in ledgers if ledger.current is not None},
        earlier=sums,
        earlier_reasons={key: frozenset(texts) for key, texts in reasons.items()},
        expected=expected_of(cycle, body),
    )


def led_by(body: int) -> Q:
    """The sub-items a body leads, helps with, or leads an indicator of."""
    return Q(lead=body) | Q(helpers=body) | Q(indicators__lead=body)


def sub_items_of(cycle: Cycle, body: int) -> list[SubItem]:
    """A body's sub-items in the order of the plan; one query."""
    ids = SubItem.objects.filter(led_by(body), item__block__cycle=cycle).order_by().values("pk")
    return list(
        SubItem.objects.filter(pk__in=ids)
        .select_related("item__block")
        .order_by("item__block__order", "item__block_id", "item__order", "item_id", "order", "id")
    )


def expected_of(cycle: Cycle, body: int) -> dict[int, str]:
    """Memberships that a body reports on: all of the blocks of its sub-items, but its own unit."""
    blocks = SubItem.objects.filter(led_by(body), item__block__cycle=cycle).order_by().values("item__block")
    return dict(
        Membership.objects.filter(block__in=blocks)
        .exclude(unit=body)
        .order_by("block__order", "unit__order", "pk")
        .values_list("pk", "unit__name")
    )


def bodies_of(cycle: Cycle) -> list[Unit]:
    """Every body that leads or helps with something, in the plan's order; one query."""
    subs = SubItem.objects.filter(item__block__cycle=cycle)
    return list(
        Unit.objects.filter(
            Q(pk__in=subs.filter(lead__isnull=False).order_by().values("lead"))
            | Q(pk__in=SubItem.helpers.through.objects.filter(subitem__in=subs).values("unit_id"))
            | Q(
                pk__in=Indicator.objects.filter(sub_item__in=subs, lead__isnull=False)
                .order_by()
                .values("lead")
            )
        ).order_by("order", "pk")
    )


# Who reads what -----------------------------------------------------------------------------------


def may_read(hat: Hat, cycle: Cycle) -> bool:
    """Whether row C04 lets the hat read ledgers of this year at all; the archive only after publication."""
    grant = grant_of("C04", hat)
    if grant.is_denied or not hat.fits(cycle):
        return False
    return not grant.published or cycle.stage_now in AFTER_PUBLICATION


def current_lines(cycle: Cycle) -> QuerySet[LedgerLine]:
    """The lines that stand, of every body and quarter."""
    return LedgerLine.objects.filter(version__current_of__cycle=cycle)


def lines_for(hat: Hat, cycle: Cycle) -> QuerySet[LedgerLine]:
    """The standing lines this hat may read (row C04); a lead never meets a line about its own unit."""
    return readable(current_lines(cycle), hat, cycle)


def lines_of_body(hat: Hat, cycle: Cycle, body: Unit) -> QuerySet[LedgerLine]:
    """The standing lines of one body's ledgers within the hat's sight."""
    return lines_for(hat, cycle).filter(version__ledger__body=body)


def readable(lines: QuerySet[LedgerLine], hat: Hat, cycle: Cycle) -> QuerySet[LedgerLine]:
    if not may_read(hat, cycle):
        return lines.none()
    match hat.role:
        case Role.OFFICIAL | Role.PRINCIPAL if hat.unit_id is not None:
            return lines.filter(membership__unit_id=hat.unit_id)
        case Role.OFFICIAL | Role.PRINCIPAL | Role.LEAD if hat.unit_id is None:
            return lines.none()
        case Role.LEAD if hat.unit_id is not None:
            mine = SubItem.objects.filter(led_by(hat.unit_id), item__block__cycle=cycle).order_by()
            return lines.filter(sub_item__in=mine.values("pk")).exclude(
                membership__unit_id__in=hat.tied_unit_ids(cycle.pk)
            )
        case Role.REVIEWER:
            return lines.filter(membership__unit_id__in=hat.team_unit_ids(cycle.pk))
    return lines


def ledgers_for(hat: Hat, cycle: Cycle, kind: LedgerKind = LedgerKind.LEDGER) -> QuerySet[Ledger]:
    """The ledgers this hat may open whole: the office and the readers of all, a lead its own part."""
    ledgers = Ledger.objects.filter(cycle=cycle, kind=kind).select_related("body", "current__by")
    if not may_read(hat, cycle):
        return ledgers.none()
    if hat.role is Role.LEAD:
        return ledgers.filter(body=hat.unit_id, part=LedgerPart.OWN)
    if hat.role in {Role.OFFICIAL, Role.PRINCIPAL, Role.REVIEWER}:
        return ledgers.none()
    return ledgers


def with_names(lines: QuerySet[LedgerLine]) -> QuerySet[LedgerLine]:
    """With everything a table or sheet names, in the order they stand."""
    return lines.select_related(
        "membership__unit", "membership__block", "sub_item__item__block", "indicator"
    ).order_by("version__ledger__part", "position", "pk")


def versions_of(ledgers: Iterable[Ledger]) -> list[LedgerVersion]:
    """Every version that was ever in force, newest first."""
    return list(
        LedgerVersion.objects.filter(ledger__in=[ledger.pk for ledger in ledgers])
        .exclude(state=VersionState.WRITING)
        .select_related("by", "voided_by", "batch__file", "ledger")
        .order_by("-at", "-pk")
    )


def evidence_counts(threads: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Thread → how many files lie beside the line; two queries."""
    kept = {row.thread: row for row in LineThread.objects.filter(thread__in=list(threads))}
    if not kept:
        return {}
    files = evidence.of_each(LineThread, [row.pk for row in kept.values()])
    return {thread: len(files.get(row.pk, [])) for thread, row in kept.items()}


# What they add up to ------------------------------------------------------------------------------


@dataclass(slots=True)
class CellSums:
    """The year of one cell: points off per quarter, and the score that would follow."""

    membership: Membership
    sub_item: SubItem
    by_quarter: dict[int, Decimal] = field(default_factory=dict)
    total: Decimal = Decimal(0)
    suggested: Decimal | None = None  # None: no ledger speaks of the cell

    @property
    def quarters(self) -> list[Decimal | None]:
        return [self.by_quarter.get(quarter) for quarter in QUARTERS]


def cell_sums(lines: QuerySet[LedgerLine], cycle: Cycle) -> dict[tuple[int, int], CellSums]:
    """(membership, sub-item) → its year, from these lines; four queries.

    The suggestion is Σ over indicators of max(floor, base − lines), or max(floor, base − lines) without
    indicators (rulebook 3); it is never a score.
    """
    sums: dict[tuple[int, int], dict[tuple[int, int], Decimal]] = defaultdict(
        lambda: defaultdict(lambda: Decimal(0))
    )
    for member, sub, indicator, period, points in (
        lines.order_by()
        .values("membership_id", "sub_item_id", "indicator_id", "version__ledger__period")
        .annotate(sum_off=Sum("points"))
        .values_list("membership_id", "sub_item_id", "indicator_id", "version__ledger__period", "sum_off")
    ):
        sums[member, sub][int(period[1:]), indicator or 0] += points
    members = {
        member.pk: member
        for member in Membership.objects.filter(pk__in={m for m, _s in sums}).select_related("unit", "block")
    }
    subs = {
        sub.pk: sub
        for sub in SubItem.objects.filter(pk__in={s for _m, s in sums})
        .select_related("item__block", "lead")
        .prefetch_related(Prefetch("indicators"))
    }
    found = {}
    for (member, sub), parts in sums.items():
        cell = CellSums(members[member], subs[sub])
        by_indicator: dict[int, Decimal] = defaultdict(lambda: Decimal(0))
        for (quarter, indicator), points in parts.items():
            cell.by_quarter[quarter] = cell.by_quarter.get(quarter, Decimal(0)) + points
            by_indicator[indicator] += points
            cell.total += points
        cell.suggested = suggestion(subs[sub], by_indicator)
        found[member, sub] = cell
    return found


def suggestion(sub_item: SubItem, off_by_indicator: Mapping[int, Decimal]) -> Decimal:
    """The score that follows from points off, by indicator (0: none)."""
    floor: Decimal = sub_item.floor
    indicators = list(sub_item.indicators.all())
    if not indicators:
        base: Decimal = sub_item.base_points
        return max(floor, base - sum(off_by_indicator.values(), Decimal(0)))
    left = sum(
        (
            max(Decimal(0), indicator.base_points - off_by_indicator.get(indicator.pk, Decimal(0)))
            for indicator in indicators
        ),
        Decimal(0),
    )
    return max(floor, left - off_by_indicator.get(0, Decimal(0)))


# What is owed -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuarterState:
    """One body's quarter as the year's page shows it."""

    body: Unit
    quarter: int
    version: LedgerVersion | None  # of the body's own part
    first_at: datetime | None  # when it first came in
    due: datetime | None
    lines: int
    points: Decimal


def due_days(cycle: Cycle) -> dict[int, datetime]:
    """Quarter → the instant its ledgers are due."""
    return {
        due.quarter: Window(date.min, due.due_on, due.cut_off).closes_at
        for due in QuarterDue.objects.filter(cycle=cycle)
    }


def quarter_states(
    cycle: Cycle, bodies: Iterable[Unit], *, own_part_alone: bool = False
) -> dict[tuple[int, int], QuarterState]:
    """(body, quarter) → how it stands, both parts together; three queries.

    `own_part_alone`: for a lead, which learns nothing here of what the office wrote about its own unit.
    """
    wanted = {body.pk: body for body in bodies}
    due = due_days(cycle)
    ledgers: dict[tuple[int, int], list[Ledger]] = defaultdict(list)
    for ledger in Ledger.objects.filter(cycle=cycle, kind=LedgerKind.LEDGER, body__in=wanted).select_related(
        "current__by", "current__batch__file"
    ):
        ledgers[ledger.body_id, ledger.quarter].append(ledger)
    first: dict[tuple[int, int], datetime] = {}
    for body_id, period, at in (
        LedgerVersion.objects.filter(
            ledger__cycle=cycle,
            ledger__kind=LedgerKind.LEDGER,
            ledger__part=LedgerPart.OWN,
            ledger__body__in=wanted,
            state=VersionState.STANDING,
        )
        .order_by("at")
        .values_list("ledger__body_id", "ledger__period", "at")
    ):
        first.setdefault((body_id, int(period[1:])), at)
    found = {}
    for pk, body in wanted.items():
        for quarter in QUARTERS:
            parts = [
                each
                for each in ledgers[pk, quarter]
                if each.current is not None and (each.part == LedgerPart.OWN or not own_part_alone)
            ]
            own = next((each.current for each in parts if each.part == LedgerPart.OWN), None)
            found[pk, quarter] = QuarterState(
                body,
                quarter,
                own,
                first.get((pk, quarter)) if own is not None else None,
                due.get(quarter),
                sum(each.current.line_count for each in parts if each.current),
                sum((each.current.points for each in parts if each.current), Decimal(0)),
            )
    return found


def duty_of(state: QuarterState) -> Duty:
    return Duty(
        task=f"ledger-{state.quarter}",
        label=_("Ledger of quarter %(quarter)d") % {"quarter": state.quarter},
        unit_id=state.body.pk,
        due=state.due,
        done_at=state.first_at,
        done=1 if state.version is not None else 0,
        route="ledger",
        arguments={"body": state.body.name, "quarter": str(state.quarter)},
        owner=Owner.BODY,
    )


def duties_of(cycle: Cycle) -> list[Duty]:
    """Every body's four quarters; five queries."""
    return [duty_of(state) for state in quarter_states(cycle, bodies_of(cycle)).values()]


def waiting_for(cycle: Cycle) -> list[tuple[str, str, str, str]]:
    """Who has not sent which quarters: body, quarters, when they are due, the light; six queries."""
    now = timezone.now()
    open_of: dict[str, list[QuarterState]] = defaultdict(list)
    for state in quarter_states(cycle, bodies_of(cycle)).values():
        if state.version is None:
            open_of[state.body.name].append(state)
    found = []
    for name, states in open_of.items():
        lights = [duty_of(state).light(now) for state in states]
        worst = next((light for light in (Light.OVERDUE, Light.DUE) if light in lights), Light.AHEAD)
        word = {Light.OVERDUE: _("overdue"), Light.DUE: _("due soon")}.get(worst, _("not sent"))
        quarters = "、".join(_("quarter %(n)d") % {"n": state.quarter} for state in states)
        found.append((name, quarters, word, str(worst)))
    order = {str(Light.OVERDUE): 0, str(Light.DUE): 1, str(Light.AHEAD): 2}
    return sorted(found, key=lambda row: order[row[3]])


def ledger_lacks(cycle: Cycle) -> list[Lack]:
    """Bodies whose ledgers have not all come in when the year's figures are to be judged (§6(3))."""
    open_of: dict[str, list[int]] = defaultdict(list)
    for (_body, quarter), state in quarter_states(cycle, bodies_of(cycle)).items():
        if state.version is None:
            open_of[state.body.name].append(quarter)
    if not open_of:
        return []
    names = [
        f"{name}（{'、'.join(_('quarter %(n)d') % {'n': quarter} for quarter in quarters)}）"
        for name, quarters in open_of.items()
    ]
    more = (_("%(count)d more") % {"count": len(names) - 6},) if len(names) > 6 else ()
    return [
        Lack(
            "ledgers-open",
            _("%(count)d bodies have not handed in all their quarterly ledgers.") % {"count": len(names)},
            (*names[:6], *more),
            route="ledgers",
        )
    ]
