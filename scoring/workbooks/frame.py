"""Pure: the names, rules and stored scores that a score sheet is read against.

They are asked from the database in scoring.import_queries; what the lines mean is judged in scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from office.refusal import Refused
from units.names import NameBook

# What each kind of score is called in a column 阶段 or a title; the first word is the one we write.
STAGE_WORDS: dict[str, tuple[str, ...]] = {
    "self": ("自评", "单位自评", "自我测评", "self"),
    "lead": ("责任单位测评", "测评", "责任单位", "lead"),
    "preliminary": ("初评", "preliminary"),
    "onsite": ("实地考评", "实地", "实地评", "onsite"),
}
TITLE_WORDS: dict[str, str] = {
    "self": "自评",
    "lead": "责任单位测评",
    "preliminary": "初评",
    "onsite": "实地考评",
}


@dataclass(frozen=True, slots=True)
class SubRule:
    """A sub-item as a sheet meets it; points are whole ten-thousandths."""

    key: int
    name: str
    item: int
    block: int
    base: int
    floor: int
    has_indicators: bool = False


class Stored(NamedTuple):
    """A cell with its score of the sheet's kind; points are whole ten-thousandths."""

    cell: int
    version: int
    involvement: str
    points: int | None = None  # None: no score of this kind
    reason: str = ""
    lines: tuple[tuple[int, str], ...] = ()  # deductions: points off, why
    proposed_by: int | None = None


@dataclass(slots=True)
class Frame:
    """One cycle, as names and rules."""

    code: str
    year: int
    places: int
    kind: str
    units: NameBook[int]
    unit_names: Mapping[int, str]
    blocks: NameBook[int]
    block_names: Mapping[int, str]
    members: Mapping[tuple[int, int], int]  # (block, unit) → membership
    blocks_of: Mapping[int, tuple[int, ...]]  # unit → blocks
    items: Mapping[int, NameBook[int]]  # block → its major items
    item_names: Mapping[int, str]
    subs: Mapping[int, NameBook[int]]  # item → its sub-items, aliases too
    rules: Mapping[int, SubRule]
    bodies: frozenset[str]  # names that may stand as 打分单位 beside units: host, teams
    may_score: Callable[[int, int, int], Refused | None]  # (unit, sub-item, block)
    may_propose: Callable[[int, int, int], Refused | None]
    leads_of: Mapping[int, frozenset[int]]  # sub-item → units that lead or help
    scoring_unit: int | None = None  # the body whose hat is worn, when it scores for itself
    by_office: bool = False
    load: Callable[[Iterable[int]], Mapping[tuple[int, int], Stored]] = field(default=lambda blocks: {})
    second: int | None = None  # the user who confirms 不涉及, already checked
    may_confirm: Callable[[int, int, int], Refused | None] = field(default=lambda unit, sub, block: None)
    nearest: Nearest = field(default_factory=lambda: Nearest([]))


class Nearest:
    """The known names most like a wrong one, quick enough for a sheet full of wrong names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._with: dict[str, list[int]] = {}
        for index, name in enumerate(self._names):
            for letter in set(name):
                self._with.setdefault(letter, []).append(index)
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, text: str) -> tuple[str, ...]:
        """At most three names, best first.

        Only the forty names that share most signs are compared closely.
        """
        found = self._known.get(text)
        if found is None:
            shared: dict[int, int] = {}
            for letter in set(text):
                for index in self._with.get(letter, ()):
                    shared[index] = shared.get(index, 0) + 1
            likely = sorted(shared, key=lambda index: (-shared[index], len(self._names[index]), index))[:40]
            names = [self._names[index] for index in likely]
            if len(names) < 3:
                names += [name for name in self._names[:40] if name not in names]
            found = tuple(NameBook((name, name) for name in names).nearest(text))
            self._known[text] = found
        return found
