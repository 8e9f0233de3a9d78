"""Self-assessment (自评): one unit's part of the year, what it adds to its own scores, and the receipts it was given.

The points themselves are scores of the kind `self`; which score counts is decided in scoring.engine.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from scoring.models.score import Cell
from units.models import Block, Cycle, SignedForm, Unit


class Assessment(models.Model):
    """What one unit hands in together: all its blocks that follow the year's calendar (`block` empty), or one
    track that keeps its own.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="assessments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assessments", verbose_name=_("unit"))
    block = models.ForeignKey(
        Block, models.CASCADE, null=True, blank=True, related_name="assessments", verbose_name=_("track")
    )
    returns = models.PositiveSmallIntegerField(_("times sent back"), default=0)
    return_reason = models.CharField(_("why it was sent back"), max_length=300, blank=True)
    saved_at = models.DateTimeField(_("last saved"), null=True, blank=True)

    class Meta:
        verbose_name = _("self-assessment")
        verbose_name_plural = _("self-assessments")
        ordering = ["cycle", "unit__order", "id"]
        constraints = [
            models.UniqueConstraint("cycle", "unit", Coalesce("block", 0), name="one_assessment_per_part")
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.block or ''}".strip()


class AssessmentLine(models.Model):
    """What a unit says of one cell besides its points: a note, or the wish that it is not involved (§3)."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="lines")
    cell = models.OneToOneField(Cell, models.CASCADE, related_name="own_line")
    note = models.CharField(_("note"), max_length=500, blank=True)
    wishes_not_involved = models.BooleanField(_("hardly involves us"), default=False)
    wish_reason = models.CharField(_("why"), max_length=300, blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("line of a self-assessment")
        verbose_name_plural = _("lines of self-assessments")
        ordering = ["assessment", "id"]

    def __str__(self) -> str:
        return str(self.cell)


class Receipt(models.Model):
    """A submission as it was made: number, moment, person, and the figures sealed by their digest.

    A withdrawn one stays; at most one of a part is in force.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="receipts")
    number = models.CharField(_("receipt number"), max_length=60, unique=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("submitted at"))
    content = models.TextField(_("content"))  # canonical JSON
    digest = models.CharField(_("digest"), max_length=64)
    form = models.ForeignKey(
        SignedForm, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("paper")
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("why withdrawn"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="one_receipt_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.number
