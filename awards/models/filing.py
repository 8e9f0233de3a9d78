"""The package for the organization department 备案 and its receipt 回执 (§1, §7(4)): built, accepted, never edited.

What lies in a package is told by awards.filing; building and accepting it is awards.actions.filing's.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.edition import Edition
from office.models import Job, StoredFile
from units.models import Cycle


class Filing(models.Model):
    """`file` empty: asked for, its job is still at work. `digest` is that of the package's manifest.

    `edition` is the newest edition in it; a later one needs a package of its own.
    """

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="filings")
    number = models.PositiveIntegerField(_("number"))
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="filings", verbose_name=_("newest edition")
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    built_at = models.DateTimeField(_("built"), null=True, blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=14, blank=True)
    contents = models.JSONField(_("contents"), default=dict)  # folder → number of files
    receipt_number = models.CharField(_("number of the receipt"), max_length=60, blank=True)
    receipt_note = models.CharField(_("note"), max_length=300, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    class Meta:
        verbose_name = _("filing package")
        verbose_name_plural = _("filing packages")
        ordering = ["cycle", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="filing_number_once"),
            models.UniqueConstraint(
                fields=["cycle"], condition=models.Q(built_at__isnull=True), name="one_package_under_way"
            ),
            models.CheckConstraint(
                condition=models.Q(built_at__isnull=True)
                | models.Q(file__isnull=False) & ~models.Q(digest=""),
                name="built_package_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True)
                | models.Q(built_at__isnull=False, accepted_by__isnull=False),
                name="only_a_built_package_is_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} · {self.number}"

    @property
    def is_built(self) -> bool:
        return self.built_at is not None

    @property
    def is_accepted(self) -> bool:
        return self.accepted_at is not None
