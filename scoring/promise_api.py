"""Commitments, reports on their progress and accepted detailed rules over the API.

A unit writes its goals and reports through the same actions as on its pages; its principal's signature needs a person
at the screen. What may be seen is told by scoring.commitment_queries and scoring.rule_queries.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office import audit
from office.fields import format_points
from office.refusal import Refused
from office.tokens import may_sign
from scoring import commitment_queries as queries
from scoring.actions import commitments, progress
from scoring.actions.commitments import GoalDraft
from scoring.actions.progress import GoalProgress
from scoring.fulfilment import Fulfilment
from scoring.models import (
    Commitment,
    CommitmentState,
    DetailedRule,
    DetailedRuleState,
    Goal,
    ProgressReport,
    RuleIndicator,
)
from units.api import cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.hats import Hat
from units.models import Unit


def own_unit(hat: Hat) -> Unit:
    """The unit the hat writes for; 404 for a hat without one."""
    if hat.unit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return hat.unit


class GoalSerializer(serializers.ModelSerializer[Goal]):
    sub_item = serializers.CharField(source="sub_item.name", read_only=True, default=None)

    class Meta:
        model = Goal
        fields = ["id", "text", "measure", "target", "due", "sub_item", "sub_item_id", "support"]


class CommitmentSerializer(serializers.ModelSerializer[Commitment]):
    """`fulfilment` is per cent with one decimal as text, over the goals reported; null without a report."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True)
    goals = serializers.SerializerMethodField()
    fulfilment = serializers.SerializerMethodField()
    goals_reported = serializers.SerializerMethodField()

    class Meta:
        model = Commitment
        fields = [
            "id", "cycle", "unit", "state", "version", "first_signed_at", "goals", "fulfilment", "goals_reported",
        ]  # fmt: skip

    def get_goals(self, row: Commitment) -> list[dict[str, Any]]:
        seen: list[Goal] = self.context["goals"].get(row.pk, [])
        return [dict(GoalSerializer(goal).data) for goal in seen]

    def _rate(self, row: Commitment) -> Fulfilment | None:
        found: Fulfilment | None = self.context["rates"].get((row.cycle_id, row.unit_id))
        return found

    def get_fulfilment(self, row: Commitment) -> str | None:
        found = self._rate(row)
        return (found.text or None) if found is not None else None

    def get_goals_reported(self, row: Commitment) -> int:
        found = self._rate(row)
        return found.reported if found is not None else 0


class CommitmentFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    unit = django_filters.CharFilter("unit__name")
    state = django_filters.ChoiceFilter(choices=CommitmentState.choices)

    class Meta:
        model = Commitment
        fields = ["cycle", "unit", "state"]


class SentGoal(serializers.Serializer[Any]):
    """`id` of a goal that is there already; `sub_item` by its number."""

    id = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=2**62)
    text = serializers.CharField(max_length=500)
    measure = serializers.CharField(max_length=200)
    target = serializers.CharField(max_length=100)
    due = serializers.DateField()
    sub_item = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**62
    )
    support = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)


class SentCommitment(serializers.Serializer[Any]):
    """All goals of the own unit in their order; one left out is taken away. `version` 0: none is there yet."""

    cycle = serializers.CharField(max_length=40)
    goals = serializers.ListField(child=SentGoal(), max_length=200)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class SeenCommitment(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class CommitmentViewSet(
    Private, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Commitment]
):
    """Commitments (承诺) with their goals and the rate of fulfilment."""

    permission_row = {
        "list": queries.READ,
        "retrieve": queries.READ,
        "create": commitments.ENTER,
        "sign": commitments.SIGN,
    }
    http_method_names = ["get", "head", "post"]
    lookup_value_regex = r"\d{1,18}"
    queryset = Commitment.objects.none()
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter

    def get_queryset(self) -> QuerySet[Commitment]:
        hat = hat_worn(self.request)
        ids: list[int] = []
        for cycle in cycles_for(hat):
            ids += queries.commitments_for(hat, cycle).order_by().values_list("pk", flat=True)
        return (
            Commitment.objects.filter(pk__in=ids)
            .select_related("cycle", "unit")
            .order_by("-cycle__year", "cycle__code", "unit__order", "unit_id")
        )

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        context["goals"], context["rates"] = {}, {}
        if self.request:  # the schema is drawn without one
            hat = hat_worn(self.request)
            for cycle in cycles_for(hat):
                context["goals"] |= queries.goals_seen(hat, cycle)
                rates = queries.fulfilment_by_unit(cycle)
                context["rates"] |= {(cycle.pk, unit): rate for unit, rate in rates.items()}
        return context

    def _told(self, pk: int, status: int = 200) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)

    @extend_schema(request=SentCommitment, responses={200: CommitmentSerializer, 201: CommitmentSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep the own unit's goals as sent: 201 for the first time, 200 afterwards."""
        hat = hat_worn(request)
        wanted = SentCommitment(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        goals = [GoalDraft(sub_item_id=one.pop("sub_item"), **one) for one in data["goals"]]
        try:
            kept = commitments.save_goals(
                by=hat, cycle=cycle, unit=own_unit(hat), goals=goals, version=data["version"]
            )
        except Refused as refused:
            raise self._beside(refused, request) from None
        return self._told(kept.pk, 201 if kept.version == 1 else 200)

    def _beside(self, refused: Refused, request: Request) -> Refused:
        """A 409 shows the goals that stand beside those that were sent."""
        row = self.get_queryset().filter(unit=hat_worn(request).unit).first()
        if refused.code == "changed-meanwhile" and row is not None:
            sent: Any = request.data
            now = self.get_serializer(row).data
            refused.values = {"version": row.version, "stored": now["goals"], "wanted": sent["goals"]}
        return refused

    @extend_schema(request=SeenCommitment, responses=CommitmentSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The principal signs; never by a token."""
        hat = hat_worn(request)
        may_sign(request)
        row: Commitment = self.get_object()
        wanted = SeenCommitment(data=request.data)
        wanted.is_valid(raise_exception=True)
        commitments.sign(by=hat, cycle=row.cycle, unit=row.unit, version=wanted.validated_data["version"])
        return self._told(row.pk)


# Progress -----------------------------------------------------------------------------------------


class ProgressLineShape(serializers.Serializer[Any]):
    goal = serializers.IntegerField(source="goal_id", min_value=1, max_value=2**62)
    percent = serializers.IntegerField(allow_null=True, min_value=0, max_value=100)
    words = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class ProgressSerializer(serializers.ModelSerializer[ProgressReport]):
    """`handed_in_at` null: still being written, and seen by the unit alone."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True)
    written_by = serializers.CharField(read_only=True)
    handed_in_at = serializers.SerializerMethodField()
    lines = ProgressLineShape(many=True, read_only=True)

    class Meta:
        model = ProgressReport
        fields = [
            "id",
            "cycle",
            "unit",
            "quarter",
            "summary",
            "written_by",
            "handed_in_at",
            "lines",
            "version",
        ]

    def get_handed_in_at(self, row: ProgressReport) -> str | None:
        return audit.instant(row.handed_in_at) if row.handed_in_at is not None else None


class SentProgress(serializers.Serializer[Any]):
    """What is said of each goal; `hand_in` lets the report count. `version` 0: none is there yet."""

    cycle = serializers.CharField(max_length=40)
    quarter = serializers.IntegerField(min_value=1, max_value=4)
    lines = serializers.ListField(child=ProgressLineShape(), max_length=200)
    summary = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    hand_in = serializers.BooleanField(required=False, default=False)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class ProgressFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    unit = django_filters.CharFilter("unit__name")
    quarter = django_filters.NumberFilter("quarter", min_value=1, max_value=4)

    class Meta:
        model = ProgressReport
        fields = ["cycle", "unit", "quarter"]


class ProgressReportViewSet(Private, mixins.ListModelMixin, viewsets.GenericViewSet[ProgressReport]):
    """Quarterly reports (进展报告) on how far the goals are."""

    permission_row = {"list": queries.READ, "create": progress.REPORT}
    http_method_names = ["get", "head", "post"]
    queryset = ProgressReport.objects.none()
    serializer_class = ProgressSerializer
    filterset_class = ProgressFilter

    def get_queryset(self) -> QuerySet[ProgressReport]:
        hat = hat_worn(self.request)
        ids: list[int] = []
        for cycle in cycles_for(hat):
            ids += queries.reports_for(hat, cycle).order_by().values_list("pk", flat=True)
        return (
            ProgressReport.objects.filter(pk__in=ids)
            .select_related("cycle", "unit", "written_by")
            .prefetch_related("lines")
            .order_by("-cycle__year", "cycle_id", "unit__order", "unit_id", "quarter")
        )

    @extend_schema(request=SentProgress, responses={200: ProgressSerializer, 201: ProgressSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep the own unit's report, or hand it in: 201 for the first time, 200 afterwards."""
        hat = hat_worn(request)
        wanted = SentProgress(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        lines = {one["goal_id"]: GoalProgress(one["percent"], one["words"]) for one in data["lines"]}
        try:
            kept = progress.save_report(
                by=hat,
                cycle=cycle,
                unit=own_unit(hat),
                quarter=data["quarter"],
                lines=lines,
                summary=data["summary"],
                hand_in=data["hand_in"],
                version=data["version"],
            )
        except Refused as refused:
            now = self.get_queryset().filter(cycle=cycle, unit=hat.unit, quarter=data["quarter"]).first()
            if refused.code == "changed-meanwhile" and now is not None:
                sent: Any = request.data
                stored = self.get_serializer(now).data
                refused.values = {"version": now.version, "stored": stored["lines"], "wanted": sent["lines"]}
            raise
        return Response(
            self.get_serializer(self.get_queryset().get(pk=kept.pk)).data,
            status=201 if kept.version == 1 else 200,
        )


class RuleIndicatorSerializer(serializers.ModelSerializer[RuleIndicator]):
    base_points = serializers.SerializerMethodField(help_text="Points, a decimal number as text.")
    steps = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = RuleIndicator
        fields = ["name", "base_points", "rule_text", "steps"]

    def get_base_points(self, row: RuleIndicator) -> str:
        return format_points(row.base_points)


class DetailedRuleSerializer(serializers.ModelSerializer[DetailedRule]):
    cycle = serializers.CharField(source="sub_item.item.block.cycle.code", read_only=True)
    block = serializers.CharField(source="sub_item.item.block.name", read_only=True)
    item = serializers.CharField(source="sub_item.item.name", read_only=True)
    sub_item = serializers.CharField(source="sub_item.name", read_only=True)
    lead = serializers.CharField(source="sub_item.lead.name", read_only=True, default=None)
    floor_points = serializers.SerializerMethodField(help_text="Null: nothing below 0.")
    indicators = RuleIndicatorSerializer(many=True, read_only=True)

    class Meta:
        model = DetailedRule
        fields = [
            "id", "cycle", "block", "item", "sub_item", "lead", "number", "text", "floor_points", "floor_text",
            "indicators", "decided_at",
        ]  # fmt: skip

    def get_floor_points(self, row: DetailedRule) -> str | None:
        return format_points(row.floor_points) if row.floor_points is not None else None


class DetailedRuleFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("sub_item__item__block__cycle__code")
    block = django_filters.CharFilter("sub_item__item__block__name")
    sub_item = django_filters.CharFilter("sub_item__name")

    class Meta:
        model = DetailedRule
        fields = ["cycle", "block", "sub_item"]


class DetailedRuleViewSet(Private, mixins.ListModelMixin, viewsets.GenericViewSet[DetailedRule]):
    """The detailed rules (考评细则) that hold, one for each sub-item that has accepted ones."""

    permission_row = {"list": "B01"}
    http_method_names = ["get", "head"]
    queryset = DetailedRule.objects.none()
    serializer_class = DetailedRuleSerializer
    filterset_class = DetailedRuleFilter

    def get_queryset(self) -> QuerySet[DetailedRule]:
        return (
            DetailedRule.objects.filter(
                state=DetailedRuleState.ACCEPTED,
                sub_item__item__block__cycle__in=cycles_for(hat_worn(self.request)).order_by(),
            )
            .select_related("sub_item__item__block__cycle", "sub_item__lead")
            .prefetch_related(Prefetch("indicators", RuleIndicator.objects.order_by("order", "pk")))
            .order_by(
                "-sub_item__item__block__cycle__year",
                "sub_item__item__block__order",
                "sub_item__item__order",
                "sub_item__order",
                "pk",
            )
        )
