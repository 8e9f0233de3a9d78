"""Hears of plain saves of papers, tariff, vetoes and readings, and has the tallies counted anew.

Actions that write in bulk count by themselves; this catches admin, shell and fixtures' neighbours.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from bonuses.actions.tally import recount
from bonuses.models import Adjustment, AdjustmentState, BarState, Finding, Pool, TariffLine, Veto, VetoField
from units.models import Cycle, Membership, Reading

READINGS = frozenset({"R3", "R4", "R5a", "R5b", "R6", "R10"})


def _concerns(row: Model) -> tuple[Cycle, list[int] | None] | None:
    """The year and the units whose figures the row may have changed; None for nothing."""
    match row:
        case Adjustment():
            return row.membership.block.cycle, [row.unit_id]
        case Veto() | Finding():
            return row.cycle, [row.unit_id]
        case TariffLine() | Pool() | VetoField():
            return row.cycle, None
        case Reading() if row.code in READINGS:
            return row.cycle, None
        case Membership():
            return row.block.cycle, [row.unit_id]
    return None


def _may_matter(row: Model, created: bool) -> bool:
    """A fresh proposal changes no figure, so that entering papers costs no computation."""
    waits = {Adjustment: AdjustmentState.PROPOSED, Veto: BarState.PROPOSED, Finding: BarState.PROPOSED}
    state = waits.get(type(row))
    return not (created and state is not None and row.state == state)  # type: ignore[attr-defined]  # has one


def _row_changed(sender: type[Model], instance: Model, created: bool = False, **kwargs: Any) -> None:
    if kwargs.get("raw") or not _may_matter(instance, created):
        return
    found = _concerns(instance)
    if found is None:
        return
    cycle, units = found
    if not _holds_papers(cycle):
        return
    with transaction.atomic():
        recount(cycle, units)


def _holds_papers(cycle: Cycle) -> bool:
    """Setting a year up must not count what nobody has entered yet."""
    return (
        Adjustment.objects.filter(membership__block__cycle=cycle).exists()
        or Veto.objects.filter(cycle__host=cycle.host_id).exists()
        or Finding.objects.filter(cycle=cycle).exists()
    )


def connect() -> None:
    for model in (Adjustment, Veto, Finding, TariffLine, Pool, VetoField, Reading, Membership):
        post_save.connect(_row_changed, sender=model, dispatch_uid=f"tally-save-{model.__name__}")
        post_delete.connect(_row_changed, sender=model, dispatch_uid=f"tally-delete-{model.__name__}")
