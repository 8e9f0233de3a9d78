"""A hat: one role of one person, and what it is bound to.  Rights are those of the hat worn.

Which hat a browser wears is kept by units.middleware; what a hat may do is asked of units.permissions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from office.models import SystemRole
from office.refusal import Refused
from units.matrix import Role
from units.models import Conflict, Cycle, RoleAssignment, Team, Unit

if TYPE_CHECKING:
    from office.models import User


@dataclass(frozen=True)
class Hat:
    """`unit` is set for UO, UP and LA; `cycle_id` None means the hat fits every cycle."""

    user: User
    role: Role
    unit: Unit | None = None
    cycle_id: int | None = None
    key: str = field(default="", compare=False)
    label: str = field(default="", compare=False)

    @property
    def unit_id(self) -> int | None:
        return self.unit.pk if self.unit is not None else None

    @cached_property
    def _ties(self) -> list[tuple[int | None, int]]:
        """(cycle or None, unit) for every unit this person belongs to or has declared; one query."""
        roles = RoleAssignment.objects.filter(
            user=self.user, role__in=[Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD]
        ).values_list("cycle_id", "unit_id")
        declared = Conflict.objects.filter(user=self.user, lifted_at__isnull=True).values_list(
            "cycle_id", "unit_id"
        )
        return [(c, u) for c, u in roles.union(declared, all=True) if u is not None]

    def is_tied_to(self, unit_id: int, cycle_id: int) -> bool:
        """True when the person belongs to the unit or has declared a tie to it, whatever hat is worn."""
        return any(unit == unit_id and cycle in (None, cycle_id) for cycle, unit in self._ties)

    def tied_unit_ids(self, cycle_id: int) -> frozenset[int]:
        return frozenset(unit for cycle, unit in self._ties if cycle in (None, cycle_id))

    @cached_property
    def _team_units(self) -> list[tuple[int, int]]:
        return [
            (cycle, unit)
            for cycle, unit in Team.objects.filter(people=self.user).values_list("cycle_id", "units")
            if unit is not None
        ]

    def team_unit_ids(self, cycle_id: int) -> frozenset[int]:
        """The units this person's teams look at, without the units the person is tied to."""
        return frozenset(u for c, u in self._team_units if c == cycle_id) - self.tied_unit_ids(cycle_id)

    def fits(self, cycle: Cycle | None) -> bool:
        return self.cycle_id is None or cycle is None or self.cycle_id == cycle.pk


def hats_of(user: User) -> list[Hat]:
    """Every hat of an active person, in the order of the matrix, older ones first; a superuser has the office's."""
    if not user.is_authenticated or not user.is_active:
        return []
    hats = [
        Hat(
            user,
            Role(r.role),
            r.unit,
            r.cycle_id,
            key=str(r.pk),
            label=" · ".join(
                str(p) for p in (r.get_role_display(), r.unit and (r.unit.short_name or r.unit.name)) if p
            ),
        )
        for r in RoleAssignment.objects.filter(user=user).select_related("unit").order_by("pk")
    ]
    hats += [
        Hat(user, Role(s.kind), key=f"s{s.pk}", label=s.get_kind_display())
        for s in SystemRole.objects.filter(user=user).order_by("pk")
    ]
    if user.is_superuser and not any(h.role is Role.OFFICE for h in hats):
        hats.append(Hat(user, Role.OFFICE, key="su", label=_("appraisal office")))
    order = list(Role)
    return sorted(hats, key=lambda h: -order.index(h.role) if h.role is Role.OFFICE else order.index(h.role))


def hat_for(user: User, role: Role, cycle: Cycle | None = None, unit: Unit | None = None) -> Hat:
    """The person's hat of that role; raises Refused when there is none."""
    for hat in hats_of(user):
        if hat.role is role and hat.fits(cycle) and (unit is None or hat.unit_id == unit.pk):
            return hat
    raise Refused("no-such-hat", _("%(user)s does not hold this role.") % {"user": str(user)}, status=403)


def hat_that_may(user: User, row: str, cycle: Cycle | None = None) -> Hat:
    """For commands: the first hat of the person whose role the row does not deny, else the first hat at all.

    Raises Refused when the person has no role.
    """
    from units import permissions

    hats = [h for h in hats_of(user) if h.fits(cycle)]
    for hat in hats:
        if not permissions.grant_of(row, hat).is_denied:
            return hat
    if hats:
        return hats[0]
    raise Refused("no-role", _("%(user)s holds no role in this cycle.") % {"user": str(user)}, status=403)
