"""Pictures beside a visit: adding on the phone, looking at one, taking one away while the visit is open.

What is taken in and how it is set anew is in office.evidence.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from office import evidence
from office.models import Evidence
from office.refusal import Refused
from scoring import visit_queries
from scoring.actions import visit_photos as photos
from scoring.models import Visit
from scoring.views.shared import nothing_here
from units.matrix import Role
from units.pages import PageRequest, page


def _seen(request: PageRequest, pk: int) -> Evidence:
    """One picture of a visit within sight; a lead reads its own lines, not what others' pictures show."""
    row = evidence.one(Visit, pk)
    visit_queries.visit_seen(request.hat, request.cycle, row.about_id)
    if request.hat.role is Role.LEAD:
        raise nothing_here()
    return row


@page("D05", methods=("POST",))
def add(request: PageRequest, pk: int) -> HttpResponse:
    """One or several pictures; what is refused is said by its name, the others are kept."""
    hat, cycle = request.hat, request.cycle
    visit_queries.visit_seen(hat, cycle, pk)
    uploads = request.FILES.getlist("file")
    if not uploads:
        messages.error(request, _("Please choose a picture."))
    for upload in uploads:
        try:
            kept, is_new = photos.add_photo(
                by=hat, cycle=cycle, visit_id=pk, upload=upload, note=request.POST.get("note", "")
            )
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            messages.error(request, refused.sentence)
            continue
        if is_new:
            messages.success(request, _("%(name)s is kept.") % {"name": kept.file.name})
        else:
            messages.info(
                request, _("This very file lies here already as %(name)s.") % {"name": kept.file.name}
            )
    return redirect("visit", cycle.code, pk)


@page("D06")
def photo(request: PageRequest, pk: int) -> FileResponse:
    return evidence.deliver(_seen(request, pk), save=request.GET.get("save") == "1")


@page("D05", methods=("POST",))
def remove(request: PageRequest, pk: int) -> HttpResponse:
    row = _seen(request, pk)
    about = row.about_id
    try:
        photos.remove_photo(by=request.hat, cycle=request.cycle, evidence_id=pk)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("%(name)s was taken away.") % {"name": row.file.name})
    return redirect("visit", request.cycle.code, about)
