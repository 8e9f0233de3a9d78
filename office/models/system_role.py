"""Roles that stand outside every cycle: system, security and audit administrators.

Roles within a cycle live in units.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SystemRoleKind(models.TextChoices):
    SYSTEM = "SA", _("system administrator")
    SECURITY = "SE", _("security administrator")
    AUDITOR = "AU", _("auditor")


class SystemRole(models.Model):
    """One person's role over the system; the three are three persons without other roles."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="system_roles")
    kind = models.CharField(_("role"), max_length=2, choices=SystemRoleKind.choices)

    class Meta:
        verbose_name = _("system role")
        verbose_name_plural = _("system roles")
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_system_role_per_person")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_kind_display()}"
