"""What the leading group decided in a meeting and the office entered from the signed minutes (E14, §6(9)).

What a decision brings about is told by its deed (units.group_decisions); its signed sheet is a SignedForm.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models import StoredFile
from units.models.cycle import Cycle


class Minuted(models.Model):
    """The meeting behind a decision: when, who led it, who was there, the signed scan; empty for one on screen."""

    met_on = models.DateField(_("meeting of"), null=True, blank=True)
    chair = models.CharField(_("chair"), max_length=60, blank=True)
    present = models.CharField(_("present"), max_length=500, blank=True)
    minutes = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("minutes")
    )

    class Meta:
        abstract = True


class GroupDecision(Minuted):
    """One decision about one thing: open until a second person compared it with the scan, then in force."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the second person")
        IN_FORCE = "in-force", _("in force")
        DROPPED = "dropped", _("withdrawn")

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="group_decisions")
    deed = models.CharField(_("what is decided"), max_length=30)
    about_id = models.PositiveBigIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    answer: models.JSONField[Any, Any] = models.JSONField(_("decision"), default=dict, blank=True)
    facts: models.JSONField[Any, Any] = models.JSONField(_("facts as printed"), default=list, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("compared by"),
    )
    compared_at = models.DateTimeField(_("compared at"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision from minutes")
        verbose_name_plural = _("decisions from minutes")
        ordering = ["cycle", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "deed", "about_id"],
                condition=models.Q(state="open"),
                name="one_open_decision_about_a_thing",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="in-force")
                | models.Q(
                    met_on__isnull=False,
                    minutes__isnull=False,
                    compared_by__isnull=False,
                    compared_at__isnull=False,
                )
                & ~models.Q(chair="")
                & ~models.Q(present="")
                & ~models.Q(compared_by=models.F("entered_by")),
                name="decision_typed_and_compared_by_two",
            ),
        ]

    def __str__(self) -> str:
        return self.title
