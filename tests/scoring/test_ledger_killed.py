"""A worker killed in the middle of taking a ledger in: the old state or the new, never between.

The child is really killed (SIGKILL), on a database that keeps its promises to the disk.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from office.models import Job
from office.models.job import JobState
from office.refusal import Refused
from scoring.actions import batches, versions
from scoring.models import BatchState, ImportBatch, LedgerLine, LedgerVersion
from tests.cast import Cast
from tests.scoring.ledger_sheets import GOOD, LEAD, book, confirm, hand_in, row, standing, taken

ROOT = Path(__file__).resolve().parents[2]
OLD = ["", "回访不到位", "越级上访一批次"]
NEW = [f"第{n:02d}件" for n in range(45)]


def child(how: str, batch: ImportBatch, database: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.scoring.killed_import", how, str(batch.pk)],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "SECRET_KEY": "of a test",
            "TASKS": "process",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert answer.returncode == 0, answer.stderr
    state: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return state


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["die-between-chunks", "die-before-the-commit"])
def test_a_killed_worker_leaves_the_old_ledger_and_a_retry_gives_one_copy(
    cast: Cast, tmp_path: Path, how: str
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the child needs a database of its own; the steps are the same on PostgreSQL")
    taken(cast, *GOOD)
    batch = hand_in(cast, book(*(row("青山乡", 1, reason) for reason in NEW)))
    copy = tmp_path / "copy.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    database = f"sqlite:///{copy}"

    killed = child(how, batch, database)
    between = told(child("look", batch, database))
    after = told(child("take", batch, database))

    assert killed.returncode == -signal.SIGKILL
    assert between == {"batch": "preview", "reasons": OLD, "in_force": 1, "chain": True}
    assert after == {"batch": "committed", "reasons": NEW, "in_force": 1, "chain": True}


def test_a_batch_whose_worker_was_lost_says_so_and_can_be_confirmed_again(cast: Cast, client: Client) -> None:
    batch = hand_in(cast, book(*GOOD))
    long_ago = timezone.now() - timedelta(minutes=5)
    batch.job = Job.objects.create(
        kind="imports.take",
        title="台账",
        owner=cast.people[LEAD],
        state=JobState.RUNNING,
        heartbeat_at=long_ago,
    )
    batch.save()
    client.force_login(cast.people[LEAD])

    page = client.get(f"/years/2012/imports/{batch.pk}/").content.decode()

    batch.refresh_from_db()
    assert batches.was_broken_off(batch)
    assert batch.job is not None
    assert batch.job.message in page
    assert "confirm/" in page
    confirm(cast, batch)
    assert len(standing(cast)) == 3


def test_a_workbook_read_before_its_worker_was_lost_is_not_broken(cast: Cast, client: Client) -> None:
    """Forty files are read by one job; what it had read stands and may be confirmed."""
    batch = hand_in(cast, book(*GOOD))
    batch.job = Job.objects.create(
        kind="imports.read", title="40份工作簿", owner=cast.people[LEAD], state=JobState.LOST, message="停了"
    )
    batch.save()
    client.force_login(cast.people[LEAD])

    page = client.get(f"/years/2012/imports/{batch.pk}/").content.decode()

    assert not batches.was_broken_off(batch)
    assert "停了" not in page
    assert "confirm/" in page


def test_while_a_worker_takes_it_in_nobody_can_confirm_or_drop_it_on_the_page(
    cast: Cast, client: Client
) -> None:
    batch = hand_in(cast, book(*GOOD))
    batch.job = Job.objects.create(
        kind="imports.take",
        title="台账",
        owner=cast.people[LEAD],
        state=JobState.RUNNING,
        heartbeat_at=timezone.now(),
        done=40,
        total=100,
    )
    batch.save()
    client.force_login(cast.people[LEAD])

    page = client.get(f"/years/2012/imports/{batch.pk}/").content.decode()

    assert "confirm/" not in page
    assert "drop/" not in page
    assert 'value="40"' in page


@pytest.mark.django_db(transaction=True)
def test_a_long_ledger_is_taken_in_by_a_job_that_can_be_watched(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "TAKEN_AT_ONCE", 2)
    monkeypatch.setattr(versions, "CHUNK", 1)
    batch = hand_in(cast, book(*GOOD))
    client.force_login(cast.people[LEAD])

    answer = client.post(f"/years/2012/imports/{batch.pk}/confirm/", follow=True)

    job = Job.objects.get(kind="imports.take")
    assert answer.status_code == 200
    assert (job.state, job.done, job.total) == (JobState.DONE, 100, 100)
    assert len(standing(cast)) == 3


@pytest.mark.django_db(transaction=True)
def test_a_job_that_may_no_longer_take_it_in_leaves_the_batch_as_it_was_and_says_why(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "TAKEN_AT_ONCE", 2)
    batch = hand_in(cast, book(*GOOD))
    taken(cast, row("青山乡", 9, "别人先报"), by="office1")
    client.force_login(cast.people[LEAD])

    page = client.post(f"/years/2012/imports/{batch.pk}/confirm/", follow=True).content.decode()

    batch.refresh_from_db()
    assert batch.state == BatchState.PREVIEW
    assert "office1" in page
    assert [line[1] for line in standing(cast)] == ["9"]


def test_a_full_disk_is_told_in_words_and_changes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = hand_in(cast, book(*GOOD))

    def full(*_args: Any, **_named: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(versions, "_switch", full)
    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)

    batch.refresh_from_db()
    assert (refusal.value.code, refusal.value.status, batch.state) == ("disk", 507, BatchState.PREVIEW)
    assert not LedgerLine.objects.exists()
    assert not LedgerVersion.objects.exists()


def test_an_upload_that_finds_no_room_on_the_disk_is_told_in_words(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("office.files.os.fsync", full)
    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD))

    assert refusal.value.code == "disk"
    assert not ImportBatch.objects.exists()
