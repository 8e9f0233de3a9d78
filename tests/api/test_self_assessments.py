"""Self-assessments over the API: drafted line by line, handed in by a person, seen by whom the pages show them.

What a line may say is tested in tests/pages/test_self.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from office.models import AuditEntry
from scoring.models import AssessmentLine, Deduction, Indicator, Receipt, Score, ScoreKind
from tests.api.conftest import SignIn
from tests.cast import Cast
from tests.pages.reading import grow
from tests.pages.test_self import fill_in, say, submit, window
from units.stages import Stage

PARTS, LINES = "/api/v1/self-assessments/", "/api/v1/self-lines/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SELF_ASSESSMENT)


def line(year: Cast, sub: str = "信访", unit: str = "青山乡") -> str:
    return f"{LINES}{year.cell(unit, sub).pk}/"


def part_of(client: Any, unit: str = "青山乡") -> dict[str, Any]:
    (row,) = client.get(PARTS, {"cycle": "2012", "unit": unit}).json()["results"]
    found: dict[str, Any] = row
    return found


def test_a_line_is_read_changed_and_read_again(year: Cast, client_of: SignIn) -> None:
    client = client_of("official_青山乡")
    empty = client.get(line(year)).json()

    saved = client.patch(
        line(year), {"points": "390.5", "note": "见总结", "version": empty["version"]}, format="json"
    )

    assert (empty["points"], empty["base"], empty["ready"]) == (None, "400", False)
    assert saved.status_code == 200
    assert (saved.json()["points"], saved.json()["note"], saved.json()["ready"]) == ("390.50", "见总结", True)
    assert client.get(line(year)).json() == saved.json()
    assert Score.objects.get(kind=ScoreKind.SELF).points == Decimal("390.5")
    assert AuditEntry.objects.filter(act="self.saved").count() == 1


def test_what_is_left_out_stays(year: Cast, client_of: SignIn) -> None:
    kept = say(year, points="390", note="见年度总结")

    answer = client_of("official_青山乡").patch(
        line(year), {"points": "388", "version": kept.seen}, format="json"
    )

    assert (answer.json()["points"], answer.json()["note"]) == ("388.00", "见年度总结")


def test_deductions_give_the_points_and_name_their_indicator(year: Cast, client_of: SignIn) -> None:
    sub = year.subs["乡镇口", "信访"]
    for order, name in enumerate(("初信初访", "积案化解")):
        Indicator.objects.create(sub_item=sub, name=name, base_points=200, order=order)
    client = client_of("official_青山乡")
    version = client.get(line(year)).json()["version"]
    off = {"points": "2.5", "reason": "迟报一次", "indicator": "积案化解"}

    unknown = client.patch(
        line(year), {"deductions": [off | {"indicator": "信访总量"}], "version": version}, format="json"
    )
    saved = client.patch(line(year), {"deductions": [off], "version": version}, format="json")
    emptied = client.patch(
        line(year), {"deductions": [], "points": "400", "version": saved.json()["version"]}, format="json"
    )

    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-indicator")
    assert "初信初访" in unknown.json()["detail"]
    assert (saved.json()["points"], saved.json()["deductions"]) == ("397.50", [off | {"points": "2.50"}])
    assert (emptied.json()["points"], emptied.json()["deductions"]) == ("400.00", [])
    assert not Deduction.objects.exists()


def test_the_wish_not_to_be_involved_takes_the_points_away(year: Cast, client_of: SignIn) -> None:
    kept = say(year)

    answer = client_of("official_青山乡").patch(
        line(year), {"not_involved": True, "reason": "无信访窗口", "version": kept.seen}, format="json"
    )

    assert (answer.status_code, answer.json()["points"], answer.json()["not_involved"]) == (200, None, True)
    assert AssessmentLine.objects.get().wish_reason == "无信访窗口"


def test_somebody_elses_newer_value_answers_409_with_both(year: Cast, client_of: SignIn) -> None:
    client = client_of("official_青山乡")
    seen = client.get(line(year)).json()["version"]
    newer = say(year, points="395", by="principal_青山乡")

    answer = client.patch(line(year), {"points": "380", "note": "我的", "version": seen}, format="json")

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert (problem["code"], problem["stored"], problem["wanted"]) == ("changed-meanwhile", "395", "380")
    assert problem["version"] == newer.seen
    assert "principal_青山乡" in problem["detail"]
    assert Score.objects.get().points == 395


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"points": "401"}, 422, "above-base"),
        ({"points": 95.5}, 400, "invalid"),  # a binary float
        ({"points": "1e2"}, 400, "invalid"),
        ({"deductions": [{"points": "5", "reason": " "}]}, 400, "invalid"),
        ({"points": "390", "deductions": [{"points": "5", "reason": "迟报"}]}, 422, "lines-disagree"),
        ({"not_involved": True}, 422, "no-reason"),
        ({"owner": "白水乡"}, 400, "invalid"),
    ],
)
def test_a_wrong_line_is_a_problem_and_changes_nothing(
    year: Cast, client_of: SignIn, sent: dict[str, Any], status: int, code: str
) -> None:
    client = client_of("official_青山乡")
    version = client.get(line(year)).json()["version"]

    answer = client.patch(line(year), sent | {"version": version}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Score.objects.exists()


def test_another_units_line_is_not_there(year: Cast, client_of: SignIn) -> None:
    kept = say(year, by="official_白水乡")
    client = client_of("official_青山乡")
    foreign = line(year, unit="白水乡")

    assert client.get(foreign).status_code == 404
    assert client.patch(foreign, {"points": "1", "version": kept.seen}, format="json").status_code == 404
    assert client.get(LINES, {"unit": "白水乡"}).json()["count"] == 0
    assert client.get(PARTS, {"unit": "白水乡"}).json()["count"] == 0
    assert client.get(f"{PARTS}{part_of(client_of('office1'), '白水乡')['id']}/").status_code == 404


def test_a_lead_reads_the_lines_on_its_own_sub_items_alone(year: Cast, client_of: SignIn) -> None:
    say(year)
    say(year, "安全", "590")

    rows = client_of("lead_市信访局").get(LINES, {"unit": "青山乡"}).json()["results"]

    assert {row["sub_item"] for row in rows} == {"决战园区", "信访"}


def test_a_token_drafts_and_a_person_hands_in(year: Cast, token_client: SignIn, client_of: SignIn) -> None:
    """Handing in is the principal's signature (D03): no token gives it (L13)."""
    fill_in(year)
    token = token_client("principal_青山乡")
    version = token.get(line(year)).json()["version"]
    drafted = token.patch(line(year), {"points": "399", "version": version}, format="json")
    own = part_of(token)

    by_token = token.post(f"{PARTS}{own['id']}/submit/")
    by_official = client_of("official_青山乡").post(f"{PARTS}{own['id']}/submit/")
    by_person = client_of("principal_青山乡").post(f"{PARTS}{own['id']}/submit/")

    assert (drafted.status_code, own["state"], own["done"]) == (200, "under way", own["asked"])
    assert (by_token.status_code, by_token.json()["code"]) == (403, "token-may-not")
    assert by_official.status_code == 403
    receipt = Receipt.objects.get()
    assert by_person.json()["state"] == "submitted"
    assert by_person.json()["receipt"]["digest"] == receipt.digest


def test_it_is_taken_back_with_a_reason_by_a_person(
    year: Cast, token_client: SignIn, client_of: SignIn
) -> None:
    fill_in(year)
    receipt = submit(year)
    way = f"{PARTS}{receipt.assessment_id}/withdraw/"
    client = client_of("principal_青山乡")

    assert token_client("principal_青山乡").post(way, {"reason": "补材料"}, format="json").status_code == 403
    assert client.post(way, {}, format="json").status_code == 400
    assert client.post(way, {"reason": "补材料"}, format="json").json()["state"] == "under way"


def test_what_is_handed_in_and_what_is_late_stays_as_it_is(year: Cast, client_of: SignIn) -> None:
    fill_in(year)
    submit(year)
    client = client_of("official_青山乡")
    version = client.get(line(year)).json()["version"]
    submitted = client.patch(line(year), {"points": "1", "version": version}, format="json")
    window(year, -1)
    late = client_of("official_白水乡").patch(
        line(year, unit="白水乡"), {"points": "1", "version": "x"}, format="json"
    )

    assert (submitted.status_code, submitted.json()["code"]) == (409, "already-submitted")
    assert (late.status_code, late.json()["code"]) == (409, "deadline-over")
    assert {"closed_at", "server_time"} <= set(late.json())


def test_parts_not_begun_are_listed_too(year: Cast, client_of: SignIn) -> None:
    say(year)

    rows = client_of("office1").get(PARTS, {"cycle": "2012"}).json()["results"]
    silent = client_of("office1").get(PARTS, {"cycle": "2012", "state": "not begun"}).json()["results"]

    assert [(row["unit"], row["state"]) for row in rows][:2] == [
        ("青山乡", "under way"),
        ("白水乡", "not begun"),
    ]
    assert {row["id"] for row in silent} == {None}


def test_lists_ask_as_often_for_many_units_as_for_few(year: Cast, client_of: SignIn) -> None:
    client = client_of("office1")

    def asked(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    say(year)
    few = asked(PARTS), asked(LINES)
    grow(year, 30)

    assert (asked(PARTS), asked(LINES)) == few
