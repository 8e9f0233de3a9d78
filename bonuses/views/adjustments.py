"""One claim from its form to its decision, and the queue of the second person.

What may be claimed and decided is told by bonuses.actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bonuses import permissions, policy, queries, words
from bonuses.actions import adjustments, documents
from bonuses.forms import ClaimForm, IssuerForm, ReasonForm
from bonuses.models import Adjustment, AdjustmentState, Issuer, Matter, Pool
from bonuses.sentences import not_found
from bonuses.views.papers import may_claim_anything
from office.ports import NEW, Change, Move
from office.refusal import Refused
from units import foresight
from units.matrix import Role
from units.models import Unit
from units.pages import PageRequest, page
from units.permissions import may

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})
LIGHTS = {
    AdjustmentState.PROPOSED: "amber",
    AdjustmentState.VERIFIED: "green",
    AdjustmentState.REJECTED: "red",
    AdjustmentState.WITHDRAWN: "off",
}


def line_of(row: Adjustment, tariff: policy.Tariff, worth: policy.Worth | None = None) -> dict[str, Any]:
    found = worth or policy.worth(queries.paper_of(row), tariff)
    return {
        "row": row,
        "what": words.what(row),
        "points": words.signed(found),
        "why": words.why(found),
        "clause": found.clause,
        "light": LIGHTS[AdjustmentState(row.state)],
    }


# One claim ---------------------------------------------------------------------------------------


def _claimable(request: PageRequest) -> list[Unit]:
    """The units this hat may claim for: itself, those of its led blocks, or all."""
    hat, cycle = request.hat, request.cycle
    units = list(queries.members_with_papers(cycle))
    if hat.role in OWN:
        units = [member for member in units if member.unit_id == hat.unit_id]
    if hat.role is Role.LEAD:
        led = {block for block, _name in permissions.led_in(hat, cycle)}
        tied = hat.tied_unit_ids(cycle.pk)
        units = [m for m in units if m.block_id in led and m.unit_id not in tied]
    return [member.unit for member in units]


@page("F01", methods=("GET", "POST"))
def claim(request: PageRequest) -> HttpResponse:
    """Enter one paper and what it does; what was typed stays after a refusal."""
    hat, cycle = request.hat, request.cycle
    units = _claimable(request)
    form = ClaimForm(
        request.POST or None,
        request.FILES or None,
        units=units,
        pools=Pool.objects.filter(cycle=cycle),
        may_reward=hat.role not in OWN,
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            chosen = list(form.cleaned_data["units"]) or (units if len(units) == 1 else [])
            sent = form.cleaned_data["file"]
            stored = documents.keep_file(sent.chunks(), sent.name, hat) if sent else None
            made = adjustments.propose(
                by=hat, cycle=cycle, units=chosen, claim=form.claim(), paper=form.paper(), file=stored
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("%(count)d entered; another person of the appraisal office now verifies.")
                % {"count": len(made)},
            )
            return redirect("adjustment", cycle.code, made[0].pk)
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(
        request,
        "bonuses/claim.html",
        {
            "form": form,
            "refusal": refusal,
            "issuers": Issuer.objects.filter(cycle=cycle),
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[cycle.code])),
                (_("Enter a paper"), ""),
            ],
            "cycle": cycle,
        },
        status=status,
    )


def _seen(request: PageRequest, pk: int) -> Adjustment:
    rows = permissions.adjustments_for(request.hat, request.cycle)
    found = rows.filter(pk=pk).select_related(*queries.WITH_ALL).first()
    if found is None:
        raise not_found()
    return found


@page("F03")
def adjustment(request: PageRequest, pk: int) -> HttpResponse:
    return _show(request, _seen(request, pk))


def _show(request: PageRequest, row: Adjustment, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    block = row.membership.block
    block.cycle = cycle
    decides = may(permissions.DECIDE, hat, cycle, unit_id=row.unit_id, block=block, acts_on_unit=True)
    open_ = row.state == AdjustmentState.PROPOSED
    mine = row.proposed_by_id == hat.user.pk
    own = hat.role in OWN and hat.unit_id == row.unit_id and row.proposed_role in OWN
    may_decide = decides and open_ and not mine
    may_undo = (
        decides and row.state == AdjustmentState.VERIFIED and not mine and row.decided_by_id != hat.user.pk
    )
    change = _change(request, row) if may_undo or (may_decide and not row.hold) else None
    rules = queries.loaded_rules(cycle)
    if change is not None:
        change = replace(change, what={**change.what, "cycle": cycle, "rules": rules})
    return render(
        request,
        "bonuses/adjustment.html",
        {
            "row": row,
            "line": line_of(row, rules.tariff),
            "places": cycle.places,
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[cycle.code])),
                (row.unit.name, ""),
            ],
            "two": {
                "first_deed": _("entered the paper"),
                "first_person": str(row.proposed_by),
                "first_at": row.proposed_at,
                "first_reason": row.note,
                "second_deed": row.get_state_display() if not open_ else _("verifies"),
                "second_person": str(row.decided_by) if row.decided_by else None,
                "second_at": row.decided_at,
                "second_reason": row.reason,
                "waiting": _("another person of the appraisal office"),
            },
            "may_decide": may_decide,
            "may_undo": may_undo,
            "preview": foresight.preview(cycle, change, block) if change is not None else None,
            "is_mine": decides and open_ and mine,
            "may_withdraw": open_ and (mine or own) and may_claim_anything(request),
            "form": ReasonForm(request.POST if refusal else None),
            "paper_url": reverse("paper", args=[cycle.code, row.document_id]),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _change(request: PageRequest, row: Adjustment) -> Change:
    """What the decision the page offers would change: the paper counts, or no longer."""
    if row.state == AdjustmentState.VERIFIED:
        return adjustments.dropping(request.cycle, row.pk)
    return adjustments.counting(request.cycle, [row.pk])


def _moves(request: PageRequest, row: Adjustment) -> Sequence[Move] | None:
    """The list the page showed, as it is now; a proposal that is rejected moves nothing."""
    block = row.membership.block
    block.cycle = request.cycle
    seen = request.POST.get(foresight.SEEN, "")
    return foresight.require_seen(request.cycle, _change(request, row), seen, block)


def _version(request: PageRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise Refused("no-version", _("Please open the page again and repeat what you did."), status=422)
    return int(text)


@page("F02", methods=("POST",))
def decide(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """verify, reject or named; a refusal shows the page again with its sentence."""
    if act not in {"verify", "reject", "named"}:
        raise not_found()
    row = _seen(request, pk)
    by, cycle = request.hat, request.cycle
    try:
        version = _version(request)
        if act == "verify":
            moves = _moves(request, row) if row.state == AdjustmentState.PROPOSED else None
            row = adjustments.verify(
                by=by, cycle=cycle, adjustment_id=pk, version=version, consequences=moves
            )
            messages.success(
                request, _("%(what)s counts now; the places are up to date.") % {"what": str(row)}
            )
        elif act == "reject":
            reason = request.POST.get("reason", "")[:300]
            moves = _moves(request, row) if row.state == AdjustmentState.VERIFIED else None
            row = adjustments.reject(
                by=by, cycle=cycle, adjustment_id=pk, reason=reason, version=version, consequences=moves
            )
            messages.success(request, _("%(what)s is rejected.") % {"what": str(row)})
        else:
            row = adjustments.confirm_named(by=by, cycle=cycle, adjustment_id=pk, version=version)
            messages.success(request, _("Confirmed: the paper names this unit too."))
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _show(request, _seen(request, pk), refusal)
    back = request.POST.get("back", "")
    return redirect(
        "adjustments-waiting" if back == "waiting" else "adjustment",
        cycle.code,
        *([] if back == "waiting" else [pk]),
    )


@page("F01", methods=("POST",))
def withdraw(request: PageRequest, pk: int) -> HttpResponse:
    row = _seen(request, pk)
    try:
        adjustments.withdraw(
            by=request.hat,
            cycle=request.cycle,
            adjustment_id=pk,
            reason=request.POST.get("reason", "")[:300],
            version=_version(request),
        )
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _show(request, row, refusal)
    messages.success(request, _("Taken back."))
    return redirect("adjustment", request.cycle.code, pk)


# The queue of the second person ------------------------------------------------------------------


@page("F02", methods=("GET", "POST"), tables=True)
def waiting(request: PageRequest) -> HttpResponse:
    """What waits for a second person; ticked ones are verified at once, exceptions are left and named."""
    cycle, hat = request.cycle, request.hat
    left: list[tuple[Adjustment, Refused]] = []
    if request.method == "POST":
        versions = {}
        for text in request.POST.getlist("row"):
            pk, _sign, version = text.partition(":")
            if pk.isdecimal() and version.isdecimal():
                versions[int(pk)] = int(version)
        if not versions:
            raise Refused("no-paper", _("Please tick the papers that are meant."), status=422)
        moves: Sequence[Move] | None = None
        if foresight.is_due(cycle):
            sorted_out = adjustments.sort_out(by=hat, cycle=cycle, versions=versions)
            change = adjustments.counting(cycle, [row.pk for row in sorted_out.done])
            moves, unseen = foresight.as_seen(cycle, change, request.POST.get(foresight.SEEN, ""))
            if unseen is not None and sorted_out.done:
                return _ask_to_sign(request, sorted_out, unseen)
        outcome = adjustments.verify_many(by=hat, cycle=cycle, versions=versions, consequences=moves)
        left = outcome.left
        if outcome.done:
            messages.success(
                request,
                _("%(count)d verified; the places are up to date.") % {"count": len(outcome.done)},
            )
    tariff = queries.rules_of(cycle).tariff
    lines = []
    for row in queries.waiting(cycle):
        line = line_of(row, tariff)
        mine = row.proposed_by_id == hat.user.pk or hat.is_tied_to(row.unit_id, cycle.pk)
        stuck = row.hold or row.document.file_id is None or not line["clause"]
        stuck = stuck or policy.worth(queries.paper_of(row), tariff).why is policy.Why.NO_TARIFF
        lines.append(line | {"mine": mine, "stuck": bool(stuck)})
    return render(
        request,
        "bonuses/waiting.html",
        {
            "lines": lines,
            "left": [(str(row), refusal.sentence) for row, refusal in left],
            "ready": len([line for line in lines if not line["mine"] and not line["stuck"]]),
            "places": cycle.places,
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[cycle.code])),
                (_("Waiting for a second person"), ""),
            ],
            "cycle": cycle,
        },
    )


def _ask_to_sign(
    request: PageRequest, sorted_out: adjustments.Decided, preview: foresight.Preview
) -> HttpResponse:
    """The page between ticking and signing, after the hearing: what all of it together moves."""
    code = request.cycle.code
    count = len(sorted_out.done)
    return render(
        request,
        "parts/sign.html",
        {
            "page_title": _("Verify what is ticked"),
            "question": ngettext(
                "You verify %(count)d paper. It counts from your signature on.",
                "You verify %(count)d papers. They count from your signature on.",
                count,
            )
            % {"count": count},
            "preview": preview,
            "hidden": [("row", text) for text in request.POST.getlist("row")],
            "button": _("Sign and let them count"),
            "cancel_url": reverse("adjustments-waiting", args=[code]),
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[code])),
                (_("Waiting for a second person"), reverse("adjustments-waiting", args=[code])),
                (_("Verify what is ticked"), ""),
            ],
            "cycle": request.cycle,
        },
    )


# Matters and issuers -----------------------------------------------------------------------------


@page("F07", methods=("GET", "POST"), tables=True)
def matters(request: PageRequest) -> HttpResponse:
    """What looks like one matter by its titles, to be ticked; what is one already, to be taken apart."""
    cycle = request.cycle
    if request.method == "POST":
        ids = [int(text) for text in request.POST.getlist("row") if text.isdecimal()]
        apart = request.POST.get("act") == "apart"
        change = adjustments.joining(cycle, ids, None if apart else NEW)
        moves: Sequence[Move] | None = None
        if foresight.is_due(cycle):
            moves, unseen = foresight.as_seen(cycle, change, request.POST.get(foresight.SEEN, ""))
            if unseen is not None and unseen.moves:
                return _matter_to_sign(request, unseen)
        if apart:
            adjustments.take_out_of_matter(
                by=request.hat, cycle=cycle, adjustment_ids=ids, consequences=moves
            )
            messages.success(request, _("Taken apart; each counts by itself."))
        else:
            matter = adjustments.put_into_matter(
                by=request.hat,
                cycle=cycle,
                adjustment_ids=ids,
                title=request.POST.get("title", ""),
                consequences=moves,
            )
            messages.success(request, _("“%(matter)s” is one matter now.") % {"matter": str(matter)})
        return redirect("matters", cycle.code)
    rows = list(
        permissions.adjustments_for(request.hat, cycle)
        .filter(state__in=["proposed", "verified"])
        .exclude(kind=policy.REWARD)
        .select_related(*queries.WITH_ALL)
    )
    proposed = []
    for unit_rows in _by_unit_and_sign(rows):
        free = {row.pk: row for row in unit_rows if row.matter_id is None}
        for group in policy.propose_matters({pk: row.document.title for pk, row in free.items()}):
            papers = [free[pk] for pk in group]
            proposed.append({"unit": papers[0].unit, "title": papers[0].document.title[:60], "rows": papers})
    known = [
        {"matter": matter, "rows": [row for row in rows if row.matter_id == matter.pk]}
        for matter in Matter.objects.filter(cycle=cycle)
    ]
    return render(
        request,
        "bonuses/matters.html",
        {
            "proposed": proposed,
            "known": [each for each in known if each["rows"]],
            "rows": rows,
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[cycle.code])),
                (_("Matters"), ""),
            ],
            "cycle": cycle,
        },
    )


def _matter_to_sign(request: PageRequest, preview: foresight.Preview) -> HttpResponse:
    """The page between, after the hearing, where joining or parting papers moves somebody."""
    code = request.cycle.code
    hidden = [("row", text) for text in request.POST.getlist("row")]
    hidden += [(name, request.POST.get(name, "")[:200]) for name in ("act", "title")]
    return render(
        request,
        "parts/sign.html",
        {
            "page_title": _("Matters"),
            "question": request.POST.get("title", "")[:200] or _("These papers are no longer one matter."),
            "preview": preview,
            "hidden": hidden,
            "button": _("Sign"),
            "cancel_url": reverse("matters", args=[code]),
            "breadcrumbs": [(_("Matters"), reverse("matters", args=[code])), (_("Sign"), "")],
            "cycle": request.cycle,
        },
    )


def _by_unit_and_sign(rows: list[Adjustment]) -> list[list[Adjustment]]:
    groups: dict[tuple[int, bool], list[Adjustment]] = {}
    for row in rows:
        groups.setdefault((row.unit_id, row.kind == policy.CRITICISM), []).append(row)
    return list(groups.values())


@page("F07", methods=("GET", "POST"), tables=True)
def issuers(request: PageRequest) -> HttpResponse:
    """The table of issuers; a new one is added with its level."""
    cycle = request.cycle
    form = IssuerForm(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            added = documents.add_issuer(by=request.hat, cycle=cycle, **form.cleaned_data)
        except Refused as refused:
            if refused.status == 403:
                raise
            refusal = refused
        else:
            messages.success(
                request, _("%(name)s has the level %(level)s.") % {"name": added.name, "level": added.level}
            )
            return redirect("issuers", cycle.code)
    return render(
        request,
        "bonuses/issuers.html",
        {
            "form": form,
            "refusal": refusal,
            "rows": Issuer.objects.filter(cycle=cycle),
            "breadcrumbs": [
                (_("Additions and deductions"), reverse("adjustments", args=[cycle.code])),
                (_("Issuers"), ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )
