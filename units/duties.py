"""A duty: what one unit or body owes by a day, and the light it shows (§6, §8).

Pure; which duties there are is told by the app that owns them, gathered in appraisal_site.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=3)


class Owner(StrEnum):
    """Whose hands do it: the unit as one that is appraised, the same unit as lead or helper, or a review team.

    What a team owes is *about* the duty's unit; it is shown on the board and never asked of the unit.
    """

    UNIT = "unit"
    BODY = "body"
    TEAM = "team"


class Light(StrEnum):
    """Green done in time, amber due within three days or caught up late, red overdue, off not due yet."""

    DONE = "green"
    DUE = "amber"
    LATE = "late"  # done, but after its day: the memory stays (迟报补齐)
    OVERDUE = "red"
    AHEAD = "off"

    @property
    def tone(self) -> str:
        """The colour it is drawn in: what was caught up late stays amber."""
        return "amber" if self is Light.LATE else str(self)

    @property
    def is_done(self) -> bool:
        return self in {Light.DONE, Light.LATE}


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing one unit owes: `task` groups what is the same for many units (`ledger-3`, `self-assessment`).

    `due` and `done_at` are aware instants; `due` None: no day was set. `done` and `asked` count its parts
    (9 of 14 cells); `route` with `arguments` names the page where it is done, the year's code apart.
    `owner` says whose hands it waits for. `returned`: it was sent back and waits again, with the words of whoever
    sent it back.
    """

    task: str
    label: str
    unit_id: int
    due: datetime | None = None
    done_at: datetime | None = None
    done: int = 0
    asked: int = 1
    route: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    owner: Owner = Owner.UNIT
    returned: str = ""

    @property
    def left(self) -> int:
        """How many of its parts are still open."""
        return max(self.asked - self.done, 0)

    def light(self, now: datetime) -> Light:
        if self.done_at is not None:
            return Light.LATE if self.due is not None and self.done_at >= self.due else Light.DONE
        if self.due is None:
            return Light.AHEAD
        if now >= self.due:
            return Light.OVERDUE
        return Light.DUE if self.due - now <= SOON else Light.AHEAD
