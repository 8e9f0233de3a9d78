"""The desk of signed forms (代录台): the list, scans dropped by the dozen, screen and scan side by side.

What a form shows is told by its kind; what may be done with it by units.actions.paper_forms.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import files
from office.files import XLSX
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from units import foresight, reports
from units.actions import paper_forms as acts
from units.actions.group_decisions import KIND as MINUTES
from units.matrix import Role
from units.models import Cycle, FormState, SignedForm
from units.pages import PageRequest, log_denial, page
from units.paper_forms import Way, kind_named, kinds

PER_PAGE = 50
MOST_SCANS = 60
LIGHTS = {
    FormState.PRINTED: "amber",
    FormState.SCANNED: "amber",
    FormState.COUNTED: "green",
    FormState.DIFFERS: "red",
    FormState.VOID: "off",
}
SHORT = {
    FormState.PRINTED: gettext_lazy("paper awaited"),
    FormState.SCANNED: gettext_lazy("to be compared"),
    FormState.COUNTED: gettext_lazy("signed"),
    FormState.DIFFERS: gettext_lazy("differs"),
    FormState.VOID: gettext_lazy("void"),
}


def address(cycle: Cycle, way: Way) -> str:
    try:
        return reverse(way.route, kwargs={"code": cycle.code, **way.arguments})
    except NoReverseMatch:
        return ""


@page("D01", "E14", methods=("GET", "POST"))
def forms(request: PageRequest) -> HttpResponse:
    """`?state=` and `?kind=` narrow the list; a POST drops scans that carry their codes."""
    cycle, hat = request.cycle, request.hat
    placed: list[acts.Placed] = []
    if request.method == "POST":
        sent = request.FILES.getlist("files")
        if not sent:
            raise Refused("no-file", _("Please choose the scan of the signed form."), status=422)
        if len(sent) > MOST_SCANS:
            raise Refused(
                "too-many-files",
                _("%(count)d files came at once; please send at most %(most)d.")
                % {"count": len(sent), "most": MOST_SCANS},
                status=422,
            )
        placed = [acts.place(by=hat, cycle=cycle, upload=upload) for upload in sent]
        found = [each.form for each in placed if each.form is not None]
        for each in placed:
            if each.refusal is not None and each.refusal.status in {403, 404}:
                log_denial(request, "E14", each.refusal)
        if len(placed) == 1 and found:
            messages.success(request, _("The scan lies beside %(form)s.") % {"form": str(found[0])})
            return redirect("signed-form", cycle.code, found[0].code)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    every = acts.forms_for(hat, cycle)
    counts = dict(every.values_list("state").annotate(n=Count("pk")).order_by())
    rows = every.select_related("unit", "printed_by", "compared_by")
    rows = rows.filter(state=state) if state in FormState.values else rows.exclude(state=FormState.VOID)
    if kind:
        rows = rows.filter(kind=kind)
    shown = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    labels = {each.key: each.label for each in kinds()}
    status = 422 if placed and not any(each.form for each in placed) else 200
    return render(
        request,
        "units/forms.html",
        {
            "page": shown,
            "rows": [
                (
                    form,
                    labels.get(form.kind, form.kind),
                    LIGHTS[FormState(form.state)],
                    SHORT[FormState(form.state)],
                )
                for form in shown
            ],
            "states": [
                (value, SHORT[FormState(value)], counts.get(value, 0), value == state)
                for value in FormState.values
            ],
            "state": state,
            "kinds": [(each.key, each.label, each.key == kind) for each in kinds()],
            "kind": kind,
            "query": f"state={state}&kind={kind}&" if state or kind else "",
            "placed": placed,
            "printable": [
                (each.key, each.label, subjects, each.takes_pen)
                for each in kinds()
                if (subjects := each.choices(hat, cycle))
            ],
            "upload": {
                "url": reverse("signed-forms", args=[cycle.code]),
                "title": _("Signed scans"),
                "help": _(
                    "PDF or picture, many at once: the code is read from the paper; where it cannot be, from the file name."
                ),
                "accept": ".pdf,.jpg,.jpeg,.png",
                "button": _("Hand in"),
                "many": True,
            }
            if hat.role is Role.OFFICE or hat.role in acts.BOUND
            else None,
            "xlsx_url": reverse("signed-forms-xlsx", args=[cycle.code]),
            "cycle": cycle,
        },
        status=status,
    )


@page("D01", "E14")
def forms_xlsx(request: PageRequest) -> HttpResponse:
    """Every form within the hat's sight."""
    labels = {each.key: str(each.label) for each in kinds()}
    rows = acts.forms_for(request.hat, request.cycle).select_related(
        "unit", "printed_by", "scanned_by", "compared_by"
    )
    columns = [
        ColumnOut(_("Form code")),
        ColumnOut(_("Kind")),
        ColumnOut(_("Unit")),
        ColumnOut(_("Title"), width=40),
        ColumnOut(_("State")),
        ColumnOut(_("Printed by")),
        ColumnOut(_("Scanned by")),
        ColumnOut(_("Compared by")),
        ColumnOut(_("What differs"), width=30),
    ]
    values: list[list[Any]] = [
        [
            form.code,
            labels.get(form.kind, form.kind),
            str(form.unit or ""),
            form.title,
            str(SHORT[FormState(form.state)]),
            str(form.printed_by),
            str(form.scanned_by or ""),
            str(form.compared_by or ""),
            form.remark,
        ]
        for form in rows.order_by("-pk")
    ]
    content = write_workbook([SheetOut(_("Signed forms"), columns, values)])
    return _attachment(content, f"{request.cycle.code}-{_('Signed forms')}.xlsx", XLSX)


def _attachment(content: bytes, name: str, content_type: str, *, inline: bool = False) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("D01", "E03", "E14", methods=("POST",))
def print_form(request: PageRequest) -> HttpResponse:
    """Give the form a code and show its PDF; kind, number and `empty` are posted."""
    about = request.POST.get("about", "")
    if not about.isdecimal():
        raise Refused("not-found", _("There is no such record."), status=404)
    form = acts.print_form(
        by=request.hat,
        cycle=request.cycle,
        kind=request.POST.get("kind", ""),
        about_id=int(about),
        empty=request.POST.get("empty") == "1",
    )
    return redirect("signed-form-pdf", request.cycle.code, form.code)


@page("D01", "E03", "E14")
def form_pdf(request: PageRequest, form_code: str) -> HttpResponse:
    """The print of this code; void once its figures changed, for the paper would show others."""
    form = acts.find(request.hat, request.cycle, form_code)
    figures = kind_named(form.kind).figures(form)
    if form.state == FormState.VOID or (form.figures_digest and figures.digest != form.figures_digest):
        raise Refused(
            "form-void",
            _("The figures of %(form)s changed since it was printed. Please print it anew.")
            % {"form": str(form)},
        )
    return _attachment(reports.form_pdf(form), f"{form.title} {form.code}.pdf", files.PDF, inline=True)


@page("D01", "E14", methods=("GET", "POST"), tables=True)
def form(request: PageRequest, form_code: str) -> HttpResponse:
    """Screen figures and scan side by side; a POST hands in the scan of this code."""
    found = acts.find(request.hat, request.cycle, form_code)
    refusal: Refused | None = None
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise Refused("no-file", _("Please choose the scan of the signed form."), status=422)
            acts.take_scan(by=request.hat, cycle=request.cycle, code=found.code, upload=upload)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("The scan lies beside %(form)s.") % {"form": str(found)})
            return redirect("signed-form", request.cycle.code, found.code)
    return show(request, found, refusal)


def show(
    request: PageRequest, found: SignedForm, refusal: Refused | None = None, remark: str = ""
) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    kind = kind_named(found.kind)
    figures = kind.figures(found)
    scan = found.scan
    is_open = found.state in {FormState.PRINTED, FormState.SCANNED, FormState.DIFFERS}
    may_compare = found.state == FormState.SCANNED and acts.may_compare(hat, found)
    reference = found.compared_digest or found.figures_digest
    return render(
        request,
        "units/form.html",
        {
            "form": found,
            "label": kind.label,
            "light": LIGHTS[FormState(found.state)],
            "figures": figures,
            "rows": [[(cell, n in figures.numbers) for n, cell in enumerate(row)] for row in figures.rows],
            "heads": [(head, n in figures.numbers) for n, head in enumerate(figures.columns)],
            "changed": bool(reference) and reference != figures.digest,
            "digest": figures.digest,
            "scan_url": reverse("signed-form-scan", args=[cycle.code, found.code]) if scan else "",
            "is_pdf": scan is not None and scan.content_type == files.PDF,
            "may_scan": is_open and acts.may_scan(hat, found),
            "may_compare": may_compare,
            "preview": kind.preview(found) if kind.preview is not None and may_compare else None,
            "waits_for_other": found.state == FormState.SCANNED
            and hat.role is Role.OFFICE
            and not may_compare,
            "drop_url": reverse("minutes-drop", args=[cycle.code, found.code])
            if is_open and found.kind == MINUTES and hat.role is Role.OFFICE
            else "",
            "page_url": address(cycle, kind.page(found)),
            "enter_url": address(cycle, kind.enter(found)) if is_open and hat.role is Role.OFFICE else "",
            "pdf_url": reverse("signed-form-pdf", args=[cycle.code, found.code]) if is_open else "",
            "accept": ".pdf,.jpg,.jpeg,.png",
            "refusal": refusal,
            "remark": remark,
            "breadcrumbs": [
                (_("Home"), reverse("home")),
                (_("Signed forms"), reverse("signed-forms", args=[cycle.code])),
                (found.code, ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("D01", "E14")
def scan(request: PageRequest, form_code: str) -> FileResponse:
    found = acts.find(request.hat, request.cycle, form_code)
    if found.scan is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return files.deliver(found.scan, inline=request.GET.get("save") != "1")


@page("E14", methods=("POST",))
def compare(request: PageRequest, form_code: str) -> HttpResponse:
    """“Compared”: posts the digest of the figures that were shown, never a figure."""
    found = acts.find(request.hat, request.cycle, form_code)
    try:
        if request.POST.get("compared") != "1":
            raise Refused("not-ticked", _("Please tick that you have compared screen and paper."), status=422)
        _require_seen(found, request.POST.get(foresight.SEEN, ""))
        acts.compare(
            by=request.hat, cycle=request.cycle, code=found.code, digest=request.POST.get("digest", "")
        )
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return show(request, acts.find(request.hat, request.cycle, form_code), refusal)
    messages.success(request, _("%(form)s counts as signed.") % {"form": str(found)})
    return redirect("signed-form", request.cycle.code, found.code)


def _require_seen(form: SignedForm, seen: str) -> None:
    """Nobody signs another list of who moves than the page showed."""
    kind = kind_named(form.kind)
    preview = kind.preview(form) if kind.preview is not None else None
    if preview is not None and preview.digest != seen:
        raise Refused(
            "preview-changed",
            _(
                "What this would move is no longer what the page showed: something was changed meanwhile. Look at the new list, then sign."
            ),
            "§6(7)",
        )


@page("E14", methods=("POST",))
def differs(request: PageRequest, form_code: str) -> HttpResponse:
    found = acts.find(request.hat, request.cycle, form_code)
    remark = request.POST.get("remark", "")
    try:
        acts.say_differs(by=request.hat, cycle=request.cycle, code=found.code, remark=remark)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return show(request, found, refusal, remark)
    messages.success(request, _("Noted; whoever typed %(form)s was told.") % {"form": str(found)})
    return redirect("signed-form", request.cycle.code, found.code)


@page("D01", "E14")
def go(request: PageRequest) -> HttpResponse:
    """From a typed code to its form; to the list when none was typed."""
    typed = request.GET.get("form_code", "").strip()
    if not typed:
        return redirect("signed-forms", request.cycle.code)
    found = acts.find(request.hat, request.cycle, typed)
    return redirect("signed-form", request.cycle.code, found.code)
