"""Papers that come back: found by their foot, compared figure by figure, refused when they are none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from awards.actions import approval
from office.models import AuditEntry, OutgoingPaper, ReturnedPaper
from tests.awards.years import ready
from tests.cast import Cast
from tests.pages.reading import YEAR, body, signed_in
from units.stages import Stage

PAGE = f"{YEAR}returned/"
Edit = Callable[[Any], None]


@pytest.fixture
def heard(cast: Cast) -> Cast:
    return ready(cast).at(Stage.HEARING)


def fetched(client: Client, address: str = "hearing/minutes.docx") -> bytes:
    return client.get(f"{YEAR}{address}").content


def edited(content: bytes, edit: Edit) -> bytes:
    paper = Document(io.BytesIO(content))
    edit(paper)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def send(client: Client, content: bytes, name: str = "纪要.docx", **fields: object) -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), **fields}, follow=True)


def line_with(paper: Any, words: str) -> Any:
    return next(line for line in paper.paragraphs if words in line.text)


def replace(paper: Any, words: str, by: str) -> None:
    line = line_with(paper, words)
    line.runs[0].text = line.text.replace(words, by)
    for run in line.runs[1:]:
        run.text = ""


def a_final(content: bytes) -> str:
    """A final score that the minutes print."""
    paper: Any = Document(io.BytesIO(content))
    return str(line_with(paper, "第1名").text.split("分")[0].split("乡")[-1])


def test_an_untouched_paper_says_plainly_that_no_figure_was_changed(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    page = body(send(office, fetched(office)))

    assert "没有改动任何数字。" in page
    assert "文字也没有改动。" in page


def test_a_changed_figure_is_named_before_the_wording(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    content = fetched(office)
    final = a_final(content)

    def edit(paper: Any) -> None:
        replace(paper, final, "999.99")
        replace(paper, "议定如下", "议定以下事项")

    page = body(send(office, edited(content, edit)))
    (kept,) = ReturnedPaper.objects.all()

    assert "有1处数字与发出时不一致。" in page
    assert f"<del>{final}</del>" in page
    assert "<ins>999.99</ins>" in page
    assert page.index("999.99") < page.index("议定以下事项")
    assert (kept.figures_changed, kept.wording_changed) == (1, 1)
    assert '"figures": 1' in AuditEntry.objects.get(act="paper.compared").details


def test_what_was_filled_into_a_printed_blank_is_no_changed_figure(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    page = body(
        send(office, edited(fetched(office), lambda paper: replace(paper, "＿" * 12, "2013年1月9日")))
    )

    assert "没有改动任何数字。" in page
    assert "2013年1月9日" in page


def tracked(paper: Any) -> None:
    """Change the first place's score the way a program tracks it: the old run deleted, a new one put in."""
    line = line_with(paper, "第1名")
    run = line.runs[0]._element
    before, after = deepcopy(run), deepcopy(run)
    for text in before.iter(qn("w:t")):
        text.tag = qn("w:delText")
    for text in after.iter(qn("w:t")):
        text.text = (text.text or "").replace("第1名", "第7名")
    for tag, inner in (("w:del", before), ("w:ins", after)):
        mark = OxmlElement(tag)
        mark.set(qn("w:author"), "王主任")
        mark.append(inner)
        run.addprevious(mark)
    run.getparent().remove(run)


def test_tracked_changes_are_read_as_accepted_and_their_author_is_told(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    page = body(send(office, edited(fetched(office), tracked)))

    assert "<del>1</del>" in page
    assert "<ins>7</ins>" in page
    assert "王主任" in page


TEXT_BOX = """<w:r {w}><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>
<w:p><w:r><w:t>青山乡另加88.00分</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"""


def test_a_figure_in_a_text_box_does_not_slip_by(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    def edit(paper: Any) -> None:
        paper.paragraphs[3]._element.append(parse_xml(TEXT_BOX.format(w=nsdecls("w"))))

    page = body(send(office, edited(fetched(office), edit)))

    assert "文本框" in page
    assert "青山乡另加88.00分" in page
    assert "有1处数字与发出时不一致。" in page


@pytest.mark.parametrize("how", ["strike", "hidden"])
def test_struck_out_and_hidden_words_are_read_as_taken_out(heard: Cast, how: str) -> None:
    office = signed_in(heard.people["office1"])

    def edit(paper: Any) -> None:
        for run in line_with(paper, "第1名").runs:
            setattr(run.font, how, True)

    page = body(send(office, edited(fetched(office), edit)))

    assert "按已删去核对" in page
    assert ReturnedPaper.objects.get().figures_changed > 0


def test_a_changed_digest_in_the_foot_is_told(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    content = fetched(office)
    digest = OutgoingPaper.objects.get().digest

    def edit(paper: Any) -> None:
        run = paper.sections[0].footer.paragraphs[-1].runs[0]
        run.text = run.text.replace(digest, digest[::-1])

    assert digest[::-1] in body(send(office, edited(content, edit)))


def without_foot(paper: Any) -> None:
    for footer in (paper.sections[0].footer, paper.sections[0].even_page_footer):
        for line in footer.paragraphs:
            for run in line.runs:
                run.text = ""


def test_a_paper_without_its_foot_is_found_by_the_code_in_its_text(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    page = body(send(office, edited(fetched(office), without_foot)))

    assert "没有改动任何数字。" in page
    assert "页脚的校验码已不在" in page


def test_a_foreign_paper_is_refused_until_the_original_is_named(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    fetched(office)
    out = io.BytesIO()
    foreign: Any = Document()
    foreign.add_paragraph("另一份文稿")
    foreign.save(out)

    answer = send(office, out.getvalue())
    named = send(office, out.getvalue(), paper=OutgoingPaper.objects.get().pk)

    assert answer.status_code == 422
    assert "没有本年度发出文稿的校验码" in body(answer)
    assert "原稿由人工选定" in body(named)


def test_a_paper_of_another_result_says_that_the_result_moved_on(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    content = fetched(office)
    heard.score("青山乡", "信访", "399.99")

    page = body(send(office, content))

    assert "没有改动任何数字。" in page
    assert "发出后结果有变动" in page


def test_a_notice_whose_draft_was_returned_says_so(cast: Cast) -> None:
    ready(cast)
    draft = approval.hand_over(by=cast.hat("office1"), cycle=cast.cycle)[0]
    office = signed_in(cast.people["office1"])
    content = fetched(office, f"approval/{draft.pk}/notice.docx")
    approval.return_result(by=cast.hat("leader1"), draft_id=draft.pk, reason="加分依据不足")

    assert "加分依据不足" in body(send(office, content, "通报.docx"))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        target.writestr(
            "word/document.xml",
            '<!DOCTYPE x [<!ENTITY a "1111111111">]><w:document xmlns:w="w">&a;</w:document>',
        )
    return out.getvalue()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"%PDF-1.7", "只能核对.docx"),
        (b"PK\x03\x04 broken", "文稿已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "文稿已损坏"),
        (bomb(), "实体定义"),
    ],
)
def test_hostile_and_broken_files_get_one_sentence(heard: Cast, content: bytes, words: str) -> None:
    office = signed_in(heard.people["office1"])
    fetched(office)

    answer = send(office, content)

    assert answer.status_code == 422
    assert words in body(answer)
    assert not ReturnedPaper.objects.exists()


def test_half_a_file_is_refused(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])

    assert "文稿已损坏" in body(send(office, cut(fetched(office))))


def test_the_same_file_twice_is_one_record_and_a_paper_is_kept_once(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    content = fetched(office)
    fetched(office)

    send(office, content)
    send(office, content)

    assert OutgoingPaper.objects.count() == 1
    assert ReturnedPaper.objects.count() == 1


@pytest.mark.parametrize("person", ["official_青山乡", "lead_市信访局", "reviewer1", "sysadmin", "archive"])
def test_others_neither_compare_nor_read(heard: Cast, person: str) -> None:
    office = signed_in(heard.people["office1"])
    send(office, fetched(office))
    pk = ReturnedPaper.objects.get().pk
    other = signed_in(heard.people[person])

    answers = [other.get(a) for a in (PAGE, f"{PAGE}{pk}/", f"{PAGE}{pk}.xlsx", f"{PAGE}{pk}/file/")]

    assert {answer.status_code for answer in answers} == {403}
    assert send(other, b"x").status_code == 403


def test_the_list_the_workbook_and_the_file_can_be_had(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    content = fetched(office)
    send(office, content)
    pk = ReturnedPaper.objects.get().pk

    assert "纪要.docx" in body(office.get(PAGE))
    assert office.get(f"{PAGE}{pk}.xlsx").status_code == 200
    assert b"".join(office.get(f"{PAGE}{pk}/file/").streaming_content) == content  # type: ignore[attr-defined]
    assert office.get(f"{PAGE}999/").status_code == 404
    assert office.put(PAGE).status_code == 405


def test_without_a_file_it_says_what_to_choose(heard: Cast) -> None:
    office = signed_in(heard.people["office1"])
    fetched(office)

    answer = office.post(PAGE, {})

    assert answer.status_code == 422
    assert "请选择返回的.docx文件" in body(answer)
