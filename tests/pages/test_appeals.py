"""Pages of appeals and of results told to units: each works, and each turns away who has no business there.

What may be questioned and decided is tested in tests/scoring/test_appeals.py.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from docx import Document

from office import jobs, pdf
from office.models import Job
from scoring import result_letters
from scoring.actions import appeal_rulings, appeals
from scoring.models import Appeal, ResultDelivery, Score
from tests.awards.test_consequences import SWAP, mark
from tests.bonuses.papers import equip, png, verified
from tests.cast import Cast
from tests.pages.reading import grow, words_of
from tests.scoring.test_appeals import KEPT, RAISED, checked, draft, filed, of_cell, point_of, sign
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return mark(equip(cast)).at(Stage.RESULTS)


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as their HTML: setting them is tested once below."""

    def set_plainly(papers: list[str], **_more: Any) -> bytes:
        return b"%PDF-1.7\n" + "".join(papers).encode()

    monkeypatch.setattr(pdf, "render_many", set_plainly)
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": set_plainly([html]))


def letters_of_block(year: Cast, name: str = "乡镇口") -> bytes:
    """As the office has them set: by a job, then fetched."""
    office = client(year, "office1")
    office.post(f"{YEAR}results/letters/{name}/set/")
    job = Job.objects.latest("pk")
    jobs.run_job.func(job.pk)
    answer: Any = office.get(f"{YEAR}results/letters/jobs/{job.pk}.pdf")
    return b"".join(answer.streaming_content)


def client(year: Cast, name: str) -> Client:
    found = Client()
    found.force_login(year.people[name])
    return found


def typed(year: Cast, **more: Any) -> dict[str, Any]:
    cell = year.cell("青山乡", "决战园区").pk
    return {
        "words": "园区扣分无依据",
        "point": [f"score:{cell}"],
        f"words:score:{cell}": "台账第三季度无此扣分",
        "files": SimpleUploadedFile("台账.png", png("台账")),
    } | more


# From the form to the letter ---------------------------------------------------------------------


def test_an_appeal_goes_from_the_form_to_the_letter_over_the_pages(year: Cast, plain_papers: None) -> None:
    principal, office = client(year, "principal_青山乡"), client(year, "office1")
    filed_answer = principal.post(f"{YEAR}appeals/new/", typed(year, act="file"))
    appeal = Appeal.objects.get()
    one = f"{YEAR}appeals/{appeal.pk}/"
    point = appeal.points.get()

    office.post(f"{one}reviewer/", {"reviewer": year.people["reviewer1"].pk, "version": appeal.version})
    client(year, "reviewer1").post(f"{one}recheck/", {"text": "核对台账，扣分无依据", "advice": "correct"})
    leader = client(year, "leader1")
    ruling = {
        "outcome": "upheld",
        "score_kind": "preliminary",
        "score_points": "100",
        "reason": "扣分无依据",
        "version": point.version,
    }
    rule = f"{YEAR}appeals/points/{point.pk}/rule/"
    shown = leader.post(rule, ruling)
    untouched = Score.objects.get(cell=point.cell_id, kind="preliminary").points
    leader.post(rule, ruling | {"seen": shown.context["preview"].digest})
    point.refresh_from_db()
    second = client(year, "leader2")
    page = second.get(f"{YEAR}appeals/points/{point.pk}/sign/")
    second.post(
        f"{YEAR}appeals/points/{point.pk}/sign/",
        {"version": point.version, "seen": page.context["preview"].digest},
    )
    own = words_of(principal.get(one))
    letter = principal.get(f"{one}letter.pdf").content.decode()

    assert filed_answer["Location"] == one
    assert shown.context["preview"].moves == SWAP
    assert untouched == 80
    assert Score.objects.get(cell=point.cell_id, kind="preliminary").points == 100
    assert "予以更正" in own
    assert "80 → 100" in own
    assert "予以更正" in letter
    # Of the others whose places moved the unit hears nothing.
    assert "白水乡" not in own
    assert "白水乡" not in letter


def test_what_was_typed_stays_after_a_refusal(year: Cast) -> None:
    answer = client(year, "principal_青山乡").post(
        f"{YEAR}appeals/new/", typed(year, act="file", point=[], words="园区扣分无依据")
    )

    assert answer.status_code == 422
    assert "园区扣分无依据" in answer.content.decode()
    assert answer.context["refusal"].code == "about-nothing"


def test_a_hostile_file_is_refused_and_nothing_is_kept(year: Cast) -> None:
    bad = SimpleUploadedFile("证明.pdf", b"MZ\x90\x00 not a pdf")

    answer = client(year, "principal_青山乡").post(f"{YEAR}appeals/new/", typed(year, files=bad))

    assert answer.status_code == 422
    assert not Appeal.objects.exists()


def test_the_official_saves_a_draft_and_cannot_file_it(year: Cast) -> None:
    official = client(year, "official_青山乡")
    official.post(f"{YEAR}appeals/new/", typed(year))
    appeal = Appeal.objects.get()

    answer = official.post(f"{YEAR}appeals/{appeal.pk}/file/", {"version": appeal.version})
    appeal.refresh_from_db()

    assert answer.status_code == 403
    assert appeal.state == "draft"
    assert "主要负责人签字提交" in words_of(official.get(f"{YEAR}appeals/{appeal.pk}/"))


def test_a_file_is_taken_out_of_a_draft(year: Cast) -> None:
    official = client(year, "official_青山乡")
    official.post(f"{YEAR}appeals/new/", typed(year))
    appeal = Appeal.objects.get()
    row = appeal.files.get()

    shown = official.get(f"{YEAR}appeals/{appeal.pk}/files/{row.pk}/")
    official.post(f"{YEAR}appeals/{appeal.pk}/files/{row.pk}/remove/")

    assert shown["Content-Type"] == "image/png"
    assert not appeal.files.exists()


def test_nobody_but_the_unit_sees_a_draft_and_a_rival_sees_nothing(year: Cast) -> None:
    made = draft(year, of_cell(year))
    one = f"{YEAR}appeals/{made.pk}/"

    assert client(year, "official_青山乡").get(one).status_code == 200
    for name in ("office1", "leader1", "official_白水乡", "principal_白水乡", "reviewer1"):
        assert client(year, name).get(one).status_code == 404, name

    appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)

    for name, status in (("office1", 200), ("mayor", 200), ("auditor", 200), ("principal_白水乡", 404)):
        assert client(year, name).get(one).status_code == status, name
    assert "2012-复1" not in words_of(client(year, "principal_白水乡").get(f"{YEAR}appeals/"))


def test_the_reviewer_named_reads_the_appeal_and_not_who_else_would_move(year: Cast) -> None:
    made = checked(year, reviewer="reviewer1")
    appeal_rulings.sign_first(
        by=year.hat("leader1"), cycle=year.cycle, point_id=point_of(made).pk, ruling=RAISED
    )

    words = words_of(client(year, "reviewer1").get(f"{YEAR}appeals/{made.pk}/"))

    assert "决战园区" in words
    assert "白水乡" not in words
    assert client(year, "lead_市信访局").get(f"{YEAR}appeals/{made.pk}/").status_code == 404


def test_the_office_is_told_that_the_leading_group_decides(year: Cast) -> None:
    point = point_of(checked(year))

    page = client(year, "office1").post(
        f"{YEAR}appeals/points/{point.pk}/rule/",
        {
            "outcome": "upheld",
            "score_kind": "preliminary",
            "score_points": "100",
            "reason": "无依据",
            "version": point.version,
        },
    )

    assert page.context["needs_leaders"]
    assert "领导小组两名成员" in words_of(page)


def test_a_point_kept_is_signed_without_a_list(year: Cast) -> None:
    point = point_of(checked(year))
    office = client(year, "office1")

    answer = office.post(
        f"{YEAR}appeals/points/{point.pk}/rule/",
        {"outcome": "kept", "reason": "扣分有据", "version": point.version},
    )
    point.refresh_from_db()
    done = client(year, "office2").post(f"{YEAR}appeals/points/{point.pk}/sign/", {"version": point.version})

    point.refresh_from_db()
    assert (answer.status_code, done.status_code, point.outcome) == (302, 302, "kept")


def test_a_first_signature_is_sent_back_on_the_page(year: Cast) -> None:
    point = point_of(checked(year))
    appeal_rulings.sign_first(by=year.hat("office1"), cycle=year.cycle, point_id=point.pk, ruling=KEPT)

    client(year, "office2").post(f"{YEAR}appeals/points/{point.pk}/back/", {"reason": "再核"})

    point.refresh_from_db()
    assert point.first_at is None


def test_paper_is_registered_compared_and_acknowledged(year: Cast, plain_papers: None) -> None:
    office, second = client(year, "office1"), client(year, "office2")
    unit = year.units["白水乡"].pk
    cell = year.cell("白水乡", "信访").pk
    values = {
        "channel": "paper",
        "unit": unit,
        "about": unit,
        "sender": "白水乡 乡长",
        "received_on": timezone.localdate().isoformat(),
        "words": "信访得分有误",
        "points": [f"score:{cell}"],
        "file": SimpleUploadedFile("申请.png", png("申请")),
    }
    looked = office.post(f"{YEAR}appeals/register/", {"about": unit, "act": "show"})
    office.post(f"{YEAR}appeals/register/", values)
    appeal = Appeal.objects.get()
    second.post(f"{YEAR}appeals/{appeal.pk}/compare/", {"version": appeal.version})

    appeal.refresh_from_db()
    assert "信访" in words_of(looked)
    assert (appeal.state, appeal.channel) == ("filed", "paper")
    assert "2012-复1" in office.get(f"{YEAR}appeals/{appeal.pk}/receipt.pdf").content.decode()


def test_a_call_is_registered_and_answered(year: Cast, plain_papers: None) -> None:
    office = client(year, "office1")
    office.post(
        f"{YEAR}appeals/register/",
        {
            "channel": "call",
            "about": year.units["白水乡"].pk,
            "sender": "某群众",
            "received_on": timezone.localdate().isoformat(),
            "words": "询问考评办法",
        },
    )
    appeal = Appeal.objects.get()

    silent = office.post(f"{YEAR}appeals/{appeal.pk}/answer/", {"reply": " "})
    office.post(f"{YEAR}appeals/{appeal.pk}/answer/", {"reply": "已说明"})
    letter = office.get(f"{YEAR}appeals/{appeal.pk}/letter.pdf").content.decode()

    appeal.refresh_from_db()
    assert (silent.status_code, appeal.state) == (422, "answered")
    assert "已说明" in letter


def test_the_letter_can_be_had_as_docx_by_the_office_alone(year: Cast) -> None:
    made = checked(year)
    sign(year, point_of(made), RAISED)
    address = f"{YEAR}appeals/{made.pk}/letter.docx"

    paper = Document(BytesIO(client(year, "office1").get(address).content))

    said = " ".join([p.text for p in paper.paragraphs] + [c.text for c in paper.tables[0].rows[1].cells])
    assert "2012-复1" in said
    assert "80 → 100" in said
    assert client(year, "principal_青山乡").get(address).status_code == 404


def test_the_papers_are_set_as_pdf(year: Cast) -> None:
    made = checked(year)
    sign(year, point_of(made), RAISED)
    principal = client(year, "principal_青山乡")

    for name in ("receipt.pdf", "letter.pdf"):
        assert principal.get(f"{YEAR}appeals/{made.pk}/{name}").content.startswith(b"%PDF-"), name
    assert letters_of_block(year).startswith(b"%PDF-")


def test_before_its_decision_there_is_no_letter(year: Cast) -> None:
    made = filed(year)

    assert client(year, "principal_青山乡").get(f"{YEAR}appeals/{made.pk}/letter.pdf").status_code == 404


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        ("appeals/new/", "office1", 403),
        ("appeals/register/", "official_青山乡", 403),
        ("appeals/1/reviewer/", "principal_青山乡", 403),
        ("appeals/points/1/rule/", "principal_青山乡", 403),
        ("appeals/9999/", "office1", 404),
        ("appeals/points/9999/rule/", "office1", 404),
        ("results/letters/", "principal_青山乡", 403),
        ("results/letters/jobs/9999.pdf", "office1", 404),
        ("units/白水乡/letter.pdf", "principal_青山乡", 404),
        ("units/白水乡/sheet.xlsx", "principal_青山乡", 404),
    ],
)
def test_a_wrong_role_or_a_foreign_object_is_turned_away(
    year: Cast, path: str, name: str, status: int
) -> None:
    method = "post" if path.endswith("reviewer/") else "get"

    assert getattr(client(year, name), method)(YEAR + path).status_code == status


def test_acts_are_posted_and_reading_is_not(year: Cast) -> None:
    made = filed(year)
    one = f"{YEAR}appeals/{made.pk}/"
    office = client(year, "office1")

    assert office.get(f"{one}reviewer/").status_code == 405
    assert office.post(one).status_code == 405


def test_before_the_results_nobody_drafts_or_has_a_letter(year: Cast) -> None:
    year.at(Stage.HEARING)
    principal = client(year, "principal_青山乡")

    assert principal.get(f"{YEAR}appeals/new/").status_code == 409
    assert principal.get(f"{YEAR}units/青山乡/letter.pdf").status_code == 409
    assert client(year, "office1").post(f"{YEAR}results/letters/乡镇口/set/").status_code == 409


def test_the_register_as_a_workbook(year: Cast) -> None:
    filed(year)

    content = client(year, "office1").get(f"{YEAR}appeals.xlsx").content

    rows = list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))
    assert any("2012-复1" in row and "青山乡" in row for row in rows)


def test_the_register_asks_no_more_for_thirty_appeals_than_for_one(year: Cast) -> None:
    filed(year)
    office = client(year, "office1")
    with CaptureQueriesContext(connection) as one:
        office.get(f"{YEAR}appeals/")
    unit, person = year.units["青山乡"], year.people["principal_青山乡"]
    for number in range(2, 31):
        Appeal.objects.create(
            cycle=year.cycle,
            unit=unit,
            about=unit,
            number=number,
            state="filed",
            words="得分有误",
            received_on=timezone.localdate(),
            drafted_by=person,
        )
    with CaptureQueriesContext(connection) as many:
        office.get(f"{YEAR}appeals/")

    assert len(many) == len(one)
    assert len(one) <= 30


# Results told to units ---------------------------------------------------------------------------


def test_a_unit_in_a_small_block_is_shown_no_mean(year: Cast) -> None:
    """Three townships: two others, so a mean would say too much."""
    principal = client(year, "principal_青山乡")

    words = words_of(principal.get(f"{YEAR}units/青山乡/"))

    assert "参评单位过少" in words
    assert "其余" not in words


def test_a_mean_of_three_others_is_shown_and_says_how_many_made_it(year: Cast) -> None:
    grow(year, 1)
    year.score("新设0乡", "决战园区", "60")

    words = words_of(client(year, "principal_青山乡").get(f"{YEAR}units/青山乡/"))

    # 78, 70 and 60: 208 ÷ 3 = 69.333… → 69.33
    assert "其余3个单位平均69.33" in words
    assert "白水乡" not in words


def test_a_unit_on_the_mean_sees_it_and_how_many_made_it(year: Cast) -> None:
    cell = year.cell("青山乡", "决战园区")
    cell.involvement, cell.proposed_by = "confirmed", year.people["office1"]
    cell.save()

    letters = result_letters.letters_of(year.blocks["乡镇口"], None)

    own = next(letter for letter in letters if letter.unit == "青山乡")
    line = own.items[0].cells[0]
    assert (line.score, line.source, line.mean) == ("74.00", "基本不涉及，按2个单位平均分计", "")


def test_the_letters_of_a_block_stand_in_the_plans_order_with_code_and_signature_line(
    year: Cast, plain_papers: None
) -> None:
    verified(year, "东河镇")

    text = letters_of_block(year).decode()

    assert [text.index(f"{name}：") for name in ("青山乡", "白水乡", "东河镇")] == sorted(
        text.index(f"{name}：") for name in ("青山乡", "白水乡", "东河镇")
    )
    assert text.count("签收人") == 3
    assert text.count("校验码") >= 3
    assert "关于表彰省府〔2012〕1号的决定" in text


def test_the_letters_of_a_block_are_fetched_by_whoever_had_them_set(year: Cast, plain_papers: None) -> None:
    letters_of_block(year)
    job = Job.objects.latest("pk")

    page = words_of(client(year, "office1").get(f"{YEAR}results/letters/"))
    other = client(year, "office2").get(f"{YEAR}results/letters/jobs/{job.pk}.pdf")

    assert (job.state, job.result["letters"]) == ("done", 3)
    assert "重新生成" in page
    assert other.status_code == 404


def test_the_list_for_the_messenger_is_a_workbook(year: Cast) -> None:
    content = client(year, "office1").get(f"{YEAR}results/letters.xlsx").content

    rows = list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))
    assert any(row[0] == "青山乡" for row in rows)


@pytest.mark.parametrize(
    ("stage", "words"), [(Stage.RESULTS, "本结果尚待审定"), (Stage.PUBLISHED, "本结果已经审定公布")]
)
def test_a_letter_says_whether_the_result_is_approved(
    year: Cast, plain_papers: None, stage: Stage, words: str
) -> None:
    year.at(stage)

    assert words in client(year, "office1").get(f"{YEAR}units/青山乡/letter.pdf").content.decode()


def test_the_own_letter_says_nothing_of_others(year: Cast, plain_papers: None) -> None:
    verified(year, "白水乡")

    text = client(year, "principal_青山乡").get(f"{YEAR}units/青山乡/letter.pdf").content.decode()

    assert "1000.00" in text
    assert "白水乡" not in text
    assert "东河镇" not in text


def test_the_letter_asks_no_more_for_a_large_block(year: Cast, plain_papers: None) -> None:
    block = year.blocks["乡镇口"]
    block.cycle = year.cycle
    with CaptureQueriesContext(connection) as small:
        result_letters.letters_of(block)
    grow(year, 27)
    with CaptureQueriesContext(connection) as large:
        letters = result_letters.letters_of(block)

    assert len(letters) == 30
    assert len(small) == len(large)


def test_a_changed_figure_changes_the_code_of_its_letter_only(year: Cast) -> None:
    block = year.blocks["乡镇口"]
    block.cycle = year.cycle
    before = {letter.unit: letter.code for letter in result_letters.letters_of(block)}

    year.score("东河镇", "信访", "373")

    after = {letter.unit: letter.code for letter in result_letters.letters_of(block)}
    assert {unit for unit in before if before[unit] != after[unit]} == {"东河镇"}


def test_a_delivery_is_noted_and_moves_the_window(year: Cast) -> None:
    office = client(year, "office1")
    unit = year.units["青山乡"]
    day = timezone.localdate() - timedelta(days=1)

    answer = office.post(
        f"{YEAR}results/letters/note/",
        {"unit": unit.pk, "reached_on": day.isoformat(), "receiver": "收发室", "how": "handed"},
    )

    assert answer.status_code == 302
    assert ResultDelivery.objects.get().reached_on == day
    assert day.isoformat() in words_of(office.get(f"{YEAR}results/letters/"))


def test_the_window_is_set_and_a_senseless_one_refused(year: Cast) -> None:
    office = client(year, "office1")

    good = office.post(f"{YEAR}results/letters/terms/", {"working_days": "7"})
    bad = office.post(f"{YEAR}results/letters/terms/", {"working_days": "0"})

    assert (good.status_code, bad.status_code) == (302, 422)
    assert "7个工作日" in words_of(office.get(f"{YEAR}results/letters/"))


def test_a_delivery_that_cannot_be_is_refused_and_typed_stays(year: Cast) -> None:
    day = timezone.localdate() + timedelta(days=3)

    answer = client(year, "office1").post(
        f"{YEAR}results/letters/note/",
        {
            "unit": year.units["青山乡"].pk,
            "reached_on": day.isoformat(),
            "receiver": "收发室",
            "how": "handed",
        },
    )

    assert answer.status_code == 422
    assert "收发室" in answer.content.decode()


def test_the_sheet_as_a_workbook_holds_own_figures(year: Cast) -> None:
    content = client(year, "principal_青山乡").get(f"{YEAR}units/青山乡/sheet.xlsx").content

    sheet = openpyxl.load_workbook(BytesIO(content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert any("决战园区" in row and 80 in row for row in rows)


# What awaits each of them ------------------------------------------------------------------------


def test_the_home_page_says_whose_turn_it_is(year: Cast) -> None:
    made = draft(year, of_cell(year))
    home = {name: client(year, name) for name in ("principal_青山乡", "office1", "reviewer1", "leader1")}

    def told(name: str) -> str:
        return words_of(home[name].get("/"))

    assert "草稿待您签字" in told("principal_青山乡")
    assert "指定复核人" not in told("office1")
    appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)
    assert "请指定复核人" in told("office1")
    reviewer = year.people["reviewer1"]
    appeals.name_reviewer(by=year.hat("office1"), cycle=year.cycle, appeal_id=made.pk, reviewer=reviewer)
    assert "请您复核" in told("reviewer1")
    appeals.record_recheck(
        by=year.hat("reviewer1"), cycle=year.cycle, appeal_id=made.pk, text="属实", advice="correct"
    )
    assert "待两人决定" in told("leader1")
    assert "复核申请" not in words_of(client(year, "principal_白水乡").get("/"))
