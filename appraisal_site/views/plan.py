"""Bringing the plan in and out as a workbook, confirming stand-ins, copying a year to the next.

The plan's own page is scoring's; the work is done by appraisal_site.plan_workbook and the actions.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import plan_workbook as workbook
from appraisal_site.forms import CopyYearForm
from appraisal_site.next_year import copy_cycle
from office import files
from office.models import StoredFile
from office.refusal import Refused
from office.workbook.difference import ADDED, CHANGED, MOVED, REMOVED
from office.workbook.report import marked_copy
from scoring.actions import rules
from scoring.models import BatchState, ImportBatch
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import require

LIGHTS = {ADDED: "green", CHANGED: "amber", REMOVED: "red", MOVED: "grey"}
MOST_SHOWN = 500  # rows of differences on the page; the counts tell the rest


def _words() -> dict[str, str]:
    return {ADDED: _("added"), CHANGED: _("changed"), REMOVED: _("removed"), MOVED: _("moved")}


def _workbook_answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=files.XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


@page("B01")
def plan_workbook_xlsx(request: PageRequest) -> HttpResponseBase:
    """The plan of the year as a workbook; edited, it comes back by the import."""
    return _workbook_answer(
        workbook.export(request.cycle), _("Plan workbook") + f"-{request.cycle.code}.xlsx"
    )


@page("B02", methods=("GET", "POST"))
def plan_workbook(request: PageRequest) -> HttpResponseBase:
    return _upload(request, request.cycle)


@page("B02", methods=("GET", "POST"))
def new_year(request: PageRequest) -> HttpResponseBase:
    """A plan workbook whose code is not there yet lays down a new year."""
    return _upload(request, None)


def _upload(request: PageRequest, cycle: Cycle | None) -> HttpResponseBase:
    require("B02", request.hat, cycle)
    if request.method == "POST":
        sent = request.FILES.get("files")
        if not isinstance(sent, UploadedFile):
            raise Refused("no-file", _("Please choose the plan workbook first."), status=422)
        stored = files.store(sent.chunks(), sent.name or "", request.user, allowed=(files.XLSX, files.XLS))
        return redirect(_address("preview", stored, cycle))
    earlier = ImportBatch.objects.filter(cycle=cycle, kind=workbook.KIND).select_related("file", "by")[:30]
    return render(
        request,
        "appraisal_site/plan_workbook.html",
        {
            "upload": {
                "url": request.path,
                "title": _("Plan workbook"),
                "help": _(
                    "Drop the .xlsx here, or choose it. You see what would change before anything does. A sheet that is not in the file changes nothing."
                ),
                "accept": ".xlsx,.xls",
                "button": _("Look at it"),
            },
            "cycle": cycle,
            "fetch_url": reverse("plan-workbook.xlsx", args=[cycle.code]) if cycle else "",
            "copy_url": reverse("copy-year", args=[cycle.code]) if cycle else "",
            "imports": [
                {
                    "at": batch.committed_at or batch.at,
                    "file": batch.file.name,
                    "by": str(batch.by),
                    "light": "green" if batch.state == BatchState.COMMITTED else "red",
                    "word": batch.get_state_display(),
                    "changed": batch.report.get("changed", 0),
                    "sha": batch.file_sha256,
                }
                for batch in earlier
            ],
        },
    )


def _address(what: str, stored: StoredFile, cycle: Cycle | None) -> str:
    if cycle is None:
        return reverse(f"new-year-{what}", args=[stored.pk])
    return reverse(f"plan-workbook-{what}", args=[cycle.code, stored.pk])


def _own_file(request: PageRequest, pk: int) -> StoredFile:
    """The upload; only the one who sent it looks at it before it is taken over."""
    stored = StoredFile.objects.filter(pk=pk, stored_by=request.user).first()
    if stored is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return stored


@page("B02", methods=("GET", "POST"))
def plan_workbook_preview(request: PageRequest, pk: int) -> HttpResponseBase:
    return _preview(request, pk, request.cycle)


@page("B02", methods=("GET", "POST"))
def new_year_preview(request: PageRequest, pk: int) -> HttpResponseBase:
    return _preview(request, pk, None)


def _preview(request: PageRequest, pk: int, cycle: Cycle | None) -> HttpResponseBase:
    stored = _own_file(request, pk)
    if request.method == "POST":
        batch = workbook.take_over(
            by=request.hat, stored=stored, cycle=cycle, seen=request.POST.get("seen", "") or "-"
        )
        messages.success(
            request,
            ngettext(
                "%(file)s was taken over: %(count)d row changed.",
                "%(file)s was taken over: %(count)d rows changed.",
                batch.report["changed"],
            )
            % {"file": stored.name, "count": batch.report["changed"]},
        )
        return redirect("plan", batch.cycle.code)
    looked_at = workbook.preview(files.path_of(stored.sha256), stored.name, by=request.hat, cycle=cycle)
    if looked_at.report.errors and not ImportBatch.objects.filter(file=stored).exists():
        workbook.keep_refused(by=request.hat, stored=stored, looked_at=looked_at)
    return render(request, "appraisal_site/plan_preview.html", _shown(looked_at, stored, cycle))


def _shown(looked_at: workbook.Preview, stored: StoredFile, cycle: Cycle | None) -> dict[str, Any]:
    report, words = looked_at.report, _words()
    counts = looked_at.counts()
    return {
        "file": {
            "name": stored.name,
            "target": looked_at.draft.code
            if looked_at.cycle
            else _("new year %(code)s") % {"code": looked_at.draft.code or "?"},
            "by": str(stored.stored_by),
            "at": stored.stored_at,
            "size_label": filesizeformat(stored.size),
            "sha": stored.sha256,
        },
        "counts": [
            (
                sheet,
                sum(of_sheet.values()),
                "、".join(f"{words[kind]} {n}" for kind, n in of_sheet.items()) or _("no difference"),
            )
            for sheet, of_sheet in counts.items()
        ],
        "problems": [problem.as_dict() | {"level": "error"} for problem in report.errors]
        + [problem.as_dict() | {"level": "warning"} for problem in report.warnings],
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "changes": [
            {
                "light": LIGHTS[c.kind],
                "word": words[c.kind],
                "what": f"{c.sheet} · {c.what}",
                "before": c.before,
                "after": c.after,
                "column": c.field,
            }
            for c in looked_at.changes[:MOST_SHOWN]
        ],
        "changes_total": len(looked_at.changes),
        "confirm_url": "" if report.errors else _address("preview", stored, cycle),
        "seen": looked_at.digest,
        "marked_url": _address("marked", stored, cycle) if report.errors or report.warnings else "",
        "again_url": reverse("plan-workbook", args=[cycle.code]) if cycle else reverse("new-year"),
    }


@page("B02")
def plan_workbook_marked(request: PageRequest, pk: int) -> HttpResponseBase:
    return _marked(request, pk, request.cycle)


@page("B02")
def new_year_marked(request: PageRequest, pk: int) -> HttpResponseBase:
    return _marked(request, pk, None)


def _marked(request: PageRequest, pk: int, cycle: Cycle | None) -> HttpResponseBase:
    """The same workbook with its bad cells marked."""
    stored = _own_file(request, pk)
    looked_at = workbook.preview(files.path_of(stored.sha256), stored.name, by=request.hat, cycle=cycle)
    stem = stored.name.rsplit(".", 1)[0]
    return _workbook_answer(
        marked_copy(files.read(stored), looked_at.report), f"{stem}-{_('Marked copy')}.xlsx"
    )


@page("B02", methods=("POST",))
def confirm_stand_ins(request: PageRequest) -> HttpResponseBase:
    """All of the year with one click."""
    return _confirmed(request, rules.confirm_stand_ins(by=request.hat, cycle=request.cycle))


@page("B02", methods=("POST",))
def confirm_stand_in(request: PageRequest, pk: int) -> HttpResponseBase:
    return _confirmed(request, rules.confirm_stand_ins(by=request.hat, cycle=request.cycle, sub_items=[pk]))


def _confirmed(request: PageRequest, count: int) -> HttpResponseBase:
    messages.success(
        request,
        ngettext("%(count)d stand-in was confirmed.", "%(count)d stand-ins were confirmed.", count)
        % {"count": count},
    )
    return redirect("plan", request.cycle.code)


@page("B02", methods=("GET", "POST"))
def copy_year(request: PageRequest) -> HttpResponseBase:
    """The plan of this year as the beginning of the next."""
    cycle = request.cycle
    form = CopyYearForm(request.POST or None, initial={"year": cycle.year + 1, "name": cycle.name})
    status = 200
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            new = copy_cycle(
                by=request.hat,
                cycle=cycle,
                code=typed["code"] or str(typed["year"]),
                year=typed["year"],
                name=typed["name"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = refusal.status
        else:
            messages.success(
                request, _("%(new)s begins with the plan of %(old)s.") % {"new": new.code, "old": cycle.code}
            )
            return redirect("year", new.code)
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": _("Copy %(code)s to another year") % {"code": cycle.code},
        "question": _(
            "Rules, units, memberships, tariff, awards and readings are copied; scores and papers are not."
        ),
        "form": form,
        "button": _("Copy the year"),
        "cancel_url": reverse("plan", args=[cycle.code]),
    }
    return render(request, "parts/confirm.html", context, status=status)
