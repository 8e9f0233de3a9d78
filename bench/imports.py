"""The figures of a score sheet taken in: preview, confirmation, rows per second, peak memory, the lock.

Run as `python -m bench.imports`, on the database of DATABASE_URL's kind (SQLite by default). It works in a
database of its own and measures in a process of its own, so that building the city weighs nothing. The
reference is the same file read by calamine and its rows put in by one executemany, with nothing checked.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROUNDS = 5
MEASURING = len(sys.argv) > 2 and sys.argv[1] == "measure"
FOLDER = Path(sys.argv[2]) if MEASURING else Path(tempfile.mkdtemp(prefix="bench-imports-"))
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
if not ON_POSTGRES:
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from office.models import User
from scoring import queries, staging
from scoring.actions import imports, standing
from scoring.models import BatchState, Cell, ImportBatch, MajorItem, Score, ScoreKind, SubItem
from units.hats import hats_of
from units.models import Block, Cycle, Membership, Unit
from units.signals import once_per_block
from units.stages import Stage

SUB_ITEMS = 27
CITIES = {"city-81": (3, 27), "city-large": (46, 81)}  # blocks, units in each; 27 sub-items
BASE = 100


def main() -> int:
    if MEASURING:
        print(json.dumps(measure(sys.argv[3], sys.argv[4] == "refused", Path(sys.argv[5]))))
        return 0
    say(f"database: {connection.vendor}")
    try:
        call_command("migrate", verbosity=0)
        User.objects.get_or_create(username="office1", defaults={"is_superuser": True})
        for code, (blocks, units) in CITIES.items():
            build(code, blocks, units)
            report(code)
    finally:
        connection.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def build(code: str, blocks: int, units: int) -> None:
    """A city whose sheet has blocks × units × 27 rows, and that sheet with and without one bad cell."""
    with transaction.atomic(), once_per_block():
        host = Unit.objects.create(name=f"{code} 考评办", kind="机构", order=0)
        cycle = Cycle.objects.create(
            code=code, name="测", year=2012, host=host, stage=Stage.PRELIMINARY_REVIEW
        )
        made_units = Unit.objects.bulk_create(
            Unit(name=f"{code}第{n:04d}乡", kind="乡镇", order=n) for n in range(blocks * units)
        )
        made_blocks = Block.objects.bulk_create(
            Block(cycle=cycle, name=f"第{n}口", kind="综合", order=n) for n in range(blocks)
        )
        Membership.objects.bulk_create(
            Membership(block=made_blocks[n // units], unit=unit) for n, unit in enumerate(made_units)
        )
        items = MajorItem.objects.bulk_create(
            MajorItem(block=block, name=f"大项{n}", order=n, weight_points=1000 // 9, base_points=3 * BASE)
            for block in made_blocks
            for n in range(9)
        )
        SubItem.objects.bulk_create(
            SubItem(item=item, name=f"中项{item.order}之{n}", order=n, base_points=BASE)
            for item in items
            for n in range(3)
        )
        for block in made_blocks:
            block.cycle = cycle
            standing.recompute(block)
    rows = [
        (
            unit.name,
            f"第{n // units}口",
            f"大项{s // 3}",
            f"中项{s // 3}之{s % 3}",
            (n * 37 + s * 101) % 10_000 / 100,
        )
        for n, unit in enumerate(made_units)
        for s in range(SUB_ITEMS)
    ]
    write(FOLDER / f"{code}.xlsx", rows)
    write(FOLDER / f"{code}-refused.xlsx", [*rows[:-1], (*rows[-1][:4], BASE + 1)])


def write(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """As Excel and WPS write it: shared strings."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("评分表")
    sheet.write_row(0, 0, ("单位", "大块", "大项", "中项", "得分", "说明"))
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row)
    book.close()


def report(code: str) -> None:
    blocks, units = CITIES[code]
    rows = blocks * units * SUB_ITEMS
    taken = [run(code, "taken") for _round in range(ROUNDS)]
    refused = run(code, "refused")

    def median(name: str) -> float:
        return statistics.median(one[name] for one in taken)

    whole = median("preview") + median("confirm")
    say(f"score sheet of {rows:,} rows, {blocks} blocks; median of {ROUNDS}:")
    say(f"  preview            {median('preview'):8.3f} s")
    say(f"  confirm            {median('confirm'):8.3f} s   of it under the lock {median('lock'):.3f} s")
    say(f"  file to ranked     {whole:8.3f} s   {rows / whole:,.0f} rows/s")
    say(f"  reference          {median('bare'):8.3f} s   ratio {whole / median('bare'):.1f}×")
    say(f"  peak               {median('peak'):8.0f} MB  and {median('child'):.0f} MB in the reading child")
    say(f"  refused by one cell{refused['preview']:8.3f} s   peak {refused['peak']:.0f} MB")


def run(code: str, how: str) -> dict[str, float]:
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.imports",
            "measure",
            str(FOLDER),
            code,
            how,
            str(FOLDER / (f"{code}.xlsx" if how == "taken" else f"{code}-refused.xlsx")),
        ],
        check=True,
        capture_output=True,
        env=os.environ | ({"DATABASE_URL": os.environ["DATABASE_URL"]}),
    )
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def measure(code: str, refused: bool, path: Path) -> dict[str, float]:
    """One round in this fresh process; the database is as before afterwards."""
    user = User.objects.get(username="office1")
    hat = hats_of(user)[0]
    cycle = Cycle.objects.select_related("host").get(code=code)
    lock: dict[str, float] = {}
    began = time.perf_counter()
    batch = imports.hand_in(
        by=hat, cycle=cycle, kind=ScoreKind.PRELIMINARY, chunks=_chunks(path), name=path.name
    )
    imports.read_in(batch, hat)
    figures = {"preview": time.perf_counter() - began, "confirm": 0.0, "lock": 0.0, "bare": 0.0}
    assert batch.state == (BatchState.REFUSED if refused else BatchState.PREVIEW), batch.report["errors"][:3]
    if not refused:
        began = time.perf_counter()
        with _timed_lock(lock):
            imports.confirm(by=hat, cycle=cycle, batch_id=batch.pk)
        figures["confirm"] = time.perf_counter() - began
        figures["lock"] = lock["released"] - lock["taken"]
        last = queries.standing_of(
            Block.objects.select_related("cycle").filter(cycle=cycle).last() or Block()
        )
        assert last.rows[0].rank == 1
        assert not last.provisional
    figures["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["child"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    _undo(code)
    if not refused:
        figures["bare"] = _bare(code, path, user)
        _undo(code)
    return figures


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while chunk := handle.read(65536):
            yield chunk


@contextmanager
def _timed_lock(lock: dict[str, float]) -> Iterator[None]:
    """From the first statement under the lock to the end of the commit."""
    write, staged = imports._write, staging.staged

    def timed_write(*args: Any) -> None:
        lock["taken"] = time.perf_counter()
        write(*args)

    @contextmanager
    def timed_staged(rows: Sequence[staging.StagedRow]) -> Iterator[None]:
        with staged(rows):
            yield
            lock["released"] = time.perf_counter()

    imports._write, staging.staged = timed_write, timed_staged  # type: ignore[assignment]  # the same calls, timed
    try:
        yield
    finally:
        imports._write, staging.staged = write, staged


def _undo(code: str) -> None:
    """Take the round back by hand; the standings follow."""
    with transaction.atomic(), connection.cursor() as cursor:
        cells = "SELECT c.id FROM scoring_cell c JOIN units_block b ON b.id = c.block_id JOIN units_cycle y ON y.id = b.cycle_id WHERE y.code = %s"
        cursor.execute(f"DELETE FROM scoring_score WHERE cell_id IN ({cells})", [code])
        ImportBatch.objects.filter(cycle__code=code).delete()
        for block in Block.objects.select_related("cycle").filter(cycle__code=code):
            standing.recompute(block)


def _bare(code: str, path: Path, user: User) -> float:
    """Read and put in, nothing asked, nothing ranked."""
    import python_calamine

    names: Callable[..., Any] = Cell.objects.filter(block__cycle__code=code).values_list
    began = time.perf_counter()
    cells = {
        (unit, item, sub): pk
        for pk, unit, item, sub in names(
            "pk", "membership__unit__name", "sub_item__item__name", "sub_item__name"
        )
    }
    sheet: list[list[Any]] = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python()
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [
        (cells[unit, item, sub], "preliminary", round(score * 10_000), user.pk, at, True, "")
        for unit, _block, item, sub, score, *_rest in sheet[1:]
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO scoring_score (cell_id, kind, points, entered_by_id, entered_at, by_office, reason)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
    assert Score.objects.filter(cell__block__cycle__code=code).count() == len(rows)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
