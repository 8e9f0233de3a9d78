"""Moving a year on, back, opening a part of it again, and setting the windows of its stages (rulebook 8).

What is not ready is found by upper apps and passed in; approval and publication are entered elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.lacks import Lack
from units.models import STAGE_LABELS, Block, Cycle, Reopening, SignedLack, StageWindow, Unit
from units.permissions import require
from units.stages import ORDER, Stage, between

# Entered by the hand-over of a frozen draft and by publishing it, never by moving on (rulebook 8).
ENTERED_ELSEWHERE = frozenset({Stage.APPROVAL, Stage.PUBLISHED})
MAY_BE_REOPENED = between(Stage.COMMITMENT, Stage.ONSITE_REVIEW)
LONGEST_REASON = 300


def next_stage(stage: Stage) -> Stage | None:
    """The stage after this one; None after the last."""
    return None if stage is ORDER[-1] else ORDER[ORDER.index(stage) + 1]


def _locked(cycle: Cycle) -> Cycle:
    return Cycle.objects.select_for_update().get(pk=cycle.pk)


def _require_reason(reason: str, sentence: str) -> str:
    text = reason.strip()
    if not text:
        raise Refused("no-reason", sentence, "§6", status=422)
    if len(text) > LONGEST_REASON:
        raise Refused(
            "reason-too-long",
            _("The reason has %(count)d characters; at most %(most)d are kept.")
            % {"count": len(text), "most": LONGEST_REASON},
            status=422,
        )
    return text


def require_may_enter(cycle: Cycle, stage: Stage) -> None:
    """Refuse a stage that moving on cannot reach from here."""
    if stage in ENTERED_ELSEWHERE:
        raise Refused(
            "entered-elsewhere",
            _(
                "“%(stage)s” is entered by handing over the frozen draft or by publishing it, not by moving on."
            )
            % {"stage": STAGE_LABELS[stage]},
            "§6(8)",
        )
    if stage.position <= cycle.stage_now.position:
        raise Refused(
            "not-ahead",
            _("%(cycle)s already stands at “%(now)s”; to return, move back with a reason.")
            % {"cycle": cycle.code, "now": STAGE_LABELS[cycle.stage_now]},
        )


def require_signed(lacks: Sequence[Lack], reason: str) -> str:
    """The trimmed reason; raises Refused for a lack that no reason covers, or for no reason at all."""
    firm = [lack for lack in lacks if not lack.signable]
    if firm:
        raise Refused(
            "not-ready",
            _("The year cannot move on: %(lacks)s This cannot be signed away; please put it right first.")
            % {"lacks": " ".join(lack.text for lack in firm)},
            "§6",
            values={"lacks": [lack.text for lack in firm]},
        )
    if not lacks:
        return reason.strip()[:LONGEST_REASON]
    return _require_reason(
        reason,
        _("%(count)d things are not ready. Please give the reason why the year moves on without them.")
        % {"count": len(lacks)},
    )


@transaction.atomic
def move_cycle(*, by: Hat, cycle: Cycle, stage: Stage, lacks: Sequence[Lack], reason: str = "") -> Cycle:
    """Move the year on to the next stage; every lack passed is stored with the reason.  Rulebook 8.

    `lacks` is everything found not ready before `stage`. Returns the cycle at its new stage.
    Raises Refused: not permitted, not the next stage, approval or publication, moved meanwhile, a lack that
    may not be signed away, lacks without a reason.
    """
    require("B06", by, cycle)
    locked = _locked(cycle)
    require_may_enter(locked, stage)
    if next_stage(locked.stage_now) is not stage:
        raise Refused(
            "not-next",
            _("%(cycle)s stands at “%(now)s”; the next stage is “%(next)s”.")
            % {
                "cycle": cycle.code,
                "now": STAGE_LABELS[locked.stage_now],
                "next": STAGE_LABELS[next_stage(locked.stage_now) or locked.stage_now],
            },
        )
    kept_reason = require_signed(lacks, reason)
    left = locked.stage_now
    SignedLack.objects.bulk_create(
        SignedLack(
            cycle=locked, stage=left, code=lack.code, sentence=lack.text, reason=kept_reason, by=by.user
        )
        for lack in lacks
    )
    _set_stage(locked, stage)
    audit.record(
        by,
        "cycle.moved",
        locked,
        cycle_code=locked.code,
        before=str(left),
        after=str(stage),
        reason=kept_reason,
        lacks=[lack.text for lack in lacks],
    )
    return locked


def _set_stage(cycle: Cycle, stage: Stage) -> None:
    # Not save(): a stage changes no figure, so no block needs its places computed anew.
    Cycle.objects.filter(pk=cycle.pk).update(stage=stage)
    cycle.stage = stage


def enter_by_deed(
    *, by: Hat, cycle: Cycle, stage: Stage, reason: str = "", block: Block | None = None
) -> None:
    """Set the stage that a hand-over, a return or a publication brings; a track with its own calendar has its own.

    The deed's action has asked permission and holds the year's row; rulebook 8.
    """
    own = block if block is not None and block.has_own_calendar else None
    left = Stage(own.stage) if own is not None and own.stage else cycle.stage_now
    if left is stage:
        return
    if own is not None:
        Block.objects.filter(pk=own.pk).update(stage=stage)
        own.stage = stage
    else:
        _set_stage(cycle, stage)
    audit.record(
        by,
        "cycle.moved" if stage.position > left.position else "cycle.moved-back",
        cycle,
        cycle_code=cycle.code,
        before=str(left),
        after=str(stage),
        reason=reason,
        block=own.name if own is not None else "",
    )


@transaction.atomic
def move_back(*, by: Hat, cycle: Cycle, stage: Stage, reason: str) -> Cycle:
    """Return the year to an earlier stage, with a reason.  Rulebook 8.

    Raises Refused: not permitted, published already, not an earlier stage, no reason.
    """
    locked = _locked(cycle)
    require("B07", by, locked)
    if stage.position >= locked.stage_now.position:
        raise Refused(
            "not-behind",
            _("%(cycle)s stands at “%(now)s”; only an earlier stage can be returned to.")
            % {"cycle": cycle.code, "now": STAGE_LABELS[locked.stage_now]},
        )
    kept_reason = _require_reason(reason, _("Moving the year back needs a reason."))
    left = locked.stage_now
    _set_stage(locked, stage)
    audit.record(
        by,
        "cycle.moved-back",
        locked,
        cycle_code=locked.code,
        before=str(left),
        after=str(stage),
        reason=kept_reason,
    )
    return locked


@transaction.atomic
def reopen(
    *, by: Hat, cycle: Cycle, stage: Stage, unit: Unit | None, until: datetime, reason: str
) -> Reopening:
    """Open the work of a stage again for one unit, or for all (`unit` None), until an instant.  Row D08.

    Raises Refused: not permitted, a stage that is not behind us or has nothing to reopen, a unit that takes no
    part, an instant that is past, no reason.
    """
    require("D08", by, cycle, unit_id=unit.pk if unit else None, acts_on_unit=unit is not None)
    if stage not in MAY_BE_REOPENED or stage.position > cycle.stage_now.position:
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
    if unit is not None and not cycle.blocks.filter(memberships__unit=unit).exists():
        raise Refused("not-found", _("There is no such record."), status=404)
    if until <= timezone.now():
        raise Refused("until-past", _("The time until which it is open must lie ahead."), status=422)
    kept_reason = _require_reason(reason, _("Reopening needs a reason."))
    opened = Reopening.objects.create(
        cycle=cycle, stage=stage, unit=unit, until=until, reason=kept_reason, by=by.user
    )
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


@transaction.atomic
def close_reopening(*, by: Hat, reopening: Reopening) -> None:
    """End a reopening before its time.  Row D08."""
    cycle = reopening.cycle
    require("D08", by, cycle, unit_id=reopening.unit_id, acts_on_unit=reopening.unit_id is not None)
    Reopening.objects.filter(pk=reopening.pk, until__gt=timezone.now()).update(until=timezone.now())
    audit.record(
        by, "cycle.reopening-closed", reopening.unit or cycle, cycle_code=cycle.code, stage=reopening.stage
    )


@transaction.atomic
def set_window(
    *,
    by: Hat,
    cycle: Cycle,
    stage: Stage,
    opens_on: date | None,
    closes_on: date | None,
    cut_off: time | None = None,
    block: Block | None = None,
) -> StageWindow | None:
    """Say when a stage is open; both days None takes the window away.  Row B06.

    Returns the stored window. Raises Refused: not permitted, only one of the days, an end before its beginning.
    """
    require("B06", by, cycle)
    before = StageWindow.objects.filter(cycle=cycle, block=block, stage=stage).first()
    if (opens_on is None) != (closes_on is None):
        raise Refused(
            "half-a-window",
            _("%(stage)s: please give both the first and the last day, or neither.")
            % {"stage": STAGE_LABELS[stage]},
            status=422,
        )
    if opens_on is not None and closes_on is not None and closes_on < opens_on:
        raise Refused(
            "window-ends-early",
            _("%(stage)s: the last day %(last)s is before the first day %(first)s.")
            % {"stage": STAGE_LABELS[stage], "first": opens_on, "last": closes_on},
            status=422,
        )
    told_before = _window_text(before)
    if opens_on is None or closes_on is None:
        if before is None:
            return None
        before.delete()
        after = None
    else:
        after = before or StageWindow(cycle=cycle, block=block, stage=stage)
        after.opens_on, after.closes_on, after.cut_off = opens_on, closes_on, cut_off
        if _window_text(after) == told_before:
            return after
        after.save()
    audit.record(
        by,
        "cycle.window-set",
        cycle,
        cycle_code=cycle.code,
        stage=str(stage),
        block=block.name if block else "",
        before=told_before,
        after=_window_text(after),
    )
    return after


def _window_text(window: StageWindow | None) -> str:
    if window is None:
        return ""
    cut_off = f" {window.cut_off:%H:%M}" if window.cut_off else ""
    return f"{window.opens_on} – {window.closes_on}{cut_off}"
