"""Appeals over the API: list, read, draft, file.  The same actions and sentences as the pages.

Naming, re-checks and signatures of two persons stay on the pages.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office.fields import format_points
from office.tokens import may_sign
from scoring import appeal_queries
from scoring.actions import appeals
from scoring.actions.appeals import AppealDraft, PointDraft, not_found
from scoring.models import Appeal, AppealPoint, AppealState, Channel, PointKind
from units.api import cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.models import Unit


class AppealPointSerializer(serializers.ModelSerializer[AppealPoint]):
    """One thing that is questioned and how it was decided; what it moved is for those who see totals."""

    what = serializers.CharField(source="label", read_only=True)
    score_points = serializers.SerializerMethodField()
    consequences = serializers.SerializerMethodField()

    class Meta:
        model = AppealPoint
        fields = [
            "id", "kind", "what", "cell", "adjustment", "words", "outcome", "reason", "score_kind",
            "score_points", "before", "after", "consequences", "second_at",
        ]  # fmt: skip

    def get_score_points(self, point: AppealPoint) -> str | None:
        return format_points(point.score_points) if point.score_points is not None else None

    @extend_schema_field(serializers.ListField(child=serializers.DictField(child=serializers.CharField())))
    def get_consequences(self, point: AppealPoint) -> list[dict[str, str]] | None:
        return list(point.consequences) if self.context.get("sees_others") else None

    def to_representation(self, instance: AppealPoint) -> dict[str, Any]:
        data: dict[str, Any] = super().to_representation(instance)
        if not self.context.get("sees_others") and not instance.is_decided:
            # Half a decision is no decision: the asking unit hears of it when it is made.
            data |= {"outcome": "", "reason": "", "score_kind": "", "score_points": None}
        return data


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    cycle = serializers.CharField(source="cycle.code", read_only=True)
    code = serializers.CharField(read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True, default=None)
    about = serializers.CharField(source="about.name", read_only=True)
    reviewer = serializers.CharField(read_only=True, default=None)
    points = AppealPointSerializer(many=True, read_only=True)

    class Meta:
        model = Appeal
        fields = [
            "id", "cycle", "number", "code", "unit", "about", "channel", "state", "sender", "received_on",
            "words", "reviewer", "filed_at", "closed_at", "reply", "points", "version",
        ]  # fmt: skip


class NewPoint(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([PointKind.SCORE, PointKind.INVOLVEMENT, PointKind.ADJUSTMENT])
    cell = serializers.IntegerField(required=False, allow_null=True, default=None)
    adjustment = serializers.IntegerField(required=False, allow_null=True, default=None)
    words = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class NewAppeal(serializers.Serializer[Any]):
    """What a unit writes; files are added on the page."""

    cycle = serializers.CharField(max_length=40)
    words = serializers.CharField(max_length=4000)
    about = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    points = NewPoint(many=True, required=False, default=list)


class Seen(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)


class AppealFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    unit = django_filters.CharFilter("unit__name")
    about = django_filters.CharFilter("about__name")
    state = django_filters.ChoiceFilter(choices=AppealState.choices)
    channel = django_filters.ChoiceFilter(choices=Channel.choices)

    class Meta:
        model = Appeal
        fields = ["cycle", "unit", "about", "state", "channel"]


class AppealViewSet(
    Private, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Appeal]
):
    """Questions about results (复核申请)."""

    permission_row = {
        "list": ("H03", "H05"),
        "retrieve": ("H03", "H05"),
        "create": "H01",
        "file": "H02",
    }
    http_method_names = ["get", "head", "post"]
    queryset = Appeal.objects.none()
    serializer_class = AppealSerializer
    filterset_class = AppealFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Appeal]:
        hat = hat_worn(self.request)
        seen = Appeal.objects.none()
        for cycle in cycles_for(hat):
            seen = seen | appeal_queries.appeals_for(hat, cycle)
        rows = Appeal.objects.filter(pk__in=seen.values("pk"))
        return appeal_queries.for_list(rows).order_by("-cycle__year", "number", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        hat = hat_worn(self.request) if self.request is not None else None
        sees = hat is not None and hat.role in appeal_queries.SEES_OTHERS
        return dict(super().get_serializer_context()) | {"sees_others": sees}

    @extend_schema(request=NewAppeal, responses={201: AppealSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a draft; the principal files it."""
        hat = hat_worn(request)
        wanted = NewAppeal(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        about = None
        if data["about"]:
            about = Unit.objects.filter(memberships__block__cycle=cycle, name=data["about"]).first()
            if about is None:
                raise not_found()
        points = [
            PointDraft(str(p["kind"]), cell_id=p["cell"], adjustment_id=p["adjustment"], words=p["words"])
            for p in data["points"]
        ]
        made = appeals.save_draft(
            by=hat, cycle=cycle, draft=AppealDraft(words=data["words"], about=about, points=points)
        )
        row = self.get_queryset().get(pk=made.pk)
        return Response(self.get_serializer(row).data, status=201)

    @extend_schema(request=Seen, responses=AppealSerializer)
    @action(detail=True, methods=["post"])
    def file(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The principal signs and files the draft; never by a token."""
        hat = hat_worn(request)
        may_sign(request)
        row: Appeal = self.get_object()
        wanted = Seen(data=request.data)
        wanted.is_valid(raise_exception=True)
        appeals.file_appeal(
            by=hat, cycle=row.cycle, appeal_id=row.pk, version=wanted.validated_data["version"]
        )
        return Response(self.get_serializer(self.get_object()).data)
