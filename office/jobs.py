"""Runs long work with a progress bar, a heartbeat, a cancel button and a reaper for lost workers.

The work itself is a function registered by the app that owns it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from office.models.job import Job, JobState
from office.refusal import Refused

if TYPE_CHECKING:
    from office.models import User

logger = logging.getLogger(__name__)
LOST_AFTER = timedelta(seconds=60)
BEAT_EVERY = 1.0  # seconds between two writes of progress
BEAT_WITHIN = 10.0  # seconds between two beats while one long step runs


class Cancelled(Exception):
    """The owner asked to stop; work raises it through Progress.step() and nothing is kept."""


class Progress:
    """Handed to the work: tell it where you are, it tells the page."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._written_at = 0.0

    def step(self, done: int, total: int, doing: str = "") -> None:
        """Note the progress; writes at most once a second. Raises Cancelled when the owner asked for it.

        Call it outside the transaction that does the work, or the page sees nothing.
        """
        now = time.monotonic()
        if now - self._written_at < BEAT_EVERY and done < total:
            return
        self._written_at = now
        Job.objects.filter(pk=self.job.pk).update(
            done=done, total=total, doing=doing[:200], heartbeat_at=timezone.now()
        )
        if Job.objects.filter(pk=self.job.pk, cancel_asked=True).exists():
            raise Cancelled

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Keep the heartbeat going through one long step that tells nothing in between, as setting a booklet."""
        over = Event()

        def beat() -> None:
            try:
                while not over.wait(BEAT_WITHIN):
                    Job.objects.filter(pk=self.job.pk).update(heartbeat_at=timezone.now())
            finally:
                connection.close()

        beater = Thread(target=beat, daemon=True)
        beater.start()
        try:
            yield
        finally:
            over.set()
            beater.join()


Work = Callable[[Job, Progress], dict[str, Any]]
_works: dict[str, Work] = {}


def register(kind: str) -> Callable[[Work], Work]:
    """Decorator: this function does the jobs of that kind and returns the result as JSON data."""

    def keep(work: Work) -> Work:
        _works[kind] = work
        return work

    return keep


def start(kind: str, title: str, owner: User, arguments: dict[str, Any], *, cycle_code: str = "") -> Job:
    """Queue a job after the surrounding transaction commits."""
    if kind not in _works:
        raise LookupError(f"no work is registered for {kind!r}")
    job = Job.objects.create(
        kind=kind, title=title[:200], owner=owner, arguments=arguments, cycle_code=cycle_code
    )
    transaction.on_commit(lambda: run_job.enqueue(job.pk))
    return job


@task()
def run_job(job_id: int) -> None:
    claimed = Job.objects.filter(pk=job_id, state=JobState.WAITING).update(
        state=JobState.RUNNING, started_at=timezone.now(), heartbeat_at=timezone.now()
    )
    if not claimed:
        return
    job = Job.objects.select_related("owner").get(pk=job_id)
    finish: dict[str, Any]
    try:
        result = _works[job.kind](job, Progress(job))
        finish = {"state": JobState.DONE, "result": result}
    except Cancelled:
        finish = {"state": JobState.CANCELLED, "message": _("Cancelled; nothing was changed.")}
    except Refused as refusal:
        finish = {"state": JobState.REFUSED, "message": str(refusal), "result": dict(refusal.values)}
    except Exception:
        logger.exception("job %s failed", job_id)
        finish = {
            "state": JobState.FAILED,
            "message": _(
                "The work stopped by a fault of the program; nothing was changed. Please try again or call the system administrator."
            ),
        }
    Job.objects.filter(pk=job_id, state=JobState.RUNNING).update(finished_at=timezone.now(), **finish)


def ask_to_cancel(job: Job) -> None:
    """A waiting job ends at once, a running one at its next step."""
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)
    Job.objects.filter(pk=job.pk, state=JobState.WAITING).update(
        state=JobState.CANCELLED, finished_at=timezone.now()
    )


def reap() -> int:
    """Mark running jobs without a heartbeat as lost; returns how many."""
    silent = timezone.now() - LOST_AFTER
    return Job.objects.filter(
        Q(heartbeat_at__lt=silent) | Q(heartbeat_at__isnull=True), state=JobState.RUNNING
    ).update(
        state=JobState.LOST,
        finished_at=timezone.now(),
        message=_("The worker stopped in the middle; nothing was changed. Please start it again."),
    )
