"""Every figure and text of the rules that an amendment may change, as it stands today or stood at a version.

What a version changed is kept with it as before and after, so that rolling the versions back gives each earlier
state, and replaying them gives today's rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from awards.models import AwardScheme, RuleChange
from awards.money import format_yuan
from bonuses.models import Pool, TariffLine
from office.fields import format_points
from office.ports import Amendment
from scoring.models import Cell, Look, MajorItem, SubItem
from scoring.words_of_trials import line_words
from units.models import Cycle

NOTHING_BELOW_ZERO = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the rules; `target` names its row and aspect for ever, `value` is its exact text."""

    target: str
    group: str  # the block, or what the figure belongs to
    name: str
    aspect: str
    value: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One figure a version changed, as it is kept with the version."""

    target: str
    group: str
    name: str
    aspect: str
    before: str
    after: str


def figures_of(cycle: Cycle) -> list[Figure]:
    """All rules of the year in the plan's order.  Seven queries, whatever its size."""
    return [*_scoring(cycle), *_papers(cycle), *_prizes(cycle)]


def _scoring(cycle: Cycle) -> list[Figure]:
    items = (
        MajorItem.objects.filter(block__cycle=cycle)
        .select_related("block")
        .prefetch_related("sub_items__indicators")
        .order_by("block__order", "block_id", "order", "pk")
    )
    found: list[Figure] = []
    for item in items:
        block = item.block.name
        found += [
            Figure(f"weight~{item.pk}", block, item.name, _("weight"), format_points(item.weight_points)),
            Figure(
                f"item~{item.pk}", block, item.name, _("base of the item"), format_points(item.base_points)
            ),
        ]
        for sub in item.sub_items.all():
            found += _sub_item(block, sub)
    return found


def _sub_item(block: str, sub: SubItem) -> list[Figure]:
    floor = NOTHING_BELOW_ZERO
    if sub.floor_points is not None:
        floor = f"{format_points(sub.floor_points)}（{sub.floor_text}）"
    found = [
        Figure(f"base~{sub.pk}", block, sub.name, _("base"), format_points(sub.base_points)),
        Figure(f"floor~{sub.pk}", block, sub.name, _("floor"), floor),
        Figure(f"look~{sub.pk}", block, sub.name, _("looked at"), sub.look),
        Figure(f"suspend~{sub.pk}", block, sub.name, _("left out because"), sub.suspended_reason),
    ]
    for one in sub.indicators.all():
        name = f"{sub.name}·{one.name}"
        found += [
            Figure(f"indicator~{one.pk}", block, name, _("base"), format_points(one.base_points)),
            Figure(f"words~{one.pk}", block, name, _("text of the indicator"), one.rule_text),
        ]
    return found


def _papers(cycle: Cycle) -> list[Figure]:
    group = _("Tariff and caps")
    lines = TariffLine.objects.filter(cycle=cycle).order_by("order", "pk")
    pools = Pool.objects.filter(cycle=cycle).order_by("order", "pk")
    return [
        Figure(f"tariff~{line.pk}", group, line_words(line), _("points"), format_points(line.points))
        for line in lines
    ] + [Figure(f"pool~{pool.pk}", group, pool.name, _("cap"), format_points(pool.cap)) for pool in pools]


def _prizes(cycle: Cycle) -> list[Figure]:
    schemes = AwardScheme.objects.filter(cycle=cycle).order_by("order", "pk").prefetch_related("prizes")
    return [
        Figure(
            f"prize~{prize.pk}",
            _("Prizes"),
            f"{scheme.name} {prize.grade}",
            _("each prize"),
            str(prize.amount_fen),
        )
        for scheme in schemes
        for prize in scheme.prizes.all()
    ]


def cells_decided(cycle: Cycle) -> list[Figure]:
    """How each missing cell counts by a decision; cells without one are left out.  One query."""
    cells = (
        Cell.objects.filter(block__cycle=cycle)
        .exclude(missing_how="")
        .select_related("block", "membership__unit", "sub_item")
    )
    return [
        Figure(
            f"missing~{cell.membership_id}~{cell.sub_item_id}",
            cell.block.name,
            str(cell),
            _("missing, decided as"),
            cell.missing_how,
        )
        for cell in cells.order_by("block__order", "membership__unit__order", "pk")
    ]


def shown(target: str, value: str) -> str:
    """The value as people read it."""
    kind = target.partition("~")[0]
    if kind == "prize":
        return _("%(amount)s yuan") % {"amount": format_yuan(int(value))}
    if kind == "floor" and value == NOTHING_BELOW_ZERO:
        return _("nothing below 0")
    if kind == "look":
        return str(Look(value).label)
    if kind == "missing":
        return str({"mean": _("the mean of the others"), "zero": _("zero")}.get(value, _("open")))
    return value or "—"


def compare(before: Iterable[Figure], after: Iterable[Figure]) -> list[dict[str, str]]:
    """What a version changed, to be kept with it: figures that differ, those of only one side included."""
    old, new = ({one.target: one for one in side} for side in (before, after))
    found = []
    for target in dict.fromkeys([*new, *old]):
        was, now = old.get(target), new.get(target)
        known = now or was
        values = (was.value if was else "", now.value if now else "")
        if known is not None and values[0] != values[1]:
            found.append(asdict(Changed(target, known.group, known.name, known.aspect, *values)))
    return found


def changes_of(row: RuleChange) -> list[Changed]:
    return [Changed(**one) for one in row.figures]


def decided(cycle_id: int) -> list[RuleChange]:
    """Every change in force, in the order in which it came into force.  One query."""
    rows = RuleChange.objects.filter(cycle=cycle_id, state=RuleChange.State.DECIDED)
    return list(rows.order_by("second_at", "pk"))


def at_version(today: Sequence[Figure], changes: Sequence[RuleChange], number: int) -> list[Figure]:
    """The rules as they stood after the amendment of that number; 0 is as the year was issued."""
    later: dict[str, str] = {}
    for row in reversed(changes):
        if row.kind == RuleChange.Kind.AMENDMENT and (row.number or 0) <= number:
            break
        later.update({one.target: one.before for one in changes_of(row)})
    return [replace(one, value=later.get(one.target, one.value)) for one in today]


def amended(cycle_id: int) -> Mapping[str, Amendment]:
    """The port: the version from which each amended figure comes.  One query."""
    found: dict[str, Amendment] = {}
    for row in decided(cycle_id):
        if row.kind == RuleChange.Kind.AMENDMENT and row.number is not None:
            for one in changes_of(row):
                found[one.target] = Amendment(row.number, row.on or date.min, shown(one.target, one.before))
    return found
