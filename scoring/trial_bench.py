"""A year laid out on a bench: everything a trial or an amendment rests on, read once.

All of it is a copy in memory; what the steps would give is computed in trial_queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import prefetch_related_objects

from bonuses import queries as paper_queries
from bonuses.models import Adjustment, AdjustmentState, Finding, Pool, TariffLine, Veto
from bonuses.policy import Effect
from office.fields import from_units
from scoring import sheets
from scoring.engine.sheet import ItemRule, Sheet, SubItemRule
from scoring.engine.standing import compute
from scoring.models import Indicator
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    InvolvedStep,
    LookStep,
    MissingStep,
    ScoreStep,
    Step,
    SuspendStep,
    WeightStep,
    WordsStep,
)
from units.models import Block, Cycle, Membership


@dataclass(frozen=True, slots=True)
class Floor:
    """A sub-item's floor as it is worded; `points` None is nothing below 0."""

    points: Decimal | None
    words: str


@dataclass(frozen=True, slots=True)
class Prize:
    """One grade of an award as an amendment may change it."""

    award: str
    grade: str
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Bench:
    """One year as it stands, kept ready for trials."""

    cycle: Cycle
    blocks: list[Block]
    sheets: Mapping[int, Sheet]  # by block
    members: Mapping[int, Membership]
    rules: paper_queries.Rules
    lines: Mapping[int, TariffLine]
    pools: Mapping[int, Pool]
    adjustments: Mapping[int, Adjustment]  # verified and waiting ones
    bars: Mapping[int, list[Veto | Finding]]  # barred unit → by what
    effects: Mapping[str, Effect]  # field of veto → what it takes away
    block_of_sub: Mapping[int, int] = field(default_factory=dict)
    block_of_item: Mapping[int, int] = field(default_factory=dict)
    # Laid out for amendments only:
    indicators: Mapping[int, Indicator] = field(default_factory=dict)
    floors: Mapping[int, Floor] = field(default_factory=dict)  # sub-item → its floor
    prizes: Mapping[int, Prize] = field(default_factory=dict)

    @property
    def places(self) -> int:
        return self.cycle.places

    def sub_item(self, key: int) -> tuple[ItemRule, SubItemRule]:
        """Raises KeyError for a sub-item of another year."""
        for item in self.sheets[self.block_of_sub[key]].items:
            for sub in item.sub_items:
                if sub.key == key:
                    return item, sub
        raise KeyError(key)

    def item(self, key: int) -> ItemRule:
        return next(item for item in self.sheets[self.block_of_item[key]].items if item.key == key)

    def points(self, units: int) -> Decimal:
        """Units of the last place as points."""
        return from_units(units, self.places)

    def block_of_step(self, step: Step) -> int | None:
        """The one block a rule or cell belongs to; None for what reaches every block."""
        match step:
            case ScoreStep(_member, sub) | InvolvedStep(_member, sub) | MissingStep(_member, sub):
                return self.block_of_sub[sub]
            case SuspendStep(sub) | LookStep(sub) | BaseStep(sub) | FloorStep(sub):
                return self.block_of_sub[sub]
            case IndicatorStep(indicator) | WordsStep(indicator):
                return self.block_of_sub[self.indicators[indicator].sub_item_id]
            case WeightStep(item):
                return self.block_of_item[item]
        return None

    def missing(self) -> dict[int, list[tuple[int, int]]]:
        """Block → its cells without a counted score, as (membership, sub-item) in the plan's order."""
        found: dict[int, list[tuple[int, int]]] = {}
        for block in self.blocks:
            for row in sorted(compute(self.sheets[block.pk]).rows, key=lambda row: (row.order, row.unit_key)):
                if row.missing:
                    cells = [c for item in row.items for c in item.cells if c.score is None]
                    found.setdefault(block.pk, []).extend((row.unit_key, c.sub_item_key) for c in cells)
        return found

    def is_missing(self, membership: int, sub_item: int) -> bool:
        standing = compute(self.sheets[self.block_of_sub[sub_item]])
        row = next(row for row in standing.rows if row.unit_key == membership)
        cells = (cell for item in row.items for cell in item.cells)
        return any(cell.sub_item_key == sub_item and cell.score is None for cell in cells)

    def indicators_of(self, sub_item: int) -> list[Indicator]:
        return [one for one in self.indicators.values() if one.sub_item_id == sub_item]

    @property
    def waiting(self) -> list[Adjustment]:
        return [row for row in self.adjustments.values() if row.state == AdjustmentState.PROPOSED]

    @property
    def verified(self) -> list[Adjustment]:
        return [row for row in self.adjustments.values() if row.state == AdjustmentState.VERIFIED]


def bench_of(cycle: Cycle) -> Bench:
    """The whole year in about fifteen queries, whatever its size."""
    prefetch_related_objects([cycle], "readings")
    blocks = list(cycle.blocks.order_by("order", "pk"))
    for block in blocks:
        block.cycle = cycle
    named = sheets.named_sheets(blocks)
    members = {
        m.pk: m for m in Membership.objects.filter(block__in=blocks).select_related("unit", "block", "tally")
    }
    lines = {line.pk: line for line in TariffLine.objects.filter(cycle=cycle).order_by("order", "pk")}
    pools = {pool.pk: pool for pool in Pool.objects.filter(cycle=cycle).order_by("order", "pk")}
    rules = paper_queries.rules_from(cycle, cycle.readings.all(), lines.values(), pools.values())
    effects = paper_queries.effects_of(cycle, rules)
    rows = (
        Adjustment.objects.filter(
            membership__block__cycle=cycle, state__in=[AdjustmentState.VERIFIED, AdjustmentState.PROPOSED]
        )
        .select_related("unit", "document", "pool")
        .order_by("pk")
    )
    return Bench(
        cycle=cycle,
        blocks=blocks,
        sheets=named,
        members=members,
        rules=rules,
        lines=lines,
        pools=pools,
        adjustments={row.pk: row for row in rows},
        bars=paper_queries.bar_causes(cycle, {m.unit_id for m in members.values()}, rules, effects),
        effects=effects,
        block_of_sub={s.key: pk for pk, sheet in named.items() for i in sheet.items for s in i.sub_items},
        block_of_item={item.key: pk for pk, sheet in named.items() for item in sheet.items},
    )


def bar_key(bar: Veto | Finding) -> tuple[str, int]:
    return ("veto" if isinstance(bar, Veto) else "finding", bar.pk)
