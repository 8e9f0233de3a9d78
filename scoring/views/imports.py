"""The collecting table (收表台): workbooks dropped, previewed, confirmed, and the sheets to take away.

What a workbook may change is decided in scoring.actions; which rows it holds in scoring.workbooks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import files, jobs
from office.models import Job
from office.refusal import Refused
from office.workbook.report import ImportReport, Problem, marked_copy
from scoring import import_queries, ledger_queries
from scoring.actions import batches as workbooks
from scoring.actions import imports, ledgers, returns
from scoring.models import BatchState, ImportBatch, LedgerPart, ScoreKind
from scoring.permissions import may_score_many
from scoring.views.downloads import attachment
from scoring.views.shared import block_named
from scoring.workbooks import exports
from scoring.workbooks.frame import TITLE_WORDS
from units.actions.setup import learn_alias
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may

PER_PAGE: Final = 30
MOST_FILES: Final = 60
MOST_PROBLEMS: Final = 500  # on the page; the marked copy and the report hold more
LIGHTS: Final = {
    BatchState.READING: "amber",
    BatchState.PREVIEW: "amber",
    BatchState.COMMITTED: "green",
    BatchState.REFUSED: "red",
    BatchState.DROPPED: "off",
    BatchState.VOID: "off",
}
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


KIND_WORDS: Final = {
    "scores": gettext_lazy("score sheet"),
    "ledger": gettext_lazy("quarterly ledger"),
    "returns": gettext_lazy("statistical returns"),
}


@dataclass(frozen=True, slots=True)
class SheetKind:
    """One kind of workbook that may be dropped here: a kind of score, a ledger, or returns."""

    value: str
    label: str
    hand_in: Callable[..., ImportBatch]
    templates: list[tuple[str, str]]


def _score_kinds(hat: Hat, cycle: Cycle) -> list[ScoreKind]:
    kinds = imports.kinds_open_to(hat, cycle)
    if not kinds:
        raise _not_permitted(hat)
    return kinds


def _not_permitted(hat: Hat) -> Refused:
    return Refused(
        "not-permitted", _("As %(role)s you may not do this.") % {"role": hat.label or hat.role}, status=403
    )


def _kinds(hat: Hat, cycle: Cycle) -> list[SheetKind]:
    """What this hat's role may hand in at all, what is open now first."""
    found: list[tuple[bool, SheetKind]] = []
    for kind in imports.kinds_open_to(hat, cycle):
        sheet = reverse("score-sheet", args=[cycle.code, kind])
        templates = [(_("Empty sheet"), sheet), (_("Filled sheet"), f"{sheet}?filled=1")]
        label = str(ScoreKind(kind).label)
        is_closed = may_score_many(hat, kind, cycle).closed_everywhere is not None
        found.append((is_closed, SheetKind(str(kind), label, partial(imports.hand_in, kind=kind), templates)))
    for value, action, row, label, route in (
        ("ledger", ledgers.hand_in, "C02", _("Ledgers and their templates"), "ledgers"),
        ("returns", returns.hand_in, "C07", _("Statistical returns"), "returns"),
    ):
        may_write = ledgers.may_write(hat, cycle, row)
        if may_write.denied is None:
            templates = [(label, reverse(route, args=[cycle.code]))]
            is_closed = may_write.closed_everywhere is not None
            found.append((is_closed, SheetKind(value, str(KIND_WORDS[value]), action, templates)))
    if not found:
        raise _not_permitted(hat)
    return [sheet for _closed, sheet in sorted(found, key=lambda each: each[0])]


def _kind_chosen(text: str, kinds: list[ScoreKind]) -> ScoreKind:
    return next((kind for kind in kinds if str(kind) == text), kinds[0])


@page("E03", "E01", "E02", "D02", "C02", "C07", methods=("GET", "POST"))
def collect(request: PageRequest) -> HttpResponse:
    """Drop one sheet or forty; what became of each, who has not sent, what came in before."""
    kinds = _kinds(request.hat, request.cycle)
    if request.method == "POST":
        return _take_files(request, kinds)
    return _show_table(request, kinds)


def _take_files(request: PageRequest, kinds: list[SheetKind]) -> HttpResponse:
    sent: list[UploadedFile[Any]] = request.FILES.getlist("files")
    if not sent:
        raise Refused("no-file", _("Please choose at least one workbook."), status=422)
    if len(sent) > MOST_FILES:
        raise Refused(
            "too-many-files",
            _("%(count)d files came at once; please send at most %(most)d.")
            % {"count": len(sent), "most": MOST_FILES},
            status=422,
        )
    kind = next((each for each in kinds if each.value == request.POST.get("kind")), None)
    if kind is None:
        raise Refused("unknown-kind", _("Please say which scores the sheet holds."), status=422)
    batches: list[ImportBatch] = []
    for file in sent:
        try:
            batches.append(
                kind.hand_in(
                    by=request.hat,
                    cycle=request.cycle,
                    chunks=file.chunks(),
                    name=file.name or "",
                    size=file.size or 0,
                )
            )
        except Refused as refusal:
            messages.error(request, f"{files.safe_name(file.name or '')}: {refusal}")
    workbooks.start_reading(request.hat, batches, request.cycle)
    if len(batches) == 1 and len(sent) == 1:
        return redirect("import-preview", request.cycle.code, batches[0].pk)
    chosen = ",".join(str(batch.pk) for batch in batches)
    return redirect(f"{reverse('imports', args=[request.cycle.code])}?kind={kind.value}&drop={chosen}")


def _show_table(request: PageRequest, kinds: list[SheetKind]) -> HttpResponse:
    cycle, hat = request.cycle, request.hat
    kind = next((each for each in kinds if each.value == request.GET.get("kind")), kinds[0])
    batches = import_queries.batches_of(hat, cycle)
    drop = [int(n) for n in request.GET.get("drop", "").split(",") if n.isdecimal()][:MOST_FILES]
    dropped = list(batches.filter(pk__in=drop).order_by("pk")) if drop else []
    shown = Paginator(batches, PER_PAGE).get_page(request.GET.get("page"))
    running = next((b.job for b in dropped if b.job is not None and not b.job.is_over), None)
    is_office = hat.role is Role.OFFICE
    waiting, waiting_label = _waiting(kind, cycle) if is_office else ([], "")
    return render(
        request,
        "scoring/imports.html",
        {
            "kinds": [(each.label, f"?kind={each.value}", each is kind) for each in kinds if len(kinds) > 1],
            "upload": {
                "url": reverse("imports", args=[cycle.code]),
                "title": _("Drop workbooks here: %(kind)s") % {"kind": kind.label},
                "help": _(
                    "One workbook or many at once, .xlsx or .xls, at most 20 MB each. Every file stands alone."
                ),
                "accept": ".xlsx,.xls",
                "button": _("Read the files"),
                "many": True,
                "hidden": [("kind", kind.value)],
            },
            "templates": kind.templates,
            "job": progress_of(running) if running is not None else None,
            "batch": [_batch_row(each, cycle) for each in dropped],
            "waiting": waiting,
            "shows_waiting": is_office,
            "waiting_label": waiting_label,
            "imports": [_history_row(each, cycle) for each in shown],
            "page": shown,
            "papers_url": reverse("adjustments", args=[request.cycle.code]),
            "beside": [
                (_("Self-assessment"), reverse("self", args=[request.cycle.code])),
                (_("Signed forms"), reverse("signed-forms", args=[request.cycle.code])),
            ],
            "query": f"kind={kind.value}&",
        },
    )


def _waiting(kind: SheetKind, cycle: Cycle) -> tuple[list[tuple[str, str, str, str]], str]:
    """Who has not sent yet, and what the list is of."""
    if kind.value == "ledger":
        return ledger_queries.waiting_for(cycle), _(
            "Bodies whose ledgers of these quarters have not come in."
        )
    if kind.value == "returns":
        return [], ""
    waiting = [
        (body.name, "、".join(names), _("not sent"), "amber")
        for body, names in import_queries.bodies_without_lead_sheet(cycle)
    ]
    return waiting, _("Lead bodies of whom no score sheet was taken in this year.")


def target_word(batch: ImportBatch) -> str:
    """What the workbook is for: which kind of score; whose ledger of which quarter, once it was read."""
    if batch.kind == "scores":
        return str(imports.kind_of(batch).label)
    head = batch.report.get("head")
    if not head:
        return "—"
    period = _("quarter %(n)d") % {"n": head["quarter"]} if "quarter" in head else head.get("periods", "")
    return f"{head['body']} · {period}"


def progress_of(job: Job) -> dict[str, Any]:
    """What parts/progress.html shows."""
    return {
        "what": job.doing or job.title,
        "done": job.done,
        "total": job.total,
        "running": not job.is_over,
        "poll_url": reverse("job-progress", args=[job.pk]),
        "cancel_url": reverse("job-cancel", args=[job.pk]),
    }


def _batch_row(batch: ImportBatch, cycle: Cycle) -> dict[str, Any]:
    errors, warnings = batch.report.get("errors", []), batch.report.get("warnings", [])
    return {
        "file": batch.file.name,
        "kind": f"{KIND_WORDS[batch.kind]} · {target_word(batch)}",
        "light": LIGHTS[BatchState(batch.state)],
        "word": batch.get_state_display(),
        "sentence": errors[0]["message"] if errors else "",
        "accepted": batch.report.get("accepted", 0),
        "changed": batch.report.get("changed", 0),
        "errors": len(errors),
        "warnings": len(warnings),
        "url": reverse("import-preview", args=[cycle.code, batch.pk]),
        "url_label": _("Look and confirm") if batch.state == BatchState.PREVIEW else _("Look"),
        "marked_url": reverse("import-marked", args=[cycle.code, batch.pk]) if _has_marks(batch) else "",
    }


def _has_marks(batch: ImportBatch) -> bool:
    """True when some problem has a cell: a file that could not be read has nothing to mark."""
    problems = batch.report.get("errors", []) + batch.report.get("warnings", [])
    return any(problem["cell"] for problem in problems)


def _history_row(batch: ImportBatch, cycle: Cycle) -> dict[str, Any]:
    return {
        "at": batch.at,
        "file": batch.file.name,
        "kind": KIND_WORDS[batch.kind],
        "by": str(batch.by),
        "target": target_word(batch),
        "state_light": LIGHTS[BatchState(batch.state)],
        "state_word": batch.get_state_display(),
        "accepted": batch.report.get("accepted", 0),
        "sha": batch.file_sha256,
        "original_url": reverse("import-original", args=[cycle.code, batch.pk]),
        "url": reverse("import-preview", args=[cycle.code, batch.pk]),
    }


@page("L14")
def preview(request: PageRequest, pk: int) -> HttpResponse:
    """What a sheet would change before it does, or why it is refused."""
    return _show_preview(request, workbooks.find(request.hat, request.cycle, pk))


def _show_preview(request: PageRequest, batch: ImportBatch, refusal: Refused | None = None) -> HttpResponse:
    cycle, report = request.cycle, batch.report
    errors, warnings = report.get("errors", []), report.get("warnings", [])
    counts = report.get("counts", {})
    job = batch.job if batch.state in {BatchState.READING, BatchState.PREVIEW} else None
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
            "breadcrumbs": [
                (_("Home"), reverse("home")),
                (cycle.code, reverse("year", args=[cycle.code])),
                (_("Material"), reverse("imports", args=[cycle.code])),
                (batch.file.name, ""),
            ],
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
            "spread": report.get("spread", []),
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
            "marked_url": reverse("import-marked", args=[cycle.code, batch.pk]) if _has_marks(batch) else "",
            "original_url": reverse("import-original", args=[cycle.code, batch.pk]),
            "imports_url": reverse("imports", args=[cycle.code]),
        },
        status=refusal.status if refusal is not None else 200,
    )


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


@page("L14")
def score_sheet(request: PageRequest, kind: str) -> HttpResponse:
    """The score sheet of the hat worn; `?filled=1` with what is stored."""
    kinds = _score_kinds(request.hat, request.cycle)
    if kind not in {str(each) for each in kinds}:
        raise Refused("not-found", _("There is no such record."), status=404)
    chosen = ScoreKind(kind)
    content = exports.score_sheet(
        by=request.hat, cycle=request.cycle, kind=chosen, filled=request.GET.get("filled") == "1"
    )
    return attachment(content, f"{request.cycle.code}-评分表-{TITLE_WORDS[kind]}.xlsx")


@page("G04")
def matrix_xlsx(request: PageRequest, name: str) -> HttpResponse:
    """The matrix of one block with the scores of one kind, to be read, or filled in and sent back."""
    block = block_named(request.cycle, name)
    kind = _kind_chosen(request.GET.get("kind", "preliminary"), list(ScoreKind))
    return attachment(exports.matrix(block, kind), f"{request.cycle.code}-{block.name}-得分总表.xlsx")
