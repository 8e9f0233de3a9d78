"""The last minutes before a deadline: everybody signs in, saves, hands in a file and submits; then all is reconciled.

Run as `python -m bench.rush [--sessions 810 --seconds 300]`. On loopback, two web processes, first on SQLite, then
on a throw-away PostgreSQL where its programs are there. Each session is one unit's principal: a sign-in within the
first four fifths, three saves, one file, one submission; half of the submissions fall into the last fifth, and some
come after the deadline. What the browsers were told is set against what is stored.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8792"))
PASSWORD = "the last minute of 2012"  # noqa: S105 -- of throw-away accounts on loopback
SUBS = ("群众及信访", "安全生产", "计划生育")
LATE_SECONDS = 5.0
EMPTY = [""]  # the digest with which a browser is shown a line nobody has filled in yet
ANSWER_LIMIT = 60  # seconds a browser waits


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=81, help="people who hand in (the bound: 810)")
    parser.add_argument(
        "--seconds", type=float, default=60, help="from the first sign-in to the deadline (300)"
    )
    parser.add_argument("--file-kib", type=int, default=2048, help="size of the file each hands in")
    parser.add_argument("--late", type=float, default=0.03, help="share that comes after the deadline")
    parser.add_argument("--clients", type=int, default=48, help="requests under way at once")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="on the database of DATABASE_URL; used by itself")
    return parser.parse_args()


def main() -> int:
    chosen = options()
    if chosen.here:
        return rush(chosen)
    failed = 0
    for name in chosen.databases.split(","):
        folder = tempfile.mkdtemp(prefix="bench-rush-")
        os.chmod(folder, 0o755)  # noqa: S103 -- the throw-away database's own user reads nothing here
        environment = os.environ | {"MEDIA_ROOT": f"{folder}/media", "TASKS": "process"}
        environment.setdefault("SECRET_KEY", "for the measurement only")
        command = [sys.executable, "-m", "bench.rush", "--here", *sys.argv[1:]]
        if name == "postgres":
            command = ["bash", str(ROOT / "scripts" / "with_postgres.sh"), *command]
        else:
            environment["DATABASE_URL"] = f"sqlite:///{folder}/rush.sqlite3"
        try:
            done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
            if done.returncode == 3 and name == "postgres":
                print("PostgreSQL is not on this machine; left out.")
            elif done.returncode:
                failed = 1
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return failed


# One person ---------------------------------------------------------------------------------------


@dataclass
class Person:
    """One session: its steps in order, each with the second it is due, and what it was told."""

    number: int
    username: str
    cells: list[int]
    steps: list[tuple[float, str]]
    late: bool
    cookies: dict[str, str] = field(default_factory=dict)
    at: int = 0
    seen: dict[int, str] = field(default_factory=dict)
    saved: dict[int, str] = field(default_factory=dict)  # cell → points the server said are kept
    file_sha256: str = ""
    receipt: int = 0
    refused: str = ""
    told: list[tuple[str, int, float]] = field(default_factory=list)  # step, status, seconds

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = ""
    ) -> tuple[int, bytes, str]:
        line = HTTPConnection("127.0.0.1", PORT, timeout=ANSWER_LIMIT)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.cookies.get("csrftoken", "")}
        line.request(method, path, body=body, headers=headers)
        answer = line.getresponse()
        content = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, rest = cookie.partition("=")
            self.cookies[name.strip()] = rest.partition(";")[0]
        line.close()
        return answer.status, content, answer.headers.get("Location") or ""

    def do(self, step: str, size: int) -> None:
        begun = time.monotonic()
        try:
            status = getattr(self, f"_{step.partition('-')[0]}")(step, size)
        except OSError as error:
            status = 599
            self.refused = str(error)
        self.told.append((step, status, time.monotonic() - begun))

    def _signin(self, _step: str, _size: int) -> int:
        self.ask("GET", "/login/")
        form = urlencode({"username": self.username, "password": PASSWORD}).encode()
        status, _content, _to = self.ask("POST", "/login/", form, "application/x-www-form-urlencoded")
        if status != 302:
            return status
        status, _content, _to = self.ask("GET", "/years/2012/self/")
        return status

    def _save(self, step: str, _size: int) -> int:
        number = int(step.partition("-")[2])
        cell, points = self.cells[number], f"{90 + (self.number + number) % 10}.5"
        form = urlencode(
            {"points": points, "note": f"第{self.number}份说明", "seen": self.seen.get(cell, EMPTY[0])}
        ).encode()
        path = f"/years/2012/self/cells/{cell}/save/"
        status, content, _to = self.ask("POST", path, form, "application/x-www-form-urlencoded")
        said = json.loads(content) if status in {200, 409} else {}
        if status == 200:
            self.saved[cell], self.seen[cell] = points, said["seen"]
        elif status == 409:
            self.refused = said.get("server_time", "")
        return status

    def _file(self, _step: str, size: int) -> int:
        content = paper(self.number, size)
        edge = f"edge{self.number}"
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{self.username}.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        body += content + f"\r\n--{edge}--\r\n".encode()
        path = f"/years/2012/self/cells/{self.cells[0]}/evidence/"
        status, _content, _to = self.ask("POST", path, body, f"multipart/form-data; boundary={edge}")
        if status == 302:
            self.file_sha256 = hashlib.sha256(content).hexdigest()
        return status

    def _submit(self, _step: str, _size: int) -> int:
        form = urlencode({"part": ""}).encode()
        path = "/years/2012/self/submit/"
        status, content, to = self.ask("POST", path, form, "application/x-www-form-urlencoded")
        if status == 302:
            self.receipt = int(re.findall(r"receipts/(\d+)/", to)[0])
        else:
            # The sentence names the server's time: 11月26日 06:31:05 after “服务器”.
            text = re.sub(r"<[^>]+>", " ", content.decode())
            found = re.search(r"服务器[^。]*?(\d{2}:\d{2}:\d{2})", text)
            self.refused = found.group(1) if found else ""
        return status


def paper(number: int, size_kib: int) -> bytes:
    """A PDF of that size that no other session has."""
    noise = random.Random(number).randbytes(size_kib * 1024)  # noqa: S311 -- bytes that do not pack, no secret
    head = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    )
    body = head + b"3 0 obj<</Length %d>>stream\n" % len(noise) + noise + b"\nendstream endobj\n"
    return (
        body
        + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n"
        % len(body)
    )


# The rush -----------------------------------------------------------------------------------------


def plan(chosen: argparse.Namespace, people: list[tuple[str, list[int]]]) -> list[Person]:
    """When everybody does what: seconds from the first sign-in; the deadline is at `chosen.seconds`."""
    luck = random.Random(chosen.seed)  # noqa: S311 -- a timetable, no secret
    count, end = len(people), chosen.seconds
    last = 0.8 * end
    signing = sorted(luck.uniform(0, last) for _person in people)
    early = sorted(luck.uniform(0.12 * end, last) for _person in range(count // 2))
    rest = count - len(early)
    late_count = round(chosen.late * count)
    final = sorted(luck.uniform(last, end - 0.4) for _person in range(rest - late_count))
    after = sorted(luck.uniform(end + 0.3, end + LATE_SECONDS) for _person in range(late_count))
    found = []
    for number, ((username, cells), begins, ends) in enumerate(
        zip(people, signing, [*early, *final, *after], strict=True)
    ):
        ends = max(ends, begins + 0.5)
        span = ends - begins
        steps = [(begins, "signin")]
        steps += [(begins + span * (n + 1) / 6, f"save-{n}") for n in range(3)]
        steps += [(begins + span * 4.5 / 6, "file"), (ends, "submit")]
        is_late = ends > end
        if is_late:  # what comes too late is the submission; the work was done in time
            steps = [(min(at, end - 1.0), step) if step != "submit" else (at, step) for at, step in steps]
        found.append(Person(number, username, cells, steps, is_late))
    return found


def run(people: list[Person], chosen: argparse.Namespace, begin: float) -> float:
    """Let everybody do their steps at their seconds; returns the worst lag of a step in seconds."""
    heap = [(person.steps[0][0], person.number) for person in people]
    heapq.heapify(heap)
    lock, idle = threading.Condition(), len(people)
    worst = 0.0

    def work(person: Person) -> None:
        nonlocal idle
        person.do(person.steps[person.at][1], chosen.file_kib)
        person.at += 1
        with lock:
            if person.at < len(person.steps):
                heapq.heappush(heap, (person.steps[person.at][0], person.number))
            else:
                idle -= 1
            lock.notify()

    with ThreadPoolExecutor(chosen.clients) as pool:
        while True:
            with lock:
                if idle == 0:
                    return worst
                now = time.monotonic() - begin
                if not heap or heap[0][0] > now:
                    lock.wait(min(0.5, heap[0][0] - now) if heap else 0.5)
                    continue
                due, number = heapq.heappop(heap)
            worst = max(worst, now - due)
            pool.submit(work, people[number])


def cpu_of(pids: list[int]) -> float:
    """Seconds of CPU these processes have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def rush(chosen: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from scoring.assessment_queries import line_facts

    call_command("migrate", verbosity=0)
    accounts = make_city(chosen.sessions)
    EMPTY[0] = line_facts(accounts[0][1][0]).seen
    folder = Path(tempfile.mkdtemp(prefix="bench-rush-log-"))
    log = folder / "access.log"
    connection.close()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "4", "-k", "gthread"),
            *("-b", f"127.0.0.1:{PORT}", "--no-control-socket", "--timeout", "90"),
            *(
                "--access-logfile",
                str(log),
                "--access-logformat",
                "%(m)s %(U)s %(s)s %(D)s",
                "--log-level",
                "error",
            ),
            "appraisal_site.wsgi",
        ],
        env=os.environ | {"ALLOWED_HOSTS": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors.log").open("wb"),
    )
    try:
        wait_until_served()
        quiet = alone(accounts[0], log)
        people = plan(chosen, accounts[1:])
        deadline = set_deadline(chosen.seconds)
        before = cpu_of(family(server.pid))
        own_before = resource.getrusage(resource.RUSAGE_SELF)
        begin = time.monotonic()
        lag = run(people, chosen, begin)
        took = time.monotonic() - begin
        own_after = resource.getrusage(resource.RUSAGE_SELF)
        served = cpu_of(family(server.pid)) - before
    finally:
        server.terminate()
        server.wait(15)
    own = (own_after.ru_utime + own_after.ru_stime) - (own_before.ru_utime + own_before.ru_stime)
    cores = os.cpu_count() or 1
    print(
        f"deadline rush, {connection.vendor}, {len(people)} sessions, {chosen.seconds:g} s to the deadline, 2 workers, "
        f"file of {chosen.file_kib} KiB; {took:.0f} s in all, worst lag of a step {lag:.1f} s"
    )
    print(
        f"  CPU: web {served:.1f} s, this script {own:.1f} s ({own / (took * cores):.0%} of the machine's {cores} cores, "
        f"{own / max(own + served, 0.01):.0%} of both)"
    )
    times(people, log, quiet)
    wrong = reconcile(people, deadline)
    for line in (folder / "errors.log").read_text().splitlines():
        if "Traceback" in line or "Error" in line:
            print(f"  server: {line}")
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


def make_city(count: int) -> list[tuple[str, list[int]]]:
    """One block of so many units and one more, three sub-items, a principal for each; (username, cells)."""
    from django.contrib.auth.hashers import make_password
    from django.db import transaction

    from office.models import User
    from scoring.models import Cell, MajorItem, SubItem
    from units.models import Block, Cycle, Membership, RoleAssignment, Unit
    from units.signals import announce_stale, once_per_block

    secret = make_password(PASSWORD)
    with transaction.atomic(), once_per_block():
        host = Unit.objects.create(name="考评办", kind="机构", order=0)
        cycle = Cycle.objects.create(
            code="2012", name="压力测试", year=2012, host=host, stage="self-assessment"
        )
        block = Block.objects.create(cycle=cycle, name="乡镇口", kind="综合")
        item = MajorItem.objects.create(block=block, name="社会管理", weight_points=1000, base_points=300)
        for order, name in enumerate(SUBS):
            SubItem.objects.create(item=item, name=name, order=order, base_points=100)
        units = Unit.objects.bulk_create(
            [Unit(name=f"第{n:04d}乡", kind="乡镇", order=n + 1) for n in range(count + 1)]
        )
        cycle.units.set(units)
        Membership.objects.bulk_create([Membership(block=block, unit=unit) for unit in units])
        users = User.objects.bulk_create(
            [
                User(username=f"principal{n:04d}", display_name=f"负责人{n}", password=secret)
                for n in range(count + 1)
            ]
        )
        RoleAssignment.objects.bulk_create(
            [
                RoleAssignment(user=user, role="UP", unit=unit, cycle=cycle)
                for user, unit in zip(users, units, strict=True)
            ]
        )
        announce_stale(block.pk)
    cells: dict[int, list[int]] = {}
    for pk, unit in Cell.objects.order_by("sub_item__order").values_list("pk", "membership__unit_id"):
        cells.setdefault(unit, []).append(pk)
    return [(user.username, cells[unit.pk]) for user, unit in zip(users, units, strict=True)]


def set_deadline(seconds: float) -> datetime:
    """The window of self-assessment closes so many seconds from now."""
    from django.db import connection
    from django.utils import timezone

    from units.models import Cycle, StageWindow

    end = timezone.localtime() + timedelta(seconds=seconds)
    StageWindow.objects.update_or_create(
        cycle=Cycle.objects.get(code="2012"),
        stage="self-assessment",
        defaults={"opens_on": end.date() - timedelta(days=9), "closes_on": end.date(), "cut_off": end.time()},
    )
    connection.close()
    return end


def wait_until_served() -> None:
    for _attempt in range(150):
        try:
            line = HTTPConnection("127.0.0.1", PORT, timeout=2)
            line.request("GET", "/health/")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def alone(account: tuple[str, list[int]], log: Path) -> list[float]:
    """One person alone saves sixty times: milliseconds of server time of each, before the rush begins."""
    person = Person(10_000, account[0], account[1], [], False)
    person.do("signin", 0)
    for turn in range(63):
        person.number = 10_000 + turn
        person.do(f"save-{turn % 3}", 0)
    time.sleep(0.3)
    found = [millis for path, _status, millis in lines_of(log) if path.endswith("/save/")]
    log.write_text("")
    return found[6:]


def lines_of(log: Path) -> list[tuple[str, int, float]]:
    """(path, status, milliseconds of server time) of every request."""
    rows = [line.split() for line in log.read_text().splitlines()]
    return [(row[1], int(row[2]), int(row[3]) / 1000) for row in rows if len(row) == 4]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def times(people: list[Person], log: Path, quiet: list[float]) -> None:
    rows = lines_of(log)
    saves = [millis for path, status, millis in rows if path.endswith("/save/") and status == 200]
    submits = [millis for path, _status, millis in rows if path.endswith("/submit/")]
    files = [millis for path, _status, millis in rows if path.endswith("/evidence/")]
    print(
        f"  server time of a save, alone: median {statistics.median(quiet):.0f} ms, 95 % below {percentile(quiet, 0.95):.0f} ms "
        f"(bound 50); in the rush: median {percentile(saves, 0.5):.0f} ms, 95 % below {percentile(saves, 0.95):.0f} ms; "
        f"file 95 % below {percentile(files, 0.95):.0f} ms; submission 95 % below {percentile(submits, 0.95):.0f} ms"
    )
    waits = [seconds for person in people for _step, _status, seconds in person.told]
    print(
        f"  seen by the browsers: 95 % of the steps within {percentile(waits, 0.95):.2f} s, slowest {max(waits):.2f} s"
    )


def reconcile(people: list[Person], deadline: datetime) -> bool:
    """What the browsers were told against what is stored; True when anything is wrong."""
    from office import audit, files
    from office.fields import format_points
    from office.models import StoredFile
    from scoring.models import Receipt, Score

    statuses = Counter(status for person in people for _step, status, _seconds in person.told)
    receipts = {receipt.pk: receipt for receipt in Receipt.objects.filter(withdrawn_at=None)}
    stored = {
        cell: format_points(points)
        for cell, points in Score.objects.filter(kind="self").values_list("cell_id", "points")
    }
    problems: list[str] = []
    for person in people:
        where = person.username
        for cell, points in person.saved.items():
            if stored.get(cell) != points:
                problems.append(f"{where}: saved {points} in cell {cell}, stored {stored.get(cell)}")
        kept = receipts.pop(person.receipt, None) if person.receipt else None
        if person.receipt and kept is None:
            problems.append(f"{where}: was given receipt {person.receipt}, which is not stored")
        if kept is not None:
            sealed = json.loads(kept.content)
            if hashlib.sha256(kept.content.encode()).hexdigest() != kept.digest:
                problems.append(f"{where}: the receipt's digest does not fit")
            if {line["points"] for line in sealed["lines"]} - set(person.saved.values()):
                problems.append(f"{where}: the receipt seals other points than were saved")
            names = {file["sha256"] for line in sealed["lines"] for file in line["evidence"]}
            if person.file_sha256 and person.file_sha256 not in names:
                problems.append(f"{where}: the file handed in is not in the receipt")
            if kept.submitted_at >= deadline:
                problems.append(f"{where}: accepted after the deadline")
    if receipts:
        problems.append(f"{len(receipts)} receipts are stored that nobody was given")
    for kept_file in StoredFile.objects.all():
        if not files.path_of(kept_file.sha256).exists():
            problems.append(f"the bytes of {kept_file.name} are gone")
    last = {person.number: person.told[-1] for person in people if person.told}
    refused = [person for person in people if last[person.number][1] == 409]
    silent = [person.username for person in refused if not person.refused]
    if silent:
        problems.append(f"{len(silent)} refusals without the server's time: {silent[:3]}")
    early_refused = [p.username for p in people if not p.late and last[p.number][1] not in {302, 409}]
    if early_refused:
        problems.append(f"{len(early_refused)} sessions ended otherwise: {early_refused[:3]}")
    faults = {status: count for status, count in statuses.items() if status >= 500}
    if faults:
        problems.append(f"faults of the site: {faults}")
    broken = audit.verify()
    if broken is not None:
        problems.append(f"the log's chain breaks at {broken}")
    given = sum(bool(person.receipt) for person in people)
    late = sum(person.late for person in people)
    print(
        f"  reconciliation: {given} receipts given and stored, {len(refused)} refused as too late with the server's time "
        f"({late} came late on purpose), {sum(len(p.saved) for p in people)} saves and "
        f"{sum(bool(p.file_sha256) for p in people)} files acknowledged; answers {dict(sorted(statuses.items()))}; "
        f"lost {len([p for p in problems if 'stored' in p or 'gone' in p])}, 5xx {sum(faults.values())}"
    )
    for problem in problems[:20]:
        print(f"  WRONG: {problem}")
    print("  " + ("everything agrees" if not problems else f"{len(problems)} things do not agree"))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
