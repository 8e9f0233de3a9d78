"""The pictures: what they must draw and what they must never contain. Leaves their looks to the eye."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from office import charts
from office.charts import Against, Band, Part

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>\"&'青山乡"


def rects(svg: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f"{SVG}rect")  # noqa: S314 - our own output


def test_bar_parts_stand_end_to_end_and_in_proportion() -> None:
    parts = [Part("决战园区", Decimal(120)), Part("招商引资", Decimal(80))]

    drawn = rects(charts.weighted_bar(parts, full=Decimal(400), plus=Decimal(40), label="x"))

    # 1000 units of width for 400 points: 120 → 300, 80 → 200, +40 → 100
    assert [(r.get("x"), r.get("width")) for r in drawn] == [("0", "300"), ("300", "200"), ("500", "100")]


def test_a_part_of_zero_points_draws_nothing() -> None:
    drawn = rects(charts.weighted_bar([Part("a", Decimal(0))], full=Decimal(1000), label="x"))

    assert drawn == []


def test_area_of_a_band_is_its_weight() -> None:
    bands = [
        Band("社会管理", Decimal(150), [Part("a", Decimal(300)), Part("b", Decimal(100))]),
        Band("财税工作", Decimal(50), [Part("c", Decimal(500))]),
    ]

    first, second, third = rects(charts.weights_picture(bands, label="x"))

    # one unit of each side is left white between neighbours
    height = [Decimal(r.get("height", "")) + 1 for r in (first, second, third)]
    width = [Decimal(r.get("width", "")) + 1 for r in (first, second)]
    assert height[0] == height[1] == 3 * height[2]
    assert abs(width[0] - 3 * width[1]) < Decimal("0.1")


def test_a_lead_is_drawn_right_and_a_lag_left_of_the_mean() -> None:
    rows = [
        Against("a", Decimal(12), Decimal(10), Decimal(20)),
        Against("b", Decimal(9), Decimal(10), Decimal(20)),
    ]

    lead, lag = rects(charts.against_mean(rows, label="x"))

    axis = Decimal(lead.get("x", ""))
    assert Decimal(lag.get("x", "")) + Decimal(lag.get("width", "")) == axis
    assert Decimal(lead.get("width", "")) == 2 * Decimal(lag.get("width", ""))


def test_none_stands_apart_and_steps_are_round_and_hold_their_upper_edge() -> None:
    values = [Decimal(text) for text in ("0", "0", "2.5", "5.0", "5.25", "21.75")]

    # at most eight steps of a round width reach 21.75: five of 5 each
    assert charts.bins_of(values) == [
        (Decimal(0), Decimal(0), 2),
        (Decimal(0), Decimal(5), 2),
        (Decimal(5), Decimal(10), 1),
        (Decimal(10), Decimal(15), 0),
        (Decimal(15), Decimal(20), 0),
        (Decimal(20), Decimal(25), 1),
    ]


@pytest.mark.parametrize("most", ["0.01", "0.25", "1", "8", "8.25", "99.75", "100", "500", "1234.5"])
def test_eight_steps_always_reach_the_most(most: str) -> None:
    bins = charts.bins_of([Decimal(most)])

    assert 2 <= len(bins) <= 1 + charts.MOST_BARS
    assert bins[-1][1] >= Decimal(most) > bins[-1][0]


def test_a_histogram_says_its_figures_in_words() -> None:
    svg = charts.histogram([Decimal(0), Decimal(3), Decimal(4)], label="信访")

    assert 'aria-label="信访: 0: 1; 0–0.5: 0' in svg
    assert "2.5–3: 1" in svg
    assert "3.5–4: 1" in svg


def test_a_gap_in_the_values_is_a_gap_in_the_line() -> None:
    svg = charts.sparkline([Decimal(3), None, Decimal(1), Decimal(2)], label="x")

    path = re.search(r' d="([^"]+)"', svg)
    assert path is not None
    assert [step for step in path.group(1) if step in "ML"] == ["M", "M", "L"]


@pytest.mark.parametrize(
    "svg",
    [
        charts.weighted_bar([Part(HOSTILE, Decimal(1))], full=Decimal(2), label=HOSTILE),
        charts.weights_picture([Band(HOSTILE, Decimal(1), [Part(HOSTILE, Decimal(1))])], label=HOSTILE),
        charts.weights_picture([], label=HOSTILE),
        charts.against_mean([Against(HOSTILE, Decimal(1), Decimal(2), Decimal(3))], label=HOSTILE),
        charts.histogram([Decimal(0)], label=HOSTILE),
        charts.sparkline([None], label=HOSTILE),
    ],
)
def test_a_picture_has_words_and_no_style_or_script(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own output

    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith(HOSTILE)
    assert "<script" not in svg
    assert " style=" not in svg
    assert "<style" not in svg
