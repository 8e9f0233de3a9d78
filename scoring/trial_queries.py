"""A year laid out on a bench: everything a trial or an amendment rests on, and the standings it would give.

All of it is a copy in memory; nothing here writes. Steps are in trial_steps, their words in words_of_trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses import policy as papers
from bonuses import queries as paper_queries
from bonuses.models import Adjustment, AdjustmentState, Finding, Pool, TariffLine, Veto
from office.fields import format_points, from_units, to_units
from office.refusal import Refused
from scoring import sheets
from scoring.engine import changes as engine
from scoring.engine.causes import Comparison, compare
from scoring.engine.sheet import BlockStanding, ItemRule, MissingDecision, MissingHow, Sheet, SubItemRule
from scoring.engine.standing import compute
from scoring.trial_steps import (
    InvolvedStep,
    LiftStep,
    LookStep,
    MissingStep,
    NewPaperStep,
    PaperStep,
    PoolStep,
    ScoreStep,
    Step,
    SuspendStep,
    TariffStep,
    VetoStep,
    WeightStep,
)
from scoring.words import short
from units.models import Block, Cycle, Membership, Mode

MOST_POINTS = Decimal(100_000)  # far above any weight, tariff or list


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
    block_of_sub: Mapping[int, int] = field(default_factory=dict)
    block_of_item: Mapping[int, int] = field(default_factory=dict)

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
            case SuspendStep(sub) | LookStep(sub):
                return self.block_of_sub[sub]
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

    @property
    def waiting(self) -> list[Adjustment]:
        return [row for row in self.adjustments.values() if row.state == AdjustmentState.PROPOSED]

    @property
    def verified(self) -> list[Adjustment]:
        return [row for row in self.adjustments.values() if row.state == AdjustmentState.VERIFIED]


@dataclass(frozen=True, slots=True)
class TrialBlock:
    """One block before and after; `comparisons` in the plan's order."""

    block: Block
    before: BlockStanding
    after: BlockStanding
    comparisons: tuple[Comparison, ...]
    is_touched: bool

    @property
    def movers(self) -> list[Comparison]:
        """Units whose score, place or eligibility would be another, the best new place first."""
        return sorted((c for c in self.comparisons if c.moves), key=lambda c: (c.after.rank, c.order))

    @property
    def by_place(self) -> list[Comparison]:
        return sorted(self.comparisons, key=lambda c: (c.after.rank, c.order))


@dataclass(frozen=True, slots=True)
class Trial:
    """What the steps together would give, block by block in the year's order."""

    blocks: list[TrialBlock]
    lost: tuple[Step, ...] = ()  # steps about something that is no longer there

    def block(self, key: int) -> TrialBlock:
        return next(one for one in self.blocks if one.block.pk == key)

    @property
    def movers(self) -> list[tuple[TrialBlock, Comparison]]:
        return [(one, comparison) for one in self.blocks for comparison in one.movers]

    @property
    def place_moves(self) -> int:
        return sum(1 for _block, comparison in self.movers if comparison.rank_moves)


def bench_of(cycle: Cycle) -> Bench:
    """The whole year in about twenty queries, whatever its size."""
    blocks = list(cycle.blocks.order_by("order", "pk"))
    for block in blocks:
        block.cycle = cycle
    named = sheets.named_sheets(blocks)
    members = {m.pk: m for m in Membership.objects.filter(block__in=blocks).select_related("unit", "block")}
    rules = paper_queries.rules_of(cycle)
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
        lines={line.pk: line for line in TariffLine.objects.filter(cycle=cycle).order_by("order", "pk")},
        pools={pool.pk: pool for pool in Pool.objects.filter(cycle=cycle).order_by("order", "pk")},
        adjustments={row.pk: row for row in rows},
        bars=paper_queries.bar_causes(cycle, {m.unit_id for m in members.values()}, rules),
        block_of_sub={s.key: pk for pk, sheet in named.items() for i in sheet.items for s in i.sub_items},
        block_of_item={item.key: pk for pk, sheet in named.items() for item in sheet.items},
    )


def run(bench: Bench, steps: Iterable[Step], shown: Iterable[int] | None = None) -> Trial:
    """The year as it would stand after the steps, compared with today.

    `shown` names the blocks a page shows: of the others only those a step touches are computed; None: all.
    Steps about rows that are gone are left out and listed in `lost`.
    """
    kept: list[Step] = []
    lost: list[Step] = []
    for step in steps:
        try:
            require_sensible(bench, step)
        except Refused:
            lost.append(step)
        else:
            kept.append(step)
    after_sheets = _changed_sheets(bench, kept)
    found = []
    wanted = None if shown is None else {*shown, *after_sheets}
    for block in bench.blocks:
        sheet = bench.sheets[block.pk]
        other = after_sheets.get(block.pk, sheet)
        if wanted is not None and block.pk not in wanted:
            continue
        before = compute(sheet)
        after = before if other is sheet else compute(other)
        weights = ({i.key: i.weight for i in sheet.items}, {i.key: i.weight for i in other.items})
        comparisons = compare(before, after, weights)
        found.append(TrialBlock(block, before, after, comparisons, other is not sheet))
    return Trial(found, tuple(lost))


def require_sensible(bench: Bench, step: Step) -> None:
    """Refuse a step about a row of another year, or with an amount that could never be entered."""
    if not _is_there(bench, step):
        raise Refused(
            "not-there",
            _("This change names something the year no longer has. Please take it out."),
            status=422,
        )
    match step:
        case ScoreStep(_member, sub, _kind, points) if points is not None:
            _item, rule = bench.sub_item(sub)
            _require_amount(bench, points, rule.name)
            units = to_units(points, bench.places)
            figures = {
                "what": rule.name,
                "value": format_points(points),
                "base": short(rule.base, bench.places),
                "floor": short(rule.floor, bench.places),
            }
            if units > rule.base:
                sentence = _("%(what)s: %(value)s is above the base of %(base)s.") % figures
                raise Refused("above-base", sentence, "§3", status=422)
            if units < rule.floor:
                sentence = _("%(what)s: %(value)s is below the floor of %(floor)s.") % figures
                raise Refused("below-floor", sentence, "§3", status=422)
        case WeightStep(item, points):
            _require_amount(bench, points, bench.item(item).name)
        case TariffStep(line, points):
            row = bench.lines[line]
            _require_amount(bench, points, f"{row.kind} {row.level}".strip())
        case PoolStep(pool, cap):
            _require_amount(bench, cap, bench.pools[pool].name)
        case NewPaperStep(_unit, None, _scope, pool, listed) if pool is not None and listed is not None:
            _require_amount(bench, listed, bench.pools[pool].name)


def _require_amount(bench: Bench, points: Decimal, what: str) -> None:
    figures = {"what": what, "value": format_points(points), "places": bench.places}
    if points > MOST_POINTS:
        sentence = _("%(what)s: %(value)s is larger than any amount of a plan.") % figures
        raise Refused("too-large", sentence, status=422)
    scaled = points.scaleb(bench.places)
    if scaled != scaled.to_integral_value():
        sentence = (
            _("%(what)s: %(value)s has more than %(places)d decimals; scores are never rounded.") % figures
        )
        raise Refused("too-many-decimals", sentence, status=422)


def _is_there(bench: Bench, step: Step) -> bool:
    match step:
        case ScoreStep(member, sub) | InvolvedStep(member, sub) | MissingStep(member, sub):
            return member in bench.members and bench.block_of_sub.get(sub) == bench.members[member].block_id
        case SuspendStep(sub) | LookStep(sub):
            return sub in bench.block_of_sub
        case WeightStep(item):
            return item in bench.block_of_item
        case TariffStep(line):
            return line in bench.lines
        case PoolStep(pool):
            return pool in bench.pools
        case NewPaperStep(unit, line, _scope, pool):
            return _takes_part(bench, unit) and (
                line in bench.lines if line is not None else pool in bench.pools
            )
        case PaperStep(adjustment):
            return adjustment in bench.adjustments
        case VetoStep(unit):
            return _takes_part(bench, unit)
        case LiftStep(what, key):
            kind = Veto if what == "veto" else Finding
            return any(isinstance(b, kind) and b.pk == key for bars in bench.bars.values() for b in bars)
    return False


def _takes_part(bench: Bench, unit: int) -> bool:
    return any(member.unit_id == unit for member in bench.members.values())


# The sheets as they would read ---------------------------------------------------------------------


def _changed_sheets(bench: Bench, steps: Sequence[Step]) -> dict[int, Sheet]:
    """Block → its sheet after the steps; blocks that nothing touches are left out."""
    changed: dict[int, list[engine.Change]] = {}
    rules: dict[int, list[SuspendStep | LookStep]] = {}
    decisions: dict[int, list[MissingStep]] = {}
    change: engine.Change
    for step in steps:
        match step:
            case ScoreStep(member, sub, kind, points):
                units = None if points is None else to_units(points, bench.places)
                change = engine.ScoreChange(member, sub, kind, units)  # type: ignore[arg-type]  # read() admits the three kinds only
                changed.setdefault(bench.block_of_sub[sub], []).append(change)
            case InvolvedStep(member, sub, not_involved):
                change = engine.InvolvementChange(member, sub, not_involved)
                changed.setdefault(bench.block_of_sub[sub], []).append(change)
            case WeightStep(item, points):
                change = engine.WeightChange(item, to_units(points, bench.places))
                changed.setdefault(bench.block_of_item[item], []).append(change)
            case MissingStep(_member, sub):
                decisions.setdefault(bench.block_of_sub[sub], []).append(step)
            case SuspendStep(sub) | LookStep(sub):
                rules.setdefault(bench.block_of_sub[sub], []).append(step)
    for block, more in _paper_changes(bench, steps).items():
        changed.setdefault(block, []).extend(more)
    for block, more in _bar_changes(bench, steps).items():
        changed.setdefault(block, []).extend(more)
    out: dict[int, Sheet] = {}
    for block in {*changed, *rules, *decisions}:
        sheet = engine.apply_changes(bench.sheets[block], changed.get(block, ()))
        sheet = _with_rules(sheet, rules.get(block, ()))
        out[block] = _with_decisions(sheet, decisions.get(block, ()))
    return out


def _with_rules(sheet: Sheet, steps: Sequence[SuspendStep | LookStep]) -> Sheet:
    if not steps:
        return sheet
    suspended = {step.sub_item: step.suspended for step in steps if isinstance(step, SuspendStep)}
    visits = {step.sub_item: step.visit_required for step in steps if isinstance(step, LookStep)}

    def rule(sub: SubItemRule) -> SubItemRule:
        return replace(
            sub,
            suspended=suspended.get(sub.key, sub.suspended),
            visit_required=visits.get(sub.key, sub.visit_required),
        )

    items = tuple(replace(item, sub_items=tuple(map(rule, item.sub_items))) for item in sheet.items)
    return replace(sheet, items=items)


def _with_decisions(sheet: Sheet, steps: Sequence[MissingStep]) -> Sheet:
    if not steps:
        return sheet
    touched = {(step.sub_item, step.membership) for step in steps}
    kept = [one for one in sheet.decisions if (one.sub_item_key, one.unit_key) not in touched]
    more = [
        MissingDecision(step.sub_item, step.membership, MissingHow(step.how))
        for step in steps
        if step.how != "undecided"
    ]
    return replace(sheet, decisions=(*kept, *more))


def _paper_changes(bench: Bench, steps: Sequence[Step]) -> dict[int, list[engine.Change]]:
    """Additions and deductions of every unit whose sum would be another, by block."""
    if not any(isinstance(step, TariffStep | PoolStep | NewPaperStep | PaperStep) for step in steps):
        return {}
    now = bench.rules.tariff
    other = _other_tariff(bench, steps)
    listed = _listed(bench.verified)
    counted = _listed(_counted(bench, steps))
    for number, step in enumerate(s for s in steps if isinstance(s, NewPaperStep)):
        counted.setdefault(step.unit, []).append(_paper_of(bench, step, -1 - number))
    changes: dict[int, list[engine.Change]] = {}
    for member in bench.members.values():
        if member.block.is_track and not bench.rules.joins_tracks:
            continue
        before = papers.count(listed.get(member.unit_id, []), now)
        after = papers.count(counted.get(member.unit_id, []), other)
        amounts = _amounts(after, bench.places)
        if amounts != _amounts(before, bench.places):
            changes.setdefault(member.block_id, []).append(engine.AdjustmentChange(member.pk, *amounts))
    return changes


def _counted(bench: Bench, steps: Sequence[Step]) -> list[Adjustment]:
    flags = {step.adjustment: step.counted for step in steps if isinstance(step, PaperStep)}
    return [
        row for pk, row in bench.adjustments.items() if flags.get(pk, row.state == AdjustmentState.VERIFIED)
    ]


def _listed(rows: Iterable[Adjustment]) -> dict[int, list[papers.Paper]]:
    found: dict[int, list[papers.Paper]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(paper_queries.paper_of(row))
    return found


def _paper_of(bench: Bench, step: NewPaperStep, key: int) -> papers.Paper:
    if step.line is None:
        return papers.Paper(key, papers.REWARD, pool=step.pool, listed=step.listed or Decimal(0))
    line = bench.lines[step.line]
    return papers.Paper(key, line.kind, line.level, step.scope)


def _other_tariff(bench: Bench, steps: Sequence[Step]) -> papers.Tariff:
    tariff = bench.rules.tariff
    points, pools = dict(tariff.points), dict(tariff.pools)
    for step in steps:
        if isinstance(step, TariffStep):
            line = bench.lines[step.line]
            points[line.kind, line.level, line.scope] = step.points
        elif isinstance(step, PoolStep):
            pools[step.pool] = replace(pools[step.pool], cap=step.cap)
    return replace(tariff, points=points, pools=pools)


def _amounts(found: papers.Sum, places: int) -> tuple[int, int, int]:
    return (
        to_units(found.commendations, places),
        to_units(found.criticisms, places),
        to_units(found.rewards, places),
    )


def _bar_changes(bench: Bench, steps: Sequence[Step]) -> dict[int, list[engine.Change]]:
    """Eligibility gained or lost, in every block the unit is in."""
    lifted = {(step.what, step.key) for step in steps if isinstance(step, LiftStep)}
    vetoed = {step.unit for step in steps if isinstance(step, VetoStep) and _bars(bench, step.field)}
    freed = {unit for unit, bars in bench.bars.items() if all(bar_key(bar) in lifted for bar in bars)}
    changes: dict[int, list[engine.Change]] = {}
    for member in bench.members.values():
        was = member.mode == Mode.FULL and member.unit_id not in bench.bars
        barred = member.unit_id in vetoed or (member.unit_id in bench.bars and member.unit_id not in freed)
        now = member.mode == Mode.FULL and not barred
        if was != now:
            changes.setdefault(member.block_id, []).append(engine.EligibilityChange(member.pk, now))
    return changes


def _bars(bench: Bench, veto_field: str) -> bool:
    """Whether a veto in that field takes anything away at all (R6)."""
    effects = paper_queries.effects_of(bench.cycle, bench.rules)
    effect = effects.get(veto_field, papers.EFFECT_OF_READING[bench.rules.veto_reading])
    return papers.bars(papers.VETO, effect, 0)


def bar_key(bar: Veto | Finding) -> tuple[str, int]:
    return ("veto" if isinstance(bar, Veto) else "finding", bar.pk)
