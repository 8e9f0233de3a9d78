"""What the child process and the parent say to each other: one JSON object per line, and the letters in it.
Both sides import this; it imports nothing.

A cell travels as one string, its kind in the first letter, or as "" when it is empty. A row travels as
[number, hidden, cells from column A on, flags by position or 0].
"""

from typing import Final

TEXT: Final = "s"
NUMBER: Final = "n"
BOOL: Final = "b"
DATE: Final = "d"
ERROR: Final = "e"

FORMULA: Final = 1
UNCACHED: Final = 2
STRIKE: Final = 4
PERCENT: Final = 8
LONG: Final = 16
MERGED: Final = 32  # set by the parent: the value comes from the merged range's first cell

ROWS_PER_LINE: Final = 500
LINE_BYTES: Final = 64 * 1024 * 1024


class ChildRefusal(Exception):
    """Raised in the child: the file is not read, for a reason the parent has a sentence for."""

    def __init__(self, code: str, **figures: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


def column_letters(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A → 0, AA → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def cell_name(row: int, column: int) -> str:
    """Row from 1, column from 0: (7, 3) → D7."""
    return f"{column_letters(column)}{row}"
