"""What pages and readiness ask about findings against appraisers and the scores to re-check (§8(4)).

Nothing here writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import ngettext

from office.models import User
from scoring.models import AppraiserFinding, FindingState, Score, ScoreKind, ScoreRecheck
from units.lacks import Lack
from units.models import Cycle


def appraisers_of(cycle: Cycle) -> QuerySet[User]:
    """Whoever entered a score this year that counts or might, by name."""
    gave = Score.objects.filter(cell__block__cycle=cycle).exclude(kind=ScoreKind.SELF)
    return User.objects.filter(pk__in=gave.values("entered_by")).order_by("display_name", "username")


@dataclass(frozen=True, slots=True)
class Counted:
    """A finding with how many scores it lists and how many of them wait."""

    row: AppraiserFinding
    listed: int
    waits: int


def findings_of(cycle: Cycle, **narrowed: object) -> list[Counted]:
    """The year's findings, the newest first.  One query."""
    rows = (
        AppraiserFinding.objects.filter(cycle=cycle, **narrowed)
        .select_related("person", "proposed_by", "decided_by", "lifted_by", "paper")
        .annotate(listed=Count("rechecks"), waits=Count("rechecks", filter=Q(rechecks__checked_at=None)))
    )
    return [Counted(row, row.listed, row.waits) for row in rows]


@dataclass(frozen=True, slots=True)
class Listed:
    """One score of a finding: as it stood, as it reads now."""

    row: ScoreRecheck
    now: Decimal | None  # None: the score was taken away

    @property
    def changed(self) -> bool:
        return bool(self.now != self.row.points)


def rechecks_of(finding: AppraiserFinding) -> list[Listed]:
    """Every listed score in the plan's order.  Two queries."""
    rows = list(
        ScoreRecheck.objects.filter(finding=finding)
        .select_related("cell__membership__unit", "cell__sub_item", "cell__block", "checked_by")
        .order_by("cell__block__order", "cell__membership__unit__order", "cell__sub_item__order", "pk")
    )
    stored = {
        (cell, kind): points
        for cell, kind, points in Score.objects.filter(cell__score_rechecks__finding=finding).values_list(
            "cell_id", "kind", "points"
        )
    }
    return [Listed(row, stored.get((row.cell_id, row.kind))) for row in rows]


def recheck_lacks(cycle: Cycle) -> list[Lack]:
    """Scores of an appraiser who cheated that nobody has looked at again."""
    return [
        Lack(
            "recheck",
            ngettext(
                "%(count)d score given by %(person)s waits to be re-checked.",
                "%(count)d scores given by %(person)s wait to be re-checked.",
                found.waits,
            )
            % {"count": found.waits, "person": found.row.person},
            route="appraisers",
            signable=False,
        )
        for found in findings_of(cycle, state=FindingState.CONFIRMED)
        if found.waits
    ]
