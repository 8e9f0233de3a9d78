"""The desk of a unit's official and principal: the own unit and nothing of any other.

What the unit owes is asked of the apps; the result opens with its stage.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from appraisal_site.desk.pieces import Desk, Sight, not_yet, percent, task
from scoring import readiness
from scoring.assessment_queries import receipt_in_force
from scoring.models import ScoreKind
from units import queries
from units.matrix import Role
from units.models import STAGE_LABELS
from units.permissions import may
from units.stages import Stage


def _own_assessment(desk: Desk, sight: Sight, unit_id: int, done: int, asked: int) -> None:
    """Fill it in; when it is full, the principal submits it.  Nothing once it is submitted."""
    if receipt_in_force(sight.cycle, unit_id, None) is not None:
        return
    if done < asked:
        words = _("%(done)d of %(all)d sub-items are assessed.") % {"done": done, "all": asked}
    elif sight.hat.role is Role.PRINCIPAL:
        words = _("Every sub-item is assessed; now you submit it, or sign its print.")
    else:
        words = _("Every sub-item is assessed; now the principal submits it, or signs its print.")
    desk.tasks.append(
        task(
            _("Self-assessment"),
            words,
            sight.way("self"),
            _("Fill in") if done < asked else _("Open"),
            due=sight.until(Stage.SELF_ASSESSMENT),
            count=asked - done if done < asked else None,
        )
    )


def unit(desk: Desk, sight: Sight) -> None:
    """The own unit: where it stands in the year; from the results on its own sheet."""
    cycle, unit = sight.cycle, sight.hat.unit
    if unit is None:
        return
    progress = readiness.progress_of(cycle, unit.pk)
    asked = sum(row.by_kind[ScoreKind.SELF].asked for row in progress)
    done = sum(row.by_kind[ScoreKind.SELF].done for row in progress)
    if cycle.stage_now.position < Stage.SELF_ASSESSMENT.position and asked:
        desk.tasks.append(not_yet(sight, Stage.SELF_ASSESSMENT, _("Self-assessment"), asked))
    elif cycle.stage_now is Stage.SELF_ASSESSMENT and asked:
        _own_assessment(desk, sight, unit.pk, done, asked)
    for opened in queries.open_reopenings(cycle, unit.pk):
        desk.tasks.append(
            task(
                _("Reopened: %(stage)s") % {"stage": opened.get_stage_display()},
                opened.reason,
                sight.way("year"),
                _("Look"),
                due=opened.until,
            )
        )
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
