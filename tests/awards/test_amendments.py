"""Amendments with figures: bases, floors, indicators and prizes, what follows of each, and old versions (§6(9))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appraisal_site.management.commands.check_cycle import breaches_of, invariants
from awards import award_queries, rule_figures
from awards.actions import award_list, rule_changes
from awards.models import Award, AwardScheme, PrizeLine, RuleChange
from awards.rule_drafts import AMENDMENT, MISSING, Draft
from office import ports
from office.models import AuditEntry
from office.refusal import Refused
from scoring import queries
from scoring.actions import scores
from scoring.models import Indicator, MajorItem, Score, ScoreKind, SubItem
from scoring.second_calculation import first_difference
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    MissingStep,
    PrizeStep,
    Step,
    WeightStep,
    WordsStep,
    read,
    written,
)
from tests.cast import Cast
from units.models import Membership
from units.stages import Stage


@pytest.fixture
def year(cast: Cast) -> Cast:
    """青山乡's 信访 is 400 less a line of 40; the others' are numbers.

    决战园区 600 × own ÷ 100; 社会管理 400 × own ÷ 400 while 安全 is missing everywhere.
    青山乡 540 + 360 = 900 · 白水乡 600 + 320 = 920 · 东河镇 480 + 400 = 880
    """
    office = cast.hat("office1")
    for unit, park, letters in (("青山乡", "90", None), ("白水乡", "100", "320"), ("东河镇", "80", "400")):
        by_park = {"points": Decimal(park), "kind": ScoreKind.PRELIMINARY}
        scores.record_score(by=office, cell_id=cast.cell(unit, "决战园区").pk, **by_park)  # type: ignore[arg-type]  # two of its arguments
        lines = [scores.DeductionLine(Decimal(40), "积案未结")] if letters is None else []
        scores.record_score(
            by=office,
            cell_id=cast.cell(unit, "信访").pk,
            kind=ScoreKind.PRELIMINARY,
            points=None if letters is None else Decimal(letters),
            lines=lines,
        )
    return cast.at(Stage.RESULTS)


def places(cast: Cast) -> dict[str, tuple[int, int]]:
    block = cast.blocks["乡镇口"]
    block.cycle = cast.cycle
    return {row.unit: (row.rank, row.final) for row in queries.standing_of(block).rows}


def sub(cast: Cast, name: str = "信访") -> int:
    return int(cast.subs["乡镇口", name].pk)


def amendment(*steps: Step) -> Draft:
    return Draft(kind=AMENDMENT, steps=steps, reason="附表有误", on=date(2012, 11, 1), clause="§3")


def put(cast: Cast, *steps: Step) -> RuleChange:
    return rule_changes.propose(by=cast.hat("leader1"), cycle=cast.cycle, draft=amendment(*steps))


def amend(cast: Cast, *steps: Step) -> RuleChange:
    row = put(cast, *steps)
    return rule_changes.confirm(by=cast.hat("leader2"), cycle=cast.cycle, change_id=row.pk)


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value


def breached() -> set[str]:
    return {row.code for row in invariants() if breaches_of(row, "2012")}


# Bases ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_score_that_deductions_explain_follows_its_base(year: Cast) -> None:
    before = places(year)

    row = amend(year, BaseStep(sub(year), Decimal(500)))

    assert before == {"白水乡": (1, 92000), "青山乡": (2, 90000), "东河镇": (3, 88000)}
    # 信访 of 青山乡 is 500 − 40 = 460 and the first; 社会管理 400 × own ÷ 460:
    # 青山乡 540 + 400 · 白水乡 600 + 278.26 · 东河镇 480 + 347.83
    assert places(year) == {"青山乡": (1, 94000), "白水乡": (2, 87826), "东河镇": (3, 82783)}
    assert year.cell("青山乡", "信访").scores.get(kind="preliminary").points == 460
    assert row.said == [
        "信访（乡镇口）基础分：400 → 500",
        "大项社会管理（乡镇口）基础分随之：1000 → 1100",
        "1个由扣分得出的得分按修订后的基础分重新计算",
    ]


@pytest.mark.django_db
def test_the_base_of_an_item_is_that_of_its_sub_items(year: Cast) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)), BaseStep(sub(year, "安全"), Decimal(700)))

    assert MajorItem.objects.get(name="社会管理").base_points == 1200


@pytest.mark.django_db
def test_what_was_shown_before_the_signatures_is_what_comes(year: Cast) -> None:
    steps = [BaseStep(sub(year), Decimal(500))]
    shown = ports.consequences(rule_changes.trying(year.cycle, steps))
    before = places(year)

    row = amend(year, *steps)

    moved = [(m.unit, int(m.before), int(m.after)) for m in shown if m.aspect == "rank"]
    after = places(year)
    assert moved == [("青山乡", 2, 1), ("白水乡", 1, 2)]
    assert moved == [(u, before[u][0], after[u][0]) for u in ("青山乡", "白水乡")]
    assert row.effect == [asdict(move) for move in shown]


@pytest.mark.django_db
def test_a_score_given_as_a_number_above_the_new_base_is_named_and_nothing_changes(year: Cast) -> None:
    before = places(year)

    refusal = refused(lambda: put(year, BaseStep(sub(year), Decimal(350))))

    # 东河镇 has 400; 青山乡's 360 would follow as 310, 白水乡's 320 fits.
    assert (refusal.code, refusal.status) == ("scores-outside", 409)
    assert "东河镇信访（初评 400）" in refusal.sentence
    assert "白水乡" not in refusal.sentence
    assert places(year) == before
    assert not RuleChange.objects.exists()


@pytest.mark.django_db
def test_a_score_that_slips_in_between_the_signatures_holds_the_amendment(year: Cast) -> None:
    row = put(year, BaseStep(sub(year, "安全"), Decimal(500)))
    year.at(Stage.ONSITE_REVIEW)
    scores.record_score(
        by=year.hat("office1"),
        cell_id=year.cell("青山乡", "安全").pk,
        kind=ScoreKind.ONSITE,
        points=Decimal(560),
    )

    refusal = refused(
        lambda: rule_changes.confirm(by=year.hat("leader2"), cycle=year.cycle, change_id=row.pk)
    )

    assert refusal.code == "scores-outside"
    assert SubItem.objects.get(pk=sub(year, "安全")).base_points == 600


@pytest.mark.django_db
def test_a_sealed_self_assessment_stays_as_it_was_signed(year: Cast) -> None:
    year.score("东河镇", "信访", "400", ScoreKind.SELF)
    Score.objects.filter(cell=year.cell("东河镇", "信访"), kind="preliminary").update(points=300)

    amend(year, BaseStep(sub(year), Decimal(350)))

    assert year.cell("东河镇", "信访").scores.get(kind="self").points == 400
    invariant = next(row for row in invariants() if row.code == "score-range")
    assert breaches_of(invariant, "2012") == []


@pytest.mark.django_db
def test_what_was_typed_or_read_by_the_old_rule_is_looked_at_again(year: Cast) -> None:
    cell = year.cell("东河镇", "信访")

    amend(year, BaseStep(sub(year), Decimal(500)))

    refusal = refused(
        lambda: scores.record_score(
            by=year.at(Stage.PRELIMINARY_REVIEW).hat("office1"),
            cell_id=cell.pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal(399),
            version=cell.version,
        )
    )
    assert refusal.code == "changed-meanwhile"


@pytest.mark.django_db
def test_two_kinds_of_one_cell_are_both_recounted(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")
    line = scores.DeductionLine(Decimal(25), "迟报")
    scores.record_score(
        by=year.at(Stage.PRELIMINARY_REVIEW).hat("lead_市信访局"),
        cell_id=cell.pk,
        kind=ScoreKind.LEAD,
        lines=[line],
    )

    amend(year, BaseStep(sub(year), Decimal(500)))

    assert {one.kind: one.points for one in cell.scores.all()} == {"lead": 475, "preliminary": 460}
    assert breached() == set()


@pytest.mark.django_db
def test_every_recounted_score_is_in_the_log_of_its_cell(year: Cast) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)))

    cell = year.cell("青山乡", "信访")
    entry = AuditEntry.objects.filter(object_id=str(cell.pk), act="score.recorded").latest("number")
    assert '"after": "460"' in entry.details
    assert "修订" in entry.details
    assert breached() == set()


@pytest.mark.django_db
def test_the_second_calculation_uses_the_amended_figures(year: Cast) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)), *weights(year))

    block = year.blocks["乡镇口"]
    block.cycle = year.cycle
    assert first_difference(block) is None


def weights(cast: Cast) -> tuple[Step, ...]:
    items = {one.name: one.pk for one in cast.blocks["乡镇口"].items.all()}
    return (WeightStep(items["决战园区"], Decimal(300)), WeightStep(items["社会管理"], Decimal(700)))


@pytest.mark.django_db
def test_an_award_that_compares_score_by_base_sees_the_amended_base(cast: Cast) -> None:
    """信访 350 of 400 = 0.875 in 乡镇口, 业务 860 of 1000 = 0.86 in 党群口; of 500 it is 0.7."""
    scheme = AwardScheme.objects.create(
        cycle=cast.cycle, name="信访奖", kind="单项", rests_on=["中项:信访", "中项:业务"]
    )
    scheme.blocks.add(cast.blocks["乡镇口"], cast.blocks["党群口"])
    PrizeLine.objects.create(scheme=scheme, grade="一等奖", count=1, amount_fen=700_000)
    cast.score("青山乡", "信访", "350")
    cast.score("市档案局", "业务", "860", block="党群口")
    cast.at(Stage.RESULTS)

    moves = ports.consequences(rule_changes.trying(cast.cycle, [BaseStep(sub(cast), Decimal(500))]))

    assert [(m.unit, m.aspect, m.before, m.after) for m in moves] == [
        ("青山乡", "award", "一等奖", ""),
        ("市档案局", "award", "", "一等奖"),
    ]


# Floors and indicators -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_floor_may_lie_below_nothing_with_its_words(year: Cast) -> None:
    cell = year.cell("白水乡", "信访")
    scores.record_score(
        by=year.at(Stage.PRELIMINARY_REVIEW).hat("office1"),
        cell_id=cell.pk,
        kind=ScoreKind.PRELIMINARY,
        lines=[scores.DeductionLine(Decimal(430), "赴省集体访")],
    )
    stopped = cell.scores.get().points

    amend(year, FloorStep(sub(year), Decimal(-50), "集体访每次加扣，扣至负50分"))

    row = SubItem.objects.get(pk=sub(year))
    assert (stopped, cell.scores.get().points) == (0, -30)
    assert (row.floor_points, row.floor_text) == (-50, "集体访每次加扣，扣至负50分")


@pytest.mark.django_db
def test_a_raised_floor_lifts_what_deductions_brought_below_it(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")
    scores.record_score(
        by=year.at(Stage.PRELIMINARY_REVIEW).hat("office1"),
        cell_id=cell.pk,
        kind=ScoreKind.PRELIMINARY,
        lines=[scores.DeductionLine(Decimal(390), "积案")],
    )

    amend(year, FloorStep(sub(year), Decimal(100), "扣至100分止"))

    assert cell.scores.get().points == 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "code"),
    [
        (lambda c: FloorStep(sub(c), Decimal(-50), " "), "no-words"),
        (lambda c: FloorStep(sub(c), Decimal(400), "不得低于400分"), "floor-above-base"),
        (lambda c: BaseStep(sub(c), Decimal(0)), "not-positive"),
        (lambda c: BaseStep(sub(c), Decimal("400.005")), "too-many-decimals"),
        (lambda c: BaseStep(987654, Decimal(1)), "not-there"),
        (lambda c: FloorStep(sub(c), Decimal(330), "不得低于330分"), "scores-outside"),  # 白水乡's 320
        (lambda c: PrizeStep(987654, 1), "not-there"),
    ],
)
def test_what_could_never_hold_is_refused(year: Cast, step: Callable[[Cast], Step], code: str) -> None:
    assert refused(lambda: put(year, step(year))).code == code


@pytest.fixture
def indicated(cast: Cast) -> Cast:
    """安全 600 = 甲 400 + 乙 200; 青山乡 lost 50 on 甲 and 220 on 乙: 350 + 0."""
    rows = [
        Indicator.objects.create(
            sub_item=cast.subs["乡镇口", "安全"], name=name, base_points=base, rule_text=f"{name}的旧条文"
        )
        for name, base in (("甲", 400), ("乙", 200))
    ]
    scores.record_score(
        by=cast.at(Stage.ONSITE_REVIEW).hat("office1"),
        cell_id=cast.cell("青山乡", "安全").pk,
        kind=ScoreKind.ONSITE,
        lines=[
            scores.DeductionLine(Decimal(50), "隐患", rows[0]),
            scores.DeductionLine(Decimal(220), "事故", rows[1]),
        ],
    )
    return cast.at(Stage.RESULTS)


@pytest.mark.django_db
def test_the_bases_of_indicators_move_within_their_sum(indicated: Cast) -> None:
    first, second = Indicator.objects.order_by("pk")
    before = indicated.cell("青山乡", "安全").scores.get().points

    amend(indicated, IndicatorStep(first.pk, Decimal(300)), IndicatorStep(second.pk, Decimal(300)))

    # 250 + 80
    assert (before, indicated.cell("青山乡", "安全").scores.get().points) == (350, 330)


@pytest.mark.django_db
def test_indicators_that_no_longer_sum_are_refused(indicated: Cast) -> None:
    first = Indicator.objects.order_by("pk")[0]

    alone = refused(lambda: put(indicated, IndicatorStep(first.pk, Decimal(300))))
    base = refused(lambda: put(indicated, BaseStep(sub(indicated, "安全"), Decimal(500))))

    assert (alone.code, base.code) == ("indicators-do-not-sum", "indicators-do-not-sum")
    assert "合计500" in alone.sentence


@pytest.mark.django_db
def test_the_text_of_an_indicator_is_amended_and_the_old_one_kept(indicated: Cast) -> None:
    first = Indicator.objects.order_by("pk")[0]
    text = "每发现一处~重大隐患扣10%，\n扣完为止"

    row = amend(indicated, WordsStep(first.pk, text))

    first.refresh_from_db()
    assert first.rule_text == text
    assert [(one.before, one.after) for one in rule_figures.changes_of(row)] == [("甲的旧条文", text)]
    assert row.effect == []


@given(st.text(max_size=60).filter(lambda text: text.strip() != ""))
def test_words_survive_being_written_and_read(words: str) -> None:
    for step in (WordsStep(7, words), FloorStep(7, Decimal("-2.5"), words)):
        assert read(written(step)) == step


# Prizes --------------------------------------------------------------------------------------------


@pytest.fixture
def prized(year: Cast) -> Cast:
    scheme = AwardScheme.objects.create(cycle=year.cycle, name="综合奖", kind="综合", rests_on=["总分"])
    scheme.blocks.add(year.blocks["乡镇口"])
    for order, (grade, fen) in enumerate((("一等奖", 5_000_000), ("二等奖", 4_000_000))):
        PrizeLine.objects.create(scheme=scheme, grade=grade, count=1, amount_fen=fen, order=order)
    return year


def prize(grade: str = "一等奖") -> int:
    return int(PrizeLine.objects.get(grade=grade).pk)


@pytest.mark.django_db
def test_a_prize_is_amended_to_the_fen_and_shown_with_the_money_of_the_year(prized: Cast) -> None:
    step = PrizeStep(prize(), 6_000_050)

    moves = ports.consequences(rule_changes.trying(prized.cycle, [step]))
    amend(prized, step)

    assert [(m.unit, m.aspect, m.before, m.after) for m in moves] == [
        ("白水乡", "prize", "50\N{NO-BREAK SPACE}000.00", "60\N{NO-BREAK SPACE}000.50"),
        ("", "budget", "90\N{NO-BREAK SPACE}000.00", "100\N{NO-BREAK SPACE}000.50"),
    ]
    assert PrizeLine.objects.get(grade="一等奖").amount_fen == 6_000_050
    ground = award_queries.ground_of(prized.cycle)
    assert award_queries.budget_of(ground, award_queries.compute_awards(ground), []).total == 10_000_050


@pytest.mark.django_db
def test_a_list_put_forward_takes_the_amended_amount_and_loses_its_first_signature(prized: Cast) -> None:
    prized.at(Stage.APPROVAL)
    opened = award_list.propose_list(by=prized.hat("office1"), cycle=prized.cycle)
    for unit in ("青山乡", "白水乡", "东河镇"):
        prized.score(unit, "安全", "600", ScoreKind.ONSITE)
    award_list.propose_list(by=prized.hat("office1"), cycle=prized.cycle)
    opened.refresh_from_db()
    award_list.sign_list(
        by=prized.hat("leader1"), cycle=prized.cycle, list_id=opened.pk, digest=opened.digest
    )

    amend(prized, PrizeStep(prize(), 6_000_000))

    opened.refresh_from_db()
    assert (opened.state, opened.first_by) == ("draft", None)
    assert Award.objects.get(grade="一等奖").amount_fen == 6_000_000


@pytest.mark.django_db
def test_a_decided_list_is_not_amended(prized: Cast) -> None:
    prized.at(Stage.APPROVAL)
    for unit in ("青山乡", "白水乡", "东河镇"):
        prized.score(unit, "安全", "600", ScoreKind.ONSITE)
    opened = award_list.propose_list(by=prized.hat("office1"), cycle=prized.cycle)
    for person in ("leader1", "leader2"):
        opened.refresh_from_db()
        award_list.sign_list(
            by=prized.hat(person), cycle=prized.cycle, list_id=opened.pk, digest=opened.digest
        )

    assert refused(lambda: put(prized, PrizeStep(prize(), 1))).code == "awards-decided"


# Versions ------------------------------------------------------------------------------------------


def at(cast: Cast, number: int) -> dict[str, str]:
    today = rule_figures.figures_of(cast.cycle)
    then = rule_figures.at_version(today, rule_figures.decided(cast.cycle.pk), number)
    return {f"{one.name} {one.aspect}": one.value for one in then}


@pytest.mark.django_db
def test_every_earlier_version_stays_readable(year: Cast) -> None:
    issued = at(year, 0)
    amend(year, BaseStep(sub(year), Decimal(500)))
    amend(year, *weights(year))
    amend(year, BaseStep(sub(year), Decimal(450)))

    assert at(year, 0) == issued
    assert [at(year, n)["信访 基础分"] for n in range(4)] == ["400", "500", "500", "450"]
    assert [at(year, n)["社会管理 大项基础分"] for n in range(4)] == ["1000", "1100", "1100", "1050"]
    assert [at(year, n)["决战园区 权重分"] for n in range(4)] == ["600", "600", "300", "300"]


@pytest.mark.django_db
def test_replaying_the_versions_gives_todays_rules(year: Cast) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)))
    amend(year, *weights(year), FloorStep(sub(year), Decimal(-10), "扣至负10分"))
    missing = MissingStep(
        Membership.objects.get(unit__name="青山乡", block=year.blocks["乡镇口"]).pk, sub(year, "安全"), "zero"
    )
    row = rule_changes.propose(
        by=year.hat("leader1"),
        cycle=year.cycle,
        draft=Draft(kind=MISSING, steps=[missing], reason="因灾未考"),
    )
    rule_changes.confirm(by=year.hat("leader2"), cycle=year.cycle, change_id=row.pk)

    assert breached() == set()
    assert year.cell("青山乡", "安全").missing_reason == "因灾未考"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "behind",
    [
        lambda c: SubItem.objects.filter(name="信访").update(base_points=499),
        lambda c: MajorItem.objects.filter(name="决战园区").update(weight_points=301),
        lambda c: SubItem.objects.filter(name="信访").update(floor_text="扣至负9分"),
        lambda c: RuleChange.objects.filter(number=2).update(figures=[]),
        lambda c: RuleChange.objects.filter(number=1).update(figures=[]),
    ],
)
def test_a_rule_or_version_altered_behind_is_named(year: Cast, behind: Callable[[Cast], object]) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)))
    amend(year, *weights(year), FloorStep(sub(year), Decimal(-10), "扣至负10分"))

    behind(year)

    assert breached() & {"rule-change-replay", "rule-change-signed"}


@pytest.mark.django_db
def test_the_port_names_the_version_of_each_figure(year: Cast) -> None:
    amend(year, BaseStep(sub(year), Decimal(500)))
    amend(year, BaseStep(sub(year), Decimal(450)))

    found = ports.amended(year.cycle.pk)

    assert (found[f"base~{sub(year)}"].number, found[f"base~{sub(year)}"].before) == (2, "500")


@pytest.mark.django_db(transaction=False)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.integers(400, 900),
    floor=st.integers(-90, 300),
    park=st.integers(0, 1000),
)
def test_any_amendment_moves_exactly_what_was_shown(year: Cast, base: int, floor: int, park: int) -> None:
    items = {one.name: one.pk for one in year.blocks["乡镇口"].items.all()}
    steps: list[Step] = [
        BaseStep(sub(year), Decimal(base)),
        FloorStep(sub(year), Decimal(floor), "特别注明"),
        WeightStep(items["决战园区"], Decimal(park)),
        WeightStep(items["社会管理"], Decimal(1000 - park)),
    ]
    before = places(year)
    shown = ports.consequences(rule_changes.trying(year.cycle, steps))

    amend(year, *steps)

    after = places(year)
    ranks = {m.unit: (int(m.before), int(m.after)) for m in shown if m.aspect == "rank"}
    assert ranks == {u: (before[u][0], after[u][0]) for u in before if before[u][0] != after[u][0]}
    finals = {m.unit for m in shown if m.aspect == "final"}
    assert finals == {u for u in before if before[u][1] != after[u][1]}
