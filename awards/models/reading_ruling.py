"""A decision about one reading of the plan on its way: who signed first, who second, or whose minutes (I06).

The reading in force is kept by units; what each alternative would change is computed in awards.readings.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Minuted, Reading


class ReadingRuling(Minuted):
    """One choice for one reading: open after the first signature, in force after the second."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the second person")
        DECIDED = "decided", _("decided")
        DROPPED = "dropped", _("withdrawn")

    reading = models.ForeignKey(Reading, models.CASCADE, related_name="rulings")
    choice = models.CharField(_("choice"), max_length=40)
    parameters = models.JSONField(_("figures"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_at = models.DateTimeField(_("first signature"), auto_now_add=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("second signature"), null=True, blank=True)
    effect = models.JSONField(_("what it changed"), default=list, blank=True)

    class Meta:
        verbose_name = _("ruling on a reading")
        verbose_name_plural = _("rulings on readings")
        ordering = ["reading", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reading"], condition=models.Q(state="open"), name="one_open_ruling_per_reading"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reading.code} → {self.choice}"
