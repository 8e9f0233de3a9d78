"""Amendments and decisions on missing cells: two signatures, versions, what they move, every refusal (§6(9))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from awards.actions import rule_changes
from awards.models import RuleChange
from awards.readiness import open_change_lacks
from awards.rule_drafts import AMENDMENT, MISSING, Draft
from bonuses.models import Pool, TariffLine
from office.models import AuditEntry
from office.refusal import Refused
from scoring import queries
from scoring.models import Cell, Score, SubItem
from scoring.trial_steps import (
    LookStep,
    MissingStep,
    PoolStep,
    ScoreStep,
    Step,
    SuspendStep,
    TariffStep,
    WeightStep,
)
from tests.bonuses.papers import equip, scan, verified
from tests.cast import Cast
from units.actions.signing import Minutes
from units.models import Conflict, Membership
from units.stages import Stage

SCORES = {"青山乡": ("90", "360"), "白水乡": ("100", "320"), "东河镇": ("80", "400")}
# 决战园区 600 × own ÷ 100; 社会管理 400 × own ÷ 400 while 安全 is missing everywhere.
# 青山乡 540 + 360 = 900 · 白水乡 600 + 320 = 920 · 东河镇 480 + 400 = 880


@pytest.fixture
def year(cast: Cast) -> Cast:
    equip(cast)
    for unit, (park, letters) in SCORES.items():
        cast.score(unit, "决战园区", park)
        cast.score(unit, "信访", letters)
    return cast.at(Stage.RESULTS)


def places(cast: Cast) -> dict[str, tuple[int, int]]:
    block = cast.blocks["乡镇口"]
    block.cycle = cast.cycle
    return {row.unit: (row.rank, row.final) for row in queries.standing_of(block).rows}


def item(cast: Cast, name: str) -> int:
    return int(cast.blocks["乡镇口"].items.get(name=name).pk)


def member(cast: Cast, unit: str) -> int:
    return int(Membership.objects.get(unit__name=unit, block=cast.blocks["乡镇口"]).pk)


def weights(cast: Cast, park: str = "300", society: str = "700") -> tuple[Step, ...]:
    return (
        WeightStep(item(cast, "决战园区"), Decimal(park)),
        WeightStep(item(cast, "社会管理"), Decimal(society)),
    )


def amendment(*steps: Step, reason: str = "方案附表有误", wording: str = "") -> Draft:
    return Draft(
        kind=AMENDMENT, steps=steps, reason=reason, wording=wording, on=date(2012, 11, 1), clause="§3"
    )


def put(cast: Cast, draft: Draft, by: str = "leader1") -> RuleChange:
    return rule_changes.propose(by=cast.hat(by), cycle=cast.cycle, draft=draft)


def sign(cast: Cast, row: RuleChange, by: str = "leader2") -> RuleChange:
    return rule_changes.confirm(by=cast.hat(by), cycle=cast.cycle, change_id=row.pk)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


@pytest.mark.django_db
def test_an_amendment_counts_from_the_second_signature_on(year: Cast) -> None:
    before = places(year)

    row = put(year, amendment(*weights(year)))
    waiting = places(year)
    signed = sign(year, row)

    assert before == waiting == {"白水乡": (1, 92000), "青山乡": (2, 90000), "东河镇": (3, 88000)}
    # 300 × own ÷ 100 + 700 × own ÷ 400: 东河镇 240 + 700, 青山乡 270 + 630, 白水乡 300 + 560
    assert places(year) == {"东河镇": (1, 94000), "青山乡": (2, 90000), "白水乡": (3, 86000)}
    assert (signed.number, signed.state, signed.second_by) == (1, "decided", year.people["leader2"])
    assert "决战园区（乡镇口）权重分：600 → 300" in signed.said


@pytest.mark.django_db
def test_what_it_moved_is_kept_with_it_and_in_the_log(year: Cast) -> None:
    signed = sign(year, put(year, amendment(*weights(year))))

    ranks = [(m["unit"], m["before"], m["after"]) for m in signed.effect if m["aspect"] == "rank"]
    assert ranks == [("白水乡", "1", "3"), ("东河镇", "3", "1")]
    entry = AuditEntry.objects.latest("number")
    assert entry.act == "amendment.decided"
    assert "白水乡" in entry.details


@pytest.mark.django_db
def test_versions_count_up_by_kind(year: Cast) -> None:
    first = sign(year, put(year, amendment(wording="附表三第二条以本条为准。")))
    second = sign(year, put(year, amendment(*weights(year))))
    missing = MissingStep(member(year, "青山乡"), year.subs["乡镇口", "安全"].pk, "zero")
    decided = sign(year, put(year, Draft(kind=MISSING, steps=[missing], reason="未报")))

    assert [first.number, second.number, decided.number] == [1, 2, 1]


@pytest.mark.django_db
def test_tariff_pool_and_rules_of_a_sub_item_are_amended_and_recounted(year: Cast) -> None:
    verified(year, "青山乡")  # 省人民政府, 20
    line = TariffLine.objects.get(kind="表彰", level="省委省政府")
    pool = Pool.objects.get(name="创建卫生城市")
    safety, letters = year.subs["乡镇口", "安全"], year.subs["乡镇口", "信访"]

    sign(
        year,
        put(
            year,
            amendment(
                TariffStep(line.pk, Decimal(25)),
                PoolStep(pool.pk, Decimal(8)),
                LookStep(letters.pk, visit_required=True),
                SuspendStep(safety.pk, suspended=True),
                reason="标准有误",
            ),
        ),
    )

    line.refresh_from_db()
    pool.refresh_from_db()
    assert (line.points, pool.cap) == (25, 8)
    assert SubItem.objects.get(pk=letters.pk).look == "实地"
    assert SubItem.objects.get(pk=safety.pk).suspended_reason == "标准有误"
    # 信访 now needs a visit nobody made: 决战园区 alone, and 青山乡's 25.
    assert places(year) == {"白水乡": (1, 60000), "青山乡": (2, 56500), "东河镇": (3, 48000)}


@pytest.mark.django_db
def test_weights_keep_their_total(year: Cast) -> None:
    assert refused(lambda: put(year, amendment(*weights(year, "300", "690")))) == "weights-sum"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (Draft(kind=AMENDMENT, reason="有误", on=date(2012, 11, 1)), "nothing-amended"),
        (Draft(kind=AMENDMENT, reason=" ", wording="新条文", on=date(2012, 11, 1)), "no-reason"),
        (Draft(kind=AMENDMENT, reason="有误", wording="新条文"), "no-date"),
        (Draft(kind=MISSING, reason="未报"), "nothing-chosen"),
        (
            Draft(
                kind=AMENDMENT,
                reason="有误",
                on=date(2012, 11, 1),
                steps=[ScoreStep(1, 1, "lead", Decimal(1))],
            ),
            "not-a-rule",
        ),
        (
            Draft(
                kind=AMENDMENT, reason="有误", on=date(2012, 11, 1), steps=[WeightStep(987654, Decimal(1))]
            ),
            "not-there",
        ),
    ],
)
def test_what_cannot_be_amended_is_refused(year: Cast, draft: Draft, code: str) -> None:
    assert refused(lambda: put(year, draft)) == code
    assert not RuleChange.objects.exists()


@pytest.mark.django_db
def test_nobody_signs_twice_and_nobody_else_signs_at_all(year: Cast) -> None:
    row = put(year, amendment(*weights(year)))

    assert refused(lambda: sign(year, row, by="leader1")) == "same-person"
    for person in ("office1", "mayor", "official_青山乡", "auditor"):
        assert refused(lambda person=person: sign(year, row, by=person)) == "not-permitted"  # type: ignore[misc]  # bound now
    assert refused(lambda: put(year, amendment(*weights(year)), by="mayor")) == "not-permitted"


@pytest.mark.django_db
def test_the_office_enters_from_the_minutes_and_another_compares(year: Cast) -> None:
    draft = amendment(*weights(year))
    minutes = Minutes(date(2012, 11, 1), "组长", "全体成员", scan(year))

    without = refused(lambda: put(year, draft, by="office1"))
    row = rule_changes.propose(by=year.hat("office1"), cycle=year.cycle, draft=draft, minutes=minutes)
    by_leader = refused(lambda: sign(year, row, by="leader1"))
    signed = sign(year, row, by="office2")

    assert (without, by_leader) == ("no-minutes", "office-compares")
    assert signed.number == 1


@pytest.mark.django_db
@pytest.mark.parametrize("stage", [Stage.PUBLISHED, Stage.FILED])
def test_after_publication_no_rule_is_amended(year: Cast, stage: Stage) -> None:
    year.at(stage)

    assert refused(lambda: put(year, amendment(*weights(year)))) == "stage-closed"


@pytest.mark.django_db
def test_withdrawn_it_changes_nothing_and_cannot_be_signed(year: Cast) -> None:
    before = places(year)
    row = put(year, amendment(*weights(year)))

    rule_changes.drop(by=year.hat("leader2"), cycle=year.cycle, change_id=row.pk)

    assert refused(lambda: sign(year, row)) == "not-open"
    assert places(year) == before


@pytest.mark.django_db
def test_an_open_change_stands_before_the_approval(year: Cast) -> None:
    row = put(year, amendment(*weights(year)))

    assert [(lack.code, lack.signable) for lack in open_change_lacks(year.cycle)] == [
        ("open-rule-change", False)
    ]
    sign(year, row)
    assert open_change_lacks(year.cycle) == []


# Missing cells -------------------------------------------------------------------------------------


@pytest.fixture
def gap(year: Cast) -> Cast:
    """安全 is scored for two of three: 480 and 600, their mean 540."""
    for unit, points in (("白水乡", "480"), ("东河镇", "600")):
        year.score(unit, "安全", points, "onsite")  # type: ignore[arg-type]  # a kind by its value
    return year


def decision(cast: Cast, how: str, unit: str = "青山乡", sub: str = "安全") -> Draft:
    step = MissingStep(member(cast, unit), cast.subs["乡镇口", sub].pk, how)
    return Draft(kind=MISSING, steps=[step], reason="该乡因灾未能考评")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("how", "score", "final"),
    # 决战园区 540; 社会管理 400 × (360 + x) ÷ 1000
    [("mean", 54000, 90000), ("zero", 0, 68400)],
)
def test_a_decided_cell_counts_as_decided(gap: Cast, how: str, score: int, final: int) -> None:
    sign(gap, put(gap, decision(gap, how)))

    block = gap.blocks["乡镇口"]
    block.cycle = gap.cycle
    row = next(r for r in queries.standing_of(block).rows if r.unit == "青山乡")
    cell = next(c for i in row.items for c in i.cells if c.sub_item == "安全")
    assert (cell.score, row.final, row.missing) == (score, final, 0)


@pytest.mark.django_db
def test_a_score_that_comes_after_all_replaces_the_decision(gap: Cast) -> None:
    sign(gap, put(gap, decision(gap, "zero")))

    gap.score("青山乡", "安全", "540", "onsite")  # type: ignore[arg-type]  # a kind by its value

    assert places(gap)["青山乡"][1] == 90000


@pytest.mark.django_db
def test_a_decision_is_taken_back_by_another_decision(gap: Cast) -> None:
    sign(gap, put(gap, decision(gap, "zero")))

    sign(gap, put(gap, decision(gap, "undecided")))

    assert gap.cell("青山乡", "安全").missing_how == ""


@pytest.mark.django_db
def test_a_cell_with_its_score_is_not_decided(gap: Cast) -> None:
    assert refused(lambda: put(gap, decision(gap, "zero", unit="白水乡"))) == "not-missing"


@pytest.mark.django_db
def test_a_cell_scored_between_the_signatures_is_not_decided(gap: Cast) -> None:
    row = put(gap, decision(gap, "zero"))
    gap.score("青山乡", "安全", "540", "onsite")  # type: ignore[arg-type]  # a kind by its value

    assert refused(lambda: sign(gap, row)) == "not-missing"
    assert Cell.objects.exclude(missing_how="").count() == 0


@pytest.mark.django_db
def test_nobody_decides_about_a_cell_of_his_own_unit(gap: Cast) -> None:
    row = put(gap, decision(gap, "zero"))
    Conflict.objects.create(
        user=gap.people["leader2"], unit=gap.units["青山乡"], cycle=gap.cycle, reason="曾任该乡书记"
    )

    assert refused(lambda: sign(gap, row)) == "own-unit"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "code"), [(Stage.SELF_ASSESSMENT, "stage-closed"), (Stage.APPROVAL, "stage-closed")]
)
def test_missing_cells_are_decided_from_preliminary_review_to_results(
    gap: Cast, stage: Stage, code: str
) -> None:
    gap.at(stage)

    assert refused(lambda: put(gap, decision(gap, "zero"))) == code


@pytest.mark.django_db
def test_no_score_is_written_by_any_of_it(gap: Cast) -> None:
    scores = list(Score.objects.order_by("pk").values())

    sign(gap, put(gap, decision(gap, "mean")))

    assert list(Score.objects.order_by("pk").values()) == scores
