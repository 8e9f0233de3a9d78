"""Editions and awards over the API: who reads which, from when, and what an answer holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awards import queries, reports
from awards.models import AwardScheme, Edition, PrizeLine
from tests.api.conftest import SignIn
from tests.awards.test_sealed_awards import decide
from tests.awards.years import approved
from tests.cast import Cast
from units.models import Cycle
from units.stages import Stage

EDITIONS, AWARDS, NOW = "/api/v1/editions/", "/api/v1/awards/", "/api/v1/cycles/2012/awards/"


@pytest.fixture
def published(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())
    scheme = AwardScheme.objects.create(cycle=cast.cycle, name="先进乡镇", kind="综合", rests_on=["总分"])
    scheme.blocks.set([cast.blocks["乡镇口"]])
    for order, (grade, fen) in enumerate([("第一名", 5_000_000), ("第二名", 4_000_000)]):
        PrizeLine.objects.create(scheme=scheme, grade=grade, count=1, amount_fen=fen, order=order)
    approved(cast)
    decide(cast)
    call_command(
        "publish", "2012", "--by", "office1", "--confirmed-by", "office2", "--out", str(tmp_path / "one")
    )
    return cast.at(Stage.PUBLISHED)


def test_an_edition_is_told_with_its_digest_and_its_sealed_standing(
    published: Cast, client_of: SignIn
) -> None:
    client = client_of("mayor")

    (row,) = client.get(f"{EDITIONS}?cycle=2012").json()["results"]
    standing = client.get(f"{EDITIONS}{row['id']}/standing/").json()

    found = queries.newest(published.cycle)
    assert found is not None
    assert (row["number"], row["code"], row["digest"], row["in_force"]) == (1, found.code, found.digest, True)
    assert standing == queries.results_of(found)


@pytest.mark.parametrize(
    ("who", "kinds", "data"),
    [
        ("office1", {"edition", "verifier", "notice", "tables", "workbook", "letters", "certificates"}, 200),
        ("archive", {"edition", "verifier", "notice", "tables", "workbook", "letters", "certificates"}, 200),
        ("official_青山乡", {"notice", "tables"}, 403),
        ("lead_市信访局", {"notice", "tables"}, 403),
    ],
)
def test_files_are_those_the_asker_may_fetch(
    published: Cast, client_of: SignIn, who: str, kinds: set[str], data: int
) -> None:
    client = client_of(who)

    row = client.get(EDITIONS).json()["results"][0]
    told = {one["kind"] for one in row["files"]}
    notice = client.get(f"{EDITIONS}{row['id']}/files/notice.pdf/")

    assert (kinds <= told) if data == 200 else (told == kinds)
    assert b"".join(notice.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]  # a file's answer streams
    assert client.get(f"{EDITIONS}{row['id']}/files/edition.json/").status_code == data
    assert client.get(f"{EDITIONS}{row['id']}/files/other.pdf/").status_code == 404


def test_before_publication_there_is_no_edition_and_no_prize_for_a_unit(
    published: Cast, client_of: SignIn
) -> None:
    Cycle.objects.update(stage=Stage.APPROVAL)
    client = client_of("official_青山乡")

    assert client.get(EDITIONS).json()["results"] == []
    assert client.get(f"{EDITIONS}{Edition.objects.get().pk}/").status_code == 404
    assert client.get(AWARDS).json()["results"] == []


def test_prizes_are_told_in_fen_and_a_unit_meets_its_own(published: Cast, client_of: SignIn) -> None:
    every = client_of("leader1").get(AWARDS).json()["results"]
    winner = every[0]["unit"]
    own = client_of(f"official_{'青山乡' if winner != '青山乡' else '白水乡'}").get(AWARDS).json()["results"]

    assert [(row["award"], row["grade"], row["amount_fen"]) for row in every] == [
        ("先进乡镇", "第一名", 5_000_000),
        ("先进乡镇", "第二名", 4_000_000),
    ]
    assert winner not in {row["unit"] for row in own}
    assert client_of("leader1").get(f"{AWARDS}?unit={winner}").json()["count"] == 1


def test_the_simulation_gives_winners_with_their_reasons(published: Cast, client_of: SignIn) -> None:
    (award,) = client_of("leader1").get(NOW).json()

    assert (award["award"], award["held"], award["budget_fen"]) == ("先进乡镇", False, 9_000_000)
    assert [row["grade"] for row in award["winners"]] == ["第一名", "第二名"]
    assert all(row["reasons"] for row in award["winners"])


@pytest.mark.parametrize(
    ("who", "stage", "status"),
    [
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("office1", Stage.ONSITE_REVIEW, 200),
        ("official_青山乡", Stage.PUBLISHED, 403),
    ],
)
def test_the_simulation_is_for_those_who_see_totals(
    cast: Cast, client_of: SignIn, who: str, stage: Stage, status: int
) -> None:
    cast.at(stage)

    assert client_of(who).get(NOW).status_code == status


def test_a_list_asks_as_much_for_one_edition_as_for_many(published: Cast, client_of: SignIn) -> None:
    client = client_of("office1")
    client.get(EDITIONS)
    with CaptureQueriesContext(connection) as one:
        client.get(EDITIONS)
    first = Edition.objects.get()
    before = first
    for number in range(2, 12):
        before = Edition.objects.create(
            cycle=first.cycle,
            number=number,
            supersedes=before,
            asked_by=first.asked_by,
            asked_at=first.asked_at,
            confirmed_by=first.confirmed_by,
            digest=first.digest,
            code=first.code,
            sealed_at=first.sealed_at,
        )

    with CaptureQueriesContext(connection) as many:
        answer = client.get(EDITIONS)

    assert len(many) == len(one)
    assert [row["in_force"] for row in answer.json()["results"]] == [True, *[False] * 10]
