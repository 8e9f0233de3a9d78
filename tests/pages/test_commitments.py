"""Pages of promises, progress and coverage: each works, and each turns away who has no business there.

What may be promised and examined is tested in tests/scoring.
"""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import evidence, pdf
from office.jobs import Progress
from office.models import Job
from scoring import commitment_papers
from scoring.models import Commitment, CommitmentState, CoverageReturn, Goal, ProgressReport, ReportTerm
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import YEAR, body, grow, words_of
from tests.scoring.promises import TEXTS, accepted, filed, report, signed, upload, write
from units.models import Unit
from units.stages import Stage

pytestmark = pytest.mark.django_db
GREEN, WHITE = f"{YEAR}commitments/of/青山乡/", f"{YEAR}commitments/of/白水乡/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.COMMITMENT)


def goals_form(*texts: str, there: int = 0, version: int = 0, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "form-TOTAL_FORMS": len(texts),
        "form-INITIAL_FORMS": there,
        "version": version,
    }
    for number, text in enumerate(texts):
        values |= {
            f"form-{number}-text": text,
            f"form-{number}-measure": "验收报告" if text else "",
            f"form-{number}-target": "12公里" if text else "",
            f"form-{number}-due": "2012年10月31日" if text else "",
        }
    return values | more


def test_a_promise_goes_from_the_form_over_the_principal_to_the_office(
    year: Cast, signed_in: SignedIn
) -> None:
    official, principal, office = map(signed_in, ("official_青山乡", "principal_青山乡", "office1"))

    kept = official.post(f"{GREEN}goals/", goals_form(TEXTS[0], TEXTS[1], ""), follow=True)
    asked = principal.get(f"{GREEN}sign/")
    principal.post(f"{GREEN}sign/", {"version": 1})
    row = Commitment.objects.get()
    queue = office.get(f"{YEAR}commitments/")
    office.post(f"{YEAR}commitments/accept/", {"row": f"{row.pk}:{row.version}"})

    row.refresh_from_db()
    assert (kept.status_code, asked.status_code, row.state) == (200, 200, "accepted")
    assert TEXTS[1] in body(asked)
    assert f"{row.pk}:2" in body(queue)
    assert Goal.objects.count() == 2


def test_keep_and_add_one_more_offers_an_empty_goal(year: Cast, signed_in: SignedIn) -> None:
    client = signed_in("official_青山乡")

    answer = client.post(f"{GREEN}goals/", goals_form(TEXTS[0], more="1"))
    shown = client.get(answer["Location"])

    assert answer["Location"].endswith("?more=1")
    assert 'name="form-1-text"' in body(shown)
    assert TEXTS[0] in body(shown)


def test_a_goal_is_taken_away_by_its_tick(year: Cast, signed_in: SignedIn) -> None:
    row = write(year)
    first, second = row.goals.order_by("order")
    values = goals_form(*TEXTS, there=2, version=1)
    values |= {"form-0-id": first.pk, "form-1-id": second.pk, "form-0-gone": "on", "form-0-text": ""}

    answer = signed_in("official_青山乡").post(f"{GREEN}goals/", values)

    assert answer.status_code == 302
    assert list(Goal.objects.values_list("pk", flat=True)) == [second.pk]


def test_what_was_typed_stays_after_a_refusal(year: Cast, signed_in: SignedIn) -> None:
    write(year)

    stale = signed_in("official_青山乡").post(f"{GREEN}goals/", goals_form("我改的目标", version=0))
    wrong = signed_in("official_青山乡").post(
        f"{GREEN}goals/", goals_form("跨年的目标", version=1) | {"form-0-due": "2013-01-05"}
    )
    empty = signed_in("official_青山乡").post(
        f"{GREEN}goals/", goals_form("没有时限", version=1) | {"form-0-due": "明年"}
    )

    assert (stale.status_code, wrong.status_code, empty.status_code) == (409, 422, 422)
    assert "我改的目标" in body(stale)
    assert TEXTS[0] in body(stale)  # what stands there now
    assert "跨年的目标" in body(wrong)
    assert "没有时限" in body(empty)


def test_a_form_without_its_frame_is_answered_and_not_a_fault(year: Cast, signed_in: SignedIn) -> None:
    assert signed_in("official_青山乡").post(f"{GREEN}goals/", {}).status_code == 422


def test_the_office_returns_with_words_and_the_unit_reads_them(year: Cast, signed_in: SignedIn) -> None:
    row = signed(year)
    office = signed_in("office1")

    wordless = office.post(f"{GREEN}examine/", {"verdict": "return", "version": row.version})
    office.post(
        f"{GREEN}examine/", {"verdict": "return", "version": row.version, "words": "目标偏低，请提高"}
    )

    assert wordless.status_code == 422
    assert "目标偏低，请提高" in words_of(signed_in("official_青山乡").get(GREEN))
    assert "目标偏低，请提高" not in words_of(signed_in("official_白水乡").get(WHITE))


def test_returning_after_the_stage_tells_the_office_to_reopen(year: Cast, signed_in: SignedIn) -> None:
    row = accepted(year)

    answer = signed_in("office1").post(
        f"{GREEN}examine/", {"verdict": "return", "version": row.version, "words": "请改"}, follow=True
    )

    assert "开放" in words_of(answer)


def test_a_decision_on_an_old_page_says_so(year: Cast, signed_in: SignedIn) -> None:
    row = signed(year)

    answer = signed_in("office1").post(f"{GREEN}examine/", {"verdict": "accept", "version": row.version - 1})

    row.refresh_from_db()
    assert (answer.status_code, row.state) == (409, "submitted")


def test_what_could_not_be_accepted_is_named(year: Cast, signed_in: SignedIn) -> None:
    row = signed(year)

    answer = signed_in("office1").post(f"{YEAR}commitments/accept/", {"row": f"{row.pk}:1"})
    nothing = signed_in("office1").post(f"{YEAR}commitments/accept/", {"row": "x:y"})

    assert (answer.status_code, nothing.status_code) == (409, 422)
    assert "青山乡" in words_of(answer)


def test_another_units_promise_is_not_there(year: Cast, signed_in: SignedIn) -> None:
    accepted(year)
    report(year, [40, 60])
    made = filed(year)
    rival = signed_in("official_白水乡")

    for path in (
        GREEN,
        f"{GREEN}goals/",
        f"{GREEN}sheet.pdf",
        f"{YEAR}reports/of/青山乡/1/",
        f"{YEAR}reports/of/青山乡/1/edit/",
        f"{YEAR}coverage/of/青山乡/",
    ):
        assert rival.get(path).status_code == 404, path
    file = evidence.of(made)[0]
    assert rival.get(f"{YEAR}commitments/files/{file.pk}/").status_code == 404
    assert signed_in("official_青山乡").get(f"{YEAR}commitments/files/{file.pk}/").status_code == 200
    assert "青山乡" not in body(rival.get(f"{YEAR}reports/"))
    for path in ("commitments.xlsx", "reports.xlsx", "coverage.xlsx"):
        sheet = openpyxl.load_workbook(io.BytesIO(rival.get(f"{YEAR}{path}").content))
        text = str([[cell.value for cell in line] for page in sheet for line in page.iter_rows()])
        assert "青山乡" not in text, path


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("commitments/", "mayor", 200),
        ("commitments/", "leader1", 200),
        ("commitments/", "auditor", 200),
        ("commitments/", "reviewer1", 200),
        ("commitments/", "lead_市信访局", 200),
        ("commitments/", "sysadmin", 403),
        ("commitments/", "archive", 404),
        ("commitments/of/东河镇/", "reviewer1", 404),
        ("commitments/of/没有乡/", "office1", 404),
        ("commitments/of/青山乡/goals/", "office1", 403),
        ("commitments/of/青山乡/sign/", "official_青山乡", 403),
        ("commitments/booklet/", "official_青山乡", 200),
        ("commitments/booklet/987654321.pdf", "office1", 404),
        ("commitments/files/987654321/", "office1", 404),
        ("reports/", "mayor", 200),
        ("reports/of/青山乡/5/", "office1", 404),
        ("reports/of/青山乡/1/", "office1", 404),
        ("reports/of/青山乡/1/edit/", "office1", 403),
        ("coverage/", "secadmin", 403),
        ("coverage/", "reviewer1", 200),
    ],
)
def test_who_may_open_what(year: Cast, signed_in: SignedIn, path: str, who: str, status: int) -> None:
    assert signed_in(who).get(f"{YEAR}{path}").status_code == status


@pytest.mark.parametrize("act", ["sign", "withdraw", "examine", "goals"])
def test_nothing_is_done_by_get(year: Cast, signed_in: SignedIn, act: str) -> None:
    row = signed(year)
    before = (row.state, row.version)

    for who in ("principal_青山乡", "office1"):
        signed_in(who).get(f"{GREEN}{act}/")

    row.refresh_from_db()
    assert (row.state, row.version) == before


def test_nobody_without_an_account_comes_in(year: Cast, client: Client) -> None:
    assert client.get(f"{YEAR}commitments/").status_code == 302


def test_the_form_after_the_stage_says_it_is_over_and_posts_nothing(year: Cast, signed_in: SignedIn) -> None:
    year.at(Stage.MONITORING)
    client = signed_in("official_青山乡")

    shown, posted = client.get(f"{GREEN}goals/"), client.post(f"{GREEN}goals/", goals_form("晚了的目标"))

    assert (shown.status_code, posted.status_code) == (200, 409)
    assert "晚了的目标" in body(posted)
    assert not Commitment.objects.exists()


def test_a_report_goes_from_the_draft_to_the_board(year: Cast, signed_in: SignedIn) -> None:
    row = accepted(year)
    first, second = row.goals.order_by("order")
    client = signed_in("official_青山乡")
    values = {f"percent_{first.pk}": "80", f"words_{first.pk}": "桥梁未完", f"percent_{second.pk}": "100"}
    address = f"{YEAR}reports/of/青山乡/1/edit/"

    client.post(address, {**values, "version": 0})
    draft = ProgressReport.objects.get()
    hidden = signed_in("office1").get(f"{YEAR}reports/of/青山乡/1/").status_code
    done = client.post(address, {**values, "version": 1, "hand_in": "1", "file": upload()}, follow=True)

    assert draft.handed_in_at is None
    assert hidden == 404
    assert done.status_code == 200
    assert "90.0%" in words_of(signed_in("office1").get(f"{YEAR}reports/"))
    assert "名册" in words_of(signed_in("office1").get(f"{YEAR}reports/of/青山乡/1/"))
    assert "90.0%" in words_of(signed_in("office1").get(GREEN))


def test_a_report_refused_keeps_what_was_typed(year: Cast, signed_in: SignedIn) -> None:
    row = accepted(year)
    first, second = row.goals.order_by("order")
    address = f"{YEAR}reports/of/青山乡/1/edit/"

    lacking = signed_in("official_青山乡").post(
        address, {f"percent_{first.pk}": "30", f"words_{first.pk}": "正在征地", "hand_in": "1"}
    )
    outside = signed_in("official_青山乡").post(address, {f"percent_{second.pk}": "300"})
    hostile = signed_in("official_青山乡").post(
        address,
        {
            f"percent_{first.pk}": "30",
            "summary": "已写好的总结",
            "file": upload("报告.pdf", b"<html></html>"),
        },
    )

    assert (lacking.status_code, outside.status_code, hostile.status_code) == (422, 422, 422)
    assert "正在征地" in body(lacking)
    assert "已写好的总结" in body(hostile)
    assert not ProgressReport.objects.exists()


def test_the_office_sets_the_terms(year: Cast, signed_in: SignedIn) -> None:
    office = signed_in("office1")

    office.post(f"{YEAR}reports/terms/", {"q1": "2012-04-10", "q2": "2012-07-10"})
    wrong = office.post(f"{YEAR}reports/terms/", {"q1": "2012-04-10", "q2": "2012-01-10"})
    bad = office.post(f"{YEAR}reports/terms/", {"q1": "x"})

    assert list(ReportTerm.objects.values_list("quarter", flat=True)) == [1, 2]
    assert (wrong.status_code, bad.status_code) == (422, 422)


def coverage_form(**more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"number": 0}
    for below in ("villages", "sections", "persons"):
        values |= {f"{below}_due": "10", f"{below}_committed": "9", f"{below}_appraised": "4"}
    return values | more


def test_coverage_is_filed_with_its_list_and_summed_for_the_office(year: Cast, signed_in: SignedIn) -> None:
    year.at(Stage.MONITORING)
    address = f"{YEAR}coverage/of/青山乡/"
    client = signed_in("official_青山乡")

    without = client.post(f"{address}file/", coverage_form())
    client.post(f"{address}file/", coverage_form(file=upload()))
    wrong = client.post(f"{address}file/", coverage_form(number=1, villages_appraised="99"))

    assert (without.status_code, wrong.status_code) == (422, 422)
    assert CoverageReturn.objects.count() == 1
    assert "10 / 9 / 4" in words_of(signed_in("office1").get(f"{YEAR}coverage/"))
    assert "名册" in words_of(signed_in("office1").get(address))


def test_the_sheet_and_the_booklet_hold_goals_and_the_line_for_the_seal(
    year: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(year)
    monkeypatch.setattr(
        pdf, "render", lambda html, **_more: b"%PDF-1.7\n" + html.encode() + b"\nstartxref\n%%EOF"
    )
    office = signed_in("office1")

    sheet = office.get(f"{GREEN}sheet.pdf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "require_ready", lambda: None)
        commitment_papers.start_booklet(
            year.hat("office1"), year.cycle, list(Commitment.objects.values_list("pk", flat=True))
        )
    job = Job.objects.get()
    result = commitment_papers.set_booklet(job, Progress(job))
    Job.objects.filter(pk=job.pk).update(result=result, state="done")
    kept = office.get(f"{YEAR}commitments/booklet/{job.pk}.pdf")
    foreign = signed_in("office2").get(f"{YEAR}commitments/booklet/{job.pk}.pdf")

    text = sheet.content.decode()
    booklet = b"".join(kept.streaming_content).decode()  # type: ignore[attr-defined]  # a stored file streams
    assert (result["sheets"], foreign.status_code) == (1, 404)
    assert "承诺书汇编" in booklet
    assert TEXTS[1] in booklet
    assert sheet["Content-Type"] == "application/pdf"
    for words in (*TEXTS, "单位（盖章）", "主要负责人（签字）", "经办人", "电话"):
        assert words in text


@pytest.mark.parametrize("path", ["commitments/", "reports/", "coverage/"])
def test_a_list_page_asks_as_often_for_thirty_rows_as_for_one(
    year: Cast, signed_in: SignedIn, path: str
) -> None:
    def asked() -> int:
        client = signed_in("office1")
        client.get(f"{YEAR}{path}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{YEAR}{path}").status_code == 200
        return len(queries)

    signed(year)
    few = asked()
    grow(year, 30)
    person = year.people["office1"]
    for unit in Unit.objects.filter(name__startswith="新设"):
        row = Commitment.objects.create(
            cycle=year.cycle,
            unit=unit,
            state=CommitmentState.SUBMITTED,
            changed_by=person,
            changed_at=timezone.now(),
        )
        Goal.objects.create(commitment=row, text="目标", measure="数", target="1", due="2012-06-30")

    assert asked() == few
    assert few <= 30


def test_the_workbook_has_a_line_for_every_goal(year: Cast, signed_in: SignedIn) -> None:
    accepted(year)

    answer = signed_in("office1").get(f"{YEAR}commitments.xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=3)]
    assert [line[3] for line in lines if line[0] == "青山乡"] == list(TEXTS)
