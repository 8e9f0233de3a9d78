"""The plan workbook's sheet 指标: the rules of every block, read, checked, written and stored.

Blocks and units come in the draft that units.workbooks fills; the sums are checked in scoring.rule_checks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from office.workbook.cells import Cell, to_choice, to_name, to_names_list, to_points, to_text
from office.workbook.difference import Key, Line, Lines, Value, lines_of
from office.workbook.reader import Column, Row, Table, TableSpec
from office.workbook.report import ImportReport
from office.workbook.writer import ColumnOut, SheetOut
from scoring.models import Deduction, Indicator, Look, MajorItem, RuleSource, Score, SubItem
from scoring.rule_checks import BlockFacts, Finding, ItemFacts, RuleLack, SubItemFacts, check
from units.models import Block, BlockKind, Cycle, Unit
from units.workbooks import PlanDraft, limited, plain_decimal, read_unit_named, removal, twice

RULES = "指标"
TO_ZERO, SPECIAL = "扣完为止", "特别注明"
SPEC = TableSpec(
    RULES,
    (
        Column("block", ("大块", "口"), True),
        Column("item", ("大项",), True),
        Column("weight", ("权重分",), True),
        Column("item_base", ("大项基础分",), True),
        Column("sub_item", ("中项",), True),
        Column("base", ("中项基础分",), True),
        Column("indicator", ("小项",)),
        Column("indicator_base", ("小项基础分",)),
        Column("lead", ("责任单位",)),
        Column("helpers", ("配合单位",)),
        Column("look", ("考评方式",)),
        Column("floor", ("扣分下限",)),
        Column("floor_points", ("最低分",)),
        Column("floor_text", ("特别注明内容",)),
        Column("aliases", ("别名",)),
        Column("source", ("来源",)),
        Column("rule_text", ("计分办法",)),
    ),
    sheets=(RULES,),
    keep_totals=True,
)
FIGURES = ("weight", "item_base", "base", "indicator_base", "floor_points")
OF_ITEM = ("weight", "item_base")
OF_SUB_ITEM = ("base", "lead", "helpers", "look", "floor", "floor_points", "floor_text", "aliases", "source")
DEFAULTS: dict[str, Value] = {
    "lead": "", "helpers": (), "look": str(Look.BOTH), "floor": TO_ZERO, "floor_points": None, "floor_text": "", "aliases": (),
    "source": str(RuleSource.CONFIRMED), "indicator_base": None, "rule_text": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What already holds scores and so may not be taken out; `highest` and `lowest` by (block, item, sub-item)."""

    memberships: frozenset[tuple[str, str]] = frozenset()
    highest: dict[Key, Decimal] = field(default_factory=dict)
    deductions: frozenset[Key] = frozenset()  # (block, item, sub-item, indicator)

    @property
    def any(self) -> bool:
        return bool(self.highest)


def held_by_scores(cycle: Cycle | None) -> Held:
    """Three queries, whatever the number of scores."""
    if cycle is None:
        return Held()
    scores = Score.objects.filter(cell__block__cycle=cycle)
    memberships = scores.values_list("cell__block__name", "cell__membership__unit__name").distinct()
    highest = scores.values_list(
        "cell__block__name", "cell__sub_item__item__name", "cell__sub_item__name"
    ).annotate(Max("points"))
    deductions = Deduction.objects.filter(
        score__cell__block__cycle=cycle, indicator__isnull=False
    ).values_list(
        "indicator__sub_item__item__block__name",
        "indicator__sub_item__item__name",
        "indicator__sub_item__name",
        "indicator__name",
    )
    return Held(
        frozenset(memberships.order_by()),
        {(block, item, sub): points for block, item, sub, points in highest.order_by()},
        frozenset(deductions.order_by().distinct()),
    )


# --- Writing ---------------------------------------------------------------------------------


def rule_lines(cycle: Cycle | None) -> Lines:
    if cycle is None:
        return {}
    subs = (
        SubItem.objects.filter(item__block__cycle=cycle)
        .select_related("item__block", "lead")
        .prefetch_related("helpers", "indicators")
        .order_by("item__block__order", "item__block_id", "item__order", "item_id", "order", "id")
    )
    return lines_of(line for sub in subs for line in _lines_of_sub_item(sub))


def _lines_of_sub_item(sub: SubItem) -> Iterable[Line]:
    shared: dict[str, Value] = {
        "weight": plain_decimal(sub.item.weight_points),
        "item_base": plain_decimal(sub.item.base_points),
        "base": plain_decimal(sub.base_points),
        "lead": sub.lead.name if sub.lead else "",
        "helpers": tuple(sorted(helper.name for helper in sub.helpers.all())),
        "look": sub.look,
        "floor": TO_ZERO if sub.floor_points is None else SPECIAL,
        "floor_points": None if sub.floor_points is None else plain_decimal(sub.floor_points),
        "floor_text": sub.floor_text,
        "aliases": tuple(sub.aliases),
        "source": sub.source,
    }
    key = (sub.item.block.name, sub.item.name, sub.name)
    indicators = list(sub.indicators.all())
    if not indicators:
        yield Line((*key, ""), {**shared, "indicator_base": None, "rule_text": ""})
    for each in indicators:
        own: dict[str, Value] = {
            "indicator_base": plain_decimal(each.base_points),
            "rule_text": each.rule_text,
        }
        yield Line((*key, each.name), shared | own)


def rules_out(lines: Lines) -> SheetOut:
    choices = {
        "look": tuple(Look.values),
        "floor": (TO_ZERO, SPECIAL),
        "source": (RuleSource.PLAN.value, RuleSource.STAND_IN.value, RuleSource.CONFIRMED.value),
    }
    columns = [
        ColumnOut(
            c.title,
            kind="number" if c.field in FIGURES else "text",
            places=_decimals(lines, c.field),
            required=c.required,
            choices=choices.get(c.field, ()),
        )
        for c in SPEC.columns
    ]
    rows = []
    for line in lines.values():
        named: dict[str, Value] = dict(zip(("block", "item", "sub_item", "indicator"), line.key, strict=True))
        values = named | dict(line.values)
        rows.append([_cell(values[c.field]) for c in SPEC.columns])
    return SheetOut(RULES, columns, rows, frozen_columns=2)


def _decimals(lines: Lines, name: str) -> int:
    """As many decimals as the figures of the column need."""
    figures = (line.values.get(name) for line in lines.values())
    exponents = (f.as_tuple().exponent for f in figures if isinstance(f, Decimal))
    return max((-e for e in exponents if isinstance(e, int)), default=0)


def _cell(value: Value) -> str | Decimal | None:
    if isinstance(value, tuple):
        return "、".join(value)
    return value if isinstance(value, str | Decimal) else None


# --- Reading ---------------------------------------------------------------------------------


def read_rules(
    table: Table | None, draft: PlanDraft, report: ImportReport, before: Lines, held: Held
) -> Lines:
    """The lines of the sheet, with every error and warning about them; fills the draft's items."""
    if table is None:
        return {}
    reading = _Reading(table, draft, report, before)
    for row in table.rows:
        reading.take(row)
    reading.check_sums()
    reading.check_held(held)
    return reading.lines


class _Reading:
    def __init__(self, table: Table, draft: PlanDraft, report: ImportReport, before: Lines) -> None:
        self.table = table
        self.draft = draft
        self.report = report
        self.before = before
        self.lines: Lines = {}
        self.rows: dict[Key, Row] = {}  # the first row of each key
        self.first: dict[Key, dict[str, Value]] = {}  # what the first row of an item or sub-item said

    def take(self, row: Row) -> None:
        report = self.report
        block = self._block(row)
        item = report.need(RULES, row["item"], to_name)
        sub = report.need(RULES, row["sub_item"], to_name)
        if block is None or item is None or sub is None:
            return
        limited(report, RULES, row["item"], item, MajorItem, "name")
        limited(report, RULES, row["sub_item"], sub, SubItem, "name")
        indicator = report.read(RULES, row["indicator"], to_text) or ""
        limited(report, RULES, row["indicator"], indicator, Indicator, "name")
        key = (block, item, sub, indicator)
        if key in self.lines:
            twice(report, RULES, row["indicator" if indicator else "sub_item"], self.lines[key].row)
            return
        if (indicator and (*key[:3], "") in self.lines) or (not indicator and key[:3] in self.rows):
            report.error(
                RULES,
                row["sub_item"],
                "mixed-indicators",
                _(
                    "“%(sub)s” stands there with and without indicators. Give every row of it an indicator, or keep one row."
                )
                % {"sub": sub},
            )
            return
        values = self._values(row, key)
        self.lines[key] = Line(key, values, row.number)
        for part in (key[:2], key[:3]):
            self.rows.setdefault(part, row)
        self._same_as_first(key[:2], OF_ITEM, values, row)
        self._same_as_first(key[:3], OF_SUB_ITEM, values, row)
        self.draft.items.add((block, item))
        self.draft.sub_items.add((block, sub))

    def _block(self, row: Row) -> str | None:
        name = self.report.need(RULES, row["block"], to_name)
        if name is not None and name not in self.draft.blocks:
            self.report.error(
                RULES,
                row["block"],
                "unknown-block",
                _(
                    "“%(name)s” is not on the sheet 口, which lists: %(blocks)s. Correct the name, or add the block there."
                )
                % {"name": name, "blocks": "、".join(self.draft.blocks) or "—"},
            )
            return None
        return name

    def _points(self, row: Row, name: str, *, needed: bool = True) -> Decimal | None:
        cell = row[name]
        ask = self.report.need if needed else self.report.read
        points = ask(RULES, cell, to_points, self.draft.places)
        if points is not None and points <= 0 and name != "floor_points":
            self.report.error(
                RULES, cell, "not-positive", _("%(value)s must be more than 0.") % {"value": cell.shown}
            )
        return None if points is None else plain_decimal(points)

    def _values(self, row: Row, key: Key) -> dict[str, Value]:
        """Every value of the row; a column that the sheet has not keeps what is stored."""
        report, has = self.report, self.table.has
        kept = dict(DEFAULTS)
        old = self.before.get(key)
        if old is not None:
            kept |= {name: value for name, value in old.values.items() if name != "source"}
        values: dict[str, Value] = {
            "weight": self._points(row, "weight"),
            "item_base": self._points(row, "item_base"),
            "base": self._points(row, "base"),
        }
        if has("lead"):
            name = report.read(RULES, row["lead"], to_name)
            values["lead"] = self._unit(row["lead"], name) if name else ""
        if has("helpers"):
            names = report.read(RULES, row["helpers"], to_names_list) or []
            values["helpers"] = tuple(sorted({u for n in names if (u := self._unit(row["helpers"], n))}))
        if has("look"):
            values["look"] = report.read(RULES, row["look"], to_choice, tuple(Look.values)) or str(Look.BOTH)
        values |= self._floor(row, kept, values["base"])
        if has("aliases"):
            values["aliases"] = tuple(dict.fromkeys(report.read(RULES, row["aliases"], to_names_list) or []))
        if has("source"):
            values["source"] = report.read(RULES, row["source"], to_choice, tuple(RuleSource.values)) or str(
                RuleSource.CONFIRMED
            )
        if key[3]:
            values["indicator_base"] = self._points(row, "indicator_base")
        elif report.read(RULES, row["indicator_base"], to_points, self.draft.places) is not None:
            report.error(
                RULES,
                row["indicator_base"],
                "base-without-indicator",
                _("A base is given, but no indicator. Name the indicator or clear the base."),
            )
        if has("rule_text"):
            values["rule_text"] = (report.read(RULES, row["rule_text"], to_text) or "") if key[3] else ""
        full = kept | values
        return {name: full[name] for name in (*OF_ITEM, *OF_SUB_ITEM, "indicator_base", "rule_text")}

    def _unit(self, cell: Cell, name: str) -> str:
        return read_unit_named(self.report, RULES, cell, name, self.draft)

    def _floor(self, row: Row, kept: dict[str, Value], base: Value) -> dict[str, Value]:
        """扣完为止: 0.  特别注明: the lowest score given, else the one stored, else as far below as the base is high."""
        if not self.table.has("floor"):
            return {}
        word = self.report.read(RULES, row["floor"], to_choice, (TO_ZERO, SPECIAL)) or TO_ZERO
        if word == TO_ZERO:
            return {"floor": word, "floor_points": None, "floor_text": ""}
        points = self._points(row, "floor_points", needed=False)
        written = self.report.read(RULES, row["floor_text"], to_text)
        text: Value = kept["floor_text"]
        if written:
            text = limited(self.report, RULES, row["floor_text"], written, SubItem, "floor_text")
        if points is None and isinstance(kept["floor_points"], Decimal):
            points = kept["floor_points"]
        if points is None and isinstance(base, Decimal):
            points = -base
            self.report.warn(
                RULES,
                row["floor"],
                "floor-assumed",
                _(
                    "No lowest score is given, so %(points)s was taken. Enter it in a column 最低分 if it is another."
                )
                % {"points": f"{points:f}"},
            )
        return {"floor": word, "floor_points": points, "floor_text": text}

    def _same_as_first(self, part: Key, names: tuple[str, ...], values: dict[str, Value], row: Row) -> None:
        """An item's or sub-item's figures stand on several rows; they must agree."""
        first = self.first.setdefault(part, {name: values[name] for name in names})
        for name in names:
            if values[name] != first[name] and values[name] is not None:
                self.report.error(
                    RULES,
                    row[name],
                    "rows-disagree",
                    _("“%(name)s” has another value here than in row %(row)d. Give both rows the same one.")
                    % {"name": part[-1], "row": self.rows[part].number},
                )

    def facts(self) -> list[BlockFacts]:
        blocks: dict[str, dict[str, dict[str, list[Line]]]] = {name: {} for name in self.draft.blocks}
        for line in self.lines.values():
            block, item, sub, _indicator = line.key
            blocks[block].setdefault(item, {}).setdefault(sub, []).append(line)
        return [
            BlockFacts(
                name,
                self.draft.blocks[name] == BlockKind.SPECIAL,
                tuple(_item(item, subs) for item, subs in items.items()),
            )
            for name, items in blocks.items()
        ]

    def check_sums(self) -> None:
        """Bases that do not sum are errors; weights that do not, and what set-up still lacks, warnings."""
        for finding in check(self.facts(), self.draft.total_weight):
            if finding.code is RuleLack.STAND_IN:
                continue
            row = self._row_of(finding)
            if finding.code in (RuleLack.BASES, RuleLack.INDICATORS) and row is not None:
                column = "item_base" if finding.code is RuleLack.BASES else "base"
                self.report.error(RULES, row[column], str(finding.code), finding.sentence)
            elif row is not None:
                column = {RuleLack.WEIGHTS: "weight", RuleLack.NO_LEAD: "lead"}.get(finding.code, "sub_item")
                self.report.warn(RULES, row[column], str(finding.code), finding.sentence)
            else:
                self.report.warnings.append(
                    removal(RULES, "大块", finding.block, str(finding.code), finding.sentence)
                )

    def _row_of(self, finding: Finding) -> Row | None:
        if finding.sub_item:
            return self.rows.get((finding.block, finding.item, finding.sub_item))
        if finding.item:
            return self.rows.get((finding.block, finding.item))
        return next((row for key, row in self.rows.items() if key[0] == finding.block), None)

    def check_held(self, held: Held) -> None:
        for key, highest in held.highest.items():
            row = self.rows.get(key)
            words = {"block": key[0], "item": key[1], "sub": key[2]}
            if row is None:
                self.report.errors.append(
                    removal(
                        RULES,
                        "中项",
                        key[2],
                        "holds-scores",
                        _(
                            "“%(sub)s” (%(item)s, %(block)s) already holds scores, so its row may not be left out. Put it back."
                        )
                        % words,
                    )
                )
                continue
            base = self.first[key]["base"]
            if isinstance(base, Decimal) and highest > base:
                self.report.error(
                    RULES,
                    row["base"],
                    "base-below-score",
                    _("“%(sub)s” already holds a score of %(score)s, more than the new base %(base)s.")
                    % {**words, "score": f"{plain_decimal(highest):f}", "base": f"{base:f}"},
                )
        for key in held.deductions:
            if key not in self.lines:
                self.report.errors.append(
                    removal(
                        RULES,
                        "小项",
                        key[3],
                        "holds-scores",
                        _(
                            "The indicator “%(name)s” already holds deductions, so its row may not be left out. Put it back."
                        )
                        % {"name": key[3]},
                    )
                )


def _item(name: str, subs: dict[str, list[Line]]) -> ItemFacts:
    first = next(iter(subs.values()))[0].values
    return ItemFacts(
        name,
        _decimal(first["weight"]),
        _decimal(first["item_base"]),
        tuple(_sub(s, lines) for s, lines in subs.items()),
    )


def _sub(name: str, lines: list[Line]) -> SubItemFacts:
    first = lines[0].values
    return SubItemFacts(
        name,
        _decimal(first["base"]),
        has_lead=bool(first["lead"]),
        is_stand_in=first["source"] == RuleSource.STAND_IN,
        indicator_bases=tuple(_decimal(line.values["indicator_base"]) for line in lines if line.key[3]),
    )


def _decimal(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


# --- Storing ---------------------------------------------------------------------------------


def store_rules(cycle: Cycle, lines: Lines) -> None:
    """Items, sub-items and indicators as the lines say; what is left out is removed with its empty cells."""
    blocks = {block.name: block for block in cycle.blocks.all()}
    units = dict(cycle.units.values_list("name", "pk"))
    items = _store_items(blocks, lines)
    stored: dict[Key, SubItem] = {
        (s.item.block.name, s.item.name, s.name): s
        for s in SubItem.objects.filter(item__block__cycle=cycle)
        .select_related("item__block")
        .prefetch_related("helpers", "indicators")
    }
    grouped: dict[Key, list[Line]] = {}
    for line in lines.values():
        grouped.setdefault(line.key[:3], []).append(line)
    for key, sub in stored.items():
        if key not in grouped:
            sub.delete()
    positions: dict[Key, int] = {}
    for key, group in grouped.items():
        positions[key[:2]] = positions.get(key[:2], 0) + 1
        sub = stored.get(key) or SubItem(item=items[key[:2]], name=key[2])
        _store_sub_item(sub, group, positions[key[:2]], units)


def _store_items(blocks: dict[str, Block], lines: Lines) -> dict[Key, MajorItem]:
    stored: dict[Key, MajorItem] = {
        (i.block.name, i.name): i
        for i in MajorItem.objects.filter(block__in=blocks.values()).select_related("block")
    }
    wanted = {line.key[:2]: line.values for line in reversed(lines.values())}
    order: dict[str, int] = {}
    for key, item in stored.items():
        if key not in wanted and item.sub_items.exists():  # one without sub-items has no row to leave out
            item.delete()
    items: dict[Key, MajorItem] = {}
    for key in dict.fromkeys(line.key[:2] for line in lines.values()):
        order[key[0]] = order.get(key[0], 0) + 1
        item = stored.get((key[0], key[1])) or MajorItem(block=blocks[key[0]], name=key[1])
        fields: dict[str, object] = {
            "order": order[key[0]],
            "weight_points": _decimal(wanted[key]["weight"]),
            "base_points": _decimal(wanted[key]["item_base"]),
        }
        _save_if_changed(item, fields)
        items[key] = item
    return items


def _save_if_changed(row: MajorItem | SubItem | Indicator, fields: dict[str, object]) -> None:
    if row.pk is None or any(getattr(row, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()


def _store_sub_item(sub: SubItem, group: list[Line], order: int, units: dict[str, int]) -> None:
    values = group[0].values
    lead, helpers, aliases = values["lead"], values["helpers"], values["aliases"]
    _save_if_changed(
        sub,
        {
            "order": order,
            "base_points": _decimal(values["base"]),
            "lead_id": units[str(lead)] if lead else None,
            "look": values["look"],
            "floor_points": values["floor_points"],
            "floor_text": values["floor_text"],
            "aliases": list(aliases) if isinstance(aliases, tuple) else [],
            "source": values["source"],
        },
    )
    wanted = {units[name] for name in helpers} if isinstance(helpers, tuple) else set()
    if {helper.pk for helper in sub.helpers.all()} != wanted:
        sub.helpers.set(Unit.objects.filter(pk__in=wanted))
    have = {each.name: each for each in sub.indicators.all()}
    named = [line for line in group if line.key[3]]
    for name, each in have.items():
        if name not in {line.key[3] for line in named}:
            each.delete()
    for position, line in enumerate(named, 1):
        indicator = have.get(line.key[3]) or Indicator(sub_item=sub, name=line.key[3])
        _save_if_changed(
            indicator,
            {
                "order": position,
                "base_points": _decimal(line.values["indicator_base"]),
                "rule_text": line.values["rule_text"],
            },
        )
