"""Papers on their way through other hands as .docx (送审稿): the notice and the briefing, digest in the foot.

Sealed papers are PDFs, made in awards.reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from awards import edition, queries
from awards.models import Draft
from awards.queries import Now
from awards.readiness import CheckUp
from awards.reports import LEADERS, Facts
from units.models import Cycle

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


def notice(cycle: Cycle, draft: Draft) -> bytes:
    """The notice of one draft as it goes to the leading group."""
    content = queries.content_of(draft)
    sealed = {
        "cycle": cycle.code,
        "name": cycle.name,
        "host": cycle.host.name,
        "number": 0,
        "reason": "",
        "document_number": "",
        "supersedes": None,
        "sealed_on": "",
        "parts": [{"scope": draft.scope, "draft": content, "digest": draft.digest, "approval": {}}],
        "results": content["results"],
    }
    facts = Facts.of(sealed, draft.digest, is_draft=True)
    paper = begin(
        f"关于{facts.year}年度{facts.name}结果的通报(送审稿)".replace("(", "（").replace(")", "）"),
        f"送审稿 校验码 {draft.code} {draft.digest}",
    )
    say(
        paper,
        f"根据{facts.year}年度{facts.name}工作方案，经{facts.approved_words}，现将结果通报如下。".replace(
            "(", "（"
        ).replace(")", "）"),
    )
    for block in facts.blocks:
        say(paper, f"{block.heading}、{block.name}", heading=True)
        rows = [
            (row["rank"], row["unit"], row["preliminary"], row["net"], row["final"], row["remark"])
            for row in block.rows
        ]
        table(paper, ("名次", "单位", "初步得分", "加减分", "最终得分", "备注"), rows)
    return content_of(paper)


def briefing(cycle: Cycle, found: Sequence[Now], check: CheckUp, digest: str) -> bytes:
    """What the leading group hears: who leads, what is open, narrow places, ties, the sample."""
    code = edition.short_code(digest)
    paper = begin(f"{cycle.year}年度考评初审汇报（送审稿）", f"送审稿 校验码 {code} {digest}")
    say(paper, "一、名次", heading=True)
    for now in found:
        for block in now.draft["results"]["blocks"]:
            leaders = [row for row in block["rows"] if row["rank"] <= LEADERS]
            words = "；".join(f"第{row['rank']}名{row['unit']}{row['final']}分" for row in leaders)
            say(paper, f"{block['name']}（{len(block['rows'])}个单位）：{words}。")
    say(paper, "二、待决事项", heading=True)
    for lack in check.lacks:
        say(paper, lack.text)
    if not check.lacks:
        say(paper, "无。")
    say(paper, "三、分差不足0.05分的名次和涉奖并列", heading=True)
    if check.narrow:
        rows = [(n.block, n.rank, n.above, n.below, n.gap) for n in check.narrow]
        table(paper, ("序列", "名次", "前一单位", "后一单位", "分差"), rows)
    for tie in check.ties:
        say(paper, f"{tie.block}第{tie.rank}名并列：{'、'.join(tie.units)}，{tie.final}分。")
    if not check.narrow and not check.ties:
        say(paper, "无。")
    say(paper, "四、打分无差别的责任单位", heading=True)
    for flat in check.flat:
        say(paper, f"{flat.lead}对{flat.block}{flat.sub_item}的{flat.units}个单位均评{flat.points}分。")
    if not check.flat:
        say(paper, "无。")
    say(paper, "五、未见原件的依据材料", heading=True)
    for line in check.without_paper or ["无。"]:
        say(paper, line)
    say(paper, "六、抽样核对（按校验码公开抽取）", heading=True)
    table(
        paper,
        ("序列", "单位", "中项", "类别", "得分", "与纸质核对"),
        [(s.block, s.unit, s.sub_item, s.kind, s.points, "") for s in check.sample],
    )
    return content_of(paper)
