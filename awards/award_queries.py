"""What pages, actions and the editions ask about awards, money and readings, in a known number of queries.

Nothing here writes; who may see an answer is checked by the caller's row of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import Prefetch

from awards import contenders as contending
from awards import money, policy
from awards.models import (
    Award,
    AwardList,
    AwardScheme,
    Individual,
    ListState,
    Nomination,
    PrizeLine,
    TieRuling,
)
from awards.models.scheme import Kind
from bonuses import policy as papers
from bonuses.models import BarState, Finding, Tally, Veto, VetoField
from office.fields import to_units
from scoring import queries as scoring_queries
from scoring.engine.sheet import BlockStanding, Sheet
from scoring.models import Cell, Involvement, SubItem
from units.models import Block, Cycle, Membership, Mode
from units.readings import BY_CODE

LONGEST_BAR_YEARS = 5  # no field's effect reaches farther back


@dataclass(frozen=True, slots=True)
class Choices:
    """The readings that decide awards, as they are in force or on trial."""

    veto_bars: str  # R6
    across: str  # R7
    streets_count: str  # R12
    heads: str  # R11
    quotas: Mapping[str, int] | None = None  # R7's figures


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything awards are computed from; enough to try another reading without asking again."""

    cycle: Cycle
    blocks: list[Block]
    standings: Mapping[int, BlockStanding]
    facts: contending.Facts
    schemes: list[AwardScheme]  # with blocks, prizes, rulings
    choices: Choices
    bars: Bars
    unit_of: Mapping[int, int]  # membership → unit
    nominations: Mapping[int, list[Nomination]]  # by scheme
    amounts: Mapping[int, int] = field(default_factory=dict)  # prize line → fen, where an amount is tried

    def amount_of(self, prize: PrizeLine) -> int:
        """Fen of each prize of the line."""
        return self.amounts.get(prize.pk, prize.amount_fen)


@dataclass(frozen=True, slots=True)
class Computed:
    """One award and how it would fall."""

    scheme: AwardScheme
    proposal: policy.Proposal
    budget_fen: int  # if every prize is given


def choices_of(cycle: Cycle) -> Choices:
    by_code = {reading.code: reading for reading in cycle.readings.all()}

    def choice(code: str) -> str:
        return by_code[code].choice if code in by_code else BY_CODE[code].shipped

    quotas = by_code["R7"].parameters.get("quotas") if "R7" in by_code else None
    return Choices(
        choice("R6"),
        choice("R7"),
        choice("R12"),
        choice("R11"),
        {str(k): int(v) for k, v in quotas.items()} if isinstance(quotas, dict) else None,
    )


@dataclass(frozen=True, slots=True)
class Laid:
    """Rows of a year that somebody has loaded already: blocks in order, members with unit and tally, bars."""

    blocks: list[Block]
    members: Sequence[Membership]
    bars: Bars


def _laid_of(cycle: Cycle) -> Laid:
    blocks = sorted(cycle.blocks.all(), key=lambda block: (block.order, block.pk))
    for block in blocks:
        block.cycle = cycle
    members = Membership.objects.filter(block__cycle=cycle).select_related("unit", "tally")
    return Laid(blocks, list(members), bars_of(cycle))


def ground_of(
    cycle: Cycle,
    standings: Mapping[int, BlockStanding] | None = None,
    sheets: Mapping[int, Sheet] | None = None,
    laid: Laid | None = None,
) -> Ground:
    """Standings as stored, or as given with the sheets they rest on, and what else decides awards.

    About fifteen queries, whatever the size of the year, ten fewer with what is laid out already.
    """
    laid = laid or _laid_of(cycle)
    blocks, members, bars = laid.blocks, laid.members, laid.bars
    choices = choices_of(cycle)
    nominations = nominations_of(cycle)
    kinds = bars.kinds(choices.veto_bars)
    facts = contending.Facts(
        members={
            m.pk: contending.Member(
                unit=m.unit.name,
                kind=m.unit.kind,
                takes_awards=m.mode == Mode.FULL,
                barred_from=kinds.get(m.unit_id, _from_tally(m)),
            )
            for m in members
        },
        bases=_bases_of(cycle) if sheets is None else bases_on(sheets),
        not_involved=_not_involved_of(cycle) if sheets is None else not_involved_on(sheets),
        recommended=_recommended(nominations),
    )
    schemes = list(
        AwardScheme.objects.filter(cycle=cycle)
        .order_by("order", "pk")
        .prefetch_related(Prefetch("blocks", Block.objects.order_by("order", "pk")), "prizes", "tie_rulings")
    )
    if standings is None:
        standings = scoring_queries.standings_of(blocks)
    return Ground(
        cycle,
        blocks,
        standings,
        facts,
        schemes,
        choices,
        bars,
        {m.pk: m.unit_id for m in members},
        nominations,
    )


def _bases_of(cycle: Cycle) -> dict[int, int]:
    """Sub-item → base points in units of the last place."""
    found = SubItem.objects.filter(item__block__cycle=cycle).values_list("pk", "base_points")
    return {pk: to_units(points, cycle.places) for pk, points in found}


def bases_on(sheets: Mapping[int, Sheet]) -> dict[int, int]:
    """The same, from sheets that may be tried ones."""
    return {sub.key: sub.base for sheet in sheets.values() for item in sheet.items for sub in item.sub_items}


def _not_involved_of(cycle: Cycle) -> frozenset[tuple[int, int]]:
    """Confirmed (membership, sub-item)."""
    confirmed = Cell.objects.filter(block__cycle=cycle, involvement=Involvement.CONFIRMED)
    return frozenset(confirmed.values_list("membership_id", "sub_item_id"))


def not_involved_on(sheets: Mapping[int, Sheet]) -> frozenset[tuple[int, int]]:
    return frozenset(
        key
        for sheet in sheets.values()
        for key, cell in sheet.cells.items()
        if cell.not_involved and not cell.proposed
    )


def _from_tally(member: Membership) -> frozenset[str]:
    """A unit marked as barred without a paper on record is barred from both kinds of units' awards."""
    tally: Tally | None = getattr(member, "tally", None)
    if tally is None or not tally.is_barred:
        return frozenset()
    return frozenset({contending.COMPREHENSIVE, contending.SINGLE})


@dataclass(frozen=True, slots=True)
class Bars:
    """Vetoes and findings in force, by unit, so that another answer to R6 needs no further query."""

    vetoes: tuple[tuple[int, str, str, int], ...]  # unit, level, field, years since
    fields: Mapping[str, papers.Effect]  # what the office entered for a field itself
    findings: frozenset[int]  # units with misconduct in force

    def kinds(self, veto_reading: str) -> dict[int, frozenset[str]]:
        """Unit → the kinds of awards it is barred from under that answer to R6.  Rulebook 6."""
        default = papers.EFFECT_OF_READING[veto_reading]
        found: dict[int, set[str]] = {}
        for unit, level, veto_field, years_since in self.vetoes:
            effect = self.fields.get(veto_field, default)
            if not papers.bars(level, effect, years_since):
                continue
            kinds = found.setdefault(unit, set())
            for kind, is_barred in (
                (contending.COMPREHENSIVE, effect.comprehensive),
                (contending.SINGLE, effect.single),
                (contending.INDIVIDUAL, effect.individual),
            ):
                if is_barred:
                    kinds.add(kind)
        # Of misconduct no reading takes anything back: §8(4).
        every = (contending.COMPREHENSIVE, contending.SINGLE, contending.INDIVIDUAL)
        for unit in self.findings:
            found.setdefault(unit, set()).update(every)
        return {unit: frozenset(kinds) for unit, kinds in found.items()}


def bars_of(cycle: Cycle) -> Bars:
    """What is in force this year, older vetoes that may still reach it included.  Three queries."""
    vetoes = Veto.objects.filter(
        state=BarState.CONFIRMED,
        cycle__host=cycle.host_id,
        cycle__year__gt=cycle.year - LONGEST_BAR_YEARS,
        cycle__year__lte=cycle.year,
    ).values_list("unit_id", "level", "field", "cycle__year")
    return Bars(
        vetoes=tuple((unit, level, field, cycle.year - year) for unit, level, field, year in vetoes),
        fields={
            row.name: papers.Effect(row.bars_comprehensive, row.bars_single, row.bars_individual, row.years)
            for row in VetoField.objects.filter(cycle=cycle)
        },
        findings=frozenset(
            Finding.objects.filter(cycle=cycle, state=BarState.CONFIRMED).values_list("unit_id", flat=True)
        ),
    )


def _recommended(nominations: Mapping[int, list[Nomination]]) -> dict[tuple[int, int], int]:
    """(scheme, membership) → its best rank on any body's list."""
    best: dict[tuple[int, int], int] = {}
    for one in (nomination for listed in nominations.values() for nomination in listed):
        key = (one.scheme_id, one.membership_id)
        best[key] = min(one.rank, best.get(key, one.rank))
    return best


def rules_of(scheme: AwardScheme, ground: Ground) -> policy.Rules:
    choices = ground.choices
    several = len(scheme.blocks.all()) > 1
    return policy.Rules(
        grades=tuple(policy.Grade(p.grade, p.count, ground.amount_of(p)) for p in scheme.prizes.all()),
        filling=policy.Filling(scheme.filling),
        # The lead's list and the quotas are alternatives for awards over several blocks only.
        across=policy.Across(choices.across) if several else policy.Across.ONE_LIST,
        quotas=choices.quotas or {},
        tie_order=tuple(policy.TieKey(key) for key in scheme.tie_order),
    )


def compute_awards(ground: Ground) -> list[Computed]:
    """Every comprehensive and single award as it would fall on this ground.  No query."""
    return [compute_award(ground, scheme) for scheme in ground.schemes if scheme.kind != Kind.INDIVIDUAL]


def compute_award(ground: Ground, scheme: AwardScheme) -> Computed:
    basis = contending.Basis(
        scheme_key=scheme.pk,
        kind=scheme.kind,
        blocks=tuple(block.pk for block in scheme.blocks.all()),
        rests_on=tuple(str(reference).replace("：", ":") for reference in scheme.rests_on),
        is_for_townships=contending.is_for_townships(scheme.name),
    )
    everyone = contending.contenders_for(
        basis, ground.standings, ground.facts, only_townships=ground.choices.streets_count == "no"
    )
    decisions = [
        policy.TieDecision(tuple(ruling.members), policy.TieHow(ruling.how))
        for ruling in scheme.tie_rulings.all()
    ]
    return Computed(
        scheme,
        policy.propose(rules_of(scheme, ground), everyone, decisions),
        money.budget_fen((prize.count, ground.amount_of(prize)) for prize in scheme.prizes.all()),
    )


def with_choices(ground: Ground, choices: Choices) -> Ground:
    """The same ground under other readings of awards."""
    kinds = ground.bars.kinds(choices.veto_bars)
    members = {
        key: replace(member, barred_from=kinds.get(ground.unit_of[key], frozenset()))
        for key, member in ground.facts.members.items()
    }
    return replace(ground, choices=choices, facts=replace(ground.facts, members=members))


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the money of the year stands; fen."""

    total: int
    given: int
    held: int
    empty: int
    individuals: int  # of `given`, named individuals
    individuals_open: int  # seats of individual awards without a name
    seats_without_name: int = 0  # how many those are


def budget_of(ground: Ground, computed: Iterable[Computed], people: Sequence[Individual]) -> Budget:
    """The whole year's money as it would fall.  No query."""
    chosen = list(computed)
    seats = [
        prize for scheme in ground.schemes if scheme.kind == Kind.INDIVIDUAL for prize in scheme.prizes.all()
    ]
    of_people = money.budget_fen((prize.count, ground.amount_of(prize)) for prize in seats)
    named = sum(ground.amount_of(one.prize) for one in people)
    return Budget(
        total=sum(one.budget_fen for one in chosen) + of_people,
        given=sum(one.proposal.given_fen for one in chosen) + named,
        held=sum(one.proposal.held_fen for one in chosen),
        empty=sum(one.proposal.empty_fen for one in chosen),
        individuals=named,
        individuals_open=of_people - named,
        seats_without_name=sum(prize.count for prize in seats) - len(people),
    )


def open_list(cycle: Cycle) -> AwardList | None:
    """The list that is put forward and not decided yet."""
    return (
        AwardList.objects.filter(cycle=cycle, state__in=[ListState.DRAFT, ListState.SIGNED])
        .select_related("proposed_by", "first_by", "minutes")
        .first()
    )


def list_in_force(cycle: Cycle) -> AwardList | None:
    return (
        AwardList.objects.filter(cycle=cycle, state=ListState.DECIDED)
        .select_related("proposed_by", "first_by", "second_by", "minutes")
        .first()
    )


def awards_on(award_list: AwardList) -> list[Award]:
    """The lines of one list with their names.  One query."""
    return list(
        award_list.awards.select_related(
            "scheme", "membership__unit", "membership__block", "computed__unit", "departed_by"
        )
    )


def decided_awards(cycle: Cycle) -> list[Award]:
    """The prizes in force, for editions, papers and the register; empty before the leading group decided."""
    in_force = list_in_force(cycle)
    return awards_on(in_force) if in_force is not None else []


def individuals_of(cycle: Cycle) -> list[Individual]:
    return list(Individual.objects.filter(prize__scheme__cycle=cycle).select_related("prize__scheme", "unit"))


def nominations_of(cycle: Cycle) -> dict[int, list[Nomination]]:
    """Scheme → what bodies recommend, in their order.  One query."""
    found: dict[int, list[Nomination]] = {}
    for one in Nomination.objects.filter(scheme__cycle=cycle).select_related(
        "membership__unit", "body", "by"
    ):
        found.setdefault(one.scheme_id, []).append(one)
    return found


def rulings_of(cycle: Cycle) -> list[TieRuling]:
    return list(TieRuling.objects.filter(scheme__cycle=cycle).select_related("scheme", "by"))


def sums_by_payee(awards: Sequence[Award]) -> dict[tuple[str, str], int]:
    """(award, unit) → fen, as money.settle compares two lists."""
    return {
        (award.scheme.name, award.membership.unit.name): award.amount_fen
        for award in awards
        if award.membership is not None
    }


def settlement_of(cycle: Cycle) -> list[money.Settlement]:
    """What the list in force pays again and takes back against the list before it; empty for the first one."""
    lists = list(
        AwardList.objects.filter(cycle=cycle, state__in=[ListState.DECIDED, ListState.SUPERSEDED]).order_by(
            "-number"
        )[:2]
    )
    if len(lists) < 2 or lists[0].state != ListState.DECIDED:
        return []
    after, before = (sums_by_payee(awards_on(one)) for one in lists)
    return money.settle(before, after)


def as_yuan(amount_fen: int) -> Decimal:
    """Yuan with two decimals, for workbooks."""
    return Decimal(amount_fen).scaleb(-2)
