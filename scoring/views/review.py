"""The preliminary review: the team's units, one unit or one sub-item with all that lies side by side, one cell.

Scores go through scoring.actions.many_scores, returns for supplement through scoring.actions.supplements.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.fields import format_points
from office.refusal import Refused
from scoring import permissions as scoring_permissions
from scoring import review_queries
from scoring.actions.many_scores import Mark, problems_refusal, record_many
from scoring.forms_review import SupplementForm
from scoring.models import Cell, ScoreKind, SubItem
from scoring.review_queries import CellSight
from scoring.typed import typed_points
from scoring.views import review_flags
from scoring.views.review_flags import Flag
from scoring.views.shared import crumbs, nothing_here
from scoring.workbooks.returns import period_name
from units import team_queries
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Team, Unit
from units.pages import PageRequest, log_denial, page
from units.permissions import may

KIND = ScoreKind.PRELIMINARY


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the review table: what is known, and what may be typed."""

    sight: CellSight
    head: str
    note: str
    points: str
    opinion: str
    version: str
    problem: str
    editable: bool
    group: str  # a heading above the row where it differs from the row before
    flags: tuple[Flag, ...] = ()  # open findings of distortion

    @property
    def key(self) -> int:
        return int(self.sight.cell.pk)


def editable_cells(hat: Hat, cycle: Cycle, sights: list[CellSight], kind: ScoreKind = KIND) -> frozenset[int]:
    """The cells that may be scored now, by the kind's row for the whole list at once."""
    by_row = scoring_permissions.may_score_many(hat, kind, cycle)
    return frozenset(
        s.cell.pk
        for s in sights
        if not s.is_not_involved
        and not (kind is KIND and s.only_visit)
        and by_row.refusal(s.cell.membership.unit_id, s.cell.sub_item_id, s.cell.block_id) is None
    )


def rows_of(
    request: PageRequest,
    sights: list[CellSight],
    problems: dict[int, str],
    *,
    by_unit: bool,
    kind: ScoreKind = KIND,
) -> list[Row]:
    """The rows as stored, or as typed after a refusal."""
    editable = editable_cells(request.hat, request.cycle, sights, kind)
    made = []
    for sight in sights:
        cell, key = sight.cell, sight.cell.pk
        stored = sight.scores.get(kind)
        sub = cell.sub_item
        made.append(
            Row(
                sight,
                cell.membership.unit.name if by_unit else sub.name,
                "" if by_unit else (sub.lead.name if sub.lead else ""),
                request.POST.get(f"points-{key}", format_points(stored.points) if stored else ""),
                request.POST.get(f"opinion-{key}", stored.reason if stored else ""),
                request.POST.get(f"version-{key}", str(cell.version)),
                problems.get(key, ""),
                key in editable,
                "" if by_unit or sub.item.name == sub.name else sub.item.name,
            )
        )
    return made


def typed_marks(
    request: PageRequest,
    sights: list[CellSight],
    kind: ScoreKind = KIND,
    spared: frozenset[int] = frozenset(),
) -> list[Mark]:
    """What was typed where it differs from what is stored; `spared` cells get no score this time.

    Raises Refused with the problem of each cell.
    """
    marks: list[Mark] = []
    problems: dict[int, str] = {}
    for sight in sights:
        key, stored = sight.cell.pk, sight.scores.get(kind)
        if key in spared:
            continue
        text, opinion = request.POST.get(f"points-{key}"), request.POST.get(f"opinion-{key}", "").strip()
        if text is None:
            continue
        try:
            points = typed_points(text)
        except Refused as refused:
            problems[key] = refused.sentence
            continue
        if points is None:
            if stored is not None:
                problems[key] = _("%(cell)s: to clear a score, open the cell and say why.") % {
                    "cell": str(sight.cell)
                }
            elif opinion:
                problems[key] = _("%(cell)s: an opinion goes with a score; please enter one.") % {
                    "cell": str(sight.cell)
                }
            continue
        version = request.POST.get(f"version-{key}", "")
        if stored is None or points != stored.points or opinion != stored.reason:
            marks.append(Mark(key, points, opinion[:500], int(version) if version.isdecimal() else -1))
    if problems:
        raise problems_refusal(problems)
    return marks


# The list of units


@page("E01", "E04")
def review(request: PageRequest) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    units = review_queries.units_in_sight(hat, cycle, dict(team_queries.team_by_unit(cycle)))
    team = request.GET.get("team", "")
    teams = list(Team.objects.filter(cycle=cycle).order_by("pk")) if hat.role is Role.OFFICE else []
    chosen = next((t for t in teams if str(t.pk) == team), None)
    if chosen is not None:
        of_team = set(chosen.units.values_list("pk", flat=True))
        units = [sight for sight in units if sight.unit.pk in of_team]
    subs = (
        SubItem.objects.filter(
            cells__in=review_queries.cells_in_sight(hat, cycle).filter(
                membership__unit__in=[s.unit.pk for s in units]
            )
        )
        .select_related("item__block")
        .distinct()
        .order_by("item__block__order", "item__order", "order", "pk")
    )
    groups: dict[str, list[SubItem]] = {}
    for sub in subs:
        groups.setdefault(sub.item.block.name, []).append(sub)
    return render(
        request,
        "scoring/review.html",
        {
            "units": units,
            "asked": sum(s.asked for s in units),
            "scored": sum(s.scored for s in units),
            "returned": sum(s.returned for s in units),
            "answered": sum(s.answered for s in units),
            "groups": list(groups.items()),
            "teams": teams,
            "team": chosen,
            "open": may("E01", hat, cycle),
            "xlsx_url": reverse("review-xlsx", args=[cycle.code]),
            "supplements_url": reverse("supplements", args=[cycle.code]),
            "cycle": cycle,
        },
    )


# One unit, one sub-item


@page("E01", "E04", methods=("GET", "POST"))
def review_unit(request: PageRequest, name: str) -> HttpResponse:
    """`?block=`: the block shown where the unit stands in several."""
    hat, cycle = request.hat, request.cycle
    unit = review_queries.unit_in_sight(hat, cycle, name)
    blocks = list(Block.objects.filter(cycle=cycle, memberships__unit=unit).order_by("order", "pk"))
    block = next((b for b in blocks if str(b.pk) == request.GET.get("block", "")), blocks[0])
    cells = review_queries.cells_in_sight(hat, cycle).filter(membership__unit=unit, block=block)
    here = reverse("review-unit", args=[cycle.code, unit.name]) + f"?block={block.pk}"
    return _table(
        request,
        review_queries.sights_of(cycle, cells),
        by_unit=False,
        here=here,
        title=unit.name,
        lede=block.name,
        extra={
            "tabs": [
                (b.name, reverse("review-unit", args=[cycle.code, unit.name]) + f"?block={b.pk}", b == block)
                for b in blocks
            ],
            "xlsx_url": reverse("review-xlsx", args=[cycle.code]) + f"?unit={unit.name}",
            "around": _units_around(hat, cycle, unit),
        },
    )


def _units_around(hat: Hat, cycle: Cycle, unit: Unit) -> list[tuple[str, str]]:
    """Ways to the unit before and after in the plan's order, of those in sight."""
    rows = list(
        Unit.objects.filter(memberships__cells__in=review_queries.cells_in_sight(hat, cycle))
        .distinct()
        .order_by("order", "pk")
    )
    at = [u.pk for u in rows].index(unit.pk)
    around = []
    if at:
        around.append(
            (f"← {rows[at - 1].name}", reverse("review-unit", args=[cycle.code, rows[at - 1].name]))
        )
    if at + 1 < len(rows):
        around.append(
            (f"{rows[at + 1].name} →", reverse("review-unit", args=[cycle.code, rows[at + 1].name]))
        )
    return around


@page("E01", "E04", methods=("GET", "POST"), tables=True)
def review_sub_item(request: PageRequest, pk: int) -> HttpResponse:
    """One sub-item for all the units in sight, so that like is weighed with like."""
    hat, cycle = request.hat, request.cycle
    cells = review_queries.cells_in_sight(hat, cycle).filter(sub_item=pk)
    sights = review_queries.sights_of(cycle, cells)
    if not sights:
        raise nothing_here()
    sub = sights[0].cell.sub_item
    return _table(
        request,
        sights,
        by_unit=True,
        here=reverse("review-sub-item", args=[cycle.code, pk]),
        title=sub.name,
        lede=f"{sights[0].cell.block.name} · {sub.item.name}",
        extra={"tabs": [], "xlsx_url": "", "around": []},
    )


def _table(
    request: PageRequest,
    sights: list[CellSight],
    *,
    by_unit: bool,
    here: str,
    title: str,
    lede: str,
    extra: dict[str, Any],
) -> HttpResponse:
    cycle = request.cycle
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            changed = record_many(by=request.hat, cycle=cycle, kind=KIND, marks=typed_marks(request, sights))
        except Refused as refused:
            if refused.status == 404:
                raise
            if refused.status == 403:
                log_denial(request, "E01", refused)
            refusal = refused
        else:
            messages.success(request, _("%(count)d scores are stored.") % {"count": len(changed)})
            return redirect(here)
    problems = dict(refusal.values.get("problems", {})) if refusal else {}
    rows = rows_of(request, sights, problems, by_unit=by_unit)
    if refusal is not None and refusal.status == 409:
        # The newer value stands beside; sending it again is a decision.
        rows = [replace(row, version=str(row.sight.cell.version)) for row in rows]
    found = review_flags.beside(request.hat, cycle)
    rows = [replace(row, flags=review_flags.flags(cycle, found.of_cell.get(row.key, ()))) for row in rows]
    units = {s.cell.membership.unit_id for s in sights} if not by_unit else set()
    return render(
        request,
        "scoring/review_rows.html",
        {
            "rows": rows,
            "flags": [
                flag for unit in units for flag in review_flags.flags(cycle, found.of_unit.get(unit, ()))
            ],
            "by_unit": by_unit,
            "base": sights[0].cell.sub_item.base_points if by_unit and sights else None,
            "done": sum(s.preliminary is not None for s in sights),
            "asked": sum(not s.is_not_involved and not s.only_visit for s in sights),
            "editable": any(row.editable for row in rows),
            "here": here,
            "page_title": title,
            "lede": lede,
            "places": cycle.places,
            "breadcrumbs": crumbs(
                cycle, (_("Preliminary review"), reverse("review", args=[cycle.code])), (title, "")
            ),
            "refusal": refusal,
            "cycle": cycle,
            **extra,
        },
        status=refusal.status if refusal else 200,
    )


# One cell


@page("E01", "E04", methods=("GET", "POST"))
def review_cell(request: PageRequest, pk: int) -> HttpResponse:
    """Self, ledger, lead, evidence and last year side by side, a score with an opinion, a return."""
    hat, cycle = request.hat, request.cycle
    found = review_queries.sights_of(
        cycle, review_queries.cells_in_sight(hat, cycle).filter(pk=pk), with_lines=True
    )
    if not found:
        raise nothing_here()
    sight = found[0]
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            changed = record_many(by=hat, cycle=cycle, kind=KIND, marks=typed_marks(request, found))
        except Refused as refused:
            if refused.status == 404:
                raise
            if refused.status == 403:
                log_denial(request, "E01", refused)
            refusal = refused
        else:
            if changed:
                messages.success(request, _("The score is stored."))
            return redirect("review-cell", cycle.code, pk)
    return show_cell(request, sight, refusal)


def show_cell(
    request: PageRequest,
    sight: CellSight,
    refusal: Refused | None = None,
    form: SupplementForm | None = None,
) -> HttpResponse:
    """The page of one cell; `form` as it was typed where a return was refused."""
    hat, cycle, cell = request.hat, request.cycle, sight.cell
    of_unit = list(
        review_queries.cells_in_sight(hat, cycle)
        .filter(membership__unit=cell.membership.unit_id, block=cell.block_id)
        .order_by("sub_item__item__order", "sub_item__item_id", "sub_item__order", "sub_item_id")
        .values_list("pk", flat=True)
    )
    before, after = review_queries.neighbours(of_unit, cell.pk)
    problems = dict(refusal.values.get("problems", {})) if refusal else {}
    returns = may("E04", hat, cycle, unit_id=cell.membership.unit_id, block=cell.block, acts_on_unit=True)
    return render(
        request,
        "scoring/review_cell.html",
        {
            "sight": sight,
            "cell": cell,
            "row": rows_of(request, [sight], problems, by_unit=False)[0],
            "flags": review_flags.flags(cycle, review_flags.beside(hat, cycle).of_cell.get(cell.pk, ())),
            "columns": columns_of(sight),
            "figures": [(line, period_name(line.version.ledger.period)) for line in sight.figures],
            "quarters": [(q, sight.ledger.by_quarter.get(q)) for q in (1, 2, 3, 4)] if sight.ledger else [],
            "number": of_unit.index(cell.pk) + 1,
            "count": len(of_unit),
            "before_url": reverse("review-cell", args=[cycle.code, before]) if before else "",
            "after_url": reverse("review-cell", args=[cycle.code, after]) if after else "",
            "unit_url": reverse("review-unit", args=[cycle.code, cell.membership.unit.name])
            + f"?block={cell.block_id}",
            "sub_url": reverse("review-sub-item", args=[cycle.code, cell.sub_item_id]),
            "cell_url": reverse("cell", args=[cycle.code, cell.pk]),
            "form": (form or SupplementForm()) if returns and sight.waiting is None else None,
            "returns": returns,
            "whole_url": reverse("self-unit", args=[cycle.code, cell.membership.unit.name]),
            "places": cycle.places,
            "breadcrumbs": crumbs(
                cycle,
                (_("Preliminary review"), reverse("review", args=[cycle.code])),
                (
                    cell.membership.unit.name,
                    reverse("review-unit", args=[cycle.code, cell.membership.unit.name]),
                ),
                (cell.sub_item.name, ""),
            ),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def columns_of(sight: CellSight) -> list[dict[str, Any]]:
    """The scores side by side: who, how much, less than the base by what, and the lines that explain it."""
    labels = {
        ScoreKind.SELF: _("Self"),
        ScoreKind.LEAD: _("Lead"),
        ScoreKind.PRELIMINARY: _("Preliminary"),
        ScoreKind.ONSITE: _("On site"),
    }
    made = []
    for kind, label in labels.items():
        score = sight.scores.get(kind)
        made.append(
            {
                "label": label,
                "points": score.points if score else None,
                "off": cell_off(sight.cell, score.points) if score else None,
                "by": str(score.entered_by) if score else "",
                "at": score.entered_at if score else None,
                "reason": score.reason if score else "",
                "lines": sight.lines.get(kind, []),
            }
        )
    return made


def cell_off(cell: Cell, points: Any) -> Any:
    return cell.sub_item.base_points - points
