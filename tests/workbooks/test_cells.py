"""What one cell is read as; the numbers in the test ids are those of the list of messy cases."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office.workbook import cells
from office.workbook.cells import Cell, Fault, NotInvolved, Scored, Withdrawn
from office.workbook.wire import BOOL, DATE, ERROR, FORMULA, NUMBER, PERCENT, TEXT, UNCACHED


def text(raw: str, flags: int = 0) -> Cell:
    return Cell(TEXT, raw, 7, 3, "得分", flags)


def number(raw: str, flags: int = 0) -> Cell:
    return Cell(NUMBER, raw, 7, 3, "得分", flags)


BLANK = Cell("", "", 7, 3, "得分")
DAY = Cell(DATE, "2012-01-04", 7, 3, "得分")  # what a program makes of 1-4
Parse = Callable[[Cell], Any]


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        pytest.param(text("85.5"), "85.50", id="case05-text"),
        pytest.param(text(" 85.5 "), "85.50", id="case05-spaces"),
        pytest.param(text("'85.5"), "85.50", id="case05-apostrophe"),
        pytest.param(text("８５．５"), "85.50", id="case06-full-width"),
        pytest.param(text("－８５．５"), "-85.50", id="case06-full-width-minus"),
        pytest.param(text("85.5分"), "85.50", id="case07-fen"),
        pytest.param(text("6 分"), "6.00", id="case07-fen-with-space"),
        pytest.param(text("8５.5"), "85.50", id="case09-mixed-widths"),
        pytest.param(number("89.99999999999999"), "90.00", id="case15-float-noise"),
        pytest.param(number("81.23999999999999"), "81.24", id="case15-written-by-a-program"),
        pytest.param(number("1.0E2"), "100.00", id="exponent"),
        pytest.param(number("0"), "0.00", id="zero-is-zero"),
        pytest.param(number("-0"), "0.00", id="minus-zero-is-zero"),
        pytest.param(text("85.5\u200b"), "85.50", id="case40-zero-width-space"),
        pytest.param(number("85.5", FORMULA), "85.50", id="case23-cached-value"),
    ],
)
def test_points_are_read_exactly(cell: Cell, points: str) -> None:
    read = cells.to_points(cell, 2)

    assert read == Decimal(points)
    assert str(read) == points


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param(text("1,234.5"), "comma", id="case08-thousands"),
        pytest.param(text("85,5"), "comma", id="case08-decimal-comma"),
        pytest.param(text("85，5"), "comma", id="case08-full-width-comma"),
        pytest.param(text("85．5."), "two-dots", id="case09-two-dots"),
        pytest.param(text("85。5.1"), "two-dots", id="case09-chinese-stop"),
        pytest.param(text("约85"), "range", id="case10-about"),
        pytest.param(text("85左右"), "range", id="case10-roughly"),
        pytest.param(text("≥80"), "range", id="case10-at-least"),
        pytest.param(text("80-85"), "range", id="case10-range"),
        pytest.param(text("0.5-1.5"), "range", id="case10-range-with-decimals"),
        pytest.param(text("80～85"), "range", id="case10-wave"),
        pytest.param(text("——"), "not-a-number", id="case11-dashes"),
        pytest.param(text("N/A"), "not-a-number", id="case11-na"),
        pytest.param(text("八十五分"), "chinese-number", id="case12-words"),
        pytest.param(text("壹佰"), "chinese-number", id="case12-formal-words"),
        pytest.param(number("0.9846", PERCENT), "percent", id="case13-percent-format"),
        pytest.param(text("98.46%"), "percent", id="case13-percent-text"),
        pytest.param(text("９８％"), "percent", id="case13-full-width-percent"),
        pytest.param(number("85.555"), "too-many-decimals", id="case15-three-decimals"),
        pytest.param(text("85.001"), "too-many-decimals", id="case15-in-text"),
        pytest.param(number("", UNCACHED | FORMULA), "formula-without-value", id="case24-formula"),
        pytest.param(Cell(ERROR, "#REF!", 7, 3, "得分"), "error-value", id="case25-error"),
        pytest.param(Cell(DATE, "2012-01-04", 7, 3, "得分"), "date", id="case37-date"),
        pytest.param(Cell(BOOL, "1", 7, 3, "得分"), "not-a-number", id="boolean"),
        pytest.param(text("NaN"), "not-finite", id="nan"),
        pytest.param(text("infinity"), "not-finite", id="infinity"),
        pytest.param(number("NaN"), "not-finite", id="nan-in-the-xml"),
        pytest.param(number("1E400"), "too-large-number", id="huge"),
        pytest.param(number("8x5"), "not-a-number", id="broken-xml-number"),
        pytest.param(text("1e2"), "not-a-number", id="typed-exponent"),
        pytest.param(text("0x1F"), "not-a-number", id="hexadecimal"),
        pytest.param(text("1_000"), "not-a-number", id="underscore"),
        pytest.param(text("٣"), "not-a-number", id="other-digits"),
    ],
)
def test_what_is_not_one_number_is_a_fault(cell: Cell, code: str) -> None:
    read = cells.to_points(cell, 2)

    assert isinstance(read, Fault)
    assert read.code == code


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        pytest.param(BLANK, None, id="case11-blank"),
        pytest.param(text(" \u3000\u200b"), None, id="case11-invisible"),
        pytest.param(number("0"), Scored(Decimal("0.00")), id="case11-zero"),
        pytest.param(text("不涉及"), NotInvolved(), id="case11-not-involved"),
        pytest.param(text(" 不 涉及"), NotInvolved(), id="case11-not-involved-spaced"),
        pytest.param(text("免考"), NotInvolved("免考"), id="case11-exempt"),
        pytest.param(text("无此项"), NotInvolved("无此项"), id="case11-no-such-item"),
        pytest.param(text("撤销"), Withdrawn(), id="withdrawn"),
    ],
)
def test_blank_zero_not_involved_and_withdrawn_never_mix(cell: Cell, mark: cells.Mark | None) -> None:
    assert cells.to_mark(cell, 2) == mark


@pytest.mark.parametrize("word", ["——", "-", "/", "无", "N/A", "缺", "基本不涉及"])
def test_case11_other_words_are_no_marks(word: str) -> None:
    read = cells.to_mark(text(word), 2)

    assert isinstance(read, Fault)
    assert read.code == "unclear-mark"


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (cells.to_date, Cell(DATE, "2012-09-30", 1, 0, ""), date(2012, 9, 30)),
        (cells.to_date, Cell(DATE, "2012-09-30T08:00:00", 1, 0, ""), date(2012, 9, 30)),
        (cells.to_date, text("2012.9.30"), date(2012, 9, 30)),
        (cells.to_date, text("2012年9月30日"), date(2012, 9, 30)),
        (cells.to_date, text("２０１２-09-30"), date(2012, 9, 30)),
        (cells.to_date, BLANK, None),
        (cells.to_year, number("2012"), 2012),
        (cells.to_year, text("2012年度"), 2012),
        (cells.to_quarter, number("3"), 3),
        (cells.to_quarter, text("一季度"), 1),
        (cells.to_quarter, text("第1季度"), 1),
        (cells.to_quarter, text("Q4"), 4),
        (cells.to_quarter, text("2012年1-3月"), 1),
        (cells.to_quarter, text("10月至12月"), 4),
        (cells.to_yes, text("是"), True),
        (cells.to_yes, text("否"), False),
        (cells.to_yes, BLANK, None),
        (cells.to_int, number("40.0"), 40),
        (cells.to_int, text("４０"), 40),
        (cells.to_name, text(" 青山\n乡　"), "青山乡"),
        (
            cells.to_names_list,
            text("甲局、乙局（含丙局、丁局）\n戊局"),
            ["甲局", "乙局（含丙局、丁局）", "戊局"],
        ),
        (cells.to_code, text("1.10"), "1.10"),
        (cells.to_code, number("12"), "12"),
        (cells.to_text, number("13800000000"), "13800000000"),
    ],
)
def test_dates_years_quarters_names_and_codes(parse: Parse, cell: Cell, value: object) -> None:
    assert parse(cell) == value


@pytest.mark.parametrize(
    ("parse", "cell", "code"),
    [
        pytest.param(cells.to_date, text("二〇一二年九月"), "not-a-date", id="case36-words"),
        pytest.param(cells.to_date, text("9月底"), "not-a-date", id="case36-end-of-september"),
        pytest.param(cells.to_date, number("41182"), "not-a-date", id="case36-bare-serial"),
        pytest.param(cells.to_date, text("2012.2.30"), "not-a-date", id="case36-no-such-day"),
        pytest.param(
            cells.to_code, Cell(DATE, "2012-01-04", 1, 0, ""), "date-as-text", id="case37-code-became-date"
        ),
        pytest.param(
            cells.to_name, Cell(DATE, "2012-01-04", 1, 0, ""), "date-as-text", id="case37-name-became-date"
        ),
        pytest.param(cells.to_quarter, text("上半年"), "not-a-quarter", id="case38-half-year"),
        pytest.param(cells.to_quarter, number("5"), "not-a-quarter", id="case38-fifth"),
        pytest.param(cells.to_year, text("今年"), "not-a-year", id="case39-year"),
        pytest.param(cells.to_code, number("1.1"), "number-as-code", id="case43-code-as-number"),
        pytest.param(cells.to_name, text("甲局、乙局"), "several-names", id="case45-several"),
        pytest.param(cells.to_yes, text("也许"), "not-yes-or-no", id="maybe"),
        pytest.param(cells.to_int, number("1.5"), "not-whole", id="half"),
    ],
)
def test_what_cannot_be_read_says_why(parse: Parse, cell: Cell, code: str) -> None:
    read = parse(cell)

    assert isinstance(read, Fault)
    assert read.code == code


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("人保局（含编办）", "人保局（含编办）"),
        ("人保局(含编办)", "人保局（含编办）"),
        ("人保局 ( 含 编办 )", "人保局（含编办）"),
        ("组织部\u3000", "组织部"),
        ("组织\n部\u200b", "组织部"),
        ("ＡＢＣ", "ABC"),
    ],
)
def test_case40_names_are_compared_in_one_form(written: str, normal: str) -> None:
    assert cells.normalise_name(written) == normal


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = cells.normalise_name(name)

    assert cells.normalise_name(once) == once


@given(st.decimals(min_value=-1000, max_value=1000, places=2))
def test_every_decimal_survives_the_way_through_binary(points: Decimal) -> None:
    assert cells.to_points(number(repr(float(points))), 2) == points
    assert cells.to_points(number(f"{float(points):.17g}"), 2) == points


@given(st.text(max_size=12))
def test_no_text_makes_the_reading_fail(raw: str) -> None:
    for parse in (
        cells.to_date,
        cells.to_year,
        cells.to_quarter,
        cells.to_yes,
        cells.to_int,
        cells.to_names_list,
    ):
        parse(text(raw))
    read = cells.to_mark(text(raw), 2)

    assert read is None or isinstance(read, Fault | Scored | NotInvolved | Withdrawn)
