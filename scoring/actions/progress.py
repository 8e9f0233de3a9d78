"""The terms of the quarterly reports, and a unit reporting how far its goals are (§8(2), §8(3)).

What the rate of fulfilment is, is worked out in scoring.fulfilment; it is never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.actions.adjustments import locked
from office import audit, evidence
from office.refusal import Refused
from scoring.commitment_queries import quarter_name
from scoring.models import Commitment, CommitmentState, Goal, ProgressLine, ProgressReport, ReportTerm
from scoring.models.commitment import QUARTERS
from units.hats import Hat
from units.models import Cycle, Unit
from units.permissions import require

REPORT, TERMS = "D12", "D11"
LONGEST_WORDS = 500
LONGEST_SUMMARY = 2000


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """What is said of one goal; `percent` None: nothing yet."""

    percent: int | None
    words: str = ""


@transaction.atomic
def set_terms(*, by: Hat, cycle: Cycle, terms: Mapping[int, date | None]) -> None:
    """Say until when each quarter is reported; None takes the term away.  The office's, row D11.

    Raises Refused: not permitted, stage closed, or a later quarter due before an earlier one.
    """
    year = locked(cycle)
    require(TERMS, by, year)
    before = {term.quarter: term.due_on for term in ReportTerm.objects.filter(cycle=year)}
    after = {q: day for q in QUARTERS if (day := terms.get(q, before.get(q))) is not None}
    days = [after[q] for q in sorted(after)]
    if days != sorted(days):
        raise Refused(
            "terms-out-of-order",
            _("A later quarter cannot be due before an earlier one. Please correct the days."),
            status=422,
        )
    if after == before:
        return
    ReportTerm.objects.filter(cycle=year).exclude(quarter__in=after).delete()
    for quarter, day in after.items():
        ReportTerm.objects.update_or_create(cycle=year, quarter=quarter, defaults={"due_on": day})
    audit.record(
        by,
        "progress.terms-set",
        year,
        cycle_code=year.code,
        terms={str(quarter): day.isoformat() for quarter, day in after.items()},
    )


@transaction.atomic
def save_report(
    *,
    by: Hat,
    cycle: Cycle,
    unit: Unit,
    quarter: int,
    lines: Mapping[int, GoalProgress],
    summary: str = "",
    received: evidence.Received | None = None,
    hand_in: bool = False,
    version: int | None = None,
) -> ProgressReport:
    """Keep what was typed (goal → progress); `hand_in` lets it count.  D12, §8(2).

    Once handed in, a report is only changed by handing it in again. Raises Refused: not permitted, stage closed,
    no accepted commitment, changed meanwhile, a percentage outside 0 to 100, a goal without one at hand-in, or
    a goal that is behind without a word why.
    """
    year = locked(cycle)
    require(REPORT, by, year, unit_id=unit.pk)
    if quarter not in QUARTERS:
        raise Refused("not-found", _("There is no such record."), status=404)
    goals = _goals_of(year, unit)
    row = _row(by, year, unit, quarter)
    _require_version(row, version)
    if row.handed_in_at is not None and not hand_in:
        raise Refused(
            "already-handed-in",
            _("The report of the %(quarter)s is handed in. To correct it, hand it in again.")
            % {"quarter": quarter_name(quarter)},
        )
    told = {goal.pk: lines.get(goal.pk, GoalProgress(None)) for goal in goals}
    before = _before(year, unit, quarter)
    for number, goal in enumerate(goals, 1):
        _require_sound(number, goal, told[goal.pk], before.get(goal.pk), hand_in=hand_in)
    now = timezone.now()
    row.summary = summary.strip()[:LONGEST_SUMMARY]
    row.version += 1
    row.written_by, row.written_at = by.user, now
    if hand_in:
        row.handed_in_at = now
        row.first_handed_in_at = row.first_handed_in_at or now
    row.save()
    if received is not None:
        evidence.attach(received, by=by.user, about=row, account=evidence.account_of(year.code, unit.pk))
    row.lines.all().delete()
    ProgressLine.objects.bulk_create(
        ProgressLine(report=row, goal=goal, percent=told[goal.pk].percent, words=told[goal.pk].words.strip())
        for goal in goals
    )
    audit.record(
        by,
        "progress.handed-in" if hand_in else "progress.saved",
        row,
        cycle_code=year.code,
        unit=unit.name,
        quarter=quarter,
        version=row.version,
        percents=[told[goal.pk].percent for goal in goals],
        sha256=received.stored.sha256 if received is not None else "",
    )
    return row


def _goals_of(cycle: Cycle, unit: Unit) -> list[Goal]:
    commitment = Commitment.objects.filter(cycle=cycle, unit=unit).first()
    if commitment is None or commitment.state != CommitmentState.ACCEPTED:
        raise Refused(
            "no-accepted-commitment",
            _("The commitment of %(unit)s is not accepted yet, so there is nothing to report on.")
            % {"unit": unit.name},
            "§8(2)",
        )
    return list(commitment.goals.order_by("order", "pk"))


def _row(by: Hat, cycle: Cycle, unit: Unit, quarter: int) -> ProgressReport:
    found = (
        ProgressReport.objects.filter(cycle=cycle, unit=unit, quarter=quarter)
        .select_related("written_by")
        .select_for_update(of=("self",))
        .first()
    )
    return found or ProgressReport(
        cycle=cycle, unit=unit, quarter=quarter, written_by=by.user, written_at=timezone.now()
    )


def _require_version(row: ProgressReport, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Refused(
            "changed-meanwhile",
            _(
                "%(who)s saved this report at %(when)s. What you typed is still below: compare it and save again."
            )
            % {
                "who": str(row.written_by),
                "when": timezone.localtime(row.written_at).strftime("%H:%M"),
            },
            values={"version": row.version},
        )


def _before(cycle: Cycle, unit: Unit, quarter: int) -> dict[int, int]:
    """Goal → per cent as an earlier quarter's report had it last."""
    lines = ProgressLine.objects.filter(
        report__cycle=cycle, report__unit=unit, report__quarter__lt=quarter,
        report__handed_in_at__isnull=False, percent__isnull=False,
    )  # fmt: skip
    return {
        goal: percent
        for goal, percent in lines.order_by("report__quarter").values_list("goal_id", "percent")
        if percent is not None
    }


def _require_sound(number: int, goal: Goal, told: GoalProgress, before: int | None, *, hand_in: bool) -> None:
    percent = told.percent
    if percent is not None and not 0 <= percent <= 100:
        raise Refused(
            "percent-outside",
            _("Goal %(number)d: %(percent)d is not between 0 and 100 per cent.")
            % {"number": number, "percent": percent},
            status=422,
        )
    if not hand_in:
        return
    if percent is None:
        raise Refused(
            "no-percent",
            _("Goal %(number)d “%(goal)s”: please say how many per cent are fulfilled; 0 is an answer too.")
            % {"number": number, "goal": str(goal)},
            "§8(2)",
            status=422,
        )
    behind = percent < 100 and goal.due < timezone.localdate()
    if (behind or percent < (before or 0)) and not told.words.strip():
        raise Refused(
            "no-reason",
            _("Goal %(number)d “%(goal)s” is behind its day or below the last report; please say why.")
            % {"number": number, "goal": str(goal)},
            "§8(2)",
            status=422,
        )
