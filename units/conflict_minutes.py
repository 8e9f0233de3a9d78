"""Lifting a declared tie as a decision entered from the minutes of the leading group (E07).

What it needs and does is in units.actions.conflicts.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from units.actions import conflicts
from units.actions.signing import Minutes
from units.group_decisions import Deed, Matter, register
from units.hats import Hat
from units.models import Conflict, Cycle, GroupDecision
from units.paper_forms import Way, nothing_here

LIFT = "conflict-lift"


def matter(cycle: Cycle, about_id: int) -> Matter:
    row = Conflict.objects.filter(cycle=cycle, pk=about_id).select_related("user", "unit").first()
    if row is None:
        raise nothing_here()
    if row.lifted_at is not None:
        raise conflicts.lifted_already(row)
    return Matter(
        title=_("Lift the tie of %(person)s to %(unit)s") % {"person": str(row.user), "unit": row.unit.name},
        facts=(("申报人", str(row.user)), ("单位", row.unit.name), ("申报事由", row.reason)),
        back=Way("teams"),
        units=frozenset({row.unit_id}),
        barred=frozenset({row.user_id}),
    )


def perform(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    conflicts.lift_from_minutes(
        by=hat,
        cycle=decision.cycle,
        conflict_id=decision.about_id,
        reason=decision.reason,
        minutes=minutes,
    )


def connect() -> None:
    register(
        Deed(
            key=LIFT,
            row=conflicts.ROW,
            label=gettext_lazy("lift a declared tie"),
            matter=matter,
            perform=perform,
        )
    )
