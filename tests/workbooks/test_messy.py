"""What the reader does with the workbooks people send; the numbers are those of the list of messy cases.

Cases 14, 41, 44, 50, 51 and 52 need to know units, bases and stages: they are the importers'.
"""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlwt

from office.refusal import Refused
from office.workbook import cells
from office.workbook.reader import Column, Table, TableSpec, Workbook, read_workbook
from tests.workbooks.files import (
    HEADER,
    MAIN,
    OFFICE,
    SCORES,
    fill,
    legacy,
    package,
    sheet_of,
    workbook,
    xml_row,
    xml_sheet,
)


def table_of(content: bytes, spec: TableSpec = SCORES) -> Table:
    """The table of a file that must have no error."""
    book = read_workbook(content, [spec])
    assert book.errors == []
    return book.tables[spec.name]


def values(table: Table, *fields: str) -> list[tuple[str, ...]]:
    return [tuple(row[field].raw for field in fields) for row in table.rows]


def codes(book: Workbook) -> tuple[list[str], list[str]]:
    return [each.code for each in book.errors], [each.code for each in book.warnings]


GOOD = ("青山乡", "决战园区", 85.5)


# The header --------------------------------------------------------------------------------------


def test_case01_title_rows_blank_rows_and_a_blank_first_column() -> None:
    content = sheet_of(
        [
            (None, "2012年第三季度××工作考评台帐"),
            (),
            (None, "填报单位：农业局  填报日期：2012.9.30"),
            (None, *HEADER),
            (None, *GOOD),
        ]
    )

    table = table_of(content)

    assert table.header_row == 4
    assert (table.title.year, table.title.quarter) == (2012, 3)
    assert table.signatures == {"unit": "农业局", "date": "2012.9.30"}
    assert values(table, "unit", "score") == [("青山乡", "85.5")]
    assert table.rows[0]["score"].name == "D5"


def test_case02_merged_header_rows_are_joined_into_paths() -> None:
    spec = TableSpec(
        "both",
        (
            Column("unit", ("单位",), required=True),
            Column("added", ("增加分值/得分",), required=True),
            Column("taken", ("扣减分值/得分",), required=True),
        ),
    )

    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        sheet.merge_range("A1:A2", "单位")
        sheet.merge_range("B1:C1", "增加分值")
        sheet.merge_range("D1:E1", "扣减分值")
        fill(sheet, [(None, "因素", "得分", "因素", "得分"), ("青山乡", "甲", 3, "乙", 1)], 1)

    table = table_of(workbook(build), spec)

    assert table.header_row == 2
    assert values(table, "unit", "added", "taken") == [("青山乡", "3", "1")]


def test_case02_two_columns_for_one_field_are_an_error() -> None:
    book = read_workbook(sheet_of([("单位", "中项", "得分", "得分"), (*GOOD, 90)]), [SCORES])

    assert codes(book) == (["double-column"], [])
    assert book.errors[0].cell == "D1"
    assert "C1、D1" in book.errors[0].message


def test_case03_merged_cells_are_filled_down_inside_their_range_only() -> None:
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [HEADER, (None, "甲", 1), (None, "乙", 2), (None, "丙", 3)])
        sheet.merge_range("A2:A3", "青山乡")

    table = table_of(workbook(build))

    assert values(table, "unit", "item") == [("青山乡", "甲"), ("青山乡", "乙"), ("", "丙")]
    assert table.rows[1]["unit"].is_filled_down
    assert table.rows[1]["unit"].name == "A3"


def test_case03_a_value_left_under_a_merged_cell_is_not_overwritten() -> None:
    rows = (
        xml_row(1, HEADER) + xml_row(2, GOOD) + xml_row(3, ("白水乡", "乙", 1)) + xml_row(4, (None, "丙", 2))
    )
    after = '<mergeCells count="1"><mergeCell ref="A2:A4"/></mergeCells>'

    table = table_of(package(xml_sheet(rows, after=after)))

    assert values(table, "unit") == [("青山乡",), ("白水乡",), ("青山乡",)]


def test_case04_a_blank_below_a_name_stays_blank() -> None:
    table = table_of(sheet_of([HEADER, GOOD, (None, "乙", 2)]))

    assert values(table, "unit") == [("青山乡",), ("",)]


def test_case16_totals_are_left_out_and_compared() -> None:
    content = sheet_of(
        [
            ("总分", None, 100),
            HEADER,
            ("青山乡", "甲", 1.5),
            ("青山乡", "乙", 2),
            ("小计", None, 3.5),
            ("白水乡", "甲", 4),
            ("合计", None, 8),
            ("平均", None, 2.5),
        ]
    )

    table = table_of(content)

    assert [row["score"].raw for row in table.rows] == ["1.5", "2", "4"]
    assert [total.label for total in table.totals] == ["小计", "合计", "平均"]
    warnings = table.total_warnings("score")
    assert [(each.code, each.cell, each.value) for each in warnings] == [("total-differs", "C7", "8")]
    assert "7.5" in warnings[0].message


def test_case18_footers_are_left_out_and_signatures_kept() -> None:
    content = sheet_of(
        [
            HEADER,
            GOOD,
            ("第2页 共4页",),
            ("白水乡", "决战园区", 90),
            ("填表人：张三", "审核人：李四", "电话：5551234", "单位（盖章）：农业局"),
            ("注：1.得分按百分制", None, 12),
        ]
    )

    book = read_workbook(content, [SCORES])
    table = book.tables["scores"]

    assert values(table, "unit") == [("青山乡",), ("白水乡",)]
    assert table.signatures == {
        "filled_by": "张三",
        "checked_by": "李四",
        "phone": "5551234",
        "unit": "农业局",
    }
    assert codes(book) == ([], ["footer-number"])
    assert book.warnings[0].cell == "C6"


def test_case18_signatures_in_one_cell_or_beside_their_labels() -> None:
    together = table_of(sheet_of([HEADER, GOOD, ("填表人:张三   审核人: 李四  联系电话：555-1234",)]))
    beside = table_of(sheet_of([HEADER, GOOD, ("填表人", "张三", "电话", 5551234)]))

    assert together.signatures == {"filled_by": "张三", "checked_by": "李四", "phone": "555-1234"}
    assert beside.signatures == {"filled_by": "张三", "phone": "5551234"}
    assert len(beside.rows) == 1


def test_case19_a_header_repeated_on_each_page_is_skipped() -> None:
    table = table_of(sheet_of([HEADER, GOOD, HEADER, ("白水乡", "决战园区", 90)]))

    assert values(table, "unit") == [("青山乡",), ("白水乡",)]


def test_case20_two_halves_side_by_side_are_refused() -> None:
    book = read_workbook(sheet_of([(*HEADER[:3], *HEADER[:3]), (*GOOD, *GOOD)]), [SCORES])

    assert codes(book) == (["side-by-side"], [])


def test_case42_columns_in_any_order_an_unknown_one_warns_a_missing_one_fails() -> None:
    mixed = read_workbook(sheet_of([("得分", "排名", "中项", "单位"), (85.5, 1, "甲", "青山乡")]), [SCORES])
    lacking = read_workbook(sheet_of([("单位", "中项", "说明"), ("青山乡", "甲", "")]), [SCORES])

    assert codes(mixed) == ([], ["extra-column"])
    assert mixed.warnings[0].cell == "B1"
    assert values(mixed.tables["scores"], "unit", "score") == [("青山乡", "85.5")]
    assert codes(lacking) == (["missing-column"], [])
    assert lacking.errors[0].column == "得分"


def test_header_beyond_the_first_ten_rows_is_not_found() -> None:
    book = read_workbook(sheet_of([*[("说明文字",)] * 10, HEADER, GOOD]), [SCORES])

    assert codes(book)[0] == ["no-header"]
    assert "“单位”、“中项”、“得分”" in book.errors[0].message


def test_header_in_the_tenth_row_is_found() -> None:
    table = table_of(sheet_of([*[("说明文字",)] * 9, HEADER, GOOD]))

    assert table.header_row == 10


def test_both_spellings_of_ledger_and_marks_of_duty_are_one_word() -> None:
    spec = TableSpec("ledger", (Column("a", ("台账名称",), True), Column("b", ("单位",), True)))

    table = table_of(sheet_of([("★台帐名称", "单位*："), ("甲", "乙")]), spec)

    assert values(table, "a", "b") == [("甲", "乙")]


def test_case44_points_beside_a_header_are_handed_on() -> None:
    spec = TableSpec("matrix", (Column("unit", ("单位",), True),), keep_others=True)

    table = table_of(sheet_of([("单位", "班子建设（20分）", "党风"), ("青山乡", 18, 9)]), spec)

    assert [(each.path, each.note) for each in table.others] == [("班子建设（20分）", "20分"), ("党风", "")]
    assert table.rows[0].cell_at(table.others[0].column).raw == "18"


def test_case46_another_unit_of_money_is_an_error() -> None:
    header = ("单位", "中项", "得分", "金额（万元）")
    in_header = read_workbook(sheet_of([header, (*GOOD, 3)]), [SCORES])
    in_title = read_workbook(
        sheet_of([("单位：万元",), ("单位", "中项", "得分", "金额"), (*GOOD, 3)]), [SCORES]
    )
    right = read_workbook(sheet_of([("单位", "中项", "得分", "金额（元）"), (*GOOD, 3)]), [SCORES])

    assert codes(in_header)[0] == ["money-unit"]
    assert codes(in_title)[0] == ["money-unit"]
    assert codes(right) == ([], [])


# The sheets --------------------------------------------------------------------------------------


def test_case21_the_only_sheet_with_the_header_is_taken() -> None:
    def build(book: Any) -> None:
        book.add_worksheet("Sheet1")
        fill(book.add_worksheet("说明"), [("如何填写",)])
        fill(book.add_worksheet("Sheet3"), [HEADER, GOOD])

    assert table_of(workbook(build)).sheet == "Sheet3"


def test_case21_several_sheets_with_the_header_ask_which() -> None:
    def build(book: Any) -> None:
        fill(book.add_worksheet("一季度"), [HEADER, GOOD])
        fill(book.add_worksheet("二季度"), [HEADER, ("白水乡", "甲", 1)])

    content = workbook(build)
    asked = read_workbook(content, [SCORES])
    answered = read_workbook(content, [SCORES], sheet="二季度")

    assert codes(asked)[0] == ["which-sheet"]
    assert "一季度" in asked.errors[0].message
    assert answered.errors == []
    assert values(answered.tables["scores"], "unit") == [("白水乡",)]


def test_case22_hidden_sheets_are_skipped_and_hidden_rows_and_columns_told() -> None:
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [HEADER, GOOD, ("白水乡", "甲", 90, "略")])
        sheet.autofilter(0, 0, 2, 3)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(3, 3, None, None, {"hidden": True})
        other = book.add_worksheet("旧表")
        fill(other, [HEADER, ("旧乡", "甲", 1)])
        other.hide()

    book = read_workbook(workbook(build), [SCORES])

    assert codes(book) == ([], ["hidden-sheet", "hidden-rows", "hidden-columns"])
    assert book.warnings[0].sheet == "旧表"
    assert book.warnings[1].row == 3
    assert book.warnings[2].column == "说明"
    assert [row.hidden for row in book.tables["scores"].rows] == [False, True]


def test_named_sheets_each_give_their_table() -> None:
    plan = TableSpec("plan", (Column("what", ("项目",), True), Column("value", ("内容",), True)), ("方案",))
    blocks = TableSpec("blocks", (Column("name", ("大块", "口"), True),), ("口", "大块"))
    awards = TableSpec("awards", (Column("name", ("奖项",), True),), ("奖项",), required=False)
    items = TableSpec("items", (Column("name", ("中项",), True),), ("指标",))

    def build(book: Any) -> None:
        fill(book.add_worksheet("大块"), [("大块",), ("乡镇口",)])
        fill(book.add_worksheet("方案"), [("项目", "内容"), ("年度", 2012)])

    book = read_workbook(workbook(build), [plan, blocks, awards, items])

    assert sorted(book.tables) == ["blocks", "plan"]
    assert codes(book) == (["no-sheet"], [])
    assert "“指标”" in book.errors[0].message


def test_whole_columns_are_read_as_their_cells_are() -> None:
    rows = [
        ("青山乡", "甲", 85.5),
        ("白水乡", "甲", "约85"),
        ("黑石乡", "甲", "约85"),
        (" 青山乡 ", "乙", "免考"),
    ]
    book = read_workbook(sheet_of([HEADER, *rows, ("石桥乡", "乙", "免考")]), [SCORES])
    table, by_cell, by_column = book.tables["scores"], book.report(), book.report()

    marks = [by_cell.read(table.sheet, row["score"], cells.to_mark, 2) for row in table.rows]

    assert table.read_column(by_column, "score", cells.to_mark, 2) == marks
    assert by_column == by_cell
    assert [each.cell for each in by_column.errors] == ["C3", "C4"]
    assert [each.cell for each in by_column.warnings] == ["C5", "C6"]
    assert table.texts("unit") == ["青山乡", "白水乡", "黑石乡", "青山乡", "石桥乡"]
    assert table.texts("reason") == [""] * 5
    assert table.read_column(by_column, "money", cells.to_points, 2) == [None] * 5


# The cells ---------------------------------------------------------------------------------------


def test_case13_percent_format_is_seen() -> None:
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [HEADER, ("青山乡", "甲")])
        sheet.write_number(1, 2, 0.9846, book.add_format({"num_format": "0.00%"}))

    book = read_workbook(workbook(build), [SCORES])
    report = book.report()
    report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert [(each.code, each.cell) for each in report.errors] == [("percent", "C2")]


def test_case17_wrong_sums_of_the_sender_are_listed() -> None:
    table = table_of(sheet_of([HEADER, ("青山乡", "甲", "6分"), ("小计", None, 7), ("总计", None, 8)]))

    assert [each.value for each in table.total_warnings("score")] == ["7", "8"]


def formula_sheet(cached: str) -> str:
    cell = f'<c r="C2"><f>SUM(A1:A1)</f>{cached}</c>'
    return xml_sheet(
        xml_row(1, HEADER) + f'<row r="2"><c r="A2" t="inlineStr"><is><t>青山乡</t></is></c>{cell}</row>'
    )


def test_case23_a_stored_value_of_a_formula_is_read_with_a_warning() -> None:
    book = read_workbook(package(formula_sheet("<v>85.5</v>")), [SCORES])
    report = book.report()
    points = report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert points == Decimal("85.50")
    assert [(each.code, each.cell) for each in report.warnings] == [("formula", "C2")]
    assert report.errors == []


@pytest.mark.parametrize("content", [package(formula_sheet("")), package(formula_sheet("<v></v>"))])
def test_case24_a_formula_without_a_stored_value_is_an_error(content: bytes) -> None:
    book = read_workbook(content, [SCORES])
    report = book.report()
    report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert [(each.code, each.cell) for each in report.errors] == [("formula-without-value", "C2")]


def test_case24_a_zero_that_a_program_left_for_a_formula_is_no_value() -> None:
    # XlsxWriter stores 0 and asks for a recalculation; nobody has ever computed that 0.
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [HEADER, ("青山乡", "甲")])
        sheet.write_formula(1, 2, "=40+45.5")

    book = read_workbook(workbook(build), [SCORES])
    report = book.report()
    report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert [each.code for each in report.errors] == ["formula-without-value"]


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#VALUE!", "#N/A"])
def test_case25_error_cells_are_errors_with_their_place(error: str) -> None:
    rows = xml_row(1, HEADER) + xml_row(2, ("青山乡", "甲")).replace(
        "</row>", f'<c r="C2" t="e"><v>{error}</v></c></row>'
    )
    book = read_workbook(package(xml_sheet(rows)), [SCORES])
    report = book.report()
    report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert [(each.code, each.cell, each.value) for each in report.errors] == [("error-value", "C2", error)]


def test_case26_pictures_are_ignored_with_a_warning() -> None:
    content = package(
        xml_sheet(xml_row(1, HEADER) + xml_row(2, GOOD)), extra={"xl/media/image1.png": b"\x89PNG"}
    )

    book = read_workbook(content, [SCORES])

    assert codes(book) == ([], ["pictures"])


def test_case31_a_false_dimension_is_not_believed() -> None:
    rows = "".join(xml_row(n, GOOD) for n in range(2, 12))

    table = table_of(package(xml_sheet(xml_row(1, HEADER) + rows, dimension="A1:A1")))

    assert len(table.rows) == 10


@pytest.mark.parametrize("base_1904", [False, True])
def test_case36_dates_are_read_in_both_calendars(base_1904: bool) -> None:
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [("单位", "中项", "得分", "日期"), GOOD])
        sheet.write_datetime(1, 3, date(2012, 9, 30), book.add_format({"num_format": "yyyy年m月d日"}))

    table = table_of(workbook(build, date_1904=base_1904))

    assert cells.to_date(table.rows[0]["on"]) == date(2012, 9, 30)


@pytest.mark.parametrize(
    ("title", "year", "quarter"),
    [
        ("2012年第三季度台帐", 2012, 3),
        ("2011年度考评", 2011, None),
        ("2012年1-3月工作", 2012, 1),
        ("2011年与2012年对比", None, None),
        ("２０１２年四季度", 2012, 4),
        ("上半年工作", None, None),
    ],
)
def test_case38_case39_year_and_quarter_of_the_title_are_handed_on(
    title: str, year: int | None, quarter: int | None
) -> None:
    table = table_of(sheet_of([(title,), HEADER, GOOD]))

    assert (table.title.year, table.title.quarter) == (year, quarter)


def test_case43_serials_are_no_concern_and_codes_held_as_numbers_are() -> None:
    book = read_workbook(
        sheet_of([("序号", "编号", *HEADER), (30, "1.10", *GOOD), (30, 1.1, *GOOD)]), [SCORES]
    )
    rows = book.tables["scores"].rows

    assert cells.to_code(rows[0]["code"]) == "1.10"
    assert isinstance(cells.to_code(rows[1]["code"]), cells.Fault)
    assert codes(book) == ([], ["extra-column"])


def test_case47_struck_through_cells_warn_and_comments_are_told() -> None:
    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(sheet, [HEADER, ("青山乡", "甲")])
        sheet.write_number(1, 2, 85.5, book.add_format({"font_strikeout": True}))
        sheet.write_comment("C2", "作废")

    book = read_workbook(workbook(build), [SCORES])
    report = book.report()
    report.read("评分", book.tables["scores"].rows[0]["score"], cells.to_points, 2)

    assert [each.code for each in report.warnings] == ["comments", "struck"]


def test_case48_dangerous_text_is_text_and_too_long_text_an_error() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "<script>alert(1)</script>"]
    table = table_of(sheet_of([HEADER, *[(*GOOD, each) for each in texts], (*GOOD, "长" * 32_767)]))

    assert [cells.to_text(row["reason"]) for row in table.rows[:-1]] == texts
    fault = cells.to_text(table.rows[-1]["reason"])
    assert isinstance(fault, cells.Fault)
    assert (fault.code, fault.figures["limit"]) == ("text-too-long", 4000)


def test_case49_a_name_like_a_path_is_only_shown() -> None:
    with pytest.raises(Refused) as refusal:
        read_workbook(sheet_of([HEADER, GOOD]), [SCORES], file_name="../../etc/台账.xls")

    assert refusal.value.code == "false-suffix"


# Other programs ----------------------------------------------------------------------------------


def test_case27_a_real_xls_is_read_like_an_xlsx() -> None:
    def build(book: Any) -> None:
        sheet = book.add_sheet("评分")
        for number, row in enumerate([("2012年第三季度",), (*HEADER, "日期"), (), (None, "乙", 90)]):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)
        sheet.write_merge(2, 3, 0, 0, "青山乡")
        sheet.write(2, 1, "甲")
        sheet.write(2, 2, 85.5)
        sheet.write(2, 3, "多" * 3000)
        sheet.write(2, 4, date(2012, 9, 30), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        sheet.write(4, 0, "白水乡")
        sheet.write(4, 1, "甲")
        sheet.write(4, 2, xlwt.Formula("1+1"))
        sheet.row(4).hidden = True
        sheet.write(5, 0, "黑石乡")
        sheet.write(5, 2, 0.5, xlwt.easyxf("font: struck_out on", num_format_str="0%"))
        other = book.add_sheet("旧表")
        other.write(0, 0, "单位")
        other.visibility = 1

    book = read_workbook(legacy(build), [SCORES], file_name="台账.xls")
    table = book.tables["scores"]

    assert book.kind == "xls"
    assert values(table, "unit", "item", "score") == [
        ("青山乡", "甲", "85.5"),
        ("青山乡", "乙", "90"),
        ("白水乡", "甲", ""),
        ("黑石乡", "", "0.5"),
    ]
    assert cells.to_text(table.rows[0]["reason"]) == "多" * 3000
    assert cells.to_date(table.rows[0]["on"]) == date(2012, 9, 30)
    assert table.rows[1]["unit"].is_filled_down
    # xlwt computes nothing and stores an empty text, as a formula may well have for its value.
    assert cells.to_points(table.rows[2]["score"], 2) is None
    assert table.rows[2]["score"].is_formula
    assert table.rows[3]["score"].is_percent
    assert table.rows[3]["score"].is_struck
    assert (table.title.year, table.title.quarter) == (2012, 3)
    assert codes(book) == ([], ["hidden-sheet", "hidden-rows"])


def test_a_large_xls_with_texts_across_records_is_read_whole() -> None:
    def build(book: Any) -> None:
        sheet = book.add_sheet("评分")
        for column, title in enumerate(HEADER):
            sheet.write(0, column, title)
        for number in range(1, 3001):
            row: list[Any] = [f"单位{number}", f"item {number}", number / 4, "理由" * (number % 50)]
            for column, value in enumerate(row):
                sheet.write(number, column, value)

    table = table_of(legacy(build))

    assert values(table, "unit", "item", "score", "reason") == [
        (f"单位{n}", f"item {n}", str(n / 4).removesuffix(".0"), "理由" * (n % 50)) for n in range(1, 3001)
    ]


def test_sheets_that_other_programs_write_are_read_alike() -> None:
    """Prefixes, comments, CDATA, attributes in another order, rows and cells without names."""
    header = "".join(f'<x:c t="inlineStr"><x:is><x:t>{word}</x:t></x:is></x:c>' for word in HEADER[:3])
    odd = (
        f'<x:worksheet xmlns:x="{MAIN}"><!-- <x:row><x:c><x:v>9</x:v></x:c></x:row> --><x:sheetData>'
        f"<x:row>{header}</x:row>"
        '<x:row><x:c t="inlineStr"><x:is><x:r><x:t>青山</x:t></x:r><x:r><x:t>乡</x:t></x:r>'
        "<x:rPh><x:t>qing</x:t></x:rPh></x:is></x:c>"
        '<x:c t="str"><x:v><![CDATA[决战&园区]]></x:v></x:c><x:c><x:v> 85.5 </x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )

    table = table_of(package(odd))

    assert values(table, "unit", "item", "score") == [("青山乡", "决战&园区", "85.5")]


@pytest.mark.parametrize("values_only", [True, False])
def test_the_quick_and_the_careful_way_through_a_sheet_agree(values_only: bool) -> None:
    """The same rows with and without a comment in the XML, which forces the careful way."""

    def build(book: Any) -> None:
        sheet = book.add_worksheet("评分")
        fill(
            sheet,
            [HEADER, *[(f"单位{n % 7}", f"项{n}", n / 8, "a&b" if n % 3 else None) for n in range(1500)]],
        )
        if not values_only:
            sheet.write_boolean(5, 3, True)
            sheet.write_datetime(6, 3, date(2012, 9, 30), book.add_format({"num_format": "yyyy-mm-dd"}))
            sheet.write_number(7, 2, 0.5, book.add_format({"num_format": "0%", "font_strikeout": True}))

    content = workbook(build)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"<sheetData>", b"<sheetData><!-- careful -->")
            new.writestr(name, part)

    quick, careful = table_of(content), table_of(out.getvalue())

    def everything(table: Table) -> list[Any]:
        return [[row[field.field] for field in SCORES.columns] for row in table.rows]

    assert everything(quick) == everything(careful)
    assert len(quick.rows) == 1500


def test_workbook_relations_may_be_absolute() -> None:
    content = package(
        xml_sheet(xml_row(1, HEADER) + xml_row(2, GOOD)),
        workbook_xml=(
            f'<workbook xmlns="{MAIN}" xmlns:rel="{OFFICE}">'
            '<bookViews><workbookView activeTab="7"/></bookViews>'
            '<sheets><sheet name="评分" sheetId="9" rel:id="r1"/></sheets></workbook>'
        ),
    )

    assert len(table_of(content).rows) == 1
