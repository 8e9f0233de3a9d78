"""Vetoes, yellow cards and misconduct: the list, proposing, and the decisions of the leading group.

They stand beside a place and never in a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from bonuses import permissions, policy, queries
from bonuses.actions import documents, vetoes
from bonuses.actions.vetoes import VetoDraft
from bonuses.forms import FindingForm, VetoForm
from bonuses.group_deeds import FINDING, VETO, WANTED
from bonuses.models import BarState, Finding, Veto
from bonuses.sentences import not_found
from office.ports import Move
from office.refusal import Refused
from units import foresight
from units.matrix import Role
from units.models import Unit
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group

DECISIONS = frozenset({"confirm", "reject", "lift"})
LIGHTS = {
    BarState.PROPOSED: "amber",
    BarState.CONFIRMED: "red",
    BarState.REJECTED: "off",
    BarState.LIFTED: "green",
}


def _line(row: Veto | Finding, request: PageRequest) -> dict[str, Any]:
    hat, cycle = request.hat, request.cycle
    act_row = permissions.DECIDE_VETO if isinstance(row, Veto) else permissions.MISCONDUCT
    decides = hat.role is Role.LEADING_GROUP and may(
        act_row, hat, cycle, unit_id=row.unit_id, acts_on_unit=True
    )
    me = hat.user.pk
    name = "veto-decide" if isinstance(row, Veto) else "misconduct-decide"
    kind = VETO if isinstance(row, Veto) else FINDING
    types = may_on_behalf_of_group(act_row, hat, cycle, units=[row.unit_id])
    return {
        "row": row,
        "light": LIGHTS[BarState(row.state)],
        "may_confirm": decides and row.state == BarState.PROPOSED and row.proposed_by_id != me,
        "may_lift": decides and row.state == BarState.CONFIRMED and row.confirmed_by_id != me,
        "confirm_url": reverse(name, args=[cycle.code, row.pk, "confirm"]),
        "reject_url": reverse(name, args=[cycle.code, row.pk, "reject"]),
        "lift_url": reverse(name, args=[cycle.code, row.pk, "lift"]),
        "minutes": [
            (label, reverse("minutes-enter", args=[cycle.code, f"{kind}-{act}", row.pk]))
            for act, label in (("confirm", _("Confirm")), ("reject", _("Reject")), ("lift", _("Lift")))
            if types and row.state == WANTED[act]
        ],
        "paper_url": reverse("paper", args=[cycle.code, row.document_id]) if row.document_id else "",
    }


@page("F03", tables=True)
def vetoes_page(request: PageRequest) -> HttpResponse:
    return _show(request)


def _show(request: PageRequest, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    people = ("unit", "document", "proposed_by", "confirmed_by", "ended_by")
    rows = permissions.vetoes_for(hat, cycle).select_related(*people).order_by("state", "unit__order", "pk")
    found = (
        permissions.findings_for(hat, cycle).select_related(*people).order_by("state", "unit__order", "pk")
    )
    effects = queries.effects_of(cycle, queries.rules_of(cycle))
    return render(
        request,
        "bonuses/vetoes.html",
        {
            "vetoes": [_line(row, request) for row in rows],
            "findings": [_line(row, request) for row in found],
            "effects": list(effects.items()),
            "propose_url": reverse("veto-propose", args=[cycle.code])
            if may(permissions.PROPOSE_VETO, hat, cycle)
            else "",
            "finding_url": reverse("misconduct-propose", args=[cycle.code])
            if may(permissions.MISCONDUCT, hat, cycle)
            else "",
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("F04", methods=("GET", "POST"))
def propose_veto(request: PageRequest) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    form = VetoForm(request.POST or None, request.FILES or None, units=_units(request))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sent = data["file"]
            stored = documents.keep_file(sent.chunks(), sent.name, hat) if sent else None
            vetoes.propose_veto(
                by=hat,
                cycle=cycle,
                unit=data["unit"],
                veto=VetoDraft(
                    field=data["field"],
                    level=data["level"],
                    deciding_body=data["deciding_body"],
                    on=data["decided_on"],
                ),
                paper=form.paper(),
                file=stored,
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("Entered; the leading group now confirms or rejects it."))
            return redirect("vetoes", cycle.code)
    return _form(request, form, refusal, _("Propose a veto"))


@page("F06", methods=("GET", "POST"))
def propose_finding(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    form = FindingForm(request.POST or None, units=_units(request))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            vetoes.propose_finding(by=request.hat, cycle=cycle, **form.cleaned_data)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(
                request, _("Entered; another person of the leading group now confirms or rejects it.")
            )
            return redirect("vetoes", cycle.code)
    return _form(request, form, refusal, _("Record misconduct"))


def _units(request: PageRequest) -> Any:
    """Units that take part, without those the person is tied to."""
    tied = request.hat.tied_unit_ids(request.cycle.pk)
    return Unit.objects.filter(memberships__block__cycle=request.cycle).exclude(pk__in=tied).distinct()


def _form(request: PageRequest, form: Any, refusal: Refused | None, title: str) -> HttpResponse:
    cycle = request.cycle
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(
        request,
        "bonuses/veto_form.html",
        {
            "form": form,
            "refusal": refusal,
            "page_title": title,
            "fields": policy.VETO_FIELDS,
            "breadcrumbs": [(_("Vetoes"), reverse("vetoes", args=[cycle.code])), (title, "")],
            "cycle": cycle,
        },
        status=status,
    )


@page("F05", methods=("POST",))
def decide_veto(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """confirm, reject or lift."""
    by, cycle = request.hat, request.cycle
    if act not in DECISIONS or not permissions.vetoes_for(by, cycle).filter(pk=pk).exists():
        raise not_found()
    reason, version = request.POST.get("reason", "")[:300], _version(request)
    moves, unseen = _moves(request, permissions.vetoes_for(by, cycle).get(pk=pk), act)
    if unseen is not None:
        return unseen
    try:
        if act == "confirm":
            vetoes.confirm_veto(by=by, cycle=cycle, veto_id=pk, version=version, consequences=moves)
        elif act == "reject":
            vetoes.reject_veto(by=by, cycle=cycle, veto_id=pk, reason=reason, version=version)
        else:
            vetoes.lift_veto(
                by=by, cycle=cycle, veto_id=pk, reason=reason, version=version, consequences=moves
            )
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _show(request, refusal)
    return _done(request, act)


@page("F06", methods=("POST",))
def decide_finding(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """confirm, reject or lift."""
    by, cycle = request.hat, request.cycle
    if act not in DECISIONS or not permissions.findings_for(by, cycle).filter(pk=pk).exists():
        raise not_found()
    reason, version = request.POST.get("reason", "")[:300], _version(request)
    moves, unseen = _moves(request, permissions.findings_for(by, cycle).get(pk=pk), act)
    if unseen is not None:
        return unseen
    try:
        if act == "confirm":
            vetoes.confirm_finding(by=by, cycle=cycle, finding_id=pk, version=version, consequences=moves)
        elif act == "reject":
            vetoes.reject_finding(by=by, cycle=cycle, finding_id=pk, reason=reason, version=version)
        else:
            vetoes.lift_finding(
                by=by, cycle=cycle, finding_id=pk, reason=reason, version=version, consequences=moves
            )
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _show(request, refusal)
    return _done(request, act)


def _moves(
    request: PageRequest, row: Veto | Finding, act: str
) -> tuple[Sequence[Move] | None, HttpResponse | None]:
    """The list that is kept with the decision, or the page that shows it first; nothing before the hearing."""
    cycle = request.cycle
    wanted = {"confirm": BarState.PROPOSED, "lift": BarState.CONFIRMED}.get(act)
    if row.state != wanted or request.hat.role is not Role.LEADING_GROUP or not foresight.is_due(cycle):
        return None, None
    change = vetoes.barring(row, in_force=act == "confirm")
    moves, unseen = foresight.as_seen(cycle, change, request.POST.get(foresight.SEEN, ""))
    if unseen is None:
        return moves, None
    title = _("Confirm") if act == "confirm" else _("Lift")
    hidden = [("version", request.POST.get("version", "")), ("reason", request.POST.get("reason", "")[:300])]
    return moves, render(
        request,
        "parts/sign.html",
        {
            "page_title": f"{title} · {row.unit}",
            "question": str(row),
            "preview": unseen,
            "hidden": hidden,
            "button": _("Sign"),
            "cancel_url": reverse("vetoes", args=[cycle.code]),
            "breadcrumbs": [(_("Vetoes"), reverse("vetoes", args=[cycle.code])), (title, "")],
            "cycle": cycle,
        },
    )


def _version(request: PageRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else -1


def _done(request: PageRequest, act: str) -> HttpResponse:
    said = {
        "confirm": _("In force: the unit's eligibility is taken away; its score and place stay."),
        "reject": _("Rejected."),
        "lift": _("Lifted: the unit is eligible again as far as nothing else bars it."),
    }
    messages.success(request, said[act])
    return redirect("vetoes", request.cycle.code)
