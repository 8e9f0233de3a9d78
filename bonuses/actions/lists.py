"""Handing in a list of adjustments, alone or in a zip with its papers; looking at it, taking it in, dropping it.

What its lines say is judged in bonuses.lists; each line then goes the way of a single claim.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses import archives, permissions, queries
from bonuses.actions import adjustments, documents
from bonuses.actions.tally import recount
from bonuses.claims import Frame, frame_of
from bonuses.lists import Line, ReadList, read_list, warn_of_caps
from bonuses.models import Adjustment, AdjustmentState, BatchState, Matter, PaperBatch
from bonuses.sentences import already_counted, not_found
from office import audit, files, jobs
from office.models import Job, StoredFile
from office.ports import Move
from office.refusal import Refused
from office.workbook.report import file_problem
from units import foresight
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Cycle, Membership
from units.permissions import grant_of, require, require_second
from units.signals import once_per_block

LIST_TYPES = (files.XLSX, files.XLS, files.ZIP)
READ_AT_ONCE = 2_000_000  # bytes; a larger file is read by a job that can be watched
Tell = Callable[[int, int, str], None]


def _silent(done: int, total: int, doing: str) -> None:
    return None


@dataclass(slots=True)
class Looked:
    """A list held against the stored papers: what it would do."""

    made: ReadList
    members: dict[int, Membership] = field(default_factory=dict)  # row number → membership
    known: set[int] = field(default_factory=set)  # row numbers that are stored already
    digests: dict[str, str] = field(default_factory=dict)  # attachment → SHA-256

    @property
    def new(self) -> list[Line]:
        return [line for line in self.made.lines if line.row.number not in self.known]


def require_open(by: Hat, cycle: Cycle) -> None:
    """Raise Refused unless this hat may hand in claims at all now."""
    if grant_of(permissions.CLAIM, by).is_denied:
        require(permissions.CLAIM, by, cycle)
    require(permissions.CLAIM, by, cycle, unit_id=by.unit_id if by.role is not Role.LEAD else None)


def hand_in(*, by: Hat, cycle: Cycle, chunks: Iterable[bytes], name: str, size: int = 0) -> PaperBatch:
    """Keep a list as it came.  Raises Refused: not permitted, too big, no workbook or zip, or taken in before."""
    require_open(by, cycle)
    if size > archives.ARCHIVE_BYTES:
        raise archives.refuse(
            "file-too-big",
            _("%(name)s is larger than %(most)d MB. Please send it in parts.")
            % {"name": files.safe_name(name), "most": archives.ARCHIVE_BYTES // 1024**2},
        )
    stored = files.store(chunks, name, by.user, allowed=LIST_TYPES)
    require_new(cycle, stored.sha256)
    return PaperBatch.objects.create(
        cycle=cycle,
        file=stored,
        file_sha256=stored.sha256,
        by=by.user,
        by_unit=by.unit,
        role=str(by.role),
    )


def require_new(cycle: Cycle, digest: str) -> None:
    taken = (
        PaperBatch.objects.filter(cycle=cycle, file_sha256=digest, state=BatchState.COMMITTED)
        .select_related("by")
        .first()
    )
    if taken is not None:
        when = timezone.localtime(taken.committed_at or taken.at).strftime("%Y-%m-%d %H:%M")
        raise Refused(
            "already-imported",
            _("This very file was already taken in by %(who)s on %(when)s. Nothing was changed.")
            % {"who": str(taken.by), "when": when},
        )


def start_reading(batch: PaperBatch, by: Hat) -> Job | None:
    """Read a small file at once, a large one by a job; None: it is read."""
    return _at_once_or_by_job("paper-list.read", batch, by)


def start_taking_in(batch: PaperBatch, by: Hat) -> Job | None:
    return _at_once_or_by_job("paper-list.take", batch, by)


def _at_once_or_by_job(kind: str, batch: PaperBatch, by: Hat) -> Job | None:
    if batch.file.size <= READ_AT_ONCE:
        if kind == "paper-list.read":
            read_in(batch, by)
        else:
            take_in(by=by, cycle=batch.cycle, batch_id=batch.pk)
        return None
    with transaction.atomic():
        job = jobs.start(
            kind, batch.file.name, by.user, {"batch": batch.pk, "hat": by.key}, cycle_code=batch.cycle.code
        )
        PaperBatch.objects.filter(pk=batch.pk).update(job=job)
    return job


def _of_job(job: Job) -> tuple[PaperBatch, Hat]:
    hat = next((hat for hat in hats_of(job.owner) if hat.key == job.arguments["hat"]), None)
    if hat is None:
        raise Refused("no-such-hat", _("The role this was started in was taken away meanwhile."), status=403)
    batch = PaperBatch.objects.select_related("cycle__host", "file").get(pk=job.arguments["batch"])
    return batch, hat


@jobs.register("paper-list.read")
def _read_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    batch, hat = _of_job(job)
    read_in(batch, hat, tell=progress.step)
    return {"batch": batch.pk, "state": batch.state}


@jobs.register("paper-list.take")
def _take_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    batch, hat = _of_job(job)
    take_in(by=hat, cycle=batch.cycle, batch_id=batch.pk, tell=progress.step)
    return {"batch": batch.pk}


# Looking -----------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path, content_type: str) -> Iterator[archives.Archive | None]:
    if content_type == files.ZIP:
        with archives.opened(path) as archive:
            yield archive
    else:
        yield None


def look(
    path: Path,
    *,
    by: Hat,
    cycle: Cycle,
    name: str,
    verified_by: Hat | None = None,
    tell: Tell = _silent,
) -> tuple[Frame, Looked]:
    """What a list would do, without keeping anything; every scan of a zip is looked at."""
    frame = frame_of(cycle)
    with _opened(path, files.type_by_content(path)) as archive:
        looked = Looked(_read(path, archive, frame, by, name))
        _check_files(looked, archive, tell)
        _check_lines(looked, frame, by, verified_by)
    warn_of_caps(looked.made, frame)
    report = looked.made.report
    if report.is_clean:
        report.accepted, report.changed = len(looked.made.lines), len(looked.new)
    return frame, looked


def _read(path: Path, archive: archives.Archive | None, frame: Frame, by: Hat, name: str) -> ReadList:
    if archive is None:
        return read_list(path, frame, by, file_name=name)
    with tempfile.TemporaryFile() as workbook:
        for chunk in archive.stream(archive.zip.getinfo(archive.list_name)):
            workbook.write(chunk)
        workbook.seek(0)
        return read_list(
            workbook, frame, by, file_name=archives.name_of(archive.zip.getinfo(archive.list_name))
        )


def _check_files(looked: Looked, archive: archives.Archive | None, tell: Tell) -> None:
    """Every named attachment is in the zip and is a readable scan; each is unpacked once, to a file of its own."""
    report, sheet = looked.made.report, looked.made.sheet
    named = [line for line in looked.made.lines if line.attachment]
    if archive is None:
        for line in named:
            report.warn(
                sheet,
                line.row["attachment"],
                "no-archive",
                _("%(name)s did not come with the list. Send both in one zip, or attach the scan later.")
                % {"name": line.attachment},
            )
        return
    for number, line in enumerate(named):
        tell(number, len(named), line.attachment)
        if line.attachment in looked.digests:
            continue
        member = archive.find(line.attachment)
        if member is None:
            report.error(
                sheet,
                line.row["attachment"],
                "no-such-file",
                _("%(name)s is not in the zip. Please put it in, or correct the name.")
                % {"name": line.attachment},
            )
            continue
        try:
            looked.digests[line.attachment] = _checked_digest(archive, member)
        except Refused as refusal:
            report.error(sheet, line.row["attachment"], refusal.code, refusal.sentence)


def _checked_digest(archive: archives.Archive, member: Any) -> str:
    digest = sha256()
    with tempfile.NamedTemporaryFile() as scan:
        for chunk in archive.stream(member):
            digest.update(chunk)
            scan.write(chunk)
        scan.flush()
        name, kind = archives.name_of(member), files.type_by_content(Path(scan.name))
        if kind not in documents.PAPER_TYPES:
            raise files.wrong_type(name, documents.PAPER_TYPES)
        documents.check_scan(Path(scan.name), files.safe_name(name), kind)
    return digest.hexdigest()


def _check_lines(looked: Looked, frame: Frame, by: Hat, verified_by: Hat | None) -> None:
    """Permission, membership and what is stored already, for every line."""
    cycle = frame.cycle
    digest_of: dict[str, tuple[str, str]] = {}
    for line in looked.made.lines:
        try:
            member = adjustments.require_membership(cycle, line.unit, frame, line.claim.kind)
            permissions.require_may_claim(by, member)
            if verified_by is not None:
                permissions.require_may_decide(verified_by, cycle, member.unit_id, member.block)
            looked.members[line.row.number] = member
            documents.require_complete(line.paper)
            digest = looked.digests.get(line.attachment, "")
            _require_one_paper(line, digest, digest_of)
            known = documents.known_document(cycle, line.paper, digest)
            first = queries.counted_before(known, member.unit_id, line.claim.kind) if known else None
            if first is not None:
                if not _same(first, line, member):
                    raise already_counted(first)
                looked.known.add(line.row.number)
            if not digest and not line.attachment and (known is None or known.file_id is None):
                looked.made.report.warn(
                    looked.made.sheet,
                    line.row["title"],
                    "no-file",
                    documents.no_file(line.paper.title).sentence,
                )
        except Refused as refusal:
            looked.made.blame(line, refusal)


def _require_one_paper(line: Line, digest: str, digest_of: dict[str, tuple[str, str]]) -> None:
    """Within the list too, one file is one paper."""
    if not digest:
        return
    paper = (line.paper.number or line.paper.title, line.paper.issuer or line.paper.leader)
    if digest_of.setdefault(digest, paper) != paper:
        raise Refused(
            "file-of-another-paper",
            _("%(file)s stands for “%(one)s” and for “%(other)s”. One file is one paper; please check.")
            % {"file": line.attachment, "one": digest_of[digest][0], "other": paper[0]},
            "§4(2)7",
            status=422,
        )


def _same(first: Adjustment, line: Line, member: Membership) -> bool:
    """The stored adjustment says just what the line says, so that nothing is left to do."""
    claim = line.claim
    return (
        first.membership_id == member.pk
        and (first.level, first.scope, first.honoured, first.rank, first.pool_id, first.listed)
        == (
            claim.level,
            claim.scope,
            claim.honoured,
            claim.rank,
            claim.pool.pk if claim.pool else None,
            claim.listed,
        )
        and first.carried_over == claim.carried_over
    )


def read_in(
    batch: PaperBatch, by: Hat, *, verified_by: Hat | None = None, tell: Tell = _silent
) -> PaperBatch:
    """Read the list outside any transaction and keep its report; the batch is refused or waits."""
    state, signed = BatchState.REFUSED, {}
    try:
        _frame, looked = look(
            files.path_of(batch.file_sha256),
            by=by,
            cycle=batch.cycle,
            name=batch.file.name,
            verified_by=verified_by,
            tell=tell,
        )
    except Refused as refusal:
        report: dict[str, Any] = {
            "accepted": 0,
            "changed": 0,
            "errors": [file_problem(refusal)],
            "warnings": [],
        }
    else:
        report, signed = looked.made.report.as_dict(), looked.made.signed
        report["lines"] = [_shown(line, looked) for line in looked.made.lines[:300]]
        if looked.made.report.is_clean:
            state = BatchState.PREVIEW
    batch.state, batch.report, batch.signed = state, report, signed
    batch.save(update_fields=["state", "report", "signed"])
    return batch


def _shown(line: Line, looked: Looked) -> list[Any]:
    return [
        line.row.number,
        line.unit.name,
        line.claim.kind,
        line.claim.level or (line.claim.pool.name if line.claim.pool else ""),
        f"{line.paper.number} {line.paper.title}".strip(),
        bool(looked.digests.get(line.attachment)),
        line.row.number in looked.known,
    ]


# Taking in ---------------------------------------------------------------------------------------


def batches_for(by: Hat, cycle: Cycle) -> QuerySet[PaperBatch]:
    """The lists a person may see: the office all, everybody else the own."""
    rows = PaperBatch.objects.filter(cycle=cycle).select_related("file", "by", "job")
    return rows if by.role is Role.OFFICE else rows.filter(by=by.user)


def find(by: Hat, cycle: Cycle, batch_id: int) -> PaperBatch:
    batch = batches_for(by, cycle).filter(pk=batch_id).first()
    if batch is None:
        raise not_found()
    batch.cycle = cycle
    return batch


def take_in(
    *, by: Hat, cycle: Cycle, batch_id: int, verified_by: Hat | None = None, tell: Tell = _silent
) -> PaperBatch:
    """Take a previewed list in, all of it or nothing; with a second person what has its paper counts at once.

    The list is read once more against what is stored now. Raises Refused when it no longer fits (409), was
    taken in already, or the second person is the first.
    """
    batch = find(by, cycle, batch_id)
    if batch.state != BatchState.PREVIEW:
        require_new(cycle, batch.file_sha256)
        raise Refused(
            "not-waiting",
            _("%(file)s does not wait to be confirmed: it is %(state)s.")
            % {"file": batch.file.name, "state": batch.get_state_display()},
        )
    if verified_by is not None:
        require_second(by.user.pk, verified_by)
        if verified_by.role is not Role.OFFICE:
            raise Refused("not-permitted", _("The appraisal office decides this."), status=403)
    path = files.path_of(batch.file_sha256)
    frame, looked = look(path, by=by, cycle=cycle, name=batch.file.name, verified_by=verified_by)
    if not looked.made.report.is_clean:
        read_in(batch, by, verified_by=verified_by)
        raise Refused(
            "changed-meanwhile",
            _(
                "%(file)s no longer fits what is stored: %(why)s Nothing was taken in; please look at it again."
            )
            % {"file": batch.file.name, "why": looked.made.report.errors[0].message},
        )
    stored = _store_files(path, looked, by, tell)
    try:
        with transaction.atomic():
            _write(batch, frame, looked, stored, by, verified_by)
    except IntegrityError:
        require_new(cycle, batch.file_sha256)
        raise
    batch.refresh_from_db()
    return batch


def _store_files(path: Path, looked: Looked, by: Hat, tell: Tell) -> dict[str, StoredFile]:
    """The scans into the store, one after the other, before any lock is held."""
    stored: dict[str, StoredFile] = {}
    wanted = {line.attachment for line in looked.new if line.attachment in looked.digests}
    with _opened(path, files.type_by_content(path)) as archive:
        if archive is None:
            return stored
        for number, name in enumerate(sorted(wanted)):
            tell(number, len(wanted), name)
            member = archive.find(name)
            assert member is not None  # looked at a moment ago, in the same stored bytes
            stored[name] = files.store(
                archive.stream(member), archives.name_of(member), by.user, allowed=documents.PAPER_TYPES
            )
    return stored


def _write(
    batch: PaperBatch,
    frame: Frame,
    looked: Looked,
    stored: dict[str, StoredFile],
    by: Hat,
    verified_by: Hat | None,
) -> None:
    with once_per_block():
        fresh = adjustments.locked(frame.cycle)
        taken = PaperBatch.objects.filter(pk=batch.pk, state=BatchState.PREVIEW).update(
            state=BatchState.COMMITTED, committed_at=timezone.now(), report=_final(batch, looked)
        )
        if not taken:
            raise Refused("not-waiting", _("%(file)s was decided meanwhile.") % {"file": batch.file.name})
        matters: dict[tuple[str, bool], Matter] = {}
        rows: list[Adjustment] = []
        for line in looked.new:
            member = looked.members[line.row.number]
            member.block.cycle = fresh
            document = documents.keep_document(
                by=by, cycle=fresh, paper=line.paper, file=stored.get(line.attachment), may_lack_file=True
            )
            row = adjustments.create(by=by, member=member, claim=line.claim, document=document, batch=batch)
            if line.matter and by.role is Role.OFFICE:
                row.matter = _matter(line, fresh, by, matters)
                Adjustment.objects.filter(pk=row.pk).update(matter=row.matter)
            rows.append(row)
        verified, moves = _verify(rows, fresh, verified_by) if verified_by is not None else ([], None)
    audit.record(
        by,
        "paper-list.imported",
        batch,
        cycle_code=fresh.code,
        file=batch.file.name,
        sha256=batch.file_sha256,
        accepted=len(looked.made.lines),
        papers=[adjustments.told(row) for row in rows],
    )
    if verified_by is not None:
        audit.record(
            verified_by,
            "paper-list.verified",
            batch,
            cycle_code=fresh.code,
            verified=[row.pk for row in verified],
            entered_by=by.user.username,
            **foresight.told(moves),
        )


def _final(batch: PaperBatch, looked: Looked) -> dict[str, Any]:
    report: dict[str, Any] = batch.report
    return report | looked.made.report.as_dict()


def _matter(line: Line, cycle: Cycle, by: Hat, known: dict[tuple[str, bool], Matter]) -> Matter:
    """The matter of that name, made when the year has none; blame and praise never share one."""
    key = (line.matter, line.claim.kind == "通报批评")
    if key not in known:
        same = Matter.objects.filter(cycle=cycle, title=line.matter)
        same = (
            same.filter(adjustments__kind="通报批评")
            if key[1]
            else same.exclude(adjustments__kind="通报批评")
        )
        known[key] = same.first() or Matter.objects.create(cycle=cycle, title=line.matter, made_by=by.user)
    return known[key]


def _verify(
    rows: list[Adjustment], cycle: Cycle, second: Hat
) -> tuple[list[Adjustment], Sequence[Move] | None]:
    """What has its file and a tariff counts, and from the hearing on what that moves; the rest stays waiting."""
    waiting = {row.pk for row in queries.untariffed(cycle)}
    ready = [row for row in rows if row.document.file_id and not row.hold and row.pk not in waiting]
    together = adjustments.counting(cycle, [row.pk for row in ready])
    moves = foresight.settled(cycle, together, None) if ready else None
    adjustments.mark(ready, second, AdjustmentState.VERIFIED)
    recount(cycle, {row.unit_id for row in ready})
    return ready, moves


def drop(*, by: Hat, cycle: Cycle, batch_id: int) -> PaperBatch:
    """Put a list away that was not taken in."""
    with transaction.atomic():
        batch = find(by, cycle, batch_id)
        if batch.state == BatchState.COMMITTED:
            raise Refused("already-imported", _("%(file)s was taken in already.") % {"file": batch.file.name})
        batch.state = BatchState.DROPPED
        batch.save(update_fields=["state"])
        audit.record(by, "paper-list.dropped", batch, cycle_code=cycle.code)
    return batch
