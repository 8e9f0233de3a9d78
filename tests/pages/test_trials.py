"""The what-if bench in the browser: changes by address and form, refusals, variants, workbooks, who may come."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awards.models import AwardScheme, PrizeLine
from office.models import AuditEntry
from scoring.models import Score, Standing, TrialVariant
from tests.bonuses.papers import equip, verified
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, signed_in, words_of
from units.models import Membership
from units.stages import Stage

BENCH, SAVE, COMPARE = f"{YEAR}what-if/", f"{YEAR}what-if/save/", f"{YEAR}what-if/compare/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scored(cast: Cast) -> Cast:
    equip(cast)
    for unit, points in [("青山乡", "90"), ("白水乡", "97.5"), ("东河镇", "80")]:
        cast.score(unit, "决战园区", points)
    return cast


def office(cast: Cast) -> Client:
    return signed_in(cast.people["office1"])


def score_step(cast: Cast, unit: str, points: str) -> str:
    member = Membership.objects.get(unit__name=unit, block__name="乡镇口", block__cycle=cast.cycle)
    return f"score~{member.pk}~{cast.subs['乡镇口', '决战园区'].pk}~preliminary~{points}"


def weight_step(cast: Cast, points: str = "500") -> str:
    return f"weight~{cast.subs['乡镇口', '决战园区'].item_id}~{points}"


def address(*steps: str, base: str = BENCH, **more: Any) -> str:
    return f"{base}?{urlencode([*more.items(), *(('step', step) for step in steps)])}"


def typed(cast: Cast, **more: str) -> str:
    member = Membership.objects.get(unit__name="青山乡", block__name="乡镇口", block__cycle=cast.cycle)
    fields = {
        "block": cast.blocks["乡镇口"].pk,
        "add": "score",
        "member": member.pk,
        "sub": cast.subs["乡镇口", "决战园区"].pk,
        "kind": "preliminary",
        "what": "score",
        "points": "99.5",
    }
    return f"{BENCH}?{urlencode(fields | more)}"


def test_the_bench_says_what_changes_who_moves_and_that_it_is_a_trial(scored: Cast) -> None:
    page = words_of(office(scored).get(address(score_step(scored, "青山乡", "99.5"))))

    assert "测算稿" in page
    assert "青山乡 · 决战园区 初评：90 → 99.5" in page
    assert "全年度2个单位名次变化" in page
    # 99.5 is first: 白水乡 600 × 97.5 ÷ 99.5 = 587.939… → 587.94, 12.06 less
    assert "决战园区第一名基础得分 97.5 → 99.5：−12.06" in page
    assert "被青山乡超过" in page


def test_a_change_as_typed_becomes_a_step_of_the_address(scored: Cast) -> None:
    answer = office(scored).get(typed(scored))

    assert answer.status_code == 302
    assert answer["Location"].endswith(urlencode([("step", score_step(scored, "青山乡", "99.5"))]))
    assert "add=" not in answer["Location"]


def test_by_htmx_the_bench_alone_comes_back_with_its_address(scored: Cast) -> None:
    answer = office(scored).get(typed(scored), headers=HTMX)

    assert answer.status_code == 200
    assert body(answer).lstrip().startswith('<div id="bench"')
    assert answer["HX-Push-Url"].endswith(urlencode([("step", score_step(scored, "青山乡", "99.5"))]))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"points": "100.5"}, "100.5"),
        ({"points": "99.999"}, "小数"),
        ({"points": "很多"}, "不是数字"),
        ({"points": ""}, "不是数字"),
        ({"points": "1e3"}, "不是数字"),
        ({"member": "987654"}, "已不存在"),
        ({"member": "甲"}, "请从列表中选择"),
        ({"kind": "self"}, "请从列表中选择"),
        ({"add": "unheard-of"}, "请从列表中选择"),
        ({"add": "tariff", "line": "line~x"}, "请从列表中选择"),
        ({"add": "lift", "bar": "veto~99"}, "已不存在"),
        ({"add": "veto", "unit": "99999", "field": "信访"}, "已不存在"),
        ({"add": "paper", "unit": "1", "worth": "pool~1", "listed": "-5"}, "不是数字"),
    ],
)
def test_what_cannot_be_tried_is_refused_and_what_was_typed_stays(
    scored: Cast, fields: dict[str, str], sentence: str
) -> None:
    answer = office(scored).get(typed(scored, **fields))

    assert answer.status_code == 422
    assert sentence in words_of(answer)
    if fields.get("points"):
        assert f'value="{fields["points"]}"' in body(answer)


def test_weights_are_one_form_and_set_back_they_leave(scored: Cast) -> None:
    client = office(scored)
    items = {i.name: f"w-{i.pk}" for i in scored.blocks["乡镇口"].items.all()}
    park, society = items["决战园区"], items["社会管理"]
    form = {"block": str(scored.blocks["乡镇口"].pk), "add": "weight"}
    tried = [*form.items(), ("step", weight_step(scored))]

    changed = client.get(f"{BENCH}?{urlencode(form | {park: '500', society: '400'})}")
    back = client.get(f"{BENCH}?{urlencode([*tried, (park, '600')])}")
    same = client.get(f"{BENCH}?{urlencode(form | {park: '600'})}")

    assert changed["Location"].endswith(urlencode([("step", weight_step(scored))]))
    assert "step=" not in back["Location"]
    assert (same.status_code, "请至少改动一项" in words_of(same)) == (422, True)


def test_papers_caps_and_vetoes_are_tried_from_their_forms(scored: Cast) -> None:
    client = office(scored)
    row = verified(scored, "青山乡")
    from bonuses.models import Pool, TariffLine

    unit, block = scored.units["东河镇"].pk, scored.blocks["乡镇口"].pk
    line = TariffLine.objects.get(kind="表彰", level="省委省政府").pk
    pool = Pool.objects.get(name="创建卫生城市").pk
    forms: list[tuple[dict[str, Any], str]] = [
        ({"add": "paper", "unit": unit, "worth": f"line~{line}", "scope": "单项"}, f"new~{unit}~{line}~单项"),
        ({"add": "paper", "unit": unit, "worth": f"pool~{pool}", "listed": "4"}, f"reward~{unit}~{pool}~4"),
        ({"add": "known", "known": f"{row.pk}~0"}, f"paper~{row.pk}~0"),
        ({"add": "tariff", "line": f"line~{line}", "points": "15"}, f"tariff~{line}~15"),
        ({"add": "tariff", "line": f"pool~{pool}", "points": "5"}, f"pool~{pool}~5"),
        ({"add": "veto", "unit": unit, "field": "信访"}, f"veto~{unit}~信访"),
        (
            {"add": "rule", "sub": scored.subs["乡镇口", "安全"].pk, "what": "papers"},
            f"look~{scored.subs['乡镇口', '安全'].pk}~0",
        ),
    ]

    for form, step in forms:
        answer = client.get(f"{BENCH}?{urlencode({'block': block} | form)}")
        assert answer["Location"].endswith(urlencode([("step", step)])), form
        assert client.get(answer["Location"]).status_code == 200


def test_an_address_nobody_can_read_is_said_and_the_rest_is_tried(scored: Cast) -> None:
    page = words_of(office(scored).get(address("drop table", weight_step(scored), "paper~99999~1")))

    assert "地址中有1项改动无法识别" in page
    assert "已不存在或已不可行" in page
    assert "权重分：600 → 500" in page


def test_saving_looking_again_and_removing_a_variant(scored: Cast) -> None:
    client = office(scored)
    stored = list(Standing.objects.order_by("pk").values())
    scores = list(Score.objects.order_by("pk").values())

    saved = client.post(SAVE, {"name": "降权重", "step": [weight_step(scored)], "block": ""}, follow=True)
    row = TrialVariant.objects.get()
    removed = client.post(f"{YEAR}what-if/variants/{row.pk}/remove/", follow=True)

    assert "已保存为“降权重”" in words_of(saved)
    assert "权重分：600 → 500" in words_of(saved)
    assert "方案已删除" in words_of(removed)
    assert not TrialVariant.objects.exists()
    assert list(Standing.objects.order_by("pk").values()) == stored
    assert list(Score.objects.order_by("pk").values()) == scores
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    assert {act for act in acts if act.startswith(("score", "standing", "record"))} == set()


@pytest.mark.parametrize(("name", "steps"), [("", True), ("  ", True), ("甲", False)])
def test_a_variant_needs_a_name_and_a_change(scored: Cast, name: str, steps: bool) -> None:
    form = {"name": name, "step": [weight_step(scored)] if steps else []}

    answer = office(scored).post(SAVE, form, follow=True)

    assert 'is-error" role="alert"' in body(answer)
    assert not TrialVariant.objects.exists()


def kept(cast: Cast, name: str, *steps: str) -> int:
    row = TrialVariant.objects.create(
        cycle=cast.cycle, name=name, steps=list(steps), made_by=cast.people["office1"]
    )
    return int(row.pk)


def test_up_to_three_variants_stand_side_by_side_with_today(scored: Cast) -> None:
    keys = [kept(scored, f"方案{n}", score_step(scored, "青山乡", str(97 + n))) for n in range(4)]

    page = words_of(office(scored).get(f"{COMPARE}?{urlencode([('v', key) for key in keys])}"))

    shown = [name for name in ("方案0", "方案1", "方案2", "方案3") if f"{name} 名次" in page]
    assert shown == ["方案0", "方案1", "方案2"]
    # 青山乡 with 98: first, 600.00; 白水乡 600 × 97.5 ÷ 98 = 596.938… → 596.94
    assert "青山乡 2 553.85 2 596.92" in page
    assert "1 ↑1 600.00 +46.15" in page


def test_comparing_nothing_says_what_to_do(scored: Cast) -> None:
    assert "先在模拟测算页保存方案" in words_of(office(scored).get(COMPARE))


def test_a_variant_of_another_year_is_not_shown(scored: Cast) -> None:
    from units.models import Cycle

    other = Cycle.objects.create(code="2013", name="另一年", year=2013, host=scored.cycle.host)
    row = TrialVariant.objects.create(cycle=other, name="外来", made_by=scored.people["office1"])

    page = words_of(office(scored).get(f"{COMPARE}?v={row.pk}"))
    removed = office(scored).post(f"{YEAR}what-if/variants/{row.pk}/remove/")

    assert "外来" not in page
    assert removed.status_code == 404


def test_trial_and_comparison_can_be_taken_away_as_workbooks(scored: Cast) -> None:
    client = office(scored)
    step = score_step(scored, "青山乡", "99.5")
    key = kept(scored, "提分", step)

    trial = openpyxl.load_workbook(BytesIO(client.get(address(step, base=f"{YEAR}what-if.xlsx")).content))
    both = openpyxl.load_workbook(BytesIO(client.get(f"{YEAR}what-if/compare.xlsx?v={key}").content))

    rows = [[c.value for c in row] for row in trial["乡镇口"].iter_rows()]
    assert "测算稿" in str(rows[0][0])
    assert rows[2][:7] == [1, "青山乡", 600, 2, 553.85, 1, 46.15]
    assert [c.value for c in trial["改动"][3]][2] == "青山乡 · 决战园区 初评：90 → 99.5"
    assert [c.value for c in both["乡镇口"][2]][3:] == ["提分：名次", "提分：最终得分"]


@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.SET_UP, 200),
        ("leader1", Stage.PRELIMINARY_REVIEW, 409),
        ("leader1", Stage.HEARING, 200),
        ("mayor", Stage.HEARING, 403),
        ("auditor", Stage.HEARING, 403),
        ("reviewer1", Stage.ONSITE_REVIEW, 403),
        ("lead_市信访局", Stage.HEARING, 403),
        ("principal_青山乡", Stage.RESULTS, 403),
    ],
)
def test_the_bench_is_the_offices_and_from_the_hearing_the_leading_groups(
    cast: Cast, person: str, stage: Stage, status: int
) -> None:
    cast.at(stage)

    assert signed_in(cast.people[person]).get(BENCH).status_code == status


@pytest.mark.parametrize("page", [BENCH, COMPARE])
def test_the_bench_answers_reading_only(cast: Cast, page: str) -> None:
    assert office(cast).post(page).status_code == 405
    assert office(cast).get(SAVE).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_block(scored: Cast) -> None:
    client = office(scored)
    client.get(BENCH)
    counts = []
    for more in (0, 30):
        grow(scored, more)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(weight_step(scored))).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30


@pytest.fixture
def awarded(scored: Cast) -> Cast:
    """The first of 乡镇口 wins: 白水乡 today."""
    scheme = AwardScheme.objects.create(cycle=scored.cycle, name="综合奖", kind="综合", rests_on=["总分"])
    scheme.blocks.add(scored.blocks["乡镇口"])
    PrizeLine.objects.create(scheme=scheme, grade="一等奖", count=1, amount_fen=5_000_000)
    return scored


def award_lines(page: Any) -> list[tuple[str, ...]]:
    text = words_of(page)
    return re.findall(r"综合奖 (\S+) (无|一等奖) (无|一等奖)", text.partition("奖项变动")[2])


@pytest.mark.parametrize("what", ["score", "veto"])
def test_the_bench_shows_which_awards_would_go_to_another(awarded: Cast, what: str) -> None:
    steps = {
        "score": score_step(awarded, "青山乡", "99.5"),
        "veto": f"veto~{awarded.units['白水乡'].pk}~安全生产",
    }

    page = office(awarded).get(address(steps[what]))
    without = office(awarded).get(BENCH)

    assert award_lines(page) == [("青山乡", "无", "一等奖"), ("白水乡", "一等奖", "无")]
    assert "奖项变动" not in words_of(without)


def test_a_change_that_moves_no_award_says_so(awarded: Cast) -> None:
    assert "没有奖项易主" in words_of(office(awarded).get(address(score_step(awarded, "青山乡", "91"))))


def test_a_change_in_another_block_than_the_one_shown_moves_awards_too(awarded: Cast) -> None:
    page = office(awarded).get(
        address(score_step(awarded, "青山乡", "99.5"), block=awarded.blocks["党群口"].pk)
    )

    assert award_lines(page) == [("青山乡", "无", "一等奖"), ("白水乡", "一等奖", "无")]


def test_the_awards_that_move_stand_in_the_workbooks(awarded: Cast) -> None:
    step = score_step(awarded, "青山乡", "99.5")
    variant = kept(awarded, "甲", step)
    files = (
        address(step, base=f"{YEAR}what-if.xlsx"),
        f"{YEAR}what-if/compare.xlsx?v={variant}",
    )

    for file in files:
        book = openpyxl.load_workbook(BytesIO(office(awarded).get(file).content))
        rows = [row[1:] for row in book["奖项变动"].iter_rows(values_only=True) if row[1] == "综合奖"]
        assert rows == [("综合奖", "青山乡", "无", "一等奖"), ("综合奖", "白水乡", "一等奖", "无")]


def test_with_awards_and_vetoes_the_bench_still_asks_thirty_queries_at_most(awarded: Cast) -> None:
    steps = (score_step(awarded, "青山乡", "99.5"), f"veto~{awarded.units['白水乡'].pk}~安全生产")
    client = office(awarded)
    client.get(address(*steps))

    with CaptureQueriesContext(connection) as queries:
        assert client.get(address(*steps)).status_code == 200

    assert len(queries) <= 30
