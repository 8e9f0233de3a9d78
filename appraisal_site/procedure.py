"""The year's procedure: what each app must report ready before the cycle may enter a stage (§6, rulebook 8).

What is lacking is found by the apps; here it is only laid down which lack stands before which stage. A track that
keeps its own calendar (§3) has its own lacks, and does not hold up the year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from awards.readiness import approval_lacks, filing_lacks, hearing_lacks
from bonuses.readiness import paper_lacks
from scoring import assessment_queries, commitment_queries, readiness, rule_queries
from scoring.appeal_queries import appeal_lacks
from scoring.ledger_queries import ledger_lacks
from scoring.models import ScoreKind
from scoring.review_queries import supplement_lacks
from scoring.visit_queries import visit_lacks
from units.actions import cycle as cycle_actions
from units.hats import Hat
from units.lacks import Lack
from units.models import STAGE_LABELS, Block, Cycle, Membership, StageWindow, Unit
from units.permissions import stage_of
from units.stages import ORDER, Stage
from units.team_queries import team_lacks

Check = Callable[[Cycle], list[Lack]]


@dataclass(frozen=True, slots=True)
class Scoped:
    """A check that can be asked about some blocks alone: `ask` takes their ids as `blocks`, None for all.

    What a plain check finds is told apart by the block its lacks name; a lack that names none holds up the year.
    """

    ask: Callable[..., list[Lack]]

    def __call__(self, cycle: Cycle) -> list[Lack]:
        return self.ask(cycle, blocks=None)


@dataclass(frozen=True, slots=True)
class Scope:
    """The blocks that move together: one track, or all that follow the year while some track does not."""

    names: frozenset[str]
    block_ids: tuple[int, ...]
    is_year: bool

    def holds(self, lack: Lack) -> bool:
        return lack.block in self.names if lack.block else self.is_year


def scope_of(cycle: Cycle, block: Block | None) -> Scope | None:
    """Whose lacks count; None when the whole year moves as one.  One query."""
    if block is not None:
        return Scope(frozenset({block.name}), (block.pk,), is_year=False)
    every = list(cycle.blocks.all())
    if not any(one.has_own_calendar for one in every):
        return None
    following = [one for one in every if not one.has_own_calendar]
    return Scope(frozenset(one.name for one in following), tuple(one.pk for one in following), is_year=True)


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


def self_assessed(cycle: Cycle, blocks: Sequence[int] | None = None) -> list[Lack]:
    """Every unit must have submitted how it sees itself, on the screen or on signed paper (§6(4))."""
    members = Membership.objects.filter(block__cycle=cycle)
    if blocks is not None:
        members = members.filter(block__in=blocks)
    of_year = blocks is None or Block.objects.filter(pk__in=blocks, has_own_calendar=False).exists()
    rows = assessment_queries.overview(cycle, members.values_list("unit_id", flat=True))
    silent = [
        row.unit.name
        for row in rows
        if row.receipt is None
        and (of_year if row.block is None else blocks is None or row.block.pk in blocks)
    ]
    if not silent:
        return []
    names = list(dict.fromkeys(silent))
    return [
        Lack(
            "no-self",
            _("%(count)d units have not submitted their self-assessment.") % {"count": len(names)},
            readiness.naming(names),
            route="self",
        )
    ]


def _signed(check: Callable[..., list[Lack]], *, signable: bool) -> Check:
    def ask(cycle: Cycle) -> list[Lack]:
        return check(cycle, signable=signable)

    return ask


def _unscored(kind: ScoreKind) -> Scoped:
    def ask(cycle: Cycle, *, blocks: Sequence[int] | None) -> list[Lack]:
        return readiness.unscored_lacks(cycle, kind, blocks)

    return Scoped(ask)


# What must be ready when the year *enters* the stage.
CHECKS: dict[Stage, Sequence[Check]] = {
    Stage.COMMITMENT: (takes_part, readiness.rule_lacks, rule_queries.detailed_rule_lacks),
    Stage.MONITORING: (commitment_queries.commitment_lacks,),
    Stage.PRELIMINARY_REVIEW: (Scoped(self_assessed), commitment_queries.progress_lacks, team_lacks),
    Stage.ONSITE_REVIEW: (
        _unscored(ScoreKind.LEAD),
        _unscored(ScoreKind.PRELIMINARY),
        Scoped(readiness.open_lacks),
        ledger_lacks,
    ),
    Stage.HEARING: (
        _unscored(ScoreKind.ONSITE),
        Scoped(visit_lacks),
        Scoped(supplement_lacks),
        _signed(readiness.missing_lacks, signable=True),
        _signed(readiness.held_lacks, signable=True),
        Scoped(readiness.open_lacks),
        paper_lacks,
    ),
    Stage.RESULTS: (
        Scoped(hearing_lacks),
        _signed(readiness.missing_lacks, signable=True),
        _signed(readiness.held_lacks, signable=True),
        Scoped(readiness.open_lacks),
    ),
    # From approval on nothing that decides a place may be signed away.
    Stage.APPROVAL: (approval_lacks, appeal_lacks),
    # Entered by the receipt itself; moving on without one would file nothing.
    Stage.FILED: (filing_lacks,),
}


def window_lacks(cycle: Cycle, stage: Stage, block: Block | None = None) -> list[Lack]:
    """A stage without a window has no deadline to tell anybody."""
    if (
        stage.position >= Stage.APPROVAL.position
        or StageWindow.objects.filter(cycle=cycle, block=block, stage=stage).exists()
    ):
        return []
    return [
        Lack(
            "no-window",
            _("“%(stage)s” has no window yet, so nobody can be told until when.")
            % {"stage": STAGE_LABELS[stage]},
            route="windows" if block is None else "track-windows",
            block=block.name if block is not None else "",
        )
    ]


def lacks_before(cycle: Cycle, stage: Stage, block: Block | None = None) -> list[Lack]:
    """Everything not ready for entering `stage`, what cannot be signed away first; of a track its own alone."""
    scope = scope_of(cycle, block)
    found: list[Lack] = []
    for check in CHECKS.get(stage, ()):
        if scope is None:
            found += check(cycle)
        elif isinstance(check, Scoped):
            found += check.ask(cycle, blocks=scope.block_ids)
        else:
            found += [lack for lack in check(cycle) if scope.holds(lack)]
    found += window_lacks(cycle, stage, block)
    return sorted(found, key=lambda lack: lack.signable)


def steps_to(cycle: Cycle, stage: Stage, block: Block | None = None) -> list[Stage]:
    """The stages to enter one by one until `stage`; raises Refused when it cannot be reached by moving on."""
    cycle_actions.require_may_enter(cycle, stage, block)
    now = stage_of(cycle, block).position
    steps = [s for s in ORDER if now < s.position <= stage.position]
    for step in steps:
        cycle_actions.require_may_enter(cycle, step, block)
    return steps


def move_on(*, by: Hat, cycle: Cycle, stage: Stage, reason: str, block: Block | None = None) -> Cycle:
    """Enter the next stage, with the lacks as they are now; see units.actions.cycle.move_cycle."""
    return cycle_actions.move_cycle(
        by=by,
        cycle=cycle,
        stage=stage,
        lacks=lacks_before(cycle, stage, block),
        reason=reason,
        block=block,
    )
