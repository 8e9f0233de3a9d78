"""Screen and paper as one (代录): codes, prints that go void, scans that find their place, a second person who compares."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from office.models import AuditEntry, Notice
from scoring.actions import assessments, scores
from scoring.actions.assessments import Said
from scoring.models import Receipt, Score, ScoreKind
from tests.bonuses.papers import pdf
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in, words_of
from tests.pages.test_self import fill_in, refused, say, submit
from units import paper_codes, reports
from units.actions import paper_forms
from units.models import SignedForm
from units.stages import Stage

FORMS = f"{YEAR}forms/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SELF_ASSESSMENT)


def printed(year: Cast, by: str = "official_青山乡", *, empty: bool = False) -> SignedForm:
    unit = year.units["青山乡"]
    part = assessments.open_part(by=year.hat(by), cycle=year.cycle, unit=unit, block=None)
    return paper_forms.print_form(
        by=year.hat(by), cycle=year.cycle, kind="self", about_id=part.pk, empty=empty
    )


def scanned(year: Cast, form: SignedForm, by: str = "office1", words: str = "签字盖章") -> SignedForm:
    upload = SimpleUploadedFile(f"{form.code}.pdf", pdf(words))
    return paper_forms.take_scan(by=year.hat(by), cycle=year.cycle, code=form.code, upload=upload)


def compared(year: Cast, form: SignedForm, by: str = "office2") -> SignedForm:
    from units.paper_forms import kind_named

    digest = kind_named(form.kind).figures(form).digest
    return paper_forms.compare(by=year.hat(by), cycle=year.cycle, code=form.code, digest=digest)


# Codes --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_code_and_its_last_sign_checks_the_others() -> None:
    code = paper_codes.code_for("2012/self/1/0")

    assert code == paper_codes.code_for("2012/self/1/0")
    assert len(code) == 9
    assert paper_codes.tidy(code) == code


@pytest.mark.parametrize("change", range(8))
def test_one_sign_misread_is_noticed(change: int) -> None:
    code = paper_codes.code_for("a form").replace("-", "")
    others = [sign for sign in paper_codes.SIGNS if sign != code[change]]

    wrong = [code[:change] + sign + code[change + 1 :] for sign in others]

    # Two signs 31 apart weigh the same (0 and Z): one of the thirty-one may pass, never more.
    assert sum(bool(paper_codes.tidy(each)) for each in wrong) <= 1


@pytest.mark.parametrize(
    "name",
    ["{code}.pdf", "扫描件_{code}.PDF", "{plain}", "青山乡 {lower} 盖章.jpg", "　{wide}　"],
)
def test_a_code_is_found_in_the_name_of_a_scan(name: str) -> None:
    code = paper_codes.code_for("a form")
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)

    text = name.format(code=code, plain=code.replace("-", ""), lower=code.lower(), wide=wide)

    assert paper_codes.find(text) == [code]


@pytest.mark.parametrize("text", ["", "IMG_20121220.jpg", "20121220", "扫描件.pdf", "7K3M-9QX"])
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert paper_codes.find(text) == []


# Printing -----------------------------------------------------------------------------------------


def test_a_print_carries_its_code_its_figures_and_the_line_for_seal_and_signatures(year: Cast) -> None:
    fill_in(year)
    form = printed(year)

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(reports.form_pdf(form))).pages)

    for words in (form.code, "青山乡", "信访", "360", "单位（盖章）", "主要负责人（签字）", "经办人", "电话"):
        assert words in text, words


def test_an_empty_print_has_room_and_no_figures(year: Cast) -> None:
    fill_in(year)
    form = printed(year, empty=True)

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(reports.form_pdf(form))).pages)

    assert "信访" in text
    assert "360" not in text


def test_printing_again_keeps_the_code_until_a_figure_changes_then_the_old_print_is_void(year: Cast) -> None:
    fill_in(year)
    first, again = printed(year), printed(year)
    say(year, points="399")
    newer = printed(year)

    first.refresh_from_db()
    said = refused(scanned, year, first)

    assert first.pk == again.pk
    assert newer.code != first.code
    assert (first.state, said.code) == ("void", "form-void")
    assert newer.code in said.sentence


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("official_青山乡", 302),
        ("principal_青山乡", 302),
        ("office1", 302),
        ("official_白水乡", 404),
        ("reviewer1", 404),
        ("mayor", 404),
        ("secadmin", 403),
    ],
)
def test_the_unit_and_the_office_print_and_nobody_else(year: Cast, person: str, status: int) -> None:
    answer = signed_in(year.people[person]).post(f"{YEAR}self/units/青山乡/print/", {})

    assert answer.status_code == status


# Scan and comparison ------------------------------------------------------------------------------


def test_the_office_types_from_paper_another_compares_and_the_unit_has_submitted(year: Cast) -> None:
    form = scanned(year, printed(year, "office1", empty=True))
    cell = year.cell("青山乡", "信访")
    for each in ("决战园区", "信访", "安全", "招商引资工作"):
        block = "招商引资" if each == "招商引资工作" else "乡镇口"
        base = Decimal(year.subs[block, each].base_points)
        assessments.save_line(
            by=year.hat("office1"),
            cell_id=year.cell("青山乡", each, block).pk,
            said=Said(points=base - 1, note="据纸件"),
        )

    same_person = refused(compared, year, form, "office1")
    counted = compared(year, form)

    receipt, score = Receipt.objects.get(), Score.objects.get(cell=cell, kind="self")
    assert same_person.code == "same-person"
    assert (counted.state, str(counted.compared_by)) == ("counted", "office2")
    assert (receipt.form_id, str(receipt.submitted_by)) == (form.pk, "office2")
    assert (str(score.on_behalf_of), str(score.compared_by), score.paper_id) == (
        "青山乡",
        "office2",
        counted.scan_id,
    )


def test_what_the_unit_typed_is_compared_by_another_than_who_scanned_it(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year), by="office1")

    said = refused(compared, year, form, "office1")
    counted = compared(year, form)

    assert said.code == "same-person"
    assert counted.state == "counted"
    assert Receipt.objects.get().form_id == form.pk


def test_paper_comes_through_after_the_deadline_as_the_office_takes_it(year: Cast) -> None:
    fill_in(year)
    form = printed(year)
    year.at(Stage.PRELIMINARY_REVIEW)

    compared(year, scanned(year, form))

    assert Receipt.objects.count() == 1


def test_paper_beside_a_submission_on_the_screen_is_laid_to_its_receipt(year: Cast) -> None:
    fill_in(year)
    receipt = submit(year)

    compared(year, scanned(year, printed(year)))

    receipt.refresh_from_db()
    assert (Receipt.objects.count(), receipt.form is not None) == (1, True)


def test_an_incomplete_form_does_not_count(year: Cast) -> None:
    say(year)
    form = scanned(year, printed(year))

    said = refused(compared, year, form)

    form.refresh_from_db()
    assert (said.code, form.state) == ("not-complete", "scanned")


def test_figures_that_changed_while_the_page_was_open_are_compared_once_more(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year))

    said = refused(
        paper_forms.compare, by=year.hat("office2"), cycle=year.cycle, code=form.code, digest="0" * 64
    )

    assert (said.status, said.code) == (409, "changed-meanwhile")


def test_nothing_is_compared_without_a_scan(year: Cast) -> None:
    fill_in(year)

    assert refused(compared, year, printed(year)).code == "no-scan"


def test_one_scan_is_one_form(year: Cast) -> None:
    fill_in(year)
    scanned(year, printed(year), words="同一份")
    part = assessments.open_part(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units["白水乡"], block=None
    )
    other = paper_forms.print_form(
        by=year.hat("office1"), cycle=year.cycle, kind="self", about_id=part.pk, empty=True
    )

    assert refused(scanned, year, other, words="同一份").code == "scan-of-another-form"


def test_a_form_that_counts_takes_no_other_scan(year: Cast) -> None:
    fill_in(year)
    form = compared(year, scanned(year, printed(year)))

    assert refused(scanned, year, form, words="另一份").code == "already-counted"


def test_who_finds_a_difference_says_which_and_the_typist_is_told(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year))
    hat = year.hat("office2")
    bare = refused(paper_forms.say_differs, by=hat, cycle=year.cycle, code=form.code, remark=" ")

    paper_forms.say_differs(by=hat, cycle=year.cycle, code=form.code, remark="信访一项纸件为359")

    form.refresh_from_db()
    assert bare.code == "no-reason"
    assert (form.state, form.remark) == ("differs", "信访一项纸件为359")
    assert {str(notice.user) for notice in Notice.objects.all()} == {"official_青山乡", "office1"}


def test_a_code_is_no_key_to_another_units_form(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year))
    rival = signed_in(year.people["official_白水乡"])

    answers = [
        rival.get(f"{FORMS}{form.code}/"),
        rival.get(f"{FORMS}{form.code}/form.pdf"),
        rival.get(f"{FORMS}{form.code}/scan/"),
        rival.post(f"{FORMS}{form.code}/", {"file": SimpleUploadedFile("a.pdf", pdf("x"))}),
        rival.get(f"{FORMS}find/", {"form_code": form.code}),
        signed_in(year.people["office1"]).get(f"{FORMS}ZZZZ-ZZZZ/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6


@pytest.mark.parametrize("person", ["official_青山乡", "leader1", "lead_市信访局", "reviewer1", "auditor"])
def test_only_the_office_compares(year: Cast, person: str) -> None:
    fill_in(year)
    form = scanned(year, printed(year))

    answer = signed_in(year.people[person]).post(f"{FORMS}{form.code}/compare/", {"compared": "1"})

    assert answer.status_code == 403


def test_one_who_is_tied_to_the_unit_does_not_compare_its_form(year: Cast) -> None:
    from units.matrix import Role
    from units.models import RoleAssignment

    fill_in(year)
    form = scanned(year, printed(year))
    RoleAssignment.objects.create(
        user=year.people["office2"], role=Role.OFFICIAL, unit=year.units["青山乡"], cycle=year.cycle
    )

    assert (
        refused(
            paper_forms.compare,
            by=year.hat("office2", Role.OFFICE),
            cycle=year.cycle,
            code=form.code,
            digest="",
        ).code
        == "own-unit"
    )


# The lead's sheet ---------------------------------------------------------------------------------


def lead_form(year: Cast) -> SignedForm:
    body_id = year.units["市信访局"].pk
    return paper_forms.print_form(
        by=year.hat("lead_市信访局"), cycle=year.cycle, kind="lead", about_id=body_id
    )


def test_a_lead_sheet_counts_as_signed_when_every_score_stands_and_was_compared(year: Cast) -> None:
    from scoring.paper_forms import lead_cells

    year.at(Stage.PRELIMINARY_REVIEW)
    cells = list(lead_cells(year.cycle, year.units["市信访局"].pk).select_related("sub_item"))
    for cell in cells[1:]:
        scores.record_score(
            by=year.hat("lead_市信访局"),
            cell_id=cell.pk,
            kind=ScoreKind.LEAD,
            points=cell.sub_item.base_points,
        )
    early = refused(compared, year, scanned(year, lead_form(year)))
    scores.record_score(
        by=year.hat("lead_市信访局"), cell_id=cells[0].pk, kind=ScoreKind.LEAD, points=Decimal(50)
    )

    form = compared(year, scanned(year, lead_form(year), words="二"))

    assert early.code == "not-complete"
    assert "市信访局" not in {str(cell.membership.unit) for cell in cells}  # never its own unit
    assert set(Score.objects.values_list("paper_id", "compared_by__username")) == {(form.scan_id, "office2")}


def test_a_score_changed_after_the_comparison_no_longer_rests_on_the_paper(year: Cast) -> None:
    from scoring.paper_forms import lead_cells

    year.at(Stage.PRELIMINARY_REVIEW)
    cells = list(lead_cells(year.cycle, year.units["市信访局"].pk).select_related("sub_item"))
    for cell in cells:
        scores.record_score(
            by=year.hat("lead_市信访局"),
            cell_id=cell.pk,
            kind=ScoreKind.LEAD,
            points=cell.sub_item.base_points,
        )
    form = compared(year, scanned(year, lead_form(year)))

    scores.record_score(
        by=year.hat("lead_市信访局"), cell_id=cells[0].pk, kind=ScoreKind.LEAD, points=Decimal(1)
    )

    page = words_of(signed_in(year.people["office1"]).get(f"{FORMS}{form.code}/"))
    assert "核对后数据有改动" in page
    assert Score.objects.filter(paper=None).count() == 1


# Pages --------------------------------------------------------------------------------------------


def test_many_scans_find_their_forms_by_their_names(year: Cast) -> None:
    fill_in(year)
    form = printed(year)
    client = signed_in(year.people["office1"])

    answer = client.post(
        FORMS,
        {
            "files": [
                SimpleUploadedFile(f"盖章_{form.code}.pdf", pdf("一")),
                SimpleUploadedFile("没有编号.pdf", pdf("二")),
                SimpleUploadedFile(f"{paper_codes.code_for('nobody')}.pdf", pdf("三")),
            ]
        },
    )

    form.refresh_from_db()
    words = words_of(answer)
    assert (answer.status_code, form.state) == (200, "scanned")
    assert "读不出表单编号" in words
    assert "没有编号为" in words


def test_screen_and_scan_stand_side_by_side_and_one_tick_counts(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year))
    client = signed_in(year.people["office2"])

    page = client.get(f"{FORMS}{form.code}/")
    digest = body(page).split('name="digest" value="')[1][:64]
    bare = client.post(f"{FORMS}{form.code}/compare/", {"digest": digest})
    done = client.post(f"{FORMS}{form.code}/compare/", {"digest": digest, "compared": "1"})

    assert "信访" in words_of(page)
    assert f"{FORMS}{form.code}/scan/" in body(page)
    assert (bare.status_code, done.status_code) == (422, 302)
    assert AuditEntry.objects.filter(act="form.compared").count() == 1


def test_the_office_types_a_whole_part_or_nothing_and_keeps_what_was_typed(year: Cast) -> None:
    form = printed(year, "office1", empty=True)
    client = signed_in(year.people["office1"])
    keys = [year.cell("青山乡", name).pk for name in ("决战园区", "信访", "安全")]
    address = f"{YEAR}self/enter/{form.about_id}/"
    good: dict[str, Any] = {
        f"points-{keys[0]}": "100",
        f"off-{keys[1]}": "6",
        f"note-{keys[1]}": "迟报",
        f"points-{keys[2]}": "600",
    }

    shown = client.get(address)
    bad = client.post(address, good | {f"points-{keys[2]}": "601"})
    kept = Score.objects.filter(kind="self").count()
    done = client.post(address, good)

    assert shown.status_code == 200
    assert (bad.status_code, kept) == (422, 0)
    assert 'value="601"' in body(bad)
    assert done.headers["Location"] == f"{FORMS}{form.code}/"
    assert Score.objects.get(cell_id=keys[1], kind="self").points == 394


@pytest.mark.parametrize("person", ["official_青山乡", "reviewer1", "leader1"])
def test_nobody_but_the_office_types_for_a_unit(year: Cast, person: str) -> None:
    form = printed(year, empty=True)

    assert signed_in(year.people[person]).get(f"{YEAR}self/enter/{form.about_id}/").status_code == 403


def test_the_desk_lists_filters_finds_and_goes_away_as_a_workbook(year: Cast) -> None:
    fill_in(year)
    form = printed(year)
    client = signed_in(year.people["office1"])

    everything = client.get(FORMS, {"state": "printed"})
    nothing = client.get(FORMS, {"state": "counted"})
    found = client.get(f"{FORMS}find/", {"form_code": form.code.lower().replace("-", " ")})
    sheet = client.get(f"{YEAR}forms.xlsx")

    assert form.code in body(everything)
    assert "没有表单" in words_of(nothing)
    assert found.headers["Location"] == f"{FORMS}{form.code}/"
    assert sheet.status_code == 200


def test_the_scan_is_given_to_the_unit_itself(year: Cast) -> None:
    fill_in(year)
    form = scanned(year, printed(year), by="principal_青山乡")

    answer = signed_in(year.people["official_青山乡"]).get(f"{FORMS}{form.code}/scan/")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_an_unknown_kind_is_not_there(year: Cast) -> None:
    client = signed_in(year.people["office1"])

    assert client.post(f"{FORMS}print/", {"kind": "wish", "about": "1"}).status_code == 404
    assert client.post(f"{FORMS}print/", {"kind": "self", "about": "x"}).status_code == 404
