"""Evidence: a file laid beside a record of any app, and how much room each owner has used.

Whether a person may add, read or take it away is decided by the app of the record.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models.stored_file import StoredFile


class EvidenceRoom(models.Model):
    """The room one owner uses, bytes and files; `account` is its name, such as `2012/17` (year, unit)."""

    account = models.CharField(_("account"), max_length=80, unique=True)
    used_bytes = models.BigIntegerField(_("bytes used"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)

    class Meta:
        verbose_name = _("room for evidence")
        verbose_name_plural = _("rooms for evidence")
        ordering = ["account"]

    def __str__(self) -> str:
        return self.account


class Evidence(models.Model):
    """One file beside one record: `about_type` is its model's label, `about_id` its number.

    A label and a number, no foreign key: the desk may not look up to the rooms that use it.
    """

    about_type = models.CharField(_("beside"), max_length=60)
    about_id = models.PositiveBigIntegerField(_("number"))
    account = models.CharField(_("account"), max_length=80, db_index=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))
    sent_sha256 = models.CharField(_("digest as sent"), max_length=64)  # a picture is set anew and differs
    note = models.CharField(_("note"), max_length=200, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["about_type", "about_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["about_type", "about_id", "sent_sha256"], name="same_bytes_once_beside_a_record"
            )
        ]

    def __str__(self) -> str:
        return str(self.file)

    @property
    def opens_in_page(self) -> bool:
        return self.file.content_type in {"application/pdf", "image/png", "image/jpeg"}
