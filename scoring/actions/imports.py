"""A score sheet read into a preview and taken in; how workbooks are kept and put away is in batches.

What the lines mean is judged in scoring.workbooks.scores; how the rows are written is in scoring.staging.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, files
from office.fields import STORED_PLACES
from office.models import User
from office.refusal import Refused
from office.workbook.guard import Source
from scoring import import_queries, sheets, staging
from scoring.actions import batches
from scoring.actions import standing as standing_actions
from scoring.engine.arrays import MISSING
from scoring.models import BatchState, Cell, ImportBatch, ScoreKind
from scoring.permissions import BulkMay, may_propose_many, may_score_many, require_units_open
from scoring.workbooks.frame import Frame
from scoring.workbooks.scores import SheetPlan, read_scores
from units import foresight
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Block, Cycle, Membership
from units.permissions import require_second


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
    """Keep a score sheet as it came; see batches.hand_in."""
    return batches.hand_in(
        by=by, cycle=cycle, kind="scores", target=target_of(cycle, kind), chunks=chunks, name=name, size=size
    )


def require_open(by: Hat, cycle: Cycle, kind: ScoreKind) -> None:
    """Raise Refused unless this hat may hand in such scores somewhere now.

    From the hearing on nothing comes in by the sheet, even where a part was opened again: each correction
    lists what it moves before it is signed (§6(7)).
    """
    refusal = may_score_many(by, kind, cycle).closed_everywhere
    if refusal is not None:
        raise refusal
    if foresight.is_due(cycle):
        raise Refused(
            "one-by-one",
            _(
                "Since the hearing scores are corrected one at a time, with what would move shown first. Open the cell and correct it there."
            ),
            "§6(7)",
        )


def read_in(
    batch: ImportBatch, by: Hat, *, confirmed_by: Hat | None = None, tell: batches.Tell = batches.silent
) -> ImportBatch:
    """Read the sheet into a preview; `confirmed_by` is the second person who confirms 不涉及."""
    return batches.keep_reading(batch, lambda: _read(batch, by, tell, confirmed_by))


def _read(
    batch: ImportBatch, by: Hat, tell: batches.Tell, confirmed_by: Hat | None = None
) -> batches.Reading:
    tell(30, _("is being read"))
    frame, plan = look(
        files.path_of(batch.file.sha256),
        by=by,
        cycle=batch.cycle,
        kind=kind_of(batch),
        name=batch.file.name,
        confirmed_by=confirmed_by,
    )
    report = plan.report.as_dict() | {
        "counts": plan.counts.as_dict() if plan.report.is_clean else {},
        "changes": plan.changes,
        "unknown": batches.unknown_names(plan.unknown, frame.units.find),
    }
    return batches.Reading(report, plan.signed, _pack(plan) if plan.report.is_clean else None)


def look(
    source: Source, *, by: Hat, cycle: Cycle, kind: ScoreKind, name: str, confirmed_by: Hat | None = None
) -> tuple[Frame, SheetPlan]:
    """What a workbook would do, without keeping anything; raises Refused when it is no readable workbook."""
    _ensure_cells(cycle)
    frame = import_queries.frame_of(cycle, kind, by, second=confirmed_by)
    return frame, read_scores(source, frame, file_name=name)


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


def confirm(*, by: Hat, cycle: Cycle, batch_id: int, confirmed_by: Hat | None = None) -> ImportBatch:
    """Take a previewed sheet in: all of it or nothing, and bring every block it touches up to date.  §4(1)

    Raises Refused: no longer permitted, stage closed, already taken in, or a cell was changed meanwhile
    (409, then read it again).
    """
    batch, content, sha256 = batches.waiting_plan(by, cycle, batch_id)
    with batches.all_or_nothing(batch):
        _take(batch, content, sha256, by, confirmed_by=confirmed_by)
    batch.state = BatchState.COMMITTED
    return batch


def _take(
    batch: ImportBatch,
    content: bytes,
    plan_sha256: str,
    by: Hat,
    tell: batches.Tell = batches.silent,
    confirmed_by: Hat | None = None,
) -> None:
    """Everything is prepared before the lock; under it the versions seen are compared, the rows moved over, the
    standings stored and one entry written in the log."""
    kept = _unpack(content)
    cycle, kind = batch.cycle, kind_of(batch)
    _require_all(by, cycle, kind, kept, confirmed_by)
    signature = staging.Signature(
        kind=str(kind),
        user_id=by.user.pk,
        at=timezone.now(),
        by_office=by.role is Role.OFFICE,
        batch_id=batch.pk,
        second_id=confirmed_by.user.pk if confirmed_by is not None else None,
    )
    with staging.staged(_staged_rows(kept)):
        prepared = _prepare_standings(cycle, kind, kept, confirmed=confirmed_by is not None)
        with transaction.atomic():
            _write(batch, kept, prepared, signature, by, confirmed_by, plan_sha256)


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
    batches.mark_committed(batch, signature.at)
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


def _require_open_batch(by: Hat, batch: ImportBatch) -> None:
    require_open(by, batch.cycle, kind_of(batch))


batches.register("scores", batches.Importer(_require_open_batch, _read, _take))

drop, find, read_again = batches.drop, batches.find, batches.read_again
already_imported, start_reading = batches.already_imported, batches.start_reading
