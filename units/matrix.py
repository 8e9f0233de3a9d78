"""The permission matrix as data: row × role → grant.

Pure. permission_matrix.txt is the one table; pages, API and tests all read it through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path


class Role(StrEnum):
    ANONYMOUS = "AN"
    OFFICIAL = "UO"
    PRINCIPAL = "UP"
    LEAD = "LA"
    REVIEWER = "GR"
    OFFICE = "OF"
    LEADING_GROUP = "LG"
    CITY_LEADER = "LD"
    ORGANIZATION = "AR"
    SYSTEM = "SA"
    SECURITY = "SE"
    AUDITOR = "AU"


class Scope(StrEnum):
    NOTHING = "."
    ALL = "Y"
    OWN_ACCOUNT = "u"
    OWN_UNIT = "o"
    OWN_SUB_ITEMS = "s"  # those its body leads or helps with, never about its own unit
    OWN_TEAM = "g"  # its team's units, never its own unit
    NAMED = "r"  # the person named for it, without a part in either unit


@dataclass(frozen=True, slots=True)
class Grant:
    scope: Scope
    in_stage: bool  # w: only in the stages that units.stages opens for the row
    published: bool  # p: only after publication
    two_persons: bool  # 2
    not_oneself: bool  # n

    @property
    def is_denied(self) -> bool:
        return self.scope is Scope.NOTHING


def parse_grant(text: str) -> Grant:
    """Read one cell of the table, e.g. `Yw2` or `op`.  Raises ValueError on unknown marks."""
    marks = text
    scope = Scope.ALL if marks[0] == "p" else Scope(marks[0])
    flags = marks if marks[0] == "p" else marks[1:]
    unknown = set(flags) - set("wp2n")
    if unknown:
        raise ValueError(f"unknown marks {unknown} in {text!r}")
    return Grant(scope, "w" in flags, "p" in flags, "2" in flags, "n" in flags)


@cache
def load() -> dict[str, dict[Role, Grant]]:
    """The whole matrix: row id → role → grant."""
    lines = (Path(__file__).parent / "permission_matrix.txt").read_text(encoding="utf-8").splitlines()
    roles = [Role(code) for code in lines[0].split("|")[2].split()]
    matrix: dict[str, dict[Role, Grant]] = {}
    for line in lines[1:]:
        row, _act, cells = (part.strip() for part in line.split("|"))
        matrix[row] = dict(zip(roles, (parse_grant(cell) for cell in cells.split()), strict=True))
    return matrix


@cache
def acts() -> dict[str, str]:
    """Row id → what it allows, in English."""
    lines = (Path(__file__).parent / "permission_matrix.txt").read_text(encoding="utf-8").splitlines()[1:]
    return {row.strip(): act.strip() for row, act, _cells in (line.split("|") for line in lines)}


def grant(row: str, role: Role) -> Grant:
    return load()[row][role]
