"""The plan workbook's sheets 加减分, 奖励加分 and 发文机关: the tariff, the reward pools, the issuers.

What a paper then earns is decided in bonuses.policy.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses.models import Issuer, Pool, TariffLine
from bonuses.models.tariff import Kind, Scope
from office.workbook.cells import to_choice, to_name, to_points
from office.workbook.difference import Line, Lines
from office.workbook.reader import Column, Row, Table, TableSpec
from office.workbook.report import ImportReport
from office.workbook.writer import ColumnOut, SheetOut
from units.models import Cycle
from units.workbooks import PlanDraft, limited, plain_decimal, twice

TARIFF, POOLS, ISSUERS = "加减分", "奖励加分", "发文机关"
LEVELS = (
    "国家部委及中直部门",
    "省委省政府",
    "省直部门",
    "设区市委市政府",
    "设区市主管部门",
    "本市",
    "社会中介机构",
)
CLAUSES = {
    Kind.COMMENDATION: "§4(2)1",
    Kind.TOP_THREE: "§4(2)2",
    Kind.CAP: "§4(2)4",
    Kind.CRITICISM: "§4(2)5",
}

TARIFF_SPEC = TableSpec(
    TARIFF,
    (
        Column("kind", ("类型",), True),
        Column("level", ("级别",)),
        Column("scope", ("范围",)),
        Column("points", ("分值",), True),
    ),
    sheets=(TARIFF, "加减分标准"),
    required=False,
    may_be_empty=True,
    keep_totals=True,
)
POOLS_SPEC = TableSpec(
    POOLS,
    (
        Column("name", ("名称",), True),
        Column("organiser", ("组织单位",), True),
        Column("cap", ("上限",), True),
    ),
    sheets=(POOLS, "奖励加分项目"),
    required=False,
    may_be_empty=True,
    keep_totals=True,
)
ISSUERS_SPEC = TableSpec(
    ISSUERS,
    (Column("name", ("名称", "发文机关"), True), Column("level", ("级别",), True)),
    sheets=(ISSUERS,),
    required=False,
    may_be_empty=True,
    keep_totals=True,
)
SPECS = (TARIFF_SPEC, POOLS_SPEC, ISSUERS_SPEC)


def tariff_lines(cycle: Cycle | None) -> Lines:
    rows = TariffLine.objects.filter(cycle=cycle).order_by("order", "id")
    lines = (Line((t.kind, t.level, t.scope), {"points": plain_decimal(t.points)}) for t in rows)
    return {line.key: line for line in lines}


def pool_lines(cycle: Cycle | None) -> Lines:
    rows = Pool.objects.filter(cycle=cycle).order_by("order", "id")
    return {(p.name,): Line((p.name,), {"organiser": p.organiser, "cap": plain_decimal(p.cap)}) for p in rows}


def issuer_lines(cycle: Cycle | None) -> Lines:
    rows = Issuer.objects.filter(cycle=cycle).order_by("order", "id")
    return {(i.name,): Line((i.name,), {"level": i.level}) for i in rows}


def tariff_out(lines: Lines) -> SheetOut:
    columns = [
        ColumnOut("类型", required=True, choices=tuple(Kind.values)),
        ColumnOut("级别", choices=LEVELS),
        ColumnOut("范围", choices=tuple(Scope.values)),
        ColumnOut("分值", kind="number", places=_decimals(lines, "points"), required=True),
    ]
    return SheetOut(TARIFF, columns, [[*line.key, _number(line, "points")] for line in lines.values()])


def pools_out(lines: Lines) -> SheetOut:
    columns = [
        ColumnOut("名称", required=True),
        ColumnOut("组织单位", required=True),
        ColumnOut("上限", kind="number", places=_decimals(lines, "cap"), required=True),
    ]
    rows: list[list[str | Decimal]] = [
        [line.key[0], str(line.values["organiser"]), _number(line, "cap")] for line in lines.values()
    ]
    return SheetOut(POOLS, columns, rows)


def issuers_out(lines: Lines) -> SheetOut:
    columns = [ColumnOut("名称", required=True), ColumnOut("级别", required=True, choices=LEVELS)]
    return SheetOut(ISSUERS, columns, [[line.key[0], str(line.values["level"])] for line in lines.values()])


def _number(line: Line, name: str) -> Decimal:
    value = line.values[name]
    return value if isinstance(value, Decimal) else Decimal(0)


def _decimals(lines: Lines, name: str) -> int:
    exponents = (_number(line, name).as_tuple().exponent for line in lines.values())
    return max((-e for e in exponents if isinstance(e, int)), default=0)


def read_tariff(table: Table | None, draft: PlanDraft, report: ImportReport) -> Lines | None:
    """The lines; None when the workbook has no such sheet, so that nothing changes."""
    if table is None:
        return None
    lines: Lines = {}
    for row in table.rows:
        kind = report.need(TARIFF, row["kind"], to_choice, tuple(Kind.values))
        level = report.read(TARIFF, row["level"], to_name) or ""
        scope = report.read(TARIFF, row["scope"], to_choice, tuple(Scope.values)) or str(Scope.COMPREHENSIVE)
        points = _points(TARIFF, row, "points", draft, report)
        if kind is None or points is None:
            continue
        limited(report, TARIFF, row["level"], level, TariffLine, "level")
        if not level and kind != Kind.CAP:
            report.error(
                TARIFF,
                row["level"],
                "no-level",
                _("%(kind)s needs a level. Enter one, such as %(levels)s.")
                % {"kind": kind, "levels": "、".join(LEVELS[:3])},
            )
        if level and kind == Kind.CAP:
            report.error(
                TARIFF, row["level"], "level-of-cap", _("The cap is one for all levels. Clear the level.")
            )
        key = (kind, level, scope)
        if key in lines:
            twice(report, TARIFF, row["kind"], lines[key].row)
            continue
        lines[key] = Line(key, {"points": points}, row.number)
        draft.levels.add(level)
    return lines


def _points(sheet: str, row: Row, name: str, draft: PlanDraft, report: ImportReport) -> Decimal | None:
    points = report.need(sheet, row[name], to_points, draft.places)
    if points is not None and points < 0:
        report.error(
            sheet,
            row[name],
            "negative-points",
            _("%(value)s is below 0. Enter the points without a sign.") % {"value": row[name].shown},
        )
    return None if points is None else plain_decimal(points)


def read_pools(table: Table | None, draft: PlanDraft, report: ImportReport) -> Lines | None:
    if table is None:
        return None
    lines: Lines = {}
    for row in table.rows:
        name = report.need(POOLS, row["name"], to_name)
        organiser = report.need(POOLS, row["organiser"], to_name)
        cap = _points(POOLS, row, "cap", draft, report)
        if name is None or organiser is None or cap is None:
            continue
        limited(report, POOLS, row["name"], name, Pool, "name")
        limited(report, POOLS, row["organiser"], organiser, Pool, "organiser")
        if (name,) in lines:
            twice(report, POOLS, row["name"], lines[(name,)].row)
            continue
        lines[(name,)] = Line((name,), {"organiser": organiser, "cap": cap}, row.number)
    return lines


def read_issuers(table: Table | None, draft: PlanDraft, report: ImportReport) -> Lines | None:
    if table is None:
        return None
    lines: Lines = {}
    levels = (*LEVELS, *sorted(draft.levels - {*LEVELS, ""}))
    for row in table.rows:
        name = report.need(ISSUERS, row["name"], to_name)
        level = report.need(ISSUERS, row["level"], to_choice, levels)
        if name is None or level is None:
            continue
        limited(report, ISSUERS, row["name"], name, Issuer, "name")
        if name == "省":
            report.error(
                ISSUERS,
                row["name"],
                "unclear-issuer",
                _("“省” alone names no issuer: say whether it is 省委, 省人民政府 or a department."),
            )
        if (name,) in lines:
            twice(report, ISSUERS, row["name"], lines[(name,)].row)
            continue
        lines[(name,)] = Line((name,), {"level": level}, row.number)
    return lines


def store_tariff(cycle: Cycle, lines: Lines) -> None:
    have = {(t.kind, t.level, t.scope): t for t in TariffLine.objects.filter(cycle=cycle)}
    for key, row in have.items():
        if key not in lines:
            row.delete()
    for order, line in enumerate(lines.values(), 1):
        kind, level, scope = line.key
        row = have.get((kind, level, scope)) or TariffLine(
            cycle=cycle, kind=kind, level=level, scope=scope, clause=CLAUSES[Kind(kind)]
        )
        row.points, row.order = _number(line, "points"), order
        row.save()


def store_pools(cycle: Cycle, lines: Lines) -> None:
    have = {p.name: p for p in Pool.objects.filter(cycle=cycle)}
    for name, row in have.items():
        if (name,) not in lines:
            row.delete()
    for order, line in enumerate(lines.values(), 1):
        row = have.get(line.key[0]) or Pool(cycle=cycle, name=line.key[0])
        row.organiser, row.cap, row.order = str(line.values["organiser"]), _number(line, "cap"), order
        row.save()


def store_issuers(cycle: Cycle, lines: Lines) -> None:
    have = {i.name: i for i in Issuer.objects.filter(cycle=cycle)}
    for name, row in have.items():
        if (name,) not in lines:
            row.delete()
    for order, line in enumerate(lines.values(), 1):
        row = have.get(line.key[0]) or Issuer(cycle=cycle, name=line.key[0])
        row.level, row.order = str(line.values["level"]), order
        row.save()
