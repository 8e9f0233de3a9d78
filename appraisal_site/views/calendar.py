"""The working-day calendar: a year at a glance, its holidays and 调休 days, and when so many working days are over.

Days are kept by units.actions.calendar_days; counting is in units.calendar.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from appraisal_site.procedure_forms import CalendarForm, CountForm
from office.files import XLSX
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from units import queries
from units.actions import calendar_days
from units.calendar import add_working_days, is_working_day
from units.models import CalendarDay, StageWindow
from units.pages import PageRequest, page
from units.permissions import may


def _year_of(request: PageRequest) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 1900 < int(asked) < 2200 else timezone.localdate().year


def _years(request: PageRequest, shown: int) -> list[int]:
    """Those of the appraisal and its windows, today's, the one shown."""
    years = {request.cycle.year, request.cycle.year + 1, timezone.localdate().year, shown}
    for window in StageWindow.objects.filter(cycle=request.cycle):
        years |= {window.opens_on.year, window.closes_on.year}
    return sorted(years)


def months_of(year: int, days: dict[date, CalendarDay]) -> list[dict[str, Any]]:
    """Twelve lines of 31 cells: what each day is, and how many working days the month has."""
    exceptions = {day: row.is_working for day, row in days.items()}
    today = timezone.localdate()
    months = []
    for month in range(1, 13):
        length = monthrange(year, month)[1]
        cells: list[dict[str, str] | None] = []
        for number in range(1, 32):
            if number > length:
                cells.append(None)
                continue
            day = date(year, month, number)
            row = days.get(day)
            kind, sign = "work", ""
            if row is not None:
                kind, sign = ("worked", _("work")) if row.is_working else ("holiday", _("off"))
            elif day.weekday() >= 5:
                kind, sign = "weekend", "·"
            cells.append(
                {
                    "kind": kind + (" is-today" if day == today else ""),
                    "sign": sign,
                    "title": f"{formats.date_format(day, _('j M'))} {row.note if row else ''}".strip(),
                }
            )
        worked = sum(is_working_day(date(year, month, n), exceptions) for n in range(1, length + 1))
        months.append(
            {"label": formats.date_format(date(year, month, 1), "F"), "cells": cells, "worked": worked}
        )
    return months


def _page(request: PageRequest, form: CalendarForm, refusal: Refused | None = None) -> HttpResponse:
    cycle = request.cycle
    year = _year_of(request)
    rows = {row.day: row for row in CalendarDay.objects.filter(day__year=year)}
    count = CountForm(request.GET if "start" in request.GET else None)
    counted: date | None = None
    if count.is_bound and count.is_valid():
        counted = add_working_days(
            count.cleaned_data["start"], count.cleaned_data["days"], queries.calendar_exceptions()
        )
    wrong = bool(form.errors) or bool(count.errors)
    return render(
        request,
        "appraisal_site/calendar.html",
        {
            "cycle": cycle,
            "year": year,
            "years": _years(request, year),
            "numbers": range(1, 32),
            "months": months_of(year, rows),
            "days": sorted(rows.values(), key=lambda row: row.day),
            "form": form if may("B06", request.hat, cycle) else None,
            "count_form": count,
            "counted": counted,
            "refusal": refusal,
        },
        status=refusal.status if refusal is not None else 422 if wrong else 200,
    )


@page("B01")
def calendar(request: PageRequest) -> HttpResponse:
    """A year at a glance; ?as=xlsx gives its exceptions away."""
    if request.GET.get("as") == "xlsx":
        return _workbook(_year_of(request))
    return _page(request, CalendarForm())


def _workbook(year: int) -> HttpResponse:
    sheet = SheetOut(
        _("Calendar"),
        [ColumnOut(_("Day"), "date"), ColumnOut(_("Kind")), ColumnOut(_("Note"))],
        [
            (row.day, _("worked") if row.is_working else _("holiday"), row.note)
            for row in CalendarDay.objects.filter(day__year=year)
        ],
    )
    answer = HttpResponse(write_workbook([sheet]), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="calendar-{year}.xlsx"'
    return answer


@page("B06", methods=("POST",))
def save_days(request: PageRequest) -> HttpResponse:
    """Keep a span of days; what cannot be read comes back as it was typed."""
    form = CalendarForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    first = form.cleaned_data["first"]
    try:
        kept = calendar_days.save_days(
            by=request.hat,
            cycle=request.cycle,
            first=first,
            last=form.cleaned_data["last"] or first,
            is_working=form.cleaned_data["kind"] == "worked",
            note=form.cleaned_data["note"],
        )
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _page(request, form, refused)
    messages.success(request, _("%(count)d days were kept.") % {"count": len(kept)})
    return redirect(f"{reverse('calendar', args=[request.cycle.code])}?year={first.year}")


@page("B06", methods=("POST",))
def remove_day(request: PageRequest, day: int) -> HttpResponse:
    """Let a day be again what its weekday makes it."""
    row = CalendarDay.objects.filter(pk=day).first()
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    year = row.day.year
    calendar_days.remove_day(by=request.hat, cycle=request.cycle, day=row)
    messages.success(request, _("The day follows its weekday again."))
    return redirect(f"{reverse('calendar', args=[request.cycle.code])}?year={year}")
