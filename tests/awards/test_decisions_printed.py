"""What the leading group amended and decided stands on paper: notice, matrix, letters of the edition and of results."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from awards import content, reports
from awards.actions import rule_changes
from awards.rule_drafts import Draft
from scoring import result_letters
from scoring.models import ScoreKind
from scoring.trial_steps import MissingStep, Step, SuspendStep, WeightStep
from tests.awards.drafts import edition_content
from tests.cast import Cast
from units.models import Membership
from units.stages import Stage

pytestmark = pytest.mark.django_db
WHY = "因灾未能考评"


def decide(cast: Cast, *steps: Step, kind: str = "missing", reason: str = WHY) -> None:
    draft = Draft(kind=kind, steps=steps, reason=reason, on=date(2012, 11, 1), clause="§3")
    row = rule_changes.propose(by=cast.hat("leader1"), cycle=cast.cycle, draft=draft)
    rule_changes.confirm(by=cast.hat("leader2"), cycle=cast.cycle, change_id=row.pk)


def missing(cast: Cast, unit: str, how: str, sub: str = "安全") -> Step:
    member = Membership.objects.get(unit__name=unit, block=cast.blocks["乡镇口"])
    return MissingStep(member.pk, cast.subs["乡镇口", sub].pk, how)


@pytest.fixture
def year(cast: Cast) -> Cast:
    """安全 is 480 for 白水乡; 青山乡 is decided on the mean, 东河镇 on zero, each with its reason."""
    for unit in ("青山乡", "白水乡", "东河镇"):
        cast.score(unit, "决战园区", "90")
        cast.score(unit, "信访", "300")
    cast.score("白水乡", "安全", "480", ScoreKind.ONSITE)
    cast.at(Stage.RESULTS)
    decide(cast, missing(cast, "青山乡", "mean"))
    decide(cast, missing(cast, "东河镇", "zero"), reason="拒不提供资料")
    return cast


def printed(cast: Cast) -> dict[str, str]:
    """Kind of paper → its words, of an edition made of the year as it stands."""
    drafts = content.drafts_of(cast.cycle, content.scopes_of(cast.cycle))
    facts = reports.Facts.of(edition_content(drafts[""]), "0" * 64)
    found: dict[str, str] = {}
    for paper in reports.papers_of(facts):
        found.setdefault(paper.kind, re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", paper.html())))
    return found


def letters(cast: Cast) -> dict[str, Any]:
    block = cast.blocks["乡镇口"]
    block.cycle = cast.cycle
    return {letter.unit: letter for letter in result_letters.letters_of(block)}


def test_the_letter_of_a_unit_says_how_its_missing_mark_counts_and_why(year: Cast) -> None:
    found = letters(year)

    cells = {unit: found[unit].items[1].cells[1] for unit in ("青山乡", "东河镇", "白水乡")}
    assert (cells["青山乡"].score, cells["青山乡"].source) == ("480.00", "缺报，按领导小组决定计")
    assert found["青山乡"].decisions == (("安全", "按其他单位平均分计", WHY),)
    assert found["东河镇"].decisions == (("安全", "按零分计", "拒不提供资料"),)
    assert found["白水乡"].decisions == ()


def test_the_edition_prints_every_decision_with_its_reason(year: Cast) -> None:
    papers = printed(year)

    for kind in ("notice", "matrix"):
        assert f"青山乡“安全”按本序列其他单位平均分计，理由：{WHY}" in papers[kind]
        assert "东河镇“安全”按零分计，理由：拒不提供资料" in papers[kind]
    assert "480.00△" in papers["matrix"]
    assert papers["letters"].count("经领导小组决定") == 2


def test_a_sub_item_left_out_is_told_to_every_unit(year: Cast) -> None:
    decide(year, SuspendStep(year.subs["乡镇口", "信访"].pk, suspended=True), reason="数据口径不一")

    papers = printed(year)

    assert "乡镇口“信访”该中项本序列不计分，理由：数据口径不一" in papers["notice"]
    assert papers["letters"].count("数据口径不一") == 3
    assert all(("信访", "本序列不计分", "数据口径不一") in one.decisions for one in letters(year).values())


def test_a_score_that_came_after_all_prints_no_decision(year: Cast) -> None:
    year.score("青山乡", "安全", "500", ScoreKind.ONSITE)

    assert letters(year)["青山乡"].decisions == ()
    assert "青山乡“安全”" not in printed(year)["notice"]


def test_the_notice_names_the_amendments_the_result_rests_on(year: Cast) -> None:
    assert "方案修订" not in printed(year)["notice"]
    items = {one.name: one.pk for one in year.blocks["乡镇口"].items.all()}
    steps = (WeightStep(items["决战园区"], Decimal(500)), WeightStep(items["社会管理"], Decimal(500)))

    decide(year, *steps, kind="amendment", reason="附表有误")

    notice = printed(year)["notice"]
    assert "第1号修订（§3，自2012年11月1日起）：决战园区（乡镇口）权重分：600→500；" in notice
    assert "修订理由：附表有误。" in notice
