"""How a unit divides its prize among its people (§7), and what an amount was changed to.

Whether a division may stand is decided in money.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.award import Award


class Division(models.Model):
    """奖金分配: the whole of one prize, by person; `reason` where the heads get more than the limit."""

    award = models.OneToOneField(Award, models.PROTECT, related_name="division")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))
    version = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("division of a prize")
        verbose_name_plural = _("divisions of prizes")

    def __str__(self) -> str:
        return str(self.award)


class DivisionShare(models.Model):
    division = models.ForeignKey(Division, models.CASCADE, related_name="shares")
    person = models.CharField(_("person"), max_length=40)
    post = models.CharField(_("post"), max_length=60, blank=True)
    is_head = models.BooleanField(_("head of the unit"), default=False)
    amount_fen = models.PositiveBigIntegerField(_("amount in fen"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("share of a prize")
        verbose_name_plural = _("shares of prizes")
        ordering = ["division", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["division", "person"], name="person_once_per_division")
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.division}"


class PrizeChange(models.Model):
    """Another amount for one prize: one of the office asks, another confirms."""

    award = models.ForeignKey(Award, models.CASCADE, related_name="changes")
    before_fen = models.PositiveBigIntegerField(_("before, in fen"))
    after_fen = models.PositiveBigIntegerField(_("after, in fen"))
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    is_dropped = models.BooleanField(_("dropped"), default=False)

    class Meta:
        verbose_name = _("change of a prize")
        verbose_name_plural = _("changes of prizes")
        constraints = [
            models.UniqueConstraint(
                fields=["award"],
                condition=models.Q(confirmed_at__isnull=True, is_dropped=False),
                name="one_open_change_per_prize",
            )
        ]

    def __str__(self) -> str:
        return str(self.award)
