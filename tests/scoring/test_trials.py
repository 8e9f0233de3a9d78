"""The what-if bench: what a trial computes, why units move, and that nothing of the official run is touched."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonuses.models import Pool, TariffLine
from office.models import AuditEntry
from office.refusal import Refused
from scoring import words_of_trials as words
from scoring.actions import trials
from scoring.engine.causes import CauseKind
from scoring.models import Standing, TrialVariant
from scoring.trial_bench import bench_of
from scoring.trial_queries import Trial, require_sensible, run
from scoring.trial_steps import (
    InvolvedStep,
    LiftStep,
    LookStep,
    MissingStep,
    NewPaperStep,
    PaperStep,
    PoolStep,
    ScoreStep,
    Step,
    SuspendStep,
    TariffStep,
    UnreadableStep,
    VetoStep,
    WeightStep,
    read,
    with_step,
    written,
)
from tests.bonuses.papers import claim, equip, verified
from tests.cast import Cast
from units.models import Membership
from units.stages import Stage

SCORES = {"青山乡": ("90", "360", "540"), "白水乡": ("100", "320", "480"), "东河镇": ("80", "400", "600")}
# weighted: 决战园区 600 × own ÷ 100, 社会管理 400 × own ÷ 1000
# 青山乡 540 + 360 = 900 · 白水乡 600 + 320 = 920 · 东河镇 480 + 400 = 880


@pytest.fixture
def scored(cast: Cast) -> Cast:
    equip(cast)
    for unit, (park, letters, safety) in SCORES.items():
        cast.score(unit, "决战园区", park)
        cast.score(unit, "信访", letters)
        cast.score(unit, "安全", safety, "onsite")  # type: ignore[arg-type]  # a kind by its value
    return cast


def member(cast: Cast, unit: str, block: str = "乡镇口") -> int:
    return int(Membership.objects.get(unit__name=unit, block__name=block, block__cycle=cast.cycle).pk)


def sub(cast: Cast, name: str) -> int:
    return int(cast.subs["乡镇口", name].pk)


def line(kind: str, level: str = "") -> int:
    return int(TariffLine.objects.get(kind=kind, level=level).pk)


def tried(cast: Cast, *steps: Step) -> Trial:
    return run(bench_of(cast.cycle), steps)


def table(trial: Trial, cast: Cast, block: str = "乡镇口") -> dict[str, tuple[int, int]]:
    """Unit → place and final score in the trial."""
    found = trial.block(cast.blocks[block].pk)
    return {row.unit: (row.rank, row.final) for row in found.after.rows}


@pytest.mark.django_db
def test_without_a_step_the_trial_equals_the_stored_standing(scored: Cast) -> None:
    trial = tried(scored)

    assert table(trial, scored) == {"白水乡": (1, 92000), "青山乡": (2, 90000), "东河镇": (3, 88000)}
    assert trial.movers == []


@pytest.mark.django_db
def test_another_score_moves_the_unit_and_says_by_what(scored: Cast) -> None:
    # 青山乡 信访 400: 社会管理 940 of 1000 → 376; 540 + 376 = 916, still behind 920.
    step = ScoreStep(member(scored, "青山乡"), sub(scored, "信访"), "preliminary", Decimal(400))

    trial = tried(scored, step)

    moved = trial.block(scored.blocks["乡镇口"].pk).movers
    assert [(c.unit, c.before.final, c.after.final, c.rank_moves) for c in moved] == [
        ("青山乡", 90000, 91600, False)
    ]
    assert [(c.kind, c.name, c.before, c.after, c.effect) for c in moved[0].causes] == [
        (CauseKind.OWN_BASE, "社会管理", 90000, 94000, 1600)
    ]


@pytest.mark.django_db
def test_raising_the_first_moves_those_whom_nobody_touched(scored: Cast) -> None:
    # 白水乡 is first of 决战园区 with 100. Without its score 青山乡's 90 is first: 青山乡 600, 东河镇 533.33.
    step = ScoreStep(member(scored, "白水乡"), sub(scored, "决战园区"), "preliminary", None)

    trial = tried(scored, step)

    found = {c.unit: c for c in trial.block(scored.blocks["乡镇口"].pk).comparisons}
    assert table(trial, scored) == {"青山乡": (1, 96000), "东河镇": (2, 93333), "白水乡": (3, 32000)}
    assert [(c.kind, c.before, c.after) for c in found["东河镇"].causes] == [(CauseKind.FIRST, 10000, 9000)]
    assert found["东河镇"].passes == ("白水乡",)
    assert "超过白水乡" in words.reasons(found["东河镇"], 2)


@pytest.mark.django_db
def test_a_unit_passed_by_another_is_told_so_although_its_figures_stay(scored: Cast) -> None:
    # One national commendation, +30, lifts 青山乡 from 900 to 930 over 白水乡's 920.
    step = NewPaperStep(scored.units["青山乡"].pk, line("表彰", "国家部委及中直部门"))

    trial = tried(scored, step)

    found = {c.unit: c for c in trial.block(scored.blocks["乡镇口"].pk).comparisons}
    assert (found["青山乡"].after.rank, found["青山乡"].after.final) == (1, 93000)
    assert found["白水乡"].is_untouched
    assert words.reasons(found["白水乡"], 2) == ["本单位各项得分均未变", "被青山乡超过"]


@pytest.mark.django_db
def test_weights_the_cap_and_pools_are_tried_as_they_would_count(scored: Cast) -> None:
    for number, level in ((1, "国务院办公厅"), (2, "国务院办公厅")):
        verified(scored, "东河镇", number=f"国办〔2012〕{number}号", issuer=level)
    item = scored.subs["乡镇口", "决战园区"].item_id

    weights = tried(scored, WeightStep(item, Decimal(300)))
    capped = tried(scored, TariffStep(line("封顶"), Decimal(40)))
    pool = Pool.objects.get(name="创建卫生城市").pk
    listed = NewPaperStep(scored.units["东河镇"].pk, None, pool=pool, listed=Decimal(12))
    rewards = tried(scored, listed)
    wider = tried(scored, listed, PoolStep(pool, Decimal("11.5")))

    # 东河镇 240 + 400 + 50 (60 capped) = 690; 青山乡 270 + 360; 白水乡 300 + 320.
    assert table(weights, scored) == {"东河镇": (1, 69000), "青山乡": (2, 63000), "白水乡": (3, 62000)}
    assert table(capped, scored)["东河镇"] == (1, 92000)  # 880 + 40, shared with 白水乡
    assert table(rewards, scored)["东河镇"] == (1, 94000)  # 880 + 50 + 10, twelve cut to the pool's ten
    assert table(wider, scored)["东河镇"] == (1, 94150)


@pytest.mark.django_db
def test_papers_on_file_are_left_out_or_counted_before_their_time(scored: Cast) -> None:
    counted = verified(scored, "青山乡", number="省府〔2012〕3号")
    waits = claim(scored, "白水乡", number="省府〔2012〕4号")

    trial = tried(scored, PaperStep(counted.pk, counted=False), PaperStep(waits.pk, counted=True))

    assert table(trial, scored) == {"白水乡": (1, 94000), "青山乡": (2, 90000), "东河镇": (3, 88000)}


@pytest.mark.django_db
def test_a_veto_takes_eligibility_and_no_number(scored: Cast) -> None:
    trial = tried(scored, VetoStep(scored.units["白水乡"].pk, "安全生产"))

    moved = trial.block(scored.blocks["乡镇口"].pk).movers
    assert [(c.unit, c.after.rank, c.after.eligible) for c in moved] == [("白水乡", 1, False)]
    assert words.reasons(moved[0], 2) == ["失去评奖资格"]


@pytest.mark.django_db
def test_missing_cells_involvement_and_rules_of_a_sub_item(scored: Cast) -> None:
    keys = member(scored, "青山乡"), sub(scored, "安全")
    scored.cell("青山乡", "安全").scores.all().delete()

    by_mean = tried(scored, MissingStep(*keys, "mean"))
    by_zero = tried(scored, MissingStep(*keys, "zero"))
    hardly = tried(scored, InvolvedStep(*keys, not_involved=True))
    without = tried(scored, SuspendStep(sub(scored, "安全"), suspended=True))
    papers_too = tried(scored, LookStep(sub(scored, "安全"), visit_required=False))

    # The others of 安全: 480 and 600, mean 540 → as before it was missing: 360 + 540 = 900 → 360 weighted.
    assert table(by_mean, scored)["青山乡"] == (2, 90000)
    assert table(hardly, scored)["青山乡"] == (2, 90000)
    assert table(by_zero, scored)["青山乡"] == (3, 68400)  # 540 + 400 × 360 ÷ 1000
    assert [row.missing for row in by_zero.block(scored.blocks["乡镇口"].pk).after.rows] == [0, 0, 0]
    # 信访 alone: 360, 320, 400 of 400 → 360, 320, 400 weighted.
    assert table(without, scored) == {"白水乡": (1, 92000), "青山乡": (2, 90000), "东河镇": (3, 88000)}
    assert table(papers_too, scored)["东河镇"] == (2, 88000)


@pytest.mark.django_db
def test_a_trial_changes_no_stored_standing_no_score_and_writes_no_log(scored: Cast) -> None:
    before = list(Standing.objects.order_by("pk").values())
    entries = AuditEntry.objects.count()

    tried(
        scored,
        ScoreStep(member(scored, "青山乡"), sub(scored, "信访"), "lead", Decimal(1)),
        WeightStep(scored.subs["乡镇口", "信访"].item_id, Decimal(1)),
        VetoStep(scored.units["白水乡"].pk, "信访"),
    )

    assert list(Standing.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_saving_a_variant_keeps_its_steps_alone(scored: Cast) -> None:
    before = list(Standing.objects.order_by("pk").values())
    step = WeightStep(scored.subs["乡镇口", "信访"].item_id, Decimal("350.5"))

    row = trials.save_variant(
        by=scored.hat("office1"), cycle=scored.cycle, name=" 降 社会管理 ", steps=[step]
    )

    assert (row.name, row.steps) == ("降 社会管理", [written(step)])
    assert list(Standing.objects.order_by("pk").values()) == before
    entry = AuditEntry.objects.latest("number")
    assert (entry.act, AuditEntry.objects.filter(act__startswith="score").count()) == ("what-if.saved", 0)


@pytest.mark.django_db
def test_one_saves_over_the_own_variant_but_never_over_anothers(scored: Cast) -> None:
    item = scored.subs["乡镇口", "信访"].item_id
    first, second = WeightStep(item, Decimal(1)), WeightStep(item, Decimal(2))
    trials.save_variant(by=scored.hat("office1"), cycle=scored.cycle, name="甲", steps=[first])

    trials.save_variant(by=scored.hat("office1"), cycle=scored.cycle, name="甲", steps=[second])
    with pytest.raises(Refused) as refused:
        trials.save_variant(by=scored.hat("office2"), cycle=scored.cycle, name="甲", steps=[first])

    assert refused.value.code == "name-taken"
    assert TrialVariant.objects.get().steps == [written(second)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "stage", "allowed"),
    [
        ("office1", Stage.MONITORING, True),
        ("leader1", Stage.ONSITE_REVIEW, False),  # G05: the leading group from the hearing on
        ("leader1", Stage.HEARING, True),
        ("mayor", Stage.HEARING, False),
        ("official_青山乡", Stage.RESULTS, False),
    ],
)
def test_the_office_and_from_the_hearing_the_leading_group_keep_variants(
    scored: Cast, person: str, stage: Stage, allowed: bool
) -> None:
    scored.at(stage)
    step = WeightStep(scored.subs["乡镇口", "信访"].item_id, Decimal(1))

    def save() -> TrialVariant:
        return trials.save_variant(by=scored.hat(person), cycle=scored.cycle, name="甲", steps=[step])

    if allowed:
        assert save().made_by == scored.people[person]
    else:
        with pytest.raises(Refused):
            save()


@pytest.mark.django_db
def test_only_its_author_or_the_office_removes_a_variant(scored: Cast) -> None:
    scored.at(Stage.HEARING)
    step = WeightStep(scored.subs["乡镇口", "信访"].item_id, Decimal(1))
    row = trials.save_variant(by=scored.hat("leader1"), cycle=scored.cycle, name="甲", steps=[step])

    with pytest.raises(Refused):
        trials.remove_variant(by=scored.hat("leader2"), cycle=scored.cycle, variant_id=row.pk)
    trials.remove_variant(by=scored.hat("office1"), cycle=scored.cycle, variant_id=row.pk)

    assert not TrialVariant.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("points", "code"), [("400.5", "above-base"), ("1.234", "too-many-decimals")])
def test_a_tried_score_keeps_to_what_could_be_entered(scored: Cast, points: str, code: str) -> None:
    step = ScoreStep(member(scored, "青山乡"), sub(scored, "信访"), "lead", Decimal(points))

    with pytest.raises(Refused) as refused:
        require_sensible(bench_of(scored.cycle), step)

    assert refused.value.code == code


@pytest.mark.django_db
def test_a_step_about_something_gone_is_left_out_and_named(scored: Cast) -> None:
    gone = PaperStep(987654, counted=True)

    trial = tried(scored, gone, LiftStep("veto", 4321))

    assert trial.lost == (gone, LiftStep("veto", 4321))
    assert trial.movers == []


# Written forms: no database ------------------------------------------------------------------------

KEYS = st.integers(1, 10**9)
POINTS = st.decimals(0, 99999, places=4, allow_nan=False, allow_infinity=False)
STEPS = st.one_of(
    st.builds(ScoreStep, KEYS, KEYS, st.sampled_from(["lead", "preliminary", "onsite"]), st.none() | POINTS),
    st.builds(InvolvedStep, KEYS, KEYS, st.booleans()),
    st.builds(MissingStep, KEYS, KEYS, st.sampled_from(["mean", "zero", "undecided"])),
    st.builds(SuspendStep, KEYS, st.booleans()),
    st.builds(LookStep, KEYS, st.booleans()),
    st.builds(WeightStep, KEYS, POINTS),
    st.builds(TariffStep, KEYS, POINTS),
    st.builds(PoolStep, KEYS, POINTS),
    st.builds(NewPaperStep, KEYS, KEYS, st.sampled_from(["综合", "单项", "基层"])),
    st.builds(lambda u, p, n: NewPaperStep(u, None, pool=p, listed=n), KEYS, KEYS, POINTS),
    st.builds(PaperStep, KEYS, st.booleans()),
    st.builds(VetoStep, KEYS, st.sampled_from(["信访", "安全生产"])),
    st.builds(LiftStep, st.sampled_from(["veto", "finding"]), KEYS),
)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_every_step_reads_back_as_it_was_written(step: Step) -> None:
    assert read(written(step)) == step


@pytest.mark.parametrize(
    "text", ["", "score", "score~1~2~self~3", "score~1~2~lead~1e9", "weight~x~1", "lift~x~1", "look~1~2", "☃"]
)
def test_what_is_none_of_the_written_forms_is_refused(text: str) -> None:
    with pytest.raises(UnreadableStep):
        read(text)


def test_a_later_step_about_the_same_thing_replaces_the_earlier_one() -> None:
    first, other, again = (WeightStep(1, Decimal(5)), WeightStep(2, Decimal(6)), WeightStep(1, Decimal(7)))

    assert with_step((first, other), [again]) == (again, other)
