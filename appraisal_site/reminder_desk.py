"""The desk of reminders: who owes what, unit by unit with its people and phones, team by team; what the filter leaves.

Reads only; reminding and noting calls are units.actions.reminders, the words are in appraisal_site.reminding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from appraisal_site import duties, reminding
from appraisal_site.reminding import Debt
from office.models import User
from units import queries
from units.actions.reminders import SUPERIOR_FROM, Nudge, person_to_call
from units.duties import Duty, Light, Owner
from units.models import Cycle, Team, Unit

PRESSING = frozenset({Light.OVERDUE, Light.DUE})
WORST_FIRST = (Light.OVERDUE, Light.DUE, Light.AHEAD, Light.LATE, Light.DONE)
SHOWN: dict[str, tuple[object, frozenset[Light] | None]] = {
    "now": (_("overdue or due soon"), PRESSING),
    "overdue": (_("overdue"), frozenset({Light.OVERDUE})),
    "soon": (_("due soon"), frozenset({Light.DUE})),
    "all": (_("everything open"), None),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What part of the debts is looked at; what nobody offers is read as no filter."""

    show: str = "now"
    task: str = ""
    block: str = ""

    def holds(self, duty: Duty, light: Light, block: str) -> bool:
        lights = SHOWN[self.show][1]
        return (
            not light.is_done
            and (lights is None or light in lights)
            and self.task in {"", duty.task}
            and self.block in {"", block}
        )

    @property
    def query(self) -> str:
        """As it stands behind the question mark of an address."""
        parts = {"show": self.show, "task": self.task, "block": self.block}
        return "&".join(f"{key}={value}" for key, value in parts.items() if value)


@dataclass(slots=True)
class Owing:
    """One unit with everything it owes, and whom to call about it."""

    unit: Unit
    block: str
    debts: list[Debt] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How often it was called about what was called about most."""
        return max(len(debt.calls) for debt in self.debts)

    @property
    def is_for_superior(self) -> bool:
        return self.calls + 1 >= SUPERIOR_FROM and bool(self.unit.superior_leader)

    @property
    def whom(self) -> str:
        return person_to_call(self.unit, self.calls)

    @property
    def phones(self) -> str:
        return self.debts[0].phones

    @property
    def message(self) -> str:
        return reminding.message_for_one(self.debts)

    @property
    def light(self) -> Light:
        """The most pressing of its lights."""
        return min((debt.light for debt in self.debts), key=WORST_FIRST.index)


@dataclass(slots=True)
class TeamOwing:
    """One team and one task: the units of the team for which it is still open."""

    team: str
    people: list[User]
    label: str
    due: datetime | None
    light: Light
    debts: list[tuple[Duty, Unit]] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [key_of(duty) for duty, _unit in self.debts]

    @property
    def units(self) -> str:
        return "、".join(unit.short_name or unit.name for _duty, unit in self.debts)


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the page of reminders shows."""

    owing: list[Owing]
    teams: list[TeamOwing]
    tasks: list[duties.Task]
    lights: dict[str, dict[Light, int]]
    blocks: list[str]

    @property
    def debts(self) -> list[Debt]:
        return [debt for one in self.owing for debt in one.debts]


def key_of(duty: Duty) -> str:
    """How a form names one duty: unit and task."""
    return f"{duty.unit_id}|{duty.task}"


def desk_of(cycle: Cycle, owed: Sequence[Duty], chosen: Filter, now: datetime) -> Desk:
    """The desk as the filter leaves it; the block of the plan's order, then the unit's.  Seven queries."""
    debts = reminding.debts_of(cycle, owed, now)
    placed = queries.units_by_block(cycle, {debt.unit.pk: debt.unit for debt in debts}.values())
    block_of = {unit.pk: block for block, unit in placed}
    by_unit: dict[int, Owing] = {unit.pk: Owing(unit, block) for block, unit in placed}
    for debt in debts:
        if chosen.holds(debt.duty, debt.light, block_of[debt.unit.pk]):
            by_unit[debt.unit.pk].debts.append(debt)
    return Desk(
        owing=[one for one in by_unit.values() if one.debts],
        teams=_teams(cycle, owed, chosen, now),
        tasks=duties.tasks_of(owed),
        lights=duties.lights_of(owed, now),
        blocks=list(dict.fromkeys(block for block, _unit in placed)),
    )


def _teams(cycle: Cycle, owed: Sequence[Duty], chosen: Filter, now: datetime) -> list[TeamOwing]:
    """What teams still have to look at, team by team and task by task.  Three queries."""
    of_unit: dict[int, list[Duty]] = {}
    for duty in owed:
        if duty.owner is Owner.TEAM and chosen.holds(duty, duty.light(now), chosen.block):
            of_unit.setdefault(duty.unit_id, []).append(duty)
    found: list[TeamOwing] = []
    if not of_unit:
        return found
    people = Prefetch("people", User.objects.filter(is_active=True))
    for team in Team.objects.filter(cycle=cycle).prefetch_related(people, "units").order_by("pk"):
        by_task: dict[str, TeamOwing] = {}
        for unit in team.units.all():
            for duty in of_unit.get(unit.pk, ()):
                line = by_task.setdefault(
                    duty.task,
                    TeamOwing(team.name, list(team.people.all()), duty.label, duty.due, duty.light(now)),
                )
                line.debts.append((duty, unit))
        found += by_task.values()
    return found


def nudges_for(cycle: Cycle, keys: Sequence[str], now: datetime) -> tuple[list[Nudge], list[str]]:
    """What is to be said about the duties so named, as they stand now; and those done meanwhile, by unit.

    A key that names nothing of this year is passed over.
    """
    owed = {key_of(duty): duty for duty in duties.gather(cycle)}
    named = [owed[key] for key in dict.fromkeys(keys) if key in owed]
    units = Unit.objects.in_bulk({duty.unit_id for duty in named})
    nudges, done = [], []
    for duty in named:
        light = duty.light(now)
        if light.is_done:
            done.append(f"{units[duty.unit_id].name} · {duty.label}")
        else:
            nudges.append(reminding.nudge_of(cycle, Debt(duty, units[duty.unit_id], light)))
    return nudges, done
