"""A duty's light: green in time, amber near its day or caught up late, red after it; the memory stays.

Which duties there are is tested with the apps that tell them, and in tests/pages/test_duties.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from units.calendar import SHANGHAI
from units.duties import Duty, Light

DUE = datetime(2012, 12, 20, 17, 30, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)


def duty(**facts: object) -> Duty:
    return Duty(**({"task": "self-assessment", "label": "自评", "unit_id": 1, "due": DUE} | facts))  # type: ignore[arg-type]  # a plain mapping


@pytest.mark.parametrize(
    ("now", "light"),
    [
        (DUE - timedelta(days=3) - SECOND, Light.AHEAD),
        (DUE - timedelta(days=3), Light.DUE),
        (DUE - SECOND, Light.DUE),
        (DUE, Light.OVERDUE),  # the window's end is no longer in it
        (DUE + timedelta(days=300), Light.OVERDUE),
    ],
)
def test_what_is_owed_turns_amber_three_days_before_and_red_at_its_end(now: datetime, light: Light) -> None:
    assert duty().light(now) is light


@pytest.mark.parametrize(
    ("done_at", "light"),
    [(DUE - SECOND, Light.DONE), (DUE, Light.LATE), (DUE + timedelta(days=2), Light.LATE)],
)
def test_what_was_done_after_its_day_stays_remembered_as_late(done_at: datetime, light: Light) -> None:
    assert duty(done_at=done_at).light(DUE + timedelta(days=99)) is light


def test_without_a_day_nothing_is_overdue_and_what_is_done_is_done() -> None:
    assert duty(due=None).light(DUE) is Light.AHEAD
    assert duty(due=None, done_at=DUE).light(DUE) is Light.DONE


def test_late_is_drawn_amber_and_counts_as_done() -> None:
    assert {light: (light.tone, light.is_done) for light in Light} == {
        Light.DONE: ("green", True),
        Light.DUE: ("amber", False),
        Light.LATE: ("amber", True),
        Light.OVERDUE: ("red", False),
        Light.AHEAD: ("off", False),
    }


def test_parts_left_never_fall_below_nothing() -> None:
    assert [duty(done=done, asked=14).left for done in (9, 14, 15)] == [5, 0, 0]
