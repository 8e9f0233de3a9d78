"""What is typed on the page of an amendment, read into steps; what a step may hold is checked elsewhere.

Figures come as one form of all that is shown: those that differ from today become steps, those set back leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from awards import money
from office.fields import format_points
from office.refusal import Refused
from scoring.models import Indicator
from scoring.trial_bench import Bench
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    PrizeStep,
    Step,
    WeightStep,
    WordsStep,
    number,
    signed,
    target,
    with_step,
)
from units.models import Block


@dataclass(frozen=True, slots=True)
class Field:
    """One figure or text as the page shows it: what holds today, and what stands in the box."""

    name: str
    label: str
    today: str
    value: str


@dataclass(frozen=True, slots=True)
class SubItemFields:
    """The rules of the sub-item that was picked."""

    key: int
    name: str
    base: Field
    floor: Field
    floor_words: Field
    indicators: list[tuple[Field, Field]]  # base, text


def read_values(year: Bench, typed: QueryDict, steps: Sequence[Step]) -> list[Step]:
    """The steps with every figure shown as it was typed.  Raises Refused (422) for what is no number."""
    kept = list(steps)
    for today, step in _typed(year, typed):
        kept = (
            [one for one in kept if target(one) != target(step)] if today else list(with_step(kept, [step]))
        )
    return kept


def _typed(year: Bench, typed: QueryDict) -> Iterator[tuple[bool, Step]]:
    """Each figure of the form as a step, and whether it is what holds today."""
    for name in typed:
        kind, _dash, rest = name.partition("-")
        if not rest.isdecimal() or len(rest) > 15:
            continue
        key, text = int(rest), typed.get(name, "").strip()
        if kind == "w" and key in year.block_of_item:
            points = _points(text)
            yield points == year.points(year.item(key).weight), WeightStep(key, points)
        elif kind == "b" and key in year.block_of_sub:
            points = _points(text)
            yield points == year.points(year.sub_item(key)[1].base), BaseStep(key, points)
        elif kind == "f" and key in year.block_of_sub:
            yield _floor(year, key, text, typed.get(f"v-{key}", "").strip())
        elif kind == "i" and key in year.indicators:
            points = _points(text)
            yield points == year.indicators[key].base_points, IndicatorStep(key, points)
        elif kind == "t" and key in year.indicators:
            words = text.replace("\r\n", "\n")
            yield words == year.indicators[key].rule_text.strip(), WordsStep(key, words)
        elif kind == "p" and key in year.prizes:
            amount = _yuan(text)
            yield amount == year.prizes[key].amount_fen, PrizeStep(key, amount)


def _floor(year: Bench, sub: int, text: str, words: str) -> tuple[bool, Step]:
    today = year.floors[sub]
    if not text:
        return today.points is None, FloorStep(sub, None)
    try:
        points = signed(text)
    except ValueError as error:
        raise _no_number(text) from error
    return (points, words) == (today.points, today.words), FloorStep(sub, points, words)


def _points(text: str) -> Decimal:
    try:
        return number(text)
    except ValueError as error:
        raise _no_number(text) from error


def _no_number(text: str) -> Refused:
    return Refused(
        "not-a-number",
        _("“%(text)s” is not a number such as 95.5; please enter it again.") % {"text": text[:20]},
        status=422,
    )


def _yuan(text: str) -> int:
    try:
        return money.parse_yuan(text)
    except ValueError as error:
        raise Refused(
            "no-amount",
            _("“%(value)s” is no amount in yuan. Enter a number with at most two decimals, such as 1200.50.")
            % {"value": text[:20]},
            status=422,
        ) from error


# What the page shows -------------------------------------------------------------------------------


class Values:
    """What stands in each box: as typed while something is refused, else as tried, else as it holds today."""

    def __init__(self, steps: Sequence[Step], typed: QueryDict | None) -> None:
        self.steps = {target(step): step for step in steps}
        self.typed = typed

    def field(self, name: str, label: str, today: str, tried: str | None) -> Field:
        value = today if tried is None else tried
        if self.typed is not None:
            value = self.typed.get(name, value)
        return Field(name, label, today, value)


def weight_fields(year: Bench, block: Block | None, values: Values) -> list[Field]:
    fields = []
    for item in year.sheets[block.pk].items if block is not None else ():
        step = values.steps.get(("weight", item.key))
        tried = format_points(step.points) if isinstance(step, WeightStep) else None
        today = format_points(year.points(item.weight))
        fields.append(values.field(f"w-{item.key}", item.name, today, tried))
    return fields


def prize_fields(year: Bench, values: Values) -> list[tuple[str, list[Field]]]:
    """Award by award."""
    found: dict[str, list[Field]] = {}
    for key, prize in year.prizes.items():
        step = values.steps.get(("prize", key))
        tried = _plain_yuan(step.amount_fen) if isinstance(step, PrizeStep) else None
        label = _("%(grade)s × %(count)d") % {"grade": prize.grade, "count": prize.count}
        field = values.field(f"p-{key}", label, _plain_yuan(prize.amount_fen), tried)
        found.setdefault(prize.award, []).append(field)
    return list(found.items())


def _plain_yuan(amount_fen: int) -> str:
    return format_points(Decimal(amount_fen).scaleb(-2))


def sub_item_fields(year: Bench, key: int | None, values: Values) -> SubItemFields | None:
    if key is None or key not in year.block_of_sub:
        return None
    rule, floor = year.sub_item(key)[1], year.floors[key]
    base_step, floor_step = values.steps.get(("base", key)), values.steps.get(("floor", key))
    tried_floor = tried_words = None
    if isinstance(floor_step, FloorStep):
        tried_floor = "" if floor_step.points is None else format_points(floor_step.points)
        tried_words = floor_step.words
    return SubItemFields(
        key,
        rule.name,
        values.field(
            f"b-{key}",
            _("Base"),
            format_points(year.points(rule.base)),
            format_points(base_step.points) if isinstance(base_step, BaseStep) else None,
        ),
        values.field(
            f"f-{key}",
            _("Floor"),
            "" if floor.points is None else format_points(floor.points),
            tried_floor,
        ),
        values.field(f"v-{key}", _("Words of the floor"), floor.words, tried_words),
        [_indicator(one, values) for one in year.indicators_of(key)],
    )


def _indicator(one: Indicator, values: Values) -> tuple[Field, Field]:
    base, words = values.steps.get(("indicator", one.pk)), values.steps.get(("words", one.pk))
    return (
        values.field(
            f"i-{one.pk}",
            one.name,
            format_points(one.base_points),
            format_points(base.points) if isinstance(base, IndicatorStep) else None,
        ),
        values.field(
            f"t-{one.pk}",
            _("Text of “%(name)s”") % {"name": one.name},
            one.rule_text,
            words.words if isinstance(words, WordsStep) else None,
        ),
    )
