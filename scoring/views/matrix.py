"""The matrix 得分总表: units × sub-items, entered in place.

Saving is scoring.actions.scores'; a lead sees its own sub-items only, a reviewer the team's units only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office.fields import format_points
from scoring import queries, visible
from scoring.engine.sheet import RowResult
from scoring.models import Cell, Involvement, MajorItem, Score, ScoreKind, SubItem
from scoring.views.shared import address, block_named, blocks_of, crumbs, decimal_of, nothing_here
from units import permissions, stages
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Reopening
from units.pages import PageRequest, page

KIND_BY_ROW = {"E03": ScoreKind.LEAD, "E01": ScoreKind.PRELIMINARY, "E02": ScoreKind.ONSITE}


@dataclass(frozen=True, slots=True)
class GridCell:
    """See templates/scoring/parts/cell.html."""

    key: str
    url: str
    value: Decimal | None
    state: str  # scored | missing | mean | proposed
    source: str
    note: str
    version: int
    editable: bool
    fresh: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a row; figures None for a reader who may not see totals."""

    rank: int | None
    shared: bool
    final: Decimal | None
    preliminary: Decimal | None
    missing: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A row's right edge alone; see templates/scoring/parts/places.html."""

    key: str
    standing: Edge


@dataclass(frozen=True, slots=True)
class GridRow:
    unit: str
    url: str
    key: str
    cells: list[GridCell]
    standing: Edge


@dataclass(frozen=True)
class View:
    """What one hat sees of one block: which sub-items and units, and which kind it may enter now."""

    hat: Hat
    block: Block
    led: frozenset[int] | None  # the sub-items shown, None: all of the block
    unit_ids: frozenset[int] | None  # None: every unit
    hidden: frozenset[int]  # units the hat is tied to and so may not even look at
    open_for: dict[ScoreKind, frozenset[int] | None]  # kind → units it is open for, None: every unit
    totals: bool

    @cached_property
    def subs(self) -> list[SubItem]:
        """The sub-items shown, in the plan's order, each with its item and its lead.  One query."""
        subs = SubItem.objects.filter(item__block=self.block).select_related("item", "lead")
        if self.led is not None:
            subs = subs.filter(pk__in=self.led)
        return list(subs.order_by("item__order", "item_id", "order", "pk"))

    @property
    def kinds(self) -> list[ScoreKind]:
        return list(self.open_for)

    def shows(self, unit_id: int) -> bool:
        return unit_id not in self.hidden and (self.unit_ids is None or unit_id in self.unit_ids)

    def may_enter(self, kind: ScoreKind | None, unit_id: int) -> bool:
        if kind is None or self.hat.is_tied_to(unit_id, self.block.cycle_id):
            return False
        units = self.open_for[kind]
        return units is None or unit_id in units

    def kind_named(self, name: str | None) -> ScoreKind | None:
        """The kind asked for when it is open, else the one the stage is about."""
        kinds = self.kinds
        return next((k for k in kinds if k == name), kinds[-1] if kinds else None)


def view_of(hat: Hat, block: Block) -> View:
    """Raises Refused (404) when nothing of the block is the hat's business."""
    cycle = block.cycle
    led: frozenset[int] | None = None
    unit_ids: frozenset[int] | None = None
    hidden: frozenset[int] = frozenset()
    if hat.role is Role.LEAD:
        led = frozenset(visible.led_by(hat).filter(item__block=block).values_list("pk", flat=True))
        hidden = hat.tied_unit_ids(cycle.pk)
    if hat.role is Role.REVIEWER:
        unit_ids = hat.team_unit_ids(cycle.pk)
    if (led is not None and not led) or (unit_ids is not None and not unit_ids):
        raise nothing_here()
    totals = permissions.may("G02", hat, cycle, block=block)
    return View(hat, block, led, unit_ids, hidden, _open_for(hat, block), totals)


def _open_for(hat: Hat, block: Block) -> dict[ScoreKind, frozenset[int] | None]:
    """The kinds the hat may enter now, by the stage or where the office has reopened it for some."""
    rows = {row: kind for row, kind in KIND_BY_ROW.items() if not permissions.grant_of(row, hat).is_denied}
    if not rows:
        return {}
    stage = permissions.stage_of(block.cycle, block)
    reopened = list(
        Reopening.objects.filter(cycle=block.cycle, until__gt=timezone.now()).values_list("stage", "unit_id")
    )
    found: dict[ScoreKind, frozenset[int] | None] = {}
    for row, kind in rows.items():
        if stage in stages.OPEN_IN[row]:
            found[kind] = None
            continue
        units = {unit for of, unit in reopened if of in stages.OPEN_IN[row]}
        if units:
            found[kind] = None if None in units else frozenset(u for u in units if u is not None)
    return found


@page("E05")
def matrix(request: PageRequest, name: str) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    block = block_named(cycle, name)
    view = view_of(hat, block)
    kind = view.kind_named(request.GET.get("kind"))
    rows = grid_rows(view, editing=kind)
    if not rows and view.unit_ids is not None:
        raise nothing_here()  # none of the team's units stands in this block
    groups: list[dict[str, object]] = []
    for item in MajorItem.objects.filter(pk__in={sub.item_id for sub in view.subs}).order_by("order", "pk"):
        groups.append(
            {
                "name": item.name,
                "weight": format_points(item.weight_points),
                "base": format_points(item.base_points),
                "columns": sum(1 for sub in view.subs if sub.item_id == item.pk),
            }
        )
    shown = queries.standing_of(block)
    return render(
        request,
        "scoring/matrix.html",
        {
            "breadcrumbs": crumbs(cycle, (_("Score matrix"), ""), (block.name, "")),
            "shown": {
                "name": block.name,
                "anchor": f"block-{block.pk}",
                "provisional": shown.provisional,
                "missing": sum(row.missing for row in shown.rows) if view.totals else 0,
            },
            "blocks": [
                (b.name, reverse("matrix", args=[cycle.code, b.name]), b.pk == block.pk)
                for b in _blocks_shown(hat, cycle)
            ],
            "places": cycle.places,
            "kinds": [(k.value, k.label, k == kind) for k in view.kinds],
            "groups": groups,
            "columns": [
                {
                    "name": s.name,
                    "base": format_points(s.base_points),
                    "lead": s.lead.name if s.lead else "",
                    "url": "",
                }
                for s in view.subs
            ],
            "rows": rows,
            "xlsx_url": address("matrix-xlsx", cycle.code, block.name)
            if view.totals and permissions.may("G04", hat, cycle)
            else "",
            "score_sheet_url": "",
            "import_url": address("imports", cycle.code)
            if view.kinds and hat.role is not Role.REVIEWER
            else "",
            "reason_required": kind is ScoreKind.ONSITE,
        },
    )


def _blocks_shown(hat: Hat, cycle: Cycle) -> list[Block]:
    blocks = blocks_of(cycle)
    if hat.role is Role.LEAD:
        blocks = blocks.filter(items__sub_items__in=visible.led_by(hat)).distinct()
    if hat.role is Role.REVIEWER:
        blocks = blocks.filter(memberships__unit__in=hat.team_unit_ids(cycle.pk)).distinct()
    return list(blocks)


def grid_rows(view: View, editing: ScoreKind | None) -> list[GridRow]:
    """The grid in the plan's order; three queries beyond the standing's."""
    block, cycle = view.block, view.block.cycle
    standing = {row.unit_key: row for row in queries.standing_of(block).rows}
    shown = Cell.objects.filter(block=block, sub_item__in=view.subs)
    cells = {(cell.membership_id, cell.sub_item_id): cell for cell in shown}
    notes = notes_of(Score.objects.filter(cell__block=block, cell__sub_item__in=view.subs))
    rows = []
    for member in block.memberships.select_related("unit").order_by("unit__order", "pk"):
        if not view.shows(member.unit_id):
            continue
        result = standing.get(member.pk)
        found = {c.sub_item_key: c for item in (result.items if result else ()) for c in item.cells}
        grid_cells = []
        for sub in view.subs:
            kept = cells.get((member.pk, sub.pk))
            if kept is None:
                continue
            counted = found.get(sub.pk)
            grid_cells.append(
                grid_cell(
                    view,
                    kept,
                    counted.score if counted else None,
                    str(counted.source or "") if counted else "",
                    notes,
                    editable=view.may_enter(editing, member.unit_id),
                )
            )
        rows.append(
            GridRow(
                unit=member.unit.short_name or member.unit.name,
                url=_sheet_url(view, cycle, member.unit.name, block),
                key=f"u{member.pk}",
                cells=grid_cells,
                standing=edge_of(result, cycle.places, view.totals),
            )
        )
    return rows


def grid_cell(
    view: View, kept: Cell, score: int | None, source: str, notes: dict[int, str], *, editable: bool
) -> GridCell:
    cycle = view.block.cycle
    return GridCell(
        key=f"c{kept.pk}",
        url=reverse("cell", args=[cycle.code, kept.pk]),
        value=decimal_of(score, cycle.places),
        state=state_of(kept, score),
        source=source,
        note=notes.get(kept.pk, ""),
        version=kept.version,
        editable=editable,
    )


def members_shown(view: View, members: Sequence[int]) -> frozenset[int]:
    """The memberships whose rows the hat sees; no query for who sees every unit."""
    if view.unit_ids is None and not view.hidden:
        return frozenset(members)
    return frozenset(
        pk for pk, unit in view.block.memberships.values_list("pk", "unit_id") if view.shows(unit)
    )


def _sheet_url(view: View, cycle: Cycle, unit: str, block: Block) -> str:
    return reverse("unit-sheet", args=[cycle.code, unit]) + f"?block={block.pk}" if view.totals else ""


def state_of(cell: Cell, score: int | None) -> str:
    if cell.involvement == Involvement.CONFIRMED and score is not None:
        return "mean"
    if cell.involvement == Involvement.PROPOSED:
        return "proposed"
    return "missing" if score is None else "scored"


def edge_of(row: RowResult | queries.Place | None, places: int, totals: bool) -> Edge:
    if row is None or not totals:
        return Edge(None, False, None, None, 0)
    return Edge(
        row.rank, row.shared, decimal_of(row.final, places), decimal_of(row.preliminary, places), row.missing
    )


def notes_of(stored: QuerySet[Score]) -> dict[int, str]:
    """Cell id → every stored score in one line, newest kind last.  One query."""
    labels = dict(ScoreKind.choices)
    notes: dict[int, list[str]] = {}
    for score in stored.select_related("entered_by").order_by("entered_at"):
        notes.setdefault(score.cell_id, []).append(
            f"{labels[ScoreKind(score.kind)]} {format_points(score.points)} · {score.entered_by} "
            f"{timezone.localtime(score.entered_at):%m-%d %H:%M}"
        )
    return {cell_id: "；".join(lines) for cell_id, lines in notes.items()}
