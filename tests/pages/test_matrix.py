"""The matrix: who sees which rows and columns, what may be entered, and how many queries it takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.models import Membership, Reopening
from units.stages import Stage

MATRIX = f"{YEAR}blocks/乡镇口/matrix/"


def editable(html: str) -> set[str]:
    return {str(a["id"]) for a in read(html).of("a") if "data-edit" in a}


def test_the_matrix_shows_every_cell_in_its_state(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    involved = cast.cell("白水乡", "决战园区")
    involved.involvement = "proposed"
    involved.save()

    answer = signed_in(cast.people["office1"]).get(MATRIX)

    words = words_of(answer)
    assert "青山乡 97.50 缺报 缺报 600.00 1" in words
    assert "白水乡 拟不涉及 缺报 缺报" in words
    assert len(read(body(answer)).of("a")) >= 9


def test_the_office_may_enter_every_cell_in_the_review(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])

    assert len(editable(body(client.get(MATRIX)))) == 9


@pytest.mark.parametrize("stage", [Stage.SET_UP, Stage.HEARING, Stage.PUBLISHED])
def test_outside_its_stage_nothing_may_be_entered(cast: Cast, stage: Stage) -> None:
    cast.at(stage)

    answer = signed_in(cast.people["office1"]).get(MATRIX)

    assert editable(body(answer)) == set()
    assert "本阶段不开放评分" in words_of(answer)


def test_a_unit_reopened_after_the_stage_may_be_entered_and_no_other(cast: Cast) -> None:
    cast.at(Stage.HEARING)
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.ONSITE_REVIEW,
        unit=cast.units["青山乡"],
        until=timezone.now() + timedelta(hours=1),
        by=cast.people["office2"],
        reason="补报现场记录",
    )

    answer = signed_in(cast.people["office1"]).get(MATRIX)

    own = {f"c{cast.cell('青山乡', sub).pk}" for sub in ("决战园区", "信访", "安全")}
    assert editable(body(answer)) == own


def test_a_lead_sees_its_own_sub_items_and_no_totals(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("青山乡", "安全", "543.21")

    words = words_of(signed_in(cast.people["lead_市信访局"]).get(MATRIX))

    assert "决战园区" in words
    assert "信访" in words
    assert "安全" not in words
    assert "543.21" not in words
    assert "600.00" not in words


def test_a_lead_never_sees_its_own_unit_among_those_it_scores(cast: Cast) -> None:
    cast.score("市信访局", "业务", "912.34", block="党群口")
    cast.score("市档案局", "业务", "887.65", block="党群口")

    words = words_of(signed_in(cast.people["lead_市信访局"]).get(f"{YEAR}blocks/党群口/matrix/"))

    assert "887.65" in words
    assert "912.34" not in words


def test_a_reviewer_sees_the_teams_units_only(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("白水乡", "决战园区", "88.8")

    words = words_of(signed_in(cast.people["reviewer1"]).get(MATRIX))

    assert "青山乡 97.50" in words
    assert "白水乡" not in words
    assert "88.80" not in words


@pytest.mark.parametrize(
    ("person", "block", "status"),
    [
        ("lead_市信访局", "招商引资", 404),  # leads nothing there
        ("official_青山乡", "乡镇口", 403),
        ("archive", "乡镇口", 403),
        ("sysadmin", "乡镇口", 403),
        ("auditor", "乡镇口", 200),
        ("leader1", "乡镇口", 200),
        ("office1", "没有这个口", 404),
    ],
)
def test_the_matrix_opens_for_whom_the_table_names(cast: Cast, person: str, block: str, status: int) -> None:
    assert signed_in(cast.people[person]).get(f"{YEAR}blocks/{block}/matrix/").status_code == status


def test_nobody_unknown_sees_the_matrix(cast: Cast) -> None:
    assert Client().get(MATRIX).status_code == 302


def test_the_matrix_itself_takes_nothing(cast: Cast) -> None:
    assert signed_in(cast.people["office1"]).post(MATRIX, {"score": "1"}).status_code == 405


def test_an_unknown_kind_falls_back_to_the_one_of_the_stage(cast: Cast) -> None:
    page = body(signed_in(cast.people["office1"]).get(MATRIX, {"kind": "self"}))

    assert '<option value="preliminary" selected>' in page


def test_a_block_without_units_says_what_to_do(cast: Cast) -> None:
    Membership.objects.filter(block=cast.blocks["乡镇口"]).delete()

    answer = signed_in(cast.people["office1"]).get(MATRIX)

    assert (answer.status_code, "尚无参评单位" in words_of(answer)) == (200, True)


@pytest.mark.parametrize("person", ["office1", "lead_市信访局"])
def test_the_matrix_asks_as_much_for_three_rows_as_for_forty(cast: Cast, person: str) -> None:
    client = signed_in(cast.people[person])
    cast.score("青山乡", "决战园区", "97.5")
    client.get(MATRIX)
    with CaptureQueriesContext(connection) as few:
        client.get(MATRIX)
    grow(cast, 37)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(MATRIX)

    assert "新设36乡" in body(answer)
    assert len(many) == len(few)
    assert len(many) <= 30
