"""Handing in a score sheet, reading it into a preview, and taking it in or dropping it.

What the lines mean is judged in scoring.workbooks.scores; how the rows are written is in scoring.staging.
"""

from __future__ import annotations

import gc
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, files, jobs
from office.fields import STORED_PLACES
from office.models import Job, User
from office.refusal import Refused
from office.workbook.guard import Source, refuse
from office.workbook.limits import MIB, Limits
from office.workbook.report import file_problem
from scoring import import_queries, sheets, staging
from scoring.actions import standing as standing_actions
from scoring.engine.arrays import MISSING
from scoring.models import BatchState, Cell, ImportBatch, ImportPlan, ScoreKind
from scoring.permissions import BulkMay, may_propose_many, may_score_many, require_units_open
from scoring.workbooks.frame import Frame
from scoring.workbooks.scores import SheetPlan, read_scores
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Block, Cycle, Membership
from units.permissions import require_second

READ_AT_ONCE: Final = 200_000  # bytes; a larger file, or several together, are read by a job
LIMITS: Final = Limits()
Tell = Callable[[str], None]


def target_of(cycle: Cycle, kind: ScoreKind) -> str:
    """Where a sheet goes: the same bytes are taken in once for each target."""
    return f"scores/{cycle.code}/{kind}"


def kind_of(batch: ImportBatch) -> ScoreKind:
    return ScoreKind(batch.target.rsplit("/", 1)[1])


def kinds_open_to(hat: Hat, cycle: Cycle) -> list[ScoreKind]:
    """The kinds of score this hat's role may hand in at all, those open now first."""
    known = [(kind, may_score_many(hat, kind, cycle)) for kind in ScoreKind]
    # The office may type self scores from paper all year; that is never what it comes for first.
    allowed = [
        (may.closed_everywhere is not None, kind is ScoreKind.SELF and hat.role is Role.OFFICE, kind)
        for kind, may in known
        if may.denied is None
    ]
    return [kind for _closed, _seldom, kind in sorted(allowed, key=lambda each: each[:2])]


def hand_in(
    *, by: Hat, cycle: Cycle, kind: ScoreKind, chunks: Iterable[bytes], name: str, size: int = 0
) -> ImportBatch:
    """Keep a workbook as it came; it is read by `read_in` or by a job.

    Raises Refused: not permitted, stage closed, too big or empty, or the same bytes were taken in before.
    """
    require_open(by, cycle, kind)
    if size > LIMITS.file_bytes:
        raise refuse("file-too-big", size=-(-size // MIB), limit=LIMITS.file_bytes // MIB)
    stored = files.store(chunks, name, by.user)
    _require_new(target_of(cycle, kind), stored.sha256)
    return ImportBatch.objects.create(
        cycle=cycle,
        kind="scores",
        target=target_of(cycle, kind),
        file=stored,
        file_sha256=stored.sha256,
        state=BatchState.READING,
        by=by.user,
    )


def require_open(by: Hat, cycle: Cycle, kind: ScoreKind) -> None:
    """Raise Refused unless this hat may hand in such scores somewhere now."""
    refusal = may_score_many(by, kind, cycle).closed_everywhere
    if refusal is not None:
        raise refusal


def _require_new(target: str, sha256: str) -> None:
    taken = (
        ImportBatch.objects.filter(target=target, file_sha256=sha256, state=BatchState.COMMITTED)
        .select_related("by")
        .first()
    )
    if taken is not None:
        raise already_imported(taken)


def already_imported(taken: ImportBatch) -> Refused:
    when = timezone.localtime(taken.committed_at or taken.at).strftime("%Y-%m-%d %H:%M")
    return Refused(
        "already-imported",
        _("This very file was already taken in by %(who)s on %(when)s. Nothing was changed.")
        % {"who": str(taken.by), "when": when},
    )


def start_reading(by: Hat, batches: Sequence[ImportBatch], cycle: Cycle) -> Job | None:
    """Read one small file at once, several or a large one by a job that can be watched; None: it is read."""
    if not batches:
        return None
    if len(batches) == 1 and batches[0].file.size <= READ_AT_ONCE:
        read_in(batches[0], by)
        return None
    title = (
        batches[0].file.name if len(batches) == 1 else _("%(count)d score sheets") % {"count": len(batches)}
    )
    with transaction.atomic():
        job = jobs.start(
            "scores.read",
            title,
            by.user,
            {"batches": [batch.pk for batch in batches], "hat": by.key},
            cycle_code=cycle.code,
        )
        ImportBatch.objects.filter(pk__in=[batch.pk for batch in batches]).update(job=job)
    return job


@jobs.register("scores.read")
def _read_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    hat = next((hat for hat in hats_of(job.owner) if hat.key == job.arguments["hat"]), None)
    if hat is None:
        raise Refused("no-such-hat", _("The role this was started in was taken away meanwhile."), status=403)
    batches = list(
        ImportBatch.objects.filter(pk__in=job.arguments["batches"], state=BatchState.READING)
        .select_related("cycle__host", "file")
        .order_by("pk")
    )
    steps = 3 * len(batches)
    for number, batch in enumerate(batches):
        done = 3 * number

        def tell(doing: str, name: str = batch.file.name, done: int = done) -> None:
            progress.step(done + (1 if doing else 0), steps, f"{name} {doing}".strip())

        tell("")
        try:
            read_in(batch, hat, tell=tell)
        except jobs.Cancelled:
            ImportBatch.objects.filter(pk__in=[each.pk for each in batches], state=BatchState.READING).update(
                state=BatchState.DROPPED
            )
            raise
    progress.step(steps, steps)
    return {"batches": [batch.pk for batch in batches]}


def read_in(
    batch: ImportBatch, by: Hat, *, confirmed_by: Hat | None = None, tell: Tell | None = None
) -> ImportBatch:
    """Read the workbook outside any transaction and keep its report and plan; nothing else is written.

    The batch comes back refused, with every problem by its cell, or waiting to be confirmed.
    """
    say = tell or (lambda doing: None)
    say(_("is being read"))
    path = files.path_of(batch.file.sha256)
    try:
        frame, plan = look(
            path,
            by=by,
            cycle=batch.cycle,
            kind=kind_of(batch),
            name=batch.file.name,
            confirmed_by=confirmed_by,
        )
    except Refused as refusal:
        report = {
            "accepted": 0,
            "changed": 0,
            "errors": [file_problem(refusal)],
            "warnings": [],
        }
        return _keep(batch, BatchState.REFUSED, report, {}, None)
    report = plan.report.as_dict() | {
        "counts": plan.counts.as_dict() if plan.report.is_clean else {},
        "changes": plan.changes,
        "unknown": [
            [text, [[name, frame.units.find(name)] for name in nearest]]
            for text, nearest in list(plan.unknown.items())[:200]
        ],
    }
    if not plan.report.is_clean:
        return _keep(batch, BatchState.REFUSED, report, plan.signed, None)
    return _keep(batch, BatchState.PREVIEW, report, plan.signed, _pack(plan))


def look(
    source: Source, *, by: Hat, cycle: Cycle, kind: ScoreKind, name: str, confirmed_by: Hat | None = None
) -> tuple[Frame, SheetPlan]:
    """What a workbook would do, without keeping anything; raises Refused when it is no readable workbook."""
    _ensure_cells(cycle)
    frame = import_queries.frame_of(cycle, kind, by, second=confirmed_by)
    # A large sheet makes a million small objects without one cycle among them; looking for cycles again and
    # again would cost a third of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return frame, read_scores(source, frame, file_name=name)
    finally:
        if was_enabled:
            gc.enable()


def hat_to_score(user: User, kind: ScoreKind, cycle: Cycle) -> Hat:
    """For commands: the person's hat that may hand in this kind now, else the one whose refusal says why not.

    Raises Refused when the person has no role in the cycle.
    """
    hats = [hat for hat in hats_of(user) if hat.fits(cycle)]
    if not hats:
        raise Refused("no-role", _("%(user)s holds no role in this cycle.") % {"user": str(user)}, status=403)

    def obstacles(hat: Hat) -> int:
        may = may_score_many(hat, kind, cycle)
        return 2 if may.denied is not None else 1 if may.closed_everywhere is not None else 0

    return min(hats, key=obstacles)


def _keep(
    batch: ImportBatch,
    state: BatchState,
    report: dict[str, Any],
    signed: Mapping[str, str],
    content: bytes | None,
) -> ImportBatch:
    with transaction.atomic():
        batch.state, batch.report, batch.signed = state, report, dict(signed)
        batch.save(update_fields=["state", "report", "signed"])
        ImportPlan.objects.filter(batch=batch).delete()
        if content is not None:
            ImportPlan.objects.create(
                batch=batch, content=content, sha256=hashlib.sha256(content).hexdigest()
            )
    return batch


def _ensure_cells(cycle: Cycle) -> None:
    """A block whose plan was never computed has no cells yet; give it its own, in short transactions."""
    for block in import_queries.blocks_without_cells(cycle):
        inputs = sheets.block_inputs(block.pk, cycle.places, cycle.rounding)
        with transaction.atomic():
            standing_actions.create_cells(block, inputs)


# The plan, kept between preview and confirmation --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan read back: cells side by side as seen, and what becomes of those that change."""

    cells: list[int]
    versions: list[int]
    members: list[int]
    subs: list[int]
    scores: list[list[Any]]  # cell, points, reason, on behalf of
    cleared: list[list[Any]]  # cell, why
    involved: list[list[Any]]  # cell, why, propose | confirm
    lines: list[list[Any]]  # cell, points off, why
    relined: list[int]


def _pack(plan: SheetPlan) -> bytes:
    return zlib.compress(
        orjson.dumps(
            [
                plan.seen_cells,
                plan.seen_versions,
                plan.seen_members,
                plan.seen_subs,
                plan.scores,
                plan.cleared,
                plan.involved,
                plan.lines,
                plan.relined,
            ]
        ),
        1,
    )


def _unpack(content: bytes) -> Kept:
    return Kept(*orjson.loads(zlib.decompress(content)))


def points_taken(content: bytes) -> Iterator[tuple[int, Decimal | None]]:
    """Cell and points of every score a kept plan stores, None where it clears one; for who checks the log."""
    kept = _unpack(content)
    for cell, points, _reason, _whom in kept.scores:
        yield cell, Decimal(points).scaleb(-STORED_PLACES)
    for cell, _why in kept.cleared:
        yield cell, None


def _staged_rows(kept: Kept) -> list[staging.StagedRow]:
    """Every cell seen, with what becomes of it."""
    scores = {cell: (points, reason, whom) for cell, points, reason, whom in kept.scores}
    cleared = {cell for cell, _why in kept.cleared}
    involved = {cell: why for cell, why, _how in kept.involved}
    lines = {cell: (off, why) for cell, off, why in kept.lines}
    relined = set(kept.relined)
    rows: list[staging.StagedRow] = []
    for cell, version in zip(kept.cells, kept.versions, strict=True):
        off, why_off = lines.get(cell, (None, ""))
        gone = 1 if cell in relined else 0
        if cell in scores:
            points, reason, whom = scores[cell]
            rows.append((cell, version, staging.SCORE, points, reason, whom, gone, off, why_off))
        elif cell in cleared:
            rows.append((cell, version, staging.CLEAR, None, "", None, gone, None, ""))
        elif cell in involved:
            act = staging.PROPOSE if involved[cell] else staging.CONFIRM
            rows.append((cell, version, act, None, involved[cell], None, 0, None, ""))
        else:
            rows.append((cell, version, staging.KEEP, None, "", None, 0, None, ""))
    return rows


# Taking it in -----------------------------------------------------------------------------------


def find(by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """A batch this person may see; raises Refused 404 for anybody else's."""
    batch = import_queries.batches_of(by, cycle).filter(pk=batch_id).first()
    if batch is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    batch.cycle = cycle
    return batch


def confirm(*, by: Hat, cycle: Cycle, batch_id: int, confirmed_by: Hat | None = None) -> ImportBatch:
    """Take a previewed sheet in: all of it or nothing, and bring every block it touches up to date.  §4(1)

    Everything is prepared before the lock; under it the versions seen are compared, the rows moved over, the
    standings stored and one entry written in the log. Raises Refused: no longer permitted, stage closed,
    already taken in, or a cell was changed meanwhile (409, then read it again).
    """
    batch = find(by, cycle, batch_id)
    _require_waiting(batch)
    stored_plan = ImportPlan.objects.filter(batch=batch).first()
    if stored_plan is None:
        raise _not_waiting(batch)
    kept = _unpack(bytes(stored_plan.content))
    kind = kind_of(batch)
    _require_all(by, cycle, kind, kept, confirmed_by)
    _require_new(batch.target, batch.file_sha256)
    at = timezone.now()
    signature = staging.Signature(
        kind=str(kind),
        user_id=by.user.pk,
        at=at,
        by_office=by.role is Role.OFFICE,
        batch_id=batch.pk,
        second_id=confirmed_by.user.pk if confirmed_by is not None else None,
    )
    with staging.staged(_staged_rows(kept)):
        prepared = _prepare_standings(cycle, kind, kept, confirmed=confirmed_by is not None)
        try:
            with transaction.atomic():
                _write(batch, kept, prepared, signature, by, confirmed_by, stored_plan.sha256)
        except IntegrityError as error:
            # Two people confirmed the same bytes at once: the constraint let one of them in.
            _require_new(batch.target, batch.file_sha256)
            raise error
    batch.state, batch.committed_at = BatchState.COMMITTED, at
    return batch


def _write(
    batch: ImportBatch,
    kept: Kept,
    prepared: list[standing_actions.Prepared],
    signature: staging.Signature,
    by: Hat,
    confirmed_by: Hat | None,
    plan_sha256: str,
) -> None:
    """The part under the lock."""
    ids = [each.block.pk for each in prepared]
    list(Block.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk", flat=True))
    if signature.kind == ScoreKind.SELF:
        require_units_open(batch.cycle, set(kept.members))
    taken = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.PREVIEW).update(
        state=BatchState.COMMITTED, committed_at=signature.at
    )
    if not taken:
        raise _not_waiting(ImportBatch.objects.select_related("by").get(pk=batch.pk))
    changed = staging.changed_meanwhile()
    if changed:
        raise _stale(changed)
    if kept.scores or kept.cleared or kept.involved:
        staging.move_over(signature)
        standing_actions.store_all(prepared)
    audit.record(
        by,
        "scores.imported",
        batch,
        cycle_code=batch.cycle.code,
        kind=signature.kind,
        file=batch.file.name,
        sha256=batch.file_sha256,
        plan_sha256=plan_sha256,
        accepted=batch.report.get("accepted", 0),
        counts=batch.report.get("counts", {}),
        cleared=[[cell, why] for cell, why in kept.cleared[:200]],
        confirmed_by=str(confirmed_by.user) if confirmed_by is not None else "",
    )


def _stale(cell_ids: list[int]) -> Refused:
    names = "、".join(
        str(cell)
        for cell in Cell.objects.filter(pk__in=cell_ids).select_related("membership__unit", "sub_item")
    )
    return Refused(
        "changed-meanwhile",
        _(
            "Somebody changed %(cells)s since the file was read. Nothing was taken in; please look at the new preview."
        )
        % {"cells": names or _("a cell")},
        status=409,
    )


def _require_waiting(batch: ImportBatch) -> None:
    if batch.state != BatchState.PREVIEW:
        raise _not_waiting(batch)


def _not_waiting(batch: ImportBatch) -> Refused:
    if batch.state == BatchState.COMMITTED:
        return already_imported(batch)
    return Refused(
        "not-waiting",
        _("%(file)s does not wait to be confirmed: it is %(state)s.")
        % {"file": batch.file.name, "state": batch.get_state_display()},
    )


def _require_all(by: Hat, cycle: Cycle, kind: ScoreKind, kept: Kept, confirmed_by: Hat | None) -> None:
    """Ask again, for the person who confirms now, what the preview asked; a fixed number of queries."""
    may = may_score_many(by, kind, cycle)
    if may.denied is not None:
        raise may.denied
    where = {
        pk: (unit, block)
        for pk, unit, block in Membership.objects.filter(block__cycle=cycle).values_list(
            "pk", "unit_id", "block_id"
        )
    }
    _require_each(may, set(zip(kept.members, kept.subs, strict=True)), where)
    if confirmed_by is not None:
        require_confirmer(by, confirmed_by)
    if kept.involved:
        pairs = dict(zip(kept.cells, zip(kept.members, kept.subs, strict=True), strict=True))
        touched = {pairs[cell] for cell, _why, _how in kept.involved}
        _require_each(may_propose_many(by, cycle), touched, where)
        if confirmed_by is not None:
            _require_each(may_propose_many(confirmed_by, cycle), touched, where)
        elif any(how == "confirm" for _cell, _why, how in kept.involved):
            raise Refused(
                "second-person",
                _(
                    "This sheet was read with a second person confirming 不涉及; please name that person again."
                ),
            )


def _require_each(
    may: BulkMay, pairs: Iterable[tuple[int, int]], where: Mapping[int, tuple[int, int]]
) -> None:
    for member, sub in pairs:
        if member not in where:
            raise Refused("not-found", _("There is no such record."), status=404)
        unit, block = where[member]
        refusal = may.refusal(unit, sub, block)
        if refusal is not None:
            raise refusal


def require_confirmer(by: Hat, confirmed_by: Hat) -> None:
    """不涉及 is confirmed by another person, of the office.  §3"""
    if confirmed_by.role is not Role.OFFICE:
        raise Refused("not-permitted", _("The appraisal office decides this."), "§3", status=403)
    require_second(by.user.pk, confirmed_by)


def _prepare_standings(
    cycle: Cycle, kind: ScoreKind, kept: Kept, *, confirmed: bool
) -> list[standing_actions.Prepared]:
    """The standings as they will be, computed before the lock."""
    block_of = dict(Membership.objects.filter(block__cycle=cycle).values_list("pk", "block_id"))
    place = dict(zip(kept.cells, zip(kept.members, kept.subs, strict=True), strict=True))
    points: dict[int, dict[tuple[int, int], int | None]] = {}
    for cell, value, _why, _whom in kept.scores:
        points.setdefault(block_of[place[cell][0]], {})[place[cell]] = value
    for cell, _why in kept.cleared:
        points.setdefault(block_of[place[cell][0]], {})[place[cell]] = None
    involved: dict[int, set[tuple[int, int]]] = {}
    for cell, _why, _how in kept.involved:
        involved.setdefault(block_of[place[cell][0]], set()).add(place[cell])
    scale = 10 ** (STORED_PLACES - cycle.places)

    def change_of(block_id: int) -> Callable[[sheets.BlockInputs], None]:
        def change(inputs: sheets.BlockInputs) -> None:
            arrays = inputs.arrays
            row_of = {pk: n for n, pk in enumerate(inputs.membership_ids)}
            column_of = {pk: n for n, pk in enumerate(inputs.sub_item_ids)}
            counted = {"lead": arrays.lead, "preliminary": arrays.preliminary, "onsite": arrays.onsite}
            array = counted.get(str(kind))
            if array is not None:
                for (member, sub), value in points.get(block_id, {}).items():
                    array[row_of[member], column_of[sub]] = MISSING if value is None else value // scale
            assert arrays.not_involved is not None
            assert arrays.proposed is not None
            for member, sub in involved.get(block_id, ()):
                arrays.not_involved[row_of[member], column_of[sub]] = confirmed
                arrays.proposed[row_of[member], column_of[sub]] = not confirmed

        return change

    blocks = Block.objects.filter(pk__in=set(points) | set(involved)).select_related("cycle").order_by("pk")
    return [standing_actions.prepare(block, change_of(block.pk)) for block in blocks]


def drop(*, by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """Put a preview or a refused sheet away; raises Refused once it was taken in."""
    batch = find(by, cycle, batch_id)
    with transaction.atomic():
        done = ImportBatch.objects.filter(
            pk=batch.pk, state__in=[BatchState.READING, BatchState.PREVIEW, BatchState.REFUSED]
        ).update(state=BatchState.DROPPED)
        if not done:
            raise _not_waiting(ImportBatch.objects.select_related("by", "file").get(pk=batch.pk))
        ImportPlan.objects.filter(batch=batch).delete()
        audit.record(by, "scores.dropped", batch, cycle_code=cycle.code, sha256=batch.file_sha256)
    batch.state = BatchState.DROPPED
    return batch


def read_again(*, by: Hat, cycle: Cycle, batch_id: int) -> ImportBatch:
    """Read the kept original once more, against what is stored now; raises Refused once it was taken in."""
    batch = find(by, cycle, batch_id)
    if batch.state == BatchState.COMMITTED:
        raise already_imported(batch)
    return read_in(batch, by)
