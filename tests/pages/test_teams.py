"""Pages of teams and ties: each works, and each turns away who has no business there.

What may be set up, declared and lifted is tested in tests/units.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import body, words_of
from units.models import Conflict, Membership, Team, Unit
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"


def test_the_office_sets_a_team_up_by_ticks(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    form = client.get(f"{YEAR}teams/new/")

    answer = client.post(
        f"{YEAR}teams/new/",
        {
            "name": "第二组",
            "people": [cast.people["reviewer1"].pk],
            "units": [cast.units["白水乡"].pk, cast.units["东河镇"].pk],
        },
        follow=True,
    )

    assert "青山乡(第一组)" in body(form)
    assert answer.status_code == 200
    assert set(Team.objects.get(name="第二组").units.values_list("name", flat=True)) == {"白水乡", "东河镇"}


def test_a_tied_reviewer_is_refused_and_the_ticks_stay(cast: Cast, signed_in: SignedIn) -> None:
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["reviewer1"], unit=cast.units["白水乡"], reason="亲属"
    )

    answer = signed_in("office1").post(
        f"{YEAR}teams/new/",
        {"name": "第二组", "people": [cast.people["reviewer1"].pk], "units": [cast.units["白水乡"].pk]},
    )

    assert answer.status_code == 409
    assert "白水乡" in words_of(answer)
    assert f'value="{cast.units["白水乡"].pk}" class="tick-groups"' in body(answer)
    assert not Team.objects.filter(name="第二组").exists()


def test_the_page_names_units_without_a_team_and_units_with_too_few_to_sign(
    cast: Cast, signed_in: SignedIn
) -> None:
    words = words_of(signed_in("office1").get(f"{YEAR}teams/"))

    assert "4 个单位未分到考评组 白水乡" in words
    assert "签认人数不足 青山乡（1）" in words


def test_a_reviewer_sees_the_own_team_and_the_own_ties_only(cast: Cast, signed_in: SignedIn) -> None:
    other = Team.objects.create(cycle=cast.cycle, name="别组")
    other.units.add(cast.units["白水乡"])
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["leader1"], unit=cast.units["东河镇"], reason="曾任镇长"
    )

    page, sheet = (signed_in("reviewer1").get(f"{YEAR}teams{end}") for end in ("/", ".xlsx"))

    assert "第一组" in words_of(page)
    assert "别组" not in words_of(page)
    assert "曾任镇长" not in words_of(page)
    assert sheet.status_code == 200


def test_a_lead_declares_a_tie_and_sees_no_team(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("lead_市信访局")

    answer = client.post(
        f"{YEAR}conflicts/declare/", {"unit": cast.units["东河镇"].pk, "reason": "配偶在该镇"}, follow=True
    )

    words = words_of(answer)
    assert "配偶在该镇" in words
    assert "第一组" not in words


def test_a_tie_is_lifted_by_two_on_the_page(cast: Cast, signed_in: SignedIn) -> None:
    row = Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["reviewer1"], unit=cast.units["青山乡"], reason="曾任职"
    )
    act = f"{YEAR}conflicts/{row.pk}/"

    first = signed_in("leader1").post(f"{act}propose/", {"reason": "离任三年"}, follow=True)
    same = signed_in("leader1").post(f"{act}confirm/")
    second = signed_in("leader2").post(f"{act}confirm/", follow=True)

    row.refresh_from_db()
    assert (first.status_code, same.status_code, second.status_code) == (200, 403, 200)
    assert row.lifted_by == cast.people["leader2"]


def test_a_team_is_dissolved_and_nothing_happens_by_get(cast: Cast, signed_in: SignedIn) -> None:
    team = Team.objects.get()
    client = signed_in("office1")

    by_get = client.get(f"{YEAR}teams/{team.pk}/dissolve/")
    client.post(f"{YEAR}teams/{team.pk}/dissolve/")

    assert by_get.status_code == 405
    assert not Team.objects.exists()


def test_another_years_team_and_tie_are_not_there(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").get(f"{YEAR}teams/987654/").status_code == 404
    assert signed_in("leader1").post(f"{YEAR}conflicts/987654/confirm/").status_code == 404
    assert signed_in("leader1").post(f"{YEAR}conflicts/1/burn/").status_code == 404


def test_after_the_results_no_team_is_changed(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.PUBLISHED)

    answer = signed_in("office1").post(f"{YEAR}teams/new/", {"name": "迟来的组"})

    assert answer.status_code == 409
    assert not Team.objects.filter(name="迟来的组").exists()


def test_a_team_of_thirty_units_takes_the_queries_of_a_team_of_two(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    client.get(f"{YEAR}teams/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"{YEAR}teams/")
    for number in range(28):
        unit = Unit.objects.create(name=f"新设{number}乡", kind="乡镇", order=100 + number)
        Membership.objects.create(block=cast.blocks["乡镇口"], unit=unit)
        Team.objects.get().units.add(unit)

    with CaptureQueriesContext(connection) as many:
        client.get(f"{YEAR}teams/")

    assert len(few) == len(many) <= 30
