"""A lack: something that is not ready before the year may move on, in words.

Pure; what is lacking is found by the app that owns it, and signed away in units.actions.cycle.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lack:
    """`signable`: the office may move on without it, with a reason (rulebook 8)."""

    code: str
    sentence: str
    names: tuple[str, ...] = ()  # who or what it is about, each by its name
    signable: bool = True
    route: str = ""  # name of the page where it is put right
    block: str = ""  # the block it is about, empty for the whole year

    @property
    def text(self) -> str:
        """One line for the log and for the signed record."""
        return f"{self.sentence} {'、'.join(self.names)}".strip()
