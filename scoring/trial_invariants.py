"""What must always be true of kept variants of the what-if bench and of findings about appraisers.

Walked by the command check_cycle beside the table of scoring.invariants.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from office.invariants import Breach, Table
from scoring.models import AppraiserFinding, FindingState, ScoreKind, ScoreRecheck, TrialVariant
from scoring.trial_steps import MOST_STEPS, UnreadableStep, read

TABLE = Table()


@TABLE.invariant("variant-steps", _("A kept variant holds changes that can be read, and not too many."))
def unreadable_variants(cycle_code: str) -> Iterator[Breach]:
    for row in TrialVariant.objects.filter(cycle__code=cycle_code).order_by("pk"):
        try:
            steps = [read(text) for text in row.steps]
        except (UnreadableStep, TypeError, AttributeError) as error:
            yield Breach(f"scoring.TrialVariant {row.pk}", f"{row}: {error}")
            continue
        if not 0 < len(steps) <= MOST_STEPS or not row.name.strip():
            yield Breach(f"scoring.TrialVariant {row.pk}", f"{row}: {len(steps)}")


@TABLE.invariant(
    "appraiser-two-persons",
    _(
        "A finding about an appraiser was decided by another than who entered it, never by the person himself."
    ),
)
def findings_decided_alone(cycle_code: str) -> Iterator[Breach]:
    rows = AppraiserFinding.objects.filter(cycle__code=cycle_code)
    about_oneself = Q(person=F("proposed_by")) | Q(person=F("decided_by")) | Q(person=F("lifted_by"))
    decided = ~Q(state=FindingState.PROPOSED)
    alone = decided & (Q(decided_by=None) | Q(decided_at=None) | Q(decided_by=F("proposed_by")))
    unlifted = Q(state=FindingState.LIFTED) & (
        Q(lifted_by=None) | Q(lifted_by=F("decided_by")) | Q(reason="")
    )
    unsaid = Q(state=FindingState.REJECTED, reason="")
    wrong = about_oneself | alone | unlifted | unsaid
    for row in rows.filter(wrong).select_related("person").order_by("pk"):
        yield Breach(f"scoring.AppraiserFinding {row.pk}", str(row))


@TABLE.invariant(
    "appraiser-rechecks",
    _("A re-check is about a score of the finding's year, and says by whom, when and what came of it."),
)
def odd_rechecks(cycle_code: str) -> Iterator[Breach]:
    rows = ScoreRecheck.objects.filter(finding__cycle__code=cycle_code)
    half = Q(checked_at__isnull=True) & (Q(checked_by__isnull=False) | ~Q(note="")) | Q(
        checked_at__isnull=False
    ) & (Q(checked_by__isnull=True) | Q(note=""))
    foreign = ~Q(cell__block__cycle=F("finding__cycle")) | Q(kind=ScoreKind.SELF)
    own = Q(checked_by=F("finding__person"))
    early = Q(finding__state__in=[FindingState.PROPOSED, FindingState.REJECTED])
    wrong = rows.filter(half | foreign | own | early)
    for row in wrong.select_related("cell__membership__unit", "cell__sub_item").order_by("pk"):
        yield Breach(f"scoring.ScoreRecheck {row.pk}", str(row))
