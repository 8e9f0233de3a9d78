"""Standings and traces over the API: the contract's object, the own row only, nobody before the time.

The figures are the engine's, tested in tests/engine.
"""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring import queries
from tests.api.conftest import SignIn
from tests.cast import Cast
from units.actions import setup
from units.models import Block
from units.stages import Stage

STANDINGS = "/api/v1/cycles/2012/standings/"
TRACES = "/api/v1/cycles/2012/traces/"


@pytest.fixture
def scored(cast: Cast) -> Cast:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("白水乡", "决战园区", "95.13")
    cast.score("青山乡", "信访", "300")
    return cast


def test_the_office_gets_the_contracts_object(scored: Cast, client_of: SignIn) -> None:
    assert client_of("office1").get(STANDINGS).json() == queries.standing_object(scored.cycle)


def test_one_block_by_name_and_an_unknown_one_is_404(scored: Cast, client_of: SignIn) -> None:
    client = client_of("office1")

    one = client.get(f"{STANDINGS}?block=党群口").json()
    none = client.get(f"{STANDINGS}?block=企业口")

    assert [block["name"] for block in one["blocks"]] == ["党群口"]
    assert (none.status_code, none.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("who", "stage", "status", "code"),
    [
        ("office1", Stage.MONITORING, 200, ""),
        ("auditor", Stage.MONITORING, 200, ""),
        ("leader1", Stage.ONSITE_REVIEW, 409, "stage-closed"),
        ("leader1", Stage.HEARING, 200, ""),
        ("mayor", Stage.HEARING, 200, ""),
        ("official_青山乡", Stage.HEARING, 409, "stage-closed"),
        ("official_青山乡", Stage.RESULTS, 200, ""),
        ("lead_市信访局", Stage.RESULTS, 404, "not-published"),
        ("lead_市信访局", Stage.PUBLISHED, 200, ""),
        ("reviewer1", Stage.APPROVAL, 404, "not-published"),
        ("archive", Stage.FILED, 200, ""),
        ("sysadmin", Stage.FILED, 403, "not-permitted"),
    ],
)
def test_a_standing_is_seen_from_its_stage_on(
    scored: Cast, client_of: SignIn, who: str, stage: Stage, status: int, code: str
) -> None:
    scored.at(stage)

    answer = client_of(who).get(STANDINGS)

    assert (answer.status_code, answer.json().get("code", "")) == (status, code)


def test_a_unit_sees_its_own_row_and_no_other_name(scored: Cast, client_of: SignIn) -> None:
    scored.at(Stage.RESULTS)

    answer = client_of("principal_白水乡").get(STANDINGS)

    blocks = answer.json()["blocks"]
    assert [(b["name"], [(r["unit"], r["rank"]) for r in b["rows"]]) for b in blocks] == [
        ("乡镇口", [("白水乡", 2)]),
        ("招商引资", [("白水乡", 1)]),
    ]
    assert all(name not in answer.content.decode() for name in ("青山乡", "东河镇", "市信访局", "97.50"))


def test_a_unit_sees_the_whole_list_once_published(scored: Cast, client_of: SignIn) -> None:
    scored.at(Stage.PUBLISHED)

    assert client_of("official_白水乡").get(STANDINGS).json() == queries.standing_object(scored.cycle)


def test_a_track_with_its_own_calendar_is_open_by_itself(scored: Cast, client_of: SignIn) -> None:
    Block.objects.filter(name="招商引资").update(has_own_calendar=True, stage=Stage.PUBLISHED)

    told = client_of("lead_市信访局").get(STANDINGS).json()

    assert [block["name"] for block in told["blocks"]] == ["招商引资"]


def test_an_unchanged_standing_is_not_sent_twice(scored: Cast, client_of: SignIn) -> None:
    client = client_of("office1")
    tag = client.get(STANDINGS)["ETag"]

    same = client.get(STANDINGS, HTTP_IF_NONE_MATCH=tag)
    scored.score("东河镇", "决战园区", "50")
    other = client.get(STANDINGS, HTTP_IF_NONE_MATCH=tag)

    assert (same.status_code, other.status_code) == (304, 200)
    assert same["Cache-Control"] == "private, no-cache"


def test_another_name_of_a_unit_is_sent_at_once(scored: Cast, client_of: SignIn) -> None:
    client = client_of("office1")
    client.get(STANDINGS)
    unit = scored.units["白水乡"]

    setup.save_unit(by=scored.hat("office1"), cycle=scored.cycle, unit=unit, name="白水镇")
    names = [row["unit"] for row in client.get(STANDINGS).json()["blocks"][0]["rows"]]

    assert "白水镇" in names
    assert "白水乡" not in names


def test_a_kept_standing_is_never_older_than_the_last_save(scored: Cast, client_of: SignIn) -> None:
    client = client_of("office1")
    client.get(STANDINGS)
    with CaptureQueriesContext(connection) as kept:
        client.get(STANDINGS)

    scored.score("东河镇", "决战园区", "99")
    after_a_save = client.get(STANDINGS).json()

    assert not [q for q in kept if 'FROM "scoring_subitem"' in q["sql"]]
    assert after_a_save == queries.standing_object(scored.cycle)


@pytest.mark.parametrize("named", ["青山乡", "number"])
def test_a_trace_goes_from_the_place_down_to_the_cell(scored: Cast, client_of: SignIn, named: str) -> None:
    named = str(scored.units["青山乡"].pk) if named == "number" else named

    told = client_of("office1").get(f"{TRACES}{named}/").json()

    assert (told["cycle"], told["unit"]) == ("2012", "青山乡")
    assert [trace["block"] for trace in told["traces"]] == ["乡镇口", "招商引资"]
    first = told["traces"][0]
    assert (first["final"]["rank"], first["final"]["final"]) == (1, "1000.00")
    assert first["items"][0]["base"]["cells"][0]["preliminary"] == "97.50"


def test_a_trace_of_one_block(scored: Cast, client_of: SignIn) -> None:
    told = client_of("office1").get(f"{TRACES}青山乡/?block=招商引资").json()

    assert [trace["block"] for trace in told["traces"]] == ["招商引资"]


def test_a_unit_reads_its_own_trace_without_others_names_or_gaps(scored: Cast, client_of: SignIn) -> None:
    scored.at(Stage.RESULTS)
    client = client_of("principal_白水乡")

    own, foreign = client.get(f"{TRACES}白水乡/"), client.get(f"{TRACES}青山乡/")

    told = own.json()["traces"][0]
    assert (own.status_code, foreign.status_code) == (200, 404)
    assert told["items"][0]["weighted"]["first"] == "97.50"  # unnamed, or nobody could check the share
    assert told["gaps"] == []
    assert "青山乡" not in json.dumps(own.json(), ensure_ascii=False)


@pytest.mark.parametrize("named", ["企业", "考评办", "9999999999999999999", "%00", "0"])
def test_a_unit_that_is_not_there_is_404(scored: Cast, client_of: SignIn, named: str) -> None:
    answer = client_of("office1").get(f"{TRACES}{named}/")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_leaders_wait_for_the_hearing_whatever_name_they_ask_for(scored: Cast, client_of: SignIn) -> None:
    client = client_of("leader1")

    answers = [client.get(f"{TRACES}{name}/").status_code for name in ("青山乡", "没有的乡")]

    assert answers == [409, 409]
