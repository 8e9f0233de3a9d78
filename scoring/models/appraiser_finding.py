"""Misconduct of a person who appraises (弄虚作假, §8(4)): recorded against the person, every score put up for re-check.

Misconduct of a unit is kept by bonuses; here no unit loses anything by itself.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from office.models import StoredFile
from scoring.models.score import Cell, ScoreKind
from units.models import Cycle


class FindingState(models.TextChoices):
    PROPOSED = "proposed", _("waiting for the leading group")
    CONFIRMED = "confirmed", _("in force")
    REJECTED = "rejected", _("rejected")
    LIFTED = "lifted", _("lifted")


class AppraiserFinding(models.Model):
    """Entered by one, confirmed by another of the leading group (F06); never by the person it is about."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="appraiser_findings")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    what = models.TextField(_("what was found"))
    on = models.DateField(_("date"))
    paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=FindingState.choices, default=FindingState.PROPOSED
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a rejection or lifting

    class Meta:
        verbose_name = _("misconduct of an appraiser")
        verbose_name_plural = _("misconduct of appraisers")
        ordering = ["cycle", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "person"],
                condition=models.Q(state__in=["proposed", "confirmed"]),
                name="one_open_finding_per_appraiser",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.on}"


class ScoreRecheck(models.Model):
    """One score the person gave, as it stood when the finding came into force."""

    finding = models.ForeignKey(AppraiserFinding, models.CASCADE, related_name="rechecks")
    cell = models.ForeignKey(Cell, models.CASCADE, related_name="score_rechecks")
    kind = models.CharField(_("kind"), max_length=12, choices=ScoreKind.choices)
    points = PointsField(_("points"))
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("score to re-check")
        verbose_name_plural = _("scores to re-check")
        ordering = ["finding", "id"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "cell", "kind"], name="one_recheck_per_score")
        ]

    def __str__(self) -> str:
        return f"{self.cell} {self.kind}"
