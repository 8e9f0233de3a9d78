"""What awards would be computed from after the steps of a trial or an amendment.

The standings come from scoring.trial_queries; who would win on the ground is computed in award_queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from awards.award_queries import Bars, Ground, bases_on, ground_of, not_involved_on, with_choices
from bonuses import policy as papers
from bonuses.models import Veto
from scoring.trial_bench import Bench, bar_key
from scoring.trial_queries import Trial
from scoring.trial_steps import LiftStep, PrizeStep, Step, VetoStep


def ground_before(year: Bench, trial: Trial) -> Ground:
    """Today's ground, on the very sheets the trial rests on.  About twelve queries."""
    return ground_of(year.cycle, {one.block.pk: one.before for one in trial.blocks}, year.sheets)


def ground_after(before: Ground, year: Bench, trial: Trial, steps: Sequence[Step]) -> Ground:
    """The same ground after the steps.  No query."""
    standings = {one.block.pk: one.after if one.is_touched else one.before for one in trial.blocks}
    after = replace(before, standings=standings)
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
                line = (unit, str(cause.level), cause.field, year.cycle.year - cause.cycle.year)
                if line in vetoes:
                    vetoes.remove(line)
            else:
                findings.discard(unit)
    vetoes += [(step.unit, papers.VETO, step.field, 0) for step in steps if isinstance(step, VetoStep)]
    return Bars(tuple(vetoes), bars.fields, frozenset(findings))
