"""What is costly to make and the same for many, kept in this process under a stamp until the stamp moves.

Whoever asks reads the stamp before the figures, so that what is kept is never older than its stamp.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")


class Kept(Generic[T]):
    """The `most` last used values; each is shared between requests, so nobody may change it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave under this stamp, made anew after it moved.  Values of other databases stay apart."""
        place = (connection.settings_dict["NAME"], key)
        with self._lock:
            found = self._kept.get(place)
            if found is not None and found[0] == stamp:
                self._kept.move_to_end(place)
                return found[1]
        made = make()
        with self._lock:
            self._kept[place] = (stamp, made)
            self._kept.move_to_end(place)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Drop everything; the next look makes it anew."""
        with self._lock:
            self._kept.clear()
