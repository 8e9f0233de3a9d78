"""The worked tables of METHOD.md, computed again by the engine.

The tables are the examples; nothing is repeated here but how they are read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scoring.engine.cells import IndicatorLines, base_less_deductions, counted_score
from scoring.engine.numbers import format_points, half_up, parse_points
from scoring.engine.ranking import places_of
from scoring.engine.sheet import (
    REPLACE,
    BlockStanding,
    CellEntry,
    Counting,
    FirstIsZero,
    ItemRule,
    MissingDecision,
    MissingHow,
    Readings,
    Rounding,
    Sheet,
    SubItemRule,
    UnitEntry,
)
from scoring.engine.standing import compute

METHOD = Path(__file__).parents[2] / "scoring" / "engine" / "METHOD.md"
_TABLE = re.compile(r"<!-- table: ([^;>]+?)(?:; (.+?))? -->\n((?:\|.*\n)+)")


def read_tables() -> dict[str, tuple[str, list[list[str]]]]:
    """Each table's settings and rows of cells, by its name."""
    found = {}
    for name, settings, lines in _TABLE.findall(METHOD.read_text(encoding="utf-8")):
        rows = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in lines.splitlines()]
        found[name] = (settings, rows[2:])
    return found


TABLES = read_tables()


def rows_of(name: str) -> list[list[str]]:
    return TABLES[name][1]


def setting(name: str, key: str) -> str:
    match = re.search(rf"{key} ([^;]+)", TABLES[name][0])
    assert match
    return match[1]


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def p2(text: str) -> int:
    return parse_points(text, 2)


def entry(text: str) -> CellEntry:
    if text == "not involved":
        return CellEntry(preliminary=1, not_involved=True)
    if text == "missing" or text.startswith("decided"):
        return CellEntry()
    return CellEntry(preliminary=p2(text))


def simple_sheet(columns: list[list[CellEntry]], weights: list[int], readings: Readings, units: int) -> Sheet:
    """One sub-item for each item; `columns` has each item's cells by unit."""
    items = tuple(
        ItemRule(n, f"item {n}", weight, 10**9, (SubItemRule(n, f"item {n}", 10**9),))
        for n, weight in enumerate(weights)
    )
    return Sheet(
        block="block",
        kind="comprehensive",
        places=2,
        readings=readings,
        items=items,
        units=tuple(UnitEntry(u, f"unit {u}", u) for u in range(units)),
        cells={(u, n): column[u] for n, column in enumerate(columns) for u in range(units)},
    )


def in_order(standing: BlockStanding) -> BlockStanding:
    return replace(standing, rows=tuple(sorted(standing.rows, key=lambda row: row.order)))


def test_every_table_of_the_method_is_read() -> None:
    assert METHOD.read_text(encoding="utf-8").count("<!-- table:") == len(TABLES) == 8
    assert all(rows for _, rows in TABLES.values())


@pytest.mark.parametrize("row", rows_of("rounding"), ids=str)
def test_rounding(row: list[str]) -> None:
    numerator, denominator, rounded = map(int, row)

    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize("row", rows_of("deductions"), ids=str)
def test_deductions(row: list[str]) -> None:
    def points(text: str) -> int:
        return parse_points(text, 1)

    base, floor, lines, indicators, mark = row
    by_indicator = []
    for indicator in filter(None, indicators.split(";")):
        own_base, own_lines = indicator.split(":")
        by_indicator.append(IndicatorLines(points(own_base), tuple(map(points, listed(own_lines)))))

    left = base_less_deductions(points(base), points(floor), map(points, listed(lines)), by_indicator)

    assert format_points(left, 1) == mark


@pytest.mark.parametrize("row", rows_of("counting"), ids=str)
def test_counting(row: list[str]) -> None:
    *marks, state, reading, counts, source = row
    parts = re.fullmatch(r"mix (\d+):(\d+)", reading)
    counting = Counting.mix(int(parts[1]), int(parts[2])) if parts else REPLACE
    own, lead, preliminary, onsite = (p2(mark) if mark else None for mark in marks)
    cell = CellEntry(own, lead, preliminary, onsite, proposed=state == "proposed")
    rule = SubItemRule(1, "sub-item", 10000, visit_required=state == "visit")
    sheet = simple_sheet([[cell]], [100], Readings(counting=counting), 1)
    sheet = replace(sheet, items=(ItemRule(0, "item", 100, 10000, (replace(rule, key=0),)),))

    by_cell = counted_score(cell, rule, counting)
    by_block = compute(sheet).rows[0].items[0].cells[0]

    expected = (None, None) if counts == "missing" else (p2(counts), source)
    assert by_cell == (by_block.score, by_block.source) == expected


@pytest.mark.parametrize("row", rows_of("mean"), ids=str)
def test_mean(row: list[str]) -> None:
    cells, become = map(listed, row)
    sheet = simple_sheet([[entry(cell) for cell in cells]], [100], Readings(), len(cells))
    decisions = tuple(
        MissingDecision(0, unit, MissingHow(cell.removeprefix("decided ")))
        for unit, cell in enumerate(cells)
        if cell.startswith("decided")
    )

    standing = in_order(compute(replace(sheet, decisions=decisions)))

    scores = [row.items[0].cells[0].score for row in standing.rows]
    assert ["missing" if score is None else format_points(score, 2) for score in scores] == become
    assert standing.provisional == ("missing" in become)
    nobody = set(cells) == {"not involved"}
    assert ("not-involved:item 0" in standing.held) == nobody


@pytest.mark.parametrize("row", rows_of("places"), ids=str)
def test_places(row: list[str]) -> None:
    figures, places = [p2(figure) for figure in listed(row[0])], [int(place) for place in listed(row[1])]

    assert places_of(figures) == places


def test_standing() -> None:
    items: list[ItemRule] = []
    names: list[str] = []
    for n, text in enumerate(setting("standing", "items").split(",")):
        head, subs = text.split("=")
        name, weight = head.split()
        rules = []
        for sub in subs.split("+"):
            rules.append(SubItemRule(len(names), sub.strip(), 100000))
            names.append(sub.strip())
        items.append(ItemRule(n, name, p2(weight), 100000 * len(rules), tuple(rules)))
    rows = rows_of("standing")
    count = len(names)
    units = tuple(
        UnitEntry(u, row[0], u, True, *map(p2, row[count + 1 : count + 4])) for u, row in enumerate(rows)
    )
    cells = {(u, n): entry(row[n + 1]) for u, row in enumerate(rows) for n in range(count)}

    standing = compute(Sheet("乡镇口", "comprehensive", 2, Readings(), tuple(items), units, cells))

    printed = []
    for row in standing.rows:
        figures = []
        for item in row.items:
            figures += [format_points(item.base, 2), str(item.rank), format_points(item.weighted, 2)]
        figures += [format_points(row.preliminary, 2), format_points(row.final, 2), str(row.rank)]
        printed.append([row.unit, *figures])
    assert printed == [[row[0], *row[count + 4 :]] for row in rows]
    assert [row.shared for row in standing.rows] == [False, False, True, True]
    assert [row.missing for row in standing.rows] == [0, 0, 1, 0]


def test_rounding_readings() -> None:
    rows = rows_of("rounding readings")
    weight = p2(setting("rounding readings", "weight"))
    columns = [[entry(row[n]) for row in rows] for n in (1, 2, 3)]

    for rounding, column in ((Rounding.EACH_ITEM, 4), (Rounding.TOTAL_ONLY, 6)):
        sheet = simple_sheet(columns, [weight] * 3, Readings(rounding), len(rows))
        units = tuple(UnitEntry(u, row[0], u) for u, row in enumerate(rows))
        standing = in_order(compute(replace(sheet, units=units)))

        found = [[format_points(row.final, 2), str(row.rank)] for row in standing.rows]
        assert found == [row[column : column + 2] for row in rows]
        assert standing.differs == ("南桥镇",)


@pytest.mark.parametrize("row", rows_of("first is zero"), ids=str)
def test_first_is_zero(row: list[str]) -> None:
    bases, reading, weighted, held = row
    cells = [entry(base) for base in listed(bases)]
    weight = p2(setting("first is zero", "weight"))
    sheet = simple_sheet([cells], [weight], Readings(first_is_zero=FirstIsZero(reading)), len(cells))

    standing = in_order(compute(sheet))

    assert [format_points(row.items[0].weighted, 2) for row in standing.rows] == listed(weighted)
    assert standing.held == tuple(listed(held))
