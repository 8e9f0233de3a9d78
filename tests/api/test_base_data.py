"""Cycles, blocks, units, items and jobs over the API; and addresses that are not there.

Who may ask is in test_permissions.py.
"""

from __future__ import annotations

import pytest

from office.models import Job
from tests.api.conftest import SignIn
from tests.cast import Cast
from units.models import Unit, UnitName


def test_a_cycle(cast: Cast, client_of: SignIn) -> None:
    assert client_of("mayor").get("/api/v1/cycles/2012/").json() == {
        "code": "2012",
        "name": "双向承诺综合考评",
        "year": 2012,
        "host": "考评办",
        "places": 2,
        "rounding": "each-item",
        "total_weight": "1000",
        "stage": "preliminary-review",
        "is_demo": False,
    }


def test_blocks_carry_their_members_in_the_plans_order(cast: Cast, client_of: SignIn) -> None:
    told = client_of("mayor").get("/api/v1/blocks/?cycle=2012&kind=综合").json()["results"]

    assert [(block["name"], [m["unit"] for m in block["members"]]) for block in told] == [
        ("乡镇口", ["青山乡", "白水乡", "东河镇"]),
        ("党群口", ["市信访局", "市档案局"]),
    ]


def test_units_are_found_by_any_of_their_names(cast: Cast, client_of: SignIn) -> None:
    UnitName.objects.create(unit=cast.units["市档案局"], name="党史办", kind="absorbed")

    told = client_of("mayor").get("/api/v1/units/?name=史").json()["results"]

    assert [(unit["name"], unit["other_names"], unit["blocks"]) for unit in told] == [
        (
            "市档案局",
            [{"name": "党史办", "kind": "absorbed"}],
            [{"cycle": "2012", "block": "党群口", "mode": "参评"}],
        )
    ]


@pytest.mark.parametrize(
    ("who", "seen"), [("office1", "13900000000"), ("official_青山乡", "13900000000"), ("official_白水乡", "")]
)
def test_telephone_numbers_are_for_the_office_and_the_unit_itself(
    cast: Cast, client_of: SignIn, who: str, seen: str
) -> None:
    Unit.objects.filter(name="青山乡").update(mobile="13900000000")

    told = client_of(who).get(f"/api/v1/units/{cast.units['青山乡'].pk}/").json()

    assert told["mobile"] == seen


def test_items_carry_sub_items_leads_and_helpers(cast: Cast, client_of: SignIn) -> None:
    told = client_of("mayor").get("/api/v1/items/?block=乡镇口&name=社会管理").json()["results"]

    assert [(i["weight"], i["base"]) for i in told] == [("400", "1000")]
    assert [(s["name"], s["base"], s["lead"], s["helpers"], s["look"]) for s in told[0]["sub_items"]] == [
        ("信访", "400", "市信访局", ["市档案局"], "两者"),
        ("安全", "600", None, [], "实地"),
    ]


def test_a_job_is_its_owners_and_can_be_cancelled(cast: Cast, client_of: SignIn) -> None:
    job = Job.objects.create(kind="x", title="导出", owner=cast.people["office1"], done=1, total=4)
    url = f"/api/v1/jobs/{job.pk}/"

    own = client_of("office1").get(url).json()
    foreign = client_of("office2").post(f"{url}cancel/")
    cancelled = client_of("office1").post(f"{url}cancel/")
    again = client_of("office1").post(f"{url}cancel/")

    assert (own["state"], own["percent"]) == ("waiting", 25)
    assert foreign.status_code == 404
    assert (cancelled.json()["state"], again.status_code) == ("cancelled", 200)
    assert client_of("office2").get("/api/v1/jobs/").json()["count"] == 0


@pytest.mark.parametrize(
    "path",
    ["", "nothing/", "cycles/1999/", "cycles/1999/standings/", "units/x/", "cells/9999999999/", "%00/"],
)
def test_an_address_that_is_not_there_is_a_problem(cast: Cast, client_of: SignIn, path: str) -> None:
    answer = client_of("office1").get(f"/api/v1/{path}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not-found"


def test_a_forgotten_slash_is_put_right(cast: Cast, client_of: SignIn) -> None:
    assert client_of("office1").get("/api/v1/cycles")["Location"] == "/api/v1/cycles/"


def test_the_reading_room_names_no_outside_host_and_no_inline_script(cast: Cast, client_of: SignIn) -> None:
    answer = client_of("office1").get("/api/v1/docs/")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "http" not in page.replace("xmlns=", "")
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    # The order of the directives changes from one process to the next.
    assert {part.strip() for part in answer["Content-Security-Policy"].split(";")} == {
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'self'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    }
