"""What the leading group changes in the rules of a running year: amendments (§6(9)) and missing cells (缺报处理).

Both are steps of scoring.trial_steps with a reason and two signatures; actions.rule_changes puts them in force.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Cycle, Minuted


class RuleChange(Minuted):
    """Open after the first signature, in force after the second; the versions of a year count up from 1."""

    class Kind(models.TextChoices):
        AMENDMENT = "amendment", _("amendment of the rules")
        MISSING = "missing", _("decision on missing cells")

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the second person")
        DECIDED = "decided", _("in force")
        DROPPED = "dropped", _("withdrawn")

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="rule_changes")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField(_("version"), null=True, blank=True)  # of its kind, when in force
    steps = models.JSONField(_("changes"), default=list)
    said = models.JSONField(_("changes in words"), default=list)  # as they read when signed
    # What came into force: each figure with its text before and after (awards.rule_figures.Changed).
    figures = models.JSONField(_("figures before and after"), default=list, blank=True)
    wording = models.TextField(_("wording"), blank=True)
    clause = models.CharField(_("clause"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    on = models.DateField(_("date"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_at = models.DateTimeField(_("first signature"), auto_now_add=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("second signature"), null=True, blank=True)
    effect = models.JSONField(_("what it changed"), default=list, blank=True)  # the moves of office.ports

    class Meta:
        verbose_name = _("change of the rules")
        verbose_name_plural = _("changes of the rules")
        ordering = ["cycle", "kind", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind", "number"],
                condition=models.Q(number__isnull=False),
                name="one_version_of_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(state="decided", number__isnull=False, second_by__isnull=False)
                | (~models.Q(state="decided") & models.Q(number__isnull=True)),
                name="a_version_in_force_is_signed_twice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number or '—'}"
