"""The page of one cell, and its saving from the matrix in place: scores, what they would move, who saved meanwhile.

Saving is scoring.actions.scores'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from office.models import AuditEntry
from office.ports import Change, Move
from office.refusal import Refused
from scoring import commitment_queries, queries, words
from scoring import permissions as scoring_permissions
from scoring.actions import scores
from scoring.fulfilment import FULFILMENT_NAME, Fulfilment, suggestion
from scoring.models import Cell, Involvement, Score, ScoreKind
from scoring.typed import typed_points
from scoring.views.matrix import (
    PlaceRow,
    View,
    edge_of,
    grid_cell,
    members_shown,
    notes_of,
    state_of,
    view_of,
)
from scoring.views.shared import crumbs, decimal_of, nothing_here
from units import foresight, permissions
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import PageRequest, log_denial, page


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
    mine = grid_cell(view, one, score, source, notes_of(Score.objects.filter(cell=one)), editable=editable)
    shown = members_shown(view, numbers.members)
    rows = [
        PlaceRow(f"u{member}", edge_of(place, block.cycle.places, view.totals))
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
            "state": state_of(one, counted.score if counted else None),
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
