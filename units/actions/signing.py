"""Two persons for what the leading group decides: on screen, or by the minutes the office entered (E14).

What they sign is checked by the action that calls this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from office.models import StoredFile, User
from office.refusal import Refused
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle
from units.permissions import require, require_on_behalf_of_group, require_second


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the office enters of a meeting: when, who led it, who was there, the signed scan.

    `typed_by` is set once another person compares: the decision then stands by these two.
    """

    met_on: date
    chair: str
    present: str
    scan: StoredFile
    typed_by: User | None = None
    code: str = ""  # of the printed sheet


def require_meeting(met_on: date | None, chair: str, present: str) -> None:
    """Raise Refused unless the meeting is named whole and has been."""
    if met_on is None or not chair.strip() or not present.strip():
        raise Refused(
            "minutes-incomplete",
            _("The minutes need the date, the chair and those present."),
            "§6(9)",
            status=422,
        )
    if met_on > timezone.localdate():
        raise Refused("meeting-ahead", _("The meeting's date lies ahead."), status=422)


def require_first(row: str, by: Hat, cycle: Cycle, minutes: Minutes | None) -> None:
    """The first half: a member of the leading group, or the office with the signed minutes."""
    if by.role is not Role.OFFICE:
        require(row, by, cycle)
        return
    require_on_behalf_of_group(row, by, cycle)
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
    require_meeting(minutes.met_on, minutes.chair, minutes.present)


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
        require_on_behalf_of_group(row, by, cycle)
    else:
        require(row, by, cycle)
    require_second(first_by, by)


def require_decider(
    row: str,
    by: Hat,
    cycle: Cycle,
    minutes: Minutes | None,
    *,
    units: Iterable[int] = (),
    block: Block | None = None,
) -> None:
    """Whoever brings a decision of the leading group into force: one of its members, or the one of the office
    who compared the typed minutes with their scan.  Never about a unit of `units` one is tied to.

    Raises Refused: not permitted, another stage, an own unit, the very person who typed the minutes.
    """
    about = tuple(units)
    if minutes is None:
        for unit_id in about or (None,):
            require(row, by, cycle, unit_id=unit_id, block=block, acts_on_unit=unit_id is not None)
        return
    require_on_behalf_of_group(row, by, cycle, units=about, block=block)
    if minutes.typed_by is None:
        raise ValueError("minutes without the person who typed them bring nothing into force")
    require_second(minutes.typed_by.pk, by)


def told(minutes: Minutes | None) -> dict[str, Any]:
    """The minutes for the log; nothing for a decision on screen."""
    if minutes is None:
        return {}
    return {
        "minutes": {
            "met_on": minutes.met_on.isoformat(),
            "chair": minutes.chair,
            "present": minutes.present,
            "scan": minutes.scan.sha256,
            "form": minutes.code,
            "typed_by": minutes.typed_by.username if minutes.typed_by is not None else "",
        }
    }


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
