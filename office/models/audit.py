"""The append-only log: what was done, by whom, to what; each entry seals the one before it.

Written only by office.audit.record().
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act.  `digest` covers every other column and the digest of the entry before it."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("at"))
    user_id_text = models.CharField(_("account"), max_length=150)
    user_name = models.CharField(_("name"), max_length=60)
    role = models.CharField(_("role"), max_length=2, blank=True)
    act = models.CharField(_("act"), max_length=60, db_index=True)
    object_type = models.CharField(_("object type"), max_length=60, blank=True)
    object_id = models.CharField(_("object"), max_length=60, blank=True)
    object_text = models.CharField(_("object as text"), max_length=200, blank=True)
    cycle_code = models.CharField(_("cycle"), max_length=40, blank=True)
    details = models.TextField(_("details"), default="{}")
    previous_digest = models.CharField(_("digest before"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
            # Also finds the end of a year's log, which many pages ask for, without sorting the year.
            models.Index(fields=["cycle_code", "-number"], name="audit_by_year"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.act}"


class AuditHead(models.Model):
    """The chain's last link, one row: locking it orders the writers."""

    singleton = models.BooleanField(primary_key=True, default=True)
    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    class Meta:
        verbose_name = _("end of the log")
        verbose_name_plural = _("end of the log")

    def __str__(self) -> str:
        return str(self.number)
