"""The figures of a zip of 300 papers (150 MB): read, taken in, progress told, peak memory over an idle process.

Run as `python -m bench.papers`, on a database of its own (SQLite). The measuring process is one of its own,
so that packing the zip weighs nothing. The reference is the same zip merely unpacked and digested.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

PAPERS, PAPER_BYTES = 300, 500 * 1024
MEASURING = len(sys.argv) > 2 and sys.argv[1] == "measure"
FOLDER = Path(sys.argv[2]) if MEASURING else Path(tempfile.mkdtemp(prefix="bench-papers-"))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from bonuses.actions import lists
from bonuses.lists import LIST, SHEET
from bonuses.models import Adjustment, BatchState, Document
from office.models import User
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from units.hats import Hat, hats_of
from units.models import Cycle, Unit
from units.stages import Stage

ZIP = FOLDER / "papers.zip"


def main() -> int:
    if MEASURING:
        print(json.dumps(measure()))
        return 0
    try:
        call_command("migrate", verbosity=0)
        call_command("loaddata", "plan_2012", verbosity=0)
        Cycle.objects.update(stage=Stage.MONITORING)
        User.objects.create(username="office1", is_superuser=True)
        pack()
        say("the zip", f"{ZIP.stat().st_size / 2**20:.0f} MB, {PAPERS} papers", "", "150 MB")
        reference = unpacked()
        answer = subprocess.run(
            [sys.executable, "-m", "bench.papers", "measure", str(FOLDER)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        found = json.loads(answer.splitlines()[-1])
        say("read and checked", f"{found['read']:.1f} s", f"unpacked and digested {reference:.1f} s", "")
        say("taken in", f"{found['take']:.1f} s", f"{found['adjustments']} adjustments", "")
        say("progress told", f"{found['told']} times", "", "a bar that moves")
        say("peak memory over idle", f"{found['peak']:.0f} MB", f"idle {found['idle']:.0f} MB", "≤ 300 MB")
    finally:
        connection.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def say(what: str, figure: str, reference: str, bound: str) -> None:
    print(f"{what:<26}{figure:<26}{reference:<34}{bound}", flush=True)


def pack() -> None:
    """A list of 300 lines and a scan for each; noise does not deflate, so the zip is as large as its papers."""
    draw = random.Random(1)  # noqa: S311 - noise for a file, not a secret
    units = list(
        Unit.objects.filter(memberships__block__kind="综合")
        .distinct()
        .order_by("order")
        .values_list("name", flat=True)
    )
    titles = [column.title for column in LIST.columns]
    columns = [ColumnOut(t, "number" if t == "分值" else "date" if t == "日期" else "text") for t in titles]
    rows: list[list[Any]] = []
    with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(PAPERS):
            name = f"papers/{n:03d}.pdf"
            archive.writestr(name, pdf(draw.randbytes(PAPER_BYTES)))
            row = {
                "单位": units[n % len(units)],
                "类型": "表彰",
                "文号": f"省府〔2012〕{n + 1}号",
                "文件标题": f"关于表彰第{n + 1}项工作的决定",
                "发文机关": "省人民政府",
                "级别": "省委省政府",
                "日期": date_of(n),
                "附件": name,
            }
            rows.append([row.get(title) for title in titles])
        archive.writestr("list.xlsx", write_workbook([SheetOut(SHEET, columns, rows)]))


def date_of(n: int) -> Any:
    from datetime import date, timedelta

    return date(2012, 1, 1) + timedelta(days=n % 300)


def pdf(noise: bytes) -> bytes:
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"3 0 obj<</Length " + str(len(noise)).encode() + b">>stream\n" + noise + b"\nendstream endobj\n"
    )
    return (
        body
        + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n"
        % len(body)
    )


def unpacked() -> float:
    begin = time.perf_counter()
    with zipfile.ZipFile(ZIP) as archive:
        for member in archive.infolist():
            digest = hashlib.sha256()
            with archive.open(member) as handle:
                while chunk := handle.read(2**18):
                    digest.update(chunk)
    return time.perf_counter() - begin


def measure() -> dict[str, Any]:
    """What this process needs beyond what it needs idle, and for how long."""
    hat: Hat = hats_of(User.objects.get(username="office1"))[0]
    cycle = Cycle.objects.select_related("host").get()
    told: list[int] = []

    def tell(done: int, total: int, doing: str) -> None:
        told.append(done)

    list(Unit.objects.all()[:5])
    idle = resident_mb()
    begin = time.perf_counter()
    with ZIP.open("rb") as handle:
        chunks = iter(lambda: handle.read(2**16), b"")
        batch = lists.hand_in(by=hat, cycle=cycle, chunks=chunks, name="papers.zip", size=ZIP.stat().st_size)
    batch = lists.read_in(batch, hat, tell=tell)
    read = time.perf_counter() - begin
    if batch.state != BatchState.PREVIEW:
        raise SystemExit(f"the list was refused: {batch.report.get('errors', [])[:3]}")
    begin = time.perf_counter()
    lists.take_in(by=hat, cycle=cycle, batch_id=batch.pk, tell=tell)
    take = time.perf_counter() - begin
    return {
        "read": read,
        "take": take,
        "told": len(told),
        "adjustments": Adjustment.objects.count(),
        "documents": Document.objects.count(),
        "idle": idle,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - idle,
    }


def resident_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    sys.exit(main())
