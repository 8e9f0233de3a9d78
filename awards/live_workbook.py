"""The live workbook: scores, rules and papers as values, everything that follows from them as formulas.

Built from a sealed edition alone. Office programs compute it anew; a column says whether they get the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

KINDS = ("lead", "preliminary", "onsite")
FIRST_ROW = 4  # of the units, counted from 0; above it title, item, sub-item, heading
PER_SUB = 5  # columns of a sub-item on the sheet of marks: three scores, involved, missing
MARKS, COUNTED, PLACES = "打分", "计分", "名次"  # endings of the names of a block's three sheets
NOT_INVOLVED, PROPOSED = "不涉及", "待确认"
BY_MEAN, AS_ZERO = "取均值", "计零"
SAME, OTHER = "一致", "不一致"


@dataclass(slots=True)
class Book:
    """The workbook under the pen with its formats."""

    file: Any
    places: int
    formats: dict[str, Any] = field(default_factory=dict)

    def format_of(self, name: str) -> Any:
        return self.formats[name]


@dataclass(frozen=True, slots=True)
class Column:
    """Where one sub-item of a block stands."""

    item: int
    sub: Mapping[str, Any]
    index: int  # among the sub-items of the block


def build(sealed: Mapping[str, Any], *, cached: bool = True) -> bytes:
    """The workbook of an edition as .xlsx.

    `cached` puts the sealed figures beside the formulas, so that a viewer that does not compute shows them;
    without it only a program that computes shows anything.
    """
    out = BytesIO()
    file = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    day = datetime.fromisoformat(str(sealed.get("sealed_on") or "2000-01-01"))
    file.set_properties({"title": f"{sealed['cycle']} {sealed['number']}", "created": day})
    file.set_calc_mode("auto")
    places = int(sealed["results"]["places"])
    book = Book(file, places)
    _make_formats(book)
    cover = file.add_worksheet(_("Overview"))
    checks: list[tuple[str, str]] = []
    for part in sealed["parts"]:
        draft = part["draft"]
        results = {block["name"]: block for block in draft["results"]["blocks"]}
        readings = {row["code"]: row for row in draft["readings"]}
        for block in draft["inputs"]["blocks"]:
            name = block["name"]
            checks.append(
                (name, _block_sheets(book, block, results[name], draft["inputs"]["cycle"], readings, cached))
            )
    _papers_sheet(book, sealed)
    _cover(book, cover, sealed, checks, cached)
    file.close()
    return out.getvalue()


def _make_formats(book: Book) -> None:
    number = "0" + ("." + "0" * book.places if book.places else "")
    base: dict[str, Any] = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
    kinds: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "head": {"bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#F2EFE8"},
        "text": {"border": 1},
        "value": {"border": 1, "num_format": number, "font_color": "#1F3A68"},
        "any": {"border": 1, "font_color": "#1F3A68"},
        "formula": {"border": 1, "num_format": number},
        "place": {"border": 1, "num_format": "0", "align": "center", "bold": True},
        "state": {"border": 1, "align": "center", "font_color": "#1F3A68"},
        "bad": {"bold": True, "font_color": "#A61B1B", "bg_color": "#FBE3E1"},
        "note": {"italic": True, "font_color": "#666666"},
    }
    for name, extra in kinds.items():
        book.formats[name] = book.file.add_format(base | extra)


def sheet_name(name: str, suffix: str) -> str:
    """A name every program accepts: no marks of formulas or paths, at most 31 characters."""
    plain = re.sub(r"[\[\]:*?/\\'!]", " ", name).strip() or "口"
    return f"{plain[: 31 - len(suffix) - 1]} {suffix}"


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _block_sheets(
    book: Book,
    block: Mapping[str, Any],
    result: Mapping[str, Any],
    cycle: Mapping[str, Any],
    readings: Mapping[str, Mapping[str, Any]],
    cached: bool,
) -> str:
    """The three sheets of a block; returns the reference of the cell that counts its differences."""
    columns = [Column(n, sub, 0) for n, item in enumerate(block["items"]) for sub in item["sub_items"]]
    columns = [Column(c.item, c.sub, index) for index, c in enumerate(columns)]
    marks, counted, places = (sheet_name(block["name"], suffix) for suffix in (MARKS, COUNTED, PLACES))
    _marks_sheet(book, book.file.add_worksheet(marks), block, columns)
    _counted_sheet(book, book.file.add_worksheet(counted), marks, block, columns, result, readings, cached)
    return _places_sheet(
        book,
        book.file.add_worksheet(places),
        places,
        counted,
        block,
        columns,
        result,
        cycle,
        readings,
        cached,
    )


def _heads(book: Book, sheet: Any, title: str, width: int) -> None:
    sheet.write_string(0, 0, title, book.format_of("title"))
    sheet.set_row(1, 30)
    sheet.set_row(2, 30)
    sheet.set_column(0, 0, 16)
    if width > 1:
        sheet.set_column(1, width, 10)
    sheet.freeze_panes(FIRST_ROW, 1)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.repeat_rows(0, FIRST_ROW - 1)
    sheet.repeat_columns(0)


def _marks_sheet(book: Book, sheet: Any, block: Mapping[str, Any], columns: Sequence[Column]) -> None:
    """Values only: the three scores that can count, and what was decided about the cell."""
    head = book.format_of("head")
    _heads(book, sheet, f"{block['name']} · {MARKS}", len(columns) * PER_SUB)
    sheet.write_string(3, 0, _("Unit"), head)
    words = [_("Lead score"), _("Preliminary"), _("On site"), _("Involved"), _("Missing decided")]
    for column in columns:
        left = 1 + column.index * PER_SUB
        item = block["items"][column.item]["name"]
        sheet.merge_range(1, left, 1, left + PER_SUB - 1, item, head)
        look = f"{column.sub['name']}({column.sub['base']};{column.sub['look']})"
        if column.sub.get("suspended"):
            look += " " + _("suspended")
        sheet.merge_range(2, left, 2, left + PER_SUB - 1, look, head)
        for offset, word in enumerate(words):
            sheet.write_string(3, left + offset, word, head)
    cells = {(c["unit"], c["item"], c["sub_item"]): c for c in block["cells"]}
    states = {"confirmed": NOT_INVOLVED, "proposed": PROPOSED}
    decided = {"mean": BY_MEAN, "zero": AS_ZERO}
    for n, member in enumerate(block["members"]):
        row = FIRST_ROW + n
        sheet.write_string(row, 0, member["unit"], book.format_of("text"))
        for column in columns:
            left = 1 + column.index * PER_SUB
            item = block["items"][column.item]["name"]
            cell = cells.get((member["unit"], item, column.sub["name"]), {})
            for offset, kind in enumerate(KINDS):
                score = cell.get("scores", {}).get(kind)
                if score is None:
                    sheet.write_blank(row, left + offset, None, book.format_of("value"))
                else:
                    sheet.write_number(row, left + offset, float(score["points"]), book.format_of("value"))
            for offset, word in [
                (3, states.get(cell.get("involvement", ""), "")),
                (4, decided.get(cell.get("missing_how", ""), "")),
            ]:
                if word:
                    sheet.write_string(row, left + offset, word, book.format_of("state"))
                else:
                    sheet.write_blank(row, left + offset, None, book.format_of("state"))


def _value(cached: bool, value: object) -> object:
    return value if cached else ""


def _number(text: str | None) -> object:
    return "" if text is None else float(text)


def _counted_sheet(
    book: Book,
    sheet: Any,
    marks: str,
    block: Mapping[str, Any],
    columns: Sequence[Column],
    result: Mapping[str, Any],
    readings: Mapping[str, Mapping[str, Any]],
    cached: bool,
) -> None:
    """Left the score each cell has by itself, right what counts, means filled in; the means below."""
    head, places, count = book.format_of("head"), book.places, len(block["members"])
    _heads(book, sheet, f"{block['name']} · {COUNTED}", 2 * len(columns))
    sheet.write_string(3, 0, _("Unit"), head)
    reading = readings.get("R9", {})
    mix = reading.get("parameters", {}) if reading.get("choice") == "mix" else None
    source, rows = _quoted(marks), {row["unit"]: row for row in result["rows"]}
    last = FIRST_ROW + count - 1
    mean_row = last + 2
    sheet.write_string(mean_row, 0, _("mean"), head)
    for column in columns:
        own, final = 1 + column.index, 1 + len(columns) + column.index
        name = column.sub["name"]
        for at, word in [(own, _("by itself")), (final, _("counts"))]:
            sheet.write_string(1, at, block["items"][column.item]["name"], head)
            sheet.write_string(2, at, name, head)
            sheet.write_string(3, at, word, head)
        span = f"{xl_rowcol_to_cell(FIRST_ROW, own)}:{xl_rowcol_to_cell(last, own)}"
        mean = f'=IF(COUNT({span})=0,"",ROUND(SUM({span})/COUNT({span}),{places}))' if count else '=""'
        sheet.write_formula(mean_row, own, mean, book.format_of("formula"), "")
        mean_at = xl_rowcol_to_cell(mean_row, own, row_abs=True, col_abs=True)
        for n, member in enumerate(block["members"]):
            row = FIRST_ROW + n
            sheet.write_string(row, 0, member["unit"], book.format_of("text"))
            left = 1 + column.index * PER_SUB
            inputs = [f"{source}!{xl_rowcol_to_cell(row, left + offset)}" for offset in range(PER_SUB)]
            shown = rows[member["unit"]]["items"][column.item]["cells"]
            figure = next((c["score"] for c in shown if c["sub_item"] == name), None)
            sheet.write_formula(
                row, own, "=" + _own_formula(inputs, column.sub, mix, places), book.format_of("formula"),
                "" if not cached or column.sub.get("suspended") else _number(figure),
            )  # fmt: skip
            own_at = xl_rowcol_to_cell(row, own)
            counts = (
                '=""'
                if column.sub.get("suspended")
                else f'=IF({own_at}<>"",{own_at},IF(AND({mean_at}<>"",OR({inputs[3]}="{NOT_INVOLVED}",{inputs[4]}="{BY_MEAN}")),'
                f'{mean_at},IF({inputs[4]}="{AS_ZERO}",0,"")))'
            )
            sheet.write_formula(
                row, final, counts, book.format_of("formula"), _value(cached, _number(figure))
            )


def _own_formula(at: Sequence[str], sub: Mapping[str, Any], mix: Any, places: int) -> str:
    """On-site, else preliminary, else lead; nothing while not involved or proposed so."""
    lead, preliminary, onsite, state, _decided = at
    if sub.get("suspended"):
        return '""'
    if sub["look"] == "实地":
        strongest = f'IF({onsite}<>"",{onsite},"")'
    else:
        strongest = f'IF({onsite}<>"",{onsite},IF({preliminary}<>"",{preliminary},IF({lead}<>"",{lead},"")))'
        if mix is not None:
            p, q = int(mix.get("p", 1)), int(mix.get("q", 1))
            both = f"ROUND(({p}*{preliminary}+{q}*{onsite})/{p + q},{places})"
            strongest = f'IF(AND({onsite}<>"",{preliminary}<>""),{both},{strongest})'
    return f'IF(OR({state}="{NOT_INVOLVED}",{state}="{PROPOSED}"),"",{strongest})'


def _places_sheet(
    book: Book,
    sheet: Any,
    name: str,
    counted: str,
    block: Mapping[str, Any],
    columns: Sequence[Column],
    result: Mapping[str, Any],
    cycle: Mapping[str, Any],
    readings: Mapping[str, Mapping[str, Any]],
    cached: bool,
) -> str:
    """Item sums, shares of the first, additions, finals and places, both ways of rounding, and the check."""
    items, members, places = block["items"], block["members"], book.places
    head, formula, value = book.format_of("head"), book.format_of("formula"), book.format_of("value")
    width = 1 + 2 * len(items) + 12
    _heads(book, sheet, f"{block['name']} · {PLACES}", width)
    sheet.write_string(3, 0, _("Unit"), head)
    base_at = [1 + n for n in range(len(items))]
    weighted_at = [1 + len(items) + n for n in range(len(items))]
    pre, plus, minus, reward, final, rank, other, other_rank, sealed, sealed_rank, check = range(
        1 + 2 * len(items), 12 + 2 * len(items)
    )
    last = FIRST_ROW + len(members) - 1
    weight_row = last + 2
    sheet.write_string(weight_row, 0, _("Weight"), head)
    for n, item in enumerate(items):
        for at, word in [(base_at[n], _("Item sum")), (weighted_at[n], _("Weighted"))]:
            sheet.write_string(1, at, item["name"], head)
            sheet.write_string(2, at, f"{item['weight']} / {item['base']}", head)
            sheet.write_string(3, at, word, head)
        sheet.write_number(weight_row, weighted_at[n], float(item["weight"]), value)
    each = cycle["rounding"] == "each-item"
    for at, word in [
        (pre, _("Preliminary score")),
        (plus, _("Commendations")),
        (minus, _("Criticisms")),
        (reward, _("Reward points")),
        (final, _("Final score")),
        (rank, _("Place")),
        (other, _("Final, total rounded only") if each else _("Final, each item rounded")),
        (other_rank, _("Place, the other way")),
        (sealed, _("Edition: final")),
        (sealed_rank, _("Edition: place")),
        (check, _("Equals the edition")),
    ]:
        sheet.write_string(3, at, word, head)
    rows = {row["unit"]: row for row in result["rows"]}
    zero = readings.get("R2", {}).get("choice", "held")
    for n, member in enumerate(members):
        row = FIRST_ROW + n
        shown = rows[member["unit"]]
        sheet.write_string(row, 0, member["unit"], book.format_of("text"))
        shares = []
        for k in range(len(items)):
            cells = [
                f"{_quoted(counted)}!{xl_rowcol_to_cell(row, 1 + len(columns) + c.index)}"
                for c in columns
                if c.item == k
            ]
            span = f"SUM({cells[0]}:{cells[-1].split('!')[1]})" if cells else "0"
            figure = shown["items"][k]
            sheet.write_formula(
                row, base_at[k], f"=ROUND({span},{places})", formula, _value(cached, float(figure["base"]))
            )
            own = xl_rowcol_to_cell(row, base_at[k])
            first = f"MAX({xl_range_abs(FIRST_ROW, base_at[k], last, base_at[k])})"
            weight = xl_rowcol_to_cell(weight_row, weighted_at[k], row_abs=True, col_abs=True)
            otherwise = weight if zero == "all-full" else "0"
            share = f"IF({first}>0,{weight}*{own}/{first},{otherwise})"
            shares.append(share)
            sheet.write_formula(
                row,
                weighted_at[k],
                f"=ROUND({share},{places})",
                formula,
                _value(cached, float(figure["weighted"])),
            )
        parts = (
            f"SUM({xl_rowcol_to_cell(row, weighted_at[0])}:{xl_rowcol_to_cell(row, weighted_at[-1])})"
            if items
            else "0"
        )
        each_item, total = f"ROUND({parts},{places})", f"ROUND({'+'.join(shares) or '0'},{places})"
        sheet.write_formula(
            row, pre, f"={each_item if each else total}", formula, _value(cached, float(shown["preliminary"]))
        )
        for at, kind in [(plus, "commendations"), (minus, "criticisms"), (reward, "rewards")]:
            sheet.write_number(row, at, float(member[kind]), value)
        net = "+{}-{}+{}".format(*(xl_rowcol_to_cell(row, at) for at in (plus, minus, reward)))
        sheet.write_formula(
            row, final, f"=ROUND({xl_rowcol_to_cell(row, pre)}{net},{places})", formula,
            _value(cached, float(shown["final"])),
        )  # fmt: skip
        # RANK on rounded figures: what reads the same stands on the same place.
        for at, on in [(rank, final), (other_rank, other)]:
            span = xl_range_abs(FIRST_ROW, on, last, on)
            sheet.write_formula(
                row, at, f"=RANK({xl_rowcol_to_cell(row, on)},{span})", book.format_of("place"),
                _value(cached and at == rank, shown["rank"]),
            )  # fmt: skip
        sheet.write_formula(row, other, f"=ROUND({total if each else each_item}{net},{places})", formula, "")
        sheet.write_number(row, sealed, float(shown["final"]), value)
        sheet.write_number(row, sealed_rank, shown["rank"], book.format_of("any"))
        same = "AND({}={},{}={})".format(
            *(xl_rowcol_to_cell(row, at) for at in (final, sealed, rank, sealed_rank))
        )
        sheet.write_formula(
            row, check, f'=IF({same},"{SAME}","{OTHER}")', book.format_of("state"), _value(cached, SAME)
        )
    column = xl_col_to_name(check)
    span = f"{column}{FIRST_ROW + 1}:{column}{max(last, FIRST_ROW) + 1}"
    sheet.conditional_format(
        span, {"type": "cell", "criteria": "==", "value": f'"{OTHER}"', "format": book.format_of("bad")}
    )
    return f"{_quoted(name)}!${column}${FIRST_ROW + 1}:${column}${max(last, FIRST_ROW) + 1}"


def _papers_sheet(book: Book, sealed: Mapping[str, Any]) -> None:
    """Readings in force, and the papers that scores and additions rest on, by their digests."""
    sheet = book.file.add_worksheet(_("Readings and papers"))
    head, text = book.format_of("head"), book.format_of("text")
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 4, 30)
    row = 0
    for n, word in enumerate([_("Reading"), _("Choice"), _("Decided by"), _("Reason")]):
        sheet.write_string(row, n, word, head)
    for reading in sealed["parts"][0]["draft"]["readings"] if sealed["parts"] else []:
        row += 1
        words = [reading.get(key, "") for key in ("code", "choice", "decided_by", "reason")]
        for n, word in enumerate(words):
            sheet.write_string(row, n, str(word), text)
    row += 2
    for n, word in enumerate([_("Block"), _("Unit"), _("Sub-item"), _("Paper (SHA-256)")]):
        sheet.write_string(row, n, word, head)
    for part in sealed["parts"]:
        for block in part["draft"]["inputs"]["blocks"]:
            for cell in block["cells"]:
                for score in cell.get("scores", {}).values():
                    if score.get("paper"):
                        row += 1
                        for n, word in enumerate(
                            [block["name"], cell["unit"], cell["sub_item"], score["paper"]]
                        ):
                            sheet.write_string(row, n, word, text)


def _cover(
    book: Book, sheet: Any, sealed: Mapping[str, Any], checks: Sequence[tuple[str, str]], cached: bool
) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 46)
    sheet.write_string(0, 0, f"{sealed.get('name', '')} {sealed['cycle']}".strip(), book.format_of("title"))
    facts = [
        (_("Edition"), str(sealed["number"])),
        (_("Sealed on"), str(sealed.get("sealed_on", ""))),
        (_("Rounding"), str(sealed["results"]["rounding"])),
        (_("Blue figures"), _("values as entered; everything in black is computed from them")),
    ]
    for n, (name, word) in enumerate(facts, 2):
        sheet.write_string(n, 0, name, book.format_of("head"))
        sheet.write_string(n, 1, word, book.format_of("text"))
    row = 3 + len(facts)
    sheet.write_string(row, 0, _("Block"), book.format_of("head"))
    sheet.write_string(row, 1, _("Rows that differ from the edition"), book.format_of("head"))
    for name, span in checks:
        row += 1
        sheet.write_string(row, 0, name, book.format_of("text"))
        sheet.write_formula(row, 1, f'=COUNTIF({span},"{OTHER}")', book.format_of("place"), _value(cached, 0))
