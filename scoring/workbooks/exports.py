"""Writes score sheets and the matrix so that each can be filled in and sent back.

How cells are written safely is in office.workbook.writer; who may fetch which file is asked by the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from office.fields import STORED_PLACES
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring.import_queries import stored_cells
from scoring.models import Cell, MajorItem, ScoreKind, SubItem
from scoring.permissions import BulkMay, may_score_many
from scoring.workbooks.frame import TITLE_WORDS, Stored
from scoring.workbooks.scores import MATRIX_SHEET
from units.hats import Hat
from units.models import Block, Cycle, Membership

SHEET = "评分表"


def _points(units: int) -> Decimal:
    return Decimal(units).scaleb(-STORED_PLACES)


def _mark(stored: Stored | None, kind: ScoreKind) -> Value:
    """A cell as a sheet states it: 不涉及, the score, or nothing."""
    if stored is None:
        return None
    if kind is not ScoreKind.SELF and stored.involvement in ("proposed", "confirmed"):
        return "不涉及"
    return None if stored.points is None else _points(stored.points)


def score_sheet(*, by: Hat, cycle: Cycle, kind: ScoreKind, filled: bool) -> bytes:
    """The score sheet (评分表) of one person: the sub-items and units of the hat worn, nothing else.

    `filled` puts in what is stored; without it the column 得分 is empty. Raises Refused when the role enters
    no such scores, or has no cell to enter.
    """
    may = may_score_many(by, kind, cycle)
    if may.denied is not None:
        raise may.denied
    blocks = list(Block.objects.filter(cycle=cycle).order_by("order", "id"))
    places = cells_of(may, blocks)
    if not places:
        raise Refused(
            "nothing-to-fill",
            _("No sub-item and no unit is yours to score here. Please ask the appraisal office."),
            status=404,
        )
    stored = stored_cells(kind, [block.pk for block in blocks]) if filled else {}
    notes = _involvement_reasons(blocks) if filled else {}
    rows: list[list[Value]] = []
    for member, sub in places:
        cell = stored.get((member.pk, sub.pk))
        mark = _mark(cell, kind)
        note = notes.get((member.pk, sub.pk), "") if mark == "不涉及" else (cell.reason if cell else "")
        lines = cell.lines if cell is not None and isinstance(mark, Decimal) else ()
        rows.append(
            [
                member.unit.name,
                sub.item.block.name,
                sub.item.name,
                sub.name,
                sub.base_points,
                mark,
                note,
                _points(sum(off for off, _why in lines)) if lines else None,
                "；".join(why for _off, why in lines),
                cycle.year,
                TITLE_WORDS[str(kind)],
            ]
        )
    columns = [
        ColumnOut("单位", required=True, choices=tuple(dict.fromkeys(m.unit.name for m, _sub in places))),
        ColumnOut("大块", choices=tuple(dict.fromkeys(s.item.block.name for _m, s in places))),
        ColumnOut("大项", required=True),
        ColumnOut("中项", required=True),
        ColumnOut("基础分", "number", places=cycle.places),
        ColumnOut("得分", "number", places=cycle.places, required=True),
        ColumnOut("说明", width=30),
        ColumnOut("扣分", "number", places=cycle.places),
        ColumnOut("扣分事由", width=30),
        ColumnOut("年度", "whole", places=0),
        ColumnOut("阶段", choices=(TITLE_WORDS[str(kind)],)),
    ]
    title = f"{cycle.year}年度{TITLE_WORDS[str(kind)]}评分表"
    footer = {"unit": by.unit.name} if by.unit is not None else {}
    return write_workbook(
        [SheetOut(SHEET, columns, rows, title=title, footer=footer, frozen_columns=4)],
        _codes(cycle, kind, by),
    )


def cells_of(may: BulkMay, blocks: Sequence[Block]) -> list[tuple[Membership, SubItem]]:
    """The cells within a hat's reach, in the order of the plan; two queries."""
    ids = [block.pk for block in blocks]
    members: dict[int, list[Membership]] = {}
    for member in (
        Membership.objects.filter(block__in=ids).select_related("unit").order_by("unit__order", "unit_id")
    ):
        members.setdefault(member.block_id, []).append(member)
    subs = (
        SubItem.objects.filter(item__block__in=ids)
        .select_related("item__block")
        .order_by("item__block__order", "item__block_id", "item__order", "item_id", "order", "id")
    )
    return [
        (member, sub)
        for sub in subs
        for member in members.get(sub.item.block_id, [])
        if may.reaches(member.unit_id, sub.pk)
    ]


def _involvement_reasons(blocks: Sequence[Block]) -> dict[tuple[int, int], str]:
    return {
        (member, sub): reason
        for member, sub, reason in Cell.objects.filter(block__in=blocks)
        .exclude(involvement="")
        .values_list("membership_id", "sub_item_id", "involvement_reason")
    }


def _codes(cycle: Cycle, kind: ScoreKind, by: Hat | None) -> dict[str, str]:
    return {
        "cycle": cycle.code,
        "year": str(cycle.year),
        "kind": str(kind),
        "unit": by.unit.name if by is not None and by.unit is not None else "",
    }


def matrix(block: Block, kind: ScoreKind) -> bytes:
    """The matrix (得分总表) of one block: units × sub-items with the scores of one kind; can be sent back."""
    cycle = block.cycle
    items = MajorItem.objects.filter(block=block).prefetch_related("sub_items").order_by("order", "id")
    subs = [
        (item, sub) for item in items for sub in sorted(item.sub_items.all(), key=lambda s: (s.order, s.pk))
    ]
    members = block.memberships.select_related("unit").order_by("unit__order", "unit_id")
    stored = stored_cells(kind, [block.pk])
    columns = [ColumnOut("单位", required=True)]
    for item, sub in subs:
        title = sub.name if item.name == sub.name else f"{item.name}/{sub.name}"
        columns.append(ColumnOut(title, "number", places=cycle.places))
    rows: list[list[Value]] = [
        [member.unit.name, *(_mark(stored.get((member.pk, sub.pk)), kind) for _item, sub in subs)]
        for member in members
    ]
    title = f"{cycle.year}年度{block.name}{TITLE_WORDS[str(kind)]}得分总表"
    return write_workbook([SheetOut(MATRIX_SHEET, columns, rows, title=title)], _codes(cycle, kind, None))
