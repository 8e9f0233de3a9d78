"""Editions and awards over the API, read-only: publishing and deciding need two persons and a browser.

What may be seen is told by the rows: A02 for editions, G04 for their data, J03 for prizes, G02 for a simulation.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from awards import award_queries, queries
from awards.models import Award, Edition, EditionFile, ListState
from awards.words import chain_of
from office import files
from office.refusal import Refused
from units.api import ReadOnly, cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import may, require

RESULT, EXPORT, PRIZES, TOTALS = "A02", "G04", "J03", "G02"
FOR_ALL = frozenset({"notice", "tables"})  # kinds of files that go with the result page
OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


def published_for(hat: Hat) -> list[Cycle]:
    """The years whose published result the hat may read."""
    return [cycle for cycle in cycles_for(hat) if may(RESULT, hat, cycle)]


class EditionFileShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()


class EditionSerializer(serializers.ModelSerializer[Edition]):
    """`code` stands on every page of its papers; `files` are those the asker may fetch."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    supersedes = serializers.IntegerField(source="supersedes.number", read_only=True, default=None)
    in_force = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = Edition
        fields = [
            "id", "cycle", "number", "code", "digest", "reason", "document_number", "sealed_at", "supersedes",
            "in_force", "is_open", "log_number", "log_digest", "files",
        ]  # fmt: skip

    def get_in_force(self, row: Edition) -> bool:
        return not hasattr(row, "superseded_by") or row.superseded_by.sealed_at is None

    @extend_schema_field(EditionFileShape(many=True))
    def get_files(self, row: Edition) -> list[dict[str, Any]]:
        exports = may(EXPORT, self.context["hat"], row.cycle)
        return [
            {
                "name": one.name,
                "title": one.title,
                "kind": one.kind,
                "size": one.file.size,
                "sha256": one.file.sha256,
            }
            for one in row.files.all()
            if exports or one.kind in FOR_ALL
        ]


class EditionFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")

    class Meta:
        model = Edition
        fields = ["cycle", "number", "code"]


class EditionViewSet(ReadOnly):
    """Published editions (公布稿), newest first, with their sealed standing and their files."""

    permission_row = {"list": RESULT, "retrieve": RESULT, "standing": RESULT, "file": RESULT}
    queryset = Edition.objects.none()
    serializer_class = EditionSerializer
    filterset_class = EditionFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Edition]:
        return (
            Edition.objects.filter(cycle__in=published_for(hat_worn(self.request)), sealed_at__isnull=False)
            .select_related("cycle__host", "supersedes", "superseded_by")
            .prefetch_related("files__file")
            .order_by("-cycle__year", "cycle__code", "-number")
        )

    def get_serializer_context(self) -> dict[str, Any]:
        hat = hat_worn(self.request) if getattr(self, "request", None) is not None else None
        return dict(super().get_serializer_context()) | {"hat": hat}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def standing(self, request: Request, pk: str = "") -> Response:
        """The standing object exactly as it was sealed."""
        found: Edition = self.get_object()
        return Response(queries.results_of(found))

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, url_path=r"files/(?P<name>[\w.-]{1,60})")
    def file(self, request: Request, pk: str = "", name: str = "") -> HttpResponseBase:
        """One file of the edition; all but notice and ranked tables are an export of totals."""
        found: Edition = self.get_object()
        row: EditionFile | None = next((one for one in found.files.all() if one.name == name), None)
        if row is None:
            raise Refused("not-found", _("There is no such record."), status=404)
        if row.kind not in FOR_ALL:
            require(EXPORT, hat_worn(request), found.cycle)
        return files.deliver(row.file)


class AwardSerializer(serializers.ModelSerializer[Award]):
    """One prize of the decided list; money in fen."""

    cycle = serializers.CharField(source="award_list.cycle.code", read_only=True)
    list = serializers.IntegerField(source="award_list.number", read_only=True)
    award = serializers.CharField(source="scheme.name", read_only=True)
    kind = serializers.CharField(source="scheme.kind", read_only=True)
    unit = serializers.CharField(source="membership.unit.name", read_only=True)
    block = serializers.CharField(source="membership.block.name", read_only=True)
    figure = serializers.CharField(source="shown", read_only=True)

    class Meta:
        model = Award
        fields = [
            "id", "cycle", "list", "award", "kind", "grade", "place", "unit", "block", "figure", "amount_fen",
            "departure",
        ]  # fmt: skip


class AwardFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("award_list__cycle__code")
    award = django_filters.CharFilter("scheme__name")
    unit = django_filters.CharFilter("membership__unit__name")
    block = django_filters.CharFilter("membership__block__name")

    class Meta:
        model = Award
        fields = ["cycle", "award", "unit", "block"]


class AwardViewSet(ReadOnly):
    """Prizes in force (奖项) of the years the asker may read; a unit meets its own after publication."""

    permission_row = {"list": PRIZES, "retrieve": PRIZES}
    queryset = Award.objects.none()
    serializer_class = AwardSerializer
    filterset_class = AwardFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Award]:
        hat = hat_worn(self.request)
        open_years = [cycle.pk for cycle in cycles_for(hat) if may(PRIZES, hat, cycle, unit_id=hat.unit_id)]
        found = Award.objects.filter(
            award_list__cycle__in=open_years,
            award_list__state=ListState.DECIDED,
            membership__isnull=False,
        )
        if hat.role in OWN:
            found = found.filter(membership__unit=hat.unit)
        return found.select_related(
            "award_list__cycle", "scheme", "membership__unit", "membership__block"
        ).order_by("-award_list__cycle__year", "scheme__order", "place", "membership__unit__order", "pk")


class Winner(serializers.Serializer[Any]):
    unit = serializers.CharField()
    block = serializers.CharField()
    grade = serializers.CharField()
    figure = serializers.CharField()
    amount_fen = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class Simulated(serializers.Serializer[Any]):
    award = serializers.CharField()
    kind = serializers.CharField()
    held = serializers.BooleanField()
    budget_fen = serializers.IntegerField()
    winners = Winner(many=True)


class SimulationView(Private, APIView):
    """The awards as they would fall if the year ended now, with the chain of reasons."""

    permission_row = {"get": TOTALS}
    http_method_names = ["get", "head"]

    @extend_schema(responses=Simulated(many=True))
    def get(self, request: Request, code: str) -> Response:
        hat = hat_worn(request)
        cycle = find_cycle(hat, code)
        require(TOTALS, hat, cycle)
        return Response(simulation(cycle))


def simulation(cycle: Cycle) -> list[dict[str, Any]]:
    """Each comprehensive and single award with its winners of now; about fifteen queries."""
    found = []
    for one in award_queries.compute_awards(award_queries.ground_of(cycle)):
        names = {line.contender.key: line.contender.unit for line in one.proposal.lines}
        found.append(
            {
                "award": one.scheme.name,
                "kind": one.scheme.kind,
                "held": one.proposal.is_held,
                "budget_fen": one.budget_fen,
                "winners": [
                    {
                        "unit": line.contender.unit,
                        "block": line.contender.block,
                        "grade": line.grade,
                        "figure": line.contender.shown,
                        "amount_fen": line.amount_fen,
                        "reasons": [str(reason) for reason in chain_of(line, names)],
                    }
                    for line in one.proposal.winners
                ],
            }
        )
    return found
