"""Lists of adjustments: hand in, look at what they would do, take in, put away.

What a list may say is decided in bonuses.actions.lists.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from bonuses.actions import lists
from bonuses.claims import frame_of
from bonuses.lists import register
from bonuses.models import BatchState, PaperBatch
from office import files
from office.refusal import Refused
from office.workbook.report import ImportReport, Problem, marked_copy
from units.pages import PageRequest, page

LIGHTS = {
    BatchState.READING: "amber",
    BatchState.PREVIEW: "amber",
    BatchState.COMMITTED: "green",
    BatchState.REFUSED: "red",
    BatchState.DROPPED: "off",
}


@page("F01", methods=("GET", "POST"))
def paper_lists(request: PageRequest) -> HttpResponse:
    """Drop a list, alone or in a zip with its papers; what came in before."""
    cycle, hat = request.cycle, request.hat
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            sent = request.FILES.get("files")
            if sent is None:
                raise Refused("no-file", _("Please choose at least one workbook."), status=422)
            batch = lists.hand_in(
                by=hat, cycle=cycle, chunks=sent.chunks(), name=sent.name or "", size=sent.size or 0
            )
            lists.start_reading(batch, hat)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            return redirect("paper-list", cycle.code, batch.pk)
    shown = Paginator(lists.batches_for(hat, cycle), 30).get_page(request.GET.get("page"))
    return render(
        request,
        "bonuses/lists.html",
        {
            "upload": {
                "url": reverse("paper-lists", args=[cycle.code]),
                "title": _("Drop the list here"),
                "help": _("A workbook, or a zip that carries it with its papers (at most 200 MB)."),
                "accept": ".xlsx,.xls,.zip",
                "button": _("Read the list"),
                "hidden": [],
            },
            "page": shown,
            "batches": [(batch, LIGHTS[BatchState(batch.state)]) for batch in shown],
            "empty_url": reverse("paper-list-empty", args=[cycle.code]),
            "refusal": refusal,
            "breadcrumbs": _crumbs(request, _("Lists")),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _crumbs(request: PageRequest, last: str) -> list[tuple[str, str]]:
    return [(_("Additions and deductions"), reverse("adjustments", args=[request.cycle.code])), (last, "")]


@page("F01")
def empty_list(request: PageRequest) -> HttpResponse:
    """The workbook with its header and the lists to pick from, nothing else."""
    content = register(request.cycle, [], frame_of(request.cycle))
    return _workbook(content, f"{request.cycle.code}-加减分清单-空表.xlsx")


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=files.XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("F01")
def paper_list(request: PageRequest, pk: int) -> HttpResponse:
    """What a list would do before it does, or why it is refused."""
    return _show(request, lists.find(request.hat, request.cycle, pk))


def _show(request: PageRequest, batch: PaperBatch, refusal: Refused | None = None) -> HttpResponse:
    cycle, report = request.cycle, batch.report
    errors, warnings = report.get("errors", []), report.get("warnings", [])
    job = batch.job if batch.job is not None and not batch.job.is_over else None
    problems: list[dict[str, Any]] = [p | {"level": "error"} for p in errors[:500]]
    problems += [p | {"level": "warning"} for p in warnings[:500]]
    code, waits = cycle.code, batch.state == BatchState.PREVIEW and job is None
    return render(
        request,
        "bonuses/list.html",
        {
            "batch": batch,
            "light": LIGHTS[BatchState(batch.state)],
            "job": _progress(job) if job is not None else None,
            "problems": problems,
            "errors": len(errors),
            "warnings": len(warnings),
            "lines": report.get("lines", []),
            "lines_total": report.get("accepted", 0),
            "new": report.get("changed", 0),
            "signed": list(batch.signed.items()),
            "confirm_url": reverse("paper-list-confirm", args=[code, batch.pk]) if waits else "",
            "drop_url": reverse("paper-list-drop", args=[code, batch.pk])
            if batch.state in {BatchState.PREVIEW, BatchState.REFUSED}
            else "",
            "marked_url": reverse("paper-list-marked", args=[code, batch.pk])
            if any(p["cell"] for p in problems) and batch.file.content_type != files.ZIP
            else "",
            "original_url": reverse("paper-list-original", args=[code, batch.pk]),
            "refusal": refusal,
            "breadcrumbs": [
                *_crumbs(request, _("Lists"))[:1],
                (_("Lists"), reverse("paper-lists", args=[code])),
                (batch.file.name, ""),
            ],
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _progress(job: Any) -> dict[str, Any]:
    return {
        "what": job.doing or job.title,
        "done": job.done,
        "total": job.total,
        "running": True,
        "poll_url": reverse("job-progress", args=[job.pk]),
        "cancel_url": reverse("job-cancel", args=[job.pk]),
    }


@page("F01", methods=("POST",))
def confirm(request: PageRequest, pk: int) -> HttpResponse:
    """Take the previewed list in; when it no longer fits it is read again and shown."""
    batch = lists.find(request.hat, request.cycle, pk)
    try:
        job = lists.start_taking_in(batch, request.hat)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        return _show(request, lists.find(request.hat, request.cycle, pk), refusal)
    if job is None:
        messages.success(
            request,
            _("%(file)s was taken in; another person of the appraisal office now verifies.")
            % {"file": batch.file.name},
        )
    return redirect("paper-list", request.cycle.code, pk)


@page("F01", methods=("POST",))
def drop(request: PageRequest, pk: int) -> HttpResponse:
    batch = lists.drop(by=request.hat, cycle=request.cycle, batch_id=pk)
    messages.info(request, _("%(file)s was put away; nothing was changed.") % {"file": batch.file.name})
    return redirect("paper-lists", request.cycle.code)


@page("F01")
def original(request: PageRequest, pk: int) -> FileResponse:
    """The list exactly as it came."""
    return files.deliver(lists.find(request.hat, request.cycle, pk).file)


@page("F01")
def marked(request: PageRequest, pk: int) -> HttpResponse:
    """The same workbook with the bad cells marked and commented."""
    batch = lists.find(request.hat, request.cycle, pk)
    if batch.file.content_type == files.ZIP:
        raise Refused(
            "no-marked-copy", _("A zip has no marked copy; its problems stand on the page."), status=404
        )
    report = ImportReport(
        errors=[Problem(**problem) for problem in batch.report.get("errors", [])],
        warnings=[Problem(**problem) for problem in batch.report.get("warnings", [])],
    )
    stem = batch.file.name.rpartition(".")[0] or batch.file.name
    word = _("marked")
    return _workbook(marked_copy(files.read(batch.file), report), f"{stem}-{word}.xlsx")
