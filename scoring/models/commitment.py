"""What a unit promises its superior for the year, every round of examination, and its quarterly progress (§8(2)).

Whether a step may be taken is decided in scoring.actions.commitments and scoring.actions.progress.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.models.rules import SubItem
from units.models import Cycle, SignedForm, Unit

QUARTERS = (1, 2, 3, 4)


class CommitmentState(models.TextChoices):
    DRAFT = "draft", _("still being written")
    SUBMITTED = "submitted", _("signed, to be examined")
    RETURNED = "returned", _("returned")
    ACCEPTED = "accepted", _("accepted")


class Commitment(models.Model):
    """One unit's promises of one year (承诺).  `version` grows with every change, so that two editors meet."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="commitments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="commitments", verbose_name=_("unit"))
    state = models.CharField(
        _("state"), max_length=10, choices=CommitmentState.choices, default=CommitmentState.DRAFT
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed"))
    first_signed_at = models.DateTimeField(_("signed first on"), null=True, blank=True)

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["cycle", "unit__order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "unit"], name="one_commitment_per_unit_and_year")
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.cycle}"

    @property
    def is_open(self) -> bool:
        """True while the unit may write in it; a signed one waits for the office."""
        return self.state in {CommitmentState.DRAFT, CommitmentState.RETURNED}


class Goal(models.Model):
    """One promise: what, how it is measured, how much, until when, what it serves, what help it asks for."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="goals")
    order = models.PositiveIntegerField(_("order"), default=0)
    text = models.CharField(_("goal"), max_length=500)
    measure = models.CharField(_("measured by"), max_length=200)
    target = models.CharField(_("target"), max_length=100)
    due = models.DateField(_("due"))
    sub_item = models.ForeignKey(
        SubItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("serves the sub-item"),
    )
    support = models.CharField(_("support asked of the superior"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["commitment", "order", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class Verdict(models.TextChoices):
    OPEN = "", _("to be examined")
    ACCEPTED = "accepted", _("accepted")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("taken back")


class CommitmentRound(models.Model):
    """One signing with the goals as they were then, and what the office said to it; never changed afterwards."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField(_("round"))
    goals = models.JSONField(_("goals"), default=list)
    sha256 = models.CharField(_("digest"), max_length=64)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed by")
    )
    signed_at = models.DateTimeField(_("signed"))
    paper = models.ForeignKey(
        SignedForm, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("paper")
    )
    verdict = models.CharField(
        _("examined"), max_length=10, choices=Verdict.choices, default=Verdict.OPEN, blank=True
    )
    words = models.CharField(_("words"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("examined by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("examined at"), null=True, blank=True)

    class Meta:
        verbose_name = _("round of a commitment")
        verbose_name_plural = _("rounds of commitments")
        ordering = ["commitment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "number"], name="round_number_once_per_commitment")
        ]

    def __str__(self) -> str:
        return f"{self.commitment} № {self.number}"


class ReportTerm(models.Model):
    """Until when the progress of one quarter is reported; the office's to set."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="report_terms")
    quarter = models.PositiveSmallIntegerField(_("quarter"))
    due_on = models.DateField(_("due on"))

    class Meta:
        verbose_name = _("term of progress reports")
        verbose_name_plural = _("terms of progress reports")
        ordering = ["cycle", "quarter"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "quarter"], name="one_report_term_per_quarter"),
            models.CheckConstraint(
                condition=models.Q(quarter__gte=1, quarter__lte=4), name="report_term_quarter_is_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} Q{self.quarter}"


class ProgressReport(models.Model):
    """How far one unit's goals were at the end of one quarter (进展报告)."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="progress_reports")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="progress_reports", verbose_name=_("unit"))
    quarter = models.PositiveSmallIntegerField(_("quarter"))
    summary = models.TextField(_("in general"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written"))
    first_handed_in_at = models.DateTimeField(_("first handed in"), null=True, blank=True)
    handed_in_at = models.DateTimeField(_("handed in"), null=True, blank=True)

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["cycle", "unit__order", "quarter"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "unit", "quarter"], name="one_progress_report_per_unit_and_quarter"
            ),
            models.CheckConstraint(
                condition=models.Q(quarter__gte=1, quarter__lte=4), name="progress_report_quarter_is_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} Q{self.quarter}"


class ProgressLine(models.Model):
    """How far one goal is: per cent of what was promised, None while nobody said."""

    report = models.ForeignKey(ProgressReport, models.CASCADE, related_name="lines")
    goal = models.ForeignKey(Goal, models.RESTRICT, related_name="progress", verbose_name=_("goal"))
    percent = models.PositiveSmallIntegerField(_("fulfilled, per cent"), null=True, blank=True)
    words = models.CharField(_("words"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("progress of a goal")
        verbose_name_plural = _("progress of goals")
        ordering = ["report", "goal__order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["report", "goal"], name="one_progress_line_per_goal"),
            models.CheckConstraint(
                condition=models.Q(percent__isnull=True) | models.Q(percent__lte=100),
                name="progress_is_at_most_100_per_cent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal} {self.percent}"
