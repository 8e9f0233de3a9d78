"""The year's procedure: what each app must report ready before the cycle may enter a stage (§6, rulebook 8).

What is lacking is found by the apps; here it is only laid down which lack stands before which stage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from awards.readiness import approval_lacks, hearing_lacks
from bonuses.readiness import paper_lacks
from scoring import readiness
from scoring.models import ScoreKind
from scoring.visit_queries import visit_lacks
from units.actions import cycle as cycle_actions
from units.hats import Hat
from units.lacks import Lack
from units.models import STAGE_LABELS, Cycle, StageWindow, Unit
from units.stages import ORDER, Stage
from units.team_queries import team_lacks

Check = Callable[[Cycle], list[Lack]]


def takes_part(cycle: Cycle) -> list[Lack]:
    """Somebody must be appraised, by names that are not stand-ins."""
    found = []
    if not cycle.blocks.exists():
        found.append(
            Lack(
                "no-blocks",
                _("The year has no blocks yet; import the plan workbook."),
                route="imports",
                signable=False,
            )
        )
    stand_ins = list(
        Unit.objects.filter(memberships__block__cycle=cycle, is_stand_in=True)
        .distinct()
        .values_list("name", flat=True)
    )
    if stand_ins:
        found.append(
            Lack(
                "stand-in-units",
                _("%(count)d units still carry a stand-in name.") % {"count": len(stand_ins)},
                readiness.naming(stand_ins),
                route="plan",
            )
        )
    return found


def self_assessed(cycle: Cycle) -> list[Lack]:
    """Every unit must have said how it sees itself."""
    silent = [
        row.membership.unit.name
        for row in readiness.progress_of(cycle)
        if row.by_kind[ScoreKind.SELF].light in {"red", "amber"}
    ]
    if not silent:
        return []
    names = list(dict.fromkeys(silent))
    return [
        Lack(
            "no-self",
            _("%(count)d units have not finished their self-assessment.") % {"count": len(names)},
            readiness.naming(names),
            route="imports",
        )
    ]


def _signed(check: Callable[..., list[Lack]], *, signable: bool) -> Check:
    def ask(cycle: Cycle) -> list[Lack]:
        return check(cycle, signable=signable)

    return ask


# What must be ready when the year *enters* the stage.
CHECKS: dict[Stage, Sequence[Check]] = {
    Stage.COMMITMENT: (takes_part, readiness.rule_lacks),
    Stage.PRELIMINARY_REVIEW: (self_assessed, team_lacks),
    Stage.ONSITE_REVIEW: (
        lambda cycle: readiness.unscored_lacks(cycle, ScoreKind.LEAD),
        lambda cycle: readiness.unscored_lacks(cycle, ScoreKind.PRELIMINARY),
        readiness.open_lacks,
    ),
    Stage.HEARING: (
        lambda cycle: readiness.unscored_lacks(cycle, ScoreKind.ONSITE),
        visit_lacks,
        _signed(readiness.missing_lacks, signable=True),
        _signed(readiness.held_lacks, signable=True),
        readiness.open_lacks,
        paper_lacks,
    ),
    Stage.RESULTS: (
        hearing_lacks,
        _signed(readiness.missing_lacks, signable=True),
        _signed(readiness.held_lacks, signable=True),
        readiness.open_lacks,
    ),
    # From approval on nothing that decides a place may be signed away.
    Stage.APPROVAL: (approval_lacks,),
}


def window_lacks(cycle: Cycle, stage: Stage) -> list[Lack]:
    """A stage without a window has no deadline to tell anybody."""
    if (
        stage.position >= Stage.APPROVAL.position
        or StageWindow.objects.filter(cycle=cycle, block=None, stage=stage).exists()
    ):
        return []
    return [
        Lack(
            "no-window",
            _("“%(stage)s” has no window yet, so nobody can be told until when.")
            % {"stage": STAGE_LABELS[stage]},
            route="windows",
        )
    ]


def lacks_before(cycle: Cycle, stage: Stage) -> list[Lack]:
    """Everything not ready for entering `stage`, what cannot be signed away first."""
    found = [lack for check in CHECKS.get(stage, ()) for lack in check(cycle)]
    found += window_lacks(cycle, stage)
    return sorted(found, key=lambda lack: lack.signable)


def steps_to(cycle: Cycle, stage: Stage) -> list[Stage]:
    """The stages to enter one by one until `stage`; raises Refused when it cannot be reached by moving on."""
    cycle_actions.require_may_enter(cycle, stage)
    steps = [s for s in ORDER if cycle.stage_now.position < s.position <= stage.position]
    for step in steps:
        cycle_actions.require_may_enter(cycle, step)
    return steps


def move_on(*, by: Hat, cycle: Cycle, stage: Stage, reason: str) -> Cycle:
    """Enter the next stage, with the lacks as they are now; see units.actions.cycle.move_cycle."""
    return cycle_actions.move_cycle(
        by=by, cycle=cycle, stage=stage, lacks=lacks_before(cycle, stage), reason=reason
    )
