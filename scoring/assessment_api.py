"""Self-assessments over the API: how far each part is, its lines read and written, handed in and taken back.

The same actions and sentences as the pages. Handing in and taking back are the principal's signature and need a
person at the screen; evidence and what the office enters from paper stay on the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office import audit
from office.fields import format_points
from office.refusal import Refused
from office.tokens import may_sign
from scoring import assessment_queries as queries
from scoring import visible
from scoring.actions import assessments
from scoring.actions.assessments import Said
from scoring.actions.scores import DeductionLine
from scoring.api import PointsText, points_text
from scoring.assessment_queries import LineFacts, Overview
from scoring.models import Assessment, Cell, Involvement, SubItem
from units.api import cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.hats import Hat
from units.models import Cycle

STATES = {"green": "submitted", "amber": "under way", "red": "not begun"}


def foreign() -> Refused:
    return Refused("not-found", _("There is no such record."), status=404)


# Parts --------------------------------------------------------------------------------------------


class ReceiptShape(serializers.Serializer[Any]):
    number = serializers.CharField()
    submitted_at = serializers.CharField()
    submitted_by = serializers.CharField()
    digest = serializers.CharField()


class PartShape(serializers.Serializer[Any]):
    """One unit's part: all its blocks that follow the year, or one track that keeps its own calendar."""

    id = serializers.IntegerField(allow_null=True, help_text="null until the first line is saved.")
    cycle = serializers.CharField()
    unit = serializers.CharField()
    track = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=list(STATES.values()))
    asked = serializers.IntegerField()
    done = serializers.IntegerField()
    times_sent_back = serializers.IntegerField()
    receipt = ReceiptShape(allow_null=True)


class Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


def part_told(cycle: Cycle, row: Overview) -> dict[str, Any]:
    receipt = row.receipt
    return {
        "id": row.assessment_id,
        "cycle": cycle.code,
        "unit": row.unit.name,
        "track": row.block.name if row.block is not None else None,
        "state": STATES[row.light],
        "asked": row.asked,
        "done": row.done,
        "times_sent_back": row.returns,
        "receipt": {
            "number": receipt.number,
            "submitted_at": audit.instant(receipt.submitted_at),
            "submitted_by": str(receipt.submitted_by),
            "digest": receipt.digest,
        }
        if receipt is not None
        else None,
    }


class SelfAssessmentViewSet(Private, viewsets.GenericViewSet[Assessment]):
    """Self-assessments (自评) part by part; their lines are `self-lines`."""

    permission_row = {"list": "D01", "retrieve": "D01", "submit": "D03", "withdraw": "D04"}
    http_method_names = ["get", "head", "post"]
    queryset = Assessment.objects.none()
    serializer_class = PartShape
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(
        parameters=[
            OpenApiParameter("cycle", str, description="Only the year of this code."),
            OpenApiParameter("unit", str, description="Only the unit of this name."),
            OpenApiParameter("state", str, enum=list(STATES.values())),
        ],
        responses=PartShape(many=True),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every part in sight, also those not begun."""
        hat = hat_worn(request)
        code, unit, state = (request.query_params.get(name, "") for name in ("cycle", "unit", "state"))
        cycles = [find_cycle(hat, code)] if code else list(cycles_for(hat))
        told = []
        for cycle in cycles:
            units = queries.units_in_sight(hat, cycle)
            if unit:
                units = units.filter(name=unit.replace("\x00", ""))
            told += [
                part_told(cycle, row) for row in queries.overview(cycle, units.values_list("pk", flat=True))
            ]
        shown = [part for part in told if not state or part["state"] == state]
        return self.get_paginated_response(self.paginate_queryset(shown))

    def _seen(self, hat: Hat, pk: str) -> Assessment:
        row = Assessment.objects.filter(pk=int(pk)).select_related("cycle", "unit", "block").first()
        if row is None or not hat.fits(row.cycle):
            raise foreign()
        if not queries.units_in_sight(hat, row.cycle).filter(pk=row.unit_id).exists():
            raise foreign()
        return row

    def _told(self, row: Assessment) -> Response:
        for found in queries.overview(row.cycle, [row.unit_id]):
            if found.assessment_id == row.pk:
                return Response(part_told(row.cycle, found))
        raise foreign()

    @extend_schema(responses=PartShape)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._told(self._seen(hat_worn(request), kwargs["pk"]))

    @extend_schema(request=None, responses=PartShape)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The principal hands the part in and gets its receipt; never by a token."""
        hat = hat_worn(request)
        may_sign(request)
        row = self._seen(hat, kwargs["pk"])
        assessments.submit(by=hat, cycle=row.cycle, unit=row.unit, block=row.block)
        return self._told(row)

    @extend_schema(request=Reason, responses=PartShape)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The principal takes it back before the deadline, with a reason; never by a token."""
        hat = hat_worn(request)
        may_sign(request)
        row = self._seen(hat, kwargs["pk"])
        wanted = Reason(data=request.data)
        wanted.is_valid(raise_exception=True)
        assessments.withdraw(
            by=hat,
            cycle=row.cycle,
            unit=row.unit,
            block=row.block,
            reason=wanted.validated_data["reason"],
        )
        return self._told(row)


# Lines --------------------------------------------------------------------------------------------


class OwnDeduction(serializers.Serializer[Any]):
    """One deduction; `indicator` by its name where the sub-item has indicators."""

    points = PointsText()
    reason = serializers.CharField(max_length=300)
    indicator = serializers.CharField(required=False, allow_null=True, default=None, max_length=100)


class EvidenceShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()


class LineShape(serializers.Serializer[Any]):
    """What a unit says of one cell. Points are text; `version` is sent back with a change."""

    id = serializers.IntegerField(help_text="The cell's number.")
    cycle = serializers.CharField()
    block = serializers.CharField()
    unit = serializers.CharField()
    item = serializers.CharField()
    sub_item = serializers.CharField()
    base = serializers.CharField()
    points = serializers.CharField(allow_null=True)
    deductions = OwnDeduction(many=True)
    note = serializers.CharField(allow_blank=True)
    not_involved = serializers.BooleanField(help_text="The unit says that the sub-item hardly involves it.")
    reason = serializers.CharField(allow_blank=True, help_text="Why it is not involved.")
    evidence = EvidenceShape(many=True)
    ready = serializers.BooleanField()
    version = serializers.CharField()


def line_told(facts: LineFacts) -> dict[str, Any]:
    cell = facts.cell
    places = cell.block.cycle.places
    return {
        "id": cell.pk,
        "cycle": cell.block.cycle.code,
        "block": cell.block.name,
        "unit": cell.membership.unit.name,
        "item": cell.sub_item.item.name,
        "sub_item": cell.sub_item.name,
        "base": format_points(cell.sub_item.base_points),
        "points": None if facts.points is None else points_text(facts.points, places),
        "deductions": [
            {
                "points": points_text(line.points, places),
                "reason": line.reason,
                "indicator": line.indicator.name if line.indicator is not None else None,
            }
            for line in facts.lines
        ],
        "note": facts.note,
        "not_involved": facts.wishes_not_involved,
        "reason": facts.wish_reason,
        "evidence": [{"name": row.file.name, "sha256": row.file.sha256} for row in facts.evidence],
        "ready": facts.is_ready,
        "version": facts.seen,
    }


class LinePatch(serializers.Serializer[Any]):
    """What changes; what is left out stays. With deductions the points follow from them."""

    points = PointsText(required=False, allow_null=True)
    deductions = serializers.ListField(child=OwnDeduction(), required=False, max_length=30)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    not_involved = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    version = serializers.CharField(max_length=40)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(
                _("Not understood: %(names)s.") % {"names": ", ".join(sorted(map(str, unknown)))[:200]}
            )
        return attrs


def said_of(facts: LineFacts, wanted: Mapping[str, Any]) -> Said:
    """What the line would say: as it stands, with what was sent in its place."""
    wishes = wanted.get("not_involved", facts.wishes_not_involved)
    lines = tuple(
        DeductionLine(points=line.points, reason=line.reason, indicator=line.indicator)
        for line in (() if wishes else facts.lines)
    )
    if "deductions" in wanted:
        lines = tuple(_deduction(facts.cell.sub_item, one) for one in wanted["deductions"])
    stands = None if wishes or lines else facts.points
    if "deductions" in wanted and facts.lines:
        stands = None  # the points stood for deductions that are gone
    return Said(
        points=wanted.get("points", stands),
        lines=lines,
        note=wanted.get("note", facts.note),
        wishes_not_involved=wishes,
        wish_reason=wanted.get("reason", facts.wish_reason),
    )


def _deduction(sub: SubItem, sent: Mapping[str, Any]) -> DeductionLine:
    name = sent["indicator"]
    indicators = {one.name: one for one in sub.indicators.all()}
    if name and name not in indicators:
        raise Refused(
            "unknown-indicator",
            _("“%(sub)s” has no indicator called “%(value)s”. Known: %(names)s.")
            % {"sub": sub.name, "value": name, "names": "、".join(indicators) or "—"},
            status=422,
        )
    return DeductionLine(points=sent["points"], reason=sent["reason"], indicator=indicators.get(name or ""))


class LineFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("block__cycle__code")
    block = django_filters.CharFilter("block__name")
    unit = django_filters.CharFilter("membership__unit__name")
    sub_item = django_filters.CharFilter("sub_item__name")

    class Meta:
        model = Cell
        fields = ["cycle", "block", "unit", "sub_item"]


class SelfLineViewSet(Private, viewsets.GenericViewSet[Cell]):
    """What units say of their own cells, also before anything is said."""

    permission_row = {"list": "D01", "retrieve": "D01", "partial_update": "D02"}
    http_method_names = ["get", "head", "patch"]
    queryset = Cell.objects.none()
    serializer_class = LineShape
    filterset_class = LineFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Cell]:
        return (
            visible.cells_for(hat_worn(self.request))
            .filter(sub_item__suspended_reason="")
            .exclude(involvement=Involvement.CONFIRMED)
            .order_by(
                "-block__cycle__year",
                "block__cycle_id",
                "membership__unit__order",
                "membership__unit_id",
                "block__order",
                "sub_item__item__order",
                "sub_item__order",
                "pk",
            )
        )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shown = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([line_told(facts) for facts in queries.facts_of(shown)])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(line_told(queries.facts_of([self.get_object()])[0]))

    @extend_schema(request=LinePatch, responses=LineShape)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Save a draft line; 409 with both values when somebody else was faster."""
        hat = hat_worn(request)
        wanted = LinePatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cell: Cell = self.get_object()
        said = said_of(queries.line_facts(cell.pk), data)
        assessments.save_line(by=hat, cell_id=cell.pk, said=said, seen=data["version"])
        return Response(line_told(queries.facts_of([cell])[0]))
