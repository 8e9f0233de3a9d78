"""Amending a rule of the running year and deciding missing cells: two of the leading group, or from the minutes.

What would move is asked of the port before the second signature and kept with the change (I06, E15; §6(9)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from awards.models import RuleChange
from bonuses.models import Pool, TariffLine
from office import audit, ports
from office.fields import format_points
from office.ports import Change, Move
from office.refusal import Refused
from scoring import words_of_trials as words
from scoring.models import Cell, Look, MajorItem, SubItem
from scoring.trial_queries import Bench, bench_of, require_sensible
from scoring.trial_steps import (
    MOST_STEPS,
    LookStep,
    MissingStep,
    PoolStep,
    Step,
    SuspendStep,
    TariffStep,
    WeightStep,
    read,
    written,
)
from units.actions.signing import Minutes, require_first, require_other, require_reason
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.permissions import require, require_on_behalf_of_group
from units.signals import announce_stale, once_per_block

AMENDMENT, MISSING = RuleChange.Kind.AMENDMENT, RuleChange.Kind.MISSING
ROW_OF_KIND = {AMENDMENT: "I06", MISSING: "E15"}
STEPS_OF_KIND: dict[str, tuple[type, ...]] = {
    AMENDMENT: (WeightStep, SuspendStep, LookStep, TariffStep, PoolStep),
    MISSING: (MissingStep, SuspendStep),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is put forward; an amendment of words alone has no step."""

    kind: str
    steps: Sequence[Step] = ()
    reason: str
    wording: str = ""
    clause: str = ""
    on: date | None = None


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
    year = bench_of(cycle)
    _require_no_tie(by, year, row_of_matrix, draft.steps)
    _require_steps(year, draft)
    row = RuleChange.objects.create(
        cycle=cycle,
        kind=draft.kind,
        steps=[written(step) for step in draft.steps],
        said=[words.say(year, step) for step in draft.steps],
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


def require_kind(kind: str, steps: Sequence[Step]) -> None:
    """Refuse steps that are no rules (an amendment) or no decisions on missing cells."""
    if any(not isinstance(step, STEPS_OF_KIND[RuleChange.Kind(kind)]) for step in steps):
        raise Refused(
            "not-a-rule",
            _("Only rules can be amended; scores and papers have their own ways."),
            "§6(9)",
            status=422,
        )


def _require_steps(year: Bench, draft: Draft) -> None:
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
    _require_weights(year, draft.steps)


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
        weights = sum(
            (changed.get(item.key, year.points(item.weight)) for item in items), start=type(total)(0)
        )
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
    steps = [read(text) for text in row.steps]
    year = bench_of(cycle)
    _require_no_tie(by, year, ROW_OF_KIND[kind], steps)
    _require_steps(year, _draft_of(row, steps))
    moves = consequences
    if moves is None:
        moves = tuple(ports.consequences(trying(cycle, steps)))
    said = [words.say(year, step) for step in steps]
    with once_per_block():
        for step in steps:
            _apply(cycle, step, row.reason)
        for block in {year.block_of_step(step) for step in steps} - {None}:
            announce_stale(block)  # type: ignore[arg-type]  # None was taken out
    last = RuleChange.objects.filter(cycle=cycle, kind=kind).aggregate(last=Max("number"))["last"] or 0
    row.number, row.state, row.said = last + 1, RuleChange.State.DECIDED, said
    row.second_by, row.second_at = by.user, timezone.now()
    row.effect = [asdict(move) for move in moves]
    row.save()
    audit.record(
        by,
        "amendment.decided" if row.kind == AMENDMENT else "missing.decided",
        row,
        cycle_code=cycle.code,
        version=row.number,
        changes=said,
        wording=row.wording,
        first=str(row.first_by),
        reason=row.reason,
        consequences=row.effect,
    )
    return row


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


def _apply(cycle: Cycle, step: Step, reason: str) -> None:
    match step:
        case WeightStep(item, points):
            rule = MajorItem.objects.get(pk=item, block__cycle=cycle)
            rule.weight_points = points
            rule.save(update_fields=["weight_points"])
        case SuspendStep(sub, suspended):
            row = SubItem.objects.get(pk=sub, item__block__cycle=cycle)
            row.suspended_reason = reason if suspended else ""
            row.save(update_fields=["suspended_reason"])
        case LookStep(sub, visit):
            row = SubItem.objects.get(pk=sub, item__block__cycle=cycle)
            row.look = Look.ONSITE if visit else Look.BOTH
            row.save(update_fields=["look"])
        case TariffStep(key, points):
            line = TariffLine.objects.get(pk=key, cycle=cycle)
            line.points = points
            line.save(update_fields=["points"])
        case PoolStep(key, cap):
            pool = Pool.objects.get(pk=key, cycle=cycle)
            pool.cap = cap
            pool.save(update_fields=["cap"])
        case MissingStep(member, sub, how):
            cell = Cell.objects.get(membership=member, sub_item=sub, block__cycle=cycle)
            cell.missing_how = "" if how == "undecided" else how
            cell.version += 1
            cell.save(update_fields=["missing_how", "version"])


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
