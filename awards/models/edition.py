"""Sealed editions (公布稿) and their files: never edited, only superseded.

Sealing is in awards.actions.publication.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.approval import Draft
from awards.models.award import AwardList
from office.models import Job, StoredFile
from units.models import Cycle


class Edition(models.Model):
    """`sealed_at` empty: asked for by one person and awaiting the second, or its job; it does not exist for others.

    `digest` is that of edition.json, `code` its short form printed on every page.
    """

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField(_("number"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    drafts = models.ManyToManyField(Draft, related_name="editions", verbose_name=_("drafts"))
    # The list in force when the edition was asked for; none: the awards come with a later edition.
    award_list = models.ForeignKey(
        AwardList,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="editions",
        verbose_name=_("award list"),
    )
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("supersedes"),
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    log_number = models.BigIntegerField(_("last log entry sealed"), default=0)
    log_digest = models.CharField(_("digest of the log"), max_length=64, blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=14, blank=True)
    sealed_at = models.DateTimeField(_("sealed"), null=True, blank=True)
    is_open = models.BooleanField(_("open to everybody"), default=False)

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["cycle", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="edition_number_once"),
            models.UniqueConstraint(
                fields=["cycle"], condition=models.Q(sealed_at__isnull=True), name="one_edition_under_way"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("asked_by")),
                name="edition_by_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(sealed_at__isnull=True)
                | models.Q(confirmed_by__isnull=False) & ~models.Q(digest=""),
                name="sealed_edition_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} · {self.number}"


class EditionFile(models.Model):
    """One file of an edition under the name of its manifest; `title` is for people."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="files")
    name = models.CharField(_("file name"), max_length=60)
    title = models.CharField(_("title"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("file of an edition")
        verbose_name_plural = _("files of editions")
        ordering = ["edition", "id"]
        constraints = [models.UniqueConstraint(fields=["edition", "name"], name="file_name_once_per_edition")]

    def __str__(self) -> str:
        return f"{self.edition} {self.name}"
