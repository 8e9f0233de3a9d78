"""The board: everyone's place, for those who may see totals, as page and as workbook."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.models import Tally
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.models import Membership
from units.stages import Stage

BOARD, WORKBOOK = f"{YEAR}board/", f"{YEAR}board.xlsx"


def scored(cast: Cast) -> Cast:
    for unit, points in [("青山乡", "90"), ("白水乡", "97.5"), ("东河镇", "90")]:
        cast.score(unit, "决战园区", points)
    return cast


def test_the_board_shows_places_ties_and_margins(cast: Cast) -> None:
    scored(cast)

    page = words_of(signed_in(cast.people["office1"]).get(BOARD))

    # 97.5 of 97.5 → 600.00; 90 of 97.5 → 553.846… → 553.85, twice; 600.00 − 553.85 = 46.15
    assert "1 白水乡 缺报 2 600.00" in page
    assert "2 并列 青山乡 缺报 2 553.85 −46.15 2 并列 东河镇 缺报 2 553.85 −46.15" in page
    assert "未定稿" in page


def test_a_bar_holds_its_additions_too(cast: Cast) -> None:
    scored(cast)
    for unit in ("青山乡", "白水乡"):
        member = Membership.objects.get(unit__name=unit, block__name="乡镇口")
        Tally.objects.update_or_create(membership=member, defaults={"commendations": 50, "rewards": 20})
    cast.score("白水乡", "信访", "400")
    cast.score("白水乡", "安全", "600", kind="onsite")  # type: ignore[arg-type]  # a choice's value is one

    page = read(body(signed_in(cast.people["office1"]).get(BOARD)))

    ends = [float(r["x"] or 0) + float(r["width"] or 0) for r in page.of("rect")]
    assert ends
    assert max(ends) <= 1000.01


@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("leader1", Stage.HEARING, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),  # the leading group sees totals from the hearing on
        ("mayor", Stage.HEARING, 200),
        ("official_青山乡", Stage.RESULTS, 403),
        ("principal_青山乡", Stage.PUBLISHED, 403),
        ("lead_市信访局", Stage.HEARING, 403),
        ("reviewer1", Stage.HEARING, 403),
        ("sysadmin", Stage.HEARING, 403),
    ],
)
@pytest.mark.parametrize("address", [BOARD, WORKBOOK])
def test_totals_are_for_those_who_may_see_them_and_in_their_stage(
    cast: Cast, person: str, stage: Stage, status: int, address: str
) -> None:
    scored(cast).at(stage)

    answer = signed_in(cast.people[person]).get(address)

    assert answer.status_code == status
    if status != 200:
        assert "553.85" not in body(answer)


def test_the_auditor_reads_the_board_and_is_offered_no_export(cast: Cast) -> None:
    client = signed_in(cast.people["auditor"])

    answers = client.get(BOARD), client.get(WORKBOOK)

    assert [a.status_code for a in answers] == [200, 403]
    assert "board.xlsx" not in body(answers[0])


def test_nobody_unknown_sees_the_board(cast: Cast) -> None:
    assert Client().get(BOARD).headers["Location"] == f"/login/?next={BOARD}"


def test_the_board_is_only_read(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])

    assert [client.post(BOARD).status_code, client.put(WORKBOOK).status_code] == [405, 405]


def test_an_unknown_year_or_block_is_not_found(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])

    answers = [
        client.get(a).status_code
        for a in ("/years/1999/board/", f"{WORKBOOK}?block=x", f"{WORKBOOK}?block=0")
    ]

    assert answers == [404, 404, 404]


def test_a_block_without_units_says_what_to_do(cast: Cast) -> None:
    Membership.objects.filter(block=cast.blocks["党群口"]).delete()

    answer = signed_in(cast.people["office1"]).get(BOARD)

    assert "尚无参评单位" in words_of(answer)


def test_the_workbook_holds_a_sheet_per_block_and_the_same_figures(cast: Cast) -> None:
    scored(cast)

    answer = signed_in(cast.people["office1"]).get(WORKBOOK)

    book = openpyxl.load_workbook(BytesIO(answer.content))
    rows = [row for row in book["乡镇口"].iter_rows(values_only=True) if row[0] in (1, 2)]
    assert book.sheetnames == ["乡镇口", "党群口", "招商引资"]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        (1, "白水乡", 600),
        (2, "青山乡", 553.85),
        (2, "东河镇", 553.85),
    ]
    assert "%E6%8E%92%E5%90%8D%E4%B8%80%E8%A7%88.xlsx" in answer.headers["Content-Disposition"]  # 排名一览


def test_the_board_asks_as_much_for_three_rows_as_for_forty(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    scored(cast)
    client.get(BOARD)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(BOARD)
    grow(cast, 37)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(BOARD)

    assert "新设36乡" in body(answer)
    assert len(many) == len(few)
    assert len(many) <= 30
