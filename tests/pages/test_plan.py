"""The plan page: what is appraised and by what weight, for everybody who takes part."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scoring.models import MajorItem, SubItem
from tests.cast import Cast
from tests.pages.reading import YEAR, grow, signed_in, words_of
from units.models import Block
from units.stages import Stage

PLAN = f"{YEAR}plan/"


def test_the_plan_shows_items_weights_bases_and_leads(cast: Cast) -> None:
    words = words_of(signed_in(cast.people["official_青山乡"]).get(PLAN))

    # 信访 is 400 of a base of 1000 in an item worth 400: it carries 160 of the whole.
    assert "信访 400 160 市信访局 市档案局 两者 扣完为止" in words
    assert "3 个单位 · 权重合计 1000 · 基础分合计 1100" in words


def test_what_a_sub_item_is_worth_is_rounded_half_up(cast: Cast) -> None:
    MajorItem.objects.filter(name="社会管理").update(weight_points=Decimal("0.05"), base_points=Decimal(20))
    SubItem.objects.filter(name="信访").update(base_points=Decimal(2))

    words = words_of(signed_in(cast.people["office1"]).get(PLAN))

    assert "信访 2 0.01 市信访局" in words  # 0.05 × 2 ÷ 20 = 0.005


def test_another_block_is_chosen_by_its_address(cast: Cast) -> None:
    answer = signed_in(cast.people["office1"]).get(PLAN, {"block": cast.blocks["党群口"].pk})

    assert "考评方案 · 党群口" in words_of(answer)


def test_sums_that_do_not_agree_are_told(cast: Cast) -> None:
    MajorItem.objects.filter(name="决战园区").update(weight_points=500)
    SubItem.objects.filter(name="信访").update(base_points=300)

    words = words_of(signed_in(cast.people["office1"]).get(PLAN))

    assert "乡镇口权重分合计900，应为1000。" in words
    assert "社会管理各中项基础分合计900，应为1000。" in words


def test_stand_ins_are_marked_and_confirmed_by_the_office_only(cast: Cast) -> None:
    cast.at(Stage.SET_UP)
    SubItem.objects.filter(name="信访").update(source="暂拟")

    office = words_of(signed_in(cast.people["office1"]).get(PLAN))
    unit = words_of(signed_in(cast.people["official_青山乡"]).get(PLAN))

    assert "1 项为暂定数据" in office
    assert "1 项为暂定数据" in unit
    assert "全部确认" not in unit


@pytest.mark.parametrize("block", ["0", "x", "9" * 30])
def test_a_block_of_another_year_or_of_none_is_not_found(cast: Cast, block: str) -> None:
    assert signed_in(cast.people["office1"]).get(PLAN, {"block": block}).status_code == 404


def test_a_year_without_blocks_says_what_to_do(cast: Cast) -> None:
    Block.objects.all().delete()

    answer = signed_in(cast.people["office1"]).get(PLAN)

    assert answer.status_code == 200
    assert "请考评办导入方案工作簿" in words_of(answer)
    assert "None" not in words_of(answer)


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("mayor", 200),
        ("archive", 200),
        ("lead_市信访局", 200),
        ("auditor", 200),
        ("sysadmin", 403),
        ("secadmin", 403),
    ],
)
def test_the_plan_opens_for_whom_the_table_names(cast: Cast, person: str, status: int) -> None:
    assert signed_in(cast.people[person]).get(PLAN).status_code == status


def test_a_stranger_is_sent_to_sign_in_and_the_plan_takes_nothing(cast: Cast) -> None:
    assert Client().get(PLAN).status_code == 302
    assert signed_in(cast.people["office1"]).post(PLAN).status_code == 405


def test_the_plan_asks_as_much_for_three_units_as_for_forty(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    client.get(PLAN)
    with CaptureQueriesContext(connection) as few:
        client.get(PLAN)
    grow(cast, 37)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(PLAN)

    assert "40 个单位" in words_of(answer)
    assert len(many) == len(few)
    assert len(many) <= 30
