"""Pure: a sheet as lines with a key, and what differs between two states of it: added, changed, removed, moved.
What a line means and how it is stored is the business of the app that owns the sheet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

Value = str | int | Decimal | bool | tuple[str, ...] | None
Key = tuple[str, ...]

ADDED: Final = "added"
CHANGED: Final = "changed"
REMOVED: Final = "removed"
MOVED: Final = "moved"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what it is known by, and its values by field in the order of the columns."""

    key: Key
    values: Mapping[str, Value]
    row: int = 0  # of the workbook; 0 when it comes from the database


Lines = dict[Key, Line]  # in the order of the sheet


@dataclass(frozen=True, slots=True)
class Change:
    sheet: str
    kind: str  # one of the four above
    key: Key
    field: str = ""  # only for CHANGED
    before: str = ""
    after: str = ""
    row: int = 0

    @property
    def what(self) -> str:
        return " · ".join(part for part in self.key if part)


def shown(value: Value) -> str:
    """A value as the sheet shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case Decimal():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case tuple():
            return "、".join(value)
        case _:
            return str(value)


def lines_of(lines: Iterable[Line]) -> Lines:
    return {line.key: line for line in lines}


def differences(sheet: str, before: Lines, after: Lines, titles: Mapping[str, str]) -> list[Change]:
    """What would change on the sheet; empty when both say the same.

    `titles` names the column of each field. A field that `after` does not carry stays as it is.
    """
    changes = [
        Change(sheet, ADDED, key, after=_summary(line), row=line.row)
        for key, line in after.items()
        if key not in before
    ]
    for key, line in after.items():
        old = before.get(key)
        if old is None:
            continue
        changes += [
            Change(
                sheet,
                CHANGED,
                key,
                titles.get(name, name),
                shown(old.values.get(name)),
                shown(value),
                line.row,
            )
            for name, value in line.values.items()
            if value != old.values.get(name)
        ]
    changes += [
        Change(sheet, REMOVED, key, before=_summary(line)) for key, line in before.items() if key not in after
    ]
    was, now = [key for key in before if key in after], [key for key in after if key in before]
    if was != now:
        moved = _moved(was, now)
        changes += [
            Change(
                sheet,
                MOVED,
                key,
                before=str(was.index(key) + 1),
                after=str(now.index(key) + 1),
                row=after[key].row,
            )
            for key in moved
        ]
    return changes


def _summary(line: Line) -> str:
    return " · ".join(text for text in map(shown, line.values.values()) if text)


def _moved(was: Sequence[Key], now: Sequence[Key]) -> list[Key]:
    """The fewest rows that must be moved: those outside the longest run that kept its order."""
    position = {key: index for index, key in enumerate(was)}
    tails: list[int] = []  # index into `now` of the best end of a run of each length
    before: list[int] = [-1] * len(now)
    for index, key in enumerate(now):
        low, high = 0, len(tails)
        while low < high:
            middle = (low + high) // 2
            if position[now[tails[middle]]] < position[key]:
                low = middle + 1
            else:
                high = middle
        before[index] = tails[low - 1] if low else -1
        tails[low : low + 1] = [index]
    kept: set[int] = set()
    index = tails[-1] if tails else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return [key for index, key in enumerate(now) if index not in kept]
