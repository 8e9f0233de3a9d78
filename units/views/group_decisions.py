"""The office enters what the leading group decided from its signed minutes; comparing is at the desk of forms.

What may be decided is told by the deeds (units.group_decisions).
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.refusal import Refused
from units.actions import group_decisions as acts
from units.actions import paper_forms
from units.forms import DecisionForm
from units.group_decisions import deed_named
from units.models import GroupDecision
from units.pages import PageRequest, page
from units.views.paper_forms import address


@page("E14", methods=("GET", "POST"))
def enter(request: PageRequest, deed: str, about: int) -> HttpResponse:
    """What is decided, its reason, the meeting; the scan now, or later by the code of the printed sheet."""
    cycle, hat = request.cycle, request.hat
    kind = deed_named(deed)
    matter = kind.matter(cycle, about)
    acts.require_may_type(hat, cycle, kind, matter)
    choices = kind.choices(cycle, about) if kind.choices is not None else ()
    form = DecisionForm(
        request.POST or None, request.FILES or None, choices=choices, with_reason=kind.needs_reason
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            decision = acts.enter(
                by=hat,
                cycle=cycle,
                deed_key=deed,
                about_id=about,
                meeting=acts.Meeting(data["met_on"], data["chair"], data["present"]),
                typed=form.typed(),
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            return _entered(request, decision, form)
    back = address(cycle, matter.back)
    return render(
        request,
        "units/minutes.html",
        {
            "page_title": matter.title,
            "label": kind.label,
            "facts": matter.facts,
            "form": form,
            "refusal": refusal,
            "cancel_url": back,
            "breadcrumbs": [(_("Home"), reverse("home")), (_("From the minutes"), "")],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _entered(request: PageRequest, decision: GroupDecision, form: DecisionForm) -> HttpResponse:
    """On to the sheet with its code; a scan that is refused is handed in there again."""
    cycle, hat = request.cycle, request.hat
    sheet = paper_forms.print_form(by=hat, cycle=cycle, kind=acts.KIND, about_id=decision.pk)
    scan = form.cleaned_data["scan"]
    if scan is None:
        messages.success(
            request,
            _("Entered. Print the sheet, have it signed, and hand in its scan; another person compares."),
        )
    else:
        try:
            paper_forms.take_scan(by=hat, cycle=cycle, code=sheet.code, upload=scan)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(
                request,
                _("Entered; another person of the office compares it with the scan, then it is in force."),
            )
    return redirect("signed-form", cycle.code, sheet.code)


@page("E14", methods=("POST",))
def drop(request: PageRequest, form_code: str) -> HttpResponse:
    """Withdraw an entry that is not in force."""
    cycle = request.cycle
    sheet = paper_forms.find(request.hat, cycle, form_code)
    if sheet.kind != acts.KIND:
        raise Refused("not-found", _("There is no such record."), status=404)
    acts.drop(by=request.hat, cycle=cycle, decision_id=sheet.about_id)
    messages.success(request, _("Withdrawn; nothing was changed."))
    return redirect("signed-forms", cycle.code)
