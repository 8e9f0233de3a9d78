"""Lifting a declared tie, by two persons of the leading group, neither of them the one who declared it (row E07).

Decided in a meeting, it is entered from the minutes and compared by another of the office.

Declaring one's own is in units.actions.setup; what a tie keeps its person from is in units.permissions.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.actions import signing
from units.actions.signing import Minutes, require_decider
from units.hats import Hat
from units.models import Conflict, Cycle
from units.permissions import require_second

ROW = "E07"


def _in_force(by: Hat, cycle: Cycle, conflict_id: int, minutes: Minutes | None = None) -> Conflict:
    """The locked tie; raises Refused when it is not there, is lifted, or is the person's own."""
    require_decider(ROW, by, cycle, minutes)
    row = (
        Conflict.objects.select_for_update(of=("self",))
        .select_related("user", "unit", "lift_proposed_by")
        .filter(cycle=cycle, pk=conflict_id)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    require_decider(ROW, by, cycle, minutes, units=[row.unit_id])
    if row.user_id == by.user.pk:
        raise own_tie()
    if row.lifted_at is not None:
        raise lifted_already(row)
    return row


def own_tie() -> Refused:
    return Refused(
        "own-conflict",
        _("This is your own declaration; two other persons of the leading group lift it."),
        "§8(4)",
        status=403,
    )


def lifted_already(row: Conflict) -> Refused:
    return Refused(
        "already-lifted",
        _("The tie of %(person)s to %(unit)s is lifted already.")
        % {"person": str(row.user), "unit": row.unit.name},
    )


@transaction.atomic
def propose_lifting(*, by: Hat, cycle: Cycle, conflict_id: int, reason: str) -> Conflict:
    """The first half: say why the tie no longer matters.  It stays in force until the second person agrees.

    Raises Refused without a reason, for one's own tie, and when lifting is proposed already.
    """
    row = _in_force(by, cycle, conflict_id)
    if not reason.strip():
        raise Refused("no-reason", _("Lifting a tie needs a reason."), "§8(4)", status=422)
    if row.lift_proposed_by_id is not None:
        raise Refused(
            "already-proposed",
            _("%(person)s has already proposed to lift this tie; another person confirms it.")
            % {"person": str(row.lift_proposed_by)},
        )
    row.lift_proposed_by, row.lift_reason = by.user, reason.strip()[:300]
    row.save(update_fields=["lift_proposed_by", "lift_reason"])
    audit.record(by, "conflict.lift-proposed", row, cycle_code=cycle.code, reason=row.lift_reason)
    return row


@transaction.atomic
def confirm_lifting(*, by: Hat, cycle: Cycle, conflict_id: int) -> Conflict:
    """The second half: from now on the person may act on the unit again.

    Raises Refused for the person who proposed it, for one's own tie, and when nothing is proposed.
    """
    row = _proposed(by, cycle, conflict_id)
    require_second(row.lift_proposed_by_id, by)
    row.lifted_by, row.lifted_at = by.user, timezone.now()
    row.save(update_fields=["lifted_by", "lifted_at"])
    audit.record(by, "conflict.lifted", row, cycle_code=cycle.code, reason=row.lift_reason)
    return row


@transaction.atomic
def lift_from_minutes(*, by: Hat, cycle: Cycle, conflict_id: int, reason: str, minutes: Minutes) -> Conflict:
    """The meeting lifted it: typed by one person of the office, compared by another, `by`.  E14

    Raises Refused for one's own tie, whoever of the two it is, and when it is lifted already.
    """
    row = _in_force(by, cycle, conflict_id, minutes)
    if minutes.typed_by is not None and row.user_id == minutes.typed_by.pk:
        raise own_tie()
    row.lift_proposed_by, row.lift_reason = minutes.typed_by, signing.require_reason(reason)
    row.lifted_by, row.lifted_at = by.user, timezone.now()
    row.save(update_fields=["lift_proposed_by", "lift_reason", "lifted_by", "lifted_at"])
    audit.record(
        by,
        "conflict.lifted",
        row,
        cycle_code=cycle.code,
        reason=row.lift_reason,
        **signing.told(minutes),
    )
    return row


@transaction.atomic
def keep_conflict(*, by: Hat, cycle: Cycle, conflict_id: int) -> Conflict:
    """Drop the proposal to lift; the tie stays.  Also the way back for the person who proposed it."""
    row = _proposed(by, cycle, conflict_id)
    reason = row.lift_reason
    row.lift_proposed_by, row.lift_reason = None, ""
    row.save(update_fields=["lift_proposed_by", "lift_reason"])
    audit.record(by, "conflict.kept", row, cycle_code=cycle.code, reason=reason)
    return row


def _proposed(by: Hat, cycle: Cycle, conflict_id: int) -> Conflict:
    row = _in_force(by, cycle, conflict_id)
    if row.lift_proposed_by_id is None:
        raise Refused(
            "nothing-proposed",
            _("Nobody has proposed to lift the tie of %(person)s to %(unit)s.")
            % {"person": str(row.user), "unit": row.unit.name},
        )
    return row
