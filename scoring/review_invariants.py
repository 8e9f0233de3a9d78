"""What must always be true of visits and returns for supplement: two hands, no ties, scores that stand.

Walked by the command check_cycle beside the table of scoring.invariants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from office.invariants import Breach, Table
from office.models import AuditEntry
from scoring.models import Score, ScoreKind, Supplement, SupplementState, Visit, VisitLine, VisitState
from units.models import Cycle
from units.team_queries import ties_of

TABLE = Table()


def _signed(cycle_code: str) -> list[Visit]:
    rows = Visit.objects.filter(cycle__code=cycle_code, state=VisitState.SIGNED)
    return list(rows.select_related("unit").order_by("pk"))


@TABLE.invariant(
    "visit-signed", _("A signed visit was signed by two different persons, or on paper that was compared.")
)
def visits_signed_by_one(cycle_code: str) -> Iterator[Breach]:
    for visit in _signed(cycle_code):
        by_two = (
            None not in {visit.first_by_id, visit.second_by_id} and visit.first_by_id != visit.second_by_id
        )
        if not by_two and visit.paper_id is None:
            yield Breach(f"scoring.Visit {visit.pk}", str(visit))
    half = Visit.objects.filter(cycle__code=cycle_code, state=VisitState.SIGNED_ONCE, first_by=None)
    for visit in half.select_related("unit"):
        yield Breach(f"scoring.Visit {visit.pk}", str(visit))


@TABLE.invariant("visit-ties", _("Nobody signs or writes down a visit to a unit he is tied to."))
def visits_of_the_tied(cycle_code: str) -> Iterator[Breach]:
    cycle = Cycle.objects.filter(code=cycle_code).first()
    if cycle is None:
        return
    ties = ties_of(cycle)
    for visit in Visit.objects.filter(cycle=cycle).select_related("unit").order_by("pk"):
        if {(visit.first_by_id, visit.unit_id), (visit.second_by_id, visit.unit_id)} & ties:
            yield Breach(f"scoring.Visit {visit.pk}", str(visit))
    lines = VisitLine.objects.filter(visit__cycle=cycle, recorded_by__isnull=False)
    for line in lines.select_related("visit__unit", "cell__sub_item").order_by("pk"):
        if (line.recorded_by_id, line.visit.unit_id) in ties:
            yield Breach(f"scoring.VisitLine {line.pk}", str(line))


@TABLE.invariant("visit-cells", _("A visit looks at cells of its own unit and year only."))
def visits_of_other_cells(cycle_code: str) -> Iterator[Breach]:
    lines = VisitLine.objects.filter(visit__cycle__code=cycle_code).exclude(
        cell__membership__unit=F("visit__unit"), cell__block__cycle=F("visit__cycle")
    )
    for line in lines.select_related("visit__unit", "cell__sub_item"):
        yield Breach(f"scoring.VisitLine {line.pk}", str(line))


@TABLE.invariant(
    "visit-scores", _("Points of a signed visit stand as on-site scores unless the log tells of a later act.")
)
def visits_without_scores(cycle_code: str) -> Iterator[Breach]:
    lines = VisitLine.objects.filter(
        visit__cycle__code=cycle_code, visit__state=VisitState.SIGNED, points__isnull=False
    ).select_related("visit__unit", "cell__sub_item")
    onsite = {
        score.cell_id: score
        for score in Score.objects.filter(kind=ScoreKind.ONSITE, cell__block__cycle__code=cycle_code)
    }
    later: dict[str, int] = defaultdict(int)
    for pk in AuditEntry.objects.filter(
        cycle_code=cycle_code, object_type="scoring.Cell", act="score.cleared"
    ).values_list("object_id", flat=True):
        later[pk] += 1
    for line in lines:
        if line.cell_id not in onsite and not later[str(line.cell_id)]:
            yield Breach(f"scoring.VisitLine {line.pk}", str(line))


@TABLE.invariant("supplement-numbers", _("Returns of a cell are numbered from 1 without a gap."))
def gaps_in_returns(cycle_code: str) -> Iterator[Breach]:
    numbers: dict[int, list[int]] = defaultdict(list)
    rows = Supplement.objects.filter(cell__block__cycle__code=cycle_code).order_by("cell_id", "number")
    for cell, number in rows.values_list("cell_id", "number"):
        numbers[cell].append(number)
    for cell, found in numbers.items():
        if found != list(range(1, len(found) + 1)):
            yield Breach(f"scoring.Cell {cell}", str(found))


@TABLE.invariant("supplement-answers", _("An answered return has its answer, a settled one says by whom."))
def returns_half_done(cycle_code: str) -> Iterator[Breach]:
    rows = Supplement.objects.filter(cell__block__cycle__code=cycle_code)
    answered = Q(state__in=[SupplementState.ANSWERED, SupplementState.CLOSED]) & (
        Q(answer="") | Q(answered_by=None) | Q(answered_at=None)
    )
    ended = Q(state__in=[SupplementState.CLOSED, SupplementState.WITHDRAWN]) & (
        Q(closed_by=None) | Q(closed_at=None)
    )
    for row in rows.filter(answered | ended).select_related("cell__membership__unit", "cell__sub_item"):
        yield Breach(f"scoring.Supplement {row.pk}", str(row))
