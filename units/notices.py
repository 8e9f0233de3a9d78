"""Tells the people of a unit something by their inbox.

What is worth telling is decided by the action that calls; mail and reminders are elsewhere.
"""

from __future__ import annotations

from django.db.models import Q

from office.models import Notice
from units.matrix import Role
from units.models import Cycle, RoleAssignment

LONGEST = 300


def tell_unit(cycle: Cycle, unit_id: int, text: str, address: str = "") -> int:
    """One notice for each official and principal of the unit in that year; how many there were.  Two queries."""
    people = (
        RoleAssignment.objects.filter(unit_id=unit_id, role__in=[Role.OFFICIAL, Role.PRINCIPAL])
        .filter(Q(cycle=cycle) | Q(cycle=None))
        .filter(user__is_active=True)
        .values_list("user_id", flat=True)
        .distinct()
    )
    made = Notice.objects.bulk_create(
        [Notice(user_id=user, text=text[:LONGEST], address=address[:LONGEST]) for user in people]
    )
    return len(made)
