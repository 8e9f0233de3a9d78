"""The demo's calendar: windows of the stages round today, and the days that are no ordinary days.

The papers and deductions of the demo are dated 2012; its windows lie round the day on which it was made or
completed, so that the stage that runs is open and every countdown on the pages runs too.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from units.calendar import add_working_days
from units.models import CalendarDay, Cycle, StageWindow
from units.stages import ORDER, Stage

CUT_OFF = time(17, 30)
OPEN_SINCE_DAYS = 6
WORKING_DAYS_LEFT = 7
DAYS_LONG = {
    Stage.SET_UP: 30,
    Stage.COMMITMENT: 30,
    Stage.MONITORING: 250,
    Stage.SELF_ASSESSMENT: 15,
    Stage.PRELIMINARY_REVIEW: 15,
    Stage.ONSITE_REVIEW: 12,
    Stage.HEARING: 5,
    Stage.RESULTS: 10,
    Stage.APPROVAL: 7,
    Stage.PUBLISHED: 30,
    Stage.FILED: 10,
}
HOLIDAYS_2012 = (  # first day, days, note
    (date(2012, 1, 1), 3, "元旦"),
    (date(2012, 1, 22), 7, "春节"),
    (date(2012, 4, 2), 3, "清明节"),
    (date(2012, 4, 29), 3, "劳动节"),
    (date(2012, 6, 22), 3, "端午节"),
    (date(2012, 9, 30), 8, "中秋节、国庆节"),
)
WORKED_2012 = ((1, 21), (1, 29), (3, 31), (4, 1), (4, 28), (9, 29))
# Fixed by the solar calendar; the moving feasts of other years are the office's to enter.
EVERY_YEAR = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节"), (10, 3, "国庆节"))


def calendar_days(today: date) -> dict[date, tuple[bool, str]]:
    """Day → is it worked, and why: 2012 whole, and the fixed holidays from last year to next."""
    days: dict[date, tuple[bool, str]] = {}
    for first, length, note in HOLIDAYS_2012:
        for n in range(length):
            days[first + timedelta(days=n)] = (False, note)
    for month, day in WORKED_2012:
        days[date(2012, month, day)] = (True, "调休上班")
    for year in (today.year - 1, today.year, today.year + 1):
        for month, day, note in EVERY_YEAR:
            days.setdefault(date(year, month, day), (False, note))
    return days


def spans(today: date, running: Stage, exceptions: dict[date, bool]) -> dict[Stage, tuple[date, date]]:
    """Stage → first and last day, one after the other, with today some days into the running stage."""
    at = ORDER.index(running)
    first = today - timedelta(days=OPEN_SINCE_DAYS)
    last = add_working_days(today, WORKING_DAYS_LEFT, exceptions)
    found = {running: (first, last)}
    for stage in reversed(ORDER[:at]):
        closes = first - timedelta(days=1)
        first = closes - timedelta(days=DAYS_LONG[stage] - 1)
        found[stage] = (first, closes)
    for stage in ORDER[at + 1 :]:
        opens = last + timedelta(days=1)
        last = opens + timedelta(days=DAYS_LONG[stage] - 1)
        found[stage] = (opens, last)
    return found


def open_windows(cycle: Cycle, today: date, running: Stage) -> dict[Stage, tuple[date, date]]:
    """Store the windows of every stage of the cycle round today; those it had are replaced."""
    days = calendar_days(today)
    CalendarDay.objects.bulk_create(
        [CalendarDay(day=day, is_working=works, note=note) for day, (works, note) in sorted(days.items())],
        ignore_conflicts=True,
    )
    found = spans(today, running, {day: works for day, (works, _note) in days.items()})
    StageWindow.objects.filter(cycle=cycle, block__isnull=True).delete()
    StageWindow.objects.bulk_create(
        [
            StageWindow(cycle=cycle, stage=stage, opens_on=opens, closes_on=closes, cut_off=CUT_OFF)
            for stage, (opens, closes) in sorted(found.items(), key=lambda pair: pair[1])
        ]
    )
    return found
