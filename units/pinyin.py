"""Initials of the pinyin of a name, so that 青山乡 is found by typing qsx.

Pure; the readings come from the package pypinyin.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """The first letters, lower case; other characters stay."""
    # Its dictionary takes a second to load, which only the first search should pay.
    from pypinyin import Style, lazy_pinyin

    return "".join(part[:1] for part in lazy_pinyin(name, style=Style.FIRST_LETTER, errors="default")).lower()
