"""What awards would be computed from after the steps of a trial or an amendment.

The standings come from scoring.trial_queries; who would win on the ground is computed in award_queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from awards.award_queries import Bars, Ground, Laid, bases_on, ground_of, not_involved_on, with_choices
from bonuses import policy as papers
from bonuses.models import Veto
from scoring.engine.standing import compute
from scoring.trial_bench import Bench, bar_key
from scoring.trial_queries import Trial
from scoring.trial_steps import LiftStep, PrizeStep, Step, VetoStep


def ground_before(year: Bench, trial: Trial) -> Ground:
    """Today's ground, on the very sheets the trial rests on.  Five queries.

    Blocks the trial did not compute are computed here: awards may rest on several.
    """
    standings = {one.block.pk: one.before for one in trial.blocks}
    for block in year.blocks:
        if block.pk not in standings:
            standings[block.pk] = compute(year.sheets[block.pk])
    laid = Laid(year.blocks, list(year.members.values()), _bars_of(year))
    return ground_of(year.cycle, standings, year.sheets, laid)


def _bars_of(year: Bench) -> Bars:
    """What bars a unit this year; vetoes that only show are not on the bench and bar nobody."""
    causes = [(unit, cause) for unit, found in year.bars.items() for cause in found]
    return Bars(
        tuple(_line(year, unit, cause) for unit, cause in causes if isinstance(cause, Veto)),
        year.effects,
        frozenset(unit for unit, cause in causes if not isinstance(cause, Veto)),
    )


def _line(year: Bench, unit: int, veto: Veto) -> tuple[int, str, str, int]:
    return unit, str(veto.level), veto.field, year.cycle.year - veto.cycle.year


def ground_after(before: Ground, year: Bench, trial: Trial, steps: Sequence[Step]) -> Ground:
    """The same ground after the steps.  No query."""
    tried = {one.block.pk: one.after for one in trial.blocks if one.is_touched}
    after = replace(before, standings={**before.standings, **tried})
    if trial.sheets:
        sheets = {**year.sheets, **trial.sheets}
        facts = replace(before.facts, bases=bases_on(sheets), not_involved=not_involved_on(sheets))
        after = replace(after, facts=facts)
    amounts = {step.prize: step.amount_fen for step in steps if isinstance(step, PrizeStep)}
    if amounts:
        after = replace(after, amounts=amounts)
    bars = _bars_after(before.bars, year, steps)
    return after if bars == before.bars else with_choices(replace(after, bars=bars), after.choices)


def _bars_after(bars: Bars, year: Bench, steps: Sequence[Step]) -> Bars:
    lifted = {(step.what, step.key) for step in steps if isinstance(step, LiftStep)}
    vetoes, findings = list(bars.vetoes), set(bars.findings)
    for unit, causes in year.bars.items():
        for cause in causes:
            if bar_key(cause) not in lifted:
                continue
            if isinstance(cause, Veto):
                vetoes.remove(_line(year, unit, cause))
            else:
                findings.discard(unit)
    vetoes += [(step.unit, papers.VETO, step.field, 0) for step in steps if isinstance(step, VetoStep)]
    return Bars(tuple(vetoes), bars.fields, frozenset(findings))
