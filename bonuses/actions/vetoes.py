"""Vetoes, yellow cards and findings of misconduct: proposed, confirmed by a second person, lifted (§6(6), §8(4)).

They take eligibility away and never change a number; what follows is in bonuses.policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses import permissions, policy
from bonuses.actions.adjustments import locked
from bonuses.actions.documents import keep_document
from bonuses.actions.tally import recount
from bonuses.claims import PaperDraft
from bonuses.models import BarState, Finding, Veto, VetoLevel
from bonuses.sentences import no_reason, not_found
from office import audit
from office.models import StoredFile
from office.ports import Change, Move
from office.refusal import Refused
from units import foresight
from units.actions import signing
from units.actions.signing import Minutes, require_decider
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Membership, Unit
from units.permissions import require_second
from units.signals import once_per_block

B = TypeVar("B", Veto, Finding)
DECISION = ("state", "confirmed_by", "confirmed_at", "ended_by", "ended_at", "reason", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class VetoDraft:
    field: str
    level: str = VetoLevel.VETO
    deciding_body: str = ""
    on: date | None = None


def _require_takes_part(cycle: Cycle, unit: Unit) -> None:
    if not Membership.objects.filter(block__cycle=cycle, unit=unit).exists():
        raise not_found()


def propose_veto(
    *, by: Hat, cycle: Cycle, unit: Unit, veto: VetoDraft, paper: PaperDraft, file: StoredFile | None
) -> Veto:
    """Enter a veto or a yellow card with its paper; it waits for the leading group.  §6(6)"""
    with transaction.atomic():
        fresh = locked(cycle)
        permissions.require_may_propose_veto(by, fresh, unit, veto.field)
        _require_takes_part(fresh, unit)
        if veto.field not in policy.VETO_FIELDS:
            raise Refused(
                "unknown-field",
                _("Please choose the field of the veto: %(fields)s.")
                % {"fields": "、".join(policy.VETO_FIELDS)},
                "§6(6)",
                status=422,
            )
        if veto.level not in VetoLevel.values:
            raise Refused("unknown-level", _("Please choose one of the levels."), "§6(6)", status=422)
        if not veto.deciding_body.strip():
            raise Refused("no-body", _("Please enter which body decided it."), "§6(6)", status=422)
        if veto.on is None:
            raise Refused("no-date", _("Please enter the date of the decision."), "§6(6)", status=422)
        document = keep_document(by=by, cycle=fresh, paper=paper, file=file)
        row = Veto(
            cycle=fresh,
            unit=unit,
            field=veto.field,
            level=veto.level,
            deciding_body=veto.deciding_body.strip(),
            on=veto.on,
            document=document,
            proposed_by=by.user,
        )
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused(
                "already-proposed",
                _("“%(paper)s” is entered for %(unit)s in this field already.")
                % {"paper": str(document), "unit": unit.name},
                "§6(6)",
            ) from error
        audit.record(by, "veto.proposed", row, cycle_code=cycle.code, level=veto.level, paper=str(document))
    return row


def propose_finding(
    *,
    by: Hat,
    cycle: Cycle,
    unit: Unit,
    what: str,
    responsibility: str,
    on: date | None,
    paper: PaperDraft | None = None,
    file: StoredFile | None = None,
) -> Finding:
    """Record that a unit cheated (弄虚作假); it waits for a second person, of the leading group.  §8(4)"""
    with transaction.atomic():
        fresh = locked(cycle)
        permissions.require_may_find(by, fresh, unit.pk)
        _require_takes_part(fresh, unit)
        if not what.strip() or not responsibility.strip() or on is None:
            raise Refused(
                "incomplete",
                _("Please enter what was found, when, and the principal's responsibility."),
                "§8(4)",
                status=422,
            )
        document = keep_document(by=by, cycle=fresh, paper=paper, file=file) if paper is not None else None
        row = Finding.objects.create(
            cycle=fresh,
            unit=unit,
            what=what.strip(),
            responsibility=responsibility.strip()[:300],
            on=on,
            document=document,
            proposed_by=by.user,
        )
        audit.record(by, "misconduct.proposed", row, cycle_code=cycle.code, what=row.what)
    return row


# Deciding ----------------------------------------------------------------------------------------


def barring(row: Veto | Finding, *, in_force: bool) -> Change:
    """The change that this veto or finding would be in force, or no longer, for the preview."""
    name = "veto" if isinstance(row, Veto) else "finding"
    return Change("bar", row.cycle_id, {name: row.pk, "in_force": in_force})


def confirm_veto(
    *,
    by: Hat,
    cycle: Cycle,
    veto_id: int,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Veto:
    """The leading group puts the veto in force; from now on the unit's eligibility is gone.  §6(6)"""
    return _decide(by, cycle, Veto, veto_id, version, _confirmed, "veto.confirmed", consequences)


def reject_veto(*, by: Hat, cycle: Cycle, veto_id: int, reason: str, version: int | None = None) -> Veto:
    return _decide(by, cycle, Veto, veto_id, version, _ended(BarState.REJECTED, reason), "veto.rejected")


def lift_veto(
    *,
    by: Hat,
    cycle: Cycle,
    veto_id: int,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Veto:
    """Another person of the leading group takes a veto in force away again, with a reason.  §6(6)"""
    act = _ended(BarState.LIFTED, reason)
    return _decide(by, cycle, Veto, veto_id, version, act, "veto.lifted", consequences)


def confirm_finding(
    *,
    by: Hat,
    cycle: Cycle,
    finding_id: int,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Finding:
    return _decide(by, cycle, Finding, finding_id, version, _confirmed, "misconduct.confirmed", consequences)


def reject_finding(
    *, by: Hat, cycle: Cycle, finding_id: int, reason: str, version: int | None = None
) -> Finding:
    act = _ended(BarState.REJECTED, reason)
    return _decide(by, cycle, Finding, finding_id, version, act, "misconduct.rejected")


def lift_finding(
    *,
    by: Hat,
    cycle: Cycle,
    finding_id: int,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Finding:
    act = _ended(BarState.LIFTED, reason)
    return _decide(by, cycle, Finding, finding_id, version, act, "misconduct.lifted", consequences)


def decide_from_minutes(
    *, by: Hat, cycle: Cycle, model: type[B], pk: int, act: str, reason: str, minutes: Minutes
) -> B:
    """What a meeting of the leading group decided: `act` is confirm, reject or lift; `by` compared the entry.  E14"""
    deeds: dict[str, Callable[[B, Hat], None]] = {
        "confirm": _confirmed,
        "reject": _ended(BarState.REJECTED, reason),
        "lift": _ended(BarState.LIFTED, reason),
    }
    done = {"confirm": "confirmed", "reject": "rejected", "lift": "lifted"}
    word = f"{'veto' if model is Veto else 'misconduct'}.{done[act]}"
    return _decide(by, cycle, model, pk, None, deeds[act], word, minutes=minutes)


def _decide(
    by: Hat,
    cycle: Cycle,
    model: type[B],
    pk: int,
    version: int | None,
    act: Callable[[B, Hat], None],
    word: str,
    consequences: Sequence[Move] | None = None,
    minutes: Minutes | None = None,
) -> B:
    """What every decision about a bar has in common: permission, row, version, tally, log."""
    with transaction.atomic():
        with once_per_block():
            fresh = locked(cycle)
            row: B | None = (
                model._default_manager.filter(pk=pk, cycle=fresh)
                .select_related("unit", "proposed_by", "confirmed_by")
                .select_for_update(of=("self",))
                .first()
            )
            if row is None:
                raise not_found()
            row.cycle = fresh
            row_of_matrix = permissions.DECIDE_VETO if model is Veto else permissions.MISCONDUCT
            require_decider(row_of_matrix, by, fresh, minutes, units=[row.unit_id])
            if minutes is None and by.role is not Role.LEADING_GROUP:
                raise Refused("not-permitted", _("The leading group decides this."), "§8(4)", status=403)
            if version is not None and version != row.version:
                raise Refused(
                    "changed-meanwhile",
                    _("%(what)s was changed meanwhile: it is now %(state)s. Please look at it again.")
                    % {"what": str(row), "state": row.get_state_display()},
                    values={"state": row.state, "version": row.version},
                )
            was_in_force = row.state == BarState.CONFIRMED
            act(row, by)
            row.version += 1
            in_force = row.state == BarState.CONFIRMED
            moves: Sequence[Move] | None = None
            if in_force != was_in_force:
                moves = foresight.settled(fresh, barring(row, in_force=in_force), consequences)
            # Not save(), whose signal would count the same tally a second time.
            model._default_manager.filter(pk=pk).update(**{name: getattr(row, name) for name in DECISION})
            recount(fresh, [row.unit_id])
        audit.record(
            by,
            word,
            row,
            cycle_code=cycle.code,
            reason=row.reason,
            proposed_by=row.proposed_by.username,
            **foresight.told(moves),
            **signing.told(minutes),
        )
    return row


def _confirmed(row: Veto | Finding, by: Hat) -> None:
    require_state(row, BarState.PROPOSED)
    require_second(row.proposed_by_id, by)
    row.state, row.confirmed_by, row.confirmed_at = BarState.CONFIRMED, by.user, timezone.now()


def _ended(state: BarState, reason: str) -> Callable[[Veto | Finding, Hat], None]:
    def act(row: Veto | Finding, by: Hat) -> None:
        lifting = state is BarState.LIFTED
        require_state(row, BarState.CONFIRMED if lifting else BarState.PROPOSED)
        require_second(row.confirmed_by_id if lifting else row.proposed_by_id, by)
        if not reason.strip():
            raise no_reason(_("A lifting needs a reason.") if lifting else _("A rejection needs a reason."))
        row.state, row.ended_by, row.ended_at = state, by.user, timezone.now()
        row.reason = reason.strip()[:300]

    return act


def require_state(row: Veto | Finding, wanted: BarState) -> None:
    if row.state != wanted:
        raise Refused(
            "already-decided",
            _("%(what)s is %(state)s; this cannot be done now.")
            % {"what": str(row), "state": row.get_state_display()},
        )
