"""The papers of an appeal: the acknowledgement with its number, the letter with the decision, as PDF and .docx.

The look is in templates/reports and office.docx; the words of a decision are those that were signed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from office import docx, pdf
from scoring.models import Appeal, AppealPoint, Outcome, PointKind


def day_in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What reports/base.html needs of any paper."""

    host: str
    digest: str
    foot: str

    @property
    def code(self) -> str:
        return short_code(self.digest)


def digest_of(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def short_code(digest: str) -> str:
    """The mark that is printed: eight signs in two groups."""
    return f"{digest[:4]}-{digest[4:8]}".upper()


@dataclass(frozen=True, slots=True)
class Line:
    """One point on the letter."""

    what: str
    outcome: str
    before: str
    after: str
    reason: str


def lines_of(appeal: Appeal) -> list[Line]:
    """Of another unit's matter the letter tells the outcome, never a figure."""
    words = {Outcome.UPHELD: "予以更正", Outcome.KEPT: "维持原结果"}
    return [
        Line(
            what="所反映的事项" if appeal.is_about_another or point.kind == PointKind.OTHER else _what(point),
            outcome=words[Outcome(point.outcome)],
            before="" if appeal.is_about_another else point.before,
            after="" if appeal.is_about_another else point.after,
            reason=point.reason,
        )
        for point in appeal.points.all()
        if point.is_decided
    ]


def _what(point: AppealPoint) -> str:
    if point.cell is not None:
        tail = "基本不涉及认定" if point.kind == PointKind.INVOLVEMENT else "得分"
        return f"{point.cell.sub_item.item.name}“{point.cell.sub_item.name}”{tail}"
    assert point.adjustment is not None
    return f"{point.adjustment.kind}《{point.adjustment.document.title}》"


def addressee(appeal: Appeal) -> str:
    return appeal.unit.name if appeal.unit is not None else appeal.sender


def _facts(appeal: Appeal, content: Any) -> PaperFacts:
    digest = digest_of(content)
    return PaperFacts(appeal.cycle.host.name, digest, f"{appeal.code} 校验码 {short_code(digest)}")


def receipt_pdf(appeal: Appeal) -> bytes:
    """The acknowledgement; raises Refused when papers cannot be set here."""
    received = appeal.received_on or timezone.localdate()
    content = [appeal.code, addressee(appeal), received, appeal.words]
    facts = _facts(appeal, content)
    html = render_to_string(
        "reports/appeal_receipt.html",
        {
            "facts": facts,
            "paper_title": "复核申请回执",
            "appeal": appeal,
            "to": addressee(appeal),
            "received": day_in_words(received),
            "year": appeal.cycle.year,
            "points": [_what(p) for p in appeal.points.all() if p.kind != PointKind.OTHER],
            "count": appeal.files.count(),
        },
    )
    return pdf.render(html, identifier=f"{appeal.code}-receipt")


def letter_context(appeal: Appeal) -> dict[str, Any]:
    lines = lines_of(appeal)
    closed = timezone.localdate(appeal.closed_at) if appeal.closed_at else timezone.localdate()
    received = appeal.received_on or closed
    content = [appeal.code, addressee(appeal), [str(line) for line in lines], appeal.reply, closed]
    return {
        "facts": _facts(appeal, content),
        "paper_title": "复核结果告知书",
        "appeal": appeal,
        "to": addressee(appeal),
        "year": appeal.cycle.year,
        "received": day_in_words(received),
        "closed": day_in_words(closed),
        "lines": lines,
        "is_corrected": any(line.outcome == "予以更正" for line in lines),
        "hides": appeal.is_about_another,
    }


def letter_pdf(appeal: Appeal) -> bytes:
    html = render_to_string("reports/appeal_letter.html", letter_context(appeal))
    return pdf.render(html, identifier=f"{appeal.code}-letter")


def letter_docx(appeal: Appeal) -> bytes:
    """The same letter to be worked on."""
    told = letter_context(appeal)
    paper = docx.begin("复核结果告知书", f"送审稿 {told['facts'].foot} {told['facts'].digest}")
    docx.say(paper, f"{told['to']}：", flush=True)
    docx.say(paper, opening(told))
    if appeal.reply and not told["lines"]:
        docx.say(paper, appeal.reply)
    if told["lines"]:
        rows = [
            (line.what, line.outcome, f"{line.before} → {line.after}" if line.after else "—", line.reason)
            for line in told["lines"]
        ]
        docx.table(paper, ("事项", "复核决定", "更正前 → 更正后", "理由"), rows)
    docx.say(paper, closing(told))
    docx.sign(paper, told["facts"].host, told["closed"])
    return docx.content_of(paper)


def opening(told: dict[str, Any]) -> str:
    return (
        f"{told['received']}收到你方关于{told['year']}年度考评结果的{_asked(told['appeal'])}"
        f"（编号{told['appeal'].code}）。经指定人员复核并由两人以上决定，现将结果告知如下："
    )


def closing(told: dict[str, Any]) -> str:
    if told["is_corrected"] and not told["hides"]:
        return "更正已计入考评结果，得分和名次以更正后的为准。"
    return "特此告知。"


def _asked(appeal: Appeal) -> str:
    return {"letter": "来信", "call": "来电"}.get(appeal.channel, "复核申请")
