"""Opening the work of a stage again for one unit, several or all, until an instant; and closing it (row D08).

Whoever may enter something again is told so in the inbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.models import Notice
from office.refusal import Refused
from office.templatetags.look import deadline
from units.actions.cycle import require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import STAGE_LABELS, Block, Cycle, Reopening, RoleAssignment, Unit
from units.models.roles import BOUND_TO_UNIT
from units.permissions import require, stage_of
from units.stages import Stage, between

MAY_BE_REOPENED = between(Stage.COMMITMENT, Stage.ONSITE_REVIEW)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A unit that a bulk act passed over, and why."""

    unit: Unit
    sentence: str


@dataclass(slots=True)
class Outcome:
    """What a bulk act did and what it left out."""

    done: list[Reopening] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def furthest(cycle: Cycle, unit_ids: Iterable[int] | None = None) -> tuple[Stage, Block | None]:
    """The latest stage among the year and its own-calendar tracks (those of the units), and whose it is."""
    own = Block.objects.filter(cycle=cycle, has_own_calendar=True)
    if unit_ids is not None:
        own = own.filter(memberships__unit__in=list(unit_ids)).distinct()
    found: tuple[Stage, Block | None] = (cycle.stage_now, None)
    for block in own:
        if stage_of(cycle, block).position > found[0].position:
            found = (stage_of(cycle, block), block)
    return found


def _require_open(by: Hat, cycle: Cycle, unit_ids: Sequence[int] | None) -> None:
    """Row D08 by the year's stage, or by that of a track with its own calendar that still works."""
    blocks: list[Block | None] = [None, *Block.objects.filter(cycle=cycle, has_own_calendar=True)]
    refusals: list[Refused] = []
    for block in blocks:
        try:
            require("D08", by, cycle, block=block)
        except Refused as refused:
            refusals.append(refused)
        else:
            return
    raise refusals[0]


def _require_reopenable(cycle: Cycle, stage: Stage, unit_ids: Sequence[int] | None) -> None:
    if stage not in MAY_BE_REOPENED or stage.position > furthest(cycle, unit_ids)[0].position:
        raise Refused(
            "not-reopenable",
            _("“%(stage)s” cannot be reopened while %(cycle)s stands at “%(now)s”.")
            % {
                "stage": STAGE_LABELS[stage],
                "cycle": cycle.code,
                "now": STAGE_LABELS[cycle.stage_now],
            },
            status=422,
        )


def _has_a_part(cycle: Cycle, unit: Unit) -> bool:
    """A unit of a block, or a body that leads."""
    return (
        cycle.blocks.filter(memberships__unit=unit).exists()
        or RoleAssignment.objects.filter(cycle=cycle, role=Role.LEAD, unit=unit).exists()
    )


def _require_ahead(until: datetime) -> None:
    if until <= timezone.now():
        raise Refused("until-past", _("The time until which it is open must lie ahead."), status=422)


@transaction.atomic
def reopen(
    *, by: Hat, cycle: Cycle, stage: Stage, unit: Unit | None, until: datetime, reason: str
) -> Reopening:
    """Open the work of a stage again for one unit, or for all (`unit` None), until an instant.  Row D08.

    Raises Refused: not permitted, a stage that is not behind us or has nothing to reopen, a unit that takes no
    part, an instant that is past, no reason.
    """
    unit_ids = None if unit is None else [unit.pk]
    _require_open(by, cycle, unit_ids)
    if unit is not None and by.is_tied_to(unit.pk, cycle.pk):
        raise _own_unit()
    _require_reopenable(cycle, stage, unit_ids)
    if unit is not None and not _has_a_part(cycle, unit):
        raise Refused("not-found", _("There is no such record."), status=404)
    _require_ahead(until)
    kept_reason = require_reason(reason, _("Reopening needs a reason."))
    opened = Reopening.objects.create(
        cycle=cycle, stage=stage, unit=unit, until=until, reason=kept_reason, by=by.user
    )
    _tell(cycle, stage, until, kept_reason, unit_ids)
    audit.record(
        by,
        "cycle.reopened",
        unit or cycle,
        cycle_code=cycle.code,
        stage=str(stage),
        until=audit.instant(until),
        reason=kept_reason,
    )
    return opened


def _own_unit() -> Refused:
    return Refused(
        "own-unit",
        _("You belong to this unit or have declared a tie to it; somebody else must do this."),
        "§8(4)",
        status=403,
    )


@transaction.atomic
def reopen_many(
    *, by: Hat, cycle: Cycle, stage: Stage, units: Sequence[Unit], until: datetime, reason: str
) -> Outcome:
    """Open the stage again for a selection; what stands against one unit leaves that unit out and says so.

    Left out: the own unit of the person who acts, a unit that is open at least as long already, a unit without
    a part in the year. Raises Refused for what stands against all of them.
    """
    if not units:
        raise Refused("nobody-chosen", _("Please tick at least one unit."), status=422)
    unit_ids = [unit.pk for unit in units]
    _require_open(by, cycle, unit_ids)
    _require_reopenable(cycle, stage, unit_ids)
    _require_ahead(until)
    kept_reason = require_reason(reason, _("Reopening needs a reason."))
    tied = by.tied_unit_ids(cycle.pk)
    open_now = set(
        Reopening.objects.filter(cycle=cycle, stage=stage, until__gte=until).values_list("unit_id", flat=True)
    )
    has_part = set(Unit.objects.filter(memberships__block__cycle=cycle).values_list("pk", flat=True)) | set(
        RoleAssignment.objects.filter(cycle=cycle, role=Role.LEAD).values_list("unit_id", flat=True)
    )
    outcome = Outcome()
    chosen = []
    for unit in units:
        if unit.pk in tied:
            outcome.left_out.append(LeftOut(unit, _own_unit().sentence))
        elif unit.pk in open_now or None in open_now:
            outcome.left_out.append(LeftOut(unit, _("It is open as long as that already.")))
        elif unit.pk not in has_part:
            outcome.left_out.append(LeftOut(unit, _("It takes no part in this year.")))
        else:
            chosen.append(unit)
    outcome.done = Reopening.objects.bulk_create(
        [
            Reopening(cycle=cycle, stage=stage, unit=unit, until=until, reason=kept_reason, by=by.user)
            for unit in chosen
        ]
    )
    if chosen:
        _tell(cycle, stage, until, kept_reason, [unit.pk for unit in chosen])
        audit.record(
            by,
            "cycle.reopened-many",
            cycle,
            cycle_code=cycle.code,
            stage=str(stage),
            until=audit.instant(until),
            reason=kept_reason,
            units=[unit.name for unit in chosen],
            left_out=[one.unit.name for one in outcome.left_out],
        )
    return outcome


def _tell(cycle: Cycle, stage: Stage, until: datetime, reason: str, unit_ids: Sequence[int] | None) -> None:
    """A line in the inbox of everybody who may now enter again."""
    people = RoleAssignment.objects.filter(cycle=cycle, role__in=[str(role) for role in BOUND_TO_UNIT])
    if unit_ids is not None:
        people = people.filter(unit__in=unit_ids)
    text = _("“%(stage)s” is open again until %(until)s: %(reason)s") % {
        "stage": STAGE_LABELS[stage],
        "until": deadline(until),
        "reason": reason,
    }
    Notice.objects.bulk_create(
        [
            Notice(user_id=user_id, text=text[:300], address=f"/years/{cycle.code}/")
            for user_id in people.order_by("user_id").values_list("user_id", flat=True).distinct()
        ],
        batch_size=500,
    )


@transaction.atomic
def close_reopening(*, by: Hat, reopening: Reopening) -> None:
    """End a reopening before its time.  Row D08."""
    cycle = reopening.cycle
    _require_open(by, cycle, None)
    if reopening.unit_id is not None and by.is_tied_to(reopening.unit_id, cycle.pk):
        raise _own_unit()
    Reopening.objects.filter(pk=reopening.pk, until__gt=timezone.now()).update(until=timezone.now())
    audit.record(
        by, "cycle.reopening-closed", reopening.unit or cycle, cycle_code=cycle.code, stage=reopening.stage
    )


@transaction.atomic
def close_many(*, by: Hat, cycle: Cycle, reopenings: Sequence[Reopening]) -> Outcome:
    """End several reopenings at once; those of the own unit are left out, those already over are passed by."""
    _require_open(by, cycle, None)
    now, outcome = timezone.now(), Outcome()
    for one in reopenings:
        if one.unit_id is not None and by.is_tied_to(one.unit_id, cycle.pk):
            assert one.unit is not None
            outcome.left_out.append(LeftOut(one.unit, _own_unit().sentence))
        elif one.until > now:
            outcome.done.append(one)
    if outcome.done:
        Reopening.objects.filter(pk__in=[one.pk for one in outcome.done]).update(until=now)
        audit.record(
            by,
            "cycle.reopenings-closed",
            cycle,
            cycle_code=cycle.code,
            units=[one.unit.name if one.unit else "*" for one in outcome.done],
            stages=sorted({one.stage for one in outcome.done}),
        )
    return outcome
