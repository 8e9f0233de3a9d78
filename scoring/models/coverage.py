"""How far a unit carried the promises down to its villages, sections and people (§8(1)).

What may be filed when is decided in scoring.actions.coverage.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Cycle, Unit


class Below(models.TextChoices):
    """Who stands below a unit."""

    VILLAGES = "villages", _("villages and neighbourhoods")
    SECTIONS = "sections", _("sections, offices and teams")
    PERSONS = "persons", _("party members, cadres and other persons")


class CoverageReturn(models.Model):
    """One filing of the return (向下覆盖情况表) with its file as evidence; the highest number counts, earlier ones stay."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="coverage_returns")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="coverage_returns", verbose_name=_("unit"))
    number = models.PositiveIntegerField(_("filing"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("filed by")
    )
    filed_at = models.DateTimeField(_("filed"))

    class Meta:
        verbose_name = _("return of coverage")
        verbose_name_plural = _("returns of coverage")
        ordering = ["cycle", "unit__order", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "unit", "number"], name="coverage_number_once_per_unit_and_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} № {self.number}"


class CoverageLine(models.Model):
    """Of so many below the unit, so many have promised and so many were appraised."""

    coverage = models.ForeignKey(CoverageReturn, models.CASCADE, related_name="lines")
    below = models.CharField(_("who"), max_length=10, choices=Below.choices)
    due = models.PositiveIntegerField(_("there are"))
    committed = models.PositiveIntegerField(_("have promised"))
    appraised = models.PositiveIntegerField(_("were appraised"))

    class Meta:
        verbose_name = _("line of a return of coverage")
        verbose_name_plural = _("lines of returns of coverage")
        ordering = ["coverage", "id"]
        constraints = [
            models.UniqueConstraint(fields=["coverage", "below"], name="one_coverage_line_per_kind"),
            models.CheckConstraint(
                condition=models.Q(committed__lte=models.F("due"), appraised__lte=models.F("committed")),
                name="appraised_within_committed_within_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_below_display()} {self.appraised}/{self.committed}/{self.due}"
