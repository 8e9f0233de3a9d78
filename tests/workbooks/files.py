"""Makes the workbooks the tests read: plain ones by XlsxWriter, odd ones part by part.
Nothing here is asserted; no real office's data.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
import xlwt

from office.workbook.header import Column, TableSpec

SCORES = TableSpec(
    "scores",
    (
        Column("unit", ("单位", "单位名称"), required=True),
        Column("item", ("中项", "考评项目"), required=True),
        Column("score", ("得分", "分值/得分"), required=True),
        Column("reason", ("说明", "备注")),
        Column("money", ("金额",), measure="元"),
        Column("on", ("日期",)),
        Column("code", ("编号",)),
    ),
)
HEADER = ("单位", "中项", "得分", "说明")

XML_DEFAULT = '<Default Extension="xml" ContentType="application/xml"/>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def sheet_of(rows: Iterable[Sequence[Any]], *, name: str = "评分") -> bytes:
    """One sheet; None leaves a cell out."""
    return workbook(lambda book: fill(book.add_worksheet(name), rows))


def fill(sheet: Any, rows: Iterable[Sequence[Any]], start: int = 0) -> None:
    for number, row in enumerate(rows, start):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write(number, column, value)


def workbook(build: Callable[[Any], object], **options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    build(book)
    book.close()
    return out.getvalue()


def legacy(build: Callable[[Any], object]) -> bytes:
    """A real .xls, Excel 97-2003."""
    out = io.BytesIO()
    book = xlwt.Workbook(encoding="utf-8")
    build(book)
    book.save(out)
    return out.getvalue()


def xml_sheet(rows: str, *, before: str = "", after: str = "", dimension: str = "A1") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}">'
        f'<dimension ref="{dimension}"/>{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    )


def xml_row(number: int, values: Sequence[str | float | None], attributes: str = "") -> str:
    cells = ""
    for column, value in enumerate(values):
        place = f"{chr(65 + column)}{number}"
        if isinstance(value, str):
            cells += f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        elif value is not None:
            cells += f'<c r="{place}"><v>{value}</v></c>'
    return f'<row r="{number}"{attributes}>{cells}</row>'


def package(
    sheet: str | bytes | Iterable[bytes],
    *,
    extra: Mapping[str, str | bytes] | None = None,
    workbook_xml: str = "",
    content_types: str = "",
    styles: str = "",
    strings: str | Iterable[bytes] = "",
) -> bytes:
    """An .xlsx put together part by part around one sheet's XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:

        def put(name: str, content: str | bytes | Iterable[bytes]) -> None:
            if isinstance(content, str | bytes):
                target.writestr(name, content)
                return
            with target.open(name, "w", force_zip64=True) as part:
                for chunk in content:
                    part.write(chunk)

        put(
            "[Content_Types].xml",
            content_types or f'<Types xmlns="{PACKAGE}/content-types">{XML_DEFAULT}</Types>',
        )
        put(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        put(
            "xl/workbook.xml",
            workbook_xml
            or f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="评分" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        put(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{OFFICE}/styles" Target="styles.xml"/>'
            f'<Relationship Id="r3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
        )
        put("xl/worksheets/sheet1.xml", sheet)
        if styles:
            put("xl/styles.xml", styles)
        if strings:
            put("xl/sharedStrings.xml", strings)
        for name, content in (extra or {}).items():
            put(name, content)
    return out.getvalue()
