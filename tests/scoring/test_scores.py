"""Entering a score: what is stored, refused, recomputed and logged.

The arithmetic itself is tested in tests/engine.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from scoring import queries, sheets
from scoring.actions import scores
from scoring.engine import standing as engine
from scoring.models import Score, ScoreKind
from tests.cast import Cast
from units.stages import Stage


def test_a_saved_score_moves_the_places_in_the_same_transaction(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "90")
    cast.score("白水乡", "决战园区", "95")

    scores.record_score(
        by=cast.hat("office1"),
        cell_id=cast.cell("青山乡", "决战园区").pk,
        kind=ScoreKind.PRELIMINARY,
        points=Decimal("97.5"),
    )

    rows = queries.standing_of(cast.blocks["乡镇口"]).rows
    # 97.5 of 97.5 → 600.00; 95 of 97.5 → 584.6153… → 584.62; nothing → 0
    assert [(r.unit, r.rank, r.final) for r in rows] == [
        ("青山乡", 1, 60000),
        ("白水乡", 2, 58462),
        ("东河镇", 3, 0),
    ]


def test_a_plain_save_from_the_shell_moves_the_places_too(cast: Cast) -> None:
    cast.score("东河镇", "决战园区", "10")

    score = Score.objects.get()
    score.points = Decimal(20)
    score.save()

    assert queries.standing_of(cast.blocks["乡镇口"]).rows[0].items[0].base == 2000


def test_the_stored_standing_is_the_engines_answer_on_the_named_sheet(cast: Cast) -> None:
    for unit, points in [("青山乡", "88.5"), ("白水乡", "88.5"), ("东河镇", "12.34")]:
        cast.score(unit, "决战园区", points)
        cast.score(unit, "信访", points)
    block = cast.blocks["乡镇口"]

    assert engine.compute(sheets.named_sheet(block)).as_dict() == queries.standing_of(block).as_dict()


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ("100.01", "above-base"),
        ("-0.01", "below-floor"),
        ("99.999", "too-many-decimals"),
        ("NaN", "not-a-number"),
    ],
)
def test_a_score_out_of_range_is_refused_and_nothing_is_stored(cast: Cast, points: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        scores.record_score(
            by=cast.hat("office1"),
            cell_id=cast.cell("青山乡", "决战园区").pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal(points),
        )

    assert refusal.value.code == code
    assert not Score.objects.exists()


def test_somebody_elses_newer_value_answers_409_with_both_values(cast: Cast) -> None:
    cell = cast.cell("青山乡", "决战园区")
    scores.record_score(
        by=cast.hat("office2"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(80)
    )

    with pytest.raises(Refused) as refusal:
        scores.record_score(
            by=cast.hat("office1"),
            cell_id=cell.pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal(90),
            version=cell.version,
        )

    assert refusal.value.status == 409
    assert refusal.value.values == {"stored": "80", "wanted": "90", "version": cell.version + 1}


def test_a_lead_never_scores_its_own_unit(cast: Cast) -> None:
    cell = cast.cell("市信访局", "业务", "党群口")

    with pytest.raises(Refused) as refusal:
        scores.record_score(
            by=cast.hat("lead_市信访局"), cell_id=cell.pk, kind=ScoreKind.LEAD, points=Decimal(900)
        )

    assert refusal.value.code == "own-unit"


def test_a_score_waits_for_its_stage(cast: Cast) -> None:
    cast.at(Stage.MONITORING)

    with pytest.raises(Refused) as refusal:
        scores.record_score(
            by=cast.hat("lead_市信访局"),
            cell_id=cast.cell("青山乡", "信访").pk,
            kind=ScoreKind.LEAD,
            points=Decimal(300),
        )

    assert refusal.value.code == "stage-closed"


def test_lines_of_deduction_make_the_score_and_a_contradiction_is_refused(cast: Cast) -> None:
    line = scores.DeductionLine(Decimal("2.5"), "迟报")
    cell = cast.cell("青山乡", "决战园区")

    scores.record_score(by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, lines=[line])
    with pytest.raises(Refused) as refusal:
        scores.record_score(
            by=cast.hat("office1"),
            cell_id=cell.pk,
            kind=ScoreKind.PRELIMINARY,
            lines=[line],
            points=Decimal(98),
        )

    assert Score.objects.get().points == Decimal("97.5")
    assert refusal.value.code == "lines-disagree"


def test_not_involved_needs_a_reason_and_a_second_person_of_the_office(cast: Cast) -> None:
    for unit, points in [("白水乡", "300"), ("东河镇", "301")]:
        cast.score(unit, "信访", points)
    cell = cast.cell("青山乡", "信访")

    with pytest.raises(Refused):
        scores.propose_not_involved(by=cast.hat("office1"), cell_id=cell.pk, reason=" ")
    scores.propose_not_involved(by=cast.hat("office1"), cell_id=cell.pk, reason="无信访窗口")
    with pytest.raises(Refused) as refusal:
        scores.decide_not_involved(by=cast.hat("office1"), cell_id=cell.pk, confirm=True)
    scores.decide_not_involved(by=cast.hat("office2"), cell_id=cell.pk, confirm=True)

    row = next(r for r in queries.standing_of(cast.blocks["乡镇口"]).rows if r.unit == "青山乡")
    assert refusal.value.code == "same-person"
    assert (row.items[1].cells[0].score, row.items[1].cells[0].source) == (30050, "mean")  # (300+301)/2


def test_clearing_lets_the_next_kind_count_again(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "70", ScoreKind.LEAD)
    cast.score("青山乡", "决战园区", "80")
    cell = cast.cell("青山乡", "决战园区")

    scores.clear_score(by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, reason="录错")

    counted = queries.standing_of(cast.blocks["乡镇口"]).rows[0].items[0].cells[0]
    assert (counted.score, counted.source) == (7000, "lead")


def test_every_act_is_in_the_chain_and_an_altered_entry_is_named(cast: Cast) -> None:
    cell = cast.cell("青山乡", "决战园区")
    for points in (80, 81):
        scores.record_score(
            by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(points)
        )

    assert audit.verify() is None
    AuditEntry.objects.filter(number=1).update(details="{}")
    assert audit.verify() == audit.Break(1, "altered")
