"""Misconduct of an appraiser: proposed, confirmed by another, every score listed and re-checked one by one (§8(4)).

A score itself is corrected by scoring.actions.scores, by the ways of its stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import StoredFile, User
from office.refusal import Refused
from scoring.models import AppraiserFinding, FindingState, Score, ScoreKind, ScoreRecheck
from units.actions import signing
from units.actions.signing import Minutes, require_decider
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import require, require_second

ROW = "F06"
LONGEST = 300


def propose(
    *, by: Hat, cycle: Cycle, person: User, what: str, on: date | None, paper: StoredFile | None = None
) -> AppraiserFinding:
    """Enter what was found; it waits for a second person, of the leading group.

    Raises Refused about oneself, without words or a day, for somebody who gave no score this year, or twice.
    """
    with transaction.atomic():
        require(ROW, by, cycle)
        _require_other_than(person.pk, by)
        if not what.strip() or on is None:
            raise Refused("incomplete", _("Please enter what was found and when."), "§8(4)", status=422)
        if not given_by(cycle, person.pk).exists():
            raise Refused(
                "no-scores",
                _("%(person)s has given no score this year; there is nothing to re-check.")
                % {"person": person},
                "§8(4)",
                status=422,
            )
        row = AppraiserFinding(
            cycle=cycle, person=person, what=what.strip(), on=on, paper=paper, proposed_by=by.user
        )
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused(
                "already-found",
                _("A finding about %(person)s is open or in force already.") % {"person": person},
                "§8(4)",
            ) from error
        audit.record(by, "appraiser.proposed", row, cycle_code=cycle.code, what=row.what)
    return row


def given_by(cycle: Cycle, person_id: int) -> QuerySet[Score]:
    """Every score that counts or might that the person entered in the year; self scores are the units'."""
    return Score.objects.filter(cell__block__cycle=cycle, entered_by=person_id).exclude(kind=ScoreKind.SELF)


@transaction.atomic
def confirm(*, by: Hat, cycle: Cycle, finding_id: int, minutes: Minutes | None = None) -> AppraiserFinding:
    """Put the finding in force: every score the person gave is listed for re-check."""
    row = _decidable(by, cycle, finding_id, FindingState.PROPOSED, minutes)
    require_second(row.proposed_by_id, by)
    row.state, row.decided_by, row.decided_at = FindingState.CONFIRMED, by.user, timezone.now()
    row.save()
    scores = given_by(cycle, row.person_id).order_by("cell__block__order", "cell_id", "kind")
    listed = ScoreRecheck.objects.bulk_create(
        [ScoreRecheck(finding=row, cell_id=s.cell_id, kind=s.kind, points=s.points) for s in scores],
        batch_size=500,
    )
    audit.record(
        by, "appraiser.confirmed", row, cycle_code=cycle.code, scores=len(listed), **signing.told(minutes)
    )
    return row


@transaction.atomic
def reject(
    *, by: Hat, cycle: Cycle, finding_id: int, reason: str, minutes: Minutes | None = None
) -> AppraiserFinding:
    row = _decidable(by, cycle, finding_id, FindingState.PROPOSED, minutes)
    require_second(row.proposed_by_id, by)
    row.state, row.decided_by, row.decided_at = FindingState.REJECTED, by.user, timezone.now()
    row.reason = _reason(reason)
    row.save()
    audit.record(
        by, "appraiser.rejected", row, cycle_code=cycle.code, reason=row.reason, **signing.told(minutes)
    )
    return row


@transaction.atomic
def lift(
    *, by: Hat, cycle: Cycle, finding_id: int, reason: str, minutes: Minutes | None = None
) -> AppraiserFinding:
    """Another of the leading group takes it away again; what was not yet re-checked need not be any more."""
    row = _decidable(by, cycle, finding_id, FindingState.CONFIRMED, minutes)
    require_second(row.decided_by_id, by)
    row.state, row.lifted_by, row.reason = FindingState.LIFTED, by.user, _reason(reason)
    row.save()
    audit.record(
        by, "appraiser.lifted", row, cycle_code=cycle.code, reason=row.reason, **signing.told(minutes)
    )
    return row


@transaction.atomic
def check(
    *, by: Hat, cycle: Cycle, finding_id: int, rechecks: Sequence[int], note: str
) -> list[ScoreRecheck]:
    """Say of listed scores that they were looked at again, and what came of it; a person without a part.

    Raises Refused for the person it is about, for scores of a unit one is tied to, without a note, or when
    one was checked already.
    """
    require(ROW, by, cycle)
    row = _found(cycle, finding_id)
    _require_other_than(row.person_id, by)
    if row.state != FindingState.CONFIRMED:
        raise Refused("not-in-force", _("This finding is not in force; nothing is to be re-checked."))
    chosen = list(
        ScoreRecheck.objects.select_for_update(of=("self",))
        .filter(finding=row, pk__in=list(rechecks), checked_at=None)
        .select_related("cell__membership__unit", "cell__sub_item")
        .order_by("pk")
    )
    if not chosen or len(chosen) != len(set(rechecks)):
        raise Refused(
            "already-checked",
            _("Please tick scores that wait; one of these was re-checked meanwhile."),
            status=409 if rechecks else 422,
        )
    for one in chosen:
        require(ROW, by, cycle, unit_id=one.cell.membership.unit_id, acts_on_unit=True)
    said = _reason(note)
    now = timezone.now()
    for one in chosen:
        one.checked_by, one.checked_at, one.note = by.user, now, said
    ScoreRecheck.objects.bulk_update(chosen, ["checked_by", "checked_at", "note"], batch_size=500)
    audit.record(
        by,
        "appraiser.rechecked",
        row,
        cycle_code=cycle.code,
        scores=[str(one) for one in chosen],
        note=said,
    )
    return chosen


def _found(cycle: Cycle, finding_id: int) -> AppraiserFinding:
    row = (
        AppraiserFinding.objects.select_for_update(of=("self",))
        .select_related("person", "proposed_by")
        .filter(pk=finding_id, cycle=cycle)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return row


def _decidable(
    by: Hat, cycle: Cycle, finding_id: int, state: FindingState, minutes: Minutes | None
) -> AppraiserFinding:
    require_decider(ROW, by, cycle, minutes)
    if minutes is None and by.role is not Role.LEADING_GROUP:
        raise Refused("not-permitted", _("The leading group decides this."), "§8(4)", status=403)
    row = _found(cycle, finding_id)
    _require_other_than(row.person_id, by)
    require_state(row, state)
    return row


def require_state(row: AppraiserFinding, state: FindingState) -> None:
    if row.state != state:
        raise Refused(
            "already-decided",
            _("%(what)s is %(state)s; this cannot be done now.")
            % {"what": str(row), "state": row.get_state_display()},
        )


def _require_other_than(person_id: int, by: Hat) -> None:
    if person_id == by.user.pk:
        raise Refused("about-oneself", _("This is about you; somebody else must do it."), "§8(4)", status=403)


def _reason(text: str) -> str:
    kept = text.strip()
    if not kept:
        raise Refused("no-reason", _("Please give the reason."), "§8(4)", status=422)
    return kept[:LONGEST]
