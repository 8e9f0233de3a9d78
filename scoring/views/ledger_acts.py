"""Taking a version of a ledger back, and saying until when ledgers are due.

What the lines say is shown in scoring.views.ledgers.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from scoring import ledger_queries
from scoring.actions import ledgers as actions
from scoring.models import QUARTERS, LedgerKind, LedgerVersion, QuarterDue, VersionState
from scoring.views.ledgers import ledger_title
from scoring.views.shared import crumbs, nothing_here
from units.pages import PageRequest, page

# Voiding ------------------------------------------------------------------------------------------


class VoidForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


@page("C06", methods=("GET", "POST"))
def void(request: PageRequest, pk: int) -> HttpResponse:
    """Ask once more, then take the version in force back; the reason typed stays after a refusal."""
    cycle, hat = request.cycle, request.hat
    version = (
        LedgerVersion.objects.filter(
            pk=pk,
            ledger__in=ledger_queries.ledgers_for(hat, cycle)
            | ledger_queries.ledgers_for(hat, cycle, LedgerKind.RETURNS),
        )
        .exclude(state=VersionState.WRITING)
        .select_related("ledger__body", "by", "batch__file")
        .first()
    )
    if version is None:
        raise nothing_here()
    is_ledger = version.ledger.kind == LedgerKind.LEDGER
    back = (
        reverse("ledger", args=[cycle.code, version.ledger.body.name, version.ledger.quarter])
        if is_ledger
        else reverse("returns", args=[cycle.code])
    )
    form = VoidForm(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.void(by=hat, cycle=cycle, version_id=pk, reason=form.cleaned_data["reason"])
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("It was voided; the version before stands again."))
            return redirect(back)
    return render(
        request,
        "parts/confirm.html",
        {
            "page_title": _("Void an import"),
            "breadcrumbs": crumbs(
                cycle, (_("Ledgers"), reverse("ledgers", args=[cycle.code])), (_("Void an import"), "")
            ),
            "refusal": refusal,
            "question": _("Void version %(number)s of %(ledger)s?")
            % {
                "number": version.number,
                "ledger": ledger_title(version.ledger.body, version.ledger.quarter)
                if is_ledger
                else str(version.ledger),
            },
            "consequences": [
                _("Its %(count)d lines no longer count; the version before stands again.")
                % {"count": version.line_count},
                _("It stays readable among the versions, with your reason."),
            ],
            "form": form,
            "button": _("Void it"),
            "danger": True,
            "cancel_url": back,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


# Due days -----------------------------------------------------------------------------------------


class DueForm(forms.Form):
    """Four days and one hour; a day left empty stays as it is."""

    q1 = forms.DateField(label=gettext_lazy("Quarter 1 until"), required=False)
    q2 = forms.DateField(label=gettext_lazy("Quarter 2 until"), required=False)
    q3 = forms.DateField(label=gettext_lazy("Quarter 3 until"), required=False)
    q4 = forms.DateField(label=gettext_lazy("Quarter 4 until"), required=False)
    cut_off = forms.TimeField(
        label=gettext_lazy("Until what hour"),
        required=False,
        help_text=gettext_lazy("Empty: until the day is over."),
        widget=forms.TimeInput(attrs={"type": "time"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for quarter in QUARTERS:
            self.fields[f"q{quarter}"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@page("D08", methods=("GET", "POST"))
def due(request: PageRequest) -> HttpResponse:
    """Until when each quarter's ledgers are to be in."""
    cycle, hat = request.cycle, request.hat
    stored = {row.quarter: row for row in QuarterDue.objects.filter(cycle=cycle)}
    initial: dict[str, Any] = {f"q{quarter}": row.due_on for quarter, row in stored.items()}
    initial["cut_off"] = next((row.cut_off for row in stored.values() if row.cut_off), None)
    form = DueForm(request.POST or None, initial=initial)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        hour: time | None = form.cleaned_data["cut_off"]
        try:
            for quarter in QUARTERS:
                day: date | None = form.cleaned_data[f"q{quarter}"]
                before = stored.get(quarter)
                if day is not None and (before is None or (before.due_on, before.cut_off) != (day, hour)):
                    actions.set_due(by=hat, cycle=cycle, quarter=quarter, due_on=day, cut_off=hour)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("The days are set."))
            return redirect("ledgers", cycle.code)
    return render(
        request,
        "parts/confirm.html",
        {
            "page_title": _("When ledgers are due"),
            "breadcrumbs": crumbs(
                cycle, (_("Ledgers"), reverse("ledgers", args=[cycle.code])), (_("When ledgers are due"), "")
            ),
            "refusal": refusal,
            "question": _("Until when is each quarter's ledger to be in?"),
            "form": form,
            "button": _("Set the days"),
            "cancel_url": reverse("ledgers", args=[cycle.code]),
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )
