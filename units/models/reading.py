"""The register of readings (口径登记): how the plan is read where it can be read two ways.

What each alternative would change is computed in awards.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models.cycle import Cycle


class ReadingManager(models.Manager["Reading"]):
    def get_by_natural_key(self, cycle_code: str, code: str) -> Reading:
        return self.get(cycle__code=cycle_code, code=code)


class Reading(models.Model):
    """One question with closed alternatives (units.readings) and the one in force.

    `parameters` carries figures an alternative needs, such as {"p": 4, "q": 6} for R9.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="readings")
    code = models.CharField(_("code"), max_length=8)
    choice = models.CharField(_("choice"), max_length=40)
    parameters = models.JSONField(_("figures"), default=dict, blank=True)
    question = models.CharField(_("question"), max_length=200, blank=True)  # the office's own questions
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects: ClassVar[ReadingManager] = ReadingManager()

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["cycle", "id"]
        constraints = [models.UniqueConstraint(fields=["cycle", "code"], name="reading_once_per_cycle")]

    def __str__(self) -> str:
        return f"{self.code} {self.choice}"

    def natural_key(self) -> tuple[str, str]:
        return (self.cycle.code, self.code)

    natural_key.dependencies = ["units.cycle"]  # type: ignore[attr-defined]  # read by the serializers
