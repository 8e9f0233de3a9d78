"""Awards, readings, money and the leaders' brief: who may look and act, what the pages say, two persons."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from awards import award_queries, readings
from awards.actions import award_list as acts
from awards.actions import prizes
from awards.models import (
    Award,
    AwardList,
    AwardScheme,
    Division,
    Individual,
    ListState,
    Nomination,
    PrizeLine,
    ReadingRuling,
    TieRuling,
)
from bonuses.models import Tally
from office.refusal import Refused
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, signed_in, words_of
from units.models import Membership, Reading
from units.stages import Stage

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def city(cast: Cast) -> Cast:
    """青山乡 95, 白水乡 90, 东河镇 80 on 决战园区; one comprehensive award of two places, one single, one of people."""
    for unit, points in [("青山乡", "95"), ("白水乡", "90"), ("东河镇", "80")]:
        cast.score(unit, "决战园区", points)
        cast.score(unit, "信访", "400")
        cast.score(unit, "安全", "600", kind="onsite")  # type: ignore[arg-type]  # a choice's value is one
        cast.score(unit, "招商引资工作", points, block="招商引资")
    cast.score("工口", "招商引资工作", "70", block="招商引资")
    for unit in ("市信访局", "市档案局"):
        cast.score(unit, "业务", "900", block="党群口")
    for order, (name, kind, blocks, rests_on, lines) in enumerate(
        [
            ("先进乡镇", "综合", ["乡镇口"], ["总分"], [("第一名", 1, 5_000_000), ("第二名", 1, 4_000_000)]),
            ("园区先进", "单项", ["乡镇口"], ["大项:决战园区"], [("第一名", 1, 700_000)]),
            ("招商个人", "个人", ["招商引资"], ["推荐"], [("一等奖", 1, 200_000), ("二等奖", 2, 150_000)]),
        ]
    ):
        scheme = AwardScheme.objects.create(
            cycle=cast.cycle, name=name, kind=kind, rests_on=rests_on, order=order
        )
        scheme.blocks.set([cast.blocks[block] for block in blocks])
        for at, (grade, count, amount) in enumerate(lines):
            PrizeLine.objects.create(scheme=scheme, grade=grade, count=count, amount_fen=amount, order=at)
    return cast


def chinese(sentence: str) -> str:
    """What the catalogue says for it."""
    with translation.override("zh-hans"):
        return translation.gettext(sentence)


def scheme(name: str = "先进乡镇") -> AwardScheme:
    return AwardScheme.objects.get(name=name)


def member(unit: str, block: str = "乡镇口") -> Membership:
    return Membership.objects.get(unit__name=unit, block__name=block)


def decided(city: Cast) -> AwardList:
    """The list as the figures give it, signed by both of the leading group."""
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    for name in ("leader1", "leader2"):
        signed = acts.sign_list(by=city.hat(name), cycle=city.cycle, list_id=made.pk, digest=made.digest)
    return signed


PAGES = ["brief/", "compare/", "awards/", "awards.xlsx"]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("leader1", Stage.HEARING, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("mayor", Stage.HEARING, 200),
        ("official_青山乡", Stage.PUBLISHED, 403),
        ("lead_市信访局", Stage.HEARING, 403),
        ("reviewer1", Stage.HEARING, 403),
        ("sysadmin", Stage.HEARING, 403),
    ],
)
def test_candidates_are_for_those_who_see_totals(
    city: Cast, address: str, person: str, stage: Stage, status: int
) -> None:
    city.at(stage)

    answer = signed_in(city.people[person]).get(YEAR + address)

    assert answer.status_code == status
    if status != 200:
        assert "东河镇" not in body(answer)


@pytest.mark.parametrize("address", [*PAGES, "readings/", "money/", "nominations/", "awards/individuals/"])
def test_a_stranger_is_asked_to_sign_in(city: Cast, address: str) -> None:
    assert Client().get(YEAR + address).status_code == 302


def test_the_page_says_who_would_win_and_why(city: Cast) -> None:
    Tally.objects.update_or_create(membership=member("青山乡"), defaults={"is_barred": True})

    page = words_of(signed_in(city.people["office1"]).get(f"{YEAR}awards/"))

    # 白水乡 and 东河镇 move up past 青山乡, who is barred.
    assert chinese("a veto or misconduct is in force (§6(6), §8(4))") in page
    assert "青山乡" in page
    assert "50 000.00" in page
    lines = award_queries.compute_award(award_queries.ground_of(city.cycle), scheme()).proposal
    assert [line.contender.unit for line in lines.winners] == ["白水乡", "东河镇"]


def test_the_workbook_holds_every_contender(city: Cast) -> None:
    answer = signed_in(city.people["office1"]).get(f"{YEAR}awards.xlsx")

    book = openpyxl.load_workbook(BytesIO(answer.content))
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if row[0] == "先进乡镇"]
    assert [(row[1], row[3], row[6]) for row in rows] == [
        ("第一名", "青山乡", 50000),
        ("第二名", "白水乡", 40000),
        (None, "东河镇", 0),
    ]


def test_two_of_the_leading_group_decide_exactly_the_list_they_saw(city: Cast) -> None:
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    form = {"digest": made.digest, "pk": made.pk, "seen": "on"}
    sign = f"{YEAR}awards/group/sign/"

    first = signed_in(city.people["leader1"]).post(sign, form)
    again = signed_in(city.people["leader1"]).post(sign, form)
    stale = signed_in(city.people["leader2"]).post(sign, form | {"digest": "0" * 64})
    second = signed_in(city.people["leader2"]).post(sign, form)

    assert [first.status_code, again.status_code, stale.status_code, second.status_code] == [
        302,
        403,
        409,
        302,
    ]
    made.refresh_from_db()
    assert (made.state, made.first_by, made.second_by) == (
        ListState.DECIDED,
        city.people["leader1"],
        city.people["leader2"],
    )
    assert [
        (str(a.membership and a.membership.unit), a.amount_fen)
        for a in award_queries.decided_awards(city.cycle)
    ] == [
        ("青山乡", 5_000_000),
        ("白水乡", 4_000_000),
        ("青山乡", 700_000),
    ]


def test_the_office_enters_the_minutes_and_another_of_the_office_compares(city: Cast) -> None:
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    form = {"digest": made.digest, "pk": made.pk}
    minutes = {"met_on": "2013-01-15", "chair": "甲", "present": "甲、乙、丙"}
    sign = f"{YEAR}awards/office/sign/"
    bare = signed_in(city.people["office1"]).post(sign, form | minutes)

    scan = SimpleUploadedFile("纪要.pdf", PDF)
    first = signed_in(city.people["office1"]).post(sign, form | minutes | {"scan": scan})
    member_of_group = signed_in(city.people["leader1"]).post(
        f"{YEAR}awards/group/sign/", form | {"seen": "on"}
    )
    same = signed_in(city.people["office1"]).post(sign, form | {"seen": "on"})
    beside = body(signed_in(city.people["office2"]).get(sign))
    second = signed_in(city.people["office2"]).post(sign, form | {"seen": "on"})

    answers = (bare, first, member_of_group, same, second)
    assert [answer.status_code for answer in answers] == [422, 302, 403, 403, 302]
    assert f"{YEAR}meeting-scans/list/{made.pk}/" in beside
    made.refresh_from_db()
    assert (made.state, made.chair) == (ListState.DECIDED, "甲")


def test_a_departure_needs_a_reason_and_takes_the_first_signature_back(city: Cast) -> None:
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    acts.sign_list(by=city.hat("leader1"), cycle=city.cycle, list_id=made.pk, digest=made.digest)
    award = Award.objects.get(scheme=scheme("园区先进"))
    page = f"{YEAR}awards/group/{award.pk}/depart/"
    client = signed_in(city.people["leader2"])

    bare = client.post(page, {"membership": member("白水乡").pk, "reason": ""})
    done = client.post(page, {"membership": member("白水乡").pk, "reason": "年内完成两个重大项目"})

    award.refresh_from_db()
    made.refresh_from_db()
    assert [bare.status_code, done.status_code] == [422, 302]
    assert (str(award.membership and award.membership.unit), award.departure) == (
        "白水乡",
        "年内完成两个重大项目",
    )
    assert (made.state, made.first_by) == (ListState.DRAFT, None)


def test_a_barred_unit_gets_no_seat_and_no_recommendation(city: Cast) -> None:
    city.at(Stage.APPROVAL)
    acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    Tally.objects.update_or_create(membership=member("东河镇"), defaults={"is_barred": True})
    award = Award.objects.get(scheme=scheme("园区先进"))

    with pytest.raises(Refused, match="东河镇"):
        acts.depart(
            by=city.hat("leader1"),
            cycle=city.cycle,
            award_id=award.pk,
            membership_id=member("东河镇").pk,
            reason="理由",
        )
    answer = signed_in(city.people["lead_市信访局"]).post(
        f"{YEAR}nominations/{scheme('园区先进').pk}/add/",
        {"membership": member("东河镇").pk, "rank": 1, "reason": "进步大"},
    )

    assert answer.status_code == 409
    assert Nomination.objects.count() == 0


def test_a_tie_is_held_until_it_is_settled(city: Cast) -> None:
    city.score("白水乡", "决战园区", "95")
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    with pytest.raises(Refused, match="园区先进"):
        acts.sign_list(by=city.hat("leader1"), cycle=city.cycle, list_id=made.pk, digest=made.digest)
    client = signed_in(city.people["leader1"])

    settled = client.post(
        f"{YEAR}awards/group/{scheme('园区先进').pk}/tie/",
        {
            "how": "share",
            f"at_{member('青山乡').pk}": "1",
            f"at_{member('白水乡').pk}": "2",
            "reason": "并列",
        },
    )

    assert settled.status_code == 302
    assert TieRuling.objects.get().names == "青山乡、白水乡"
    # One first prize of 7 000 元 among two: 3 500 each.
    assert (
        list(Award.objects.filter(scheme=scheme("园区先进")).values_list("amount_fen", flat=True))
        == [350_000] * 2
    )


def test_figures_that_moved_make_the_list_stale(city: Cast) -> None:
    city.at(Stage.APPROVAL)
    made = acts.propose_list(by=city.hat("office1"), cycle=city.cycle)
    city.score("东河镇", "决战园区", "99")

    with pytest.raises(Refused) as refused:
        acts.sign_list(by=city.hat("leader1"), cycle=city.cycle, list_id=made.pk, digest=made.digest)

    assert refused.value.code == "stale-list"


def test_a_lead_recommends_for_its_own_awards_and_never_its_own_unit(city: Cast) -> None:
    client = signed_in(city.people["lead_市信访局"])
    add = f"{YEAR}nominations/{scheme('园区先进').pk}/add/"

    shown = words_of(client.get(f"{YEAR}nominations/"))
    done = client.post(add, {"membership": member("白水乡").pk, "rank": 1, "reason": "进步大"})
    twice = client.post(add, {"membership": member("白水乡").pk, "rank": 2, "reason": "进步大"})
    foreign = client.post(add, {"membership": member("市信访局", "党群口").pk, "rank": 2, "reason": "自荐"})

    assert "园区先进" in shown
    assert "先进乡镇" not in shown
    assert [done.status_code, twice.status_code, foreign.status_code] == [302, 409, 422]
    assert "市信访局" in words_of(signed_in(city.people["office1"]).get(f"{YEAR}awards/"))


def test_a_name_stands_once_among_the_individuals(city: Cast) -> None:
    client = signed_in(city.people["office1"])
    first, second = PrizeLine.objects.filter(scheme__kind="个人").order_by("order")
    person = {"name": "张 三", "unit": city.units["青山乡"].pk, "merit": "引进项目三个"}

    answers = [
        client.post(f"{YEAR}awards/individuals/", person | {"prize": first.pk}),
        client.post(f"{YEAR}awards/individuals/", person | {"prize": second.pk, "name": "张三"}),
        client.post(f"{YEAR}awards/individuals/", person | {"prize": first.pk, "name": "李四"}),
    ]

    # the second is the same name, the third finds the class of one full
    assert [answer.status_code for answer in answers] == [302, 409, 409]
    assert "李四" in body(answers[2])
    assert Individual.objects.get().plain_name == "张三"


def test_a_unit_divides_its_own_prize_to_the_fen(city: Cast) -> None:
    decided(city)
    city.at(Stage.PUBLISHED)
    award = Award.objects.get(scheme=scheme("园区先进"))
    page = f"{YEAR}money/{award.pk}/division/"
    client = signed_in(city.people["official_青山乡"])

    def lines(*amounts: str, head: bool = False) -> dict[str, str]:
        form = {"lines-TOTAL_FORMS": str(len(amounts)), "lines-INITIAL_FORMS": "0", "version": "0"}
        for number, amount in enumerate(amounts):
            form |= {f"lines-{number}-person": f"同志{number}", f"lines-{number}-amount": amount}
        return {k.replace("lines", "form"): v for k, v in form.items()} | (
            {"form-0-is_head": "on"} if head else {}
        )

    short = client.post(page, lines("3000", "3999.99"))
    heads = client.post(page, lines("2800.01", "4199.99", head=True))
    whole = client.post(page, lines("2800", "4200", head=True))

    assert [short.status_code, heads.status_code, whole.status_code] == [422, 422, 302]
    assert "0.01" in words_of(short)
    assert "3999.99" in body(short)
    assert [s.amount_fen for s in Division.objects.get().shares.all()] == [280_000, 420_000]
    other = Award.objects.get(scheme=scheme(), place=2)
    assert client.get(f"{YEAR}money/{other.pk}/division/").status_code == 404
    assert signed_in(city.people["office1"]).get(page).status_code == 403


def test_a_unit_sees_its_own_prizes_only_and_after_publication(city: Cast) -> None:
    decided(city)
    before = signed_in(city.people["principal_白水乡"]).get(f"{YEAR}money/")
    city.at(Stage.PUBLISHED)

    own = words_of(signed_in(city.people["principal_白水乡"]).get(f"{YEAR}money/"))
    book = openpyxl.load_workbook(
        BytesIO(signed_in(city.people["principal_白水乡"]).get(f"{YEAR}money.xlsx").content)
    )

    assert before.status_code == 404
    assert "40 000.00" in own
    assert "50 000.00" not in own
    cells = [value for row in book.worksheets[0].iter_rows(values_only=True) for value in row]
    assert "白水乡" in cells
    assert "青山乡" not in cells


def test_an_amount_is_changed_by_two_of_the_office(city: Cast) -> None:
    decided(city)
    award = Award.objects.get(scheme=scheme("园区先进"))
    prizes.ask_change(
        by=city.hat("office1"), cycle=city.cycle, award_id=award.pk, amount_fen=600_000, reason="更正"
    )
    change = award.changes.get()

    alone = signed_in(city.people["office1"]).post(f"{YEAR}money/changes/{change.pk}/confirm/")
    second = signed_in(city.people["office2"]).post(f"{YEAR}money/changes/{change.pk}/confirm/")

    award.refresh_from_db()
    assert [alone.status_code, second.status_code, award.amount_fen] == [403, 302, 600_000]


def test_a_new_list_says_what_is_paid_again_and_taken_back(city: Cast) -> None:
    decided(city)
    city.at(Stage.PUBLISHED)
    Tally.objects.update_or_create(membership=member("青山乡"), defaults={"is_barred": True})
    made = acts.propose_list(by=city.hat("leader1"), cycle=city.cycle, reason="发现弄虚作假")
    for name in ("leader1", "leader2"):
        acts.sign_list(by=city.hat(name), cycle=city.cycle, list_id=made.pk, digest=made.digest)

    lines = award_queries.settlement_of(city.cycle)

    # 青山乡 returns 50 000 and 7 000; 白水乡 goes from 40 000 to 50 000 and wins 7 000; 东河镇 gets 40 000.
    assert sum(line.take_back_fen for line in lines) == 5_700_000
    assert sum(line.pay_fen for line in lines) == 1_000_000 + 700_000 + 4_000_000
    assert "57 000.00" in words_of(signed_in(city.people["office1"]).get(f"{YEAR}money/"))


def test_a_reading_comes_into_force_by_two_of_the_leading_group(city: Cast) -> None:
    Reading.objects.create(cycle=city.cycle, code="R1", choice="each-item")
    leader1, leader2 = (signed_in(city.people[name]) for name in ("leader1", "leader2"))
    rule, confirm = f"{YEAR}readings/group/R1/rule/", f"{YEAR}readings/group/confirm/"

    bare = leader1.post(rule, {"choice": "total-only", "reason": ""})
    first = leader1.post(rule, {"choice": "total-only", "reason": "会议讨论"})
    ruling = ReadingRuling.objects.get()
    alone = leader1.post(confirm, {"ruling": ruling.pk})
    second = leader2.post(confirm, {"ruling": ruling.pk})
    late = leader2.post(confirm, {"ruling": ruling.pk})

    city.cycle.refresh_from_db()
    assert [a.status_code for a in (bare, first, alone, second, late)] == [422, 302, 403, 302, 409]
    assert city.cycle.rounding == "total-only"
    assert Reading.objects.get(code="R1").decided_by == city.people["leader2"]


OWN = {"question": "试点单位是否计入序列？", "answers": "计入\n不计入"}


def test_the_office_enters_a_question_of_its_own_which_holds_until_two_have_decided_it(city: Cast) -> None:
    office, leader1, leader2 = (signed_in(city.people[n]) for n in ("office1", "leader1", "leader2"))

    entered = office.post(f"{YEAR}readings/office/ask/", OWN)
    page = body(office.get(f"{YEAR}readings/"))
    held = [reading.code for reading in readings.readings_that_hold(city.cycle)]
    first = leader1.post(f"{YEAR}readings/group/Q1/rule/", {"choice": "2", "reason": "会议讨论"})
    second = leader2.post(f"{YEAR}readings/group/confirm/", {"ruling": ReadingRuling.objects.get().pk})

    made = Reading.objects.get(code="Q1")
    assert (entered.status_code, first.status_code, second.status_code) == (302, 302, 302)
    assert "试点单位是否计入序列" in page
    assert "不计入" in page
    assert held == ["Q1"]
    assert readings.readings_that_hold(city.cycle) == []
    assert (made.choice, made.decided_by, made.parameters) == (
        "2",
        city.people["leader2"],
        {"answers": ["计入", "不计入"]},
    )
    assert "不计入" in body(signed_in(city.people["official_青山乡"]).get(f"{YEAR}readings/"))


@pytest.mark.parametrize(
    "entry",
    [
        {"question": "", "answers": "甲\n乙"},
        {"question": "问", "answers": "甲"},
        {"question": "问", "answers": "甲\n甲"},
        {"question": "问", "answers": "\n".join("甲乙丙丁戊己庚")},
        {"question": "问", "answers": "甲\n" + "乙" * 121},
    ],
)
def test_a_question_needs_words_and_two_to_six_different_answers(city: Cast, entry: dict[str, str]) -> None:
    answer = signed_in(city.people["office1"]).post(f"{YEAR}readings/office/ask/", entry)

    assert answer.status_code == 422
    assert not Reading.objects.filter(code__startswith="Q").exists()


@pytest.mark.parametrize("person", ["official_青山乡", "lead_市信访局", "mayor", "leader1", "archive"])
def test_only_the_office_enters_a_question_for_the_group(city: Cast, person: str) -> None:
    assert signed_in(city.people[person]).post(f"{YEAR}readings/office/ask/", OWN).status_code == 403
    assert not Reading.objects.filter(code="Q1").exists()


@pytest.mark.parametrize(
    ("person", "status"), [("official_青山乡", 403), ("lead_市信访局", 403), ("mayor", 403), ("office1", 403)]
)
def test_only_the_leading_group_rules(city: Cast, person: str, status: int) -> None:
    answer = signed_in(city.people[person]).post(f"{YEAR}readings/group/R1/rule/", {"choice": "total-only"})

    assert answer.status_code == status
    assert ReadingRuling.objects.count() == 0


def test_everybody_reads_the_answers_and_only_those_who_see_totals_what_would_move(city: Cast) -> None:
    office = words_of(signed_in(city.people["office1"]).get(f"{YEAR}readings/"))
    unit = words_of(signed_in(city.people["official_青山乡"]).get(f"{YEAR}readings/"))

    nothing = chinese("would change no place and no award now")
    assert nothing in office
    assert nothing not in unit
    assert signed_in(city.people["sysadmin"]).get(f"{YEAR}readings/").status_code == 403


def test_an_undecided_reading_holds_approval_while_it_changes_an_award(city: Cast) -> None:
    Reading.objects.create(cycle=city.cycle, code="R9", choice="replace")
    quiet = readings.readings_that_hold(city.cycle)
    # Preliminary 60 beside on-site 400: mixed 1 : 1 it is 230, and 青山乡 has 600 + 332 against 568.42 + 400.
    city.score("青山乡", "信访", "400", kind="onsite")  # type: ignore[arg-type]  # a choice's value is one
    city.score("青山乡", "信访", "60")

    holding = readings.readings_that_hold(city.cycle)

    assert quiet == []
    assert [reading.code for reading in holding] == ["R9"]
    effect = next(e for e in readings.effects_of(city.cycle) if e.code == "R9")
    assert {(move.unit, move.before, move.after) for move in effect.places} == {
        ("青山乡", 1, 2),
        ("白水乡", 2, 1),
    }


def test_two_to_four_units_stand_side_by_side(city: Cast) -> None:
    client = signed_in(city.people["office1"])

    page = words_of(client.get(f"{YEAR}compare/", {"unit": ["青山乡", "白水乡"]}))
    five = client.get(f"{YEAR}compare/", {"unit": ["青山乡", "白水乡", "东河镇", "工口", "市信访局"]})
    unknown = client.get(f"{YEAR}compare/", {"unit": "无此乡"})

    # 90 of 95 × 600 = 568.42 beside the full 600.00
    assert "600.00" in page
    assert "568.42" in page
    assert [five.status_code, unknown.status_code] == [422, 404]


@pytest.mark.parametrize("address", ["brief/", "awards/", "readings/", "money/", "compare/?unit=青山乡"])
def test_a_page_asks_as_much_for_three_units_as_for_thirty(city: Cast, address: str) -> None:
    client = signed_in(city.people["office1"])
    client.get(YEAR + address)
    with CaptureQueriesContext(connection) as few:
        client.get(YEAR + address)
    grow(city, 27)
    client.get(YEAR + address)  # what is remembered is remembered for both sizes

    with CaptureQueriesContext(connection) as many:
        client.get(YEAR + address)

    assert len(many) == len(few)
    assert len(many) <= 30


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("awards", []), ("brief", []), ("money", []), ("readings", []), ("compare", [])],
)
def test_a_page_that_is_read_takes_no_post(city: Cast, name: str, arguments: list[int]) -> None:
    assert signed_in(city.people["office1"]).post(reverse(name, args=["2012", *arguments])).status_code == 405
