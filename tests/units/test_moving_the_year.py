"""Moving a year on and back, its windows: who may, what stops it, what is kept.

What lacks before which stage is tested in tests/pages/test_procedure.py, opening again in test_reopening.py.
"""

from __future__ import annotations

from datetime import date, time

import pytest

from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from tests.cast import Cast
from units.actions import cycle as actions
from units.lacks import Lack
from units.models import SignedLack, StageWindow
from units.stages import Stage

OPEN = Lack("missing-cells", "乡镇口：缺报 2 项。", ("青山乡", "白水乡"))
FIRM = Lack("weights-do-not-sum", "乡镇口：权重分合计 990。", signable=False)


def test_moving_on_stores_every_lack_with_its_reason(cast: Cast) -> None:
    moved = actions.move_cycle(
        by=cast.hat("office1"), cycle=cast.cycle, stage=Stage.ONSITE_REVIEW, lacks=[OPEN], reason="时间已到"
    )

    assert moved.stage_now is Stage.ONSITE_REVIEW
    assert list(SignedLack.objects.values_list("stage", "sentence", "reason", "by__username")) == [
        ("preliminary-review", "乡镇口：缺报 2 项。 青山乡、白水乡", "时间已到", "office1")
    ]
    entry = AuditEntry.objects.get(act="cycle.moved")
    assert audit.details_of(entry)["after"] == "onsite-review"


@pytest.mark.parametrize(
    ("lacks", "reason", "code"),
    [([OPEN], "  ", "no-reason"), ([FIRM], "时间已到", "not-ready"), ([OPEN], "长" * 301, "reason-too-long")],
)
def test_what_is_not_signed_or_may_not_be_stops_the_year(
    cast: Cast, lacks: list[Lack], reason: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.move_cycle(
            by=cast.hat("office1"), cycle=cast.cycle, stage=Stage.ONSITE_REVIEW, lacks=lacks, reason=reason
        )

    cast.cycle.refresh_from_db()
    assert (refused.value.code, cast.cycle.stage_now) == (code, Stage.PRELIMINARY_REVIEW)
    assert not SignedLack.objects.exists()


@pytest.mark.parametrize(
    ("stage", "wanted", "code"),
    [
        (Stage.PRELIMINARY_REVIEW, Stage.HEARING, "not-next"),
        (Stage.PRELIMINARY_REVIEW, Stage.SELF_ASSESSMENT, "not-ahead"),
        (Stage.RESULTS, Stage.APPROVAL, "entered-elsewhere"),
        (Stage.APPROVAL, Stage.PUBLISHED, "entered-elsewhere"),
    ],
)
def test_a_year_moves_one_stage_on_and_never_into_approval(
    cast: Cast, stage: Stage, wanted: Stage, code: str
) -> None:
    cast.at(stage)

    with pytest.raises(Refused) as refused:
        actions.move_cycle(by=cast.hat("office1"), cycle=cast.cycle, stage=wanted, lacks=[])

    assert refused.value.code == code


@pytest.mark.parametrize("name", ["leader1", "reviewer1", "lead_市信访局", "official_青山乡", "auditor"])
def test_only_the_office_moves_the_year(cast: Cast, name: str) -> None:
    with pytest.raises(Refused) as refused:
        actions.move_cycle(by=cast.hat(name), cycle=cast.cycle, stage=Stage.ONSITE_REVIEW, lacks=[])

    assert refused.value.status == 403


def test_the_office_and_the_leading_group_move_it_back_with_a_reason(cast: Cast) -> None:
    actions.move_back(by=cast.hat("leader1"), cycle=cast.cycle, stage=Stage.MONITORING, reason="台账有误")

    cast.cycle.refresh_from_db()
    assert cast.cycle.stage_now is Stage.MONITORING


@pytest.mark.parametrize(
    ("stage", "back_to", "reason", "code"),
    [
        (Stage.PUBLISHED, Stage.RESULTS, "改", "stage-closed"),
        (Stage.RESULTS, Stage.RESULTS, "改", "not-behind"),
        (Stage.RESULTS, Stage.HEARING, "", "no-reason"),
    ],
)
def test_nothing_returns_from_published_nor_without_a_reason(
    cast: Cast, stage: Stage, back_to: Stage, reason: str, code: str
) -> None:
    cast.at(stage)

    with pytest.raises(Refused) as refused:
        actions.move_back(by=cast.hat("office1"), cycle=cast.cycle, stage=back_to, reason=reason)

    assert refused.value.code == code


def test_a_window_is_set_changed_and_taken_away_and_each_is_logged_once(cast: Cast) -> None:
    def put(opens: date | None, closes: date | None) -> None:
        actions.set_window(
            by=cast.hat("office1"),
            cycle=cast.cycle,
            stage=Stage.HEARING,
            opens_on=opens,
            closes_on=closes,
            cut_off=time(17, 30) if opens else None,
        )

    put(date(2013, 1, 5), date(2013, 1, 9))
    put(date(2013, 1, 5), date(2013, 1, 9))
    put(date(2013, 1, 5), date(2013, 1, 10))
    put(None, None)

    assert not StageWindow.objects.exists()
    told = [
        audit.details_of(e)["after"]
        for e in AuditEntry.objects.filter(act="cycle.window-set").order_by("number")
    ]
    assert told == ["2013-01-05 – 2013-01-09 17:30", "2013-01-05 – 2013-01-10 17:30", ""]


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [
        (date(2013, 1, 9), None, "half-a-window"),
        (date(2013, 1, 9), date(2013, 1, 8), "window-ends-early"),
    ],
)
def test_a_window_has_two_days_in_order(cast: Cast, opens: date, closes: date | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        actions.set_window(
            by=cast.hat("office1"), cycle=cast.cycle, stage=Stage.HEARING, opens_on=opens, closes_on=closes
        )

    assert refused.value.code == code
