"""Working days: weekends, holidays and 调休 days; windows counted in them, worked out by hand on the 2012 calendar.

The page is tested in tests/pages/test_calendar.py.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from office.models import AuditEntry
from office.refusal import Refused
from tests.cast import Cast
from units.actions import calendar_days
from units.calendar import add_working_days, count_working_days, last_of_working_days
from units.models import CalendarDay

# 国庆 2012: off from Sunday 30 September to Sunday 7 October; Saturday the 29th is worked instead.
AUTUMN = {date(2012, 9, 29): True} | {date(2012, 9, 30) + timedelta(days=n): False for n in range(8)}


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2012, 9, 27), 1, date(2012, 9, 28)),
        (date(2012, 9, 28), 1, date(2012, 9, 29)),  # a worked Saturday
        (date(2012, 9, 29), 1, date(2012, 10, 8)),  # over the holidays
        (date(2012, 10, 5), 5, date(2012, 10, 12)),
        (date(2012, 10, 8), 0, date(2012, 10, 8)),
    ],
)
def test_so_many_working_days_after_a_day_are_over_on(start: date, count: int, last: date) -> None:
    assert add_working_days(start, count, AUTUMN) == last


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        (date(2012, 10, 8), 1, date(2012, 10, 8)),  # the first day counts when it is worked
        (date(2012, 9, 28), 3, date(2012, 10, 8)),  # 28, 29, then 8 October
        (date(2012, 9, 30), 1, date(2012, 10, 8)),  # a day of rest does not count
    ],
)
def test_a_window_of_so_many_working_days_ends_on(first: date, count: int, last: date) -> None:
    assert last_of_working_days(first, count, AUTUMN) == last
    assert count_working_days(first, last, AUTUMN) == count


def test_a_span_of_holidays_is_kept_and_logged_once(cast: Cast) -> None:
    calendar_days.save_days(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        first=date(2012, 9, 30),
        last=date(2012, 10, 7),
        is_working=False,
        note="国庆节",
    )

    assert CalendarDay.objects.filter(is_working=False, note="国庆节").count() == 8
    assert AuditEntry.objects.filter(act="calendar.days-saved").count() == 1


@pytest.mark.parametrize("last", [date(2012, 9, 29), date(2013, 9, 30)])
def test_a_span_that_ends_before_it_begins_or_lasts_a_year_is_a_slip(cast: Cast, last: date) -> None:
    with pytest.raises(Refused) as refused:
        calendar_days.save_days(
            by=cast.hat("office1"), cycle=cast.cycle, first=date(2012, 9, 30), last=last, is_working=False
        )

    assert (refused.value.code, CalendarDay.objects.count()) == ("odd-span", 0)
