"""Ledgers of the cast as workbooks, and the way from file to version, for the tests that need them.

Nothing here is asserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scoring.actions import batches, ledgers
from scoring.models import ImportBatch, LedgerLine
from tests.cast import Cast
from tests.workbooks.files import sheet_of

HEADER = (
    "年度",
    "季度",
    "责任单位",
    "单位",
    "大块",
    "大项",
    "中项",
    "本季新增扣分",
    "累计扣分",
    "事由",
    "依据",
)
CLEAN = ("未列单位本季无扣分：是",)
LEAD = "lead_市信访局"


def row(
    unit: str,
    points: Any,
    reason: str = "",
    *,
    quarter: Any = "第三季度",
    body: str = "市信访局",
    item: str = "社会管理",
    sub: str = "信访",
    block: str = "乡镇口",
    total: Any = None,
    basis: str = "",
) -> tuple[Any, ...]:
    return (2012, quarter, body, unit, block, item, sub, points, total, reason, basis)


GOOD = [row("青山乡", 5, "越级上访一批次"), row("白水乡", 0), row("东河镇", "2.5分", "回访不到位")]


def book(*rows: Sequence[Any], header: Sequence[str] = HEADER, clean: bool = True) -> bytes:
    return sheet_of([header, *rows, *([(), CLEAN] if clean else [])], name="季度台账")


def hand_in(cast: Cast, content: bytes, *, by: str = LEAD, name: str = "台账.xlsx") -> ImportBatch:
    hat = cast.hat(by)
    batch = ledgers.hand_in(by=hat, cycle=cast.cycle, chunks=[content], name=name)
    return batches.read_in(batch, hat)


def confirm(cast: Cast, batch: ImportBatch, by: str = LEAD) -> ImportBatch:
    return batches.confirm(by=cast.hat(by), cycle=cast.cycle, batch_id=batch.pk)


def taken(cast: Cast, *rows: Sequence[Any], by: str = LEAD, clean: bool = True) -> ImportBatch:
    return confirm(cast, hand_in(cast, book(*rows, clean=clean), by=by), by)


def codes(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(problem["cell"], problem["code"]) for problem in batch.report["errors"]]


def warnings(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(problem["cell"], problem["code"]) for problem in batch.report["warnings"]]


def standing(cast: Cast, quarter: int = 3) -> list[tuple[str, str, str]]:
    """Unit, points, reason of every line in force in a quarter."""
    lines = LedgerLine.objects.filter(
        version__current_of__cycle=cast.cycle, version__current_of__period=f"Q{quarter}"
    ).select_related("membership__unit")
    return [
        (line.membership.unit.name, str(line.points), line.reason)
        for line in lines.order_by("membership__unit__order", "position")
    ]
