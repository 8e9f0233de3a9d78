"""Takes in evidence: typed by its bytes, checked, pictures set anew, within the room of its owner.

Who may add, read or take away is asked by the action of the app whose record it lies beside:

    received = evidence.receive(request.FILES["file"], request.user, account)   # outside any transaction
    with transaction.atomic():
        permissions.require("D05", …)
        kept, is_new = evidence.attach(received, by=hat.user, about=line, account=account)
        audit.record(hat, "….evidence-added", line, sha256=kept.file.sha256, name=kept.file.name)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.http import FileResponse
from django.utils.translation import gettext as _

from office import contents, files
from office.files import DOCX, JPEG, OFD, PDF, PNG, XLSX
from office.models.evidence import Evidence, EvidenceRoom
from office.models.stored_file import StoredFile
from office.refusal import Refused

if TYPE_CHECKING:
    from office.models import User

TYPES = (PDF, JPEG, PNG, XLSX, DOCX, OFD)
SUFFIX = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", XLSX: ".xlsx", DOCX: ".docx", OFD: ".ofd"}
SAME_SUFFIX = {".jpeg": ".jpg", ".jpe": ".jpg"}
ACCEPT = ".pdf,.jpg,.jpeg,.png,.xlsx,.docx,.ofd"  # for the file field of a form
MIB = 2**20


class Upload(Protocol):
    """What a browser sent; Django's UploadedFile is one."""

    @property
    def name(self) -> str | None: ...
    @property
    def size(self) -> int | None: ...
    def chunks(self) -> Iterable[bytes]: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A file that passed every check and is kept, not yet beside a record."""

    stored: StoredFile
    sent_sha256: str


def account_of(cycle_code: str, unit_id: int) -> str:
    """The account that pays for a unit's evidence in one year."""
    return f"{cycle_code}/{unit_id}"


def largest_bytes() -> int:
    return int(settings.EVIDENCE_FILE_MB) * MIB


def quota_bytes() -> int:
    return int(settings.EVIDENCE_QUOTA_MB) * MIB


def used_bytes(account: str) -> int:
    """The room used so far, bytes.  One query."""
    return EvidenceRoom.objects.filter(account=account).values_list("used_bytes", flat=True).first() or 0


def receive(upload: Upload, by: User, account: str, *, types: Iterable[str] = TYPES) -> Received:
    """Keep the file and say so; call it outside a transaction, the disk is slow.

    Raises Refused: nothing came, too large, no room left, of a type that is not accepted, broken, locked,
    carrying a program, a picture of more dots than can be shown, the disk full.
    """
    name = files.safe_name(upload.name or "")
    wanted = tuple(types)
    if (upload.size or 0) > largest_bytes():
        raise too_large(name)
    _require_room(account, used_bytes(account), upload.size or 0)
    sent: list[str] = []

    def inspect(path: Path, content_type: str, sha256: str) -> bytes | None:
        sent.append(sha256)
        if content_type in contents.PICTURES:
            return contents.set_anew(path, name)
        contents.check(path, name, content_type)
        return None

    def limited() -> Iterable[bytes]:
        size = 0
        for chunk in upload.chunks():
            size += len(chunk)
            if size > largest_bytes():  # what the browser said beforehand proves nothing
                raise too_large(name)
            yield chunk

    try:
        stored = files.store(limited(), name, by, allowed=wanted, inspect=inspect)
    except Refused as refusal:
        if refusal.code == "wrong-type":
            raise _wrong_type(name, wanted) from refusal
        raise
    right = named_by_type(stored.name, stored.content_type)
    if right != stored.name:
        stored.name = right
        stored.save(update_fields=["name"])
    return Received(stored, sent[0])


def named_by_type(name: str, content_type: str) -> str:
    """The name with the suffix that its bytes deserve: a picture called notice.exe is not saved as a program."""
    suffix = SUFFIX.get(content_type)
    if suffix is None:
        return name
    path = Path(name)
    own = path.suffix.lower()
    if SAME_SUFFIX.get(own, own) == suffix:
        return name
    stem = path.stem if 1 < len(own) <= 6 else path.name
    return f"{stem[: 200 - len(suffix)]}{suffix}"


def attach(
    received: Received, *, by: User, about: models.Model, account: str, note: str = ""
) -> tuple[Evidence, bool]:
    """Lay the file beside the record; (evidence, False) when the same bytes lie there already.

    Call it inside the action's transaction. Raises Refused when the account has no room left.
    """
    label, number = about._meta.label, int(about.pk)
    there = Evidence.objects.filter(about_type=label, about_id=number, sent_sha256=received.sent_sha256)
    known = there.select_related("file").first()
    if known is not None:
        return known, False
    _use(account, received.stored.size)
    try:
        with transaction.atomic():
            made = Evidence.objects.create(
                about_type=label,
                about_id=number,
                account=account,
                file=received.stored,
                sent_sha256=received.sent_sha256,
                note=note.strip()[:200],
                added_by=by,
            )
    except IntegrityError:
        # The same file came twice in this very moment: one of them stays, and pays once.
        _use(account, -received.stored.size, count=-1)
        return there.select_related("file").get(), False
    return made, True


def take_away(evidence: Evidence) -> None:
    """Remove it from beside its record and give the room back; the bytes stay in the store for the log."""
    _use(evidence.account, -evidence.file.size, count=-1)
    evidence.delete()


def _use(account: str, size: int, count: int = 1) -> None:
    """Book `size` bytes on the account, never above its quota: one UPDATE decides, whoever comes at once."""
    EvidenceRoom.objects.get_or_create(account=account)
    rows = EvidenceRoom.objects.filter(account=account)
    if size > 0:
        rows = rows.filter(used_bytes__lte=quota_bytes() - size)
    if not rows.update(used_bytes=F("used_bytes") + size, files=F("files") + count):
        _require_room(account, used_bytes(account), size)


def _require_room(account: str, used: int, size: int) -> None:
    if used + size > quota_bytes():
        raise Refused(
            "no-room",
            _(
                "Your unit's room for evidence is %(quota)d MB and %(used)s MB of it are used; this file needs %(size)s MB. Take something away, or ask the appraisal office."
            )
            % {
                "quota": quota_bytes() // MIB,
                "used": f"{used / MIB:.1f}",
                "size": f"{size / MIB:.1f}",
            },
            status=413,
        )


def of(about: models.Model) -> list[Evidence]:
    """What lies beside one record, in the order it came.  One query."""
    rows = Evidence.objects.filter(about_type=about._meta.label, about_id=about.pk)
    return list(rows.select_related("file", "added_by").order_by("pk"))


def of_each(model: type[models.Model], numbers: Iterable[int]) -> dict[int, list[Evidence]]:
    """Number of the record → what lies beside it; records without any are not there.  One query."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    rows = Evidence.objects.filter(about_type=model._meta.label, about_id__in=list(numbers))
    for row in rows.select_related("file", "added_by").order_by("pk"):
        found[row.about_id].append(row)
    return dict(found)


def one(model: type[models.Model], pk: int) -> Evidence:
    """One piece that lies beside a record of this model; raises Refused (404) for any other."""
    row = (
        Evidence.objects.filter(about_type=model._meta.label, pk=pk)
        .select_related("file", "added_by")
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return row


def deliver(evidence: Evidence, *, save: bool = False) -> FileResponse:
    """An answer that carries the file; PDFs and pictures open in the page unless `save`."""
    return files.deliver(evidence.file, inline=not save)


def too_large(name: str) -> Refused:
    return Refused(
        "file-too-big",
        _("%(name)s is larger than %(most)d MB. Please scan it with fewer dots.")
        % {"name": name, "most": largest_bytes() // MIB},
        status=413,
    )


def _wrong_type(name: str, types: tuple[str, ...]) -> Refused:
    return Refused(
        "wrong-type",
        _("%(name)s is none of the accepted kinds by its content: %(kinds)s. Please save it as one of them.")
        % {"name": name, "kinds": _(", ").join(SUFFIX[kind].strip(".") for kind in types)},
        status=422,
    )
