"""The pay list 奖金发放表: every person with what is due, as rows for the workbook and as a paper to sign.

Who sees which prizes is decided by the view; how a prize is divided by awards.actions.prizes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from awards.models import Award, Division, Individual
from awards.money import format_yuan, yuan_in_words
from awards.verifier import short_code
from office import pdf
from units.models import Cycle


@dataclass(frozen=True, slots=True)
class PayRow:
    """One line: a person, or a unit whose prize is not divided yet."""

    award: str
    grade: str
    block: str
    unit: str
    person: str
    post: str
    is_head: bool
    amount_fen: int
    remark: str

    @property
    def amount(self) -> str:
        return format_yuan(self.amount_fen)


def is_whole(award: Award, division: Division | None) -> bool:
    """Whether the division still sums to the prize."""
    return division is not None and sum(s.amount_fen for s in division.shares.all()) == award.amount_fen


def rows_of(
    awards: Sequence[Award], divisions: Mapping[int, Division], people: Sequence[Individual]
) -> list[PayRow]:
    """Every line in the plan's order; an undivided prize is one line of its unit, the remark says so."""
    rows: list[PayRow] = []
    for award in awards:
        assert award.membership is not None
        unit, block = award.membership.unit.name, award.membership.block.name
        division = divisions.get(award.pk)
        if division is None or not is_whole(award, division):
            remark = _("not divided yet") if division is None else _("the division does not sum to the prize")
            rows.append(
                PayRow(award.scheme.name, award.grade, block, unit, "", "", False, award.amount_fen, remark)
            )
            continue
        rows += [
            PayRow(
                award.scheme.name,
                award.grade,
                block,
                unit,
                share.person,
                share.post,
                share.is_head,
                share.amount_fen,
                division.reason if share.is_head else "",
            )
            for share in division.shares.all()
        ]
    rows += [
        PayRow(
            one.prize.scheme.name,
            one.prize.grade,
            "",
            one.unit.name,
            one.name,
            one.post,
            False,
            one.prize.amount_fen,
            "",
        )
        for one in people
    ]
    return rows


@dataclass(frozen=True)
class PlainFacts:
    """What every paper needs that is not an edition's: whose it is, its digest, its foot."""

    host: str
    digest: str
    foot: str
    code: str = field(default="")


def facts_of(cycle: Cycle, title: str, content: object) -> PlainFacts:
    """Facts of a paper made now; its digest is that of what stands on it."""
    digest = hashlib.sha256(
        json.dumps(content, ensure_ascii=False, sort_keys=True, default=str).encode()
    ).hexdigest()
    code = short_code(digest)
    return PlainFacts(cycle.host.name, digest, f"{cycle.code} {title} 校验码 {code}", code)


def as_pdf(cycle: Cycle, rows: Sequence[PayRow]) -> bytes:
    """The list to sign, A4 landscape with its head on every page.  Raises Refused without pango or a face."""
    facts = facts_of(cycle, "奖金发放表", [asdict(row) for row in rows])
    total = sum(row.amount_fen for row in rows)
    html = render_to_string(
        "reports/paylist.html",
        {
            "facts": facts,
            "paper_title": "奖金发放表",
            "year": cycle.year,
            "rows": rows,
            "total": format_yuan(total),
            "total_words": yuan_in_words(total),
        },
    )
    return pdf.render(html, identifier=facts.code)
