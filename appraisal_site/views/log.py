"""The log for the auditor: filter, pages, workbook, chain, sample.

The log itself is written and checked by office.audit.
"""

from __future__ import annotations

import random
import secrets
from datetime import datetime, time, timedelta

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from appraisal_site import deeds
from appraisal_site.forms import LogFilter
from office import audit
from office.models import AuditEntry
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from units.models import Cycle
from units.pages import PageRequest, page

ENTRIES_PER_PAGE = 50
LARGEST_SAMPLE = 200
BREAKS = {
    "altered": gettext_noop("Entry %(number)d was altered."),
    "missing": gettext_noop("Entry %(number)d is missing."),
    "inserted": gettext_noop("Entry %(number)d was put in or the one before it was replaced."),
    "cut": gettext_noop("The log was cut at entry %(number)d."),
}


def chosen(request: PageRequest) -> tuple[QuerySet[AuditEntry], dict[str, str]]:
    """The entries of the filter or of the sample in the address, newest first, and the filter's words."""
    form = LogFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    entries = AuditEntry.objects.all()
    if who := asked.get("who"):
        entries = entries.filter(Q(user_id_text__icontains=who) | Q(user_name__icontains=who))
    if act := asked.get("act"):
        entries = entries.filter(act=act)
    if year := asked.get("year"):
        entries = entries.filter(cycle_code=year)
    if text := asked.get("text"):
        entries = entries.filter(Q(object_text__icontains=text) | Q(details__icontains=text))
    if first := asked.get("first"):
        entries = entries.filter(at__gte=timezone.make_aware(datetime.combine(first, time.min)))
    if last := asked.get("last"):
        end = datetime.combine(last + timedelta(days=1), time.min)
        entries = entries.filter(at__lt=timezone.make_aware(end))
    sample = sampled(request.GET.get("sample", ""))
    if sample is not None:
        entries = entries.filter(number__in=sample)
    return entries, {name: request.GET.get(name, "") for name in form.fields}


def sampled(code: str) -> list[int] | None:
    """The entry numbers of a drawn sample, `COUNT-OF-SEED`; None when the code is not one.  Repeatable."""
    parts = code.split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 10 for part in parts):
        return None
    count, of, seed = map(int, parts)
    # Repeatable on purpose: the auditor can show later that nobody chose the entries.
    return random.Random(seed).sample(range(1, of + 1), min(count, of, LARGEST_SAMPLE))  # noqa: S311 -- a sample, no secret


@page("L08")
def log(request: PageRequest) -> HttpResponse:
    entries, words = chosen(request)
    if request.GET.get("as") == "xlsx":
        return _workbook(entries)
    shown = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    cycles = {c.code: c for c in Cycle.objects.all()}
    query = request.GET.copy()
    query.pop("page", None)
    kept = f"{query.urlencode()}&" if query else ""
    return render(
        request,
        "appraisal_site/log.html",
        {
            "entries": [deeds.deed_of(entry, cycles.get(entry.cycle_code)) for entry in shown.object_list],
            "page": shown,
            "query": kept,
            "filters": [
                ("who", _("Who"), words["who"], None, "text"),
                (
                    "act",
                    _("Deed"),
                    words["act"],
                    [("", _("all deeds")), *((act, str(text)) for act, text in deeds.WORDS.items())],
                    "text",
                ),
                (
                    "year",
                    _("Year"),
                    words["year"],
                    [("", _("all years")), *((code, code) for code in cycles)],
                    "text",
                ),
                ("text", _("Text"), words["text"], None, "text"),
                ("first", _("From"), words["first"], None, "date"),
                ("last", _("Until"), words["last"], None, "date"),
            ],
            "sample": request.GET.get("sample", "") if sampled(request.GET.get("sample", "")) else "",
            "xlsx_url": f"?{kept}as=xlsx",
            "verify_url": reverse("log-verify"),
            "sample_url": reverse("log-sample"),
            "verified": _last_verified(),
        },
    )


def _last_verified() -> dict[str, object] | None:
    entry = AuditEntry.objects.filter(act="log.verified").first()
    if entry is None:
        return None
    found = audit.details_of(entry)
    whole = found.get("broken_at") is None
    return {
        "light": "green" if whole else "red",
        "word": _("whole") if whole else _("broken"),
        "sentence": found.get("sentence", ""),
        "at": entry.at,
    }


@page("L09", methods=("POST",))
def verify(request: PageRequest) -> HttpResponse:
    """Walk the whole chain; what was found is itself written in the log and shown on top of it."""
    count = AuditEntry.objects.count()
    broken = audit.verify()
    sentence = (
        _("All %(count)d entries fit the chain.") % {"count": count}
        if broken is None
        else _(BREAKS[broken.reason]) % {"number": broken.number}
    )
    with transaction.atomic():
        audit.record(
            request.hat,
            "log.verified",
            None,
            sentence=sentence,
            broken_at=broken.number if broken is not None else None,
        )
    return redirect("log")


@page("L09", methods=("POST",))
def draw_sample(request: PageRequest) -> HttpResponse:
    """Draw entries by chance; the draw is written in the log and can be repeated by its code."""
    asked = request.POST.get("count", "")
    count = min(int(asked), LARGEST_SAMPLE) if asked.isdecimal() and len(asked) < 6 and int(asked) else 20
    newest = AuditEntry.objects.values_list("number", flat=True).first() or 0
    code = f"{count}-{newest}-{secrets.randbelow(10**6)}"
    with transaction.atomic():
        audit.record(request.hat, "log.sampled", None, sample=code)
    return redirect(f"{reverse('log')}?sample={code}")


def _workbook(entries: QuerySet[AuditEntry]) -> HttpResponse:
    rows = []
    for entry in entries.iterator(chunk_size=2000):
        deed = deeds.deed_of(entry)
        rows.append(
            (
                deed.number,
                f"{timezone.localtime(deed.at):%Y-%m-%d %H:%M:%S}",
                deed.who,
                entry.user_id_text,
                deed.role,
                deed.words,
                entry.cycle_code,
                deed.object_text,
                deed.before,
                deed.after,
                deed.reason,
                deed.digest,
            )
        )
    columns = [
        ColumnOut(_("Number"), "whole"),
        *(
            ColumnOut(title)
            for title in (
                _("When"),
                _("Who"),
                _("Account"),
                _("Role"),
                _("Deed"),
                _("Year"),
                _("Object"),
                _("Before"),
                _("After"),
                _("Reason"),
                _("Digest"),
            )
        ),
    ]
    answer = HttpResponse(
        write_workbook([SheetOut(_("Log"), columns, rows)]),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = f'attachment; filename="log-{timezone.localdate():%Y%m%d}.xlsx"'
    return answer
