"""Leads file detailed rules, the office accepts, returns and compiles; the year's opening locks them (§6(2))."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import docx
import pytest
from django.utils import timezone

from office.models import AuditEntry
from office.refusal import Refused
from scoring import rule_papers, rule_queries
from scoring.actions import detailed_rules as acts
from scoring.actions.detailed_rules import IndicatorDraft, RuleDraft
from scoring.models import Deduction, DetailedRule, Indicator, RuleBook, Score
from tests.cast import Cast
from tests.scoring.promises import received
from units.stages import Stage

PARTS = (
    IndicatorDraft("初信初访", Decimal(250), "按期办结率", ("每迟一件扣2分", "每漏一件扣5分")),
    IndicatorDraft("积案化解", Decimal(150), "化解率达到95%"),
)


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def save(
    cast: Cast,
    sub: str = "信访",
    *,
    by: str = "lead_市信访局",
    block: str = "乡镇口",
    text: str = "按季考核，年终汇总。",
    indicators: tuple[IndicatorDraft, ...] = PARTS,
    file: bool = True,
    floor: tuple[Decimal | None, str] = (None, ""),
    **more: Any,
) -> DetailedRule:
    return acts.save_rules(
        by=cast.hat(by),
        cycle=cast.cycle,
        sub_item_id=cast.subs[block, sub].pk,
        draft=RuleDraft(text, indicators, *floor),
        file=file,
        **more,
    )


def accepted(cast: Cast, **more: Any) -> DetailedRule:
    row = save(cast, **more)
    return acts.accept(by=cast.hat("office1"), cycle=cast.cycle, rule_id=row.pk)


def code_of(act: Any, **arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(**arguments)
    return caught.value.code


def test_accepted_rules_become_the_indicators_and_the_floor_that_scores_obey(year: Cast) -> None:
    accepted(year, floor=(Decimal(-50), "可倒扣50分"))

    sub = year.subs["乡镇口", "信访"]
    sub.refresh_from_db()
    assert [(i.name, i.base_points, i.steps) for i in sub.indicators.order_by("order")] == [
        ("初信初访", 250, ["每迟一件扣2分", "每漏一件扣5分"]),
        ("积案化解", 150, []),
    ]
    assert (sub.floor, sub.floor_text) == (Decimal(-50), "可倒扣50分")


def test_the_next_accepted_version_replaces_the_last_and_both_stay(year: Cast) -> None:
    accepted(year)
    first_id = Indicator.objects.get(name="积案化解").pk
    accepted(
        year, indicators=(IndicatorDraft("积案化解", Decimal(300)), IndicatorDraft("信息报送", Decimal(100)))
    )

    assert list(DetailedRule.objects.order_by("number").values_list("number", "state")) == [
        (1, "replaced"),
        (2, "accepted"),
    ]
    assert dict(Indicator.objects.values_list("name", "base_points")) == {"积案化解": 300, "信息报送": 100}
    assert Indicator.objects.get(name="积案化解").pk == first_id


def test_a_returned_version_stays_and_the_lead_writes_the_next(year: Cast) -> None:
    row = save(year)
    acts.return_with_words(by=year.hat("office1"), cycle=year.cycle, rule_id=row.pk, words="扣分标准不明")
    again = save(year, text="已补充扣分标准。")

    row.refresh_from_db()
    assert (row.state, row.words, again.number, again.state) == ("returned", "扣分标准不明", 2, "filed")


def test_a_draft_is_written_on_and_may_be_incomplete(year: Cast) -> None:
    save(year, file=False, indicators=PARTS[:1], text="")
    row = save(year, file=False, indicators=PARTS)

    assert (row.number, row.edits, row.state) == (1, 2, "draft")
    assert DetailedRule.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"text": " "}, "no-text"),
        ({"indicators": PARTS[:1]}, "indicators-do-not-sum"),
        ({"indicators": (PARTS[0], PARTS[0])}, "name-twice"),
        ({"indicators": (IndicatorDraft(" ", Decimal(400)),)}, "no-name"),
        ({"indicators": (IndicatorDraft("甲", Decimal(0)),)}, "not-positive"),
        ({"indicators": (IndicatorDraft("甲", Decimal("399.999")),)}, "too-many-decimals"),
        ({"floor": (Decimal(-50), "")}, "floor-unsaid"),
        ({"floor": (Decimal(400), "不低于基础分")}, "floor-unsaid"),
        ({"text": "长" * 20_001}, "rules-too-long"),
    ],
)
def test_rules_that_say_too_little_or_do_not_add_up_are_refused(
    year: Cast, more: dict[str, Any], code: str
) -> None:
    assert code_of(save, cast=year, **more) == code
    assert not DetailedRule.objects.exists()


@pytest.mark.parametrize("stage", [Stage.COMMITMENT, Stage.MONITORING, Stage.PUBLISHED])
def test_the_opening_of_the_year_locks_the_rules(year: Cast, stage: Stage) -> None:
    row = save(year)
    year.at(stage)

    assert code_of(save, cast=year, file=False) == "stage-closed"
    assert code_of(acts.accept, by=year.hat("office1"), cycle=year.cycle, rule_id=row.pk) == "stage-closed"
    assert code_of(acts.issue_book, by=year.hat("office1"), cycle=year.cycle) == "stage-closed"


def test_who_may_file_and_who_may_accept(year: Cast) -> None:
    from units.models import RoleAssignment

    helper = year.people["reviewer1"]
    RoleAssignment.objects.create(user=helper, role="LA", unit=year.units["市档案局"], cycle=year.cycle)
    from units.matrix import Role

    hats = {
        "helper": year.hat("reviewer1", Role.LEAD),
        "unit": year.hat("official_青山乡"),
        "leader": year.hat("leader1"),
    }
    draft = RuleDraft("细则", PARTS)
    sub = year.subs["乡镇口", "信访"].pk
    foreign = year.subs["招商引资", "招商引资工作"].pk
    row = save(year)

    answers = {}
    for name, hat in hats.items():
        with pytest.raises(Refused) as caught:
            acts.save_rules(by=hat, cycle=year.cycle, sub_item_id=sub, draft=draft)
        answers[name] = (caught.value.code, caught.value.status)
    with pytest.raises(Refused) as not_led:
        acts.save_rules(by=year.hat("lead_市信访局"), cycle=year.cycle, sub_item_id=foreign, draft=draft)
    with pytest.raises(Refused) as own:
        acts.accept(by=year.hat("lead_市信访局"), cycle=year.cycle, rule_id=row.pk)

    assert answers == {
        "helper": ("not-the-lead", 403),
        "unit": ("not-permitted", 403),
        "leader": ("not-permitted", 403),
    }
    assert (not_led.value.status, own.value.status) == (404, 403)


def test_while_one_version_waits_no_other_is_written(year: Cast) -> None:
    save(year)

    assert code_of(save, cast=year) == "rules-filed"


def test_two_editors_meet_over_the_rules(year: Cast) -> None:
    save(year, file=False)

    assert code_of(save, cast=year, file=False, edits=0) == "changed-meanwhile"


def test_many_are_accepted_at_once_and_what_cannot_be_says_why(year: Cast) -> None:
    good = save(year)
    twice = accepted(year, sub="决战园区", indicators=())

    done = acts.accept_many(by=year.hat("office1"), cycle=year.cycle, rule_ids=[good.pk, twice.pk])

    assert [row.pk for row in done.done] == [good.pk]
    assert [(row.pk, why.code) for row, why in done.left] == [(twice.pk, "not-filed")]


def test_indicators_that_carry_deductions_are_not_replaced(year: Cast) -> None:
    accepted(year)
    score = Score.objects.create(
        cell=year.cell("青山乡", "信访"),
        kind="preliminary",
        points=398,
        entered_by=year.people["office1"],
        entered_at=timezone.now(),
    )
    Deduction.objects.create(
        score=score, indicator=Indicator.objects.get(name="初信初访"), points=2, reason="迟报"
    )

    assert code_of(accepted, cast=year) == "indicators-in-use"


def test_all_are_compiled_and_each_version_is_sealed_as_it_was(year: Cast) -> None:
    accepted(year)
    first = acts.issue_book(by=year.hat("office1"), cycle=year.cycle)
    same = code_of(acts.issue_book, by=year.hat("office1"), cycle=year.cycle)
    accepted(year, text="第二版")
    second = acts.issue_book(by=year.hat("office1"), cycle=year.cycle)

    first.refresh_from_db()
    sub = first.content["blocks"][0]["majors"][1]["sub_items"][0]
    assert same == "nothing-new"
    assert (first.number, second.number) == (1, 2)
    assert (sub["name"], sub["text"], sub["lead"], sub["helpers"]) == (
        "信访",
        "按季考核，年终汇总。",
        "市信访局",
        ["市档案局"],
    )
    assert {acts.digest_of(book.content) == book.sha256 for book in RuleBook.objects.all()} == {True}


def test_nothing_is_compiled_before_something_is_accepted(year: Cast) -> None:
    save(year)

    assert code_of(acts.issue_book, by=year.hat("office1"), cycle=year.cycle) == "nothing-accepted"


def test_the_compiled_text_goes_out_as_docx_and_as_paper(year: Cast) -> None:
    accepted(year)
    book = acts.issue_book(by=year.hat("office1"), cycle=year.cycle)
    text = rule_papers.Text(year.cycle, book.content, book)

    paper = docx.Document(io.BytesIO(rule_papers.as_docx(text)))
    words = "\n".join(p.text for p in paper.paragraphs)
    cells = [cell.text for table in paper.tables for line in table.rows for cell in line.cells]
    html = rule_papers.html(text)

    assert "按季考核，年终汇总。" in words
    assert "细则待报" in words  # 安全 has none
    assert "每迟一件扣2分\n每漏一件扣5分" in cells
    assert "积案化解" in html
    assert book.sha256[:8].upper() in html


def test_the_year_asks_for_rules_and_for_their_compilation(year: Cast) -> None:
    before = {lack.code: lack.names for lack in rule_queries.detailed_rule_lacks(year.cycle)}
    accepted(year)
    accepted(year, sub="决战园区", indicators=())
    accepted(year, sub="业务", block="党群口", indicators=())
    uncompiled = [lack.code for lack in rule_queries.detailed_rule_lacks(year.cycle)]
    acts.issue_book(by=year.hat("office1"), cycle=year.cycle)

    # What nobody leads is another lack.
    assert before == {"no-detailed-rules": ("乡镇口 · 决战园区", "乡镇口 · 信访", "党群口 · 业务")}
    assert uncompiled == ["rules-not-compiled"]
    assert rule_queries.detailed_rule_lacks(year.cycle) == []


def test_a_lead_owes_rules_for_all_that_it_leads(year: Cast) -> None:
    save(year)
    accepted(year, sub="决战园区", indicators=())

    duty = next(iter(rule_queries.rule_duties(year.cycle)))

    assert (duty.unit_id, duty.done, duty.asked, duty.owner) == (year.units["市信访局"].pk, 2, 3, "body")


def test_a_file_lies_beside_its_version(year: Cast) -> None:
    from office import evidence

    row = save(year, received=received(year))

    assert [one.file.name for one in evidence.of(row)] == ["名册.png"]


def test_every_step_is_in_the_log(year: Cast) -> None:
    accepted(year)
    acts.issue_book(by=year.hat("office1"), cycle=year.cycle)

    said = AuditEntry.objects.filter(act__startswith="detailed-rules").order_by("number")
    assert list(said.values_list("act", flat=True)) == [
        "detailed-rules.filed",
        "detailed-rules.accepted",
        "detailed-rules.compiled",
    ]
