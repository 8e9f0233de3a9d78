"""What was done about findings of distortion (失真核查, §8(3)), and from where on a figure is worth a look.

Findings themselves are computed, never stored: scoring.distortion finds them anew whenever they are asked for.
"""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Cycle


def per_cent(label: object, default: int, most: int = 100) -> models.PositiveSmallIntegerField[int, int]:
    return models.PositiveSmallIntegerField(
        label,  # type: ignore[arg-type]  # a lazy text is one
        default=default,
        validators=[MinValueValidator(1), MaxValueValidator(most)],
    )


class DistortionLimits(models.Model):
    """Per cent from which on a finding is shown; a year without a row uses the shipped ones."""

    cycle = models.OneToOneField(Cycle, models.CASCADE, related_name="distortion_limits")
    above_ledger = per_cent(_("self above the ledgers, per cent of the base"), 10)
    above_lead = per_cent(_("self above the lead's score, per cent of the base"), 10)
    above_returns = per_cent(_("a claim above the return, per cent of the return"), 5)
    jump = per_cent(_("last period against the mean before, per cent"), 200, 2000)
    flat_full = per_cent(_("cells with full marks, per cent of a unit's cells"), 90)
    flat_lead = per_cent(_("range of a lead's scores, per cent of the base"), 1)

    class Meta:
        verbose_name = _("limits of distortion")
        verbose_name_plural = _("limits of distortion")

    def __str__(self) -> str:
        return str(self.cycle)


class Dismissal(models.Model):
    """One finding that was looked at: `seal` holds its figures then; when they move the finding is open again."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="dismissals")
    key = models.CharField(_("finding"), max_length=300)
    kind = models.CharField(_("kind"), max_length=30)
    about = models.CharField(_("about"), max_length=200)
    seal = models.TextField(_("figures"))
    is_seen = models.BooleanField(_("seen only"), default=False)  # without a reason, many at once
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("finding looked at")
        verbose_name_plural = _("findings looked at")
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "key"], name="finding_looked_at_once"),
            models.CheckConstraint(
                condition=models.Q(is_seen=True) | ~models.Q(reason=""), name="dismissal_needs_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.about
