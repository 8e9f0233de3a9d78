"""Promises: the register with bulk acceptance, one unit's sheet with its rounds, writing, signing, examining.

Who may do what is asked by scoring.actions.commitments; what is seen is scoped in scoring.commitment_queries.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring import commitment_queries as queries
from scoring import commitment_workbooks, fulfilment
from scoring.actions import commitments as acts
from scoring.commitment_forms import WordsForm, goal_formset, initial_of, initial_posted, serving
from scoring.models import Cell, Commitment, CommitmentState
from scoring.views.downloads import attachment
from scoring.views.shared import address, nothing_here
from scoring.views.shared import crumbs as of_year
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment, Unit
from units.pages import PageRequest, log_denial, page
from units.permissions import may

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


def unit_named(request: PageRequest, name: str) -> Unit:
    """A unit of the year that the hat may ask about; every other one is 404."""
    unit = Unit.objects.filter(name=name, memberships__block__cycle=request.cycle).first()
    if unit is None or (request.hat.role in OWN and unit.pk != request.hat.unit_id):
        raise nothing_here()
    return unit


def seen(request: PageRequest, unit: Unit) -> Commitment | None:
    """The unit's commitment within the hat's sight; None when nothing was written yet.  404 out of sight."""
    rows = queries.commitments_for(request.hat, request.cycle).filter(unit=unit)
    found = rows.select_related("unit", "changed_by").first()
    if found is None and unit.pk not in {one.pk for one in queries.units_seen(request.hat, request.cycle)}:
        if request.hat.role in OWN:
            return None
        raise nothing_here()
    return found


def crumbs(cycle: Cycle, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    return of_year(cycle, (_("Commitments"), reverse("commitments", args=[cycle.code])), *steps)


# The register ------------------------------------------------------------------------------------


@page("D01")
def register(request: PageRequest) -> HttpResponse:
    """`?state=` keeps one state.  A unit's people come straight to their own sheet."""
    if request.hat.role in OWN and request.hat.unit is not None:
        return redirect("commitment", request.cycle.code, request.hat.unit.name)
    return _register(request)


def _register(request: PageRequest, left: list[tuple[str, str]] | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    every = queries.register(hat, cycle)
    wanted = request.GET.get("state", "")
    rows = [
        row for row in every if not wanted or wanted == (row.commitment.state if row.commitment else "none")
    ]
    tied = hat.tied_unit_ids(cycle.pk)
    examines = may(acts.EXAMINE, hat, cycle)
    waiting = [
        row
        for row in every
        if row.commitment is not None and row.commitment.state == CommitmentState.SUBMITTED
    ]
    count = dict.fromkeys((*CommitmentState.values, "none"), 0)
    for row in every:
        count[row.commitment.state if row.commitment else "none"] += 1
    return render(
        request,
        "scoring/commitments.html",
        {
            "rows": rows,
            "states": [
                (value, label, count[value], value == wanted)
                for value, label in [*CommitmentState.choices, ("none", _("nothing written"))]
            ],
            "wanted": wanted,
            "examines": examines and bool(waiting),
            "tied": tied,
            "ready": len([row for row in waiting if row.unit.pk not in tied]),
            "left": left or [],
            "cycle": cycle,
            "xlsx_url": reverse("commitments-xlsx", args=[cycle.code]),
            "booklet_url": reverse("commitments-booklet", args=[cycle.code]) if every else "",
            "reports_url": reverse("progress-reports", args=[cycle.code]),
            "coverage_url": reverse("coverage", args=[cycle.code]),
        },
        status=409 if left else 200,
    )


@page("D11", methods=("POST",))
def accept_many(request: PageRequest) -> HttpResponse:
    """Accept what was ticked; what is not ticked stays, and what could not be says why."""
    versions: dict[int, int] = {}
    for one in request.POST.getlist("row"):
        pk, _colon, version = one.partition(":")
        if pk.isdecimal() and version.isdecimal() and len(pk) < 19:
            versions[int(pk)] = int(version)
    if not versions:
        raise Refused("none-ticked", _("Nothing is ticked. Please tick what you have examined."), status=422)
    examined = acts.accept_many(by=request.hat, cycle=request.cycle, versions=versions)
    if examined.done:
        messages.success(request, _("%(count)d commitments accepted.") % {"count": len(examined.done)})
    if examined.left:
        return _register(request, [(row.unit.name, str(refusal)) for row, refusal in examined.left])
    return redirect("commitments", request.cycle.code)


@page("D01")
def xlsx(request: PageRequest) -> HttpResponse:
    """Every goal within the hat's sight, one line each."""
    return attachment(
        commitment_workbooks.goals(request.hat, request.cycle), f"{request.cycle.code}-承诺目标.xlsx"
    )


# One unit ----------------------------------------------------------------------------------------


@page("D01")
def commitment(request: PageRequest, unit: str) -> HttpResponse:
    found = unit_named(request, unit)
    return _show(request, found, seen(request, found))


def _types(hat: Hat, row: Commitment) -> bool:
    """The office may print it for a unit that signs on paper."""
    try:
        acts.require_may_count(hat, row)
    except Refused:
        return False
    return True


def _show(
    request: PageRequest,
    unit: Unit,
    row: Commitment | None,
    refusal: Refused | None = None,
) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    goals = queries.goals_for(hat, row) if row is not None else []
    percents = queries.latest_percents(cycle, [unit.pk])
    own = hat.role in OWN
    is_lead = hat.role is Role.LEAD
    state = row.state if row is not None else ""
    examines = row is not None and may(acts.EXAMINE, hat, cycle, unit_id=unit.pk, acts_on_unit=True)
    writes = own and acts.unit_may_write(cycle, hat, row, unit.pk)
    signs = own and may(acts.SIGN, hat, cycle, unit_id=unit.pk)
    return render(
        request,
        "scoring/commitment.html",
        {
            "unit": unit,
            "row": row,
            "light": queries.LIGHTS[CommitmentState(row.state)] if row is not None else "off",
            "goals": [(goal, percents.get(goal.pk)) for goal in goals],
            "rounds": list(row.rounds.select_related("signed_by", "decided_by", "paper").order_by("-number"))
            if row is not None and not is_lead
            else [],
            "fulfilment": _fulfilment(hat, cycle, unit) if not is_lead else None,
            "edit_url": reverse("commitment-edit", args=[cycle.code, unit.name]) if writes else "",
            "sign_url": reverse("commitment-sign", args=[cycle.code, unit.name])
            if signs and goals and row is not None and row.is_open
            else "",
            "print_about": row.pk
            if row is not None and row.is_open and goals and (writes or _types(hat, row))
            else None,
            "waits_for_principal": own and not signs and writes and bool(goals),
            "withdraw_url": reverse("commitment-withdraw", args=[cycle.code, unit.name])
            if signs and state == CommitmentState.SUBMITTED
            else "",
            "may_accept": examines and state == CommitmentState.SUBMITTED,
            "may_return": examines and state in queries.SIGNED,
            "form": WordsForm(request.POST if refusal else None),
            "refusal": refusal,
            "pdf_url": reverse("commitment-pdf", args=[cycle.code, unit.name])
            if goals and not is_lead
            else "",
            "reports_url": reverse("progress-reports", args=[cycle.code]) if not is_lead else "",
            "coverage_url": reverse("coverage-return", args=[cycle.code, unit.name]) if not is_lead else "",
            "breadcrumbs": of_year(cycle, (_("Commitment"), "")) if own else crumbs(cycle, (unit.name, "")),
            "cycle": cycle,
        },
        status=refusal.status if refusal is not None else 200,
    )


def _fulfilment(hat: Hat, cycle: Cycle, unit: Unit) -> dict[str, Any] | None:
    """The rate, and what it would give of the base in each block that has the sub-item; never stored."""
    found = queries.fulfilment_by_unit(cycle, [unit.pk]).get(unit.pk)
    if found is None:
        return None
    cells = (
        Cell.objects.filter(
            block__cycle=cycle, membership__unit=unit, sub_item__name=fulfilment.FULFILMENT_NAME
        )
        .select_related("block", "sub_item")
        .order_by("block__order")
    )
    sees_cells = may("E05", hat, cycle, unit_id=unit.pk, leads=True)
    return {
        "found": found,
        "would": [
            (
                cell.block.name,
                fulfilment.suggestion(found, cell.sub_item.base_points, cycle.places),
                cell.sub_item.base_points,
                address("cell", cycle.code, cell.pk) if sees_cells else "",
            )
            for cell in cells
        ],
        "places": cycle.places,
    }


@page("D09", methods=("GET", "POST"))
def edit(request: PageRequest, unit: str) -> HttpResponse:
    """Write the goals.  `?more=` offers so many empty ones; what was typed stays after any refusal."""
    cycle, hat = request.cycle, request.hat
    found = unit_named(request, unit)
    row = Commitment.objects.filter(cycle=cycle, unit=found).select_related("unit", "changed_by").first()
    goals = list(row.goals.all()) if row is not None else []
    more = request.GET.get("more", "")
    extra = int(more) if more.isdecimal() and int(more) <= 10 else (1 if goals else 3)
    choices = {"choices": serving(queries.serving_choices(cycle, found.pk))}
    build = goal_formset(extra=extra)
    refusal: Refused | None = None
    if request.method == "POST":
        formset = build(request.POST, initial=initial_posted(request.POST, goals), form_kwargs=choices)
        version = request.POST.get("version", "")
        if formset.is_valid():
            try:
                acts.save_goals(
                    by=hat,
                    cycle=cycle,
                    unit=found,
                    goals=formset.drafts(),
                    version=int(version) if version.isdecimal() else None,
                )
            except Refused as refused:
                refusal = _kept(request, acts.ENTER, refused)
            else:
                messages.success(request, _("The goals are kept. They count when the principal has signed."))
                if "more" in request.POST:
                    return redirect(reverse("commitment-edit", args=[cycle.code, found.name]) + "?more=1")
                return redirect("commitment", cycle.code, found.name)
    else:
        formset = build(initial=initial_of(goals), form_kwargs=choices)
    is_conflict = refusal is not None and refusal.code == "changed-meanwhile"
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(
        request,
        "scoring/commitment_edit.html",
        {
            "unit": found,
            "row": row,
            "formset": formset,
            "version": row.version if row is not None else 0,
            "theirs": goals if is_conflict else [],
            "refusal": refusal,
            "closed": refusal is None and not acts.unit_may_write(cycle, hat, row, found.pk),
            "back_url": reverse("commitment", args=[cycle.code, found.name]),
            "breadcrumbs": of_year(
                cycle,
                (_("Commitment"), reverse("commitment", args=[cycle.code, found.name])),
                (_("Write the goals"), ""),
            ),
            "cycle": cycle,
        },
        status=status,
    )


def _kept(request: PageRequest, row: str, refusal: Refused) -> Refused:
    """A refusal to be shown beside what was typed; 404 goes its way, a denial is logged."""
    if refusal.status == 404:
        raise refusal
    if refusal.status == 403:
        log_denial(request, row, refusal)
    return refusal


def _version(request: PageRequest) -> int | None:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else None


@page("D10", methods=("GET", "POST"))
def sign(request: PageRequest, unit: str) -> HttpResponse:
    """The principal reads once more what is signed, then signs."""
    cycle = request.cycle
    found = unit_named(request, unit)
    row = seen(request, found)
    if row is None:
        raise nothing_here()
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            made = acts.sign(by=request.hat, cycle=cycle, unit=found, version=_version(request))
        except Refused as refused:
            refusal = _kept(request, acts.SIGN, refused)
            row.refresh_from_db()
        else:
            messages.success(
                request,
                _("Signed as round %(number)d; the appraisal office examines it now.")
                % {"number": made.number},
            )
            return redirect("commitment", cycle.code, found.name)
    goals = queries.goals_for(request.hat, row)
    return render(
        request,
        "parts/confirm.html",
        {
            "page_title": _("Sign the commitment"),
            "question": _(
                "You sign %(count)d goals for %(unit)s. From then on they stand until the office answers."
            )
            % {"count": len(goals), "unit": found.name},
            "consequences": [f"{goal.text} — {goal.target} ({goal.due:%Y-%m-%d})" for goal in goals],
            "button": _("Sign"),
            "cancel_url": reverse("commitment", args=[cycle.code, found.name]),
            "hidden": [("version", row.version)],
            "refusal": refusal,
            "breadcrumbs": of_year(
                cycle,
                (_("Commitment"), reverse("commitment", args=[cycle.code, found.name])),
                (_("Sign"), ""),
            ),
        },
        status=refusal.status if refusal else 200,
    )


@page("D10", methods=("POST",))
def withdraw(request: PageRequest, unit: str) -> HttpResponse:
    found = unit_named(request, unit)
    acts.withdraw(by=request.hat, cycle=request.cycle, unit=found, version=_version(request))
    messages.success(request, _("Taken back. The goals can be changed and signed again."))
    return redirect("commitment", request.cycle.code, found.name)


@page("D11", methods=("POST",))
def examine(request: PageRequest, unit: str) -> HttpResponse:
    """POST verdict=accept or return, with words and the version that was read."""
    cycle, hat = request.cycle, request.hat
    found = unit_named(request, unit)
    words, version = request.POST.get("words", ""), _version(request)
    try:
        if request.POST.get("verdict") == "accept":
            acts.accept(by=hat, cycle=cycle, unit=found, words=words, version=version)
            messages.success(request, _("The commitment of %(unit)s is accepted.") % {"unit": found.name})
        else:
            acts.return_with_words(by=hat, cycle=cycle, unit=found, words=words, version=version)
            messages.success(request, _("Returned to %(unit)s with your words.") % {"unit": found.name})
            owner = next(iter(_writers(cycle, found)), None)
            if owner is not None and not may(acts.ENTER, owner, cycle, unit_id=found.pk):
                messages.warning(
                    request,
                    _(
                        "The time for writing is over: %(unit)s can change its goals when you reopen “commitment” for it."
                    )
                    % {"unit": found.name},
                )
    except Refused as refused:
        return _show(request, found, seen(request, found), _kept(request, acts.EXAMINE, refused))
    return redirect("commitment", cycle.code, found.name)


def _writers(cycle: Cycle, unit: Unit) -> list[Hat]:
    """The hats of the unit's own people in that year, as far as there are any.  One query."""
    people = RoleAssignment.objects.filter(unit=unit, role=Role.OFFICIAL, cycle=cycle).select_related("user")
    return [Hat(one.user, Role.OFFICIAL, unit, cycle.pk) for one in people[:1]]
