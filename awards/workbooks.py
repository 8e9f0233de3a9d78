"""The plan workbook's sheet 奖项: which awards there are, what they rest on, what each grade is paid.

Who wins them is decided elsewhere.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from awards.models import AwardScheme, PrizeLine
from awards.models.scheme import Kind
from office.workbook.cells import Cell, to_choice, to_int, to_name, to_names_list, to_number
from office.workbook.difference import Key, Line, Lines, Value
from office.workbook.reader import Column, Row, Table, TableSpec
from office.workbook.report import ImportReport
from office.workbook.writer import ColumnOut, SheetOut
from units.models import Cycle
from units.workbooks import PlanDraft, limited, read_blocks_named, twice

AWARDS = "奖项"
TOTAL, NOMINATION, ITEM, SUB_ITEM = "总分", "推荐", "大项:", "中项:"
SPEC = TableSpec(
    AWARDS,
    (
        Column("award", ("奖项",), True),
        Column("kind", ("类别",), True),
        Column("blocks", ("大块", "口")),
        Column("rests_on", ("依据",)),
        Column("grade", ("等次",), True),
        Column("count", ("名额",), True),
        Column("amount", ("每名奖金", "每名奖金(元)"), True, "元"),
    ),
    sheets=(AWARDS,),
    required=False,
    may_be_empty=True,
    keep_totals=True,
)
OF_AWARD = ("kind", "blocks", "rests_on")


def award_lines(cycle: Cycle | None) -> Lines:
    schemes = (
        AwardScheme.objects.filter(cycle=cycle).order_by("order", "id").prefetch_related("blocks", "prizes")
    )
    lines: Lines = {}
    for scheme in schemes:
        shared: dict[str, Value] = {
            "kind": scheme.kind,
            "blocks": tuple(b.name for b in sorted(scheme.blocks.all(), key=lambda b: (b.order, b.pk))),
            "rests_on": tuple(scheme.rests_on),
        }
        for prize in scheme.prizes.all():
            own: dict[str, Value] = {
                "count": prize.count,
                "amount": Decimal(prize.amount_fen).scaleb(-2).normalize() + 0,
            }
            key = (scheme.name, prize.grade)
            lines[key] = Line(key, shared | own)
    return lines


def awards_out(lines: Lines) -> SheetOut:
    columns = [
        ColumnOut("奖项", required=True),
        ColumnOut("类别", required=True, choices=tuple(Kind.values)),
        ColumnOut("大块"),
        ColumnOut("依据"),
        ColumnOut("等次", required=True),
        ColumnOut("名额", kind="whole", required=True),
        ColumnOut("每名奖金", kind="number", places=2, required=True),
    ]
    rows: list[list[str | int | Decimal]] = []
    for line in lines.values():
        values = line.values
        amount, count = values["amount"], values["count"]
        rows.append(
            [
                line.key[0],
                str(values["kind"]),
                _joined(values["blocks"]),
                _joined(values["rests_on"]),
                line.key[1],
                count if isinstance(count, int) else 0,
                amount if isinstance(amount, Decimal) else Decimal(0),
            ]
        )
    return SheetOut(AWARDS, columns, rows)


def _joined(value: Value) -> str:
    return "、".join(value) if isinstance(value, tuple) else ""


def read_awards(table: Table | None, draft: PlanDraft, report: ImportReport) -> Lines | None:
    """The lines; None when the workbook has no such sheet, so that nothing changes."""
    if table is None:
        return None
    lines: Lines = {}
    first: dict[str, Line] = {}
    for row in table.rows:
        line = _read_row(row, draft, report)
        if line is None:
            continue
        if line.key in lines:
            twice(report, AWARDS, row["grade"], lines[line.key].row)
            continue
        lines[line.key] = line
        opening = first.setdefault(line.key[0], line)
        for name in OF_AWARD:
            if line.values[name] != opening.values[name]:
                report.error(
                    AWARDS,
                    row[name],
                    "rows-disagree",
                    _("“%(name)s” has another value here than in row %(row)d. Give both rows the same one.")
                    % {"name": line.key[0], "row": opening.row},
                )
    return lines


def _read_row(row: Row, draft: PlanDraft, report: ImportReport) -> Line | None:
    award = report.need(AWARDS, row["award"], to_name)
    kind = report.need(AWARDS, row["kind"], to_choice, tuple(Kind.values))
    grade = report.need(AWARDS, row["grade"], to_name)
    count = report.need(AWARDS, row["count"], to_int, "名")
    amount = report.need(AWARDS, row["amount"], to_number, 2, "元")
    blocks = read_blocks_named(report, AWARDS, row["blocks"], draft)
    rests_on = _read_basis(row["rests_on"], blocks, draft, report)
    for name, value in (("count", count), ("amount", amount)):
        if value is not None and value < (1 if name == "count" else 0):
            report.error(
                AWARDS,
                row[name],
                "not-positive",
                _("%(value)s must be more than 0.") % {"value": row[name].shown},
            )
    if award is None or kind is None or grade is None or count is None or amount is None:
        return None
    limited(report, AWARDS, row["award"], award, AwardScheme, "name")
    limited(report, AWARDS, row["grade"], grade, PrizeLine, "grade")
    values: dict[str, Value] = {
        "kind": kind,
        "blocks": tuple(sorted(blocks, key=list(draft.blocks).index)),
        "rests_on": rests_on,
        "count": count,
        "amount": amount.normalize() + 0,
    }
    return Line((award, grade), values, row.number)


def _read_basis(
    cell: Cell, blocks: tuple[str, ...], draft: PlanDraft, report: ImportReport
) -> tuple[str, ...]:
    """总分, 推荐, 大项:NAME or 中项:NAME; the items must exist in one of the award's blocks."""
    references: list[str] = []
    for written in report.read(AWARDS, cell, to_names_list) or []:
        reference = written.replace("：", ":")
        name = reference.partition(":")[2]
        known = draft.items if reference.startswith(ITEM) else draft.sub_items
        if reference in (TOTAL, NOMINATION):
            references.append(reference)
        elif not reference.startswith((ITEM, SUB_ITEM)):
            report.error(
                AWARDS,
                cell,
                "unknown-basis",
                _("“%(value)s” is no basis. Enter 总分, 推荐, 大项:NAME or 中项:NAME.") % {"value": written},
            )
        elif not any(item == name and block in (blocks or draft.blocks) for block, item in known):
            report.error(
                AWARDS,
                cell,
                "unknown-item",
                _(
                    "“%(name)s” is not on the sheet 指标 for the blocks of this award. Correct the name or the blocks."
                )
                % {"name": name},
            )
        else:
            references.append(reference)
    return tuple(dict.fromkeys(references))


def store_awards(cycle: Cycle, lines: Lines) -> None:
    blocks = {block.name: block for block in cycle.blocks.all()}
    have = {scheme.name: scheme for scheme in AwardScheme.objects.filter(cycle=cycle)}
    grouped: dict[str, list[Line]] = {}
    for line in lines.values():
        grouped.setdefault(line.key[0], []).append(line)
    for name, scheme in have.items():
        if (
            name not in grouped and scheme.prizes.exists()
        ):  # one without prizes has no row that could be left out
            scheme.delete()
    for order, (name, group) in enumerate(grouped.items(), 1):
        values = group[0].values
        scheme = have.get(name) or AwardScheme(cycle=cycle, name=name)
        rests_on, named = values["rests_on"], values["blocks"]
        scheme.kind, scheme.order = str(values["kind"]), order
        scheme.rests_on = list(rests_on) if isinstance(rests_on, tuple) else []
        scheme.save()
        scheme.blocks.set(blocks[block] for block in (named if isinstance(named, tuple) else ()))
        _store_prizes(scheme, group)


def _store_prizes(scheme: AwardScheme, group: list[Line]) -> None:
    have = {prize.grade: prize for prize in scheme.prizes.all()}
    keys: set[Key] = {line.key for line in group}
    for grade, prize in have.items():
        if (scheme.name, grade) not in keys:
            prize.delete()
    for order, line in enumerate(group, 1):
        prize = have.get(line.key[1]) or PrizeLine(scheme=scheme, grade=line.key[1])
        amount, count = line.values["amount"], line.values["count"]
        prize.count, prize.order = (count if isinstance(count, int) else 0), order
        prize.amount_fen = int(amount.scaleb(2)) if isinstance(amount, Decimal) else 0
        prize.save()
