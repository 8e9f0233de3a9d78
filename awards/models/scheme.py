"""Which awards exist, what they rest on, and what each place is paid (§5, §7).

Who wins them is decided elsewhere.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Block, Cycle


class Kind(models.TextChoices):
    COMPREHENSIVE = "综合", _("comprehensive")
    SINGLE = "单项", _("single")
    INDIVIDUAL = "个人", _("individual")


class Filling(models.TextChoices):
    MOVE_UP = "move-up", _("the next moves up")
    LEAVE_EMPTY = "leave-empty", _("the place stays empty")


class SchemeManager(models.Manager["AwardScheme"]):
    def get_by_natural_key(self, cycle_code: str, name: str) -> AwardScheme:
        return self.get(cycle__code=cycle_code, name=name)


class AwardScheme(models.Model):
    """`rests_on` holds references as the plan workbook writes them: 总分, 大项:NAME, 中项:NAME or 推荐.

    `filling` says what becomes of a barred unit's place; `tie_order` holds the awards.policy.TieKey values
    declared before the year opened, in their sequence.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="award_schemes")
    name = models.CharField(_("award"), max_length=80)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    blocks = models.ManyToManyField(Block, blank=True, related_name="award_schemes", verbose_name=_("blocks"))
    rests_on = models.JSONField(_("rests on"), default=list)
    order = models.PositiveIntegerField(_("order"), default=0)
    filling = models.CharField(
        _("a barred unit's place"), max_length=12, choices=Filling.choices, default=Filling.MOVE_UP
    )
    tie_order = models.JSONField(_("declared order among equals"), default=list, blank=True)

    objects: ClassVar[SchemeManager] = SchemeManager()

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering = ["cycle", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="award_once_per_cycle")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.cycle.code, self.name)

    natural_key.dependencies = ["units.cycle", "units.block"]  # type: ignore[attr-defined]  # read by the serializers


class PrizeManager(models.Manager["PrizeLine"]):
    def get_by_natural_key(self, cycle_code: str, award: str, grade: str) -> PrizeLine:
        return self.get(scheme__cycle__code=cycle_code, scheme__name=award, grade=grade)


class PrizeLine(models.Model):
    """One grade of an award: its name, how many places, and the money of each in fen."""

    scheme = models.ForeignKey(AwardScheme, models.CASCADE, related_name="prizes")
    grade = models.CharField(_("grade"), max_length=20)
    count = models.PositiveIntegerField(_("places"))
    amount_fen = models.PositiveBigIntegerField(_("amount in fen"))
    order = models.PositiveIntegerField(_("order"), default=0)

    objects: ClassVar[PrizeManager] = PrizeManager()

    class Meta:
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        ordering = ["scheme", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["scheme", "grade"], name="grade_once_per_award")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.grade}"

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.scheme.natural_key(), self.grade)

    natural_key.dependencies = ["awards.awardscheme"]  # type: ignore[attr-defined]  # read by the serializers
