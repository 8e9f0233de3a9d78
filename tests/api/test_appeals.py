"""Appeals over the API: the same rows, actions and sentences as the pages.

What may be questioned is tested in tests/scoring/test_appeals.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scoring.actions import appeal_rulings
from scoring.models import Appeal
from tests.api.conftest import SignIn
from tests.awards.test_consequences import mark
from tests.bonuses.papers import equip
from tests.cast import Cast
from tests.scoring.test_appeals import RAISED, checked, draft, filed, of_cell, point_of
from units.stages import Stage

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/appeals/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return mark(equip(cast)).at(Stage.RESULTS)


def client_of(year: Cast, name: str) -> Client:
    client = Client()
    client.force_login(year.people[name])
    return client


def new(year: Cast, **more: Any) -> dict[str, Any]:
    cell = year.cell("青山乡", "决战园区").pk
    points = [{"kind": "score", "cell": cell, "words": "无依据"}]
    return {"cycle": "2012", "words": "园区扣分无依据", "points": points} | more


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type="application/json")


def test_drafted_by_the_official_and_filed_by_the_principal(year: Cast) -> None:
    made = post(client_of(year, "official_青山乡"), ROOT, new(year))
    row = made.json()
    path = f"{ROOT}{row['id']}/file/"

    refused = post(client_of(year, "official_青山乡"), path, {"version": row["version"]})
    done = post(client_of(year, "principal_青山乡"), path, {"version": row["version"]})

    assert made.status_code == 201, made.content
    assert row["state"] == "draft"
    assert refused.status_code == 403
    assert (done.status_code, done.json()["code"]) == (200, "2012-复1")


def test_an_appeal_about_nothing_is_a_problem_with_its_code(year: Cast) -> None:
    row = post(client_of(year, "principal_青山乡"), ROOT, new(year, points=[])).json()

    answer = post(
        client_of(year, "principal_青山乡"), f"{ROOT}{row['id']}/file/", {"version": row["version"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "about-nothing")


def test_a_rival_finds_nothing_in_list_filter_or_by_number(year: Cast) -> None:
    made = filed(year)
    rival = client_of(year, "principal_白水乡")

    assert rival.get(ROOT).json()["results"] == []
    assert rival.get(f"{ROOT}?unit=青山乡").json()["results"] == []
    assert rival.get(f"{ROOT}{made.pk}/").status_code == 404


def test_a_draft_is_its_units_alone(year: Cast) -> None:
    made = draft(year, of_cell(year))

    assert client_of(year, "office1").get(f"{ROOT}{made.pk}/").status_code == 404
    assert client_of(year, "official_青山乡").get(f"{ROOT}{made.pk}/").status_code == 200


def test_half_a_decision_and_who_moves_are_not_told_to_the_unit(year: Cast) -> None:
    made = checked(year)
    appeal_rulings.sign_first(
        by=year.hat("leader1"), cycle=year.cycle, point_id=point_of(made).pk, ruling=RAISED
    )

    own = client_of(year, "principal_青山乡").get(f"{ROOT}{made.pk}/").json()["points"][0]
    office = client_of(year, "office1").get(f"{ROOT}{made.pk}/").json()["points"][0]

    assert (own["outcome"], own["score_points"], own["consequences"]) == ("", None, None)
    assert (office["outcome"], office["score_points"]) == ("upheld", "100")
    assert {move["unit"] for move in office["consequences"]} == {"白水乡", "东河镇"}


def test_a_token_files_nothing(year: Cast, token_client: SignIn) -> None:
    made = draft(year, of_cell(year), by="principal_青山乡")

    answer = token_client("principal_青山乡").post(f"{ROOT}{made.pk}/file/", {"version": made.version})

    assert answer.status_code == 403
    assert Appeal.objects.get().state == "draft"
