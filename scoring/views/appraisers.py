"""Misconduct of appraisers: the findings of the year, and every score to look at again (§8(4), row F06).

Seen by the office and the leading group only.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import files
from office.models import User
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring import appraiser_queries as queries
from scoring.actions import appraisers as acts
from scoring.appraiser_queries import Counted, Listed
from scoring.group_deeds import WANTED
from scoring.models import AppraiserFinding, FindingState
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs, nothing_here
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group

LIGHTS = {"proposed": "amber", "confirmed": "red", "rejected": "off", "lifted": "green"}
DECISIONS = frozenset({"confirm", "reject", "lift"})
SCANS = frozenset({files.PDF, files.PNG, files.JPEG})
ON_A_PAGE = 100


class FindingForm(forms.Form):
    person = forms.ModelChoiceField(queryset=User.objects.none(), label=gettext_lazy("Appraiser"))
    what = forms.CharField(label=gettext_lazy("What was found"), widget=forms.Textarea(attrs={"rows": 3}))
    on = forms.DateField(label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    paper = forms.FileField(
        label=gettext_lazy("Scan of the paper"), required=False, help_text=gettext_lazy("PDF, PNG or JPEG.")
    )


@page("F06", tables=True)
def appraisers(request: PageRequest) -> HttpResponse:
    return _show(request)


def _show(request: PageRequest, refusal: Refused | None = None) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    enters = may(acts.ROW, hat, cycle)
    decides = enters and hat.role is Role.LEADING_GROUP
    types = may_on_behalf_of_group(acts.ROW, hat, cycle)
    me = request.user.pk
    rows = [
        {
            "row": one.row,
            "light": LIGHTS[one.row.state],
            "listed": one.listed,
            "waits": one.waits if one.row.state == FindingState.CONFIRMED else 0,
            "url": reverse("appraiser", args=[cycle.code, one.row.pk]) if one.listed else "",
            "paper_url": reverse("appraiser-paper", args=[cycle.code, one.row.pk])
            if one.row.paper_id
            else "",
            "acts": _acts(cycle.code, one.row, me) if decides and one.row.person_id != me else [],
            "minutes": [
                (label, reverse("minutes-enter", args=[cycle.code, f"appraiser-{act}", one.row.pk]))
                for act, label in (("confirm", _("Confirm")), ("reject", _("Reject")), ("lift", _("Lift")))
                if types and one.row.person_id != me and one.row.state == WANTED[act]
            ],
        }
        for one in queries.findings_of(cycle)
    ]
    return render(
        request,
        "scoring/appraisers.html",
        {
            "breadcrumbs": crumbs(cycle, (_("Misconduct of appraisers"), "")),
            "rows": rows,
            "propose_url": reverse("appraiser-propose", args=[cycle.code]) if enters else "",
            "vetoes_url": reverse("vetoes", args=[cycle.code]),
            "refusal": refusal,
        },
        status=refusal.status if refusal else 200,
    )


def _acts(code: str, row: AppraiserFinding, me: int) -> list[tuple[str, str, bool]]:
    """(address, words, asks for a reason) of what this member may do with the row now."""

    def way(act: str) -> str:
        return reverse("appraiser-decide", args=[code, row.pk, act])

    if row.state == FindingState.PROPOSED and row.proposed_by_id != me:
        return [(way("confirm"), _("Confirm"), False), (way("reject"), _("Reject"), True)]
    if row.state == FindingState.CONFIRMED and row.decided_by_id != me:
        return [(way("lift"), _("Lift"), True)]
    return []


@page("F06", methods=("GET", "POST"))
def propose(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    form = FindingForm(request.POST or None, request.FILES or None)
    person = form.fields["person"]
    assert isinstance(person, forms.ModelChoiceField)
    person.queryset = queries.appraisers_of(cycle).exclude(pk=request.user.pk)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            try:
                sent = typed["paper"]
                paper = (
                    files.store(sent.chunks(), sent.name or "", request.user, allowed=SCANS) if sent else None
                )
                acts.propose(
                    by=request.hat,
                    cycle=cycle,
                    person=typed["person"],
                    what=typed["what"],
                    on=typed["on"],
                    paper=paper,
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                form.add_error(None, str(refused))
                status = refused.status
            else:
                messages.success(request, _("Entered; the leading group now confirms or rejects it."))
                return redirect("appraisers", cycle.code)
    back = reverse("appraisers", args=[cycle.code])
    return render(
        request,
        "parts/confirm.html",
        {
            "page_title": _("Record misconduct of an appraiser"),
            "question": _(
                "Confirmed, every score this person gave is listed for re-check; no score changes by itself."
            ),
            "form": form,
            "button": _("Enter"),
            "cancel_url": back,
            "breadcrumbs": crumbs(cycle, (_("Misconduct of appraisers"), back), (_("Enter"), "")),
        },
        status=status,
    )


@page("F06", methods=("POST",))
def decide(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """confirm, reject or lift."""
    if act not in DECISIONS:
        raise nothing_here()
    reason = request.POST.get("reason", "")
    try:
        if act == "confirm":
            acts.confirm(by=request.hat, cycle=request.cycle, finding_id=pk)
            said = _("In force: every score this person gave is listed for re-check.")
        elif act == "reject":
            acts.reject(by=request.hat, cycle=request.cycle, finding_id=pk, reason=reason)
            said = _("Rejected.")
        else:
            acts.lift(by=request.hat, cycle=request.cycle, finding_id=pk, reason=reason)
            said = _("Lifted; nothing more is to be re-checked.")
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, refusal)
    messages.success(request, said)
    return redirect("appraisers", request.cycle.code)


def _finding(request: PageRequest, pk: int) -> Counted:
    found = next(iter(queries.findings_of(request.cycle, pk=pk)), None)
    if found is None:
        raise nothing_here()
    return found


@page("F06", methods=("GET", "POST"))
def appraiser(request: PageRequest, pk: int) -> HttpResponse:
    """Every score the person gave; POST says of the ticked ones that they were looked at again."""
    cycle = request.cycle
    counted = _finding(request, pk)
    found = counted.row
    refusal: Refused | None = None
    if request.method == "POST":
        chosen = [int(text) for text in request.POST.getlist("score") if text.isdecimal()]
        try:
            done = acts.check(
                by=request.hat,
                cycle=cycle,
                finding_id=pk,
                rechecks=chosen,
                note=request.POST.get("note", ""),
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("Noted for %(count)d scores.") % {"count": len(done)})
            return redirect("appraiser", cycle.code, pk)
    listed = queries.rechecks_of(found)
    if request.GET.get("open"):
        listed = [one for one in listed if one.row.checked_at is None]
    shown = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page"))
    back = reverse("appraisers", args=[cycle.code])
    return render(
        request,
        "scoring/appraiser.html",
        {
            "breadcrumbs": crumbs(cycle, (_("Misconduct of appraisers"), back), (str(found.person), "")),
            "found": found,
            "listed": counted.listed,
            "waits": counted.waits,
            "light": LIGHTS[found.state],
            "page": shown,
            "query": "open=1&" if request.GET.get("open") else "",
            "only_open": bool(request.GET.get("open")),
            "places": cycle.places,
            "rows": [(one, reverse("cell", args=[cycle.code, one.row.cell_id])) for one in shown.object_list],
            "checks": found.state == FindingState.CONFIRMED
            and may(acts.ROW, request.hat, cycle)
            and found.person_id != request.user.pk,
            "typed_note": request.POST.get("note", ""),
            "ticked": set(request.POST.getlist("score")),
            "xlsx_url": reverse("appraiser-xlsx", args=[cycle.code, pk]),
            "refusal": refusal,
        },
        status=refusal.status if refusal else 200,
    )


@page("F06")
def appraiser_xlsx(request: PageRequest, pk: int) -> HttpResponse:
    found = _finding(request, pk).row
    places = request.cycle.places
    title = _("Scores to re-check")

    def line(one: Listed) -> list[Any]:
        row = one.row
        return [
            row.cell.block.name,
            row.cell.membership.unit.name,
            row.cell.sub_item.name,
            row.get_kind_display(),
            row.points,
            one.now,
            str(row.checked_by) if row.checked_by else "",
            row.note,
        ]

    sheet = SheetOut(
        name=title,
        title=f"{request.cycle.code} {title} · {found.person}",
        columns=[
            ColumnOut(_("Block")),
            ColumnOut(_("Unit")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Kind")),
            ColumnOut(_("As given"), "number", places),
            ColumnOut(_("Now"), "number", places),
            ColumnOut(_("Re-checked by")),
            ColumnOut(_("Note"), width=40),
        ],
        rows=[line(one) for one in queries.rechecks_of(found)],
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{request.cycle.code}-{title}-{found.person}.xlsx")


@page("F06")
def paper(request: PageRequest, pk: int) -> FileResponse:
    found = _finding(request, pk).row
    if found.paper is None:
        raise nothing_here()
    return files.deliver(found.paper, inline=True)
