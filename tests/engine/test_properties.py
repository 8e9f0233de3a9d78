"""What holds of every block, and what trace and trials owe to the standing.

Single figures are compared with the oracle elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scoring.engine.changes import (
    AdjustmentChange,
    Change,
    EligibilityChange,
    InvolvementChange,
    ReadingsChange,
    ScoreChange,
    WeightChange,
)
from scoring.engine.numbers import format_points, parse_points
from scoring.engine.sheet import (
    BlockStanding,
    CellEntry,
    ItemRule,
    Readings,
    Rounding,
    RowResult,
    Sheet,
    Source,
    SubItemRule,
    UnitEntry,
)
from scoring.engine.standing import compute
from scoring.engine.trace import trace
from scoring.engine.whatif import what_if, what_if_each
from tests.engine.cities import sheets

settings.register_profile(
    "engine", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
some = settings(settings.get_profile("engine"))


def row_of(standing: BlockStanding, unit_key: int) -> RowResult:
    return next(row for row in standing.rows if row.unit_key == unit_key)


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_points_are_read_as_they_are_printed(value: int, places: int) -> None:
    assert parse_points(format_points(value, places), places) == value


@some
@given(sheets())
def test_the_first_of_an_item_has_its_whole_weight(sheet: Sheet) -> None:
    weight_of = {item.key: item.weight for item in sheet.items}

    firsts = [item for row in compute(sheet).rows for item in row.items if item.rank == 1 and item.base > 0]

    assert [item.weighted for item in firsts] == [weight_of[item.item_key] for item in firsts]


@some
@given(sheets(), st.randoms())
def test_names_and_the_sequence_of_units_change_no_figure(sheet: Sheet, shuffle: Random) -> None:
    units = list(sheet.units)
    shuffle.shuffle(units)
    renamed = tuple(replace(unit, name=f"renamed {unit.key}") for unit in units)

    before, after = compute(sheet), compute(replace(sheet, units=renamed))

    assert after.rows == tuple(replace(row, unit=f"renamed {row.unit_key}") for row in before.rows)


@st.composite
def raised_marks(draw: st.DrawFn, *, plain: bool) -> tuple[Sheet, Sheet, int, int]:
    """A block, the same with one counted mark raised, the unit and the sub-item."""
    sheet = draw(sheets(plain=plain).filter(lambda sheet: bool(sheet.units)))
    assume(all(item.base >= 0 for row in compute(sheet).rows for item in row.items))
    own = {
        (row.unit_key, cell.sub_item_key): cell
        for row in compute(sheet).rows
        for item in row.items
        for cell in item.cells
        if cell.source in (Source.ONSITE, Source.PRELIMINARY, Source.LEAD)
    }
    assume(own)
    unit_key, sub_item_key = draw(st.sampled_from(sorted(own)))
    kind = str(own[unit_key, sub_item_key].source)
    cell = sheet.cells[unit_key, sub_item_key]
    higher = replace(cell, **{kind: getattr(cell, kind) + draw(st.integers(1, 20000))})
    raised = replace(sheet, cells={**sheet.cells, (unit_key, sub_item_key): higher})
    return sheet, raised, unit_key, sub_item_key


@some
@given(raised_marks(plain=False))
def test_raising_a_mark_never_lowers_the_units_own_final_score(
    raised: tuple[Sheet, Sheet, int, int],
) -> None:
    before, after, unit_key, _ = raised

    assert row_of(compute(after), unit_key).final >= row_of(compute(before), unit_key).final


@some
@given(st.one_of(raised_marks(plain=True), raised_marks(plain=False)))
def test_raising_a_mark_never_lowers_the_units_place_where_nobody_takes_a_mean(
    raised: tuple[Sheet, Sheet, int, int],
) -> None:
    before, after, unit_key, sub_item_key = raised
    standing = compute(before)
    cells = [cell for row in standing.rows for item in row.items for cell in item.cells]
    assume(not any(cell.sub_item_key == sub_item_key and cell.source is Source.MEAN for cell in cells))

    assert row_of(compute(after), unit_key).rank <= row_of(standing, unit_key).rank


def test_a_neighbour_on_the_mean_may_gain_more_than_the_unit_that_was_raised() -> None:
    # Item 1, first 30: 20/30 and 10/30 of 100. After the raise the first has 40: 100 and 30/40.
    # Before 66.67 + 70.00 against 33.33 + 100.00; after 100.00 + 70.00 against 75.00 + 100.00.
    def sheet(mark: int) -> Sheet:
        one, two, three = SubItemRule(1, "one", 50), SubItemRule(2, "two", 50), SubItemRule(3, "three", 10)
        items = (ItemRule(1, "first", 10000, 100, (one, two)), ItemRule(2, "second", 10000, 10, (three,)))
        units = (UnitEntry(1, "raised", 1), UnitEntry(2, "on the mean", 2), UnitEntry(3, "third", 3))
        cells = {
            (1, 1): CellEntry(lead=mark), (1, 2): CellEntry(lead=10), (1, 3): CellEntry(lead=7),
            (2, 1): CellEntry(not_involved=True), (2, 2): CellEntry(lead=0), (2, 3): CellEntry(lead=10),
            (3, 2): CellEntry(lead=30), (3, 3): CellEntry(lead=0),
        }  # fmt: skip
        return Sheet("block", "comprehensive", 2, Readings(), items, units, cells)

    before, after = compute(sheet(10)), compute(sheet(30))

    assert [(row.unit, row.final) for row in before.rows][:2] == [("raised", 13667), ("on the mean", 13333)]
    assert [(row.unit, row.final) for row in after.rows][:2] == [("on the mean", 17500), ("raised", 17000)]


@some
@given(sheets())
def test_both_readings_of_the_rounding_name_the_same_units(sheet: Sheet) -> None:
    readings = sheet.readings
    other = replace(sheet, readings=replace(readings, rounding=readings.rounding.other))

    here, there = compute(sheet), compute(other)

    ranks = {row.unit_key: row.rank for row in there.rows}
    moved = sorted((row.order, row.unit) for row in here.rows if ranks[row.unit_key] != row.rank)
    assert here.differs == there.differs == tuple(name for _, name in moved)


@some
@given(sheets())
def test_a_trace_ends_in_the_standing_and_its_steps_add_up(sheet: Sheet) -> None:
    standing = compute(sheet)

    for row in standing.rows:
        steps = trace(sheet, row.unit_key, standing)

        final = steps.final
        assert (final.final, final.rank, final.shared) == (row.final, row.rank, row.shared)
        assert final.preliminary == steps.preliminary.preliminary == row.preliminary
        assert final.final == final.preliminary + sum(step.amount for step in final.adjustments)
        exact = sum((item.weighted.exact for item in steps.items), Fraction(0))
        assert steps.preliminary.exact == exact
        if sheet.readings.rounding is Rounding.EACH_ITEM:
            assert row.preliminary == sum(item.weighted.weighted for item in steps.items)
        else:
            assert abs(exact - row.preliminary) <= Fraction(1, 2)
        for item, result in zip(steps.items, row.items, strict=True):
            assert (item.weighted.weighted, item.weighted.rank) == (result.weighted, result.rank)
            assert abs(item.weighted.exact - item.weighted.weighted) <= Fraction(1, 2)
            assert item.base.base == result.base == sum(cell.score or 0 for cell in item.base.cells)
            counted = [(cell.sub_item, cell.score, cell.source) for cell in item.base.cells]
            shown = {(cell.sub_item, cell.score, cell.source) for cell in result.cells}
            assert shown <= set(counted)
            for cell in item.base.cells:
                if cell.mean:
                    assert cell.mean.mean == cell.score
                    assert cell.mean.exact == Fraction(cell.mean.sum, len(cell.mean.scorers))
        for gap in steps.gaps:
            there = next(other for other in standing.rows if other.unit == gap.units[0])
            assert (gap.gap, gap.rank) == (abs(there.final - row.final), there.rank)
        assert steps.as_dict()["final"]["final"] == format_points(row.final, sheet.places)


@st.composite
def trials(draw: st.DrawFn) -> tuple[Sheet, list[list[Change]]]:
    sheet = draw(sheets().filter(lambda sheet: bool(sheet.units and sheet.items)))
    units = st.sampled_from([unit.key for unit in sheet.units])
    points = st.integers(-5, 300)
    kinds: list[st.SearchStrategy[Change]] = [
        st.builds(WeightChange, st.sampled_from([item.key for item in sheet.items]), st.integers(0, 9999)),
        st.builds(AdjustmentChange, units, commendations=points, criticisms=st.none(), rewards=points),
        st.builds(EligibilityChange, units, st.booleans()),
    ]
    subs = [sub.key for item in sheet.items for sub in item.sub_items]
    if subs:
        score_kinds = st.sampled_from(["self_score", "lead", "preliminary", "onsite"])
        scores = st.none() | points | st.just(10**30)
        cell = (units, st.sampled_from(subs))
        score = st.builds(ScoreChange, *cell, score_kinds, scores)
        kinds += [score, score, score, st.builds(InvolvementChange, *cell, st.booleans(), st.booleans())]
    if draw(st.integers(0, 9)) == 0:
        kinds.append(st.builds(ReadingsChange, st.builds(Readings, rounding=st.sampled_from(Rounding))))
    return sheet, draw(st.lists(st.lists(st.one_of(kinds), max_size=3), min_size=1, max_size=4))


@some
@given(trials())
def test_trials_made_together_move_what_each_moves_alone(case: tuple[Sheet, list[list[Change]]]) -> None:
    sheet, all_changes = case

    together = what_if_each(sheet, all_changes)

    assert together == tuple(what_if(sheet, changes) for changes in all_changes)


def test_a_trial_names_who_moves_and_from_where_to_where() -> None:
    rule = SubItemRule(1, "sub-item", 10000)
    sheet = Sheet(
        "block",
        "comprehensive",
        2,
        Readings(),
        (ItemRule(1, "item", 10000, 10000, (rule,)),),
        (UnitEntry(1, "青山乡", 1), UnitEntry(2, "白水乡", 2), UnitEntry(3, "云峰乡", 3)),
        {(1, 1): CellEntry(lead=9000), (2, 1): CellEntry(lead=8100), (3, 1): CellEntry(lead=4500)},
    )

    outcome = what_if(sheet, [ScoreChange(2, 1, "onsite", 9000), EligibilityChange(3, False)])

    moves = [(m.unit, m.final_before, m.final_after, m.rank_before, m.rank_after) for m in outcome.moves]
    assert moves == [("白水乡", 9000, 10000, 2, 1), ("云峰乡", 5000, 5000, 3, 3)]
    assert [move.unit for move in outcome.place_moves] == ["白水乡"]
    assert (outcome.moves[1].eligible_before, outcome.moves[1].eligible_after) == (True, False)
