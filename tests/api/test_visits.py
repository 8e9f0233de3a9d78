"""Visits and findings of distortion over the API: the whole way of a visit, and what each hat reads.

What a visit must keep is tested in tests/scoring/test_visits.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scoring.models import Score, ScoreKind, Visit, VisitLine
from tests.api.conftest import SignIn
from tests.cast import Cast
from tests.scoring.visits import found, planned, ready, signed, written

VISITS, FINDINGS = "/api/v1/visits/", "/api/v1/cycles/2012/distortion/"


@pytest.fixture
def site(cast: Cast) -> Cast:
    return ready(cast)


def test_a_visit_goes_from_the_plan_over_the_record_to_two_signatures(site: Cast, client_of: SignIn) -> None:
    site.score("青山乡", "信访", "390")
    cells = [site.cell("青山乡", sub).pk for sub in ("信访", "安全")]
    sent = {
        "cycle": "2012", "team": "第一组", "unit": "青山乡", "on": timezone.localdate().isoformat(),
        "cells": cells, "note": "看矿区",
    }  # fmt: skip
    made = client_of("office1").post(VISITS, sent, format="json")
    way = f"{VISITS}{made.json()['id']}/"
    first, second = client_of("reviewer1"), client_of("reviewer2")

    written_down = first.patch(
        way,
        {
            "version": 1,
            "met": "乡长",
            "lines": [
                {"cell": cells[0], "points": "385", "reason": "两件未办结"},
                {"cell": cells[1], "finding": "值班在岗", "points": "588.5"},
            ],
        },
        format="json",
    )
    once = first.post(f"{way}sign/", {"version": written_down.json()["version"]}, format="json")
    alone = first.post(f"{way}sign/", {"version": once.json()["version"]}, format="json")
    twice = second.post(f"{way}sign/", {"version": once.json()["version"]}, format="json")

    assert (made.status_code, made.json()["state"], made.json()["lines"][0]["before"]) == (
        201,
        "planned",
        "390.00",
    )
    assert (written_down.status_code, written_down.json()["met"]) == (200, "乡长")
    assert [line["points"] for line in written_down.json()["lines"]] == ["385.00", "588.50"]
    assert (once.json()["state"], alone.status_code, twice.json()["state"]) == ("signed-once", 403, "signed")
    assert [one["by"] for one in twice.json()["signatures"]] == ["reviewer1", "reviewer2"]
    onsite = Score.objects.filter(kind=ScoreKind.ONSITE)
    assert set(onsite.values_list("points", flat=True)) == {Decimal(385), Decimal("588.5")}


def test_no_token_signs(site: Cast, token_client: SignIn) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588"))

    answer = token_client("reviewer1").post(
        f"{VISITS}{visit.pk}/sign/", {"version": visit.version}, format="json"
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "token-may-not")


def test_what_is_left_out_stays_and_a_changed_score_needs_its_reason(site: Cast, client_of: SignIn) -> None:
    site.score("青山乡", "信访", "390")
    visit = written(site, planned(site, "信访"), found(site, "信访", "390", "台账齐全"))
    client, cell = client_of("reviewer1"), site.cell("青山乡", "信访").pk
    way = f"{VISITS}{visit.pk}/"

    bare = client.patch(
        way, {"version": visit.version, "lines": [{"cell": cell, "points": "385"}]}, format="json"
    )
    saved = client.patch(
        way,
        {"version": visit.version, "lines": [{"cell": cell, "points": "385", "reason": "两件未办结"}]},
        format="json",
    )

    assert bare.status_code == 422
    assert "390" in bare.json()["detail"]
    assert (saved.json()["met"], saved.json()["lines"][0]["finding"]) == ("乡长", "台账齐全")


def test_two_writers_meet_with_both_values(site: Cast, client_of: SignIn) -> None:
    visit = planned(site, "安全")
    cell = site.cell("青山乡", "安全").pk
    written(site, visit, found(site, "安全", "570"), by="reviewer2")

    answer = client_of("reviewer1").patch(
        f"{VISITS}{visit.pk}/", {"version": 1, "lines": [{"cell": cell, "points": "588"}]}, format="json"
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["version"]) == (409, "changed-meanwhile", 2)
    assert (problem["stored"][0]["points"], problem["wanted"][0]["points"]) == ("570.00", "588")
    assert VisitLine.objects.get().points == 570


def test_another_teams_visit_is_not_there(site: Cast, client_of: SignIn) -> None:
    visit = planned(site, "安全")
    visit.team.people.remove(site.people["reviewer3"])
    client = client_of("reviewer3")
    way = f"{VISITS}{visit.pk}/"

    met = [
        client.get(way).status_code,
        client.patch(way, {"version": 1}, format="json").status_code,
        client.post(f"{way}sign/", {"version": 1}, format="json").status_code,
        client.get(VISITS).json()["count"],
    ]

    assert met == [404, 404, 404, 0]


def test_a_lead_reads_the_lines_on_its_own_sub_items_alone(site: Cast, client_of: SignIn) -> None:
    signed(site, written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588", "矿区")))

    (row,) = client_of("lead_市信访局").get(VISITS).json()["results"]

    assert [line["sub_item"] for line in row["lines"]] == ["信访"]


def test_an_unknown_team_or_unit_is_not_there(site: Cast, client_of: SignIn) -> None:
    sent = {
        "cycle": "2012", "team": "第一组", "unit": "青山乡", "on": "2013-01-15",
        "cells": [site.cell("青山乡", "安全").pk],
    }  # fmt: skip

    wrong: list[dict[str, Any]] = [{"team": "第九组"}, {"unit": "无此乡"}, {"cells": [10**9]}, {"cells": []}]
    client = client_of("office1")

    answers = [client.post(VISITS, sent | one, format="json").status_code for one in wrong]

    assert answers == [404, 404, 404, 400]
    assert not Visit.objects.exists()


def test_visits_are_listed_in_as_many_queries_for_two_as_for_one(site: Cast, client_of: SignIn) -> None:
    client = client_of("office1")

    def asked() -> int:
        client.get(VISITS)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(VISITS).status_code == 200
        return len(queries)

    planned(site, "安全")
    few = asked()
    planned(site, "信访")

    assert asked() == few


# Distortion ---------------------------------------------------------------------------------------


def gap(cast: Cast, unit: str) -> str:
    cast.score(unit, "信访", "398", ScoreKind.SELF)
    cast.score(unit, "信访", "300", ScoreKind.LEAD)
    return f"self-above-lead:{cast.cell(unit, '信访').pk}"


def test_findings_are_read_with_their_figures_and_what_was_done(cast: Cast, client_of: SignIn) -> None:
    key = gap(cast, "青山乡")
    gap(cast, "白水乡")
    office = client_of("office1")
    office.post("/years/2012/distortion/dismiss/", {"key": key, "reason": "台账迟报，已核实"})

    every = office.get(FINDINGS).json()["results"]
    (done,) = office.get(FINDINGS, {"state": "dismissed"}).json()["results"]

    assert {one["unit"] for one in every} == {"青山乡", "白水乡"}
    assert (done["key"], done["unit"], done["dismissal"]) == (
        key,
        "青山乡",
        {"by": "office1", "reason": "台账迟报，已核实"},
    )
    assert (done["facts"]["own"], done["facts"]["other"]) == ("398", "300")
    assert "398" in done["sentence"]


def test_a_reviewer_reads_of_the_own_teams_units_alone(cast: Cast, client_of: SignIn) -> None:
    gap(cast, "青山乡")
    gap(cast, "白水乡")

    rows = client_of("reviewer1").get(FINDINGS).json()["results"]

    assert {one["unit"] for one in rows} == {"青山乡"}
