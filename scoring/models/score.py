"""A cell: one membership, one sub-item, with up to four scores and their deductions (rulebook 3).

Which score counts is decided in scoring.engine.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from office.models import StoredFile
from scoring.models.rules import Indicator, SubItem
from units.models import Block, Membership, Unit


class Involvement(models.TextChoices):
    """Not involved (基本不涉及) as a state of the cell; only CONFIRMED counts, PROPOSED is missing."""

    NONE = "", _("involved")
    PROPOSED = "proposed", _("not involved, proposed")
    CONFIRMED = "confirmed", _("not involved")
    REJECTED = "rejected", _("not involved, rejected")


class MissingHow(models.TextChoices):
    """How the leading group lets a missing cell count (缺报处理)."""

    UNDECIDED = "", _("undecided")
    MEAN = "mean", _("mean of the others")
    ZERO = "zero", _("zero")


class Cell(models.Model):
    """`version` grows with every change, so that two editors meet (409) instead of overwriting."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="cells")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="cells")
    sub_item = models.ForeignKey(SubItem, models.CASCADE, related_name="cells")
    version = models.PositiveIntegerField(_("version"), default=0)
    involvement = models.CharField(
        _("involvement"), max_length=10, choices=Involvement.choices, default=Involvement.NONE, blank=True
    )
    involvement_reason = models.CharField(_("reason"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    involvement_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    missing_how = models.CharField(
        _("missing decided as"), max_length=4, choices=MissingHow.choices, default="", blank=True
    )
    missing_reason = models.CharField(_("why so decided"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("cell")
        verbose_name_plural = _("cells")
        constraints = [
            models.UniqueConstraint(fields=["membership", "sub_item"], name="one_cell_per_unit_and_sub_item")
        ]

    def __str__(self) -> str:
        return f"{self.membership.unit} · {self.sub_item}"


class ScoreKind(models.TextChoices):
    SELF = "self", _("self-assessment")
    LEAD = "lead", _("lead score")
    PRELIMINARY = "preliminary", _("preliminary score")
    ONSITE = "onsite", _("on-site score")


class Score(models.Model):
    """One stored number; when it has deduction lines it is their result."""

    cell = models.ForeignKey(Cell, models.CASCADE, related_name="scores")
    kind = models.CharField(_("kind"), max_length=12, choices=ScoreKind.choices)
    points = PointsField(_("points"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"))
    by_office = models.BooleanField(_("entered by the office"), default=False)
    on_behalf_of = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("on behalf of")
    )
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    batch = models.ForeignKey(
        "scoring.ImportBatch", models.SET_NULL, null=True, blank=True, related_name="scores"
    )

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [models.UniqueConstraint(fields=["cell", "kind"], name="one_score_per_kind")]

    def __str__(self) -> str:
        return f"{self.cell} {self.kind}"


class Deduction(models.Model):
    """One line that explains a score: points taken off, why, by what paper."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="deductions")
    indicator = models.ForeignKey(Indicator, models.PROTECT, null=True, blank=True, related_name="+")
    points = PointsField(_("points off"))
    reason = models.CharField(_("reason"), max_length=500)
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)
    on = models.DateField(_("on"), null=True, blank=True)

    class Meta:
        verbose_name = _("deduction")
        verbose_name_plural = _("deductions")
        ordering = ["score", "id"]

    def __str__(self) -> str:
        return self.reason[:60]
