"""What is refused before a row is read, and what hostile files may cost.

The cost is what the child says it used; the machine's speed is not tested, only that limits held.
"""

import io
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from office.refusal import Refused
from office.workbook.limits import Limits
from office.workbook.reader import Workbook, read_workbook
from tests.workbooks.files import (
    HEADER,
    MAIN,
    OFFICE,
    PACKAGE,
    SCORES,
    legacy,
    package,
    sheet_of,
    workbook,
    xml_row,
    xml_sheet,
)

GOOD = ("青山乡", "决战园区", 85.5)
PLAIN = xml_sheet(xml_row(1, HEADER) + xml_row(2, GOOD))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(content: bytes, file_name: str = "") -> Workbook:
    return read_workbook(content, [SCORES], file_name=file_name)


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts.items():
            target.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def ole_with(*names: str) -> bytes:
    """An OLE file whose directory names these streams; enough for what is told by name."""
    entries = b""
    for index, name in enumerate(("Root Entry", *names)):
        encoded = name.encode("utf-16-le") + b"\0\0"
        entry = (
            encoded.ljust(64, b"\0") + len(encoded).to_bytes(2, "little") + bytes([5 if index == 0 else 2, 1])
        )
        entries += entry.ljust(116, b"\0") + (0xFFFFFFFE).to_bytes(4, "little") + b"\0" * 8
    entries = entries.ljust(-(-len(entries) // 512) * 512, b"\0")
    count = len(entries) // 512
    fat = b"".join((n + 1 if n < count - 1 else 0xFFFFFFFE).to_bytes(4, "little") for n in range(count))
    fat = (fat + (0xFFFFFFFD).to_bytes(4, "little")).ljust(512, b"\xff")
    header = OLE + b"\0" * 16 + b"\x3e\0\3\0\xfe\xff\x09\0\6\0" + b"\0" * 10
    for number in (1, 0, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, count):
        header += number.to_bytes(4, "little")
    return header.ljust(512, b"\xff") + entries + fat


def macro_types() -> str:
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    )


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        pytest.param(package(PLAIN, extra={"xl/vbaProject.bin": b"x"}), "a.xlsm", "macro", id="case26-macro"),
        pytest.param(
            package(PLAIN, content_types=macro_types()), "a.xlsx", "macro", id="case26-macro-by-content"
        ),
        pytest.param(package(PLAIN), "a.xlsm", "macro", id="case26-xlsm-without-macro"),
        pytest.param(ole_with("Workbook", "_VBA_PROJECT_CUR"), "a.xls", "macro", id="case26-macro-in-xls"),
        pytest.param(ole_with("Book"), "a.xls", "old-excel", id="case27-excel-5"),
        pytest.param(b"\x09\x04\x06\0\0\0\x10\0", "a.xls", "old-excel", id="case27-excel-4"),
        pytest.param(
            "<html><table><tr><td>单位</td></tr></table>".encode(), "a.xls", "wrong-type", id="case28-html"
        ),
        pytest.param("单位\t得分\n青山乡\t1\n".encode("gbk"), "a.xls", "wrong-type", id="case28-tabs"),
        pytest.param(
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "a.xls",
            "wrong-type",
            id="case28-xml",
        ),
        pytest.param(ole_with("Workbook"), "a.et", "wrong-type", id="case29-et"),
        pytest.param(
            zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_dot_xml=b"<a/>"),
            "a.ods",
            "wrong-type",
            id="case29-ods",
        ),
        pytest.param("单位,得分\n".encode(), "a.csv", "wrong-type", id="case29-csv"),
        pytest.param(zipped(word__document_dot_xml=b"<a/>"), "a.docx", "wrong-type", id="case29-docx"),
        pytest.param(ole_with("WordDocument"), "a.doc", "wrong-type", id="case29-doc"),
        pytest.param(b"%PDF-1.4 ...", "a.pdf", "wrong-type", id="case29-pdf"),
        pytest.param(zipped(a_dot_xlsx=b"x"), "a.zip", "wrong-type", id="case29-zip"),
        pytest.param(b"\xff\xd8\xff\xe0 jpeg", "a.jpg", "wrong-type", id="case29-photo"),
        pytest.param(package(PLAIN), "a.xls", "false-suffix", id="case30-xlsx-called-xls"),
        pytest.param(
            legacy(lambda book: book.add_sheet("a").write(0, 0, "x")),
            "a.xlsx",
            "false-suffix",
            id="case30-xls-called-xlsx",
        ),
        pytest.param(
            ole_with("EncryptionInfo", "EncryptedPackage"), "a.xlsx", "encrypted", id="case33-password"
        ),
        pytest.param(b"", "a.xlsx", "empty-file", id="case35-empty"),
        pytest.param(b"\x07user" + b"\0" * 160, "~$台账.xlsx", "lock-file", id="case35-lock-file"),
        pytest.param(package(PLAIN)[:-200], "a.xlsx", "damaged", id="case35-cut-short"),
        pytest.param(package(PLAIN)[:40] + b"\0" * 400, "a.xlsx", "damaged", id="case35-zeroed"),
        pytest.param(OLE + b"\0" * 2000, "a.xls", "damaged", id="case35-hollow-xls"),
        pytest.param(package(PLAIN.replace("</row>", "")), "a.xlsx", "damaged", id="case35-broken-xml"),
        pytest.param(b"\0" * 5000, "a.xlsx", "wrong-type", id="case35-nothing-but-zeros"),
        pytest.param(
            package(PLAIN, extra={"../../evil.xml": "x"}), "", "path-in-zip", id="case49-path-in-zip"
        ),
        pytest.param(package(PLAIN, extra={"/etc/x": "x"}), "", "path-in-zip", id="case49-absolute-path"),
        pytest.param(b"x" * (20 * 1024 * 1024 + 1), "a.xlsx", "file-too-big", id="too-big"),
    ],
)
def test_what_is_no_plain_workbook_is_refused_with_its_reason(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(content, name)

    assert refusal.value.code == code
    assert "{" not in refusal.value.sentence


def test_case26_links_to_other_workbooks_are_refused() -> None:
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r9" Type="{OFFICE}/externalLink" Target="externalLinks/externalLink1.xml"/>'
        "</Relationships>"
    )
    content = package(PLAIN)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, relations if name.endswith("workbook.xml.rels") else old.read(name))

    with pytest.raises(Refused) as refusal:
        read(out.getvalue())

    assert refusal.value.code == "external-links"


def test_case33_an_encrypted_xls_is_refused() -> None:
    content = bytearray(legacy(lambda book: book.add_sheet("a").write(0, 0, "x")))
    # The record after the stream's first one (CODEPAGE or the like) is made the password record.
    start = content.find(b"\x09\x08\x10\x00\x00\x06")
    after = start + 4 + 16
    content[after : after + 2] = b"\x2f\x00"

    with pytest.raises(Refused) as refusal:
        read(bytes(content))

    assert refusal.value.code == "encrypted"


def test_a_good_file_is_read_from_bytes_a_path_and_an_open_file(tmp_path: Path) -> None:
    content = sheet_of([HEADER, GOOD])
    path = tmp_path / "台账.xlsx"
    path.write_bytes(content)

    books = [read(content), read_workbook(path, [SCORES]), read_workbook(io.BytesIO(content), [SCORES])]

    assert [[row["unit"].raw for row in book.tables["scores"].rows] for book in books] == [["青山乡"]] * 3


# Hostile files -----------------------------------------------------------------------------------


def bounded(book: Workbook) -> bool:
    """Whether the child stayed within 300 MB and ten seconds of processor time."""
    return book.child_peak_kib < 300 * 1024 and book.child_seconds < 10


def spaces(total: int, first: bytes, last: bytes) -> Iterator[bytes]:
    yield first
    chunk = b" " * 1_000_000
    for _ in range(total // len(chunk)):
        yield chunk
    yield last


@pytest.mark.slow
def test_case34_600_mb_of_xml_in_600_kb_are_refused() -> None:
    head, tail = PLAIN.encode().split(b"</sheetData>")
    content = package(spaces(600_000_000, head, b"</sheetData>" + tail))
    assert len(content) < 1_000_000

    with pytest.raises(Refused) as refusal:
        read(content)

    assert refusal.value.code == "zip-bomb"


def repeated(row: bytes, count: int) -> Iterable[bytes]:
    head, tail = xml_sheet("@").encode().split(b"@")
    yield head
    for start in range(0, count, 1000):
        yield row * min(1000, count - start)
    yield tail


@pytest.mark.slow
def test_case34_600_mb_of_cells_are_refused() -> None:
    content = package(repeated(b'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>', 10_000_000))

    with pytest.raises(Refused) as refusal:
        read(content)

    assert refusal.value.code in ("zip-bomb", "too-many-rows")


@pytest.mark.slow
def test_case34_huge_shared_strings_are_refused() -> None:
    def strings() -> Iterator[bytes]:
        yield f'<sst xmlns="{MAIN}">'.encode()
        for start in range(0, 3_000_000, 10_000):
            yield b"".join(b"<si><t>%d-%d</t></si>" % (n, n * 7919) for n in range(start, start + 10_000))
        yield b"</sst>"

    with pytest.raises(Refused) as refusal:
        read(package(PLAIN, strings=strings()))

    assert refusal.value.code in ("zip-bomb", "too-large", "file-too-big")


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    + "]>"
)


@pytest.mark.parametrize("place", ["sheet", "strings", "workbook"])
def test_case34_entity_bombs_are_refused_wherever_they_stand(place: str) -> None:
    body = PLAIN.partition("?>")[2]
    if place == "sheet":
        content = package(LAUGHS + body.replace("青山乡", "&j;"))
    elif place == "strings":
        content = package(PLAIN, strings=LAUGHS + f'<sst xmlns="{MAIN}"><si><t>&j;</t></si></sst>')
    else:
        content = package(PLAIN, workbook_xml=LAUGHS + f'<workbook xmlns="{MAIN}"><sheets/></workbook>')

    with pytest.raises(Refused) as refusal:
        read(content)

    assert refusal.value.code == "entity-bomb"


def test_case34_a_part_that_lies_about_its_size_is_damaged() -> None:
    content = bytearray(package(PLAIN + " " * 5000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(signature)
        while at >= 0:
            name_at = at + (30 if signature == b"PK\x03\x04" else 46)
            if content[name_at:].startswith(b"xl/worksheets/sheet1.xml"):
                content[at + offset : at + offset + 4] = (100).to_bytes(4, "little")
            at = content.find(signature, at + 4)

    with pytest.raises(Refused) as refusal:
        read(bytes(content))

    assert refusal.value.code == "damaged"


def test_case32_a_cell_in_the_last_corner_costs_nothing_and_is_told() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    book = read(package(xml_sheet(xml_row(1, HEADER) + xml_row(2, GOOD) + far, dimension="A1:XFD1048576")))

    assert len(book.tables["scores"].rows) == 1
    assert [(each.code, each.cell) for each in book.warnings] == [("too-wide", "XFD1048576")]
    assert bounded(book)


def test_case32_a_far_corner_of_an_xls_costs_nothing() -> None:
    def build(book: Any) -> None:
        sheet = book.add_sheet("评分")
        for row in ([*HEADER], [*GOOD]):
            for column, value in enumerate(row):
                sheet.write(0 if row[0] == "单位" else 1, column, value)
        sheet.write(65_535, 255, 1)

    book = read(legacy(build))

    assert [row.number for row in book.tables["scores"].rows] == [2]
    assert book.errors == []
    assert bounded(book)


@pytest.mark.slow
def test_case32_a_million_formatted_empty_rows_are_passed_over() -> None:
    def rows() -> Iterator[bytes]:
        head, tail = xml_sheet("@").encode().split(b"@")
        yield head + (xml_row(1, HEADER) + xml_row(2, GOOD)).encode()
        for start in range(3, 1_048_576, 5000):
            yield b"".join(
                b'<row r="%d" spans="1:3" s="1" customFormat="1"><c r="A%d" s="1"/><c r="B%d" s="1"/>'
                b'<c r="C%d" s="1"/></row>' % (n, n, n, n)
                for n in range(start, min(start + 5000, 1_048_576))
            )
        yield xml_row(1_048_576, ("白水乡", "决战园区", 90)).encode() + tail

    book = read(package(rows()))

    assert [row["unit"].raw for row in book.tables["scores"].rows] == ["青山乡", "白水乡"]
    assert bounded(book)


@pytest.mark.slow
def test_case32_a_million_self_closed_rows_are_passed_over() -> None:
    def rows() -> Iterator[bytes]:
        head, tail = xml_sheet("@").encode().split(b"@")
        yield head + (xml_row(1, HEADER) + xml_row(2, GOOD)).encode()
        for start in range(3, 1_048_576, 5000):
            yield b"".join(
                b'<row r="%d" spans="1:3" ht="14.25" customHeight="1"/>' % n
                for n in range(start, min(start + 5000, 1_048_576))
            )
        yield xml_row(1_048_576, ("白水乡", "决战园区", 90)).encode() + tail

    book = read(package(rows()))

    assert [row["unit"].raw for row in book.tables["scores"].rows] == ["青山乡", "白水乡"]
    assert bounded(book)


def test_case32_ten_thousand_columns_are_cut_off_with_a_warning() -> None:
    def build(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("评分")
        for row, values in enumerate((HEADER, GOOD)):
            for column, value in enumerate(values):
                sheet.write(row, column, value)
        for row in range(20):
            for column in range(4, 10_000):
                sheet.write_number(row, column, 1)

    book = read(workbook(build))

    # The header's other columns hold numbers, so they are no columns at all.
    assert book.errors == []
    assert [each.code for each in book.warnings if each.code == "too-wide"] == ["too-wide"]
    assert book.tables["scores"].rows[0]["unit"].raw == "青山乡"
    assert bounded(book)


def test_merges_over_the_whole_sheet_cost_nothing() -> None:
    merges = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 2000))

    content = package(
        xml_sheet(xml_row(1, HEADER) + xml_row(2, GOOD), after=f"<mergeCells>{merges}</mergeCells>")
    )

    assert bounded(read(content))


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=10), "too-many-rows"),
        (Limits(cells=10), "too-many-cells"),
        (Limits(members=3), "too-many-members"),
        (Limits(inflated_bytes=1000), "zip-bomb"),
        (Limits(wait_seconds=0), "too-slow"),
    ],
)
def test_each_limit_refuses_by_its_own_name(limits: Limits, code: str) -> None:
    content = sheet_of([HEADER, *[GOOD] * 50])

    with pytest.raises(Refused) as refusal:
        read_workbook(content, [SCORES], limits)

    assert refusal.value.code == code


def test_a_file_that_needs_too_much_memory_is_refused() -> None:
    strings = "".join(f"<si><t>文字{n}</t></si>" for n in range(600_000))
    content = package(PLAIN, strings=f'<sst xmlns="{MAIN}">{strings}</sst>')

    with pytest.raises(Refused) as refusal:
        read_workbook(content, [SCORES], Limits(memory_bytes=48 * 1024 * 1024))

    assert refusal.value.code in ("too-large", "unreadable")


def test_the_child_does_not_see_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def popen(command: list[str], **options: Any) -> Any:
        seen.update(options)
        return real(command, **options)

    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)

    read(sheet_of([HEADER, GOOD]))

    assert seen["env"] == {"LANG": "C.UTF-8"}
