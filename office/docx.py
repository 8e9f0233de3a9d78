"""The look of official papers as .docx: begin one, say a paragraph, set a table, take the bytes.

What stands on a paper is told by the apps; what was given out is kept by office.outgoing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from office.returned import Line
from office.workbook.docx import lines_of
from office.workbook.limits import Limits
from office.workbook.xlsx import Package

FANGSONG, SONG, HEI = "仿宋_GB2312", "方正小标宋简体", "黑体"
LATIN = "Times New Roman"  # digits and letters; every machine has it or its like
FOOT_POINTS, PAGE_POINTS = 7.5, 14
WIDTH_MM = 156  # of the printed area
NARROWEST, WIDEST = 5, 18  # signs of a column that its width is made of
FIGURE = re.compile(r"[-+]?[\d\s]+(?:\.\d+)?%?")
NUMBER_WORD = "文稿号"


def faced(run: Any, face: str, size: float) -> Any:
    run.font.name = LATIN
    run.font.size = Pt(size)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), face)
    return run


def begin(title: str, foot: str) -> Any:
    """An empty paper in the look of GB/T 9704-2012: margins 37/28/35/26 mm, 16 points, line of 29 points.

    `foot` stands on every page below its number — 1 —, which lies outward: right on odd, left on even pages.
    """
    paper = Document()
    paper.settings.odd_and_even_pages_header_footer = True
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(20)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = LATIN, Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)
    style.paragraph_format.line_spacing = Pt(28.98)
    style.paragraph_format.space_after = Pt(0)
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        page = footer.paragraphs[0]
        page.alignment = side
        page.paragraph_format.line_spacing = Pt(16)
        faced(page.add_run("— "), "宋体", PAGE_POINTS)
        _page_number(faced(page.add_run(), "宋体", PAGE_POINTS))
        faced(page.add_run(" —"), "宋体", PAGE_POINTS)
        told = footer.add_paragraph()
        told.paragraph_format.line_spacing = Pt(11)
        faced(told.add_run(foot), "宋体", FOOT_POINTS)
    head = paper.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.paragraph_format.space_after = Pt(28.98)
    head.paragraph_format.line_spacing = Pt(32)
    head.paragraph_format.keep_with_next = True
    faced(head.add_run(title), SONG, 22)
    return paper


def _page_number(run: Any) -> None:
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = text
        run._element.append(element)


def say(paper: Any, text: str, *, heading: bool = False, flush: bool = False) -> None:
    """A paragraph; `flush` without the two signs in front, as those are named to whom a paper goes."""
    line = paper.add_paragraph()
    if not flush:
        line.paragraph_format.first_line_indent = Pt(32)
    if heading:
        line.paragraph_format.keep_with_next = True
        faced(line.add_run(text), HEI, 16)
    else:
        line.add_run(text)


def sign(paper: Any, *lines: str) -> None:
    """Who speaks and when, at the right, never alone on a page: the words before go with it."""
    paragraphs = paper.paragraphs
    if paragraphs:
        paragraphs[-1].paragraph_format.keep_with_next = True
    for number, text in enumerate(lines):
        line = paper.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = Pt(64)
        line.paragraph_format.space_before = Pt(28.98 if number == 0 else 0)
        line.paragraph_format.keep_with_next = number < len(lines) - 1
        line.add_run(text)


def table(paper: Any, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A grid whose title row stands again on every page, and whose rows are never cut in two."""
    grid = paper.add_table(rows=1, cols=len(heads))
    grid.style = "Table Grid"
    grid.autofit = False
    signs = [
        min(max(NARROWEST, *(_width(line[column]) for line in [heads, *rows])), WIDEST)
        for column in range(len(heads))
    ]
    widths = [Mm(WIDTH_MM * one / sum(signs)) for one in signs]
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for line in [heads, *rows]:
        row = grid.rows[0] if line is heads else grid.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if line is heads:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, value, width in zip(row.cells, line, widths, strict=True):
            cell.width = width
            text = cell.paragraphs[0]
            text.paragraph_format.line_spacing = Pt(16)
            if line is heads:
                text.alignment = WD_ALIGN_PARAGRAPH.CENTER
            elif FIGURE.fullmatch(str(value)):
                text.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            faced(text.add_run(str(value)), HEI if line is heads else "宋体", 10.5)


def _width(value: object) -> float:
    """How many full signs wide a text is set."""
    return sum(1.0 if ord(sign) > 0x2E80 else 0.5 for sign in str(value)) + 1


def lines_in(content: bytes) -> list[Line]:
    """The paper's lines as office.outgoing reads them when it comes back; for our own bytes only."""
    lines, _facts = lines_of(Package(BytesIO(content), Limits()))
    return [Line(kind, table, number, tuple(cells)) for kind, table, number, cells in lines]


def number_of(lines: Sequence[Line]) -> str:
    """The paper's own number: eight signs of the digest of everything it says."""
    text = json.dumps([[line.kind, list(line.cells)] for line in lines], ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{digest[:4]}-{digest[4:8]}".upper()


def content_of(paper: Any) -> bytes:
    """The finished paper; its own number is added to the foot, so that this very version is found again."""
    number = number_of(lines_in(_saved(paper)))
    section = paper.sections[0]
    for footer in (section.footer, section.even_page_footer):
        run = footer.paragraphs[-1].runs[-1]
        added = deepcopy(run._element)
        run._element.addnext(added)
        footer.paragraphs[-1].runs[-1].text = f" {NUMBER_WORD} {number}"
    return _saved(paper)


def _saved(paper: Any) -> bytes:
    out = BytesIO()
    paper.save(out)
    return out.getvalue()
