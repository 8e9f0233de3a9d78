"""What a unit or a body owes, as tasks of its desk: what came back first, what is not open yet last.

Which duties there are is gathered in appraisal_site.duties.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from appraisal_site import duties
from appraisal_site.desk.pieces import Desk, Sight, Task, reopened, too_late
from units.calendar import Window
from units.duties import Duty, Light, Owner
from units.matrix import Role
from units.models import Reopening
from units.stages import Stage


def owed(
    desk: Desk,
    sight: Sight,
    *owners: Owner,
    opened: Iterable[Reopening] = (),
    apart_from: tuple[str, ...] = (),
) -> None:
    """Put every open duty of the hat's own unit on the desk, then what is open again for it.

    Tasks that begin with `apart_from` are told elsewhere.
    """
    again = list(opened)
    open_again = {row.stage for row in again}
    now = timezone.now()
    mine = duties.of_unit(duties.duties_of(sight.cycle), sight.hat.unit_id, *owners)
    for duty in mine:
        if not duty.light(now).is_done and not duty.task.startswith(apart_from or ("\0",)):
            desk.tasks.append(_task(sight, duty, now, open_again))
    desk.tasks += [reopened(sight, row) for row in again]


def _task(sight: Sight, duty: Duty, now: datetime, open_again: set[str]) -> Task:
    light = duty.light(now)
    stage, window = _window_of(sight, duty)
    is_over = stage is not None and light is Light.OVERDUE and str(stage) not in open_again
    is_ahead = window is not None and now < window.opens_at
    return Task(
        duty.label,
        _sentence(duty, window, is_ahead=is_ahead, signs=sight.hat.role is Role.PRINCIPAL)
        + (too_late() if is_over else ""),
        duties.address_of(sight.cycle, duty),
        _("Look") if is_ahead else _("Mend") if duty.returned else _("Do it"),
        due=duty.due,
        count=duty.left if duty.asked > 1 and duty.left else None,
        tone_word=_("not yet open")
        if is_ahead
        else _("sent back")
        if duty.returned
        else duties.word_of(light),
        tone="amber" if duty.returned and light.tone == "off" else light.tone,
        returned=duty.returned,
        is_ahead=is_ahead,
    )


def _sentence(duty: Duty, window: Window | None, *, is_ahead: bool, signs: bool) -> str:
    if is_ahead and window is not None:
        return _("Opens on %(day)s.") % {"day": formats.date_format(window.opens_on, _("j M"))}
    if duty.returned:
        return _("Sent back: %(why)s") % {"why": duty.returned}
    if duty.asked > 1 and not duty.left:
        if signs:
            return _("Everything is entered; now you submit it, or sign its print.")
        return _("Everything is entered; now the principal submits it, or signs its print.")
    if duty.asked > 1:
        return _("%(done)d of %(all)d parts are done.") % {"done": duty.done, "all": duty.asked}
    return _("Not handed in yet.")


def _window_of(sight: Sight, duty: Duty) -> tuple[Stage, Window] | tuple[None, None]:
    """The stage of the year with whose window the duty falls due."""
    for stage, window in sight.windows.items():
        if window.closes_at == duty.due:
            return stage, window
    return None, None
