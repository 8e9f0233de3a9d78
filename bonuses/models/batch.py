"""A list of adjustments that was handed in: the workbook or zip, what it says, and what came of it.

How it is read is in bonuses.lists.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models import StoredFile
from units.models import Cycle


class BatchState(models.TextChoices):
    READING = "reading", _("being read")
    PREVIEW = "preview", _("to be confirmed")
    COMMITTED = "committed", _("taken in")
    REFUSED = "refused", _("refused")
    DROPPED = "dropped", _("dropped")


class PaperBatch(models.Model):
    """加减分清单.  The same bytes are taken in once for a year."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="paper_batches")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    file_sha256 = models.CharField(_("digest"), max_length=64, db_index=True)
    state = models.CharField(
        _("state"), max_length=10, choices=BatchState.choices, default=BatchState.READING
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_unit = models.ForeignKey(
        "units.Unit", models.PROTECT, null=True, blank=True, related_name="+"
    )  # of the hat worn
    role = models.CharField(_("as"), max_length=2)
    at = models.DateTimeField(_("handed in"), auto_now_add=True)
    committed_at = models.DateTimeField(_("taken in at"), null=True, blank=True)
    report = models.JSONField(_("report"), default=dict)
    signed = models.JSONField(_("signed by"), default=dict)  # 填表人, 审核人, 电话, 单位
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("list of adjustments")
        verbose_name_plural = _("lists of adjustments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "file_sha256"],
                condition=models.Q(state="committed"),
                name="same_list_taken_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.file)
