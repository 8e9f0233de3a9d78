"""The year's page, moving it, reopening and windows: works, wrong role, wrong stage, bad input, wrong method.

The acts themselves are tested in tests/units/test_moving_the_year.py.
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import audit
from scoring.models import ScoreKind
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.test_duties import submitted
from units.duties import Light, Owner
from units.models import Membership, SignedLack, StageWindow, Unit
from units.signals import once_per_block
from units.stages import ORDER, Stage

YEAR = "/years/2012/"


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def grow(cast: Cast, count: int) -> None:
    """Give 乡镇口 more units, each with a gap."""
    with once_per_block():
        for n in range(count):
            unit = Unit.objects.create(name=f"新乡{n}", kind="乡镇", order=50 + n)
            Membership.objects.create(block=cast.blocks["乡镇口"], unit=unit)


def test_the_year_names_what_is_not_ready(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "决战园区", "90", ScoreKind.LEAD)

    shown = signed_in("office1").get(YEAR)

    text = shown.content.decode()
    # Led by 市信访局: 决战园区 and 信访 of three townships, 业务 of two departments: 8, one is there.
    assert "责任单位测评缺 7 项" in text
    board = {row["unit"]: row["squares"] for row in shown.context["completeness"]}
    column = [task.label for task in shown.context["tasks"]].index("责任单位测评")
    # The lead body owes its scores; a township owes none.
    assert (board["市信访局"][column].figure, board["青山乡"][column].light) == ("1/7", None)


def test_a_unit_sees_its_own_line_only_and_nothing_to_move(cast: Cast, signed_in: SignedIn) -> None:
    shown = signed_in("official_青山乡").get(YEAR)

    assert {row["unit"] for row in shown.context["completeness"]} == {"青山乡"}
    assert "白水乡" not in shown.content.decode()
    assert (shown.context["move"], shown.context["reopen_url"], shown.context["asks_ready"]) == (
        None,
        "",
        False,
    )


def test_a_reviewer_sees_the_teams_units(cast: Cast, signed_in: SignedIn) -> None:
    shown = signed_in("reviewer1").get(YEAR)

    assert {row["unit"] for row in shown.context["completeness"]} == {"青山乡", "市信访局"}


def test_completeness_can_be_taken_away_as_a_workbook(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").get(YEAR + "?as=xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    assert [row[1].value for row in sheet.iter_rows(min_row=2, max_row=4)] == ["青山乡", "白水乡", "东河镇"]
    assert {"自评 状态", "自评 已完成", "自评 应评"} <= {str(head) for head in heads}


def test_what_was_caught_up_late_stays_marked_on_the_board(cast: Cast, signed_in: SignedIn) -> None:
    day = timezone.localdate()
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        opens_on=day - timedelta(days=20),
        closes_on=day - timedelta(days=1),
    )
    for sub in ("决战园区", "信访", "安全"):
        cast.score("青山乡", sub, "9", ScoreKind.SELF)
    cast.score("青山乡", "招商引资工作", "9", ScoreKind.SELF, block="招商引资")
    submitted(cast, "青山乡")

    shown = signed_in("office1").get(YEAR)

    column = [task.key for task in shown.context["tasks"]].index("self-assessment")
    board = {row["unit"]: row["squares"][column] for row in shown.context["completeness"]}
    assert [(board[name].light, board[name].figure) for name in ("青山乡", "白水乡")] == [
        (Light.LATE, "4/4"),
        (Light.OVERDUE, "0/4"),
    ]
    assert "迟报补齐" in shown.content.decode()


def test_a_lead_body_sees_its_own_line_alone(cast: Cast, signed_in: SignedIn) -> None:
    shown = signed_in("lead_市信访局").get(YEAR)

    assert [row["unit"] for row in shown.context["completeness"]] == ["市信访局"]
    assert {task.owner for task in shown.context["tasks"]} == {Owner.BODY}


def test_the_page_asks_the_same_number_of_queries_for_few_and_for_many_units(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    few = queries_of(client, YEAR)
    grow(cast, 30)

    assert queries_of(client, YEAR) == few


def test_the_page_asks_few_queries_while_nothing_happens(
    cast: Cast, signed_in: SignedIn, settings: Any
) -> None:
    settings.KEPT_SECONDS = 60
    with transaction.atomic():
        audit.record(None, "cycle.window-set", cast.cycle, cycle_code=cast.cycle.code)

    assert queries_of(signed_in("office1"), YEAR) <= 30


def test_moving_on_signs_the_lacks_and_enters_the_next_stage(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    answer = client.post(YEAR + "move/", {"stage": "onsite-review", "reason": "市里定于今日转段"})

    cast.cycle.refresh_from_db()
    assert (answer.status_code, cast.cycle.stage) == (302, "onsite-review")
    assert set(SignedLack.objects.values_list("reason", flat=True)) == {"市里定于今日转段"}
    assert "市里定于今日转段" in client.get(YEAR).content.decode()


def test_without_a_reason_the_year_stays_and_says_why(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").post(YEAR + "move/", {"stage": "onsite-review", "reason": ""})

    cast.cycle.refresh_from_db()
    assert (answer.status_code, cast.cycle.stage) == (422, "preliminary-review")
    assert "请填写仍要推进的理由" in answer.content.decode()


def test_a_reason_too_long_is_kept_as_typed(cast: Cast, signed_in: SignedIn) -> None:
    long = "因" * 301

    answer = signed_in("office1").post(YEAR + "move/", {"stage": "onsite-review", "reason": long})

    assert answer.status_code in {200, 422}
    assert long in answer.content.decode()


def test_two_who_move_at_once_do_not_move_twice(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    cast.at(Stage.ONSITE_REVIEW)  # somebody else was faster

    answer = client.post(YEAR + "move/", {"stage": "onsite-review", "reason": "转段"})

    cast.cycle.refresh_from_db()
    assert (answer.status_code, cast.cycle.stage) == (409, "onsite-review")


def test_weights_that_do_not_sum_cannot_be_signed_away(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.SET_UP)
    item = cast.blocks["乡镇口"].items.first()
    assert item is not None
    item.weight_points = 590
    item.save()

    answer = signed_in("office1").post(YEAR + "move/", {"stage": "commitment", "reason": "先走一步"})

    assert answer.status_code == 409
    assert "权重分合计990，应为1000" in answer.content.decode()


def test_results_lead_into_approval_by_the_hand_over_only(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.RESULTS)
    client = signed_in("office1")

    page = client.get(YEAR + "move/").content.decode()
    answer = client.post(YEAR + "move/", {"stage": "approval", "reason": "直接审定"})

    cast.cycle.refresh_from_db()
    assert "此处无需操作" in page
    assert (answer.status_code, cast.cycle.stage) == (409, "results")


def test_the_last_stage_has_no_next(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.FILED)

    assert signed_in("office1").get(YEAR + "move/").status_code == 409
    assert signed_in("office1").get(YEAR).status_code == 200


def test_the_leading_group_moves_back_with_a_reason(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.HEARING)
    client = signed_in("leader1")

    refused = client.post(YEAR + "move-back/", {"stage": "onsite-review", "reason": ""})
    done = client.post(YEAR + "move-back/", {"stage": "onsite-review", "reason": "漏考两个单位"})

    cast.cycle.refresh_from_db()
    assert (refused.status_code, done.status_code, cast.cycle.stage) == (422, 302, "onsite-review")


def test_windows_are_set_on_one_page_and_counted_down_on_every_page(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    today = timezone.localdate()
    typed = {f"{stage}-{name}": "" for stage in ORDER for name in ("opens_on", "closes_on", "cut_off")}
    typed["preliminary-review-opens_on"] = f"{today}"
    typed["preliminary-review-closes_on"] = f"{today + timedelta(days=5)}"

    answer = client.post(YEAR + "windows/", typed)

    assert answer.status_code == 302
    assert list(StageWindow.objects.values_list("stage", flat=True)) == ["preliminary-review"]
    assert "还剩 5 天" in client.get(YEAR).content.decode().replace("天", "天")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hearing-opens_on": "2013-01-01"},
        {"hearing-opens_on": "2013-01-05", "hearing-closes_on": "2013-01-01"},
        {"hearing-opens_on": "not a day"},
    ],
)
def test_a_wrong_window_changes_none(cast: Cast, signed_in: SignedIn, wrong: dict[str, str]) -> None:
    right = {"results-opens_on": "2013-02-01", "results-closes_on": "2013-02-05"}

    answer = signed_in("office1").post(YEAR + "windows/", wrong | right)

    assert answer.status_code == 422
    assert not StageWindow.objects.exists()


@pytest.mark.parametrize("page", ["", "reopen/", "move/"])
def test_a_wrong_method_is_told_so(cast: Cast, signed_in: SignedIn, page: str) -> None:
    assert signed_in("office1").delete(YEAR + page).status_code == 405


def test_the_way_into_scoring_leads_to_the_first_block_one_has_to_do_with(
    cast: Cast, signed_in: SignedIn
) -> None:
    lead = signed_in("lead_市信访局").get(YEAR + "scoring/")
    reviewer = signed_in("reviewer1").get(YEAR + "scoring/")

    assert (
        lead["Location"] == reviewer["Location"] == "/years/2012/blocks/%E4%B9%A1%E9%95%87%E5%8F%A3/matrix/"
    )


def test_a_filed_year_is_late_with_nothing(cast: Cast, signed_in: SignedIn) -> None:
    day = timezone.localdate() - timedelta(days=30)
    StageWindow.objects.create(
        cycle=cast.cycle, stage=Stage.FILED, opens_on=day, closes_on=day, cut_off="17:30"
    )
    cast.at(Stage.FILED)

    page = signed_in("office1").get("/years/2012/").content.decode()

    assert 'class="countdown"' in page
    assert "data-until" not in page
