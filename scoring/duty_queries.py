"""What is owed in scores: self-assessment by the unit, lead scores by the lead body, reviews by the teams.

A duty ends with the window of its stage, in the calendar of the year or of a track that keeps its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Q
from django.utils.translation import gettext as _

from scoring.assessment_queries import submitted_units
from scoring.models import Assessment, AssessmentLine, Cell, Involvement, Look, Score, ScoreKind
from scoring.readiness import cells_asked
from units import queries
from units.calendar import Window
from units.duties import Duty, Owner
from units.models import Block, Cycle
from units.stages import Stage

STAGE_OF_KIND = {
    ScoreKind.SELF: Stage.SELF_ASSESSMENT,
    ScoreKind.LEAD: Stage.PRELIMINARY_REVIEW,
    ScoreKind.PRELIMINARY: Stage.PRELIMINARY_REVIEW,
    ScoreKind.ONSITE: Stage.ONSITE_REVIEW,
}
TASK_OF_KIND = {
    ScoreKind.SELF: "self-assessment",
    ScoreKind.LEAD: "lead-scores",
    ScoreKind.PRELIMINARY: "preliminary-review",
    ScoreKind.ONSITE: "onsite-review",
}
ROUTE_OF_KIND = {ScoreKind.SELF: "self", ScoreKind.LEAD: "imports"}
OWNER_OF_KIND = {
    ScoreKind.SELF: Owner.UNIT,
    ScoreKind.LEAD: Owner.BODY,
    ScoreKind.PRELIMINARY: Owner.TEAM,
    ScoreKind.ONSITE: Owner.TEAM,
}

Calendar = int | None  # the block that keeps its own, None for the year's
Calendars = dict[Calendar, dict[Stage, Window]]


@dataclass(slots=True)
class _Share:
    """What one unit has done of what it is asked, in one calendar."""

    asked: int = 0
    done: int = 0
    last: datetime | None = None

    def add(self, asked: int = 0, done: int = 0, last: datetime | None = None) -> None:
        self.asked += asked
        self.done += done
        if last is not None and (self.last is None or last > self.last):
            self.last = last


def score_duties(cycle: Cycle) -> list[Duty]:
    """Every duty that ends with scores, unit by unit in the order of tasks.  Nine queries."""
    calendars = queries.calendars_of(cycle)
    names = dict(
        Block.objects.filter(cycle=cycle, pk__in=[pk for pk in calendars if pk is not None]).values_list(
            "pk", "name"
        )
    )
    shares = _shares_of_members(cycle, calendars)
    shares[ScoreKind.LEAD] = _shares_of_leads(cycle, calendars)
    # A self-assessment is done when the principal has submitted it, not when its last line is filled in.
    receipts = submitted_units(cycle)
    sent_back: dict[tuple[int, int | None], str] = {
        (unit_id, block_id): reason
        for unit_id, block_id, reason in Assessment.objects.filter(cycle=cycle, returns__gt=0).values_list(
            "unit_id", "block_id", "return_reason"
        )
    }
    labels = {
        ScoreKind.SELF: _("Self-assessment"),
        ScoreKind.LEAD: _("Lead score"),
        ScoreKind.PRELIMINARY: _("Preliminary review"),
        ScoreKind.ONSITE: _("On-site, where required"),
    }
    duties = []
    for kind, stage in STAGE_OF_KIND.items():
        for (calendar, unit_id), share in shares[kind].items():
            if not share.asked:
                continue
            window = calendars[calendar].get(stage)
            done_at = share.last if share.done >= share.asked else None
            returned = ""
            if kind is ScoreKind.SELF:
                receipt = receipts.get((unit_id, calendar))
                done_at = receipt.submitted_at if receipt is not None else None
                returned = sent_back.get((unit_id, calendar), "") if receipt is None else ""
            duties.append(
                Duty(
                    task=TASK_OF_KIND[kind] + (f"-{calendar}" if calendar is not None else ""),
                    label=f"{labels[kind]} · {names[calendar]}" if calendar is not None else labels[kind],
                    unit_id=unit_id,
                    due=window.closes_at if window is not None else None,
                    done_at=done_at,
                    done=min(share.done, share.asked),
                    asked=share.asked,
                    route=ROUTE_OF_KIND.get(kind, ""),
                    owner=OWNER_OF_KIND[kind],
                    returned=returned,
                )
            )
    return duties


_Shares = dict[tuple[Calendar, int], _Share]


def _shares_of_members(cycle: Cycle, calendars: Calendars) -> dict[ScoreKind, _Shares]:
    """Self, preliminary and on-site: asked and done by membership, put together by unit and calendar."""
    found: dict[ScoreKind, _Shares] = {kind: defaultdict(_Share) for kind in ScoreKind}

    def key(block_id: int, unit_id: int) -> tuple[Calendar, int]:
        return (block_id if block_id in calendars else None, unit_id)

    asked = (
        cells_asked(cycle)
        .values_list("block_id", "membership__unit_id")
        .annotate(every=Count("pk"), visited=Count("pk", filter=Q(sub_item__look=Look.ONSITE)))
        .order_by("block__order", "block_id", "membership__unit__order", "membership__unit_id")
    )
    for block_id, unit_id, every, visited in asked:
        for kind in (ScoreKind.SELF, ScoreKind.PRELIMINARY, ScoreKind.ONSITE):
            found[kind][key(block_id, unit_id)].add(asked=visited if kind is ScoreKind.ONSITE else every)
    done = (
        Score.objects.filter(cell__block__cycle=cycle, cell__sub_item__suspended_reason="")
        .exclude(kind=ScoreKind.LEAD)
        .exclude(cell__involvement=Involvement.CONFIRMED)
        .exclude(~Q(cell__sub_item__look=Look.ONSITE), kind=ScoreKind.ONSITE)
        .values_list("kind", "cell__block_id", "cell__membership__unit_id")
        .annotate(count=Count("pk"), last=Max("entered_at"))
        .order_by()
    )
    for kind, block_id, unit_id, count, last in done:
        found[ScoreKind(kind)][key(block_id, unit_id)].add(done=count, last=last)
    wished = (
        AssessmentLine.objects.filter(assessment__cycle=cycle, wishes_not_involved=True)
        .exclude(cell__involvement=Involvement.CONFIRMED)
        .values_list("cell__block_id", "cell__membership__unit_id")
        .annotate(count=Count("pk"), last=Max("saved_at"))
        .order_by()
    )
    for block_id, unit_id, count, last in wished:
        found[ScoreKind.SELF][key(block_id, unit_id)].add(done=count, last=last)
    return found


def _shares_of_leads(cycle: Cycle, calendars: Calendars) -> _Shares:
    """Lead scores by the body that leads; its own unit's cells are the office's (rulebook 3)."""
    found: _Shares = defaultdict(_Share)
    of_lead = Q(scores__kind=ScoreKind.LEAD)
    cells: list[tuple[int, int, int, int, datetime | None]] = list(
        Cell.objects.filter(pk__in=cells_asked(cycle).values("pk"), sub_item__lead__isnull=False)
        .exclude(membership__unit_id=F("sub_item__lead_id"))
        .values_list("sub_item__lead_id", "block_id")
        .annotate(
            every=Count("pk", distinct=True),
            scored=Count("pk", distinct=True, filter=of_lead),
            last=Max("scores__entered_at", filter=of_lead),
        )
        .order_by("sub_item__lead__order", "sub_item__lead_id")
    )
    for lead_id, block_id, every, scored, last in cells:
        calendar = block_id if block_id in calendars else None
        found[calendar, lead_id].add(asked=every, done=scored, last=last)
    return found
