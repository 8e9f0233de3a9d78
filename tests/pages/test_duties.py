"""The duties of a year, gathered: who owes which scores until when, in the year's calendar or a track's own.

The light of one duty is tested in tests/units/test_duties.py.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appraisal_site import duties
from scoring.actions.scores import record_score
from scoring.models import Assessment, Receipt, ScoreKind
from tests.cast import Cast
from tests.pages.reading import grow
from units import kept
from units.calendar import SHANGHAI
from units.duties import Duty, Light, Owner
from units.models import Block, StageWindow
from units.stages import Stage


def told(cast: Cast, task: str) -> dict[str, tuple[int, int]]:
    """Unit → parts done and asked of one task."""
    names = {unit.pk: name for name, unit in cast.units.items()}
    return {
        names[duty.unit_id]: (duty.done, duty.asked)
        for duty in duties.duties_of(cast.cycle)
        if duty.task == task
    }


def window(cast: Cast, stage: Stage, closes_on: date, block: Block | None = None) -> None:
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=stage,
        block=block,
        opens_on=closes_on - timedelta(days=9),
        closes_on=closes_on,
    )


def submitted(cast: Cast, unit: str) -> None:
    """A receipt of the unit's self-assessment, of just now."""
    part = Assessment.objects.create(cycle=cast.cycle, unit=cast.units[unit])
    Receipt.objects.create(
        assessment=part,
        number=f"2012-自评-{part.pk:04d}-1",
        submitted_by=cast.people["office1"],
        submitted_at=timezone.now(),
        content="{}",
        digest="",
    )


def test_every_unit_owes_its_self_assessment_over_all_its_blocks(cast: Cast) -> None:
    cast.score("青山乡", "信访", "390", ScoreKind.SELF)

    # Three cells in 乡镇口 and one in the track; the squad is in the track alone.
    assert told(cast, "self-assessment") == {
        "青山乡": (1, 4),
        "白水乡": (0, 4),
        "东河镇": (0, 4),
        "市信访局": (0, 1),
        "市档案局": (0, 1),
        "工口": (0, 1),
    }


def test_a_lead_owes_all_units_but_its_own(cast: Cast) -> None:
    cast.score("青山乡", "信访", "390", ScoreKind.LEAD)

    # 决战园区 and 信访 of three townships, 业务 of 市档案局: 7.
    assert told(cast, "lead-scores") == {"市信访局": (1, 7)}


def test_teams_owe_reviews_about_units_and_visits_only_where_one_is_demanded(cast: Cast) -> None:
    cast.score("青山乡", "安全", "590", ScoreKind.ONSITE)
    cast.score("青山乡", "信访", "390", ScoreKind.ONSITE)  # not demanded, so it is not counted

    assert told(cast, "onsite-review") == {"青山乡": (1, 1), "白水乡": (0, 1), "东河镇": (0, 1)}
    assert {d.owner for d in duties.duties_of(cast.cycle) if d.task.endswith("review")} == {Owner.TEAM}


def test_the_day_is_the_end_of_the_stage_s_window_and_late_work_is_remembered(cast: Cast) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    window(cast, Stage.SELF_ASSESSMENT, yesterday)
    cast.score("市档案局", "业务", "900", ScoreKind.SELF, "党群口")  # filled in is not submitted
    cast.score("市信访局", "业务", "900", ScoreKind.SELF, "党群口")
    submitted(cast, "市档案局")

    found = {
        d.unit_id: d.light(timezone.now())
        for d in duties.duties_of(cast.cycle)
        if d.task == "self-assessment"
    }

    assert found[cast.units["市档案局"].pk] is Light.LATE
    assert found[cast.units["市信访局"].pk] is Light.OVERDUE


def test_a_track_with_its_own_calendar_has_its_own_duties_and_days(cast: Cast) -> None:
    track = cast.blocks["招商引资"]
    Block.objects.filter(pk=track.pk).update(has_own_calendar=True, stage=Stage.SELF_ASSESSMENT)
    window(cast, Stage.SELF_ASSESSMENT, date(2012, 12, 20))
    window(cast, Stage.SELF_ASSESSMENT, date(2013, 3, 1), track)

    due = {
        (d.label, d.due)
        for d in duties.duties_of(cast.cycle)
        if d.unit_id == cast.units["青山乡"].pk and d.task.startswith("self-assessment")
    }

    assert due == {
        ("自评", datetime(2012, 12, 21, tzinfo=SHANGHAI)),
        ("自评 · 招商引资", datetime(2013, 3, 2, tzinfo=SHANGHAI)),
    }
    assert told(cast, f"self-assessment-{track.pk}")["工口"] == (0, 1)


def test_a_confirmed_not_involved_is_not_asked(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访")
    type(cell).objects.filter(pk=cell.pk).update(involvement="confirmed")

    assert told(cast, "self-assessment")["青山乡"] == (0, 3)


def test_tasks_stand_once_with_their_earliest_day() -> None:
    early, late = (datetime(2012, 12, day, tzinfo=SHANGHAI) for day in (1, 9))
    found = duties.tasks_of(
        [
            Duty("ledger-1", "一季度台账", 1, late),
            Duty("self-assessment", "自评", 1),
            Duty("ledger-1", "一季度台账", 2, early),
        ]
    )

    assert [(task.key, task.due) for task in found] == [("ledger-1", early), ("self-assessment", None)]


def test_gathering_asks_the_same_number_of_queries_for_few_and_for_many_units(cast: Cast) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            duties.duties_of(cast.cycle)
        return len(caught)

    few = asked()
    grow(cast, 30)

    assert asked() == few


def test_what_another_process_did_shows_at_once_although_duties_are_kept(cast: Cast, settings: Any) -> None:
    """Nothing in this process is told of an act: what is kept goes by the end of the year's log in the database."""
    settings.KEPT_SECONDS = 3600
    kept._kept.clear()
    score(cast, "信访", "390")
    before = told(cast, "preliminary-review")["青山乡"]
    cast.score("青山乡", "安全", "580")  # arranged without the log, to see that it is kept at all
    kept_still = told(cast, "preliminary-review")["青山乡"]
    score(cast, "决战园区", "95")
    after = told(cast, "preliminary-review")["青山乡"]
    kept._kept.clear()

    assert (before[0], kept_still[0], after[0]) == (1, 1, 3)


def score(cast: Cast, sub: str, points: str) -> None:
    cell = cast.cell("青山乡", sub)
    record_score(
        by=cast.hat("reviewer1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(points)
    )
