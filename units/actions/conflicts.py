"""Lifting a declared tie, by two persons of the leading group, neither of them the one who declared it (row E07).

Declaring one's own is in units.actions.setup; what a tie keeps its person from is in units.permissions.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.models import Conflict, Cycle
from units.permissions import require, require_second

ROW = "E07"


def _in_force(by: Hat, cycle: Cycle, conflict_id: int) -> Conflict:
    """The locked tie; raises Refused when it is not there, is lifted, or is the person's own."""
    require(ROW, by, cycle)
    row = (
        Conflict.objects.select_for_update(of=("self",))
        .select_related("user", "unit", "lift_proposed_by")
        .filter(cycle=cycle, pk=conflict_id)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    require(ROW, by, cycle, unit_id=row.unit_id, acts_on_unit=True)
    if row.user_id == by.user.pk:
        raise Refused(
            "own-conflict",
            _("This is your own declaration; two other persons of the leading group lift it."),
            "§8(4)",
            status=403,
        )
    if row.lifted_at is not None:
        raise Refused(
            "already-lifted",
            _("The tie of %(person)s to %(unit)s is lifted already.")
            % {"person": str(row.user), "unit": row.unit.name},
        )
    return row


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
