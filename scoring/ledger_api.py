"""Quarterly ledgers over the API: who handed in what, the lines that stand, a workbook handed in.

Writing goes through the same actions as the pages; what may be seen is asked of scoring.ledger_queries.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from office.fields import format_points
from office.refusal import Refused
from scoring import ledger_queries
from scoring.actions import batches, ledgers
from scoring.models import BatchState, Ledger, LedgerKind, LedgerLine, LedgerVersion
from units.api import ReadOnly, cycles_for
from units.api_auth import Private, find_cycle, hat_worn


class VersionSerializer(serializers.ModelSerializer[LedgerVersion]):
    by = serializers.CharField(read_only=True)
    points = serializers.SerializerMethodField()
    file = serializers.CharField(source="batch.file.name", read_only=True, default=None, allow_null=True)
    sha256 = serializers.CharField(source="batch.file_sha256", read_only=True, default=None, allow_null=True)

    class Meta:
        model = LedgerVersion
        fields = [
            "id", "number", "state", "by", "by_office", "at", "others_clean", "line_count", "points", "file",
            "sha256", "void_reason",
        ]  # fmt: skip

    def get_points(self, version: LedgerVersion) -> str:
        return format_points(version.points)


class LedgerSerializer(serializers.ModelSerializer[Ledger]):
    """One body's quarter; `current` null: nothing counts."""

    cycle = serializers.CharField(source="cycle.code", read_only=True)
    body = serializers.CharField(source="body.name", read_only=True)
    quarter = serializers.IntegerField(read_only=True)
    current = VersionSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Ledger
        fields = ["id", "cycle", "body", "quarter", "part", "current"]


class LineSerializer(serializers.ModelSerializer[LedgerLine]):
    """Points and figures are text with a decimal point; `thread` is the same through all versions."""

    cycle = serializers.CharField(source="version.ledger.cycle.code", read_only=True)
    body = serializers.CharField(source="version.ledger.body.name", read_only=True)
    quarter = serializers.IntegerField(source="version.ledger.quarter", read_only=True)
    unit = serializers.CharField(source="membership.unit.name", read_only=True)
    block = serializers.CharField(source="membership.block.name", read_only=True)
    item = serializers.CharField(source="sub_item.item.name", read_only=True)
    sub_item = serializers.CharField(source="sub_item.name", read_only=True)
    indicator = serializers.CharField(source="indicator.name", read_only=True, default=None, allow_null=True)
    points = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()
    done = serializers.SerializerMethodField()
    done_total = serializers.SerializerMethodField()
    date = serializers.DateField(source="on", read_only=True, allow_null=True)

    class Meta:
        model = LedgerLine
        fields = [
            "id", "thread", "cycle", "body", "quarter", "unit", "block", "item", "sub_item", "indicator",
            "points", "reason", "basis", "date", "figure", "measure", "target", "done", "done_total",
        ]  # fmt: skip

    def get_points(self, line: LedgerLine) -> str:
        return format_points(line.points)

    def get_target(self, line: LedgerLine) -> str | None:
        return None if line.target is None else format_points(line.target)

    def get_done(self, line: LedgerLine) -> str | None:
        return None if line.done is None else format_points(line.done)

    def get_done_total(self, line: LedgerLine) -> str | None:
        return None if line.done_total is None else format_points(line.done_total)


class NewLedger(serializers.Serializer[Any]):
    """A workbook; `confirm` takes it in at once when no cell is wrong."""

    cycle = serializers.CharField(max_length=40)
    file = serializers.FileField()
    confirm = serializers.BooleanField(required=False, default=False)


class LedgerReport(serializers.Serializer[Any]):
    """What became of the workbook; `job` to watch when it is long."""

    batch = serializers.IntegerField()
    state = serializers.CharField()
    job = serializers.IntegerField(allow_null=True)
    report = serializers.DictField()


class LedgerFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    cycle = django_filters.CharFilter("cycle__code")
    body = django_filters.CharFilter("body__name")
    quarter = django_filters.NumberFilter(method="of_quarter", min_value=1, max_value=4)

    class Meta:
        model = Ledger
        fields = ["cycle", "body", "quarter"]

    def of_quarter(self, rows: QuerySet[Ledger], name: str, value: Any) -> QuerySet[Ledger]:
        return rows.filter(period=f"Q{int(value)}")


class LineFilter(django_filters.FilterSet):  # type: ignore[misc]  # as above
    cycle = django_filters.CharFilter("version__ledger__cycle__code")
    body = django_filters.CharFilter("version__ledger__body__name")
    unit = django_filters.CharFilter("membership__unit__name")
    block = django_filters.CharFilter("membership__block__name")
    sub_item = django_filters.CharFilter("sub_item__name")
    quarter = django_filters.NumberFilter(method="of_quarter", min_value=1, max_value=4)

    class Meta:
        model = LedgerLine
        fields = ["cycle", "body", "unit", "block", "sub_item", "quarter"]

    def of_quarter(self, rows: QuerySet[LedgerLine], name: str, value: Any) -> QuerySet[LedgerLine]:
        return rows.filter(version__ledger__period=f"Q{int(value)}")


class LedgerViewSet(
    Private, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Ledger]
):
    """Quarterly ledgers (季度台账) by body and quarter."""

    permission_row = {"list": "C04", "retrieve": "C04", "create": "C03"}
    http_method_names = ["get", "head", "post"]
    longest_body = batches.LIMITS.file_bytes + 1_000_000
    queryset = Ledger.objects.none()
    serializer_class = LedgerSerializer
    filterset_class = LedgerFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Ledger]:
        hat = hat_worn(self.request)
        seen = Ledger.objects.none()
        for cycle in cycles_for(hat):
            seen = seen | ledger_queries.ledgers_for(hat, cycle, LedgerKind.LEDGER)
        return (
            Ledger.objects.filter(pk__in=seen.values("pk"))
            .select_related("cycle", "body", "current__by", "current__batch__file")
            .order_by("-cycle__year", "body__order", "period", "part", "pk")
        )

    def get_parsers(self) -> list[Any]:
        parsers = list(super().get_parsers())
        if getattr(self, "action_map", {}).get("post") == "create":
            parsers += [MultiPartParser(), FormParser()]
        return parsers

    @extend_schema(request={"multipart/form-data": NewLedger}, responses={201: LedgerReport})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hand a ledger in: it is read, reported by cell and, with `confirm`, taken in whole or not at all."""
        hat = hat_worn(request)
        wanted = NewLedger(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        cycle = find_cycle(hat, data["cycle"])
        sent = data["file"]
        batch = ledgers.hand_in(
            by=hat, cycle=cycle, chunks=sent.chunks(), name=sent.name or "", size=sent.size or 0
        )
        job = batches.start_reading(hat, [batch], cycle)
        if job is None and batch.state == BatchState.REFUSED:
            raise Refused(
                "workbook-refused",
                _("%(count)d cells are wrong; nothing was changed. First: %(first)s")
                % {
                    "count": len(batch.report["errors"]),
                    "first": batch.report["errors"][0]["message"],
                },
                status=422,
                values={"report": _contract(batch.report)},
            )
        if job is None and data["confirm"]:
            batch, job = batches.start_taking(hat, cycle, batch.pk)
        answer = {
            "batch": batch.pk,
            "state": str(batch.state),
            "job": job.pk if job is not None else None,
            "report": _contract(batch.report),
        }
        return Response(answer, status=201)


def _contract(report: dict[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("accepted", "changed", "errors", "warnings") if key in report}


class LedgerLineViewSet(ReadOnly):
    """The lines that stand, within what the asker may read: a unit its own, a lead those of its sub-items."""

    permission_row = {"list": "C04", "retrieve": "C04"}
    queryset = LedgerLine.objects.none()
    serializer_class = LineSerializer
    filterset_class = LineFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[LedgerLine]:
        hat = hat_worn(self.request)
        seen = LedgerLine.objects.none()
        for cycle in cycles_for(hat):
            seen = seen | ledger_queries.lines_for(hat, cycle)
        return (
            LedgerLine.objects.filter(pk__in=seen.values("pk"))
            .select_related(
                "version__ledger__cycle",
                "version__ledger__body",
                "membership__unit",
                "membership__block",
                "sub_item__item",
                "indicator",
            )
            .order_by("-version__ledger__cycle__year", "version_id", "position", "pk")
        )
