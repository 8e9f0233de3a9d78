"""From standings to contenders: what figure each unit brings to an award, and what bars it (§5, rulebook 3, 6).

Pure: standings and facts in, contenders out. Who of them wins is decided by policy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from awards.policy import Contender, TieKey, Why
from scoring.engine.numbers import format_points
from scoring.engine.sheet import BlockStanding, CellResult, RowResult

TOTAL, ITEM, SUB_ITEM = "总分", "大项:", "中项:"
COMPREHENSIVE, SINGLE, INDIVIDUAL = "综合", "单项", "个人"
FOR_TOWNSHIPS = "先进乡镇"  # an award that says so and nothing of streets: reading R12 asks about it
NOT_TOWNSHIPS = frozenset({"街道", "企业"})


@dataclass(frozen=True, slots=True)
class Member:
    """What an award must know of one unit in one block beyond its figures."""

    unit: str
    kind: str  # of the unit
    takes_awards: bool  # mode 参评
    barred_from: frozenset[str] = frozenset()  # kinds of awards that a veto or finding in force takes away


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything beside the standings, for all blocks of the year."""

    members: Mapping[int, Member]  # by membership key
    bases: Mapping[int, int]  # sub-item key → base points
    not_involved: Collection[tuple[int, int]] = frozenset()  # confirmed (membership, sub-item)
    recommended: Mapping[tuple[int, int], int] = field(default_factory=dict)  # (scheme, membership) → rank

    def is_barred(self, member_key: int, kind: str) -> bool:
        """Whether a veto or finding in force takes this kind of award from the member."""
        member = self.members.get(member_key)
        return member is not None and kind in member.barred_from


@dataclass(frozen=True, slots=True)
class Basis:
    """What the award compares, and for whom it is."""

    scheme_key: int
    kind: str
    blocks: tuple[int, ...]  # keys, in the plan's order
    rests_on: tuple[str, ...]  # as the plan workbook writes them
    is_for_townships: bool = False  # with reading R12 answered “no”, streets and the company are out


@dataclass(frozen=True, slots=True)
class _Figure:
    value: Fraction | None
    shown: str
    missing: int
    is_mean: bool  # nothing but means of others
    weighted: int


def contenders_for(
    basis: Basis, standings: Mapping[int, BlockStanding], facts: Facts, *, only_townships: bool = False
) -> list[Contender]:
    """Every unit of the award's blocks with its figure, bars and tie-breaking figures.

    `only_townships` is reading R12 answered “no”.
    """
    found: list[Contender] = []
    for block in basis.blocks:
        standing = standings[block]
        for row in standing.rows:
            member = facts.members.get(row.unit_key)
            if member is None:
                continue
            figure = _figure_of(basis, row, standing.places, facts)
            if figure is None:
                continue
            bars = set()
            if basis.kind in member.barred_from:
                bars.add(Why.BARRED)
            if not member.takes_awards:
                bars.add(Why.NO_AWARD)
            if basis.kind == SINGLE and figure.is_mean:
                bars.add(Why.ON_A_MEAN)
            if only_townships and basis.is_for_townships and member.kind in NOT_TOWNSHIPS:
                bars.add(Why.NOT_A_TOWN)
            found.append(
                Contender(
                    key=row.unit_key,
                    unit=member.unit,
                    block=standing.block,
                    order=row.order,
                    figure=figure.value,
                    shown=figure.shown,
                    bars=frozenset(bars),
                    missing=figure.missing,
                    recommended=facts.recommended.get((basis.scheme_key, row.unit_key)),
                    tie_figures={
                        TieKey.WEIGHTED: figure.weighted,
                        TieKey.FEWER_DEDUCTIONS: -row.criticisms,
                        TieKey.TOTAL: row.final,
                    },
                )
            )
    return found


def _figure_of(basis: Basis, row: RowResult, places: int, facts: Facts) -> _Figure | None:
    """The unit's figure; None when nothing of the award is in its block."""
    if TOTAL in basis.rests_on:
        cells = [cell for item in row.items for cell in item.cells]
        return _Figure(
            Fraction(row.final, 10**places) if _is_scored(cells) else None,
            format_points(row.final, places),
            row.missing,
            _is_mean(row.unit_key, cells, facts),
            row.preliminary,
        )
    score = base = missing = weighted = 0
    cells = []
    for item in row.items:
        if ITEM + item.item in basis.rests_on:
            chosen: Sequence[CellResult] = item.cells
            weighted += item.weighted
        else:
            chosen = [cell for cell in item.cells if SUB_ITEM + cell.sub_item in basis.rests_on]
            weighted += sum(cell.score or 0 for cell in chosen)
        cells += chosen
        score += sum(cell.score or 0 for cell in chosen)
        base += sum(facts.bases.get(cell.sub_item_key, 0) for cell in chosen)
        missing += sum(cell.score is None for cell in chosen)
    if not base:
        return None
    return _Figure(
        Fraction(score, base) if _is_scored(cells) else None,
        f"{format_points(score, places)} ÷ {format_points(base, places)}",
        missing,
        _is_mean(row.unit_key, cells, facts),
        weighted,
    )


def _is_scored(cells: Sequence[CellResult]) -> bool:
    return any(cell.score is not None for cell in cells)


def _is_mean(membership: int, cells: Sequence[CellResult], facts: Facts) -> bool:
    return bool(cells) and all((membership, cell.sub_item_key) in facts.not_involved for cell in cells)


def is_for_townships(name: str) -> bool:
    """True for an award whose name promises it to townships alone."""
    return FOR_TOWNSHIPS in name and "街道" not in name
