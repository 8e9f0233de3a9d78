"""Entering what the leading group decided from its signed minutes; bringing it into force once compared (E14).

The sheet with its code, the scan and the comparing second person are in units.actions.paper_forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import StoredFile
from office.refusal import Refused
from units.actions import signing
from units.actions.signing import Minutes
from units.group_decisions import Answer, Deed, Matter, deed_named
from units.hats import Hat
from units.models import Cycle, FormState, GroupDecision, SignedForm
from units.permissions import require_on_behalf_of_group, require_second

KIND = "minutes"  # of the signed form


@dataclass(frozen=True, slots=True)
class Meeting:
    """When the group met, who led it, who was there."""

    met_on: date | None
    chair: str
    present: str


def require_may_type(by: Hat, cycle: Cycle, deed: Deed, matter: Matter) -> None:
    """Raise Refused unless this person of the office may type or compare the decision."""
    require_on_behalf_of_group(deed.row, by, cycle, units=matter.units, block=matter.block)
    if by.user.pk in matter.barred:
        raise Refused("about-oneself", _("This is about you; somebody else must do it."), "§8(4)", status=403)


def enter(
    *,
    by: Hat,
    cycle: Cycle,
    deed_key: str,
    about_id: int,
    meeting: Meeting,
    typed: Mapping[str, str],
) -> GroupDecision:
    """Type a decision from the minutes; nothing is in force before another person compared it with the scan.

    Raises Refused: not permitted, an own unit, another stage, decided already, no reason, a meeting that is not
    named whole, an open entry about the same thing.
    """
    deed = deed_named(deed_key)
    with transaction.atomic():
        matter = deed.matter(cycle, about_id)
        require_may_type(by, cycle, deed, matter)
        signing.require_meeting(meeting.met_on, meeting.chair, meeting.present)
        reason = signing.require_reason(typed.get("reason", "")) if deed.needs_reason else ""
        answer = deed.answer(cycle, about_id, typed) if deed.answer is not None else Answer({})
        decision = GroupDecision(
            cycle=cycle,
            deed=deed.key,
            about_id=about_id,
            title=matter.title[:200],
            answer=answer.stored,
            facts=[*matter.facts, *answer.said],
            reason=reason,
            met_on=meeting.met_on,
            chair=meeting.chair.strip()[:60],
            present=meeting.present.strip()[:500],
            entered_by=by.user,
        )
        try:
            with transaction.atomic():
                decision.save()
        except IntegrityError as error:
            raise _entered_already(cycle, deed, about_id) from error
        audit.record(
            by,
            "minutes.entered",
            decision,
            cycle_code=cycle.code,
            deed=deed.key,
            answer=answer.stored,
            reason=reason,
            met_on=str(decision.met_on),
            chair=decision.chair,
            present=decision.present,
        )
    return decision


def _entered_already(cycle: Cycle, deed: Deed, about_id: int) -> Refused:
    open_one = GroupDecision.objects.filter(
        cycle=cycle, deed=deed.key, about_id=about_id, state=GroupDecision.State.OPEN
    ).first()
    return Refused(
        "entered-already",
        _("%(who)s has entered this from the minutes already; another person of the office compares it.")
        % {"who": str(open_one.entered_by) if open_one is not None else "—"},
    )


def drop(*, by: Hat, cycle: Cycle, decision_id: int) -> GroupDecision:
    """Withdraw an entry that is not in force; its printed sheet is void."""
    with transaction.atomic():
        decision = _locked(cycle, decision_id)
        require_on_behalf_of_group(deed_named(decision.deed).row, by, cycle)
        _require_open(decision)
        decision.state = GroupDecision.State.DROPPED
        decision.save(update_fields=["state"])
        SignedForm.objects.filter(cycle=cycle, kind=KIND, about_id=decision.pk).update(state=FormState.VOID)
        audit.record(by, "minutes.dropped", decision, cycle_code=cycle.code, deed=decision.deed)
    return decision


def bring_into_force(
    *, by: Hat, cycle: Cycle, decision_id: int, scan: StoredFile, code: str
) -> GroupDecision:
    """The second person has compared entry and scan: the deed is done, in this transaction.

    Raises Refused: the person who typed or proposed it, an own unit, and whatever the deed refuses.
    """
    with transaction.atomic():
        decision = _locked(cycle, decision_id)
        _require_open(decision)
        deed = deed_named(decision.deed)
        matter = deed.matter(cycle, decision.about_id)
        require_may_type(by, cycle, deed, matter)
        require_second(decision.entered_by_id, by)
        require_second(matter.first_by, by)
        assert decision.met_on is not None
        minutes = Minutes(
            decision.met_on, decision.chair, decision.present, scan, typed_by=decision.entered_by, code=code
        )
        decision.minutes, decision.state = scan, GroupDecision.State.IN_FORCE
        decision.compared_by, decision.compared_at = by.user, timezone.now()
        decision.save()
        deed.perform(by, decision, minutes)
    return decision


def _locked(cycle: Cycle, decision_id: int) -> GroupDecision:
    found = (
        GroupDecision.objects.select_for_update(of=("self",))
        .select_related("entered_by")
        .filter(cycle=cycle, pk=decision_id)
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.cycle = cycle
    return found


def _require_open(decision: GroupDecision) -> None:
    if decision.state != GroupDecision.State.OPEN:
        raise Refused(
            "not-open",
            _("“%(what)s” is %(state)s; it no longer waits.")
            % {"what": decision.title, "state": decision.get_state_display()},
        )
