"""The papers of a year: the register, one paper in the page, its file, the original seen.

What a paper does to a unit is on the pages of adjustments.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from bonuses import permissions, queries, words
from bonuses.actions import documents
from bonuses.models import Document
from bonuses.sentences import not_found
from office import files
from office.refusal import Refused
from units.pages import PageRequest, page
from units.permissions import may

PER_PAGE = 50


def paper_seen(request: PageRequest, pk: int) -> Document:
    """The paper within the hat's sight; 404 for every other."""
    rows = permissions.documents_for(request.hat, request.cycle)
    found = rows.filter(pk=pk).select_related("file", "entered_by", "original_seen_by").first()
    if found is None:
        raise not_found()
    return found


@page("F03", tables=True)
def papers(request: PageRequest) -> HttpResponse:
    """`?find=` looks in number, title and source; `?lack=file|original` keeps what lacks it."""
    cycle = request.cycle
    rows = permissions.documents_for(request.hat, cycle).select_related("file", "original_seen_by")
    find, lack = request.GET.get("find", "").strip(), request.GET.get("lack", "")
    if find:
        rows = rows.filter(
            Q(number__contains=find)
            | Q(title__contains=find)
            | Q(issuer__contains=find)
            | Q(leader__contains=find)
        )
    if lack == "file":
        rows = rows.filter(file=None)
    elif lack == "original":
        rows = rows.filter(original_seen_at=None)
    rows = rows.annotate(
        uses=Count("adjustments", filter=Q(adjustments__state__in=["proposed", "verified"]), distinct=True)
    ).order_by("-on", "-pk")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "bonuses/papers.html",
        {
            "page": shown,
            "query": f"find={find}&lack={lack}&" if find or lack else "",
            "find": find,
            "lack": lack,
            "cycle": cycle,
            "claim_url": reverse("adjustment-claim", args=[cycle.code])
            if may_claim_anything(request)
            else "",
        },
    )


def may_claim_anything(request: PageRequest) -> bool:
    """True when the hat may claim for somebody now; which unit is asked again by the act."""
    return may(
        permissions.CLAIM,
        request.hat,
        request.cycle,
        unit_id=request.hat.unit_id if request.hat.role in {"UO", "UP"} else None,
    )


@page("F03")
def paper(request: PageRequest, pk: int) -> HttpResponse:
    """One paper with its scan in the page, and what rests on it as far as the hat may see."""
    cycle = request.cycle
    found = paper_seen(request, pk)
    kept = found.file
    return render(
        request,
        "bonuses/paper.html",
        {
            "paper": found,
            "crumbs_to": reverse("papers", args=[cycle.code]),
            "breadcrumbs": [
                (_("Papers"), reverse("papers", args=[cycle.code])),
                (found.number or found.title, ""),
            ],
            "is_pdf": kept is not None and kept.content_type == files.PDF,
            "is_picture": kept is not None and kept.content_type in {files.PNG, files.JPEG},
            "file_url": reverse("paper-file", args=[cycle.code, found.pk]) if kept is not None else "",
            "rows": [
                (row, words.what(row))
                for row in permissions.adjustments_for(request.hat, cycle)
                .filter(document=found)
                .select_related(*queries.WITH_ALL)
            ],
            "vetoes": permissions.vetoes_for(request.hat, cycle)
            .filter(document=found)
            .select_related("unit"),
            "may_order": may(permissions.MATTERS, request.hat, cycle),
            "may_attach": kept is None and may_claim_anything(request),
            "cycle": cycle,
        },
    )


@page("F03")
def paper_file(request: PageRequest, pk: int) -> FileResponse:
    """The scan: PDFs and pictures open in the page, everything else is saved."""
    found = paper_seen(request, pk)
    if found.file is None:
        raise not_found()
    return files.deliver(found.file, inline=request.GET.get("save") != "1")


@page("F01", methods=("POST",))
def attach(request: PageRequest, pk: int) -> HttpResponse:
    found = paper_seen(request, pk)
    sent = request.FILES.get("file")
    if sent is None:
        raise documents.no_file(str(found))
    stored = documents.keep_file(sent.chunks(), sent.name or "", request.hat)
    documents.attach_file(by=request.hat, cycle=request.cycle, document_id=found.pk, file=stored)
    messages.success(request, _("The scan of “%(paper)s” is kept.") % {"paper": str(found)})
    return redirect("paper", request.cycle.code, found.pk)


@page("F07", methods=("POST",))
def original_seen(request: PageRequest, pk: int) -> HttpResponse:
    found = paper_seen(request, pk)
    box = request.POST.get("box_number", "").strip()
    if len(box) > 30:
        raise Refused("too-long", _("A box number has at most 30 characters."), status=422)
    documents.mark_original_seen(by=request.hat, cycle=request.cycle, document_id=found.pk, box_number=box)
    messages.success(request, _("Noted: the original of “%(paper)s” was seen.") % {"paper": str(found)})
    return redirect("paper", request.cycle.code, found.pk)
