"""Working days, windows and cut-off hours (rulebook, preamble).

Pure; holidays and 调休 working days are passed in as exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of days, both open; on the last day until 24:00 or the cut-off hour."""

    opens_on: date
    closes_on: date
    cut_off: time | None = None  # None: the whole last day

    @property
    def closes_at(self) -> datetime:
        if self.cut_off is not None:
            return datetime.combine(self.closes_on, self.cut_off, SHANGHAI)
        return datetime.combine(self.closes_on + timedelta(days=1), time.min, SHANGHAI)

    @property
    def opens_at(self) -> datetime:
        return datetime.combine(self.opens_on, time.min, SHANGHAI)

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at


def is_working_day(day: date, exceptions: Mapping[date, bool]) -> bool:
    """Monday to Friday, unless the calendar table says otherwise for that day."""
    return exceptions.get(day, day.weekday() < 5)


def add_working_days(start: date, count: int, exceptions: Mapping[date, bool]) -> date:
    """The day on which `count` working days after `start` are over; `start` itself does not count."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day, exceptions):
            count -= 1
    return day


def last_of_working_days(first: date, count: int, exceptions: Mapping[date, bool]) -> date:
    """The day on which `count` working days are full when `first` may be one of them; `count` is at least 1."""
    return add_working_days(first - timedelta(days=1), count, exceptions)


def count_working_days(first: date, last: date, exceptions: Mapping[date, bool]) -> int:
    """How many working days lie between the two days, both included."""
    return sum(is_working_day(first + timedelta(days=n), exceptions) for n in range((last - first).days + 1))
