"""What must be ready before which stage, and the command that moves a year through several.

The act of moving is tested in tests/units/test_moving_the_year.py.
"""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from appraisal_site import procedure
from scoring.actions import scores
from scoring.models import ScoreKind
from tests.cast import Cast
from units.models import Cycle, Membership, Reading, SignedLack, Unit
from units.stages import ORDER, Stage


def codes(cast: Cast, stage: Stage) -> dict[str, bool]:
    """Code of each lack before the stage → may it be signed away; windows are apart."""
    cycle = Cycle.objects.get(pk=cast.cycle.pk)
    return {
        lack.code: lack.signable for lack in procedure.lacks_before(cycle, stage) if lack.code != "no-window"
    }


def score_everything(cast: Cast) -> None:
    for (block, sub), row in cast.subs.items():
        for member in Membership.objects.filter(block=cast.blocks[block]).select_related("unit"):
            kind = ScoreKind.ONSITE if row.visit_required else ScoreKind.PRELIMINARY
            cast.score(member.unit.name, sub, f"{10 + member.pk % 7}", kind, block)
            if row.lead_id:
                cast.score(member.unit.name, sub, "9", ScoreKind.LEAD, block)


def test_a_year_leaves_set_up_with_sums_leads_and_names_in_order(cast: Cast) -> None:
    item = cast.blocks["乡镇口"].items.get(name="社会管理")
    before = codes(cast, Stage.COMMITMENT)
    item.weight_points, item.base_points = 390, 999
    item.save()
    Unit.objects.filter(name="青山乡").update(is_stand_in=True)
    cast.subs["乡镇口", "信访"].source = "暂拟"
    cast.subs["乡镇口", "信访"].save()

    # 安全 and the track's sub-item are led by nobody from the beginning.
    assert before == {"no-lead": True, "no-detailed-rules": True}
    assert codes(cast, Stage.COMMITMENT) == {
        "weights-do-not-sum": False,
        "bases-do-not-sum": True,
        "stand-in-units": True,
        "stand-in-rules": True,
        "no-lead": True,
        "no-detailed-rules": True,
    }


def test_preliminary_review_closes_when_every_cell_has_a_score_and_every_proposal_an_answer(
    cast: Cast,
) -> None:
    ledgers = {"ledgers-open": True}  # nobody of the cast keeps any
    assert codes(cast, Stage.ONSITE_REVIEW) == {"no-lead": True, "no-preliminary": True} | ledgers

    score_everything(cast)
    scores.propose_not_involved(by=cast.hat("office1"), cell_id=cast.cell("东河镇", "信访").pk, reason="无")

    assert codes(cast, Stage.ONSITE_REVIEW) == {"proposals-open": True} | ledgers


def test_missing_cells_may_be_signed_away_until_approval_and_never_after(cast: Cast) -> None:
    score_everything(cast)
    ready = {stage: codes(cast, stage) for stage in (Stage.HEARING, Stage.RESULTS, Stage.APPROVAL)}
    cast.cell("东河镇", "信访").scores.all().delete()
    cast.cell("东河镇", "安全").scores.all().delete()

    assert ready == {Stage.HEARING: {}, Stage.RESULTS: {"hearing-open": True}, Stage.APPROVAL: {}}
    assert codes(cast, Stage.HEARING) == {"no-onsite": True, "missing-cells": True}
    assert codes(cast, Stage.RESULTS) == {"hearing-open": True, "missing-cells": True}
    assert codes(cast, Stage.APPROVAL) == {"missing-cells": False}


def test_a_first_place_of_zero_holds_approval(cast: Cast) -> None:
    score_everything(cast)
    for unit in ("青山乡", "白水乡", "东河镇"):
        cast.score(unit, "决战园区", "0")

    assert codes(cast, Stage.RESULTS) == {"hearing-open": True, "held-R2": True}
    assert codes(cast, Stage.APPROVAL) == {"held-R2": False}

    Reading.objects.create(cycle=cast.cycle, code="R2", choice="all-zero", decided_by=cast.people["leader1"])
    assert codes(cast, Stage.APPROVAL) == {}


def test_every_stage_before_approval_wants_a_window(cast: Cast) -> None:
    wanting = [
        stage
        for stage in ORDER[1:]
        if any(lack.code == "no-window" for lack in procedure.lacks_before(cast.cycle, stage))
    ]

    assert wanting == [s for s in ORDER[1:] if s.position < Stage.APPROVAL.position]


def run(*arguments: str) -> dict[str, object]:
    out = io.StringIO()
    call_command("move_cycle", *arguments, "--json", stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def test_the_command_passes_several_stages_and_signs_every_lack(cast: Cast) -> None:
    report = run("2012", "hearing", "--by", "office1", "--reason", "会议纪要第3号")

    cast.cycle.refresh_from_db()
    steps = report["steps"]
    assert isinstance(steps, list)
    assert cast.cycle.stage == "hearing"
    assert [step["stage"] for step in steps] == ["onsite-review", "hearing"]
    assert SignedLack.objects.count() == sum(len(step["lacks"]) for step in steps) > 0
    assert set(SignedLack.objects.values_list("stage", flat=True)) == {"preliminary-review", "onsite-review"}


def test_a_dry_run_lists_and_changes_nothing(cast: Cast) -> None:
    report = run("2012", "hearing", "--by", "office1", "--dry-run")

    cast.cycle.refresh_from_db()
    assert report["steps"]
    assert cast.cycle.stage == "preliminary-review"
    assert not SignedLack.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("2012", "hearing", "--by", "office1"),  # lacks and no reason
        ("2012", "approval", "--by", "office1", "--reason", "急"),
        ("2012", "published", "--by", "office1", "--reason", "急"),
        ("2012", "self-assessment", "--by", "office1", "--reason", "急"),
        ("2012", "hearing", "--by", "auditor", "--reason", "急"),
        ("2012", "hearing", "--by", "nobody", "--reason", "急"),
        ("1999", "hearing", "--by", "office1", "--reason", "急"),
    ],
)
def test_the_command_refuses_with_exit_1_and_leaves_the_year_where_it_was(
    cast: Cast, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as refused:
        run(*arguments)

    cast.cycle.refresh_from_db()
    assert refused.value.returncode == 1
    assert cast.cycle.stage == "preliminary-review"
    assert not SignedLack.objects.exists()
