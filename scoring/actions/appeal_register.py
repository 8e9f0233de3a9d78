"""What reaches the office as signed paper, letter or call: entered, compared with the scan, answered (E14, §6(7)).

Drafting and filing on screen, and the re-check, are in appeals; how each point is decided is in appeal_rulings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import StoredFile
from office.refusal import Refused
from scoring.actions.appeals import (
    LONGEST_WORDS,
    PointDraft,
    attach,
    hold_numbers,
    load,
    next_number,
    once_each,
    point_values,
    require_about_something,
    require_impartial,
    require_in_time,
    require_state,
    require_takes_part,
    require_version,
    save,
    tell_namers,
    told,
)
from scoring.models import Appeal, AppealFile, AppealPoint, AppealState, Channel
from units import permissions
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment, SignedForm, Unit
from units.permissions import require_second


@dataclass(frozen=True, slots=True)
class Registration:
    """What the office enters of something that came on paper or by phone."""

    channel: str
    about: Unit
    sender: str
    received_on: date | None
    words: str
    unit: Unit | None = None
    points: Sequence[PointDraft] = ()
    scan: StoredFile | None = None


def register(*, by: Hat, cycle: Cycle, entry: Registration) -> Appeal:
    """The office enters an appeal on signed paper, a letter or a call; it gets its number at once (E14, H01 stage).

    On paper a second person compares it with the scan. Raises Refused without sender, date, words or scan,
    about nothing, and for paper that came after the window.
    """
    with transaction.atomic():
        hold_numbers(cycle)
        if entry.channel not in {Channel.PAPER, Channel.LETTER, Channel.CALL}:
            raise Refused("no-channel", _("Please say how it came."), status=422)
        on_paper = entry.channel == Channel.PAPER
        appeal = Appeal(
            cycle=cycle, unit=entry.unit, about=entry.about, channel=entry.channel, drafted_by=by.user
        )
        require_impartial("E14", by, appeal)
        permissions.require("H04", by, cycle)  # appeals are open in the stage of results only
        require_takes_part(cycle, entry.about.pk)
        if not entry.sender.strip() or entry.received_on is None or not entry.words.strip():
            raise Refused(
                "incomplete",
                _("Please enter who signed or called, the day it came, and what is questioned."),
                "§6(7)",
                status=422,
            )
        if entry.received_on > timezone.localdate():
            raise Refused("future", _("The day it came lies ahead."), status=422)
        appeal.sender, appeal.received_on = entry.sender.strip()[:60], entry.received_on
        appeal.words = entry.words.strip()[:LONGEST_WORDS]
        if on_paper:
            _require_paper(cycle, entry)
        appeal.number = next_number(cycle)
        appeal.state = AppealState.REGISTERED if on_paper else AppealState.FILED
        appeal.filed_by, appeal.filed_at = by.user, timezone.now()
        appeal.save()
        for draft in once_each(entry.points):
            AppealPoint.objects.create(**point_values(appeal, draft))
        if on_paper:
            require_about_something(appeal)
        if entry.scan is not None:
            attach(appeal, [entry.scan], by, AppealFile.Purpose.SCAN)
        audit.record(by, "appeal.registered", appeal, cycle_code=cycle.code, **told(appeal))
    return appeal


def _require_paper(cycle: Cycle, entry: Registration) -> None:
    if entry.unit is None:
        raise Refused("no-unit", _("Please choose the unit whose principal signed."), "§6(7)", status=422)
    if entry.scan is None:
        raise Refused(
            "no-scan", _("Please attach the scan of the signed paper; nothing counts without it."), status=422
        )
    require_takes_part(cycle, entry.unit.pk)
    require_in_time(cycle, entry.unit.pk, entry.received_on)


def compare(*, by: Hat, cycle: Cycle, appeal_id: int, version: int | None = None) -> Appeal:
    """A second person of the office has compared the entry with the scan (E14)."""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require_impartial("E14", by, appeal)
        require_state(appeal, AppealState.REGISTERED)
        require_second(appeal.drafted_by_id, by)
        require_version(appeal, version)
        appeal.state = AppealState.FILED
        appeal.compared_by, appeal.compared_at = by.user, timezone.now()
        save(appeal)
        tell_namers(appeal)
        audit.record(by, "appeal.compared", appeal, cycle_code=cycle.code, version=appeal.version)
    return appeal


def answer(*, by: Hat, cycle: Cycle, appeal_id: int, reply: str) -> Appeal:
    """A letter or call that needs no re-check is answered in words (E14)."""
    with transaction.atomic():
        appeal = load(cycle, appeal_id)
        require_impartial("E14", by, appeal)
        require_state(appeal, AppealState.FILED)
        if appeal.channel not in {Channel.LETTER, Channel.CALL}:
            raise Refused(
                "needs-decision",
                _("An appeal of a principal is re-checked and decided; only letters and calls are answered."),
                "§6(7)",
            )
        if not reply.strip():
            raise Refused("no-words", _("Please enter what was answered."), status=422)
        appeal.state, appeal.reply = AppealState.ANSWERED, reply.strip()[:LONGEST_WORDS]
        appeal.closed_by, appeal.closed_at = by.user, timezone.now()
        save(appeal)
        audit.record(by, "appeal.answered", appeal, cycle_code=cycle.code, reason=appeal.reply)
    return appeal


def count_paper(by: Hat, form: SignedForm) -> Appeal:
    """The signed sheet was compared with the screen: the draft counts as filed by the principal (E14, H02).  §6(7)

    In time is whose scan was handed in within the window, whenever it is compared. Raises Refused: filed already,
    too late, about nothing, a unit one is tied to.
    """
    assert form.scan is not None  # compared forms have theirs
    assert form.scanned_at is not None
    cycle = form.cycle
    with transaction.atomic():
        hold_numbers(cycle)
        appeal = load(cycle, form.about_id)
        require_may_count(by, appeal)
        require_state(appeal, AppealState.DRAFT)
        require_second(appeal.drafted_by_id, by)
        assert appeal.unit_id is not None
        require_in_time(cycle, appeal.unit_id, None, at=form.scanned_at)
        require_about_something(appeal)
        appeal.number = next_number(cycle)
        appeal.state, appeal.channel = AppealState.FILED, Channel.PAPER
        appeal.sender = principal_named(cycle, appeal.unit_id)
        appeal.received_on = timezone.localdate(form.scanned_at)
        appeal.filed_by, appeal.filed_at = form.scanned_by, form.scanned_at
        appeal.compared_by, appeal.compared_at = by.user, timezone.now()
        save(appeal)
        AppealFile.objects.create(
            appeal=appeal,
            file=form.scan,
            purpose=AppealFile.Purpose.SCAN,
            by=form.scanned_by or by.user,
        )
        tell_namers(appeal)
        audit.record(by, "appeal.filed", appeal, cycle_code=cycle.code, form=form.code, **told(appeal))
    return appeal


def require_may_count(by: Hat, appeal: Appeal) -> None:
    """E14 in the stage of appeals, by somebody without a tie to either unit."""
    require_impartial("E14", by, appeal)
    permissions.require("H04", by, appeal.cycle)


def principal_named(cycle: Cycle, unit_id: int) -> str:
    """Who signs for the unit, as the account names him; the role's name where there is no account."""
    of_year = Q(cycle=cycle) | Q(cycle=None)
    row = (
        RoleAssignment.objects.filter(of_year, unit=unit_id, role=Role.PRINCIPAL)
        .select_related("user")
        .order_by("pk")
        .first()
    )
    return str(row.user)[:60] if row is not None else "主要负责人"
