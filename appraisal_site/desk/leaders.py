"""The desks of those who read the result: leading group and city leaders, and the organization department.

They see the board from the hearing on.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from appraisal_site.desk.pieces import Desk, Sight, Task, percent, task
from scoring import readiness
from units.models import STAGE_LABELS, Membership
from units.permissions import may
from units.stages import Stage


def leader(desk: Desk, sight: Sight) -> None:
    """The board when it may be read, and how far the year is."""
    cycle = sight.cycle
    missing = readiness.missing_by_block(cycle)
    lacking = sum(block.count for block in missing)
    if may("G02", sight.hat, cycle):
        held = readiness.held_lacks(cycle, signable=True)
        desk.tasks.append(
            task(
                _("Board"),
                _("The result as it stands: %(missing)d cells missing, %(held)d open questions.")
                % {"missing": lacking, "held": len(held)},
                sight.way("board"),
                _("Read"),
                due=sight.until(cycle.stage_now),
            )
        )
    else:
        desk.tasks.append(
            Task(
                _("Ahead: %(what)s") % {"what": _("Board")},
                _("Totals and places open to you with the hearing; the year stands at “%(stage)s”.")
                % {"stage": STAGE_LABELS[cycle.stage_now]},
                sight.way("year"),
                _("Look"),
                sight.windows[Stage.HEARING].opens_at if Stage.HEARING in sight.windows else None,
                None,
                _("not yet open"),
            )
        )
    cells = readiness.cells_asked(cycle).count()
    desk.tiles += [
        (
            _("Units appraised"),
            Membership.objects.filter(block__cycle=cycle).values("unit").distinct().count(),
            _("in %(count)d blocks") % {"count": len(missing)},
        ),
        (_("Cells scored"), f"{cells - lacking} / {cells}", percent(cells - lacking, cells)),
        (
            _("The year stands at"),
            str(STAGE_LABELS[cycle.stage_now]),
            _("stage %(n)d of 11") % {"n": cycle.stage_now.position},
        ),
    ]


def organization(desk: Desk, sight: Sight) -> None:
    stage = sight.cycle.stage_now
    desk.tasks.append(
        Task(
            _("Ahead: %(what)s") % {"what": _("filing")},
            _("The package comes to you once the result is published; the year stands at “%(stage)s”.")
            % {"stage": STAGE_LABELS[stage]},
            sight.way("year"),
            _("Look"),
            sight.until(Stage.FILED),
            None,
            _("not yet open"),
        )
    )
    desk.tiles.append((_("The year stands at"), str(STAGE_LABELS[stage]), ""))
