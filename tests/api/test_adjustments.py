"""Adjustments over the API: the same rows, actions and sentences as the pages.

What may be claimed is tested in tests/bonuses.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bonuses.models import Adjustment, Tally
from tests.bonuses.papers import claim, equip, png, verified
from tests.cast import Cast

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/adjustments/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


def client_of(year: Cast, name: str) -> Client:
    client = Client()
    client.force_login(year.people[name])
    return client


def new(**more: Any) -> dict[str, Any]:
    return {
        "cycle": "2012",
        "unit": "青山乡",
        "kind": "表彰",
        "number": "省府〔2012〕1号",
        "title": "关于表彰先进的决定",
        "issuer": "省人民政府",
        "date": "2012-05-04",
        "file": SimpleUploadedFile("批文.png", png("x")),
    } | more


def test_claimed_by_the_unit_and_verified_by_the_office(year: Cast) -> None:
    made = client_of(year, "official_青山乡").post(ROOT, new())
    row = made.json()[0]
    done = client_of(year, "office1").post(
        f"{ROOT}{row['id']}/verify/", {"version": row["version"]}, content_type="application/json"
    )

    assert made.status_code == 201, made.content
    assert (row["state"], row["points"], row["level"]) == ("proposed", "20", "省委省政府")
    assert (done.status_code, done.json()["state"]) == (200, "verified")
    assert Tally.objects.get(membership__block__name="乡镇口").commendations == 20


def test_a_unit_sees_its_own_only(year: Cast) -> None:
    row = verified(year)
    rival = client_of(year, "official_白水乡")

    assert rival.get(ROOT).json()["count"] == 0
    assert rival.get(f"{ROOT}?unit=青山乡").json()["count"] == 0
    assert rival.get(f"{ROOT}{row.pk}/").status_code == 404
    assert client_of(year, "official_青山乡").get(ROOT).json()["count"] == 1


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"issuer": "省"}, 422, "unclear-issuer"),
        ({"unit": "白水乡"}, 404, "not-found"),
        ({"listed": "30"}, 422, "points-by-hand"),
        ({"cycle": "1999"}, 404, "not-found"),
        ({"kind": "嘉奖"}, 400, "invalid"),
        ({"file": ""}, 422, "no-file"),
    ],
)
def test_a_bad_claim_is_a_problem_answer(year: Cast, more: dict[str, Any], status: int, code: str) -> None:
    answer = client_of(year, "official_青山乡").post(ROOT, new(**more))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("official_青山乡", 403), ("leader1", 403), ("auditor", 403), ("office1", 403), ("office2", 200)],
)
def test_only_a_second_person_of_the_office_verifies(year: Cast, who: str, status: int) -> None:
    row = claim(year)

    answer = client_of(year, who).post(
        f"{ROOT}{row.pk}/verify/", {"version": row.version}, content_type="application/json"
    )

    assert answer.status_code == status


def test_a_rejection_needs_its_reason(year: Cast) -> None:
    row = claim(year)

    answer = client_of(year, "office2").post(
        f"{ROOT}{row.pk}/reject/", {"version": row.version}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "no-reason")


def test_nobody_signed_in_sees_nothing(year: Cast, client: Client) -> None:
    assert client.get(ROOT).status_code in {401, 403}
