"""Promises, their progress and the coverage below as workbooks to take away; what is in them is scoped to the hat.

Nothing here is read back in.
"""

from __future__ import annotations

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring import commitment_queries as queries
from scoring.models import Below, ProgressLine
from scoring.models.commitment import QUARTERS
from units.hats import Hat
from units.models import Cycle


def goals(hat: Hat, cycle: Cycle) -> bytes:
    """One line for each goal the hat may see."""
    percents, seen = queries.latest_percents(cycle), queries.goals_seen(hat, cycle)
    rows: list[list[Value]] = []
    for row in queries.register(hat, cycle):
        if row.commitment is None:
            rows.append([row.unit.name, _("nothing written"), *[None] * 8])
            continue
        for number, goal in enumerate(seen.get(row.commitment.pk, []), 1):
            sub = goal.sub_item
            rows.append(
                [
                    row.unit.name,
                    str(row.commitment.get_state_display()),
                    number,
                    goal.text,
                    goal.measure,
                    goal.target,
                    goal.due,
                    f"{sub.item.block.name} · {sub.name}" if sub else "",
                    goal.support,
                    percents.get(goal.pk),
                ]
            )
    columns = [
        ColumnOut("单位"),
        ColumnOut("状态"),
        ColumnOut("序号", "whole"),
        ColumnOut("承诺目标", width=48),
        ColumnOut("衡量标准", width=28),
        ColumnOut("目标值"),
        ColumnOut("完成时限", "date"),
        ColumnOut("对应中项", width=30),
        ColumnOut("请求上级支持", width=30),
        ColumnOut("已完成(%)", "whole"),
    ]
    return write_workbook([SheetOut("承诺目标", columns, rows, title=f"{cycle.year}年度承诺目标")])


def progress(hat: Hat, cycle: Cycle) -> bytes:
    """Unit × quarter, and every line of every report that was handed in."""
    units = queries.units_seen(hat, cycle)
    reports = {
        (row.unit_id, row.quarter): row for row in queries.reports_for(hat, cycle).exclude(handed_in_at=None)
    }
    rates = queries.fulfilment_by_unit(cycle)
    board: list[list[Value]] = []
    for unit in units:
        found = rates.get(unit.pk)
        days: list[Value] = [
            localtime(row.handed_in_at).date()
            if (row := reports.get((unit.pk, q))) and row.handed_in_at
            else None
            for q in QUARTERS
        ]
        board.append(
            [
                unit.name,
                *days,
                found.text if found else "",
                f"{found.reported}/{found.goals}" if found else "",
            ]
        )
    lines = (
        ProgressLine.objects.filter(report__in=[row.pk for row in reports.values()])
        .select_related("report__unit", "goal")
        .order_by("report__unit__order", "report__unit_id", "report__quarter", "goal__order", "pk")
    )
    said: list[list[Value]] = [
        [
            line.report.unit.name,
            line.report.quarter,
            line.goal.text,
            line.goal.target,
            line.goal.due,
            line.percent,
            line.words,
        ]
        for line in lines
    ]
    return write_workbook(
        [
            SheetOut(
                "报送情况",
                [
                    ColumnOut("单位"),
                    *[ColumnOut(f"{name}季度", "date") for name in "一二三四"],
                    ColumnOut("兑现率(%)"),
                    ColumnOut("已报目标"),
                ],
                board,
                title=f"{cycle.year}年度承诺进展报送情况",
            ),
            SheetOut(
                "进展明细",
                [
                    ColumnOut("单位"),
                    ColumnOut("季度", "whole"),
                    ColumnOut("承诺目标", width=48),
                    ColumnOut("目标值"),
                    ColumnOut("完成时限", "date"),
                    ColumnOut("已完成(%)", "whole"),
                    ColumnOut("说明", width=40),
                ],
                said,
            ),
        ]
    )


def coverage(hat: Hat, cycle: Cycle) -> bytes:
    """Every unit's newest return, the sums below."""
    found = queries.latest_coverage(queries.coverage_for(hat, cycle))
    total = queries.Coverage()
    rows: list[list[Value]] = []
    for unit in queries.units_seen(hat, cycle):
        row = found.get(unit.pk)
        one = queries.Coverage()
        if row is not None:
            one.add(row.lines.all())
            total.add(row.lines.all())
        figures: list[Value] = [
            figure if row is not None else None for _kind, *figures in one.cells for figure in figures
        ]
        rows.append([unit.name, *figures, localtime(row.filed_at).date() if row is not None else None])
    rows.append([_("Total"), *[figure for _kind, *figures in total.cells for figure in figures], None])
    words = {Below.VILLAGES: "村(居)", Below.SECTIONS: "科(股、室、队)", Below.PERSONS: "党员干部及个人"}
    columns = [
        ColumnOut("单位"),
        *[
            ColumnOut(f"{words[below]}{what}", "whole")
            for below in Below
            for what in ("应承诺", "已承诺", "已考核")
        ],
        ColumnOut("报送日期", "date"),
    ]
    return write_workbook([SheetOut("向下覆盖情况", columns, rows, title=f"{cycle.year}年度向下覆盖情况")])
