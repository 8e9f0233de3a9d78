"""The board 排名一览: places per block with bars of the weighted parts, ties, margins, movement.

Who may look is row G02; the figures are those stored with each block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from office.charts import Part, weighted_bar
from office.fields import format_points, from_units
from scoring import queries
from scoring.engine.sheet import BlockStanding, RowResult
from scoring.models import MajorItem, Standing
from units import permissions
from units.models import Block, Cycle, Membership, Mode, UnitName
from units.pages import PageRequest, page


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One unit's line of the board; points as Decimal."""

    unit: str
    url: str
    rank: int | None
    shared: bool
    bar: SafeString
    final: Decimal
    preliminary: Decimal
    additions: Decimal
    margin: Decimal | None  # to the next place above; None for the first
    missing: int
    vetoed: bool
    no_award: bool
    find: str
    movement: int | None = None


@dataclass(frozen=True, slots=True)
class BoardBlock:
    name: str
    anchor: str
    provisional: bool
    unit_count: int
    missing: int
    legend: list[tuple[str, str]]
    matrix_url: str
    plan_url: str
    xlsx_url: str
    live_url: str = ""  # the block by itself, asked again while the page is open
    rows: list[BoardRow] = field(default_factory=list)


@page("G02")
def board(request: PageRequest) -> HttpResponse:
    """`?block=` narrows to one; the page and its fragment are the same answer."""
    cycle = request.cycle
    shown = seen_blocks(request, "G02")
    may_export = permissions.may("G04", request.hat, cycle)
    columns = board_blocks(cycle, shown, may_export=may_export)
    standings = {b.pk: c for b, c in zip(shown, columns, strict=True)}
    comprehensive = [standings[b.pk] for b in shown if not b.is_track]
    tracks = [standings[b.pk] for b in shown if b.is_track]
    return render(
        request,
        "scoring/board.html",
        {
            "places": cycle.places,
            "comprehensive": comprehensive,
            "tracks": tracks,
            "provisional": sum(1 for column in columns if column.provisional),
            "xlsx_url": reverse("board-xlsx", args=[cycle.code]) if may_export else "",
            "print_url": "",
            "compare_url": "",
            "what_if_url": reverse("what-if", args=[cycle.code])
            if permissions.may("G05", request.hat, cycle)
            else "",
            "as_of": as_of(shown),
        },
    )


def seen_blocks(request: PageRequest, row: str = "G02") -> list[Block]:
    """The cycle's blocks whose totals `row` lets the hat see now; a track may keep its own calendar (§3)."""
    cycle = request.cycle
    blocks = sorted(cycle.blocks.all(), key=lambda block: (block.order, block.pk))
    for block in blocks:
        block.cycle = cycle
    return [b for b in blocks if permissions.may(row, request.hat, cycle, block=b)]


def as_of(blocks: list[Block]) -> datetime | None:
    """When the newest of the standings was computed."""
    return queries.last_computed_at(blocks)


def board_blocks(cycle: Cycle, blocks: list[Block], *, may_export: bool) -> list[BoardBlock]:
    """The board's columns, in the order of `blocks`; a fixed number of queries."""
    # The versions before the figures: a save between the two only makes the page ask once more.
    versions = dict(Standing.objects.filter(block__in=blocks).values_list("block_id", "version"))
    standings = queries.standings_of(blocks)
    members = {m.pk: m for m in Membership.objects.filter(block__in=blocks).select_related("unit", "tally")}
    names: dict[int, list[str]] = {}
    for unit_id, name in UnitName.objects.filter(unit__memberships__block__in=blocks).values_list(
        "unit_id", "name"
    ):
        names.setdefault(unit_id, []).append(name)
    legends: dict[int, list[tuple[str, str]]] = {}
    for item in MajorItem.objects.filter(block__in=blocks).order_by("order", "pk"):
        legends.setdefault(item.block_id, []).append((item.name, format_points(item.weight_points)))
    return [
        _column(
            cycle,
            block,
            standings[block.pk],
            members,
            names,
            legends.get(block.pk, []),
            may_export,
            versions.get(block.pk, 0),
        )
        for block in blocks
    ]


def _column(
    cycle: Cycle,
    block: Block,
    standing: BlockStanding,
    members: dict[int, Membership],
    names: dict[int, list[str]],
    legend: list[tuple[str, str]],
    may_export: bool,
    version: int,
) -> BoardBlock:
    weights = sum((Decimal(weight) for _name, weight in legend), Decimal(0))
    # One scale for the whole block: the bar that reaches farthest, additions included, still fits.
    full = max(
        [
            weights,
            *(
                from_units(
                    sum(item.weighted for item in row.items) + row.commendations + row.rewards, cycle.places
                )
                for row in standing.rows
            ),
        ]
    )
    rows: list[BoardRow] = []
    above: RowResult | None = None  # the last row of a better place
    for row in standing.rows:
        if rows and row.rank != rows[-1].rank:
            above = standing.rows[len(rows) - 1]
        rows.append(_row(cycle, block, row, above, members[row.unit_key], names, full))
    return BoardBlock(
        name=block.name,
        anchor=f"block-{block.pk}",
        provisional=standing.provisional,
        unit_count=len(rows),
        missing=sum(row.missing for row in standing.rows),
        legend=legend,
        matrix_url=reverse("matrix", args=[cycle.code, block.name]),
        plan_url=reverse("plan", args=[cycle.code]),
        xlsx_url=reverse("board-xlsx", args=[cycle.code]) + f"?block={block.pk}" if may_export else "",
        live_url=reverse("board-block", args=[cycle.code, block.pk]) + f"?v={version}",
        rows=rows,
    )


def _row(
    cycle: Cycle,
    block: Block,
    row: RowResult,
    above: RowResult | None,
    member: Membership,
    names: dict[int, list[str]],
    full: Decimal,
) -> BoardRow:
    def points(units: int) -> Decimal:
        return from_units(units, cycle.places)

    tally = getattr(member, "tally", None)
    label = _("%(unit)s: %(final)s points") % {"unit": row.unit, "final": points(row.final)}
    return BoardRow(
        unit=member.unit.short_name or row.unit,
        url=reverse("unit-sheet", args=[cycle.code, row.unit]) + f"?block={block.pk}",
        rank=row.rank,
        shared=row.shared,
        bar=weighted_bar(
            [Part(item.item, points(item.weighted)) for item in row.items],
            full=full,
            plus=points(row.commendations + row.rewards),
            minus=points(row.criticisms),
            label=label,
        ),
        final=points(row.final),
        preliminary=points(row.preliminary),
        additions=points(row.commendations - row.criticisms + row.rewards),
        margin=None if above is None else points(above.final - row.final),
        missing=row.missing,
        vetoed=bool(tally and tally.is_barred),
        no_award=member.mode == Mode.NO_AWARD,
        find=" ".join([row.unit, member.unit.short_name, *names.get(member.unit_id, [])]),
    )
