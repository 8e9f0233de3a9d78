"""The compiled detailed rules as PDF, as .docx to edit, and as a workbook.

What is in them is told by scoring.rule_queries; a book that was issued is printed from its own sealed content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from office import pdf
from office.docx import begin, content_of, say, table
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring.commitment_papers import Facts
from scoring.models import RuleBook
from units.models import Cycle

DIGITS = "〇一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Text:
    """A compiled text on its way to paper: issued, or as it stands today."""

    cycle: Cycle
    content: Mapping[str, Any]
    book: RuleBook | None

    @property
    def title(self) -> str:
        return f"{self.cycle.year}年度综合考评实施细则"

    @property
    def state_words(self) -> str:
        if self.book is None:
            return "未发布稿"
        at = timezone.localtime(self.book.issued_at)
        return f"第{self.book.number}版 {at:%Y-%m-%d}"

    @property
    def code(self) -> str:
        return self.book.sha256[:8].upper() if self.book is not None else ""

    @property
    def foot(self) -> str:
        return (
            f"{self.cycle.code} 考评实施细则 {self.state_words}{f' 校验码 {self.code}' if self.code else ''}"
        )


def chinese(number: int) -> str:
    """1 → 一, 12 → 十二, 21 → 二十一; for headings."""
    tens, ones = divmod(number, 10)
    return (
        ("" if tens < 2 else DIGITS[tens])
        + ("十" if tens else "")
        + (DIGITS[ones] if ones or not tens else "")
    )


def html(text: Text) -> str:
    blocks = [
        block
        | {
            "heading": chinese(number),
            "majors": [
                item
                | {
                    "heading": chinese(n),
                    "sub_items": [
                        sub | {"lines": [line for line in sub["text"].splitlines() if line.strip()]}
                        for sub in item["sub_items"]
                    ],
                }
                for n, item in enumerate(block["majors"], 1)
            ],
        }
        for number, block in enumerate(text.content["blocks"], 1)
    ]
    return render_to_string(
        "reports/detailed_rules.html",
        {
            "facts": Facts(host=text.cycle.host.name, digest=text.code, foot=text.foot),
            "paper_title": text.title,
            "text": text,
            "blocks": blocks,
        },
    )


def as_pdf(text: Text) -> bytes:
    """Raises Refused when papers cannot be set on this machine."""
    return pdf.render(html(text), identifier=f"rules-{text.code or text.cycle.code}")


def as_docx(text: Text) -> bytes:
    paper = begin(text.title, text.foot)
    for number, block in enumerate(text.content["blocks"], 1):
        say(paper, f"{chinese(number)}、{block['name']}", heading=True)
        for n, item in enumerate(block["majors"], 1):
            say(
                paper,
                f"（{chinese(n)}）{item['name']}（权重分{item['weight']}，基础分{item['base']}）",
                heading=True,
            )
            for place, sub in enumerate(item["sub_items"], 1):
                helpers = f"；配合单位：{'、'.join(sub['helpers'])}" if sub["helpers"] else ""
                say(
                    paper,
                    f"{place}.{sub['name']}（基础分{sub['base']}）。责任单位：{sub['lead'] or '未定'}{helpers}；"
                    f"考评方式：{sub['look']}；扣分下限：{sub['floor']}。",
                )
                if not sub["version"]:
                    say(paper, "细则待报。")
                    continue
                for line in sub["text"].splitlines():
                    if line.strip():
                        say(paper, line.strip())
                if sub["indicators"]:
                    table(
                        paper,
                        ("小项", "基础分", "考评内容", "扣分标准"),
                        [(i["name"], i["base"], i["rule"], "\n".join(i["steps"])) for i in sub["indicators"]],
                    )
    return content_of(paper)


def as_xlsx(text: Text) -> bytes:
    """One line for each indicator, or for each sub-item without any."""
    rows: list[list[Value]] = []
    for block in text.content["blocks"]:
        for item in block["majors"]:
            for sub in item["sub_items"]:
                head: list[Value] = [
                    block["name"],
                    item["name"],
                    sub["name"],
                    sub["base"],
                    sub["lead"],
                    sub["look"],
                    sub["floor"],
                    sub["version"] or None,
                ]
                if not sub["indicators"]:
                    rows.append([*head, None, None, sub["text"], None])
                rows += [
                    [*head, i["name"], i["base"], i["rule"], "\n".join(i["steps"])] for i in sub["indicators"]
                ]
    columns = [
        ColumnOut(title)
        for title in ("大块", "大项", "中项", "中项基础分", "责任单位", "考评方式", "扣分下限")
    ]
    columns += [
        ColumnOut("版次", "whole"),
        ColumnOut("小项"),
        ColumnOut("小项基础分"),
        ColumnOut("考评内容", width=48),
        ColumnOut("扣分标准", width=40),
    ]
    return write_workbook([SheetOut("考评细则", columns, rows, title=text.title)])
