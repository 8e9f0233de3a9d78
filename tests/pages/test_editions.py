"""Hearing, approval, editions and the open result page: who may, when, and what stands there."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document

from awards import queries, reports
from awards.actions import approval
from awards.models import Draft, Edition
from awards.remembered import forget
from tests.awards.years import approved, ready
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, signed_in, words_of
from units.stages import Stage

HEARING, APPROVAL, EDITIONS, RESULT = (f"{YEAR}{p}/" for p in ("hearing", "approval", "editions", "result"))


@pytest.fixture(autouse=True)
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as their HTML: setting them is tested in test_reports."""
    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())


@pytest.fixture
def published(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    approved(cast)
    folder = tmp_path_factory.mktemp("out") / "edition"
    call_command("publish", "2012", "--by", "office1", "--confirmed-by", "office2", "--out", str(folder))
    cast.cycle.refresh_from_db()
    return cast


@pytest.mark.parametrize("address", [HEARING, APPROVAL, f"{YEAR}hearing/briefing.docx"])
@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("auditor", Stage.HEARING, 200),
        ("leader1", Stage.HEARING, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("mayor", Stage.HEARING, 200),
        ("official_青山乡", Stage.RESULTS, 403),
        ("lead_市信访局", Stage.HEARING, 403),
        ("reviewer1", Stage.HEARING, 403),
        ("sysadmin", Stage.HEARING, 403),
    ],
)
def test_the_briefing_is_for_those_who_see_totals(
    cast: Cast, person: str, stage: Stage, status: int, address: str
) -> None:
    cast.at(stage)

    assert signed_in(cast.people[person]).get(address).status_code == status


@pytest.mark.parametrize("address", [HEARING, APPROVAL, EDITIONS, RESULT])
def test_nobody_unknown_sees_them(cast: Cast, address: str) -> None:
    assert Client().get(address).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("address", [HEARING, APPROVAL, EDITIONS, RESULT])
def test_they_are_only_read(cast: Cast, address: str) -> None:
    assert signed_in(cast.people["office1"]).post(address).status_code == 405


def test_the_check_up_names_what_stands_out(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    for unit, points in [("青山乡", "99.99"), ("白水乡", "99.99"), ("东河镇", "99.98")]:
        cast.score(unit, "招商引资工作", points, block="招商引资")

    page = words_of(signed_in(cast.people["office1"]).get(HEARING))

    assert "分差不足 0.05 分的名次" in page
    assert "抽样核对" in page


def test_the_hearing_page_posts_its_digest_and_is_refused_after_a_change(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    client = signed_in(cast.people["leader1"])
    digest = queries.joint_digest(queries.everything_now(cast.cycle))
    assert digest in body(client.get(HEARING))

    stale = client.post(f"{HEARING}decide/", {"digest": "0" * 64, "deed": "release"})
    done = client.post(f"{HEARING}decide/", {"digest": digest, "deed": "release"})

    assert (stale.status_code, done.status_code) == (409, 302)
    assert Draft.objects.filter(hearing__is_released=True).count() == 2


def test_the_whole_way_from_hand_over_to_a_published_edition(cast: Cast) -> None:
    ready(cast)
    office, second = signed_in(cast.people["office1"]), signed_in(cast.people["office2"])
    assert office.post(f"{APPROVAL}hand-over/").status_code == 302
    for draft in Draft.objects.all():
        for leader in ("leader1", "leader2"):
            client = signed_in(cast.people[leader])
            assert draft.code in body(client.get(APPROVAL))
            answer = client.post(f"{APPROVAL}{draft.pk}/approve/", {"digest": draft.digest})
            assert answer.status_code == 302
    assert office.post(f"{EDITIONS}ask/").status_code == 302
    asked = Edition.objects.get()
    same = office.post(f"{EDITIONS}{asked.pk}/confirm/")
    assert same.status_code == 403

    done = second.post(f"{EDITIONS}{asked.pk}/confirm/")

    assert done.status_code == 302
    assert "确认并公布" not in words_of(office.get(APPROVAL))


def test_a_member_who_signed_is_not_asked_again_and_refused(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    client = signed_in(cast.people["leader1"])
    client.post(f"{APPROVAL}{draft.pk}/approve/", {"digest": draft.digest})

    assert f"{APPROVAL}{draft.pk}/approve/" not in body(client.get(APPROVAL))
    assert client.post(f"{APPROVAL}{draft.pk}/approve/", {"digest": draft.digest}).status_code == 403


@pytest.mark.parametrize("person", ["office1", "mayor", "auditor", "official_青山乡"])
def test_only_the_leading_group_approves_or_returns(cast: Cast, person: str) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    client = signed_in(cast.people[person])

    answers = [
        client.post(f"{APPROVAL}{draft.pk}/approve/", {"digest": draft.digest}).status_code,
        client.post(f"{APPROVAL}{draft.pk}/return/", {"reason": "x"}).status_code,
    ]

    assert answers == [403, 403]


def test_the_notice_on_its_way_carries_the_digest_in_its_foot(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]

    answer = signed_in(cast.people["leader1"]).get(f"{APPROVAL}{draft.pk}/notice.docx")

    paper = Document(io.BytesIO(answer.content))
    assert draft.digest in paper.sections[0].footer.paragraphs[-1].text
    assert "青山乡" in {cell.text for table in paper.tables for row in table.rows for cell in row.cells}


# After publication


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("office1", 200),
        ("leader1", 200),
        ("mayor", 200),
        ("official_青山乡", 200),
        ("principal_白水乡", 200),
        ("lead_市信访局", 200),
        ("reviewer1", 200),
        ("archive", 200),
        ("auditor", 200),
        ("sysadmin", 403),
        ("secadmin", 403),
    ],
)
def test_editions_are_for_the_roles_of_the_matrix(published: Cast, person: str, status: int) -> None:
    client = signed_in(published.people[person])

    answers = {
        a: client.get(a).status_code
        for a in (EDITIONS, RESULT, f"{EDITIONS}1/verify/", f"{EDITIONS}1/files/notice.pdf")
    }

    assert set(answers.values()) == {status}


def test_before_publication_there_is_nothing_to_read(cast: Cast) -> None:
    approved(cast)

    assert signed_in(cast.people["official_青山乡"]).get(EDITIONS).status_code == 404
    assert signed_in(cast.people["office1"]).get(EDITIONS).status_code == 404


@pytest.mark.parametrize(("person", "status"), [("archive", 200), ("office1", 200), ("official_青山乡", 403)])
def test_data_and_workbook_are_an_export_of_totals(published: Cast, person: str, status: int) -> None:
    client = signed_in(published.people[person])

    answers = [
        client.get(a).status_code
        for a in (
            f"{EDITIONS}1/files/edition.json",
            f"{EDITIONS}1/files/workbook.xlsx",
            f"{EDITIONS}1/all.zip",
        )
    ]

    assert answers == [status] * 3


def test_the_zip_holds_every_sealed_file(published: Cast) -> None:
    answer = signed_in(published.people["office1"]).get(f"{EDITIONS}1/all.zip")

    names = set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())
    assert {
        "edition.json",
        "manifest.json",
        "verify.py",
        "notice.pdf",
        "tables.pdf",
        "workbook.xlsx",
    } <= names


def test_the_verify_page_tells_an_altered_file(published: Cast) -> None:
    client = signed_in(published.people["office1"])
    assert "完好" in words_of(client.get(f"{EDITIONS}1/verify/"))
    from office import files

    row = Edition.objects.get().files.get(name="tables.pdf")
    path = files.path_of(row.file.sha256)
    path.write_bytes(path.read_bytes() + b" ")

    assert "tables.pdf" in words_of(client.get(f"{EDITIONS}1/verify/"))


def test_an_unknown_edition_or_file_is_not_found(published: Cast) -> None:
    client = signed_in(published.people["office1"])

    answers = [
        client.get(a).status_code
        for a in (f"{EDITIONS}9/verify/", f"{EDITIONS}9/all.zip", f"{EDITIONS}1/files/nothing.pdf")
    ]

    assert answers == [404, 404, 404]


def test_everybody_reads_the_result_only_once_it_is_opened(published: Cast) -> None:
    anybody = Client()
    files_ = f"{EDITIONS}1/files/"
    closed = [anybody.get(a).status_code for a in (RESULT, f"{files_}notice.pdf")]
    office = signed_in(published.people["office1"])
    leader = signed_in(published.people["leader1"]).post(f"{EDITIONS}1/open/", {"open": "1"})
    office.post(f"{EDITIONS}1/open/", {"open": "1"})

    page = anybody.get(RESULT)

    assert closed == [302, 302]
    assert leader.status_code == 403
    assert page.status_code == 200
    assert "青山乡" in body(page)
    assert page.headers["Cache-Control"] == "public, max-age=300"
    assert anybody.get(RESULT, headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert anybody.get(f"{files_}notice.pdf").status_code == 200
    assert anybody.get(f"{files_}edition.json").status_code == 302
    office.post(f"{EDITIONS}1/open/", {"open": "0"})
    assert anybody.get(RESULT).status_code == 302


def test_pages_ask_a_fixed_number_of_queries(cast: Cast) -> None:
    ready(cast).at(Stage.HEARING)
    client = signed_in(cast.people["office1"])
    client.get(HEARING)
    forget()
    with CaptureQueriesContext(connection) as few:
        client.get(HEARING)
    cast.at(Stage.PRELIMINARY_REVIEW)
    grow(cast, 27)
    ready(cast).at(Stage.HEARING)
    with CaptureQueriesContext(connection) as many:
        client.get(HEARING)

    assert len(many) == len(few)
