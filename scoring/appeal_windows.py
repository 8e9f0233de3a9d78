"""Until when a unit may question its result: working days from the day after it reached the unit (§6(7)).

Nothing here writes; the days themselves are counted by units.calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from scoring.models import AppealTerms, ResultDelivery
from units.calendar import Window, add_working_days
from units.models import CalendarDay, Cycle
from units.queries import entered_at, windows_of
from units.stages import Stage

WORKING_DAYS = 5  # unless the year says otherwise


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the windows of a year rest on."""

    working_days: int
    cut_off: time | None
    opened_on: date | None  # when the results were opened to all; None: not known
    delivered: Mapping[int, date]  # unit → when its letter reached it
    exceptions: Mapping[date, bool]

    def reached_on(self, unit_id: int) -> date | None:
        return self.delivered.get(unit_id, self.opened_on)

    def window(self, unit_id: int) -> Window | None:
        """From the day the result reached the unit to the last day; None when that day is not known."""
        reached = self.reached_on(unit_id)
        if reached is None:
            return None
        return Window(reached, add_working_days(reached, self.working_days, self.exceptions), self.cut_off)


def terms_of(cycle: Cycle) -> Terms:
    """Five queries at most."""
    row = AppealTerms.objects.filter(cycle=cycle).first()
    moved: datetime | None = entered_at(cycle).get(Stage.RESULTS)
    opened = timezone.localdate(moved) if moved is not None else None
    if opened is None:
        planned = windows_of(cycle).get(Stage.RESULTS)
        opened = planned.opens_on if planned is not None else None
    return Terms(
        working_days=row.working_days if row is not None else WORKING_DAYS,
        cut_off=row.cut_off if row is not None else None,
        opened_on=opened,
        delivered=dict(ResultDelivery.objects.filter(cycle=cycle).values_list("unit_id", "reached_on")),
        exceptions=dict(CalendarDay.objects.values_list("day", "is_working")),
    )
