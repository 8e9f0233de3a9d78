"""A lead's detailed rules of one sub-item, filing after filing, and the compiled rules the office issues (§6(2)).

What is accepted becomes the sub-item's indicators and floor; that is done in scoring.actions.detailed_rules.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.fields import PointsField
from scoring.models.rules import SubItem
from units.models import Cycle


class DetailedRuleState(models.TextChoices):
    DRAFT = "draft", _("still being written")
    FILED = "filed", _("filed, to be examined")
    RETURNED = "returned", _("returned")
    ACCEPTED = "accepted", _("accepted")
    REPLACED = "replaced", _("replaced by a newer one")


class DetailedRule(models.Model):
    """One version of the rules (考评细则) of one sub-item.  `floor_points` None: nothing below 0 (扣完为止)."""

    sub_item = models.ForeignKey(SubItem, models.CASCADE, related_name="detailed_rules")
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text of the rules"))
    floor_points = PointsField(_("floor"), null=True, blank=True)
    floor_text = models.CharField(_("floor as worded"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=DetailedRuleState.choices, default=DetailedRuleState.DRAFT
    )
    edits = models.PositiveIntegerField(_("edits"), default=0)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written"))
    filed_at = models.DateTimeField(_("filed"), null=True, blank=True)
    words = models.CharField(_("words"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("examined by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("examined at"), null=True, blank=True)

    class Meta:
        verbose_name = _("detailed rules of a sub-item")
        verbose_name_plural = _("detailed rules of sub-items")
        ordering = ["sub_item", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["sub_item", "number"], name="rule_number_once_per_sub_item"),
            models.UniqueConstraint(
                fields=["sub_item"],
                condition=models.Q(state="accepted"),
                name="one_accepted_rule_per_sub_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_item} № {self.number}"

    @property
    def is_open(self) -> bool:
        """True while the lead may write in it."""
        return self.state == DetailedRuleState.DRAFT


class RuleIndicator(models.Model):
    """One indicator of a version: its part of the base, its rule, what takes points off."""

    rule = models.ForeignKey(DetailedRule, models.CASCADE, related_name="indicators")
    order = models.PositiveIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=100)
    base_points = PointsField(_("base"))
    rule_text = models.TextField(_("rule"), blank=True)
    steps = models.JSONField(_("deduction steps"), default=list, blank=True)

    class Meta:
        verbose_name = _("indicator of detailed rules")
        verbose_name_plural = _("indicators of detailed rules")
        ordering = ["rule", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "name"], name="indicator_once_per_detailed_rule")
        ]

    def __str__(self) -> str:
        return self.name


class RuleBook(models.Model):
    """The compiled detailed rules (综合考评实施细则) as issued, sealed by a digest; never changed."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="rule_books")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"), default=dict)
    sha256 = models.CharField(_("digest"), max_length=64)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued"))

    class Meta:
        verbose_name = _("compiled detailed rules")
        verbose_name_plural = _("compiled detailed rules")
        ordering = ["cycle", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="rule_book_number_once_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.cycle} № {self.number}"
