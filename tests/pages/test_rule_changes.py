"""Amendments, missing cells and other single appraisals as pages: put forward, listed, signed, refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awards.actions import rule_changes as acts
from awards.models import AwardScheme, PrizeLine, RuleChange, SingleAppraisal
from awards.rule_drafts import AMENDMENT, Draft
from scoring.models import Indicator
from scoring.trial_steps import BaseStep
from tests.bonuses.papers import equip, png
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.models import Membership
from units.stages import Stage

AMENDMENTS, NEW, MISSING = f"{YEAR}amendments/", f"{YEAR}amendments/new/", f"{YEAR}missing/"
REGISTER, ENTER = f"{YEAR}single-appraisals/", f"{YEAR}single-appraisals/enter/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    equip(cast)
    for unit, park, letters in (("青山乡", "90", "360"), ("白水乡", "100", "320"), ("东河镇", "80", "400")):
        cast.score(unit, "决战园区", park)
        cast.score(unit, "信访", letters)
    return cast.at(Stage.RESULTS)


def client(cast: Cast, name: str = "leader1") -> Client:
    return signed_in(cast.people[name])


def weight_steps(cast: Cast) -> list[str]:
    items = {i.name: i.pk for i in cast.blocks["乡镇口"].items.all()}
    return [f"weight~{items['决战园区']}~300", f"weight~{items['社会管理']}~700"]


def amendment(cast: Cast, **more: Any) -> dict[str, Any]:
    return {"step": weight_steps(cast), "reason": "附表有误", "on": "2012-11-01", "wording": ""} | more


def scan(name: str = "纪要.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(name))


def seen(answer: Any) -> str:
    fields = [f for f in read(body(answer)).of("input") if f.get("name") == "seen"]
    return str(fields[0]["value"]) if fields else ""


def test_the_effect_stands_on_the_page_before_either_signature(year: Cast) -> None:
    page = words_of(client(year).get(f"{NEW}?{urlencode({'step': weight_steps(year)}, doseq=True)}"))

    assert "决战园区（乡镇口）权重分：600 → 300" in page
    assert "东河镇 3 → 1" in page


def test_two_members_of_the_leading_group_amend_a_rule(year: Cast) -> None:
    put = client(year).post(NEW, amendment(year), follow=True)
    row = RuleChange.objects.get()
    address = f"{YEAR}rule-changes/{row.pk}/"
    second = client(year, "leader2")
    shown = second.get(address)
    unseen = second.post(address)
    signed = second.post(address, {"seen": seen(shown)}, follow=True)

    assert "第二人签字后生效" in words_of(put)
    assert "东河镇 3 → 1" in words_of(shown)
    assert unseen.status_code == 409
    assert "已生效" in words_of(signed)
    assert "2个名次变动" in words_of(signed)
    row.refresh_from_db()
    assert (row.state, row.number) == ("decided", 1)


def test_the_first_person_is_not_offered_the_second_signature(year: Cast) -> None:
    client(year).post(NEW, amendment(year))
    row = RuleChange.objects.get()
    address = f"{YEAR}rule-changes/{row.pk}/"
    page = client(year).get(address)

    answer = client(year).post(address, {"seen": seen(page)})

    assert "您已先签字" in words_of(page)
    assert answer.status_code == 403


def test_the_office_enters_the_minutes_with_their_scan(year: Cast) -> None:
    minutes = {"met_on": "2012-10-30", "chair": "组长", "present": "全体成员", "scan": scan()}

    without = client(year, "office1").post(NEW, amendment(year))
    entered = client(year, "office1").post(NEW, amendment(year) | minutes, follow=True)
    row = RuleChange.objects.get()
    kept = client(year, "office2").get(f"{YEAR}rule-changes/{row.pk}/scan/")

    assert without.status_code == 422
    assert "纪要" in words_of(entered)
    assert kept["Content-Type"] == "image/png"


def steps_on(answer: Any) -> list[str]:
    return [str(f["value"]) for f in read(body(answer)).of("input") if f.get("name") == "step"]


def test_a_rule_is_chosen_from_its_form_and_what_was_typed_stays(year: Cast) -> None:
    sub = year.subs["乡镇口", "安全"].pk
    form = {"block": year.blocks["乡镇口"].pk, "add": "rule", "sub": sub, "what": "suspend", "reason": "有误"}

    answer = client(year).post(NEW, form)
    wrong = client(year).post(NEW, form | {"sub": "x"})

    assert steps_on(answer) == [f"suspend~{sub}~1"]
    assert "有误" in body(answer)
    assert (wrong.status_code, "请从列表中选择" in words_of(wrong)) == (422, True)
    assert "有误" in body(wrong)
    assert not RuleChange.objects.exists()


def figures_typed(cast: Cast, **more: Any) -> dict[str, Any]:
    """The form of 信访 in 乡镇口 with its base raised, as the browser sends it."""
    sub = cast.subs["乡镇口", "信访"].pk
    return {
        "block": cast.blocks["乡镇口"].pk,
        "of": sub,
        f"b-{sub}": "500",
        f"f-{sub}": "",
        f"v-{sub}": "",
        "reason": "附表有误",
        "on": "2012-11-01",
        "wording": "",
    } | more


def test_a_base_is_typed_looked_at_and_then_signed(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"].pk

    looked = client(year).post(NEW, figures_typed(year, look="sub-item"))
    unseen = client(year).post(NEW, figures_typed(year, sign="first"))
    signed = client(year).post(NEW, figures_typed(year, sign="first", step=steps_on(looked)), follow=True)

    assert "信访（乡镇口）基础分：400 → 500" in words_of(looked)
    assert "大项社会管理（乡镇口）基础分随之：1000 → 1100" in words_of(looked)
    assert (unseen.status_code, "请先看影响，再签字" in words_of(unseen)) == (409, True)
    assert "第二人签字后生效" in words_of(signed)
    assert RuleChange.objects.get().steps == [f"base~{sub}~500"]


def test_a_base_below_a_score_says_which_and_is_not_signed(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"].pk
    typed = figures_typed(year, **{f"b-{sub}": "350"})

    looked = client(year).post(NEW, typed | {"look": "sub-item"})
    signed = client(year).post(NEW, typed | {"sign": "first", "step": steps_on(looked)})

    for page in (looked, signed):
        assert "东河镇信访（初评 400）" in words_of(page)
    assert (looked.status_code, signed.status_code) == (200, 409)
    assert not RuleChange.objects.exists()


def test_a_figure_set_back_leaves_the_amendment(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"].pk

    answer = client(year).post(
        NEW, figures_typed(year, **{f"b-{sub}": "400", "look": "sub-item", "step": [f"base~{sub}~500"]})
    )

    assert steps_on(answer) == []


@pytest.mark.parametrize("text", ["四百", "", "-5", "1e3", "400.005", "9999999"])
def test_a_base_that_is_no_amount_keeps_what_was_typed(year: Cast, text: str) -> None:
    sub = year.subs["乡镇口", "信访"].pk

    answer = client(year).post(NEW, figures_typed(year, **{f"b-{sub}": text, "look": "sub-item"}))

    fields = {str(f.get("name")): f.get("value") for f in read(body(answer)).of("input")}
    assert answer.status_code == 422
    assert (fields[f"b-{sub}"] or "") == text


def test_a_long_text_of_an_indicator_is_amended_and_the_old_one_read(year: Cast) -> None:
    one = Indicator.objects.create(
        sub_item=year.subs["乡镇口", "安全"], name="隐患整改", base_points=600, rule_text="旧条文"
    )
    text = "每发现一处重大隐患未按期整改扣10分。" * 60
    sub = year.subs["乡镇口", "安全"].pk
    typed = {
        "block": year.blocks["乡镇口"].pk,
        "of": sub,
        f"i-{one.pk}": "600",
        f"t-{one.pk}": text,
        "reason": "条文有误",
        "on": "2012-11-01",
    }
    looked = client(year).post(NEW, typed | {"look": "sub-item"})
    client(year).post(NEW, typed | {"sign": "first", "step": steps_on(looked)})
    row = RuleChange.objects.get()
    address = f"{YEAR}rule-changes/{row.pk}/"
    second = client(year, "leader2")
    second.post(address, {"seen": seen(second.get(address))})

    old, new = (words_of(client(year).get(f"{YEAR}amendments/{n}/rules/")) for n in (0, 1))

    one.refresh_from_db()
    assert one.rule_text == text
    assert "旧条文" in old
    assert "有1项与现行规则不同" in old
    assert "与现行规则一致" in new
    assert client(year).get(f"{YEAR}amendments/2/rules/").status_code == 404


def test_a_prize_is_typed_in_yuan_with_the_sum_of_all(year: Cast) -> None:
    scheme = AwardScheme.objects.create(cycle=year.cycle, name="综合奖", kind="综合", rests_on=["总分"])
    scheme.blocks.add(year.blocks["乡镇口"])
    line = PrizeLine.objects.create(scheme=scheme, grade="一等奖", count=2, amount_fen=5_000_000)

    looked = client(year).post(NEW, {f"p-{line.pk}": "50500.50", "look": "prize"})
    wrong = client(year).post(NEW, {f"p-{line.pk}": "50500.505", "look": "prize"})

    page = words_of(looked).replace("\N{NO-BREAK SPACE}", " ")
    assert "综合奖一等奖每名奖金：50000 → 50500.5元（2名）" in page
    assert "奖金总额：100 000.00 → 101 001.00元" in page
    assert steps_on(looked) == [f"prize~{line.pk}~5050050"]
    assert wrong.status_code == 422


def test_the_unit_sheet_names_the_version_of_a_figure(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"].pk
    draft = Draft(
        kind=AMENDMENT, steps=[BaseStep(sub, Decimal(500))], reason="附表有误", on=date(2012, 11, 1)
    )
    row = acts.propose(by=year.hat("leader1"), cycle=year.cycle, draft=draft)
    acts.confirm(by=year.hat("leader2"), cycle=year.cycle, change_id=row.pk)

    own = words_of(client(year, "principal_青山乡").get(f"{YEAR}units/青山乡/"))
    trace = client(year, "principal_青山乡").get(f"/api/v1/cycles/{year.cycle.code}/traces/青山乡/").json()

    assert "基础分由第1号修订确定（原为400）" in own
    assert "大项基础分由第1号修订确定（原为1000）" in own
    assert {(a["item"], a["sub_item"], a["what"], a["version"], a["before"]) for a in trace["amended"]} == {
        ("社会管理", "信访", "base", 1, "400"),
        ("社会管理", "", "item", 1, "1000"),
    }


def test_the_rules_of_a_version_as_workbook(year: Cast) -> None:
    content = client(year).get(f"{YEAR}amendments/0/rules.xlsx").content
    rows = list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))

    assert ("乡镇口", "信访", "基础分", "400", None) in rows


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"reason": ""}, "该字段是必填项"),
        ({"on": "明天"}, "日期"),
        ({"step": []}, "请选择修订内容"),
        ({"step": ["weight~1~1~1"]}, "请从列表中选择"),
        ({"step": ["weight~999999~5"]}, "已不存在"),
    ],
)
def test_a_wrong_amendment_is_refused_and_stays_typed(
    year: Cast, more: dict[str, Any], sentence: str
) -> None:
    answer = client(year).post(NEW, amendment(year, clause="第三条") | more)

    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert not RuleChange.objects.exists()


def test_everybody_reads_the_versions_but_nobody_else_what_they_moved(year: Cast) -> None:
    client(year).post(NEW, amendment(year))
    row = RuleChange.objects.get()
    waiting = words_of(client(year, "official_青山乡").get(AMENDMENTS))
    second = client(year, "leader2")
    address = f"{YEAR}rule-changes/{row.pk}/"
    second.post(address, {"seen": seen(second.get(address))})

    unit = words_of(client(year, "official_青山乡").get(AMENDMENTS))
    leader = words_of(client(year, "leader1").get(AMENDMENTS))

    assert "附表有误" not in waiting
    assert "附表有误" in unit
    assert "东河镇" not in unit
    assert "东河镇" in leader


def test_versions_can_be_taken_away(year: Cast) -> None:
    client(year).post(NEW, amendment(year))
    address = f"{YEAR}rule-changes/{RuleChange.objects.get().pk}/"
    second = client(year, "leader2")
    second.post(address, {"seen": seen(second.get(address))})

    book = openpyxl.load_workbook(BytesIO(second.get(f"{YEAR}amendments.xlsx").content))

    row = [c.value for c in book.active[3]]
    assert (row[0], row[4], row[8]) == (1, "附表有误", 2)


@pytest.mark.parametrize(
    ("person", "page", "status"),
    [
        ("office1", NEW, 200),
        ("leader1", NEW, 200),
        ("mayor", NEW, 403),
        ("lead_市信访局", NEW, 403),
        ("leader1", MISSING, 200),
        ("reviewer1", MISSING, 403),
        ("official_青山乡", MISSING, 403),
        ("official_青山乡", AMENDMENTS, 200),
        ("official_青山乡", REGISTER, 200),
        ("leader1", ENTER, 403),
        ("office1", ENTER, 200),
    ],
)
def test_who_may_open_what(year: Cast, person: str, page: str, status: int) -> None:
    assert client(year, person).get(page).status_code == status


@pytest.mark.parametrize("tail", ["", "withdraw/", "scan/"])
def test_a_change_of_another_year_is_nobodys(year: Cast, tail: str) -> None:
    from units.models import Cycle

    other = Cycle.objects.create(code="2013", name="另一年", year=2013, host=year.cycle.host)
    row = RuleChange.objects.create(
        cycle=other, kind="amendment", reason="外来", first_by=year.people["leader1"]
    )
    address = f"{YEAR}rule-changes/{row.pk}/{tail}"

    answer = client(year).post(address) if tail == "withdraw/" else client(year).get(address)

    assert answer.status_code == 404


def test_a_change_withdrawn_is_no_longer_listed(year: Cast) -> None:
    client(year).post(NEW, amendment(year))
    row = RuleChange.objects.get()

    page = client(year, "leader2").post(f"{YEAR}rule-changes/{row.pk}/withdraw/", follow=True)

    assert "附表有误" not in words_of(page)
    assert RuleChange.objects.get().state == "dropped"


# Missing cells -------------------------------------------------------------------------------------


def cell(cast: Cast, unit: str = "青山乡", sub: str = "安全") -> str:
    member = Membership.objects.get(unit__name=unit, block=cast.blocks["乡镇口"])
    return f"{member.pk}~{cast.subs['乡镇口', sub].pk}"


def test_missing_cells_are_ticked_decided_and_signed(year: Cast) -> None:
    page = words_of(client(year).get(MISSING))
    form = {"cell": [cell(year), cell(year, "白水乡")], "how": "zero", "reason": "因灾未考评"}

    put = client(year).post(MISSING, form, follow=True)
    address = f"{YEAR}rule-changes/{RuleChange.objects.get().pk}/"
    second = client(year, "leader2")
    signed = second.post(address, {"seen": seen(second.get(address))}, follow=True)

    assert "安全 青山乡 白水乡 东河镇" in page
    assert "青山乡 · 安全缺报：按零分计" in words_of(put)
    assert "按决定计分的项" in words_of(signed)
    assert year.cell("青山乡", "安全").missing_how == "zero"
    assert year.cell("东河镇", "安全").missing_how == ""


def test_a_sub_item_is_left_out_for_the_whole_block(year: Cast) -> None:
    form = {"cell": [cell(year), cell(year, "白水乡")], "how": "suspend", "reason": "全市停考"}
    client(year).post(MISSING, form)

    assert RuleChange.objects.get().steps == [f"suspend~{year.subs['乡镇口', '安全'].pk}~1"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"cell": []}, "请勾选要处理的缺报项"),
        ({"cell": ["1~2~3"]}, "请从列表中选择"),
        ({"how": "full"}, "请从列表中选择"),
        ({"cell": "SCORED"}, "现已有得分"),
    ],
)
def test_a_wrong_decision_is_refused(year: Cast, more: dict[str, Any], sentence: str) -> None:
    form: dict[str, Any] = {"cell": [cell(year)], "how": "zero", "reason": "因灾"} | more
    if form["cell"] == "SCORED":
        form["cell"] = [cell(year, sub="信访")]

    answer = client(year).post(MISSING, form)

    assert answer.status_code in {409, 422}
    assert sentence in words_of(answer)


@pytest.mark.parametrize("page", [AMENDMENTS, NEW, MISSING, REGISTER])
def test_the_number_of_queries_does_not_grow(year: Cast, page: str) -> None:
    reader = client(year)
    if page == REGISTER:
        reader = client(year, "office1")
    reader.get(page)
    counts = []
    for more in (0, 30):
        grow(year, more)
        RuleChange.objects.bulk_create(
            RuleChange(cycle=year.cycle, kind="amendment", reason=f"第{n}", first_by=year.people["leader2"])
            for n in range(more)
        )
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(page).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30


# Other single appraisals ---------------------------------------------------------------------------


def test_a_single_appraisal_is_entered_compared_and_taken_away(year: Cast) -> None:
    form = {
        "project": "森林防火评比",
        "applicant": "市林业局",
        "is_approved": "yes",
        "paper_number": "市考评〔2012〕9号",
        "paper_on": "2012-04-01",
    }
    empty = client(year, "office1").post(ENTER, form)
    entered = client(year, "office1").post(ENTER, form | {"scan": scan("批件.png")}, follow=True)
    row = SingleAppraisal.objects.get()
    own = client(year, "office1").post(f"{YEAR}single-appraisals/{row.pk}/compare/")
    compared = client(year, "office2").post(f"{YEAR}single-appraisals/{row.pk}/compare/", follow=True)
    book = openpyxl.load_workbook(
        BytesIO(client(year, "leader1").get(f"{YEAR}single-appraisals.xlsx").content)
    )
    no_reason = client(year, "office2").post(f"{YEAR}single-appraisals/{row.pk}/end/")
    kept = client(year, "office2").get(f"{YEAR}single-appraisals/{row.pk}/scan/")

    assert empty.status_code == 422
    assert "由考评办另一人与文件核对" in words_of(entered)
    assert own.status_code == 403
    assert "森林防火评比 市林业局" in words_of(compared)
    assert [c.value for c in book.active[3]][:2] == ["森林防火评比", "市林业局"]
    assert (no_reason.status_code, "须写明理由" in words_of(no_reason)) == (422, True)
    assert kept["Content-Type"] == "image/png"
