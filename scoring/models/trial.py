"""A variant of the what-if bench (模拟测算) kept by name: its steps alone, never a figure of the official run.

What the steps would give is computed anew whenever it is looked at (scoring.trial_queries).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Cycle


class TrialVariant(models.Model):
    """`steps` are the written forms of scoring.trial_steps, in their order."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="trial_variants")
    name = models.CharField(_("name"), max_length=60)
    steps = models.JSONField(_("changes"), default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved"), auto_now=True)

    class Meta:
        verbose_name = _("what-if variant")
        verbose_name_plural = _("what-if variants")
        ordering = ["cycle", "name"]
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="one_variant_of_a_name")]

    def __str__(self) -> str:
        return self.name
