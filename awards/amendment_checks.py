"""Whether an amendment or a decision on missing cells may be put forward as it stands: kinds, sums, ranges.

Asks the bench and the stored scores; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from awards import award_queries
from awards.models import RuleChange
from awards.rule_drafts import AMENDMENT, MISSING, STEPS_OF_KIND, Draft
from office.fields import format_points
from office.refusal import Refused
from scoring import amended_scores
from scoring import words_of_trials as words
from scoring.models import ScoreKind
from scoring.trial_bench import Bench
from scoring.trial_queries import require_sensible
from scoring.trial_steps import MOST_STEPS, MissingStep, PrizeStep, Step, WeightStep

MOST_NAMED = 8  # cells named in one sentence


def require_kind(kind: str, steps: Sequence[Step]) -> None:
    """Refuse steps that are no rules (an amendment) or no decisions on missing cells."""
    if any(not isinstance(step, STEPS_OF_KIND[RuleChange.Kind(kind)]) for step in steps):
        raise Refused(
            "not-a-rule",
            _("Only rules can be amended; scores and papers have their own ways."),
            "§6(9)",
            status=422,
        )


def require_steps(year: Bench, draft: Draft) -> None:
    require_kind(draft.kind, draft.steps)
    if len(draft.steps) > MOST_STEPS:
        raise Refused(
            "too-many-steps", _("At most %(most)d changes at once.") % {"most": MOST_STEPS}, status=422
        )
    if draft.kind == MISSING and not draft.steps:
        raise Refused("nothing-chosen", _("Please tick the missing cells this decides."), status=422)
    if draft.kind == AMENDMENT and not draft.steps and not draft.wording.strip():
        raise Refused(
            "nothing-amended",
            _("Please choose what is amended, or write the amended wording."),
            "§6(9)",
            status=422,
        )
    if draft.kind == AMENDMENT and draft.on is None:
        raise Refused("no-date", _("Please enter from which day the amendment holds."), "§6(9)", status=422)
    for step in draft.steps:
        require_sensible(year, step)
        if isinstance(step, MissingStep):
            _require_missing(year, step)
    require_rules(year, draft.steps)


def require_rules(year: Bench, steps: Sequence[Step]) -> None:
    """Refuse sums that no longer agree, scores that the rules would no longer allow, prizes already decided."""
    _require_weights(year, steps)
    _require_floors(year, steps)
    _require_indicators(year, steps)
    _require_scores_inside(year, steps)
    _require_awards_open(year, steps)


def _require_missing(year: Bench, step: MissingStep) -> None:
    """Only a cell that misses its score, or whose decision is taken back, may be decided."""
    sheet = year.sheets[year.block_of_sub[step.sub_item]]
    decided = {(d.unit_key, d.sub_item_key) for d in sheet.decisions}
    if (step.membership, step.sub_item) not in decided and not year.is_missing(
        step.membership, step.sub_item
    ):
        raise Refused(
            "not-missing",
            _("%(cell)s has its score now; there is nothing to decide.") % {"cell": words.say(year, step)},
        )


def _require_weights(year: Bench, steps: Sequence[Step]) -> None:
    """A comprehensive block's weights keep their total: that may not be signed away (rulebook 8)."""
    changed = {step.item: step.points for step in steps if isinstance(step, WeightStep)}
    total = year.cycle.total_weight
    for block in year.blocks:
        items = year.sheets[block.pk].items
        if block.is_track or not any(item.key in changed for item in items):
            continue
        weights = sum((changed.get(item.key, year.points(item.weight)) for item in items), start=Decimal(0))
        if weights != total:
            raise Refused(
                "weights-sum",
                _(
                    "The weights of %(block)s add up to %(sum)s instead of %(total)s. Correct the weights of its items."
                )
                % {"block": block.name, "sum": format_points(weights), "total": format_points(total)},
                "§3",
                status=422,
            )


def _require_floors(year: Bench, steps: Sequence[Step]) -> None:
    """A floor stays below its base, as when the rules were made."""
    for sub, rule in amended_scores.amended_rules(year, steps).items():
        if rule.floor >= rule.base:
            raise Refused(
                "floor-above-base",
                _("%(sub)s: the floor of %(floor)s must lie below the base of %(base)s.")
                % {
                    "sub": year.sub_item(sub)[1].name,
                    "floor": format_points(rule.floor),
                    "base": format_points(rule.base),
                },
                "§3",
                status=422,
            )


def _require_indicators(year: Bench, steps: Sequence[Step]) -> None:
    """Where a sub-item has indicators, theirs are the points: together they are its base."""
    for sub, rule in amended_scores.amended_rules(year, steps).items():
        total = sum(rule.indicators.values(), Decimal(0))
        if rule.indicators and total != rule.base:
            raise Refused(
                "indicators-do-not-sum",
                _("The indicators of “%(sub)s” add up to %(sum)s; its base is %(base)s. Please correct them.")
                % {
                    "sub": year.sub_item(sub)[1].name,
                    "sum": format_points(total),
                    "base": format_points(rule.base),
                },
                "§3",
                status=422,
            )


def _require_scores_inside(year: Bench, steps: Sequence[Step]) -> None:
    """A score given as a number is nobody's to shorten: it is named, and the amendment waits for it."""
    found = amended_scores.outside(year, steps)
    if not found:
        return
    named = [
        _("%(unit)s %(sub)s (%(kind)s %(points)s)")
        % {
            "unit": year.members[one.membership].unit.name,
            "sub": year.sub_item(one.sub_item)[1].name,
            "kind": ScoreKind(one.kind).label,
            "points": format_points(one.points),
        }
        for one in found[:MOST_NAMED]
    ]
    raise Refused(
        "scores-outside",
        _(
            "%(count)d scores would lie outside the amended rule: %(cells)s. No amendment changes a score that was given as a number: choose another base or floor, or go back to the review with a reason, have these cells scored anew, and then amend."
        )
        % {"count": len(found), "cells": "、".join(named) + ("…" if len(found) > MOST_NAMED else "")},
        "§6(9)",
        status=409,
        values={
            "cells": [[one.membership, one.sub_item, one.kind, format_points(one.points)] for one in found]
        },
    )


def _require_awards_open(year: Bench, steps: Sequence[Step]) -> None:
    """Once the awards are decided an amount is changed prize by prize, by two of the office (J04)."""
    if not any(isinstance(step, PrizeStep) for step in steps):
        return
    if award_queries.list_in_force(year.cycle) is not None:
        raise Refused(
            "awards-decided",
            _(
                "The awards of this year are decided. The amount of a single prize is changed on the page of prizes, by two persons of the office."
            ),
            "§7",
        )
