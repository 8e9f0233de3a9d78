"""Opening again on the page: works, wrong role, wrong stage, bad input, wrong method.

The act itself is tested in tests/units/test_reopening.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import words_of
from tests.pages.test_year import grow, queries_of
from units.models import CalendarDay, Conflict, Reopening
from units.stages import Stage

REOPEN = "/years/2012/reopen/"


def typed(cast: Cast, *names: str, **other: str) -> dict[str, object]:
    day = timezone.localdate() + timedelta(days=3)
    fields: dict[str, object] = {
        "stage": "self-assessment",
        "units": [cast.units[name].pk for name in names],
        "day": f"{day}",
        "hour": "17:30",
        "reason": "停电",
    }
    return {**fields, **other}


def test_a_unit_is_reopened_and_closed_again_on_the_page(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    done = client.post(REOPEN, typed(cast, "青山乡"))

    opened = Reopening.objects.get()
    assert done.status_code == 302
    day = timezone.localdate() + timedelta(days=3)
    assert timezone.localtime(opened.until).strftime("%Y-%m-%d %H:%M") == f"{day} 17:30"
    assert "停电" in signed_in("official_青山乡").get("/").content.decode()
    assert "停电" in signed_in("official_青山乡").get("/inbox/").content.decode()
    assert "停电" not in signed_in("official_白水乡").get("/").content.decode()
    client.post(f"{REOPEN}{opened.pk}/close/")
    opened.refresh_from_db()
    assert opened.until <= timezone.now()


def test_a_selection_and_all_are_reopened_and_several_closed(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    client.post(REOPEN, typed(cast, "青山乡", "白水乡"))
    client.post(REOPEN, typed(cast, everybody="on", stage="monitoring"))

    found = list(Reopening.objects.order_by("pk"))
    assert [one.unit.name if one.unit else None for one in found] == ["青山乡", "白水乡", None]
    page = client.post(f"{REOPEN}close/", {"reopening": [one.pk for one in found[1:]]}, follow=True)
    assert "已关闭2项开放补报" in words_of(page)
    assert [one.pk for one in Reopening.objects.filter(until__gt=timezone.now())] == [found[0].pk]


def test_the_end_may_be_given_in_working_days(cast: Cast, signed_in: SignedIn) -> None:
    """Every day of the next three weeks is off but the tenth and the twelfth from today."""
    today = timezone.localdate()
    for n in range(1, 22):
        CalendarDay.objects.create(day=today + timedelta(days=n), is_working=n in {10, 12})

    signed_in("office1").post(REOPEN, typed(cast, "青山乡", day="", days="2"))

    until = timezone.localtime(Reopening.objects.get().until)
    assert (until.date(), f"{until:%H:%M}") == (today + timedelta(days=12), "17:30")


def test_exceptions_are_named_and_the_rest_goes_through(cast: Cast, signed_in: SignedIn) -> None:
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["东河镇"], reason="家在当地"
    )

    page = signed_in("office1").post(REOPEN, typed(cast, "青山乡", "东河镇"), follow=True)

    assert "未列入：东河镇（您属于该单位" in words_of(page)
    assert [one.unit for one in Reopening.objects.all()] == [cast.units["青山乡"]]


def test_a_link_from_the_board_comes_with_unit_and_stage_chosen(cast: Cast, signed_in: SignedIn) -> None:
    pk = cast.units["白水乡"].pk

    page = signed_in("office1").get(f"{REOPEN}?unit={pk}&stage=monitoring").content.decode()

    assert f'value="{pk}" checked' in page
    assert '<option value="monitoring" selected>' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage": "hearing"},
        {"day": "昨天"},
        {"day": "2001-01-01"},
        {"units": "999999"},
        {"units": "abc"},
        {"units": ""},
        {"day": ""},
        {"days": "3"},  # and a day as well
        {"day": "", "days": "-1"},
        {"reason": ""},
        {"stage": "onsite-review"},  # still ahead
    ],
)
def test_a_reopening_typed_wrongly_says_so_and_keeps_what_was_typed(
    cast: Cast, signed_in: SignedIn, wrong: dict[str, str]
) -> None:
    answer = signed_in("office1").post(REOPEN, typed(cast, "青山乡") | wrong)

    assert answer.status_code == 422
    assert wrong.get("reason", "停电") in answer.content.decode()
    if "units" not in wrong:
        assert f'value="{cast.units["青山乡"].pk}" checked' in answer.content.decode()
    assert not Reopening.objects.exists()


@pytest.mark.parametrize("name", ["leader1", "lead_市信访局", "official_青山乡", "auditor"])
def test_only_the_office_comes_here(cast: Cast, signed_in: SignedIn, name: str) -> None:
    answer = signed_in(name).post(REOPEN, typed(cast, "青山乡"))

    assert (answer.status_code, Reopening.objects.exists()) == (403, False)


def test_when_all_is_over_nothing_is_opened_again(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.PUBLISHED)

    answer = signed_in("office1").post(REOPEN, typed(cast, "青山乡"))

    assert (answer.status_code, Reopening.objects.exists()) == (409, False)


def test_a_reopening_of_another_year_is_404(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").post(f"{REOPEN}4711/close/").status_code == 404


def test_a_wrong_method_is_told_so(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("office1").get(f"{REOPEN}close/").status_code == 405


def test_the_page_asks_the_same_number_of_queries_for_few_and_for_many_units(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    few = queries_of(client, REOPEN)
    grow(cast, 30)

    assert queries_of(client, REOPEN) == few <= 30
