"""The desk of a unit's official and principal: the own unit and nothing of any other.

What the unit owes is asked of the apps; the result opens with its stage.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from appraisal_site.desk.owed import owed
from appraisal_site.desk.pieces import Desk, Sight, percent, task
from scoring import readiness
from scoring.models import ScoreKind
from units import queries
from units.duties import Owner
from units.models import STAGE_LABELS
from units.permissions import may
from units.stages import Stage


def unit(desk: Desk, sight: Sight) -> None:
    """The own unit: where it stands in the year; from the results on its own sheet."""
    cycle, unit = sight.cycle, sight.hat.unit
    if unit is None:
        return
    progress = readiness.progress_of(cycle, unit.pk)
    asked = sum(row.by_kind[ScoreKind.SELF].asked for row in progress)
    done = sum(row.by_kind[ScoreKind.SELF].done for row in progress)
    owed(desk, sight, Owner.UNIT, opened=queries.open_reopenings(cycle, unit.pk))
    if may("G03", sight.hat, cycle, unit_id=unit.pk):
        desk.tasks.append(
            task(
                _("Your unit's result"),
                _("Score, place and every deduction can be read; the principal may question it in writing."),
                sight.way("unit-sheet", name=unit.name),
                _("Read"),
                due=sight.until(Stage.RESULTS) if cycle.stage_now is Stage.RESULTS else None,
            )
        )
    blocks = [row.membership.block.name for row in progress]
    desk.tiles += [
        (_("Own unit"), unit.short_name or unit.name, "、".join(blocks)),
        (_("Self-assessment"), f"{done} / {asked}", percent(done, asked)),
        (_("The year stands at"), str(STAGE_LABELS[cycle.stage_now]), ""),
    ]
