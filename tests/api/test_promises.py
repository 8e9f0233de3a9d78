"""Commitments and detailed rules over the API: what each hat sees, and no more.

Writing is on the pages only.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import SignIn
from tests.cast import Cast
from tests.scoring import promises, test_detailed_rules
from units.stages import Stage


def test_a_unit_reads_its_own_promise_with_the_rate_and_no_other(cast: Cast, client_of: SignIn) -> None:
    promises.accepted(cast, "青山乡")
    promises.report(cast, [80, 100])
    promises.accepted(cast, "白水乡")

    own = client_of("official_青山乡").get("/api/v1/commitments/").json()["results"]
    every = client_of("office1").get("/api/v1/commitments/?state=accepted").json()["results"]
    rival = client_of("official_青山乡").get("/api/v1/commitments/?unit=白水乡").json()["results"]

    assert [(row["unit"], row["fulfilment"], row["goals_reported"]) for row in own] == [("青山乡", "90.0", 2)]
    assert [goal["text"] for goal in own[0]["goals"]] == list(promises.TEXTS)
    assert [row["unit"] for row in every] == ["青山乡", "白水乡"]
    assert rival == []


def test_everybody_reads_the_rules_that_hold_and_nobody_a_draft(cast: Cast, client_of: SignIn) -> None:
    cast.at(Stage.SET_UP)
    test_detailed_rules.accepted(cast, floor=(Decimal(-50), "可倒扣50分"))
    test_detailed_rules.save(cast, text="第二版草稿", file=False)

    (row,) = client_of("official_青山乡").get("/api/v1/detailed-rules/?cycle=2012").json()["results"]

    assert (row["sub_item"], row["number"], row["floor_points"]) == ("信访", 1, "-50")
    assert [(one["name"], one["base_points"]) for one in row["indicators"]] == [
        ("初信初访", "250"),
        ("积案化解", "150"),
    ]


def test_a_list_asks_as_often_for_two_as_for_one(cast: Cast, client_of: SignIn) -> None:
    def asked() -> int:
        client = client_of("office1")
        client.get("/api/v1/commitments/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/v1/commitments/").status_code == 200
        return len(queries)

    promises.accepted(cast, "青山乡")
    few = asked()
    promises.accepted(cast, "白水乡")

    assert asked() == few
