"""Many scores of one kind at once: a lead's grid, a reviewer's unit, a signed visit.  All of them or none.

One score at a time is in scoring.actions.scores, whole workbooks in scoring.actions.imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.fields import format_points
from office.models import StoredFile
from office.refusal import Refused
from scoring import permissions
from scoring.actions.scores import SCORE_FIELDS, require_points
from scoring.models import Cell, Deduction, Score, ScoreKind
from units.hats import Hat
from units.matrix import Role
from units.models import Block, Cycle
from units.signals import announce_stale, once_per_block


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be stored for one cell; `version` None for doors without a screen."""

    cell_id: int
    points: Decimal
    reason: str = ""
    version: int | None = None


def load_cells(cycle: Cycle, cell_ids: Sequence[int], *, lock: bool = False) -> dict[int, Cell]:
    """The cells of the year by id, with unit, sub-item and block; 404 when one of them is not there.

    With `lock` the blocks' rows are held, in order, until the transaction ends.  Two queries.
    """
    wanted = set(cell_ids)
    if lock:
        blocks = Block.objects.filter(cells__in=wanted).order_by("pk").values_list("pk", flat=True)
        list(Block.objects.filter(pk__in=blocks).order_by("pk").select_for_update().values_list("pk"))
    rows = Cell.objects.filter(block__cycle=cycle, pk__in=wanted).select_related(
        "block__cycle", "membership__unit", "sub_item__item", "sub_item__lead"
    )
    found = {cell.pk: cell for cell in rows}
    if len(found) != len(wanted):
        raise Refused("not-found", _("There is no such record."), status=404)
    for cell in found.values():
        cell.membership.block = cell.block
    return found


def problems_refusal(problems: Mapping[int, str], *, status: int = 422) -> Refused:
    """One refusal that carries a sentence for each cell; nothing was stored."""
    first = next(iter(problems.values()))
    more = len(problems) - 1
    sentence = (
        first
        if not more
        else _("%(first)s — and %(more)d more. Nothing was stored.") % {"first": first, "more": more}
    )
    return Refused("marks-refused", sentence, status=status, values={"problems": dict(problems)})


def record_many(
    *,
    by: Hat,
    cycle: Cycle,
    kind: ScoreKind,
    marks: Sequence[Mark],
    paper: StoredFile | None = None,
) -> list[Cell]:
    """Store one kind of score for several cells and bring their blocks' places up to date once.  Rulebook 3.

    What already stands with the same points and reason is left alone. Returns the cells that changed.
    Raises Refused with every problem by its cell when any may not be entered, is out of range or was
    changed meanwhile (409); 404 when one is none of the hat's business.
    """
    if kind is ScoreKind.SELF:
        raise ValueError("a unit's own scores have rules of their own: scoring.actions.assessments")
    if not marks:
        return []
    with transaction.atomic():
        with once_per_block():
            cells = load_cells(cycle, [mark.cell_id for mark in marks], lock=True)
            stored = {score.cell_id: score for score in Score.objects.filter(kind=kind, cell__in=list(cells))}
            _require_all(by, cycle, kind, marks, cells)
            changed = [mark for mark in marks if not _is_same(stored.get(mark.cell_id), mark)]
            _require_unchanged(changed, cells, stored)
            ids = [mark.cell_id for mark in changed]
            Cell.objects.filter(pk__in=ids).update(version=F("version") + 1)
            now = timezone.now()
            Deduction.objects.filter(score__kind=kind, score__cell__in=ids).delete()
            Score.objects.bulk_create(
                [
                    Score(
                        cell=cells[mark.cell_id],
                        kind=kind,
                        points=mark.points,
                        entered_by=by.user,
                        entered_at=now,
                        by_office=by.role is Role.OFFICE,
                        reason=mark.reason,
                        paper=paper,
                    )
                    for mark in changed
                ],
                update_conflicts=True,
                unique_fields=["cell", "kind"],
                update_fields=SCORE_FIELDS,
            )
            for mark in changed:
                cell = cells[mark.cell_id]
                cell.version += 1
                announce_stale(cell.block_id, cell.block)
        for mark in changed:
            before = stored.get(mark.cell_id)
            audit.record(
                by,
                "score.recorded",
                cells[mark.cell_id],
                cycle_code=cycle.code,
                kind=str(kind),
                before=None if before is None else format_points(before.points),
                after=format_points(mark.points),
                reason=mark.reason,
                lines=[],
                on_behalf_of="",
                version=cells[mark.cell_id].version,
            )
    return [cells[mark.cell_id] for mark in changed]


def _is_same(stored: Score | None, mark: Mark) -> bool:
    return stored is not None and stored.points == mark.points and stored.reason == mark.reason


def _require_all(
    by: Hat, cycle: Cycle, kind: ScoreKind, marks: Sequence[Mark], cells: Mapping[int, Cell]
) -> None:
    may = permissions.may_score_many(by, kind, cycle)
    problems: dict[int, str] = {}
    for mark in marks:
        cell = cells[mark.cell_id]
        refusal = may.refusal(cell.membership.unit_id, cell.sub_item_id, cell.block_id)
        if refusal is not None:
            # Whoever may enter none of it is told so as by one score: 403, 404 or 409.
            raise Refused(refusal.code, refusal.sentence, refusal.clause, status=refusal.status)
        try:
            require_points(
                mark.points,
                floor=cell.sub_item.floor,
                base=cell.sub_item.base_points,
                places=cycle.places,
                what=str(cell),
            )
        except Refused as refused:
            problems[mark.cell_id] = refused.sentence
    if problems:
        raise problems_refusal(problems)


def _require_unchanged(marks: Sequence[Mark], cells: Mapping[int, Cell], stored: Mapping[int, Score]) -> None:
    problems: dict[int, str] = {}
    for mark in marks:
        cell = cells[mark.cell_id]
        if mark.version is None or mark.version == cell.version:
            continue
        there = stored.get(mark.cell_id)
        problems[mark.cell_id] = _(
            "%(cell)s was changed meanwhile: it now reads %(stored)s; you wanted %(wanted)s. Look again, then save."
        ) % {
            "cell": str(cell),
            "stored": format_points(there.points) if there else "—",
            "wanted": format_points(mark.points),
        }
    if problems:
        raise problems_refusal(problems, status=409)
