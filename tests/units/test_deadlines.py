"""A window that is over closes what units, leads and teams do in its stage, by the server's clock.

The office ends a stage by moving on and is not bound; what it opens again is open.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from office.refusal import Refused
from scoring.models import ScoreKind
from scoring.permissions import may_score_many
from tests.cast import Cast
from units import matrix, stages
from units.actions import reopening
from units.models import Block, Reopening, StageWindow
from units.permissions import BOUND_BY_WINDOWS, may, require
from units.stages import Stage


def over(cast: Cast, stage: Stage, block: Block | None = None, *, days_ago: int = 1) -> StageWindow:
    """A window that ended so many days ago; -1 ends tomorrow."""
    last = timezone.localdate() - timedelta(days=days_ago)
    return StageWindow.objects.create(
        cycle=cast.cycle, block=block, stage=stage, opens_on=last - timedelta(days=9), closes_on=last
    )


def test_after_the_end_the_unit_is_told_when_it_closed_and_what_the_server_s_clock_says(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    over(cast, Stage.SELF_ASSESSMENT)

    with pytest.raises(Refused) as refused:
        require("D02", cast.hat("official_青山乡"), cast.cycle, unit_id=cast.units["青山乡"].pk)

    assert (refused.value.code, refused.value.status) == ("deadline-over", 409)
    assert f"{timezone.localtime():%H:%M}" in refused.value.sentence
    assert "24:00" in refused.value.sentence
    assert datetime.fromisoformat(refused.value.values["closed_at"]) < timezone.now()


@pytest.mark.parametrize(
    ("row", "stage", "name", "unit"),
    [
        ("D02", Stage.SELF_ASSESSMENT, "official_青山乡", "青山乡"),
        ("D03", Stage.SELF_ASSESSMENT, "principal_青山乡", "青山乡"),
        ("E03", Stage.PRELIMINARY_REVIEW, "lead_市信访局", "青山乡"),
        ("E01", Stage.PRELIMINARY_REVIEW, "reviewer1", "青山乡"),
        ("E02", Stage.ONSITE_REVIEW, "reviewer1", "青山乡"),
        ("H02", Stage.RESULTS, "principal_青山乡", "青山乡"),
    ],
)
def test_inside_the_window_open_after_it_closed_and_reopened_open_again(
    cast: Cast, row: str, stage: Stage, name: str, unit: str
) -> None:
    cast.at(stage)
    hat, unit_id = cast.hat(name), cast.units[unit].pk

    def is_open() -> bool:
        return may(row, hat, cast.cycle, unit_id=unit_id, leads=True)

    without = is_open()
    window = over(cast, stage, days_ago=-1)
    inside = is_open()
    StageWindow.objects.filter(pk=window.pk).update(closes_on=timezone.localdate() - timedelta(days=1))
    after = is_open()
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=stage,
        unit_id=unit_id,
        until=timezone.now() + timedelta(hours=1),
        reason="停电",
        by=cast.people["office1"],
    )

    assert (without, inside, after, is_open()) == (True, True, False, True)


def test_the_cut_off_hour_closes_to_the_second(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    window = over(cast, Stage.SELF_ASSESSMENT, days_ago=0)
    hat, unit_id = cast.hat("official_青山乡"), cast.units["青山乡"].pk
    now = timezone.localtime()
    if not time(0, 1) < now.time() < time(23, 58):
        pytest.skip("a minute before or after would be another day")
    met = []
    for cut_off in ((now - timedelta(minutes=1)).time(), (now + timedelta(minutes=1)).time()):
        StageWindow.objects.filter(pk=window.pk).update(cut_off=cut_off)
        met.append(may("D02", hat, cast.cycle, unit_id=unit_id))

    assert met == [False, True]


def test_the_office_is_not_bound_by_a_unit_s_deadline(cast: Cast) -> None:
    over(cast, Stage.PRELIMINARY_REVIEW)

    assert may("E01", cast.hat("office1"), cast.cycle, unit_id=cast.units["青山乡"].pk)


def test_what_is_open_over_several_stages_ends_with_the_last_of_them(cast: Cast) -> None:
    """Papers stay open until the results; the monitoring window ends nothing for them."""
    cast.at(Stage.SELF_ASSESSMENT)
    hat, unit_id = cast.hat("official_青山乡"), cast.units["青山乡"].pk
    over(cast, Stage.MONITORING)
    over(cast, Stage.SELF_ASSESSMENT)
    before = may("F01", hat, cast.cycle, unit_id=unit_id)

    over(cast, Stage.RESULTS)

    assert (before, may("F01", hat, cast.cycle, unit_id=unit_id)) == (True, False)


def test_a_track_with_its_own_calendar_has_its_own_deadline(cast: Cast) -> None:
    track = cast.blocks["招商引资"]
    track.has_own_calendar, track.stage = True, Stage.PRELIMINARY_REVIEW
    track.save()
    hat, unit_id = cast.hat("reviewer1"), cast.units["青山乡"].pk
    over(cast, Stage.PRELIMINARY_REVIEW)

    of_year = may("E01", hat, cast.cycle, unit_id=unit_id, block=cast.blocks["乡镇口"])
    of_track = may("E01", hat, cast.cycle, unit_id=unit_id, block=track)
    over(cast, Stage.PRELIMINARY_REVIEW, track)

    assert (of_year, of_track, may("E01", hat, cast.cycle, unit_id=unit_id, block=track)) == (
        False,
        True,
        False,
    )


def test_a_lead_body_given_more_time_may_score_everybody_again(cast: Cast) -> None:
    over(cast, Stage.PRELIMINARY_REVIEW)
    hat, unit_id = cast.hat("lead_市信访局"), cast.units["青山乡"].pk
    before = may("E03", hat, cast.cycle, unit_id=unit_id, leads=True)

    reopening.reopen(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        unit=cast.units["市信访局"],
        until=timezone.now() + timedelta(hours=2),
        reason="测评表更正",
    )

    assert (before, may("E03", hat, cast.cycle, unit_id=unit_id, leads=True)) == (False, True)


def test_a_whole_sheet_meets_the_same_deadline_as_one_cell(cast: Cast) -> None:
    cell = cast.cell("青山乡", "信访")

    def refused() -> str | None:
        met = may_score_many(cast.hat("lead_市信访局"), ScoreKind.LEAD, cast.cycle)
        refusal = met.refusal(cell.membership.unit_id, cell.sub_item_id, cell.block_id)
        return refusal.code if refusal else None

    before = refused()
    over(cast, Stage.PRELIMINARY_REVIEW)
    after = refused()
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        unit=cast.units["市信访局"],
        until=timezone.now() + timedelta(hours=1),
        reason="更正",
        by=cast.people["office1"],
    )

    assert (before, after, refused()) == (None, "deadline-over", None)


def test_reading_is_never_ended_by_a_window(cast: Cast) -> None:
    cast.at(Stage.RESULTS)
    for stage in Stage:
        over(cast, stage)

    assert may("G03", cast.hat("official_青山乡"), cast.cycle, unit_id=cast.units["青山乡"].pk)


def test_every_row_that_units_act_by_in_a_stage_has_its_deadline_or_lies_after_the_results() -> None:
    without = {
        row
        for row, grants in matrix.load().items()
        if any(grants[role].in_stage and not grants[role].is_denied for role in BOUND_BY_WINDOWS)
        and stages.deadline_stage(row) is None
    }

    # Reading the own result, nominations and the division of a prize go on after the results.
    assert without == {"G03", "J05", "J07"}


def test_who_comes_when_the_year_has_moved_on_is_told_when_the_window_ended(cast: Cast) -> None:
    over(cast, Stage.SELF_ASSESSMENT, days_ago=3)
    closed = timezone.localdate() - timedelta(days=3)

    with pytest.raises(Refused) as refused:
        require("D02", cast.hat("official_青山乡"), cast.cycle, unit_id=cast.units["青山乡"].pk)

    assert refused.value.code == "deadline-over"
    assert f"{closed.month}月{closed.day}日" in refused.value.sentence
    assert f"{timezone.localtime():%H:%M}" in refused.value.sentence


def test_who_was_given_more_time_is_told_when_that_ended(cast: Cast) -> None:
    over(cast, Stage.SELF_ASSESSMENT, days_ago=9)
    ended = timezone.now() - timedelta(minutes=90)
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=cast.units["青山乡"],
        until=ended,
        reason="出差",
        by=cast.people["office1"],
    )

    with pytest.raises(Refused) as refused:
        require("D02", cast.hat("official_青山乡"), cast.cycle, unit_id=cast.units["青山乡"].pk)

    assert f"{timezone.localtime(ended):%H:%M}" in refused.value.sentence


def test_who_comes_before_the_stage_is_told_when_it_is_open(cast: Cast) -> None:
    cast.at(Stage.COMMITMENT)
    over(cast, Stage.SELF_ASSESSMENT, days_ago=-20)

    with pytest.raises(Refused) as refused:
        require("D02", cast.hat("official_青山乡"), cast.cycle, unit_id=cast.units["青山乡"].pk)

    assert refused.value.code == "stage-closed"
    assert "仅在“自评”阶段开放" in refused.value.sentence
