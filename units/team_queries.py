"""What pages ask about review teams and declared ties: who looks at what, and where nobody may.

Nothing here writes; who may read an answer is checked by the caller's row of the matrix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from office.models import User
from units.lacks import Lack
from units.matrix import Role
from units.models import Conflict, Cycle, RoleAssignment, Team, Unit

SIGNATURES = 2  # persons who sign a visit
AT_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class TeamSight:
    """One team as the page shows it; `ties` are (person, unit) pairs of it that may not meet."""

    team: Team
    people: tuple[User, ...]
    units: tuple[Unit, ...]
    ties: tuple[tuple[User, Unit], ...]

    def reviewers_of(self, unit_id: int) -> list[User]:
        """Those of the team who may look at the unit."""
        tied = {person.pk for person, unit in self.ties if unit.pk == unit_id}
        return [person for person in self.people if person.pk not in tied]


def ties_of(cycle: Cycle) -> frozenset[tuple[int, int]]:
    """(person, unit) of everybody who belongs to a unit or has declared a tie to it.  Two queries."""
    roles = RoleAssignment.objects.filter(
        Q(cycle=cycle) | Q(cycle__isnull=True), role__in=[Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD]
    ).values_list("user_id", "unit_id")
    declared = Conflict.objects.filter(cycle=cycle, lifted_at__isnull=True).values_list("user_id", "unit_id")
    return frozenset((user, unit) for user, unit in (*roles, *declared) if unit is not None)


def teams_of(cycle: Cycle, of_person: int | None = None) -> list[TeamSight]:
    """The year's teams by name, or those one person is in.  Five queries."""
    rows = Team.objects.filter(cycle=cycle)
    if of_person is not None:
        rows = rows.filter(people=of_person)
    ties = ties_of(cycle)
    found = []
    for team in rows.order_by("pk").prefetch_related("people", "units"):
        people = tuple(sorted(team.people.all(), key=lambda person: person.username))
        units = tuple(sorted(team.units.all(), key=lambda unit: (unit.order, unit.pk)))
        clashes = tuple((p, u) for p in people for u in units if (p.pk, u.pk) in ties)
        found.append(TeamSight(team, people, units, clashes))
    return found


def units_without_team(cycle: Cycle) -> list[Unit]:
    """Units that take part and that no team looks at.  One query."""
    looked_at = Team.units.through.objects.filter(team__cycle=cycle).values("unit_id")
    return list(
        Unit.objects.filter(memberships__block__cycle=cycle)
        .exclude(pk__in=looked_at)
        .distinct()
        .order_by("order", "pk")
    )


def short_of_reviewers(teams: Iterable[TeamSight]) -> dict[Unit, int]:
    """Unit → how many persons may look at it, where these are fewer than a visit needs to be signed."""
    by_unit: dict[int, set[int]] = defaultdict(set)
    units: dict[int, Unit] = {}
    for sight in teams:
        for unit in sight.units:
            units[unit.pk] = unit
            by_unit[unit.pk] |= {person.pk for person in sight.reviewers_of(unit.pk)}
    return {units[pk]: len(people) for pk, people in by_unit.items() if len(people) < SIGNATURES}


def team_by_unit(cycle: Cycle) -> Mapping[int, str]:
    """Unit → the names of its teams.  One query."""
    names: dict[int, list[str]] = defaultdict(list)
    rows = Team.units.through.objects.filter(team__cycle=cycle).order_by("team_id")
    for unit, name in rows.values_list("unit_id", "team__name"):
        names[unit].append(name)
    return {unit: "、".join(of) for unit, of in names.items()}


def reviewers(cycle: Cycle) -> QuerySet[User]:
    """Everybody who holds the reviewer's role in the year."""
    return (
        User.objects.filter(
            Q(roles__cycle=cycle) | Q(roles__cycle__isnull=True),
            roles__role=Role.REVIEWER,
            is_active=True,
        )
        .distinct()
        .order_by("username")
    )


def conflicts_of(cycle: Cycle) -> QuerySet[Conflict]:
    """Every declared tie of the year, those in force first."""
    return (
        Conflict.objects.filter(cycle=cycle)
        .select_related("user", "unit", "lift_proposed_by", "lifted_by")
        .order_by("lifted_at", "-declared_at", "-pk")
    )


def team_lacks(cycle: Cycle) -> list[Lack]:
    """Units nobody looks at, and units where ties leave fewer than two persons to sign.  Seven queries."""
    found = []
    alone = [unit.name for unit in units_without_team(cycle)]
    if alone:
        found.append(
            Lack(
                "no-team",
                ngettext(
                    "%(count)d unit is in no team, so nobody reviews it.",
                    "%(count)d units are in no team, so nobody reviews them.",
                    len(alone),
                )
                % {"count": len(alone)},
                _named(alone),
                route="teams",
            )
        )
    short = [unit.name for unit in short_of_reviewers(teams_of(cycle))]
    if short:
        found.append(
            Lack(
                "few-reviewers",
                ngettext(
                    "%(count)d unit has fewer than two reviewers without a tie to it; a visit could not be signed.",
                    "%(count)d units have fewer than two reviewers without a tie to them; a visit could not be signed.",
                    len(short),
                )
                % {"count": len(short)},
                _named(short),
                route="teams",
            )
        )
    return found


def _named(names: list[str]) -> tuple[str, ...]:
    if len(names) <= AT_MOST_NAMED:
        return tuple(names)
    return (*names[:AT_MOST_NAMED], _("%(count)d more") % {"count": len(names) - AT_MOST_NAMED})
