"""What a desk is made of: tasks with their light, figures, ways at hand, and whose desk of which year it is.

What lies on each role's desk is told by the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.sections import year_way
from units import queries
from units.calendar import Window
from units.hats import Hat
from units.models import STAGE_LABELS, Cycle, Reopening
from units.stages import Stage

SOON = timedelta(days=3)
FAILED_SINCE = timedelta(days=7)
Tile = tuple[str, object, str]
Shortcut = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that awaits somebody; `due` None when no day was set for it."""

    title: str
    sentence: str
    url: str
    verb: str
    due: datetime | None = None
    count: int | None = None
    tone_word: str = ""
    tone: str = "off"
    returned: str = ""  # why it came back
    is_ahead: bool = False  # nothing can be done about it yet

    @property
    def left(self) -> str:
        return queries.time_left(self.due, short=True) if self.due is not None else ""


def task(
    title: str, sentence: str, url: str, verb: str, *, due: datetime | None = None, count: int | None = None
) -> Task:
    """A task with its light: red when its day is past, amber within three days, green before."""
    now = timezone.now()
    if due is None:
        tone, word = "off", _("open")
    elif due < now:
        tone, word = "red", _("overdue")
    elif due - now < SOON:
        tone, word = "amber", _("due soon")
    else:
        tone, word = "green", _("in time")
    return Task(title, sentence, url, verb, due, count, word, tone)


@dataclass(slots=True)
class Desk:
    tasks: list[Task] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    shortcuts: list[Shortcut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose desk it is, of which year, with the year's windows at hand."""

    hat: Hat
    cycle: Cycle
    windows: dict[Stage, Window]

    def until(self, stage: Stage) -> datetime | None:
        window = self.windows.get(stage)
        return window.closes_at if window is not None else None

    def way(self, route: str, **arguments: str) -> str:
        """The page where it is done; the year's page while it has none of its own."""
        return year_way(self.cycle, route, **arguments) or year_way(self.cycle, "year")


def reopened(sight: Sight, opened: Reopening) -> Task:
    """A stage that is open again for this unit, or for all, until its time."""
    return task(
        _("Reopened: %(stage)s") % {"stage": opened.get_stage_display()},
        opened.reason,
        sight.way("year"),
        _("Look"),
        due=opened.until,
    )


def too_late() -> str:
    """What is added to a task whose window is over."""
    return _(" The window is over; ask the appraisal office to reopen it.")


def percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole}%" if whole else ""


def not_yet(sight: Sight, stage: Stage, what: str, count: int) -> Task:
    window = sight.windows.get(stage)
    opens = (
        _("opens on %(day)s") % {"day": window.opens_on}
        if window is not None
        else _("opens when the office moves the year on")
    )
    return Task(
        _("Ahead: %(what)s") % {"what": what},
        _("“%(stage)s” %(opens)s; %(count)d cells are yours.")
        % {"stage": STAGE_LABELS[stage], "opens": opens, "count": count},
        sight.way("year"),
        _("Look"),
        window.closes_at if window is not None else None,
        None,
        _("not yet open"),
        "off",
        is_ahead=True,
    )
