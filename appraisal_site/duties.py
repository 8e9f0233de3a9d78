"""What everybody owes in a year: gathered from every app, with its light, for homes, board and reminders.

Each app tells its own duties; here they are only put together. How a new area joins is in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from appraisal_site.sections import year_way
from units.duties import Duty, Light, Owner
from units.kept import kept
from units.models import Cycle

Provider = Callable[[Cycle], list[Duty]]

# One line for each area of the year, in the order of its columns on the board: a function that is given the year
# and returns its duties, done or not, in a number of queries that does not grow with the units.
PROVIDERS: tuple[str, ...] = (
    "scoring.rule_queries.rule_duties",
    "scoring.commitment_queries.duties_of",
    "scoring.ledger_queries.duties_of",
    "scoring.duty_queries.score_duties",
    "scoring.review_queries.duties_of",
)


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for many units: one column of the board, one choice of the filter."""

    key: str
    label: str
    owner: Owner
    due: datetime | None  # the earliest of its duties


@cache
def _provider(path: str) -> Provider:
    found: Provider = import_string(path)
    return found


def gather(cycle: Cycle) -> list[Duty]:
    """Every duty of the year, done or not, area by area, as it stands at this moment."""
    return [duty for path in PROVIDERS for duty in _provider(path)(cycle)]


def duties_of(cycle: Cycle) -> list[Duty]:
    """As `gather`, for pages; an act that decides by duties gathers them itself."""
    return kept("duties", cycle, lambda: gather(cycle))


def tasks_of(duties: Sequence[Duty]) -> list[Task]:
    """The tasks in the order in which they first stand among the duties."""
    first: dict[str, Duty] = {}
    due: dict[str, datetime] = {}
    for duty in duties:
        first.setdefault(duty.task, duty)
        if duty.due is not None:
            due[duty.task] = min(due.get(duty.task, duty.due), duty.due)
    return [Task(key, duty.label, duty.owner, due.get(key)) for key, duty in first.items()]


def lights_of(duties: Sequence[Duty], now: datetime) -> dict[str, dict[Light, int]]:
    """Task → how many of its duties show each light."""
    found: dict[str, dict[Light, int]] = {}
    for duty in duties:
        counts = found.setdefault(duty.task, dict.fromkeys(Light, 0))
        counts[duty.light(now)] += 1
    return found


def of_unit(duties: Sequence[Duty], unit_id: int | None, *owners: Owner) -> list[Duty]:
    """What is that unit's by these hands; what lies nearest first, then what has no day."""
    mine = [duty for duty in duties if duty.unit_id == unit_id and duty.owner in owners]
    far = timezone.now()
    return sorted(mine, key=lambda duty: (duty.due is None, duty.due or far))


def word_of(light: Light) -> str:
    """What stands beside the light, so that the colour is never the only sign."""
    return {
        Light.DONE: _("done in time"),
        Light.LATE: _("caught up late"),
        Light.DUE: _("due soon"),
        Light.OVERDUE: _("overdue"),
        Light.AHEAD: _("not due yet"),
    }[light]


def address_of(cycle: Cycle, duty: Duty) -> str:
    """The page where it is done; the year's page while it has none."""
    own = year_way(cycle, duty.route, **duty.arguments) if duty.route else ""
    return own or year_way(cycle, "year")
