"""The plan workbook's sheets 方案, 口 and 单位: their columns, how they are read, written and stored.

What is shared with the sheets of the apps above travels in the PlanDraft; they are gathered in
appraisal_site.plan_workbook.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext as _

from office.workbook.cells import Cell, to_choice, to_int, to_name, to_names_list, to_points, to_text, to_year
from office.workbook.difference import Line, Lines, Value, lines_of
from office.workbook.reader import Column, Row, Table, TableSpec
from office.workbook.report import ImportReport, Problem
from office.workbook.writer import ColumnOut, SheetOut
from units.models import (
    Block,
    BlockKind,
    Cycle,
    Membership,
    Mode,
    Reading,
    Rounding,
    Unit,
    UnitKind,
    UnitName,
    UnitNameKind,
)
from units.names import NameBook, normalise

SCHEME, BLOCKS, UNITS = "方案", "口", "单位"
NAME, YEAR, CODE, HOST = "名称", "年度", "代码", "主办"
PLACES, ROUNDING, TOTAL_WEIGHT = "小数位数", "取整方式", "权重合计"
SCHEME_ROWS = (NAME, YEAR, CODE, HOST, PLACES, ROUNDING, TOTAL_WEIGHT)
ROUNDING_WORDS = {"逐项": Rounding.EACH_ITEM, "总分": Rounding.TOTAL_ONLY}
DEFAULTS = {PLACES: "2", ROUNDING: "逐项", TOTAL_WEIGHT: "1000"}

SCHEME_SPEC = TableSpec(
    SCHEME,
    (Column("item", ("项目",), True), Column("content", ("内容",), True)),
    sheets=(SCHEME,),
    keep_totals=True,
)
BLOCKS_SPEC = TableSpec(
    BLOCKS,
    (Column("block", ("大块", "口"), True), Column("kind", ("类型",), True)),
    sheets=(BLOCKS, "大块"),
    keep_totals=True,
)
UNITS_SPEC = TableSpec(
    UNITS,
    (
        Column("unit", ("单位", "单位名称"), True),
        Column("kind", ("类别",), True),
        Column("blocks", ("大块", "口")),
        Column("short_name", ("简称",)),
        Column("absorbed", ("含",)),
        Column("aliases", ("别名",)),
        Column("no_award", ("不评奖",)),
        Column("principal", ("主要负责人",)),
        Column("contact", ("联络员", "经办人")),
        Column("mobile", ("手机",)),
        Column("office_phone", ("办公电话",)),
        Column("superior_leader", ("分管领导",)),
    ),
    sheets=(UNITS,),
    keep_totals=True,
)
SPECS = (SCHEME_SPEC, BLOCKS_SPEC, UNITS_SPEC)
TEXT_FIELDS = ("short_name", "principal", "contact", "mobile", "office_phone", "superior_leader")


@dataclass(slots=True)
class PlanDraft:
    """What the sheets say to each other while a plan workbook is read; names are the canonical ones."""

    code: str = ""
    name: str = ""
    year: int = 0
    host: str = ""
    places: int = 2
    rounding: str = str(Rounding.EACH_ITEM)
    total_weight: Decimal = Decimal(1000)
    blocks: dict[str, str] = field(default_factory=dict)  # name → 综合 | 专项
    units: Lines = field(default_factory=dict)
    book: NameBook[str] = field(default_factory=lambda: NameBook([]))
    items: set[tuple[str, str]] = field(default_factory=set)  # (block, item)
    sub_items: set[tuple[str, str]] = field(default_factory=set)  # (block, sub-item)
    levels: set[str] = field(default_factory=set)  # of the tariff
    scored_memberships: frozenset[tuple[str, str]] = frozenset()  # (block, unit) that hold a score
    has_scores: bool = False


def titles(spec: TableSpec) -> dict[str, str]:
    return {column.field: column.title for column in spec.columns}


def columns_out(
    spec: TableSpec, choices: dict[str, Sequence[str]] | None = None, whole: Iterable[str] = ()
) -> list[ColumnOut]:
    """The columns to write, those of `whole` as whole numbers, with the lists to pick from."""
    lists = choices or {}
    return [
        ColumnOut(
            column.title,
            kind="whole" if column.field in whole else "text",
            required=column.required,
            choices=tuple(lists.get(column.field, ())),
        )
        for column in spec.columns
    ]


def removal(sheet: str, column: str, value: str, code: str, message: str) -> Problem:
    """An error about a row that is not there any more, so that it has no cell."""
    return Problem(sheet, "", None, column, value, code, message)


def limited(
    report: ImportReport, sheet: str, cell: Cell, text: str, model: type[models.Model], name: str
) -> str:
    """The text, or an error when the record's field is too short for it."""
    longest = getattr(model._meta.get_field(name), "max_length", None)
    if longest is not None and len(text) > longest:
        report.error(
            sheet,
            cell,
            "name-too-long",
            _("“%(value)s” has %(count)d characters; at most %(limit)d fit. Shorten it.")
            % {"value": cell.shown, "count": len(text), "limit": longest},
        )
    return text


def twice(report: ImportReport, sheet: str, cell: Cell, first_row: int) -> None:
    report.error(
        sheet,
        cell,
        "duplicate-row",
        _("“%(value)s” already stands in row %(row)d. Remove one of the two rows.")
        % {"value": cell.shown, "row": first_row},
    )


def read_blocks_named(report: ImportReport, sheet: str, cell: Cell, draft: PlanDraft) -> tuple[str, ...]:
    """The blocks of a cell, each one of the sheet 口."""
    names = report.read(sheet, cell, to_names_list) or []
    for name in names:
        if name not in draft.blocks:
            report.error(
                sheet,
                cell,
                "unknown-block",
                _(
                    "“%(name)s” is not on the sheet 口, which lists: %(blocks)s. Correct the name, or add the block there."
                )
                % {"name": name, "blocks": "、".join(draft.blocks) or "—"},
            )
    return tuple(name for name in dict.fromkeys(names) if name in draft.blocks)


def read_unit_named(report: ImportReport, sheet: str, cell: Cell, name: str, draft: PlanDraft) -> str:
    """The unit's full name; an unknown name is an error that names the nearest three."""
    found = draft.book.find(name)
    if found is None:
        report.error(
            sheet,
            cell,
            "unknown-unit",
            _(
                "“%(name)s” is not on the sheet 单位. Nearest: %(nearest)s. Correct the name, or add it there as a unit or another name."
            )
            % {"name": name, "nearest": "、".join(draft.book.nearest(name)) or "—"},
        )
        return ""
    return found


# --- 方案 ------------------------------------------------------------------------------------


def scheme_lines(cycle: Cycle | None) -> Lines:
    if cycle is None:
        return {}
    words = {str(value): word for word, value in ROUNDING_WORDS.items()}
    contents: dict[str, Value] = {
        NAME: cycle.name,
        YEAR: str(cycle.year),
        CODE: cycle.code,
        HOST: cycle.host.name,
        PLACES: str(cycle.places),
        ROUNDING: words[cycle.rounding],
        TOTAL_WEIGHT: cycle.total_weight,
    }
    return lines_of(Line((item,), {"content": content}) for item, content in contents.items())


def scheme_out(lines: Lines) -> SheetOut:
    rows = [(line.key[0], _number_or_text(line.values["content"])) for line in lines.values()]
    return SheetOut(SCHEME, columns_out(SCHEME_SPEC), rows)


def _number_or_text(value: Value) -> str | Decimal | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value):
        return Decimal(value)
    return value if isinstance(value, str | Decimal) else None


def read_scheme(table: Table | None, draft: PlanDraft, report: ImportReport, cycle: Cycle | None) -> Lines:
    """The scheme's lines; fills the draft.  `cycle` None: the workbook lays down a new one."""
    if table is None:
        return {}
    cells: dict[str, Row] = {}
    for row in table.rows:
        item = report.need(SCHEME, row["item"], to_name)
        if item is None:
            continue
        if item not in SCHEME_ROWS:
            report.warn(
                SCHEME,
                row["item"],
                "unknown-row",
                _("“%(item)s” is not a row of this sheet and was not read.") % {"item": item},
            )
        elif item in cells:
            twice(report, SCHEME, row["item"], cells[item].number)
        else:
            cells[item] = row
    for item in (NAME, YEAR, HOST):
        if item not in cells:
            report.errors.append(
                removal(
                    SCHEME,
                    "项目",
                    item,
                    "missing-row",
                    _("The row “%(item)s” is missing. Add it with its content.") % {"item": item},
                )
            )
    _read_scheme_cells(cells, draft, report)
    _check_scheme(cells, draft, report, cycle)
    words = {str(value): word for word, value in ROUNDING_WORDS.items()}
    contents: dict[str, Value] = {
        NAME: draft.name,
        YEAR: str(draft.year),
        CODE: draft.code,
        HOST: draft.host,
        PLACES: str(draft.places),
        ROUNDING: words[draft.rounding],
        TOTAL_WEIGHT: draft.total_weight,
    }
    return lines_of(
        Line((item,), {"content": content}, cells[item].number if item in cells else 0)
        for item, content in contents.items()
    )


def _read_scheme_cells(cells: dict[str, Row], draft: PlanDraft, report: ImportReport) -> None:
    if NAME in cells:
        cell = cells[NAME]["content"]
        draft.name = limited(report, SCHEME, cell, report.need(SCHEME, cell, to_text) or "", Cycle, "name")
    if YEAR in cells:
        draft.year = report.need(SCHEME, cells[YEAR]["content"], to_year) or 0
    if HOST in cells:
        draft.host = report.need(SCHEME, cells[HOST]["content"], to_name) or ""
    draft.code = str(draft.year or "")
    if CODE in cells:
        draft.code = report.read(SCHEME, cells[CODE]["content"], to_name) or draft.code
    if PLACES in cells:
        cell = cells[PLACES]["content"]
        places = report.read(SCHEME, cell, to_int)
        draft.places = 2 if places is None else places
        if not 0 <= draft.places <= 4:
            report.error(
                SCHEME,
                cell,
                "places",
                _("%(value)s decimals are not possible; 0 to 4 are.") % {"value": cell.shown},
            )
            draft.places = 2
    if ROUNDING in cells:
        word = report.read(SCHEME, cells[ROUNDING]["content"], to_choice, tuple(ROUNDING_WORDS))
        draft.rounding = str(ROUNDING_WORDS[word or "逐项"])
    if TOTAL_WEIGHT in cells:
        cell = cells[TOTAL_WEIGHT]["content"]
        total = report.read(SCHEME, cell, to_points, 4)
        draft.total_weight = Decimal(1000) if total is None else plain_decimal(total)
        if draft.total_weight <= 0:
            report.error(
                SCHEME, cell, "not-positive", _("%(value)s must be more than 0.") % {"value": cell.shown}
            )


def plain_decimal(value: Decimal) -> Decimal:
    """The same number in one form only, so that 100 and 100.00 are no difference."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _check_scheme(cells: dict[str, Row], draft: PlanDraft, report: ImportReport, cycle: Cycle | None) -> None:
    def cell(item: str) -> Cell:
        return cells[item]["content"] if item in cells else cells[next(iter(cells))]["item"]

    if not cells or not draft.year:
        return
    if cycle is not None and draft.code != cycle.code:
        report.error(
            SCHEME,
            cell(CODE),
            "wrong-cycle",
            _(
                "The workbook is for “%(code)s”, this is %(cycle)s. Open the year it belongs to, or correct the code."
            )
            % {"code": draft.code, "cycle": cycle.code},
        )
    elif cycle is not None and draft.year != cycle.year:
        report.error(
            SCHEME,
            cell(YEAR),
            "wrong-year",
            _(
                "The workbook says %(year)d, but %(cycle)s is the appraisal of %(wanted)d. Correct the year, or give the workbook a code of its own."
            )
            % {"year": draft.year, "cycle": cycle.code, "wanted": cycle.year},
        )
    elif not re.fullmatch(rf"{draft.year}(-[\w-]+)?", draft.code) or len(draft.code) > 40:
        report.error(
            SCHEME,
            cell(CODE),
            "wrong-code",
            _(
                "“%(code)s” is no code for %(year)d: use %(year)d, or %(year)d-word for a unit's own appraisal, at most 40 characters."
            )
            % {"code": draft.code, "year": draft.year},
        )
    if cycle is not None and draft.has_scores and draft.places != cycle.places:
        report.error(
            SCHEME,
            cell(PLACES),
            "places-frozen",
            _(
                "%(cycle)s already holds scores with %(old)d decimals, so the number of decimals cannot become %(new)d any more. Put %(old)d back."
            )
            % {"cycle": cycle.code, "old": cycle.places, "new": draft.places},
        )


def check_host(table: Table | None, draft: PlanDraft, report: ImportReport) -> None:
    """The host must be a unit of the sheet 单位; its full name is taken over."""
    if table is None or not draft.host:
        return
    row = next(r for r in table.rows if r.text("item") == HOST)
    draft.host = read_unit_named(report, SCHEME, row["content"], draft.host, draft) or draft.host


def name_host(lines: Lines, draft: PlanDraft) -> None:
    """Put the host's full name into the line that was read before the units were known."""
    line = lines.get((HOST,))
    if line is not None:
        lines[(HOST,)] = Line(line.key, {"content": draft.host}, line.row)


def store_scheme(cycle: Cycle, draft: PlanDraft) -> None:
    cycle.name, cycle.year = draft.name, draft.year
    cycle.host = Unit.objects.get(name=draft.host)
    cycle.places, cycle.rounding, cycle.total_weight = draft.places, draft.rounding, draft.total_weight
    cycle.save()
    for reading in Reading.objects.filter(cycle=cycle, code="R1").exclude(choice=draft.rounding):
        reading.choice = draft.rounding
        reading.save()


# --- 口 --------------------------------------------------------------------------------------


def block_lines(cycle: Cycle | None) -> Lines:
    if cycle is None:
        return {}
    return lines_of(Line((b.name,), {"kind": b.kind}) for b in cycle.blocks.order_by("order", "id"))


def blocks_out(lines: Lines) -> SheetOut:
    rows = [(line.key[0], str(line.values["kind"])) for line in lines.values()]
    return SheetOut(BLOCKS, columns_out(BLOCKS_SPEC, {"kind": BlockKind.values}), rows)


def read_blocks(table: Table | None, draft: PlanDraft, report: ImportReport, before: Lines) -> Lines:
    if table is None:
        return {}
    lines: Lines = {}
    for row in table.rows:
        name = report.need(BLOCKS, row["block"], to_name)
        kind = report.need(BLOCKS, row["kind"], to_choice, tuple(BlockKind.values))
        if name is None or kind is None:
            continue
        limited(report, BLOCKS, row["block"], name, Block, "name")
        if "/" in name:
            report.error(
                BLOCKS, row["block"], "slash", _("“%(name)s”: a name may not hold “/”.") % {"name": name}
            )
        if (name,) in lines:
            twice(report, BLOCKS, row["block"], lines[(name,)].row)
            continue
        lines[(name,)] = Line((name,), {"kind": kind}, row.number)
        draft.blocks[name] = kind
    for (name,) in before:
        if (name,) not in lines and any(block == name for block, _unit in draft.scored_memberships):
            report.errors.append(
                removal(
                    BLOCKS,
                    "大块",
                    name,
                    "holds-scores",
                    _("The block “%(name)s” holds scores, so its row may not be left out. Put it back.")
                    % {"name": name},
                )
            )
    return lines


def store_blocks(cycle: Cycle, lines: Lines) -> None:
    cycle.blocks.exclude(name__in=[name for (name,) in lines]).delete()
    have = {block.name: block for block in cycle.blocks.all()}
    for order, line in enumerate(lines.values(), 1):
        block = have.get(line.key[0]) or Block(cycle=cycle, name=line.key[0])
        if block.pk is None or (block.kind, block.order) != (line.values["kind"], order):
            block.kind, block.order = str(line.values["kind"]), order
            block.save()


# --- 单位 ------------------------------------------------------------------------------------


def unit_lines(cycle: Cycle | None) -> Lines:
    """Every unit of the cycle; a known number of queries whatever their number."""
    if cycle is None:
        return {}
    units = (
        cycle.units.order_by("order", "id")
        .prefetch_related("other_names")
        .prefetch_related(
            models.Prefetch(
                "memberships",
                Membership.objects.filter(block__cycle=cycle)
                .select_related("block")
                .order_by("block__order", "block_id"),
                to_attr="of_this_cycle",
            )
        )
    )
    return lines_of(Line((unit.name,), _unit_values(unit)) for unit in units)


def _unit_values(unit: Unit) -> dict[str, Value]:
    memberships: list[Membership] = unit.of_this_cycle  # type: ignore[attr-defined]  # from the prefetch above
    names = list(unit.other_names.all())
    return {
        "kind": unit.kind,
        "blocks": tuple(m.block.name for m in memberships),
        "short_name": unit.short_name,
        "absorbed": tuple(n.name for n in names if n.kind == UnitNameKind.ABSORBED),
        "aliases": tuple(n.name for n in names if n.kind == UnitNameKind.ALIAS),
        "no_award": tuple(m.block.name for m in memberships if m.mode == Mode.NO_AWARD),
        "principal": unit.principal,
        "contact": unit.contact,
        "mobile": unit.mobile,
        "office_phone": unit.office_phone,
        "superior_leader": unit.superior_leader,
    }


def units_out(lines: Lines) -> SheetOut:
    rows = []
    for line in lines.values():
        values = dict(line.values)
        if values["no_award"] and values["no_award"] == values["blocks"]:
            values["no_award"] = "是"
        rows.append([line.key[0], *(_joined(values[c.field]) for c in UNITS_SPEC.columns[1:])])
    return SheetOut(UNITS, columns_out(UNITS_SPEC, {"kind": UnitKind.values}), rows)


def _joined(value: Value) -> str:
    return "、".join(value) if isinstance(value, tuple) else str(value or "")


def read_units(table: Table | None, draft: PlanDraft, report: ImportReport, before: Lines) -> Lines:
    if table is None:
        return {}
    lines: Lines = {}
    cells: dict[str, Cell] = {}
    for row in table.rows:
        name = report.need(UNITS, row["unit"], to_name)
        kind = report.need(UNITS, row["kind"], to_choice, tuple(UnitKind.values))
        if name is None:
            continue
        limited(report, UNITS, row["unit"], name, Unit, "name")
        if "/" in name:
            report.error(
                UNITS, row["unit"], "slash", _("“%(name)s”: a name may not hold “/”.") % {"name": name}
            )
        if (name,) in lines:
            twice(report, UNITS, row["unit"], lines[(name,)].row)
            continue
        values = _read_unit(table, row, kind or "", draft, report)
        for column in ("absorbed", "aliases"):
            if column in values:
                old = before[(name,)].values[column] if (name,) in before else ()
                values[column] = _other_names(name, values[column], old)
        lines[(name,)] = Line((name,), values, row.number)
        cells[name] = row["unit"]
    draft.units = lines
    pairs = [
        (other, key[0]) for key, line in lines.items() for other in (key[0], *_others(line, before.get(key)))
    ]
    draft.book = NameBook(pairs)
    _check_names(pairs, cells, draft, report)
    _check_removed(lines, before, draft, report)
    return lines


def _others(line: Line, stored: Line | None) -> tuple[str, ...]:
    """The unit's other names: of the sheet, or stored ones where the sheet lacks the column."""
    names: list[str] = []
    for column in ("absorbed", "aliases"):
        source = line if column in line.values else stored
        value = source.values[column] if source is not None else ()
        names += value if isinstance(value, tuple) else ()
    return tuple(names)


def _read_unit(table: Table, row: Row, kind: str, draft: PlanDraft, report: ImportReport) -> dict[str, Value]:
    """The values of the columns that the sheet has; what it has not stays as it is."""
    values: dict[str, Value] = {"kind": kind}
    if table.has("blocks"):
        named = read_blocks_named(report, UNITS, row["blocks"], draft)
        values["blocks"] = tuple(sorted(named, key=list(draft.blocks).index))
    for name in TEXT_FIELDS:
        if table.has(name):
            text = report.read(UNITS, row[name], to_text) or ""
            values[name] = limited(report, UNITS, row[name], text, Unit, name)
    for name in ("absorbed", "aliases"):
        if table.has(name):
            names = tuple(dict.fromkeys(report.read(UNITS, row[name], to_names_list) or []))
            for each in names:
                limited(report, UNITS, row[name], each, UnitName, "name")
            values[name] = names
    if table.has("no_award"):
        values["no_award"] = _read_no_award(row, values.get("blocks", ()), draft, report)
    return values


def _other_names(unit: str, names: Value, before: Value) -> tuple[str, ...]:
    """Without the unit's own name; in the order they are stored in when they are the same names."""
    kept = tuple(n for n in names if normalise(n) != normalise(unit)) if isinstance(names, tuple) else ()
    return before if isinstance(before, tuple) and set(before) == set(kept) else kept


def _read_no_award(row: Row, blocks: Value, draft: PlanDraft, report: ImportReport) -> tuple[str, ...]:
    """是: in every block of the unit; 否 or blank: in none; else the names of the blocks."""
    cell = row["no_award"]
    mine = blocks if isinstance(blocks, tuple) else ()
    word = normalise(cell.raw)
    if word in ("是", "√"):
        return mine
    if word in ("", "否", "×"):
        return ()
    named = read_blocks_named(report, UNITS, cell, draft)
    for name in named:
        if name not in mine:
            report.error(
                UNITS,
                cell,
                "not-a-member",
                _("“%(name)s” is not among the blocks of this unit. Enter 是, or blocks of its column 大块.")
                % {"name": name},
            )
    return tuple(name for name in mine if name in named)


def _check_names(
    pairs: list[tuple[str, str]], cells: dict[str, Cell], draft: PlanDraft, report: ImportReport
) -> None:
    """No name may mean two units, neither on the sheet nor among the units of other years."""
    owner: dict[str, str] = {}
    for name, unit in pairs:
        plain = normalise(name)
        first = owner.setdefault(plain, unit)
        if first != unit:
            report.error(
                UNITS,
                cells[unit],
                "name-of-two",
                _("“%(name)s” names both %(first)s and %(second)s. Take it away from one of them.")
                % {"name": name, "first": first, "second": unit},
            )
    mine = {unit for _name, unit in pairs}
    for other in (
        UnitName.objects.filter(plain__in=list(owner)).exclude(unit__name__in=mine).select_related("unit")
    ):
        unit = owner[other.plain]
        report.error(
            UNITS,
            cells[unit],
            "name-of-two",
            _("“%(name)s” names both %(first)s and %(second)s. Take it away from one of them.")
            % {"name": other.name, "first": other.unit.name, "second": unit},
        )


def _check_removed(lines: Lines, before: Lines, draft: PlanDraft, report: ImportReport) -> None:
    for block, unit in sorted(draft.scored_memberships):
        line = lines.get((unit,))
        old = before.get((unit,))
        blocks = (
            line.values if line and "blocks" in line.values else old.values if line and old else {}
        ).get("blocks", ())
        if not isinstance(blocks, tuple) or block not in blocks:
            report.errors.append(
                removal(
                    UNITS,
                    "大块",
                    unit,
                    "holds-scores",
                    _(
                        "%(unit)s already holds scores in %(block)s, so it may not be taken out. Put it back, or clear its scores first."
                    )
                    % {"unit": unit, "block": block},
                )
            )


def store_units(cycle: Cycle, lines: Lines) -> None:
    """Units, their other names and memberships as the lines say; units left out stay known, but leave the cycle."""
    have = {unit.name: unit for unit in Unit.objects.filter(name__in=[name for (name,) in lines])}
    renumber = [unit.name for unit in sorted(have.values(), key=lambda u: (u.order, u.pk))] != [
        n for (n,) in lines
    ]
    for order, line in enumerate(lines.values(), 1):
        unit = have.get(line.key[0]) or Unit(name=line.key[0], order=order)
        wanted = {name: line.values[name] for name in ("kind", *TEXT_FIELDS) if name in line.values}
        if renumber:
            wanted["order"] = order
        if unit.pk is None or any(getattr(unit, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(unit, name, value)
            unit.save()
        have[unit.name] = unit
    cycle.units.set(have.values())
    _store_names(have, lines)
    _store_memberships(cycle, have, lines)


def _store_names(units: dict[str, Unit], lines: Lines) -> None:
    kinds = {"absorbed": UnitNameKind.ABSORBED, "aliases": UnitNameKind.ALIAS}
    wanted: dict[tuple[str, str], tuple[str, str]] = {}  # (unit, name) → (unit, kind)
    for (unit,), line in lines.items():
        for column, kind in kinds.items():
            names = line.values.get(column)
            for name in names if isinstance(names, tuple) else ():
                wanted.setdefault((unit, name), (unit, kind))
    stored = UnitName.objects.filter(unit__in=units.values(), kind__in=kinds.values()).select_related("unit")
    kept: set[tuple[str, str]] = set()
    for row in stored:
        column = "absorbed" if row.kind == UnitNameKind.ABSORBED else "aliases"
        key = (row.unit.name, row.name)
        if column not in lines[(row.unit.name,)].values or wanted.get(key, ("", ""))[1] == row.kind:
            kept.add(key)
        else:
            row.delete()
    for (unit, name), (_unit, wanted_kind) in wanted.items():
        if (unit, name) not in kept:
            UnitName.objects.create(unit=units[unit], name=name, kind=wanted_kind)


def _store_memberships(cycle: Cycle, units: dict[str, Unit], lines: Lines) -> None:
    blocks = {block.name: block for block in cycle.blocks.all()}
    stored = {
        (m.block.name, m.unit.name): m
        for m in Membership.objects.filter(block__cycle=cycle).select_related("block", "unit")
    }
    for (block, unit), membership in stored.items():
        line = lines.get((unit,))
        named = line.values.get("blocks") if line else ()
        if isinstance(named, tuple) and block not in named:
            membership.delete()
    for (unit,), line in lines.items():
        named = line.values.get("blocks")
        no_award = line.values.get("no_award")
        for block in named if isinstance(named, tuple) else ():
            mode = Mode.NO_AWARD if isinstance(no_award, tuple) and block in no_award else Mode.FULL
            membership = stored.get((block, unit)) or Membership(block=blocks[block], unit=units[unit])
            if membership.pk is None or (isinstance(no_award, tuple) and membership.mode != mode):
                membership.mode = mode
                membership.save()
