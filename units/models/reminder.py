"""Who was reminded of what, and who was called about it: so that nobody is told twice a day and nothing is forgotten.

What is owed is told by the apps; the notices themselves lie in office.Notice.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models.cycle import Cycle
from units.models.unit import Unit


class Why(models.TextChoices):
    THREE_DAYS = "3-days", _("three days before")
    ONE_DAY = "1-day", _("the day before")
    OVERDUE = "overdue", _("overdue")
    BY_HAND = "by-hand", _("by hand")


class Reminder(models.Model):
    """One unit was reminded of one task on one day; the mails are sent afterwards and noted in `mailed_at`."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="reminders", verbose_name=_("year"))
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="reminders", verbose_name=_("unit"))
    task = models.CharField(_("task"), max_length=60)
    label = models.CharField(_("task in words"), max_length=120)
    owner = models.CharField(_("owner"), max_length=4)
    why = models.CharField(_("why"), max_length=8, choices=Why.choices)
    day = models.DateField(_("day"))
    due = models.DateTimeField(_("due"), null=True, blank=True)
    text = models.CharField(_("text"), max_length=300)
    told = models.PositiveSmallIntegerField(_("people told"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "unit", "task", "why", "day"], name="one_reminder_of_a_kind_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.label}"


class CallNote(models.Model):
    """One call about one task: who answered, when; from the second on it is the superior leader who is called."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="calls", verbose_name=_("year"))
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="calls", verbose_name=_("unit"))
    task = models.CharField(_("task"), max_length=60)
    label = models.CharField(_("task in words"), max_length=120)
    number = models.PositiveSmallIntegerField(_("call number"))
    answered_by = models.CharField(_("answered by"), max_length=60)
    to_superior = models.BooleanField(_("to the superior leader"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("called by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("phone note")
        verbose_name_plural = _("phone notes")
        ordering = ["-id"]
        constraints = [
            # Two who note the same call at once, or a browser that sends twice, make one note.
            models.UniqueConstraint(fields=["cycle", "unit", "task", "number"], name="one_note_of_a_call"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.label} · {self.number}"
