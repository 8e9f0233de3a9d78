"""Papers given out as .docx (送审稿), and what was found when one of them came back.

What a paper is about is decided by the app that makes it; how two are compared is in office.returned.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models.stored_file import StoredFile


class PaperKind(models.TextChoices):
    NOTICE = "notice", _("notice")
    BRIEFING = "briefing", _("briefing for the hearing")
    HEARING_AGENDA = "hearing-agenda", _("agenda of the hearing")
    HEARING_MINUTES = "hearing-minutes", _("minutes of the hearing")
    APPROVAL_AGENDA = "approval-agenda", _("agenda of the approval")
    APPROVAL_MINUTES = "approval-minutes", _("minutes of the approval")
    DECISION = "decision", _("decision on the awards")
    APPEAL_LETTER = "appeal-letter", _("answer to an appeal")


class OutgoingPaper(models.Model):
    """What one paper said when it was given out, kept once however often it was fetched.

    `digest` is that of the result it speaks of and stands in its foot with `number`, the paper's own; `lines` is
    what it said, as office.docx reads it. `about_id` is the record it was made from, 0 for the year as a whole.
    """

    cycle_code = models.CharField(_("cycle"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=PaperKind.choices)
    name = models.CharField(_("file name"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    code = models.CharField(_("short code"), max_length=20, blank=True)
    number = models.CharField(_("paper number"), max_length=9)
    about_id = models.PositiveBigIntegerField(_("number of its record"), default=0)
    lines = models.JSONField(_("text"))
    given_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("first given to")
    )
    given_at = models.DateTimeField(_("given out"), auto_now_add=True)

    class Meta:
        verbose_name = _("paper given out")
        verbose_name_plural = _("papers given out")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle_code", "kind", "digest", "number"], name="a_paper_is_kept_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class ReturnedPaper(models.Model):
    """One file that came back, and every difference from what was given out."""

    paper = models.ForeignKey(OutgoingPaper, models.PROTECT, related_name="returned", verbose_name=_("paper"))
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))
    figures_changed = models.PositiveIntegerField(_("figures changed"))
    wording_changed = models.PositiveIntegerField(_("wording changed"))
    filled_in = models.PositiveIntegerField(_("filled in"))
    findings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("findings"))
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("compared by")
    )
    compared_at = models.DateTimeField(_("compared"), auto_now_add=True)

    class Meta:
        verbose_name = _("paper that came back")
        verbose_name_plural = _("papers that came back")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.file)
