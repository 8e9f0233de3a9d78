"""Teams and ties: who is kept from a unit, who lifts a tie, and what a year lacks without teams.

Setting a team up is tested in test_setup.py; the pages in tests/pages/test_teams.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from office.models import AuditEntry, User
from office.refusal import Refused
from tests.cast import Cast
from units import team_queries
from units.actions import conflicts, setup, teams
from units.hats import hats_of
from units.matrix import Role
from units.models import Conflict, RoleAssignment, Team

pytestmark = pytest.mark.django_db


def tie(cast: Cast, who: str = "reviewer1", unit: str = "青山乡") -> Conflict:
    return setup.declare_conflict(
        by=cast.hat(who), cycle=cast.cycle, unit=cast.units[unit], reason="去年以前在该乡任职"
    )


def second_reviewer(cast: Cast) -> User:
    user: User = User.objects.create(username="reviewer2", display_name="reviewer2")
    RoleAssignment.objects.create(user=user, role=Role.REVIEWER, cycle=cast.cycle)
    cast.people["reviewer2"] = user
    Team.objects.get(cycle=cast.cycle).people.add(user)
    return user


def test_a_declared_tie_takes_the_unit_out_of_its_persons_sight(cast: Cast) -> None:
    before = cast.hat("reviewer1").team_unit_ids(cast.cycle.pk)

    tie(cast)

    after = cast.hat("reviewer1").team_unit_ids(cast.cycle.pk)
    assert before - after == {cast.units["青山乡"].pk}


def test_two_persons_of_the_leading_group_lift_a_tie(cast: Cast) -> None:
    row = tie(cast)

    conflicts.propose_lifting(
        by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason="离任已满三年"
    )
    still = cast.hat("reviewer1").is_tied_to(cast.units["青山乡"].pk, cast.cycle.pk)
    conflicts.confirm_lifting(by=cast.hat("leader2"), cycle=cast.cycle, conflict_id=row.pk)

    assert still
    assert not cast.hat("reviewer1").is_tied_to(cast.units["青山乡"].pk, cast.cycle.pk)
    assert list(AuditEntry.objects.order_by("number").values_list("act", flat=True)) == [
        "conflict.declared",
        "conflict.lift-proposed",
        "conflict.lifted",
    ]


def test_one_person_lifts_no_tie(cast: Cast) -> None:
    row = tie(cast)
    conflicts.propose_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason="离任")

    with pytest.raises(Refused) as refused:
        conflicts.confirm_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk)

    assert refused.value.code == "same-person"


def test_nobody_lifts_the_own_tie(cast: Cast) -> None:
    row = tie(cast, "leader1")

    with pytest.raises(Refused) as refused:
        conflicts.propose_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason="无妨")

    assert refused.value.status == 403


def test_a_dropped_proposal_leaves_the_tie_in_force(cast: Cast) -> None:
    row = tie(cast)
    conflicts.propose_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason="离任")

    conflicts.keep_conflict(by=cast.hat("leader2"), cycle=cast.cycle, conflict_id=row.pk)

    row.refresh_from_db()
    assert (row.lift_proposed_by, row.lift_reason, row.lifted_at) == (None, "", None)


@pytest.mark.parametrize("who", ["office1", "reviewer1", "mayor"])
def test_only_the_leading_group_lifts(cast: Cast, who: str) -> None:
    row = tie(cast)

    with pytest.raises(Refused) as refused:
        conflicts.propose_lifting(by=cast.hat(who), cycle=cast.cycle, conflict_id=row.pk, reason="离任")

    assert refused.value.status == 403


def test_lifting_needs_a_reason(cast: Cast) -> None:
    row = tie(cast)

    with pytest.raises(Refused) as refused:
        conflicts.propose_lifting(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk, reason=" ")

    assert refused.value.code == "no-reason"


@pytest.mark.parametrize("act", [conflicts.confirm_lifting, conflicts.keep_conflict])
def test_what_nobody_proposed_is_neither_confirmed_nor_dropped(
    cast: Cast, act: Callable[..., Conflict]
) -> None:
    row = tie(cast)

    with pytest.raises(Refused) as refused:
        act(by=cast.hat("leader1"), cycle=cast.cycle, conflict_id=row.pk)

    assert refused.value.code == "nothing-proposed"


def test_the_year_lacks_teams_for_units_and_persons_to_sign(cast: Cast) -> None:
    lacks = {lack.code: lack.names for lack in team_queries.team_lacks(cast.cycle)}

    assert lacks == {
        "no-team": ("白水乡", "东河镇", "市档案局", "工口"),
        "few-reviewers": ("青山乡", "市信访局"),
    }


def test_a_tie_leaves_too_few_to_sign(cast: Cast) -> None:
    second_reviewer(cast)
    enough = [lack.code for lack in team_queries.team_lacks(cast.cycle)]

    tie(cast)

    assert enough == ["no-team"]
    short = team_queries.short_of_reviewers(team_queries.teams_of(cast.cycle))
    assert {unit.name: count for unit, count in short.items()} == {"青山乡": 1}


def test_a_dissolved_team_frees_its_units(cast: Cast) -> None:
    teams.dissolve_team(by=cast.hat("office1"), cycle=cast.cycle, team_id=Team.objects.get().pk)

    assert not hats_of(cast.people["reviewer1"])[0].team_unit_ids(cast.cycle.pk)
    assert len(team_queries.units_without_team(cast.cycle)) == 6
