"""The engine's whole answer against the independent exact computation, on random blocks.

Worked examples and single rules have their own files.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.engine import counting, ranking, weighting
from scoring.engine.sheet import (
    BlockStanding,
    CellEntry,
    ItemRule,
    Readings,
    Rounding,
    Sheet,
    SubItemRule,
    UnitEntry,
)
from scoring.engine.standing import compute, compute_arrays, pack, present
from tests.engine.cities import sheets
from tests.engine.oracle import OracleRow, OracleStanding, stand

many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
some = settings(many, max_examples=60)


def as_oracle(standing: BlockStanding) -> OracleStanding:
    rows = tuple(
        OracleRow(
            unit=row.unit,
            rank=row.rank,
            shared=row.shared,
            missing=row.missing,
            bases=tuple(item.base for item in row.items),
            item_ranks=tuple(item.rank for item in row.items),
            item_shared=tuple(item.shared for item in row.items),
            weighted=tuple(item.weighted for item in row.items),
            cells=tuple(
                (cell.sub_item, cell.score, None if cell.source is None else str(cell.source))
                for item in row.items
                for cell in item.cells
            ),
            preliminary=row.preliminary,
            final=row.final,
        )
        for row in standing.rows
    )
    return OracleStanding(standing.provisional, standing.held, standing.differs, rows)


@many
@given(sheets())
def test_every_figure_of_a_random_block_is_the_oracles(sheet: Sheet) -> None:
    standing = compute(sheet)

    assert as_oracle(standing) == stand(sheet)


def test_a_total_below_zero_is_rounded_away_from_zero_though_its_rounded_parts_are_not_below() -> None:
    # 1×1÷2 − 1×2÷5 − 1×2÷5 − 1×1÷5 = −0.5: the total is −1, the parts print as 1, 0, 0, 0.
    owns, firsts = (1, -2, -2, -1), (2, 5, 5, 5)
    sheet = Sheet(
        block="block",
        kind="comprehensive",
        places=0,
        readings=Readings(Rounding.TOTAL_ONLY),
        items=tuple(ItemRule(n, f"item {n}", 1, 5, (SubItemRule(n, f"sub {n}", 5, -5),)) for n in range(4)),
        units=(UnitEntry(1, "own", 1), UnitEntry(2, "first", 2)),
        cells={
            (u, n): CellEntry(lead=s) for u, scores in ((1, owns), (2, firsts)) for n, s in enumerate(scores)
        },
    )

    standing = compute(sheet)

    assert [row.final for row in standing.rows] == [4, -1]
    assert as_oracle(standing) == stand(sheet)


def test_a_sum_of_scores_beyond_64_bits_does_not_wrap_round() -> None:
    # Thirty scores of 2^59 − 1 add up to more than 2^63, and their mean is 2^59 − 1 again.
    score = 2**59 - 1
    rule = SubItemRule(1, "sub-item", score)
    sheet = Sheet(
        block="block",
        kind="comprehensive",
        places=0,
        readings=Readings(),
        items=(ItemRule(1, "item", 100, score, (rule,)),),
        units=tuple(UnitEntry(n, f"unit {n}", n) for n in range(31)),
        cells={(n, 1): CellEntry(lead=score, not_involved=n == 30) for n in range(31)},
    )

    standing = compute(sheet)

    assert {row.items[0].cells[0].score for row in standing.rows} == {score}


@pytest.fixture
def walked_as_a_large_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks take the road of large ones: in parts of a few cells, units one by one, long lists."""
    monkeypatch.setattr(counting, "_CELLS_AT_A_TIME", 6)
    monkeypatch.setattr(weighting, "_UNITS_AT_A_TIME", 2)
    monkeypatch.setattr(ranking, "_PAIRWISE_UP_TO", 0)


@some
@given(sheets().filter(lambda sheet: bool(sheet.units)))
def test_a_block_walked_in_parts_has_the_same_figures(walked_as_a_large_block: None, sheet: Sheet) -> None:
    assert as_oracle(compute(sheet)) == stand(sheet)


@some
@given(sheets().filter(lambda sheet: bool(sheet.units)))
def test_narrow_scores_give_the_same_figures(walked_as_a_large_block: None, sheet: Sheet) -> None:
    wide = pack(sheet)
    narrow = {
        kind: np.where(scores == -(2**63), -(2**31), scores).astype(np.int32)
        for kind, scores in (("lead", wide.lead), ("preliminary", wide.preliminary), ("onsite", wide.onsite))
        if scores is not None
    }

    result = compute_arrays(replace(wide, **narrow))  # type: ignore[arg-type]  # by name

    standing = present(result, block=sheet.block, kind=sheet.kind, items=sheet.items, units=sheet.units)
    assert as_oracle(standing) == stand(sheet)


@some
@given(sheets())
def test_lists_too_spread_for_a_table_of_figures_are_sorted(sheet: Sheet) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_PAIRWISE_UP_TO", 0)
        patch.setattr(ranking, "_VALUES_PER_UNIT", -1)
        standing = compute(sheet) if sheet.units else None

    assert standing is None or as_oracle(standing) == stand(sheet)


@many
@given(sheets())
def test_totals_in_fixed_point_are_still_exact(sheet: Sheet) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weighting, "_COMMON_UP_TO", 0)
        standing = compute(sheet)

    assert as_oracle(standing) == stand(sheet)


@some
@given(sheets(), st.sampled_from([10**7, 10**9, 10**13, 10**17]))
def test_amounts_beyond_64_bits_are_counted_with_whole_numbers(sheet: Sheet, factor: int) -> None:
    enormous = _enlarged(sheet, factor)

    assert as_oracle(compute(enormous)) == stand(enormous)


def _enlarged(sheet: Sheet, by: int) -> Sheet:
    def larger(score: int | None) -> int | None:
        return None if score is None else score * by

    def item(rule: ItemRule) -> ItemRule:
        return replace(rule, weight=rule.weight * by)

    cells = {
        place: CellEntry(
            None,
            larger(cell.lead),
            larger(cell.preliminary),
            larger(cell.onsite),
            cell.not_involved,
            cell.proposed,
        )
        for place, cell in sheet.cells.items()
    }
    return replace(sheet, cells=cells, items=tuple(item(rule) for rule in sheet.items))
