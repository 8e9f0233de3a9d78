"""Files beside the lines of a ledger, and the year-end report made from its four quarters.

What kinds of file are taken is tested in tests/office/test_evidence.py.
"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from office.models import AuditEntry, Evidence
from office.refusal import Refused
from scoring import ledger_queries, ledger_reports
from scoring.actions import ledger_evidence
from scoring.models import LedgerLine
from tests.bonuses.papers import pdf
from tests.cast import Cast
from tests.scoring.ledger_sheets import GOOD, LEAD, row, taken
from units.stages import Stage

LINES = "/years/2012/ledgers/lines/"


def line() -> LedgerLine:
    return LedgerLine.objects.get(reason="越级上访一批次", version__current_of__isnull=False)


def file(name: str = "通报.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if content is not None else pdf())


def add(cast: Cast, by: str = LEAD, upload: SimpleUploadedFile | None = None) -> Evidence:
    return ledger_evidence.add(
        by=cast.hat(by), cycle=cast.cycle, thread=line().thread.hex, upload=upload or file()
    )


def test_a_file_stays_beside_its_line_through_the_versions(cast: Cast) -> None:
    taken(cast, *GOOD)
    add(cast)

    taken(cast, row("青山乡", 6, "越级上访一批次"))

    assert ledger_queries.evidence_counts([line().thread]) == {line().thread: 1}
    assert AuditEntry.objects.filter(act="ledger.evidence-added").count() == 1


def test_the_same_bytes_twice_are_one_piece(cast: Cast) -> None:
    taken(cast, *GOOD)

    first, second = add(cast), add(cast, upload=file("另一名字.pdf"))

    assert first.pk == second.pk
    assert AuditEntry.objects.filter(act="ledger.evidence-added").count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.pdf", b"<html><script>alert(1)</script></html>"), ("x.png", b"<svg onload='x()'/>"), ("x.pdf", b"")],
)
def test_a_file_of_a_wrong_kind_is_refused(cast: Cast, name: str, content: bytes) -> None:
    taken(cast, *GOOD)

    with pytest.raises(Refused):
        add(cast, upload=file(name, content))

    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("person", "status"),
    [("official_青山乡", 403), ("auditor", 403), ("mayor", 403), ("official_白水乡", 404)],
)
def test_only_the_body_and_the_office_lay_files(cast: Cast, person: str, status: int) -> None:
    taken(cast, *GOOD)

    with pytest.raises(Refused) as refusal:
        add(cast, by=person)

    assert refusal.value.status == status


def test_after_the_stage_nothing_is_laid_or_taken_away(cast: Cast) -> None:
    taken(cast, *GOOD)
    piece = add(cast)
    cast.at(Stage.ONSITE_REVIEW)

    codes = []
    for act in (
        lambda: add(cast, upload=file("后补.pdf", pdf() + b"%")),
        lambda: ledger_evidence.take_away(by=cast.hat(LEAD), cycle=cast.cycle, pk=piece.pk),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        codes.append(refusal.value.code)

    assert codes == ["stage-closed", "stage-closed"]
    assert Evidence.objects.count() == 1


# Pages --------------------------------------------------------------------------------------------


def test_the_page_of_a_line_shows_its_history_and_takes_files(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    taken(cast, row("青山乡", 6, "越级上访一批次"))
    path = f"{LINES}{line().thread.hex}/"
    client.force_login(cast.people[LEAD])

    posted = client.post(path, {"file": file()}, follow=True)
    page = posted.content.decode()
    piece = Evidence.objects.get()
    loaded = client.get(f"/years/2012/ledgers/evidence/{piece.pk}/")
    gone = client.post(f"/years/2012/ledgers/evidence/{piece.pk}/remove/")

    assert "通报.pdf" in page
    assert page.index("6.00") < page.index("5.00")  # the newest first
    assert b"".join(loaded.streaming_content)[:5] == b"%PDF-"  # type: ignore[attr-defined]  # a FileResponse
    assert gone.status_code == 302
    assert not Evidence.objects.exists()


def test_a_refused_file_keeps_the_page_and_says_why(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    client.force_login(cast.people[LEAD])

    answers = [
        client.post(f"{LINES}{line().thread.hex}/", data).status_code
        for data in ({}, {"file": file("x.pdf", b"<html>")})
    ]

    assert answers == [422, 422]


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("official_青山乡", 200),
        ("official_白水乡", 404),
        ("reviewer1", 200),
        ("mayor", 200),
        ("archive", 404),
    ],
)
def test_a_line_and_its_file_are_for_those_who_may_read_it(
    cast: Cast, client: Client, person: str, status: int
) -> None:
    taken(cast, *GOOD)
    piece = add(cast)
    client.force_login(cast.people[person])

    answers = {
        client.get(f"{LINES}{line().thread.hex}/").status_code,
        client.get(f"/years/2012/ledgers/evidence/{piece.pk}/").status_code,
    }

    assert answers == {status}


@pytest.mark.parametrize("thread", ["x", "0" * 32, "没有"])
def test_a_line_that_is_none_is_not_found(cast: Cast, client: Client, thread: str) -> None:
    client.force_login(cast.people["office1"])

    assert client.get(f"{LINES}{thread}/").status_code == 404


# The year-end report ------------------------------------------------------------------------------


def test_the_year_end_report_holds_the_four_quarters_and_every_deduction(cast: Cast) -> None:
    taken(cast, row("青山乡", 2, "迟报材料", quarter=1))
    taken(cast, *GOOD)
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    taken(cast, own, by="office1")
    lines = ledger_queries.lines_for(cast.hat(LEAD), cast.cycle)
    ledgers = ledger_queries.ledgers_for(cast.hat(LEAD), cast.cycle)

    html, digest = ledger_reports.year_html(cast.cycle, cast.units["市信访局"], lines, ledgers)

    assert [
        text for text in ("迟报材料", "越级上访一批次", "393.00", "未报送", "单位（盖章）") if text in html
    ] == [
        "迟报材料",
        "越级上访一批次",
        "393.00",  # 400 less 2 and 5
        "未报送",
        "单位（盖章）",
    ]
    assert digest[:12] in html
    again = ledger_reports.year_html(cast.cycle, cast.units["市信访局"], lines, ledgers)
    assert again[1] == digest
    # What the office wrote about the body's own unit is not the body's to read.
    assert "自身信访积案" not in html
    assert "考评办代填" not in html


def test_the_report_is_had_as_a_pdf_by_its_body_alone(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    client.force_login(cast.people[LEAD])

    mine = client.get("/years/2012/ledgers/市信访局/year.pdf")
    other = client.get("/years/2012/ledgers/市档案局/year.pdf")

    assert (mine.status_code, mine["Content-Type"], mine.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert other.status_code == 404
