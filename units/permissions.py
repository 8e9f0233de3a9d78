"""Who may do what: the matrix applied to a hat, a cycle's stage and, where one is meant, a unit.

Reads no figures; facts of upper apps (who leads a sub-item, who is named) are passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from office.templatetags.look import deadline
from units import matrix, stages
from units.calendar import Window
from units.hats import Hat
from units.matrix import Grant, Role, Scope
from units.models import STAGE_LABELS, Block, Cycle, Reopening, StageWindow
from units.stages import Stage

SECOND_PERSON = gettext_lazy("A second person must do this: %(user)s already signed the first half.")


ON_BEHALF = "E14"  # the office enters what came on signed paper

# Those whose acts end with the window of a stage; the office and the leading group end stages by moving on.
STAGE_CLOSED = "stage-closed"
BOUND_BY_WINDOWS = frozenset({Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD, Role.REVIEWER})


def grant_of(row: str, hat: Hat | None) -> Grant:
    return matrix.grant(row, hat.role if hat is not None else Role.ANONYMOUS)


def stage_of(cycle: Cycle, block: Block | None = None) -> Stage:
    """The stage that governs an act: the block's own where a track keeps its own calendar (§3)."""
    if block is not None and block.has_own_calendar and block.stage:
        return Stage(block.stage)
    return cycle.stage_now


def is_reopened(
    row: str,
    cycle: Cycle,
    unit_id: int | None,
    now: datetime | None = None,
    *,
    body_id: int | None = None,
) -> bool:
    """True while the office has opened this part again: for the unit, for the body that acts, or for all."""
    return _reopenings(row, cycle, unit_id, body_id).filter(until__gt=now or timezone.now()).exists()


def _reopenings(row: str, cycle: Cycle, unit_id: int | None, body_id: int | None) -> QuerySet[Reopening]:
    opened = stages.OPEN_IN.get(row, frozenset())
    whose = Q(unit_id=unit_id) | Q(unit__isnull=True)
    if body_id is not None:
        whose |= Q(unit_id=body_id)
    return Reopening.objects.filter(whose, cycle=cycle, stage__in=[str(s) for s in opened])


def window_ending(row: str, hat: Hat, cycle: Cycle, block: Block | None = None) -> Window | None:
    """The window with which this hat's acts of the row end; None when nothing ends them.  At most one query.

    A track with its own calendar has its own windows only (§3).
    """
    stage = stages.deadline_stage(row)
    if stage is None or hat.role not in BOUND_BY_WINDOWS or not grant_of(row, hat).in_stage:
        return None
    own = block if block is not None and block.has_own_calendar else None
    stored = StageWindow.objects.filter(cycle=cycle, block=own, stage=stage).first()
    return Window(stored.opens_on, stored.closes_on, stored.cut_off) if stored is not None else None


def deadline_over(stage: Stage, closed_at: datetime, now: datetime) -> Refused:
    """The one sentence for everything that comes too late; the clock is the server's."""
    return Refused(
        "deadline-over",
        _(
            "“%(stage)s” closed at %(closed)s; the server's clock reads %(now)s. Ask the appraisal office to reopen it for your unit."
        )
        % {
            "stage": STAGE_LABELS[stage],
            "closed": deadline(closed_at),
            "now": formats.date_format(timezone.localtime(now), _("j M H:i:s")),
        },
        "§6",
        status=409,
        values={"closed_at": closed_at.isoformat(), "server_time": now.isoformat()},
    )


def may(
    row: str,
    hat: Hat | None,
    cycle: Cycle | None = None,
    *,
    unit_id: int | None = None,
    leads: bool = False,
    is_named: bool = False,
    block: Block | None = None,
    acts_on_unit: bool = False,
) -> bool:
    """The question without the sentence, for pages that show or hide a way in."""
    try:
        _require(row, hat, cycle, unit_id, leads, is_named, block, acts_on_unit)
    except Refused:
        return False
    return True


def require(
    row: str,
    hat: Hat | None,
    cycle: Cycle | None = None,
    *,
    unit_id: int | None = None,
    leads: bool = False,
    is_named: bool = False,
    block: Block | None = None,
    acts_on_unit: bool = False,
) -> None:
    """Let the act pass or raise Refused saying why not.

    `unit_id` names the unit the act is about; `leads`: the hat's body leads or helps with the sub-item in
    question; `is_named`: the person was named for this; `acts_on_unit`: the act decides about this one unit,
    so that nobody of the office, team or leading group may act on a unit he is tied to (rulebook 3).
    A foreign unit's object answers 404, everything else 403 or 409.
    """
    try:
        _require(row, hat, cycle, unit_id, leads, is_named, block, acts_on_unit)
    except Refused as refused:
        if refused.code == STAGE_CLOSED and hat is not None and cycle is not None:
            too_late = _ended_before(row, hat, cycle, unit_id, block)
            if too_late is not None:
                raise too_late from None
        raise


def _require(
    row: str,
    hat: Hat | None,
    cycle: Cycle | None,
    unit_id: int | None,
    leads: bool,
    is_named: bool,
    block: Block | None,
    acts_on_unit: bool,
) -> None:
    grant = grant_of(row, hat)
    if hat is None:
        if grant.is_denied:
            raise Refused("sign-in", _("Please sign in first."), status=401)
        return
    if grant.is_denied or not hat.fits(cycle):
        raise Refused(
            "not-permitted",
            _("As %(role)s you may not do this.") % {"role": hat.label or hat.role},
            status=403,
        )
    _require_scope(grant, hat, cycle, unit_id=unit_id, leads=leads, is_named=is_named)
    if acts_on_unit and unit_id is not None and cycle is not None and hat.is_tied_to(unit_id, cycle.pk):
        raise Refused(
            "own-unit",
            _("You belong to this unit or have declared a tie to it; somebody else must do this."),
            "§8(4)",
            status=403,
        )
    if cycle is not None:
        _require_stage(row, grant, hat, cycle, block, unit_id)


def require_on_behalf_of_group(
    row: str,
    hat: Hat | None,
    cycle: Cycle,
    *,
    units: Iterable[int] = (),
    block: Block | None = None,
) -> None:
    """E14 for what the leading group decided: the office, in the stages of the decision's own row, and never
    about a unit of `units` one is tied to.  Raises Refused otherwise.
    """
    grant = grant_of(ON_BEHALF, hat)
    if hat is None or grant.is_denied or hat.role is not Role.OFFICE or not hat.fits(cycle):
        require(ON_BEHALF, hat, cycle)
        raise ValueError("the row of entering on behalf lets in the office alone")
    if any(hat.is_tied_to(unit_id, cycle.pk) for unit_id in units):
        raise Refused(
            "own-unit",
            _("You belong to this unit or have declared a tie to it; somebody else must do this."),
            "§8(4)",
            status=403,
        )
    _require_stage(row, matrix.grant(row, Role.LEADING_GROUP), hat, cycle, block, None)


def may_on_behalf_of_group(
    row: str, hat: Hat | None, cycle: Cycle, *, units: Iterable[int] = (), block: Block | None = None
) -> bool:
    """The question without the sentence."""
    try:
        require_on_behalf_of_group(row, hat, cycle, units=units, block=block)
    except Refused:
        return False
    return True


def _require_scope(
    grant: Grant, hat: Hat, cycle: Cycle | None, *, unit_id: int | None, leads: bool, is_named: bool
) -> None:
    foreign = Refused("not-found", _("There is no such record."), status=404)
    if grant.scope is Scope.OWN_UNIT and unit_id is not None and unit_id != hat.unit_id:
        raise foreign
    if grant.scope is Scope.OWN_SUB_ITEMS and unit_id is not None:
        if cycle is not None and hat.is_tied_to(unit_id, cycle.pk):
            raise Refused(
                "own-unit",
                _("Nobody scores itself: what concerns your own unit is entered by the appraisal office."),
                "§6(3)",
                status=403,
            )
        if not leads:
            raise foreign
    if (
        grant.scope is Scope.OWN_TEAM
        and unit_id is not None
        and cycle is not None
        and unit_id not in hat.team_unit_ids(cycle.pk)
    ):
        if hat.is_tied_to(unit_id, cycle.pk):
            raise Refused(
                "own-unit",
                _("You belong to this unit or have declared a tie to it; somebody else must do this."),
                "§8(4)",
                status=403,
            )
        raise foreign
    if grant.scope is Scope.NAMED and not is_named:
        raise foreign


def _require_stage(
    row: str, grant: Grant, hat: Hat, cycle: Cycle, block: Block | None, unit_id: int | None
) -> None:
    stage = stage_of(cycle, block)
    if grant.published and stage not in stages.AFTER_PUBLICATION:
        raise Refused(
            "not-published", _("The result of %(cycle)s is not published yet.") % {"cycle": cycle}, status=404
        )
    if not grant.in_stage:
        return
    body_id = hat.unit_id if hat.role is Role.LEAD else None
    if stage not in stages.OPEN_IN[row]:
        if not is_reopened(row, cycle, unit_id, body_id=body_id):
            raise stage_closed(cycle, stage, row)
        return
    window, now = window_ending(row, hat, cycle, block), timezone.now()
    if (
        window is not None
        and now >= window.closes_at
        and not is_reopened(row, cycle, unit_id, now, body_id=body_id)
    ):
        raise deadline_over(stages.deadline_stage(row) or stage, window.closes_at, now)


def _ended_before(
    row: str, hat: Hat, cycle: Cycle, unit_id: int | None, block: Block | None
) -> Refused | None:
    """Whose time is over is told when it ended and what the clock says, though the year has moved on since.

    The last of the window and what was opened again counts; None where neither is known or the time is to come.
    """
    last, now = stages.deadline_stage(row), timezone.now()
    if last is None or hat.role not in BOUND_BY_WINDOWS or stage_of(cycle, block).position <= last.position:
        return None
    body_id = hat.unit_id if hat.role is Role.LEAD else None
    window = window_ending(row, hat, cycle, block)
    ends = [window.closes_at] if window is not None else []
    ends += _reopenings(row, cycle, unit_id, body_id).values_list("until", flat=True)
    over = [end for end in ends if end <= now]
    return deadline_over(last, max(over), now) if over else None


def stage_closed(cycle: Cycle, stage: Stage, row: str) -> Refused:
    wanted = [s for s in stages.ORDER if s in stages.OPEN_IN[row]]
    if len(wanted) == 1:
        return Refused(
            STAGE_CLOSED,
            _(
                "%(cycle)s is at the stage “%(stage)s”; this is open in “%(only)s” alone. Ask the appraisal office to reopen it."
            )
            % {"cycle": cycle.code, "stage": STAGE_LABELS[stage], "only": STAGE_LABELS[wanted[0]]},
            "§6",
            status=409,
        )
    return Refused(
        STAGE_CLOSED,
        _(
            "%(cycle)s is at the stage “%(stage)s”; this is open from “%(first)s” to “%(last)s”. Ask the appraisal office to reopen it."
        )
        % {
            "cycle": cycle.code,
            "stage": STAGE_LABELS[stage],
            "first": STAGE_LABELS[wanted[0]],
            "last": STAGE_LABELS[wanted[-1]],
        },
        "§6",
        status=409,
    )


def require_second(first_user_id: int | None, hat: Hat) -> None:
    """The second half of a two-person act; raises Refused for the person of the first half."""
    if first_user_id == hat.user.pk:
        raise Refused("same-person", SECOND_PERSON % {"user": str(hat.user)}, status=403)
