"""Who owes what and how it is told: debts with whom to call, the words of notices, messages and mails, the timer's rule.

What is owed is gathered in appraisal_site.duties; sending and noting are units.actions.reminders.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import duties
from appraisal_site.sections import year_label
from office import jobs
from office.models import Job, User
from office.templatetags.look import deadline
from units.actions.reminders import Nudge, people_to_tell, person_to_call
from units.duties import Duty, Light, Owner
from units.models import CallNote, Cycle, Reminder, Unit, Why
from units.stages import Stage

ASKED_OF_UNITS = frozenset({Owner.UNIT, Owner.BODY})
AGAIN_AFTER = timedelta(days=7)  # what stays overdue is brought to mind once a week …
GIVEN_UP_AFTER = timedelta(days=28)  # … for four weeks; then it is the desk's
MAILED_WITHIN = timedelta(days=2)  # a mail that could not be sent is tried again so long
MAIL_JOB = "reminders.mail"


@dataclass(frozen=True, slots=True)
class Debt:
    """One duty of one unit with what was done about it."""

    duty: Duty
    unit: Unit
    light: Light
    calls: tuple[CallNote, ...] = ()  # the first call first
    reminded: Reminder | None = None  # the last one

    @property
    def key(self) -> str:
        return f"{self.unit.pk}|{self.duty.task}"

    @property
    def word(self) -> str:
        return duties.word_of(self.light)

    @property
    def next_call(self) -> int:
        return len(self.calls) + 1

    @property
    def whom(self) -> str:
        """Whom to call now."""
        return person_to_call(self.unit, len(self.calls))

    @property
    def is_for_superior(self) -> bool:
        return bool(self.calls) and bool(self.unit.superior_leader)

    @property
    def phones(self) -> str:
        return "、".join(phone for phone in (self.unit.mobile, self.unit.office_phone) if phone)


def debts_of(cycle: Cycle, owed: Sequence[Duty], now: datetime) -> list[Debt]:
    """What units and bodies owe, the nearest day first, with calls and the last reminder.  Three queries."""
    mine = [duty for duty in owed if duty.owner in ASKED_OF_UNITS]
    units = Unit.objects.in_bulk({duty.unit_id for duty in mine})
    calls: dict[tuple[int, str], list[CallNote]] = defaultdict(list)
    for call in CallNote.objects.filter(cycle=cycle).select_related("by").order_by("number"):
        calls[call.unit_id, call.task].append(call)
    reminded = {(row.unit_id, row.task): row for row in Reminder.objects.filter(cycle=cycle).order_by("pk")}
    found = [
        Debt(
            duty,
            units[duty.unit_id],
            duty.light(now),
            tuple(calls[duty.unit_id, duty.task]),
            reminded.get((duty.unit_id, duty.task)),
        )
        for duty in mine
        if duty.unit_id in units
    ]
    found.sort(
        key=lambda debt: (debt.duty.due is None, debt.duty.due or now, debt.duty.task, debt.unit.order)
    )
    return found


# Words


def said_of(duty: Duty, light: Light) -> str:
    """The thing, its day and what is still open, without a full stop."""
    facts = {"task": duty.label, "due": deadline(duty.due), "left": duty.left, "asked": duty.asked}
    if duty.asked > 1 and duty.left:
        if duty.due is None:
            return _("“%(task)s” is open, %(left)d of %(asked)d still to do") % facts
        if light is Light.OVERDUE:
            return _("“%(task)s” was due at %(due)s, %(left)d of %(asked)d still to do") % facts
        return _("“%(task)s” closes at %(due)s, %(left)d of %(asked)d still to do") % facts
    if duty.due is None:
        return _("“%(task)s” is still to do") % facts
    if light is Light.OVERDUE:
        return _("“%(task)s” was due at %(due)s and is still to do") % facts
    return _("“%(task)s” closes at %(due)s and is still to do") % facts


def words_of(duty: Duty, unit: Unit, light: Light) -> str:
    """One sentence that names the unit, the thing, its day and what is still open."""
    said = said_of(duty, light)
    if duty.returned:
        said = _("%(said)s; returned: %(why)s") % {"said": said, "why": duty.returned.rstrip("。.")}
    return _("%(unit)s: %(said)s.") % {"unit": unit.name, "said": said}


def nudge_of(cycle: Cycle, debt: Debt, why: Why = Why.BY_HAND) -> Nudge:
    return Nudge(
        debt.unit,
        debt.duty,
        words_of(debt.duty, debt.unit, debt.light),
        duties.address_of(cycle, debt.duty),
        why,
    )


def message_for_one(debts: Sequence[Debt]) -> str:
    """What goes out as a text message to one unit."""
    unit = debts[0].unit
    greeting = debts[0].whom
    said = "；".join(said_of(debt.duty, debt.light) for debt in debts)
    return _("[Appraisal office] %(who)s, %(unit)s: %(said)s. Please do it in time, or call us.") % {
        "who": greeting or _("to whom it concerns"),
        "unit": unit.name,
        "said": said,
    }


def message_for_group(cycle: Cycle, debts: Sequence[Debt], now: datetime) -> str:
    """What goes out to a group: task by task, its day, and who still owes it."""
    by_task: dict[tuple[str, str], list[Debt]] = defaultdict(list)
    for debt in debts:
        by_task[debt.duty.task, debt.duty.label].append(debt)
    lines = [
        _("[Appraisal office] %(year)s, as of %(now)s:")
        % {
            "year": year_label(cycle),
            "now": formats.date_format(timezone.localtime(now), _("j M H:i")),
        }
    ]
    for (_task, label), owing in by_task.items():
        due = min((d.duty.due for d in owing if d.duty.due is not None), default=None)
        until = _(" (until %(due)s)") % {"due": deadline(due)} if due is not None else ""
        lines.append(
            ngettext(
                "%(task)s%(until)s, %(count)d unit: %(names)s.",
                "%(task)s%(until)s, %(count)d units: %(names)s.",
                len(owing),
            )
            % {
                "task": label,
                "until": until,
                "count": len(owing),
                "names": "、".join(debt.unit.short_name or debt.unit.name for debt in owing),
            }
        )
    lines.append(_("Please finish in time; whoever has done so meanwhile may ignore this."))
    return "\n".join(lines)


# The timer


@dataclass(slots=True)
class Mailed:
    """How the mails went: letters sent, people without an address, letters that failed."""

    sent: int = 0
    without_address: int = 0
    failed: list[str] = field(default_factory=list)


def years_to_remind() -> QuerySet[Cycle]:
    """Years whose work is still going on."""
    return Cycle.objects.exclude(
        stage__in=[str(s) for s in (Stage.APPROVAL, Stage.PUBLISHED, Stage.FILED)]
    ).order_by("code")


def why_now(duty: Duty, now: datetime) -> Why | None:
    """Three days before, the day before, or overdue; None when today says nothing."""
    if duty.due is None or duty.light(now).is_done:
        return None
    if now >= duty.due:
        return Why.OVERDUE if now - duty.due < GIVEN_UP_AFTER else None
    # Midnight is 24:00 of the day before.
    last_day = timezone.localtime(duty.due - timedelta(microseconds=1)).date()
    days_left = (last_day - timezone.localtime(now).date()).days
    if days_left <= 1:
        return Why.ONE_DAY
    return Why.THREE_DAYS if days_left <= 3 else None


def nudges_due(cycle: Cycle, now: datetime) -> list[Nudge]:
    """What the timer has to say today: each reason once for each day set, overdue once a week.  Known queries."""
    told: dict[tuple[int, str, str], Reminder] = {
        (row.unit_id, row.task, row.why): row for row in Reminder.objects.filter(cycle=cycle).order_by("pk")
    }
    owed = duties.gather(cycle)
    units = Unit.objects.in_bulk({duty.unit_id for duty in owed})
    found = []
    for duty in owed:
        why = why_now(duty, now)
        if why is None or duty.unit_id not in units:
            continue
        last = told.get((duty.unit_id, duty.task, str(why)))
        if last is not None and last.due == duty.due:
            again = why is Why.OVERDUE and timezone.localtime(now).date() - last.day >= AGAIN_AFTER
            if not again:
                continue
        debt = Debt(duty, units[duty.unit_id], duty.light(now))
        found.append(nudge_of(cycle, debt, why))
    return found


def send_mails(cycle: Cycle, now: datetime) -> Mailed:
    """Mail what was reminded and not yet mailed, one letter a person; what fails stays for the next run."""
    waiting = list(
        Reminder.objects.filter(cycle=cycle, mailed_at=None, at__gt=now - MAILED_WITHIN)
        .select_related("unit")
        .order_by("pk")
    )
    outcome = Mailed()
    if not waiting:
        return outcome
    people = people_to_tell(cycle, [(row.owner, row.unit_id) for row in waiting])
    of_user: dict[int, list[Reminder]] = defaultdict(list)
    for row in waiting:
        for user_id in people.get((row.owner, row.unit_id), []):
            of_user[user_id].append(row)
    failed: set[int] = set()
    connection = _connection()
    for user in User.objects.filter(pk__in=of_user).order_by("pk"):
        if not user.email:
            outcome.without_address += 1
            continue
        try:
            letter(cycle, user, of_user[user.pk], connection).send()
        except (OSError, SMTPException) as error:
            outcome.failed.append(f"{user}: {error}"[:200])
            failed |= {row.pk for row in of_user[user.pk]}
        else:
            outcome.sent += 1
    Reminder.objects.filter(pk__in={row.pk for row in waiting} - failed).update(mailed_at=now)
    return outcome


def _connection() -> Any:
    """The mail server of the settings; letters on the console go where they spoil no report."""
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return get_connection(stream=sys.stderr)
    return get_connection()


def letter(cycle: Cycle, user: User, reminders: Iterable[Reminder], connection: Any) -> EmailMessage:
    """Everything one person is reminded of, in one mail."""
    lines = [reminder.text for reminder in reminders]
    subject = ngettext(
        "%(year)s: %(count)d thing awaits you", "%(year)s: %(count)d things await you", len(lines)
    ) % {"year": year_label(cycle), "count": len(lines)}
    body = "\n".join(
        [
            _("%(name)s,") % {"name": str(user)},
            "",
            *(f"{number}. {line}" for number, line in enumerate(lines, 1)),
            "",
            _(
                "Please sign in; the home page leads to each of them. Whoever has done so meanwhile may ignore this."
            ),
        ]
    )
    return EmailMessage(subject, body, to=[user.email], connection=connection)


@jobs.register(MAIL_JOB)
def _mail_by_job(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """The mails of a reminder by hand, out of the way of the page."""
    cycle = Cycle.objects.get(code=job.cycle_code)
    progress.step(0, 1, _("Sending mails"))
    done = send_mails(cycle, timezone.now())
    progress.step(1, 1)
    return {"sent": done.sent, "without_address": done.without_address, "failed": done.failed}


def mail_later(cycle: Cycle, owner: User, reminders: Sequence[Reminder]) -> Job | None:
    """Queue the mails of these reminders; None when nobody has an address."""
    people = people_to_tell(cycle, [(row.owner, row.unit_id) for row in reminders])
    ids = {user for users in people.values() for user in users}
    if not User.objects.filter(pk__in=ids).exclude(email="").exists():
        return None
    return jobs.start(MAIL_JOB, _("Mails of reminders"), owner, {}, cycle_code=cycle.code)
