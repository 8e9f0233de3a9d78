"""The sheets of a year as they would read after the steps of a trial or an amendment.

All of it is a copy in memory; the standings they give are computed in trial_queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from bonuses import policy as papers
from bonuses import queries as paper_queries
from bonuses.models import Adjustment, AdjustmentState
from office.fields import to_units
from scoring import amended_scores
from scoring.engine import changes as engine
from scoring.engine.sheet import ItemRule, MissingDecision, MissingHow, Sheet, SubItemRule
from scoring.trial_bench import Bench, bar_key
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
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
from units.models import Mode

RuleStep = SuspendStep | LookStep | BaseStep | FloorStep


def changed_sheets(bench: Bench, steps: Sequence[Step]) -> dict[int, Sheet]:
    """Block → its sheet after the steps; blocks that nothing touches are left out."""
    changed: dict[int, list[engine.Change]] = {}
    rules: dict[int, list[RuleStep]] = {}
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
            case SuspendStep(sub) | LookStep(sub) | BaseStep(sub) | FloorStep(sub):
                rules.setdefault(bench.block_of_sub[sub], []).append(step)
    for recount in amended_scores.recounts(bench, steps):
        change = engine.ScoreChange(
            recount.membership,
            recount.sub_item,
            recount.kind,  # type: ignore[arg-type]  # counted kinds only
            to_units(recount.after, bench.places),
        )
        changed.setdefault(bench.block_of_sub[recount.sub_item], []).append(change)
    for block, more in _paper_changes(bench, steps).items():
        changed.setdefault(block, []).extend(more)
    for block, more in _bar_changes(bench, steps).items():
        changed.setdefault(block, []).extend(more)
    out: dict[int, Sheet] = {}
    for block in {*changed, *rules, *decisions}:
        sheet = engine.apply_changes(bench.sheets[block], changed.get(block, ()))
        sheet = _with_rules(bench, sheet, rules.get(block, ()))
        out[block] = _with_decisions(sheet, decisions.get(block, ()))
    return out


def _with_rules(bench: Bench, sheet: Sheet, steps: Sequence[RuleStep]) -> Sheet:
    if not steps:
        return sheet
    suspended = {step.sub_item: step.suspended for step in steps if isinstance(step, SuspendStep)}
    visits = {step.sub_item: step.visit_required for step in steps if isinstance(step, LookStep)}
    bases = {
        step.sub_item: to_units(step.points, bench.places) for step in steps if isinstance(step, BaseStep)
    }
    floors = {
        step.sub_item: to_units(step.points or Decimal(0), bench.places)
        for step in steps
        if isinstance(step, FloorStep)
    }

    def rule(sub: SubItemRule) -> SubItemRule:
        return replace(
            sub,
            suspended=suspended.get(sub.key, sub.suspended),
            visit_required=visits.get(sub.key, sub.visit_required),
            base=bases.get(sub.key, sub.base),
            floor=floors.get(sub.key, sub.floor),
        )

    def item_with(item: ItemRule) -> ItemRule:
        subs = tuple(map(rule, item.sub_items))
        # The item's base is the sum of its sub-items' and follows them (§3).
        more = sum(sub.base for sub in subs) - sum(sub.base for sub in item.sub_items)
        return replace(item, sub_items=subs, base=item.base + more)

    return replace(sheet, items=tuple(map(item_with, sheet.items)))


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
    effect = bench.effects.get(veto_field, papers.EFFECT_OF_READING[bench.rules.veto_reading])
    return papers.bars(papers.VETO, effect, 0)
