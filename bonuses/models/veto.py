"""What takes eligibility away from a unit: vetoes, yellow cards, misconduct (§6(6), §8(4)).

None of it enters a number; what follows is in bonuses.policy and in the tally's `is_barred`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bonuses.models.document import Document
from units.models import Cycle, Unit


class VetoLevel(models.TextChoices):
    VETO = "否决", _("veto")
    YELLOW_CARD = "黄牌警告", _("yellow-card warning")


class BarState(models.TextChoices):
    PROPOSED = "proposed", _("waiting for the leading group")
    CONFIRMED = "confirmed", _("in force")
    REJECTED = "rejected", _("rejected")
    LIFTED = "lifted", _("lifted")


class VetoField(models.Model):
    """What a veto in one field takes away; without a row the reading R6 speaks."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="veto_fields")
    name = models.CharField(_("field"), max_length=40)
    bars_comprehensive = models.BooleanField(_("bars comprehensive awards"), default=True)
    bars_single = models.BooleanField(_("bars single awards"), default=True)
    bars_individual = models.BooleanField(_("bars individual awards"), default=False)
    years = models.PositiveSmallIntegerField(_("years"), default=1)

    class Meta:
        verbose_name = _("field of veto")
        verbose_name_plural = _("fields of veto")
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="veto_field_once")]

    def __str__(self) -> str:
        return self.name


class Bar(models.Model):
    """What a veto and a finding have in common: a unit, a paper, two persons, a way out."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="%(class)ss")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="%(class)ss")
    state = models.CharField(_("state"), max_length=10, choices=BarState.choices, default=BarState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("rejected or lifted at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a rejection or lifting
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Veto(Bar):
    """一票否决, or 黄牌警告 which only shows."""

    field = models.CharField(_("field"), max_length=40)
    level = models.CharField(_("level"), max_length=4, choices=VetoLevel.choices)
    deciding_body = models.CharField(_("deciding body"), max_length=80)
    document = models.ForeignKey(Document, models.PROTECT, related_name="vetoes")
    on = models.DateField(_("date"))

    class Meta(Bar.Meta):
        abstract = False
        verbose_name = _("veto")
        verbose_name_plural = _("vetoes")
        ordering = ["cycle", "unit__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "unit", "field"],
                condition=models.Q(state__in=["proposed", "confirmed"]),
                name="one_paper_vetoes_a_field_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.field} {self.level}"


class Finding(Bar):
    """弄虚作假 of a unit: it may not be named advanced, its principal's responsibility is recorded."""

    what = models.TextField(_("what was found"))
    responsibility = models.CharField(_("the principal's responsibility"), max_length=300)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="findings", verbose_name=_("paper")
    )
    on = models.DateField(_("date"))

    class Meta(Bar.Meta):
        abstract = False
        verbose_name = _("finding of misconduct")
        verbose_name_plural = _("findings of misconduct")
        ordering = ["cycle", "unit__order", "id"]

    def __str__(self) -> str:
        return f"{self.unit} {self.on}"
