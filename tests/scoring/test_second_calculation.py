"""The second calculation agrees with the stored standing on random blocks, and names the cell where it does not.

It is the check of the numbers on stored data; the engine itself is tested in tests/engine.
"""

from __future__ import annotations

import ast
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from bonuses.models import Tally
from scoring import second_calculation
from scoring.models import Cell, Involvement, Look, MajorItem, Score, ScoreKind, Standing, SubItem
from scoring.second_calculation import Difference, first_difference
from tests.cast import Cast
from units.models import Block, Cycle, Membership, Reading
from units.signals import announce_stale, once_per_block


def fill(cast: Cast, seed: int) -> None:
    """Random inputs of every shape: gaps, all kinds, not involved in each state, decisions, papers, readings."""
    dice = random.Random(seed)  # noqa: S311 -- made-up marks, no secret
    with once_per_block():
        cycle = cast.cycle
        cycle.places = dice.choice([0, 1, 2, 4])
        cycle.rounding = dice.choice(["each-item", "total-only"])
        cycle.save()
        Reading.objects.create(cycle=cycle, code="R2", choice=dice.choice(["held", "all-zero", "all-full"]))
        if dice.random() < 0.5:
            Reading.objects.create(cycle=cycle, code="R9", choice="mix", parameters={"p": 4, "q": 6})
        for sub in SubItem.objects.all():
            sub.look = dice.choice([Look.BOTH, Look.BOTH, Look.ONSITE])
            sub.suspended_reason = "规则未定" if dice.random() < 0.1 else ""
            sub.save()
        for member in Membership.objects.all():
            Tally.objects.create(
                membership=member,
                commendations=Decimal(dice.randrange(51)),
                criticisms=Decimal(dice.choice([0, 5, 20])),
                rewards=Decimal(dice.randrange(10)),
                is_barred=dice.random() < 0.2,
            )
        zero = dice.choice([None, *SubItem.objects.all()])  # an item whose first is 0
        for cell in Cell.objects.select_related("sub_item"):
            cell.involvement = dice.choice([Involvement.NONE] * 4 + list(Involvement))
            cell.missing_how = dice.choice(["", "", "", "mean", "zero"])
            cell.save()
            for kind in ScoreKind:
                if dice.random() < 0.6:
                    top = 0 if zero == cell.sub_item else int(cell.sub_item.base_points) * 10**cycle.places
                    points = Decimal(dice.randint(0, top)).scaleb(-cycle.places)
                    Score.objects.create(
                        cell=cell,
                        kind=kind,
                        points=points,
                        entered_by=cast.people["office1"],
                        entered_at=timezone.now(),
                    )


@pytest.mark.parametrize("seed", range(12))
def test_both_calculations_agree_on_random_blocks(cast: Cast, seed: int) -> None:
    fill(cast, seed)

    found = [first_difference(block) for block in Block.objects.select_related("cycle")]

    assert found == [None, None, None]


def test_worked_by_hand(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("白水乡", "决战园区", "95")

    second = second_calculation.calculate(cast.blocks["乡镇口"])

    # 600 × 95 ÷ 97.5 = 584.6153… → 584.62
    assert [float(second.final[m]) for m in second.members] == [600.0, 584.62, 0.0]
    assert [second.missing[m] for m in second.members] == [2, 2, 3]


@pytest.mark.parametrize(
    ("figure", "change", "named"),
    [
        (
            "score",
            lambda f: f["score"][0].__setitem__(0, 9749),
            ("青山乡", "score", "决战园区", "97.49", "97.50"),
        ),
        (
            "source",
            lambda f: f["source"][0].__setitem__(0, 1),
            ("青山乡", "source", "决战园区", "lead", "preliminary"),
        ),
        ("base", lambda f: f["base"][1].__setitem__(0, 1), ("白水乡", "base", "决战园区", "0.01", "95.00")),
        (
            "item_rank",
            lambda f: f["item_rank"][1].__setitem__(0, 1),
            ("白水乡", "item_rank", "决战园区", "1", "2"),
        ),
        (
            "weighted",
            lambda f: f["weighted"][1].__setitem__(0, 58461),
            ("白水乡", "weighted", "决战园区", "584.61", "584.62"),
        ),
        (
            "preliminary",
            lambda f: f["preliminary"].__setitem__(1, 0),
            ("白水乡", "preliminary", "", "0.00", "584.62"),
        ),
        ("final", lambda f: f["final"].__setitem__(1, 1), ("白水乡", "final", "", "0.01", "584.62")),
        ("rank", lambda f: f["rank"].__setitem__(1, 3), ("白水乡", "rank", "", "3", "2")),
        ("missing", lambda f: f["missing"].__setitem__(0, 0), ("青山乡", "missing", "", "0", "2")),
        ("eligible", lambda f: f["eligible"].__setitem__(0, 0), ("青山乡", "eligible", "", "0", "1")),
        ("held", lambda f: f.__setitem__("held", 0), ("", "held", "", "False", "True")),
    ],
)
def test_a_figure_changed_behind_the_engines_back_is_named(
    cast: Cast, figure: str, change: object, named: tuple[str, ...]
) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("白水乡", "决战园区", "95")
    standing = Standing.objects.get(block=cast.blocks["乡镇口"])
    figures = json.loads(standing.figures)
    change(figures)  # type: ignore[operator]  # a lambda of the table above
    Standing.objects.filter(pk=standing.pk).update(figures=json.dumps(figures))

    assert first_difference(cast.blocks["乡镇口"]) == Difference("乡镇口", *named)


def test_an_input_changed_behind_the_signals_back_is_named(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    MajorItem.objects.filter(name="决战园区").update(weight_points=Decimal(500))

    found = first_difference(cast.blocks["乡镇口"])

    assert found == Difference("乡镇口", "青山乡", "weighted", "决战园区", "600.00", "500.00")


def test_a_block_without_a_stored_standing_is_named(cast: Cast) -> None:
    Standing.objects.filter(block=cast.blocks["党群口"]).delete()

    assert str(first_difference(cast.blocks["党群口"])) == "党群口: standing none ≠ one"


def test_it_shares_nothing_with_the_engine() -> None:
    source = Path(second_calculation.__file__).read_text(encoding="utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }

    assert not [name for name in imported if name.startswith(("numpy", "scoring.engine", "scoring.sheets"))]


def test_the_announcement_of_a_cycle_change_reaches_every_block(cast: Cast) -> None:
    Cycle.objects.filter(pk=cast.cycle.pk).update(rounding="total-only")
    for block in cast.blocks.values():
        announce_stale(block.pk)

    assert [first_difference(b) for b in Block.objects.select_related("cycle")] == [None, None, None]
