"""The working-day calendar: holidays and 调休 working days, a span at a time (row B06).

The arithmetic of working days is in units.calendar.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.models import CalendarDay, Cycle
from units.permissions import require

LONGEST_SPAN = 31  # days; longer is a slip of the year


@transaction.atomic
def save_days(
    *, by: Hat, cycle: Cycle, first: date, last: date, is_working: bool, note: str = ""
) -> list[CalendarDay]:
    """Say that every day from `first` to `last` is a holiday, or is worked; days set before are set anew.

    Raises Refused: not permitted, an end before its beginning, more than a month at once.
    """
    require("B06", by, cycle)
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST_SPAN:
        raise Refused(
            "odd-span",
            _("From %(first)s to %(last)s: the last day must not be before the first, nor a month after it.")
            % {"first": first, "last": last},
            status=422,
        )
    days = [first + timedelta(days=n) for n in range(length)]
    before = {row.day: row for row in CalendarDay.objects.filter(day__in=days)}
    kept = []
    for day in days:
        row = before.get(day) or CalendarDay(day=day)
        row.is_working, row.note = is_working, note.strip()[:60]
        row.save()
        kept.append(row)
    audit.record(
        by,
        "calendar.days-saved",
        None,
        cycle_code=cycle.code,
        target=f"{first} – {last}",
        is_working=is_working,
        note=note.strip()[:60],
    )
    return kept


@transaction.atomic
def remove_day(*, by: Hat, cycle: Cycle, day: CalendarDay) -> None:
    """Let a day be again what its weekday makes it."""
    require("B06", by, cycle)
    told, was = str(day.day), day.is_working
    day.delete()
    audit.record(by, "calendar.day-removed", None, cycle_code=cycle.code, target=told, was_working=was)
