"""Dividing a prize (J07) and changing an amount by two persons of the office (J04).

Whether a division may stand is decided in awards.money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import money
from awards.models import Award, Division, DivisionShare, ListState, PrizeChange
from awards.words import fault_sentence
from office import audit
from office.refusal import Refused
from units.actions.signing import require_reason
from units.hats import Hat
from units.models import Cycle
from units.permissions import require, require_second


@dataclass(frozen=True, slots=True)
class Part:
    """One person of a division as typed."""

    person: str
    amount_fen: int
    post: str = ""
    is_head: bool = False


def award_in_force(cycle: Cycle, award_id: int) -> Award:
    """A prize of the decided list, locked; 404 for anything else."""
    award = (
        Award.objects.select_for_update(of=("self",))
        .select_related("scheme", "membership__unit", "award_list")
        .filter(
            pk=award_id,
            award_list__cycle=cycle,
            award_list__state=ListState.DECIDED,
            membership__isnull=False,
        )
        .first()
    )
    if award is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return award


@transaction.atomic
def divide_prize(
    *,
    by: Hat,
    cycle: Cycle,
    award_id: int,
    parts: Sequence[Part],
    reason: str = "",
    version: int | None = None,
) -> Division:
    """Keep how the unit divides its prize; an earlier division is replaced.  §7, reading R11.

    Raises Refused naming the figure when the sum is not the prize to the fen, a person stands twice, or the two
    heads are above 40 % without a reason; 409 when somebody else divided it meanwhile.
    """
    award = award_in_force(cycle, award_id)
    assert award.membership is not None
    require("J07", by, cycle, unit_id=award.membership.unit_id)
    heads = money.Heads(queries.choices_of(cycle).heads)
    shares = [money.Share(part.person.strip(), part.amount_fen, part.is_head) for part in parts]
    faults = money.faults_of(award.amount_fen, shares, reason=reason, reading=heads)
    if any(not share.person for share in shares):
        raise Refused("no-name", _("Every line needs the person's name."), "§7", status=422)
    if faults:
        raise Refused(
            faults[0].fault,
            " ".join(fault_sentence(one, award.amount_fen) for one in faults),
            "§7",
            status=422,
        )
    division = Division.objects.filter(award=award).first()
    if division is not None and version is not None and version != division.version:
        raise Refused(
            "changed-meanwhile",
            _("Somebody else divided this prize meanwhile. Look at it, then save again."),
            status=409,
        )
    if division is None:
        division = Division(award=award, version=0)
    division.reason, division.by, division.at = reason.strip()[:300], by.user, timezone.now()
    division.version += 1
    division.save()
    division.shares.all().delete()
    DivisionShare.objects.bulk_create(
        DivisionShare(
            division=division,
            person=part.person.strip(),
            post=part.post.strip()[:60],
            is_head=part.is_head,
            amount_fen=part.amount_fen,
            order=number,
        )
        for number, part in enumerate(parts, start=1)
    )
    audit.record(
        by,
        "prize.divided",
        award,
        cycle_code=cycle.code,
        parts=[[part.person, part.amount_fen, part.is_head] for part in parts],
        above_limit=money.is_above_limit(award.amount_fen, shares, heads),
        reason=division.reason,
    )
    return division


@transaction.atomic
def ask_change(*, by: Hat, cycle: Cycle, award_id: int, amount_fen: int, reason: str) -> PrizeChange:
    """Ask for another amount of one prize; it stands when another of the office confirms it.  J04."""
    require("J04", by, cycle)
    award = award_in_force(cycle, award_id)
    kept = require_reason(reason)
    if amount_fen < 0 or amount_fen == award.amount_fen:
        raise Refused("no-change", _("The amount is the same as before, or below 0."), status=422)
    if award.changes.filter(confirmed_at=None, is_dropped=False).exists():
        raise Refused("change-open", _("A change of this prize is waiting for the second person already."))
    change = PrizeChange.objects.create(
        award=award, before_fen=award.amount_fen, after_fen=amount_fen, reason=kept, asked_by=by.user
    )
    audit.record(
        by,
        "prize.change-asked",
        award,
        cycle_code=cycle.code,
        before=award.amount_fen,
        after=amount_fen,
        reason=kept,
    )
    return change


@transaction.atomic
def confirm_change(*, by: Hat, cycle: Cycle, change_id: int) -> Award:
    """Confirm the amount as the second person; a division made before no longer sums and is marked."""
    require("J04", by, cycle)
    change = (
        PrizeChange.objects.select_for_update(of=("self",))
        .filter(pk=change_id, award__award_list__cycle=cycle, confirmed_at=None, is_dropped=False)
        .first()
    )
    if change is None:
        raise Refused("not-open", _("This change is no longer open."))
    require_second(change.asked_by_id, by)
    award = award_in_force(cycle, change.award_id)
    if award.amount_fen != change.before_fen:
        raise Refused("changed-meanwhile", _("The prize was changed meanwhile; ask for the change anew."))
    award.amount_fen = change.after_fen
    award.save(update_fields=["amount_fen"])
    change.confirmed_by, change.confirmed_at = by.user, timezone.now()
    change.save()
    audit.record(
        by, "prize.changed", award, cycle_code=cycle.code, before=change.before_fen, after=change.after_fen
    )
    return award


@transaction.atomic
def drop_change(*, by: Hat, cycle: Cycle, change_id: int) -> None:
    require("J04", by, cycle)
    changed = PrizeChange.objects.filter(
        pk=change_id, award__award_list__cycle=cycle, confirmed_at=None, is_dropped=False
    ).update(is_dropped=True)
    if not changed:
        raise Refused("not-open", _("This change is no longer open."))
    audit.record(by, "prize.change-dropped", cycle, cycle_code=cycle.code, change=change_id)
