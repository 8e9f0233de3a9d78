"""Quarterly ledgers and statistical returns: what a body reports, as versions that stay readable (§6(3)).

How workbooks become versions is in scoring.actions.ledgers; what the lines add up to in scoring.ledger_queries.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from scoring.models.imports import ImportBatch
from scoring.models.rules import Indicator, SubItem
from units.models import Cycle, Membership, Unit

QUARTERS = (1, 2, 3, 4)


class LedgerKind(models.TextChoices):
    LEDGER = "ledger", _("quarterly ledger")
    RETURNS = "returns", _("statistical returns")


class LedgerPart(models.TextChoices):
    """A body's own lines, and the office's lines about that body's own unit, which it may not write itself."""

    OWN = "own", _("the body's own lines")
    OFFICE = "office", _("the office's lines about the body's own unit")


class Ledger(models.Model):
    """One body, one period, one part.  `current` is the version that counts; None: nothing counts.

    `period` is Q1 to Q4 for a ledger; a month 2012-03, a quarter 2012-Q1 or the year 2012 for returns.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="ledgers")
    kind = models.CharField(_("kind"), max_length=8, choices=LedgerKind.choices)
    body = models.ForeignKey(Unit, models.RESTRICT, related_name="ledgers", verbose_name=_("lead"))
    period = models.CharField(_("period"), max_length=10)
    part = models.CharField(_("part"), max_length=6, choices=LedgerPart.choices, default=LedgerPart.OWN)
    current = models.OneToOneField(
        "scoring.LedgerVersion", models.RESTRICT, null=True, blank=True, related_name="current_of"
    )

    class Meta:
        verbose_name = _("ledger")
        verbose_name_plural = _("ledgers")
        ordering = ["cycle", "kind", "body__order", "body", "period", "part"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind", "body", "period", "part"], name="one_ledger_per_body_and_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.body} {self.period}"

    @property
    def quarter(self) -> int:
        """1 to 4 of a quarterly ledger."""
        return int(self.period.removeprefix("Q"))


class VersionState(models.TextChoices):
    WRITING = "writing", _("being written")
    STANDING = "standing", _("taken in")
    VOID = "void", _("void")


class LedgerVersion(models.Model):
    """The whole of a ledger at one time.  Its lines never change; a correction makes the next version.

    While it is being written it has no number and nobody reads it.
    """

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"), null=True)
    state = models.CharField(
        _("state"), max_length=8, choices=VersionState.choices, default=VersionState.WRITING
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    by_office = models.BooleanField(_("entered by the office"), default=False)
    at = models.DateTimeField(_("at"))
    batch = models.ForeignKey(
        ImportBatch, models.RESTRICT, null=True, blank=True, related_name="versions", verbose_name=_("import")
    )
    others_clean = models.BooleanField(_("units not listed have no deduction"), default=False)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    points = PointsField(_("points off"), default=0)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    void_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("version of a ledger")
        verbose_name_plural = _("versions of ledgers")
        ordering = ["ledger", "-number", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ledger", "number"], name="version_number_once_per_ledger")
        ]

    def __str__(self) -> str:
        return f"{self.ledger} v{self.number or '—'}"


class LedgerLine(models.Model):
    """One line of a quarter: what a unit lost on a sub-item and why, and figures beside it (rulebook 3).

    `thread` is the same for one line through all versions. 0 points: looked at, nothing taken off.
    """

    version = models.ForeignKey(LedgerVersion, models.CASCADE, related_name="lines")
    thread = models.UUIDField(default=uuid.uuid4, editable=False)
    position = models.PositiveIntegerField(_("order"), default=0)
    membership = models.ForeignKey(Membership, models.RESTRICT, related_name="ledger_lines")
    sub_item = models.ForeignKey(SubItem, models.RESTRICT, related_name="ledger_lines")
    indicator = models.ForeignKey(Indicator, models.RESTRICT, null=True, blank=True, related_name="+")
    points = PointsField(_("points off"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    basis = models.CharField(_("evidence"), max_length=200, blank=True)
    on = models.DateField(_("on"), null=True, blank=True)
    figure = models.CharField(_("figure"), max_length=100, blank=True)
    measure = models.CharField(_("unit of measure"), max_length=20, blank=True)
    target = PointsField(_("target of the year"), null=True, blank=True)
    done = PointsField(_("done this quarter"), null=True, blank=True)
    done_total = PointsField(_("done so far"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a ledger")
        verbose_name_plural = _("lines of ledgers")
        ordering = ["version", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "thread"], name="thread_once_per_version"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="ledger_points_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.membership} {self.sub_item} {self.points}"


class ReturnLine(models.Model):
    """One figure a body reports about a unit for a period (统计数据)."""

    version = models.ForeignKey(LedgerVersion, models.CASCADE, related_name="returns")
    position = models.PositiveIntegerField(_("order"), default=0)
    unit = models.ForeignKey(Unit, models.RESTRICT, related_name="returns", verbose_name=_("unit"))
    figure = models.CharField(_("figure"), max_length=100)
    value = PointsField(_("value"))
    measure = models.CharField(_("unit of measure"), max_length=20)

    class Meta:
        verbose_name = _("statistical return")
        verbose_name_plural = _("statistical returns")
        ordering = ["version", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "unit", "figure"], name="figure_once_per_unit")
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.figure} {self.value}{self.measure}"


class LineThread(models.Model):
    """What stays of a line through all versions, so that evidence can lie beside it; made with the first file."""

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="threads")
    thread = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("line with evidence")
        verbose_name_plural = _("lines with evidence")
        ordering = ["ledger", "id"]

    def __str__(self) -> str:
        return f"{self.ledger} {self.thread.hex[:8]}"


class QuarterDue(models.Model):
    """Until when the ledgers of a quarter are to be in."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="quarters_due")
    quarter = models.PositiveSmallIntegerField(
        _("quarter"), validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    due_on = models.DateField(_("due on"))
    cut_off = models.TimeField(_("cut-off hour"), null=True, blank=True)

    class Meta:
        verbose_name = _("day a quarter's ledgers are due")
        verbose_name_plural = _("days the ledgers are due")
        ordering = ["cycle", "quarter"]
        constraints = [models.UniqueConstraint(fields=["cycle", "quarter"], name="one_due_day_per_quarter")]

    def __str__(self) -> str:
        return f"{self.cycle} Q{self.quarter}"
