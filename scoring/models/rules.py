"""The rules of a block: major items, sub-items, indicators, who leads and helps (§3).

The checks on their sums are in scoring.rule_checks.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from units.models import Block, Unit


class ItemManager(models.Manager["MajorItem"]):
    def get_by_natural_key(self, cycle_code: str, block: str, name: str) -> MajorItem:
        return self.get(block__cycle__code=cycle_code, block__name=block, name=name)


class MajorItem(models.Model):
    """大项: what is weighted."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="items")
    name = models.CharField(_("name"), max_length=60)
    order = models.PositiveIntegerField(_("order"), default=0)
    weight_points = PointsField(_("weight"))
    base_points = PointsField(_("base"))

    objects: ClassVar[ItemManager] = ItemManager()

    class Meta:
        verbose_name = _("major item")
        verbose_name_plural = _("major items")
        ordering = ["block", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["block", "name"], name="item_name_once_per_block")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.block.natural_key(), self.name)

    natural_key.dependencies = ["units.block"]  # type: ignore[attr-defined]  # read by the serializers


class Look(models.TextChoices):
    """How a sub-item is looked at (考评方式)."""

    PAPER = "资料", _("on paper")
    ONSITE = "实地", _("on site")
    BOTH = "两者", _("both")


class RuleSource(models.TextChoices):
    """Where a rule comes from (来源)."""

    PLAN = "方案", _("the plan")
    STAND_IN = "暂拟", _("stand-in")
    CONFIRMED = "确认", _("confirmed")


class SubItemManager(models.Manager["SubItem"]):
    def get_by_natural_key(self, cycle_code: str, block: str, item: str, name: str) -> SubItem:
        return self.get(
            item__block__cycle__code=cycle_code, item__block__name=block, item__name=item, name=name
        )


class SubItem(models.Model):
    """中项: what is scored.  `floor_points` None: nothing below 0 (扣完为止); else 特别注明 with its text."""

    item = models.ForeignKey(MajorItem, models.CASCADE, related_name="sub_items")
    name = models.CharField(_("name"), max_length=60)
    order = models.PositiveIntegerField(_("order"), default=0)
    base_points = PointsField(_("base"))
    lead = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="led_sub_items", verbose_name=_("lead")
    )
    helpers = models.ManyToManyField(
        Unit, blank=True, related_name="helped_sub_items", verbose_name=_("helpers")
    )
    look = models.CharField(_("looked at"), max_length=4, choices=Look.choices, default=Look.BOTH)
    floor_points = PointsField(_("floor"), null=True, blank=True)
    floor_text = models.CharField(_("floor as worded"), max_length=200, blank=True)
    aliases = models.JSONField(_("aliases"), default=list, blank=True)
    source = models.CharField(
        _("source"), max_length=4, choices=RuleSource.choices, default=RuleSource.CONFIRMED
    )
    suspended_reason = models.CharField(_("suspended because"), max_length=300, blank=True)

    objects: ClassVar[SubItemManager] = SubItemManager()

    class Meta:
        verbose_name = _("sub-item")
        verbose_name_plural = _("sub-items")
        ordering = ["item", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "name"], name="sub_item_name_once_per_item")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str, str, str]:
        return (*self.item.natural_key(), self.name)

    natural_key.dependencies = ["scoring.majoritem", "units.unit"]  # type: ignore[attr-defined]  # read by the serializers

    @property
    def floor(self) -> Decimal:
        """The least score, points: 0 unless the rule says otherwise (§3)."""
        return self.floor_points if self.floor_points is not None else Decimal(0)

    @property
    def visit_required(self) -> bool:
        """True when only an on-site score counts."""
        return self.look == Look.ONSITE


class IndicatorManager(models.Manager["Indicator"]):
    def get_by_natural_key(
        self, cycle_code: str, block: str, item: str, sub_item: str, name: str
    ) -> Indicator:
        return self.get(
            sub_item__item__block__cycle__code=cycle_code,
            sub_item__item__block__name=block,
            sub_item__item__name=item,
            sub_item__name=sub_item,
            name=name,
        )


class Indicator(models.Model):
    """小项: a part of a sub-item with its own base, rule and steps of deduction."""

    sub_item = models.ForeignKey(SubItem, models.CASCADE, related_name="indicators")
    name = models.CharField(_("name"), max_length=100)
    order = models.PositiveIntegerField(_("order"), default=0)
    base_points = PointsField(_("base"))
    rule_text = models.TextField(_("rule"), blank=True)
    steps = models.JSONField(_("deduction steps"), default=list, blank=True)
    lead = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="led_indicators")

    objects: ClassVar[IndicatorManager] = IndicatorManager()

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["sub_item", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["sub_item", "name"], name="indicator_once_per_sub_item")
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str, str, str, str]:
        return (*self.sub_item.natural_key(), self.name)

    natural_key.dependencies = ["scoring.subitem"]  # type: ignore[attr-defined]  # read by the serializers
