"""The figures that stand (统计数据), by what a hat may read; nothing here writes."""

from __future__ import annotations

from django.db.models import QuerySet

from scoring.ledger_queries import may_read
from scoring.models import Ledger, LedgerKind, ReturnLine
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle


def returns_for(hat: Hat, cycle: Cycle) -> QuerySet[ReturnLine]:
    """The standing figures this hat may read (row C04): a unit its own, a lead what it reported, a team its units'."""
    lines = ReturnLine.objects.filter(version__current_of__cycle=cycle)
    if not may_read(hat, cycle):
        return lines.none()
    match hat.role:
        case Role.OFFICIAL | Role.PRINCIPAL if hat.unit_id is not None:
            return lines.filter(unit=hat.unit_id)
        case Role.LEAD if hat.unit_id is not None:
            return lines.filter(version__ledger__body=hat.unit_id).exclude(
                unit__in=hat.tied_unit_ids(cycle.pk)
            )
        case Role.OFFICIAL | Role.PRINCIPAL | Role.LEAD:
            return lines.none()
        case Role.REVIEWER:
            return lines.filter(unit__in=hat.team_unit_ids(cycle.pk))
    return lines


def with_names(lines: QuerySet[ReturnLine]) -> QuerySet[ReturnLine]:
    return lines.select_related("unit", "version__ledger__body").order_by(
        "version__ledger__body__order", "version__ledger__period", "figure", "unit__order", "pk"
    )


def places_of(hat: Hat, cycle: Cycle) -> QuerySet[Ledger]:
    """The sources and periods this hat may open whole."""
    rows = Ledger.objects.filter(cycle=cycle, kind=LedgerKind.RETURNS).select_related("body", "current__by")
    if not may_read(hat, cycle) or hat.role in {Role.OFFICIAL, Role.PRINCIPAL, Role.REVIEWER}:
        return rows.none()
    return rows.filter(body=hat.unit_id) if hat.role is Role.LEAD else rows
