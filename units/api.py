"""Cycles, blocks and units over the API, read-only.

Scores are in scoring.api, standings in scoring.standing_api.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers, viewsets

from units.api_auth import Private, hat_worn
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Membership, Unit, UnitKind, UnitName

READ_ROWS = {"list": "B01", "retrieve": "B01"}
# People's telephone numbers are for those who must reach everybody.
SEES_CONTACTS = frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER})
CONTACTS = ("superior_leader", "principal", "contact", "mobile", "office_phone")


def cycles_for(hat: Hat) -> QuerySet[Cycle]:
    cycles = Cycle.objects.order_by("-year", "code")
    return cycles if hat.cycle_id is None else cycles.filter(pk=hat.cycle_id)


class ReadOnly(Private, viewsets.ReadOnlyModelViewSet[Any]):
    """One record or a page of them, scoped to the hat; `permission_row` says who may ask."""

    permission_row = READ_ROWS
    http_method_names = ["get", "head"]


class CycleSerializer(serializers.ModelSerializer[Cycle]):
    host = serializers.CharField(source="host.name", read_only=True)
    total_weight = serializers.CharField(read_only=True, help_text="Points, a decimal number as text.")

    class Meta:
        model = Cycle
        fields = ["code", "name", "year", "host", "places", "rounding", "total_weight", "stage", "is_demo"]


class CycleFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    class Meta:
        model = Cycle
        fields = ["year", "stage"]


class CycleViewSet(ReadOnly):
    """Appraisal years (考评年度)."""

    queryset = Cycle.objects.none()
    serializer_class = CycleSerializer
    filterset_class = CycleFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/.\x00]+"

    def get_queryset(self) -> QuerySet[Cycle]:
        return cycles_for(hat_worn(self.request)).select_related("host")


class BlockSerializer(serializers.ModelSerializer[Block]):
    cycle = serializers.CharField(source="cycle.code", read_only=True)
    members = serializers.SerializerMethodField()

    class Meta:
        model = Block
        fields = ["id", "cycle", "name", "kind", "order", "has_own_calendar", "stage", "members"]

    def get_members(self, block: Block) -> list[dict[str, str]]:
        return [{"unit": member.unit.name, "mode": member.mode} for member in block.memberships.all()]


class BlockFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    unit = django_filters.CharFilter("memberships__unit__name")

    class Meta:
        model = Block
        fields = ["cycle", "kind", "name", "unit"]


class BlockViewSet(ReadOnly):
    """Blocks (口) with their members."""

    queryset = Block.objects.none()
    serializer_class = BlockSerializer
    filterset_class = BlockFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Block]:
        members = Membership.objects.select_related("unit").order_by("unit__order", "id")
        return (
            Block.objects.filter(cycle__in=cycles_for(hat_worn(self.request)).order_by())
            .select_related("cycle")
            .prefetch_related(Prefetch("memberships", members))
            .order_by("-cycle__year", "cycle__code", "order", "id")
        )


class UnitSerializer(serializers.ModelSerializer[Unit]):
    other_names = serializers.SerializerMethodField()
    blocks = serializers.SerializerMethodField()

    class Meta:
        model = Unit
        fields = [
            "id",
            "name",
            "short_name",
            "kind",
            "order",
            "is_stand_in",
            "other_names",
            "blocks",
            *CONTACTS,
        ]

    def get_other_names(self, unit: Unit) -> list[dict[str, str]]:
        return [{"name": name.name, "kind": name.kind} for name in unit.other_names.all()]

    def get_blocks(self, unit: Unit) -> list[dict[str, str]]:
        return [
            {"cycle": member.block.cycle.code, "block": member.block.name, "mode": member.mode}
            for member in unit.memberships.all()
        ]

    def to_representation(self, instance: Unit) -> dict[str, Any]:
        body = super().to_representation(instance)
        hat: Hat = self.context["hat"]
        if hat.role not in SEES_CONTACTS and instance.pk != hat.unit_id:
            body.update(dict.fromkeys(CONTACTS, ""))
        return body


class UnitFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycles__code")
    block = django_filters.CharFilter("memberships__block__name", distinct=True)
    kind = django_filters.ChoiceFilter(choices=UnitKind.choices)
    name = django_filters.CharFilter(
        method="by_name", label="part of the name, the short name or another name"
    )

    class Meta:
        model = Unit
        fields = ["cycle", "block", "kind", "name"]

    def by_name(self, units: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        known = UnitName.objects.filter(name__contains=value).values("unit")
        return units.filter(Q(name__contains=value) | Q(short_name__contains=value) | Q(pk__in=known))


class UnitViewSet(ReadOnly):
    """Units with their other names and the blocks they are in, in the plan's order."""

    queryset = Unit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Unit]:
        hat = hat_worn(self.request)
        members = Membership.objects.select_related("block__cycle").order_by("block__order", "id")
        units = Unit.objects.order_by("order", "id")
        if hat.cycle_id is not None:
            units = units.filter(cycles=hat.cycle_id)
            members = members.filter(block__cycle=hat.cycle_id)
        return units.prefetch_related("other_names", Prefetch("memberships", members))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.request:  # the schema is drawn without one
            context["hat"] = hat_worn(self.request)
        return context
