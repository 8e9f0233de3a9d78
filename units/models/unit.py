"""A public body, the names it is known by, and what it was before.

Whether it is appraised is told by its memberships.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from units.names import normalise


class UnitKind(models.TextChoices):
    TOWN = "乡镇", _("town or township")
    STREET = "街道", _("street office")
    COMPANY = "企业", _("company")
    PARTY = "党群部门", _("party department")
    CITY = "市直单位", _("city unit")
    SQUAD = "小分队", _("squad")
    BODY = "机构", _("body that is not appraised")


class UnitManager(models.Manager["Unit"]):
    def get_by_natural_key(self, name: str) -> Unit:
        return self.get(name=name)


class Unit(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True)
    short_name = models.CharField(_("short name"), max_length=30, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=UnitKind.choices)
    order = models.PositiveIntegerField(_("order"), default=0)
    is_stand_in = models.BooleanField(_("stand-in"), default=False)
    superior_leader = models.CharField(_("leader in charge"), max_length=60, blank=True)
    principal = models.CharField(_("principal"), max_length=60, blank=True)
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    mobile = models.CharField(_("mobile phone"), max_length=30, blank=True)
    office_phone = models.CharField(_("office phone"), max_length=30, blank=True)

    objects: ClassVar[UnitManager] = UnitManager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.name,)


class UnitNameKind(models.TextChoices):
    ABSORBED = "absorbed", _("absorbed office")
    ALIAS = "alias", _("alias")
    FORMER = "former", _("former name")


class UnitNameManager(models.Manager["UnitName"]):
    def get_by_natural_key(self, unit_name: str, name: str) -> UnitName:
        return self.get(unit__name=unit_name, name=name)


class UnitName(models.Model):
    """Another name of a unit: an office it absorbed (含), an alias, or what it was called before."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="other_names")
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=8, choices=UnitNameKind.choices)
    plain = models.CharField(max_length=60, unique=True, editable=False)

    objects: ClassVar[UnitNameManager] = UnitNameManager()

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["unit", "id"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.plain = normalise(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched

    def natural_key(self) -> tuple[str, str]:
        return (self.unit.name, self.name)


class Succession(models.Model):
    """How a unit came from another: renamed, merged or split, on a date, by a paper."""

    class How(models.TextChoices):
        RENAMED = "renamed", _("renamed")
        MERGED = "merged", _("merged")
        SPLIT = "split", _("split")

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="predecessors")
    predecessor_name = models.CharField(_("predecessor"), max_length=60)
    how = models.CharField(_("how"), max_length=8, choices=How.choices)
    on = models.DateField(_("on"))
    paper = models.CharField(_("paper"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("predecessor")
        verbose_name_plural = _("predecessors")

    def __str__(self) -> str:
        return f"{self.predecessor_name} → {self.unit}"
