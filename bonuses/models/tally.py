"""What a unit's verified papers come to: the figures the standing takes in.

Derived from adjustments, vetoes and findings by bonuses.actions; nobody types into it.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from units.models import Membership


class Tally(models.Model):
    """Points after halving, matters and caps (§4(2)); `is_barred` when a veto or misconduct is in force."""

    membership = models.OneToOneField(Membership, models.CASCADE, related_name="tally")
    commendations = PointsField(_("commendations"), default=Decimal(0))
    criticisms = PointsField(_("criticisms"), default=Decimal(0))
    rewards = PointsField(_("reward points"), default=Decimal(0))
    is_barred = models.BooleanField(_("barred from awards"), default=False)

    class Meta:
        verbose_name = _("sum of papers")
        verbose_name_plural = _("sums of papers")

    def __str__(self) -> str:
        return str(self.membership)
