"""The versions of the rules and the register of other single appraisals as sheets to take away.

They are to be read and filed, never to be imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from awards.models import RuleChange, SingleAppraisal
from awards.rule_figures import Figure, shown
from office.workbook.writer import ColumnOut, SheetOut
from units.foresight import kept


def versions_sheet(code: str, rows: Iterable[RuleChange]) -> SheetOut:
    """Amendments in force: what, why, from when, by whom, and how many places each moved."""
    lines = []
    for row in rows:
        moves = kept(row.effect)
        lines.append(
            [
                row.number,
                row.on,
                "；".join([*row.said, row.wording]) if row.wording else "；".join(row.said),
                row.clause,
                row.reason,
                str(row.first_by),
                str(row.second_by),
                timezone.localtime(row.second_at).date() if row.second_at else None,
                sum(move.aspect == "rank" for move in moves),
                sum(move.aspect == "award" for move in moves),
            ]
        )
    return SheetOut(
        name=_("Amendments"),
        title=f"{code} {_('Amendments')}",
        columns=[
            ColumnOut(_("Version"), "whole"),
            ColumnOut(_("Holds from"), "date"),
            ColumnOut(_("Change"), width=60),
            ColumnOut(_("Clause of the plan")),
            ColumnOut(_("Reason"), width=40),
            ColumnOut(_("Signed first")),
            ColumnOut(_("Signed second")),
            ColumnOut(_("Signed on"), "date"),
            ColumnOut(_("Places moved"), "whole"),
            ColumnOut(_("Awards moved"), "whole"),
        ],
        rows=lines,
        spare_rows=0,
    )


def rules_sheet(code: str, number: int, then: Sequence[Figure], today: Sequence[Figure]) -> SheetOut:
    """Every figure of the rules as of a version, with what holds today where that is another."""
    return SheetOut(
        name=_("Rules"),
        title=f"{code} {_('Rules')} {number}",
        columns=[
            ColumnOut(_("Block")),
            ColumnOut(_("Rule"), width=40),
            ColumnOut(_("What")),
            ColumnOut(_("As of version %(number)d") % {"number": number}, width=40),
            ColumnOut(_("Today"), width=40),
        ],
        rows=[
            [
                one.group,
                one.name,
                one.aspect,
                shown(one.target, one.value),
                shown(now.target, now.value) if now.value != one.value else "",
            ]
            for one, now in zip(then, today, strict=True)
            if one.value or now.value
        ],
        spare_rows=0,
    )


def appraisals_sheet(code: str, rows: Iterable[SingleAppraisal]) -> SheetOut:
    return SheetOut(
        name=_("Other single appraisals"),
        title=f"{code} {_('Other single appraisals')}",
        columns=[
            ColumnOut(_("Project"), width=40),
            ColumnOut(_("Applicant")),
            ColumnOut(_("Document number")),
            ColumnOut(_("Title"), width=40),
            ColumnOut(_("Date of the paper"), "date"),
            ColumnOut(_("State")),
            ColumnOut(_("Entered by")),
            ColumnOut(_("Compared by")),
            ColumnOut(_("Note"), width=40),
        ],
        rows=[
            [
                row.project,
                row.applicant,
                row.paper_number,
                row.paper_title,
                row.paper_on,
                row.get_state_display(),
                str(row.entered_by),
                str(row.compared_by) if row.compared_by else "",
                row.ended_reason or row.note,
            ]
            for row in rows
        ],
        spare_rows=0,
    )
