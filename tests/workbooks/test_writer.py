"""What we write is text where it is text and reads back without a difference; copies show each problem."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from office.workbook import cells
from office.workbook.reader import Column, Table, TableSpec, read_workbook
from office.workbook.report import ImportReport, Problem, marked_copy
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from tests.workbooks.files import HEADER, SCORES, legacy, sheet_of

SPEC = TableSpec(
    "all",
    (
        Column("name", ("单位",), required=True),
        Column("text", ("说明",), required=True),
        Column("points", ("得分",), required=True),
        Column("count", ("名额",)),
        Column("on", ("日期",)),
        Column("yes", ("参评",)),
    ),
)
COLUMNS = (
    ColumnOut("单位", required=True),
    ColumnOut("说明"),
    ColumnOut("得分", "number", places=2),
    ColumnOut("名额", "whole"),
    ColumnOut("日期", "date"),
    ColumnOut("参评", choices=("是", "否")),
)


def read_back(content: bytes) -> Table:
    book = read_workbook(content, [SPEC], file_name="导出.xlsx")
    assert (book.errors, book.warnings) == ([], [])
    return book.tables["all"]


def test_what_is_written_reads_back_without_a_difference() -> None:
    rows = [
        ("青山乡", "一\n二", Decimal("81.24"), 3, date(2012, 9, 30), True),
        ("白水乡", None, Decimal("0"), 0, None, False),
        ("黑石乡", " 前后有空格 ", Decimal("1234567.89"), None, None, None),
        ("00123", "1.10", Decimal("-0.5"), 1, None, None),
    ]
    sheet = SheetOut(
        "评分", COLUMNS, rows, title="2012年第三季度评分表", footer={"filled_by": "张三", "unit": "农业局"}
    )

    table = read_back(write_workbook([sheet], {"cycle": "2012", "version": "17"}))

    assert (table.title.year, table.title.quarter) == (2012, 3)
    assert table.signatures == {"filled_by": "张三", "unit": "农业局"}
    assert [
        (
            row["name"].raw,
            row["text"].raw or None,
            cells.to_points(row["points"], 2),
            cells.to_int(row["count"]),
            cells.to_date(row["on"]),
            cells.to_yes(row["yes"]),
        )
        for row in table.rows
    ] == rows


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "-2+3+cmd|' /C calc'!A0"),
        *(
            '=HYPERLINK("http://evil.example","x")',
            "http://evil.example",
            "_x000D_",
            "<b>&amp;",
            "'85.5",
            "{=1}",
        ),
    ],
)
def test_case48_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    content = write_workbook([SheetOut("评分", COLUMNS[:3], [(text, text, Decimal(1))])])

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        xml = package.read("xl/worksheets/sheet1.xml")
        parts = package.namelist()
    cell = load_workbook(io.BytesIO(content)).worksheets[0]["A2"]
    assert b"<f>" not in xml
    assert not any("/_rels/sheet" in name for name in parts)
    assert cell.data_type == "s"
    assert bool(cell.quotePrefix) == text.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋"))
    # Our own reader sees exactly what was written.
    assert [row["text"].raw for row in read_back(content).rows] == [text]


def test_numbers_keep_their_decimals_and_headers_their_place() -> None:
    content = write_workbook([SheetOut("评分", COLUMNS, [("青山乡", "", Decimal("85.5"), 1, None, None)])])

    sheet = load_workbook(io.BytesIO(content)).worksheets[0]

    assert sheet["C2"].number_format == "0.00"
    assert sheet["D2"].number_format == "0"
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["A"].width >= 8
    assert sheet.data_validations.dataValidation[0].formula1 == '"是,否"'


def test_a_decimal_is_written_digit_by_digit() -> None:
    content = write_workbook([SheetOut("评分", COLUMNS[:3], [("青山乡", "", Decimal("81.24"))])])

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"<v>81.24</v>" in package.read("xl/worksheets/sheet1.xml")


def test_long_lists_are_kept_on_a_hidden_sheet_and_codes_on_another() -> None:
    units = tuple(f"虚构单位第{n}号" for n in range(60))
    columns = (ColumnOut("单位", choices=units), *COLUMNS[1:3])

    content = write_workbook(
        [SheetOut("评分", columns, [("虚构单位第1号", "", Decimal(1))])], {"cycle": "2012"}
    )
    book = load_workbook(io.BytesIO(content))

    assert [(sheet.title, sheet.sheet_state) for sheet in book.worksheets] == [
        ("评分", "visible"),
        ("_lists", "veryHidden"),
        ("_codes", "veryHidden"),
    ]
    assert book["评分"].data_validations.dataValidation[0].formula1 == "'_lists'!$A$1:$A$60"
    assert [[cell.value for cell in row] for row in book["_codes"].rows] == [["cycle", "2012"]]
    assert len(read_back(content).rows) == 1


def test_the_same_contents_give_the_same_bytes() -> None:
    sheets = [SheetOut("评分", COLUMNS[:3], [("青山乡", "", Decimal(1))])]

    assert write_workbook(sheets) == write_workbook(sheets)


@pytest.mark.slow
def test_a_large_sheet_is_written_and_read_back() -> None:
    rows = [(f"单位{n % 81}", "说明" if n % 2 else None, Decimal(n) / 100) for n in range(25_000)]

    table = read_back(write_workbook([SheetOut("评分", COLUMNS[:3], rows)]))

    assert [cells.to_points(row["points"], 2) for row in table.rows] == [row[2] for row in rows]


# Reports and marked copies -----------------------------------------------------------------------


def report_on(content: bytes) -> ImportReport:
    book = read_workbook(content, [SCORES])
    report = book.report()
    table = book.tables["scores"]
    for row in table.rows:
        report.need(table.sheet, row["unit"], cells.to_name)
        report.read(table.sheet, row["score"], cells.to_mark, 2)
    return report


BAD = [HEADER, ("青山乡", "甲", "85,5"), ("白水乡", "甲", 90), (None, "甲", "免考")]


def test_the_report_has_the_shape_of_the_contract() -> None:
    report = report_on(sheet_of(BAD)).as_dict()

    assert report == {
        "accepted": 0,
        "changed": 0,
        "errors": [
            {
                "sheet": "评分",
                "cell": "C2",
                "row": 2,
                "column": "得分",
                "value": "85,5",
                "code": "comma",
                "message": report["errors"][0]["message"],
            },
            {
                "sheet": "评分",
                "cell": "A4",
                "row": 4,
                "column": "单位",
                "value": "",
                "code": "blank",
                "message": report["errors"][1]["message"],
            },
        ],
        "warnings": [
            {
                "sheet": "评分",
                "cell": "C4",
                "row": 4,
                "column": "得分",
                "value": "免考",
                "code": "read-as-not-involved",
                "message": report["warnings"][0]["message"],
            }
        ],
    }
    assert "85,5" in report["errors"][0]["message"]


def marks(content: bytes) -> dict[str, Any]:
    sheet = load_workbook(io.BytesIO(content))["评分"]
    return {
        cell.coordinate: cell.fill.fgColor.rgb[-6:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None
    }


def test_a_marked_copy_is_the_same_workbook_with_the_bad_cells_marked() -> None:
    content = sheet_of(BAD)
    report = report_on(content)

    copy = marked_copy(content, report)
    book = load_workbook(io.BytesIO(copy))

    assert marks(copy) == {"C2": "FFC7CE", "A4": "FFC7CE", "C4": "FFEB9C"}
    assert book["评分"]["C2"].comment.text == report.errors[0].message
    assert book["评分"]["B3"].value == "甲"
    assert book.worksheets[0]["C2"].value == "C2"
    assert [len(list(book.worksheets[0].rows)), book.sheetnames[1]] == [4, "评分"]


def test_a_marked_copy_that_was_corrected_can_be_sent_again() -> None:
    content = sheet_of(BAD)
    book = load_workbook(io.BytesIO(marked_copy(content, report_on(content))))
    book["评分"]["C2"] = 85.5
    book["评分"]["A4"] = "黑石乡"
    out = io.BytesIO()
    book.save(out)

    assert report_on(out.getvalue()).errors == []


def test_a_marked_copy_of_an_xls_is_an_xlsx_of_its_values() -> None:
    def build(book: Any) -> None:
        sheet = book.add_sheet("评分")
        for number, row in enumerate(BAD):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)

    content = legacy(build)
    copy = marked_copy(content, report_on(content))

    assert marks(copy) == {"C2": "FFC7CE", "A4": "FFC7CE", "C4": "FFEB9C"}
    assert load_workbook(io.BytesIO(copy))["评分"]["C3"].value == 90


def test_problems_of_the_sender_cannot_become_formulas_in_the_marked_copy() -> None:
    content = sheet_of([HEADER, ("=1+1", "甲", "=2+2")])
    report = report_on(content)
    report.errors.append(Problem("评分", "A2", 2, "单位", "=1+1", "unknown-unit", "=cmd|' /C calc'!A0"))

    book = load_workbook(io.BytesIO(marked_copy(content, report)))

    assert {cell.data_type for sheet in book.worksheets for row in sheet.rows for cell in row} <= {"s", "n"}


@pytest.mark.slow
def test_a_marked_copy_of_a_large_workbook_keeps_its_values() -> None:
    rows = [(f"单位{n}", "甲", 85.5, f"说明{n}" * 60) for n in range(15_000)]
    content = sheet_of([HEADER, *rows, ("乡", "甲", "约85")])
    report = report_on(content)

    copy = marked_copy(content, report)
    table = read_workbook(copy, [SCORES]).tables["scores"]

    assert [each.cell for each in report.errors] == ["C15002"]
    assert len(table.rows) == 15_001
    assert table.rows[0]["reason"].raw == "说明0" * 60
    assert table.rows[-1]["score"].raw == "约85"
