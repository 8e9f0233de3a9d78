"""One appraisal of one year: its figures, stage, windows, reopenings and signed lacks.

Who takes part is in block.py; what is measured belongs to scoring.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from units.models.unit import Unit
from units.stages import Stage

STAGE_LABELS = {
    Stage.SET_UP: _("set-up"),
    Stage.COMMITMENT: _("commitment"),
    Stage.MONITORING: _("monitoring"),
    Stage.SELF_ASSESSMENT: _("self-assessment"),
    Stage.PRELIMINARY_REVIEW: _("preliminary review"),
    Stage.ONSITE_REVIEW: _("on-site review"),
    Stage.HEARING: _("hearing"),
    Stage.RESULTS: _("results"),
    Stage.APPROVAL: _("approval"),
    Stage.PUBLISHED: _("published"),
    Stage.FILED: _("filed"),
}
STAGE_CHOICES = [(str(stage), STAGE_LABELS[stage]) for stage in Stage]


class Rounding(models.TextChoices):
    EACH_ITEM = "each-item", _("each item")
    TOTAL_ONLY = "total-only", _("total only")


class CycleManager(models.Manager["Cycle"]):
    def get_by_natural_key(self, code: str) -> Cycle:
        return self.get(code=code)


class Cycle(models.Model):
    """An appraisal year (考评年度) of one host.  `places` is frozen once a score exists."""

    code = models.SlugField(_("code"), max_length=40, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    year = models.PositiveIntegerField(_("year"))
    host = models.ForeignKey(Unit, models.PROTECT, related_name="hosted_cycles", verbose_name=_("host"))
    units = models.ManyToManyField(Unit, related_name="cycles", blank=True, verbose_name=_("units"))
    places = models.PositiveSmallIntegerField(
        _("decimal places"), default=2, validators=[MaxValueValidator(4)]
    )
    rounding = models.CharField(
        _("rounding"), max_length=10, choices=Rounding.choices, default=Rounding.EACH_ITEM
    )
    total_weight = PointsField(_("total weight"), default=Decimal(1000))
    stage = models.CharField(_("stage"), max_length=20, choices=STAGE_CHOICES, default=Stage.SET_UP)
    paper_required = models.BooleanField(_("a deduction needs its paper"), default=False)
    is_demo = models.BooleanField(_("fictional"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[CycleManager] = CycleManager()

    class Meta:
        verbose_name = _("appraisal year")
        verbose_name_plural = _("appraisal years")
        ordering = ["-year", "code"]

    def __str__(self) -> str:
        return self.code

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    natural_key.dependencies = ["units.unit"]  # type: ignore[attr-defined]  # read by the serializers

    @property
    def stage_now(self) -> Stage:
        return Stage(self.stage)


class StageWindow(models.Model):
    """When a stage is open; `block` set only for a track with its own calendar (§3)."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="windows")
    block = models.ForeignKey("units.Block", models.CASCADE, null=True, blank=True, related_name="windows")
    stage = models.CharField(_("stage"), max_length=20, choices=STAGE_CHOICES)
    opens_on = models.DateField(_("opens on"))
    closes_on = models.DateField(_("closes on"))
    cut_off = models.TimeField(_("cut-off hour"), null=True, blank=True)

    class Meta:
        verbose_name = _("stage window")
        verbose_name_plural = _("stage windows")
        ordering = ["opens_on"]
        constraints = [
            models.UniqueConstraint("cycle", Coalesce("block", 0), "stage", name="one_window_per_stage"),
            models.CheckConstraint(
                condition=models.Q(closes_on__gte=models.F("opens_on")), name="window_ends_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} {self.stage}"


class Reopening(models.Model):
    """A stage's work opened again for one unit, or for all (unit empty), until an instant."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="reopenings")
    stage = models.CharField(_("stage"), max_length=20, choices=STAGE_CHOICES)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="+")
    until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("reopening")
        verbose_name_plural = _("reopenings")

    def __str__(self) -> str:
        return f"{self.unit or '*'} {self.stage}"


class SignedLack(models.Model):
    """Something that was not ready when the cycle moved on, signed away with a reason.

    `block` is set when it was a track with its own calendar that moved.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="signed_lacks")
    block = models.ForeignKey("units.Block", models.CASCADE, null=True, blank=True, related_name="+")
    stage = models.CharField(_("stage left"), max_length=20, choices=STAGE_CHOICES)
    code = models.CharField(_("code"), max_length=60)
    sentence = models.TextField(_("what was lacking"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("signed lack")
        verbose_name_plural = _("signed lacks")

    def __str__(self) -> str:
        return self.sentence[:60]


class CalendarDay(models.Model):
    """A day that differs from Monday-to-Friday: a holiday, or a 调休 working day."""

    day = models.DateField(_("day"), unique=True)
    is_working = models.BooleanField(_("working day"))
    note = models.CharField(_("note"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)
