"""A quarter's ledger taken in, corrected line by line, or voided.  §6(3)

What the sheet means is judged in scoring.workbooks; how a version comes to stand is in versions.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, files
from office.fields import STORED_PLACES, format_points
from office.models import User
from office.refusal import Refused
from office.workbook.guard import Source
from scoring import ledger_queries
from scoring.actions import batches, versions
from scoring.models import (
    BatchState,
    ImportBatch,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    QuarterDue,
    VersionState,
)
from scoring.permissions import BulkMay
from scoring.workbooks.ledger import LedgerFrame, LedgerReading, Line, read_ledger
from scoring.workbooks.ledger_changes import KeptLine, LedgerPlan, Stored, compare
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Cycle, Membership, Unit
from units.permissions import grant_of, require
from units.stages import OPEN_IN

KIND: Final = "ledger"
OPEN: Final = OPEN_IN["C03"]


def target_of(cycle: Cycle) -> str:
    """The file itself says body and quarter, so the same bytes are taken in once a year."""
    return f"{KIND}/{cycle.code}"


def may_write(by: Hat, cycle: Cycle, row: str = "C02") -> BulkMay:
    return BulkMay(row, by, cycle, acts_on_unit=True)


def require_open(by: Hat, cycle: Cycle, row: str = "C02") -> None:
    """Raise Refused unless this hat may hand in ledgers at all now."""
    refusal = may_write(by, cycle, row).closed_everywhere
    if refusal is not None:
        raise refusal


def require_body(by: Hat, body_id: int) -> None:
    """A lead's ledger is its own alone; another's does not exist for it."""
    if by.role is Role.LEAD and by.unit_id != body_id:
        raise Refused("not-found", _("There is no such record."), status=404)


def hat_to_write(user: User, cycle: Cycle, row: str = "C03") -> Hat:
    """For commands: the person's hat that may write now; who is of a lead and of the office writes as the lead.

    Raises Refused when the person has no role in the cycle.
    """
    hats = [hat for hat in hats_of(user) if hat.fits(cycle)]
    if not hats:
        raise Refused("no-role", _("%(user)s holds no role in this cycle.") % {"user": str(user)}, status=403)
    return min(hats, key=lambda hat: (grant_of(row, hat).is_denied, hat.role is not Role.LEAD))


# Reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """A ledger held against what stands; `plan` is None when it is refused."""

    frame: LedgerFrame
    reading: LedgerReading
    plan: LedgerPlan | None
    stored: Stored | None


def hand_in(*, by: Hat, cycle: Cycle, chunks: Iterable[bytes], name: str, size: int = 0) -> ImportBatch:
    """Keep a ledger as it came; see batches.hand_in."""
    return batches.hand_in(
        by=by, cycle=cycle, kind=KIND, target=target_of(cycle), chunks=chunks, name=name, size=size
    )


def look(source: Source, *, by: Hat, cycle: Cycle, name: str, tell: batches.Tell = batches.silent) -> Looked:
    """What a ledger would do, without keeping anything; raises Refused when it is no readable workbook."""
    frame = ledger_queries.frame_for(cycle, by, may_write(by, cycle))
    tell(5, _("is being read"))
    reading = read_ledger(source, frame, file_name=name)
    if not reading.report.is_clean:
        return Looked(frame, reading, None, None)
    tell(60, _("is compared with what stands"))
    stored = ledger_queries.stored_for(cycle, frame, reading.made.body, reading.made.quarter)
    return Looked(frame, reading, compare(reading, frame, stored), stored)


def _read(batch: ImportBatch, by: Hat, tell: batches.Tell) -> batches.Reading:
    looked = look(files.path_of(batch.file.sha256), by=by, cycle=batch.cycle, name=batch.file.name, tell=tell)
    tell(90, _("is compared with what stands"))
    made, names = looked.reading.made, looked.frame.names
    report = looked.reading.report.as_dict() | {
        "unknown": batches.unknown_names(made.unknown, names.units.find)
    }
    if looked.plan is None:
        return batches.Reading(report, made.signed)
    plan = looked.plan
    report |= {
        "head": {
            "body": names.unit_names[made.body],
            "quarter": made.quarter,
            "parts": [part.part for part in plan.parts],
            "others_clean": made.others_clean,
        },
        "counts": {
            "added": plan.added,
            "changed": plan.changed,
            "removed": plan.removed,
            "unchanged": plan.unchanged,
            "left": made.left,
        },
        "points": format_points(Decimal(plan.points).scaleb(-STORED_PLACES)),
        "changes": plan.changes,
        "spread": plan.spread,
    }
    return batches.Reading(report, made.signed, _pack(made.body, made.quarter, made.others_clean, plan))


# The plan, kept between preview and confirmation --------------------------------------------------


def _pack(body: int, quarter: int, others_clean: bool, plan: LedgerPlan) -> bytes:
    parts = [
        [part.part, part.seen, [[kept.thread, *kept.line] for kept in part.lines]] for part in plan.parts
    ]
    return zlib.compress(orjson.dumps([body, quarter, others_clean, parts]), 1)


def _unpack(content: bytes) -> tuple[int, int, bool, list[tuple[str, int, list[KeptLine]]]]:
    body, quarter, others_clean, parts = orjson.loads(zlib.decompress(content))
    return (
        body,
        quarter,
        others_clean,
        [(part, seen, [KeptLine(t, Line(*rest)) for t, *rest in lines]) for part, seen, lines in parts],
    )


def _exact(units: int | None) -> Decimal | None:
    return None if units is None else Decimal(units).scaleb(-STORED_PLACES)


def row_of(kept: KeptLine, position: int) -> LedgerLine:
    """The line as a record, its version still to be set."""
    line = kept.line
    return LedgerLine(
        thread=uuid.UUID(kept.thread),
        position=position,
        membership_id=line.member,
        sub_item_id=line.sub,
        indicator_id=line.indicator or None,
        points=_exact(line.points),
        reason=line.reason,
        basis=line.basis,
        on=date.fromisoformat(line.on) if line.on else None,
        figure=line.figure,
        measure=line.measure,
        target=_exact(line.target),
        done=_exact(line.done),
        done_total=_exact(line.done_total),
    )


# Taking in --------------------------------------------------------------------------------------


def _take(batch: ImportBatch, content: bytes, plan_sha256: str, by: Hat, tell: batches.Tell) -> None:
    """The body's part as the sheet has it: the whole of it or nothing, also when the machine stops half-way."""
    cycle = batch.cycle
    body, quarter, others_clean, parts = _unpack(content)
    require_body(by, body)
    _require_lines(by, cycle, [kept.line for _part, _seen, lines in parts for kept in lines], "C03")
    new = [
        versions.NewVersion(
            LedgerKind.LEDGER,
            body,
            f"Q{quarter}",
            LedgerPart(part),
            seen,
            [row_of(kept, position) for position, kept in enumerate(lines)],
            others_clean,
        )
        for part, seen, lines in parts
    ]

    def under_lock(at: datetime, written: list[LedgerVersion]) -> None:
        cycle.refresh_from_db(fields=["stage"])
        require_open(by, cycle, "C03")
        batches.mark_committed(batch, at)
        audit.record(
            by,
            "ledger.imported",
            batch,
            cycle_code=cycle.code,
            body=batch.report["head"]["body"],
            quarter=quarter,
            file=batch.file.name,
            sha256=batch.file_sha256,
            plan_sha256=plan_sha256,
            accepted=batch.report.get("accepted", 0),
            counts=batch.report.get("counts", {}),
            versions=[version.pk for version in written],
        )

    versions.put_in_force(by=by, cycle=cycle, new=new, under_lock=under_lock, batch=batch, tell=tell)


def _require_lines(by: Hat, cycle: Cycle, lines: Iterable[Line], row: str) -> None:
    """Ask again, for the person who acts now, what the preview asked; a fixed number of queries."""
    may = may_write(by, cycle, row)
    if may.closed_everywhere is not None:
        raise may.closed_everywhere
    where = {
        pk: (unit, block)
        for pk, unit, block in Membership.objects.filter(block__cycle=cycle).values_list(
            "pk", "unit_id", "block_id"
        )
    }
    for member, sub in {(line.member, line.sub) for line in lines}:
        if member not in where:
            raise Refused("not-found", _("There is no such record."), status=404)
        unit, block = where[member]
        refusal = may.refusal(unit, sub, block)
        if refusal is not None:
            raise refusal


# Correcting ---------------------------------------------------------------------------------------


def correct(
    *,
    by: Hat,
    cycle: Cycle,
    body: Unit,
    quarter: int,
    part: LedgerPart,
    seen: int,
    lines: Sequence[KeptLine],
    without: Collection[str],
    others_clean: bool | None = None,
) -> LedgerVersion:
    """Put lines into a ledger in the place of the threads in `without`; everything else of it stays.

    Raises Refused: not permitted, stage closed, a line that may not be, or the ledger was changed since
    `seen` (409).
    """
    require_body(by, body.pk)
    require_open(by, cycle, "C05")
    old_lines = _lines_of(seen, without)
    _require_lines(by, cycle, [*(kept.line for kept in lines), *old_lines.values()], "C05")
    _require_part(by, cycle, body, part)
    _require_sound(cycle, body, part, [kept.line for kept in lines])
    before = LedgerVersion.objects.filter(pk=seen).first()
    new = versions.NewVersion(
        LedgerKind.LEDGER,
        body.pk,
        f"Q{quarter}",
        part,
        seen,
        [row_of(kept, position) for position, kept in enumerate(lines, before.line_count if before else 0)],
        others_clean if others_clean is not None else bool(before and before.others_clean),
        kept_from=seen,
        without=[uuid.UUID(thread) for thread in without],
    )

    def under_lock(at: datetime, written: list[LedgerVersion]) -> None:
        audit.record(
            by,
            "ledger.corrected",
            written[0],
            cycle_code=cycle.code,
            body=body.name,
            quarter=quarter,
            removed=[[thread, _told(line)] for thread, line in old_lines.items()],
            entered=[[kept.thread, _told(kept.line)] for kept in lines],
        )

    (made,) = versions.put_in_force(by=by, cycle=cycle, new=[new], under_lock=under_lock)
    return made


def _told(line: Line) -> list[Any]:
    return [line.member, line.sub, format_points(_exact(line.points) or Decimal(0)), line.reason]


def _lines_of(version: int, threads: Collection[str]) -> dict[str, Line]:
    rows = LedgerLine.objects.filter(version=version, thread__in=threads)
    return {
        thread.hex: ledger_queries.line_of(rest)
        for thread, *rest in rows.values_list("thread", *ledger_queries.LINE_FIELDS)
    }


def _require_part(by: Hat, cycle: Cycle, body: Unit, part: LedgerPart) -> None:
    """The lines about the body's own unit are the office's, by somebody without a part in it."""
    if part is LedgerPart.OFFICE:
        if by.role is not Role.OFFICE:
            raise Refused("not-found", _("There is no such record."), status=404)
        require("C05", by, cycle, unit_id=body.pk, acts_on_unit=True)


def _require_sound(cycle: Cycle, body: Unit, part: LedgerPart, lines: Sequence[Line]) -> None:
    """What a sheet's line must keep, a typed line must keep too."""
    subs = {sub.pk: sub for sub in ledger_queries.sub_items_of(cycle, body.pk)}
    members = {
        member.pk: member
        for member in Membership.objects.filter(pk__in=[line.member for line in lines]).select_related("unit")
    }
    for line in lines:
        sub, member = subs.get(line.sub), members.get(line.member)
        if sub is None or member is None or member.block_id != sub.item.block_id:
            raise Refused("not-found", _("There is no such record."), status=404)
        names = {"unit": member.unit.name, "sub": sub.name}
        if (member.unit_id == body.pk) is not (part is LedgerPart.OFFICE):
            raise Refused(
                "own-unit",
                _("Nobody scores itself: what concerns your own unit is entered by the appraisal office."),
                "§6(3)",
                status=403,
            )
        if line.points < 0:
            raise Refused(
                "negative-deduction",
                _("A deduction is the number taken off, 0 or more."),
                "§6(3)",
                status=422,
            )
        if line.points % 10 ** (STORED_PLACES - cycle.places):
            raise Refused(
                "too-many-decimals",
                _("%(unit)s · %(sub)s: at most %(places)d decimals.") % (names | {"places": cycle.places}),
                status=422,
            )
        if line.points and not line.reason.strip():
            raise Refused(
                "no-reason",
                _("%(unit)s · %(sub)s: a deduction needs its reason. Please enter it.") % names,
                "§6(3)",
                status=422,
            )
        if line.points and not line.indicator and sub.indicators.exists():
            raise Refused(
                "indicator-missing",
                _("%(unit)s · %(sub)s has indicators; please say which one the deduction is for.") % names,
                status=422,
            )


# Voiding ------------------------------------------------------------------------------------------


def void(*, by: Hat, cycle: Cycle, version_id: int, reason: str) -> list[LedgerVersion]:
    """Take the version in force back, and with it the others its import brought; the one before stands again.

    Returns what was voided. Raises Refused: not permitted, stage closed, no reason, or a later version
    stands on it.
    """
    version = (
        LedgerVersion.objects.filter(pk=version_id, ledger__cycle=cycle)
        .exclude(state=VersionState.WRITING)
        .select_related("ledger__body", "batch")
        .first()
    )
    if version is None or (by.role is Role.LEAD and version.ledger.part != LedgerPart.OWN):
        raise Refused("not-found", _("There is no such record."), status=404)
    require_body(by, version.ledger.body_id)
    row = "C06" if version.ledger.kind == LedgerKind.LEDGER else "C07"
    require_open(by, cycle, row)
    if not reason.strip():
        raise Refused("no-reason", _("Please say why it is voided."), status=422)
    with transaction.atomic():
        wanted = LedgerVersion.objects.filter(pk=version.pk)
        if version.batch_id is not None:
            wanted = LedgerVersion.objects.filter(batch=version.batch_id, state=VersionState.STANDING)
        ids = list(wanted.values_list("ledger_id", flat=True))
        ledgers = {
            ledger.pk: ledger
            for ledger in Ledger.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        }
        voided = list(wanted.select_related("ledger__body"))
        for each in voided:
            if by.role is not Role.OFFICE and each.ledger.part != LedgerPart.OWN:
                raise Refused("not-found", _("There is no such record."), status=404)
            _void_one(by, each, ledgers[each.ledger_id], reason.strip()[:300])
        if not voided:
            raise _not_in_force(version)
        if version.batch_id is not None:
            ImportBatch.objects.filter(pk=version.batch_id).update(state=BatchState.VOID)
        audit.record(
            by,
            "ledger.voided",
            version,
            cycle_code=cycle.code,
            body=version.ledger.body.name,
            period=version.ledger.period,
            versions=[each.pk for each in voided],
            reason=reason.strip()[:300],
        )
    return voided


def _void_one(by: Hat, version: LedgerVersion, ledger: Ledger, reason: str) -> None:
    if ledger.current_id != version.pk:
        raise _not_in_force(version)
    before = (
        ledger.versions.filter(state=VersionState.STANDING, number__lt=version.number)
        .order_by("-number")
        .first()
    )
    version.state, version.voided_by, version.voided_at = VersionState.VOID, by.user, timezone.now()
    version.void_reason = reason
    version.save(update_fields=["state", "voided_by", "voided_at", "void_reason"])
    ledger.current = before
    ledger.save(update_fields=["current"])


def _not_in_force(version: LedgerVersion) -> Refused:
    return Refused(
        "not-in-force",
        _("Version %(number)s is not the one in force any more; only that one can be voided.")
        % {"number": version.number or "—"},
    )


def set_due(*, by: Hat, cycle: Cycle, quarter: int, due_on: date, cut_off: time | None = None) -> QuarterDue:
    """Say until when the ledgers of a quarter are to be in."""
    require("D08", by, cycle)
    if quarter not in (1, 2, 3, 4):
        raise Refused("no-quarter", _("There are quarters 1 to 4."), status=422)
    with transaction.atomic():
        due, _made = QuarterDue.objects.update_or_create(
            cycle=cycle, quarter=quarter, defaults={"due_on": due_on, "cut_off": cut_off}
        )
        audit.record(
            by,
            "ledger.due-set",
            due,
            cycle_code=cycle.code,
            quarter=quarter,
            after=f"{due_on.isoformat()} {cut_off or ''}".strip(),
        )
    return due


def _require_open_batch(by: Hat, batch: ImportBatch) -> None:
    require_open(by, batch.cycle)


batches.register(KIND, batches.Importer(_require_open_batch, _read, _take))
