"""Returned for supplement (退回补充): the team asks a unit for more about one cell; the unit answers.

Each return of a cell has its number, so that one sees how often it came back.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.models.score import Cell


class SupplementState(models.TextChoices):
    ASKED = "asked", _("waiting for the unit")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("settled")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_SUPPLEMENTS = (SupplementState.ASKED, SupplementState.ANSWERED)


class Supplement(models.Model):
    """`number` counts the returns of one cell from 1; `due_on` is open until 24:00."""

    cell = models.ForeignKey(Cell, models.CASCADE, related_name="supplements")
    number = models.PositiveSmallIntegerField(_("which return"))
    what = models.CharField(_("what is asked for"), max_length=500)
    due_on = models.DateField(_("until"))
    state = models.CharField(
        _("state"), max_length=10, choices=SupplementState.choices, default=SupplementState.ASKED
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    close_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("return for supplement")
        verbose_name_plural = _("returns for supplement")
        ordering = ["cell", "number"]
        constraints = [
            models.UniqueConstraint(fields=["cell", "number"], name="supplement_number_once_per_cell"),
            models.UniqueConstraint(
                fields=["cell"],
                condition=models.Q(state__in=["asked", "answered"]),
                name="one_open_supplement_per_cell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cell} #{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_SUPPLEMENTS
