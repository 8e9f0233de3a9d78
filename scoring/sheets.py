"""Reads a block's inputs from the database into the engine's sheets, raw and in a fixed number of queries.

The arithmetic is the engine's; storing its answer is scoring.actions.standing's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from bonuses.models import Tally
from office.fields import STORED_PLACES
from scoring.engine.arrays import MISSING, ArraySheet
from scoring.engine.sheet import (
    CellEntry,
    Counting,
    FirstIsZero,
    ItemRule,
    MissingDecision,
    MissingHow,
    Readings,
    Rounding,
    Sheet,
    SubItemRule,
    UnitEntry,
)
from scoring.models import Cell, Involvement, Look, MajorItem, Score, Standing, SubItem
from units.models import Block, Membership, Mode, Reading, Unit


@dataclass(frozen=True, slots=True)
class BlockInputs:
    """What recompute needs: the engine's arrays, and whose row and column each index is."""

    arrays: ArraySheet
    membership_ids: list[int]
    sub_item_ids: list[int]
    item_ids: list[int]
    eligible: list[bool]
    cell_count: int
    version: int  # of the stored standing; -1: none is stored yet


def _table(model: Any) -> str:
    return str(connection.ops.quote_name(model._meta.db_table))


def _frame_sql() -> str:
    """Members, sub-items, items, readings and the stored version in one statement, told apart by `what`."""
    return f"""
        SELECT 0 AS what, m.id, u.{_q("order")}, COALESCE(t.commendations, 0), COALESCE(t.criticisms, 0),
               COALESCE(t.rewards, 0), CASE WHEN m.mode = %s AND NOT COALESCE(t.is_barred, {_false()}) THEN 1 ELSE 0 END, ''
          FROM {_table(Membership)} m JOIN {_table(Unit)} u ON u.id = m.unit_id
          LEFT JOIN {_table(Tally)} t ON t.membership_id = m.id WHERE m.block_id = %s
        UNION ALL
        SELECT 1, i.id, i.{_q("order")}, i.weight_points, i.base_points, 0, 0, ''
          FROM {_table(MajorItem)} i WHERE i.block_id = %s
        UNION ALL
        SELECT 2, s.id, s.{_q("order")}, s.item_id, CASE WHEN s.look = %s THEN 1 ELSE 0 END,
               CASE WHEN s.suspended_reason <> '' THEN 1 ELSE 0 END, 0, ''
          FROM {_table(SubItem)} s JOIN {_table(MajorItem)} i ON i.id = s.item_id WHERE i.block_id = %s
        UNION ALL
        SELECT 3, b.version, 0, 0, 0, 0, 0, '' FROM {_table(Standing)} b WHERE b.block_id = %s
        UNION ALL
        SELECT 4, r.id, 0, 0, 0, 0, 0, r.code || '=' || r.choice || '=' || CAST(r.parameters AS TEXT)
          FROM {_table(Reading)} r JOIN {_table(Block)} b ON b.cycle_id = r.cycle_id
         WHERE b.id = %s AND r.code IN ('R2', 'R9')
    """  # noqa: S608 -- names of our own tables only; every value is a parameter


def _cells_sql() -> str:
    score, cell = _table(Score), _table(Cell)
    return f"""
        SELECT c.membership_id, c.sub_item_id, c.involvement, c.missing_how, l.points, p.points, o.points
          FROM {cell} c
          LEFT JOIN {score} l ON l.cell_id = c.id AND l.kind = 'lead'
          LEFT JOIN {score} p ON p.cell_id = c.id AND p.kind = 'preliminary'
          LEFT JOIN {score} o ON o.cell_id = c.id AND o.kind = 'onsite'
         WHERE c.block_id = %s
    """  # noqa: S608 -- names of our own tables only; every value is a parameter


def _q(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _false() -> str:
    return "0" if connection.vendor == "sqlite" else "FALSE"


def readings_of(rounding: str, choices: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Readings:
    """The engine's readings from the cycle's rounding and the register's R2 and R9."""
    first_is_zero = FirstIsZero(choices.get("R2", ("held", {}))[0])
    r9, figures = choices.get("R9", ("replace", {}))
    counting = Counting.mix(int(figures.get("p", 1)), int(figures.get("q", 1))) if r9 == "mix" else Counting()
    return Readings(rounding=Rounding(rounding), first_is_zero=first_is_zero, counting=counting)


def block_inputs(block_id: int, places: int, rounding: str) -> BlockInputs:
    """Everything the standing of one block depends on, in two queries whatever its size."""
    with connection.cursor() as cursor:
        cursor.execute(
            _frame_sql(), [Mode.FULL, block_id, block_id, Look.ONSITE, block_id, block_id, block_id]
        )
        frame = cursor.fetchall()
        cursor.execute(_cells_sql(), [block_id])
        cells = cursor.fetchall()
    return _build(frame, cells, places, rounding)


def _build(frame: list[Any], cells: list[Any], places: int, rounding: str) -> BlockInputs:
    members = sorted((r for r in frame if r[0] == 0), key=lambda r: (r[2], r[1]))
    items = sorted((r for r in frame if r[0] == 1), key=lambda r: (r[2], r[1]))
    item_index = {r[1]: n for n, r in enumerate(items)}
    subs = sorted((r for r in frame if r[0] == 2), key=lambda r: (item_index[r[3]], r[2], r[1]))
    version = next((r[1] for r in frame if r[0] == 3), -1)
    readings = readings_of(rounding, _choices(r[7] for r in frame if r[0] == 4))
    scale = 10 ** (STORED_PLACES - places)
    shape = (len(members), len(subs))
    row_of = {r[1]: n for n, r in enumerate(members)}
    column_of = {r[1]: n for n, r in enumerate(subs)}
    kinds = [np.full(shape, MISSING, dtype=np.int64) for _ in range(3)]
    not_involved, proposed, mean, zero = (np.zeros(shape, dtype=np.bool_) for _ in range(4))
    for membership, sub_item, involvement, how, lead, preliminary, onsite in cells:
        row, column = row_of.get(membership), column_of.get(sub_item)
        if row is None or column is None:
            continue
        if lead is not None:
            kinds[0][row, column] = lead // scale
        if preliminary is not None:
            kinds[1][row, column] = preliminary // scale
        if onsite is not None:
            kinds[2][row, column] = onsite // scale
        if involvement == Involvement.CONFIRMED:
            not_involved[row, column] = True
        elif involvement == Involvement.PROPOSED:
            proposed[row, column] = True
        if how == "mean":
            mean[row, column] = True
        elif how == "zero":
            zero[row, column] = True
    arrays = ArraySheet(
        places=places,
        readings=readings,
        item_of=np.array([item_index[r[3]] for r in subs], dtype=np.int64),
        weights=np.array([r[3] // scale for r in items], dtype=np.int64),
        order=np.array([r[2] for r in members], dtype=np.int64),
        lead=kinds[0],
        preliminary=kinds[1],
        onsite=kinds[2],
        not_involved=not_involved,
        proposed=proposed,
        visit_required=np.array([bool(r[4]) for r in subs], dtype=np.bool_),
        suspended=np.array([bool(r[5]) for r in subs], dtype=np.bool_),
        decided_mean=mean,
        decided_zero=zero,
        commendations=np.array([r[3] // scale for r in members], dtype=np.int64),
        criticisms=np.array([r[4] // scale for r in members], dtype=np.int64),
        rewards=np.array([r[5] // scale for r in members], dtype=np.int64),
    )
    return BlockInputs(
        arrays=arrays,
        membership_ids=[r[1] for r in members],
        sub_item_ids=[r[1] for r in subs],
        item_ids=[r[1] for r in items],
        eligible=[bool(r[6]) for r in members],
        cell_count=len(cells),
        version=version,
    )


def _choices(rows: Any) -> dict[str, tuple[str, Mapping[str, Any]]]:
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for text in rows:
        code, choice, parameters = text.split("=", 2)
        found[code] = (choice, json.loads(parameters or "{}"))
    return found


def named_sheet(block: Block) -> Sheet:
    """The same block as named values, for the trace, the what-if bench and the second calculation."""
    return named_sheets([block])[block.pk]


def named_sheets(blocks: Sequence[Block]) -> dict[int, Sheet]:
    """Block id → its inputs as named values; six queries however many blocks.  They are of one cycle."""
    if not blocks:
        return {}
    cycle, ids = blocks[0].cycle, [block.pk for block in blocks]
    scale = 10 ** (STORED_PLACES - cycle.places)

    def units_of(points: Any) -> int:
        return int(points.scaleb(STORED_PLACES) // scale)

    items: dict[int, list[ItemRule]] = {pk: [] for pk in ids}
    for item in MajorItem.objects.filter(block__in=ids).order_by("order", "pk").prefetch_related("sub_items"):
        items[item.block_id].append(
            ItemRule(
                key=item.pk,
                name=item.name,
                weight=units_of(item.weight_points),
                base=units_of(item.base_points),
                sub_items=tuple(
                    SubItemRule(
                        key=sub.pk,
                        name=sub.name,
                        base=units_of(sub.base_points),
                        floor=units_of(sub.floor),
                        visit_required=sub.visit_required,
                        suspended=bool(sub.suspended_reason),
                    )
                    for sub in item.sub_items.all()
                ),
            )
        )
    entries: dict[int, list[UnitEntry]] = {pk: [] for pk in ids}
    members = Membership.objects.filter(block__in=ids).select_related("unit", "tally")
    for member in members.order_by("unit__order", "id"):
        tally = getattr(member, "tally", None) or Tally(membership=member)
        entries[member.block_id].append(
            UnitEntry(
                key=member.pk,
                name=member.unit.name,
                order=member.unit.order,
                eligible=member.mode == Mode.FULL and not tally.is_barred,
                commendations=units_of(tally.commendations),
                criticisms=units_of(tally.criticisms),
                rewards=units_of(tally.rewards),
            )
        )
    scores: dict[int, dict[str, int]] = {}
    for cell_id, kind, points in Score.objects.filter(cell__block__in=ids).values_list(
        "cell_id", "kind", "points"
    ):
        scores.setdefault(cell_id, {})[kind] = units_of(points)
    cells: dict[int, dict[tuple[int, int], CellEntry]] = {pk: {} for pk in ids}
    decisions: dict[int, list[MissingDecision]] = {pk: [] for pk in ids}
    # Plain rows: a year has more than a thousand cells, and the what-if bench reads them at every change.
    for pk, block_id, of_unit, sub, involvement, how in Cell.objects.filter(block__in=ids).values_list(
        "pk", "block_id", "membership_id", "sub_item_id", "involvement", "missing_how"
    ):
        have = scores.get(pk, {})
        cells[block_id][of_unit, sub] = CellEntry(
            self_score=have.get("self"),
            lead=have.get("lead"),
            preliminary=have.get("preliminary"),
            onsite=have.get("onsite"),
            not_involved=involvement == Involvement.CONFIRMED,
            proposed=involvement == Involvement.PROPOSED,
        )
        if how:
            decisions[block_id].append(MissingDecision(sub, of_unit, MissingHow(how)))
    readings = readings_of(
        cycle.rounding,
        {r.code: (r.choice, r.parameters) for r in cycle.readings.all() if r.code in {"R2", "R9"}},
    )
    return {
        block.pk: Sheet(
            block=block.name,
            kind="special" if block.is_track else "comprehensive",
            places=cycle.places,
            readings=readings,
            items=tuple(items[block.pk]),
            units=tuple(entries[block.pk]),
            cells=cells[block.pk],
            decisions=tuple(decisions[block.pk]),
        )
        for block in blocks
    }
