"""Points from papers: the worked tables of the rules, and what must hold for any pile.

No database; the tariff is the shipped one.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.policy import (
    CAP,
    COMMENDATION,
    COMPREHENSIVE,
    CRITICISM,
    REWARD,
    TOP_THREE,
    Effect,
    Paper,
    PoolRule,
    Readings,
    StepKind,
    Sum,
    Tariff,
    Why,
    bars,
    count,
    propose_matters,
)

PRAISE = {
    "国家部委及中直部门": 30,
    "省委省政府": 20,
    "省直部门": 10,
    "设区市委市政府": 10,
    "本市": 0,
    "社会中介机构": 0,
}
BLAME = {"省委省政府": 30, "省直部门": 30, "设区市委市政府": 20, "本市": 5}
POOLS = {1: PoolRule("重点项目推进工作", Decimal(10)), 2: PoolRule("创建卫生城市", Decimal(10))}
SHIPPED = Tariff(
    places=2,
    points={
        **{(COMMENDATION, level, COMPREHENSIVE): Decimal(p) for level, p in PRAISE.items()},
        **{(CRITICISM, level, COMPREHENSIVE): Decimal(p) for level, p in BLAME.items()},
        (TOP_THREE, "设区市主管部门", COMPREHENSIVE): Decimal(5),
        (CAP, "", COMPREHENSIVE): Decimal(50),
    },
    pools=POOLS,
)
NATIONAL, PROVINCIAL, DEPARTMENT = (
    Paper(n, COMMENDATION, level)
    for n, level in enumerate(("国家部委及中直部门", "省委省政府", "省直部门"), 1)
)
TOP = Paper(4, TOP_THREE, "设区市主管部门")


def reading(**choices: str) -> Tariff:
    return replace(SHIPPED, readings=Readings(**choices))


def figures(found: Sum) -> tuple[object, object, object]:
    return found.commendations, found.criticisms, found.rewards


@pytest.mark.parametrize(
    ("papers", "points"),
    [
        ([], 0),
        ([NATIONAL], 30),
        ([NATIONAL, PROVINCIAL], 50),
        ([NATIONAL, PROVINCIAL, DEPARTMENT], 50),  # 60, capped: §4(2)4
        ([replace(NATIONAL, scope="单项")], 15),  # a single task counts half: §4(2)1
        ([replace(NATIONAL, honoured="基层站所")], 15),
        ([replace(NATIONAL, scope="单项", honoured="基层站所")], 15),  # once, not twice
        ([replace(NATIONAL, honoured="内设机构")], 30),
        ([TOP], 5),
        ([replace(TOP, scope="单项")], 0),  # R3: 5 is never halved
        ([replace(NATIONAL, honoured="个人")], 0),  # a person's honour is shown only
        ([Paper(1, COMMENDATION, "社会中介机构")], 0),
        ([Paper(1, COMMENDATION, "本市")], 0),
        ([replace(PROVINCIAL, carried_over=True), NATIONAL, TOP], 50),  # 55: carry-over is in the cap, R4
    ],
)
def test_commendations_add_up_and_stop_at_fifty(papers: list[Paper], points: int) -> None:
    assert count(papers, SHIPPED).commendations == points


@pytest.mark.parametrize(
    ("level", "points"), [("省委省政府", 30), ("省直部门", 30), ("设区市委市政府", 20), ("本市", 5)]
)
def test_a_criticism_costs_by_its_level(level: str, points: int) -> None:
    assert figures(count([Paper(1, CRITICISM, level)], SHIPPED)) == (0, points, 0)


def test_one_matter_criticised_by_three_costs_the_highest_once() -> None:
    papers = [
        Paper(n, CRITICISM, level, matter=7)
        for n, level in enumerate(("本市", "省直部门", "设区市委市政府"), 1)
    ]

    found = count(papers, SHIPPED)

    assert found.criticisms == 30
    assert [w.why for w in found.worths] == [Why.SAME_MATTER, Why.COUNTS, Why.SAME_MATTER]


def test_two_matters_both_cost() -> None:
    papers = [
        Paper(1, CRITICISM, "本市", matter=7),
        Paper(2, CRITICISM, "本市", matter=8),
        Paper(3, CRITICISM, "本市"),
    ]

    assert count(papers, SHIPPED).criticisms == 15


@pytest.mark.parametrize(
    ("choices", "commendations", "criticisms", "rewards"),
    [
        ({}, 30 + 20, 30, 10),
        ({"criticism_matter": "each"}, 50, 35, 10),
        ({"commendation_matter": "highest"}, 30, 30, 10),
        ({"cap_covers": "with-rewards"}, 50, 30, 0),
        ({"commendation_matter": "highest", "cap_covers": "with-rewards"}, 30, 30, 10),
    ],
)
def test_the_readings_change_what_they_say(
    choices: dict[str, str], commendations: int, criticisms: int, rewards: int
) -> None:
    papers = [
        replace(NATIONAL, matter=1),
        replace(PROVINCIAL, matter=1),
        Paper(11, CRITICISM, "省委省政府", matter=2),
        Paper(12, CRITICISM, "本市", matter=2),
        Paper(21, REWARD, pool=1, listed=Decimal(10)),
    ]

    assert figures(count(papers, reading(**choices))) == (commendations, criticisms, rewards)


def test_half_of_the_top_three_by_the_other_reading() -> None:
    found = count([replace(TOP, scope="单项")], reading(single_top_three="half"))

    assert found.commendations == Decimal("2.5")


@pytest.mark.parametrize("level", ["国家部委及中直部门", "设区市主管部门"])
def test_a_criticism_without_a_tariff_is_held_and_costs_nothing(level: str) -> None:
    found = count([Paper(1, CRITICISM, level)], SHIPPED)

    assert (found.criticisms, found.held) == (Decimal(0), (1,))


@pytest.mark.parametrize(
    ("listed", "points"),
    [
        ([(1, "4"), (1, "3.5")], "7.5"),
        ([(1, "8"), (1, "8")], "10"),  # the pool's cap
        ([(1, "8"), (1, "8"), (2, "6")], "16"),  # each pool by itself
        ([(1, "30"), (2, "30")], "20"),
        ([(9, "4")], "0"),  # an unknown pool gives nothing
    ],
)
def test_reward_points_stop_at_the_cap_of_each_pool(listed: list[tuple[int, str]], points: str) -> None:
    papers = [Paper(n, REWARD, pool=pool, listed=Decimal(p)) for n, (pool, p) in enumerate(listed)]

    assert count(papers, SHIPPED).rewards == Decimal(points)


def test_reward_points_lie_outside_the_cap_of_commendations() -> None:
    papers = [NATIONAL, PROVINCIAL, DEPARTMENT, Paper(9, REWARD, pool=1, listed=Decimal(10))]

    assert count(papers, SHIPPED).net == 60


def test_a_half_with_too_many_decimals_is_rounded_half_up_and_says_so() -> None:
    coarse = replace(SHIPPED, places=0, points={(COMMENDATION, "省", COMPREHENSIVE): Decimal(5)})

    (found,) = count([Paper(1, COMMENDATION, "省", scope="单项")], coarse).worths

    assert (found.points, found.why, found.is_rounded) == (Decimal(3), Why.HALVED, True)  # 2.5 → 3


def test_a_line_of_its_own_for_single_tasks_takes_the_place_of_half() -> None:
    priced = replace(SHIPPED, points={**SHIPPED.points, (COMMENDATION, "省委省政府", "单项"): Decimal(8)})

    assert count([replace(PROVINCIAL, scope="单项")], priced).commendations == 8


def test_the_steps_tell_the_sum_in_its_order() -> None:
    papers = [
        NATIONAL,
        PROVINCIAL,
        DEPARTMENT,
        Paper(5, CRITICISM, "本市"),
        Paper(9, REWARD, pool=1, listed=Decimal(12)),
    ]

    steps = [(s.kind, s.before, s.after, s.bites) for s in count(papers, SHIPPED).steps]

    assert steps == [
        (StepKind.COMMENDATIONS, Decimal(60), Decimal(60), False),
        (StepKind.CAP, Decimal(60), Decimal(50), True),
        (StepKind.CRITICISMS, Decimal(5), Decimal(5), False),
        (StepKind.POOL, Decimal(12), Decimal(10), True),
    ]


@pytest.mark.parametrize(
    ("level", "effect", "since", "barred"),
    [
        ("否决", Effect(), 0, True),
        ("否决", Effect(), 1, False),
        ("否决", Effect(years=2), 1, True),
        ("否决", Effect(years=2), -1, False),
        ("否决", Effect(comprehensive=False, single=False), 0, False),
        ("黄牌警告", Effect(), 0, False),  # only shows
    ],
)
def test_a_veto_bars_by_its_effect_and_a_yellow_card_never(
    level: str, effect: Effect, since: int, barred: bool
) -> None:
    assert bars(level, effect, since) is barred


def test_papers_with_alike_titles_are_proposed_as_one_matter() -> None:
    titles = {
        1: "关于龙潭乡非法采矿问题的通报",
        2: "关于对龙潭乡非法采矿问题通报批评的决定",
        3: "关于表彰2012年度招商引资先进单位的决定",
    }

    assert propose_matters(titles) == [(1, 2)]


POINTS = st.integers(0, 3000).map(lambda n: Decimal(n) / 100)
PAPERS = st.lists(
    st.builds(
        Paper,
        key=st.integers(1, 10_000),
        kind=st.sampled_from([COMMENDATION, TOP_THREE, CRITICISM, REWARD]),
        level=st.sampled_from([*PRAISE, "设区市主管部门"]),
        scope=st.sampled_from(["综合", "单项", "基层"]),
        honoured=st.sampled_from(["本单位", "内设机构", "基层站所", "个人"]),
        matter=st.sampled_from([None, 1, 2, 3]),
        pool=st.sampled_from([1, 2]),
        listed=POINTS,
        carried_over=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda paper: paper.key,
)
TARIFFS = st.builds(
    reading,
    single_top_three=st.sampled_from(["none", "half"]),
    cap_covers=st.sampled_from(["commendations", "with-rewards"]),
    criticism_matter=st.sampled_from(["highest", "each"]),
    commendation_matter=st.sampled_from(["each", "highest"]),
)


@given(PAPERS, TARIFFS)
def test_no_pile_passes_the_caps(papers: list[Paper], tariff: Tariff) -> None:
    found = count(papers, tariff)

    assert 0 <= found.commendations <= 50
    assert 0 <= found.rewards <= 20
    if tariff.readings.cap_covers == "with-rewards":
        assert found.commendations + found.rewards <= 50


@given(PAPERS, TARIFFS, st.randoms())
def test_the_order_of_papers_never_matters(papers: list[Paper], tariff: Tariff, chance: object) -> None:
    shuffled = list(papers)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis

    assert count(shuffled, tariff) == count(papers, tariff)


@given(PAPERS)
def test_one_matter_costs_once(papers: list[Paper]) -> None:
    blame = [p for p in papers if p.kind == CRITICISM and p.matter is not None]
    found = count(blame, SHIPPED)

    counted = [w for w in found.worths if w.why is Why.COUNTS and w.points]
    dearest = {p.matter: max(BLAME.get(q.level, 0) for q in blame if q.matter == p.matter) for p in blame}

    assert found.criticisms == sum(dearest.values())
    assert len(counted) <= len(dearest)


@given(PAPERS, TARIFFS)
def test_another_commendation_never_lowers_the_sum(papers: list[Paper], tariff: Tariff) -> None:
    more = [*papers, Paper(20_000, COMMENDATION, "省委省政府")]

    assert count(more, tariff).net >= count(papers, tariff).net


@given(PAPERS, TARIFFS)
def test_every_figure_keeps_the_decimals_of_the_cycle(papers: list[Paper], tariff: Tariff) -> None:
    found = count(papers, tariff)

    figures_ = (found.commendations, found.criticisms, found.rewards)
    assert all(f == f.quantize(Decimal("0.01")) for f in figures_)
