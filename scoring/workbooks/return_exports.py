"""Writes statistical returns so that they can be filled in and sent back.

How cells are written safely is in office.workbook.writer; who may fetch which figure is asked by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable

from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring.models import ReturnLine
from scoring.workbooks.naming import SCALE
from scoring.workbooks.returns import period_name
from units.models import Unit

COLUMNS = (
    ColumnOut("单位", required=True),
    ColumnOut("指标", required=True),
    ColumnOut("期", required=True),
    ColumnOut("数值", "number", places=SCALE, required=True),
    ColumnOut("计量单位", required=True),
    ColumnOut("来源单位", required=True),
)


def returns(lines: Iterable[ReturnLine]) -> bytes:
    """Figures that stand, loaded by return_queries.with_names()."""
    rows: list[list[Value]] = [
        [
            line.unit.name,
            line.figure,
            period_name(line.version.ledger.period),
            line.value,
            line.measure,
            line.version.ledger.body.name,
        ]
        for line in lines
    ]
    return _workbook(rows, "")


def template(units: Iterable[Unit], source: str) -> bytes:
    """Every unit once, to be filled in with one figure."""
    return _workbook([[unit.name, None, None, None, None, source] for unit in units], source)


def _workbook(rows: list[list[Value]], source: str) -> bytes:
    return write_workbook([SheetOut("统计数据", COLUMNS, rows, footer={"unit": source}, frozen_columns=1)])
