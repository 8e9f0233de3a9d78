"""The standing (得分排名) and the traces of a cycle over the API.

Who sees what of them is scoring.visible's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from office.refusal import Refused
from scoring import kept_standings, rule_versions, sheets, visible
from scoring.api import UNKNOWN_UNIT, PlaceShape
from scoring.engine.trace import trace
from units.api_auth import Private, find_cycle, hat_worn
from units.models import Block, Cycle, Membership, Unit


class StandingCellShape(serializers.Serializer[Any]):
    sub_item = serializers.CharField()
    score = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of that name; the serializer takes it off the class
        choices=["onsite", "preliminary", "mix", "lead", "mean"], allow_null=True
    )


class StandingItemShape(serializers.Serializer[Any]):
    item = serializers.CharField()
    base = serializers.CharField()
    rank = serializers.IntegerField()
    shared = serializers.BooleanField()
    weighted = serializers.CharField()
    cells = StandingCellShape(many=True)


class StandingRowShape(PlaceShape):
    eligible = serializers.BooleanField()
    items = StandingItemShape(many=True)
    preliminary = serializers.CharField()
    commendations = serializers.CharField()
    criticisms = serializers.CharField()
    rewards = serializers.CharField()


class StandingBlockShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["comprehensive", "special"])
    version = serializers.IntegerField()
    held = serializers.ListField(child=serializers.CharField())
    differs = serializers.ListField(child=serializers.CharField())
    rows = StandingRowShape(many=True)


class StandingShape(serializers.Serializer[Any]):
    cycle = serializers.CharField()
    year = serializers.IntegerField()
    places = serializers.IntegerField()
    rounding = serializers.ChoiceField(choices=["each-item", "total-only"])
    provisional = serializers.BooleanField()
    blocks = StandingBlockShape(many=True)


class TraceShape(serializers.Serializer[Any]):
    cycle = serializers.CharField()
    unit = serializers.CharField()
    traces = serializers.ListField(child=serializers.DictField())
    amended = serializers.ListField(
        child=serializers.DictField(),
        help_text="Figures of the rules that come from an amendment: item, sub_item, what, version, on, before.",
    )


BLOCK_PARAMETER = OpenApiParameter("block", str, description="Only the block of this name.")


def blocks_of(cycle: Cycle, name: str) -> list[Block]:
    """The cycle's blocks, or the one of that name; raises Refused (404) for a name it does not have."""
    return named_block(cycle, cycle.blocks.order_by("order", "id"), name)


def named_block(cycle: Cycle, blocks: Iterable[Block], name: str) -> list[Block]:
    """These blocks of the cycle, or the one of that name; raises Refused (404) for a name it does not have."""
    blocks = list(blocks)
    if not name:
        return blocks
    chosen = [block for block in blocks if block.name == name]
    if not chosen:
        raise Refused(
            "not-found",
            _("%(cycle)s has no block “%(name)s”; it has: %(blocks)s.")
            % {"cycle": cycle.code, "name": name[:40], "blocks": "、".join(b.name for b in blocks)},
            status=404,
        )
    return chosen


def tagged(request: Request, body: Mapping[str, Any]) -> Response:
    """The answer with a digest of itself as ETag; 304 when the asker has just that."""
    tag = kept_standings.tag_of(JSONRenderer().render(body))
    response = Response(status=304) if _knows(request, tag) else Response(body)
    response.headers["ETag"] = tag
    return response


def _knows(request: Request, tag: str) -> bool:
    return tag in [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]


class StandingView(Private, APIView):
    """The stored standing (得分排名) of a cycle, as the command `standings` gives it."""

    permission_row = {"get": (visible.TOTALS, visible.PUBLISHED, visible.OWN_RESULT)}
    http_method_names = ["get", "head"]

    @extend_schema(responses=StandingShape, parameters=[BLOCK_PARAMETER])
    def get(self, request: Request, code: str) -> HttpResponse:
        hat = hat_worn(request)
        year = kept_standings.year(code)
        if year is None or not hat.fits(year.cycle):
            cycle = find_cycle(hat, code)
            blocks = blocks_of(cycle, request.query_params.get("block", ""))
            return tagged(request, visible.standing_for(hat, cycle, blocks))
        blocks = named_block(year.cycle, year.blocks, request.query_params.get("block", ""))
        sight = visible.sight_of(hat, year.cycle, blocks, visible.standing_rows(hat))
        if sight.own:
            return tagged(request, visible.standing_for(hat, year.cycle, blocks))
        sent = kept_standings.whole(year, sight.whole)
        if _knows(request, sent.tag):
            return HttpResponse(status=304, headers={"ETag": sent.tag})
        return HttpResponse(sent.content, "application/json", headers={"ETag": sent.tag})


class TraceView(Private, APIView):
    """Every step of every figure of one unit, in each block it is in (算分依据).

    The unit is named or given by its number. Before publication a unit sees its own, without others' names.
    """

    permission_row = {"get": (visible.TOTALS, visible.OWN_RESULT)}
    http_method_names = ["get", "head"]

    @extend_schema(responses=TraceShape, parameters=[BLOCK_PARAMETER])
    def get(self, request: Request, code: str, unit: str) -> Response:
        hat = hat_worn(request)
        cycle = find_cycle(hat, code)
        foreign = Refused("not-found", UNKNOWN_UNIT, status=404)
        found = _find_unit(cycle, unit)
        if hat.role in visible.OF_A_UNIT and (found is None or found.pk != hat.unit_id):
            raise foreign
        # Who may not see totals yet hears that first, whatever name was asked for.
        sight = visible.sight_of(
            hat, cycle, blocks_of(cycle, request.query_params.get("block", "")), visible.trace_rows(hat)
        )
        if found is None:
            raise foreign
        own = {block.pk for block in sight.own}
        seen = {block.pk: block for block in (*sight.whole, *sight.own)}
        members = found.memberships.filter(block__in=seen).order_by("block__order", "block_id")
        traces = [
            _trace(seen[member.block_id], member, only_own=member.block_id in own) for member in members
        ]
        shown = [seen[member.block_id] for member in members]
        return tagged(
            request,
            {
                "cycle": cycle.code,
                "unit": found.name,
                "traces": traces,
                "amended": rule_versions.versions_of(cycle, shown),
            },
        )


def _find_unit(cycle: Cycle, named: str) -> Unit | None:
    if "\x00" in named:
        return None
    wanted = Q(name=named)
    if re.fullmatch(r"\d{1,18}", named, re.ASCII):
        wanted |= Q(pk=int(named))
    return Unit.objects.filter(wanted, memberships__block__cycle=cycle).distinct().first()


def _trace(block: Block, member: Membership, *, only_own: bool) -> dict[str, Any]:
    steps = trace(sheets.named_sheet(block), member.pk).as_dict()
    return visible.without_others(steps) if only_own else steps
