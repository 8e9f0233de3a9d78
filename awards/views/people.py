"""Recommendations of lead bodies for single awards, and the list of individuals.

Rows J05 and J06; acts go through awards.actions.people.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards.actions import people as acts
from awards.forms import IndividualForm, NominationForm
from awards.models import AwardScheme
from awards.models.scheme import Kind
from awards.views.shared import ask, tabs, yuan
from office.refusal import Refused
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may


@page("J06", methods=("GET", "POST"))
def individuals(request: PageRequest) -> HttpResponse:
    """The people of the individual awards by class, and a form for one more."""
    cycle = request.cycle
    form = IndividualForm(request.POST or None, cycle=cycle)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            try:
                one = acts.name_individual(
                    by=request.hat,
                    cycle=cycle,
                    prize_id=typed["prize"].pk,
                    name=typed["name"],
                    unit_id=typed["unit"].pk,
                    post=typed["post"],
                    merit=typed["merit"],
                )
            except Refused as refusal:
                if refusal.status in {403, 404}:
                    raise
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                messages.success(request, _("%(name)s stands on the list.") % {"name": one.name})
                return redirect("individuals", cycle.code)
    people = queries.individuals_of(cycle)
    schemes = AwardScheme.objects.filter(cycle=cycle, kind=Kind.INDIVIDUAL).prefetch_related("prizes")
    classes = [
        {
            "award": scheme.name,
            "grade": prize.grade,
            "count": prize.count,
            "amount": yuan(prize.amount_fen),
            "people": [one for one in people if one.prize_id == prize.pk],
        }
        for scheme in schemes
        for prize in scheme.prizes.all()
    ]
    return render(
        request,
        "awards/individuals.html",
        {
            "tabs": tabs(request),
            "classes": classes,
            "form": form,
            "may": may("J06", request.hat, cycle),
            "awards_url": reverse("awards", args=[cycle.code]),
        },
        status=status,
    )


@page("J06", methods=("POST",))
def remove_individual(request: PageRequest, pk: int) -> HttpResponse:
    acts.remove_individual(by=request.hat, cycle=request.cycle, individual_id=pk)
    messages.success(request, _("Taken off the list."))
    return redirect("individuals", request.cycle.code)


@page("J05")
def nominations(request: PageRequest) -> HttpResponse:
    """For a lead body the awards it may recommend for; for the office everybody's lists."""
    cycle = request.cycle
    schemes = (
        AwardScheme.objects.filter(cycle=cycle, kind=Kind.SINGLE)
        .order_by("order", "pk")
        .prefetch_related("blocks", "prizes")
    )
    listed = queries.nominations_of(cycle)
    is_lead = request.hat.role is Role.LEAD
    open_now = may("J05", request.hat, cycle, leads=True)
    parts = []
    for scheme in schemes:
        if is_lead and not acts.leads_award(request.hat, scheme):
            continue
        lines = [n for n in listed.get(scheme.pk, []) if not is_lead or n.body_id == request.hat.unit_id]
        parts.append(
            {
                "name": scheme.name,
                "blocks": "、".join(block.name for block in scheme.blocks.all()),
                "lines": lines,
                "add_url": reverse("nominate", args=[cycle.code, scheme.pk]) if open_now else "",
            }
        )
    return render(
        request, "awards/nominations.html", {"parts": parts, "open_now": open_now, "tabs": tabs(request)}
    )


@page("J05", methods=("GET", "POST"))
def nominate(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    scheme = get_object_or_404(AwardScheme, pk=pk, cycle=cycle, kind=Kind.SINGLE)
    if request.hat.role is Role.LEAD and not acts.leads_award(request.hat, scheme):
        raise Refused("not-found", _("There is no such record."), status=404)
    body = request.hat.unit or cycle.host
    form = NominationForm(
        request.POST or None,
        scheme=scheme,
        without=request.hat.unit_id,
        taken=scheme.nominations.filter(body=body).count(),
    )
    return ask(
        request,
        form,
        lambda: acts.nominate(
            by=request.hat,
            cycle=cycle,
            scheme_id=pk,
            membership_id=form.cleaned_data["membership"].pk,
            rank=form.cleaned_data["rank"],
            reason=form.cleaned_data["reason"],
        ),
        title=_("Recommend a unit"),
        question=_("%(award)s: a recommendation stands beside the computed list; the leading group decides.")
        % {"award": scheme.name},
        button=_("Recommend"),
        back=reverse("nominations", args=[cycle.code]),
    )


@page("J05", methods=("POST",))
def withdraw_nomination(request: PageRequest, pk: int) -> HttpResponse:
    acts.withdraw_nomination(by=request.hat, cycle=request.cycle, nomination_id=pk)
    return redirect("nominations", request.cycle.code)
