"""What pages, commands and the API ask about rules, cells and standings, in a known number of queries.

Nothing here writes; who may see an answer is checked by the caller's row of the matrix.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max, Q

from scoring.engine.arrays import SOURCES
from scoring.engine.numbers import format_points
from scoring.engine.sheet import (
    BlockStanding,
    CellResult,
    ItemResult,
    Rounding,
    RowResult,
)
from scoring.models import MajorItem, Standing, SubItem
from units.models import Block, Cycle, Membership


def standing_of(block: Block) -> BlockStanding:
    """The stored standing with its names; an empty one when nothing was computed yet.  Three queries."""
    return next(iter(standings_of([block]).values()))


def standings_of(blocks: Iterable[Block]) -> dict[int, BlockStanding]:
    """Block id → stored standing with names, in the order given; four queries however many blocks.

    `block.cycle` should be loaded.
    """
    chosen = list(blocks)
    ids = [block.pk for block in chosen]
    stored = {s.block_id: s for s in Standing.objects.filter(block_id__in=ids)}
    members = list(Membership.objects.filter(block_id__in=ids).values_list("pk", "unit__name", "unit__order"))
    names, orders = {pk: name for pk, name, _ in members}, {pk: order for pk, _, order in members}
    items = dict(MajorItem.objects.filter(block_id__in=ids).values_list("pk", "name"))
    subs = {
        pk: (name, item)
        for pk, name, item in SubItem.objects.filter(item__block_id__in=ids).values_list(
            "pk", "name", "item_id"
        )
    }
    return {block.pk: _present(block, stored.get(block.pk), names, orders, items, subs) for block in chosen}


class Place(NamedTuple):
    """One row's figures at the right edge of the matrix, points as integers of the last place."""

    rank: int
    shared: bool
    final: int
    preliminary: int
    missing: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A stored standing by ids, without the names: what the answer to one saved cell shows."""

    figures: dict[str, Any]

    @property
    def members(self) -> list[int]:
        return list(self.figures.get("members", []))

    def places(self) -> Iterator[tuple[int, Place]]:
        """Membership id and its place, in the stored sequence."""
        figures = self.figures
        ranks: list[int] = figures.get("rank", [])
        held = Counter(ranks)
        for n, member in enumerate(self.members):
            yield (
                member,
                Place(
                    ranks[n],
                    held[ranks[n]] > 1,
                    figures["final"][n],
                    figures["preliminary"][n],
                    figures["missing"][n],
                ),
            )

    def counted(self, membership_id: int, sub_item_id: int) -> tuple[int | None, str]:
        """The counted score of one cell and where it comes from; None and "" when it is missing."""
        try:
            n, k = self.members.index(membership_id), self.figures["sub_items"].index(sub_item_id)
        except (ValueError, KeyError):
            return None, ""
        score: int | None = self.figures["score"][n][k]
        return score, "" if score is None else str(SOURCES[self.figures["source"][n][k]] or "")


def numbers_of(block: Block) -> Numbers:
    """The stored standing as numbers, empty when nothing was computed yet.  One query."""
    figures = Standing.objects.filter(block=block).values_list("figures", flat=True).first()
    return Numbers(json.loads(figures) if figures else {})


def _present(
    block: Block,
    stored: Standing | None,
    names: dict[int, str],
    orders: dict[int, int],
    items: dict[int, str],
    subs: dict[int, tuple[str, int]],
) -> BlockStanding:
    figures: dict[str, Any] = json.loads(stored.figures) if stored else {}
    members: list[int] = list(figures.get("members", []))
    rows = [
        _row(figures, n, member, names, orders, items, subs)
        for n, member in enumerate(members)
        if member in names
    ]
    rows.sort(key=lambda row: (row.rank, row.order, row.unit_key))
    held = ["R2"] if figures.get("held") else []
    held += [
        f"not-involved:{subs[s][0]}"
        for s, nobody in zip(figures.get("sub_items", []), figures.get("nobody_involved", []), strict=True)
        if nobody and s in subs
    ]
    return BlockStanding(
        block=block.name,
        kind="special" if block.is_track else "comprehensive",
        places=block.cycle.places,
        rounding=Rounding(block.cycle.rounding),
        provisional=stored.provisional if stored else True,
        held=tuple(held),
        differs=tuple(
            names[m] for m, d in zip(members, figures.get("differs", []), strict=True) if d and m in names
        ),
        rows=tuple(rows),
    )


def _row(
    figures: dict[str, Any],
    n: int,
    member: int,
    names: dict[int, str],
    orders: dict[int, int],
    items: dict[int, str],
    subs: dict[int, tuple[str, int]],
) -> RowResult:
    item_results = []
    for i, item in enumerate(figures["items"]):
        column_rank = [row[i] for row in figures["item_rank"]]
        cells = tuple(
            CellResult(
                sub_item=subs[s][0],
                score=figures["score"][n][k],
                source=SOURCES[figures["source"][n][k]] if figures["score"][n][k] is not None else None,
                sub_item_key=s,
            )
            for k, s in enumerate(figures["sub_items"])
            if s in subs and subs[s][1] == item
        )
        item_results.append(
            ItemResult(
                item=items.get(item, ""),
                base=figures["base"][n][i],
                rank=figures["item_rank"][n][i],
                shared=column_rank.count(figures["item_rank"][n][i]) > 1,
                weighted=figures["weighted"][n][i],
                cells=cells,
                item_key=item,
            )
        )
    return RowResult(
        unit=names[member],
        rank=figures["rank"][n],
        shared=figures["rank"].count(figures["rank"][n]) > 1,
        eligible=bool(figures["eligible"][n]),
        missing=figures["missing"][n],
        items=tuple(item_results),
        preliminary=figures["preliminary"][n],
        commendations=figures["commendations"][n],
        criticisms=figures["criticisms"][n],
        rewards=figures["rewards"][n],
        final=figures["final"][n],
        unit_key=member,
        order=orders[member],
    )


def standing_object(cycle: Cycle, blocks: Iterable[Block] | None = None) -> dict[str, Any]:
    """The contract's Standing object of a cycle: the same for command, API and edition."""
    chosen = list(blocks if blocks is not None else cycle.blocks.all())
    for block in chosen:
        block.cycle = cycle
    presented = standings_of(chosen)
    versions = dict(Standing.objects.filter(block__in=chosen).values_list("block_id", "version"))
    out = []
    for block in chosen:
        body = presented[block.pk].as_dict()
        out.append(
            {"name": body.pop("name"), "kind": body.pop("kind"), "version": versions.get(block.pk, 0), **body}
        )
    return {
        "cycle": cycle.code,
        "year": cycle.year,
        "places": cycle.places,
        "rounding": cycle.rounding,
        "provisional": any(s.provisional for s in presented.values()),
        "blocks": out,
    }


def last_computed_at(blocks: Iterable[Block]) -> datetime | None:
    """When the newest of the blocks' standings was stored."""
    newest: datetime | None = Standing.objects.filter(block__in=list(blocks)).aggregate(
        at=Max("computed_at")
    )["at"]
    return newest


def points_text(units: int, places: int) -> str:
    """Units of the last place as text with fixed decimals."""
    return format_points(units, places)


def sub_items_led(body_unit_id: int, cycle_id: int) -> frozenset[tuple[int, str]]:
    """(block id, name) of every sub-item the body leads, in whole or an indicator, or helps with.  One query."""
    mine = Q(lead=body_unit_id) | Q(helpers=body_unit_id) | Q(indicators__lead=body_unit_id)
    return frozenset(
        SubItem.objects.filter(mine, item__block__cycle=cycle_id).values_list("item__block_id", "name")
    )
