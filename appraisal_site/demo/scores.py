"""Writes the drawn marks as scores of the right hands, and the cells that hardly involve a unit.

What the marks are is drawn in figures.py.  Thousands of rows are written at once, so that the rights an
action would ask for are kept here by choice of the hand, one log entry for each hand and kind, and every
block is announced once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from appraisal_site.demo.figures import Frame, Key, Mark, Marks, Rule
from appraisal_site.demo.people import People
from appraisal_site.demo.words import HARDLY_INVOLVED
from office import audit
from office.fields import format_points
from scoring import score_lines
from scoring.actions import scores as acts
from scoring.models import Cell, Deduction, Involvement, Look, MajorItem, Score, ScoreKind
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.signals import announce_stale

Hand = Callable[[Cell], Hat]
BATCH = 500


@dataclass(frozen=True, slots=True)
class Book:
    """The cells of the year by their names, and the hands that write into them."""

    people: People
    cells: dict[Key, Cell]
    reviewers: Mapping[int, tuple[Hat, ...]]
    counts: dict[str, int] = field(default_factory=dict)

    def by_official(self, cell: Cell) -> Hat:
        return self.people.official_of(cell.membership.unit)

    def by_lead(self, cell: Cell) -> Hat:
        """The lead's own assessor; for the lead's own unit, and without a lead, the office (§6(3))."""
        lead = cell.sub_item.lead
        if lead is None or lead.pk == cell.membership.unit_id:
            return self.people.hats["office1"]
        return self.people.lead_of(lead)

    def by_reviewer(self, cell: Cell) -> Hat:
        """The team's reviewers take turns; one with a declared tie never acts on that unit."""
        hats = self.reviewers[cell.membership.unit_id]
        return hats[(cell.sub_item_id + cell.membership_id) % len(hats)]


def frames(cycle: Cycle) -> list[Frame]:
    """What figures.py must know of the year, in the plan's order."""
    found = []
    for block in cycle.blocks.order_by("order", "id"):
        items = MajorItem.objects.filter(block=block).prefetch_related("sub_items").order_by("order", "id")
        rules = tuple(
            Rule(item.name, sub.name, int(sub.base_points * 100), sub.look != Look.PAPER)
            for item in items
            for sub in item.sub_items.all()
        )
        members = block.memberships.select_related("unit").order_by("unit__order", "id")
        found.append(Frame(block.name, tuple(member.unit.name for member in members), rules))
    return found


def open_book(people: People, reviewers: Mapping[int, tuple[Hat, ...]]) -> Book:
    cells = Cell.objects.filter(block__cycle=people.cycle).select_related(
        "block", "membership__unit", "sub_item__lead"
    )
    return Book(
        people, {(c.block.name, c.membership.unit.name, c.sub_item.name): c for c in cells}, reviewers
    )


def write(
    book: Book,
    kind: ScoreKind,
    marks: Iterable[tuple[Key, Mark]],
    hand: Hand,
    since: datetime,
    until: datetime,
) -> int:
    """Store one kind of marks, each by its hand at a moment between the two; how many there were."""
    chosen = [(book.cells[key], mark) for key, mark in marks]
    if not chosen:
        return 0
    step = (until - since) / (len(chosen) + 1)
    rows = []
    tally: dict[str, tuple[Hat, int]] = {}
    for n, (cell, mark) in enumerate(chosen, 1):
        hat = hand(cell)
        tally[hat.user.username] = (hat, tally.get(hat.user.username, (hat, 0))[1] + 1)
        rows.append(
            Score(
                cell=cell,
                kind=kind,
                points=_points(mark.points),
                entered_by=hat.user,
                entered_at=since + n * step,
                by_office=hat.role is Role.OFFICE,
            )
        )
    stored = Score.objects.bulk_create(rows, batch_size=BATCH)
    Deduction.objects.bulk_create(
        [
            Deduction(
                score=score, points=_points(line.off), reason=line.reason, evidence=line.evidence, on=line.on
            )
            for score, (_cell, mark) in zip(stored, chosen, strict=True)
            for line in mark.lines
        ],
        batch_size=BATCH,
    )
    cell_ids = [cell.pk for cell, _mark in chosen]
    for start in range(0, len(cell_ids), BATCH):
        Cell.objects.filter(pk__in=cell_ids[start : start + BATCH]).update(version=F("version") + 1)
    for block_id in {cell.block_id for cell, _mark in chosen}:
        announce_stale(block_id)
    cycle = book.people.cycle
    lines = [(cell.pk, str(kind), _points(mark.points)) for cell, mark in chosen]
    kept = score_lines.keep(lines, book.people.hats["office1"].user)
    audit.record(None, "scores.filled", cycle, cycle_code=cycle.code, kind=str(kind), demo=True, **kept)
    for hat, count in tally.values():
        audit.record(
            hat, "scores.recorded", cycle, cycle_code=cycle.code, kind=str(kind), count=count, demo=True
        )
    book.counts[str(kind)] = book.counts.get(str(kind), 0) + len(chosen)
    return len(chosen)


def write_self(book: Book, marks: Mapping[Key, Marks], since: datetime, until: datetime) -> None:
    write(book, ScoreKind.SELF, ((k, m.own) for k, m in marks.items()), book.by_official, since, until)


def write_early(book: Book, marks: Mapping[Key, Marks], since: datetime, until: datetime) -> None:
    """Lead scores of all cells but the late ones and the not involved, preliminary ones of two thirds."""
    spared = {(h.block, h.unit, h.sub_item) for h in HARDLY_INVOLVED}
    there = [(k, m) for k, m in marks.items() if not m.is_late and k not in spared]
    half = since + (until - since) / 2
    write(book, ScoreKind.LEAD, ((k, m.lead) for k, m in there), book.by_lead, since, half)
    write(
        book,
        ScoreKind.PRELIMINARY,
        ((k, m.preliminary) for k, m in there if m.has_early_preliminary),
        book.by_reviewer,
        half,
        until,
    )


def write_rest(book: Book, marks: Mapping[Key, Marks], since: datetime, until: datetime) -> None:
    """What was late, and the other third of the preliminary scores; nothing for the not involved."""
    spared = {(h.block, h.unit, h.sub_item) for h in HARDLY_INVOLVED if h.in_the_end}
    rejected = {(h.block, h.unit, h.sub_item) for h in HARDLY_INVOLVED if not h.in_the_end}
    late = [(k, m) for k, m in marks.items() if (m.is_late or k in rejected) and k not in spared]
    write(book, ScoreKind.LEAD, ((k, m.lead) for k, m in late), book.by_lead, since, until)
    late_keys = {k for k, _m in late}
    rest = [
        (k, m.preliminary)
        for k, m in marks.items()
        if (k in late_keys or not m.has_early_preliminary) and k not in spared
    ]
    write(book, ScoreKind.PRELIMINARY, rest, book.by_reviewer, since, until)


def write_onsite(book: Book, marks: Mapping[Key, Marks], since: datetime, until: datetime) -> None:
    spared = {(h.block, h.unit, h.sub_item) for h in HARDLY_INVOLVED if h.in_the_end}
    visited = [(k, m.onsite) for k, m in marks.items() if m.onsite is not None and k not in spared]
    write(book, ScoreKind.ONSITE, visited, book.by_reviewer, since, until)


def propose_hardly_involved(book: Book) -> None:
    """Every 基本不涉及 is proposed by one person; office2 confirms those that are decided already."""
    for each in HARDLY_INVOLVED:
        cell = book.cells[each.block, each.unit, each.sub_item]
        by = book.by_lead(cell) if each.proposed_by == "lead" else book.people.hats[each.proposed_by]
        acts.propose_not_involved(by=by, cell_id=cell.pk, reason=each.reason)
        if each.decided is not None:
            acts.decide_not_involved(by=book.people.hats["office2"], cell_id=cell.pk, confirm=each.decided)


def decide_the_open_ones(book: Book) -> None:
    for each in HARDLY_INVOLVED:
        if each.decided is None:
            acts.decide_not_involved(
                by=book.people.hats["office2"],
                cell_id=book.cells[each.block, each.unit, each.sub_item].pk,
                confirm=each.in_the_end,
                reason=each.rejected_because,
            )


def digest(cycle: Cycle) -> str:
    """A digest over every stored score and involvement of the cycle: another hand's mark changes it."""
    lines = [
        f"{cell_id} {kind} {format_points(points)}"
        for cell_id, kind, points in Score.objects.filter(cell__block__cycle=cycle)
        .order_by("cell_id", "kind")
        .values_list("cell_id", "kind", "points")
    ]
    lines += [
        f"{cell_id} {involvement}"
        for cell_id, involvement in Cell.objects.filter(block__cycle=cycle)
        .exclude(involvement=Involvement.NONE)
        .order_by("pk")
        .values_list("pk", "involvement")
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _points(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)
