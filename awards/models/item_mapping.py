"""Which item of an earlier year an item is compared with, where the names alone do not say it.

What is compared is told by awards.year_on_year.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.models import MajorItem


class ItemMapping(models.Model):
    """`earlier` empty: the item has nothing to be compared with, whatever its name."""

    item = models.OneToOneField(
        MajorItem, models.CASCADE, related_name="earlier_mapping", verbose_name=_("item")
    )
    earlier = models.ForeignKey(
        MajorItem,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("item of the earlier year"),
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now=True)

    class Meta:
        verbose_name = _("comparison of items across years")
        verbose_name_plural = _("comparisons of items across years")

    def __str__(self) -> str:
        return f"{self.item} ← {self.earlier or '—'}"
