"""On-site review (实地考评): a team goes to a unit on a day, looks at some cells, and two of it sign.

What a line says counts from the second signature on, or from the compared scan of the signed sheet; until then it is a draft beside the stored scores.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from office.models import StoredFile
from scoring.models.score import Cell
from units.models import Cycle, Team, Unit


class VisitState(models.TextChoices):
    PLANNED = "planned", _("planned")
    SIGNED_ONCE = "signed-once", _("signed by one")
    SIGNED = "signed", _("signed by two")
    CANCELLED = "cancelled", _("cancelled")


OPEN_VISITS = (VisitState.PLANNED, VisitState.SIGNED_ONCE)


class Visit(models.Model):
    """`version` grows with every change, so that a signature is given to what was read."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="visits")
    team = models.ForeignKey(Team, models.PROTECT, related_name="visits", verbose_name=_("team"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="visits", verbose_name=_("unit"))
    on = models.DateField(_("day"))
    note = models.CharField(_("what to look at"), max_length=300, blank=True)
    met = models.CharField(_("who of the unit was there"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=VisitState.choices, default=VisitState.PLANNED
    )
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(_("planned at"), auto_now_add=True)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_at = models.DateTimeField(_("first signature"), null=True, blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("second signature"), null=True, blank=True)
    paper = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed sheet")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of cancelling or reopening
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["cycle", "on", "id"]

    def __str__(self) -> str:
        return f"{self.unit} {self.on:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_VISITS


class VisitLine(models.Model):
    """One cell looked at: what was found and, where it may be scored, how many points."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="lines")
    cell = models.ForeignKey(Cell, models.CASCADE, related_name="visit_lines")
    finding = models.TextField(_("what was found"), blank=True)
    points = PointsField(_("points"), null=True, blank=True)
    reason = models.CharField(_("why the score changes"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a visit")
        verbose_name_plural = _("lines of visits")
        ordering = ["visit", "cell__sub_item__item__order", "cell__sub_item__order", "id"]
        constraints = [models.UniqueConstraint(fields=["visit", "cell"], name="cell_once_per_visit")]

    def __str__(self) -> str:
        return f"{self.visit} · {self.cell.sub_item}"
