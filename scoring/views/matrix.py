"""The matrix 得分总表 and the page of one cell: units × sub-items, entered in place.

Saving is scoring.actions.scores'; a lead sees its own sub-items only, a reviewer the team's units only.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office.fields import STORED_PLACES, format_points
from office.models import AuditEntry
from office.refusal import Refused
from scoring import permissions as scoring_permissions
from scoring import queries, words
from scoring.actions import scores
from scoring.engine.sheet import RowResult
from scoring.models import Cell, Involvement, MajorItem, Score, ScoreKind, SubItem
from scoring.views.shared import address, block_named, blocks_of, decimal_of
from units import permissions, stages
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle
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
class GridRow:
    unit: str
    url: str
    key: str
    cells: list[GridCell]
    standing: Edge


@dataclass(frozen=True, slots=True)
class View:
    """What one hat sees of one block: which sub-items and units, and which kind it may enter now."""

    hat: Hat
    block: Block
    subs: list[SubItem]
    unit_ids: frozenset[int] | None  # None: every unit
    kinds: list[ScoreKind]
    totals: bool

    def shows(self, unit_id: int) -> bool:
        return self.unit_ids is None or unit_id in self.unit_ids


def view_of(hat: Hat, block: Block) -> View:
    """Raises 404 when nothing of the block is the hat's business."""
    cycle = block.cycle
    subs = SubItem.objects.filter(item__block=block).select_related("item", "lead")
    unit_ids: frozenset[int] | None = None
    if hat.role is Role.LEAD:
        mine = Q(lead=hat.unit) | Q(helpers=hat.unit) | Q(indicators__lead=hat.unit)
        subs = subs.filter(mine).distinct()
    if hat.role is Role.REVIEWER:
        unit_ids = hat.team_unit_ids(cycle.pk)
    chosen = list(subs.order_by("item__order", "item_id", "order", "pk"))
    if not chosen or (unit_ids is not None and not unit_ids):
        raise Http404
    kinds = [
        kind
        for row, kind in KIND_BY_ROW.items()
        if not permissions.grant_of(row, hat).is_denied
        and permissions.stage_of(cycle, block) in stages.OPEN_IN[row]
    ]
    return View(hat, block, chosen, unit_ids, kinds, totals=permissions.may("G02", hat, cycle))


@page("E05")
def matrix(request: PageRequest, name: str) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    block = block_named(cycle, name)
    view = view_of(hat, block)
    kind = next(
        (k for k in view.kinds if k == request.GET.get("kind")), view.kinds[-1] if view.kinds else None
    )
    rows = grid_rows(view, editing=kind)
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
            "xlsx_url": address("matrix-xlsx", cycle.code, block.name) if view.totals else "",
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
        blocks = blocks.filter(
            Q(items__sub_items__lead=hat.unit)
            | Q(items__sub_items__helpers=hat.unit)
            | Q(items__sub_items__indicators__lead=hat.unit)
        ).distinct()
    if hat.role is Role.REVIEWER:
        blocks = blocks.filter(memberships__unit__in=hat.team_unit_ids(cycle.pk)).distinct()
    return list(blocks)


def grid_rows(view: View, editing: ScoreKind | None) -> list[GridRow]:
    """The grid in the plan's order; four queries beyond the standing's."""
    block, cycle = view.block, view.block.cycle
    standing = {row.unit_key: row for row in queries.standing_of(block).rows}
    cells: dict[tuple[int, int], Cell] = {}
    for cell in Cell.objects.filter(block=block, sub_item__in=view.subs):
        cells[cell.membership_id, cell.sub_item_id] = cell
    notes = _notes(view)
    tied = view.hat.tied_unit_ids(cycle.pk)
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
                GridCell(
                    key=f"c{kept.pk}",
                    url=reverse("cell", args=[cycle.code, kept.pk]),
                    value=decimal_of(counted.score if counted else None, cycle.places),
                    state=_state(kept, counted.score if counted else None),
                    source=str(counted.source or "") if counted else "",
                    note=notes.get(kept.pk, ""),
                    version=kept.version,
                    editable=editing is not None and member.unit_id not in tied,
                )
            )
        rows.append(
            GridRow(
                unit=member.unit.short_name or member.unit.name,
                url=_sheet_url(view, cycle, member.unit.name, block),
                key=f"u{member.pk}",
                cells=grid_cells,
                standing=_edge(result, cycle.places, view.totals),
            )
        )
    return rows


def _sheet_url(view: View, cycle: Cycle, unit: str, block: Block) -> str:
    return reverse("unit-sheet", args=[cycle.code, unit]) + f"?block={block.pk}" if view.totals else ""


def _state(cell: Cell, score: int | None) -> str:
    if cell.involvement == Involvement.CONFIRMED and score is not None:
        return "mean"
    if cell.involvement == Involvement.PROPOSED:
        return "proposed"
    return "missing" if score is None else "scored"


def _edge(row: RowResult | None, places: int, totals: bool) -> Edge:
    if row is None or not totals:
        return Edge(None, False, None, None, 0)
    return Edge(
        row.rank, row.shared, decimal_of(row.final, places), decimal_of(row.preliminary, places), row.missing
    )


def _notes(view: View) -> dict[int, str]:
    """Cell id → every stored score in one line, newest kind last."""
    labels = dict(ScoreKind.choices)
    notes: dict[int, list[str]] = {}
    stored = Score.objects.filter(cell__block=view.block, cell__sub_item__in=view.subs).select_related(
        "entered_by"
    )
    for score in stored.order_by("entered_at"):
        notes.setdefault(score.cell_id, []).append(
            f"{labels[ScoreKind(score.kind)]} {format_points(score.points)} · {score.entered_by} "
            f"{timezone.localtime(score.entered_at):%m-%d %H:%M}"
        )
    return {cell_id: "；".join(lines) for cell_id, lines in notes.items()}


@page("E05", methods=("GET", "POST"))
def cell(request: PageRequest, pk: int) -> HttpResponse:
    """GET: the cell's scores, deductions and history. POST: kind, score, reason, version."""
    one = _visible_cell(request.hat, request.cycle, pk)
    if request.method == "POST":
        return _save(request, one)
    return _cell_page(request, one, refusal=None, status=200)


def _visible_cell(hat: Hat, cycle: Cycle, pk: int) -> Cell:
    """The cell, or 404 when it is another year's or none of the hat's business."""
    one = scores.load_cell(pk)
    if one.block.cycle_id != cycle.pk:
        raise Http404
    view = view_of(hat, one.block)
    if not view.shows(one.membership.unit_id) or one.sub_item_id not in {s.pk for s in view.subs}:
        raise Http404
    return one


def _typed_points(text: str) -> Decimal | None:
    """What was typed as a number; None for an empty field.  Raises Refused for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("分").strip()
    if not plain:
        return None
    try:
        points = Decimal(plain)
    except InvalidOperation as error:
        raise Refused(
            "not-a-number", _("“%(text)s” is not one number; please use digits.") % {"text": text}, status=422
        ) from error
    if not points.is_finite() or abs(points) > 10**8 or len(points.as_tuple().digits) > STORED_PLACES + 12:
        raise Refused(
            "not-a-number", _("“%(text)s” is not one number; please use digits.") % {"text": text}, status=422
        )
    return points


def _save(request: PageRequest, one: Cell) -> HttpResponse:
    typed = request.POST.get("score", "")
    reason = request.POST.get("reason", "").strip()
    version = request.POST.get("version", "")
    try:
        _act(request, request.hat, one, typed, reason, int(version) if version.isdecimal() else None)
    except Refused as refusal:
        return _refused(request, one, refusal, typed, reason)
    if not request.htmx:
        return redirect("cell", request.cycle.code, one.pk)
    return _fragment(request, one, "scoring/parts/cell_saved.html", fresh=True)


def _act(request: PageRequest, hat: Hat, one: Cell, typed: str, reason: str, version: int | None) -> None:
    act = request.POST.get("act", "score")
    if act == "propose":
        scores.propose_not_involved(by=hat, cell_id=one.pk, reason=reason, version=version)
    elif act in {"confirm", "reject"}:
        scores.decide_not_involved(
            by=hat, cell_id=one.pk, confirm=act == "confirm", reason=reason, version=version
        )
    elif act == "withdraw":
        scores.withdraw_not_involved(by=hat, cell_id=one.pk, reason=reason, version=version)
    else:
        kind = next((k for k in ScoreKind if k == request.POST.get("kind")), None)
        if kind is None:
            raise Refused("no-kind", _("Please say which score this is."), status=422)
        if act == "clear" or typed.strip() == "撤销":
            scores.clear_score(by=hat, cell_id=one.pk, kind=kind, reason=reason, version=version)
        elif typed.strip() == "不涉及":
            scores.propose_not_involved(by=hat, cell_id=one.pk, reason=reason, version=version)
        else:
            points = _typed_points(typed)
            scores.record_score(
                by=hat, cell_id=one.pk, kind=kind, points=points, reason=reason, version=version
            )


def _refused(request: PageRequest, one: Cell, refusal: Refused, typed: str, reason: str) -> HttpResponse:
    if not request.htmx:
        return _cell_page(request, one, refusal=refusal, status=refusal.status)
    if refusal.code == "changed-meanwhile":
        kind = request.POST.get("kind", "")
        stored = Score.objects.filter(cell=one, kind=kind).select_related("entered_by").first()
        conflict = {
            "unit": one.membership.unit.name,
            "sub_item": one.sub_item.name,
            "theirs": stored.points if stored else None,
            "mine": typed,
            "by": str(stored.entered_by) if stored else "—",
            "at": timezone.localtime(stored.entered_at) if stored else timezone.localtime(),
            "kind": kind,
            "reason": reason,
        }
        return _fragment(
            request, one, "scoring/parts/cell_conflict.html", refused=True, status=409, conflict=conflict
        )
    return _fragment(
        request,
        one,
        "scoring/parts/cell_refused.html",
        refused=True,
        status=refusal.status,
        refusal=refusal,
        typed=typed,
    )


def _fragment(
    request: PageRequest,
    one: Cell,
    template: str,
    *,
    fresh: bool = False,
    refused: bool = False,
    status: int = 200,
    **extra: object,
) -> HttpResponse:
    """The one cell again and, after a save, every place of the block."""
    hat = request.hat
    view = view_of(hat, one.block)
    kind = next((k for k in view.kinds if k == request.POST.get("kind")), None)
    rows = grid_rows(view, editing=kind)
    mine = next(c for row in rows for c in row.cells if c.key == f"c{one.pk}")
    context = {
        "cell": replace(mine, fresh=fresh, refused=refused),
        "rows": rows,
        "places": one.block.cycle.places,
        **extra,
    }
    return render(request, template, context, status=status)


def _cell_page(request: PageRequest, one: Cell, *, refusal: Refused | None, status: int) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    kept = {
        s.kind: s
        for s in one.scores.select_related("entered_by", "compared_by", "paper").prefetch_related(
            "deductions"
        )
    }
    may_enter = [k for k in view_of(hat, one.block).kinds if _may_score(hat, k, one)]
    history = AuditEntry.objects.filter(
        object_type=Cell._meta.label, object_id=str(one.pk), cycle_code=cycle.code
    )
    counted = next(
        (
            c
            for row in queries.standing_of(one.block).rows
            if row.unit_key == one.membership_id
            for item in row.items
            for c in item.cells
            if c.sub_item_key == one.sub_item_id
        ),
        None,
    )
    return render(
        request,
        "scoring/cell.html",
        {
            "cell": one,
            "counted": decimal_of(counted.score if counted else None, cycle.places),
            "counted_source": str(counted.source or "") if counted else "",
            "state": _state(one, counted.score if counted else None),
            "scores": [(kind, kept.get(kind)) for kind in ScoreKind],
            "kinds": [(k.value, k.label) for k in may_enter],
            "may_decide": hat.role is Role.OFFICE and one.proposed_by_id != hat.user.pk,
            "may_propose": permissions.may(
                "E08",
                hat,
                cycle,
                unit_id=one.membership.unit_id,
                leads=scoring_permissions.leads(hat, one.sub_item),
                block=one.block,
                acts_on_unit=True,
            ),
            "history": [(e.at, e.user_name, words.entry_words(e)) for e in history.order_by("-number")[:100]],
            "refusal": refusal,
            "typed": request.POST.get("score", ""),
            "typed_reason": request.POST.get("reason", ""),
            "places": cycle.places,
            "matrix_url": reverse("matrix", args=[cycle.code, one.block.name]),
        },
        status=status,
    )


def _may_score(hat: Hat, kind: ScoreKind, one: Cell) -> bool:
    try:
        scoring_permissions.require_may_score(hat, kind, one)
    except Refused:
        return False
    return True
