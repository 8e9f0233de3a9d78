"""Homes of the office and the leading group: what waits for a second person or a re-check, and for whom not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awards.actions import rule_changes, single_appraisals
from awards.rule_drafts import Draft
from bonuses.actions import vetoes
from scoring.actions import appraisers
from scoring.trial_steps import MissingStep
from tests.bonuses.papers import claim, equip, paper, scan
from tests.cast import Cast
from tests.pages.reading import signed_in, words_of
from units.actions.signing import Minutes
from units.models import Conflict, Membership
from units.stages import Stage

ON = date(2012, 9, 1)


@pytest.fixture
def year(cast: Cast) -> Cast:
    equip(cast)
    cast.score("青山乡", "决战园区", "90")
    return cast.at(Stage.RESULTS)


def home(cast: Cast, name: str) -> str:
    return words_of(signed_in(cast.people[name]).get("/"))


def amendment(cast: Cast, by: str = "leader1", minutes: Minutes | None = None) -> object:
    draft = Draft(kind="amendment", wording="附表三以本条为准", reason="附表有误", on=ON)
    return rule_changes.propose(by=cast.hat(by), cycle=cast.cycle, draft=draft, minutes=minutes)


def missing(cast: Cast) -> object:
    member = Membership.objects.get(unit__name="青山乡", block=cast.blocks["乡镇口"])
    step = MissingStep(member.pk, cast.subs["乡镇口", "安全"].pk, "zero")
    draft = Draft(kind="missing", steps=[step], reason="未报")
    return rule_changes.propose(by=cast.hat("leader1"), cycle=cast.cycle, draft=draft)


def veto(cast: Cast) -> object:
    return vetoes.propose_veto(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        unit=cast.units["青山乡"],
        veto=vetoes.VetoDraft(field="安全生产", level="否决", deciding_body="市安委会", on=ON),
        paper=paper("市安〔2012〕9号", "市人民政府"),
        file=scan(cast),
    )


def finding(cast: Cast, *, confirmed: bool) -> object:
    row = appraisers.propose(
        by=cast.hat("leader1"), cycle=cast.cycle, person=cast.people["office1"], what="虚打分", on=ON
    )
    return (
        appraisers.confirm(by=cast.hat("leader2"), cycle=cast.cycle, finding_id=row.pk) if confirmed else row
    )


def single(cast: Cast) -> object:
    entry = single_appraisals.Entry(
        project="档案达标", applicant="市档案局", is_approved=True, paper_number="领〔2012〕3号", paper_on=ON
    )
    return single_appraisals.enter(by=cast.hat("office1"), cycle=cast.cycle, entry=entry, scan=scan(cast))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arrange", "sentence", "sees", "not_"),
    [
        (amendment, "有方案修订待第二人签字", {"leader2"}, {"leader1", "office1", "office2", "mayor"}),
        (
            lambda c: amendment(c, "office1", Minutes(ON, "组长", "全体", scan(c))),
            "有方案修订待第二人签字",
            {"office2"},
            {"office1", "leader1", "leader2"},
        ),
        (missing, "有缺报处理待第二人签字", {"leader2"}, {"leader1", "office1"}),
        (
            lambda c: claim(c, "青山乡", by="office1"),
            "他人录入的依据材料待核实",
            {"office2"},
            {"office1", "leader1", "principal_青山乡"},
        ),
        (veto, "一票否决 1 他人已提出，待您确认", {"leader1", "leader2"}, {"office1", "office2"}),
        (
            lambda c: finding(c, confirmed=False),
            "考评人员弄虚作假 1 他人已提出",
            {"leader2"},
            {"leader1", "office1", "office2"},
        ),
        (
            lambda c: finding(c, confirmed=True),
            "所打得分待复查",
            {"leader1", "leader2", "office2"},
            {"office1", "mayor"},
        ),
        (single, "有登记待与签批文件核对", {"office2"}, {"office1", "leader1"}),
        (
            lambda c: claim(c, "青山乡", by="office1", kind="通报批评", issuer="国务院办公厅"),
            "如何计分由领导小组决定",
            {"leader1", "leader2"},
            {"office2", "mayor"},
        ),
    ],
)
def test_what_waits_lies_on_the_desk_of_whoever_may_do_it(
    year: Cast, arrange: Callable[[Cast], object], sentence: str, sees: set[str], not_: set[str]
) -> None:
    nobody = {name for name in sees | not_ if sentence in home(year, name)}

    arrange(year)

    assert nobody == set()
    assert {name for name in sees | not_ if sentence in home(year, name)} == sees


@pytest.mark.django_db
def test_a_held_paper_is_told_apart(year: Cast) -> None:
    first = claim(year, "白水乡", by="office1")
    claim(year, "青山乡", by="official_青山乡", file=first.document.file)

    page = home(year, "office2")

    assert "有依据材料暂缓" in page


@pytest.mark.django_db
def test_nobody_is_asked_about_a_unit_he_is_tied_to(year: Cast) -> None:
    veto(year)
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["leader2"], unit=year.units["青山乡"], reason="曾任该乡书记"
    )

    assert "待您确认" in home(year, "leader1")
    assert "待您确认" not in home(year, "leader2")


@pytest.mark.django_db
def test_a_stage_that_closes_the_act_takes_it_off_the_desk(year: Cast) -> None:
    claim(year, "青山乡", by="office1")
    year.at(Stage.APPROVAL)

    assert "待核实" not in home(year, "office2")


@pytest.mark.django_db
def test_the_homes_ask_as_often_for_thirty_things_as_for_one(year: Cast) -> None:
    def asked(name: str) -> int:
        client: Any = signed_in(year.people[name])
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    claim(year, "青山乡", by="office1")
    finding(year, confirmed=True)
    few = {name: asked(name) for name in ("office2", "leader2")}
    for number in range(15):
        claim(year, "白水乡", by="office1", number=f"省府〔2012〕{number + 30}号")
        amendment(year)

    assert {name: asked(name) for name in few} == few
    assert max(few.values()) <= 30
