"""The demo's procedure: who was reminded, who was called and answered, what stands open again; last year's windows.

Done by the same acts as on the desk of reminders; the duties are those the other modules left open.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from appraisal_site import duties, reminding
from appraisal_site.demo.people import People
from appraisal_site.reminding import Debt
from units.actions import reminders, reopening
from units.duties import Duty, Light
from units.models import Cycle, StageWindow, Unit
from units.stages import Stage

CALLED = 2  # units called about what is overdue; the first of them twice
OPEN_AGAIN_DAYS = 3
ANSWERED = ("", "办公室值班员")  # the contact himself, then somebody else
HEARD = ("答复本周内补齐", "已转告分管领导，明日上报")


def write(cycle: Cycle, everybody: People) -> None:
    """Remind the bodies that still owe scores, call about what is overdue, open one unit's part again."""
    now = timezone.now()
    office = everybody.hats["office1"]
    owed = duties.gather(cycle)
    behind = [duty for duty in owed if duty.task == "lead-scores" and not duty.light(now).is_done]
    units = Unit.objects.in_bulk({duty.unit_id for duty in owed})
    if behind:
        nudges = [
            reminding.nudge_of(cycle, Debt(duty, units[duty.unit_id], duty.light(now))) for duty in behind
        ]
        reminders.remind(by=office, cycle=cycle, nudges=nudges)
    late = [duty for duty in owed if duty.task == "self-assessment" and duty.light(now) is Light.OVERDUE]
    for n, duty in enumerate(late[:CALLED]):
        for number in (1, 2)[: 2 - n]:
            _call(everybody, cycle, units[duty.unit_id], duty, number)
    if late:
        reopening.reopen(
            by=office,
            cycle=cycle,
            stage=Stage.SELF_ASSESSMENT,
            unit=units[late[0].unit_id],
            until=now + timedelta(days=OPEN_AGAIN_DAYS),
            reason="主要负责人出差，未能按时签字提交",
        )


def _call(everybody: People, cycle: Cycle, unit: Unit, duty: Duty, number: int) -> None:
    reminders.note_call(
        by=everybody.hats["office1"],
        cycle=cycle,
        unit=unit,
        duty=duty,
        number=number,
        answered_by=ANSWERED[number - 1],
        note=HEARD[number - 1],
    )


def windows_of_last_year(last: Cycle, cycle: Cycle) -> None:
    """Last year's windows, a year before this one's, so that a home can tell what this week was a year ago."""
    if StageWindow.objects.filter(cycle=last).exists():
        return
    StageWindow.objects.bulk_create(
        [
            StageWindow(
                cycle=last,
                stage=row.stage,
                opens_on=a_year_before(row.opens_on),
                closes_on=a_year_before(row.closes_on),
                cut_off=row.cut_off,
            )
            for row in StageWindow.objects.filter(cycle=cycle, block=None)
        ]
    )


def a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
