"""Gathers a year's figures for scoring.distortion and says which findings a hat may see and what came of them.

Asks in a known number of queries and writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from scoring import distortion, ledger_queries
from scoring.distortion import Claim, Found, Kind, Limits, Series, Weight
from scoring.models import (
    QUARTERS,
    Cell,
    Dismissal,
    DistortionLimits,
    Involvement,
    LedgerLine,
    ReturnLine,
    Score,
    ScoreKind,
    SubItem,
)
from units.hats import Hat
from units.kept import kept
from units.matrix import Role
from units.models import Block, Cycle, Unit

MONTHS_A_QUARTER = 3


def limits_of(cycle: Cycle) -> Limits:
    """The year's limits, the shipped ones without a row.  One query."""
    row = DistortionLimits.objects.filter(cycle=cycle).first()
    if row is None:
        return Limits()
    return Limits(row.above_ledger, row.above_lead, row.above_returns, row.jump, row.flat_full, row.flat_lead)


def cells_of(cycle: Cycle) -> list[distortion.Cell]:
    """Every cell that somebody scored or assessed, with what the ledgers would leave.  Six queries."""
    scores: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for cell, kind, points in Score.objects.filter(
        cell__block__cycle=cycle, kind__in=[ScoreKind.SELF, ScoreKind.LEAD]
    ).values_list("cell_id", "kind", "points"):
        scores[cell][kind] = points
    ledger = {
        key: sums.suggested
        for key, sums in ledger_queries.cell_sums(ledger_queries.current_lines(cycle), cycle).items()
    }
    rows = (
        Cell.objects.filter(block__cycle=cycle)
        .exclude(involvement=Involvement.CONFIRMED)
        .values_list(
            "pk",
            "membership_id",
            "membership__unit_id",
            "sub_item_id",
            "block_id",
            "sub_item__base_points",
        )
        .order_by("pk")
    )
    return [
        distortion.Cell(
            pk,
            unit,
            sub,
            block,
            base,
            scores[pk].get(ScoreKind.SELF),
            ledger.get((member, sub)),
            scores[pk].get(ScoreKind.LEAD),
        )
        for pk, member, unit, sub, block, base in rows
        if pk in scores
    ]


def sub_items_of(cycle: Cycle, unit_ids: Collection[int] | None = None) -> list[distortion.SubItem]:
    """Every sub-item with its weight and the lead's scores by unit, of some units only on request.  Two queries."""
    by_sub: dict[int, dict[int, Decimal]] = defaultdict(dict)
    scores = Score.objects.filter(cell__block__cycle=cycle, kind=ScoreKind.LEAD).exclude(
        cell__involvement=Involvement.CONFIRMED
    )
    if unit_ids is not None:
        scores = scores.filter(cell__membership__unit__in=unit_ids)
    for sub, unit, points in scores.values_list("cell__sub_item_id", "cell__membership__unit_id", "points"):
        by_sub[sub][unit] = points
    return [
        distortion.SubItem(pk, block, lead, base, weight, item_base, by_sub.get(pk, {}))
        for pk, block, lead, base, weight, item_base in SubItem.objects.filter(
            item__block__cycle=cycle, suspended_reason=""
        )
        .order_by("item__block__order", "item__order", "order", "pk")
        .values_list(
            "pk", "item__block_id", "lead_id", "base_points", "item__weight_points", "item__base_points"
        )
    ]


Figure = tuple[int, str, str]  # unit, figure, unit of measure


@dataclass(slots=True)
class _Reported:
    """What one body's returns say of one figure: per quarter, per month, for the year."""

    body: str
    quarters: dict[int, Decimal]
    months: dict[int, Decimal]
    year: Decimal | None = None

    def until(self, quarter: int) -> Decimal | None:
        """The amount up to the end of a quarter, where every part of it was returned."""
        if quarter == max(QUARTERS) and self.year is not None:
            return self.year
        quarters = range(1, quarter + 1)
        if all(q in self.quarters for q in quarters):
            return sum((self.quarters[q] for q in quarters), Decimal(0))
        months = range(1, quarter * MONTHS_A_QUARTER + 1)
        if all(m in self.months for m in months):
            return sum((self.months[m] for m in months), Decimal(0))
        return None

    def series(self) -> tuple[Decimal, ...]:
        """The periods from the first on without a gap, months before quarters."""
        for parts in (self.months, self.quarters):
            values: list[Decimal] = []
            while len(values) + 1 in parts:
                values.append(parts[len(values) + 1])
            if len(values) >= distortion.FEWEST_PERIODS:
                return tuple(values)
        return ()


def _reported(cycle: Cycle) -> dict[Figure, list[_Reported]]:
    """Every figure of the statistical returns that stand, body by body.  One query."""
    rows = (
        ReturnLine.objects.filter(version__current_of__cycle=cycle)
        .order_by("version__ledger__body__order", "version__ledger__body_id", "pk")
        .values_list(
            "unit_id",
            "figure",
            "measure",
            "value",
            "version__ledger__period",
            "version__ledger__body__name",
        )
    )
    found: dict[Figure, dict[str, _Reported]] = defaultdict(dict)
    for unit, figure, measure, value, period, body in rows:
        one = found[unit, figure, measure].setdefault(body, _Reported(body, {}, {}))
        _year, _dash, part = period.partition("-")
        if not part:
            one.year = value
        elif part.startswith("Q"):
            one.quarters[int(part[1:])] = value
        else:
            one.months[int(part)] = value
    return {key: list(bodies.values()) for key, bodies in found.items()}


def claims_and_series(cycle: Cycle) -> tuple[list[Claim], list[Series]]:
    """Figures of the ledgers beside the returns, and every figure over its periods.  Two queries."""
    reported = _reported(cycle)
    series = [
        Series(unit, figure, measure, values, one.body)
        for (unit, figure, measure), bodies in reported.items()
        for one in bodies
        if (values := one.series())
    ]
    latest: dict[tuple[Figure, str], tuple[int, Decimal]] = {}
    done: dict[tuple[Figure, str], dict[int, Decimal]] = defaultdict(dict)
    for unit, figure, measure, amount, total, period, body in (
        LedgerLine.objects.filter(version__current_of__cycle=cycle)
        .exclude(figure="")
        .order_by("version__ledger__period", "pk")
        .values_list(
            "membership__unit_id",
            "figure",
            "measure",
            "done",
            "done_total",
            "version__ledger__period",
            "version__ledger__body__name",
        )
    ):
        key, quarter = ((unit, figure, measure), body), int(period.removeprefix("Q"))
        if amount is not None:
            done[key][quarter] = amount
        if total is not None:
            latest[key] = (quarter, total)
    claims = []
    for (figure_key, body), (quarter, total) in latest.items():
        for one in reported.get(figure_key, []):
            there = one.until(quarter)
            if one.body != body and there is not None:
                claims.append(Claim(*figure_key, total, there, body, one.body))
    for (figure_key, body), quarters in done.items():
        values = tuple(quarters[q] for q in sorted(quarters))
        if sorted(quarters) == list(range(1, len(quarters) + 1)):
            series.append(Series(*figure_key, values, body))
    return claims, series


def find(cycle: Cycle, limits: Limits | None = None) -> list[Found]:
    """Every finding of the year, worst first.  Eleven queries whatever the year's size."""
    chosen = limits if limits is not None else limits_of(cycle)
    cells = cells_of(cycle)
    claims, series = claims_and_series(cycle)
    return distortion.worst_first(
        [
            *distortion.self_above(cells, chosen),
            *distortion.flat_full_marks(cells, chosen),
            *distortion.claims_above(claims, chosen),
            *distortion.late_jumps(series, chosen),
            *distortion.flat_leads(distortion.weights(sub_items_of(cycle)), chosen),
        ]
    )


def weights_of(hat: Hat, cycle: Cycle) -> list[Weight]:
    """Nominal beside effective weight of every sub-item; for a reviewer over the own teams' units.  Two queries."""
    own = hat.team_unit_ids(cycle.pk) if hat.role is Role.REVIEWER else None
    return distortion.weights(sub_items_of(cycle, own))


def seen_by(hat: Hat, cycle: Cycle, found: list[Found]) -> list[Found]:
    """A reviewer sees what is about the own teams' units; what is about a lead is for those who see everything."""
    if hat.role is not Role.REVIEWER:
        return found
    own = hat.team_unit_ids(cycle.pk)
    return [one for one in found if one.unit in own]


@dataclass(frozen=True, slots=True)
class Looked:
    """A finding with its names and with what was done about it."""

    found: Found
    unit: str
    sub_item: str
    block: str
    lead: str
    dismissal: Dismissal | None

    @property
    def state(self) -> str:
        """open, seen or dismissed; a finding whose figures moved since is open."""
        if self.dismissal is None or self.dismissal.seal != self.found.seal:
            return "open"
        return "seen" if self.dismissal.is_seen else "dismissed"

    @property
    def about(self) -> str:
        return " · ".join(part for part in (self.unit or self.lead, self.sub_item or self.block) if part)


def looked_at(cycle: Cycle, found: list[Found]) -> list[Looked]:
    """The findings with names and dismissals.  Four queries."""
    units = dict(
        Unit.objects.filter(pk__in={one.unit for one in found if one.unit}).values_list("pk", "name")
    )
    subs = {
        pk: (name, lead or "")
        for pk, name, lead in SubItem.objects.filter(
            pk__in={one.sub_item for one in found if one.sub_item}
        ).values_list("pk", "name", "lead__name")
    }
    blocks = dict(Block.objects.filter(cycle=cycle).values_list("pk", "name"))
    done = {row.key: row for row in Dismissal.objects.filter(cycle=cycle).select_related("by")}
    return [
        Looked(
            one,
            units.get(one.unit or 0, ""),
            subs.get(one.sub_item or 0, ("", ""))[0],
            blocks.get(one.block or 0, ""),
            subs.get(one.sub_item or 0, ("", ""))[1] if one.kind is Kind.FLAT_LEAD else "",
            done.get(one.key),
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Beside:
    """The open findings that lie beside what is reviewed: by cell, and by unit those about no single cell."""

    of_cell: Mapping[int, Sequence[Found]]
    of_unit: Mapping[int, Sequence[Found]]


def _open(cycle: Cycle) -> list[Found]:
    """What nobody has dismissed or seen as it stands now.  One query more than `find`."""
    done = dict(Dismissal.objects.filter(cycle=cycle).values_list("key", "seal"))
    return [one for one in find(cycle) if done.get(one.key) != one.seal]


def beside(hat: Hat, cycle: Cycle) -> Beside:
    """Open findings within the hat's sight; kept until the year's log grows, since every row asks for them."""
    of_cell: dict[int, list[Found]] = defaultdict(list)
    of_unit: dict[int, list[Found]] = defaultdict(list)
    for one in seen_by(hat, cycle, kept("distortion", cycle, lambda: _open(cycle))):
        if one.cell is not None:
            of_cell[one.cell].append(one)
        elif one.unit is not None:
            of_unit[one.unit].append(one)
    return Beside(of_cell, of_unit)
