"""The figures of a quarter's ledger: preview, confirmation, how long others wait for the write lock, peak memory.

Run as `python -m bench.ledgers`, on the database of DATABASE_URL's kind (SQLite by default), in a database of its
own. While a ledger is taken in a second process writes a row every twentieth of a second and notes how long each
write had to wait: that is how long the lock was held against it.
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROUNDS = 3
MODE = sys.argv[1] if len(sys.argv) > 1 else ""
FOLDER = Path(sys.argv[2]) if MODE else Path(tempfile.mkdtemp(prefix="bench-ledgers-"))
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from office.models import Job, User
from scoring.actions import batches, ledgers
from scoring.models import BatchState, LedgerLine, MajorItem, SubItem
from units.hats import hats_of
from units.models import Block, Cycle, Membership, Unit
from units.signals import once_per_block
from units.stages import Stage

UNITS, SUB_ITEMS = 81, 27
SIZES = {"2,187 lines": 1, "20,000 lines": 20_000 / (UNITS * SUB_ITEMS)}
GOALS = {"2,187 lines": (3.0, 3.0), "20,000 lines": (15.0, 15.0)}
HEADER = (
    "年度", "季度", "责任单位", "单位", "大块", "大项", "中项", "本季新增扣分", "累计扣分", "事由", "依据",
    "日期", "指标", "计量单位", "年度目标", "本季完成", "累计完成",
)  # fmt: skip


def main() -> int:
    if MODE == "measure":
        print(json.dumps(measure(Path(sys.argv[3]))))
        return 0
    if MODE == "knock":
        knock(Path(sys.argv[3]))
        return 0
    say(f"database: {connection.vendor}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    try:
        call_command("migrate", verbosity=0)
        User.objects.get_or_create(username="office1", defaults={"is_superuser": True})
        build()
        for name, times in SIZES.items():
            report(name, times)
    finally:
        connection.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def build() -> None:
    """One block of 81 units and 27 sub-items, all led by one body that is not appraised."""
    with transaction.atomic(), once_per_block():
        body = Unit.objects.create(name="测算局", kind="机构", order=0)
        cycle = Cycle.objects.create(code="bench", name="测", year=2012, host=body, stage=Stage.MONITORING)
        cycle.units.add(body)
        units = Unit.objects.bulk_create(
            Unit(name=f"第{n:04d}乡", kind="乡镇", order=n + 1) for n in range(UNITS)
        )
        block = Block.objects.create(cycle=cycle, name="乡镇口", kind="综合")
        Membership.objects.bulk_create(Membership(block=block, unit=unit) for unit in units)
        items = MajorItem.objects.bulk_create(
            MajorItem(block=block, name=f"大项{n}", order=n, weight_points=111, base_points=300)
            for n in range(9)
        )
        SubItem.objects.bulk_create(
            SubItem(item=item, name=f"中项{item.order}之{n}", order=n, base_points=100, lead=body)
            for item in items
            for n in range(3)
        )


def rows_of(count: int, turn: int) -> Iterator[tuple[Any, ...]]:
    """`count` lines; those of another turn have other points, so that each round changes everything."""
    yield HEADER
    for n in range(count):
        unit, sub, line = n % UNITS, n // UNITS % SUB_ITEMS, n // (UNITS * SUB_ITEMS)
        points = ((unit * 37 + sub * 101 + line * 7 + turn) % 400) / 100
        yield (
            2012, "第三季度", "测算局", f"第{unit:04d}乡", "乡镇口", f"大项{sub // 3}", f"中项{sub // 3}之{sub % 3}",
            points, None, f"第{line}类问题:资料报送不及时" if points else "", f"通报〔2012〕{n % 90}号", "2012-08-15",
            "完成率", "件", 120, n % 30, n % 90,
        )  # fmt: skip


def report(name: str, times: float) -> None:
    count = round(UNITS * SUB_ITEMS * times)
    rounds = []
    for turn in range(ROUNDS):
        path = FOLDER / f"{count}-{turn}.xlsx"
        write_rows(path, count, turn)
        rounds.append(run(path))
    goals = GOALS[name]

    def median(key: str) -> float:
        return statistics.median(one[key] for one in rounds)

    say(f"ledger of {name}; median of {ROUNDS}, the second and later rounds replace the quarter:")
    say(
        f"  preview            {median('preview'):8.3f} s   goal {goals[0]:.0f} s   {told(rounds, 'preview')}"
    )
    say(
        f"  confirm            {median('confirm'):8.3f} s   goal {goals[1]:.0f} s   {told(rounds, 'confirm')}"
    )
    say(f"  others waited at most {max(one['waited'] for one in rounds):5.3f} s for the lock, goal 1 s")
    say(f"  progress moved     {median('steps'):8.0f} times while it was taken in")
    say(f"  peak               {median('peak'):8.0f} MB  and {median('child'):.0f} MB in the reading child")


def told(rounds: list[dict[str, float]], key: str) -> str:
    return " ".join(f"{one[key]:.3f}" for one in rounds)


def write_rows(path: Path, count: int, turn: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": False})
    sheet = book.add_worksheet("季度台账")
    for number, row in enumerate(rows_of(count, turn)):
        for column, value in enumerate(row):
            if value not in (None, ""):
                sheet.write(number, column, value)
    sheet.write(count + 2, 0, "未列单位本季无扣分：是")
    book.close()


def run(path: Path) -> dict[str, float]:
    stop = FOLDER / "stop"
    stop.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.ledgers"]
    knocking = subprocess.Popen(
        [*command, "knock", str(FOLDER), str(stop)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        answer = subprocess.run(
            [*command, "measure", str(FOLDER), str(path)], check=True, capture_output=True, env=os.environ
        )
    finally:
        stop.touch()
        out, _errors = knocking.communicate(timeout=60)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    figures |= json.loads(out.splitlines()[-1])
    return figures


def knock(stop: Path) -> None:
    """Write a row again and again until told to stop; the longest wait goes to standard output."""
    job, _made = Job.objects.get_or_create(
        kind="bench", title="knock", owner=User.objects.get(username="office1")
    )
    waited = 0.0
    while not stop.exists():
        began = time.perf_counter()
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(done=int(began))
        waited = max(waited, time.perf_counter() - began)
        time.sleep(0.05)
    print(json.dumps({"waited": waited}))


def measure(path: Path) -> dict[str, float]:
    """Hand in, read, confirm, in this fresh process."""
    hat = hats_of(User.objects.get(username="office1"))[0]
    cycle = Cycle.objects.select_related("host").get(code="bench")
    steps: set[int] = set()
    began = time.perf_counter()
    with path.open("rb") as handle:
        batch = ledgers.hand_in(
            by=hat, cycle=cycle, chunks=iter(lambda: handle.read(65536), b""), name=path.name
        )
    batches.read_in(batch, hat)
    preview = time.perf_counter() - began
    assert batch.state == BatchState.PREVIEW, batch.report["errors"][:3]
    began = time.perf_counter()
    batches.confirm(by=hat, cycle=cycle, batch_id=batch.pk, tell=lambda percent, doing: steps.add(percent))
    confirm = time.perf_counter() - began
    standing = LedgerLine.objects.filter(version__current_of__cycle=cycle).count()
    assert standing == batch.report["accepted"], standing
    return {
        "preview": preview,
        "confirm": confirm,
        "steps": float(len(steps)),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    sys.exit(main())
