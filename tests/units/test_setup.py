"""What the office does with units, names, teams and memberships at set-up.

The permission table of every row is tested once for all; here are the acts.
"""

from __future__ import annotations

from datetime import date

import pytest

from office.models import AuditEntry
from office.refusal import Refused
from tests.cast import Cast
from units.actions import setup
from units.models import Membership, RoleAssignment, UnitName
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("act", flat=True))


def test_a_renamed_unit_keeps_its_old_name_as_a_former_one(small: Cast) -> None:
    setup.save_unit(by=small.hat("office1"), cycle=small.cycle, unit=small.units["青山乡"], name="青山镇")

    assert UnitName.objects.get(unit__name="青山镇").name == "青山乡"
    assert acts() == ["unit.changed"]


def test_a_new_unit_joins_the_cycle(small: Cast) -> None:
    unit = setup.save_unit(by=small.hat("office1"), cycle=small.cycle, name="新单位", kind="机构")

    assert small.cycle.units.contains(unit)


@pytest.mark.parametrize("name", ["白水乡", "白 水 乡", "信访局"])
def test_a_name_that_means_another_unit_is_refused(small: Cast, name: str) -> None:
    UnitName.objects.create(unit=small.units["市信访局"], name="信访局", kind="alias")

    with pytest.raises(Refused) as unit:
        setup.save_unit(by=small.hat("office1"), cycle=small.cycle, unit=small.units["青山乡"], name=name)
    with pytest.raises(Refused) as alias:
        setup.add_alias(by=small.hat("office1"), cycle=small.cycle, unit=small.units["青山乡"], name=name)

    assert (unit.value.code, alias.value.code) == ("name-taken", "name-taken")


def test_an_alias_is_learned_once(small: Cast) -> None:
    by, unit = small.hat("office1"), small.units["青山乡"]

    first = setup.add_alias(by=by, cycle=small.cycle, unit=unit, name="青山 乡政府")
    again = setup.add_alias(by=by, cycle=small.cycle, unit=unit, name="青山乡政府")

    assert first == again
    assert acts() == ["unit.alias-learned"]


def test_an_empty_name_and_a_foreign_kind_are_refused(small: Cast) -> None:
    for values in ({"name": ""}, {"kind": "县"}, {"name": "甲/乙"}):
        with pytest.raises(Refused):
            setup.save_unit(by=small.hat("office1"), cycle=small.cycle, unit=small.units["青山乡"], **values)
    assert acts() == []


def test_a_mode_is_set_and_logged(small: Cast) -> None:
    membership = Membership.objects.get(unit__name="青山乡", block__name="乡镇口")

    setup.set_mode(by=small.hat("office1"), membership=membership, mode="不评奖")

    assert Membership.objects.get(pk=membership.pk).mode == "不评奖"
    assert acts() == ["membership.mode-set"]


def test_nobody_is_put_into_a_team_that_looks_at_his_own_unit(small: Cast) -> None:
    reviewer = small.people["reviewer1"]
    RoleAssignment.objects.create(user=reviewer, role="UO", unit=small.units["青山乡"], cycle=small.cycle)

    with pytest.raises(Refused) as refusal:
        setup.save_team(
            by=small.hat("office1"),
            cycle=small.cycle,
            name="第二组",
            people=[reviewer],
            units=[small.units["白水乡"], small.units["青山乡"]],
        )

    assert refusal.value.code == "own-unit"


def test_a_team_is_saved_with_people_and_units(small: Cast) -> None:
    team = setup.save_team(
        by=small.hat("office1"),
        cycle=small.cycle,
        name="第二组",
        people=[small.people["reviewer1"]],
        units=[small.units["白水乡"]],
    )

    assert list(team.units.all()) == [small.units["白水乡"]]


def test_a_declared_tie_is_the_own_one_and_stands_once(small: Cast) -> None:
    by = small.hat("reviewer1")

    row = setup.declare_conflict(by=by, cycle=small.cycle, unit=small.units["白水乡"], reason="亲属任职")

    assert row.user == by.user
    with pytest.raises(Refused):
        setup.declare_conflict(by=by, cycle=small.cycle, unit=small.units["白水乡"], reason="亲属任职")
    with pytest.raises(Refused):
        setup.declare_conflict(by=by, cycle=small.cycle, unit=small.units["东河镇"], reason=" ")


def test_a_calendar_day_is_saved_over_the_same_day(small: Cast) -> None:
    by = small.hat("office1")

    setup.save_calendar_day(by=by, cycle=small.cycle, day=date(2012, 10, 1), is_working=False, note="国庆节")
    day = setup.save_calendar_day(by=by, cycle=small.cycle, day=date(2012, 10, 1), is_working=True)

    assert (day.is_working, day.note) == (True, "")


@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.PUBLISHED])
def test_names_are_closed_from_approval_on(cast: Cast, stage: Stage) -> None:
    cast.at(stage)

    with pytest.raises(Refused) as refusal:
        setup.add_alias(by=cast.hat("office1"), cycle=cast.cycle, unit=cast.units["青山乡"], name="青山")

    assert refusal.value.code == "stage-closed"
