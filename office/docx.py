"""The look of official papers as .docx: begin one, say a paragraph, set a table, take the bytes.

What stands on a paper is told by the apps.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FANGSONG, SONG, HEI = "仿宋_GB2312", "方正小标宋简体", "黑体"


def faced(run: Any, face: str, size: float) -> Any:
    run.font.name = face
    run.font.size = Pt(size)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), face)
    return run


def begin(title: str, foot: str) -> Any:
    """An empty paper in the look of GB/T 9704-2012: margins 37/28/35/26 mm, 16 points, line of 29 points."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FANGSONG, Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)
    style.paragraph_format.line_spacing = Pt(28.98)
    style.paragraph_format.space_after = Pt(0)
    faced(section.footer.paragraphs[0].add_run(foot), "宋体", 9)
    head = paper.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    faced(head.add_run(title), SONG, 22)
    return paper


def say(paper: Any, text: str, *, heading: bool = False) -> None:
    line = paper.add_paragraph()
    line.paragraph_format.first_line_indent = Pt(32)
    if heading:
        faced(line.add_run(text), HEI, 16)
    else:
        line.add_run(text)


def table(paper: Any, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    grid = paper.add_table(rows=1, cols=len(heads))
    grid.style = "Table Grid"
    for line in [heads, *rows]:
        cells = grid.rows[0].cells if line is heads else grid.add_row().cells
        for cell, value in zip(cells, line, strict=True):
            cell.paragraphs[0].paragraph_format.line_spacing = Pt(16)
            faced(cell.paragraphs[0].add_run(str(value)), HEI if line is heads else "宋体", 10.5)


def content_of(paper: Any) -> bytes:
    out = BytesIO()
    paper.save(out)
    return out.getvalue()
