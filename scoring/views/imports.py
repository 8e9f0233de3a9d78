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
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import files
from office.models import Job
from office.refusal import Refused
from scoring import import_queries, ledger_queries
from scoring.actions import batches as workbooks
from scoring.actions import imports, ledgers, returns
from scoring.models import BatchState, ImportBatch, ScoreKind
from scoring.permissions import may_score_many
from scoring.views.downloads import attachment
from scoring.views.shared import block_named
from scoring.workbooks import exports
from scoring.workbooks.frame import TITLE_WORDS
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.pages import PageRequest, page

PER_PAGE: Final = 30
MOST_FILES: Final = 60
LIGHTS: Final = {
    BatchState.READING: "amber",
    BatchState.PREVIEW: "amber",
    BatchState.COMMITTED: "green",
    BatchState.REFUSED: "red",
    BatchState.DROPPED: "off",
    BatchState.VOID: "off",
}
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
            messages.error(
                request,
                _("%(file)s: %(sentence)s") % {"file": files.safe_name(file.name or ""), "sentence": refusal},
            )
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
            "confirm_url": reverse("imports-confirm", args=[cycle.code]),
            "waits": sum(each.state == BatchState.PREVIEW for each in dropped),
            "drop": ",".join(str(each.pk) for each in dropped),
            "kind": kind.value,
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
        "pk": batch.pk,
        "waits": batch.state == BatchState.PREVIEW,
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
        "marked_url": reverse("import-marked", args=[cycle.code, batch.pk]) if has_marks(batch) else "",
    }


def has_marks(batch: ImportBatch) -> bool:
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
