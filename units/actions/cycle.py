"""Moving a year, or a track with its own calendar, on and back, and setting the windows of stages (rulebook 8, §3).

What is not ready is found by upper apps and passed in; approval and publication are entered elsewhere, and
parts that are opened again are in units.actions.reopening.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.refusal import Refused
from units.hats import Hat
from units.lacks import Lack
from units.models import STAGE_LABELS, Block, Cycle, SignedLack, StageWindow
from units.permissions import require, stage_of
from units.stages import ORDER, Stage

# Entered by the hand-over of a frozen draft and by publishing it, never by moving on (rulebook 8).
ENTERED_ELSEWHERE = frozenset({Stage.APPROVAL, Stage.PUBLISHED})
LONGEST_REASON = 300


def next_stage(stage: Stage) -> Stage | None:
    """The stage after this one; None after the last."""
    return None if stage is ORDER[-1] else ORDER[ORDER.index(stage) + 1]


def _locked(cycle: Cycle) -> Cycle:
    return Cycle.objects.select_for_update().get(pk=cycle.pk)


def require_reason(reason: str, sentence: str) -> str:
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


def who_moves(cycle: Cycle, block: Block | None) -> str:
    """What a sentence about a stage calls the mover: the track by its name, else the year by its code."""
    return block.name if block is not None else cycle.code


def _own(cycle: Cycle, block: Block | None) -> Block | None:
    """The track as stored now, None for the year; raises Refused for a block that follows the year."""
    if block is None:
        return None
    stored = Block.objects.select_for_update().filter(pk=block.pk, cycle=cycle).first()
    if stored is None or not stored.has_own_calendar:
        raise Refused(
            "follows-the-year",
            _("%(block)s follows the year; give it a calendar of its own first.") % {"block": block.name},
            "§3",
        )
    return stored


def require_may_enter(cycle: Cycle, stage: Stage, block: Block | None = None) -> None:
    """Refuse a stage that moving on cannot reach from here."""
    now = stage_of(cycle, block)
    if stage in ENTERED_ELSEWHERE:
        raise Refused(
            "entered-elsewhere",
            _(
                "“%(stage)s” is entered by handing over the frozen draft or by publishing it, not by moving on."
            )
            % {"stage": STAGE_LABELS[stage]},
            "§6(8)",
        )
    if stage.position <= now.position:
        raise Refused(
            "not-ahead",
            _("%(cycle)s already stands at “%(now)s”; to return, move back with a reason.")
            % {"cycle": who_moves(cycle, block), "now": STAGE_LABELS[now]},
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
    return require_reason(
        reason,
        _("%(count)d things are not ready. Please give the reason why the year moves on without them.")
        % {"count": len(lacks)},
    )


@transaction.atomic
def move_cycle(
    *,
    by: Hat,
    cycle: Cycle,
    stage: Stage,
    lacks: Sequence[Lack],
    reason: str = "",
    block: Block | None = None,
) -> Cycle:
    """Move the year on to the next stage, or a track that keeps its own calendar; every lack passed is stored.

    Rulebook 8, §3. `lacks` is everything found not ready before `stage`. Returns the cycle as it is now.
    Raises Refused: not permitted, not the next stage, approval or publication, moved meanwhile, a lack that
    may not be signed away, lacks without a reason, a block that follows the year.
    """
    locked = _locked(cycle)
    own = _own(locked, block)
    require("B06", by, locked, block=own)
    left = stage_of(locked, own)
    require_may_enter(locked, stage, own)
    if next_stage(left) is not stage:
        raise Refused(
            "not-next",
            _("%(cycle)s stands at “%(now)s”; the next stage is “%(next)s”.")
            % {
                "cycle": who_moves(locked, own),
                "now": STAGE_LABELS[left],
                "next": STAGE_LABELS[next_stage(left) or left],
            },
        )
    kept_reason = require_signed(lacks, reason)
    SignedLack.objects.bulk_create(
        SignedLack(
            cycle=locked,
            block=own,
            stage=left,
            code=lack.code,
            sentence=lack.text,
            reason=kept_reason,
            by=by.user,
        )
        for lack in lacks
    )
    _set_stage(locked, stage, own)
    audit.record(
        by,
        "track.moved" if own is not None else "cycle.moved",
        own or locked,
        cycle_code=locked.code,
        before=str(left),
        after=str(stage),
        reason=kept_reason,
        lacks=[lack.text for lack in lacks],
    )
    return locked


def _set_stage(cycle: Cycle, stage: Stage, block: Block | None = None) -> None:
    # Not save(): a stage changes no figure, so no block needs its places computed anew.
    if block is not None:
        Block.objects.filter(pk=block.pk).update(stage=stage)
        block.stage = stage
        return
    Cycle.objects.filter(pk=cycle.pk).update(stage=stage)
    cycle.stage = stage


def enter_by_deed(
    *, by: Hat, cycle: Cycle, stage: Stage, reason: str = "", block: Block | None = None
) -> None:
    """Set the stage that a hand-over, a return or a publication brings; a track with its own calendar has its own.

    The deed's action has asked permission and holds the year's row; rulebook 8.
    """
    own = block if block is not None and block.has_own_calendar else None
    left = stage_of(cycle, own)
    if left is stage:
        return
    _set_stage(cycle, stage, own)
    moved_on = stage.position > left.position
    if own is not None:
        act = "track.moved" if moved_on else "track.moved-back"
    else:
        act = "cycle.moved" if moved_on else "cycle.moved-back"
    audit.record(
        by, act, own or cycle, cycle_code=cycle.code, before=str(left), after=str(stage), reason=reason
    )


@transaction.atomic
def move_back(*, by: Hat, cycle: Cycle, stage: Stage, reason: str, block: Block | None = None) -> Cycle:
    """Return the year, or a track with its own calendar, to an earlier stage, with a reason.  Rulebook 8.

    Raises Refused: not permitted, published already, not an earlier stage, no reason.
    """
    locked = _locked(cycle)
    own = _own(locked, block)
    require("B07", by, locked, block=own)
    left = stage_of(locked, own)
    if stage.position >= left.position:
        raise Refused(
            "not-behind",
            _("%(cycle)s stands at “%(now)s”; only an earlier stage can be returned to.")
            % {"cycle": who_moves(locked, own), "now": STAGE_LABELS[left]},
        )
    kept_reason = require_reason(reason, _("Moving the year back needs a reason."))
    _set_stage(locked, stage, own)
    audit.record(
        by,
        "track.moved-back" if own is not None else "cycle.moved-back",
        own or locked,
        cycle_code=locked.code,
        before=str(left),
        after=str(stage),
        reason=kept_reason,
    )
    return locked


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
    if block is not None:
        _own(cycle, block)
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
