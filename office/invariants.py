"""What must always be true of stored rows, one named function each; here those of the desk.

The other apps add tables of their own; the command check_cycle walks them all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import audit, files
from office.models import (
    ApiToken,
    AuditEntry,
    Evidence,
    EvidenceRoom,
    Job,
    StoredFile,
    SystemRole,
    SystemRoleKind,
    User,
)
from office.models.audit import AuditHead
from office.models.job import JobState
from office.tokens import LONGEST_DAYS


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks an invariant."""

    row: str  # the record's kind and number, e.g. "scoring.Score 17"
    detail: str


Find = Callable[[str], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Invariant:
    code: str
    sentence: object  # lazy translation; what must be true
    find: Find  # takes the cycle's code, yields the rows that break it


@dataclass(slots=True)
class Table:
    """An app's invariants in the order they are checked."""

    rows: list[Invariant] = field(default_factory=list)

    def invariant(self, code: str, sentence: object) -> Callable[[Find], Find]:
        """Decorator: this function finds the rows that break what the sentence says."""

        def keep(find: Find) -> Find:
            if any(row.code == code for row in self.rows):
                raise ValueError(f"two invariants are called {code}")
            self.rows.append(Invariant(code, sentence, find))
            return find

        return keep


TABLE = Table()


@TABLE.invariant("log-chain", gettext_lazy("Every log entry seals the one before it."))
def chain_breaks(cycle_code: str) -> Iterator[Breach]:
    found = audit.verify()
    if found is not None:
        yield Breach(f"office.AuditEntry {found.number}", found.reason)


@TABLE.invariant("log-head", gettext_lazy("The end of the log is its last entry."))
def head_is_elsewhere(cycle_code: str) -> Iterator[Breach]:
    head = AuditHead.objects.filter(pk=True).first()
    last = AuditEntry.objects.order_by("-number").first()
    stored = (head.number, head.digest or audit.GENESIS) if head else (0, audit.GENESIS)
    wanted = (last.number, last.digest) if last else (0, audit.GENESIS)
    if stored != wanted:
        yield Breach(f"office.AuditHead {stored[0]}", f"{stored[0]} ≠ {wanted[0]}")


@TABLE.invariant("log-details", gettext_lazy("The details of every log entry can be read back."))
def unreadable_details(cycle_code: str) -> Iterator[Breach]:
    entries = AuditEntry.objects.order_by("number").values_list("number", "details")
    for number, details in entries.iterator(chunk_size=2000):
        try:
            readable = isinstance(json.loads(details), dict)
        except ValueError:
            readable = False
        if not readable:
            yield Breach(f"office.AuditEntry {number}", details[:80])


@TABLE.invariant("log-accounts", gettext_lazy("Whoever acts in the log has an account."))
def unknown_actors(cycle_code: str) -> Iterator[Breach]:
    known = User.objects.values("username")
    entries = AuditEntry.objects.exclude(user_id_text="").exclude(user_id_text__in=known)
    for number, name in entries.order_by("number").values_list("number", "user_id_text"):
        yield Breach(f"office.AuditEntry {number}", name)


@TABLE.invariant(
    "file-bytes", gettext_lazy("Every stored file still has the bytes of its digest and length.")
)
def altered_files(cycle_code: str) -> Iterator[Breach]:
    measured: dict[str, tuple[str, int] | None] = {}
    for stored in StoredFile.objects.order_by("pk"):
        if stored.sha256 not in measured:
            measured[stored.sha256] = _measure(stored.sha256)
        found = measured[stored.sha256]
        if found is None:
            yield Breach(f"office.StoredFile {stored.pk}", _("%(name)s is gone") % {"name": stored.name})
        elif found != (stored.sha256, stored.size):
            yield Breach(f"office.StoredFile {stored.pk}", _("%(name)s was altered") % {"name": stored.name})


def _measure(digest: str) -> tuple[str, int] | None:
    found, size = sha256(), 0
    try:
        with files.path_of(digest).open("rb") as handle:
            while chunk := handle.read(2**20):
                found.update(chunk)
                size += len(chunk)
    except OSError:
        return None
    return found.hexdigest(), size


@TABLE.invariant("file-type", gettext_lazy("A stored file is of the type that its content shows."))
def mistyped_files(cycle_code: str) -> Iterator[Breach]:
    for stored in StoredFile.objects.order_by("pk"):
        path = files.path_of(stored.sha256)
        if path.exists() and files.type_by_content(path) != stored.content_type:
            yield Breach(f"office.StoredFile {stored.pk}", f"{stored.name}: {stored.content_type}")


@TABLE.invariant("file-name", gettext_lazy("A file's name holds no path and no control mark."))
def unsafe_names(cycle_code: str) -> Iterator[Breach]:
    for pk, name in StoredFile.objects.order_by("pk").values_list("pk", "name"):
        if files.safe_name(name) != name:
            yield Breach(f"office.StoredFile {pk}", ascii(name))


@TABLE.invariant("token-days", gettext_lazy("An API token lasts at most 90 days."))
def long_tokens(cycle_code: str) -> Iterator[Breach]:
    # A second's grace: the two instants are taken one after the other.
    longest = timedelta(days=LONGEST_DAYS, seconds=1)
    for token in ApiToken.objects.filter(expires_at__gt=F("created_at") + longest).select_related("user"):
        yield Breach(f"office.ApiToken {token.pk}", str(token))


@TABLE.invariant("auditor-alone", gettext_lazy("The auditor is neither system nor security administrator."))
def auditors_with_more(cycle_code: str) -> Iterator[Breach]:
    others = SystemRole.objects.exclude(kind=SystemRoleKind.AUDITOR).values("user")
    for role in SystemRole.objects.filter(kind=SystemRoleKind.AUDITOR, user__in=others).select_related(
        "user"
    ):
        yield Breach(f"office.SystemRole {role.pk}", str(role.user))


@TABLE.invariant("job-progress", gettext_lazy("A job that is over says when, one under way does not."))
def odd_jobs(cycle_code: str) -> Iterator[Breach]:
    under_way = Q(state__in=[JobState.WAITING, JobState.RUNNING])
    wrong = (under_way & Q(finished_at__isnull=False)) | (~under_way & Q(finished_at__isnull=True))
    for job in Job.objects.filter(wrong | ~Q(state__in=JobState.values)).order_by("pk"):
        yield Breach(f"office.Job {job.pk}", f"{job.title}: {job.state}")


@TABLE.invariant("evidence-room", gettext_lazy("An account's room is what its evidence fills."))
def odd_rooms(cycle_code: str) -> Iterator[Breach]:
    filled = {
        row["account"]: (row["bytes"], row["files"])
        for row in Evidence.objects.values("account")
        .order_by("account")
        .annotate(bytes=Sum("file__size"), files=Count("pk"))
    }
    for room in EvidenceRoom.objects.order_by("account"):
        now = (room.used_bytes, room.files)
        if filled.pop(room.account, (0, 0)) != now:
            yield Breach(f"office.EvidenceRoom {room.pk}", f"{room.account}: {now}")
    for account in filled:
        yield Breach("office.EvidenceRoom", account)
