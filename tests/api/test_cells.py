"""Cells over the API: what one reads, what a PATCH does, who sees what, and that nothing of others leaks.

The acts themselves are tested in tests/scoring.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from scoring.actions import scores
from scoring.models import Involvement, Score, ScoreKind
from tests.api.conftest import SignIn
from tests.cast import Cast
from units.models import Cycle, Membership, Unit
from units.stages import Stage

CELLS = "/api/v1/cells/"


def cell_url(cast: Cast, unit: str, sub: str = "决战园区", block: str = "乡镇口") -> str:
    return f"{CELLS}{cast.cell(unit, sub, block).pk}/"


def save(client: APIClient, url: str, **body: Any) -> Any:
    return client.patch(url, {"kind": "preliminary", "reason": "", "version": 0} | body, format="json")


def test_one_cell_tells_its_scores_lines_and_history(cast: Cast, client_of: SignIn) -> None:
    line = scores.DeductionLine(Decimal("2.5"), "迟报")
    cell = cast.cell("青山乡", "决战园区")
    scores.record_score(by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, lines=[line])

    answer = client_of("office2").get(cell_url(cast, "青山乡"))

    body = answer.json()
    assert answer["ETag"] == '"1"'
    assert (body["cycle"], body["block"], body["unit"], body["item"]) == (
        "2012",
        "乡镇口",
        "青山乡",
        "决战园区",
    )
    assert {kind: told and told["points"] for kind, told in body["scores"].items()} == {
        "self": None,
        "lead": None,
        "preliminary": "97.50",
        "onsite": None,
    }
    assert body["scores"]["preliminary"]["entered_by"] == "office1"
    assert body["scores"]["preliminary"]["entered_at"].endswith("+08:00")
    assert body["scores"]["preliminary"]["deductions"] == [
        {"indicator": None, "points": "2.50", "reason": "迟报", "evidence": "", "on": None}
    ]
    assert [(h["act"], h["kind"], h["before"], h["after"], h["by"]) for h in body["history"]] == [
        ("score.recorded", "preliminary", None, "97.5", "office1")
    ]


def test_a_saved_score_answers_with_the_blocks_new_places(cast: Cast, client_of: SignIn) -> None:
    cast.score("白水乡", "决战园区", "95")

    answer = save(client_of("office1"), cell_url(cast, "青山乡"), score="97.50", reason="核实")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["version"], answer["ETag"], body["scores"]["preliminary"]["points"]) == (1, '"1"', "97.50")
    assert body["places"]["block"] == "乡镇口"
    assert body["places"]["provisional"] is True
    assert [(row["unit"], row["rank"], row["final"]) for row in body["places"]["rows"]] == [
        ("青山乡", 1, "600.00"),
        ("白水乡", 2, "584.62"),
        ("东河镇", 3, "0.00"),
    ]


def test_null_with_a_reason_clears_and_without_one_is_refused(cast: Cast, client_of: SignIn) -> None:
    cast.score("青山乡", "决战园区", "80")
    url, client = cell_url(cast, "青山乡"), client_of("office1")
    version = cast.cell("青山乡", "决战园区").version

    bare = save(client, url, score=None, version=version)
    cleared = save(client, url, score=None, reason="录错", version=version)

    assert (bare.status_code, bare.json()["code"]) == (422, "no-reason")
    assert (cleared.status_code, cleared.json()["scores"]["preliminary"]) == (200, None)


def test_somebody_elses_newer_value_is_answered_with_both_and_the_version(
    cast: Cast, client_of: SignIn
) -> None:
    url = cell_url(cast, "青山乡")
    save(client_of("office2"), url, score="80")

    answer = save(client_of("office1"), url, score="90")

    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "changed-meanwhile")
    assert (body["stored"], body["wanted"], body["version"]) == ("80", "90", 1)
    assert Score.objects.get().points == 80


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"score": "100.01"}, 422, "above-base"),
        ({"score": "-1"}, 422, "below-floor"),
        ({"score": "95.505"}, 422, "too-many-decimals"),
        ({"score": 95.5}, 400, "invalid"),  # a JSON number is a binary float on the way
        ({"score": "1e2"}, 400, "invalid"),
        ({"score": "NaN"}, 400, "invalid"),
        ({"score": True}, 400, "invalid"),
        ({"score": "９５"}, 400, "invalid"),
        ({"score": "95", "points": "95"}, 400, "invalid"),
        ({"score": "95", "kind": "final"}, 400, "invalid"),
        ({"score": "95", "version": None}, 400, "invalid"),
        ({"score": "95", "version": -1}, 400, "invalid"),
        ({"score": "95", "not_involved": "propose"}, 400, "invalid"),
        ({"score": "95", "reason": "长" * 301}, 400, "invalid"),
        ({"score": "95", "reason": "\x00"}, 400, "invalid"),
        ({}, 400, "invalid"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    cast: Cast, client_of: SignIn, body: dict[str, Any], status: int, code: str
) -> None:
    answer = save(client_of("office1"), cell_url(cast, "青山乡"), **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"score": ', "application/json", 400, "parse-error"),
        (b"[]", "application/json", 400, "invalid"),
        (b"null", "application/json", 400, "invalid"),
        (b"score=95", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"\xff\xfe", "application/json", 400, "parse-error"),
        (b"[" * 100_000, "application/json", 400, "parse-error"),
        (b'{"reason": "' + b"x" * 1_000_001 + b'"}', "application/json", 413, "too-large"),
    ],
)
def test_bodies_that_are_no_such_object_are_problems(
    cast: Cast, client_of: SignIn, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = client_of("office1").generic("PATCH", cell_url(cast, "青山乡"), body, content_type)  # type: ignore[arg-type]  # bytes are what comes over the wire

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_without_the_cross_site_token_a_session_writes_nothing(cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.people["office1"], "django.contrib.auth.backends.ModelBackend")

    answer = save(client, cell_url(cast, "青山乡"), score="95")

    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert not Score.objects.exists()


def test_not_involved_takes_two_persons_of_the_office(cast: Cast, client_of: SignIn) -> None:
    cast.score("白水乡", "信访", "300")
    url = cell_url(cast, "青山乡", "信访")

    def move(who: str, how: str, version: int) -> Any:
        body = {"not_involved": how, "reason": "无信访窗口", "version": version}
        return client_of(who).patch(url, body, format="json")

    proposed = move("office1", "propose", 0)
    alone = move("office1", "confirm", 1)
    confirmed = move("office2", "confirm", 1)

    assert proposed.json()["not_involved"] == {
        "state": "proposed",
        "reason": "无信访窗口",
        "proposed_by": "office1",
        "decided_by": None,
    }
    assert (alone.status_code, alone.json()["code"]) == (403, "same-person")
    assert confirmed.json()["not_involved"]["state"] == "confirmed"
    assert cast.cell("青山乡", "信访").involvement == Involvement.CONFIRMED


@pytest.mark.parametrize("how", ["propose", "confirm", "reject", "withdraw"])
def test_a_token_never_signs_but_may_enter_a_score(cast: Cast, token_client: SignIn, how: str) -> None:
    client = token_client("office1")
    url = cell_url(cast, "青山乡")

    signed = client.patch(url, {"not_involved": how, "reason": "无", "version": 0}, format="json")
    scored = save(client, url, score="95")

    assert (signed.status_code, signed.json()["code"]) == (403, "token-may-not")
    assert scored.status_code == 200


# Who sees what


@pytest.fixture
def planted(cast: Cast) -> Cast:
    """Something that could leak in every cell of two townships."""
    for unit in ("青山乡", "白水乡"):
        for kind in ScoreKind:
            cast.score(unit, "信访", "77.77", kind)
    return cast


def listed(client: APIClient, query: str = "") -> set[tuple[str, str]]:
    rows = client.get(f"{CELLS}?page_size=1000{query}").json()["results"]
    return {(row["unit"], row["sub_item"]) for row in rows}


def test_a_unit_sees_its_own_self_scores_and_nobody_elses_cells(planted: Cast, client_of: SignIn) -> None:
    client = client_of("official_青山乡")

    listing = client.get(CELLS).json()

    assert listing["count"] == 4  # three in the block, one in the track
    assert {row["unit"] for row in listing["results"]} == {"青山乡"}
    assert all(set(row["scores"]) == {"self"} for row in listing["results"])
    assert client.get(cell_url(planted, "白水乡", "信访")).status_code == 404


@pytest.mark.parametrize(
    "query", ["&scored=preliminary", "&unscored=preliminary", "&not_involved=proposed", "&unit=白水乡"]
)
def test_a_unit_learns_nothing_by_filtering(planted: Cast, client_of: SignIn, query: str) -> None:
    cell = planted.cell("青山乡", "决战园区")
    scores.propose_not_involved(by=planted.hat("office1"), cell_id=cell.pk, reason="无")

    assert listed(client_of("official_青山乡"), query) == set()


def test_a_unit_sees_all_four_of_its_own_once_results_are_out(planted: Cast, client_of: SignIn) -> None:
    planted.at(Stage.RESULTS)
    client = client_of("principal_青山乡")

    body = client.get(cell_url(planted, "青山乡", "信访")).json()

    assert set(body["scores"]) == {"self", "lead", "preliminary", "onsite"}
    assert client.get(cell_url(planted, "白水乡", "信访")).status_code == 404
    assert listed(client, "&scored=preliminary") == {("青山乡", "信访")}


def test_a_lead_sees_its_sub_items_and_never_its_own_unit(planted: Cast, client_of: SignIn) -> None:
    seen = listed(client_of("lead_市信访局"))

    assert seen == {
        *((unit, sub) for unit in ("青山乡", "白水乡", "东河镇") for sub in ("决战园区", "信访")),
        ("市档案局", "业务"),
    }


def test_a_reviewer_sees_the_units_of_the_team(planted: Cast, client_of: SignIn) -> None:
    assert {unit for unit, _sub in listed(client_of("reviewer1"))} == {"青山乡", "市信访局"}


def test_the_archive_sees_self_scores_after_publication_only(planted: Cast, client_of: SignIn) -> None:
    before = client_of("archive").get(CELLS).json()["count"]
    planted.at(Stage.PUBLISHED)
    after = client_of("archive").get(f"{CELLS}?page_size=1000").json()

    assert before == 0
    assert after["count"] == 15
    assert all(set(row["scores"]) == {"self"} for row in after["results"])


def test_a_lead_may_not_score_its_own_unit_and_is_told_why(cast: Cast, client_of: SignIn) -> None:
    url = cell_url(cast, "市信访局", "业务", "党群口")

    answer = save(client_of("lead_市信访局"), url, kind="lead", score="900")

    assert (answer.status_code, answer.json()["code"]) == (403, "own-unit")


def test_a_lead_that_saves_gets_no_places_before_the_hearing(cast: Cast, client_of: SignIn) -> None:
    answer = save(client_of("lead_市信访局"), cell_url(cast, "青山乡", "信访"), kind="lead", score="300")

    assert answer.status_code == 200
    assert answer.json()["places"] is None
    assert answer.json()["scores"]["lead"]["points"] == "300.00"


def test_another_leads_cell_is_not_there(cast: Cast, client_of: SignIn) -> None:
    answer = save(client_of("lead_市信访局"), cell_url(cast, "青山乡", "安全"), kind="lead", score="300")

    assert answer.status_code == 404


def test_a_closed_stage_is_the_same_sentence_as_on_the_page(cast: Cast, client_of: SignIn) -> None:
    cast.at(Stage.MONITORING)

    answer = save(client_of("office1"), cell_url(cast, "青山乡"), score="95")

    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "stage-closed", "§6")


def test_a_cell_of_a_year_the_hat_does_not_fit_is_not_there(cast: Cast, client_of: SignIn) -> None:
    url = cell_url(cast, "青山乡")
    other = Cycle.objects.create(code="2011", name="旧", year=2011, host=cast.units["考评办"])
    cast.people["office1"].roles.update(cycle=other)
    client = client_of("office1")

    assert save(client, url, score="95").status_code == 404
    assert client.get(url).status_code == 404
    assert [row["code"] for row in client.get("/api/v1/cycles/").json()["results"]] == ["2011"]
    assert client.get("/api/v1/cycles/2012/standings/").status_code == 404
    assert client.get("/api/v1/units/").json()["count"] == 0
    assert client.get("/api/v1/blocks/").json()["count"] == 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 15),
        ("?block=党群口", 2),
        ("?unit=青山乡", 4),
        ("?sub_item=信访", 3),
        ("?cycle=1999", 0),
        ("?scored=preliminary", 1),
        ("?unscored=preliminary", 14),
        ("?order=-unit", 15),
    ],
)
def test_lists_are_filtered(cast: Cast, client_of: SignIn, query: str, count: int) -> None:
    cast.score("青山乡", "决战园区", "80")

    assert client_of("office1").get(CELLS + query).json()["count"] == count


@pytest.mark.parametrize("query", ["?scored=final", "?order=points", "?page=99", "?page=x", "?unit=%00"])
def test_filters_and_pages_that_are_not_there_are_problems(cast: Cast, client_of: SignIn, query: str) -> None:
    answer = client_of("office1").get(CELLS + query)

    assert answer.status_code in {400, 404}
    assert answer["Content-Type"] == "application/problem+json"


def test_lists_come_in_pages(cast: Cast, client_of: SignIn) -> None:
    first = client_of("office1").get(f"{CELLS}?page_size=4").json()

    assert (len(first["results"]), first["count"], first["previous"]) == (4, 15, None)
    assert "page=2" in first["next"]


@pytest.mark.parametrize("path", ["cells/", "units/", "blocks/", "items/", "cycles/2012/standings/"])
@pytest.mark.parametrize("who", ["office1", "official_青山乡"])
def test_a_list_of_thirty_asks_as_often_as_a_list_of_one(
    planted: Cast, client_of: SignIn, path: str, who: str
) -> None:
    planted.at(Stage.RESULTS)
    client = client_of(who)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/api/v1/{path}?page_size=1000").status_code == 200
        return len(asked)

    before = count()
    for number in range(30):
        unit = Unit.objects.create(name=f"新乡{number}", kind="乡镇", order=100 + number)
        planted.cycle.units.add(unit)
        member = Membership.objects.create(block=planted.blocks["乡镇口"], unit=unit)
        Score.objects.create(
            cell=member.cells.all()[0],
            kind="preliminary",
            points=1,
            entered_by=planted.people["office1"],
            entered_at=planted.cycle.created_at,
        )

    assert count() == before
