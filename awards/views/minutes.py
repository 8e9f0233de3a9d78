"""The signed minutes behind an answer to a reading or a list of awards, shown beside what is compared with them.

Those of drafts and of changes of the rules are with their own pages.
"""

from __future__ import annotations

from django.http import FileResponse
from django.urls import reverse

from awards.models import AwardList, ReadingRuling
from office import files
from office.models import StoredFile
from units.models import Cycle
from units.pages import PageRequest, page
from units.paper_forms import nothing_here

RULING, LIST = "ruling", "list"


@page("I06", "J02", "E14")
def scan(request: PageRequest, kind: str, pk: int) -> FileResponse:
    """`kind`: ruling or list."""
    return files.deliver(_minutes(request.cycle, kind, pk), inline=True)


def _minutes(cycle: Cycle, kind: str, pk: int) -> StoredFile:
    row: ReadingRuling | AwardList | None = None
    if kind == RULING:
        row = (
            ReadingRuling.objects.filter(reading__cycle=cycle, pk=pk)
            .exclude(minutes=None)
            .select_related("minutes")
            .first()
        )
    elif kind == LIST:
        row = (
            AwardList.objects.filter(cycle=cycle, pk=pk)
            .exclude(minutes=None)
            .select_related("minutes")
            .first()
        )
    if row is None or row.minutes is None:
        raise nothing_here()
    return row.minutes


def shown(cycle: Cycle, kind: str, row: ReadingRuling | AwardList) -> dict[str, object] | None:
    """Address and kind of the scan, as parts/scan.html takes them; None for what is decided on screen."""
    if row.minutes is None:
        return None
    return {
        "url": reverse("award-minutes-scan", args=[cycle.code, kind, row.pk]),
        "is_pdf": row.minutes.content_type == files.PDF,
        "meeting": row,
    }
