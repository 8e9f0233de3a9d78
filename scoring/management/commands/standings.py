"""`standings`: the live standing of a year, as a table, as the contract's JSON object or as CSV.

The figures are those stored; nothing is computed here.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from scoring import queries
from units.models import Block, Cycle

FORMATS = ["table", "json", "csv"]
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class Command(BaseCommand):
    help = "Print the live standing of a year: places, weighted parts, additions and deductions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True, help="the cycle's code, e.g. 2012")
        parser.add_argument("--block", default="", help="only the block of this name")
        parser.add_argument("--format", choices=FORMATS, default="table")
        parser.add_argument("--json", action="store_true", dest="as_json", help="the same as --format json")

    def handle(self, *args: Any, **options: Any) -> None:
        cycle = Cycle.objects.filter(code=options["cycle"]).first()
        if cycle is None:
            raise CommandError(_("There is no year “%(code)s”.") % {"code": options["cycle"]})
        standing = queries.standing_object(cycle, _blocks(cycle, options["block"]))
        chosen = "json" if options["as_json"] else options["format"]
        if chosen == "json":
            self.stdout.write(json.dumps(standing, ensure_ascii=False, indent=2))
        elif chosen == "csv":
            self.stdout.write(as_csv(standing), ending="")
        else:
            self.stdout.write(as_table(standing))


def _blocks(cycle: Cycle, name: str) -> list[Block]:
    blocks = list(cycle.blocks.order_by("order", "id"))
    if not name:
        return blocks
    chosen = [block for block in blocks if block.name == name]
    if not chosen:
        raise CommandError(
            _("%(cycle)s has no block “%(name)s”; it has: %(blocks)s.")
            % {"cycle": cycle.code, "name": name[:40], "blocks": "、".join(b.name for b in blocks)}
        )
    return chosen


def as_csv(standing: dict[str, Any]) -> str:
    """One line per unit; the items of each block in columns of their own names."""
    items = list(dict.fromkeys(i["item"] for b in standing["blocks"] for r in b["rows"] for i in r["items"]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = [_("Block"), _("Place"), _("Unit"), _("Shared"), _("Missing"), *items]
    writer.writerow([*head, *(heading for heading, _key in _sums())])
    for block in standing["blocks"]:
        for row in block["rows"]:
            weighted = {item["item"]: item["weighted"] for item in row["items"]}
            writer.writerow(
                [
                    _cell(block["name"]),
                    row["rank"],
                    _cell(row["unit"]),
                    int(row["shared"]),
                    row["missing"],
                    *(weighted.get(item, "") for item in items),
                    *(row[key] for _heading, key in _sums()),
                ]
            )
    return out.getvalue()


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def _sums() -> list[tuple[str, str]]:
    return [
        (_("Preliminary score"), "preliminary"),
        (_("Commendations"), "commendations"),
        (_("Criticisms"), "criticisms"),
        (_("Reward points"), "rewards"),
        (_("Final score"), "final"),
    ]


def as_table(standing: dict[str, Any]) -> str:
    """A block after the other, numbers right-aligned, Chinese characters two columns wide."""
    parts = []
    for block in standing["blocks"]:
        is_provisional = any(row["missing"] for row in block["rows"])
        head = [block["name"], _("version %(version)d") % {"version": block["version"]}]
        if is_provisional:
            head.append(_("provisional"))
        if block["held"]:
            head.append(_("held: %(codes)s") % {"codes": "、".join(block["held"])})
        lines = [
            [_("Place"), _("Unit"), *(heading for heading, _key in _sums()), _("Missing")],
            *(
                [
                    f"{row['rank']}{'=' if row['shared'] else ''}",
                    row["unit"],
                    *(row[key] for _heading, key in _sums()),
                    str(row["missing"] or ""),
                ]
                for row in block["rows"]
            ),
        ]
        parts.append("\n".join([" · ".join(head), *_aligned(lines)]))
    return "\n\n".join(parts)


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(_width(line[n]) for line in lines) for n in range(len(lines[0]))]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) if n == 1 else " " * (width - _width(cell)) + cell
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
