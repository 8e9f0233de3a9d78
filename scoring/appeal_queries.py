"""What pages ask about appeals: which a hat may see, what a unit may question, who may re-check.

Nothing here writes; who may act is told by scoring.actions.appeals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from bonuses import words as paper_words
from bonuses.models import Adjustment, AdjustmentState
from office.fields import format_points, from_units
from office.models import User
from scoring import queries
from scoring.models import (
    OPEN_APPEALS,
    Appeal,
    AppealFile,
    AppealPoint,
    AppealState,
    Cell,
    Involvement,
    Recheck,
    Score,
    ScoreKind,
)
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role, Scope
from units.models import Block, Conflict, Cycle, RoleAssignment, Unit
from units.permissions import grant_of
from units.stages import AFTER_PUBLICATION

# Who sees what a decision would do to others; a unit and a reviewer of a team do not.
SEES_OTHERS = frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER, Role.AUDITOR})
OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})
MAY_RECHECK = (Role.REVIEWER, Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER)


def appeals_for(hat: Hat, cycle: Cycle) -> QuerySet[Appeal]:
    """H03 as a filter, and what one was named to re-check (H05); a draft is its unit's alone."""
    rows = Appeal.objects.filter(cycle=cycle)
    if not hat.fits(cycle):
        return rows.none()
    grant = grant_of("H03", hat)
    mine = Q(reviewer=hat.user) & ~Q(state=AppealState.DRAFT)
    if grant.is_denied or (grant.published and cycle.stage_now not in AFTER_PUBLICATION):
        return rows.filter(mine)
    if grant.scope is Scope.OWN_UNIT:
        return rows.filter(Q(unit=hat.unit_id))
    return rows.exclude(state=AppealState.DRAFT)


def with_all(rows: QuerySet[Appeal]) -> QuerySet[Appeal]:
    """With what the page of one appeal shows.  Four queries."""
    return rows.select_related(
        "cycle__host",
        "unit",
        "about",
        "reviewer",
        "named_by",
        "drafted_by",
        "filed_by",
        "compared_by",
        "closed_by",
    ).prefetch_related(
        Prefetch(
            "points",
            AppealPoint.objects.select_related(
                "cell__sub_item__item",
                "cell__block__cycle",
                "cell__membership__unit",
                "adjustment__document",
                "adjustment__unit",
                "adjustment__membership__block",
                "first_by",
                "second_by",
            ),
        ),
        Prefetch("files", AppealFile.objects.select_related("file", "by")),
        Prefetch("rechecks", Recheck.objects.select_related("by")),
    )


def for_list(rows: QuerySet[Appeal]) -> QuerySet[Appeal]:
    """With what a line of the register shows.  Two queries."""
    return rows.select_related("cycle", "unit", "about", "reviewer").prefetch_related(
        Prefetch(
            "points",
            AppealPoint.objects.select_related("cell__sub_item__item", "adjustment__document"),
        )
    )


@dataclass(frozen=True, slots=True)
class Questionable:
    """One thing a unit may question; `key` is what the form sends: score:ID, involvement:ID, adjustment:ID."""

    key: str
    group: str
    label: str
    figure: str
    note: str


def questionable(cycle: Cycle, unit: Unit) -> list[Questionable]:
    """Every counted score, decided “not involved” and paper of the unit, in the plan's order."""
    found: list[Questionable] = []
    blocks = list(Block.objects.filter(cycle=cycle, memberships__unit=unit).order_by("order", "pk"))
    cells = list(
        Cell.objects.filter(block__in=blocks, membership__unit=unit)
        .select_related("sub_item__item", "block")
        .order_by("block__order", "sub_item__item__order", "sub_item__order", "pk")
    )
    for block in blocks:
        block.cycle = cycle
        numbers = queries.numbers_of(block)
        for cell in cells:
            if cell.block_id != block.pk:
                continue
            points, _source = numbers.counted(cell.membership_id, cell.sub_item_id)
            figure = "—" if points is None else format(from_units(points, cycle.places), "f")
            group = f"{block.name} · {cell.sub_item.item.name}"
            of = f"/ {format_points(cell.sub_item.base_points)}"
            found.append(Questionable(f"score:{cell.pk}", group, cell.sub_item.name, f"{figure} {of}", ""))
            if cell.involvement in {Involvement.CONFIRMED, Involvement.REJECTED}:
                state = str(cell.get_involvement_display())
                found.append(
                    Questionable(
                        f"involvement:{cell.pk}", group, cell.sub_item.name, state, cell.involvement_reason
                    )
                )
    papers = (
        Adjustment.objects.filter(membership__block__cycle=cycle, unit=unit)
        .exclude(state=AdjustmentState.WITHDRAWN)
        .select_related("document", "pool")
    )
    for row in papers.order_by("kind", "pk"):
        found.append(
            Questionable(
                f"adjustment:{row.pk}",
                str(row.get_kind_display()),
                row.document.title,
                str(row.get_state_display()),
                "；".join(part for part in (paper_words.what(row), row.reason) if part),
            )
        )
    return found


def candidates(appeal: Appeal) -> list[User]:
    """People of the year who could re-check: of team, office, leading group or leaders, tied to neither unit."""
    units = [pk for pk in (appeal.unit_id, appeal.about_id) if pk is not None]
    of_year = Q(cycle=appeal.cycle_id) | Q(cycle=None)
    tied = RoleAssignment.objects.filter(of_year, unit__in=units).values("user")
    declared = Conflict.objects.filter(cycle=appeal.cycle_id, unit__in=units, lifted_at__isnull=True).values(
        "user"
    )
    roles = RoleAssignment.objects.filter(of_year, role__in=[str(role) for role in MAY_RECHECK])
    return list(
        User.objects.filter(is_active=True, pk__in=roles.values("user"))
        .exclude(pk__in=tied)
        .exclude(pk__in=declared)
        .order_by("display_name", "username")
    )


@dataclass(frozen=True, slots=True)
class PointFacts:
    """What is stored about the questioned thing, for whoever decides it."""

    scores: list[tuple[str, str, str, str, datetime]]  # kind, points, by, reason, at
    facts: list[tuple[str, str]]
    kinds: list[tuple[str, str]]  # kinds of score that may be corrected; the counted one first


def facts_of(point: AppealPoint) -> PointFacts:
    """Two queries."""
    if point.cell is not None:
        stored = list(Score.objects.filter(cell=point.cell).select_related("entered_by").order_by("kind"))
        order = [ScoreKind.ONSITE, ScoreKind.PRELIMINARY, ScoreKind.LEAD]
        have = {score.kind for score in stored}
        kinds = sorted(order, key=lambda kind: (str(kind) not in have, order.index(kind)))
        return PointFacts(
            [
                (
                    str(score.get_kind_display()),
                    format_points(score.points),
                    str(score.entered_by),
                    score.reason,
                    score.entered_at,
                )
                for score in stored
            ],
            [],
            [(str(kind), str(kind.label)) for kind in kinds],
        )
    if point.adjustment is not None:
        row = point.adjustment
        return PointFacts(
            [],
            [
                (str(row.get_kind_display()), paper_words.what(row)),
                (str(row.document), row.document.source),
                (str(row.get_state_display()), row.reason),
            ],
            [],
        )
    return PointFacts([], [], [])


def appeal_lacks(cycle: Cycle) -> list[Lack]:
    """Appeals that are open while the year moves on to approval; the office may sign that (rulebook 8)."""
    open_ones = Appeal.objects.filter(cycle=cycle, state__in=OPEN_APPEALS).select_related("cycle", "about")
    names = tuple(str(appeal) for appeal in open_ones.order_by("number"))
    if not names:
        return []
    return [
        Lack(
            "open-appeals",
            _("%(count)d appeals are not decided.") % {"count": len(names)},
            names,
            route="appeals",
        )
    ]


def counts_by_state(cycle: Cycle) -> dict[str, Any]:
    """State → how many of the year's appeals, drafts left out."""
    found: dict[str, int] = {}
    for state in (
        Appeal.objects.filter(cycle=cycle).exclude(state=AppealState.DRAFT).values_list("state", flat=True)
    ):
        found[state] = found.get(state, 0) + 1
    return found
