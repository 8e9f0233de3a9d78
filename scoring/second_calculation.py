"""The independent second calculation: a block's standing once more, in plain fractions, from its own reading.

Shares nothing with scoring.engine or scoring.sheets, so that one mistake cannot stand in both. Slow on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from scoring.models import Cell, Involvement, Look, MajorItem, Score, ScoreKind, Standing, SubItem
from units.models import Block, Membership, Mode, Reading

# How the stored standing writes where a score comes from.
STORED_SOURCE = {None: 0, "lead": 1, "preliminary": 2, "onsite": 3, "mix": 4, "mean": 5}
SOURCE_TOLD = {number: word or "missing" for word, number in STORED_SOURCE.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure on which the stored standing and the second calculation do not agree."""

    block: str
    unit: str  # '' when the figure is the block's
    figure: str  # score, source, base, item_rank, weighted, preliminary, final, rank …
    where: str  # the sub-item or item, '' for a figure of the whole row
    stored: str
    second: str

    def __str__(self) -> str:
        place = " · ".join(part for part in (self.block, self.unit, self.where) if part)
        return f"{place}: {self.figure} {self.stored} ≠ {self.second}"


@dataclass(slots=True)
class Second:
    """A block's figures in points, by membership, item and sub-item number."""

    places: int
    members: list[int]
    items: list[int]
    sub_items: list[int]
    score: dict[tuple[int, int], Fraction] = field(default_factory=dict)  # absent: missing
    source: dict[tuple[int, int], str | None] = field(default_factory=dict)
    base: dict[tuple[int, int], Fraction] = field(default_factory=dict)
    item_rank: dict[tuple[int, int], int] = field(default_factory=dict)
    weighted: dict[tuple[int, int], Fraction] = field(default_factory=dict)
    preliminary: dict[int, Fraction] = field(default_factory=dict)
    commendations: dict[int, Fraction] = field(default_factory=dict)
    criticisms: dict[int, Fraction] = field(default_factory=dict)
    rewards: dict[int, Fraction] = field(default_factory=dict)
    final: dict[int, Fraction] = field(default_factory=dict)
    rank: dict[int, int] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)
    differs: dict[int, bool] = field(default_factory=dict)
    eligible: dict[int, bool] = field(default_factory=dict)
    nobody_involved: dict[int, bool] = field(default_factory=dict)
    held: bool = False

    @property
    def provisional(self) -> bool:
        return any(count > 0 for count in self.missing.values())


def round_half_up(value: Fraction, places: int) -> Fraction:
    """To `places` decimals; a half goes away from zero."""
    step = Fraction(1, 10**places)
    sign = -1 if value < 0 else 1
    steps = abs(value) / step
    whole = steps.numerator // steps.denominator
    if steps - whole >= Fraction(1, 2):
        whole += 1
    return sign * whole * step


@dataclass(slots=True)
class Stored:
    """What one block's calculation reads, fetched for all blocks at once."""

    members: list[Membership] = field(default_factory=list)
    items: list[MajorItem] = field(default_factory=list)
    subs_by_item: dict[int, list[SubItem]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    points: dict[int, dict[str, Fraction]] = field(default_factory=dict)  # by cell, by kind
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)  # by membership and sub-item
    standing: Standing | None = None


def stored_for(blocks: Sequence[Block]) -> dict[int, Stored]:
    """Block → everything that is stored of it; seven queries however many blocks."""
    chosen = [block.pk for block in blocks]
    found = {pk: Stored() for pk in chosen}
    for member in (
        Membership.objects.filter(block__in=chosen)
        .select_related("unit", "tally")
        .order_by("unit__order", "id")
    ):
        found[member.block_id].members.append(member)
    block_of: dict[int, int] = {}
    for item in MajorItem.objects.filter(block__in=chosen).order_by("order", "id"):
        block_of[item.pk] = item.block_id
        found[item.block_id].items.append(item)
        found[item.block_id].subs_by_item[item.pk] = []
    for sub in SubItem.objects.filter(item__block__in=chosen).order_by("order", "id"):
        found[block_of[sub.item_id]].subs_by_item[sub.item_id].append(sub)
    cycles = {block.pk: block.cycle_id for block in blocks}
    readings: dict[int, dict[str, Reading]] = {}
    for reading in Reading.objects.filter(cycle__in=set(cycles.values()), code__in=["R2", "R9"]):
        readings.setdefault(reading.cycle_id, {})[reading.code] = reading
    for pk in chosen:
        found[pk].readings = readings.get(cycles[pk], {})
    at_block: dict[int, int] = {}
    for cell in Cell.objects.filter(block__in=chosen).only(
        "block_id", "membership_id", "sub_item_id", "involvement", "missing_how"
    ):
        at_block[cell.pk] = cell.block_id
        found[cell.block_id].cells[cell.membership_id, cell.sub_item_id] = cell
    for cell_id, kind, points in Score.objects.filter(cell__block__in=chosen).values_list(
        "cell_id", "kind", "points"
    ):
        found[at_block[cell_id]].points.setdefault(cell_id, {})[kind] = Fraction(points or 0)
    for standing in Standing.objects.filter(block__in=chosen):
        found[standing.block_id].standing = standing
    return found


def calculate(block: Block, stored: Stored | None = None) -> Second:
    """The block's whole standing from its stored inputs.  Rulebook 3 and 4."""
    cycle = block.cycle
    stored = stored or stored_for([block])[block.pk]
    members, items, subs_by_item = stored.members, stored.items, stored.subs_by_item
    readings = stored.readings
    second = Second(
        places=cycle.places,
        members=[member.pk for member in members],
        items=[item.pk for item in items],
        sub_items=[sub.pk for item in items for sub in subs_by_item[item.pk]],
    )
    _score_cells(second, stored, _mix_of(readings.get("R9")))
    _add_up(second, subs_by_item)
    _weigh(second, items, readings["R2"].choice if "R2" in readings else "held", cycle.rounding, members)
    return second


def _mix_of(reading: Reading | None) -> tuple[int, int] | None:
    """The parts of preliminary and on-site where both are mixed (R9)."""
    if reading is None or reading.choice != "mix":
        return None
    return int(reading.parameters.get("p", 1)), int(reading.parameters.get("q", 1))


def _score_cells(second: Second, stored: Stored, mix: tuple[int, int] | None) -> None:
    cell_at = stored.cells
    for sub in (sub for subs in stored.subs_by_item.values() for sub in subs):
        second.nobody_involved[sub.pk] = False
        if sub.suspended_reason:
            continue
        own: list[Fraction] = []
        outside: list[int] = []
        for member in second.members:
            cell = cell_at.get((member, sub.pk))
            if cell is None or cell.involvement == Involvement.PROPOSED:
                continue
            if cell.involvement == Involvement.CONFIRMED:
                outside.append(member)
                continue
            counted = _counted(stored.points.get(cell.pk, {}), sub, mix, second.places)
            if counted is not None:
                second.score[member, sub.pk], second.source[member, sub.pk] = counted
                own.append(counted[0])
        second.nobody_involved[sub.pk] = bool(second.members) and len(outside) == len(second.members)
        mean = round_half_up(sum(own, Fraction(0)) / len(own), second.places) if own else None
        for member in outside:
            if mean is not None:
                second.score[member, sub.pk], second.source[member, sub.pk] = mean, "mean"
        for member in second.members:
            cell = cell_at.get((member, sub.pk))
            if cell is None or (member, sub.pk) in second.score:
                continue
            if cell.missing_how == "mean" and mean is not None:
                second.score[member, sub.pk], second.source[member, sub.pk] = mean, "mean"
            elif cell.missing_how == "zero":
                second.score[member, sub.pk], second.source[member, sub.pk] = Fraction(0), None


def _counted(
    scores: dict[str, Fraction], sub: SubItem, mix: tuple[int, int] | None, places: int
) -> tuple[Fraction, str] | None:
    """On-site, else preliminary, else lead; the self score never."""
    onsite = scores.get(ScoreKind.ONSITE)
    if sub.look == Look.ONSITE:
        return None if onsite is None else (onsite, "onsite")
    preliminary = scores.get(ScoreKind.PRELIMINARY)
    if onsite is not None and preliminary is not None and mix is not None:
        p, q = mix
        return round_half_up((p * preliminary + q * onsite) / (p + q), places), "mix"
    if onsite is not None:
        return onsite, "onsite"
    if preliminary is not None:
        return preliminary, "preliminary"
    lead = scores.get(ScoreKind.LEAD)
    return None if lead is None else (lead, "lead")


def _add_up(second: Second, subs_by_item: dict[int, list[SubItem]]) -> None:
    in_force = {
        item: [sub.pk for sub in subs if not sub.suspended_reason] for item, subs in subs_by_item.items()
    }
    for member in second.members:
        second.missing[member] = 0
        for item, subs in in_force.items():
            scores = [second.score.get((member, sub)) for sub in subs]
            second.missing[member] += scores.count(None)
            second.base[member, item] = sum((s for s in scores if s is not None), Fraction(0))


def _weigh(
    second: Second, items: Sequence[MajorItem], first_is_zero: str, rounding: str, members: list[Membership]
) -> None:
    places = second.places
    exact: dict[tuple[int, int], Fraction] = {}
    for item in items:
        bases = [second.base[member, item.pk] for member in second.members]
        first, weight = max(bases, default=Fraction(0)), Fraction(item.weight_points)
        for member, base in zip(second.members, bases, strict=True):
            if first > 0:
                exact[member, item.pk] = weight * base / first
            else:
                exact[member, item.pk] = weight if first_is_zero == "all-full" else Fraction(0)
            second.weighted[member, item.pk] = round_half_up(exact[member, item.pk], places)
            second.item_rank[member, item.pk] = 1 + sum(other > base for other in bases)
        if bases and first <= 0 and first_is_zero == "held":
            second.held = True
    finals: dict[str, dict[int, Fraction]] = {"each-item": {}, "total-only": {}}
    preliminary: dict[str, dict[int, Fraction]] = {"each-item": {}, "total-only": {}}
    for row in members:
        plus, minus, reward, barred = _papers(row)
        second.commendations[row.pk], second.criticisms[row.pk], second.rewards[row.pk] = plus, minus, reward
        second.eligible[row.pk] = row.mode == Mode.FULL and not barred
        parts = [exact[row.pk, item.pk] for item in items]
        preliminary["each-item"][row.pk] = sum((round_half_up(p, places) for p in parts), Fraction(0))
        preliminary["total-only"][row.pk] = round_half_up(sum(parts, Fraction(0)), places)
        for way, sums in preliminary.items():
            finals[way][row.pk] = sums[row.pk] + plus - minus + reward
    other = "total-only" if rounding == "each-item" else "each-item"
    for row in members:
        own, theirs = finals[rounding], finals[other]
        second.preliminary[row.pk], second.final[row.pk] = preliminary[rounding][row.pk], own[row.pk]
        second.rank[row.pk] = 1 + sum(figure > own[row.pk] for figure in own.values())
        second.differs[row.pk] = second.rank[row.pk] != 1 + sum(
            figure > theirs[row.pk] for figure in theirs.values()
        )


def _papers(member: Membership) -> tuple[Fraction, Fraction, Fraction, bool]:
    """Commendations, criticisms and reward points, and whether a veto or misconduct bars the unit."""
    try:
        tally = member.tally
    except ObjectDoesNotExist:
        return Fraction(0), Fraction(0), Fraction(0), False
    return (
        Fraction(tally.commendations),
        Fraction(tally.criticisms),
        Fraction(tally.rewards),
        tally.is_barred,
    )


# Comparing


def differences(block: Block, stored: Stored | None = None) -> Iterator[Difference]:
    """Where the stored standing and the second calculation part, the first differing cell first."""
    stored = stored or stored_for([block])[block.pk]
    second = calculate(block, stored)
    standing = stored.standing
    if standing is None:
        if second.members:
            yield Difference(block.name, "", "standing", "", "none", "one")
        return
    figures: dict[str, Any] = json.loads(standing.figures)
    for name, wanted in [
        ("members", second.members),
        ("items", second.items),
        ("sub_items", second.sub_items),
        ("places", second.places),
        ("rounding", block.cycle.rounding),
    ]:
        if figures.get(name) != wanted:
            yield Difference(block.name, "", name, "", _told(figures.get(name)), _told(wanted))
            return  # rows and columns are not the same ones: cell by cell would mislead
    yield from _rows_that_differ(block, second, figures, stored)
    for figure, told, wanted in [
        ("held", bool(figures["held"]), second.held),
        ("provisional", standing.provisional, second.provisional),
    ]:
        if told != wanted:
            yield Difference(block.name, "", figure, "", _told(told), _told(wanted))


def first_difference(block: Block) -> Difference | None:
    """The first cell, row or block figure that differs, or None when both calculations agree."""
    return next(differences(block), None)


def first_differences(blocks: Iterable[Block]) -> Iterator[tuple[Block, Difference]]:
    """Of each block that both calculations do not agree on, the first figure that differs."""
    chosen = list(blocks)
    stored = stored_for(chosen)
    for block in chosen:
        difference = next(differences(block, stored[block.pk]), None)
        if difference is not None:
            yield block, difference


def _rows_that_differ(
    block: Block, second: Second, figures: dict[str, Any], kept: Stored
) -> Iterator[Difference]:
    names = {member.pk: member.unit.name for member in kept.members}
    item_names = {item.pk: item.name for item in kept.items}
    sub_names = {sub.pk: sub.name for subs in kept.subs_by_item.values() for sub in subs}

    def whole(points: Fraction | None) -> Any:
        """Points as the standing stores them: a whole number of the last place."""
        if points is None:
            return None
        steps = points * 10**second.places
        return steps.numerator if steps.denominator == 1 else str(steps)

    for n, member in enumerate(second.members):
        for k, sub in enumerate(second.sub_items):
            key = (member, sub)
            stored = figures["score"][n][k], figures["source"][n][k]
            wanted = whole(second.score.get(key)), STORED_SOURCE[second.source.get(key)]
            for figure, told, ours in zip(("score", "source"), stored, wanted, strict=True):
                if told != ours:
                    words = SOURCE_TOLD if figure == "source" else {}
                    yield Difference(
                        block.name,
                        names[member],
                        figure,
                        sub_names[sub],
                        words.get(told) or _points(told, second.places),
                        words.get(ours) or _points(ours, second.places),
                    )
        for i, item in enumerate(second.items):
            for figure, told, ours in [
                ("base", figures["base"][n][i], whole(second.base[member, item])),
                ("item_rank", figures["item_rank"][n][i], second.item_rank[member, item]),
                ("weighted", figures["weighted"][n][i], whole(second.weighted[member, item])),
            ]:
                if told != ours:
                    shown = (
                        [str(told), str(ours)]
                        if figure == "item_rank"
                        else [_points(told, second.places), _points(ours, second.places)]
                    )
                    yield Difference(block.name, names[member], figure, item_names[item], *shown)
        for figure, ours in [
            ("preliminary", whole(second.preliminary[member])),
            ("commendations", whole(second.commendations[member])),
            ("criticisms", whole(second.criticisms[member])),
            ("rewards", whole(second.rewards[member])),
            ("final", whole(second.final[member])),
        ]:
            told = figures[figure][n] if figures[figure] else 0
            if told != ours:
                yield Difference(
                    block.name,
                    names[member],
                    figure,
                    "",
                    _points(told, second.places),
                    _points(ours, second.places),
                )
        for figure, ours in [
            ("rank", second.rank[member]),
            ("missing", second.missing[member]),
            ("differs", int(second.differs[member])),
            ("eligible", int(second.eligible[member])),
        ]:
            if figures[figure][n] != ours:
                yield Difference(block.name, names[member], figure, "", str(figures[figure][n]), str(ours))
    for k, sub in enumerate(second.sub_items):
        if bool(figures["nobody_involved"][k]) != second.nobody_involved[sub]:
            yield Difference(
                block.name,
                "",
                "nobody_involved",
                sub_names[sub],
                str(figures["nobody_involved"][k]),
                str(int(second.nobody_involved[sub])),
            )


def _points(stored: Any, places: int) -> str:
    return f"{Decimal(stored).scaleb(-places):f}" if isinstance(stored, int) else _told(stored)


def _told(value: Any) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
