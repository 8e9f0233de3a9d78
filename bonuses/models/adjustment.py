"""What a paper does to one unit: a commendation, a top three, a criticism or reward points; and matters.

How many points follow is computed by bonuses.policy from the tariff, never stored here.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bonuses.models.document import Document
from bonuses.models.tariff import Pool, Scope
from office.fields import PointsField
from units.models import Cycle, Membership, Unit


class AdjustmentKind(models.TextChoices):
    COMMENDATION = "表彰", _("commendation")
    TOP_THREE = "前三名", _("top three")
    CRITICISM = "通报批评", _("criticism")
    REWARD = "奖励加分", _("reward points")


class Honoured(models.TextChoices):
    UNIT = "本单位", _("the unit itself")
    SECTION = "内设机构", _("an internal section")
    STATION = "基层站所", _("a grass-roots office")
    PERSON = "个人", _("a person")


class AdjustmentState(models.TextChoices):
    PROPOSED = "proposed", _("waiting for a second person")
    VERIFIED = "verified", _("verified and counted")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_STATES = (AdjustmentState.PROPOSED, AdjustmentState.VERIFIED)


class Hold(models.TextChoices):
    """Why an adjustment may not be verified yet."""

    NAMED_BY_ANOTHER = "named-by-another", _("claimed by another unit as well")


class Matter(models.Model):
    """同一事项: papers about one thing.  R5a and R5b say what follows."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="matters")
    title = models.CharField(_("matter"), max_length=200)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("matter")
        verbose_name_plural = _("matters")
        ordering = ["cycle", "id"]

    def __str__(self) -> str:
        return self.title


class Adjustment(models.Model):
    """加减分: one paper's effect on one unit.  Only verified ones count.

    `unit` repeats the membership's, so that the database itself lets a paper count once for a unit and kind,
    whatever the year. `level` is empty for reward points; `listed` is set for them only.
    """

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="adjustments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="adjustments")
    document = models.ForeignKey(Document, models.PROTECT, related_name="adjustments")
    kind = models.CharField(_("kind"), max_length=4, choices=AdjustmentKind.choices)
    level = models.CharField(_("level"), max_length=30, blank=True)
    scope = models.CharField(_("scope"), max_length=4, choices=Scope.choices, default=Scope.COMPREHENSIVE)
    honoured = models.CharField(
        _("honoured party"), max_length=4, choices=Honoured.choices, default=Honoured.UNIT
    )
    rank = models.PositiveSmallIntegerField(_("place among its kind"), null=True, blank=True)
    pool = models.ForeignKey(Pool, models.PROTECT, null=True, blank=True, related_name="adjustments")
    listed = PointsField(_("listed points"), null=True, blank=True)
    carried_over = models.BooleanField(_("not added last year"), default=False)
    proof = models.CharField(_("proof that it was not added"), max_length=300, blank=True)
    matter = models.ForeignKey(Matter, models.SET_NULL, null=True, blank=True, related_name="adjustments")
    state = models.CharField(
        _("state"), max_length=10, choices=AdjustmentState.choices, default=AdjustmentState.PROPOSED
    )
    hold = models.CharField(_("held"), max_length=20, choices=Hold.choices, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_role = models.CharField(_("as"), max_length=2)
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a rejection or withdrawal
    batch = models.ForeignKey(
        "bonuses.PaperBatch", models.SET_NULL, null=True, blank=True, related_name="adjustments"
    )
    version = models.PositiveIntegerField(
        default=1
    )  # rises with every change, so that nobody saves over another

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ["unit__order", "kind", "document__on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "unit", "kind"],
                condition=models.Q(state__in=["proposed", "verified"]),
                name="one_paper_counts_once_for_a_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="奖励加分", pool__isnull=False, listed__isnull=False)
                | (~models.Q(kind="奖励加分") & models.Q(pool__isnull=True, listed__isnull=True)),
                name="points_are_listed_for_rewards_only",
            ),
        ]
        indexes = [models.Index(fields=["membership", "state"], name="adjustment_by_state")]

    def __str__(self) -> str:
        return f"{self.unit} {self.kind} {self.document}"
