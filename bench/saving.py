"""The figures of one saved score: action against raw SQL, many cities stored, many people at once.

Run as `python -m bench.saving`, on the database of DATABASE_URL's kind (SQLite by default). It works in a
database of its own. The raw reference does the same work by hand-written statements: the same rows read and
written, the same standing computed and stored, the same log entry, one commit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

ROUNDS = 40
PORT = int(os.environ.get("BENCH_PORT", "8791"))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-saving-"))
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
if not ON_POSTGRES:
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'bench.sqlite3'}"
os.environ["MEDIA_ROOT"] = str(FOLDER / "media")
os.environ.setdefault("SECRET_KEY", "for the measurement only")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office.models import User
from scoring import queries, sheets
from scoring.actions import scores, standing
from scoring.engine.standing import compute, compute_arrays
from scoring.models import Cell, MajorItem, Score, ScoreKind, SubItem
from units.hats import hats_of
from units.models import Block, Cycle, Membership
from units.signals import announce_stale, once_per_block

BLOCK = "市直单位口"


def main() -> int:
    try:
        call_command("migrate", verbosity=0)
        call_command("loaddata", "plan_2012", verbosity=0)
        Cycle.objects.update(stage="preliminary-review")
        user = _office()
        _fill(user)
        _queries(user)
        _against_raw(user, "1 city stored")
        _more_cities(99)
        _against_raw(user, "100 cities stored")
        _rush()
    finally:
        connection.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def _office() -> User:
    user: User = User.objects.create(username="office1", display_name="office1", is_superuser=True)
    user.set_password("a quiet year 2012")
    user.save()
    return user


def _fill(user: User) -> None:
    now = timezone.now()
    with transaction.atomic(), once_per_block():
        cells = list(Cell.objects.select_related("sub_item"))
        Score.objects.bulk_create(
            [
                Score(
                    cell=cell,
                    kind=kind,
                    points=cell.sub_item.base_points * (80 + (cell.pk + shift) % 20) / 100,
                    entered_by=user,
                    entered_at=now,
                )
                for cell in cells
                for shift, kind in enumerate([ScoreKind.LEAD, ScoreKind.PRELIMINARY])
            ],
            batch_size=2000,
        )
        for block in Block.objects.all():
            announce_stale(block.pk)


def _queries(user: User) -> None:
    cell = Cell.objects.filter(block__name=BLOCK).first()
    assert cell is not None
    with CaptureQueriesContext(connection) as captured:
        _save_by_action(user, cell.pk, 1)
    work = [
        q["sql"] for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]
    log = [sql for sql in work if "office_audit" in sql]
    who = [sql for sql in work if "roleassignment" in sql or "systemrole" in sql or "conflict" in sql]
    print(
        f"queries of one save, 43 × 14: {len(work) - len(log) - len(who)} for the work (bound 6), "
        f"{len(who)} for who-may (bound 3), {len(log)} for the log"
    )


def _save_by_action(user: User, cell_id: int, turn: int) -> None:
    scores.record_score(
        by=hats_of(user)[0],
        cell_id=cell_id,
        kind=ScoreKind.PRELIMINARY,
        points=Decimal(50 + turn % 50),
        reason="",
    )


def _save_by_raw(user: User, cell_id: int, turn: int) -> None:
    """The same work without the ORM, the signals and the Python objects of rows."""
    now = timezone.now()
    lock = "" if connection.vendor == "sqlite" else " FOR UPDATE OF b"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.block_id, c.version, s.base_points, y.places, y.rounding, y.code, y.stage FROM scoring_cell c"
            " JOIN scoring_subitem s ON s.id = c.sub_item_id JOIN units_block b ON b.id = c.block_id"
            " JOIN units_cycle y ON y.id = b.cycle_id WHERE c.id = %s" + lock,
            [cell_id],
        )
        block_id, _version, _base, places, rounding, code, _stage = cursor.fetchone()
        cursor.execute("SELECT cycle_id, unit_id FROM units_roleassignment WHERE user_id = %s", [user.pk])
        cursor.fetchall()
        cursor.execute("UPDATE scoring_cell SET version = version + 1 WHERE id = %s", [cell_id])
        cursor.execute(
            "INSERT INTO scoring_score (cell_id, kind, points, entered_by_id, entered_at, by_office, reason)"
            " VALUES (%s, 'preliminary', %s, %s, %s, %s, '') ON CONFLICT (cell_id, kind) DO UPDATE SET"
            " points = excluded.points, entered_by_id = excluded.entered_by_id, entered_at = excluded.entered_at",
            [cell_id, (50 + turn % 50) * 10_000, user.pk, now, True],
        )
        inputs = sheets.block_inputs(block_id, places, rounding)  # raw statements already
        figures = json.dumps(standing._figures(inputs, compute_arrays(inputs.arrays)), separators=(",", ":"))
        cursor.execute(
            "UPDATE scoring_standing SET version = %s, computed_at = %s, figures = %s WHERE block_id = %s",
            [inputs.version + 1, now, figures, block_id],
        )
        cursor.execute("SELECT number, digest FROM office_audithead")
        number, digest = cursor.fetchone()
        new = hashlib.sha256(f"{number}{digest}{cell_id}{turn}".encode()).hexdigest()
        cursor.execute(
            "INSERT INTO office_auditentry (number, at, user_id_text, user_name, role, act, object_type, object_id,"
            " object_text, cycle_code, details, previous_digest, digest)"
            " VALUES (%s, %s, %s, %s, 'OF', 'score.recorded', 'scoring.Cell', %s, '', %s, '{}', %s, %s)",
            [number + 1, now, user.username, str(user), str(cell_id), code, digest, new],
        )
        cursor.execute("UPDATE office_audithead SET number = %s, digest = %s", [number + 1, new])


def _against_raw(user: User, label: str) -> None:
    """In turns A B A B, so that a machine whose speed drifts slows both."""
    ids = list(Cell.objects.filter(block__name=BLOCK, block__cycle__code="2012").values_list("pk", flat=True))
    for turn in range(3):
        _save_by_action(user, ids[turn], turn)
        _save_by_raw(user, ids[turn], turn)
    action, raw = [], []
    for turn in range(ROUNDS):
        action.append(_timed(_save_by_action, user, ids[turn % len(ids)], turn))
        raw.append(_timed(_save_by_raw, user, ids[turn % len(ids)], turn))
    ratio = statistics.median(a / b for a, b in zip(action, raw, strict=True))
    bound = 4 if ON_POSTGRES else 6
    print(
        f"one save, {connection.vendor}, {label}: action {statistics.median(action) * 1e3:.1f} ms, "
        f"95 % below {sorted(action)[int(ROUNDS * 0.95)] * 1e3:.1f} ms (bound 50); "
        f"raw SQL {statistics.median(raw) * 1e3:.1f} ms; ratio {ratio:.2f} (bound {bound})"
    )


def _timed(work: Callable[..., None], *arguments: Any) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def _more_cities(count: int) -> None:
    """Copies of the cycle's block with its rules, members and scores, as other cities on the same site."""
    source = Block.objects.get(cycle__code="2012", name=BLOCK)
    items = list(MajorItem.objects.filter(block=source).prefetch_related("sub_items"))
    units = list(source.memberships.values_list("unit_id", flat=True))
    user = User.objects.get(username="office1")
    host = source.cycle.host
    now = timezone.now()
    for n in range(count):
        with transaction.atomic(), once_per_block():
            cycle = Cycle.objects.create(
                code=f"city-{n}", name="city", year=2012, host=host, stage="preliminary-review"
            )
            block = Block(cycle=cycle, name=BLOCK, kind=source.kind)
            Block.objects.bulk_create([block])
            block = Block.objects.get(cycle=cycle)
            members = Membership.objects.bulk_create([Membership(block=block, unit_id=u) for u in units])
            subs: list[SubItem] = []
            for item in items:
                (made,) = MajorItem.objects.bulk_create(
                    [
                        MajorItem(
                            block=block,
                            name=item.name,
                            order=item.order,
                            weight_points=item.weight_points,
                            base_points=item.base_points,
                        )
                    ]
                )
                subs += SubItem.objects.bulk_create(
                    [
                        SubItem(item=made, name=s.name, order=s.order, base_points=s.base_points)
                        for s in item.sub_items.all()
                    ]
                )
            cells = Cell.objects.bulk_create(
                [Cell(block=block, membership=m, sub_item=s) for m in members for s in subs], batch_size=2000
            )
            Score.objects.bulk_create(
                [
                    Score(cell=c, kind=kind, points=100, entered_by=user, entered_at=now)
                    for c in cells
                    for kind in (ScoreKind.LEAD, ScoreKind.PRELIMINARY)
                ],
                batch_size=2000,
            )
            announce_stale(block.pk)


def _rush() -> None:
    """43 people with the matrix open save at once over HTTP, 2 workers; answers, scores and places are checked."""
    ids = list(
        Cell.objects.filter(block__name=BLOCK, block__cycle__code="2012")
        .order_by("membership_id", "pk")
        .distinct()
        .values_list("pk", "membership_id")
    )
    chosen = list({member: pk for pk, member in reversed(ids)}.values())[:43]
    before = Score.objects.count()
    connection.close()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-w",
            "2",
            "--threads",
            "4",
            "-k",
            "gthread",
            "-b",
            f"127.0.0.1:{PORT}",
            "appraisal_site.wsgi",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"ALLOWED_HOSTS": "127.0.0.1"},
    )
    try:
        _wait_until_served()
        clients = [_SignedIn() for _ in chosen]
        _at_once([partial(client.get, f"/years/2012/blocks/{quote(BLOCK)}/matrix/") for client in clients])
        codes, took, total = _at_once(
            [
                partial(
                    client.post,
                    f"/years/2012/cells/{pk}/",
                    {"kind": "preliminary", "score": f"{40 + n}.25", "act": "score"},
                )
                for n, (client, pk) in enumerate(zip(clients, chosen, strict=True))
            ]
        )
    finally:
        server.terminate()
        server.wait(10)
    stored = {s.cell_id: s.points for s in Score.objects.filter(cell_id__in=chosen, kind="preliminary")}
    lost = sum(stored[pk] != Decimal(f"{40 + n}.25") for n, pk in enumerate(chosen))
    block = Block.objects.select_related("cycle").get(cycle__code="2012", name=BLOCK)
    right = compute(sheets.named_sheet(block)).as_dict() == queries.standing_of(block).as_dict()
    answers = {code: codes.count(code) for code in set(codes)}
    print(
        f"43 people at once over HTTP, 2 workers, {connection.vendor}: all in {total:.2f} s (bound 1), "
        f"slowest {max(took):.2f} s; answers {answers}; lost updates {lost}; "
        f"places {'all right' if right else 'WRONG'}; new scores {Score.objects.count() - before}"
    )


def _at_once(asks: list[Callable[[], int]]) -> tuple[list[int], list[float], float]:
    """Let everybody ask in the same moment: the answers' codes, the seconds of each, the seconds until the last."""
    took: list[float] = [0.0] * len(asks)
    codes: list[int] = [0] * len(asks)
    gate = threading.Barrier(len(asks) + 1)

    def ask(n: int) -> None:
        gate.wait()
        begun = time.perf_counter()
        codes[n] = asks[n]()
        took[n] = time.perf_counter() - begun

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(asks))]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return codes, took, time.perf_counter() - begun


class _SignedIn:
    """One browser: a session and a token."""

    def __init__(self) -> None:
        user = User.objects.get(username="office1")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.token = "a" * 32
        self.cookie = f"sessionid={session.session_key}; csrftoken={self.token}"

    def get(self, path: str) -> int:
        line = HTTPConnection("127.0.0.1", PORT, timeout=30)
        line.request("GET", path, headers={"Cookie": self.cookie})
        answer = line.getresponse()
        answer.read()
        return answer.status

    def post(self, path: str, fields: dict[str, str]) -> int:
        line = HTTPConnection("127.0.0.1", PORT, timeout=30)
        line.request(
            "POST",
            path,
            body=urlencode(fields),
            headers={
                "Cookie": self.cookie,
                "X-CSRFToken": self.token,
                "HX-Request": "true",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        answer = line.getresponse()
        answer.read()
        return answer.status


def _wait_until_served() -> None:
    for _attempt in range(100):
        try:
            line = HTTPConnection("127.0.0.1", PORT, timeout=2)
            line.request("GET", "/login/")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    sys.exit(main())
