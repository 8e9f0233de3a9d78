"""Two years side by side: items that are mapped to each other, as shares of their full marks, and units' places.

Weights and bases may differ from year to year; a share of the full marks can be compared, points cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from awards.models import ItemMapping
from scoring import queries as scoring_queries
from scoring.engine.sheet import BlockStanding, RowResult
from scoring.models import MajorItem
from units.models import Block, Cycle
from units.names import normalise


@dataclass(frozen=True, slots=True)
class Pair:
    """One item of this year and what it is compared with."""

    item: MajorItem
    earlier: MajorItem | None
    by_office: bool  # the office said so; otherwise the names agree


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in both years: the mean of its block, or one unit's own, as shares of the full marks."""

    pair: Pair
    before: Fraction | None
    now: Fraction | None

    @property
    def change(self) -> Fraction | None:
        return None if self.before is None or self.now is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit's place in both years."""

    unit: str
    before: int | None
    now: int

    @property
    def gained(self) -> int | None:
        return None if self.before is None else self.before - self.now


@dataclass(frozen=True, slots=True)
class BlockComparison:
    """One block in both years."""

    block: Block
    earlier: Block | None
    items: list[ItemLine]
    units: list[UnitLine]
    rows: Mapping[str, RowResult]
    earlier_rows: Mapping[str, RowResult]

    def of_unit(self, unit: str) -> list[ItemLine]:
        """The unit's own shares, item by item."""
        now, before = self.rows.get(unit), self.earlier_rows.get(unit)
        return [
            ItemLine(line.pair, _share(before, line.pair.earlier), _share(now, line.pair.item))
            for line in self.items
        ]


def year_before(cycle: Cycle) -> Cycle | None:
    """The same host's year before, of the same word of the code."""
    word = cycle.code.partition("-")[2]
    for found in Cycle.objects.filter(host_id=cycle.host_id, year=cycle.year - 1).order_by("pk"):
        if found.code.partition("-")[2] == word:
            return found
    return None


def pairs_of(
    items: Sequence[MajorItem], earlier: Sequence[MajorItem], mapped: Mapping[int, ItemMapping]
) -> list[Pair]:
    """Each item with its counterpart: the one the office chose, else the one of the same name."""
    by_name = {normalise(one.name): one for one in earlier}
    by_id = {one.pk: one for one in earlier}
    found = []
    for item in items:
        mapping = mapped.get(item.pk)
        if mapping is not None:
            found.append(Pair(item, by_id.get(mapping.earlier_id or 0), True))
        else:
            found.append(Pair(item, by_name.get(normalise(item.name)), False))
    return found


def compare_years(blocks: Sequence[Block], before: Cycle) -> list[BlockComparison]:
    """Every block beside the block of the same name a year before; about ten queries."""
    earlier_blocks = list(before.blocks.order_by("order", "pk"))
    for block in earlier_blocks:
        block.cycle = before
    by_name = {normalise(block.name): block for block in earlier_blocks}
    items: dict[int, list[MajorItem]] = {}
    chosen = [block.pk for block in (*blocks, *earlier_blocks)]
    loaded = {block.pk: block for block in (*blocks, *earlier_blocks)}
    for item in MajorItem.objects.filter(block__in=chosen).order_by("order", "pk"):
        item.block = loaded[item.block_id]
        items.setdefault(item.block_id, []).append(item)
    mapped = {
        one.item_id: one
        for one in ItemMapping.objects.filter(item__block__in=[block.pk for block in blocks]).select_related(
            "earlier"
        )
    }
    now = scoring_queries.standings_of(blocks)
    then = scoring_queries.standings_of(earlier_blocks)
    return [_compare(block, by_name.get(normalise(block.name)), items, mapped, now, then) for block in blocks]


def _compare(
    block: Block,
    earlier: Block | None,
    items: Mapping[int, list[MajorItem]],
    mapped: Mapping[int, ItemMapping],
    now: Mapping[int, BlockStanding],
    then: Mapping[int, BlockStanding],
) -> BlockComparison:
    rows = {row.unit: row for row in now[block.pk].rows}
    earlier_rows = {row.unit: row for row in then[earlier.pk].rows} if earlier is not None else {}
    pairs = pairs_of(items.get(block.pk, []), items.get(earlier.pk, []) if earlier else [], mapped)
    return BlockComparison(
        block,
        earlier,
        [
            ItemLine(pair, _mean(earlier_rows.values(), pair.earlier), _mean(rows.values(), pair.item))
            for pair in pairs
        ],
        [
            UnitLine(row.unit, earlier_rows[row.unit].rank if row.unit in earlier_rows else None, row.rank)
            for row in rows.values()
        ],
        rows,
        earlier_rows,
    )


def _share(row: RowResult | None, item: MajorItem | None) -> Fraction | None:
    """What the unit has of the item's full marks; None where it has no score at all."""
    if row is None or item is None or not item.base_points:
        return None
    found = next((one for one in row.items if one.item_key == item.pk), None)
    if found is None or all(cell.score is None for cell in found.cells):
        return None
    # A stored base counts units of the last place of its year.
    return Fraction(found.base, 10**item.block.cycle.places) / Fraction(item.base_points)


def _mean(rows: Iterable[RowResult], item: MajorItem | None) -> Fraction | None:
    shares = [share for row in rows if (share := _share(row, item)) is not None]
    return sum(shares, Fraction(0)) / len(shares) if shares else None
