"""Matches names as people type them: exactly, else normalised, else by a known other name; never by guess.

Pure; the known names are passed in.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")

_ZERO_WIDTH = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F], None)


def normalise(text: str) -> str:
    """NFKC, without any space or zero-width mark, brackets in one width."""
    folded = unicodedata.normalize("NFKC", text).translate(_ZERO_WIDTH)
    return "".join(folded.split()).replace("〔", "(").replace("〕", ")").replace("【", "(").replace("】", ")")


class NameBook(Generic[Key]):
    """Names → keys.  A name that could mean two keys means none of them."""

    def __init__(self, names: Mapping[str, Key] | Iterable[tuple[str, Key]]) -> None:
        pairs = list(names.items() if isinstance(names, Mapping) else names)
        self._exact: dict[str, Key] = {}
        self._normalised: dict[str, Key] = {}
        self._ambiguous: set[str] = set()
        for name, key in pairs:
            self._exact.setdefault(name, key)
            plain = normalise(name)
            if plain in self._normalised and self._normalised[plain] != key:
                self._ambiguous.add(plain)
            self._normalised.setdefault(plain, key)

    def find(self, text: str) -> Key | None:
        plain = normalise(text)
        if plain in self._ambiguous:
            return None
        found = self._exact.get(text)
        return found if found is not None else self._normalised.get(plain)

    def is_ambiguous(self, text: str) -> bool:
        return normalise(text) in self._ambiguous

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """The known names most alike, best first; for a person to choose from."""
        plain = normalise(text)

        def likeness(name: str) -> tuple[float, str]:
            other = normalise(name)
            return (-difflib.SequenceMatcher(None, plain, other).ratio(), name)

        return sorted(self._exact, key=likeness)[:count]
