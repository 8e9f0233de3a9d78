"""Opening a stage's work again: for one, several or all, until an instant; what is left out; closing.

The page is tested in tests/pages/test_reopen.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from office import audit
from office.models import AuditEntry, Notice
from office.refusal import Refused
from tests.cast import Cast
from units.actions import reopening as actions
from units.matrix import Role
from units.models import Block, Conflict, Reopening, RoleAssignment, Unit
from units.permissions import may
from units.stages import Stage

TOMORROW = timedelta(days=1)


UNTIL = timezone.now() + timedelta(days=30)


def open_again(cast: Cast, *names: str, stage: Stage = Stage.SELF_ASSESSMENT) -> actions.Outcome:
    return actions.reopen_many(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        stage=stage,
        units=[cast.units[name] for name in names],
        until=UNTIL,
        reason="停电",
    )


def test_a_reopened_unit_may_enter_again_until_the_time_is_over(cast: Cast) -> None:
    cast.at(Stage.ONSITE_REVIEW)
    hat, unit, rival = cast.hat("official_青山乡"), cast.units["青山乡"], cast.units["白水乡"]
    before = may("D02", hat, cast.cycle, unit_id=unit.pk)

    opened = actions.reopen(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=unit,
        until=timezone.now() + timedelta(days=2),
        reason="停电",
    )

    during = may("D02", hat, cast.cycle, unit_id=unit.pk)
    other = may("D02", cast.hat("official_白水乡"), cast.cycle, unit_id=rival.pk)
    actions.close_reopening(by=cast.hat("office1"), reopening=opened)
    after = may("D02", hat, cast.cycle, unit_id=unit.pk)
    assert (before, during, other, after) == (False, True, False, False)


@pytest.mark.parametrize(
    ("stage", "unit", "days", "reason", "code"),
    [
        (Stage.HEARING, "青山乡", 1, "停电", "not-reopenable"),
        (Stage.ONSITE_REVIEW, "青山乡", 1, "停电", "not-reopenable"),  # still ahead
        (Stage.SELF_ASSESSMENT, "考评办", 1, "停电", "not-found"),
        (Stage.SELF_ASSESSMENT, "青山乡", -1, "停电", "until-past"),
        (Stage.SELF_ASSESSMENT, "青山乡", 1, " ", "no-reason"),
    ],
)
def test_a_reopening_names_a_past_stage_a_unit_a_future_and_a_reason(
    cast: Cast, stage: Stage, unit: str, days: int, reason: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.reopen(
            by=cast.hat("office1"),
            cycle=cast.cycle,
            stage=stage,
            unit=cast.units[unit],
            until=timezone.now() + timedelta(days=days),
            reason=reason,
        )

    assert refused.value.code == code


def test_a_selection_is_opened_and_everybody_concerned_is_told(cast: Cast) -> None:
    outcome = open_again(cast, "青山乡", "白水乡")

    assert [one.unit for one in outcome.done] == [cast.units["青山乡"], cast.units["白水乡"]]
    assert set(Notice.objects.values_list("user__username", flat=True)) == {
        "official_青山乡",
        "principal_青山乡",
        "official_白水乡",
        "principal_白水乡",
    }
    entry = AuditEntry.objects.get(act="cycle.reopened-many")
    assert audit.details_of(entry)["units"] == ["青山乡", "白水乡"]


def test_exceptions_are_left_out_by_name_and_the_rest_goes_through(cast: Cast) -> None:
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["东河镇"], reason="家在当地"
    )
    open_again(cast, "白水乡")

    outcome = open_again(cast, "青山乡", "白水乡", "东河镇", "考评办")

    assert [one.unit.name for one in outcome.done if one.unit] == ["青山乡"]
    assert {one.unit.name: one.sentence[:4] for one in outcome.left_out} == {
        "白水乡": "已开放到",
        "东河镇": "您属于该",
        "考评办": "不参加本",
    }


def test_what_is_open_as_long_already_is_not_opened_twice(cast: Cast) -> None:
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=None,
        until=UNTIL,
        reason="全市停电",
        by=cast.people["office2"],
    )

    outcome = open_again(cast, "青山乡")

    assert (outcome.done, [one.sentence for one in outcome.left_out]) == (
        [],
        ["已开放到该时间或更晚。"],
    )
    assert Reopening.objects.count() == 1


def test_nobody_ticked_opens_nobody(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        open_again(cast)

    assert refused.value.code == "nobody-chosen"


def test_a_body_that_only_leads_can_be_given_more_time_too(cast: Cast) -> None:
    body = Unit.objects.create(name="市人武部", kind="机构", order=95)
    cast.units["市人武部"] = body
    RoleAssignment.objects.create(user=cast.people["archive"], role=Role.LEAD, unit=body, cycle=cast.cycle)

    outcome = open_again(cast, "市人武部", stage=Stage.MONITORING)

    assert [one.unit for one in outcome.done] == [body]


@pytest.mark.parametrize("name", ["leader1", "reviewer1", "lead_市信访局", "official_青山乡", "auditor"])
def test_only_the_office_opens_again(cast: Cast, name: str) -> None:
    with pytest.raises(Refused) as refused:
        actions.reopen_many(
            by=cast.hat(name),
            cycle=cast.cycle,
            stage=Stage.SELF_ASSESSMENT,
            units=[cast.units["青山乡"]],
            until=timezone.now() + TOMORROW,
            reason="停电",
        )

    assert refused.value.status == 403


def test_several_are_closed_at_once_and_stay_in_the_record(cast: Cast) -> None:
    done = open_again(cast, "青山乡", "白水乡", "东河镇").done

    outcome = actions.close_many(by=cast.hat("office1"), cycle=cast.cycle, reopenings=done[:2])
    again = actions.close_many(
        by=cast.hat("office1"), cycle=cast.cycle, reopenings=list(Reopening.objects.all())
    )

    assert (len(outcome.done), len(again.done)) == (2, 1)
    assert Reopening.objects.count() == 3
    assert not Reopening.objects.filter(until__gt=timezone.now()).exists()


def test_a_track_that_still_works_can_be_reopened_after_the_year_has_gone_on(cast: Cast) -> None:
    cast.at(Stage.HEARING)
    Block.objects.filter(name="招商引资").update(has_own_calendar=True, stage=Stage.ONSITE_REVIEW)

    outcome = open_again(cast, "工口")

    assert [one.unit for one in outcome.done] == [cast.units["工口"]]
