"""The call page: three letters, initials, an alias or a phone number; for the office alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.models import Unit, UnitName
from units.stages import Stage

CALL = f"{YEAR}call/"


@pytest.fixture
def known(cast: Cast) -> Cast:
    UnitName.objects.create(unit=cast.units["市档案局"], name="党史办", kind="absorbed")
    UnitName.objects.create(unit=cast.units["市信访局"], name="群众来访接待中心", kind="alias")
    Unit.objects.filter(name="青山乡").update(
        short_name="青山", mobile="13900001234", office_phone="0790-6412345"
    )
    cast.score("青山乡", "决战园区", "90")
    cast.score("白水乡", "决战园区", "97.5")
    return cast


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("青山乡", "青山乡"),
        ("山", "青山乡"),
        ("青山", "青山乡"),
        ("qsx", "青山乡"),
        ("QSX", "青山乡"),
        (" ｑｓｘ ", "青山乡"),
        ("党史办", "市档案局"),
        ("dsb", "市档案局"),
        ("来访", "市信访局"),
        ("13900001234", "青山乡"),
        ("6412345", "青山乡"),
    ],
)
def test_a_unit_is_found_by_what_the_caller_says(known: Cast, typed: str, unit: str) -> None:
    answer = signed_in(known.people["office1"]).get(CALL, {"q": typed})

    cards = [card["aria-label"] for card in read(body(answer)).of("article")]
    assert cards == [unit]


def test_everything_one_may_say_stands_on_the_card(known: Cast) -> None:
    words = words_of(signed_in(known.people["office1"]).get(CALL, {"q": "青山乡"}))

    assert "名次 2 / 3" in words
    assert "553.85" in words
    assert "距上一名（白水乡） 46.15" in words
    assert "决战园区 −10.00 未记录理由" in words
    assert "暂不答复" in words


def test_from_the_results_on_the_unit_may_be_told(known: Cast) -> None:
    known.at(Stage.RESULTS)

    words = words_of(signed_in(known.people["office1"]).get(CALL, {"q": "青山乡"}))

    assert "可以答复" in words
    assert "暂不答复" not in words


def test_the_other_blocks_of_a_unit_are_one_click_away(known: Cast) -> None:
    client = signed_in(known.people["office1"])
    known.score("青山乡", "招商引资工作", "88", block="招商引资")

    page = read(body(client.get(CALL, {"q": "青山乡"})))
    links = [
        str(a["href"]) for a in page.of("a") if "block=" in str(a["href"]) and "/call/" in str(a["href"])
    ]
    words = words_of(client.get(links[0]))

    assert len(links) == 1
    assert "招商引资" in words
    assert "100.00" in words


@pytest.mark.parametrize("typed", ["没有这个单位", "zzz", "%", "'; --", "x" * 3000, "\\", "&block=1"])
def test_nothing_found_says_what_to_try(known: Cast, typed: str) -> None:
    answer = signed_in(known.people["office1"]).get(CALL, {"q": typed})

    assert (answer.status_code, "没有找到这个单位" in words_of(answer)) == (200, True)


@pytest.mark.parametrize("typed", ["", "   ", "\u200b"])
def test_an_empty_search_shows_the_field_only(known: Cast, typed: str) -> None:
    answer = signed_in(known.people["office1"]).get(CALL, {"q": typed})

    assert (answer.status_code, read(body(answer)).of("article")) == (200, [])


def test_htmx_gets_the_results_without_the_frame(known: Cast) -> None:
    answer = signed_in(known.people["office1"]).get(CALL, {"q": "青山乡"}, headers={"HX-Request": "true"})

    assert (read(body(answer)).of("html"), len(read(body(answer)).of("article"))) == ([], 1)


@pytest.mark.parametrize(
    "person",
    ["leader1", "mayor", "reviewer1", "lead_市信访局", "official_青山乡", "archive", "auditor", "sysadmin"],
)
def test_the_call_page_is_the_offices_alone(known: Cast, person: str) -> None:
    answer = signed_in(known.people[person]).get(CALL, {"q": "青山乡"})

    assert (answer.status_code, "553.85" in body(answer)) == (403, False)


def test_a_stranger_is_sent_to_sign_in_and_the_page_takes_nothing(known: Cast) -> None:
    assert Client().get(CALL).status_code == 302
    assert signed_in(known.people["office1"]).post(CALL, {"q": "x"}).status_code == 405


def test_a_search_asks_as_much_among_few_units_as_among_forty(known: Cast) -> None:
    client = signed_in(known.people["office1"])
    client.get(CALL, {"q": "青山乡"})
    with CaptureQueriesContext(connection) as few:
        client.get(CALL, {"q": "青山乡"})
    grow(known, 37)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(CALL, {"q": "青山乡"})

    assert "/ 40" in words_of(answer)
    assert len(many) == len(few)
    assert len(many) <= 30
