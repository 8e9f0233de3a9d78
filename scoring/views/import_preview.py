"""One workbook before it is taken in: what it would change or why it is refused; confirm, put away, read again.

What a workbook may change is decided in scoring.actions; the collecting table itself is in imports.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import charts, files, jobs
from office.refusal import Refused
from office.workbook.report import ImportReport, Problem, marked_copy
from scoring import import_queries
from scoring.actions import batches as workbooks
from scoring.models import BatchState, ImportBatch, LedgerPart
from scoring.views.downloads import attachment
from scoring.views.imports import KIND_WORDS, LIGHTS, has_marks, progress_of, target_word
from scoring.views.shared import crumbs
from units.actions.setup import learn_alias
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may

MOST_PROBLEMS: Final = 500  # on the page; the marked copy and the report hold more
CHANGE_WORDS: Final = {
    "added": ("green", gettext_lazy("added")),
    "changed": ("amber", gettext_lazy("changed")),
    "cleared": ("red", gettext_lazy("cleared")),
    "removed": ("red", gettext_lazy("removed")),
    "not-involved": ("amber", gettext_lazy("not involved")),
    "proposed": ("amber", gettext_lazy("not involved, proposed")),
}
COUNT_WORDS: Final = (
    ("added", gettext_lazy("Added")),
    ("changed", gettext_lazy("Changed")),
    ("removed", gettext_lazy("Removed")),
    ("unchanged", gettext_lazy("Unchanged")),
    ("cleared", gettext_lazy("Cleared")),
    ("not_involved", gettext_lazy("Not involved")),
    ("left", gettext_lazy("Left empty")),
)


@page("L14")
def preview(request: PageRequest, pk: int) -> HttpResponse:
    """What a sheet would change before it does, or why it is refused."""
    return _show_preview(request, workbooks.find(request.hat, request.cycle, pk))


def _show_preview(request: PageRequest, batch: ImportBatch, refusal: Refused | None = None) -> HttpResponse:
    cycle, report = request.cycle, batch.report
    errors, warnings = report.get("errors", []), report.get("warnings", [])
    counts = report.get("counts", {})
    # A job that reads forty files is done with this one as soon as it has its preview.
    job = batch.job if batch.state == BatchState.READING or workbooks.is_taken_by_job(batch) else None
    if job is not None and not job.is_over and jobs.reap():
        job.refresh_from_db()
    runs = job is not None and not job.is_over
    waits = batch.state == BatchState.PREVIEW and not runs
    may_learn = batch.state == BatchState.REFUSED and may("B04", request.hat, cycle)
    unknown = report.get("unknown", []) if may_learn else []
    changes = [
        {
            "light": CHANGE_WORDS[change["change"]][0],
            "word": CHANGE_WORDS[change["change"]][1],
            "what": change["what"],
            "before": change["before"],
            "after": change["after"],
            "note": change["note"],
        }
        for change in report.get("changes", [])
    ]
    return render(
        request,
        "scoring/import_preview.html",
        {
            "page_title": batch.file.name,
            "breadcrumbs": crumbs(
                cycle, (_("Material"), reverse("imports", args=[cycle.code])), (batch.file.name, "")
            ),
            "refusal": refusal,
            "file": {
                "name": batch.file.name,
                "kind": KIND_WORDS[batch.kind],
                "target": target_word(batch),
                "by": str(batch.by),
                "at": batch.at,
                "size_label": f"{-(-batch.file.size // 1024)} KB",
                "sha": batch.file_sha256,
                "state_light": LIGHTS[BatchState(batch.state)],
                "state_word": batch.get_state_display(),
            },
            "job": progress_of(job) if job is not None and runs else None,
            "broken_off": job.message if job is not None and workbooks.was_broken_off(batch) else "",
            "head": _head_of(batch),
            "spread": [_spread_line(one) for one in report.get("spread", [])],
            "is_ledger": batch.kind != "scores",
            "counts": [(word, counts[name], "") for name, word in COUNT_WORDS if name in counts],
            "problems": _problems(errors, warnings, unknown, cycle, batch.pk),
            "errors": len(errors),
            "warnings": len(warnings),
            "unknown": [
                {
                    "text": text,
                    "url": reverse("import-learn", args=[cycle.code, batch.pk, number]),
                    "nearest": nearest,
                }
                for number, (text, nearest) in enumerate(unknown)
            ],
            "unit_choices": list(import_queries.units_of_cycle(cycle).items()) if unknown else [],
            "signed": [
                (SIGNED_WORDS[key], value) for key, value in batch.signed.items() if key in SIGNED_WORDS
            ],
            "changes": changes,
            "changes_total": report.get("changed", 0),
            "confirm_url": reverse("import-confirm", args=[cycle.code, batch.pk]) if waits else "",
            "drop_url": (
                reverse("import-drop", args=[cycle.code, batch.pk])
                if batch.state in (BatchState.PREVIEW, BatchState.REFUSED, BatchState.READING) and not runs
                else ""
            ),
            "again_url": (
                reverse("import-again", args=[cycle.code, batch.pk])
                if batch.state not in (BatchState.COMMITTED, BatchState.VOID) and not runs
                else ""
            ),
            "marked_url": reverse("import-marked", args=[cycle.code, batch.pk]) if has_marks(batch) else "",
            "original_url": reverse("import-original", args=[cycle.code, batch.pk]),
            "imports_url": reverse("imports", args=[cycle.code]),
        },
        status=refusal.status if refusal is not None else 200,
    )


def _spread_line(one: dict[str, Any]) -> dict[str, Any]:
    """One sub-item's spread with its picture; batches read before there were pictures have none."""
    values = [Decimal(value) for value in one.get("values", [])]
    label = _("%(sub)s, units by points off") % {"sub": one["sub"]}
    return one | {"picture": charts.histogram(values, label=label) if values else "—"}


def _head_of(batch: ImportBatch) -> list[tuple[str, str]]:
    """What a ledger says as a whole."""
    head = batch.report.get("head")
    if not head:
        return []
    facts = [(_("Lead body"), head["body"]), (_("Period"), target_word(batch).rpartition(" · ")[2])]
    if "points" in batch.report:
        facts.append((_("Points off in all"), batch.report["points"]))
    if "parts" in head:
        words = {str(part): str(part.label) for part in LedgerPart}
        facts.append((_("Replaces"), "、".join(words[part] for part in head["parts"])))
        facts.append(
            (_("Units not listed lost nothing"), _("said") if head["others_clean"] else _("not said"))
        )
    return facts


SIGNED_WORDS: Final = {
    "filled_by": gettext_lazy("Filled in by"),
    "checked_by": gettext_lazy("Checked by"),
    "phone": gettext_lazy("Phone"),
    "unit": gettext_lazy("Unit"),
}


def _problems(
    errors: list[dict[str, Any]],
    warnings: list[dict[str, Any]],
    unknown: list[Any],
    cycle: Cycle,
    pk: int,
) -> list[dict[str, Any]]:
    number_of = {"".join(text.split()): number for number, (text, _nearest) in enumerate(unknown)}
    rows: list[dict[str, Any]] = []
    for level, problems in (("error", errors), ("warning", warnings)):
        for problem in problems[: MOST_PROBLEMS - len(rows)]:
            row = problem | {"level": level}
            number = number_of.get("".join(problem["value"].split()))
            if problem["code"] == "unknown-unit" and number is not None:
                row["learn_url"] = reverse("import-learn", args=[cycle.code, pk, number])
                row["nearest"] = unknown[number][1]
            rows.append(row)
    return rows


@page("L14", methods=("POST",))
def confirm(request: PageRequest, pk: int) -> HttpResponse:
    """Take the previewed sheet in; when a cell was changed meanwhile it is read again and shown."""
    try:
        batch, job = workbooks.start_taking(request.hat, request.cycle, pk)
    except Refused as refusal:
        if refusal.code != "changed-meanwhile":
            raise
        batch = workbooks.read_again(by=request.hat, cycle=request.cycle, batch_id=pk)
        return _show_preview(request, batch, refusal)
    if job is None:
        sentence = (
            _("%(file)s was taken in: %(changed)d changes. The places are up to date.")
            if batch.kind == "scores"
            else _("%(file)s was taken in: %(changed)d changes.")
        )
        messages.success(
            request, sentence % {"file": batch.file.name, "changed": batch.report.get("changed", 0)}
        )
    return redirect("import-preview", request.cycle.code, pk)


@page("L14", methods=("POST",))
def confirm_many(request: PageRequest) -> HttpResponse:
    """Take in what was ticked of a drop; what is not ticked stays, and what could not be says why."""
    cycle = request.cycle
    ids = [int(pk) for pk in request.POST.getlist("batch") if pk.isdecimal() and len(pk) < 19]
    if not ids:
        raise Refused("none-ticked", _("Nothing is ticked. Please tick what is to be taken in."), status=422)
    taken = workbooks.take_many(by=request.hat, cycle=cycle, batch_ids=ids)
    if taken.done:
        messages.success(request, _("%(count)d workbooks were taken in.") % {"count": len(taken.done)})
    if taken.running:
        messages.info(
            request, _("%(count)d large workbooks are being taken in.") % {"count": len(taken.running)}
        )
    if taken.left:
        who = "；".join(f"{batch.file.name}（{why.sentence.rstrip('。.')}）" for batch, why in taken.left)
        messages.warning(request, _("Left out: %(who)s") % {"who": who})
    shown = [pk for pk in request.POST.get("drop", "").split(",") if pk.isdecimal()]
    kind = request.POST.get("kind", "")
    query = urlencode({"kind": kind if kind.isalpha() else "", "drop": ",".join(shown)})
    return redirect(f"{reverse('imports', args=[cycle.code])}?{query}")


@page("L14", methods=("POST",))
def drop(request: PageRequest, pk: int) -> HttpResponse:
    batch = workbooks.drop(by=request.hat, cycle=request.cycle, batch_id=pk)
    messages.info(request, _("%(file)s was put away; nothing was changed.") % {"file": batch.file.name})
    return redirect("imports", request.cycle.code)


@page("L14", methods=("POST",))
def again(request: PageRequest, pk: int) -> HttpResponse:
    workbooks.read_again(by=request.hat, cycle=request.cycle, batch_id=pk)
    return redirect("import-preview", request.cycle.code, pk)


@page("B04", methods=("POST",))
def learn(request: PageRequest, pk: int, number: int) -> HttpResponse:
    """Make the unknown name an alias of the chosen unit, then read the file again."""
    batch = workbooks.find(request.hat, request.cycle, pk)
    unknown = batch.report.get("unknown", [])
    chosen = request.POST.get("name", "")
    if number >= len(unknown) or not chosen.isdecimal():
        raise Refused("no-unit", _("Please choose the unit that is meant."), status=422)
    alias = learn_alias(by=request.hat, cycle=request.cycle, unit_id=int(chosen), name=unknown[number][0])
    messages.success(
        request, _("“%(name)s” now means %(unit)s.") % {"name": alias.name, "unit": str(alias.unit)}
    )
    workbooks.read_again(by=request.hat, cycle=request.cycle, batch_id=pk)
    return redirect("import-preview", request.cycle.code, pk)


@page("L14")
def original(request: PageRequest, pk: int) -> FileResponse:
    """The workbook exactly as it came."""
    return files.deliver(workbooks.find(request.hat, request.cycle, pk).file)


@page("L14")
def marked(request: PageRequest, pk: int) -> HttpResponse:
    """The same workbook with the bad cells marked and commented."""
    batch = workbooks.find(request.hat, request.cycle, pk)
    report = ImportReport(
        errors=[Problem(**problem) for problem in batch.report.get("errors", [])],
        warnings=[Problem(**problem) for problem in batch.report.get("warnings", [])],
    )
    stem = batch.file.name.rpartition(".")[0] or batch.file.name
    return attachment(marked_copy(files.read(batch.file), report), f"{stem}-{_('Marked copy')}.xlsx")
