"""The stored standing (得分排名) of a block, written in the transaction of whatever changed it.

Numbers only, by id; names are put to them when it is shown (scoring.queries).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Block


class Standing(models.Model):
    """`figures` is JSON: arrays by unit and item in units of the last place; see scoring.standings."""

    block = models.OneToOneField(Block, models.CASCADE, related_name="standing")
    version = models.PositiveIntegerField(_("version"), default=0)
    computed_at = models.DateTimeField(_("computed"))
    provisional = models.BooleanField(_("provisional"), default=True)
    figures = models.TextField(_("figures"), default="{}")

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")

    def __str__(self) -> str:
        return f"{self.block} v{self.version}"
