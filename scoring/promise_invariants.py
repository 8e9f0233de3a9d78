"""What must always be true of promises, progress, coverage and detailed rules, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from office.invariants import Breach, Table
from scoring.actions import commitments, detailed_rules
from scoring.models import (
    Below,
    Commitment,
    CommitmentRound,
    CommitmentState,
    CoverageReturn,
    DetailedRule,
    DetailedRuleState,
    Goal,
    ProgressLine,
    ProgressReport,
    RuleBook,
    Verdict,
)

TABLE = Table()


@TABLE.invariant("round-digest", _("A round of a commitment is what its digest says."))
def altered_rounds(cycle_code: str) -> Iterator[Breach]:
    for row in CommitmentRound.objects.filter(commitment__cycle__code=cycle_code).order_by("pk"):
        if commitments.digest_of(row.goals) != row.sha256:
            yield Breach(f"scoring.CommitmentRound {row.pk}", f"№ {row.number}")


@TABLE.invariant("promise-round", _("What a unit has promised is what its last round says, goal by goal."))
def promises_beside_their_round(cycle_code: str) -> Iterator[Breach]:
    """A signed or accepted commitment holds the goals of its newest round, and that round's verdict fits."""
    fits = {CommitmentState.SUBMITTED: Verdict.OPEN, CommitmentState.ACCEPTED: Verdict.ACCEPTED}
    rows = Commitment.objects.filter(cycle__code=cycle_code, state__in=list(fits))
    for row in rows.prefetch_related("rounds", "goals__sub_item__item__block").order_by("pk"):
        newest = max(row.rounds.all(), key=lambda one: one.number, default=None)
        goals = sorted(row.goals.all(), key=lambda goal: (goal.order, goal.pk))
        if newest is None or newest.verdict != fits[CommitmentState(row.state)]:
            yield Breach(f"scoring.Commitment {row.pk}", f"{row}: {row.state}")
        elif commitments.content_of(goals) != newest.goals:
            yield Breach(f"scoring.Commitment {row.pk}", f"{row}: № {newest.number}")


@TABLE.invariant("goal-year", _("A goal is due within its year and serves a sub-item of its unit's blocks."))
def goals_out_of_place(cycle_code: str) -> Iterator[Breach]:
    goals = Goal.objects.filter(commitment__cycle__code=cycle_code)
    strange = goals.exclude(due__year=F("commitment__cycle__year")) | goals.filter(
        sub_item__isnull=False
    ).exclude(sub_item__item__block__cycle=F("commitment__cycle"))
    for goal in strange.order_by("pk"):
        yield Breach(f"scoring.Goal {goal.pk}", str(goal))


@TABLE.invariant(
    "progress-whole",
    _("A report that was handed in says something of every goal of its own unit, and of no other."),
)
def reports_with_gaps(cycle_code: str) -> Iterator[Breach]:
    handed_in = Q(report__cycle__code=cycle_code, report__handed_in_at__isnull=False)
    for line in ProgressLine.objects.filter(handed_in, percent__isnull=True).order_by("pk"):
        yield Breach(f"scoring.ProgressLine {line.pk}", str(line.report_id))
    foreign = ProgressLine.objects.filter(report__cycle__code=cycle_code).exclude(
        goal__commitment__unit=F("report__unit"), goal__commitment__cycle=F("report__cycle")
    )
    for line in foreign.order_by("pk"):
        yield Breach(f"scoring.ProgressLine {line.pk}", str(line.report_id))
    unordered = ProgressReport.objects.filter(cycle__code=cycle_code).filter(
        Q(first_handed_in_at__gt=F("handed_in_at"))
        | Q(first_handed_in_at__isnull=True, handed_in_at__isnull=False)
    )
    for row in unordered.order_by("pk"):
        yield Breach(f"scoring.ProgressReport {row.pk}", str(row))


@TABLE.invariant(
    "coverage-kinds", _("A return of coverage has a line for each kind, and filings are counted on.")
)
def odd_returns(cycle_code: str) -> Iterator[Breach]:
    rows = CoverageReturn.objects.filter(cycle__code=cycle_code).prefetch_related("lines")
    seen: dict[int, int] = {}
    for row in rows.order_by("unit_id", "number"):
        expected = seen.get(row.unit_id, 0) + 1
        seen[row.unit_id] = row.number
        if row.number != expected or {line.below for line in row.lines.all()} != set(Below.values):
            yield Breach(f"scoring.CoverageReturn {row.pk}", str(row))


@TABLE.invariant(
    "rule-sums", _("The indicators of filed detailed rules add up to the base of their sub-item.")
)
def rules_that_do_not_sum(cycle_code: str) -> Iterator[Breach]:
    rows = DetailedRule.objects.filter(
        sub_item__item__block__cycle__code=cycle_code, state=DetailedRuleState.FILED
    )
    for row in rows.select_related("sub_item").prefetch_related("indicators").order_by("pk"):
        parts = [one.base_points for one in row.indicators.all()]
        if parts and sum(parts) != row.sub_item.base_points:
            yield Breach(f"scoring.DetailedRule {row.pk}", str(row))


@TABLE.invariant("rule-book", _("A compiled version of the detailed rules is what its digest says."))
def altered_books(cycle_code: str) -> Iterator[Breach]:
    for row in RuleBook.objects.filter(cycle__code=cycle_code).order_by("number"):
        if detailed_rules.digest_of(row.content) != row.sha256:
            yield Breach(f"scoring.RuleBook {row.pk}", f"№ {row.number}")
