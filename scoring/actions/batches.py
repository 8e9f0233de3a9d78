"""A workbook that is handed in: kept, read into a preview, taken in whole or put away; the same for every kind.

What the rows of a kind mean is told by its importer: score sheets in imports, ledgers and returns in ledgers.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from office import audit, files, jobs
from office.models import Job, StoredFile
from office.models.job import JobState
from office.refusal import Refused
from office.workbook.guard import refuse
from office.workbook.limits import MIB, Limits
from office.workbook.report import file_problem
from scoring import import_queries
from scoring.models import BatchState, ImportBatch, ImportPlan
from units.hats import Hat, hats_of
from units.models import Cycle

READ_AT_ONCE: Final = 200_000  # bytes; a larger file, or several together, are read by a job
TAKEN_AT_ONCE: Final = 5_000  # lines; a larger plan is taken in by a job
STEPS: Final = 100  # of a progress bar for one file
LIMITS: Final = Limits()
Tell = Callable[[int, str], None]  # percent of this file, what is being done

TAKE: Final = "imports.take"  # the job that takes one workbook in

DROPPED: Final = {
    "scores": "scores.dropped",
    "ledger": "ledger.dropped",
    "returns": "returns.dropped",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook would do: its report, who signed it, and the packed plan; None when it is refused."""

    report: dict[str, Any]
    signed: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of workbook.  `read` looks and keeps nothing; `take` makes the kept plan true, in one piece."""

    require_open: Callable[[Hat, ImportBatch], None]
    read: Callable[[ImportBatch, Hat, Tell], Reading]
    take: Callable[[ImportBatch, bytes, str, Hat, Tell], None]


_importers: dict[str, Importer] = {}


def register(kind: str, importer: Importer) -> None:
    _importers[kind] = importer


def silent(percent: int, doing: str) -> None:
    return None


def hand_in(
    *, by: Hat, cycle: Cycle, kind: str, target: str, chunks: Iterable[bytes], name: str, size: int = 0
) -> ImportBatch:
    """Keep a workbook as it came; it is read by `read_in` or by a job.

    Raises Refused: not permitted, stage closed, too big or empty, or the same bytes were taken in before.
    """
    batch = ImportBatch(cycle=cycle, kind=kind, target=target, state=BatchState.READING, by=by.user)
    _importers[kind].require_open(by, batch)
    if size > LIMITS.file_bytes:
        raise refuse("file-too-big", size=-(-size // MIB), limit=LIMITS.file_bytes // MIB)
    stored: StoredFile = files.store(chunks, name, by.user)
    require_new(target, stored.sha256)
    batch.file, batch.file_sha256 = stored, stored.sha256
    batch.save()
    return batch


def require_new(target: str, sha256: str) -> None:
    taken = (
        ImportBatch.objects.filter(target=target, file_sha256=sha256, state=BatchState.COMMITTED)
        .select_related("by")
        .first()
    )
    if taken is not None:
        raise already_imported(taken)


def already_imported(taken: ImportBatch) -> Refused:
    when = formats.date_format(timezone.localtime(taken.committed_at or taken.at), _("j M Y H:i"))
    return Refused(
        "already-imported",
        _("This very file was already taken in by %(who)s on %(when)s. Nothing was changed.")
        % {"who": str(taken.by), "when": when},
    )


# Jobs -------------------------------------------------------------------------------------------


def start_reading(by: Hat, batches: Sequence[ImportBatch], cycle: Cycle) -> Job | None:
    """Read one small file at once, several or a large one by a job that can be watched; None: it is read."""
    if not batches:
        return None
    if len(batches) == 1 and batches[0].file.size <= READ_AT_ONCE:
        read_in(batches[0], by)
        return None
    title = batches[0].file.name if len(batches) == 1 else _("%(count)d workbooks") % {"count": len(batches)}
    return _start("imports.read", title, by, batches, cycle)


def start_taking(by: Hat, cycle: Cycle, batch_id: int) -> tuple[ImportBatch, Job | None]:
    """Take a small plan in at once, a large one by a job; None: it is done."""
    batch = find(by, cycle, batch_id)
    if batch.report.get("accepted", 0) <= TAKEN_AT_ONCE or batch.kind == "scores":
        return confirm(by=by, cycle=cycle, batch_id=batch_id), None
    _require_waiting(batch)
    _importers[batch.kind].require_open(by, batch)
    if batch.job is not None and not batch.job.is_over:
        return batch, batch.job
    job = _start(TAKE, batch.file.name, by, [batch], cycle)
    batch.refresh_from_db()
    return batch, job


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of many previews confirmed at once."""

    done: list[ImportBatch]
    running: list[ImportBatch]  # a job takes them in
    left: list[tuple[ImportBatch, Refused]]  # and why


def take_many(*, by: Hat, cycle: Cycle, batch_ids: Sequence[int]) -> Taken:
    """Take in every previewed workbook that was ticked, each whole or not at all; what cannot be is left and says why.

    Raises Refused (404) for anybody else's.
    """
    taken = Taken([], [], [])
    for batch in [find(by, cycle, pk) for pk in dict.fromkeys(batch_ids)]:
        try:
            batch, job = start_taking(by, cycle, batch.pk)
        except Refused as refused:
            if refused.code == "changed-meanwhile":
                read_again(by=by, cycle=cycle, batch_id=batch.pk)
            taken.left.append((batch, refused))
        else:
            (taken.done if job is None else taken.running).append(batch)
    return taken


def _start(kind: str, title: str, by: Hat, batches: Sequence[ImportBatch], cycle: Cycle) -> Job:
    with transaction.atomic():
        job = jobs.start(
            kind,
            title,
            by.user,
            {"batches": [batch.pk for batch in batches], "hat": by.key},
            cycle_code=cycle.code,
        )
        ImportBatch.objects.filter(pk__in=[batch.pk for batch in batches]).update(job=job)
    return job


def _hat_of(job: Job) -> Hat:
    hat = next((hat for hat in hats_of(job.owner) if hat.key == job.arguments["hat"]), None)
    if hat is None:
        raise Refused("no-such-hat", _("The role this was started in was taken away meanwhile."), status=403)
    return hat


@jobs.register("imports.read")
def _read_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    hat = _hat_of(job)
    batches = list(
        ImportBatch.objects.filter(pk__in=job.arguments["batches"], state=BatchState.READING)
        .select_related("cycle__host", "file")
        .order_by("pk")
    )
    total = STEPS * len(batches)
    for number, batch in enumerate(batches):
        done = STEPS * number

        def tell(percent: int, doing: str, name: str = batch.file.name, done: int = done) -> None:
            progress.step(done + percent, total, f"{name} {doing}".strip())

        tell(0, "")
        try:
            read_in(batch, hat, tell=tell)
        except jobs.Cancelled:
            ImportBatch.objects.filter(pk__in=[each.pk for each in batches], state=BatchState.READING).update(
                state=BatchState.DROPPED
            )
            raise
    progress.step(total, total)
    return {"batches": [batch.pk for batch in batches]}


@jobs.register(TAKE)
def _take_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    hat = _hat_of(job)
    (pk,) = job.arguments["batches"]
    batch = ImportBatch.objects.select_related("cycle__host").get(pk=pk)

    def tell(percent: int, doing: str) -> None:
        progress.step(percent, STEPS, doing)

    confirm(by=hat, cycle=batch.cycle, batch_id=pk, tell=tell)
    return {"batches": [pk]}


def was_broken_off(batch: ImportBatch) -> bool:
    """True when a worker was lost or failed over this workbook, so that it must be started once more."""
    broken = {JobState.LOST, JobState.FAILED, JobState.REFUSED, JobState.CANCELLED}
    if batch.job is None or batch.job.state not in broken:
        return False
    return batch.state == BatchState.READING or is_taken_by_job(batch)


def is_taken_by_job(batch: ImportBatch) -> bool:
    """True for a preview whose job takes it in; one job reads many, and what it has read stands whatever follows."""
    return batch.state == BatchState.PREVIEW and batch.job is not None and batch.job.kind == TAKE


# Reading ----------------------------------------------------------------------------------------


def read_in(batch: ImportBatch, by: Hat, *, tell: Tell = silent) -> ImportBatch:
    """Read the workbook outside any transaction and keep its report and plan; nothing else is written.

    The batch comes back refused, with every problem by its cell, or waiting to be confirmed.
    """
    return keep_reading(batch, lambda: _importers[batch.kind].read(batch, by, tell))


def keep_reading(batch: ImportBatch, read: Callable[[], Reading]) -> ImportBatch:
    """What `read` finds goes into the batch; a refusal of the whole file is one problem of its report."""
    try:
        with without_collector():
            found = read()
    except Refused as refusal:
        report = {"accepted": 0, "changed": 0, "errors": [file_problem(refusal)], "warnings": []}
        found = Reading(report)
    state = BatchState.REFUSED if found.content is None else BatchState.PREVIEW
    with transaction.atomic():
        batch.state, batch.report, batch.signed = state, found.report, dict(found.signed)
        batch.save(update_fields=["state", "report", "signed"])
        ImportPlan.objects.filter(batch=batch).delete()
        if found.content is not None:
            ImportPlan.objects.create(
                batch=batch, content=found.content, sha256=hashlib.sha256(found.content).hexdigest()
            )
    return batch


@contextmanager
def without_collector() -> Iterator[None]:
    """A large sheet makes a million small objects without one cycle among them; looking for cycles again and
    again would cost a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def unknown_names(
    unknown: Mapping[str, Sequence[str]], find_unit: Callable[[str], int | None]
) -> list[list[Any]]:
    """Unknown unit names with their nearest, as the preview page offers them to be learned."""
    return [
        [text, [[name, find_unit(name)] for name in nearest]] for text, nearest in list(unknown.items())[:200]
    ]


# Taking in --------------------------------------------------------------------------------------


def find(by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """A batch this person may see; raises Refused 404 for anybody else's."""
    batch = import_queries.batches_of(by, cycle).filter(pk=batch_id).first()
    if batch is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    batch.cycle = cycle
    return batch


def confirm(*, by: Hat, cycle: Cycle, batch_id: int, tell: Tell = silent) -> ImportBatch:
    """Take a previewed workbook in: all of it or nothing.

    Raises Refused: no longer permitted, stage closed, already taken in, or what it was read against was
    changed meanwhile (409, then read it again).
    """
    batch, content, sha256 = waiting_plan(by, cycle, batch_id)
    with all_or_nothing(batch):
        _importers[batch.kind].take(batch, content, sha256, by, tell)
    batch.state = BatchState.COMMITTED
    return batch


def waiting_plan(by: Hat, cycle: Cycle, batch_id: int) -> tuple[ImportBatch, bytes, str]:
    """A batch that waits to be confirmed, its plan and the plan's digest."""
    batch = find(by, cycle, batch_id)
    _require_waiting(batch)
    plan = ImportPlan.objects.filter(batch=batch).first()
    if plan is None:
        raise not_waiting(batch)
    require_new(batch.target, batch.file_sha256)
    return batch, bytes(plan.content), plan.sha256


@contextmanager
def all_or_nothing(batch: ImportBatch) -> Iterator[None]:
    """What the database refuses while a plan is taken in, as a sentence."""
    try:
        yield
    except IntegrityError:
        # Two people confirmed the same bytes at once: the constraint let one of them in.
        require_new(batch.target, batch.file_sha256)
        raise
    except (OperationalError, DatabaseError) as error:
        if "full" not in str(error):
            raise
        raise Refused(
            "disk",
            _(
                "%(name)s could not be taken in: the disk is full. Nothing was changed; please tell the system administrator."
            )
            % {"name": batch.file.name},
            status=507,
        ) from error


def mark_committed(batch: ImportBatch, at: Any) -> None:
    """Under the lock: this batch, and nobody else's confirmation of it, is taken in; raises Refused otherwise."""
    taken = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.PREVIEW).update(
        state=BatchState.COMMITTED, committed_at=at
    )
    if not taken:
        raise not_waiting(ImportBatch.objects.select_related("by", "file").get(pk=batch.pk))
    batch.committed_at = at


def _require_waiting(batch: ImportBatch) -> None:
    if batch.state != BatchState.PREVIEW:
        raise not_waiting(batch)


def not_waiting(batch: ImportBatch) -> Refused:
    if batch.state == BatchState.COMMITTED:
        return already_imported(batch)
    return Refused(
        "not-waiting",
        _("%(file)s does not wait to be confirmed: it is %(state)s.")
        % {"file": batch.file.name, "state": batch.get_state_display()},
    )


def drop(*, by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """Put a preview or a refused workbook away; raises Refused once it was taken in."""
    batch = find(by, cycle, batch_id)
    with transaction.atomic():
        done = ImportBatch.objects.filter(
            pk=batch.pk, state__in=[BatchState.READING, BatchState.PREVIEW, BatchState.REFUSED]
        ).update(state=BatchState.DROPPED)
        if not done:
            raise not_waiting(ImportBatch.objects.select_related("by", "file").get(pk=batch.pk))
        ImportPlan.objects.filter(batch=batch).delete()
        audit.record(by, DROPPED[batch.kind], batch, cycle_code=cycle.code, sha256=batch.file_sha256)
    batch.state = BatchState.DROPPED
    return batch


def read_again(*, by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """Read the kept original once more, against what is stored now; raises Refused once it was taken in."""
    batch = find(by, cycle, batch_id)
    if batch.state == BatchState.COMMITTED:
        raise already_imported(batch)
    if batch.state == BatchState.VOID:
        raise not_waiting(batch)
    return read_in(batch, by)
