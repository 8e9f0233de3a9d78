"""Other appraisals of a single matter that a body may hold only with approval (§6(1)).

A register: what, by whom, on which paper; it changes nothing in the appraisal of the year.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models import StoredFile
from units.models import Cycle


class SingleAppraisal(models.Model):
    """One project; entered by one person of the office from the signed paper, compared by another."""

    class State(models.TextChoices):
        ENTERED = "entered", _("waiting for the second person")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("not approved")
        ENDED = "ended", _("ended")

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="single_appraisals")
    project = models.CharField(_("project"), max_length=120)
    applicant = models.CharField(_("applicant"), max_length=80)
    is_approved = models.BooleanField(_("the paper approves it"), default=True)
    paper_number = models.CharField(_("document number"), max_length=80)
    paper_title = models.CharField(_("title"), max_length=200, blank=True)
    paper_on = models.DateField(_("date of the paper"))
    scan = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("scan"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    compared_at = models.DateTimeField(_("compared at"), null=True, blank=True)
    ended_reason = models.CharField(_("ended because"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("other single appraisal")
        verbose_name_plural = _("other single appraisals")
        ordering = ["cycle", "project", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "project", "applicant"],
                condition=~models.Q(state="ended"),
                name="a_single_appraisal_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} ({self.applicant})"
