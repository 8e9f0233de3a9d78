"""One line of a ledger: how it came to be what it is, and the files beside it."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office import evidence
from office.refusal import Refused
from scoring.actions import ledger_evidence
from scoring.models import LedgerLine, LineThread, VersionState
from scoring.views.ledgers import ONLY_OWN, ledger_title
from scoring.views.shared import crumbs
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may


@page("C04", methods=("GET", "POST"), tables=True)
def line(request: PageRequest, thread: str) -> HttpResponse:
    """The line with its versions and evidence; a file posted is laid beside it."""
    cycle, hat = request.cycle, request.hat
    row = ledger_evidence.line_for(hat, cycle, ledger_evidence.thread_of(thread))
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            upload = request.FILES.get("file")
            if upload is None:
                raise Refused("no-file", _("Please choose a file."), status=422)
            ledger_evidence.add(
                by=hat, cycle=cycle, thread=thread, upload=upload, note=request.POST.get("note", "")
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
        else:
            messages.success(request, _("The file lies beside the line now."))
            return redirect("ledger-line", cycle.code, thread)
    may_write = True
    try:
        ledger_evidence.require_may_write(hat, cycle, row)
    except Refused:
        may_write = False
    ledger = row.version.ledger
    kept = LineThread.objects.filter(thread=row.thread).first()
    before = LedgerLine.objects.filter(thread=row.thread).exclude(version__state=VersionState.WRITING)
    # Versions are another body's affair for a unit: it sees what stands, and since when.
    shows_versions = hat.role not in ONLY_OWN
    history = before.select_related("version__by").order_by("-version__number") if shows_versions else []
    title = f"{row.membership.unit} · {row.sub_item.name}"
    quarter_url = (
        reverse("ledger", args=[cycle.code, ledger.body.name, ledger.quarter]) if shows_versions else ""
    )
    return render(
        request,
        "scoring/ledger_line.html",
        {
            "page_title": title,
            "breadcrumbs": crumbs(
                cycle,
                (_("Ledgers"), reverse("ledgers", args=[cycle.code])),
                (ledger_title(ledger.body, ledger.quarter), quarter_url),
                (title, ""),
            ),
            "refusal": refusal,
            "line": row,
            "places": cycle.places,
            "facts": _facts(row),
            "history": [(one, one.version) for one in history],
            "current": row.version_id,
            "evidence": evidence.of(kept) if kept is not None else [],
            "may_read_files": may("D06", hat, cycle, unit_id=row.membership.unit_id, leads=True)
            or hat.role is Role.LEAD,
            "may_write": may_write,
            "accept": evidence.ACCEPT,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


def _facts(row: LedgerLine) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (_("Block"), row.membership.block.name),
        (_("Major item"), row.sub_item.item.name),
        (_("Sub-item"), row.sub_item.name),
    ]
    if row.indicator is not None:
        facts.append((_("Indicator"), row.indicator.name))
    facts += [(_("Points off"), row.points), (_("Reason"), row.reason or "—")]
    if row.basis:
        facts.append((_("Evidence"), row.basis))
    if row.on is not None:
        facts.append((_("Date"), row.on.isoformat()))
    for label, value in (
        (_("target"), row.target),
        (_("this quarter"), row.done),
        (_("so far"), row.done_total),
    ):
        if value is not None:
            facts.append((f"{row.figure} {label}".strip(), f"{value}{row.measure}"))
    return facts


@page("D06")
def evidence_file(request: PageRequest, pk: int) -> FileResponse:
    """A file beside a line; PDFs and pictures open in the page."""
    piece, _line = ledger_evidence.find(request.hat, request.cycle, pk)
    return evidence.deliver(piece, save=request.GET.get("save") == "1")


@page("C05", methods=("POST",))
def evidence_remove(request: PageRequest, pk: int) -> HttpResponse:
    row = ledger_evidence.take_away(by=request.hat, cycle=request.cycle, pk=pk)
    messages.info(request, _("The file was taken away."))
    return redirect("ledger-line", request.cycle.code, row.thread.hex)
