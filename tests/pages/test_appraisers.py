"""Misconduct of appraisers as pages: entered, confirmed, every score looked at again, taken away as a workbook."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scoring.actions import appraisers
from scoring.models import AppraiserFinding, Score, ScoreKind, ScoreRecheck
from tests.cast import Cast
from tests.pages.reading import YEAR, grow, signed_in, words_of
from tests.scoring.test_appraisers import DAY, confirmed, give_scores, put
from units.stages import Stage

LIST, ENTER = f"{YEAR}appraisers/", f"{YEAR}appraisers/propose/"


@pytest.fixture
def scored(cast: Cast) -> Cast:
    return give_scores(cast)


def client(cast: Cast, name: str = "office1") -> Client:
    return signed_in(cast.people[name])


def test_entered_confirmed_and_re_checked(scored: Cast) -> None:
    form = {"person": scored.people["lead_市信访局"].pk, "what": "虚打高分", "on": "2012-11-20"}
    entered = client(scored).post(ENTER, form, follow=True)
    row = AppraiserFinding.objects.get()
    confirmed_ = client(scored, "leader1").post(f"{LIST}{row.pk}/confirm/", follow=True)
    page = client(scored).get(f"{LIST}{row.pk}/")
    first = ScoreRecheck.objects.order_by("pk")[0]
    noted = client(scored).post(f"{LIST}{row.pk}/", {"score": [first.pk], "note": "维持300分"}, follow=True)

    assert "领导小组" in words_of(entered)
    assert "3个待复核" in words_of(confirmed_)
    assert "青山乡 乡镇口 信访 责任单位测评 300.00 300.00 等待中" in words_of(page)
    assert "维持300分" in words_of(noted)
    assert "2个待复核" in words_of(client(scored).get(LIST))
    assert "青山乡" not in words_of(client(scored).get(f"{LIST}{row.pk}/?open=1")).split("复核人", 1)[1]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"person": "", "what": "虚打", "on": "2012-11-20"}, "必填"),
        ({"person": "987654", "what": "虚打", "on": "2012-11-20"}, "选"),
        ({"person": "LEAD", "what": "", "on": "2012-11-20"}, "必填"),
        ({"person": "LEAD", "what": "虚打", "on": "昨天"}, "日期"),
    ],
)
def test_a_wrong_entry_is_refused(scored: Cast, form: dict[str, str], sentence: str) -> None:
    if form["person"] == "LEAD":
        form = form | {"person": str(scored.people["lead_市信访局"].pk)}

    answer = client(scored).post(ENTER, form)

    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert not AppraiserFinding.objects.exists()


def test_one_is_not_offered_oneself(scored: Cast) -> None:
    page = client(scored).get(ENTER).content.decode()

    assert f'value="{scored.people["lead_市信访局"].pk}"' in page
    assert f'<option value="{scored.people["office1"].pk}"' not in page


@pytest.mark.parametrize(
    ("act", "reason", "status"), [("reject", "", 422), ("burn", "无", 404), ("lift", "无", 409)]
)
def test_wrong_decisions_are_refused(scored: Cast, act: str, reason: str, status: int) -> None:
    row = put(scored)

    answer = client(scored, "leader1").post(f"{LIST}{row.pk}/{act}/", {"reason": reason})

    assert answer.status_code == status
    assert AppraiserFinding.objects.get().state == "proposed"


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("office1", 200),
        ("leader1", 200),
        ("mayor", 403),
        ("auditor", 403),
        ("reviewer1", 403),
        ("principal_青山乡", 403),
    ],
)
def test_only_the_office_and_the_leading_group_read_it(scored: Cast, person: str, status: int) -> None:
    row = confirmed(scored)

    assert client(scored, person).get(LIST).status_code == status
    assert client(scored, person).get(f"{LIST}{row.pk}/").status_code == status


def test_a_finding_of_another_year_is_not_there(scored: Cast) -> None:
    from units.models import Cycle

    other = Cycle.objects.create(code="2013", name="另一年", year=2013, host=scored.cycle.host)
    row = AppraiserFinding.objects.create(
        cycle=other,
        person=scored.people["reviewer1"],
        what="外来",
        on=DAY,
        proposed_by=scored.people["office1"],
    )

    assert client(scored).get(f"{LIST}{row.pk}/").status_code == 404
    assert client(scored, "leader1").post(f"{LIST}{row.pk}/confirm/").status_code == 404


def test_nothing_is_recorded_out_of_its_stages(scored: Cast) -> None:
    scored.at(Stage.COMMITMENT)
    form = {"person": scored.people["lead_市信访局"].pk, "what": "虚打高分", "on": "2012-11-20"}

    assert client(scored).post(ENTER, form).status_code == 409


def test_the_list_goes_away_as_a_workbook(scored: Cast) -> None:
    row = confirmed(scored)

    book = openpyxl.load_workbook(BytesIO(client(scored).get(f"{LIST}{row.pk}/scores.xlsx").content))

    assert [c.value for c in book.active[3]][:6] == ["乡镇口", "青山乡", "信访", "责任单位测评", 300, 300]


def test_the_number_of_queries_does_not_grow_with_the_scores(scored: Cast) -> None:
    counts = []
    reader = client(scored)
    for more in (0, 30):
        grow(scored, more)
        Score.objects.filter(kind=ScoreKind.PRELIMINARY).update(entered_by=scored.people["reviewer1"])
        AppraiserFinding.objects.all().delete()
        row = appraisers.propose(
            by=scored.hat("office1"),
            cycle=scored.cycle,
            person=scored.people["reviewer1"],
            what="虚打",
            on=DAY,
        )
        appraisers.confirm(by=scored.hat("leader1"), cycle=scored.cycle, finding_id=row.pk)
        reader.get(f"{LIST}{row.pk}/")
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(f"{LIST}{row.pk}/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 30
