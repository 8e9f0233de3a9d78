"""Gathers what a draft is made of: rules, units, every cell's scores, sums of papers, readings and results.

By names and exact text, never by database numbers, so that it can be read and recomputed elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from awards.edition import DRAFT_FORMAT
from awards.models import RuleChange
from bonuses.models import Adjustment, AdjustmentState, BarState, Finding, Tally, Veto
from office import audit
from office.fields import format_points
from office.models.audit import AuditHead
from scoring import queries
from scoring.models import Cell, Deduction, MajorItem, Score, SubItem
from units.models import Block, Cycle, Membership, Reading, UnitName
from units.readings import QUESTIONS

NOTHING = Decimal(0)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row without its empty entries; 0 and False are left out by those who mean it."""
    return {key: value for key, value in row.items() if value not in ("", None, [], {})}


def scopes_of(cycle: Cycle) -> dict[str, list[Block]]:
    """What is approved by itself: '' for the comprehensive blocks together, each track by its name (§3).

    Blocks nobody takes part in are left out: they have no result to approve.
    """
    scopes: dict[str, list[Block]] = {}
    for block in cycle.blocks.filter(memberships__isnull=False).distinct().order_by("order", "pk"):
        block.cycle = cycle
        scopes.setdefault(block.name if block.is_track else "", []).append(block)
    return scopes


def drafts_of(cycle: Cycle, scopes: Mapping[str, Sequence[Block]]) -> dict[str, dict[str, Any]]:
    """Scope → everything its result rests on, and the result; the same queries however many scopes."""
    every = [block for blocks in scopes.values() for block in blocks]
    readings, inputs = readings_of(cycle), inputs_of(cycle, every)
    results = queries.standing_object(cycle, every)
    drafts: dict[str, dict[str, Any]] = {}
    for scope, blocks in scopes.items():
        names = {block.name for block in blocks}
        own = [block for block in inputs["blocks"] if block["name"] in names]
        units = {member["unit"] for block in own for member in block["members"]}
        shown = [block for block in results["blocks"] if block["name"] in names]
        drafts[scope] = {
            "format": DRAFT_FORMAT,
            "scope": scope,
            "readings": readings,
            "inputs": {
                **inputs,
                "units": [unit for unit in inputs["units"] if unit["name"] in units],
                "blocks": own,
            },
            "results": {
                **results,
                "provisional": any(row["missing"] for block in shown for row in block["rows"]),
                "blocks": shown,
            },
        }
    return drafts


def inputs_of(cycle: Cycle, blocks: Sequence[Block]) -> dict[str, Any]:
    """Rules, units and every cell of these blocks."""
    return {
        "cycle": {
            "code": cycle.code,
            "name": cycle.name,
            "year": cycle.year,
            "host": cycle.host.name,
            "places": cycle.places,
            "rounding": cycle.rounding,
            "total_weight": format_points(cycle.total_weight),
        },
        "units": _units(blocks),
        "blocks": _blocks(blocks),
    }


def readings_of(cycle: Cycle) -> list[dict[str, Any]]:
    """Every reading of the register, those nobody touched with the shipped answer."""
    stored = {r.code: r for r in Reading.objects.filter(cycle=cycle).select_related("decided_by")}
    codes = [question.code for question in QUESTIONS]
    shipped = {question.code: question.shipped for question in QUESTIONS} | {"R1": cycle.rounding}
    rows = []
    for code in [*codes, *sorted(set(stored) - set(codes))]:
        reading = stored.get(code)
        choice = cycle.rounding if code == "R1" else reading.choice if reading else shipped[code]
        row: dict[str, Any] = {"code": code, "choice": choice}
        if reading is not None:
            row |= _plain(
                {
                    "parameters": {key: _text(value) for key, value in reading.parameters.items()},
                    "question": reading.question,
                    "reason": reading.reason,
                    "decided_by": str(reading.decided_by) if reading.decided_by else "",
                    "decided_at": audit.instant(reading.decided_at) if reading.decided_at else "",
                }
            )
        rows.append(row)
    return rows


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return "；".join(map(str, value))
    return value if isinstance(value, int | str) else str(value)


def _units(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    names: dict[int, list[tuple[str, str]]] = defaultdict(list)
    chosen = list(blocks)
    for unit, kind, name in (
        UnitName.objects.filter(unit__memberships__block__in=chosen)
        .distinct()
        .values_list("unit_id", "kind", "name")
    ):
        names[unit].append((kind, name))
    members = (
        Membership.objects.filter(block__in=chosen).select_related("unit").order_by("unit__order", "unit_id")
    )
    units = {member.unit_id: member.unit for member in members}
    return [
        _plain(
            {
                "name": unit.name,
                "short_name": unit.short_name,
                "kind": unit.kind,
                "order": unit.order,
                "absorbed": sorted(name for kind, name in names[unit.pk] if kind == "absorbed"),
                "aliases": sorted(name for kind, name in names[unit.pk] if kind != "absorbed"),
                "principal": unit.principal,
            }
        )
        for unit in units.values()
    ]


def _blocks(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    ids = [block.pk for block in blocks]
    items: dict[int, list[MajorItem]] = defaultdict(list)
    for item in MajorItem.objects.filter(block__in=ids).order_by("order", "id"):
        items[item.block_id].append(item)
    subs: dict[int, list[SubItem]] = defaultdict(list)
    for sub in (
        SubItem.objects.filter(item__block__in=ids)
        .select_related("lead")
        .prefetch_related("helpers")
        .order_by("order", "id")
    ):
        subs[sub.item_id].append(sub)
    members: dict[int, list[Membership]] = defaultdict(list)
    for member in (
        Membership.objects.filter(block__in=ids).select_related("unit").order_by("unit__order", "id")
    ):
        members[member.block_id].append(member)
    tallies = {t.membership_id: t for t in Tally.objects.filter(membership__block__in=ids)}
    cells = _cells(ids)
    papers, bars = _papers(ids), _bars(blocks)
    amendments = _amendments(blocks)
    return [
        {
            "name": block.name,
            "kind": "special" if block.is_track else "comprehensive",
            "order": block.order,
            "items": [
                {
                    "name": item.name,
                    "weight": format_points(item.weight_points),
                    "base": format_points(item.base_points),
                    "sub_items": [_sub_item(sub) for sub in subs[item.pk]],
                }
                for item in items[block.pk]
            ],
            "members": [
                {
                    **_member(member, tallies.get(member.pk)),
                    **_plain({"papers": papers[member.pk], "bars": bars[member.unit_id]}),
                }
                for member in members[block.pk]
            ],
            "cells": [
                {
                    "unit": member.unit.name,
                    "item": item.name,
                    "sub_item": sub.name,
                    **cells[member.pk, sub.pk],
                }
                for member in members[block.pk]
                for item in items[block.pk]
                for sub in subs[item.pk]
                if (member.pk, sub.pk) in cells
            ],
            **_plain({"amendments": amendments[block.pk]}),
        }
        for block in blocks
    ]


def _amendments(blocks: Sequence[Block]) -> dict[int, list[dict[str, Any]]]:
    """Block → the amendments in force that changed a rule of it; what reaches every block stands with each
    comprehensive one.
    """
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = RuleChange.objects.filter(
        cycle__in={block.cycle_id for block in blocks},
        kind=RuleChange.Kind.AMENDMENT,
        state=RuleChange.State.DECIDED,
    ).select_related("first_by", "second_by")
    names = set(Block.objects.filter(cycle__in={b.cycle_id for b in blocks}).values_list("name", flat=True))
    for row in rows.order_by("number"):
        own = {change["group"] for change in row.figures} & names
        others = not own or any(change["group"] not in names for change in row.figures)
        told = _plain(
            {
                "number": row.number,
                "on": row.on.isoformat() if row.on else "",
                "changes": row.said,
                "wording": row.wording,
                "clause": row.clause,
                "reason": row.reason,
                "signed_by": [str(one) for one in (row.first_by, row.second_by)],
            }
        )
        for block in blocks:
            if block.name in own or (others and not block.is_track):
                found[block.pk].append(told)
    return found


def _sub_item(sub: SubItem) -> dict[str, Any]:
    return {
        "name": sub.name,
        "base": format_points(sub.base_points),
        "look": sub.look,
        **_plain(
            {
                "floor": format_points(sub.floor_points) if sub.floor_points is not None else "",
                "lead": sub.lead.name if sub.lead else "",
                "helpers": sorted(helper.name for helper in sub.helpers.all()),
                "suspended": sub.suspended_reason,
            }
        ),
    }


def _member(member: Membership, tally: Tally | None) -> dict[str, Any]:
    row = {
        "unit": member.unit.name,
        "mode": member.mode,
        "commendations": format_points(tally.commendations if tally else NOTHING),
        "criticisms": format_points(tally.criticisms if tally else NOTHING),
        "rewards": format_points(tally.rewards if tally else NOTHING),
    }
    return row | ({"barred": True} if tally and tally.is_barred else {})


def _papers(block_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Membership → the verified adjustments with the papers they rest on, by number and digest."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    adjustments = Adjustment.objects.filter(membership__block__in=block_ids, state=AdjustmentState.VERIFIED)
    for row in adjustments.select_related("document", "pool", "matter", "decided_by").order_by("pk"):
        document = row.document
        found[row.membership_id].append(
            _plain(
                {
                    "kind": row.kind,
                    "level": row.level,
                    "scope_of_work": row.scope,
                    "honoured": row.honoured,
                    "rank": row.rank,
                    "pool": row.pool.name if row.pool else "",
                    "listed": format_points(row.listed) if row.listed is not None else "",
                    "carried_over": row.carried_over or None,
                    "matter": row.matter.title if row.matter else "",
                    "number": document.number,
                    "title": document.title,
                    "source": document.source,
                    "on": document.on.isoformat(),
                    "sha256": document.file_sha256,
                    "verified_by": row.decided_by.username if row.decided_by else "",
                }
            )
        )
    return found


def _bars(blocks: Sequence[Block]) -> dict[int, list[dict[str, Any]]]:
    """Unit → the vetoes and findings in force."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    cycles = {block.cycle_id for block in blocks}
    for veto in Veto.objects.filter(cycle__in=cycles, state=BarState.CONFIRMED).order_by("pk"):
        found[veto.unit_id].append({"kind": "veto", "text": str(veto)})
    for finding in Finding.objects.filter(cycle__in=cycles, state=BarState.CONFIRMED).order_by("pk"):
        found[finding.unit_id].append({"kind": "misconduct", "text": str(finding)})
    return found


def _cells(block_ids: list[int]) -> dict[tuple[int, int], dict[str, Any]]:
    """By membership and sub-item: the four scores with person, time, reason and paper, and what was decided."""
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for score, points, reason, evidence, indicator in Deduction.objects.filter(
        score__cell__block__in=block_ids
    ).values_list("score_id", "points", "reason", "evidence", "indicator__name"):
        lines[score].append(
            _plain(
                {
                    "points": format_points(points),
                    "reason": reason,
                    "evidence": evidence,
                    "indicator": indicator or "",
                }
            )
        )
    scores: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in Score.objects.filter(cell__block__in=block_ids).values_list(
        "pk", "cell_id", "kind", "points", "entered_by__username", "entered_at", "by_office",
        "on_behalf_of__name", "compared_by__username", "reason", "paper__sha256",
    ):  # fmt: skip
        pk, cell, kind, points, by, at, by_office, behalf, compared, reason, paper = row
        scores[cell][kind] = _plain(
            {
                "points": format_points(points),
                "by": by,
                "at": audit.instant(at),
                "by_office": by_office or None,
                "on_behalf_of": behalf or "",
                "compared_by": compared or "",
                "reason": reason,
                "paper": paper or "",
                "lines": lines.get(pk, []),
            }
        )
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for pk, member, sub, state, why, proposed, decided, how, how_why in Cell.objects.filter(block__in=block_ids).values_list(
        "pk", "membership_id", "sub_item_id", "involvement", "involvement_reason", "proposed_by__username",
        "involvement_decided_by__username", "missing_how", "missing_reason",
    ):  # fmt: skip
        found[member, sub] = _plain(
            {
                "scores": scores.get(pk, {}),
                "involvement": state,
                "involvement_reason": why if state else "",
                "proposed_by": (proposed or "") if state else "",
                "decided_by": (decided or "") if state else "",
                "missing_how": how,
                "missing_reason": how_why if how else "",
            }
        )
    return found


def log_head() -> dict[str, Any]:
    """The last link of the log's chain: it seals every entry before it."""
    head = AuditHead.objects.filter(pk=True).first()
    return {"number": head.number if head else 0, "digest": (head.digest if head else "") or audit.GENESIS}
