"""Questions and appeals 复核申请 (§6(7)): who asks, about what, who re-checks, how each point was decided.

When and by whom each may be done is told by scoring.actions.appeals and appeal_rulings.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bonuses.models import Adjustment
from office.fields import PointsField
from office.models import StoredFile
from scoring.models.score import Cell, ScoreKind
from units.models import ROLE_LABELS, Cycle, Unit


class AppealTerms(models.Model):
    """How long a unit may question its result, counted from the day after it reached the unit."""

    cycle = models.OneToOneField(Cycle, models.CASCADE, related_name="appeal_terms")
    working_days = models.PositiveSmallIntegerField(_("working days"), default=5)
    cut_off = models.TimeField(_("cut-off hour"), null=True, blank=True)

    class Meta:
        verbose_name = _("window of appeals")
        verbose_name_plural = _("windows of appeals")

    def __str__(self) -> str:
        return f"{self.cycle} {self.working_days}"


class DeliveryHow(models.TextChoices):
    HANDED = "handed", _("handed over")
    SENT = "sent", _("sent")
    COLLECTED = "collected", _("collected")


class ResultDelivery(models.Model):
    """The day on which a unit's result letter reached it; without one the day the results were opened."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="deliveries")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    reached_on = models.DateField(_("reached on"))
    how = models.CharField(_("how"), max_length=10, choices=DeliveryHow.choices, default=DeliveryHow.HANDED)
    receiver = models.CharField(_("received by"), max_length=60)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(_("noted at"), auto_now=True)

    class Meta:
        verbose_name = _("delivery of a result")
        verbose_name_plural = _("deliveries of results")
        ordering = ["cycle", "unit__order"]
        constraints = [models.UniqueConstraint(fields=["cycle", "unit"], name="result_reached_once")]

    def __str__(self) -> str:
        return f"{self.unit} {self.reached_on}"


class Channel(models.TextChoices):
    SCREEN = "screen", _("on screen")
    PAPER = "paper", _("on signed paper")
    LETTER = "letter", _("letter")
    CALL = "call", _("call")


class AppealState(models.TextChoices):
    DRAFT = "draft", _("draft")
    REGISTERED = "registered", _("registered, to be compared with the paper")
    FILED = "filed", _("filed, waiting for a reviewer")
    IN_CHECK = "in-check", _("being re-checked")
    CHECKED = "checked", _("re-checked, to be decided")
    DECIDED = "decided", pgettext_lazy("appeal", "decided")
    ANSWERED = "answered", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_APPEALS = (AppealState.REGISTERED, AppealState.FILED, AppealState.IN_CHECK, AppealState.CHECKED)


class Appeal(models.Model):
    """`unit` asks, empty for a letter or call from elsewhere; `about` is the unit whose result is questioned."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="appeals")
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="appeals", verbose_name=_("asking unit")
    )
    about = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("questioned unit"))
    channel = models.CharField(_("channel"), max_length=6, choices=Channel.choices, default=Channel.SCREEN)
    state = models.CharField(
        _("state"), max_length=10, choices=AppealState.choices, default=AppealState.DRAFT
    )
    sender = models.CharField(_("signed or sent by"), max_length=60, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    words = models.TextField(_("what is questioned"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    filed_at = models.DateTimeField(_("filed at"), null=True, blank=True)
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    compared_at = models.DateTimeField(_("compared at"), null=True, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="appeals_to_check"
    )
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    named_role = models.CharField(_("named as"), max_length=2, blank=True)
    named_at = models.DateTimeField(_("named at"), null=True, blank=True)
    reply = models.TextField(_("answer"), blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-number", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "number"], name="appeal_number_once"),
            models.CheckConstraint(
                condition=models.Q(state="draft", number__isnull=True)
                | models.Q(state="withdrawn")
                | models.Q(number__isnull=False),
                name="filed_appeal_has_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.about}"

    @property
    def code(self) -> str:
        """What stands on the acknowledgement: 2012-复3."""
        return f"{self.cycle.code}-复{self.number}" if self.number else str(_("draft"))

    @property
    def is_about_another(self) -> bool:
        return self.unit_id != self.about_id

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_APPEALS

    @property
    def named_role_label(self) -> Any:
        return ROLE_LABELS.get(self.named_role, "")  # type: ignore[call-overload]  # Role is a text


class AppealFile(models.Model):
    """A file of the unit, of the office's register or of the re-check."""

    class Purpose(models.TextChoices):
        CLAIM = "claim", _("to the appeal")
        SCAN = "scan", _("scan of the paper")
        RECHECK = "recheck", _("to the re-check")

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="files")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose.choices, default=Purpose.CLAIM)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("file of an appeal")
        verbose_name_plural = _("files of appeals")
        ordering = ["appeal", "id"]

    def __str__(self) -> str:
        return self.file.name


class PointKind(models.TextChoices):
    SCORE = "score", _("a score")
    INVOLVEMENT = "involvement", _("not involved")
    ADJUSTMENT = "adjustment", _("an addition or deduction")
    OTHER = "other", _("something else")


class Outcome(models.TextChoices):
    NONE = "", _("not decided")
    UPHELD = "upheld", _("corrected")
    KEPT = "kept", _("left as it is")


class AppealPoint(models.Model):
    """One thing that is questioned, and its decision by two persons; an upheld one is corrected exactly once.

    `correction` is what the first person signed; `entry` the log's number of the act that corrected it.
    """

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="points")
    kind = models.CharField(_("kind"), max_length=12, choices=PointKind.choices)
    cell = models.ForeignKey(Cell, models.PROTECT, null=True, blank=True, related_name="appeal_points")
    adjustment = models.ForeignKey(
        Adjustment, models.PROTECT, null=True, blank=True, related_name="appeal_points"
    )
    words = models.CharField(_("in the unit's words"), max_length=500, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=6, choices=Outcome.choices, default=Outcome.NONE, blank=True
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    score_kind = models.CharField(_("kind of score"), max_length=12, choices=ScoreKind.choices, blank=True)
    score_points = PointsField(_("corrected score"), null=True, blank=True)
    consequences: models.JSONField[Any, Any] = models.JSONField(_("what it moved"), default=list, blank=True)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_role = models.CharField(_("as"), max_length=2, blank=True)
    first_at = models.DateTimeField(_("signed first at"), null=True, blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(_("signed second at"), null=True, blank=True)
    before = models.CharField(_("before"), max_length=120, blank=True)
    after = models.CharField(_("after"), max_length=120, blank=True)
    entry = models.PositiveBigIntegerField(_("entry of the correction"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("point of an appeal")
        verbose_name_plural = _("points of appeals")
        ordering = ["appeal", "id"]
        constraints = [
            models.UniqueConstraint(fields=["appeal", "kind", "cell"], name="cell_questioned_once"),
            models.UniqueConstraint(fields=["appeal", "adjustment"], name="adjustment_questioned_once"),
            models.UniqueConstraint(fields=["entry"], name="one_correction_one_decision"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["score", "involvement"], cell__isnull=False, adjustment=None)
                | models.Q(kind="adjustment", adjustment__isnull=False, cell=None)
                | models.Q(kind="other", adjustment=None, cell=None),
                name="point_names_what_it_is_about",
            ),
            models.CheckConstraint(
                condition=~models.Q(second_at__isnull=False, outcome="upheld", entry__isnull=True),
                name="upheld_point_is_corrected",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        if self.cell is not None:
            what = f"{self.cell.sub_item.item.name} · {self.cell.sub_item.name}"
            return f"{what} · {self.get_kind_display()}" if self.kind == PointKind.INVOLVEMENT else what
        if self.adjustment is not None:
            return f"{self.adjustment.get_kind_display()} · {self.adjustment.document.title}"
        return str(self.get_kind_display())

    @property
    def is_decided(self) -> bool:
        return self.second_at is not None

    @property
    def is_signed_first(self) -> bool:
        return self.first_at is not None and self.second_at is None


class Recheck(models.Model):
    """复核记录: what the reviewer looked at and found."""

    class Advice(models.TextChoices):
        CORRECT = "correct", _("should be corrected")
        KEEP = "keep", _("should stay as it is")

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="rechecks")
    text = models.TextField(_("what was found"))
    advice = models.CharField(_("advice"), max_length=8, choices=Advice.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("re-check")
        verbose_name_plural = _("re-checks")
        ordering = ["appeal", "id"]

    def __str__(self) -> str:
        return self.text[:60]
