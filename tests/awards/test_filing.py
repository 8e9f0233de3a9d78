"""The package for the organization department: what lies in it, its receipt, tampering, and what is left after filing."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appraisal_site.procedure import lacks_before
from awards import edition, queries, reports
from awards import filing as packing
from awards.actions import filing, publication
from awards.filing_sources import keepers, path_to_cycle
from awards.models import Edition, Filing
from bonuses.models import BarState, Document, Finding
from office import audit, files, pdf
from office.models import AuditEntry
from office.refusal import Refused
from tests.awards.years import approved
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in, words_of
from units.models import Cycle
from units.stages import Stage

PAGE = f"{YEAR}filing/"
SCAN = b"%PDF-1.4\n/Type /Page \n%%EOF\n"


@pytest.fixture(autouse=True)
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as their HTML: setting them is tested in test_reports."""
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())


@pytest.fixture
def published(cast: Cast, tmp_path: Path) -> Cast:
    approved(cast)
    scan = files.store([SCAN], "通报.pdf", cast.people["office1"])
    Document.objects.create(
        host=cast.cycle.host,
        cycle=cast.cycle,
        kind="正式文件",
        number="市发〔2012〕3号",
        plain_number="市发〔2012〕3号",
        title="关于表彰先进的决定",
        issuer="市委",
        plain_issuer="市委",
        on="2012-11-02",
        file=scan,
        file_sha256=scan.sha256,
        entered_by=cast.people["office1"],
    )
    call_command(
        "publish", "2012", "--by", "office1", "--confirmed-by", "office2", "--out", str(tmp_path / "one")
    )
    return cast.at(Stage.PUBLISHED)


def built(cast: Cast) -> Filing:
    asked = filing.ask_package(by=cast.hat("office1"), cycle=cast.cycle, start_job=False)
    return filing.build(asked, cast.hat("office1"))


def accept(cast: Cast, found: Filing, **more: Any) -> Filing:
    words = {"code": found.code, "receipt": "组备〔2013〕1号"} | more
    return filing.accept_package(
        by=cast.hat("archive"),
        cycle=cast.cycle,
        number=found.number,
        code=words["code"],
        receipt=words["receipt"],
    )


def unpacked(found: Filing, folder: Path) -> Path:
    assert found.file is not None
    with zipfile.ZipFile(io.BytesIO(files.read(found.file))) as archive:
        archive.extractall(folder)
    return folder


def verified(folder: Path) -> tuple[int, str]:
    """As anybody does it at home: the package's own verifier, run without the product."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
    )
    return done.returncode, done.stdout + done.stderr


def code_of(stopped: pytest.ExceptionInfo[Refused]) -> str:
    return stopped.value.code


def test_a_package_holds_editions_papers_scores_log_and_opens_without_the_product(
    published: Cast, tmp_path: Path
) -> None:
    folder = unpacked(built(published), tmp_path / "package")

    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {
        "manifest.json",
        "verify.py",
        "卷内目录.pdf",
        "目录.html",
        "日志/log.jsonl",
        "日志/日志.xlsx",
        "考评数据/评分.xlsx",
        "奖励/获奖与奖金.xlsx",
        "公布稿/第1版/edition.json",
        "公布稿/第1版/verify.py",
    } <= names
    assert (folder / "依据材料" / "0001 关于表彰先进的决定.pdf").read_bytes() == SCAN
    index = (folder / "卷内目录.pdf").read_text()
    assert "市发〔2012〕3号" in index
    assert "关于表彰先进的决定" in index
    code, said = verified(folder)
    assert (code, said) == (0, "核验通过：各文件、日志和各版公布稿均与备案时一致。\n")


def test_of_another_year_the_log_shows_its_links_only(published: Cast, tmp_path: Path) -> None:
    folder = unpacked(built(published), tmp_path / "package")

    links = [json.loads(line) for line in (folder / "日志" / "log.jsonl").read_text().splitlines()]
    told = {link["number"] for link in links if "entry" in link}
    own = set(AuditEntry.objects.filter(cycle_code="2012").values_list("number", flat=True))
    # What building the package itself recorded came after.
    assert told == {number for number in own if number <= links[-1]["number"]}
    assert [link["number"] for link in links] == list(range(1, len(links) + 1))


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_byte_of_any_file_of_the_package_is_named(
    published: Cast, tmp_path: Path, seed: int
) -> None:
    folder = unpacked(built(published), tmp_path / "package")
    draw = random.Random(seed)  # noqa: S311 -- which byte, no secret
    path = draw.choice(sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "verify.py"))
    content = bytearray(path.read_bytes())
    at = draw.randrange(len(content))
    content[at] ^= 1 << draw.randrange(8)
    path.write_bytes(content)

    code, said = verified(folder)

    assert code == 1
    assert path.name in said or "manifest.json" in said


def test_an_entry_taken_from_the_log_with_its_digests_is_named(published: Cast, tmp_path: Path) -> None:
    folder = unpacked(built(published), tmp_path / "package")
    lines = (folder / "日志" / "log.jsonl").read_text().splitlines()
    forged = "\n".join([*lines[:3], *lines[4:]]).encode()
    (folder / "日志" / "log.jsonl").write_bytes(forged)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for row in manifest["files"]:
        if row["name"] == "日志/log.jsonl":
            row["sha256"] = edition.digest_of(forged)
    manifest["digest"] = edition.digest_of(
        edition.canonical({key: value for key, value in manifest.items() if key != "digest"})
    )
    (folder / "manifest.json").write_bytes(edition.canonical(manifest))

    code, said = verified(folder)

    assert code == 1
    assert "log.jsonl" in said


def test_the_receipt_of_the_organization_department_files_the_year(published: Cast) -> None:
    found = accept(published, built(published))

    published.cycle.refresh_from_db()
    assert published.cycle.stage_now is Stage.FILED
    assert (found.receipt_number, str(found.accepted_by)) == ("组备〔2013〕1号", "archive")
    assert lacks_before(published.cycle, Stage.FILED) == []
    assert audit.verify() is None
    call_command("check_cycle", "2012")


def test_before_the_receipt_nobody_moves_the_year_to_filed(published: Cast) -> None:
    lacks = lacks_before(published.cycle, Stage.FILED)

    assert [(lack.code, lack.signable) for lack in lacks if lack.code == "not-filed"] == [
        ("not-filed", False)
    ]


def test_another_code_no_receipt_or_a_second_acceptance_is_refused(published: Cast) -> None:
    found = built(published)
    refusals = []
    for words in ({"code": "0000-0000-0000"}, {"receipt": "  "}):
        with pytest.raises(Refused) as stopped:
            accept(published, found, **words)
        refusals.append(code_of(stopped))
    accept(published, found)
    with pytest.raises(Refused) as stopped:
        accept(published, found)

    assert [*refusals, code_of(stopped)] == ["changed-meanwhile", "no-receipt", "accepted-already"]


def test_a_package_that_was_altered_in_the_store_is_not_accepted(published: Cast) -> None:
    found = built(published)
    assert found.file is not None
    path = files.path_of(found.file.sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(Refused) as stopped:
        accept(published, found)

    assert code_of(stopped) == "package-altered"
    assert filing.altered_in(found)


def test_a_lost_paper_stops_the_package_by_name(published: Cast) -> None:
    document = Document.objects.get()
    assert document.file is not None
    files.path_of(document.file.sha256).unlink()

    with pytest.raises(Refused) as stopped:
        built(published)

    assert "通报.pdf" in str(stopped.value)
    assert Filing.objects.get().is_built is False


def test_a_full_disk_leaves_nothing_half_built(published: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **more: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packing, "write", full)

    with pytest.raises(Refused) as stopped:
        built(published)

    assert code_of(stopped) == "disk"
    assert Filing.objects.get().is_built is False


def test_after_filing_only_a_revocation_with_its_edition_is_left_and_is_filed_again(published: Cast) -> None:
    accept(published, built(published))
    published.at(Stage.FILED)
    with pytest.raises(Refused) as nothing_new:
        filing.ask_package(by=published.hat("office1"), cycle=published.cycle, start_job=False)
    with pytest.raises(Refused) as no_change:
        publication.ask_publication(by=published.hat("leader1"), cycle=published.cycle, reason="再发一次")
    with pytest.raises(Refused) as too_late:
        publication.ask_publication(by=published.hat("office1"), cycle=published.cycle, reason="更正")

    Finding.objects.create(
        cycle=published.cycle,
        unit=published.units["青山乡"],
        what="自评材料与事实不符",
        state=BarState.CONFIRMED,
        proposed_by=published.people["office1"],
        on="2013-03-01",
    )
    asked = publication.ask_publication(by=published.hat("leader1"), cycle=published.cycle, reason="弄虚作假")
    publication.confirm_publication(by=published.hat("leader2"), edition_id=asked.pk, start_job=False)
    publication.seal(Edition.objects.get(pk=asked.pk), published.hat("leader2"))
    second = built(published)
    accept(published, second, receipt="组备〔2013〕2号")

    assert (code_of(nothing_new), code_of(no_change), code_of(too_late)) == (
        "filed-already",
        "nothing-changed",
        "not-permitted",
    )
    assert (second.number, second.edition.number, second.contents["公布稿"] > 12) == (2, 2, True)
    published.cycle.refresh_from_db()
    assert published.cycle.stage_now is Stage.FILED
    newest = queries.newest(published.cycle)
    assert newest is not None
    assert Filing.objects.filter(edition=newest, accepted_at__isnull=False).count() == 1


def test_a_package_older_than_the_newest_edition_is_not_accepted(published: Cast) -> None:
    first = built(published)
    Finding.objects.create(
        cycle=published.cycle,
        unit=published.units["青山乡"],
        what="自评材料与事实不符",
        state=BarState.CONFIRMED,
        proposed_by=published.people["office1"],
        on="2013-03-01",
    )
    asked = publication.ask_publication(by=published.hat("leader1"), cycle=published.cycle, reason="弄虚作假")
    publication.confirm_publication(by=published.hat("leader2"), edition_id=asked.pk, start_job=False)
    publication.seal(Edition.objects.get(pk=asked.pk), published.hat("leader2"))

    with pytest.raises(Refused) as stopped:
        accept(published, first)

    assert code_of(stopped) == "newer-edition"


def test_every_model_that_keeps_a_file_has_a_way_to_its_year() -> None:
    found = {model._meta.label: way for model, _field, way in keepers()}

    assert found["bonuses.Document"] == "cycle"
    assert found["scoring.Score"] == "cell__block__cycle"
    assert all(path_to_cycle(model) == way for model, _field, way in keepers())


# The pages


@pytest.mark.parametrize(
    ("person", "before", "after"),
    [
        ("office1", 200, 200),
        ("archive", 404, 200),
        ("auditor", 404, 200),
        ("leader1", 403, 403),
        ("mayor", 403, 403),
        ("official_青山乡", 403, 403),
        ("lead_市信访局", 403, 403),
        ("sysadmin", 403, 403),
    ],
)
def test_the_page_is_for_the_office_and_after_publication_for_the_organization_department(
    cast: Cast, person: str, before: int, after: int
) -> None:
    client = signed_in(cast.people[person])
    cast.at(Stage.APPROVAL)
    met = [client.get(PAGE).status_code]
    cast.at(Stage.PUBLISHED)

    assert [*met, client.get(PAGE).status_code] == [before, after]


def test_the_way_from_building_to_the_receipt_by_the_pages(
    published: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    office, department = signed_in(published.people["office1"]), signed_in(published.people["archive"])
    assert "尚未备案" in words_of(department.get(PAGE))
    with django_capture_on_commit_callbacks(execute=True):
        assert office.post(f"{PAGE}build/").status_code == 302
    found = Filing.objects.get()

    shown = body(department.get(PAGE))
    archive = department.get(f"{PAGE}1/package.zip")
    checked = words_of(department.get(f"{PAGE}1/verify/"))
    done = department.post(f"{PAGE}1/accept/", {"code": found.code, "receipt": "组备〔2013〕1号"})

    assert found.code in shown
    assert b"".join(archive.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]  # a file's answer streams
    assert "均与生成时一致" in checked
    assert done.status_code == 302
    assert "组备〔2013〕1号" in words_of(office.get(PAGE))
    assert "组备〔2013〕1号" in department.get(f"{PAGE}1/receipt.pdf").content.decode()


@pytest.mark.parametrize(
    ("person", "address", "status"),
    [
        ("office1", "1/package.zip", 403),
        ("office1", "1/verify/", 403),
        ("office1", "1/receipt.pdf", 404),
        ("auditor", "1/package.zip", 200),
        ("archive", "7/package.zip", 404),
        ("archive", "7/verify/", 404),
    ],
)
def test_what_each_may_fetch(published: Cast, person: str, address: str, status: int) -> None:
    built(published)

    assert signed_in(published.people[person]).get(f"{PAGE}{address}").status_code == status


@pytest.mark.parametrize(
    ("person", "address"),
    [("archive", "build/"), ("auditor", "1/accept/"), ("office1", "1/accept/"), ("leader1", "build/")],
)
def test_only_the_named_role_acts(published: Cast, person: str, address: str) -> None:
    built(published)

    assert signed_in(published.people[person]).post(f"{PAGE}{address}").status_code == 403


def test_nothing_is_packed_before_publication(cast: Cast) -> None:
    cast.at(Stage.APPROVAL)

    assert signed_in(cast.people["office1"]).post(f"{PAGE}build/").status_code == 409


def test_the_page_asks_as_much_for_one_package_as_for_many(published: Cast) -> None:
    client = signed_in(published.people["archive"])
    first = built(published)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for number in range(2, 12):
        Filing.objects.create(
            cycle=Cycle.objects.get(),
            number=number,
            edition=first.edition,
            asked_by=first.asked_by,
            asked_at=first.asked_at,
            file=first.file,
            built_at=first.built_at,
            digest=first.digest,
            code=first.code,
        )

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(one) == len(many)
    assert len(one) <= 30


def test_the_papers_of_an_edition_are_named_in_the_table_of_contents(published: Cast, tmp_path: Path) -> None:
    folder = unpacked(built(published), tmp_path / "package")
    page = (folder / "目录.html").read_text()

    titles = [paper.title for paper in reports.papers_of(reports.Facts.of(_sealed(folder), "0" * 64))]
    assert all(f"第1版 {title}" in page for title in titles)
    assert "<script" not in page
    assert "http" not in page


def _sealed(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "公布稿" / "第1版" / "edition.json").read_bytes())
    return loaded
