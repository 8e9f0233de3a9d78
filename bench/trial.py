"""The figure of the what-if page: one more change on the shipped year's largest block, by the page and by htmx.

Run as `python -m bench.trial`, on a database of its own (SQLite): the demo year, the block of 43 × 14. The
reference is the same trial computed without the page. The engine's thousand trials are in bench.engine.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 100
FOLDER = Path(tempfile.mkdtemp(prefix="bench-trial-"))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ["ALLOWED_HOSTS"] = "testserver"
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

from django.core.management import call_command
from django.db import connection
from django.test import Client

import appraisal_site.wsgi  # noqa: F401 -- starts this process as a web process is started
from office.models import User
from scoring.models import SubItem
from scoring.trial_bench import bench_of
from scoring.trial_queries import run
from scoring.trial_steps import read
from units.models import Cycle, Membership

BLOCK = "市直单位口"


def main() -> int:
    try:
        call_command("migrate", verbosity=0)
        # In a process of its own: a web process never holds what making a year leaves behind.
        with (FOLDER / "demo.txt").open("w") as told:
            subprocess.run(
                [sys.executable, "manage.py", "demo", "--only-this-year"], cwd=ROOT, check=True, stdout=told
            )
        cycle = Cycle.objects.get(code="2012")
        client = Client()
        client.force_login(
            User.objects.get(username="office1"), backend="django.contrib.auth.backends.ModelBackend"
        )
        block = cycle.blocks.get(name=BLOCK)
        member = Membership.objects.filter(block=block).order_by("unit__order")[3]
        sub = SubItem.objects.filter(item__block=block).order_by("pk")[0]
        step = f"score~{member.pk}~{sub.pk}~onsite~{sub.base_points}"
        address = f"/years/2012/what-if/?{urlencode([('block', block.pk), ('step', step)])}"
        bare = milliseconds(lambda: run(bench_of(cycle), [read(step)]))
        answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"the page answers {answer.status_code}")
        for what, headers in (("the whole page", {}), ("the answer to htmx", {"HX-Request": "true"})):
            took = milliseconds(lambda headers=headers: client.get(address, headers=headers))  # type: ignore[misc]  # bound now
            say(what, took, f"the trial without the page {statistics.median(bare):.0f} ms", "≤ 200 ms")
    finally:
        connection.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def milliseconds(act: Callable[[], object]) -> list[float]:
    act()
    times = []
    for _round in range(ROUNDS):
        begin = time.perf_counter()
        act()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def say(what: str, times: list[float], reference: str, bound: str) -> None:
    p95 = sorted(times)[int(len(times) * 0.95) - 1]
    figure = f"median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms"
    print(f"{what:<24}{figure:<34}{reference:<40}{bound}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
