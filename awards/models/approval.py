"""Frozen drafts, what the leading group said at the hearing, and the approval of exactly one draft (§6(8)).

What a draft is made of is in awards.content; sealed editions are in edition.py.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.edition import short_code
from units.models import Cycle, Minuted


class Purpose(models.TextChoices):
    HEARING = "hearing", _("for the hearing")
    APPROVAL = "approval", _("for approval")
    CORRECTION = "correction", _("for a correction")


class Draft(models.Model):
    """A result as it stood at one moment, never changed; `scope` '' is the comprehensive blocks, else a track.

    `digest` names the content; `inputs_digest` what it rests on, so that a later change is noticed.
    """

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="drafts")
    scope = models.CharField(_("scope"), max_length=60, blank=True)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    content = models.TextField(_("content"))
    digest = models.CharField(_("digest"), max_length=64)
    inputs_digest = models.CharField(_("digest of the inputs"), max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    void_reason = models.CharField(_("voided because"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("frozen draft")
        verbose_name_plural = _("frozen drafts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "scope"],
                condition=models.Q(purpose="approval", voided_at__isnull=True),
                name="one_draft_awaits_approval",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cycle} {self.scope} {self.code}".replace("  ", " ")

    @property
    def code(self) -> str:
        return short_code(self.digest)


class Hearing(models.Model):
    """What the leading group decided about the first result (初审): released, or returned with a reason."""

    draft = models.OneToOneField(Draft, models.PROTECT, related_name="hearing")
    is_released = models.BooleanField(_("released"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("hearing")
        verbose_name_plural = _("hearings")

    def __str__(self) -> str:
        return str(self.draft)


class Way(models.TextChoices):
    SCREEN = "screen", _("two members on screen")
    MINUTES = "minutes", _("the meeting's record")


class Approval(Minuted):
    """审定 of one draft by two persons; in force once the second has signed.

    On screen both are of the leading group; from the minutes both are of the office: who entered, who compared.
    """

    draft = models.OneToOneField(Draft, models.PROTECT, related_name="approval")
    way = models.CharField(_("way"), max_length=8, choices=Way.choices)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_at = models.DateTimeField(_("first signed"))
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("second signed"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(second_by__isnull=True) | ~models.Q(second_by=models.F("first_by")),
                name="approval_by_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(way="screen")
                | models.Q(met_on__isnull=False, minutes__isnull=False) & ~models.Q(chair=""),
                name="minutes_are_complete",
            ),
        ]

    def __str__(self) -> str:
        return str(self.draft)

    @property
    def is_complete(self) -> bool:
        return self.second_at is not None
