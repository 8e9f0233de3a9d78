"""Amending a rule of the running year and deciding missing cells: two of the leading group, or from the minutes.

What would move is asked of the port before the second signature and kept with the change (I06, E15; §6(9)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from awards import rule_figures
from awards.actions import approval, award_list, rule_effects
from awards.amendment_bench import amendment_bench
from awards.amendment_checks import require_steps
from awards.models import RuleChange
from awards.rule_drafts import AMENDMENT, MISSING, Draft
from office import audit, ports
from office.ports import Change, Move
from office.refusal import Refused
from scoring import words_of_trials as words
from scoring.trial_bench import Bench
from scoring.trial_steps import MissingStep, PrizeStep, Step, read, written
from units.actions.signing import Minutes, require_first, require_other, require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle
from units.permissions import require, require_on_behalf_of_group
from units.signals import announce_stale, once_per_block
from units.stages import Stage

ROW_OF_KIND = {AMENDMENT: "I06", MISSING: "E15"}


def trying(cycle: Cycle, steps: Iterable[Step]) -> Change:
    """The steps as a change whose consequences the port tells."""
    return Change("steps", cycle.pk, {"steps": [written(step) for step in steps]})


@transaction.atomic
def propose(*, by: Hat, cycle: Cycle, draft: Draft, minutes: Minutes | None = None) -> RuleChange:
    """Sign first.  Raises Refused without a reason or a change, for steps of another kind, a sum of weights
    that would no longer be the total, a cell that is not missing, or minutes that are not whole.
    """
    row_of_matrix = ROW_OF_KIND[RuleChange.Kind(draft.kind)]
    require_first(row_of_matrix, by, cycle, minutes)
    reason = require_reason(draft.reason)
    year = amendment_bench(cycle)
    _require_no_tie(by, year, row_of_matrix, draft.steps)
    require_steps(year, draft)
    row = RuleChange.objects.create(
        cycle=cycle,
        kind=draft.kind,
        steps=[written(step) for step in draft.steps],
        said=words.say_all(year, draft.steps),
        wording=draft.wording.strip(),
        clause=draft.clause.strip()[:40],
        reason=reason,
        on=draft.on,
        first_by=by.user,
        met_on=minutes.met_on if minutes else None,
        chair=minutes.chair if minutes else "",
        present=minutes.present if minutes else "",
        minutes=minutes.scan if minutes else None,
    )
    audit.record(
        by,
        "amendment.proposed" if draft.kind == AMENDMENT else "missing.proposed",
        row,
        cycle_code=cycle.code,
        changes=row.said,
        wording=row.wording,
        reason=reason,
        minutes=minutes.scan.sha256 if minutes else "",
    )
    return row


def _require_no_tie(by: Hat, year: Bench, row: str, steps: Sequence[Step]) -> None:
    """A cell is one unit's: nobody decides about the own unit (rulebook 3); a rule is everybody's."""
    units = {
        year.members[step.membership].unit_id
        for step in steps
        if isinstance(step, MissingStep) and step.membership in year.members
    }
    if by.role is Role.OFFICE:
        require_on_behalf_of_group(row, by, year.cycle, units=units)
        return
    for unit in sorted(units):
        require(row, by, year.cycle, unit_id=unit, acts_on_unit=True)


@transaction.atomic
def confirm(
    *, by: Hat, cycle: Cycle, change_id: int, consequences: Sequence[Move] | None = None
) -> RuleChange:
    """Sign second: the next version comes into force and every standing it touches is computed anew.

    Raises Refused for the person who signed first, when it is no longer open, or when a step has become
    impossible since.
    """
    row = _open(cycle, change_id)
    kind = RuleChange.Kind(row.kind)
    require_other(
        ROW_OF_KIND[kind], by, cycle, first_by=row.first_by_id, from_minutes=row.minutes_id is not None
    )
    # Savers of scores hold their block's row: nobody slips a score in between the check and the new rule.
    list(Block.objects.select_for_update().filter(cycle=cycle).order_by("pk"))
    steps = [read(text) for text in row.steps]
    year = amendment_bench(cycle)
    _require_no_tie(by, year, ROW_OF_KIND[kind], steps)
    require_steps(year, _draft_of(row, steps))
    moves = consequences
    if moves is None:
        moves = tuple(ports.consequences(trying(cycle, steps)))
    said = words.say_all(year, steps)
    before = _figures(cycle)
    with once_per_block():
        recounts = rule_effects.recount_scores(year, steps)
        for step in steps:
            rule_effects.apply(cycle, step, row.reason)
        for block in {year.block_of_step(step) for step in steps} - {None}:
            announce_stale(block)  # type: ignore[arg-type]  # None was taken out
    last = RuleChange.objects.filter(cycle=cycle, kind=kind).aggregate(last=Max("number"))["last"] or 0
    row.number, row.state, row.said = last + 1, RuleChange.State.DECIDED, said
    row.second_by, row.second_at = by.user, timezone.now()
    row.effect = [asdict(move) for move in moves]
    row.figures = rule_figures.compare(before, _figures(cycle))
    row.save()
    if any(isinstance(step, PrizeStep) for step in steps):
        award_list.recompute_open(cycle)
    if cycle.stage_now is Stage.APPROVAL:
        approval.void_stale(cycle)
    audit.record(
        by,
        "amendment.decided" if row.kind == AMENDMENT else "missing.decided",
        row,
        cycle_code=cycle.code,
        version=row.number,
        changes=said,
        figures=row.figures,
        scores=len(recounts),
        wording=row.wording,
        first=str(row.first_by),
        reason=row.reason,
        consequences=row.effect,
    )
    rule_effects.tell_recounts(
        by,
        year,
        recounts,
        _("amendment %(number)d: %(reason)s") % {"number": row.number, "reason": row.reason},
    )
    return row


def _figures(cycle: Cycle) -> list[rule_figures.Figure]:
    return [*rule_figures.figures_of(cycle), *rule_figures.cells_decided(cycle)]


def _draft_of(row: RuleChange, steps: Sequence[Step]) -> Draft:
    return Draft(kind=row.kind, steps=steps, reason=row.reason, wording=row.wording, on=row.on)


def _open(cycle: Cycle, change_id: int) -> RuleChange:
    row = (
        RuleChange.objects.select_for_update(of=("self",))
        .select_related("first_by")
        .filter(pk=change_id, cycle=cycle)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if row.state != RuleChange.State.OPEN:
        raise Refused("not-open", _("This was decided or withdrawn meanwhile. Please look again."))
    return row


@transaction.atomic
def drop(*, by: Hat, cycle: Cycle, change_id: int) -> RuleChange:
    """Withdraw what was signed first and not second; a person of the same side."""
    row = _open(cycle, change_id)
    minutes = None
    if row.minutes is not None and row.met_on is not None:
        minutes = Minutes(row.met_on, row.chair, row.present, row.minutes)
    require_first(ROW_OF_KIND[RuleChange.Kind(row.kind)], by, cycle, minutes)
    row.state = RuleChange.State.DROPPED
    row.save(update_fields=["state"])
    audit.record(
        by,
        "amendment.dropped" if row.kind == AMENDMENT else "missing.dropped",
        row,
        cycle_code=cycle.code,
        changes=row.said,
    )
    return row
