"""What pages, papers and the year's procedure ask about promises, progress and coverage.

Everything is scoped to the hat that asks, in a known number of queries; nothing here writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from scoring.fulfilment import Fulfilment, fulfilment
from scoring.models import (
    Below,
    Commitment,
    CommitmentRound,
    CommitmentState,
    CoverageLine,
    CoverageReturn,
    Goal,
    ProgressLine,
    ProgressReport,
    ReportTerm,
    SubItem,
)
from scoring.models.commitment import QUARTERS, Verdict
from scoring.readiness import naming
from scoring.visible import led_by
from units import stages
from units.calendar import Window
from units.duties import Duty
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Scope
from units.models import BlockKind, Cycle, Unit
from units.permissions import grant_of
from units.queries import windows_of
from units.stages import Stage

READ = "D01"
# What bodies outside the unit and the office may look at: never an unsigned draft.
SIGNED = (CommitmentState.SUBMITTED, CommitmentState.ACCEPTED)


def quarter_name(quarter: int) -> str:
    """第一季度 … as people say it."""
    return [_("first quarter"), _("second quarter"), _("third quarter"), _("fourth quarter")][quarter - 1]


def committing_units(cycle: Cycle) -> list[Unit]:
    """The units that owe a promise: those of the comprehensive blocks, in the plan's order.  One query."""
    return list(
        Unit.objects.filter(
            memberships__block__cycle=cycle, memberships__block__kind=BlockKind.COMPREHENSIVE
        ).distinct()
    )


# Sight -------------------------------------------------------------------------------------------


def about_units(hat: Hat, cycle: Cycle) -> Q | None:
    """D01 as a filter on a record with a unit: None sees nothing, Q() everything.

    A lead is not answered here: it sees goals that serve its sub-items (goals_for), no reports and no returns.
    """
    grant = grant_of(READ, hat)
    if grant.is_denied or not hat.fits(cycle):
        return None
    if grant.published and cycle.stage_now not in stages.AFTER_PUBLICATION:
        return None
    match grant.scope:
        case Scope.ALL:
            return Q()
        case Scope.OWN_UNIT:
            return Q(unit_id=hat.unit_id)
        case Scope.OWN_TEAM:
            return Q(unit_id__in=hat.team_unit_ids(cycle.pk))
    return None


def commitments_for(hat: Hat, cycle: Cycle) -> QuerySet[Commitment]:
    """The commitments of the year that the hat may see; of another unit only signed ones, the office apart."""
    rows = Commitment.objects.filter(cycle=cycle)
    grant = grant_of(READ, hat)
    if grant.scope is Scope.OWN_SUB_ITEMS and not grant.is_denied and hat.fits(cycle):
        serving = Goal.objects.filter(sub_item__in=led_by(hat)).values("commitment")
        return rows.filter(pk__in=serving, state__in=SIGNED).exclude(unit_id__in=hat.tied_unit_ids(cycle.pk))
    about = about_units(hat, cycle)
    if about is None:
        return rows.none()
    rows = rows.filter(about)
    return rows.filter(state__in=SIGNED) if grant.scope is Scope.OWN_TEAM else rows


def goals_for(hat: Hat, commitment: Commitment) -> list[Goal]:
    """The goals of one commitment that the hat may see: a lead those that serve its sub-items."""
    goals = commitment.goals.select_related("sub_item__item__block")
    if grant_of(READ, hat).scope is Scope.OWN_SUB_ITEMS:
        goals = goals.filter(sub_item__in=led_by(hat))
    return list(goals)


def goals_seen(hat: Hat, cycle: Cycle) -> dict[int, list[Goal]]:
    """Commitment → the goals of it that the hat may see, of all commitments at once.  One query."""
    goals = Goal.objects.filter(commitment__in=commitments_for(hat, cycle).values("pk"))
    if grant_of(READ, hat).scope is Scope.OWN_SUB_ITEMS:
        goals = goals.filter(sub_item__in=led_by(hat))
    found: dict[int, list[Goal]] = defaultdict(list)
    for goal in goals.select_related("sub_item__item__block").order_by("order", "pk"):
        found[goal.commitment_id].append(goal)
    return found


def reports_for(hat: Hat, cycle: Cycle) -> QuerySet[ProgressReport]:
    """The reports the hat may see; an unfinished one is the unit's own."""
    rows = ProgressReport.objects.filter(cycle=cycle)
    about = about_units(hat, cycle)
    if about is None:
        return rows.none()
    rows = rows.filter(about)
    own = grant_of(READ, hat).scope is Scope.OWN_UNIT
    return rows if own else rows.exclude(handed_in_at=None)


def coverage_for(hat: Hat, cycle: Cycle) -> QuerySet[CoverageReturn]:
    rows = CoverageReturn.objects.filter(cycle=cycle)
    about = about_units(hat, cycle)
    return rows.none() if about is None else rows.filter(about)


def units_seen(hat: Hat, cycle: Cycle) -> list[Unit]:
    """The units that owe something here and whose records the hat may see.  Two queries at most."""
    about = about_units(hat, cycle)
    units = committing_units(cycle)
    if about is None:
        return []
    if about == Q():
        return units
    grant = grant_of(READ, hat)
    kept: Collection[int | None] = (
        [hat.unit_id] if grant.scope is Scope.OWN_UNIT else hat.team_unit_ids(cycle.pk)
    )
    return [unit for unit in units if unit.pk in kept]


def serving_choices(cycle: Cycle, unit_id: int) -> list[SubItem]:
    """The sub-items of the unit's blocks that a goal may serve, in the plan's order.  One query."""
    return list(
        SubItem.objects.filter(item__block__cycle=cycle, item__block__memberships__unit=unit_id)
        .select_related("item__block")
        .order_by("item__block__order", "item__order", "order", "pk")
    )


# Fulfilment --------------------------------------------------------------------------------------


def latest_percents(cycle: Cycle, unit_ids: Collection[int] | None = None) -> dict[int, int]:
    """Goal → per cent as the newest report that was handed in says.  One query."""
    lines = ProgressLine.objects.filter(
        report__cycle=cycle, report__handed_in_at__isnull=False, percent__isnull=False
    )
    if unit_ids is not None:
        lines = lines.filter(report__unit__in=unit_ids)
    return {
        goal: percent
        for goal, percent in lines.order_by("report__quarter").values_list("goal_id", "percent")
        if percent is not None
    }


def fulfilment_by_unit(cycle: Cycle, unit_ids: Collection[int] | None = None) -> dict[int, Fulfilment]:
    """Unit → its fulfilment over the goals of an accepted commitment.  Two queries."""
    goals = Goal.objects.filter(commitment__cycle=cycle, commitment__state=CommitmentState.ACCEPTED)
    if unit_ids is not None:
        goals = goals.filter(commitment__unit__in=unit_ids)
    percents = latest_percents(cycle, unit_ids)
    by_unit: dict[int, list[int | None]] = defaultdict(list)
    for goal, unit in goals.order_by("pk").values_list("pk", "commitment__unit_id"):
        by_unit[unit].append(percents.get(goal))
    return {unit: fulfilment(found) for unit, found in by_unit.items()}


# Boards ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitPromise:
    """One row of the register: a unit with its commitment, or without one."""

    unit: Unit
    commitment: Commitment | None
    goals: int = 0
    supports: int = 0  # goals that ask the superior for support
    fulfilment: Fulfilment | None = None

    @property
    def light(self) -> str:
        if self.commitment is None:
            return "off"
        return LIGHTS[CommitmentState(self.commitment.state)]


LIGHTS = {
    CommitmentState.DRAFT: "off",
    CommitmentState.SUBMITTED: "amber",
    CommitmentState.RETURNED: "red",
    CommitmentState.ACCEPTED: "green",
}


def register(hat: Hat, cycle: Cycle) -> list[UnitPromise]:
    """Every unit that owes a promise and that the hat may see.  Six queries."""
    found = {
        row.unit_id: row
        for row in commitments_for(hat, cycle)
        .select_related("unit", "changed_by")
        .annotate(goal_count=Count("goals"), support_count=Count("goals", filter=~Q(goals__support="")))
        .order_by("unit__order", "unit_id")
    }
    units = units_seen(hat, cycle)
    named = {unit.pk for unit in units}
    units += [row.unit for row in found.values() if row.unit_id not in named]
    rates = fulfilment_by_unit(cycle, None if len(units) > 20 else [unit.pk for unit in units])
    rows = []
    for unit in units:
        row = found.get(unit.pk)
        rows.append(
            UnitPromise(
                unit,
                row,
                getattr(row, "goal_count", 0),
                getattr(row, "support_count", 0),
                rates.get(unit.pk) if row is not None else None,
            )
        )
    return rows


def with_goals(rows: QuerySet[Commitment]) -> list[Commitment]:
    """The commitments with goals and rounds at hand, in the plan's order; for workbooks and the booklet."""
    goals = Goal.objects.select_related("sub_item__item__block").order_by("order", "pk")
    return list(
        rows.select_related("unit", "cycle__host")
        .prefetch_related(
            Prefetch("goals", goals), "rounds__signed_by", "rounds__decided_by", "rounds__paper"
        )
        .order_by("unit__order", "unit_id")
    )


def terms_of(cycle: Cycle) -> dict[int, datetime]:
    """Quarter → the instant its term is over, for the quarters that have one.  One query."""
    return {
        term.quarter: Window(term.due_on, term.due_on).closes_at
        for term in ReportTerm.objects.filter(cycle=cycle)
    }


@dataclass(slots=True)
class Coverage:
    """The three kinds of one unit, or of all together: there are, promised, appraised."""

    due: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Below.values, 0))
    committed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Below.values, 0))
    appraised: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Below.values, 0))

    def add(self, lines: Iterable[CoverageLine]) -> None:
        for line in lines:
            self.due[line.below] += line.due
            self.committed[line.below] += line.committed
            self.appraised[line.below] += line.appraised

    @property
    def cells(self) -> list[tuple[str, int, int, int]]:
        """(kind, there are, promised, appraised) in a fixed order."""
        return [(b, self.due[b], self.committed[b], self.appraised[b]) for b in Below.values]


def latest_coverage(rows: QuerySet[CoverageReturn]) -> dict[int, CoverageReturn]:
    """Unit → its newest filing with its lines.  Two queries."""
    found: dict[int, CoverageReturn] = {}
    for row in rows.select_related("filed_by").prefetch_related("lines").order_by("number"):
        found[row.unit_id] = row
    return found


# What is owed ------------------------------------------------------------------------------------


def duties_of(cycle: Cycle) -> list[Duty]:
    """Promises, quarterly reports and the return of coverage of every unit that owes them.  Seven queries."""
    units = committing_units(cycle)
    windows = windows_of(cycle)
    terms = terms_of(cycle)
    signed = dict(
        Commitment.objects.filter(cycle=cycle, state__in=SIGNED).values_list("unit_id", "first_signed_at")
    )
    reports = {
        (unit, quarter): at
        for unit, quarter, at in ProgressReport.objects.filter(cycle=cycle).values_list(
            "unit_id", "quarter", "first_handed_in_at"
        )
    }
    sent_back = dict(
        CommitmentRound.objects.filter(
            commitment__cycle=cycle,
            commitment__state=CommitmentState.RETURNED,
            verdict=Verdict.RETURNED,
        )
        .order_by("number")
        .values_list("commitment__unit_id", "words")
    )
    filed = dict(CoverageReturn.objects.filter(cycle=cycle, number=1).values_list("unit_id", "filed_at"))
    until = {stage: window.closes_at for stage, window in windows.items()}
    found: list[Duty] = []
    for unit in units:
        place = {"unit": unit.name}
        found.append(
            Duty(
                "commitment",
                _("Commitment"),
                unit.pk,
                due=until.get(Stage.COMMITMENT),
                done_at=signed.get(unit.pk),
                done=int(unit.pk in signed),
                route="commitment",
                arguments=place,
                returned=sent_back.get(unit.pk, ""),
            )
        )
        found += [
            Duty(
                f"progress-{quarter}",
                _("Progress, %(quarter)s") % {"quarter": quarter_name(quarter)},
                unit.pk,
                due=terms[quarter],
                done_at=reports.get((unit.pk, quarter)),
                done=int(reports.get((unit.pk, quarter)) is not None),
                route="progress-report",
                arguments=place | {"quarter": str(quarter)},
            )
            for quarter in QUARTERS
            if quarter in terms
        ]
        found.append(
            Duty(
                "coverage",
                _("Return of coverage"),
                unit.pk,
                due=until.get(Stage.SELF_ASSESSMENT),
                done_at=filed.get(unit.pk),
                done=int(unit.pk in filed),
                route="coverage-return",
                arguments=place,
            )
        )
    return found


def commitment_lacks(cycle: Cycle) -> list[Lack]:
    """Units that did not promise, and promises nobody examined, before monitoring begins.  Two queries."""
    units = committing_units(cycle)
    states = dict(Commitment.objects.filter(cycle=cycle).values_list("unit_id", "state"))
    silent = [u.name for u in units if states.get(u.pk) not in SIGNED]
    waiting = [u.name for u in units if states.get(u.pk) == CommitmentState.SUBMITTED]
    found = []
    if silent:
        found.append(
            Lack(
                "no-commitment",
                _("%(count)d units have not signed their commitment.") % {"count": len(silent)},
                naming(silent),
                route="commitments",
            )
        )
    if waiting:
        found.append(
            Lack(
                "commitment-unexamined",
                _("%(count)d commitments are signed and not examined yet.") % {"count": len(waiting)},
                naming(waiting),
                route="commitments",
            )
        )
    return found


def progress_lacks(cycle: Cycle) -> list[Lack]:
    """Reports and returns that should be in before the preliminary review.  Four queries."""
    units = committing_units(cycle)
    found = []
    terms = terms_of(cycle)
    there = set(
        ProgressReport.objects.filter(cycle=cycle, handed_in_at__isnull=False).values_list(
            "unit_id", "quarter"
        )
    )
    short = [u.name for u in units if any((u.pk, quarter) not in there for quarter in terms)]
    if short:
        found.append(
            Lack(
                "no-progress",
                _("%(count)d units owe a progress report.") % {"count": len(short)},
                naming(short),
                route="progress-reports",
            )
        )
    filed = set(CoverageReturn.objects.filter(cycle=cycle).values_list("unit_id", flat=True))
    without = [u.name for u in units if u.pk not in filed]
    if without:
        found.append(
            Lack(
                "no-coverage",
                _("%(count)d units owe their return of coverage.") % {"count": len(without)},
                naming(without),
                route="coverage",
            )
        )
    return found
