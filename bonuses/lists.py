"""The list of adjustments (加减分清单) as a workbook: read line by line into claims, and written.

Nothing is stored here; taking a list in is in bonuses.actions.lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from bonuses import policy, queries
from bonuses.claims import Claim, Frame, PaperDraft, judged
from bonuses.models import Adjustment, AdjustmentKind, DocumentKind, Honoured, Scope
from bonuses.workbooks import LEVELS
from office.refusal import Refused
from office.workbook.cells import Cell, to_choice, to_date, to_int, to_name, to_points, to_text, to_yes
from office.workbook.guard import Source
from office.workbook.reader import Column, Row, TableSpec, read_workbook
from office.workbook.report import ImportReport
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from units.hats import Hat
from units.models import Cycle, Unit, UnitName
from units.names import NameBook, normalise

SHEET: Final = "加减分清单"
LIST: Final = TableSpec(
    SHEET,
    (
        Column("unit", ("单位", "单位名称"), required=True),
        Column("kind", ("类型",), required=True),
        Column("level", ("级别",)),
        Column("scope", ("范围",)),
        Column("honoured", ("受表彰对象",)),
        Column("rank", ("名次",)),
        Column("pool", ("奖励项目",)),
        Column("listed", ("分值",)),
        Column("paper_kind", ("依据种类",)),
        Column("number", ("文号",)),
        Column("title", ("文件标题", "标题"), required=True),
        Column("issuer", ("发文机关",)),
        Column("leader", ("签字领导",)),
        Column("on", ("日期", "发文日期"), required=True),
        Column("matter", ("同一事项",)),
        Column("carried_over", ("上年未加分",)),
        Column("attachment", ("附件",)),
    ),
)
# Where a refusal of the whole claim is shown in its row.
FIELD_OF: Final = {
    "unclear-issuer": "issuer",
    "unknown-issuer": "issuer",
    "no-issuer": "issuer",
    "no-leader": "leader",
    "level-disagrees": "level",
    "not-prefecture-department": "issuer",
    "points-by-hand": "listed",
    "no-points": "listed",
    "too-many-decimals": "listed",
    "no-pool": "pool",
    "no-rank": "rank",
    "no-title": "title",
    "no-number": "number",
    "no-date": "on",
    "date-outside": "on",
    "date-disagrees": "on",
    "no-carry-over": "carried_over",
    "no-proof": "carried_over",
    "no-file": "attachment",
    "file-of-another-paper": "attachment",
    "already-counted": "number",
    "reward-by-list": "kind",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list, judged."""

    row: Row
    unit: Unit
    claim: Claim
    paper: PaperDraft
    attachment: str  # name in the zip, "" without
    matter: str


@dataclass(slots=True)
class ReadList:
    report: ImportReport
    sheet: str = SHEET
    lines: list[Line] = field(default_factory=list)
    signed: dict[str, str] = field(default_factory=dict)

    def blame(self, line: Line, refusal: Refused) -> None:
        """Show a refusal at the cell of its row that it is about."""
        self.report.error(
            self.sheet, line.row[FIELD_OF.get(refusal.code, "unit")], refusal.code, refusal.sentence
        )


def unit_book(cycle: Cycle) -> tuple[NameBook[int], dict[int, Unit]]:
    """Every name of every unit of the year.  Two queries."""
    units = {
        unit.pk: unit
        for unit in Unit.objects.filter(Q(cycles=cycle) | Q(memberships__block__cycle=cycle)).distinct()
    }
    names = [(unit.name, pk) for pk, unit in units.items()]
    names += [(unit.short_name, pk) for pk, unit in units.items() if unit.short_name]
    names += list(UnitName.objects.filter(unit__in=units).values_list("name", "unit_id"))
    return NameBook(names), units


def read_list(source: Source, frame: Frame, by: Hat, *, file_name: str) -> ReadList:
    """The list's lines with every problem by its cell; raises Refused for a file that is no workbook."""
    book = read_workbook(source, [LIST], file_name=file_name)
    made = ReadList(book.report())
    table = book.tables.get(SHEET)
    if table is None:
        return made
    made.sheet, made.signed = table.sheet, dict(table.signatures)
    if table.title.year is not None and table.title.year not in {frame.cycle.year, None}:
        first = table.rows[0]["unit"] if len(table.rows) else Cell("", "", 1, 0, "", 0)
        made.report.error(
            made.sheet,
            first,
            "wrong-year",
            _("The title says %(found)d; this is the list of %(year)d.")
            % {"found": table.title.year, "year": frame.cycle.year},
        )
    names, units = unit_book(frame.cycle)
    seen: dict[tuple[int, str, str, str], int] = {}
    for row in table.rows:
        line = _line(row, made, frame, by, names, units, file_name)
        if line is None:
            continue
        draft = line.paper
        paper = normalise(draft.number) or normalise(draft.title)
        key = (line.unit.pk, line.claim.kind, paper, normalise(draft.issuer or draft.leader))
        if key in seen:
            made.report.error(
                made.sheet,
                row["unit"],
                "duplicate-row",
                _("Row %(row)d names the same paper for the same unit. Remove one of the two rows.")
                % {"row": seen[key]},
            )
            continue
        seen[key] = row.number
        made.lines.append(line)
    return made


def _line(
    row: Row,
    made: ReadList,
    frame: Frame,
    by: Hat,
    names: NameBook[int],
    units: dict[int, Unit],
    file_name: str,
) -> Line | None:
    """The row judged; None when it has an error."""
    report, sheet = made.report, made.sheet
    before = len(report.errors)
    unit = _unit(row["unit"], made, names, units)
    kind = report.need(sheet, row["kind"], to_choice, tuple(AdjustmentKind.values))
    level = report.read(sheet, row["level"], to_choice, LEVELS) or ""
    scope = report.read(sheet, row["scope"], to_choice, tuple(Scope.values)) or str(Scope.COMPREHENSIVE)
    honoured = report.read(sheet, row["honoured"], to_choice, tuple(Honoured.values)) or str(Honoured.UNIT)
    rank = report.read(sheet, row["rank"], to_int, "名")
    pool_name = report.read(sheet, row["pool"], to_choice, tuple(frame.pools))
    listed = report.read(sheet, row["listed"], to_points, frame.cycle.places)
    paper_kind = report.read(sheet, row["paper_kind"], to_choice, tuple(DocumentKind.values)) or str(
        DocumentKind.FORMAL
    )
    number = report.read(sheet, row["number"], to_text) or ""
    title = report.need(sheet, row["title"], to_text)
    issuer = report.read(sheet, row["issuer"], to_name) or ""
    leader = report.read(sheet, row["leader"], to_name) or ""
    on = report.need(sheet, row["on"], to_date)
    matter = report.read(sheet, row["matter"], to_text) or ""
    carried = report.read(sheet, row["carried_over"], to_yes) or False
    attachment = report.read(sheet, row["attachment"], to_text) or ""
    for name, text, most in (("number", number, 80), ("title", title or "", 200), ("issuer", issuer, 80)):
        if len(text) > most:
            report.error(
                sheet,
                row[name],
                "name-too-long",
                _("“%(value)s” has %(count)d characters; at most %(limit)d fit. Shorten it.")
                % {"value": row[name].shown, "count": len(text), "limit": most},
            )
    if len(report.errors) > before or unit is None or kind is None or title is None or on is None:
        return None
    signed = paper_kind == DocumentKind.SIGNED
    paper = PaperDraft(
        kind=paper_kind,
        number="" if signed else number,
        title=title,
        issuer="" if signed else issuer,
        leader=(leader or issuer) if signed else "",
        on=on,
    )
    claim = Claim(
        kind=kind,
        level=level,
        scope=scope,
        honoured=honoured,
        rank=rank,
        pool=frame.pools.get(pool_name or ""),
        listed=listed,
        carried_over=carried,
        proof=_("list %(file)s, row %(row)d") % {"file": file_name, "row": row.number} if carried else "",
    )
    line = Line(row, unit, claim, paper, attachment, matter[:200])
    try:
        return Line(row, unit, judged(claim, paper, frame, by), paper, attachment, matter[:200])
    except Refused as refusal:
        made.blame(line, refusal)
        return None


def _unit(cell: Cell, made: ReadList, names: NameBook[int], units: dict[int, Unit]) -> Unit | None:
    text = made.report.need(made.sheet, cell, to_name)
    if text is None:
        return None
    found = names.find(text)
    if found is None:
        made.report.error(
            made.sheet,
            cell,
            "unknown-unit",
            _("No unit is called “%(name)s”. Nearest: %(nearest)s.")
            % {"name": text, "nearest": "、".join(names.nearest(text))},
        )
        return None
    return units[found]


# Writing -----------------------------------------------------------------------------------------


def register(cycle: Cycle, rows: Iterable[Adjustment], frame: Frame) -> bytes:
    """The register as the same workbook, so that it can be sent back; 分值 only where points are listed."""
    lines: list[list[Value]] = []
    for row in rows:
        paper = row.document
        signed = paper.kind == DocumentKind.SIGNED
        lines.append(
            [
                row.unit.name,
                row.kind,
                row.level,
                row.scope,
                row.honoured,
                row.rank,
                row.pool.name if row.pool is not None else "",
                row.listed,
                paper.kind,
                paper.number,
                paper.title,
                "" if signed else paper.issuer,
                paper.leader,
                paper.on,
                row.matter.title if row.matter is not None else "",
                "是" if row.carried_over else "",
                paper.file.name if paper.file is not None else "",
            ]
        )
    columns = _columns(cycle, frame)
    sheet = SheetOut(SHEET, columns, lines, title=f"{cycle.year}年度加减分清单", footer={}, frozen_columns=2)
    return write_workbook([sheet], {"cycle": cycle.code, "year": str(cycle.year), "kind": "adjustments"})


def _columns(cycle: Cycle, frame: Frame) -> list[ColumnOut]:
    choices: dict[str, tuple[str, ...]] = {
        "unit": tuple(member.unit.name for member in queries.members_with_papers(cycle)),
        "kind": tuple(AdjustmentKind.values),
        "level": LEVELS,
        "scope": tuple(Scope.values),
        "honoured": tuple(Honoured.values),
        "pool": tuple(frame.pools),
        "paper_kind": tuple(DocumentKind.values),
        "issuer": tuple(frame.levels),
        "carried_over": ("是",),
    }
    kinds: dict[str, Any] = {"rank": "whole", "listed": "number", "on": "date"}
    return [
        ColumnOut(
            column.title,
            kind=kinds.get(column.field, "text"),
            places=cycle.places,
            required=column.required,
            choices=choices.get(column.field, ()),
        )
        for column in LIST.columns
    ]


def warn_of_caps(made: ReadList, frame: Frame) -> None:
    """Reward points above a pool's cap are taken and counted to the cap only; say so at the cell."""
    total: dict[tuple[int, int], Decimal] = {}
    for line in made.lines:
        if line.claim.kind != policy.REWARD or line.claim.pool is None or line.claim.listed is None:
            continue
        key = (line.unit.pk, line.claim.pool.pk)
        total[key] = total.get(key, Decimal(0)) + line.claim.listed
        if total[key] > line.claim.pool.cap:
            made.report.warn(
                made.sheet,
                line.row["listed"],
                "above-cap",
                _("%(unit)s has %(sum)s points from %(pool)s; %(cap)s of them count.")
                % {
                    "unit": line.unit.name,
                    "sum": str(total[key]),
                    "pool": line.claim.pool.name,
                    "cap": str(line.claim.pool.cap),
                },
            )
