"""Items and cells over the API.

Writing goes through the same actions as the pages; what may be seen is asked of scoring.visible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from office import audit
from office.fields import format_points
from office.models import AuditEntry
from office.refusal import Refused
from office.tokens import may_sign
from scoring import queries, visible
from scoring.actions import scores
from scoring.models import Cell, Indicator, Involvement, MajorItem, Score, ScoreKind, SubItem
from units.api import ReadOnly, cycles_for
from units.api_auth import Private, hat_worn
from units.hats import Hat
from units.models import Block, Membership

POINTS = re.compile(r"-?\d{1,12}(\.\d{1,12})?", re.ASCII)
LONGEST_HISTORY = 200
UNKNOWN_UNIT = gettext_lazy("There is no such record.")


def points_text(points: Decimal, places: int) -> str:
    """Points with at least the cycle's decimals; a stored figure with more is shown as it is."""
    text = format_points(points)
    whole, _dot, decimals = text.partition(".")
    decimals = decimals.ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


@extend_schema_field(
    {"oneOf": [{"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,12})?$"}, {"type": "integer"}]}
)
class PointsText(serializers.Field[Decimal | None, Any, str, Any]):
    """Points as text, never as a binary float: "95.50"."""

    default_error_messages = {
        "points": gettext_lazy("Write the points as text with a decimal point, such as “95.50”.")
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str) and POINTS.fullmatch(data):
            return Decimal(data)
        if isinstance(data, int) and not isinstance(data, bool) and abs(data) < 10**12:
            return Decimal(data)
        raise serializers.ValidationError(self.error_messages["points"], "points")

    def to_representation(self, value: Decimal | None) -> str:
        return format_points(value or Decimal(0))


# Items


class IndicatorSerializer(serializers.ModelSerializer[Indicator]):
    base = serializers.SerializerMethodField()
    lead = serializers.CharField(source="lead.name", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Indicator
        fields = ["name", "base", "rule_text", "steps", "lead"]

    def get_base(self, indicator: Indicator) -> str:
        return format_points(indicator.base_points)


class SubItemSerializer(serializers.ModelSerializer[SubItem]):
    base = serializers.SerializerMethodField()
    floor = serializers.SerializerMethodField()
    lead = serializers.CharField(source="lead.name", default=None, read_only=True, allow_null=True)
    helpers = serializers.SerializerMethodField()
    indicators = IndicatorSerializer(many=True, read_only=True)

    class Meta:
        model = SubItem
        fields = [
            "id",
            "name",
            "base",
            "floor",
            "floor_text",
            "lead",
            "helpers",
            "look",
            "aliases",
            "source",
            "suspended_reason",
            "indicators",
        ]

    def get_base(self, sub_item: SubItem) -> str:
        return format_points(sub_item.base_points)

    def get_floor(self, sub_item: SubItem) -> str:
        return format_points(sub_item.floor)

    def get_helpers(self, sub_item: SubItem) -> list[str]:
        return [unit.name for unit in sub_item.helpers.all()]


class ItemSerializer(serializers.ModelSerializer[MajorItem]):
    cycle = serializers.CharField(source="block.cycle.code", read_only=True)
    block = serializers.CharField(source="block.name", read_only=True)
    weight = serializers.SerializerMethodField()
    base = serializers.SerializerMethodField()
    sub_items = SubItemSerializer(many=True, read_only=True)

    class Meta:
        model = MajorItem
        fields = ["id", "cycle", "block", "name", "order", "weight", "base", "sub_items"]

    def get_weight(self, item: MajorItem) -> str:
        return format_points(item.weight_points)

    def get_base(self, item: MajorItem) -> str:
        return format_points(item.base_points)


class ItemFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("block__cycle__code")
    block = django_filters.CharFilter("block__name")
    lead = django_filters.CharFilter("sub_items__lead__name", distinct=True)

    class Meta:
        model = MajorItem
        fields = ["cycle", "block", "name", "lead"]


class ItemViewSet(ReadOnly):
    """Major items (大项) with their sub-items (中项) and indicators (小项)."""

    queryset = MajorItem.objects.none()
    serializer_class = ItemSerializer
    filterset_class = ItemFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[MajorItem]:
        sub_items = SubItem.objects.select_related("lead").order_by("order", "id")
        return (
            MajorItem.objects.filter(block__cycle__in=cycles_for(hat_worn(self.request)).order_by())
            .select_related("block__cycle")
            .prefetch_related(
                Prefetch("sub_items", sub_items),
                "sub_items__helpers",
                Prefetch("sub_items__indicators", Indicator.objects.select_related("lead")),
            )
            .order_by("block__cycle__code", "block__order", "block_id", "order", "id")
        )


# Cells


class DeductionShape(serializers.Serializer[Any]):
    indicator = serializers.CharField(allow_null=True)
    points = serializers.CharField()
    reason = serializers.CharField()
    evidence = serializers.CharField(allow_blank=True)
    on = serializers.DateField(allow_null=True)


class ScoreShape(serializers.Serializer[Any]):
    points = serializers.CharField()
    entered_by = serializers.CharField()
    entered_at = serializers.CharField()
    by_office = serializers.BooleanField()
    on_behalf_of = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    batch = serializers.IntegerField(allow_null=True)
    deductions = DeductionShape(many=True)


class FourScores(serializers.Serializer[Any]):
    """Kinds the reader may not see are absent; null means that nobody has scored."""

    self = ScoreShape(allow_null=True, required=False)
    lead = ScoreShape(allow_null=True, required=False)
    preliminary = ScoreShape(allow_null=True, required=False)
    onsite = ScoreShape(allow_null=True, required=False)


class NotInvolvedShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[choice for choice in Involvement.values if choice])
    reason = serializers.CharField(allow_blank=True)
    proposed_by = serializers.CharField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)


class PlaceShape(serializers.Serializer[Any]):
    unit = serializers.CharField()
    rank = serializers.IntegerField()
    shared = serializers.BooleanField()
    missing = serializers.IntegerField()
    final = serializers.CharField()


class PlacesShape(serializers.Serializer[Any]):
    block = serializers.CharField()
    version = serializers.IntegerField()
    provisional = serializers.BooleanField()
    rows = PlaceShape(many=True)


class HistoryShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = serializers.CharField()
    by = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    act = serializers.CharField()
    kind = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(allow_null=True)


class CellSerializer(serializers.ModelSerializer[Cell]):
    cycle = serializers.CharField(source="block.cycle.code", read_only=True)
    block = serializers.CharField(source="block.name", read_only=True)
    unit = serializers.CharField(source="membership.unit.name", read_only=True)
    item = serializers.CharField(source="sub_item.item.name", read_only=True)
    sub_item = serializers.CharField(source="sub_item.name", read_only=True)
    base = serializers.SerializerMethodField()
    not_involved = serializers.SerializerMethodField()
    scores = serializers.SerializerMethodField()

    class Meta:
        model = Cell
        fields = [
            "id",
            "cycle",
            "block",
            "unit",
            "item",
            "sub_item",
            "base",
            "version",
            "not_involved",
            "missing_how",
            "scores",
        ]

    def get_base(self, cell: Cell) -> str:
        return format_points(cell.sub_item.base_points)

    @extend_schema_field(NotInvolvedShape(allow_null=True))
    def get_not_involved(self, cell: Cell) -> dict[str, Any] | None:
        if not cell.involvement or self._kinds(cell) != visible.ALL_KINDS:
            return None
        return {
            "state": cell.involvement,
            "reason": cell.involvement_reason,
            "proposed_by": str(cell.proposed_by) if cell.proposed_by else None,
            "decided_by": str(cell.involvement_decided_by) if cell.involvement_decided_by else None,
        }

    @extend_schema_field(FourScores)
    def get_scores(self, cell: Cell) -> dict[str, Any]:
        stored = {score.kind: score for score in cell.scores.all()}
        return {str(kind): self._score(cell, stored.get(kind)) for kind in self._kinds(cell)}

    def _kinds(self, cell: Cell) -> tuple[ScoreKind, ...]:
        return cast(visible.Kinds, self.context["kinds"]).of(cell)

    @staticmethod
    def _score(cell: Cell, score: Score | None) -> dict[str, Any] | None:
        if score is None:
            return None
        places = cell.block.cycle.places
        return {
            "points": points_text(score.points, places),
            "entered_by": str(score.entered_by),
            "entered_at": audit.instant(score.entered_at),
            "by_office": score.by_office,
            "on_behalf_of": score.on_behalf_of.name if score.on_behalf_of else None,
            "reason": score.reason,
            "batch": score.batch_id,
            "deductions": [
                {
                    "indicator": line.indicator.name if line.indicator else None,
                    "points": points_text(line.points, places),
                    "reason": line.reason,
                    "evidence": line.evidence,
                    "on": line.on.isoformat() if line.on else None,
                }
                for line in score.deductions.all()
            ],
        }


class CellWithHistory(CellSerializer):
    history = serializers.SerializerMethodField()

    class Meta(CellSerializer.Meta):
        fields = [*CellSerializer.Meta.fields, "history"]

    @extend_schema_field(HistoryShape(many=True))
    def get_history(self, cell: Cell) -> list[dict[str, Any]]:
        """The cell's acts in the log, the newest first; who sees only self scores sees only their acts."""
        sees_all = self._kinds(cell) == visible.ALL_KINDS
        entries = AuditEntry.objects.filter(object_type=Cell._meta.label, object_id=str(cell.pk))
        told = []
        for entry in entries.order_by("-number")[:LONGEST_HISTORY]:
            details = audit.details_of(entry)
            if sees_all or details.get("kind") == ScoreKind.SELF:
                told.append(_act(entry, details))
        return told


def _act(entry: AuditEntry, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": audit.instant(entry.at),
        "by": entry.user_name,
        "role": entry.role,
        "act": entry.act,
        "kind": details.get("kind"),
        "before": details.get("before"),
        "after": details.get("after"),
        "reason": details.get("reason", ""),
        "version": details.get("version"),
    }


class SavedCell(CellSerializer):
    places = PlacesShape(
        allow_null=True,
        read_only=True,
        help_text="The block's places after this change; null for whom totals are not open.",
    )

    class Meta(CellSerializer.Meta):
        fields = [*CellSerializer.Meta.fields, "places"]


class CellPatch(serializers.Serializer[Any]):
    """Either one kind of score (`score` null with a reason clears it), or the state “not involved”."""

    kind = serializers.ChoiceField(choices=ScoreKind.choices, required=False)
    score = PointsText(required=False, allow_null=True)
    not_involved = serializers.ChoiceField(
        choices=["propose", "confirm", "reject", "withdraw"], required=False
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(
                _("Not understood: %(names)s.") % {"names": ", ".join(sorted(map(str, unknown)))[:200]}
            )
        if ("not_involved" in attrs) == ("kind" in attrs):
            raise serializers.ValidationError(_("Give either a kind with its score, or “not_involved”."))
        if ("kind" in attrs) != ("score" in attrs):
            raise serializers.ValidationError(_("A kind and its score belong together."))
        return attrs


class CellFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("block__cycle__code")
    block = django_filters.CharFilter("block__name")
    unit = django_filters.CharFilter("membership__unit__name")
    item = django_filters.CharFilter("sub_item__item__name")
    sub_item = django_filters.CharFilter("sub_item__name")
    scored = django_filters.ChoiceFilter(
        choices=ScoreKind.choices, method="by_kind", label="holds a score of this kind"
    )
    unscored = django_filters.ChoiceFilter(
        choices=ScoreKind.choices, method="by_kind", label="holds no score of this kind"
    )
    not_involved = django_filters.ChoiceFilter(
        choices=[choice for choice in Involvement.choices if choice[0]], method="by_involvement"
    )
    order = django_filters.OrderingFilter(
        fields={"membership__unit__order": "unit", "sub_item__item__order": "item", "id": "id"}
    )

    class Meta:
        model = Cell
        fields = ["cycle", "block", "unit", "item", "sub_item"]

    def by_kind(self, cells: QuerySet[Cell], name: str, value: str) -> QuerySet[Cell]:
        """A unit before its result may not learn by filtering what it may not read."""
        if value != ScoreKind.SELF:
            cells = _where_all_kinds_show(hat_worn(self.request), cells)
        scored = Exists(Score.objects.filter(cell=OuterRef("pk"), kind=value))
        return cells.filter(scored if name == "scored" else ~scored)

    def by_involvement(self, cells: QuerySet[Cell], name: str, value: str) -> QuerySet[Cell]:
        return _where_all_kinds_show(hat_worn(self.request), cells).filter(involvement=value)


def _where_all_kinds_show(hat: Hat, cells: QuerySet[Cell]) -> QuerySet[Cell]:
    kinds = visible.Kinds(hat)
    if hat.role not in visible.OF_A_UNIT:
        return cells if visible.sees_scores(hat) else cells.none()
    own = Membership.objects.filter(unit=hat.unit).select_related("block__cycle")
    open_blocks = [
        member.block_id
        for member in own
        if kinds.of(Cell(block=member.block, membership=member)) == visible.ALL_KINDS
    ]
    return cells.filter(block__in=open_blocks)


class CellViewSet(Private, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Cell]):
    """Cells: one unit in one sub-item, with its scores (self, lead, preliminary, onsite)."""

    permission_row = {
        "list": visible.CELL_ROWS,
        "retrieve": visible.CELL_ROWS,
        "partial_update": ("E01", "E02", "E03", "E08", "D02"),
    }
    http_method_names = ["get", "head", "patch"]
    queryset = Cell.objects.none()
    serializer_class = CellSerializer
    filterset_class = CellFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Cell]:
        held = Score.objects.select_related("entered_by", "on_behalf_of").prefetch_related(
            "deductions__indicator"
        )
        return (
            visible.cells_for(hat_worn(self.request))
            .select_related(
                "block__cycle",
                "membership__unit",
                "sub_item__item",
                "proposed_by",
                "involvement_decided_by",
            )
            .prefetch_related(Prefetch("scores", held))
            .order_by(
                "block__cycle__code",
                "block__order",
                "membership__unit__order",
                "sub_item__item__order",
                "sub_item__order",
                "id",
            )
        )

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return CellWithHistory if getattr(self, "action", "") == "retrieve" else CellSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.request:  # the schema is drawn without one
            context["kinds"] = visible.Kinds(hat_worn(self.request))
        return context

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        cell = self.get_object()
        response = Response(self.get_serializer(cell).data)
        response.headers["ETag"] = f'"{cell.version}"'
        return response

    @extend_schema(request=CellPatch, responses=SavedCell)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Save or clear one score, or move the state “not involved”; answers with the block's new places."""
        hat = hat_worn(request)
        wanted = CellPatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        cell_id = int(kwargs["pk"])
        _require_fits(hat, cell_id)
        if "not_involved" in wanted.validated_data:
            may_sign(request)  # both halves of a two-person act need a person at the screen
        saved = _apply(hat, cell_id, wanted.validated_data)
        return self._answer(hat, saved)

    def _answer(self, hat: Hat, saved: Cell) -> Response:
        cell = self.get_queryset().filter(pk=saved.pk).first() or saved
        body = self.get_serializer(cell).data | {"places": places_of(hat, cell.block)}
        response = Response(body)
        response.headers["ETag"] = f'"{saved.version}"'
        return response


def _require_fits(hat: Hat, cell_id: int) -> None:
    """A cell of a cycle the hat does not fit is not there for it."""
    if hat.cycle_id is not None and not Cell.objects.filter(pk=cell_id, block__cycle=hat.cycle_id).exists():
        raise Refused("not-found", UNKNOWN_UNIT, status=404)


def _apply(hat: Hat, cell_id: int, wanted: Mapping[str, Any]) -> Cell:
    reason, version = wanted["reason"], wanted["version"]
    match wanted.get("not_involved"):
        case "propose":
            return scores.propose_not_involved(by=hat, cell_id=cell_id, reason=reason, version=version)
        case "withdraw":
            return scores.withdraw_not_involved(by=hat, cell_id=cell_id, reason=reason, version=version)
        case "confirm" | "reject" as decision:
            return scores.decide_not_involved(
                by=hat, cell_id=cell_id, confirm=decision == "confirm", reason=reason, version=version
            )
    kind = ScoreKind(wanted["kind"])
    if wanted["score"] is None:
        return scores.clear_score(by=hat, cell_id=cell_id, kind=kind, reason=reason, version=version)
    return scores.record_score(
        by=hat, cell_id=cell_id, kind=kind, points=wanted["score"], reason=reason, version=version
    )


def places_of(hat: Hat, block: Block) -> dict[str, Any] | None:
    """The block's places as they stand now; None for a hat to whom totals are not open (G02, A02)."""
    if not visible.may_see_places(hat, block):
        return None
    standing = queries.standing_object(block.cycle, [block])["blocks"][0]
    return {
        "block": standing["name"],
        "version": standing["version"],
        "provisional": any(row["missing"] > 0 for row in standing["rows"]),
        "rows": [
            {key: row[key] for key in ("unit", "rank", "shared", "missing", "final")}
            for row in standing["rows"]
        ],
    }


# Standings and traces
