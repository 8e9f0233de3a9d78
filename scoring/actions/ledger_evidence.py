"""Files laid beside a line of a ledger, and taken away again; they stay with the line through its versions.

How a file is checked and kept is in office.evidence.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit, evidence
from office.models.evidence import Evidence
from office.refusal import Refused
from scoring import ledger_queries
from scoring.actions import ledgers
from scoring.models import LedgerLine, LedgerPart, LineThread
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle


def thread_of(text: str) -> uuid.UUID:
    """The line meant by an address; raises Refused (404) for what is none."""
    try:
        return uuid.UUID(hex=text)
    except ValueError as error:
        raise _not_found() from error


def _not_found() -> Refused:
    return Refused("not-found", _("There is no such record."), status=404)


def line_for(hat: Hat, cycle: Cycle, thread: uuid.UUID) -> LedgerLine:
    """The standing line of that thread within what the hat may read; raises Refused (404)."""
    lines = ledger_queries.with_names(ledger_queries.lines_for(hat, cycle).filter(thread=thread))
    line = lines.select_related(
        "version__ledger__body", "membership__unit", "membership__block", "sub_item__item", "indicator"
    ).first()
    if line is None:
        raise _not_found()
    return line


def require_may_write(by: Hat, cycle: Cycle, line: LedgerLine) -> None:
    """Raise Refused unless this hat may change the line now."""
    ledger = line.version.ledger
    ledgers.require_body(by, ledger.body_id)
    if by.role is Role.LEAD and ledger.part != LedgerPart.OWN:
        raise _not_found()
    may = ledgers.may_write(by, cycle, "C05")
    refusal = may.refusal(line.membership.unit_id, line.sub_item_id, line.membership.block_id)
    if refusal is not None:
        raise refusal


def add(*, by: Hat, cycle: Cycle, thread: str, upload: evidence.Upload, note: str = "") -> Evidence:
    """Lay a file beside the line; the same bytes twice are one.

    Raises Refused: no such line, not permitted, stage closed, a file of a wrong or hostile kind, no room.
    """
    line = line_for(by, cycle, thread_of(thread))
    require_may_write(by, cycle, line)
    account = evidence.account_of(cycle.code, line.version.ledger.body_id)
    received = evidence.receive(upload, by.user, account)
    with transaction.atomic():
        cycle.refresh_from_db(fields=["stage"])
        require_may_write(by, cycle, line)
        kept, _made = LineThread.objects.get_or_create(
            thread=line.thread, defaults={"ledger": line.version.ledger}
        )
        piece, is_new = evidence.attach(received, by=by.user, about=kept, account=account, note=note)
        if is_new:
            audit.record(
                by,
                "ledger.evidence-added",
                line,
                cycle_code=cycle.code,
                thread=line.thread.hex,
                file=piece.file.name,
                sha256=piece.file.sha256,
            )
    return piece


def find(hat: Hat, cycle: Cycle, pk: int) -> tuple[Evidence, LedgerLine]:
    """A file beside a line that this hat may read; raises Refused (404) for any other."""
    piece = evidence.one(LineThread, pk)
    thread = LineThread.objects.filter(pk=piece.about_id, ledger__cycle=cycle).first()
    if thread is None:
        raise _not_found()
    return piece, line_for(hat, cycle, thread.thread)


def take_away(*, by: Hat, cycle: Cycle, pk: int) -> LedgerLine:
    """Take a file from beside its line; the bytes stay in the store for the log."""
    piece, line = find(by, cycle, pk)
    require_may_write(by, cycle, line)
    with transaction.atomic():
        name, sha256 = piece.file.name, piece.file.sha256
        evidence.take_away(piece)
        audit.record(
            by,
            "ledger.evidence-removed",
            line,
            cycle_code=cycle.code,
            thread=line.thread.hex,
            file=name,
            sha256=sha256,
        )
    return line
