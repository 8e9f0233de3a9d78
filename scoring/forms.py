"""What people type into a self-assessment: one cell, or a whole part from the signed paper.

Whether it may be is decided by the actions; a form only reads fields and keeps what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from office.fields import format_points
from office.refusal import Refused
from scoring.actions.assessments import Said
from scoring.actions.scores import DeductionLine
from scoring.assessment_queries import LineFacts

MOST_LINES = 30
SPARE_LINES = 3
# Decimal() would also read 1_000, 1e3 and Infinity, which nobody means as points.
ONE_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One deduction as it stands in the form, text as typed."""

    number: int
    off: str = ""
    reason: str = ""
    indicator: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """One cell as it stands in the form, text as typed: shown again after every refusal."""

    points: str = ""
    note: str = ""
    wish: bool = False
    wish_reason: str = ""
    seen: str = ""
    lines: tuple[TypedLine, ...] = ()


def read_points(text: str, what: str) -> Decimal | None:
    """The number somebody typed, None for nothing; full-width digits and a closing 分 are read too.

    Raises Refused for anything that is not one number.
    """
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("分").strip()
    if not plain:
        return None
    if plain[:1] in {"-", "−"} and ONE_NUMBER.fullmatch(plain[1:]):
        raise Refused(
            "negative",
            _("%(what)s: please write “%(text)s” without the minus sign.")
            % {"what": what, "text": text.strip()[:30]},
            status=422,
        )
    if not ONE_NUMBER.fullmatch(plain):
        raise Refused(
            "not-a-number",
            _("%(what)s: “%(text)s” is not a number. Please write digits, such as 95.5.")
            % {"what": what, "text": text[:30]},
            status=422,
        )
    return Decimal(plain)


def typed_of(facts: LineFacts) -> Typed:
    """The form as the stored line fills it; points stay empty where the deductions give them."""
    lines = [
        TypedLine(
            n, format_points(line.points), line.reason, str(line.indicator_id) if line.indicator_id else ""
        )
        for n, line in enumerate(facts.lines)
    ]
    return Typed(
        points="" if facts.points is None or lines else format_points(facts.points),
        note=facts.note,
        wish=facts.wishes_not_involved,
        wish_reason=facts.wish_reason,
        seen=facts.seen,
        lines=(*lines, *_spare(len(lines))),
    )


def _spare(there: int) -> list[TypedLine]:
    return [TypedLine(n) for n in range(there, min(there + SPARE_LINES, MOST_LINES))]


def typed_in(posted: Mapping[str, str]) -> Typed:
    """The form as it was posted."""
    lines: list[TypedLine] = []
    for n in range(MOST_LINES):
        if f"off-{n}" not in posted and f"reason-{n}" not in posted:
            break
        line = TypedLine(
            len(lines),
            posted.get(f"off-{n}", "").strip(),
            posted.get(f"reason-{n}", "").strip(),
            posted.get(f"indicator-{n}", ""),
        )
        if line.off or line.reason:
            lines.append(line)
    return Typed(
        points=posted.get("points", "").strip(),
        note=posted.get("note", "").strip(),
        wish=posted.get("wish") == "1",
        wish_reason=posted.get("wish_reason", "").strip(),
        seen=posted.get("seen", ""),
        lines=(*lines, *_spare(len(lines))),
    )


def said_in(typed: Typed, facts: LineFacts) -> Said:
    """What the form says, in figures.  Raises Refused for text that is no number, or an unknown indicator."""
    sub = facts.cell.sub_item
    indicators = {str(each.pk): each for each in sub.indicators.all()}
    lines: list[DeductionLine] = []
    for line in typed.lines:
        if not line.off and not line.reason:
            continue
        off = read_points(line.off, _("%(cell)s, deduction") % {"cell": str(sub)})
        if off is None:
            raise Refused(
                "no-points",
                _("%(cell)s: the deduction “%(reason)s” has no points. Please enter how many are taken off.")
                % {"cell": str(sub), "reason": line.reason[:40]},
                status=422,
            )
        if line.indicator and line.indicator not in indicators:
            raise Refused("not-found", _("There is no such record."), status=404)
        lines.append(DeductionLine(points=off, reason=line.reason, indicator=indicators.get(line.indicator)))
    return Said(
        points=read_points(typed.points, str(sub)),
        lines=tuple(lines),
        note=typed.note,
        wishes_not_involved=typed.wish,
        wish_reason=typed.wish_reason,
    )
