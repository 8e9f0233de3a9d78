"""The collecting table, the preview and the jobs page: each works, and each turns away who has no business there.

What a sheet may say is tested in tests/scoring/test_import_scores.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from office.models import Job
from office.models.job import JobState
from scoring.actions import imports
from scoring.models import BatchState, ImportBatch, Score, ScoreKind
from tests.cast import Cast
from tests.scoring.test_import_scores import GOOD, book, hand_in
from units.models import UnitName
from units.stages import Stage

PAGE = "/years/2012/imports/"


@pytest.fixture
def office(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["office1"])
    return client


def upload(client: Client, *contents: bytes, kind: str = "preliminary", path: str = PAGE) -> Any:
    files = [SimpleUploadedFile(f"表{n}.xlsx", content) for n, content in enumerate(contents, 1)]
    return client.post(path, {"kind": kind, "files": files}, follow=True)


@pytest.mark.django_db(transaction=True)
def test_forty_sheets_each_stand_alone(cast: Cast, office: Client) -> None:
    bad = book(("青山", "决战园区", "决战园区", 1, ""))

    answer = upload(office, book(*GOOD), bad, b"", b"%PDF-1.7 no workbook")

    assert answer.status_code == 200
    text = answer.content.decode()
    assert [b.state for b in ImportBatch.objects.order_by("pk")] == [
        BatchState.PREVIEW,
        BatchState.REFUSED,
        BatchState.REFUSED,
    ]
    assert "表3.xlsx" in text  # the empty one is told by name
    assert Job.objects.get().state == JobState.DONE


def test_one_sheet_goes_from_upload_over_preview_to_the_places(cast: Cast, office: Client) -> None:
    answer = upload(office, book(*GOOD))
    batch = ImportBatch.objects.get()
    shown = answer.content.decode()
    done = office.post(f"{PAGE}{batch.pk}/confirm/", follow=True)

    assert "青山乡 · 决战园区" in shown
    assert done.status_code == 200
    assert Score.objects.count() == 3


def test_a_refused_sheet_shows_its_cells_and_can_be_had_marked(cast: Cast, office: Client) -> None:
    answer = upload(office, book(("青山乡", "决战园区", "决战园区", 101, "")))
    batch = ImportBatch.objects.get()

    marked = office.get(f"{PAGE}{batch.pk}/marked.xlsx")
    original = office.get(f"{PAGE}{batch.pk}/original/")

    assert "D2" in answer.content.decode()
    assert marked.content[:2] == b"PK"
    assert b"".join(original.streaming_content) == imports.files.read(batch.file)  # type: ignore[attr-defined]  # a FileResponse


def test_a_name_is_learned_by_a_click(cast: Cast, office: Client) -> None:
    upload(office, book(("青山", "决战园区", "决战园区", 90, "")))
    batch = ImportBatch.objects.get()

    answer = office.post(f"{PAGE}{batch.pk}/learn/0/", {"name": cast.units["青山乡"].pk}, follow=True)

    batch.refresh_from_db()
    assert answer.status_code == 200
    assert batch.state == BatchState.PREVIEW
    assert UnitName.objects.get().name == "青山"


@pytest.mark.parametrize("data", [{}, {"name": "x"}, {"name": "999999"}])
def test_learning_without_a_unit_is_refused(cast: Cast, office: Client, data: dict[str, str]) -> None:
    upload(office, book(("青山", "决战园区", "决战园区", 90, "")))
    batch = ImportBatch.objects.get()

    answer = office.post(f"{PAGE}{batch.pk}/learn/0/", data)

    assert answer.status_code in {404, 422}
    assert not UnitName.objects.exists()


def test_a_lead_does_not_teach_names(cast: Cast, client: Client) -> None:
    batch = hand_in(
        cast, book(("青山", "决战园区", "决战园区", 90, "")), by="lead_市信访局", kind=ScoreKind.LEAD
    )
    client.force_login(cast.people["lead_市信访局"])

    answer = client.post(f"{PAGE}{batch.pk}/learn/0/", {"name": cast.units["青山乡"].pk})

    assert answer.status_code == 403


def test_a_change_meanwhile_shows_the_new_preview(cast: Cast, office: Client) -> None:
    upload(office, book(*GOOD))
    batch = ImportBatch.objects.get()
    cast.score("白水乡", "决战园区", "1")

    answer = office.post(f"{PAGE}{batch.pk}/confirm/")

    batch.refresh_from_db()
    assert answer.status_code == 409
    assert "白水乡" in answer.content.decode()
    assert (batch.state, batch.report["counts"]["changed"]) == (BatchState.PREVIEW, 1)


@pytest.mark.parametrize("person", ["mayor", "archive", "sysadmin", "secadmin"])
def test_a_role_that_enters_no_scores_is_turned_away(cast: Cast, client: Client, person: str) -> None:
    client.force_login(cast.people[person])

    assert client.get(PAGE).status_code == 403
    assert upload(client, book(*GOOD)).status_code == 403
    assert not ImportBatch.objects.exists()


def test_nobody_unknown_sees_anything(cast: Cast, client: Client) -> None:
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("act", ["", "confirm/", "drop/", "again/", "original/", "marked.xlsx"])
def test_anybody_elses_sheet_is_not_found(cast: Cast, client: Client, act: str) -> None:
    batch = hand_in(cast, book(*GOOD))
    client.force_login(cast.people["lead_市信访局"])
    method = client.post if act in {"confirm/", "drop/", "again/"} else client.get

    assert method(f"{PAGE}{batch.pk}/{act}").status_code == 404
    assert (
        "评分表.xlsx"
        not in client.get(PAGE).content.decode().split("history-name")[-1].split("</section>")[0]
    )


def test_a_closed_stage_refuses_the_upload(cast: Cast, office: Client) -> None:
    cast.at(Stage.MONITORING)

    answer = upload(office, book(*GOOD))

    assert not ImportBatch.objects.exists()
    assert "表1.xlsx" in answer.content.decode()


@pytest.mark.parametrize("data", [{}, {"kind": "preliminary"}, {"kind": "totals"}])
def test_an_upload_without_file_or_kind_is_refused(cast: Cast, office: Client, data: dict[str, str]) -> None:
    assert office.post(PAGE, data).status_code == 422


@pytest.mark.parametrize("act", ["confirm/", "drop/", "again/", "learn/0/"])
def test_looking_changes_nothing(cast: Cast, office: Client, act: str) -> None:
    batch = hand_in(cast, book(*GOOD))

    assert office.get(f"{PAGE}{batch.pk}/{act}").status_code == 405
    assert office.put(PAGE).status_code == 405


def test_who_has_not_sent_is_the_offices_to_see(cast: Cast, office: Client) -> None:
    before = office.get(PAGE).content.decode()
    batch = hand_in(cast, book(*GOOD), by="lead_市信访局", kind=ScoreKind.LEAD)
    imports.confirm(by=cast.hat("lead_市信访局"), cycle=cast.cycle, batch_id=batch.pk)
    after = office.get(PAGE).content.decode()
    office.force_login(cast.people["lead_市信访局"])

    assert "市信访局" in before.split("waiting-name")[-1].split("</aside>")[0]
    assert "市信访局" not in after.split("waiting-name")[-1].split("</aside>")[0]
    assert "waiting-name" not in office.get(PAGE).content.decode()


def test_the_table_costs_the_same_with_one_and_with_thirty(cast: Cast, office: Client) -> None:
    first = hand_in(cast, book(*GOOD))
    office.get(PAGE)
    one = _queries(office)
    for _n in range(29):
        ImportBatch.objects.create(
            cycle=cast.cycle,
            kind="scores",
            target=first.target,
            file=first.file,
            file_sha256="0",
            state=BatchState.REFUSED,
            by=first.by,
        )

    assert _queries(office) == one


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return len(captured)


def test_the_sheets_to_take_away(cast: Cast, office: Client) -> None:
    empty = office.get("/years/2012/score-sheets/preliminary.xlsx")
    matrix = office.get("/years/2012/blocks/乡镇口/matrix.xlsx")
    unknown = office.get("/years/2012/score-sheets/totals.xlsx")
    office.force_login(cast.people["official_青山乡"])

    assert (empty.content[:2], matrix.content[:2]) == (b"PK", b"PK")
    assert unknown.status_code == 404
    assert office.get("/years/2012/score-sheets/preliminary.xlsx").status_code == 404
    assert office.get("/years/2012/score-sheets/self.xlsx").status_code == 200
    assert office.get("/years/2012/blocks/乡镇口/matrix.xlsx").status_code == 403


def test_jobs_are_ones_own_and_can_be_stopped(cast: Cast, office: Client) -> None:
    mine = Job.objects.create(kind="scores.read", title="甲表", owner=cast.people["office1"])
    other = Job.objects.create(kind="scores.read", title="乙表", owner=cast.people["office2"])

    listed = office.get("/jobs/").content.decode()
    waiting = office.get(f"/jobs/{mine.pk}/progress/")
    stopped = office.post(f"/jobs/{mine.pk}/cancel/", follow=True)
    over = office.get(f"/jobs/{mine.pk}/progress/")

    assert "甲表" in listed
    assert "乙表" not in listed
    assert "HX-Refresh" not in waiting
    assert (stopped.status_code, over["HX-Refresh"]) == (200, "true")
    assert office.get(f"/jobs/{other.pk}/progress/").status_code == 404
    assert office.post(f"/jobs/{other.pk}/cancel/").status_code == 404
    assert office.get(f"/jobs/{mine.pk}/cancel/").status_code == 405
