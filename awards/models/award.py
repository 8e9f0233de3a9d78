"""The list of awards as it is put forward, departed from, and decided by two of the leading group (§5).

What it is computed from is in policy; what is paid follows in division.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.scheme import AwardScheme
from units.models import Cycle, Membership, Minuted


class ListState(models.TextChoices):
    DRAFT = "draft", _("put forward")
    SIGNED = "signed", _("signed by one")
    DECIDED = "decided", _("decided")
    SUPERSEDED = "superseded", _("replaced")


class AwardList(Minuted):
    """All awards of a year in one list; signatures are given to `digest`, any change after one voids it."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="award_lists")
    number = models.PositiveSmallIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=ListState.choices, default=ListState.DRAFT)
    digest = models.CharField(_("digest"), max_length=64)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a list that replaces another
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("put forward"))
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_at = models.DateTimeField(_("first signature"), null=True, blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("award list")
        verbose_name_plural = _("award lists")
        ordering = ["cycle", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="award_list_number_once"),
            models.UniqueConstraint(
                fields=["cycle"],
                condition=models.Q(state__in=["draft", "signed"]),
                name="one_open_award_list",
            ),
            models.UniqueConstraint(
                fields=["cycle"], condition=models.Q(state="decided"), name="one_award_list_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} · {self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in {ListState.DRAFT, ListState.SIGNED}


class Award(models.Model):
    """One holder of one seat.  `membership` None: a seat held by a tie, kept empty or without a candidate.

    `computed` is who the figures name; where it differs from `membership`, `departure` says why.
    """

    award_list = models.ForeignKey(AwardList, models.CASCADE, related_name="awards")
    scheme = models.ForeignKey(AwardScheme, models.PROTECT, related_name="awards")
    grade = models.CharField(_("grade"), max_length=20)
    place = models.PositiveSmallIntegerField(_("seat"))  # 1 is the first
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="awards", verbose_name=_("unit")
    )
    computed = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("computed")
    )
    amount_fen = models.PositiveBigIntegerField(_("amount in fen"))
    is_held = models.BooleanField(_("held"), default=False)
    shown = models.CharField(_("figure"), max_length=60, blank=True)
    grounds = models.JSONField(_("grounds"), default=dict, blank=True)  # the line of policy in words' codes
    departure = models.CharField(_("reason of the departure"), max_length=300, blank=True)
    departed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("prize given")
        verbose_name_plural = _("prizes given")
        ordering = ["award_list", "scheme__order", "place", "membership__unit__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["award_list", "scheme", "membership"],
                condition=models.Q(membership__isnull=False),
                name="unit_wins_an_award_once",
            ),
            models.CheckConstraint(
                condition=models.Q(membership__isnull=True) | models.Q(is_held=False),
                name="a_held_seat_has_no_holder",
            ),
        ]

    def __str__(self) -> str:
        holder = self.membership.unit if self.membership is not None else "—"
        return f"{self.scheme} {self.grade} {holder}"


class TieRuling(models.Model):
    """How the leading group settles one tie of the year: shared sums, or an order, with its reason."""

    class How(models.TextChoices):
        SHARE = "share", _("they share the sum")
        ORDER = "order", _("the leading group orders them")

    scheme = models.ForeignKey(AwardScheme, models.CASCADE, related_name="tie_rulings")
    how = models.CharField(_("how"), max_length=8, choices=How.choices)
    members = models.JSONField(_("units"))  # membership ids; with an order the first stands first
    names = models.CharField(_("names"), max_length=300)
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("ruling on a tie")
        verbose_name_plural = _("rulings on ties")
        ordering = ["scheme", "id"]

    def __str__(self) -> str:
        return f"{self.scheme} · {self.names}"
