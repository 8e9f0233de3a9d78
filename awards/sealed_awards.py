"""The awards as an edition seals them: who won what for how much, and who decided it, by names alone.

The list itself is decided in awards.actions.award_list; how it is printed is told by awards.reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from awards.award_queries import awards_on, individuals_of
from awards.models import Award, AwardList, Individual
from awards.models.scheme import Kind
from office import audit


def sealed_awards(award_list: AwardList | None) -> dict[str, Any] | None:
    """The decided list as JSON values, in the plan's order; None before the leading group has decided."""
    if award_list is None:
        return None
    told: dict[str, Any] = {
        "list": award_list.number,
        "digest": award_list.digest,
        "reason": award_list.reason,
        "decided_by": [str(one) for one in (award_list.first_by, award_list.second_by) if one is not None],
        "decided_at": audit.instant(award_list.second_at) if award_list.second_at else "",
        "lines": [_line(award) for award in awards_on(award_list) if award.membership is not None],
        "individuals": [_person(one) for one in individuals_of(award_list.cycle)],
    }
    if award_list.minutes is not None:
        told |= {
            "met_on": str(award_list.met_on),
            "chair": award_list.chair,
            "present": award_list.present,
            "minutes": award_list.minutes.sha256,
        }
    return told


def _line(award: Award) -> dict[str, Any]:
    assert award.membership is not None
    row: dict[str, Any] = {
        "award": award.scheme.name,
        "kind": award.scheme.kind,
        "grade": award.grade,
        "place": award.place,
        "unit": award.membership.unit.name,
        "block": award.membership.block.name,
        "figure": award.shown,
        "amount_fen": award.amount_fen,
    }
    return row | ({"departure": award.departure} if award.departure else {})


def _person(one: Individual) -> dict[str, Any]:
    return {
        "award": one.prize.scheme.name,
        "kind": str(Kind.INDIVIDUAL),
        "grade": one.prize.grade,
        "name": one.name,
        "unit": one.unit.name,
        "post": one.post,
        "amount_fen": one.prize.amount_fen,
    }


def total_fen(lines: Iterable[dict[str, Any]]) -> int:
    return sum(int(line["amount_fen"]) for line in lines)
