"""Puts the steps of a unit's sum into words: page, unit sheet and register say them alike.

The figures are bonuses.policy's.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses.models import Adjustment
from bonuses.policy import Step, StepKind, Why, Worth
from office.fields import format_points


def why(worth: Worth) -> str:
    """Why a paper counts with the points it has, in a few words."""
    words = {
        Why.COUNTS: "",
        Why.HALVED: _("half of %(points)s: a single task or a grass-roots office"),
        Why.SAME_MATTER: _("another paper on the same matter counts"),
        Why.PERSON: _("a person's honour is shown and adds nothing"),
        Why.SINGLE_TOP_THREE: _("a top three of a single task adds nothing"),
        Why.WORTH_NOTHING: _("the tariff gives nothing at this level"),
        Why.NO_TARIFF: _("the tariff has no such line; a question for the leading group"),
    }
    text = words[worth.why]
    if worth.tariff is not None:
        text = text % {"points": format_points(worth.tariff)} if "%(points)" in text else text
    if worth.is_rounded:
        text = "；".join(part for part in (text, _("rounded half up")) if part)
    return text


def step(found: Step) -> str:
    """One step of the sum as a sentence."""
    figures = {
        "before": format_points(found.before),
        "after": format_points(found.after),
        "limit": format_points(found.limit) if found.limit is not None else "—",
        "count": len(found.keys),
        "name": found.name,
    }
    match found.kind:
        case StepKind.COMMENDATIONS:
            return _("Commendations of %(count)d papers: %(before)s") % figures
        case StepKind.CAP:
            if found.bites:
                return _("Capped: %(before)s → %(after)s, at most %(limit)s in all") % figures
            return _("Below the cap of %(limit)s: %(after)s") % figures
        case StepKind.CRITICISMS:
            return _("Criticisms, one matter once: −%(after)s") % figures
        case StepKind.POOL:
            if found.bites:
                return _("%(name)s: %(before)s listed, %(after)s count (cap %(limit)s)") % figures
            return _("%(name)s: %(after)s (cap %(limit)s)") % figures
        case StepKind.CAP_WITH_REWARDS:
            return _("Reward points within the cap: %(before)s → %(after)s") % figures
    return ""


def signed(worth: Worth) -> Decimal:
    """The paper's points as they enter the sum."""
    if worth.why is Why.SAME_MATTER:
        return Decimal(0)
    return -worth.points if worth.kind == "通报批评" else worth.points


def what(row: Adjustment) -> str:
    """Kind, level, scope and party in one line."""
    parts = [row.level, row.pool.name if row.pool is not None else ""]
    if row.scope != "综合":
        parts.append(row.scope)
    if row.honoured != "本单位":
        parts.append(row.honoured)
    if row.rank:
        parts.append(_("place %(rank)d") % {"rank": row.rank})
    if row.carried_over:
        parts.append(_("carried over"))
    return " · ".join(part for part in parts if part)
