"""Pure: finds the units, blocks and sub-items that the rows of a workbook name, and says what it cannot find.

What else a row says is read by the tables that build on this: score sheets and ledgers.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from office.workbook.cells import Cell, to_name
from office.workbook.reader import Row, Table
from office.workbook.report import ImportReport, Problem
from scoring.workbooks.frame import Frame
from units.names import NameBook

SCALE: Final = 4  # stored points are whole ten-thousandths
MOST_PROBLEMS: Final = 1_000  # beyond, a sheet is wrong as a whole


class TooMany(Exception):
    """More problems than anybody reads."""


def shown(units: int, places: int) -> str:
    """Ten-thousandths as text with the cycle's decimals."""
    return f"{Decimal(units).scaleb(-SCALE):.{places}f}"


def in_units(points: Decimal) -> int:
    return int(points.scaleb(SCALE))


class NamedReading:
    """A table on its way in: its report, and the names it has met already."""

    def __init__(self, frame: Frame, report: ImportReport) -> None:
        self.frame = frame
        self.report = report
        self.sheet = ""
        self.unknown: dict[str, tuple[str, ...]] = {}  # unknown unit → nearest names
        self.known_units: dict[str, int] = {}
        self.known_places: dict[tuple[str, str, str], tuple[int, ...]] = {}

    # Saying what is wrong ------------------------------------------------------------------------

    def _error(self, cell: Cell, code: str, message: str) -> None:
        self.report.error(self.sheet, cell, code, message)
        self._stop_when_hopeless()

    def _warn(self, cell: Cell, code: str, message: str) -> None:
        if len(self.report.warnings) < MOST_PROBLEMS:
            self.report.warn(self.sheet, cell, code, message)

    def _stop_when_hopeless(self) -> None:
        if len(self.report.errors) >= MOST_PROBLEMS:
            raise TooMany

    def _title_error(self, table: Table, code: str, message: str) -> None:
        self.report.errors.append(
            Problem(self.sheet, "A1", 1, "", " ".join(table.title.text.split())[:40], code, message)
        )

    def _too_long(self, cell: Cell, limit: int) -> None:
        self._error(
            cell,
            "text-too-long",
            _("The text has more than %(limit)d characters. Please shorten it.") % {"limit": limit},
        )

    # Names ---------------------------------------------------------------------------------------

    def _unit(self, row: Row) -> int:
        """The unit a row names; -1 when it names none, which is an error of the report."""
        cell = row["unit"]
        before = len(self.report.errors), len(self.report.warnings)
        name = self.report.need(self.sheet, cell, to_name)
        self._stop_when_hopeless()
        if name is None:
            return -1
        unit = self.frame.units.find(name)
        if unit is None:
            self._unknown_unit(cell, name)
            return -1
        if before == (len(self.report.errors), len(self.report.warnings)) and row.is_plain:
            self.known_units[cell.kind + cell.raw] = unit
        return unit

    def _unknown_unit(self, cell: Cell, name: str) -> None:
        if self.frame.units.is_ambiguous(name):
            self._error(
                cell,
                "ambiguous-unit",
                _("“%(value)s” may mean several units. Please write the full name.") % {"value": cell.shown},
            )
            return
        nearest = self.frame.nearest(name)
        self.unknown.setdefault(name, nearest)
        self._error(
            cell,
            "unknown-unit",
            _(
                "No unit is called “%(value)s”. Nearest: %(names)s. Please correct the name, or let the appraisal office teach it."
            )
            % {"value": cell.shown, "names": "、".join(nearest) or "—"},
        )

    def _place(self, row: Row, place: tuple[str, str, str], plain: bool) -> tuple[int, ...]:
        """The sub-items a row's names may mean, one per block; () is an error of the report."""
        frame = self.frame
        before = len(self.report.errors), len(self.report.warnings)
        block_name = self.report.read(self.sheet, row["block"], to_name)
        item_name = self.report.need(self.sheet, row["item"], to_name)
        sub_name = self.report.need(self.sheet, row["sub"], to_name)
        self._stop_when_hopeless()
        if item_name is None or sub_name is None or len(self.report.errors) > before[0]:
            return ()
        blocks = tuple(frame.items)
        if block_name is not None:
            block = frame.blocks.find(block_name)
            if block is None:
                self._error(
                    row["block"],
                    "unknown-block",
                    _("No block is called “%(value)s”. The blocks are: %(names)s.")
                    % {"value": row["block"].shown, "names": "、".join(frame.block_names.values())},
                )
                return ()
            blocks = (block,)
        items = [i for b in blocks if b in frame.items and (i := frame.items[b].find(item_name)) is not None]
        if not items:
            near = self._nearest_names(item_name, (frame.item_names[i] for i in self._items_of(blocks)))
            self._error(
                row["item"],
                "unknown-item",
                _("No major item is called “%(value)s”. Nearest: %(names)s.")
                % {"value": row["item"].shown, "names": near},
            )
            return ()
        subs = tuple(s for i in items if (s := frame.subs[i].find(sub_name)) is not None)
        if not subs:
            near = self._nearest_names(
                sub_name, (rule.name for rule in frame.rules.values() if rule.item in set(items))
            )
            self._error(
                row["sub"],
                "unknown-item",
                _("“%(item)s” has no sub-item called “%(value)s”. Nearest: %(names)s.")
                % {"item": row["item"].shown, "value": row["sub"].shown, "names": near},
            )
            return ()
        if plain and before == (len(self.report.errors), len(self.report.warnings)):
            self.known_places[place] = subs
        return subs

    def _items_of(self, blocks: tuple[int, ...]) -> Iterator[int]:
        wanted = {rule.item for rule in self.frame.rules.values() if rule.block in blocks}
        return iter(sorted(wanted))

    @staticmethod
    def _nearest_names(text: str, names: Iterator[str]) -> str:
        return "、".join(NameBook((name, name) for name in dict.fromkeys(names)).nearest(text)) or "—"

    def _choose(self, row: Row, unit: int, subs: tuple[int, ...]) -> int:
        """The one sub-item of those named that measures the unit; 0 after an error."""
        frame = self.frame
        fitting = [s for s in subs if (frame.rules[s].block, unit) in frame.members]
        if len(fitting) == 1:
            return fitting[0]
        names = {"unit": frame.unit_names[unit], "sub": frame.rules[subs[0]].name}
        if not fitting:
            own = "、".join(frame.block_names[b] for b in frame.blocks_of.get(unit, ()))
            other = "、".join(dict.fromkeys(frame.block_names[frame.rules[s].block] for s in subs))
            if own:
                sentence = _(
                    "%(unit)s belongs to %(own)s, but “%(sub)s” is an item of %(other)s. Please correct the unit or the item."
                ) % (names | {"own": own, "other": other})
            else:
                sentence = _("%(unit)s is not appraised in this cycle. Please take the row out.") % names
            self._error(row["unit"], "other-block", sentence)
            return 0
        blocks = "、".join(frame.block_names[frame.rules[s].block] for s in fitting)
        self._error(
            row["unit"],
            "block-needed",
            _(
                "%(unit)s has “%(sub)s” in several blocks: %(blocks)s. Please say which one in the column 大块."
            )
            % (names | {"blocks": blocks}),
        )
        return 0
