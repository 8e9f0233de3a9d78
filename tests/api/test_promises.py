"""Commitments and detailed rules over the API: what each hat sees, and no more.

What may be promised and reported is tested in tests/scoring.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.models import Commitment, Goal
from tests.api.conftest import SignIn
from tests.cast import Cast
from tests.scoring import promises, test_detailed_rules
from units.stages import Stage

COMMITMENTS, REPORTS = "/api/v1/commitments/", "/api/v1/progress-reports/"


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


# Writing ------------------------------------------------------------------------------------------


def sent_goal(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "measure": "验收报告", "target": "12公里", "due": "2012-10-31"} | more


def test_goals_are_sent_changed_and_signed_by_a_person(
    cast: Cast, client_of: SignIn, token_client: SignIn
) -> None:
    cast.at(Stage.COMMITMENT)
    sub = cast.subs["乡镇口", "信访"].pk
    official = token_client("official_青山乡")
    first = official.post(
        COMMITMENTS,
        {"cycle": "2012", "goals": [sent_goal("修路", sub_item=sub), sent_goal("化解积案")], "version": 0},
        format="json",
    )
    made = first.json()
    kept = {"id": made["goals"][1]["id"]}
    second = official.post(
        COMMITMENTS,
        {"cycle": "2012", "goals": [sent_goal("化解全部积案", **kept)], "version": made["version"]},
        format="json",
    )
    way, seen = f"{COMMITMENTS}{made['id']}/sign/", {"version": second.json()["version"]}
    by_token = token_client("principal_青山乡").post(way, seen, format="json")
    by_person = client_of("principal_青山乡").post(way, seen, format="json")

    assert (first.status_code, made["goals"][0]["sub_item_id"]) == (201, sub)
    assert (second.status_code, [one["text"] for one in second.json()["goals"]]) == (200, ["化解全部积案"])
    assert (by_token.status_code, by_token.json()["code"]) == (403, "token-may-not")
    assert (by_person.status_code, by_person.json()["state"]) == (200, "submitted")


def test_goals_sent_over_newer_ones_answer_409_with_both(cast: Cast, client_of: SignIn) -> None:
    cast.at(Stage.COMMITMENT)
    promises.write(cast)

    answer = client_of("official_青山乡").post(
        COMMITMENTS, {"cycle": "2012", "goals": [sent_goal("我改的目标")], "version": 0}, format="json"
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["version"]) == (409, "changed-meanwhile", 1)
    assert [one["text"] for one in problem["stored"]] == list(promises.TEXTS)
    assert [one["text"] for one in problem["wanted"]] == ["我改的目标"]


def test_a_goal_of_another_year_or_sub_item_is_refused(cast: Cast, client_of: SignIn) -> None:
    cast.at(Stage.COMMITMENT)
    foreign = cast.subs["党群口", "业务"].pk

    codes = [
        client_of("official_青山乡")
        .post(
            COMMITMENTS, {"cycle": "2012", "goals": [sent_goal("修路", **wrong)], "version": 0}, format="json"
        )
        .json()["code"]
        for wrong in ({"due": "2013-01-05"}, {"sub_item": foreign}, {"due": "明年"}, {"id": 10**9})
    ]

    assert codes == ["due-outside-year", "foreign-sub-item", "invalid", "changed-meanwhile"]
    assert not Commitment.objects.exists()


def test_progress_is_kept_and_handed_in(cast: Cast, client_of: SignIn) -> None:
    promises.accepted(cast)
    first, second = Goal.objects.order_by("order")
    client = client_of("official_青山乡")
    sent: dict[str, Any] = {
        "cycle": "2012", "quarter": 1, "version": 0,
        "lines": [{"goal": first.pk, "percent": 80, "words": "按计划"}, {"goal": second.pk, "percent": None}],
    }  # fmt: skip

    draft = client.post(REPORTS, sent, format="json")
    unseen = client_of("office1").get(REPORTS).json()["count"]
    short = client.post(REPORTS, sent | {"version": 1, "hand_in": True}, format="json")
    sent["lines"][1]["percent"] = 100
    stale = client.post(REPORTS, sent | {"hand_in": True}, format="json")
    done = client.post(REPORTS, sent | {"version": 1, "hand_in": True}, format="json")

    assert (draft.status_code, draft.json()["handed_in_at"], unseen) == (201, None, 0)
    assert (short.status_code, short.json()["code"]) == (422, "no-percent")
    assert (stale.status_code, stale.json()["stored"][1]["percent"], stale.json()["wanted"][1]["percent"]) == (
        409, None, 100,
    )  # fmt: skip
    assert done.status_code == 200
    (row,) = client_of("office1").get(REPORTS, {"quarter": 1}).json()["results"]
    assert [line["percent"] for line in row["lines"]] == [80, 100]
    assert client_of("official_白水乡").get(REPORTS).json()["count"] == 0
