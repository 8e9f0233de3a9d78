"""The home page of each role: what awaits it, until when, what changed; inbox and help.

Where each figure comes from is tested with the app that counts it.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import audit
from office.models import Notice
from scoring.actions import scores
from scoring.models import ScoreKind
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from units.models import StageWindow
from units.stages import Stage


def tasks_of(signed_in: SignedIn, name: str) -> dict[str, tuple[int | None, str]]:
    shown = signed_in(name).get("/")
    assert shown.status_code == 200
    return {task.title: (task.count, task.sentence) for task in shown.context["tasks"]}


def test_the_office_is_told_what_others_proposed_but_not_what_it_proposed_itself(
    cast: Cast, signed_in: SignedIn
) -> None:
    scores.propose_not_involved(
        by=cast.hat("office2"), cell_id=cast.cell("东河镇", "信访").pk, reason="职责中无此项"
    )

    mine, others = tasks_of(signed_in, "office2"), tasks_of(signed_in, "office1")

    assert "待裁定的“基本不涉及”" not in mine
    assert others["待裁定的“基本不涉及”"] == (1, "他人提出：东河镇 · 信访")


def test_the_office_sees_the_missing_cells_of_each_block(cast: Cast, signed_in: SignedIn) -> None:
    for unit in ("市信访局", "市档案局"):
        cast.score(unit, "业务", "900", block="党群口")

    tasks = tasks_of(signed_in, "office1")

    assert "缺报得分：党群口" not in tasks
    # Three townships, three sub-items each.
    assert tasks["缺报得分：乡镇口"][0] == 9


def test_a_lead_sees_its_own_sub_items_without_its_own_unit(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "380", ScoreKind.LEAD)

    tasks = tasks_of(signed_in, "lead_市信访局")

    assert {title: told for title, told in tasks.items() if title.startswith("责任单位测评")} == {
        "责任单位测评：决战园区": (3, "乡镇口：3 个单位，已评 0 个。"),
        "责任单位测评：信访": (2, "乡镇口：3 个单位，已评 1 个。"),
        "责任单位测评：业务": (1, "党群口：1 个单位，已评 0 个。"),  # 市档案局; its own unit is the office's
    }


def test_a_lead_has_nothing_to_do_before_its_stage_but_knows_what_comes(
    cast: Cast, signed_in: SignedIn
) -> None:
    cast.at(Stage.MONITORING)

    tasks = tasks_of(signed_in, "lead_市信访局")
    assert [title for title in tasks if "责任单位测评" in title] == ["即将开始：责任单位测评"]
    assert "第3季度台账" in tasks


def test_a_reviewer_sees_the_open_cells_of_the_own_team(cast: Cast, signed_in: SignedIn) -> None:
    cast.score("青山乡", "信访", "380")

    tasks = tasks_of(signed_in, "reviewer1")

    # 青山乡: 决战园区 is open, 信访 scored, 安全 waits for the visit; in the track one more.
    assert {(title, count) for title, (count, _words) in tasks.items()} == {
        ("青山乡 · 初评", 1),
        ("市信访局 · 初评", 1),
    }


def test_a_unit_reads_its_sheet_from_the_results_on(cast: Cast, signed_in: SignedIn) -> None:
    before = tasks_of(signed_in, "principal_青山乡")
    cast.at(Stage.RESULTS)

    assert "本单位成绩" not in before
    assert "本单位成绩" in tasks_of(signed_in, "principal_青山乡")


def test_the_leaders_read_the_board_from_the_hearing_on(cast: Cast, signed_in: SignedIn) -> None:
    before = list(tasks_of(signed_in, "mayor"))
    cast.at(Stage.HEARING)

    assert before == ["即将开始：排名一览"]
    assert list(tasks_of(signed_in, "mayor")) == ["排名一览"]


@pytest.mark.parametrize(
    ("name", "tile"),
    [("sysadmin", "账号"), ("secadmin", "已授予的身份"), ("auditor", "日志条数"), ("archive", "当前阶段")],
)
def test_the_other_roles_have_their_own_figures(
    cast: Cast, signed_in: SignedIn, name: str, tile: str
) -> None:
    shown = signed_in(name).get("/")

    assert tile in [label for label, _figure, _note in shown.context["tiles"]]


def test_the_light_follows_the_window(cast: Cast, signed_in: SignedIn) -> None:
    today = timezone.localdate()
    window = StageWindow.objects.create(
        cycle=cast.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        opens_on=today - timedelta(days=30),
        closes_on=today + timedelta(days=9),
    )
    tones = []
    for days in (9, 1, -1):
        StageWindow.objects.filter(pk=window.pk).update(closes_on=today + timedelta(days=days))
        shown = signed_in("lead_市信访局").get("/")
        scores_asked = [t for t in shown.context["tasks"] if t.title.startswith("责任单位测评")]
        tones.append({task.tone for task in scores_asked})

    assert tones == [{"green"}, {"amber"}, {"red"}]


def test_what_changed_is_told_within_what_one_may_see(cast: Cast, signed_in: SignedIn) -> None:
    for unit in ("青山乡", "白水乡"):
        scores.record_score(
            by=cast.hat("office1"),
            cell_id=cast.cell(unit, "信访").pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal("377.5"),
        )

    told = {
        name: signed_in(name).get("/").content.decode().count("377.5")
        for name in (
            "office2",
            "reviewer1",
            "lead_市信访局",
            "official_青山乡",
            "mayor",
            "sysadmin",
            "archive",
        )
    }

    # The team looks at 青山乡 only; the lead leads 信访 of both; a unit knows nothing before the results.
    assert told == {
        "office2": 2,
        "reviewer1": 1,
        "lead_市信访局": 2,
        "official_青山乡": 0,
        "mayor": 2,
        "sysadmin": 0,
        "archive": 0,
    }


def test_after_the_results_a_unit_hears_of_its_own_cells_only(cast: Cast, signed_in: SignedIn) -> None:
    for unit in ("青山乡", "白水乡"):
        scores.record_score(
            by=cast.hat("office1"),
            cell_id=cast.cell(unit, "信访").pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal("377.5"),
        )
    cast.at(Stage.RESULTS)

    page = signed_in("official_青山乡").get("/").content.decode()

    assert (page.count("377.5"), page.count("白水乡")) == (1, 0)


def test_home_asks_the_same_number_of_queries_for_few_and_for_many_units(
    cast: Cast, signed_in: SignedIn
) -> None:
    from tests.pages.test_year import grow, queries_of

    names = ("office1", "lead_市信访局", "reviewer1", "official_青山乡", "mayor", "auditor")
    few = {name: queries_of(signed_in(name), "/") for name in names}
    grow(cast, 30)

    assert {name: queries_of(signed_in(name), "/") for name in names} == few


def test_home_asks_few_queries_while_nothing_happens(cast: Cast, signed_in: SignedIn, settings: Any) -> None:
    from tests.pages.test_year import queries_of

    settings.KEPT_SECONDS = 60
    with transaction.atomic():
        audit.record(None, "cycle.window-set", cast.cycle, cycle_code="2012")

    asked = {
        name: queries_of(signed_in(name), "/") for name in ("lead_市信访局", "official_青山乡", "office1")
    }

    assert max(asked.values()) <= 30


def test_the_sections_are_those_the_hat_may_open(cast: Cast, signed_in: SignedIn) -> None:
    def sections(name: str) -> list[str]:
        return [str(one["label"]) for one in signed_in(name).get("/").context["site"]["sections"]]

    before = {name: sections(name) for name in ("official_青山乡", "mayor", "office1", "sysadmin")}
    cast.at(Stage.RESULTS)

    assert before["official_青山乡"] == ["首页", "年度", "承诺", "自评", "材料"]
    assert "结果" not in before["official_青山乡"]
    assert "结果" in sections("official_青山乡")
    assert "排名" not in before["mayor"]
    assert "排名" in sections("mayor")
    assert before["sysadmin"] == ["首页"]
    assert before["office1"][:4] == ["首页", "年度", "排名", "评分"]
    assert len(before["office1"]) <= 7


def test_the_inbox_shows_and_marks_own_notices_only(cast: Cast, signed_in: SignedIn) -> None:
    mine = Notice.objects.create(user=cast.people["office1"], text="请确认评分表")
    other = Notice.objects.create(user=cast.people["office2"], text="别人的事")
    client = signed_in("office1")

    page = client.get("/inbox/").content.decode()
    client.post("/inbox/", {"notice": other.pk})
    client.post("/inbox/")

    mine.refresh_from_db()
    other.refresh_from_db()
    assert ("请确认评分表" in page, "别人的事" in page) == (True, False)
    assert (mine.read_at is not None, other.read_at) == (True, None)


def test_the_inbox_asks_the_same_number_of_queries_for_1_and_30_notices(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    Notice.objects.create(user=cast.people["office1"], text="一")
    client.get("/inbox/")
    with CaptureQueriesContext(connection) as few:
        client.get("/inbox/")
    Notice.objects.bulk_create([Notice(user=cast.people["office1"], text=str(n)) for n in range(29)])
    with CaptureQueriesContext(connection) as many:
        client.get("/inbox/")

    assert len(few) == len(many)


@pytest.mark.parametrize(
    "name", ["office1", "lead_市信访局", "reviewer1", "official_青山乡", "auditor", "secadmin"]
)
def test_every_link_of_the_guide_opens_for_its_role(cast: Cast, signed_in: SignedIn, name: str) -> None:
    cast.people[name].is_staff = True
    cast.people[name].save()
    client = signed_in(name)

    steps = client.get("/help/").context["steps"]

    met = {step.url: client.get(step.url, follow=True).status_code for step in steps if step.url}
    assert met
    assert set(met.values()) == {200}
