"""The register of other single appraisals: entered from the signed paper, compared by a second person (E14; §6(1)).

It decides nothing itself: the approval is the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from awards.models import SingleAppraisal
from office import audit
from office.models import StoredFile
from office.refusal import Refused
from units.hats import Hat
from units.models import Cycle
from units.permissions import require, require_second

ROW = "E14"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    project: str
    applicant: str
    is_approved: bool
    paper_number: str
    paper_title: str = ""
    paper_on: date | None
    note: str = ""


def enter(*, by: Hat, cycle: Cycle, entry: Entry, scan: StoredFile | None) -> SingleAppraisal:
    """One person enters it.  Raises Refused when the project, applicant, paper or its scan is missing, or twice."""
    with transaction.atomic():
        require(ROW, by, cycle)
        wanted = (entry.project, entry.applicant, entry.paper_number)
        if not all(text.strip() for text in wanted) or entry.paper_on is None or scan is None:
            raise Refused(
                "incomplete",
                _("Please enter project, applicant, number and date of the paper, and its scan."),
                "§6(1)",
                status=422,
            )
        row = SingleAppraisal(
            cycle=cycle,
            project=entry.project.strip(),
            applicant=entry.applicant.strip(),
            is_approved=entry.is_approved,
            paper_number=entry.paper_number.strip(),
            paper_title=entry.paper_title.strip(),
            paper_on=entry.paper_on,
            note=entry.note.strip(),
            scan=scan,
            entered_by=by.user,
        )
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused(
                "already-entered",
                _("“%(project)s” of %(applicant)s is in the register already.")
                % {"project": row.project, "applicant": row.applicant},
                "§6(1)",
            ) from error
        audit.record(
            by,
            "single-appraisal.entered",
            row,
            cycle_code=cycle.code,
            paper=row.paper_number,
            scan=scan.sha256,
        )
    return row


@transaction.atomic
def compare(*, by: Hat, cycle: Cycle, key: int) -> SingleAppraisal:
    """A second person has compared the entry with the scan: it is approved, or not, as the paper says."""
    require(ROW, by, cycle)
    row = _locked(cycle, key)
    if row.state != SingleAppraisal.State.ENTERED:
        raise _decided(row)
    require_second(row.entered_by_id, by)
    row.state = SingleAppraisal.State.APPROVED if row.is_approved else SingleAppraisal.State.REFUSED
    row.compared_by, row.compared_at = by.user, timezone.now()
    row.save()
    audit.record(by, "single-appraisal.compared", row, cycle_code=cycle.code, state=row.state)
    return row


@transaction.atomic
def end(*, by: Hat, cycle: Cycle, key: int, reason: str) -> SingleAppraisal:
    """Take an entry out of force, with a reason; it stays in the register."""
    require(ROW, by, cycle)
    row = _locked(cycle, key)
    if row.state == SingleAppraisal.State.ENDED:
        raise _decided(row)
    if not reason.strip():
        raise Refused("no-reason", _("Ending an entry needs a reason."), "§6(1)", status=422)
    row.state, row.ended_reason = SingleAppraisal.State.ENDED, reason.strip()[:300]
    row.save(update_fields=["state", "ended_reason"])
    audit.record(by, "single-appraisal.ended", row, cycle_code=cycle.code, reason=row.ended_reason)
    return row


def _locked(cycle: Cycle, key: int) -> SingleAppraisal:
    row = (
        SingleAppraisal.objects.select_for_update(of=("self",))
        .select_related("entered_by")
        .filter(pk=key, cycle=cycle)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return row


def _decided(row: SingleAppraisal) -> Refused:
    return Refused(
        "already-decided",
        _("%(what)s is %(state)s; this cannot be done now.")
        % {"what": str(row), "state": row.get_state_display()},
    )
