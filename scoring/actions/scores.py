"""Entering, clearing and explaining a score; proposing and deciding that a sub-item does not involve a unit.

Which score counts and what follows for the places is computed by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.fields import format_points
from office.models import StoredFile, User
from office.ports import Change, Move
from office.refusal import Refused
from scoring import permissions
from scoring.models import Cell, Deduction, Indicator, Involvement, Score, ScoreKind
from units import foresight
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Unit
from units.permissions import require, require_second
from units.signals import announce_stale, once_per_block

SCORE_FIELDS = [
    "points",
    "entered_by",
    "entered_at",
    "by_office",
    "on_behalf_of",
    "compared_by",
    "reason",
    "paper",
    "batch",
]


@dataclass(frozen=True, slots=True)
class DeductionLine:
    points: Decimal  # ≥ 0, points taken off
    reason: str
    indicator: Indicator | None = None
    evidence: str = ""
    on: date | None = None


def load_cell(cell_id: int, *, lock: bool = False, annotations: Mapping[str, Any] | None = None) -> Cell:
    """The cell with everything an act on it asks for, in one query; locks its block's row on request.

    The lock is a statement of its own: one that waited within the reading would answer with the cell, its
    scores and its rule as they stood before the wait, and a newer value would be overwritten unseen.
    """
    if lock and connection.features.has_select_for_update:
        list(Block.objects.select_for_update().filter(cells=cell_id).values_list("pk"))
    cells = Cell.objects.select_related(
        "block__cycle", "membership__unit", "sub_item__item", "sub_item__lead"
    )
    cell = cells.filter(pk=cell_id).annotate(**(annotations or {})).first()
    if cell is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    cell.membership.block = cell.block
    return cell


def require_points(points: Decimal, *, floor: Decimal, base: Decimal, places: int, what: str) -> None:
    """Refuse points below the floor, above the base or with more decimals than the cycle keeps; never round."""
    if not points.is_finite():
        raise Refused("not-a-number", _("%(what)s: this is not a number.") % {"what": what}, status=422)
    figures = {
        "what": what,
        "value": format_points(points),
        "base": format_points(base),
        "floor": format_points(floor),
    }
    if points > base:
        raise Refused(
            "above-base", _("%(what)s: %(value)s is above the base of %(base)s.") % figures, "§3", status=422
        )
    if points < floor:
        raise Refused(
            "below-floor",
            _("%(what)s: %(value)s is below the floor of %(floor)s.") % figures,
            "§3",
            status=422,
        )
    if points.scaleb(places) != points.scaleb(places).to_integral_value():
        raise Refused(
            "too-many-decimals",
            _("%(what)s: %(value)s has more than %(places)d decimals; scores are never rounded.")
            % (figures | {"places": places}),
            status=422,
        )


def require_version(cell: Cell, version: int | None, kind: str, wanted: Decimal | None) -> None:
    """409 with both values when somebody else was faster."""
    if version is None or version == cell.version:
        return
    stored = Score.objects.filter(cell=cell, kind=kind).first()
    raise Refused(
        "changed-meanwhile",
        _(
            "%(cell)s was changed meanwhile: it now reads %(stored)s; you wanted %(wanted)s. Look again, then save."
        )
        % {
            "cell": str(cell),
            "stored": format_points(stored.points) if stored else "—",
            "wanted": format_points(wanted) if wanted is not None else "—",
        },
        status=409,
        values={
            "stored": format_points(stored.points) if stored else None,
            "wanted": format_points(wanted) if wanted is not None else None,
            "version": cell.version,
        },
    )


def points_after(cell: Cell, lines: Sequence[DeductionLine]) -> Decimal:
    """Base less the deduction lines, each indicator stopping at its own floor.  §3."""
    sub = cell.sub_item
    if any(line.points < 0 for line in lines):
        raise Refused("negative-deduction", _("A deduction is the number taken off, 0 or more."), status=422)
    indicators = list(sub.indicators.all())
    if indicators and any(line.indicator is None for line in lines):
        raise Refused(
            "indicator-missing",
            _("%(sub)s has indicators; each deduction names one of them.") % {"sub": sub},
            status=422,
        )
    if not indicators:
        left: Decimal = sub.base_points - sum((line.points for line in lines), Decimal(0))
        return max(sub.floor, left)
    total: Decimal = Decimal(0)
    for indicator in indicators:
        off = sum((line.points for line in lines if line.indicator == indicator), Decimal(0))
        total += max(sub.floor, indicator.base_points - off)
    return total


def _load_for_score(cell_id: int, kind: ScoreKind) -> Cell:
    """The locked cell, with `previous` (points or None) and `had_lines` of that kind beside it."""
    mine = Score.objects.filter(cell=OuterRef("pk"), kind=kind)
    return load_cell(
        cell_id,
        lock=True,
        annotations={
            "previous": Subquery(mine.values("points")[:1]),
            "had_lines": Exists(Deduction.objects.filter(score__cell=OuterRef("pk"), score__kind=kind)),
        },
    )


# What a change to one cell is for the preview


def scoring(cell: Cell, kind: str, points: Decimal | None) -> Change:
    """The cell would hold this score; points None: none of that kind."""
    what = {"cell": cell.pk, "kind": str(kind), "points": None if points is None else format_points(points)}
    return Change("score", cell.block.cycle_id, what)


def involving(cell: Cell, state: str) -> Change:
    """“Not involved” would be `state`: confirmed, proposed, or anything else for involved."""
    kept = state if state in {Involvement.CONFIRMED, Involvement.PROPOSED} else ""
    return Change("not-involved", cell.block.cycle_id, {"cell": cell.pk, "state": str(kept)})


def _moves(cell: Cell, change: Change, given: Sequence[Move] | None) -> dict[str, Any]:
    """What the log keeps of the places that move, from the hearing on."""
    return foresight.told(foresight.settled(cell.block.cycle, change, given, cell.block))


def record_score(
    *,
    by: Hat,
    cell_id: int,
    kind: ScoreKind,
    points: Decimal | None = None,
    reason: str = "",
    version: int | None = None,
    lines: Sequence[DeductionLine] = (),
    paper: StoredFile | None = None,
    on_behalf_of: Unit | None = None,
    consequences: Sequence[Move] | None = None,
    under: str = "",
) -> Cell:
    """Store one score of a cell and bring the block's places up to date.  Plan §4(1), rulebook 3.

    `points` None with lines: the lines give the number; both: they must agree. `version` is what the person
    saw, None for doors without a screen. `consequences` is what the page listed; None: from the hearing on they
    are computed and kept. `under` H06: a decided appeal corrects the score. Returns the cell with its new version.
    Raises Refused: not permitted, stage closed, out of range, a sheet that contradicts its own lines,
    changed meanwhile (409 with both values).
    """
    with transaction.atomic():
        with once_per_block():
            cell = _load_for_score(cell_id, kind)
            permissions.require_may_score(by, kind, cell, under=under)
            permissions.require_self_open(kind, cell)
            points = _points_to_store(cell, points, lines)
            require_version(cell, version, kind, points)
            moves = _moves(cell, scoring(cell, kind, points), consequences)
            _bump(cell)
            Score.objects.bulk_create(
                [
                    Score(
                        cell=cell,
                        kind=kind,
                        points=points,
                        entered_by=by.user,
                        entered_at=timezone.now(),
                        by_office=by.role is Role.OFFICE,
                        on_behalf_of=on_behalf_of,
                        reason=reason,
                        paper=paper,
                    )
                ],
                update_conflicts=True,
                unique_fields=["cell", "kind"],
                update_fields=SCORE_FIELDS,
            )
            if lines or cell.had_lines:  # type: ignore[attr-defined]  # annotated by _load_for_score
                _replace_lines(cell, kind, lines)
            announce_stale(cell.block_id, cell.block)
        previous = cell.previous  # type: ignore[attr-defined]  # annotated by _load_for_score
        audit.record(
            by,
            "score.recorded",
            cell,
            cycle_code=cell.block.cycle.code,
            kind=str(kind),
            before=None if previous is None else format_points(previous),
            after=format_points(points),
            reason=reason,
            lines=[[format_points(line.points), line.reason] for line in lines],
            on_behalf_of=on_behalf_of.name if on_behalf_of else "",
            version=cell.version,
            **moves,
        )
    return cell


def _points_to_store(cell: Cell, points: Decimal | None, lines: Sequence[DeductionLine]) -> Decimal:
    sub = cell.sub_item
    if lines:
        computed = points_after(cell, lines)
        if points is not None and points != computed:
            raise Refused(
                "lines-disagree",
                _("%(cell)s: the deductions give %(computed)s, the score says %(points)s.")
                % {"cell": str(cell), "computed": format_points(computed), "points": format_points(points)},
                "§3",
                status=422,
            )
        points = computed
    if points is None:
        raise Refused("no-points", _("Please enter a score."), status=422)
    require_points(
        points, floor=sub.floor, base=sub.base_points, places=cell.block.cycle.places, what=str(cell)
    )
    return points


def _bump(cell: Cell) -> None:
    Cell.objects.filter(pk=cell.pk).update(version=F("version") + 1)
    cell.version += 1


def _replace_lines(cell: Cell, kind: ScoreKind, lines: Sequence[DeductionLine]) -> None:
    score = Score.objects.get(cell=cell, kind=kind)
    Deduction.objects.filter(score=score).delete()
    Deduction.objects.bulk_create(
        [
            Deduction(
                score=score,
                indicator=line.indicator,
                points=line.points,
                reason=line.reason,
                evidence=line.evidence,
                on=line.on,
            )
            for line in lines
        ]
    )


def clear_score(
    *,
    by: Hat,
    cell_id: int,
    kind: ScoreKind,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Cell:
    """Take one kind of score back (撤销); the next kind in the order counts again.  Rulebook 3.

    Raises Refused without a reason, when there is nothing to clear, or as record_score does.
    """
    with transaction.atomic():
        with once_per_block():
            cell = _load_for_score(cell_id, kind)
            permissions.require_may_score(by, kind, cell)
            permissions.require_self_open(kind, cell)
            if not reason.strip():
                raise Refused("no-reason", _("Clearing a score needs a reason."), status=422)
            previous = cell.previous  # type: ignore[attr-defined]  # annotated by _load_for_score
            if previous is None:
                raise Refused(
                    "nothing-to-clear", _("%(cell)s holds no such score.") % {"cell": str(cell)}, status=422
                )
            require_version(cell, version, kind, None)
            moves = _moves(cell, scoring(cell, kind, None), consequences)
            _bump(cell)
            Deduction.objects.filter(score__cell=cell, score__kind=kind).delete()
            Score.objects.filter(cell=cell, kind=kind).delete()
            announce_stale(cell.block_id, cell.block)
        audit.record(
            by,
            "score.cleared",
            cell,
            cycle_code=cell.block.cycle.code,
            kind=str(kind),
            before=format_points(previous),
            after=None,
            reason=reason,
            version=cell.version,
            **moves,
        )
    return cell


def _require_may_propose(by: Hat, cell: Cell) -> None:
    require(
        "E08",
        by,
        cell.block.cycle,
        unit_id=cell.membership.unit_id,
        leads=by.role is Role.LEAD and permissions.leads(by, cell.sub_item),
        block=cell.block,
        acts_on_unit=True,
    )


def _require_may_correct(by: Hat, cell: Cell, under: str) -> None:
    """What a decided appeal orders passes by its own row, never about one's own unit."""
    unit_id = cell.membership.unit_id
    require(under, by, cell.block.cycle, unit_id=unit_id, block=cell.block, acts_on_unit=True)


def propose_not_involved(
    *,
    by: Hat,
    cell_id: int,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
) -> Cell:
    """Say that the sub-item hardly involves the unit (基本不涉及); the cell is missing until decided.  §3.

    Raises Refused without a reason, for one's own unit, or when it is already proposed or confirmed.
    """
    with transaction.atomic():
        with once_per_block():
            cell = load_cell(cell_id, lock=True)
            _require_may_propose(by, cell)
            if not reason.strip():
                raise Refused("no-reason", _("“Not involved” needs a reason."), "§3", status=422)
            if cell.involvement in {Involvement.PROPOSED, Involvement.CONFIRMED}:
                raise Refused(
                    "already-proposed",
                    _("%(cell)s is already marked: %(state)s.")
                    % {"cell": str(cell), "state": cell.get_involvement_display()},
                )
            require_version(cell, version, "", None)
            moves = _moves(cell, involving(cell, Involvement.PROPOSED), consequences)
            cell.version += 1
            cell.involvement = Involvement.PROPOSED
            cell.involvement_reason = reason
            cell.proposed_by = by.user
            cell.involvement_decided_by = None
            cell.save()
        audit.record(
            by,
            "not-involved.proposed",
            cell,
            cycle_code=cell.block.cycle.code,
            reason=reason,
            version=cell.version,
            **moves,
        )
    return cell


def decide_not_involved(
    *,
    by: Hat,
    cell_id: int,
    confirm: bool,
    reason: str = "",
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
    under: str = "",
    first: User | None = None,
) -> Cell:
    """A second person of the office confirms or rejects a proposal; confirmed, the mean counts.  §3.

    `under` H06 with its `first` person: a decided appeal confirms it, proposed before or not.
    Raises Refused for the person who proposed, for other roles than the office, without a proposal, and for
    a rejection without a reason.
    """
    with transaction.atomic():
        with once_per_block():
            cell = load_cell(cell_id, lock=True)
            if under:
                _require_may_correct(by, cell, under)
                if first is not None and cell.involvement != Involvement.PROPOSED:
                    cell.proposed_by, cell.involvement = first, Involvement.PROPOSED
                    cell.involvement_reason = reason
            elif by.role is not Role.OFFICE:
                raise Refused("not-permitted", _("The appraisal office decides this."), "§3", status=403)
            else:
                _require_may_propose(by, cell)
            if cell.involvement != Involvement.PROPOSED:
                raise Refused(
                    "nothing-proposed", _("%(cell)s: nothing is proposed here.") % {"cell": str(cell)}
                )
            require_second(cell.proposed_by_id, by)
            if not confirm and not reason.strip():
                raise Refused("no-reason", _("A rejection needs a reason."), status=422)
            require_version(cell, version, "", None)
            wanted = Involvement.CONFIRMED if confirm else Involvement.REJECTED
            moves = _moves(cell, involving(cell, wanted), consequences)
            cell.version += 1
            cell.involvement = wanted
            cell.involvement_decided_by = by.user
            cell.save()
        audit.record(
            by,
            "not-involved.confirmed" if confirm else "not-involved.rejected",
            cell,
            cycle_code=cell.block.cycle.code,
            reason=reason,
            version=cell.version,
            **moves,
        )
    return cell


def withdraw_not_involved(
    *,
    by: Hat,
    cell_id: int,
    reason: str,
    version: int | None = None,
    consequences: Sequence[Move] | None = None,
    under: str = "",
) -> Cell:
    """Take a proposal or a confirmation back; the stored scores count again.  §3."""
    with transaction.atomic():
        with once_per_block():
            cell = load_cell(cell_id, lock=True)
            if under:
                _require_may_correct(by, cell, under)
            else:
                _require_may_propose(by, cell)
            if not reason.strip():
                raise Refused("no-reason", _("Taking this back needs a reason."), status=422)
            if cell.involvement not in {Involvement.PROPOSED, Involvement.CONFIRMED}:
                raise Refused(
                    "nothing-proposed", _("%(cell)s: nothing is proposed here.") % {"cell": str(cell)}
                )
            if cell.involvement == Involvement.CONFIRMED and by.role is not Role.OFFICE and not under:
                raise Refused("not-permitted", _("The appraisal office decides this."), "§3", status=403)
            require_version(cell, version, "", None)
            moves = _moves(cell, involving(cell, Involvement.NONE), consequences)
            cell.version += 1
            cell.involvement = Involvement.NONE
            cell.involvement_reason = ""
            cell.proposed_by = cell.involvement_decided_by = None
            cell.save()
        audit.record(
            by,
            "not-involved.withdrawn",
            cell,
            cycle_code=cell.block.cycle.code,
            reason=reason,
            version=cell.version,
            **moves,
        )
    return cell
