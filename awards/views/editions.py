"""Pages of the published editions: the list, the notice, files, differences, verifying, opening to everybody.

Sealing is in awards.actions.publication.
"""

from __future__ import annotations

import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from awards import edition, queries
from awards.actions import publication
from awards.group_deeds import CORRECT
from awards.models import Edition, EditionFile
from awards.views.shared import tabs
from awards.words import words_of
from office import files
from office.refusal import Refused
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group, require
from units.stages import AFTER_PUBLICATION

FOR_ALL = frozenset(
    {"notice", "tables"}
)  # the result page's PDFs (A02); the rest is an export of totals (G04)
CACHED_FOR = 300  # seconds, the open page in a cache on the way
MOST_DIFFERENCES = 300


def _edition(cycle: Cycle, number: int) -> Edition:
    found = (
        queries.sealed(cycle)
        .filter(number=number)
        .select_related("asked_by", "confirmed_by", "supersedes")
        .prefetch_related("drafts")
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.cycle = cycle
    return found


@page("A02")
def editions(request: PageRequest) -> HttpResponse:
    """Every edition of the year, newest first; the newest is what counts."""
    cycle, hat = request.cycle, request.hat
    under_way = queries.under_way(cycle)
    found = list(
        queries.sealed(cycle).select_related("asked_by", "confirmed_by").prefetch_related("files__file")
    )
    exports = may("G04", hat, cycle)
    after = cycle.stage_now in AFTER_PUBLICATION
    return render(
        request,
        "awards/editions.html",
        {
            "page_title": _("Editions"),
            "tabs": tabs(request),
            "editions": [_line(one, n == 0, exports=exports) for n, one in enumerate(found)],
            "may_open": bool(found) and after and not publication.is_denied_opening(hat),
            "may_correct": bool(found) and under_way is None and may("I05", hat, cycle),
            "minutes_url": reverse("minutes-enter", args=[cycle.code, CORRECT, found[0].pk])
            if found and under_way is None and may_on_behalf_of_group("I05", hat, cycle)
            else "",
            "under_way": under_way,
            "may_confirm": under_way is not None
            and under_way.confirmed_by_id is None
            and under_way.asked_by_id != hat.user.pk
            and may("I05", hat, cycle),
            "result_url": reverse("result", args=[cycle.code]),
        },
    )


def _line(found: Edition, is_newest: bool, *, exports: bool) -> dict[str, Any]:
    code = found.cycle.code
    return {
        "edition": found,
        "is_newest": is_newest,
        "files": [
            (row.title, row.file.size, reverse("edition-file", args=[code, found.number, row.name]))
            for row in found.files.all()
            if exports or row.kind in FOR_ALL
        ],
        "zip_url": reverse("edition-zip", args=[code, found.number]) if exports else "",
        "differences_url": reverse("edition-differences", args=[code, found.number])
        if found.supersedes_id
        else "",
        "verify_url": reverse("edition-verify", args=[code, found.number]),
    }


@page("G04")
def edition_zip(request: PageRequest, number: int) -> HttpResponse:
    """Every file of an edition, as they were sealed."""
    found = _edition(request.cycle, number)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in found.files.select_related("file"):
            archive.writestr(zipfile.ZipInfo(row.name), files.read(row.file))
    name = f"{found.cycle.code}-公布稿第{found.number}版-{found.code}.zip"
    response = HttpResponse(out.getvalue(), content_type=files.ZIP)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@page("A02")
def edition_differences(request: PageRequest, number: int) -> HttpResponse:
    """What an edition changed against the one before."""
    found = _edition(request.cycle, number)
    sees_inputs = may("G04", request.hat, request.cycle)
    every = [d for d in queries.differences_to_before(found) if sees_inputs or d.where.startswith("/results")]
    return render(
        request,
        "awards/differences.html",
        {
            "page_title": _("Edition %(number)d: what changed") % {"number": found.number},
            "edition": found,
            "total": len(every),
            "differences": [
                {"where": words_of(d), "before": d.before, "after": d.after} for d in every[:MOST_DIFFERENCES]
            ],
        },
    )


@page("A02")
def edition_verify(request: PageRequest, number: int) -> HttpResponse:
    """Writes the stored files to a folder and verifies them as anybody could at home."""
    found = _edition(request.cycle, number)
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="verify-") as made:
        for row in found.files.select_related("file"):
            try:
                (Path(made) / row.name).write_bytes(files.read(row.file))
            except Refused as refusal:
                problems.append(str(refusal))
        altered = edition.verify(Path(made), found.code)
    return render(
        request,
        "awards/verified.html",
        {
            "page_title": _("Edition %(number)d verified") % {"number": found.number},
            "edition": found,
            "problems": problems,
            "altered": altered,
            "files": found.files.count(),
        },
    )


@page("I04", methods=("POST",))
def ask(request: PageRequest) -> HttpResponse:
    publication.ask_publication(
        by=request.hat, cycle=request.cycle, document_number=request.POST.get("document_number", "")
    )
    messages.success(request, _("Asked; a second person of the office confirms the publication."))
    return redirect("approval", request.cycle.code)


@page("I04", methods=("POST",))
def confirm(request: PageRequest, pk: int) -> HttpResponse:
    publication.confirm_publication(by=request.hat, edition_id=pk)
    messages.success(request, _("Confirmed; the edition is being sealed."))
    return redirect("approval", request.cycle.code)


@page("I04", methods=("POST",))
def withdraw(request: PageRequest, pk: int) -> HttpResponse:
    publication.withdraw_publication(by=request.hat, edition_id=pk)
    messages.success(request, _("Taken back; nothing was published."))
    return redirect("approval", request.cycle.code)


@page("I05", methods=("POST",))
def correct(request: PageRequest) -> HttpResponse:
    publication.ask_publication(by=request.hat, cycle=request.cycle, reason=request.POST.get("reason", ""))
    messages.success(request, _("Asked; a second member of the leading group confirms the correction."))
    return redirect("editions", request.cycle.code)


@page("I05", methods=("POST",))
def confirm_correction(request: PageRequest, pk: int) -> HttpResponse:
    publication.confirm_publication(by=request.hat, edition_id=pk)
    messages.success(request, _("Confirmed; the edition is being sealed."))
    return redirect("editions", request.cycle.code)


@page("I04", methods=("POST",))
def set_open(request: PageRequest, number: int) -> HttpResponse:
    found = _edition(request.cycle, number)
    is_open = request.POST.get("open") == "1"
    publication.set_open(by=request.hat, found=found, is_open=is_open)
    messages.success(
        request,
        _("The result page is open to everybody.") if is_open else _("The result page is closed again."),
    )
    return redirect("editions", request.cycle.code)


# For everybody, once the office has opened it


@page("A02")
def _result_inside(request: PageRequest) -> HttpResponse:
    found = queries.newest(request.cycle)
    if found is None:
        return redirect("editions", request.cycle.code)  # which says what is to come
    return _result_page(request, found)


def _result_page(request: HttpRequest, found: Edition) -> HttpResponse:
    results = queries.results_of(found)
    return render(
        request,
        "awards/result.html",
        {
            "edition": found,
            "results": results,
            "blocks": [block for block in results["blocks"] if block["rows"]],
            "notice_url": reverse("edition-file", args=[found.cycle.code, found.number, "notice.pdf"]),
            "tables_url": reverse("edition-file", args=[found.cycle.code, found.number, "tables.pdf"]),
        },
    )


def result(request: HttpRequest, code: str) -> HttpResponseBase:
    """The published result: for every role after publication, for anybody once the office has opened it."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if request.user.is_authenticated:
        return _result_inside(request, code=code)
    found = queries.open_to_everybody(code)
    if found is None:
        return redirect_to_login(request.get_full_path())
    etag = f'"{found.digest[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    response = _result_page(request, found)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={CACHED_FOR}"
    return response


result.permission_row = "A02"  # type: ignore[attr-defined]  # read by the test of the matrix


@page("A02")
def _file_inside(request: PageRequest, number: int, name: str) -> HttpResponseBase:
    row = _file_of(_edition(request.cycle, number), name)
    if row.kind not in FOR_ALL:
        require("G04", request.hat, request.cycle)
    return _deliver(row)


def _file_of(found: Edition, name: str) -> EditionFile:
    row = found.files.filter(name=name).select_related("file", "edition__cycle").first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return row


def _deliver(row: EditionFile) -> HttpResponseBase:
    return files.deliver(row.file, inline=True)


def edition_file(request: HttpRequest, code: str, number: int, name: str) -> HttpResponseBase:
    """One file of an edition; notice and ranked tables go with the open page."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if request.user.is_authenticated:
        return _file_inside(request, code=code, number=number, name=name)
    found = queries.open_to_everybody(code)
    if found is None or found.number != number:
        return redirect_to_login(request.get_full_path())
    row = found.files.filter(name=name, kind__in=FOR_ALL).select_related("file").first()
    if row is None:
        return redirect_to_login(request.get_full_path())
    return _deliver(row)


edition_file.permission_row = "A02"  # type: ignore[attr-defined]  # read by the test of the matrix
