"""What the same unit did in this week a year ago, so that whoever is new in the job knows what the week is for.

From the year before: the stage it stood at, what the unit finished, what its people did by the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from appraisal_site import deeds, duties
from appraisal_site.completeness import OWN_UNIT
from units import queries
from units.calendar import Window
from units.duties import Duty, Owner
from units.hats import Hat
from units.matrix import Role
from units.models import STAGE_LABELS, Cycle, RoleAssignment

OWNERS_OF_ROLE = dict.fromkeys(OWN_UNIT, (Owner.UNIT,)) | {Role.LEAD: (Owner.BODY,)}


@dataclass(frozen=True, slots=True)
class YearAgo:
    """One week of the year before: its stage, what was finished and what fell due, what was done."""

    code: str
    year: int
    first: date
    last: date
    stages: list[str] = field(default_factory=list)
    finished: list[tuple[datetime, str]] = field(default_factory=list)
    due: list[tuple[datetime, str]] = field(default_factory=list)
    deeds: list[deeds.Deed] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.stages or self.finished or self.due or self.deeds)


def week_a_year_before(today: date) -> tuple[date, date]:
    """Monday and Sunday of the week that holds the same day of the year before; 29 February as the 28th."""
    day = today.replace(year=today.year - 1, day=28 if (today.month, today.day) == (2, 29) else today.day)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def year_before(cycle: Cycle) -> Cycle | None:
    """The same host's appraisal of the year before.  One query."""
    _year, dash, word = cycle.code.partition("-")
    return Cycle.objects.filter(code=f"{cycle.year - 1}{dash}{word}", host_id=cycle.host_id).first()


def year_ago(hat: Hat, cycle: Cycle, today: date) -> YearAgo | None:
    """What this week was like a year ago for the hat's unit; None without a year before.  Four queries and duties'."""
    owners = OWNERS_OF_ROLE.get(hat.role)
    unit_id = hat.unit_id
    if owners is None or unit_id is None:
        return None
    before = year_before(cycle)
    if before is None:
        return None
    first, last = week_a_year_before(today)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    until = since + timedelta(days=7)
    mine = duties.of_unit(duties.duties_of(before), unit_id, *owners)
    people = RoleAssignment.objects.filter(
        cycle=before, unit_id=unit_id, role__in=[str(role) for role in _colleagues(hat)]
    )
    return YearAgo(
        before.code,
        before.year,
        first,
        last,
        stages=[
            str(STAGE_LABELS[stage])
            for stage, window in queries.windows_of(before).items()
            if _overlaps(window, first, last)
        ],
        finished=_between(mine, "done_at", since, until),
        due=_between(mine, "due", since, until),
        deeds=deeds.of_people(
            before, people.values_list("user__username", flat=True).distinct(), since, until
        ),
    )


def _colleagues(hat: Hat) -> frozenset[Role]:
    return OWN_UNIT if hat.role in OWN_UNIT else frozenset({hat.role})


def _overlaps(window: Window, first: date, last: date) -> bool:
    return window.opens_on <= last and window.closes_on >= first


def _between(mine: list[Duty], moment: str, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    found = []
    for duty in mine:
        at: datetime | None = getattr(duty, moment)
        if at is not None and since <= at < until:
            found.append((at, duty.label))
    return sorted(found)
