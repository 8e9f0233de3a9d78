"""Setting all result letters of a block as one PDF: long work with a progress bar, kept as a file of its owner.

What a letter says is told by scoring.result_letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit, files, jobs
from office.files import PDF
from office.models import Job, JobState, StoredFile
from scoring import result_letters
from units.hats import Hat
from units.models import Block, Cycle

KIND = "result-letters"


@dataclass(frozen=True, slots=True)
class BlockLetters:
    """What the page shows of one block: its newest finished PDF, or why there is none."""

    name: str
    job: int | None = None
    at: datetime | None = None
    message: str = ""


@jobs.register(KIND)
def set_letters(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """The work: every letter of the block in the plan's order; the file is kept, the log names it."""
    block = Block.objects.select_related("cycle__host").get(pk=job.arguments["block"])
    letters = result_letters.letters_of(block)

    def step(done: int, total: int) -> None:
        progress.step(done, total, _("%(block)s: letters are being set") % {"block": block.name})

    content = result_letters.letters_pdf(block.cycle, letters, step)
    stored = files.store(
        [content], f"{block.cycle.code}-{block.name}-结果告知书.pdf", job.owner, allowed=[PDF]
    )
    return {"file": stored.pk, "letters": len(letters), "block": block.name}


def start(by: Hat, block: Block) -> Job:
    """Queue the work; who asked for the letters of whom is in the log."""
    with transaction.atomic():
        job = jobs.start(
            KIND,
            _("Result letters of %(block)s") % {"block": block.name},
            by.user,
            {"block": block.pk},
            cycle_code=block.cycle.code,
        )
        audit.record(by, "result.letters-set", block, cycle_code=block.cycle.code)
    return job


def _own(by: Hat, cycle: Cycle) -> list[Job]:
    """The person's jobs of this kind, newest first.  One query."""
    return list(Job.objects.filter(kind=KIND, owner=by.user, cycle_code=cycle.code).order_by("-pk")[:60])


def running(by: Hat, cycle: Cycle) -> Job | None:
    jobs.reap()
    return next((job for job in _own(by, cycle) if not job.is_over), None)


def shown(by: Hat, cycle: Cycle, names: Sequence[str]) -> list[BlockLetters]:
    """Each block in the plan's order with its newest job."""
    newest: dict[str, Job] = {}
    blocks = dict(cycle.blocks.values_list("pk", "name"))
    for job in _own(by, cycle):
        name = blocks.get(job.arguments.get("block"), "")
        if job.is_over and name not in newest:
            newest[name] = job
    found = []
    for name in names:
        last = newest.get(name)
        if last is None:
            found.append(BlockLetters(name))
        elif last.state == JobState.DONE:
            found.append(BlockLetters(name, last.pk, last.finished_at))
        else:
            found.append(BlockLetters(name, message=last.message))
    return found


def file_of(by: Hat, cycle: Cycle, job_id: int) -> StoredFile | None:
    """The finished file of one's own job of this year."""
    job = Job.objects.filter(
        pk=job_id, kind=KIND, owner=by.user, cycle_code=cycle.code, state=JobState.DONE
    ).first()
    return StoredFile.objects.filter(pk=job.result["file"]).first() if job is not None else None
