"""Refused: the one way a person is told no, by every door alike.

Pure; the web answers live in office.middleware and office.problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """What a person asked for cannot be done, and why.

    `sentence` names the thing, the figure and the next step, in the reader's language.
    `status` is the HTTP status a page or the API answers with; 404 hides that the object exists.
    `values` carries figures the answer must show (both values of a 409).
    """

    def __init__(
        self,
        code: str,
        sentence: object,
        clause: str = "",
        *,
        next_step: object = "",
        status: int = 409,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(str(sentence))
        self.code = code
        self._sentence = sentence
        self.clause = clause
        self._next_step = next_step
        self.status = status
        self.values: Mapping[str, Any] = values or {}

    @property
    def sentence(self) -> str:
        return str(self._sentence)

    @property
    def next_step(self) -> str:
        return str(self._next_step)

    def __str__(self) -> str:
        text = self.sentence
        if self.clause:
            text = f"{text} ({self.clause})"
        return text
