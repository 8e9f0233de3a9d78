"""People's roles in a cycle, and the review teams.

What a role may do is in units.matrix.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from units.matrix import Role
from units.models.cycle import Cycle
from units.models.unit import Unit

ROLE_LABELS = {
    Role.OFFICIAL: _("unit official"),
    Role.PRINCIPAL: _("unit principal"),
    Role.LEAD: _("lead body's assessor"),
    Role.REVIEWER: _("team reviewer"),
    Role.OFFICE: _("appraisal office"),
    Role.LEADING_GROUP: _("leading group"),
    Role.CITY_LEADER: _("city leader"),
    Role.ORGANIZATION: _("organization department"),
    Role.SYSTEM: _("system administrator"),
    Role.SECURITY: _("security administrator"),
    Role.AUDITOR: _("auditor"),
}
CYCLE_ROLES = (
    Role.OFFICIAL,
    Role.PRINCIPAL,
    Role.LEAD,
    Role.REVIEWER,
    Role.OFFICE,
    Role.LEADING_GROUP,
    Role.CITY_LEADER,
    Role.ORGANIZATION,
)
BOUND_TO_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD})


class RoleAssignment(models.Model):
    """One hat of one person.  `cycle` empty means every cycle; `unit` only for UO, UP and LA."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="roles")
    role = models.CharField(_("role"), max_length=2, choices=[(str(r), ROLE_LABELS[r]) for r in CYCLE_ROLES])
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="people")
    cycle = models.ForeignKey(Cycle, models.CASCADE, null=True, blank=True, related_name="people")
    is_head = models.BooleanField(_("head of the leading group"), default=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(
                "user", "role", Coalesce("unit", 0), Coalesce("cycle", 0), name="same_role_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["UO", "UP", "LA"], unit__isnull=False)
                | (~models.Q(role__in=["UO", "UP", "LA"]) & models.Q(unit__isnull=True)),
                name="unit_roles_are_bound_to_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(str(part) for part in (self.user, self.get_role_display(), self.unit) if part)


class Team(models.Model):
    """A review team (考评组): its people and the units it looks at."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="teams")
    name = models.CharField(_("name"), max_length=60)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="teams", verbose_name=_("people")
    )
    units = models.ManyToManyField(Unit, blank=True, related_name="teams", verbose_name=_("units"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="team_name_once_per_cycle")]

    def __str__(self) -> str:
        return self.name


class Conflict(models.Model):
    """A person's declared tie to a unit; two of the leading group may lift it."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="conflicts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conflicts")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="conflicts")
    reason = models.CharField(_("reason"), max_length=300)
    declared_at = models.DateTimeField(_("declared"), auto_now_add=True)
    lift_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_reason = models.CharField(_("reason to lift it"), max_length=300, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        constraints = [
            models.UniqueConstraint(fields=["cycle", "user", "unit"], name="conflict_declared_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.unit}"
