"""A special track's own calendar: giving it one, its own steps and lacks, and following the year again (§3).

The pages are tested in tests/pages/test_tracks.py.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from appraisal_site import procedure
from office.models import AuditEntry
from office.refusal import Refused
from scoring.models import ScoreKind
from tests.cast import Cast
from units.actions import cycle as cycle_actions
from units.actions import tracks as actions
from units.models import Block, SignedLack, StageWindow
from units.permissions import stage_of
from units.stages import Stage


def apart(cast: Cast) -> Block:
    return actions.keep_own_calendar(by=cast.hat("office1"), block=cast.blocks["招商引资"])


def test_a_track_starts_its_own_calendar_where_the_year_stands(cast: Cast) -> None:
    own = apart(cast)

    assert (own.has_own_calendar, own.stage) == (True, "preliminary-review")
    assert AuditEntry.objects.filter(act="track.own-calendar", object_text="招商引资").exists()


def test_the_track_moves_by_itself_and_the_year_stays(cast: Cast) -> None:
    own = apart(cast)

    procedure.move_on(
        by=cast.hat("office1"), cycle=cast.cycle, stage=Stage.ONSITE_REVIEW, reason="专项先行", block=own
    )

    own.refresh_from_db()
    cast.cycle.refresh_from_db()
    assert (stage_of(cast.cycle, own), cast.cycle.stage_now) == (
        Stage.ONSITE_REVIEW,
        Stage.PRELIMINARY_REVIEW,
    )
    assert set(SignedLack.objects.values_list("block__name", flat=True)) == {"招商引资"}
    assert AuditEntry.objects.filter(act="track.moved").count() == 1
    assert not AuditEntry.objects.filter(act="cycle.moved").exists()


def test_the_year_moves_and_the_track_stays(cast: Cast) -> None:
    own = apart(cast)

    procedure.move_on(by=cast.hat("office1"), cycle=cast.cycle, stage=Stage.ONSITE_REVIEW, reason="转段")

    own.refresh_from_db()
    assert own.stage == "preliminary-review"


def test_each_names_its_own_lacks_only(cast: Cast) -> None:
    """The track has no score at all; the year's blocks miss some."""
    for unit in ("青山乡", "白水乡", "东河镇", "工口"):
        cast.score(unit, "招商引资工作", "90", ScoreKind.PRELIMINARY, "招商引资")
    own = apart(cast)

    def sentences(block: Block | None) -> list[str]:
        found = procedure.lacks_before(cast.cycle, Stage.ONSITE_REVIEW, block)
        return [lack.code for lack in found if lack.code != "no-window"]

    assert sentences(own) == []
    assert sentences(None) == ["no-lead", "no-preliminary", "ledgers-open"]
    cast.cell("工口", "招商引资工作", "招商引资").scores.all().delete()
    assert sentences(own) == ["no-preliminary"]


def test_a_lack_of_the_track_does_not_hold_up_the_year(cast: Cast) -> None:
    cast.at(Stage.ONSITE_REVIEW)
    own = apart(cast)

    of_year = {lack.block for lack in procedure.lacks_before(cast.cycle, Stage.HEARING)}
    of_track = {lack.block for lack in procedure.lacks_before(cast.cycle, Stage.HEARING, own)}

    assert "招商引资" not in of_year
    assert of_track == {"招商引资"}


def test_its_windows_are_its_own(cast: Cast) -> None:
    own = apart(cast)
    cycle_actions.set_window(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        stage=Stage.ONSITE_REVIEW,
        opens_on=date(2013, 1, 5),
        closes_on=date(2013, 1, 9),
        block=own,
    )

    wanting = {
        block.name if block else "year": any(
            lack.code == "no-window"
            for lack in procedure.lacks_before(cast.cycle, Stage.ONSITE_REVIEW, block)
        )
        for block in (None, own)
    }

    assert wanting == {"year": True, "招商引资": False}


def test_it_moves_back_with_a_reason(cast: Cast) -> None:
    own = apart(cast)

    cycle_actions.move_back(
        by=cast.hat("leader1"), cycle=cast.cycle, stage=Stage.MONITORING, reason="台账有误", block=own
    )

    own.refresh_from_db()
    cast.cycle.refresh_from_db()
    assert (own.stage, cast.cycle.stage) == ("monitoring", "preliminary-review")


def test_following_the_year_again_takes_its_windows_away(cast: Cast) -> None:
    own = apart(cast)
    today = timezone.localdate()
    StageWindow.objects.create(
        cycle=cast.cycle, block=own, stage=Stage.HEARING, opens_on=today, closes_on=today + timedelta(days=1)
    )

    actions.follow_the_year(by=cast.hat("office1"), block=own)

    own.refresh_from_db()
    assert (own.has_own_calendar, own.stage, StageWindow.objects.count()) == (False, "", 0)


def test_it_cannot_leap_over_what_must_be_ready_by_following_again(cast: Cast) -> None:
    own = apart(cast)
    cast.at(Stage.HEARING)

    with pytest.raises(Refused) as refused:
        actions.follow_the_year(by=cast.hat("office1"), block=own)

    assert refused.value.code == "other-stage"


def test_who_asks_wrongly_is_told_why(cast: Cast) -> None:
    def code(act: object, by: str, block: str) -> str:
        with pytest.raises(Refused) as refused:
            act(by=cast.hat(by), block=cast.blocks[block])  # type: ignore[operator]  # one of the two acts
        return refused.value.code

    met = [
        code(actions.keep_own_calendar, "office1", "乡镇口"),
        code(actions.keep_own_calendar, "leader1", "招商引资"),
        code(actions.follow_the_year, "office1", "招商引资"),
    ]
    apart(cast)
    met.append(code(actions.keep_own_calendar, "office1", "招商引资"))

    assert met == ["not-a-track", "not-permitted", "follows-already", "own-already"]


def test_after_the_hand_over_no_track_leaves_the_year(cast: Cast) -> None:
    cast.at(Stage.APPROVAL)

    with pytest.raises(Refused) as refused:
        apart(cast)

    assert refused.value.code == "too-late"


def test_a_block_that_follows_the_year_is_not_moved_by_itself(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        cycle_actions.move_cycle(
            by=cast.hat("office1"),
            cycle=cast.cycle,
            stage=Stage.ONSITE_REVIEW,
            lacks=[],
            block=cast.blocks["招商引资"],
        )

    assert refused.value.code == "follows-the-year"
