"""The log's one pen and its checker.

Which acts are worth an entry is decided by the actions that call record().
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.db import connection, models, transaction
from django.utils import timezone

from office.models.audit import AuditEntry, AuditHead

if TYPE_CHECKING:
    from office.models import User

GENESIS = "0" * 64


class Actor(Protocol):
    """Who acts: a person and the hat worn.  units.hats.Hat is one."""

    @property
    def user(self) -> User: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that does not fit the chain."""

    number: int
    reason: str  # "altered" | "missing" | "inserted" | "cut"


def sealed_fields(entry: AuditEntry) -> list[Any]:
    """What the digest of an entry covers, in its order; its compact JSON is what is digested."""
    return [
        entry.number,
        entry.at.astimezone(UTC).isoformat(),
        entry.user_id_text,
        entry.user_name,
        entry.role,
        entry.act,
        entry.object_type,
        entry.object_id,
        entry.object_text,
        entry.cycle_code,
        entry.details,
        entry.previous_digest,
    ]


def _digest(entry: AuditEntry) -> str:
    canonical = json.dumps(sealed_fields(entry), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def record(
    by: Actor | None,
    act: str,
    subject: models.Model | None = None,
    *,
    cycle_code: str = "",
    **details: Any,
) -> AuditEntry:
    """Write one entry in the caller's transaction; call it last, it takes the chain's lock.

    `by` None stands for the system itself (timers, set-up). Raises RuntimeError outside a transaction:
    an entry that could survive without its act would lie.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the log is written inside the action's transaction")
    head = AuditHead.objects.select_for_update().filter(pk=True).first()
    if head is None:
        head = AuditHead(pk=True, number=0, digest=GENESIS)
        head.save(force_insert=True)
    entry = AuditEntry(
        number=head.number + 1,
        at=timezone.now().astimezone(UTC),
        user_id_text=by.user.username if by else "",
        user_name=str(by.user) if by else "",
        role=str(by.role) if by else "",
        act=act,
        object_type=subject._meta.label if subject is not None else "",
        object_id=str(subject.pk) if subject is not None else "",
        object_text=str(subject)[:200] if subject is not None else "",
        cycle_code=cycle_code,
        details=json.dumps(details, ensure_ascii=False, sort_keys=True, default=str),
        previous_digest=head.digest or GENESIS,
    )
    entry.digest = _digest(entry)
    entry.save(force_insert=True)
    AuditHead.objects.filter(pk=True).update(number=entry.number, digest=entry.digest)
    return entry


def verify() -> Break | None:
    """Walk the chain from its first entry; the first that was altered, removed or put in, or None."""
    expected_number, previous = 1, GENESIS
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != expected_number:
            return Break(expected_number, "missing")
        if entry.digest != _digest(entry):
            return Break(entry.number, "altered")
        if entry.previous_digest != previous:
            return Break(entry.number, "inserted")
        expected_number, previous = entry.number + 1, entry.digest
    head = AuditHead.objects.filter(pk=True).first()
    stored_number, stored_digest = (head.number, head.digest) if head else (0, GENESIS)
    if stored_number != expected_number - 1 or (stored_digest or GENESIS) != previous:
        return Break(expected_number, "cut")
    return None


def details_of(entry: AuditEntry) -> Mapping[str, Any]:
    """The stored details back as a mapping."""
    loaded: Mapping[str, Any] = json.loads(entry.details)
    return loaded


def record_denial(by: Actor | None, row: str, sentence: str, *, target: str = "") -> None:
    """Log an act that was denied, in a transaction of its own."""
    with transaction.atomic():
        record(by, "denied", None, row=row, sentence=sentence, target=target[:300])


def instant(moment: datetime) -> str:
    """ISO text with the Shanghai offset, as every answer shows times."""
    return timezone.localtime(moment).isoformat(timespec="seconds")
