"""The auditor's log: filter, pages, workbook, chain, sample.

How the chain is written is tested with office.audit.
"""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from office import audit
from office.models import AuditEntry
from tests.cast import Cast
from tests.pages.conftest import SignedIn


def write(cast: Cast, count: int, act: str = "score.recorded", name: str = "office1") -> None:
    with transaction.atomic():
        for n in range(count):
            audit.record(
                cast.hat(name), act, cast.units["青山乡"], cycle_code="2012", before=None, after=str(90 + n)
            )


def test_the_log_is_filtered_by_person_deed_year_text_and_day(cast: Cast, signed_in: SignedIn) -> None:
    write(cast, 2)
    write(cast, 1, "score.cleared", "office2")
    client = signed_in("auditor")

    def found(query: str) -> int:
        return int(client.get(f"/log/?{query}").context["page"].paginator.count)

    assert [
        found("act=score.recorded"),
        found("who=office2&act=score.cleared"),
        found("who=office1&act=score.cleared"),
        found("year=2012"),
        found("year=2012&text=青山"),
        found("year=2012&text=白水"),
        found("year=2012&last=2000-01-01"),
        found("year=2012&first=不是日子"),
    ] == [2, 1, 0, 3, 3, 0, 0, 3]


def test_pages_cost_the_same_for_1_and_50_entries_and_keep_the_filter(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    write(cast, 1)
    client.get("/log/")
    with CaptureQueriesContext(connection) as few:
        client.get("/log/?act=score.recorded")
    write(cast, 79)
    with CaptureQueriesContext(connection) as many:
        shown = client.get("/log/?act=score.recorded")

    assert len(many) == len(few)
    assert "?act=score.recorded&amp;page=2" in shown.content.decode()


def test_a_whole_chain_is_said_to_be_whole(cast: Cast, signed_in: SignedIn) -> None:
    write(cast, 3)
    client = signed_in("auditor")

    client.post("/log/verify/")

    assert client.get("/log/").context["verified"]["light"] == "green"


def test_the_first_altered_entry_is_named(cast: Cast, signed_in: SignedIn) -> None:
    write(cast, 5)
    client = signed_in("auditor")
    first = AuditEntry.objects.order_by("number").values_list("number", flat=True)[2]
    AuditEntry.objects.filter(number=first).update(object_text="白水乡")
    AuditEntry.objects.filter(number=first + 1).update(object_text="白水乡")

    client.post("/log/verify/")

    shown = client.get("/log/")
    assert shown.context["verified"]["light"] == "red"
    assert f"第 {first} 条被改动" in shown.content.decode()


def test_a_sample_is_drawn_by_chance_logged_and_repeatable(cast: Cast, signed_in: SignedIn) -> None:
    write(cast, 60)
    client = signed_in("auditor")

    address = client.post("/log/sample/", {"count": "10"})["Location"]

    first = [deed.number for deed in client.get(address).context["entries"]]
    again = [deed.number for deed in client.get(address).context["entries"]]
    assert len(first) == 10
    assert first == again
    assert AuditEntry.objects.filter(act="log.sampled").count() == 1


@pytest.mark.parametrize("count", ["", "x", "-3", "0", "99999999999"])
def test_a_sample_of_nonsense_is_a_sample_of_a_sensible_size(
    cast: Cast, signed_in: SignedIn, count: str
) -> None:
    write(cast, 30)
    client = signed_in("auditor")

    address = client.post("/log/sample/", {"count": count})["Location"]

    assert client.get(address).context["page"].paginator.count == 20


@pytest.mark.parametrize("code", ["x", "1-2", "5-10-x", "5-0-1", "99999-5-1"])
def test_a_sample_code_nobody_drew_does_no_harm(cast: Cast, signed_in: SignedIn, code: str) -> None:
    assert signed_in("auditor").get(f"/log/?sample={code}").status_code == 200


def test_the_log_can_be_taken_away_as_a_workbook(cast: Cast, signed_in: SignedIn) -> None:
    write(cast, 2)

    answer = signed_in("auditor").get("/log/?as=xlsx&act=score.recorded")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert [row[9].value for row in sheet.iter_rows(min_row=2, max_row=3)] == ["91", "90"]
