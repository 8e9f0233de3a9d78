"""What lead bodies and track organisers recommend for a single award (§6(3), §2(2)).

Only beside the computed list; who wins is decided by the leading group.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.scheme import AwardScheme
from units.models import Membership, Unit


class Nomination(models.Model):
    """One unit on one body's list; `rank` 1 is its first choice."""

    scheme = models.ForeignKey(AwardScheme, models.CASCADE, related_name="nominations")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="nominations")
    body = models.ForeignKey(Unit, models.PROTECT, related_name="nominations_made")
    rank = models.PositiveSmallIntegerField(_("rank"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now=True)

    class Meta:
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        ordering = ["scheme", "body__order", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "body", "membership"], name="nominated_once_by_a_body"),
            models.UniqueConstraint(fields=["scheme", "body", "rank"], name="nomination_rank_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} · {self.membership.unit}"
