"""Visits and findings of distortion over the API: planned, written down, signed; findings are read only.

The same actions and sentences as the pages. Signing needs a person at the screen; photographs, calling off and
opening again stay on the pages.
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
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from office import audit
from office.fields import format_points
from office.refusal import Refused
from office.tokens import may_sign
from scoring import distortion_facts, visit_queries
from scoring.actions import visits
from scoring.actions.visits import Finding
from scoring.api import PointsText, points_text
from scoring.distortion import Kind
from scoring.distortion_facts import Looked
from scoring.models import Visit, VisitState
from scoring.visit_queries import SeenLine
from scoring.words_of_distortion import kind_label, sentence
from units.api import cycles_for
from units.api_auth import Private, find_cycle, hat_worn
from units.hats import Hat
from units.models import Cycle, Team

# Visits -------------------------------------------------------------------------------------------


class VisitLineShape(serializers.Serializer[Any]):
    """One cell looked at; `before` is what would count without the visit."""

    cell = serializers.IntegerField()
    block = serializers.CharField()
    item = serializers.CharField()
    sub_item = serializers.CharField()
    base = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    points = serializers.CharField(allow_null=True)
    finding = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why the score changes.")


class SignatureShape(serializers.Serializer[Any]):
    by = serializers.CharField()
    at = serializers.CharField()


class VisitShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    cycle = serializers.CharField()
    team = serializers.CharField()
    unit = serializers.CharField()
    on = serializers.DateField()
    note = serializers.CharField(allow_blank=True)
    met = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=VisitState.choices)
    signatures = SignatureShape(many=True)
    on_paper = serializers.BooleanField(help_text="Signed on its sheet, whose scan was compared.")
    lines = VisitLineShape(many=True)
    version = serializers.IntegerField()


def line_told(seen: SeenLine, places: int) -> dict[str, Any]:
    line = seen.line
    sub = line.cell.sub_item
    return {
        "cell": line.cell_id,
        "block": line.cell.block.name,
        "item": sub.item.name,
        "sub_item": sub.name,
        "base": format_points(sub.base_points),
        "before": None if seen.before is None else points_text(seen.before, places),
        "points": None if line.points is None else points_text(line.points, places),
        "finding": line.finding,
        "reason": line.reason,
    }


def visit_told(visit: Visit, lines: list[SeenLine]) -> dict[str, Any]:
    signed = [(visit.first_by, visit.first_at), (visit.second_by, visit.second_at)]
    return {
        "id": visit.pk,
        "cycle": visit.cycle.code,
        "team": visit.team.name,
        "unit": visit.unit.name,
        "on": visit.on.isoformat(),
        "note": visit.note,
        "met": visit.met,
        "state": visit.state,
        "signatures": [
            {"by": str(person), "at": audit.instant(at)} for person, at in signed if person and at is not None
        ],
        "on_paper": visit.paper_id is not None,
        "lines": [line_told(seen, visit.cycle.places) for seen in lines],
        "version": visit.version,
    }


class NewVisit(serializers.Serializer[Any]):
    """A team sent to one of its units on a day to look at these cells."""

    cycle = serializers.CharField(max_length=40)
    team = serializers.CharField(max_length=60)
    unit = serializers.CharField(max_length=60)
    on = serializers.DateField()
    cells = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=400, allow_empty=False
    )
    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class FoundLine(serializers.Serializer[Any]):
    """What is left out stays as it stands."""

    cell = serializers.IntegerField(min_value=1, max_value=2**62)
    points = PointsText(required=False, allow_null=True)
    finding = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class VisitPatch(serializers.Serializer[Any]):
    lines = serializers.ListField(child=FoundLine(), required=False, default=list, max_length=400)
    met = serializers.CharField(max_length=200, required=False, allow_blank=True)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class SeenVersion(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class VisitFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    team = django_filters.CharFilter("team__name")
    unit = django_filters.CharFilter("unit__name")
    state = django_filters.ChoiceFilter(choices=VisitState.choices)
    on = django_filters.DateFilter("on")

    class Meta:
        model = Visit
        fields = ["cycle", "team", "unit", "state", "on"]


class VisitViewSet(Private, viewsets.GenericViewSet[Visit]):
    """On-site visits (实地考评) with what was found; a lead sees the lines on its own sub-items."""

    permission_row = {
        "list": "E05",
        "retrieve": "E05",
        "create": "E11",
        "partial_update": "E02",
        "sign": "E12",
    }
    http_method_names = ["get", "head", "post", "patch"]
    queryset = Visit.objects.none()
    serializer_class = VisitShape
    filterset_class = VisitFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Visit]:
        hat = hat_worn(self.request)
        ids: list[int] = []
        for cycle in cycles_for(hat):
            ids += visit_queries.visits_seen(hat, cycle).order_by().values_list("pk", flat=True)
        return (
            Visit.objects.filter(pk__in=ids)
            .select_related("cycle", "team", "unit", "first_by", "second_by")
            .order_by("-cycle__year", "cycle_id", "on", "pk")
        )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shown = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        lines = visit_queries.lines_of_visits(shown, hat_worn(request))
        return self.get_paginated_response([visit_told(one, lines.get(one.pk, [])) for one in shown])

    def _told(self, hat: Hat, visit: Visit, status: int = 200) -> Response:
        return Response(visit_told(visit, visit_queries.lines_seen(hat, visit)), status=status)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._told(hat_worn(request), self.get_object())

    @extend_schema(request=NewVisit, responses={201: VisitShape})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Plan a visit."""
        hat = hat_worn(request)
        wanted = NewVisit(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        team = Team.objects.filter(cycle=cycle, name=data["team"]).first()
        unit = cycle.units.filter(name=data["unit"]).first()
        if team is None or unit is None:
            raise Refused("not-found", _("There is no such record."), status=404)
        made = visits.plan_visit(
            by=hat,
            cycle=cycle,
            team=team,
            unit_id=unit.pk,
            on=data["on"],
            cell_ids=data["cells"],
            note=data["note"],
        )
        return self._told(hat, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(request=VisitPatch, responses=VisitShape)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write down what was found; a draft until two have signed.  409 shows what stands beside what was sent."""
        hat = hat_worn(request)
        wanted = VisitPatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        visit: Visit = self.get_object()
        stands = {seen.line.cell_id: seen for seen in visit_queries.lines_seen(hat, visit)}
        now = [line_told(seen, visit.cycle.places) for seen in stands.values()]
        try:
            visits.record_findings(
                by=hat,
                cycle=visit.cycle,
                visit_id=visit.pk,
                findings=[_finding(one, stands.get(one["cell"])) for one in data["lines"]],
                met=data.get("met", visit.met),
                version=data["version"],
            )
        except Refused as refused:
            if refused.code == "changed-meanwhile":
                sent = FoundLine(data["lines"], many=True).data
                refused.values = {"version": visit.version, "stored": now, "wanted": sent}
            raise
        return self._told(hat, self.get_object())

    @extend_schema(request=SeenVersion, responses=VisitShape)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Sign as the first or the second of the team; never by a token."""
        hat = hat_worn(request)
        may_sign(request)
        visit: Visit = self.get_object()
        wanted = SeenVersion(data=request.data)
        wanted.is_valid(raise_exception=True)
        visits.sign_visit(
            by=hat, cycle=visit.cycle, visit_id=visit.pk, version=wanted.validated_data["version"]
        )
        return self._told(hat, self.get_object())


def _finding(sent: Mapping[str, Any], stands: SeenLine | None) -> Finding:
    line = stands.line if stands is not None else None
    return Finding(
        sent["cell"],
        finding=sent.get("finding", line.finding if line is not None else ""),
        points=sent.get("points", line.points if line is not None else None),
        reason=sent.get("reason", line.reason if line is not None else ""),
    )


# Distortion ---------------------------------------------------------------------------------------


class DismissalShape(serializers.Serializer[Any]):
    by = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class FindingShape(serializers.Serializer[Any]):
    """One finding; `key` names it through the year, `severity` is per mille, `facts` are its figures."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name; the serializer takes it off the class
    state = serializers.ChoiceField(choices=["open", "seen", "dismissed"])
    severity = serializers.IntegerField()
    unit = serializers.CharField(allow_blank=True)
    block = serializers.CharField(allow_blank=True)
    sub_item = serializers.CharField(allow_blank=True)
    lead = serializers.CharField(allow_blank=True)
    cell = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()
    facts = serializers.DictField(child=serializers.CharField())
    dismissal = DismissalShape(allow_null=True)


def finding_told(one: Looked) -> dict[str, Any]:
    done = one.dismissal if one.state != "open" else None
    return {
        "key": one.found.key,
        "kind": str(one.found.kind),
        "label": kind_label(one.found.kind),
        "state": one.state,
        "severity": one.found.severity,
        "unit": one.unit,
        "block": one.block,
        "sub_item": one.sub_item,
        "lead": one.lead,
        "cell": one.found.cell,
        "sentence": sentence(one.found),
        "facts": dict(one.found.facts),
        "dismissal": {"by": str(done.by), "reason": done.reason} if done is not None else None,
    }


class DistortionView(Private, GenericAPIView[Any]):
    """Findings of distortion (失真核查) of a year, worst first; they are dismissed on their page."""

    permission_row = {"get": "E13"}
    http_method_names = ["get", "head"]
    queryset = Cycle.objects.none()
    serializer_class = FindingShape
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=["open", "seen", "dismissed"]),
            OpenApiParameter("kind", str, enum=[kind.value for kind in Kind]),
            OpenApiParameter("block", str, description="Only the block of this name."),
        ],
        responses=FindingShape(many=True),
        operation_id="cycles_distortion_list",
    )
    def get(self, request: Request, code: str) -> Response:
        hat = hat_worn(request)
        cycle = find_cycle(hat, code)
        found = distortion_facts.seen_by(hat, cycle, distortion_facts.find(cycle))
        told = [finding_told(one) for one in distortion_facts.looked_at(cycle, found)]
        for name in ("state", "kind", "block"):
            wanted = request.query_params.get(name, "")
            told = [one for one in told if not wanted or one[name] == wanted]
        return self.get_paginated_response(self.paginate_queryset(told))
