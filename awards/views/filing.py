"""The page of the filing: packages, their receipts, and for the organization department the way to take one in.

The office builds (K01), the organization department and the auditor fetch and verify (K02), the first accepts (K03).
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from awards import paylist, queries
from awards.actions import filing as acts
from awards.models import Filing
from awards.reports import day_in_words
from awards.views.approval import job_line
from awards.views.shared import tabs
from office import files, pdf
from office.refusal import Refused
from units.models import Cycle
from units.pages import PageRequest, page
from units.permissions import may


def _packages(cycle: Cycle) -> list[Filing]:
    found = Filing.objects.filter(cycle=cycle).select_related(
        "edition", "file", "job", "asked_by", "accepted_by"
    )
    return list(found.order_by("-number"))


def _built(cycle: Cycle, number: int) -> Filing:
    found = (
        Filing.objects.filter(cycle=cycle, number=number, built_at__isnull=False)
        .select_related("edition", "file", "accepted_by")
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.cycle = cycle
    return found


@page("K01", "K02")
def filing(request: PageRequest) -> HttpResponse:
    """Every package, newest first, and what is to be done next."""
    cycle, hat = request.cycle, request.hat
    packages = _packages(cycle)
    newest = queries.newest(cycle)
    waiting = next((one for one in packages if not one.is_built), None)
    built = [one for one in packages if one.is_built]
    current = built[0] if built and newest is not None and built[0].edition_id == newest.pk else None
    fetches = may("K02", hat, cycle)
    return render(
        request,
        "awards/filing.html",
        {
            "page_title": _("Filing"),
            "tabs": tabs(request),
            "newest": newest,
            "packages": [_line(one, cycle.code, fetches) for one in built],
            "waiting": waiting,
            "job": job_line(waiting.job) if waiting is not None and waiting.job is not None else None,
            "may_build": newest is not None
            and may("K01", hat, cycle)
            and not (current is not None and current.is_accepted),
            "to_accept": current
            if current is not None and not current.is_accepted and may("K03", hat, cycle)
            else None,
            "is_current": current is not None,
            "is_filed": current is not None and current.is_accepted,
        },
    )


def _line(found: Filing, code: str, fetches: bool) -> dict[str, Any]:
    address = [code, found.number]
    return {
        "package": found,
        "folders": list(found.contents.items()),
        "zip_url": reverse("filing-package", args=address) if fetches else "",
        "verify_url": reverse("filing-verify", args=address) if fetches else "",
        "receipt_url": reverse("filing-receipt", args=address) if found.is_accepted else "",
    }


@page("K01", methods=("POST",))
def build(request: PageRequest) -> HttpResponse:
    acts.ask_package(by=request.hat, cycle=request.cycle)
    messages.success(request, _("Asked; the package is being built."))
    return redirect("filing", request.cycle.code)


@page("K02")
def package(request: PageRequest, number: int) -> HttpResponseBase:
    """The archive, exactly as it was built."""
    found = _built(request.cycle, number)
    assert found.file is not None
    return files.deliver(found.file)


@page("K02")
def verify(request: PageRequest, number: int) -> HttpResponse:
    """Every file of the stored package against its manifest, as its own verifier does it at home."""
    found = _built(request.cycle, number)
    return render(
        request,
        "awards/filing_verified.html",
        {
            "page_title": _("Package %(number)d verified") % {"number": number},
            "package": found,
            "altered": acts.altered_in(found),
            "files": sum(found.contents.values()),
        },
    )


@page("K03", methods=("POST",))
def accept(request: PageRequest, number: int) -> HttpResponse:
    found = acts.accept_package(
        by=request.hat,
        cycle=request.cycle,
        number=number,
        code=request.POST.get("code", ""),
        receipt=request.POST.get("receipt", ""),
        note=request.POST.get("note", ""),
    )
    messages.success(
        request,
        _("Package %(number)d is accepted with receipt %(receipt)s.")
        % {"number": number, "receipt": found.receipt_number},
    )
    return redirect("filing", request.cycle.code)


@page("K01", "K02")
def receipt(request: PageRequest, number: int) -> HttpResponse:
    """The receipt as a paper."""
    found = _built(request.cycle, number)
    if not found.is_accepted or found.accepted_at is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    facts = paylist.facts_of(
        request.cycle, "备案回执", [found.digest, found.receipt_number, str(found.accepted_at)]
    )
    markup = render_to_string(
        "reports/receipt.html",
        {
            "facts": facts,
            "paper_title": "备案回执",
            "filing": found,
            "cycle": request.cycle,
            "accepted_words": day_in_words(timezone.localdate(found.accepted_at).isoformat()),
        },
    )
    response = HttpResponse(pdf.render(markup, identifier=facts.code), content_type=files.PDF)
    name = f"{request.cycle.code}-备案回执-{found.number}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response
