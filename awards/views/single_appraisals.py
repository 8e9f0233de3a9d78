"""The register of other single appraisals (§6(1)): read by all, entered by one of the office, compared by another.

The approval itself is the paper's; nothing of the year's appraisal changes.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards.actions import single_appraisals as acts
from awards.forms import SingleAppraisalForm
from awards.models import SingleAppraisal
from awards.register_sheets import appraisals_sheet
from awards.views.shared import ask, tabs
from office import files
from office.refusal import Refused
from office.workbook.writer import write_workbook
from scoring.views.downloads import attachment
from units.forms import SCANS
from units.pages import PageRequest, page
from units.permissions import may

LIGHTS = {"entered": "amber", "approved": "green", "refused": "red", "ended": "off"}


def _rows(request: PageRequest) -> list[SingleAppraisal]:
    return list(
        SingleAppraisal.objects.filter(cycle=request.cycle).select_related("entered_by", "compared_by")
    )


@page("B01")
def register(request: PageRequest) -> HttpResponse:
    return _show(request)


def _show(request: PageRequest, refusal: Refused | None = None) -> HttpResponse:
    cycle = request.cycle
    enters = may(acts.ROW, request.hat, cycle)
    return render(
        request,
        "awards/single_appraisals.html",
        {
            "tabs": tabs(request),
            "rows": [
                {
                    "row": row,
                    "light": LIGHTS[row.state],
                    "compare_url": reverse("single-appraisal-compare", args=[cycle.code, row.pk])
                    if enters
                    and row.state == SingleAppraisal.State.ENTERED
                    and row.entered_by_id != request.user.pk
                    else "",
                    "end_url": reverse("single-appraisal-end", args=[cycle.code, row.pk])
                    if enters and row.state != SingleAppraisal.State.ENDED
                    else "",
                    "scan_url": reverse("single-appraisal-scan", args=[cycle.code, row.pk]) if enters else "",
                }
                for row in _rows(request)
            ],
            "enter_url": reverse("single-appraisal-enter", args=[cycle.code]) if enters else "",
            "xlsx_url": reverse("single-appraisals-xlsx", args=[cycle.code]),
            "refusal": refusal,
        },
        status=refusal.status if refusal else 200,
    )


@page("B01")
def register_xlsx(request: PageRequest) -> HttpResponse:
    content = write_workbook([appraisals_sheet(request.cycle.code, _rows(request))])
    return attachment(content, f"{request.cycle.code}-{_('Other single appraisals')}.xlsx")


@page("E14", methods=("GET", "POST"))
def enter(request: PageRequest) -> HttpResponse:
    form = SingleAppraisalForm(request.POST or None, request.FILES or None)

    def act() -> None:
        typed = form.cleaned_data
        sent = typed["scan"]
        scan = files.store(sent.chunks(), sent.name or "", request.user, allowed=SCANS)
        acts.enter(
            by=request.hat,
            cycle=request.cycle,
            scan=scan,
            entry=acts.Entry(
                project=typed["project"],
                applicant=typed["applicant"],
                is_approved=typed["is_approved"] == "yes",
                paper_number=typed["paper_number"],
                paper_title=typed["paper_title"],
                paper_on=typed["paper_on"],
                note=typed["note"],
            ),
        )
        messages.success(request, _("Entered; a second person of the office compares it with the paper."))

    return ask(
        request,
        form,
        act,
        title=_("Enter another single appraisal"),
        question=_("As the signed paper says; without an approving paper no body may hold one (§6(1))."),
        button=_("Enter"),
        back=reverse("single-appraisals", args=[request.cycle.code]),
    )


@page("E14", methods=("POST",))
def compare(request: PageRequest, pk: int) -> HttpResponse:
    return _act(request, lambda: acts.compare(by=request.hat, cycle=request.cycle, key=pk), _("Compared."))


@page("E14", methods=("POST",))
def end(request: PageRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(
        request, lambda: acts.end(by=request.hat, cycle=request.cycle, key=pk, reason=reason), _("Ended.")
    )


def _act(request: PageRequest, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, refusal)
    messages.success(request, said)
    return redirect("single-appraisals", request.cycle.code)


@page("E14")
def scan(request: PageRequest, pk: int) -> FileResponse:
    row = SingleAppraisal.objects.filter(pk=pk, cycle=request.cycle).select_related("scan").first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return files.deliver(row.scan, inline=True)
