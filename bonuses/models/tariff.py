"""The tariff: what a paper is worth by kind, level and scope; issuers and their level; reward pools (§4(2)).

How points follow from it is in bonuses.policy.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from units.models import Cycle


class Kind(models.TextChoices):
    COMMENDATION = "表彰", _("commendation")
    TOP_THREE = "前三名", _("top three")
    CRITICISM = "通报批评", _("criticism")
    CAP = "封顶", _("cap")


class Scope(models.TextChoices):
    COMPREHENSIVE = "综合", _("comprehensive work")
    SINGLE = "单项", _("a single task")
    GRASSROOTS = "基层", _("grass-roots office")


class TariffManager(models.Manager["TariffLine"]):
    def get_by_natural_key(self, cycle_code: str, kind: str, level: str, scope: str) -> TariffLine:
        return self.get(cycle__code=cycle_code, kind=kind, level=level, scope=scope)


class TariffLine(models.Model):
    """加减分标准: points for one kind, level and scope, with its clause."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="tariff")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=30, blank=True)
    scope = models.CharField(_("scope"), max_length=4, choices=Scope.choices, default=Scope.COMPREHENSIVE)
    points = PointsField(_("points"))
    clause = models.CharField(_("clause"), max_length=20, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects: ClassVar[TariffManager] = TariffManager()

    class Meta:
        verbose_name = _("tariff line")
        verbose_name_plural = _("tariff")
        ordering = ["cycle", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "kind", "level", "scope"], name="tariff_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.level} {self.scope}"

    def natural_key(self) -> tuple[str, str, str, str]:
        return (self.cycle.code, self.kind, self.level, self.scope)

    natural_key.dependencies = ["units.cycle"]  # type: ignore[attr-defined]  # read by the serializers


class IssuerManager(models.Manager["Issuer"]):
    def get_by_natural_key(self, cycle_code: str, name: str) -> Issuer:
        return self.get(cycle__code=cycle_code, name=name)


class Issuer(models.Model):
    """发文机关 → level."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="issuers")
    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=30)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects: ClassVar[IssuerManager] = IssuerManager()

    class Meta:
        verbose_name = _("issuer")
        verbose_name_plural = _("issuers")
        ordering = ["cycle", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="issuer_once")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.cycle.code, self.name)

    natural_key.dependencies = ["units.cycle"]  # type: ignore[attr-defined]  # read by the serializers


class PoolManager(models.Manager["Pool"]):
    def get_by_natural_key(self, cycle_code: str, name: str) -> Pool:
        return self.get(cycle__code=cycle_code, name=name)


class Pool(models.Model):
    """奖励加分项目: reward points listed by a leading group, capped per unit (§3)."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="pools")
    name = models.CharField(_("name"), max_length=60)
    organiser = models.CharField(_("organiser"), max_length=80)
    cap = PointsField(_("cap"))
    order = models.PositiveIntegerField(_("order"), default=0)

    objects: ClassVar[PoolManager] = PoolManager()

    class Meta:
        verbose_name = _("reward pool")
        verbose_name_plural = _("reward pools")
        ordering = ["cycle", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="pool_once")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.cycle.code, self.name)

    natural_key.dependencies = ["units.cycle"]  # type: ignore[attr-defined]  # read by the serializers
