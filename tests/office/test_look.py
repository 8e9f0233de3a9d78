"""Figures as templates write them. Leaves rounding to the engine: here nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from office.templatetags.look import grid_cell, points, signed


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Decimal("95.5"), 2, "95.50"),
        ("95.5", 2, "95.50"),
        (0, 2, "0.00"),  # zero is a figure …
        (None, 2, "—"),  # … missing is not
        (Decimal("-5"), 2, "−5.00"),
        (Decimal("33.333"), 2, "33.333"),  # a figure that is too fine is shown whole, never rounded
    ],
)
def test_points_have_fixed_decimals(value: Decimal | int | str | None, places: int, shown: str) -> None:
    assert points(value, places) == shown


@pytest.mark.parametrize(("value", "shown"), [("12.5", "+12.50"), (Decimal(-5), "−5.00"), (0, "0.00")])
def test_a_signed_figure_says_which_way(value: Decimal | int | str, shown: str) -> None:
    assert signed(value, 2) == shown


@dataclass(frozen=True)
class Cell:
    key: str = "c-1-2"
    url: str = "/cell"
    value: Decimal | str | None = Decimal("95.5")
    state: str = "scored"
    note: str = ""
    version: int = 7
    editable: bool = True
    fresh: bool = False
    refused: bool = False


def test_zero_and_missing_cells_read_differently() -> None:
    zero = grid_cell(replace(Cell(), value=Decimal(0)), 2)
    missing = grid_cell(replace(Cell(), value=None, state="missing"), 2)

    assert ">0.00</a>" in zero
    assert "is-missing" in missing
    assert "0.00" not in missing


def test_a_cell_that_may_not_be_edited_has_no_mark_for_the_script() -> None:
    assert " data-edit" in grid_cell(Cell(), 2)
    assert " data-edit" not in grid_cell(replace(Cell(), editable=False), 2)


def test_words_of_a_person_are_escaped() -> None:
    assert "<b>" not in grid_cell(replace(Cell(), note='"><b>'), 2)
