"""What an import says: problems by cell, the report of the contract, and the same workbook with them marked.
It knows sentences and cells; what an importer accepts is its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.utils.translation import gettext

from office.refusal import Refused
from office.workbook.cells import Cell, Fault, NotInvolved
from office.workbook.guard import marked
from office.workbook.limits import Limits
from office.workbook.sentences import sentence
from office.workbook.wire import UNCACHED

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong or odd, and where."""

    sheet: str
    cell: str  # "D7", "" when it is about a row, a sheet or the file
    row: int | None
    column: str  # the column's header
    value: str
    code: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "message": self.message,
        }


def file_problem(refusal: Refused) -> dict[str, Any]:
    """A refusal of the whole file in the shape of a problem by cell."""
    return Problem("", "", None, "", "", refusal.code, refusal.sentence).as_dict()


def table_problem(
    sheet_name: str,
    code: str,
    *,
    row: int | None = None,
    cell: str = "",
    column: str = "",
    value: str = "",
    **figures: object,
) -> Problem:
    """A problem with one of this layer's own sentences, not tied to one read cell."""
    words: dict[str, object] = {"column": column, "value": value, "cell": cell, "row": row or "", **figures}
    return Problem(sheet_name, cell, row, column, value, code, str(sentence(code, words)))


def cell_problem(sheet: str, cell: Cell, code: str, message: str) -> Problem:
    """A problem of the importer's own about one cell."""
    return Problem(sheet, cell.name if cell.header else "", cell.row, cell.header, cell.shown, code, message)


def fault_problem(sheet: str, cell: Cell, fault: Fault) -> Problem:
    """A cell's fault with its sentence."""
    words = {"value": cell.shown, **fault.figures}
    return cell_problem(sheet, cell, fault.code, str(sentence(fault.code, words)))


@dataclass(slots=True)
class ImportReport:
    """The contract's report of an import. With one error nothing is accepted."""

    accepted: int = 0
    changed: int = 0
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.errors

    def as_dict(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "changed": self.changed,
            "errors": [problem.as_dict() for problem in self.errors],
            "warnings": [problem.as_dict() for problem in self.warnings],
        }

    def error(self, sheet: str, cell: Cell, code: str, message: str) -> None:
        self.errors.append(cell_problem(sheet, cell, code, message))

    def warn(self, sheet: str, cell: Cell, code: str, message: str) -> None:
        self.warnings.append(cell_problem(sheet, cell, code, message))

    def read(
        self,
        sheet: str,
        cell: Cell,
        parse: Callable[Concatenate[Cell, P], T | Fault | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T | None:
        """The parsed value; None when blank or wrong. What is wrong or odd is written down here."""
        value = parse(cell, *args, **kwargs)
        if isinstance(value, Fault):
            self.errors.append(fault_problem(sheet, cell, value))
            return None
        if cell.flags:
            self._odd(sheet, cell)
        if isinstance(value, NotInvolved) and value.word != "不涉及":
            self.warnings.append(fault_problem(sheet, cell, Fault("read-as-not-involved")))
        return value

    def need(
        self,
        sheet: str,
        cell: Cell,
        parse: Callable[Concatenate[Cell, P], T | Fault | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T | None:
        """As `read`, but blank is an error too: None always means that the report has one."""
        before = len(self.errors)
        value = self.read(sheet, cell, parse, *args, **kwargs)
        if value is None and len(self.errors) == before:
            self.errors.append(fault_problem(sheet, cell, Fault("blank")))
        return value

    def _odd(self, sheet: str, cell: Cell) -> None:
        if cell.is_formula and not cell.flags & UNCACHED:
            self.warnings.append(fault_problem(sheet, cell, Fault("formula")))
        if cell.is_struck and cell.raw:
            self.warnings.append(fault_problem(sheet, cell, Fault("struck")))

    def extend(self, problems: Iterable[Problem], *, as_errors: bool) -> None:
        (self.errors if as_errors else self.warnings).extend(problems)


MOST_MARKED = 2_000  # problems; a sheet with more is wrong as a whole


def marked_copy(original: bytes, report: ImportReport, limits: Limits | None = None) -> bytes:
    """The same workbook with the bad cells filled and commented, and a list of the problems as first sheet.

    .xlsx always: a legacy .xls, and a workbook too large to be changed in place, come back as their values.
    Raises Refused for a file that could not be read in the first place.
    """
    ordered = [(problem, True) for problem in report.errors] + [
        (problem, False) for problem in report.warnings
    ]
    order = {
        "author": gettext("Appraisal office"),
        "title": gettext("Problems"),
        "headers": [
            gettext("Kind"),
            gettext("Sheet"),
            gettext("Cell"),
            gettext("Column"),
            gettext("Value"),
            gettext("What is wrong, and what to do"),
        ],
        "widths": [8, 16, 10, 16, 24, 80],
        "error": gettext("Error"),
        "warning": gettext("Warning"),
        "problems": [
            [each.sheet, each.cell, each.row, each.column, each.value, each.message, is_error]
            for each, is_error in ordered[:MOST_MARKED]
        ],
    }
    limits = limits or Limits()
    # Writing takes longer than reading, and somebody waits for a file, not for a page.
    patient = replace(limits, seconds=limits.seconds * 3, wait_seconds=limits.wait_seconds * 2)
    return marked(original, order, patient)
