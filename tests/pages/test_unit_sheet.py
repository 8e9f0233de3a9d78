"""The unit sheet: the own one from the results on, another's never, every figure unfolded."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scoring.models import Deduction, Involvement
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, read, signed_in, words_of
from units.stages import Stage

OWN, FOREIGN = f"{YEAR}units/青山乡/", f"{YEAR}units/白水乡/"


def scored(cast: Cast) -> Cast:
    for unit, points in [("青山乡", "90"), ("白水乡", "97.5"), ("东河镇", "60")]:
        cast.score(unit, "决战园区", points)
    return cast


def test_the_sheet_gives_place_score_gaps_and_the_sum(cast: Cast) -> None:
    scored(cast)

    words = words_of(signed_in(cast.people["office1"]).get(OWN))

    # 90 ÷ 97.5 × 600 = 553.846… → 553.85; the first has 600.00, the third 60 ÷ 97.5 × 600 = 369.23
    assert "名次 2 共 3 个单位" in words
    assert "最终得分 553.85" in words
    assert "距第一名 46.15" in words
    assert "领先下一名 184.62" in words
    assert "600 × 90.00 ÷ 97.50 ≈ 553.85" in words
    assert "第一名白水乡，得 97.50" in words


def test_a_deduction_is_unfolded_to_its_reason_and_paper(cast: Cast) -> None:
    score = cast.score("青山乡", "决战园区", "97")
    Deduction.objects.create(score=score, points=3, reason="两个项目未按期开工", evidence="督查通报第3期")

    words = words_of(signed_in(cast.people["office1"]).get(OWN))

    assert "−3.00 两个项目未按期开工 督查通报第3期" in words


def test_a_cell_on_the_mean_says_so_with_reason_and_both_people(cast: Cast) -> None:
    cast.score("白水乡", "信访", "380")
    cast.score("东河镇", "信访", "391")
    cell = cast.cell("青山乡", "信访")
    cell.involvement = Involvement.CONFIRMED
    cell.involvement_reason = "本单位无信访职能"
    cell.proposed_by, cell.involvement_decided_by = cast.people["office1"], cast.people["office2"]
    cell.save()

    words = words_of(signed_in(cast.people["office1"]).get(OWN))

    # (380 + 391) ÷ 2 = 385.50
    assert "不涉及：取其他2个单位的平均分，771.00 ÷ 2 = 385.50。 · office1 → office2" in words
    assert "本单位无信访职能" in words


@pytest.mark.parametrize("person", ["official_青山乡", "principal_青山乡"])
@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (Stage.PRELIMINARY_REVIEW, 409),
        (Stage.HEARING, 409),
        (Stage.RESULTS, 200),
        (Stage.APPROVAL, 200),
        (Stage.PUBLISHED, 200),
        (Stage.FILED, 200),
    ],
)
def test_a_unit_sees_its_own_sheet_from_the_results_on(
    cast: Cast, person: str, stage: Stage, status: int
) -> None:
    scored(cast).at(stage)

    answer = signed_in(cast.people[person]).get(OWN)

    assert answer.status_code == status
    assert ("553.85" in body(answer)) == (status == 200)


def test_before_publication_a_unit_hears_nothing_of_the_others(cast: Cast) -> None:
    scored(cast).at(Stage.RESULTS)

    before = words_of(signed_in(cast.people["official_青山乡"]).get(OWN))
    cast.at(Stage.PUBLISHED)
    after = words_of(signed_in(cast.people["official_青山乡"]).get(OWN))

    assert "白水乡" not in before
    assert "46.15" not in before
    assert "第一名白水乡" in after


@pytest.mark.parametrize("stage", [Stage.PRELIMINARY_REVIEW, Stage.RESULTS, Stage.PUBLISHED])
def test_another_units_sheet_does_not_exist_for_a_unit(cast: Cast, stage: Stage) -> None:
    scored(cast).at(stage)
    client = signed_in(cast.people["official_青山乡"])

    foreign, none = client.get(FOREIGN), client.get(f"{YEAR}units/没有这个乡/")

    # With the cycle before results even the own sheet is closed, and so says the door.
    expected = 409 if stage is Stage.PRELIMINARY_REVIEW else 404
    assert (foreign.status_code, none.status_code) == (expected, expected)
    assert "600.00" not in body(foreign)
    assert words_of(foreign) == words_of(none)


@pytest.mark.parametrize(
    ("person", "stage", "status"),
    [
        ("office1", Stage.PRELIMINARY_REVIEW, 200),
        ("auditor", Stage.PRELIMINARY_REVIEW, 200),
        ("leader1", Stage.HEARING, 200),
        ("leader1", Stage.ONSITE_REVIEW, 409),
        ("mayor", Stage.HEARING, 200),
        ("lead_市信访局", Stage.PUBLISHED, 403),
        ("reviewer1", Stage.PUBLISHED, 403),
        ("archive", Stage.PUBLISHED, 403),
        ("sysadmin", Stage.PUBLISHED, 403),
    ],
)
def test_the_sheet_opens_for_whom_the_table_names(cast: Cast, person: str, stage: Stage, status: int) -> None:
    scored(cast).at(stage)

    assert signed_in(cast.people[person]).get(OWN).status_code == status


def test_a_unit_of_two_blocks_is_switched_by_the_address(cast: Cast) -> None:
    cast.score("青山乡", "招商引资工作", "88", block="招商引资")
    client = signed_in(cast.people["office1"])

    first = read(body(client.get(OWN)))
    track = f"{OWN}?block={cast.blocks['招商引资'].pk}"

    assert any(str(a.get("href", "")).endswith(f"?block={cast.blocks['招商引资'].pk}") for a in first.of("a"))
    assert "100 × 88.00 ÷ 88.00 = 100.00" in words_of(client.get(track))


@pytest.mark.parametrize("block", ["x", "0", "9" * 30])
def test_a_block_the_unit_is_not_in_is_not_found(cast: Cast, block: str) -> None:
    assert signed_in(cast.people["office1"]).get(OWN, {"block": block}).status_code == 404


def test_an_unscored_unit_has_a_sheet_too(cast: Cast) -> None:
    answer = signed_in(cast.people["office1"]).get(OWN)

    assert (answer.status_code, "缺报 3" in words_of(answer)) == (200, True)


def test_a_stranger_is_sent_to_sign_in_and_the_sheet_takes_nothing(cast: Cast) -> None:
    assert Client().get(OWN).status_code == 302
    assert signed_in(cast.people["office1"]).post(OWN).status_code == 405


def test_the_sheet_asks_as_much_among_three_units_as_among_forty(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    scored(cast)
    client.get(OWN)
    with CaptureQueriesContext(connection) as few:
        client.get(OWN)
    grow(cast, 37)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(OWN)

    assert "共 40 个单位" in words_of(answer)
    assert len(many) == len(few)
    assert len(many) <= 30
