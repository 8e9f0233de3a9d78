"""Ledgers over the API: handed in, read, and within what each may see.

What a ledger may say is tested in tests/scoring/test_import_ledger.py.
"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.models import ImportBatch, LedgerLine
from tests.api.conftest import SignIn
from tests.cast import Cast
from tests.scoring.ledger_sheets import GOOD, LEAD, book, row, standing, taken
from units.stages import Stage

LEDGERS, LINES = "/api/v1/ledgers/", "/api/v1/ledger-lines/"


def sheet(*rows: tuple[object, ...]) -> SimpleUploadedFile:
    return SimpleUploadedFile("台账.xlsx", book(*rows))


def test_a_ledger_is_handed_in_and_taken_in_when_asked(cast: Cast, client_of: SignIn) -> None:
    client = client_of(LEAD)

    looked = client.post(LEDGERS, {"cycle": "2012", "file": sheet(*GOOD)}, format="multipart")
    none_yet = standing(cast)
    done = client.post(
        LEDGERS, {"cycle": "2012", "file": sheet(*GOOD[:2]), "confirm": "true"}, format="multipart"
    )

    assert (looked.status_code, looked.json()["state"], none_yet) == (201, "preview", [])
    assert (done.status_code, done.json()["state"], done.json()["job"]) == (201, "committed", None)
    assert done.json()["report"]["accepted"] == 2
    assert len(standing(cast)) == 2


def test_a_bad_ledger_is_answered_with_its_cells(cast: Cast, client_of: SignIn) -> None:
    answer = client_of(LEAD).post(
        LEDGERS, {"cycle": "2012", "file": sheet(row("青山乡", 5)), "confirm": "true"}, format="multipart"
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "workbook-refused")
    assert answer.json()["report"]["errors"][0]["cell"] == "J2"
    assert not LedgerLine.objects.exists()


def test_the_stage_holds_as_on_the_pages(cast: Cast, client_of: SignIn) -> None:
    cast.at(Stage.ONSITE_REVIEW)

    answer = client_of(LEAD).post(LEDGERS, {"cycle": "2012", "file": sheet(*GOOD)}, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (409, "stage-closed")
    assert not ImportBatch.objects.exists()


def test_lines_are_points_as_text_and_can_be_narrowed(cast: Cast, client_of: SignIn) -> None:
    taken(cast, *GOOD)
    taken(cast, row("青山乡", 1, "一季度的", quarter=1))

    lines = client_of("office1").get(LINES, {"cycle": "2012", "unit": "青山乡", "quarter": "3"}).json()

    assert [(one["points"], one["sub_item"], one["body"], one["quarter"]) for one in lines["results"]] == [
        ("5", "信访", "市信访局", 3)
    ]


@pytest.mark.parametrize(
    ("person", "units"),
    [
        ("official_青山乡", {"青山乡"}),
        (LEAD, {"青山乡", "白水乡", "东河镇"}),
        ("reviewer1", {"青山乡", "市信访局"}),
        ("mayor", {"青山乡", "白水乡", "东河镇", "市信访局"}),
        ("archive", set()),  # reads after publication only
    ],
)
def test_each_reads_the_lines_it_may(cast: Cast, client_of: SignIn, person: str, units: set[str]) -> None:
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    taken(cast, *GOOD)
    taken(cast, own, by="office1")

    lines = client_of(person).get(LINES).json()["results"]

    assert {one["unit"] for one in lines} == units


def test_a_lead_reads_its_own_ledgers_alone(cast: Cast, client_of: SignIn) -> None:
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    taken(cast, *GOOD)
    taken(cast, own, by="office1")

    mine = client_of(LEAD).get(LEDGERS).json()["results"]
    all_of_them = client_of("office1").get(LEDGERS, {"quarter": "3"}).json()["results"]

    assert [(one["body"], one["part"], one["current"]["points"]) for one in mine] == [
        ("市信访局", "own", "7.5")
    ]
    assert {one["part"] for one in all_of_them} == {"own", "office"}


def test_a_page_of_lines_costs_the_same_with_one_and_with_thirty(cast: Cast, client_of: SignIn) -> None:
    client = client_of("office1")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LINES).status_code == 200
        return len(queries)

    taken(cast, row("青山乡", 1, "一"))
    cost()
    one = cost()
    taken(cast, *(row("青山乡", 1, f"第{n}件") for n in range(30)))

    assert cost() == one
