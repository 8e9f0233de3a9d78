"""Reminding whoever owes something, and noting calls about it (row L15).

What is owed, and in which words it is told, is given by the caller; mails are sent after the notices are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import Notice
from office.refusal import Refused
from office.templatetags.look import deadline
from units.duties import Duty, Owner
from units.hats import Hat
from units.matrix import Role
from units.models import CallNote, Cycle, Reminder, RoleAssignment, Team, Unit, Why
from units.permissions import require

ROLES_OF_OWNER = {Owner.UNIT: (Role.OFFICIAL, Role.PRINCIPAL), Owner.BODY: (Role.LEAD,)}
LONGEST_NAME, LONGEST_NOTE, LONGEST_TEXT = 60, 300, 300
SUPERIOR_FROM = 2  # the call from which the superior leader is the one to be called


@dataclass(frozen=True, slots=True)
class Nudge:
    """One duty that is to be brought to mind: of which unit, in which words, with the page where it is done."""

    unit: Unit
    duty: Duty
    text: str
    address: str
    why: Why = Why.BY_HAND


@dataclass(slots=True)
class Outcome:
    """What was sent, and what was left out with its sentence."""

    done: list[Reminder] = field(default_factory=list)
    left_out: list[tuple[Nudge, str]] = field(default_factory=list)


def people_to_tell(cycle: Cycle, asked: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[int]]:
    """(owner, unit) → ids of the active people who can do it.  Two queries."""
    wanted = set(asked)
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    roles = RoleAssignment.objects.filter(
        cycle=cycle, unit__in={unit_id for _owner, unit_id in wanted}, user__is_active=True
    ).order_by("user_id")
    for role, unit_id, user_id in roles.values_list("role", "unit_id", "user_id"):
        for owner, hands in ROLES_OF_OWNER.items():
            if Role(role) in hands and (str(owner), unit_id) in wanted:
                found[str(owner), unit_id].append(user_id)
    if any(owner == Owner.TEAM for owner, _unit in wanted):
        teams = Team.objects.filter(cycle=cycle, people__is_active=True).order_by("people")
        for unit_id, user_id in teams.values_list("units", "people").distinct():
            if (str(Owner.TEAM), unit_id) in wanted:
                found[str(Owner.TEAM), unit_id].append(user_id)
    return found


@transaction.atomic
def remind(*, by: Hat | None, cycle: Cycle, nudges: Sequence[Nudge], day: date | None = None) -> Outcome:
    """Put each nudge into the inbox of those who can do it; `by` None is the timer.  Row L15.

    Left out by name: the own unit of the person who acts, nobody with an account, reminded of this today
    already. Raises Refused: not permitted, nothing chosen.
    """
    if by is not None:
        require("L15", by, cycle)
        if not nudges:
            raise Refused("nobody-chosen", _("Please tick at least one unit."), status=422)
    today = day or timezone.localdate()
    Cycle.objects.select_for_update().get(pk=cycle.pk)  # two who remind at once: the second finds the first's
    people = people_to_tell(cycle, [(str(nudge.duty.owner), nudge.duty.unit_id) for nudge in nudges])
    told = set(Reminder.objects.filter(cycle=cycle, day=today).values_list("unit_id", "task", "why"))
    tied = by.tied_unit_ids(cycle.pk) if by is not None else frozenset()
    outcome = Outcome()
    for_user: dict[tuple[int, str], list[Nudge]] = defaultdict(list)
    for nudge in nudges:
        duty = nudge.duty
        users = people.get((str(duty.owner), duty.unit_id), [])
        if duty.unit_id in tied:
            outcome.left_out.append((nudge, _("your own unit, somebody else must remind it")))
        elif (duty.unit_id, duty.task, str(nudge.why)) in told:
            outcome.left_out.append((nudge, _("reminded of this today already")))
        elif not users:
            outcome.left_out.append((nudge, _("nobody has an account for it; please call")))
        else:
            told.add((duty.unit_id, duty.task, str(nudge.why)))
            outcome.done.append(_kept(cycle, nudge, today, len(users), by))
            for user in users:
                for_user[user, duty.task].append(nudge)
    notices = [_notice_of(user, nudges_of_task) for (user, _task), nudges_of_task in for_user.items()]
    if outcome.done:
        Reminder.objects.bulk_create(outcome.done, batch_size=500)
        Notice.objects.bulk_create(notices, batch_size=500)
        audit.record(
            by,
            "reminders.sent",
            cycle,
            cycle_code=cycle.code,
            count=len(outcome.done),
            people=len(notices),
            units=sorted({reminder.unit.name for reminder in outcome.done}),
            left_out=sorted({nudge.unit.name for nudge, _sentence in outcome.left_out}),
        )
    return outcome


def _kept(cycle: Cycle, nudge: Nudge, day: date, told: int, by: Hat | None) -> Reminder:
    duty = nudge.duty
    return Reminder(
        cycle=cycle,
        unit=nudge.unit,
        task=duty.task,
        label=duty.label[:120],
        owner=str(duty.owner),
        why=nudge.why,
        day=day,
        due=duty.due,
        text=nudge.text[:LONGEST_TEXT],
        told=told,
        by=by.user if by is not None else None,
    )


def _notice_of(user_id: int, nudges: Sequence[Nudge]) -> Notice:
    """One line in the inbox for all of one task: a reviewer with twenty units is told once."""
    text = nudges[0].text
    if len(nudges) > 1:
        text = _("%(text)s The same is open for %(count)d more: %(names)s.") % {
            "text": text,
            "count": len(nudges) - 1,
            "names": "、".join(nudge.unit.short_name or nudge.unit.name for nudge in nudges[1:]),
        }
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT - 1]}…"
    return Notice(user_id=user_id, text=text, address=nudges[0].address[:LONGEST_TEXT])


@transaction.atomic
def note_calls(
    *,
    by: Hat,
    cycle: Cycle,
    unit: Unit,
    about: Sequence[tuple[Duty, int]],
    answered_by: str = "",
    note: str = "",
) -> list[CallNote]:
    """Keep one call about several duties of one unit, all of them or none.  See note_call."""
    if not about:
        raise Refused("nobody-chosen", _("There is nothing to call about any more."))
    return [
        note_call(
            by=by,
            cycle=cycle,
            unit=unit,
            duty=duty,
            number=number,
            answered_by=answered_by,
            note=note,
        )
        for duty, number in about
    ]


@transaction.atomic
def note_call(
    *, by: Hat, cycle: Cycle, unit: Unit, duty: Duty, number: int, answered_by: str = "", note: str = ""
) -> CallNote:
    """Keep that the unit was called about this duty: who answered, when.  Row L15.

    `number` is the call the person saw as the next one; the second and every later one goes to the superior
    leader. Without a name it was the one to be called who answered.
    Raises Refused: not permitted, the own unit, somebody noted this call meanwhile, nobody named to call.
    """
    require("L15", by, cycle, unit_id=unit.pk, acts_on_unit=True)
    Cycle.objects.select_for_update().get(pk=cycle.pk)
    before = CallNote.objects.filter(cycle=cycle, unit=unit, task=duty.task).order_by("-number").first()
    if number != (before.number if before else 0) + 1:
        raise Refused(
            "called-meanwhile",
            _("%(unit)s was called about “%(task)s” at %(at)s by %(by)s already; %(who)s answered.")
            % {
                "unit": unit.name,
                "task": duty.label,
                "at": deadline(before.at),
                "by": str(before.by),
                "who": before.answered_by,
            }
            if before is not None
            else _("There is no such call to note; please look again."),
        )
    to_superior = number >= SUPERIOR_FROM and bool(unit.superior_leader)
    answered = answered_by.strip()[:LONGEST_NAME] or person_to_call(unit, number - 1)
    if not answered:
        raise Refused("nobody-answered", _("Please say who answered."), status=422)
    kept = CallNote.objects.create(
        cycle=cycle,
        unit=unit,
        task=duty.task,
        label=duty.label[:120],
        number=number,
        answered_by=answered,
        to_superior=to_superior,
        note=note.strip()[:LONGEST_NOTE],
        by=by.user,
    )
    audit.record(
        by,
        "call.noted",
        unit,
        cycle_code=cycle.code,
        task=duty.task,
        call=number,
        answered_by=answered,
        to_superior=to_superior,
    )
    return kept


def person_to_call(unit: Unit, calls: int) -> str:
    """Whom to call after so many calls about one duty: the contact first, then the superior leader."""
    if calls + 1 >= SUPERIOR_FROM and unit.superior_leader:
        return unit.superior_leader
    return unit.contact or unit.principal
