"""The result as it is told to each unit after the hearing: its own figures, means that reveal nobody (§6(7)).

One letter per unit and block; setting it as PDF is asked here, the look is in templates/reports.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from bonuses import queries as paper_queries
from bonuses import words as paper_words
from office import pdf
from office.fields import format_points, from_units
from scoring import queries
from scoring.appeal_papers import PaperFacts, day_in_words, digest_of, short_code
from scoring.appeal_windows import Terms, terms_of
from scoring.engine.numbers import half_up_fraction
from scoring.engine.sheet import BlockStanding, RowResult
from scoring.models import Cell, Involvement, MajorItem
from units.models import Block, Cycle, Membership
from units.stages import Stage

# A mean made of fewer others would let a unit reckon what one of them has.
FEWEST_OTHERS = 3
OWN_SOURCES = frozenset({"onsite", "preliminary", "lead", "mix"})
SOURCE_WORDS = {
    "onsite": "实地考评",
    "preliminary": "初评",
    "lead": "责任单位测评",
    "mix": "初评与实地考评",
    "mean": "基本不涉及",
}


@dataclass(frozen=True, slots=True)
class OthersMean:
    """The mean of the other units' own scores of a sub-item, and how many made it."""

    mean: Decimal
    count: int


def means_of_others(standing: BlockStanding, unit_key: int) -> dict[int, OthersMean]:
    """Sub-item → mean of the others; left out where fewer than three others were scored."""
    points: dict[int, list[int]] = {}
    for row in standing.rows:
        if row.unit_key == unit_key:
            continue
        for item in row.items:
            for cell in item.cells:
                if cell.score is not None and str(cell.source) in OWN_SOURCES:
                    points.setdefault(cell.sub_item_key, []).append(cell.score)
    return {
        sub: OthersMean(
            from_units(half_up_fraction(Fraction(sum(scores), len(scores))), standing.places), len(scores)
        )
        for sub, scores in points.items()
        if len(scores) >= FEWEST_OTHERS
    }


def makers_of_mean(standing: BlockStanding, unit_key: int, sub_item_key: int) -> int:
    """Of how many units' own scores the mean of a not-involved unit is made."""
    return sum(
        cell.score is not None and str(cell.source) in OWN_SOURCES
        for row in standing.rows
        if row.unit_key != unit_key
        for item in row.items
        for cell in item.cells
        if cell.sub_item_key == sub_item_key
    )


def reveals_nobody(standing: BlockStanding) -> bool:
    """True when the block is large enough for a unit to be set beside its mean."""
    return len(standing.rows) - 1 >= FEWEST_OTHERS


@dataclass(frozen=True, slots=True)
class CellLine:
    name: str
    base: str
    score: str
    source: str
    mean: str  # of the others; empty where it would reveal somebody


@dataclass(frozen=True, slots=True)
class ItemLine:
    name: str
    weight: str
    base: str
    score: str
    rank: int
    weighted: str
    cells: tuple[CellLine, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """What one unit is told about one block."""

    unit: str
    block: str
    units: int
    rank: int
    shared: bool
    eligible: bool
    provisional: bool
    missing: int
    items: tuple[ItemLine, ...]
    preliminary: str
    commendations: str
    criticisms: str
    rewards: str
    final: str
    papers: tuple[tuple[str, str, str], ...]  # title, what, points
    decisions: tuple[tuple[str, str, str], ...]  # sub-item, how its missing mark counts, why
    until: str  # the last day on which it may be questioned; empty when not known

    @property
    def code(self) -> str:
        return short_code(digest_of(self._content()))

    def _content(self) -> list[Any]:
        return [
            self.unit,
            self.block,
            self.rank,
            self.final,
            [str(item) for item in self.items],
            self.papers,
            self.decisions,
        ]

    @property
    def minus(self) -> str:
        """What criticisms take off, with its sign."""
        return f"−{self.criticisms}" if Decimal(self.criticisms) else self.criticisms


def letters_of(block: Block, member_ids: Collection[int] | None = None) -> list[Letter]:
    """The letters of a block in the plan's order, of all members or of some.  About twelve queries.

    `block.cycle` should be loaded.
    """
    cycle = block.cycle
    standing = queries.standing_of(block)
    items = {item.pk: item for item in MajorItem.objects.filter(block=block).prefetch_related("sub_items")}
    members = {
        m.pk: m
        for m in Membership.objects.filter(block=block).select_related("unit")
        if m.pk in _keys(standing)
    }
    rules = paper_queries.rules_of(cycle)
    takes_papers = rules.joins_tracks or not block.is_track
    steps = (
        paper_queries.steps_by_unit(cycle, [m.unit_id for m in members.values()], rules)
        if takes_papers
        else {}
    )
    terms = terms_of(cycle)
    decided = reasons_of_decisions(block)
    rows = sorted(standing.rows, key=lambda row: row.order)
    return [
        _letter(
            standing,
            row,
            members[row.unit_key],
            items,
            steps.get(members[row.unit_key].unit_id),
            terms,
            decided,
        )
        for row in rows
        if member_ids is None or row.unit_key in member_ids
    ]


HOW_DECIDED = {"mean": "按其他单位平均分计", "zero": "按零分计"}


def reasons_of_decisions(block: Block) -> dict[tuple[int, int], tuple[str, str]]:
    """(membership, sub-item) → how the leading group decided the missing mark, and why.  One query."""
    cells = Cell.objects.filter(block=block).exclude(missing_how="")
    outside = {Involvement.PROPOSED, Involvement.CONFIRMED}
    return {
        (member, sub): (how, why)
        for member, sub, how, why, state in cells.values_list(
            "membership_id", "sub_item_id", "missing_how", "missing_reason", "involvement"
        )
        if state not in outside
    }


def _keys(standing: BlockStanding) -> set[int]:
    return {row.unit_key for row in standing.rows}


def _letter(
    standing: BlockStanding,
    row: RowResult,
    member: Membership,
    items: dict[int, MajorItem],
    steps: paper_queries.Steps | None,
    terms: Terms,
    decided: Mapping[tuple[int, int], tuple[str, str]],
) -> Letter:
    places = standing.places
    means = means_of_others(standing, row.unit_key)

    def points(units: int) -> str:
        return format(from_units(units, places), "f")

    lines = []
    decisions: list[tuple[str, str, str]] = []
    for item in row.items:
        rule = items[item.item_key]
        bases = {sub.pk: sub.base_points for sub in rule.sub_items.all()}
        cells = []
        for cell in item.cells:
            source = str(cell.source) if cell.source is not None else ""
            words = SOURCE_WORDS.get(source, "")
            found = decided.get((row.unit_key, cell.sub_item_key))
            if cell.score is not None and found is not None and source in {"", "mean"}:
                words = "缺报，按领导小组决定计"
                decisions.append((cell.sub_item, HOW_DECIDED[found[0]], found[1]))
            elif source == "mean":
                makers = makers_of_mean(standing, row.unit_key, cell.sub_item_key)
                words = f"{words}，按{makers}个单位平均分计"
            elif cell.score is None:
                words = "缺报"
            other = means.get(cell.sub_item_key)
            cells.append(
                CellLine(
                    cell.sub_item,
                    format_points(bases[cell.sub_item_key]),
                    points(cell.score) if cell.score is not None else "—",
                    words,
                    f"{other.mean:f}（{other.count}个单位）" if other is not None else "",
                )
            )
        lines.append(
            ItemLine(
                item.item,
                format_points(rule.weight_points),
                format_points(rule.base_points),
                points(item.base),
                item.rank,
                points(item.weighted),
                tuple(cells),
            )
        )
    window = terms.window(member.unit_id)
    return Letter(
        unit=row.unit,
        block=standing.block,
        units=len(standing.rows),
        rank=row.rank,
        shared=row.shared,
        eligible=row.eligible,
        provisional=standing.provisional,
        missing=row.missing,
        items=tuple(lines),
        preliminary=points(row.preliminary),
        commendations=points(row.commendations),
        criticisms=points(row.criticisms),
        rewards=points(row.rewards),
        final=points(row.final),
        papers=tuple(
            (str(line.document), paper_words.what(line.adjustment), f"{paper_words.signed(line.worth):+f}")
            for line in (steps.lines.values() if steps is not None else ())
        ),
        decisions=tuple(decisions)
        + tuple(
            (sub.name, "本序列不计分", sub.suspended_reason)
            for item in items.values()
            for sub in item.sub_items.all()
            if sub.suspended_reason
        ),
        until=_until(window) if window is not None else "",
    )


def _until(window: Any) -> str:
    last = day_in_words(window.closes_on)
    return f"{last}{window.cut_off:%H:%M}" if window.cut_off is not None else last


def letters_pdf(
    cycle: Cycle, letters: Sequence[Letter], step: Callable[[int, int], None] = lambda _done, _total: None
) -> bytes:
    """The letters one after another, each with page numbers of its own; `step` hears how many are set.

    Raises Refused when papers cannot be set here.
    """
    digest = digest_of([letter.code for letter in letters])
    pages = []
    for letter in letters:
        facts = PaperFacts(cycle.host.name, digest, f"{cycle.code} 考评结果告知书 校验码 {letter.code}")
        pages.append(
            render_to_string(
                "reports/result_letters.html",
                {
                    "facts": facts,
                    "paper_title": "考评结果告知书",
                    "letters": [letter],
                    "year": cycle.year,
                    "is_published": cycle.stage_now in {Stage.PUBLISHED, Stage.FILED},
                    "today": day_in_words(timezone.localdate()),
                },
            )
        )
    return pdf.render_many(pages, identifier=f"letters-{digest[:16]}", step=step)
