"""Returning a cell to its unit for supplement, the unit's answer, and settling it (row E04).

The points stay where they stand; a supplement only adds words and files.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import Notice
from office.refusal import Refused
from scoring.actions.scores import load_cell
from scoring.models import Cell, Involvement, Supplement, SupplementState
from units.hats import Hat
from units.matrix import Role
from units.models import RoleAssignment
from units.permissions import require

RETURN, ANSWER = "E04", "D05"
OF_A_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


def _require_return(by: Hat, cell: Cell) -> None:
    require(
        RETURN,
        by,
        cell.block.cycle,
        unit_id=cell.membership.unit_id,
        block=cell.block,
        acts_on_unit=True,
    )


@transaction.atomic
def ask_supplement(*, by: Hat, cell_id: int, what: str, due_on: date) -> Supplement:
    """Return a cell to its unit: say what is missing and until when.  §6(4), row E04.

    Raises Refused: not permitted, nothing said, a day that is past, a return of the cell that is still open,
    a cell that is confirmed as not involved.
    """
    cell = load_cell(cell_id, lock=True)
    _require_return(by, cell)
    if not what.strip():
        raise Refused("nothing-asked", _("Please say what the unit is to supply."), status=422)
    if due_on < timezone.localdate():
        raise Refused(
            "day-past", _("%(day)s is past; give the unit time.") % {"day": due_on.isoformat()}, status=422
        )
    if cell.involvement == Involvement.CONFIRMED:
        raise Refused(
            "not-involved",
            _("%(cell)s is confirmed as not involved; there is nothing to supply.") % {"cell": str(cell)},
            "§3",
        )
    earlier = Supplement.objects.filter(cell=cell)
    waiting = earlier.filter(state__in=[SupplementState.ASKED, SupplementState.ANSWERED]).first()
    if waiting is not None:
        raise Refused(
            "supplement-open",
            _("%(cell)s is returned already (return %(number)d); settle that one first.")
            % {"cell": str(cell), "number": waiting.number},
        )
    number = (earlier.aggregate(last=Max("number"))["last"] or 0) + 1
    row = Supplement.objects.create(
        cell=cell, number=number, what=what.strip()[:500], due_on=due_on, asked_by=by.user
    )
    _tell_the_unit(row)
    audit.record(
        by,
        "supplement.asked",
        cell,
        cycle_code=cell.block.cycle.code,
        number=number,
        reason=row.what,
        due=due_on.isoformat(),
    )
    return row


def _tell_the_unit(row: Supplement) -> None:
    """A notice to everybody who enters or signs for the unit."""
    cell, cycle = row.cell, row.cell.block.cycle
    people = RoleAssignment.objects.filter(
        unit_id=cell.membership.unit_id, role__in=[Role.OFFICIAL, Role.PRINCIPAL]
    ).values_list("user_id", "cycle_id")
    text = _("%(sub)s is returned for supplement, until %(day)s: %(what)s") % {
        "sub": cell.sub_item.name,
        "day": row.due_on.isoformat(),
        "what": row.what,
    }
    Notice.objects.bulk_create(
        [
            Notice(user_id=user, text=text[:300], address=f"/years/{cycle.code}/supplements/")
            for user in sorted({user for user, year in people if year in (None, cycle.pk)})
        ]
    )


def _load(supplement_id: int) -> Supplement:
    row = (
        Supplement.objects.select_for_update(of=("self",))
        .select_related("cell__block__cycle", "cell__membership__unit", "cell__sub_item")
        .filter(pk=supplement_id)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    row.cell.membership.block = row.cell.block
    return row


@transaction.atomic
def answer_supplement(*, by: Hat, supplement_id: int, answer: str) -> Supplement:
    """The unit's answer; until the team settles it the unit may better it.  Late answers are taken and stay late.

    Raises Refused for anybody but the unit's own people, without words, and once it is settled.
    """
    row = _load(supplement_id)
    cycle, unit = row.cell.block.cycle, row.cell.membership.unit_id
    require(ANSWER, by, cycle, unit_id=unit, block=row.cell.block)
    if by.role not in OF_A_UNIT:
        raise Refused("not-permitted", _("The unit itself answers."), status=403)
    if not row.is_open:
        raise _settled(row)
    if not answer.strip():
        raise Refused("no-answer", _("Please write your answer."), status=422)
    row.answer, row.answered_by, row.answered_at = answer.strip()[:4000], by.user, timezone.now()
    row.state = SupplementState.ANSWERED
    row.save()
    audit.record(
        by, "supplement.answered", row.cell, cycle_code=cycle.code, number=row.number, reason=row.answer[:300]
    )
    return row


@transaction.atomic
def settle_supplement(*, by: Hat, supplement_id: int, accept: bool, reason: str = "") -> Supplement:
    """Settle an answered return, or take one back that is no longer needed (with a reason)."""
    row = _load(supplement_id)
    _require_return(by, row.cell)
    if not row.is_open:
        raise _settled(row)
    if accept and row.state != SupplementState.ANSWERED:
        raise Refused("not-answered", _("The unit has not answered yet."))
    if not accept and not reason.strip():
        raise Refused("no-reason", _("Taking this back needs a reason."), status=422)
    row.state = SupplementState.CLOSED if accept else SupplementState.WITHDRAWN
    row.closed_by, row.closed_at, row.close_reason = by.user, timezone.now(), reason.strip()[:300]
    row.save()
    audit.record(
        by,
        "supplement.closed" if accept else "supplement.withdrawn",
        row.cell,
        cycle_code=row.cell.block.cycle.code,
        number=row.number,
        reason=row.close_reason,
    )
    return row


def _settled(row: Supplement) -> Refused:
    return Refused(
        "already-settled",
        _("Return %(number)d of %(cell)s is %(state)s already.")
        % {"number": row.number, "cell": str(row.cell), "state": row.get_state_display()},
    )
