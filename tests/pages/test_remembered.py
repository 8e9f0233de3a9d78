"""Hearing and readings keep what they computed until something of the year changes, by whichever door."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awards.remembered import remembered, stamp_of
from bonuses.models import Tally
from scoring.actions.scores import record_score
from scoring.models import Score, ScoreKind, Standing
from tests.awards.years import ready
from tests.cast import Cast
from tests.pages.reading import YEAR, grow, signed_in, words_of
from units.models import Reading
from units.stages import Stage

HEARING, READINGS, APPROVAL = f"{YEAR}hearing/", f"{YEAR}readings/", f"{YEAR}approval/"


@pytest.mark.parametrize("address", [HEARING, READINGS, APPROVAL])
@pytest.mark.parametrize("units", [0, 30])
def test_a_second_look_is_cheap(cast: Cast, address: str, units: int) -> None:
    if units:
        grow(cast, units)
    ready(cast)
    client = signed_in(cast.people["office1"])
    client.get(address)

    with CaptureQueriesContext(connection) as asked:
        client.get(address)

    assert len(asked) <= 30


def by_action(cast: Cast) -> None:
    cast.at(Stage.PRELIMINARY_REVIEW)
    cell = cast.cell("青山乡", "信访")
    record_score(
        by=cast.hat("office1"),
        cell_id=cell.pk,
        kind=ScoreKind.PRELIMINARY,
        points=Decimal("1"),
        version=cell.version,
    )
    cast.at(Stage.RESULTS)


def save_a_reading(cast: Cast) -> None:
    reading = Reading.objects.get(code="R9")
    reading.choice, reading.parameters = "mix", {"p": 1, "q": 1}
    reading.save()


def save_a_score(cast: Cast) -> None:
    score = Score.objects.filter(kind="preliminary").order_by("pk")[0]
    score.points = Decimal("1.25")
    score.save()


def save_a_tally(cast: Cast) -> None:
    tally = Tally.objects.get_or_create(membership=cast.cell("青山乡", "信访").membership)[0]
    tally.commendations = Decimal(30)
    tally.save()


@pytest.mark.parametrize("change", [by_action, save_a_reading, save_a_score, save_a_tally])
def test_whatever_changes_the_year_is_shown_at_once(cast: Cast, change: Callable[[Cast], None]) -> None:
    ready(cast)
    client = signed_in(cast.people["office1"])
    before, stamp = words_of(client.get(HEARING)), stamp_of(cast.cycle)

    change(cast)

    cast.cycle.refresh_from_db()
    assert stamp_of(cast.cycle) != stamp
    after = words_of(client.get(HEARING))
    assert code_on(after) != code_on(before)


def test_a_standing_forged_in_the_database_is_told_by_the_page(cast: Cast) -> None:
    ready(cast)
    client = signed_in(cast.people["office1"])
    assert "独立复算不一致" not in words_of(client.get(HEARING))

    standing = Standing.objects.get(block=cast.blocks["乡镇口"])
    figures = json.loads(standing.figures)
    figures["final"][0] += 1
    Standing.objects.filter(pk=standing.pk).update(figures=json.dumps(figures))

    assert "独立复算不一致" in words_of(client.get(HEARING))


def test_each_language_keeps_its_own_words(cast: Cast) -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        first = remembered(cast.cycle, "x", translation.get_language)
    with translation.override("en"):
        second = remembered(cast.cycle, "x", translation.get_language)

    assert (first, second) == ("zh-hans", "en")


def code_on(words: str) -> str:
    return words.partition("校验码")[2][:20]
