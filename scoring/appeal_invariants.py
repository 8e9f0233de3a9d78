"""What must always be true of appeals: numbers, two persons, reviewers without a part, one correction each.

Walked by the command check_cycle with the table of scoring.invariants.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from office import audit
from office.invariants import Breach, Table
from office.models import AuditEntry
from scoring.models import OPEN_APPEALS, Appeal, AppealPoint, AppealState, Channel, Outcome, ResultDelivery
from units.models import Conflict, Membership, RoleAssignment

TABLE = Table()
CORRECTIONS = frozenset(
    {
        "score.recorded",
        "not-involved.confirmed",
        "not-involved.withdrawn",
        "adjustment.verified",
        "adjustment.rejected",
    }
)
DONE = frozenset({AppealState.DECIDED, AppealState.ANSWERED})


def _appeals(cycle_code: str) -> Iterator[Appeal]:
    rows = Appeal.objects.filter(cycle__code=cycle_code).select_related("cycle", "unit", "about", "reviewer")
    yield from rows.order_by("pk")


def _points(cycle_code: str) -> Iterator[AppealPoint]:
    rows = AppealPoint.objects.filter(appeal__cycle__code=cycle_code).select_related(
        "appeal__cycle", "appeal__about", "cell__membership", "cell__sub_item__item", "adjustment__document"
    )
    yield from rows.order_by("pk")


@TABLE.invariant("appeal-numbers", _("Numbers of filed appeals run from 1 without a gap."))
def gaps_in_numbers(cycle_code: str) -> Iterator[Breach]:
    filed = [appeal for appeal in _appeals(cycle_code) if appeal.number is not None]
    for wanted, appeal in enumerate(sorted(filed, key=lambda one: one.number or 0), start=1):
        if appeal.number != wanted:
            yield Breach(f"scoring.Appeal {appeal.pk}", appeal.code)
            return


@TABLE.invariant("appeal-filed", _("A filed appeal names who signed it and when it came."))
def unsigned_appeals(cycle_code: str) -> Iterator[Breach]:
    for appeal in _appeals(cycle_code):
        if appeal.number is not None and (
            not appeal.sender or appeal.received_on is None or appeal.filed_at is None
        ):
            yield Breach(f"scoring.Appeal {appeal.pk}", appeal.code)


@TABLE.invariant("appeal-compared", _("Signed paper was compared by a second person before it went on."))
def uncompared_paper(cycle_code: str) -> Iterator[Breach]:
    for appeal in _appeals(cycle_code):
        went_on = appeal.state in {*OPEN_APPEALS, *DONE} - {AppealState.REGISTERED}
        if (
            appeal.channel == Channel.PAPER
            and went_on
            and (appeal.compared_by_id is None or appeal.compared_by_id == appeal.drafted_by_id)
        ):
            yield Breach(f"scoring.Appeal {appeal.pk}", appeal.code)


@TABLE.invariant("appeal-reviewer", _("No reviewer belongs to either unit."))
def reviewers_with_a_part(cycle_code: str) -> Iterator[Breach]:
    for appeal in _appeals(cycle_code):
        if appeal.reviewer_id is None or appeal.named_at is None:
            continue
        units = [pk for pk in (appeal.unit_id, appeal.about_id) if pk is not None]
        of_year = Q(cycle=appeal.cycle_id) | Q(cycle=None)
        belongs = RoleAssignment.objects.filter(of_year, user=appeal.reviewer_id, unit__in=units).exists()
        # A tie declared after the naming stops the re-check, but was nobody's fault.
        declared = Conflict.objects.filter(
            cycle=appeal.cycle_id,
            user=appeal.reviewer_id,
            unit__in=units,
            lifted_at=None,
            declared_at__lt=appeal.named_at,
        ).exists()
        if belongs or declared:
            yield Breach(f"scoring.Appeal {appeal.pk}", f"{appeal.code} {appeal.reviewer}")


@TABLE.invariant("appeal-decided", _("An appeal is decided exactly when all its points are."))
def half_decided(cycle_code: str) -> Iterator[Breach]:
    for appeal in _appeals(cycle_code):
        points = list(appeal.points.all())
        all_decided = bool(points) and all(point.second_at is not None for point in points)
        if (appeal.state == AppealState.DECIDED) != all_decided:
            yield Breach(f"scoring.Appeal {appeal.pk}", appeal.code)


@TABLE.invariant("point-signed", _("Two different persons signed every decided point, with a reason."))
def singly_signed(cycle_code: str) -> Iterator[Breach]:
    for point in _points(cycle_code):
        if point.second_at is None:
            continue
        if (
            not point.outcome
            or not point.reason
            or point.first_by_id is None
            or point.second_by_id in {None, point.first_by_id}
        ):
            yield Breach(f"scoring.AppealPoint {point.pk}", str(point))


@TABLE.invariant("point-own", _("A point is about the questioned unit of its own year."))
def foreign_points(cycle_code: str) -> Iterator[Breach]:
    for point in _points(cycle_code):
        about = point.appeal.about_id
        if (point.cell is not None and point.cell.membership.unit_id != about) or (
            point.adjustment is not None and point.adjustment.unit_id != about
        ):
            yield Breach(f"scoring.AppealPoint {point.pk}", str(point))


@TABLE.invariant(
    "point-corrected", _("An upheld point is corrected by one entry of the log, a kept one by none.")
)
def loose_corrections(cycle_code: str) -> Iterator[Breach]:
    for point in _points(cycle_code):
        wants = point.second_at is not None and point.outcome == Outcome.UPHELD
        if not wants and point.entry is None:
            continue
        entry = AuditEntry.objects.filter(number=point.entry).first() if point.entry is not None else None
        subject = str(point.cell_id or point.adjustment_id)
        fits = (
            wants
            and entry is not None
            and entry.act in CORRECTIONS
            and entry.object_id == subject
            and str(audit.details_of(entry).get("reason", "")).startswith(point.appeal.code)
        )
        if not fits:
            yield Breach(f"scoring.AppealPoint {point.pk}", str(point))


@TABLE.invariant("delivery-takes-part", _("Results are delivered to units that take part."))
def stray_deliveries(cycle_code: str) -> Iterator[Breach]:
    part = Membership.objects.filter(block__cycle__code=cycle_code).values("unit")
    for row in ResultDelivery.objects.filter(cycle__code=cycle_code).exclude(unit__in=part):
        yield Breach(f"scoring.ResultDelivery {row.pk}", str(row))
