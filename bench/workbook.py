"""Prints what reading workbooks costs: rows per second and peak memory, also for hostile files.
Run from the root of the tree: python bench/workbook.py. Figures are read, not asserted.
"""

import io
import multiprocessing
import os
import resource
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DEBUG", "1")

from django.conf import settings

if not settings.configured:
    settings.configure(USE_I18N=False)

from office.refusal import Refused
from office.workbook import cells
from office.workbook.reader import Column, TableSpec, read_workbook
from office.workbook.writer import ColumnOut, SheetOut, write_workbook

ROUNDS = 5
SPEC = TableSpec(
    "scores",
    (
        Column("unit", ("单位",), required=True),
        Column("block", ("大块",)),
        Column("item", ("大项",), required=True),
        Column("sub_item", ("中项",), required=True),
        Column("score", ("得分",), required=True),
        Column("reason", ("说明",)),
    ),
)
COLUMNS = (
    *(ColumnOut(title) for title in ("单位", "大块", "大项", "中项")),
    ColumnOut("得分", "number"),
    ColumnOut("说明"),
)


def score_sheet(count: int) -> bytes:
    rows = [
        (
            f"虚构单位{n % 81}",
            "乡镇口",
            f"大项{n % 9}",
            f"中项{n % 27}",
            Decimal(6000 + n * 37 % 4000) / 100,
            "材料不齐" if n % 9 == 0 else None,
        )
        for n in range(count)
    ]
    return write_workbook([SheetOut("评分", COLUMNS, rows)])


def shared_strings_sheet(count: int) -> bytes:
    """The same rows as Excel and WPS write them, every text through the shared strings."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("评分")
    sheet.write_row(0, 0, [column.title for column in COLUMNS])
    for n in range(count):
        sheet.write_row(
            n + 1,
            0,
            [f"虚构单位{n % 81}", "乡镇口", f"大项{n % 9}", f"中项{n % 27}", (6000 + n * 37 % 4000) / 100],
        )
        if n % 9 == 0:
            sheet.write_string(n + 1, 5, "材料不齐")
    book.close()
    return out.getvalue()


def made_apart(make: Callable[[int], bytes], count: int) -> bytes:
    """Made in a process of its own, so that this one's peak is the reading's."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(make, (count,))


def own_peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def reading(label: str, content: bytes) -> None:
    """File to rows, and file to parsed scores, medians."""
    to_rows, to_scores = [], []
    for _ in range(ROUNDS):
        start, own = time.perf_counter(), time.process_time()
        book = read_workbook(content, [SPEC])
        to_rows.append(time.perf_counter() - start)
        report = book.report()
        table = book.tables["scores"]
        for name in ("unit", "item", "sub_item"):
            table.texts(name)
        table.read_column(report, "score", cells.to_mark, 2)
        to_scores.append(time.perf_counter() - start)
        count = len(table.rows)
        processor = f"processor {time.process_time() - own:.2f} + child {book.child_seconds:.2f} s"
        peak = book.child_peak_kib // 1024
        del table, report
    rows_time, scores_time = statistics.median(to_rows), statistics.median(to_scores)
    print(
        f"{label:<34}{count:>8} rows  {len(content) / 1e6:5.1f} MB  to rows {rows_time:6.3f} s "
        f"({count / rows_time:>8,.0f} rows/s)  to scores {scores_time:6.3f} s "
        f"({count / scores_time:>8,.0f} rows/s)  {processor}  peak child {peak} MiB, this process {own_peak_mib()} MiB"
    )


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><dimension ref="A1:A1"/><sheetData>'.encode()
TAIL = b"</sheetData></worksheet>"
GOOD = (
    "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{chr(65 + column)}{row}" t="inlineStr"><is><t>{word}</t></is></c>'
            for column, word in enumerate(words)
        )
        + "</row>"
        for row, words in ((1, ("单位", "大项", "中项", "得分")), (2, ("青山乡", "甲", "乙", "85.5")))
    )
).encode()


def package(chunks: Iterable[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        target.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        target.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="a" r:id="r1"/></sheets></workbook>',
        )
        target.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
    return out.getvalue()


def blanks() -> Iterator[bytes]:
    yield HEAD + GOOD
    for _ in range(600):
        yield b" " * 1_000_000
    yield TAIL


def formatted() -> Iterator[bytes]:
    yield HEAD + GOOD
    for start in range(3, 1_048_576, 5000):
        yield b"".join(
            b'<row r="%d" spans="1:4" s="1"><c r="A%d" s="1"/><c r="B%d" s="1"/><c r="C%d" s="1"/></row>'
            % (n, n, n, n)
            for n in range(start, min(start + 5000, 1_048_576))
        )
    yield TAIL


def wide() -> Iterator[bytes]:
    yield HEAD + GOOD
    letters = [
        chr(65 + a) + chr(65 + b) + chr(65 + c) for a in range(15) for b in range(26) for c in range(26)
    ]
    for n in range(3, 103):
        yield f'<row r="{n}">'.encode()
        yield b"".join(b'<c r="%s%d"><v>1</v></c>' % (each.encode(), n) for each in letters[:10_000])
        yield b"</row>"
    yield TAIL


def careful() -> Iterator[bytes]:
    """Rows only the XML parser can read, as many as the limits let in."""
    yield HEAD + b"<!-- -->" + GOOD
    for start in range(3, 2_000_000, 5000):
        yield b"".join(
            b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n * 7919)
            for n in range(start, start + 5000)
        )
    yield TAIL


HOSTILE: tuple[tuple[str, Callable[[], Iterable[bytes]]], ...] = (
    ("600 MB of XML", blanks),
    (
        "a cell at XFD1048576",
        lambda: [HEAD, GOOD, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', TAIL],
    ),
    ("a false dimension", lambda: [HEAD, GOOD, TAIL]),
    ("entity bomb", lambda: [b'<!DOCTYPE a [<!ENTITY b "c">]>' + HEAD, GOOD, TAIL]),
    ("1,048,576 formatted rows", formatted),
    ("10,000 columns × 100 rows", wide),
    ("2,000,000 rows, careful way", careful),
)


def hostile() -> None:
    for label, make in HOSTILE:
        content = package(make())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = ""
        start = time.perf_counter()
        try:
            book = read_workbook(content, [SPEC])
            outcome = f"read, {len(book.tables['scores'].rows)} rows"
            peak = f", peak child {book.child_peak_kib // 1024} MiB"
        except Refused as refusal:
            outcome = f"refused: {refusal.code}"
        took = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        child = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{label:<34}{len(content) / 1024:>8,.0f} KB  {took:5.2f} s by the clock, "
            f"{child:5.2f} s of the child{peak}  {outcome}"
        )


if __name__ == "__main__":
    reading("preview of a year's scores", made_apart(shared_strings_sheet, 2_187))
    reading("own export", made_apart(score_sheet, 2_187))
    reading("large, as Excel writes it", made_apart(shared_strings_sheet, 100_000))
    reading("large, as we write it", made_apart(score_sheet, 100_000))
    hostile()
