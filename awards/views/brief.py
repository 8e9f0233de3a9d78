"""Two minutes for a leader: who leads, who fell, what is at stake; and two to four units side by side.

Who may look is row G02; the figures are those stored with each block, drawn so that they fit one sheet of A4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import money, policy
from awards import queries as result_queries
from awards.charts import Heat, HeatRow, heat_map
from awards.remembered import frozen_stamp, remembered
from awards.views.shared import tabs, yuan
from office.charts import Part, weighted_bar
from office.fields import from_units
from office.refusal import Refused
from scoring import queries as scoring_queries
from scoring.engine.sheet import BlockStanding, ItemResult, RowResult
from scoring.views.board import as_of, seen_blocks
from units.models import Block, Cycle, Membership
from units.pages import PageRequest, page

LEADERS = 3
FALLEN = 5
MOST_COMPARED = 4
NARROW = Decimal("0.05")  # points below which a place is called narrow


@dataclass(frozen=True, slots=True)
class Leader:
    rank: int
    unit: str
    url: str
    final: Decimal
    bar: SafeString
    margin: Decimal | None  # to the unit behind
    movement: int | None  # places gained since last year
    since_draft: int | None  # places gained since the newest frozen draft


@dataclass(frozen=True, slots=True)
class Fall:
    unit: str
    block: str
    before: int
    after: int
    url: str

    @property
    def by(self) -> int:
        return self.after - self.before

    @property
    def size(self) -> int:
        return abs(self.by)


@dataclass(frozen=True, slots=True)
class Stake:
    """Something a place or a prize hangs on."""

    what: str
    why: str
    url: str


@page("G02")
def brief(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    prefetch_related_objects([cycle], "readings", "blocks")
    blocks = seen_blocks(request)
    ground = queries.ground_of(cycle)
    standings = {block.pk: ground.standings[block.pk] for block in blocks}
    before = last_years_ranks(cycle)
    computed = queries.compute_awards(ground)
    budget = queries.budget_of(ground, computed, queries.individuals_of(cycle))
    falls = _falls(cycle, blocks, standings, before)
    drafts, computed_at = remembered(
        cycle,
        f"brief-{','.join(str(block.pk) for block in blocks)}",
        lambda: (result_queries.places_in_last_drafts(cycle), as_of(blocks)),
    )
    moved = _falls(cycle, blocks, standings, drafts.ranks, both_ways=True)
    return render(
        request,
        "awards/brief.html",
        {
            "blocks": [_block(cycle, block, standings[block.pk], before, drafts.ranks) for block in blocks],
            "falls": falls[:FALLEN],
            "drafts": drafts,
            "moved": moved[:FALLEN],
            "moved_more": max(len(moved) - FALLEN, 0),
            "years_url": reverse("year-on-year", args=[cycle.code]),
            "has_last_year": bool(before),
            "stakes": _stakes(cycle, blocks, standings, computed),
            "heat": heat_map(
                [
                    _heat_row(block, standings[block.pk], ground.facts.bases)
                    for block in blocks
                    if not block.is_track
                ],
                label=_("Mean of each block in each item, as a share of the full marks"),
            ),
            "awards": [
                {
                    "name": one.scheme.name,
                    "winners": [line.contender.unit for line in one.proposal.winners],
                    "held": one.proposal.is_held,
                }
                for one in computed
            ],
            "given": yuan(budget.given),
            "total": yuan(budget.total),
            "places": cycle.places,
            "provisional": any(standing.provisional for standing in standings.values()),
            "as_of": computed_at,
            "tabs": tabs(request),
            "board_url": reverse("board", args=[cycle.code]),
            "awards_url": reverse("awards", args=[cycle.code]),
            "compare_url": reverse("compare", args=[cycle.code]),
        },
    )


def last_years_ranks(cycle: Cycle) -> dict[tuple[str, str], int]:
    """(block name, unit name) → place in the year before, of the same host; empty without one."""
    last = Cycle.objects.filter(host_id=cycle.host_id, year=cycle.year - 1).first()
    if last is None:
        return {}
    return remembered(last, "ranks", lambda: _ranks_of(last), stamp=frozen_stamp(last))


def _ranks_of(last: Cycle) -> dict[tuple[str, str], int]:
    blocks = list(last.blocks.order_by("order", "pk"))
    for block in blocks:
        block.cycle = last
    standings = scoring_queries.standings_of(blocks)
    return {
        (standing.block, row.unit): row.rank
        for standing in standings.values()
        for row in standing.rows
        if not standing.provisional or row.final
    }


def _block(
    cycle: Cycle,
    block: Block,
    standing: BlockStanding,
    before: Mapping[tuple[str, str], int],
    in_draft: Mapping[tuple[str, str], int],
) -> dict[str, Any]:
    rows = standing.rows
    full = max((_reach(row) for row in rows), default=0)
    leaders = []
    for number, row in enumerate(rows[:LEADERS]):
        behind = rows[number + 1] if number + 1 < len(rows) else None
        was = before.get((standing.block, row.unit))
        drafted = in_draft.get((standing.block, row.unit))
        leaders.append(
            Leader(
                rank=row.rank,
                unit=row.unit,
                url=reverse("unit-sheet", args=[cycle.code, row.unit]) + f"?block={block.pk}",
                final=from_units(row.final, cycle.places),
                bar=_bar(row, full, cycle.places),
                margin=None if behind is None else from_units(row.final - behind.final, cycle.places),
                movement=None if was is None else was - row.rank,
                since_draft=None if drafted is None else drafted - row.rank,
            )
        )
    return {
        "name": block.name,
        "is_track": block.is_track,
        "leaders": leaders,
        "units": len(rows),
        "missing": sum(row.missing for row in rows),
        "provisional": standing.provisional,
        "last": rows[-1].unit if len(rows) > LEADERS else "",
        "spread": from_units(rows[0].final - rows[-1].final, cycle.places) if rows else None,
    }


def _reach(row: RowResult) -> int:
    return sum(item.weighted for item in row.items) + row.commendations + row.rewards


def _bar(row: RowResult, full: int, places: int) -> SafeString:
    return weighted_bar(
        [Part(item.item, from_units(item.weighted, places)) for item in row.items],
        full=from_units(full or 1, places),
        plus=from_units(row.commendations + row.rewards, places),
        minus=from_units(row.criticisms, places),
        label=_("%(unit)s: %(final)s points") % {"unit": row.unit, "final": from_units(row.final, places)},
    )


def _falls(
    cycle: Cycle,
    blocks: list[Block],
    standings: Mapping[int, BlockStanding],
    before: Mapping[tuple[str, str], int],
    *,
    both_ways: bool = False,
) -> list[Fall]:
    """Units that stand farther back than before, the deepest fall first; `both_ways`: whoever moved at all."""
    falls = [
        Fall(
            row.unit,
            block.name,
            before[block.name, row.unit],
            row.rank,
            reverse("unit-sheet", args=[cycle.code, row.unit]) + f"?block={block.pk}",
        )
        for block in blocks
        for row in standings[block.pk].rows
        if before.get((block.name, row.unit), row.rank) < row.rank
        or (both_ways and before.get((block.name, row.unit), row.rank) > row.rank)
    ]
    return sorted(falls, key=lambda fall: -abs(fall.by))


def _stakes(
    cycle: Cycle,
    blocks: list[Block],
    standings: Mapping[int, BlockStanding],
    computed: list[queries.Computed],
) -> list[Stake]:
    """Ties at a prize, narrow margins at the last prize, missing cells, open readings; what decides most first."""
    awards_url = reverse("awards", args=[cycle.code])
    found = []
    for one in computed:
        anchor = f"{awards_url}#award-{one.scheme.pk}"
        names = {line.contender.key: line.contender.unit for line in one.proposal.lines}
        held = {seat.held for seat in one.proposal.seats if seat.held}
        for tie in sorted(held):
            found.append(
                Stake(
                    one.scheme.name,
                    _("tie at a prize: %(units)s") % {"units": "、".join(names[key] for key in tie)},
                    anchor,
                )
            )
        margin = margin_at_the_line(one.proposal)
        if margin is not None and one.scheme.kind == "综合" and margin[2] < NARROW:
            found.append(
                Stake(
                    one.scheme.name,
                    _("%(first)s leads %(next)s by %(margin)s at the last prize")
                    % {"first": margin[0], "next": margin[1], "margin": margin[2]},
                    anchor,
                )
            )
    for block in blocks:
        missing = sum(row.missing for row in standings[block.pk].rows)
        if missing:
            found.append(
                Stake(
                    block.name,
                    _("%(count)d cells are still missing; places may change") % {"count": missing},
                    reverse("matrix", args=[cycle.code, block.name]),
                )
            )
        narrow = _narrow(standings[block.pk], cycle.places)
        if narrow:
            found.append(
                Stake(
                    block.name,
                    _("%(count)d places are decided by less than %(limit)s points")
                    % {"count": narrow, "limit": NARROW},
                    reverse("board", args=[cycle.code]) + f"#block-{block.pk}",
                )
            )
    undecided = sum(1 for reading in cycle.readings.all() if reading.decided_at is None)
    if undecided:
        found.append(
            Stake(
                _("Register of readings"),
                _("%(count)d questions are not decided yet") % {"count": undecided},
                reverse("readings", args=[cycle.code]),
            )
        )
    return found


def margin_at_the_line(proposal: policy.Proposal) -> tuple[str, str, Decimal] | None:
    """The last winner, the first behind, and the points between them; None without both."""
    winners = [line for line in proposal.winners if line.contender.figure is not None]
    below = [
        line for line in proposal.lines if line.outcome is policy.Outcome.BELOW and line.rank is not None
    ]
    if not winners or not below:
        return None
    last, first = winners[-1], below[0]
    gap = (last.contender.figure or Fraction(0)) - (first.contender.figure or Fraction(0))
    return last.contender.unit, first.contender.unit, Decimal(gap.numerator) / Decimal(gap.denominator)


def _narrow(standing: BlockStanding, places: int) -> int:
    finals = [row.final for row in standing.rows]
    gaps = [before - after for before, after in pairwise(finals)]
    return sum(1 for gap in gaps if gap > 0 and from_units(gap, places) < NARROW)


def _heat_row(block: Block, standing: BlockStanding, bases: Mapping[int, int]) -> HeatRow:
    """The mean of each item over the units that have any score in it, against the item's full marks."""
    if not standing.rows:
        return HeatRow(block.name, [])
    fields = []
    for number, first in enumerate(standing.rows[0].items):
        scored = [row.items[number].base for row in standing.rows if _has_score(row.items[number])]
        full = sum(bases.get(cell.sub_item_key, 0) for cell in first.cells)
        share = Fraction(sum(scored), len(scored) * full) if scored and full else None
        fields.append(Heat(first.item, share, "—" if share is None else f"{money.percent(share)}%"))
    return HeatRow(block.name, fields)


def _has_score(item: ItemResult) -> bool:
    return any(cell.score is not None for cell in item.cells)


@page("G02")
def compare(request: PageRequest) -> HttpResponse:
    """`?unit=` two to four times: the units side by side, item by item."""
    cycle = request.cycle
    blocks = seen_blocks(request)
    names = list(dict.fromkeys(name for name in request.GET.getlist("unit") if name))
    if len(names) > MOST_COMPARED:
        raise Refused(
            "too-many-units",
            _("%(count)d units were chosen; at most %(most)d fit side by side.")
            % {"count": len(names), "most": MOST_COMPARED},
            status=422,
        )
    members: dict[str, list[Membership]] = {}
    for member in (
        Membership.objects.filter(block__in=blocks)
        .select_related("unit", "block")
        .order_by("block__order", "unit__order")
    ):
        members.setdefault(member.unit.name, []).append(member)
    unknown = [name for name in names if name not in members]
    if unknown:
        raise Refused(
            "not-found", _("There is no unit “%(name)s” in this year.") % {"name": unknown[0]}, status=404
        )
    standings = scoring_queries.standings_of(blocks)
    chosen = [members[name][0] for name in names]
    rows = [_row_of(standings[member.block_id], member.pk) for member in chosen]
    return render(
        request,
        "awards/compare.html",
        {
            "units": [
                _side(cycle, member, row, rows) for member, row in zip(chosen, rows, strict=True) if row
            ],
            "items": _items(cycle, [row for row in rows if row]),
            "choices": [(name, f"{m[0].block.name} · {name}") for name, m in members.items()],
            "tabs": tabs(request),
            "slots": [names[n] if n < len(names) else "" for n in range(MOST_COMPARED)],
            "places": cycle.places,
            "as_of": as_of(blocks),
            "board_url": reverse("board", args=[cycle.code]),
        },
    )


def _row_of(standing: BlockStanding, membership: int) -> RowResult | None:
    return next((row for row in standing.rows if row.unit_key == membership), None)


def _side(cycle: Cycle, member: Membership, row: RowResult, rows: list[RowResult | None]) -> dict[str, Any]:
    full = max((_reach(one) for one in rows if one), default=1)
    return {
        "name": row.unit,
        "block": member.block.name,
        "url": reverse("unit-sheet", args=[cycle.code, row.unit]) + f"?block={member.block_id}",
        "rank": row.rank,
        "shared": row.shared,
        "final": from_units(row.final, cycle.places),
        "preliminary": from_units(row.preliminary, cycle.places),
        "plus": from_units(row.commendations + row.rewards, cycle.places),
        "minus": from_units(row.criticisms, cycle.places),
        "missing": row.missing,
        "bar": _bar(row, full, cycle.places),
    }


def _items(cycle: Cycle, rows: list[RowResult]) -> list[dict[str, Any]]:
    """Item by item: each unit's weighted score and place, the best of the row marked."""
    names = list(dict.fromkeys(item.item for row in rows for item in row.items))
    table = []
    for number, name in enumerate(names, start=1):
        cells = [next((item for item in row.items if item.item == name), None) for row in rows]
        best = max((cell.weighted for cell in cells if cell), default=None)
        several = sum(1 for cell in cells if cell) > 1
        table.append(
            {
                "name": name,
                "swatch": number,
                "cells": [
                    {
                        "weighted": from_units(cell.weighted, cycle.places),
                        "rank": cell.rank,
                        "best": several and cell.weighted == best,
                    }
                    if cell
                    else None
                    for cell in cells
                ],
            }
        )
    return table
