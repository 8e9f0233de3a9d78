"""The checks on the rules, and what the office may change in them at set-up.

Whole plans are tested with the plan workbook.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from office.models import AuditEntry
from office.refusal import Refused
from scoring.actions import rules
from scoring.models import MajorItem, Standing, SubItem
from scoring.rule_checks import BlockFacts, ItemFacts, RuleLack, SubItemFacts, check
from tests.cast import Cast
from units.stages import Stage

pytestmark = pytest.mark.django_db


def sub(name: str, base: int, **more: object) -> SubItemFacts:
    return SubItemFacts(name, Decimal(base), **more)  # type: ignore[arg-type]  # keywords of the test


def item(name: str, weight: int, base: int, *subs: SubItemFacts) -> ItemFacts:
    return ItemFacts(name, Decimal(weight), Decimal(base), subs or (sub(name, base),))


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        (BlockFacts("口", False, (item("甲", 600, 100), item("乙", 400, 500))), []),
        (BlockFacts("口", False, (item("甲", 600, 100), item("乙", 300, 500))), [RuleLack.WEIGHTS]),
        (BlockFacts("专项", True, (item("甲", 100, 100),)), []),  # tracks have no total
        (BlockFacts("口", False), [RuleLack.NO_ITEM]),
        (BlockFacts("口", False, (item("甲", 1000, 100, sub("子", 100)),)), [RuleLack.SINGLE]),
        (BlockFacts("口", False, (item("甲", 1000, 100, sub("一", 40), sub("二", 50)),)), [RuleLack.BASES]),
        (
            BlockFacts("口", False, (item("甲", 1000, 100, sub("甲", 100, has_lead=False)),)),
            [RuleLack.NO_LEAD],
        ),
        (
            BlockFacts("口", False, (item("甲", 1000, 100, sub("甲", 100, is_stand_in=True)),)),
            [RuleLack.STAND_IN],
        ),
        (
            BlockFacts(
                "口",
                False,
                (item("甲", 1000, 100, sub("甲", 100, indicator_bases=(Decimal(60), Decimal(30)))),),
            ),
            [RuleLack.INDICATORS],
        ),
    ],
)
def test_what_is_wrong_with_a_block_is_found(block: BlockFacts, codes: list[RuleLack]) -> None:
    findings = check([block], Decimal(1000))

    assert [f.code for f in findings] == codes
    assert all(block.name in f.sentence for f in findings)


def test_an_item_without_sub_items_is_found() -> None:
    block = BlockFacts("口", False, (ItemFacts("甲", Decimal(1000), Decimal(100)),))

    assert [f.code for f in check([block], Decimal(1000))] == [RuleLack.NO_SUB_ITEM]


def test_only_weights_that_do_not_sum_may_not_be_signed_away() -> None:
    block = BlockFacts("口", False, (item("甲", 900, 100, sub("乙", 90, has_lead=False)),))

    assert {f.code for f in check([block], Decimal(1000)) if not f.may_be_signed} == {RuleLack.WEIGHTS}


@pytest.fixture
def small(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def test_an_edited_stand_in_is_settled_and_logged(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")
    row = SubItem.objects.get(name="信访")

    rules.save_sub_item(
        by=small.hat("office1"),
        item=row.item,
        sub_item=row,
        lead=small.units["市档案局"],
        look="实地",
        helpers=[small.units["市信访局"]],
    )

    row.refresh_from_db()
    assert (row.lead, row.look, row.source) == (small.units["市档案局"], "实地", "确认")
    assert list(row.helpers.all()) == [small.units["市信访局"]]
    assert AuditEntry.objects.get().act == "sub-item.changed"


def test_a_changed_weight_is_weighed_at_once(small: Cast) -> None:
    before = Standing.objects.get(block__name="乡镇口").version

    rules.save_item(
        by=small.hat("office1"),
        block=small.blocks["乡镇口"],
        item=MajorItem.objects.get(name="决战园区"),
        weight_points=Decimal(500),
    )

    assert Standing.objects.get(block__name="乡镇口").version == before + 1


@pytest.mark.parametrize("points", [Decimal(0), Decimal(-1), Decimal("1.234")])
def test_figures_that_cannot_be_are_refused(small: Cast, points: Decimal) -> None:
    with pytest.raises(Refused) as refusal:
        rules.save_item(
            by=small.hat("office1"),
            block=small.blocks["乡镇口"],
            name="新大项",
            weight_points=points,
            base_points=Decimal(1),
        )

    assert refusal.value.status == 422


def test_a_base_below_a_stored_score_is_refused(small: Cast) -> None:
    small.score("青山乡", "信访", "350")
    row = SubItem.objects.get(name="信访")

    with pytest.raises(Refused) as refusal:
        rules.save_sub_item(by=small.hat("office1"), item=row.item, sub_item=row, base_points=Decimal(300))

    assert refusal.value.code == "base-below-score"


def test_what_holds_scores_is_not_removed(small: Cast) -> None:
    small.score("青山乡", "信访", "350")
    by = small.hat("office1")

    with pytest.raises(Refused):
        rules.remove_sub_item(by=by, sub_item=SubItem.objects.get(name="信访"))
    with pytest.raises(Refused):
        rules.remove_item(by=by, item=MajorItem.objects.get(name="社会管理"))
    rules.remove_sub_item(by=by, sub_item=SubItem.objects.get(name="安全"))

    assert not SubItem.objects.filter(name="安全").exists()


@pytest.mark.parametrize("person", ["leader1", "lead_市信访局", "auditor"])
def test_only_the_office_edits_rules(small: Cast, person: str) -> None:
    with pytest.raises(Refused) as refusal:
        rules.confirm_stand_ins(by=small.hat(person), cycle=small.cycle)

    assert refusal.value.status == 403


def test_rules_are_closed_after_set_up(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        rules.save_item(
            by=cast.hat("office1"), block=cast.blocks["乡镇口"], name="新", weight_points=1, base_points=1
        )

    assert refusal.value.code == "stage-closed"
