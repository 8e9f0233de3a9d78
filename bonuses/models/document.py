"""The papers themselves: formal documents and originals signed by a city leader, each kept once (§4(2)7).

What a paper adds or takes off is told by the adjustments that rest on it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models import StoredFile
from units.models import Cycle, Unit


class DocumentKind(models.TextChoices):
    FORMAL = "正式文件", _("formal document")
    SIGNED = "领导签字原件", _("original signed by a leader")


class Document(models.Model):
    """One paper of one host, whoever claims on it: number and issuer, and its bytes, name it once.

    `plain_number` and `plain_issuer` are normalised for comparing; an original has neither.
    """

    host = models.ForeignKey(Unit, models.PROTECT, related_name="papers")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="papers")  # in which it was registered
    kind = models.CharField(_("kind of paper"), max_length=6, choices=DocumentKind.choices)
    number = models.CharField(_("document number"), max_length=80, blank=True)
    plain_number = models.CharField(max_length=80, blank=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    issuer = models.CharField(_("issuer"), max_length=80, blank=True)
    plain_issuer = models.CharField(max_length=80, blank=True, editable=False)
    leader = models.CharField(_("leader who signed"), max_length=60, blank=True)
    words = models.TextField(_("the leader's words"), blank=True)
    on = models.DateField(_("date of the paper"))
    # Empty only after a list without its papers: nothing is verified before the file is there.
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    file_sha256 = models.CharField(_("digest"), max_length=64, blank=True, db_index=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    original_seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    original_seen_at = models.DateTimeField(_("original seen at"), null=True, blank=True)
    box_number = models.CharField(_("box number"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        ordering = ["-on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "plain_number", "plain_issuer"],
                condition=~models.Q(plain_number=""),
                name="one_document_per_number_and_issuer",
            ),
            models.UniqueConstraint(
                fields=["host", "file_sha256"],
                condition=~models.Q(file_sha256=""),
                name="one_document_per_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def source(self) -> str:
        """Who stands behind the paper: the issuer, or the leader who signed."""
        return self.issuer or self.leader
