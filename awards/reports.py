"""The papers of an edition: what stands on each, from the sealed content alone, and setting them as PDF.

How a page is set is in office.pdf, its look in templates/reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string

from awards.edition import Difference, short_code
from awards.money import format_yuan, yuan_in_words
from office import pdf

LEADERS = 3  # places named in the notice
COMPREHENSIVE, SINGLE, INDIVIDUAL = "综合", "单项", "个人"
DIGITS = "〇一二三四五六七八九十"


def chinese(number: int) -> str:
    """1 → 一, 12 → 十二; for headings, up to 99."""
    tens, ones = divmod(number, 10)
    return (
        ("" if tens < 2 else DIGITS[tens])
        + ("十" if tens else "")
        + (DIGITS[ones] if ones or not tens else "")
    )


def day_in_words(day: str) -> str:
    """2013年2月1日, as official papers write it."""
    when = date.fromisoformat(day)
    return f"{when.year}年{when.month}月{when.day}日"


@dataclass(frozen=True)
class Decision:
    """One decision of the leading group about missing marks: a unit's cell, or a sub-item left out."""

    unit: str  # empty: of every unit
    sub_item: str
    how: str
    reason: str


@dataclass(frozen=True)
class BlockFacts:
    """One block as its papers need it: rows by place with a remark, items with their sub-items."""

    name: str
    is_track: bool
    heading: str  # 一, 二 …
    items: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    order: dict[str, int]  # the plan's order of units
    decisions: list[Decision] = field(default_factory=list)
    amendments: list[dict[str, Any]] = field(default_factory=list)  # as awards.content keeps them

    @property
    def subs(self) -> list[dict[str, Any]]:
        return [sub for item in self.items for sub in item["subs"]]

    @property
    def leaders(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["rank"] <= LEADERS]

    @property
    def rows_in_order(self) -> list[dict[str, Any]]:
        return sorted(self.rows, key=lambda row: self.order[row["unit"]])


@dataclass(frozen=True)
class AwardFacts:
    """One award as its papers need it: who won which grade, amounts in yuan."""

    name: str
    heading: str  # 一, 二 …
    kind: str
    lines: list[dict[str, Any]]

    @property
    def grades(self) -> list[tuple[str, list[str]]]:
        """Grade → its holders, in the plan's order."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            found.setdefault(line["grade"], []).append(line["holder"])
        return list(found.items())


@dataclass(frozen=True)
class Facts:
    """An edition, or a draft on its way, as its papers tell it."""

    sealed: Mapping[str, Any]
    digest: str
    is_draft: bool = False
    blocks: list[BlockFacts] = field(default_factory=list)

    @classmethod
    def of(cls, sealed: Mapping[str, Any], digest: str, *, is_draft: bool = False) -> Facts:
        inputs = {b["name"]: b for part in sealed["parts"] for b in part["draft"]["inputs"]["blocks"]}
        blocks = [block for block in sealed["results"]["blocks"] if block["rows"]]
        found: list[BlockFacts] = []
        for block in blocks:
            is_track = block["kind"] == "special"
            heading = chinese(1 + sum(b.is_track == is_track for b in found))
            found.append(_block_facts(block, inputs[block["name"]], heading))
        return cls(sealed, digest, is_draft, found)

    @cached_property
    def code(self) -> str:
        return short_code(self.digest)

    @property
    def host(self) -> str:
        return str(self.sealed["host"])

    @property
    def name(self) -> str:
        """The appraisal's name without a year of its own in front."""
        name = str(self.sealed["name"])
        return name.removeprefix(str(self.year)).removeprefix("年度").removeprefix("年").strip()

    @property
    def year(self) -> int:
        return int(self.sealed["results"]["year"])

    @property
    def number(self) -> int:
        return int(self.sealed["number"])

    @property
    def reason(self) -> str:
        return str(self.sealed["reason"])

    @property
    def document_number(self) -> str:
        return str(self.sealed["document_number"])

    @property
    def is_correction(self) -> bool:
        return self.sealed["supersedes"] is not None

    @property
    def before_number(self) -> int:
        return int(self.sealed["supersedes"]["number"]) if self.is_correction else 0

    @property
    def places(self) -> int:
        return int(self.sealed["results"]["places"])

    @property
    def rounding(self) -> str:
        return str(self.sealed["results"]["rounding"])

    @property
    def comprehensive(self) -> list[BlockFacts]:
        return [block for block in self.blocks if not block.is_track]

    @property
    def tracks(self) -> list[BlockFacts]:
        return [block for block in self.blocks if block.is_track]

    @property
    def track_heading(self) -> str:
        return chinese(len(self.comprehensive) + 1)

    @property
    def unit_count(self) -> int:
        return len({row["unit"] for block in self.blocks for row in block.rows})

    @property
    def member_count(self) -> int:
        return sum(len(block.rows) for block in self.blocks)

    @property
    def approved_words(self) -> str:
        """How and when the result was approved, as the notice says it."""
        if self.is_draft:
            return "考评工作领导小组审定(待审定)"
        approvals = [part["approval"] for part in self.sealed["parts"]]
        met = sorted({a["met_on"] for a in approvals if a.get("met_on")})
        if met:
            return f"{'、'.join(day_in_words(day) for day in met)}考评工作领导小组会议审定"
        return "考评工作领导小组审定"

    @cached_property
    def awards(self) -> list[AwardFacts]:
        """The awards sealed with the edition, units' before people's; empty where none are decided."""
        sealed = self.sealed.get("awards") or {"lines": [], "individuals": []}
        grouped: dict[str, list[dict[str, Any]]] = {}
        for line in [*sealed["lines"], *sealed["individuals"]]:
            holder = line.get("name") or line["unit"]
            body = f"{line['unit']}{holder}同志" if "name" in line else holder
            amount = format_yuan(line["amount_fen"])
            grouped.setdefault(line["award"], []).append(
                {**line, "holder": holder, "body": body, "amount": amount}
            )
        return [
            AwardFacts(name, chinese(number), lines[0]["kind"], lines)
            for number, (name, lines) in enumerate(grouped.items(), 1)
        ]

    @property
    def award_parts(self) -> list[tuple[str, list[AwardFacts]]]:
        """The three kinds with their awards, as the notice and the list name them."""
        words = ((COMPREHENSIVE, "综合奖"), (SINGLE, "单项奖"), (INDIVIDUAL, "个人奖"))
        parts = [(word, [one for one in self.awards if one.kind == kind]) for kind, word in words]
        return [(word, found) for word, found in parts if found]

    @property
    def award_count(self) -> int:
        return sum(len(one.lines) for one in self.awards)

    @property
    def prize_total(self) -> str:
        return format_yuan(self._prize_fen)

    @property
    def prize_total_words(self) -> str:
        return yuan_in_words(self._prize_fen)

    @property
    def _prize_fen(self) -> int:
        return sum(line["amount_fen"] for one in self.awards for line in one.lines)

    @property
    def award_heading(self) -> str:
        return chinese(len(self.comprehensive) + bool(self.tracks) + 1)

    @property
    def amendments(self) -> list[dict[str, Any]]:
        """Every amendment in force that the result rests on, each once."""
        found = {one["number"]: one for block in self.blocks for one in block.amendments}
        return [
            {**one, "day": day_in_words(one["on"]) if one.get("on") else ""}
            for _number, one in sorted(found.items())
        ]

    @property
    def amendment_heading(self) -> str:
        return chinese(len(self.comprehensive) + bool(self.tracks) + bool(self.awards) + 1)

    @property
    def decided_blocks(self) -> list[BlockFacts]:
        return [block for block in self.blocks if block.decisions]

    @property
    def decision_heading(self) -> str:
        before = (self.tracks, self.awards, self.amendments)
        return chinese(len(self.comprehensive) + sum(map(bool, before)) + 1)

    @property
    def sealed_words(self) -> str:
        return day_in_words(str(self.sealed["sealed_on"]))

    @property
    def edition_words(self) -> str:
        return "送审稿" if self.is_draft else f"公布稿第{self.number}版"

    @property
    def foot(self) -> str:
        """What stands at the foot of every page."""
        return f"{self.sealed['cycle']} {self.edition_words} 校验码 {self.code}"


def _block_facts(block: Mapping[str, Any], inputs: Mapping[str, Any], heading: str) -> BlockFacts:
    weights = {item["name"]: item["weight"] for item in inputs["items"]}
    decided = _decided_cells(inputs)
    decisions = [
        Decision("", sub["name"], "该中项本序列不计分", sub["suspended"])
        for item in inputs["items"]
        for sub in item["sub_items"]
        if sub.get("suspended")
    ]
    rows = []
    for row in block["rows"]:
        net = Decimal(row["commendations"]) - Decimal(row["criticisms"]) + Decimal(row["rewards"])
        remarks = (["并列"] if row["shared"] else []) + ([] if row["eligible"] else ["不评奖"])
        cells = []
        for item in row["items"]:
            for cell in item["cells"]:
                found = decided.get((row["unit"], item["item"], cell["sub_item"]))
                # A score that came after all counts instead of the decision.
                counts = found is not None and cell["score"] is not None and cell["source"] in {None, "mean"}
                cells.append({**cell, "decided": counts})
                if found is not None and counts:
                    decisions.append(Decision(row["unit"], cell["sub_item"], *found))
        rows.append(
            {
                **row,
                "items": [{**item, "weight": weights[item["item"]]} for item in row["items"]],
                "cells": cells,
                "net": f"{net:+f}" if net else f"{net:f}",
                "minus": f"−{row['criticisms']}" if Decimal(row["criticisms"]) else row["criticisms"],
                "remark": "、".join(remarks),
            }
        )
    return BlockFacts(
        name=block["name"],
        is_track=block["kind"] == "special",
        heading=heading,
        items=[
            {"name": item["name"], "weight": item["weight"], "base": item["base"], "subs": item["sub_items"]}
            for item in inputs["items"]
        ],
        rows=rows,
        order={member["unit"]: n for n, member in enumerate(inputs["members"])},
        decisions=decisions,
        amendments=inputs.get("amendments", []),
    )


HOW_DECIDED = {"mean": "按本序列其他单位平均分计", "zero": "按零分计"}


def _decided_cells(inputs: Mapping[str, Any]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(unit, item, sub-item) → how its missing mark was decided, and why."""
    return {
        (cell["unit"], cell["item"], cell["sub_item"]): (
            HOW_DECIDED.get(cell["missing_how"], cell["missing_how"]),
            cell.get("missing_reason", ""),
        )
        for cell in inputs.get("cells", [])
        if cell.get("missing_how") and cell.get("involvement") not in {"proposed", "confirmed"}
    }


@dataclass(frozen=True)
class Paper:
    """One PDF of an edition: its name in the folder, its title for people, what stands on it."""

    name: str
    kind: str  # notice | tables | matrix | prizes | certificates | letters
    title: str
    facts: Facts
    context: Mapping[str, Any] = field(default_factory=dict)

    def html(self) -> str:
        return render_to_string(
            f"reports/{self.kind}.html", {"facts": self.facts, "paper_title": self.title, **self.context}
        )

    def pdf(self) -> bytes:
        """Raises Refused when papers cannot be set on this machine."""
        return pdf.render(self.html(), identifier=f"{self.facts.code}-{self.name}")


def papers_of(facts: Facts, changed: Sequence[Difference] = ()) -> list[Paper]:
    """Every paper of an edition, in the order of its list."""
    papers = [
        Paper("notice.pdf", "notice", "结果通报", facts, {"changed": list(changed)}),
        Paper("tables.pdf", "tables", "名次表", facts),
        Paper("matrix.pdf", "matrix", "得分总表", facts),
    ]
    if facts.awards:
        papers += [
            Paper("prizes.pdf", "prizes", "获奖名单", facts),
            Paper("certificates.pdf", "certificates", "奖状", facts),
        ]
    papers += [
        Paper(f"letters-{number}.pdf", "letters", f"{block.name}结果告知书", facts, {"ranked": block})
        for number, block in enumerate(facts.blocks, 1)
    ]
    return papers
