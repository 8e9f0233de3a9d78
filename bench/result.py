"""The figures of the result: an edition of the shipped year, its ranked tables, verifying, the board's fragment, the API.

Run as `python -m bench.result`. References: WeasyPrint bare on the same HTML; for the answers a view behind the
same session and the same row of the matrix with an empty body, while a save arrives each second.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

TABLES_ONLY = sys.argv[1:2] == [
    "tables"
]  # with the folder of a demo year: this process measures nothing else
FOLDER = Path(sys.argv[2] if TABLES_ONLY else tempfile.mkdtemp(prefix="bench-result-"))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ["DEBUG"] = "0"
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from appraisal_site import api_urls, urls
from awards import edition, queries, reports
from awards.actions.publication import edition_content
from awards.models import Edition
from office.models import User
from scoring import visible
from units.api_auth import InTheMatrix
from units.models import Block, Cycle
from units.pages import PageRequest, page
from units.signals import announce_stale

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 20
BLOCK = "市直单位口"


def main() -> int:
    try:
        call_command("migrate", verbosity=0)
        call_command("demo", "--stage", "approved", "--only-this-year", stdout=StringIO())
        sealed_edition()
        tables()
        verifying()
        answers()
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def sealed_edition() -> None:
    """As the job does it, in a process of its own: every file, all letters."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", "publish", "2012", "--by", "office1", "--confirmed-by", "office2",
         "--out", str(FOLDER / "edition")],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    count = len(list((FOLDER / "edition").iterdir()))
    print(
        f"edition of the shipped year, {count} files: {took:.1f} s (bound 60), peak {peak:.0f} MB (bound 500)"
    )


def tables() -> None:
    """The ranked tables by our way and by WeasyPrint alone, taking turns, in user time of the processor.

    What the system takes for memory that was given back and is asked for again falls on either way by chance:
    up to 0.3 s of the clock, so that the same code comes out between 0.95× and 1.3×.
    """
    import weasyprint

    asked = Edition.objects.select_related("cycle__host", "supersedes").get()
    facts = reports.Facts.of(edition_content(asked), asked.digest)
    paper = next(one for one in reports.papers_of(facts) if one.kind == "tables")
    html = paper.html()
    ways: dict[str, Callable[[], object]] = {
        "ours": paper.pdf,
        "bare": lambda: weasyprint.HTML(string=html).write_pdf(),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(8):  # who begins changes with every round
        for name in sorted(ways, reverse=bool(number % 2)):
            took[name].append(_user_time(ways[name]))
    ours, bare = took["ours"][2:], took["bare"][2:]  # the first fill the caches of both
    ratio = statistics.median(ours) / statistics.median(bare)
    print(
        f"ranked tables: {statistics.median(ours):.2f} s, bare WeasyPrint {statistics.median(bare):.2f} s, "
        f"{ratio:.2f}× (bound 1.1×)"
    )


def verifying() -> None:
    found = queries.newest(Cycle.objects.get(code="2012"))
    assert found is not None
    altered: list[Any] = []
    took = _time(lambda: altered.extend(edition.verify(FOLDER / "edition", found.code)))
    print(f"verify_edition: {took:.2f} s (bound 2), {len(altered)} findings")


@page("G02")
def empty_page(request: PageRequest, pk: int) -> HttpResponse:
    return HttpResponse()


class EmptyAnswer(APIView):
    permission_row = {"get": (visible.TOTALS, visible.PUBLISHED, visible.OWN_RESULT)}
    permission_classes = [InTheMatrix]

    def get(self, request: Request, code: str) -> Response:
        return Response({})


def answers() -> None:
    """Requests a second of the board's fragment and the standings API beside their empty twins."""
    # The empty twins stand just behind the real addresses, so that finding them costs the same.
    urls.year_patterns.insert(1, path("board/empty/<int:pk>/", empty_page))
    api_urls.urlpatterns.insert(3, path("cycles/<str:code>/empty/", EmptyAnswer.as_view()))
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(
        User.objects.get(username="leader1"), backend="django.contrib.auth.backends.ModelBackend"
    )
    block = Block.objects.select_related("cycle").get(cycle__code="2012", name=BLOCK)
    for name, address, twin, bound in [
        (
            "board fragment",
            f"/years/2012/board/blocks/{block.pk}/",
            f"/years/2012/board/empty/{block.pk}/",
            90,
        ),
        ("standings API", "/api/v1/cycles/2012/standings/", "/api/v1/cycles/2012/empty/", 80),
    ]:
        ours, theirs = _rates(client, (address, twin), block)
        print(
            f"{name}: {ours:.0f} requests/s, empty view {theirs:.0f}, {100 * ours / theirs:.0f} % (bound {bound} %)"
        )


def _rates(client: Client, addresses: Sequence[str], block: Block) -> list[float]:
    """Answers a second of processor time to each address, a second for each in turn.

    A save arrives at the start of every second; it is not counted, what it makes the answers do is.
    """
    count, spent = dict.fromkeys(addresses, 0), dict.fromkeys(addresses, 0.0)
    for _round in range(ROUNDS):
        for address in addresses:
            with transaction.atomic():
                announce_stale(block.pk)
            ends = time.perf_counter() + 1
            began = time.process_time()
            while time.perf_counter() < ends:
                status = client.get(address).status_code
                assert status == 200, (address, status)
                count[address] += 1
            spent[address] += time.process_time() - began
    return [count[address] / spent[address] for address in addresses]


def _time(work: Callable[[], object]) -> float:
    """Seconds by the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _user_time(work: Callable[[], object]) -> float:
    """Seconds of the processor in user mode; as timeit does it, without the collector."""
    gc.collect()
    gc.disable()
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    work()
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - began
    gc.enable()
    return spent


if __name__ == "__main__":
    sys.exit(main())
