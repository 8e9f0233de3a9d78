"""Keeping a paper once: its kind, number, issuer, date and file, original seen, box (§4(2)7).

What the paper does to a unit is recorded in bonuses.actions.adjustments.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses import permissions, queries
from bonuses.claims import PaperDraft
from bonuses.models import Document, DocumentKind, Issuer
from office import audit, contents, files
from office.models import StoredFile
from office.refusal import Refused
from units.hats import Hat
from units.models import Cycle
from units.names import normalise

PAPER_TYPES = (files.PDF, files.PNG, files.JPEG, files.OFD)
LARGEST_PAPER = 30 * 1024 * 1024  # bytes


def keep_file(chunks: Iterable[bytes], name: str, by: Hat) -> StoredFile:
    """Store a scan.  Raises Refused when it is empty, too large, of another type, unreadable or active."""

    def limited() -> Iterable[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_PAPER:
                raise Refused(
                    "paper-too-big",
                    _("%(name)s is larger than %(most)d MB. Please scan it with fewer dots.")
                    % {"name": files.safe_name(name), "most": LARGEST_PAPER // 1024**2},
                    status=413,
                )
            yield chunk

    stored = files.store(limited(), name, by.user, allowed=PAPER_TYPES)
    require_readable(stored)
    return stored


def require_readable(stored: StoredFile) -> None:
    """Raise Refused for a scan that nobody could read, or that does more than show a paper."""
    check_scan(files.path_of(stored.sha256), stored.name, stored.content_type)


def check_scan(path: Path, name: str, content_type: str) -> None:
    """The same for bytes that are not stored yet."""
    contents.check(path, name, content_type)


def require_complete(paper: PaperDraft) -> None:
    """Raise Refused for what a paper of its kind must say.  §4(2)7."""
    if not paper.title.strip():
        raise Refused("no-title", _("Please enter the title of the paper."), "§4(2)7", status=422)
    name = paper.title.strip()
    if paper.kind == DocumentKind.FORMAL:
        if not paper.number.strip():
            raise Refused(
                "no-number",
                _("“%(paper)s” has no document number. A formal document needs one.") % {"paper": name},
                "§4(2)7",
                status=422,
            )
        if not paper.issuer.strip():
            raise Refused(
                "no-issuer",
                _("“%(paper)s” has no issuer. Please enter who issued it.") % {"paper": name},
                "§4(2)7",
                status=422,
            )
    elif not paper.leader.strip():
        raise Refused(
            "no-leader",
            _("“%(paper)s”: please enter which city leader signed the original.") % {"paper": name},
            "§4(2)7",
            status=422,
        )
    if paper.on is None:
        raise Refused(
            "no-date", _("“%(paper)s” has no date. Please enter it.") % {"paper": name}, "§4(2)7", status=422
        )


def no_file(name: str) -> Refused:
    return Refused(
        "no-file",
        _("“%(paper)s” has no file. Without the paper no points count; please attach its scan.")
        % {"paper": name},
        "§4(2)7",
        status=422,
    )


def keep_document(
    *, by: Hat, cycle: Cycle, paper: PaperDraft, file: StoredFile | None, may_lack_file: bool = False
) -> Document:
    """The one record of the paper, new or as it was kept before; call it inside the act that needs it.

    `may_lack_file`: a list may name papers whose scans follow; nothing is verified before.
    Raises Refused for an incomplete paper, and for a file kept already under another number or issuer.
    """
    require_complete(paper)
    known = known_document(cycle, paper, file.sha256 if file is not None else "")
    if known is not None:
        if known.file is None and file is not None:
            _attach(known, file)
        if known.file is None and not may_lack_file:
            raise no_file(paper.title.strip())
        return known
    if file is None and not may_lack_file:
        raise no_file(paper.title.strip())
    assert paper.on is not None
    formal = paper.kind == DocumentKind.FORMAL
    document = Document(
        host_id=cycle.host_id,
        cycle=cycle,
        kind=paper.kind,
        number=paper.number.strip() if formal else "",
        plain_number=normalise(paper.number) if formal else "",
        title=paper.title.strip(),
        issuer=paper.issuer.strip() if formal else "",
        plain_issuer=normalise(paper.issuer) if formal else "",
        leader="" if formal else paper.leader.strip(),
        words="" if formal else paper.words.strip(),
        on=paper.on,
        file=file,
        file_sha256=file.sha256 if file is not None else "",
        entered_by=by.user,
        box_number=paper.box_number.strip(),
    )
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError:
        # Somebody kept the same paper in this very moment.
        again = known_document(cycle, paper, document.file_sha256)
        if again is None:
            raise
        return again
    return document


def known_document(cycle: Cycle, paper: PaperDraft, sha256: str) -> Document | None:
    """The paper if it is kept already; raises Refused when the bytes are another paper's, or the dates differ."""
    formal = paper.kind == DocumentKind.FORMAL
    found = queries.documents_like(
        cycle.host_id, paper.number if formal else "", paper.issuer if formal else "", sha256
    )
    if not formal and not sha256:
        found = queries.originals_like(cycle.host_id, paper.leader, paper.title, paper.on)
    for known in found:
        _require_same(known, paper)
    return found[0] if found else None


def _attach(document: Document, file: StoredFile) -> None:
    document.file, document.file_sha256 = file, file.sha256
    document.save(update_fields=["file", "file_sha256"])


def attach_file(*, by: Hat, cycle: Cycle, document_id: int, file: StoredFile) -> Document:
    """Hand in the scan of a paper that a list named without it; a kept file is never replaced.  §4(2)7"""
    with transaction.atomic():
        document = _locked(cycle, document_id)
        rows = document.adjustments.filter(membership__block__cycle=cycle).select_related(
            "membership__block__cycle"
        )
        if not rows:
            permissions.require_may_order(by, cycle)
        for row in rows:
            permissions.require_may_claim(by, row.membership)
        if document.file_id is not None:
            raise Refused(
                "file-there",
                _("“%(paper)s” has its file already; it cannot be replaced.") % {"paper": str(document)},
                "§4(2)7",
            )
        for known in queries.documents_like(cycle.host_id, "", "", file.sha256):
            raise file_of_another(known)
        _attach(document, file)
        audit.record(
            by, "paper.file-attached", document, cycle_code=cycle.code, sha256=file.sha256, name=file.name
        )
    return document


def file_of_another(known: Document) -> Refused:
    return Refused(
        "file-of-another-paper",
        _("This very file is kept already as “%(known)s” (%(source)s). One file is one paper; please check.")
        % {"known": str(known), "source": known.source},
        "§4(2)7",
        status=422,
    )


def _require_same(known: Document, paper: PaperDraft) -> None:
    """The stated paper is the known one, not another under the same bytes or the same number."""
    formal = paper.kind == DocumentKind.FORMAL
    same = known.kind == paper.kind and (
        (known.plain_number, known.plain_issuer) == (normalise(paper.number), normalise(paper.issuer))
        if formal
        else normalise(known.leader) == normalise(paper.leader)
    )
    if not same:
        raise file_of_another(known)
    if paper.on is not None and paper.on != known.on:
        raise Refused(
            "date-disagrees",
            _("“%(known)s” is kept with the date %(kept)s; you wrote %(wanted)s. Please check the paper.")
            % {"known": str(known), "kept": known.on.isoformat(), "wanted": paper.on.isoformat()},
            "§4(2)7",
            status=422,
        )


def mark_original_seen(*, by: Hat, cycle: Cycle, document_id: int, box_number: str = "") -> Document:
    """The office has had the original in hand; who and when are kept, and in which box it lies.  §4(2)7."""
    with transaction.atomic():
        permissions.require_may_order(by, cycle)
        document = _locked(cycle, document_id)
        document.original_seen_by, document.original_seen_at = by.user, timezone.now()
        document.box_number = box_number.strip() or document.box_number
        document.save(update_fields=["original_seen_by", "original_seen_at", "box_number"])
        audit.record(by, "paper.original-seen", document, cycle_code=cycle.code, box=document.box_number)
    return document


def _locked(cycle: Cycle, document_id: int) -> Document:
    document = Document.objects.select_for_update().filter(pk=document_id, host=cycle.host_id).first()
    if document is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return document


def add_issuer(*, by: Hat, cycle: Cycle, name: str, level: str) -> Issuer:
    """Put an issuer into the table with its level (或相当级别); papers follow it from then on.  §4(2)1."""
    from bonuses.workbooks import LEVELS

    with transaction.atomic():
        permissions.require_may_order(by, cycle)
        name = name.strip()
        if not name or normalise(name) == "省":
            raise Refused(
                "unclear-issuer",
                _("“省” alone names no issuer: say whether it is 省委, 省人民政府 or a department."),
                "§4(2)1",
                status=422,
            )
        if level not in LEVELS:
            raise Refused("unknown-level", _("Please choose one of the levels."), "§4(2)1", status=422)
        book, levels = queries.issuer_book(cycle)
        known = book.find(name)
        if known is not None:
            raise Refused(
                "issuer-known",
                _("%(name)s stands in the table already, with the level %(level)s.")
                % {"name": known, "level": levels[known]},
            )
        order = Issuer.objects.filter(cycle=cycle).count() + 1
        issuer = Issuer.objects.create(cycle=cycle, name=name, level=level, order=order)
        audit.record(by, "issuer.added", issuer, cycle_code=cycle.code, level=level)
    return issuer
