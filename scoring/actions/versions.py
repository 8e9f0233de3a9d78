"""Puts a whole new version of a ledger in force: written where nobody reads it, then one short step.

A worker killed in between leaves the old version standing; what it had written is swept away later.
What the lines say is judged by the actions that call this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from office.refusal import Refused
from scoring.models import (
    ImportBatch,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    ReturnLine,
    VersionState,
)
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle

CHUNK: Final = 500  # lines written in one transaction, so that the lock is held a fraction of a second
# SQLite lets who waits for the lock try again now and then; without a pause a long import would never let
# anybody in between its chunks.
PAUSE: Final = 0.06  # seconds
LEFT_BEHIND: Final = timedelta(minutes=15)  # after which a version still being written is nobody's any more
SHARE: Final = 90  # percent of the work that is writing lines

Tell = Callable[[int, str], None]


@dataclass(slots=True)
class NewVersion:
    """One ledger as it is to stand.  `seen` is the version it was compared with, 0: none."""

    kind: LedgerKind
    body_id: int
    period: str
    part: LedgerPart
    seen: int
    lines: Sequence[LedgerLine] | Sequence[ReturnLine]
    others_clean: bool = False
    points: Decimal = Decimal(0)
    kept_from: int = 0  # lines of this version are copied, but the threads in `without`
    without: Collection[Any] = field(default_factory=tuple)


def put_in_force(
    *,
    by: Hat,
    cycle: Cycle,
    new: Sequence[NewVersion],
    under_lock: Callable[[datetime, list[LedgerVersion]], None],
    batch: ImportBatch | None = None,
    tell: Tell = lambda percent, doing: None,
) -> list[LedgerVersion]:
    """Write every version and then let all of them stand at once; `under_lock` adds what belongs to that step.

    Raises Refused (409) when one of the ledgers was changed since it was seen; then nothing is left behind.
    """
    sweep()
    at = timezone.now()
    written: list[LedgerVersion] = []
    total = sum(len(each.lines) for each in new) or 1
    done = 0
    try:
        for each in new:
            version = _begin(by, cycle, each, batch, at)
            written.append(version)
            for start in range(0, len(each.lines), CHUNK):
                chunk = each.lines[start : start + CHUNK]
                for line in chunk:
                    line.version = version
                with transaction.atomic():
                    type(chunk[0])._default_manager.bulk_create(chunk)  # type: ignore[arg-type]  # all of one type
                done += len(chunk)
                if connection.vendor == "sqlite" and done < total:
                    time.sleep(PAUSE)
                tell(done * SHARE // total, _("%(done)d of %(total)d lines") % {"done": done, "total": total})
        with transaction.atomic():
            _switch(new, written, at)
            under_lock(at, written)
    except BaseException:
        if not connection.needs_rollback:
            discard(written)
        raise
    tell(100, "")
    return written


def _begin(by: Hat, cycle: Cycle, new: NewVersion, batch: ImportBatch | None, at: datetime) -> LedgerVersion:
    with transaction.atomic():
        ledger, _made = Ledger.objects.get_or_create(
            cycle=cycle, kind=new.kind, body_id=new.body_id, period=new.period, part=new.part
        )
        return LedgerVersion.objects.create(
            ledger=ledger,
            by=by.user,
            by_office=by.role is Role.OFFICE,
            at=at,
            batch=batch,
            others_clean=new.others_clean,
        )


def _switch(new: Sequence[NewVersion], written: Sequence[LedgerVersion], at: datetime) -> None:
    ids = [version.ledger_id for version in written]
    ledgers = {
        ledger.pk: ledger for ledger in Ledger.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    }
    for each, version in zip(new, written, strict=True):
        ledger = ledgers[version.ledger_id]
        if (ledger.current_id or 0) != each.seen:
            raise changed_meanwhile(ledger)
        if each.kept_from:
            _copy(each.kept_from, version.pk, each.without)
        _number(ledger, version, each, at)


def _number(ledger: Ledger, version: LedgerVersion, new: NewVersion, at: datetime) -> None:
    rows = version.lines if new.kind == LedgerKind.LEDGER else version.returns
    count = rows.count()
    if not new.kept_from and count != len(new.lines):
        raise RuntimeError(f"{count} of {len(new.lines)} lines were written")
    if new.kind == LedgerKind.LEDGER:
        version.points = version.lines.aggregate(total=Sum("points"))["total"] or Decimal(0)
    last = ledger.versions.aggregate(last=Max("number"))["last"] or 0
    version.number, version.state, version.line_count, version.at = (
        last + 1,
        VersionState.STANDING,
        count,
        at,
    )
    version.save(update_fields=["number", "state", "line_count", "points", "at"])
    ledger.current = version
    ledger.save(update_fields=["current"])


def _copy(source: int, target: int, without: Collection[Any]) -> None:
    """Every line of one version into another, but those threads; in the database, however many they are."""
    names = [str(f.column) for f in LedgerLine._meta.concrete_fields if f.column not in {"id", "version_id"}]
    columns = ", ".join(map(connection.ops.quote_name, names))
    table = connection.ops.quote_name(LedgerLine._meta.db_table)
    thread = LedgerLine._meta.get_field("thread")
    left_out = [thread.get_db_prep_value(each, connection) for each in without]
    marks = ", ".join(["%s"] * len(left_out))
    but = f" AND thread NOT IN ({marks})" if left_out else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (version_id, {columns}) SELECT %s, {columns} FROM {table}"  # noqa: S608 -- our own names; values are parameters
            f" WHERE version_id = %s{but}",
            [target, source, *left_out],
        )


def changed_meanwhile(ledger: Ledger) -> Refused:
    current = ledger.current
    return Refused(
        "changed-meanwhile",
        _(
            "%(who)s changed the ledger of %(body)s (%(period)s) meanwhile. Nothing was taken in; please look at the new preview."
        )
        % {
            "who": str(current.by) if current is not None else _("Somebody"),
            "body": str(ledger.body),
            "period": _("quarter %(n)d") % {"n": int(ledger.period[1])}
            if ledger.kind == LedgerKind.LEDGER
            else ledger.period,
        },
        status=409,
    )


def discard(versions: Sequence[LedgerVersion]) -> None:
    """Take versions away that were never in force, and their lines; a version in force is left alone."""
    ids = [version.pk for version in versions]
    with transaction.atomic():
        never = LedgerVersion.objects.filter(pk__in=ids, state=VersionState.WRITING)
        for rows in (LedgerLine.objects.all(), ReturnLine.objects.all()):
            rows.filter(version__in=never.values("pk"))._raw_delete(rows.db)
        never.delete()


def sweep() -> int:
    """Take away what killed workers left behind; returns how many versions it was."""
    old = LedgerVersion.objects.filter(state=VersionState.WRITING, at__lt=timezone.now() - LEFT_BEHIND)
    left = list(old.annotate(n=Count("pk")))
    if left:
        discard(left)
    return len(left)
