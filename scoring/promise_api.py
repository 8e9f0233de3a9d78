"""Commitments and accepted detailed rules over the API, read-only; they are written on their pages.

What may be seen is told by scoring.commitment_queries and scoring.rule_queries.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from rest_framework import mixins, serializers, viewsets

from office.fields import format_points
from scoring import commitment_queries as queries
from scoring.fulfilment import Fulfilment
from scoring.models import Commitment, CommitmentState, DetailedRule, DetailedRuleState, Goal, RuleIndicator
from units.api import cycles_for
from units.api_auth import Private, hat_worn


class GoalSerializer(serializers.ModelSerializer[Goal]):
    sub_item = serializers.CharField(source="sub_item.name", read_only=True, default=None)

    class Meta:
        model = Goal
        fields = ["id", "text", "measure", "target", "due", "sub_item", "support"]


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


class CommitmentViewSet(Private, mixins.ListModelMixin, viewsets.GenericViewSet[Commitment]):
    """Commitments (承诺) with their goals and the rate of fulfilment."""

    permission_row = {"list": queries.READ}
    http_method_names = ["get", "head"]
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
