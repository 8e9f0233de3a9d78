"""What of appeals awaits a person: to sign, compare, name, re-check or decide.

One query, and none outside the results stage; who may act is asked again by the actions.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from appraisal_site.desk.pieces import Desk, Sight, task
from scoring.actions.appeals import LEADERS
from scoring.models import OPEN_APPEALS, Appeal, AppealState
from units.matrix import Role
from units.stages import Stage


def appeals(desk: Desk, sight: Sight) -> None:
    """One line for each kind of step that waits for this hat."""
    cycle, hat = sight.cycle, sight.hat
    if cycle.stage_now is not Stage.RESULTS:
        return
    waiting: dict[object, int] = {}
    rows = Appeal.objects.filter(cycle=cycle, state__in=[AppealState.DRAFT, *OPEN_APPEALS])
    for appeal in rows:
        step = _step(appeal, sight)
        if step and not any(
            hat.is_tied_to(u, cycle.pk) for u in _units(appeal) if hat.role is not Role.PRINCIPAL
        ):
            waiting[step] = waiting.get(step, 0) + 1
    for words, count in waiting.items():
        desk.tasks.append(
            task(
                _("Appeals"),
                str(words),
                sight.way("appeals"),
                _("Open"),
                due=sight.until(Stage.RESULTS),
                count=count,
            )
        )


def _units(appeal: Appeal) -> list[int]:
    return [pk for pk in (appeal.unit_id, appeal.about_id) if pk is not None]


def _step(appeal: Appeal, sight: Sight) -> str:
    """The next step of the appeal in words when it is this hat's, else nothing."""
    hat, state = sight.hat, appeal.state
    if hat.role is Role.PRINCIPAL:
        mine = state == AppealState.DRAFT and appeal.unit_id == hat.unit_id
        return _("A draft waits for your signature.") if mine else ""
    if state == AppealState.DRAFT:
        return ""
    if state == AppealState.IN_CHECK and appeal.reviewer_id == hat.user.pk:
        return _("You are named to re-check.")
    if hat.role is Role.OFFICE:
        if state == AppealState.REGISTERED and appeal.drafted_by_id != hat.user.pk:
            return _("Signed paper waits to be compared with its scan.")
        if state == AppealState.FILED and not appeal.is_about_another:
            return _("Name who re-checks.")
    if hat.role in LEADERS and state == AppealState.FILED and appeal.is_about_another:
        return _("A doubt about another unit: name who re-checks.")
    if hat.role in {Role.OFFICE, Role.LEADING_GROUP} and state == AppealState.CHECKED:
        return _("Re-checked; two persons decide.")
    return ""
