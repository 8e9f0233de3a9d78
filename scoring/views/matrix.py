"""The matrix 得分总表 and the page of one cell: units × sub-items, entered in place.

Saving is scoring.actions.scores'; a lead sees its own sub-items only, a reviewer the team's units only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office.fields import format_points
from office.models import AuditEntry
from office.ports import Change, Move
from office.refusal import Refused
from scoring import commitment_queries, queries, visible, words
from scoring import permissions as scoring_permissions
from scoring.actions import scores
from scoring.engine.sheet import RowResult
from scoring.fulfilment import FULFILMENT_NAME, Fulfilment, suggestion
from scoring.models import Cell, Involvement, MajorItem, Score, ScoreKind, SubItem
from scoring.typed import typed_points
from scoring.views.shared import address, block_named, blocks_of, crumbs, decimal_of, nothing_here
from units import foresight, permissions, stages
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle, Reopening
from units.pages import PageRequest, log_denial, page

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
    notes = _notes(Score.objects.filter(cell__block=block, cell__sub_item__in=view.subs))
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
                _grid_cell(
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
                standing=_edge(result, cycle.places, view.totals),
            )
        )
    return rows


def _grid_cell(
    view: View, kept: Cell, score: int | None, source: str, notes: dict[int, str], *, editable: bool
) -> GridCell:
    cycle = view.block.cycle
    return GridCell(
        key=f"c{kept.pk}",
        url=reverse("cell", args=[cycle.code, kept.pk]),
        value=decimal_of(score, cycle.places),
        state=_state(kept, score),
        source=source,
        note=notes.get(kept.pk, ""),
        version=kept.version,
        editable=editable,
    )


def _members_shown(view: View, members: Sequence[int]) -> frozenset[int]:
    """The memberships whose rows the hat sees; no query for who sees every unit."""
    if view.unit_ids is None and not view.hidden:
        return frozenset(members)
    return frozenset(
        pk for pk, unit in view.block.memberships.values_list("pk", "unit_id") if view.shows(unit)
    )


def _sheet_url(view: View, cycle: Cycle, unit: str, block: Block) -> str:
    return reverse("unit-sheet", args=[cycle.code, unit]) + f"?block={block.pk}" if view.totals else ""


def _state(cell: Cell, score: int | None) -> str:
    if cell.involvement == Involvement.CONFIRMED and score is not None:
        return "mean"
    if cell.involvement == Involvement.PROPOSED:
        return "proposed"
    return "missing" if score is None else "scored"


def _edge(row: RowResult | queries.Place | None, places: int, totals: bool) -> Edge:
    if row is None or not totals:
        return Edge(None, False, None, None, 0)
    return Edge(
        row.rank, row.shared, decimal_of(row.final, places), decimal_of(row.preliminary, places), row.missing
    )


def _notes(stored: QuerySet[Score]) -> dict[int, str]:
    """Cell id → every stored score in one line, newest kind last.  One query."""
    labels = dict(ScoreKind.choices)
    notes: dict[int, list[str]] = {}
    for score in stored.select_related("entered_by").order_by("entered_at"):
        notes.setdefault(score.cell_id, []).append(
            f"{labels[ScoreKind(score.kind)]} {format_points(score.points)} · {score.entered_by} "
            f"{timezone.localtime(score.entered_at):%m-%d %H:%M}"
        )
    return {cell_id: "；".join(lines) for cell_id, lines in notes.items()}


@page("E05", methods=("GET", "POST"))
def cell(request: PageRequest, pk: int) -> HttpResponse:
    """GET: the cell's scores, deductions and history. POST: kind, score, reason, version."""
    if request.method == "POST":
        return _save(request, *_visible_cell(request.hat, request.cycle, _cell_alone(pk)))
    one, view = _visible_cell(request.hat, request.cycle, scores.load_cell(pk))
    preview = None
    if "preview" in request.GET:
        _seen_moves, preview = _moves(request.hat, one, view, request.GET)
    return _cell_page(request, one, view, refusal=None, status=200, preview=preview)


def _cell_alone(pk: int) -> Cell:
    """What says whose the cell is; the action loads the rest under its lock."""
    one = Cell.objects.select_related("block__cycle", "membership__unit").filter(pk=pk).first()
    if one is None:
        raise nothing_here()
    return one


def _visible_cell(hat: Hat, cycle: Cycle, one: Cell) -> tuple[Cell, View]:
    """The cell and what the hat sees around it; 404 when it is another year's or none of the hat's business."""
    if one.block.cycle_id != cycle.pk:
        raise nothing_here()
    view = view_of(hat, one.block)
    if not view.shows(one.membership.unit_id) or (view.led is not None and one.sub_item_id not in view.led):
        raise nothing_here()
    return one, view


def _save(request: PageRequest, one: Cell, view: View) -> HttpResponse:
    typed = request.POST.get("score", "")
    reason = request.POST.get("reason", "").strip()
    version = request.POST.get("version", "")
    # Asked before the act, so that the block's row is not held while it is answered.
    editable = view.may_enter(view.kind_named(request.POST.get("kind")), one.membership.unit_id)
    try:
        moves, unseen = _moves(request.hat, one, view, request.POST)
        if unseen is not None:
            return _show_first(request, one, view, unseen)
        kept = _act(
            request, request.hat, one, typed, reason, int(version) if version.isdecimal() else None, moves
        )
    except Refused as refusal:
        return _refused(request, one, view, refusal, typed, reason, editable=editable)
    if not request.htmx:
        return redirect("cell", request.cycle.code, one.pk)
    return _fragment(request, kept, view, "scoring/parts/cell_saved.html", editable=editable, fresh=True)


def _change_asked(hat: Hat, one: Cell, asked: QueryDict) -> Change | None:
    """What the form asks for as a change to be tried; None when the act will refuse it anyway."""
    act, typed = asked.get("act", "score"), asked.get("score", "").strip()
    one.membership.block = one.block
    if act in {"confirm", "reject", "withdraw", "propose"} or typed == "不涉及":
        wanted = {"confirm": Involvement.CONFIRMED, "reject": Involvement.NONE, "withdraw": Involvement.NONE}
        return scores.involving(one, wanted.get(act, Involvement.PROPOSED))
    kind = next((k for k in ScoreKind if k == asked.get("kind")), None)
    if kind is None or not _may_score(hat, kind, one):
        return None
    points = None if act == "clear" or typed == "撤销" else typed_points(typed)
    if points is None and not (act == "clear" or typed == "撤销"):
        return None
    return scores.scoring(one, kind, points)


def _moves(
    hat: Hat, one: Cell, view: View, asked: QueryDict
) -> tuple[Sequence[Move] | None, foresight.Preview | None]:
    """The list kept with the act, and what must be shown before; a reader without totals is shown nothing."""
    cycle = view.block.cycle
    if not view.totals or not foresight.is_due(cycle, view.block):
        return None, None
    change = _change_asked(hat, one, asked)
    if change is None:
        return None, None
    return foresight.as_seen(cycle, change, asked.get(foresight.SEEN, ""), view.block)


def _show_first(request: PageRequest, one: Cell, view: View, preview: foresight.Preview) -> HttpResponse:
    """After the hearing nothing is saved before its list was seen: the cell's page shows it, then is signed."""
    if not request.htmx:
        return _cell_page(request, scores.load_cell(one.pk), view, refusal=None, status=200, preview=preview)
    asked = {
        name: request.POST.get(name, "")
        for name in ("kind", "score", "reason", "act")
        if name in request.POST
    }
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = (
        f"{reverse('cell', args=[request.cycle.code, one.pk])}?{urlencode(asked | {'preview': '1'})}"
    )
    return answer


def _act(
    request: PageRequest,
    hat: Hat,
    one: Cell,
    typed: str,
    reason: str,
    version: int | None,
    moves: Sequence[Move] | None,
) -> Cell:
    """What the form asks for; the cell as it stands afterwards."""
    act = request.POST.get("act", "score")
    if act == "propose":
        return scores.propose_not_involved(
            by=hat, cell_id=one.pk, reason=reason, version=version, consequences=moves
        )
    if act in {"confirm", "reject"}:
        return scores.decide_not_involved(
            by=hat,
            cell_id=one.pk,
            confirm=act == "confirm",
            reason=reason,
            version=version,
            consequences=moves,
        )
    if act == "withdraw":
        return scores.withdraw_not_involved(
            by=hat, cell_id=one.pk, reason=reason, version=version, consequences=moves
        )
    kind = next((k for k in ScoreKind if k == request.POST.get("kind")), None)
    if kind is None:
        raise Refused("no-kind", _("Please say which score this is."), status=422)
    if act == "clear" or typed.strip() == "撤销":
        return scores.clear_score(
            by=hat, cell_id=one.pk, kind=kind, reason=reason, version=version, consequences=moves
        )
    if typed.strip() == "不涉及":
        return scores.propose_not_involved(
            by=hat, cell_id=one.pk, reason=reason, version=version, consequences=moves
        )
    return scores.record_score(
        by=hat,
        cell_id=one.pk,
        kind=kind,
        points=typed_points(typed),
        reason=reason,
        version=version,
        consequences=moves,
    )


def _refused(
    request: PageRequest,
    one: Cell,
    view: View,
    refusal: Refused,
    typed: str,
    reason: str,
    *,
    editable: bool,
) -> HttpResponse:
    if refusal.status == 404:
        raise refusal
    if refusal.status == 403:
        log_denial(request, "E05", refusal)  # nothing typed is lost, so it is answered here
    if not request.htmx:
        # The page shows the newer value and carries its version: sending it again is a decision.
        one = scores.load_cell(one.pk) if refusal.code == "changed-meanwhile" else one
        return _cell_page(request, one, view, refusal=refusal, status=refusal.status)
    one = _cell_alone(one.pk)
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
            request,
            one,
            view,
            "scoring/parts/cell_conflict.html",
            editable=editable,
            refused=True,
            status=409,
            conflict=conflict,
        )
    return _fragment(
        request,
        one,
        view,
        "scoring/parts/cell_refused.html",
        editable=editable,
        refused=True,
        status=refusal.status,
        refusal=refusal,
        typed=typed,
    )


def _fragment(
    request: PageRequest,
    one: Cell,
    view: View,
    template: str,
    *,
    editable: bool,
    fresh: bool = False,
    refused: bool = False,
    status: int = 200,
    **extra: object,
) -> HttpResponse:
    """The cell as it is given and, after a save, every place of the block.  Two queries, three for some readers.

    Read from the stored numbers as they are: the names that the whole grid puts to them are on the page already.
    """
    block = one.block
    numbers = queries.numbers_of(block)
    score, source = numbers.counted(one.membership_id, one.sub_item_id)
    mine = _grid_cell(view, one, score, source, _notes(Score.objects.filter(cell=one)), editable=editable)
    shown = _members_shown(view, numbers.members)
    rows = [
        PlaceRow(f"u{member}", _edge(place, block.cycle.places, view.totals))
        for member, place in numbers.places()
        if member in shown
    ]
    context = {
        "cell": replace(mine, fresh=fresh, refused=refused),
        "rows": rows,
        "places": one.block.cycle.places,
        **extra,
    }
    return render(request, template, context, status=status)


def _fulfilment(one: Cell, cycle: Cycle) -> tuple[Fulfilment, Decimal | None] | None:
    """The rate of kept promises and what it would give of the base; None away from its sub-item.  A suggestion."""
    if one.sub_item.name != FULFILMENT_NAME:
        return None
    unit_id = one.membership.unit_id
    found = commitment_queries.fulfilment_by_unit(cycle, [unit_id]).get(unit_id)
    return (found, suggestion(found, one.sub_item.base_points, cycle.places)) if found is not None else None


def _cell_page(
    request: PageRequest,
    one: Cell,
    view: View,
    *,
    refusal: Refused | None,
    status: int,
    preview: foresight.Preview | None = None,
) -> HttpResponse:
    hat, cycle = request.hat, request.cycle
    asked = request.POST if request.method == "POST" else request.GET
    kept = {
        s.kind: s
        for s in one.scores.select_related("entered_by", "compared_by", "paper").prefetch_related(
            "deductions"
        )
    }
    may_enter = [k for k in view.kinds if _may_score(hat, k, one)]
    chosen = view.kind_named(asked.get("kind"))
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
            "breadcrumbs": crumbs(
                cycle,
                (_("Score matrix"), ""),
                (one.block.name, reverse("matrix", args=[cycle.code, one.block.name])),
                (str(one), ""),
            ),
            "cell": one,
            "counted": decimal_of(counted.score if counted else None, cycle.places),
            "counted_source": str(counted.source or "") if counted else "",
            "state": _state(one, counted.score if counted else None),
            "scores": [(kind, kept.get(kind)) for kind in ScoreKind],
            "kinds": [(k.value, k.label, k == chosen) for k in may_enter],
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
            "fulfilment": _fulfilment(one, cycle),
            "history": [(e.at, e.user_name, words.entry_words(e)) for e in history.order_by("-number")[:100]],
            "refusal": refusal,
            "preview": preview,
            "asked": [
                (name, asked.get(name, "")) for name in ("act", "kind", "score", "reason") if name in asked
            ],
            "asked_version": request.POST.get("version", one.version),
            "typed": asked.get("score", ""),
            "typed_reason": asked.get("reason", ""),
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
