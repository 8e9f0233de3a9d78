"""Writes ledgers so that each can be filled in and sent back, and the year's sums to take away.

How cells are written safely is in office.workbook.writer; who may fetch which file is asked by the views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring import ledger_queries
from scoring.ledger_queries import CellSums
from scoring.models import LedgerLine
from units.models import Cycle, Membership, Unit

SHEET = "季度台账"
QUARTER_NAMES = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}
DECLARATION = "未列单位本季无扣分："


def _columns(cycle: Cycle, units: Sequence[str] = ()) -> list[ColumnOut]:
    points = {"kind": "number", "places": cycle.places}
    return [
        ColumnOut("年度", "whole", places=0, required=True),
        ColumnOut("季度", required=True, choices=tuple(QUARTER_NAMES.values())),
        ColumnOut("责任单位", required=True),
        ColumnOut("单位", required=True, choices=tuple(units)),
        ColumnOut("大块"),
        ColumnOut("大项", required=True),
        ColumnOut("中项", required=True),
        ColumnOut("小项"),
        ColumnOut("本季新增扣分", required=True, **points),  # type: ignore[arg-type]  # a kind and its places
        ColumnOut("累计扣分", **points),  # type: ignore[arg-type]  # as above
        ColumnOut("事由", width=34),
        ColumnOut("依据", width=20),
        ColumnOut("日期", "date", width=12),
        ColumnOut("指标", width=14),
        ColumnOut("计量单位", width=10),
        ColumnOut("年度目标", "number", places=4, width=12),
        ColumnOut("本季完成", "number", places=4, width=12),
        ColumnOut("累计完成", "number", places=4, width=12),
    ]


def _sheet(
    cycle: Cycle,
    body: Unit,
    quarter: int,
    rows: Sequence[Sequence[Value]],
    units: Sequence[str],
    *,
    others_clean: bool | None = None,
) -> bytes:
    answer = {None: "", True: "是", False: "否"}[others_clean]
    sheet = SheetOut(
        SHEET,
        _columns(cycle, units),
        rows,
        title=f"{cycle.year}年度{QUARTER_NAMES[quarter]}{body.name}考评台账",
        footer={"unit": body.name},
        closing=(f"{DECLARATION}{answer}",),
        frozen_columns=4,
    )
    codes = {"cycle": cycle.code, "year": str(cycle.year), "quarter": str(quarter), "body": body.name}
    return write_workbook([sheet], codes)


def template(cycle: Cycle, body: Unit, quarter: int, *, own_unit: bool = False) -> bytes:
    """An empty ledger with the body's own units and sub-items in it; blank means not entered, 0 nothing lost.

    `own_unit`: the body's own unit instead of the others, for the office. Raises Refused when the body
    reports on nothing.
    """
    rows: list[list[Value]] = []
    names: list[str] = []
    for sub in ledger_queries.sub_items_of(cycle, body.pk):
        members = Membership.objects.filter(block=sub.item.block_id).select_related("unit")
        indicators = [indicator.name for indicator in sub.indicators.all()] or [""]
        for member in members.order_by("unit__order", "unit_id"):
            if (member.unit_id == body.pk) is not own_unit:
                continue
            names.append(member.unit.name)
            rows += [
                _row(cycle, body, quarter, member, sub.item.name, sub.name, indicator)
                for indicator in indicators
            ]
    if not rows:
        raise Refused(
            "nothing-to-fill",
            _("%(body)s leads no sub-item and helps with none, so it keeps no ledger.") % {"body": body.name},
            status=404,
        )
    return _sheet(cycle, body, quarter, rows, tuple(dict.fromkeys(names)))


def _row(
    cycle: Cycle, body: Unit, quarter: int, member: Membership, item: str, sub: str, indicator: str
) -> list[Value]:
    head: list[Value] = [cycle.year, QUARTER_NAMES[quarter], body.name, member.unit.name]
    return [*head, member.block.name, item, sub, indicator, *([None] * 10)]


def ledger(
    cycle: Cycle,
    body: Unit,
    quarter: int,
    lines: Iterable[LedgerLine],
    *,
    others_clean: bool | None = None,
    totals: bool = True,
) -> bytes:
    """A ledger with these lines as a workbook that can be sent back; with the sum of the year beside each."""
    lines = list(lines)
    sums = _sums_so_far(cycle, body, quarter, lines) if totals else {}
    rows: list[list[Value]] = []
    for line in lines:
        sub, member = line.sub_item, line.membership
        rows.append(
            [
                cycle.year,
                QUARTER_NAMES[quarter],
                body.name,
                member.unit.name,
                sub.item.block.name,
                sub.item.name,
                sub.name,
                line.indicator.name if line.indicator else "",
                line.points,
                sums.get((member.pk, sub.pk, line.indicator_id or 0)),
                line.reason,
                line.basis,
                line.on,
                line.figure,
                line.measure,
                line.target,
                line.done,
                line.done_total,
            ]
        )
    names = tuple(dict.fromkeys(str(row[3]) for row in rows))
    return _sheet(cycle, body, quarter, rows, names, others_clean=others_clean)


def _sums_so_far(
    cycle: Cycle, body: Unit, quarter: int, lines: Iterable[LedgerLine]
) -> dict[tuple[int, int, int], Decimal]:
    found: dict[tuple[int, int, int], Decimal] = {}
    before = ledger_queries.current_lines(cycle).filter(
        version__ledger__body=body, version__ledger__period__lt=f"Q{quarter}"
    )
    for member, sub, indicator, points in [
        *before.values_list("membership_id", "sub_item_id", "indicator_id", "points"),
        *((one.membership_id, one.sub_item_id, one.indicator_id, one.points) for one in lines),
    ]:
        key = (member, sub, indicator or 0)
        found[key] = found.get(key, Decimal(0)) + points
    return found


def sums(cycle: Cycle, cells: Iterable[CellSums]) -> bytes:
    """Units × sub-items with the four quarters and the score that would follow."""
    columns = [
        ColumnOut(_("Unit")),
        ColumnOut(_("Block")),
        ColumnOut(_("Major item")),
        ColumnOut(_("Sub-item")),
        ColumnOut(_("Base"), "number", cycle.places),
        *(ColumnOut(_("Quarter %(n)d") % {"n": n}, "number", cycle.places) for n in range(1, 5)),
        ColumnOut(_("Points off in the year"), "number", cycle.places),
        ColumnOut(_("Suggested score"), "number", cycle.places),
    ]
    rows: list[list[Value]] = [
        [
            cell.membership.unit.name,
            cell.membership.block.name,
            cell.sub_item.item.name,
            cell.sub_item.name,
            cell.sub_item.base_points,
            *cell.quarters,
            cell.total,
            cell.suggested,
        ]
        for cell in cells
    ]
    title = f"{cycle.code} {_('Ledgers of the year')}"
    return write_workbook([SheetOut(_("Ledgers"), columns, rows, title=title, frozen_columns=4)])
