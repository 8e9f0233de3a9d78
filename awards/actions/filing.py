"""Building the package for the organization department, and its acceptance with a receipt (§1, §7(4)).

What lies in it is told by awards.filing. Once it is accepted the year is filed: after that only a revocation
with an edition of its own is left (§8(4)), which needs a package of its own again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import filing, queries
from awards.actions.approval import lock_cycle
from awards.models import Filing
from awards.verifier import short_code
from office import audit, files, jobs
from office.jobs import Progress
from office.models import Job
from office.refusal import Refused
from units.actions.cycle import enter_by_deed
from units.hats import Hat, hat_that_may
from units.models import Cycle
from units.permissions import require
from units.stages import Stage

JOB_KIND = "file"
CHUNK = 1 << 20


@transaction.atomic
def ask_package(*, by: Hat, cycle: Cycle, start_job: bool = True) -> Filing:
    """The office asks for the package of everything there is now; a job builds it.  Row K01.

    Raises Refused: not permitted, an edition under way, the newest edition packed already.
    """
    locked = lock_cycle(cycle)
    require("K01", by, locked)
    newest = queries.newest(locked)
    if newest is None:
        raise Refused("nothing-to-file", _("No edition is published, so there is nothing to file."), "§7(4)")
    if queries.under_way(locked) is not None:
        raise Refused(
            "publication-under-way",
            _("An edition of %(cycle)s is under way; file it once it is published.") % {"cycle": locked.code},
            "§7(4)",
        )
    waiting = Filing.objects.filter(cycle=locked, built_at__isnull=True).select_related("job").first()
    if waiting is not None:
        return _restart(waiting, by) if start_job else waiting
    last = Filing.objects.filter(cycle=locked).order_by("-number").first()
    if last is not None and last.is_accepted and last.edition_id == newest.pk:
        raise Refused(
            "filed-already",
            _("Package %(number)d with edition %(edition)d is accepted already, receipt %(receipt)s.")
            % {"number": last.number, "edition": newest.number, "receipt": last.receipt_number},
            "§7(4)",
        )
    number = (Filing.objects.filter(cycle=locked).aggregate(last=Max("number"))["last"] or 0) + 1
    asked = Filing.objects.create(
        cycle=locked, number=number, edition=newest, asked_by=by.user, asked_at=timezone.now()
    )
    audit.record(by, "filing.asked", asked, cycle_code=locked.code, number=number, edition=newest.number)
    return _restart(asked, by) if start_job else asked


def _restart(asked: Filing, by: Hat) -> Filing:
    """Give the package a job unless one is at work."""
    jobs.reap()
    if asked.job is not None:
        asked.job.refresh_from_db()
        if not asked.job.is_over:
            return asked
    title = _("Filing package %(number)d of %(cycle)s") % {"number": asked.number, "cycle": asked.cycle.code}
    asked.job = jobs.start(JOB_KIND, title, by.user, {"filing": asked.pk}, cycle_code=asked.cycle.code)
    asked.save(update_fields=["job"])
    return asked


def _no_step(done: int, total: int, doing: str = "") -> None:
    """For callers that show no progress."""


def build(asked: Filing, by: Hat, step: filing.Step = _no_step) -> Filing:
    """Write the archive beside the store, then keep it and mark the package built in one transaction.

    Raises Refused when a stored file is lost or altered, papers cannot be set, or the disk is full.
    """
    if asked.is_built:
        return asked
    newest = queries.newest(asked.cycle)
    if newest is not None and newest.pk != asked.edition_id:
        asked.edition = newest  # published meanwhile: the package holds it
    with tempfile.TemporaryDirectory(prefix="filing-") as made:
        target = Path(made) / "package.zip"
        try:
            manifest = filing.write(asked.cycle, asked.edition, asked.number, target, step)
        except OSError as error:
            raise Refused(
                "disk",
                _(
                    "The package could not be written: %(why)s. Nothing was changed; please tell the system administrator."
                )
                % {"why": error.strerror or str(error)},
                status=507,
            ) from error
        with transaction.atomic():
            locked = Filing.objects.select_for_update(of=("self",)).get(pk=asked.pk)
            if locked.is_built:
                return locked
            locked.edition = asked.edition
            locked.file = files.store(_chunks(target), package_name(asked), by.user, allowed=(files.ZIP,))
            locked.digest, locked.contents = manifest["digest"], manifest["contents"]
            locked.code, locked.built_at = short_code(locked.digest), timezone.now()
            locked.save()
            audit.record(
                by,
                "filing.built",
                locked,
                cycle_code=asked.cycle.code,
                number=locked.number,
                digest=locked.digest,
                edition=asked.edition.number,
            )
    return locked


def package_name(found: Filing) -> str:
    return f"{found.cycle.code}-备案-第{found.number}次.zip"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


def altered_in(found: Filing) -> list[tuple[str, str, str]]:
    """What in the stored package is no longer as it was built; the store's own digest first."""
    if found.file is None:
        return []
    try:
        files.read(found.file)
        return list(filing.check(files.path_of(found.file.sha256)))
    except Refused as refusal:
        return [(found.file.name, found.file.sha256, str(refusal))]


@transaction.atomic
def accept_package(*, by: Hat, cycle: Cycle, number: int, code: str, receipt: str, note: str = "") -> Filing:
    """The organization department takes exactly this package in and gives its receipt number; the year is filed.

    Row K03. `code` is the one on the page that was looked at. Raises Refused: not permitted, no such package,
    another code, accepted already, a newer edition, no number, or bytes that are no longer those built.
    """
    locked = lock_cycle(cycle)
    require("K03", by, locked)
    found = (
        Filing.objects.select_for_update(of=("self",))
        .select_related("file", "edition")
        .filter(cycle=locked, number=number, built_at__isnull=False)
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if found.is_accepted:
        raise Refused(
            "accepted-already",
            _("Package %(number)d was accepted with receipt %(receipt)s.")
            % {"number": number, "receipt": found.receipt_number},
        )
    if found.code != code:
        raise Refused(
            "changed-meanwhile",
            _("The package on your page had the code %(seen)s, this one has %(now)s. Please look again.")
            % {"seen": code or "—", "now": found.code},
        )
    newest = queries.newest(locked)
    if newest is None or newest.pk != found.edition_id:
        raise Refused(
            "newer-edition",
            _("A newer edition was published since; the office builds a new package first."),
            "§7(4)",
        )
    kept = receipt.strip()
    if not kept:
        raise Refused("no-receipt", _("Please enter the number of the receipt."), "§7(4)", status=422)
    problems = altered_in(found)
    if problems:
        raise Refused(
            "package-altered",
            _("The package is no longer as it was built: %(what)s. The office builds it anew.")
            % {"what": problems[0][0]},
            "§7(4)",
        )
    found.receipt_number, found.receipt_note = kept[:60], note.strip()[:300]
    found.accepted_by, found.accepted_at = by.user, timezone.now()
    found.save()
    audit.record(
        by,
        "filing.accepted",
        found,
        cycle_code=locked.code,
        number=number,
        digest=found.digest,
        receipt=found.receipt_number,
    )
    if locked.stage_now is Stage.PUBLISHED:
        for block in [b for b in locked.blocks.all() if b.has_own_calendar]:
            enter_by_deed(by=by, cycle=locked, stage=Stage.FILED, block=block)
        enter_by_deed(by=by, cycle=locked, stage=Stage.FILED)
    cycle.stage = locked.stage
    return found


def register() -> None:
    """Tell the office's worker how to do the job; called when the site starts."""

    @jobs.register(JOB_KIND)
    def work(job: Job, progress: Progress) -> dict[str, Any]:
        asked = (
            Filing.objects.select_related("cycle__host", "edition").filter(pk=job.arguments["filing"]).first()
        )
        if asked is None:
            raise Refused("nothing-asked", _("There is no such package."))
        hat = hat_that_may(job.owner, "K01", asked.cycle)
        require("K01", hat, asked.cycle)
        done = build(asked, hat, progress.step)
        return {"filing": done.pk, "digest": done.digest, "code": done.code}
