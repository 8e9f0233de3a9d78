"""The page of the working-day calendar: a year at a glance, days kept and taken out, counting; and who may what.

Counting itself is tested in tests/units/test_calendar.py.
"""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import words_of
from units.models import CalendarDay, StageWindow
from units.stages import ORDER, Stage

CALENDAR = "/years/2012/calendar/"


def test_a_holiday_is_kept_shown_and_taken_out_again(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    kept = client.post(
        f"{CALENDAR}save/",
        {"first": "2012-09-30", "last": "2012-10-07", "kind": "holiday", "note": "国庆节"},
    )
    client.post(f"{CALENDAR}save/", {"first": "2012-09-29", "last": "", "kind": "worked", "note": "调休"})
    page = client.get(f"{CALENDAR}?year=2012")

    assert kept["Location"] == f"{CALENDAR}?year=2012"
    october = page.context["months"][9]
    # 23 weekdays, five of them (1 to 5 October) off.
    assert (october["worked"], [cell["kind"] for cell in october["cells"][:8]]) == (
        18,
        ["holiday"] * 7 + ["work"],
    )
    assert CalendarDay.objects.get(day=date(2012, 9, 29)).is_working
    client.post(f"{CALENDAR}{CalendarDay.objects.get(day=date(2012, 10, 1)).pk}/remove/")
    assert CalendarDay.objects.count() == 8


def test_everybody_counts_working_days(cast: Cast, signed_in: SignedIn) -> None:
    CalendarDay.objects.create(day=date(2012, 10, 1), is_working=False)

    page = signed_in("official_青山乡").get(f"{CALENDAR}?year=2012&start=2012-09-28&days=3")

    # Monday the 1st is off: Tuesday, Wednesday, Thursday.
    assert page.context["counted"] == date(2012, 10, 4)
    assert "10月4日" in words_of(page)
    assert page.context["form"] is None


def test_a_window_may_be_given_in_working_days(cast: Cast, signed_in: SignedIn) -> None:
    CalendarDay.objects.create(day=date(2012, 10, 1), is_working=False)
    typed = {f"{s}-{name}": "" for s in ORDER for name in ("opens_on", "closes_on", "days", "cut_off")}

    answer = signed_in("office1").post(
        "/years/2012/windows/", typed | {"hearing-opens_on": "2012-09-28", "hearing-days": "4"}
    )
    page = signed_in("office1").get("/years/2012/windows/")

    assert answer.status_code == 302
    # Friday the 28th, then 2, 3 and 4 October.
    assert StageWindow.objects.get().closes_on == date(2012, 10, 4)
    line = page.context["lines"][ORDER.index(Stage.HEARING)]
    assert (line["working_days"], line["ends_on_rest"]) == (4, False)


@pytest.mark.parametrize(
    "typed", [{"hearing-days": "4"}, {"hearing-opens_on": "2012-09-28", "hearing-days": "0"}]
)
def test_working_days_need_a_first_day_and_are_at_least_one(
    cast: Cast, signed_in: SignedIn, typed: dict[str, str]
) -> None:
    answer = signed_in("office1").post("/years/2012/windows/", typed)

    assert (answer.status_code, StageWindow.objects.exists()) == (422, False)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"first": "国庆"},
        {"first": "2012-10-07", "last": "2012-09-30"},
        {"first": "2012-10-01", "last": "2013-10-01"},
        {"first": "2012-10-01", "kind": "other"},
    ],
)
def test_days_typed_wrongly_come_back_with_a_sentence(
    cast: Cast, signed_in: SignedIn, typed: dict[str, str]
) -> None:
    answer = signed_in("office1").post(
        f"{CALENDAR}save/", {"kind": "holiday", "note": "国庆节", "last": ""} | typed
    )

    assert (answer.status_code, CalendarDay.objects.exists()) == (422, False)
    assert "国庆节" in answer.content.decode()


@pytest.mark.parametrize("address", [f"{CALENDAR}save/", f"{CALENDAR}1/remove/"])
def test_only_the_office_changes_the_calendar(cast: Cast, signed_in: SignedIn, address: str) -> None:
    assert signed_in("leader1").post(address, {"first": "2012-10-01"}).status_code == 403
    assert signed_in("office1").get(address).status_code == 405


def test_a_day_that_is_not_there_is_404(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").post(f"{CALENDAR}4711/remove/").status_code == 404


def test_the_exceptions_can_be_taken_away(cast: Cast, signed_in: SignedIn) -> None:
    CalendarDay.objects.create(day=date(2012, 10, 1), is_working=False, note="国庆节")

    answer = signed_in("office1").get(f"{CALENDAR}?as=xlsx&year=2012")

    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].values)
    assert [row[1:] for row in rows[1:2]] == [("休息", "国庆节")]


@pytest.mark.parametrize("year", ["abc", "0", "99999", "-3"])
def test_an_odd_year_shows_this_one(cast: Cast, signed_in: SignedIn, year: str) -> None:
    assert signed_in("office1").get(f"{CALENDAR}?year={year}").status_code == 200
