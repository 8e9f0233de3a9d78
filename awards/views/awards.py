"""The page of awards: who would win and why, what is recommended, what the money comes to, who signed.

Who may look is row G02; acts go through awards.actions.award_list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import policy
from awards.actions import award_list as acts
from awards.charts import Slice, budget_bar
from awards.forms import DepartureForm, FillingForm, ReasonForm, TieForm
from awards.models import Award, AwardList, ListState, Nomination
from awards.views.minutes import LIST, shown
from awards.views.shared import ask, tabs, way, yuan
from awards.words import TIE_KEYS, chain_of
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring.views.downloads import attachment
from units.forms import MinutesForm
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group

BEHIND = 5  # contenders shown behind the last prize; the workbook has all


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One line of an award: a contender, or an empty or held seat."""

    grade: str
    rank: int | None
    unit: str
    block: str
    figure: str
    outcome: str
    chain: list[str]
    amount: str
    recommended: list[str]
    url: str = ""
    depart_url: str = ""
    departure: str = ""


@dataclass(frozen=True, slots=True)
class AwardPart:
    """One award as the page shows it."""

    name: str
    anchor: str
    kind: str
    blocks: str
    rests_on: str
    prizes: str
    provisional: bool
    held: bool
    rows: list[SeatRow]
    more: int
    ties: list[tuple[str, str]]  # names, url of the page that settles it
    rulings: list[Any]
    filling: str
    filling_url: str
    tie_order: str
    nominations: list[Nomination]


@page("G02")
def awards(request: PageRequest) -> HttpResponse:
    """Candidates as of now beside the list put forward; the same page simulates while the year runs."""
    cycle = request.cycle
    prefetch_related_objects([cycle], "readings")
    ground = queries.ground_of(cycle)
    computed = queries.compute_awards(ground)
    open_list, in_force = queries.open_list(cycle), queries.list_in_force(cycle)
    stored = queries.awards_on(open_list) if open_list is not None else []
    people = queries.individuals_of(cycle)
    shapes = request.hat.role in {Role.OFFICE, Role.LEADING_GROUP} and _may_shape(request)
    budget = queries.budget_of(ground, computed, people)
    return render(
        request,
        "awards/awards.html",
        {
            "parts": [_part(request, one, stored, ground.nominations, shapes) for one in computed],
            "tabs": tabs(request),
            "people": people,
            "people_open": budget.seats_without_name,
            "individuals_url": reverse("individuals", args=[cycle.code]) if may_name(request) else "",
            "budget": budget,
            "budget_rows": _budget_rows(budget),
            "budget_picture": budget_bar(
                _budget_rows(budget), label=_("Budget of %(total)s 元") % {"total": yuan(budget.total)}
            ),
            "open_list": open_list,
            "in_force": in_force,
            "departures": [award for award in stored if award.departure],
            "propose_url": way(request, "awards-propose") if shapes else "",
            "sign_url": _sign_url(request, open_list),
            "xlsx_url": reverse("awards-xlsx", args=[cycle.code]) if may("G04", request.hat, cycle) else "",
            "money_url": reverse("money", args=[cycle.code]),
            "provisional": any(one.proposal.is_provisional for one in computed),
        },
    )


def _may_shape(request: PageRequest) -> bool:
    row = "J01" if request.hat.role is Role.OFFICE else acts.deciding_row(request.cycle)
    return may(row, request.hat, request.cycle)


def may_name(request: PageRequest) -> bool:
    return may("J06", request.hat, request.cycle)


def _sign_url(request: PageRequest, open_list: AwardList | None) -> str:
    if open_list is None or request.hat.role not in {Role.OFFICE, Role.LEADING_GROUP}:
        return ""
    row = acts.deciding_row(request.cycle)
    is_office = request.hat.role is Role.OFFICE
    may_sign = (may_on_behalf_of_group if is_office else may)(row, request.hat, request.cycle)
    return way(request, "awards-sign") if may_sign else ""


def _budget_rows(budget: queries.Budget) -> list[Slice]:
    return [
        Slice(_("falls to units and people"), budget.given, yuan(budget.given)),
        Slice(_("held by ties"), budget.held, yuan(budget.held)),
        Slice(_("people not named yet"), budget.individuals_open, yuan(budget.individuals_open)),
        Slice(_("stays empty"), budget.empty, yuan(budget.empty)),
    ]


def _part(
    request: PageRequest,
    one: queries.Computed,
    stored: list[Award],
    nominations: Mapping[int, list[Nomination]],
    shapes: bool,
) -> AwardPart:
    scheme, proposal = one.scheme, one.proposal
    names = {line.contender.key: line.contender.unit for line in proposal.lines}
    mine = [award for award in stored if award.scheme_id == scheme.pk]
    listed = nominations.get(scheme.pk, [])
    rows, behind = [], 0
    for line in proposal.lines:
        if line.outcome is policy.Outcome.BELOW or line.rank is None:
            behind += 1
            if behind > BEHIND:
                continue
        elif line.outcome is policy.Outcome.PASSED_OVER and behind:
            continue
        rows.append(_row(request, line, names, mine, listed, shapes))
    ties = {seat.held for seat in proposal.seats if seat.held}
    order = "、".join(str(TIE_KEYS[policy.TieKey(key)]) for key in scheme.tie_order)
    return AwardPart(
        name=scheme.name,
        anchor=f"award-{scheme.pk}",
        kind=scheme.get_kind_display(),
        blocks="、".join(block.name for block in scheme.blocks.all()),
        rests_on="、".join(str(reference) for reference in scheme.rests_on),
        prizes="、".join(
            _("%(grade)s %(count)d × %(amount)s 元")
            % {"grade": p.grade, "count": p.count, "amount": yuan(p.amount_fen)}
            for p in scheme.prizes.all()
        ),
        provisional=any(line.contender.missing for line in proposal.lines[: len(proposal.seats) + BEHIND]),
        held=proposal.is_held,
        rows=rows,
        more=len(proposal.lines) - len(rows),
        ties=[
            ("、".join(names[key] for key in tie), way(request, "award-tie", scheme.pk) if shapes else "")
            for tie in sorted(ties)
        ],
        rulings=list(scheme.tie_rulings.all()),
        filling=scheme.get_filling_display(),
        filling_url=way(request, "award-filling", scheme.pk) if shapes else "",
        tie_order=order,
        nominations=listed,
    )


def _row(
    request: PageRequest,
    line: policy.Line,
    names: dict[int, str],
    mine: list[Award],
    listed: list[Nomination],
    shapes: bool,
) -> SeatRow:
    award = next((a for a in mine if a.computed_id == line.contender.key), None)
    return SeatRow(
        grade=line.grade,
        rank=line.rank,
        unit=line.contender.unit,
        block=line.contender.block,
        figure=line.contender.shown,
        outcome=str(line.outcome),
        chain=chain_of(line, names),
        amount=yuan(line.amount_fen) if line.amount_fen else "",
        recommended=[
            _("%(body)s: place %(rank)d") % {"body": n.body.short_name or n.body.name, "rank": n.rank}
            for n in listed
            if n.membership_id == line.contender.key
        ],
        url=reverse("unit-sheet", args=[request.cycle.code, line.contender.unit]),
        depart_url=way(request, "award-depart", award.pk) if shapes and award is not None else "",
        departure=(
            _("%(unit)s by departure: %(reason)s")
            % {"unit": award.membership.unit if award.membership else _("nobody"), "reason": award.departure}
            if award is not None and award.departure
            else ""
        ),
    )


@page("G04")
def awards_xlsx(request: PageRequest) -> HttpResponse:
    """A sheet with every contender of every award and its reasons."""
    computed = queries.compute_awards(queries.ground_of(request.cycle))
    columns = [
        ColumnOut(_("Award")),
        ColumnOut(_("Grade")),
        ColumnOut(_("Place"), "whole"),
        ColumnOut(_("Unit")),
        ColumnOut(_("Block")),
        ColumnOut(_("Figure")),
        ColumnOut(_("Prize (元)"), "number", 2),
        ColumnOut(_("Reasons"), width=80),
    ]
    rows: list[list[Any]] = []
    for one in computed:
        names = {line.contender.key: line.contender.unit for line in one.proposal.lines}
        for line in one.proposal.lines:
            rows.append(
                [
                    one.scheme.name,
                    line.grade,
                    line.rank,
                    line.contender.unit,
                    line.contender.block,
                    line.contender.shown,
                    queries.as_yuan(line.amount_fen),
                    " ".join(chain_of(line, names)),
                ]
            )
    title = f"{request.cycle.code} {_('Awards')}"
    sheet = SheetOut(_("Awards"), columns, rows, title=title, frozen_columns=2, spare_rows=0)
    return attachment(write_workbook([sheet]), f"{request.cycle.code}-{_('Awards')}.xlsx")


def _propose(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    back = reverse("awards", args=[cycle.code])
    if queries.list_in_force(cycle) is None and request.method == "POST":
        made = acts.propose_list(by=request.hat, cycle=cycle)
        messages.success(request, _("List %(number)d is put forward.") % {"number": made.number})
        return redirect(back)
    return ask(
        request,
        ReasonForm(request.POST or None)
        if queries.list_in_force(cycle)
        else forms.Form(request.POST or None),
        lambda: acts.propose_list(by=request.hat, cycle=cycle, reason=request.POST.get("reason", "")),
        title=_("Put a new list of awards forward"),
        question=_(
            "The list is computed from the figures of now; a first signature given before is taken back."
        ),
        button=_("Put forward"),
        back=back,
    )


@page("J01", methods=("GET", "POST"))
def propose_office(request: PageRequest) -> HttpResponse:
    return _propose(request)


@page("J02", methods=("GET", "POST"))
def propose_group(request: PageRequest) -> HttpResponse:
    return _propose(request)


def _depart(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    open_list = queries.open_list(cycle)
    award = (
        open_list.awards.select_related("scheme", "computed__unit").filter(pk=pk).first()
        if open_list
        else None
    )
    if award is None:
        raise Http404
    computed = queries.compute_award(queries.ground_of(cycle), acts.scheme_of(cycle, award.scheme_id))
    able = [line for line in computed.proposal.lines if not line.contender.bars and line.rank is not None]
    form = DepartureForm(
        request.POST or None,
        choices=[(str(one.contender.key), f"{one.rank} · {one.contender.unit}") for one in able],
        initial={"membership": str(award.membership_id or "")},
    )

    def act() -> None:
        chosen = form.cleaned_data["membership"]
        acts.depart(
            by=request.hat,
            cycle=cycle,
            award_id=pk,
            membership_id=int(chosen) if chosen else None,
            reason=form.cleaned_data["reason"],
        )

    return ask(
        request,
        form,
        act,
        title=_("Depart from the computed list"),
        question=_("%(award)s, %(grade)s: by the figures it goes to %(unit)s.")
        % {
            "award": award.scheme.name,
            "grade": award.grade,
            "unit": award.computed.unit if award.computed else _("nobody"),
        },
        button=_("Depart with this reason"),
        back=reverse("awards", args=[cycle.code]),
    )


@page("J01", methods=("GET", "POST"))
def depart_office(request: PageRequest, pk: int) -> HttpResponse:
    return _depart(request, pk)


@page("J02", methods=("GET", "POST"))
def depart_group(request: PageRequest, pk: int) -> HttpResponse:
    return _depart(request, pk)


def _tie(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    back = reverse("awards", args=[cycle.code])
    computed = queries.compute_award(queries.ground_of(cycle), acts.scheme_of(cycle, pk))
    held = next((seat.held for seat in computed.proposal.seats if seat.held), ())
    if not held:
        messages.info(request, _("%(award)s holds no tie any more.") % {"award": computed.scheme.name})
        return redirect(back)
    names = {line.contender.key: line.contender.unit for line in computed.proposal.lines}
    form = TieForm(request.POST or None, equals=[(key, names[key]) for key in held])
    seats = [seat for seat in computed.proposal.seats if seat.held == held]
    return ask(
        request,
        form,
        lambda: acts.settle_tie(
            by=request.hat,
            cycle=cycle,
            scheme_id=pk,
            how=form.cleaned_data["how"],
            members=form.members() if form.cleaned_data["how"] == "order" else list(held),
            reason=form.cleaned_data["reason"],
        ),
        title=_("Settle a tie"),
        question=_("%(award)s: %(units)s are equal. They fill %(seats)d places of together %(sum)s 元.")
        % {
            "award": computed.scheme.name,
            "units": "、".join(names[key] for key in held),
            "seats": len(seats),
            "sum": yuan(sum(seat.amount_fen for seat in seats)),
        },
        button=_("Settle"),
        back=back,
    )


@page("J01", methods=("GET", "POST"))
def tie_office(request: PageRequest, pk: int) -> HttpResponse:
    return _tie(request, pk)


@page("J02", methods=("GET", "POST"))
def tie_group(request: PageRequest, pk: int) -> HttpResponse:
    return _tie(request, pk)


def _filling(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    scheme = acts.scheme_of(cycle, pk)
    form = FillingForm(request.POST or None, initial={"filling": scheme.filling})
    return ask(
        request,
        form,
        lambda: acts.set_filling(by=request.hat, cycle=cycle, scheme_id=pk, **form.cleaned_data),
        title=_("A barred unit's place"),
        question=_("%(award)s: does the next unit move up, or does the place stay empty?")
        % {"award": scheme.name},
        button=_("Keep"),
        back=reverse("awards", args=[cycle.code]),
    )


@page("J01", methods=("GET", "POST"))
def filling_office(request: PageRequest, pk: int) -> HttpResponse:
    return _filling(request, pk)


@page("J02", methods=("GET", "POST"))
def filling_group(request: PageRequest, pk: int) -> HttpResponse:
    return _filling(request, pk)


def _sign(request: PageRequest) -> HttpResponse:
    """Sign exactly the list seen: its digest comes with the form."""
    cycle = request.cycle
    back = reverse("awards", args=[cycle.code])
    open_list = queries.open_list(cycle)
    if open_list is None:
        raise Refused("no-open-list", _("No list of awards is put forward."), "§5", next_step=back)
    from_minutes = request.hat.role is Role.OFFICE and open_list.state == ListState.DRAFT
    data, uploads = request.POST or None, request.FILES or None
    form: forms.Form = MinutesForm(data, uploads) if from_minutes else forms.Form(data)
    form.fields["digest"] = forms.CharField(widget=forms.HiddenInput(), initial=open_list.digest)
    form.fields["pk"] = forms.IntegerField(widget=forms.HiddenInput(), initial=open_list.pk)
    if not from_minutes:
        form.fields["seen"] = forms.BooleanField(label=_("I have looked at every award of this list."))

    def act() -> None:
        signed = acts.sign_list(
            by=request.hat,
            cycle=cycle,
            list_id=form.cleaned_data["pk"],
            digest=form.cleaned_data["digest"],
            minutes=form.minutes(request.user) if isinstance(form, MinutesForm) else None,
        )
        done = signed.state == ListState.DECIDED
        messages.success(
            request,
            _("The list of awards is decided.") if done else _("Signed; a second person signs as well."),
        )

    lines = queries.awards_on(open_list)
    return ask(
        request,
        form,
        act,
        title=_("Sign list %(number)d") % {"number": open_list.number},
        question=_("%(count)d prizes of together %(sum)s 元, code %(code)s.")
        % {
            "count": sum(1 for award in lines if award.membership_id),
            "sum": yuan(sum(award.amount_fen for award in lines if award.membership_id)),
            "code": open_list.digest[:8],
        },
        consequences=[
            f"{award.scheme.name} · {award.grade} · {award.membership.unit if award.membership else '—'}"
            + (f" ({award.departure})" if award.departure else "")
            for award in lines
        ],
        button=_("Sign"),
        back=back,
        scan=shown(cycle, LIST, open_list),
    )


@page("E14", methods=("GET", "POST"))
def sign_office(request: PageRequest) -> HttpResponse:
    return _sign(request)


@page("J02", methods=("GET", "POST"))
def sign_group(request: PageRequest) -> HttpResponse:
    return _sign(request)


@page("J02", methods=("POST",))
def withdraw_tie(request: PageRequest, pk: int) -> HttpResponse:
    acts.withdraw_tie_ruling(by=request.hat, cycle=request.cycle, ruling_id=pk)
    return redirect("awards", request.cycle.code)
