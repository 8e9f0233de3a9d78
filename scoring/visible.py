"""What of the scores and standings a hat may see now: cells, kinds of score, whole blocks or the own row.

Every answer is scoped before it is filtered, counted or sorted, so that nothing leaks through those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from office.refusal import Refused
from scoring import queries
from scoring.models import Cell, ScoreKind, SubItem
from units import matrix, permissions, stages
from units.api_auth import first_row
from units.hats import Hat
from units.matrix import Role, Scope
from units.models import Block, Cycle

TOTALS, PUBLISHED, OWN_RESULT = "G02", "A02", "G03"
SCORES, SELF_SCORES = "E05", "D01"
CELL_ROWS = (SCORES, OWN_RESULT, SELF_SCORES)
OF_A_UNIT = frozenset({Role.OFFICIAL, Role.PRINCIPAL})
ALL_KINDS = tuple(ScoreKind)


def standing_rows(hat: Hat) -> tuple[str, ...]:
    """The rows by which a hat may see a standing, the widest first."""
    return (TOTALS, PUBLISHED, OWN_RESULT) if hat.role in OF_A_UNIT else (TOTALS, PUBLISHED)


def trace_rows(hat: Hat) -> tuple[str, ...]:
    """The rows for a trace: it shows stored scores as well, more than the published page does."""
    return (TOTALS, OWN_RESULT) if hat.role in OF_A_UNIT else (TOTALS,)


@dataclass(frozen=True, slots=True)
class Sight:
    """Which blocks a hat sees whole, and of which only the row of its own unit."""

    whole: tuple[Block, ...]
    own: tuple[Block, ...]


def sight_of(hat: Hat, cycle: Cycle, blocks: Iterable[Block], rows: tuple[str, ...]) -> Sight:
    """Sort the blocks by what the hat may see of them; raises Refused when it may see nothing of any."""
    whole: list[Block] = []
    own: list[Block] = []
    refusal: Refused | None = None
    # Blocks with the cycle's own stage share one answer, so that a year asks once.
    answer_by_stage: dict[str, str | Refused] = {}
    for block in blocks:
        block.cycle = cycle
        stage = str(permissions.stage_of(cycle, block))
        if stage not in answer_by_stage:
            try:
                answer_by_stage[stage] = first_row(rows, hat, cycle, block=block, unit_id=hat.unit_id)
            except Refused as refused:
                answer_by_stage[stage] = refused
        answer = answer_by_stage[stage]
        if isinstance(answer, Refused):
            refusal = refusal or answer
        elif answer == OWN_RESULT:
            own.append(block)
        else:
            whole.append(block)
    if refusal is not None and not whole and not own:
        raise refusal
    return Sight(tuple(whole), tuple(own))


def may_see_places(hat: Hat, block: Block) -> bool:
    """True when the hat may see the places of the whole block now."""
    return any(permissions.may(row, hat, block.cycle, block=block) for row in (TOTALS, PUBLISHED))


def standing_for(hat: Hat, cycle: Cycle, blocks: list[Block]) -> dict[str, Any]:
    """The contract's Standing object, of a unit before publication only its own row.

    Raises Refused when the hat may see nothing yet.
    """
    sight = sight_of(hat, cycle, blocks, standing_rows(hat))
    seen = {block.pk for block in (*sight.whole, *sight.own)}
    body = queries.standing_object(cycle, [block for block in blocks if block.pk in seen])
    if sight.own:
        unit = hat.unit.name if hat.unit else ""
        names = {block.name for block in sight.own}
        kept = []
        for block in body["blocks"]:
            if block["name"] in names:
                block["rows"] = [row for row in block["rows"] if row["unit"] == unit]
                block["held"] = []  # what holds approval may be another unit's matter
                block["differs"] = [name for name in block["differs"] if name == unit]
                if not block["rows"]:
                    continue
            kept.append(block)
        body["blocks"] = kept
        body["provisional"] = any(row["missing"] > 0 for block in kept for row in block["rows"])
    return body


def cells_for(hat: Hat) -> QuerySet[Cell]:
    """The cells a hat may look at, in every cycle it fits."""
    cells = Cell.objects.all()
    if hat.cycle_id is not None:
        cells = cells.filter(block__cycle=hat.cycle_id)
    for row in CELL_ROWS:
        grant = matrix.grant(row, hat.role)
        if grant.is_denied:
            continue
        match grant.scope:
            case Scope.ALL:
                return cells if not grant.published else cells.filter(_is_published())
            case Scope.OWN_UNIT:
                return cells.filter(membership__unit=hat.unit)
            case Scope.OWN_SUB_ITEMS:
                return cells.filter(sub_item__in=led_by(hat)).exclude(_tied(hat))
            case Scope.OWN_TEAM:
                return cells.filter(_of_team(hat))
    return cells.none()


def led_by(hat: Hat) -> QuerySet[SubItem]:
    """The sub-items the hat's body leads, in whole or an indicator, or helps with."""
    unit = hat.unit_id
    led = SubItem.objects.filter(Q(lead=unit) | Q(helpers=unit) | Q(indicators__lead=unit))
    return led if unit is not None else SubItem.objects.none()


def _is_published() -> Q:
    after = [str(stage) for stage in stages.AFTER_PUBLICATION]
    by_itself = Q(block__has_own_calendar=True) & ~Q(block__stage="")
    return (by_itself & Q(block__stage__in=after)) | (~by_itself & Q(block__cycle__stage__in=after))


def _tied(hat: Hat) -> Q:
    ties = Q(membership__unit=hat.unit)
    for cycle, unit in hat._ties:
        tie = Q(membership__unit_id=unit)
        ties |= tie if cycle is None else tie & Q(block__cycle_id=cycle)
    return ties


def _of_team(hat: Hat) -> Q:
    found = Q(pk__in=[])
    for cycle in {cycle for cycle, _unit in hat._team_units}:
        found |= Q(block__cycle_id=cycle, membership__unit_id__in=hat.team_unit_ids(cycle))
    return found


def sees_scores(hat: Hat) -> bool:
    """True when the hat may read every kind of score in the cells it sees."""
    return not permissions.grant_of(SCORES, hat).is_denied


def without_others(steps: dict[str, Any]) -> dict[str, Any]:
    """A trace for the unit itself before publication: the figures it rests on, no other unit's name or gap.

    The first's base score stays, unnamed: without it nobody could check weight × own ÷ first.
    """
    own = steps["unit"]
    items = []
    for item in steps["items"]:
        weighted = item["weighted"] | {
            "first_units": [name for name in item["weighted"]["first_units"] if name == own]
        }
        cells = [
            cell if cell["mean"] is None else cell | {"mean": cell["mean"] | {"scorers": []}}
            for cell in item["base"]["cells"]
        ]
        kept = {key: value for key, value in item.items() if key not in {"block_mean", "above_mean"}}
        items.append(kept | {"weighted": weighted, "base": item["base"] | {"cells": cells}})
    return steps | {"items": items, "gaps": []}


class Kinds:
    """Which kinds of score a hat sees in a cell; remembers the answer per block, so that a list asks once."""

    def __init__(self, hat: Hat) -> None:
        self.hat = hat
        self._by_block: dict[int, tuple[ScoreKind, ...]] = {}

    def of(self, cell: Cell) -> tuple[ScoreKind, ...]:
        """All four where scores may be read (E05) or the own result is out (G03), else the self score."""
        if cell.block_id not in self._by_block:
            self._by_block[cell.block_id] = self._ask(cell)
        return self._by_block[cell.block_id]

    def _ask(self, cell: Cell) -> tuple[ScoreKind, ...]:
        hat, block = self.hat, cell.block
        if sees_scores(hat):
            return ALL_KINDS
        if hat.role in OF_A_UNIT and permissions.may(
            OWN_RESULT, hat, block.cycle, block=block, unit_id=cell.membership.unit_id
        ):
            return ALL_KINDS
        return (ScoreKind.SELF,)
