"""Scores that an amendment of bases and floors counts anew, and those it would leave outside the new rule.

A score with deduction lines is base less those lines and follows the rule; one without lines was given as a
number, and no amendment may change it (rulebook 3). Self-assessments are sealed and stay as they were signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from office.fields import from_units, to_units
from scoring.engine.cells import IndicatorLines, base_less_deductions
from scoring.models import Deduction, Score, ScoreKind
from scoring.trial_bench import Bench
from scoring.trial_steps import BaseStep, FloorStep, IndicatorStep, Step


@dataclass(frozen=True, slots=True)
class Amended:
    """One sub-item as the steps leave it, points."""

    base: Decimal
    floor: Decimal
    indicators: dict[int, Decimal]  # indicator → base


@dataclass(frozen=True, slots=True)
class Recount:
    """One stored score that deductions explain, before and after."""

    score: int
    cell: int
    membership: int
    sub_item: int
    kind: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Outside:
    """One score given as a number that the amended rule no longer allows."""

    membership: int
    sub_item: int
    kind: str
    points: Decimal


def amended_rules(bench: Bench, steps: Iterable[Step]) -> dict[int, Amended]:
    """Sub-item → its figures after the steps; those whose figures no step touches are left out."""
    found: dict[int, Amended] = {}

    def of(sub: int) -> Amended:
        if sub not in found:
            rule = bench.sub_item(sub)[1]
            found[sub] = Amended(
                bench.points(rule.base),
                bench.points(rule.floor),
                {one.pk: one.base_points for one in bench.indicators_of(sub)},
            )
        return found[sub]

    for step in steps:
        match step:
            case BaseStep(sub, points):
                rule = of(sub)
                found[sub] = Amended(points, rule.floor, rule.indicators)
            case FloorStep(sub, floor):
                rule = of(sub)
                found[sub] = Amended(rule.base, floor or Decimal(0), rule.indicators)
            case IndicatorStep(indicator, points):
                of(bench.indicators[indicator].sub_item_id).indicators[indicator] = points
    return found


def recounts(bench: Bench, steps: Sequence[Step]) -> list[Recount]:
    """Counted scores with lines that come to another number.  Two queries, none without such a step."""
    rules = amended_rules(bench, steps)
    return [
        Recount(
            score.pk,
            score.cell_id,
            score.cell.membership_id,
            score.cell.sub_item_id,
            score.kind,
            score.points,
            after,
        )
        for score, lines in _scores(rules)
        if lines and (after := _explained(bench, rules[score.cell.sub_item_id], lines)) != score.points
    ]


def outside(bench: Bench, steps: Sequence[Step]) -> list[Outside]:
    """Counted scores without lines above the new base or below the new floor, in the plan's order."""
    rules = amended_rules(bench, steps)
    found = []
    for score, lines in _scores(rules):
        rule = rules[score.cell.sub_item_id]
        if not lines and not rule.floor <= score.points <= rule.base:
            found.append(Outside(score.cell.membership_id, score.cell.sub_item_id, score.kind, score.points))
    return found


def _scores(rules: dict[int, Amended]) -> Iterator[tuple[Score, list[Deduction]]]:
    if not rules:
        return
    scores = (
        Score.objects.filter(cell__sub_item__in=rules)
        .exclude(kind=ScoreKind.SELF)
        .select_related("cell")
        .prefetch_related("deductions")
        .order_by("cell__sub_item", "cell__membership__unit__order", "pk")
    )
    for score in scores:
        yield score, list(score.deductions.all())


def _explained(bench: Bench, rule: Amended, lines: Sequence[Deduction]) -> Decimal:
    """Base less the lines by the rule of the engine."""

    def units(points: Decimal) -> int:
        return to_units(points, bench.places)

    parts = [
        IndicatorLines(units(base), tuple(units(line.points) for line in lines if line.indicator_id == key))
        for key, base in rule.indicators.items()
    ]
    points = base_less_deductions(
        units(rule.base), units(rule.floor), [units(line.points) for line in lines], parts
    )
    return from_units(points, bench.places)
