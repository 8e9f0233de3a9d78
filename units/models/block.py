"""Blocks (口) and who is in them.

What a block is measured by belongs to scoring.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models.cycle import Cycle
from units.models.unit import Unit


class BlockKind(models.TextChoices):
    COMPREHENSIVE = "综合", _("comprehensive")
    SPECIAL = "专项", _("special track")


class BlockManager(models.Manager["Block"]):
    def get_by_natural_key(self, cycle_code: str, name: str) -> Block:
        return self.get(cycle__code=cycle_code, name=name)


class Block(models.Model):
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="blocks")
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=4, choices=BlockKind.choices)
    order = models.PositiveIntegerField(_("order"), default=0)
    has_own_calendar = models.BooleanField(_("own calendar"), default=False)
    stage = models.CharField(_("own stage"), max_length=20, blank=True)  # only with its own calendar

    objects: ClassVar[BlockManager] = BlockManager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["cycle", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="block_name_once_per_cycle")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.cycle.code, self.name)

    natural_key.dependencies = ["units.cycle"]  # type: ignore[attr-defined]  # read by the serializers

    @property
    def is_track(self) -> bool:
        return self.kind == BlockKind.SPECIAL


class Mode(models.TextChoices):
    FULL = "参评", _("takes part")
    NO_AWARD = "不评奖", _("ranked, no award")


class MembershipManager(models.Manager["Membership"]):
    def get_by_natural_key(self, cycle_code: str, block: str, unit: str) -> Membership:
        return self.get(block__cycle__code=cycle_code, block__name=block, unit__name=unit)


class Membership(models.Model):
    """One unit in one block (参评归属)."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    mode = models.CharField(_("mode"), max_length=4, choices=Mode.choices, default=Mode.FULL)

    objects: ClassVar[MembershipManager] = MembershipManager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["block", "unit__order", "id"]
        constraints = [models.UniqueConstraint(fields=["block", "unit"], name="unit_once_per_block")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.block}"

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.block.natural_key(), self.unit.name)

    natural_key.dependencies = ["units.block", "units.unit"]  # type: ignore[attr-defined]  # read by the serializers
