"""Two persons for what the leading group decides: on screen, or by the minutes the office entered (E14).

What they sign is checked by the action that calls this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from office.models import StoredFile
from office.refusal import Refused
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import require, require_second


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the office enters of a meeting: when, who led it, who was there, the signed scan."""

    met_on: date
    chair: str
    present: str
    scan: StoredFile


def require_first(row: str, by: Hat, cycle: Cycle, minutes: Minutes | None) -> None:
    """The first half: a member of the leading group, or the office with the signed minutes."""
    if by.role is not Role.OFFICE:
        require(row, by, cycle)
        return
    require("E14", by, cycle)
    if minutes is None or not minutes.chair.strip() or not minutes.present.strip():
        raise Refused(
            "no-minutes",
            _(
                "The office enters a decision of the leading group from its signed minutes only: "
                "date, chair, those present and the scan."
            ),
            "§6(9)",
            status=422,
        )


def require_other(row: str, by: Hat, cycle: Cycle, *, first_by: int | None, from_minutes: bool) -> None:
    """The second half: another member, or another of the office who compared the entry with the scan."""
    if from_minutes:
        if by.role is not Role.OFFICE:
            raise Refused(
                "office-compares",
                _(
                    "This was entered from the minutes; another person of the office compares it with the scan."
                ),
                status=403,
            )
        require("E14", by, cycle)
    else:
        require(row, by, cycle)
    require_second(first_by, by)


def require_reason(reason: str) -> str:
    kept = reason.strip()
    if not kept:
        raise Refused("no-reason", _("Please give the reason; it is printed with the decision."), status=422)
    if len(kept) > LONGEST_REASON:
        raise Refused(
            "reason-too-long",
            _("The reason has %(count)d characters; at most %(most)d fit.")
            % {"count": len(kept), "most": LONGEST_REASON},
            status=422,
        )
    return kept


LONGEST_REASON = 300
