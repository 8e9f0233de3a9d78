"""A workbook that was handed in: the original, its report, and what came of it.

How each kind is read and written is in scoring.workbooks.
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
    VOID = "void", _("void")


class ImportBatch(models.Model):
    """`target` says where the file goes (kind, stage, body …): the same bytes for it are taken once."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="imports")
    kind = models.CharField(_("kind"), max_length=20)  # plan | scores | ledger | adjustments | returns
    target = models.CharField(_("target"), max_length=120)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    file_sha256 = models.CharField(_("digest"), max_length=64, db_index=True)
    state = models.CharField(_("state"), max_length=10, choices=BatchState.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("handed in"), auto_now_add=True)
    committed_at = models.DateTimeField(_("taken in at"), null=True, blank=True)
    report = models.JSONField(_("report"), default=dict)
    signed = models.JSONField(_("signed by"), default=dict)  # 填表人, 审核人, 电话, 单位
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "file_sha256"],
                condition=models.Q(state="committed"),
                name="same_bytes_taken_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file}"


class ImportPlan(models.Model):
    """What taking the workbook in would do, kept between preview and confirmation; packed by the importer."""

    batch = models.OneToOneField(ImportBatch, models.CASCADE, related_name="plan")
    content = models.BinaryField()
    sha256 = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("import plan")
        verbose_name_plural = _("import plans")

    def __str__(self) -> str:
        return str(self.batch)
