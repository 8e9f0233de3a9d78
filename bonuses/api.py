"""Adjustments over the API: list, read, claim with the paper's scan, verify, reject.

Writing goes through the same actions as the pages; what may be seen is told by bonuses.permissions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bonuses import permissions, policy, queries
from bonuses.actions import adjustments, documents
from bonuses.claims import Claim, PaperDraft
from bonuses.lists import unit_book
from bonuses.models import Adjustment, AdjustmentKind, AdjustmentState, DocumentKind, Honoured, Pool, Scope
from bonuses.sentences import not_found
from office.fields import format_points
from office.refusal import Refused
from office.tokens import may_sign
from units.api import cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.hats import Hat
from units.models import Cycle

READ, CLAIM, DECIDE = permissions.READ, permissions.CLAIM, permissions.DECIDE


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    """Points are text with a decimal point, negative for a criticism; before matters and caps."""

    cycle = serializers.CharField(source="membership.block.cycle.code", read_only=True)
    block = serializers.CharField(source="membership.block.name", read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True)
    pool = serializers.CharField(source="pool.name", read_only=True, default=None)
    matter = serializers.CharField(source="matter.title", read_only=True, default=None)
    points = serializers.SerializerMethodField()
    paper = serializers.SerializerMethodField()
    proposed_by = serializers.CharField(read_only=True)
    decided_by = serializers.CharField(read_only=True, default=None)

    class Meta:
        model = Adjustment
        fields = [
            "id", "cycle", "block", "unit", "kind", "level", "scope", "honoured", "rank", "pool", "points",
            "carried_over", "matter", "state", "hold", "reason", "paper", "proposed_by", "proposed_at",
            "decided_by", "decided_at", "version",
        ]  # fmt: skip

    def get_points(self, row: Adjustment) -> str:
        tariffs: dict[int, policy.Tariff] = self.context["tariffs"]
        cycle = row.membership.block.cycle
        if cycle.pk not in tariffs:
            tariffs[cycle.pk] = queries.rules_of(cycle).tariff
        return format_points(queries.worth_of(row, tariffs[cycle.pk]))

    def get_paper(self, row: Adjustment) -> dict[str, Any]:
        paper = row.document
        return {
            "id": paper.pk,
            "kind": paper.kind,
            "number": paper.number,
            "title": paper.title,
            "issuer": paper.issuer,
            "leader": paper.leader,
            "date": paper.on.isoformat(),
            "sha256": paper.file_sha256,
        }


class NewAdjustment(serializers.Serializer[Any]):
    """One paper and what it does; sent as multipart/form-data with the scan.  Points are listed for rewards only."""

    cycle = serializers.CharField(max_length=40)
    unit = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False)
    kind = serializers.ChoiceField(AdjustmentKind.values)
    level = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)
    scope = serializers.ChoiceField(Scope.values, required=False, default=str(Scope.COMPREHENSIVE))
    honoured = serializers.ChoiceField(Honoured.values, required=False, default=str(Honoured.UNIT))
    rank = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=99)
    pool = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    listed = serializers.DecimalField(
        max_digits=10, decimal_places=4, required=False, allow_null=True, default=None
    )
    carried_over = serializers.BooleanField(required=False, default=False)
    proof = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    paper_kind = serializers.ChoiceField(
        DocumentKind.values, required=False, default=str(DocumentKind.FORMAL)
    )
    number = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    title = serializers.CharField(max_length=200)
    issuer = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    leader = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    words = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)
    date = serializers.DateField()
    file = serializers.FileField(required=False, allow_null=True, default=None)


class Decision(serializers.Serializer[Any]):
    """What was seen when the decision was made; a rejection gives its reason."""

    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class AdjustmentFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("membership__block__cycle__code")
    unit = django_filters.CharFilter("unit__name")
    block = django_filters.CharFilter("membership__block__name")
    kind = django_filters.ChoiceFilter(choices=AdjustmentKind.choices)
    state = django_filters.ChoiceFilter(choices=AdjustmentState.choices)

    class Meta:
        model = Adjustment
        fields = ["cycle", "unit", "block", "kind", "state"]


class AdjustmentViewSet(
    Private, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Adjustment]
):
    """Additions and deductions (加减分) with their papers."""

    permission_row = {"list": READ, "retrieve": READ, "create": CLAIM, "verify": DECIDE, "reject": DECIDE}
    http_method_names = ["get", "head", "post"]
    longest_body = documents.LARGEST_PAPER + 1_000_000
    queryset = Adjustment.objects.none()
    serializer_class = AdjustmentSerializer
    filterset_class = AdjustmentFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Adjustment]:
        hat = hat_worn(self.request)
        seen = Adjustment.objects.none()
        for cycle in cycles_for(hat).select_related("host"):
            seen = seen | permissions.adjustments_for(hat, cycle)
        return (
            Adjustment.objects.filter(pk__in=seen.values("pk"))
            .select_related(*queries.WITH_ALL, "membership__block__cycle")
            .order_by("-membership__block__cycle__year", "unit__order", "pk")
        )

    def get_serializer_context(self) -> dict[str, Any]:
        return dict(super().get_serializer_context()) | {"tariffs": {}}

    def get_parsers(self) -> list[Any]:
        parsers = list(super().get_parsers())
        if getattr(self, "action_map", {}).get("post") == "create":
            parsers += [MultiPartParser(), FormParser()]
        return parsers

    @extend_schema(
        request={"multipart/form-data": NewAdjustment}, responses={201: AdjustmentSerializer(many=True)}
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Claim: one record for each unit that the paper names, each waiting for a second person."""
        hat = hat_worn(request)
        wanted = NewAdjustment(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        names, units = unit_book(cycle)
        chosen = []
        for name in data["unit"]:
            found = names.find(name)
            if found is None:
                raise not_found()
            chosen.append(units[found])
        pool = None
        if data["pool"]:
            pool = Pool.objects.filter(cycle=cycle, name=data["pool"]).first()
            if pool is None:
                raise Refused(
                    "no-pool", _("There is no such project of reward points."), "§4(2)6", status=422
                )
        # Who may not claim leaves no file behind.
        for unit in chosen:
            member = queries.membership_for(cycle, unit.pk)
            if member is not None:
                member.block.cycle = cycle
                permissions.require_may_claim(hat, member)
        sent = data["file"]
        stored = documents.keep_file(sent.chunks(), sent.name, hat) if sent else None
        listed: Decimal | None = data["listed"]
        made = adjustments.propose(
            by=hat,
            cycle=cycle,
            units=chosen,
            claim=Claim(
                kind=data["kind"],
                level=data["level"],
                scope=data["scope"],
                honoured=data["honoured"],
                rank=data["rank"],
                pool=pool,
                listed=listed,
                carried_over=data["carried_over"],
                proof=data["proof"],
                note=data["note"],
            ),
            paper=PaperDraft(
                kind=data["paper_kind"],
                number=data["number"],
                title=data["title"],
                issuer=data["issuer"],
                leader=data["leader"],
                words=data["words"],
                on=data["date"],
            ),
            file=stored,
        )
        rows = self.get_queryset().filter(pk__in=[row.pk for row in made])
        return Response(self.get_serializer(rows, many=True).data, status=201)

    def _decided(self, request: Request) -> tuple[Hat, Cycle, Adjustment, dict[str, Any]]:
        hat = hat_worn(request)
        may_sign(request)
        row: Adjustment = self.get_object()
        wanted = Decision(data=request.data)
        wanted.is_valid(raise_exception=True)
        return hat, row.membership.block.cycle, row, wanted.validated_data

    @extend_schema(request=Decision, responses=AdjustmentSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let it count, by a second person of the office; the places follow at once."""
        hat, cycle, row, data = self._decided(request)
        adjustments.verify(by=hat, cycle=cycle, adjustment_id=row.pk, version=data["version"])
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=Decision, responses=AdjustmentSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Turn it down with a reason."""
        hat, cycle, row, data = self._decided(request)
        adjustments.reject(
            by=hat, cycle=cycle, adjustment_id=row.pk, reason=data["reason"], version=data["version"]
        )
        return Response(self.get_serializer(self.get_object()).data)
