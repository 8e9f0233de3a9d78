"""What pages, lists and upper apps ask about papers, tariffs and sums, in a known number of queries.

Nothing here writes; who may see an answer is told by bonuses.permissions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, prefetch_related_objects

from bonuses import policy
from bonuses.models import (
    Adjustment,
    AdjustmentState,
    BarState,
    Document,
    DocumentKind,
    Finding,
    Issuer,
    Pool,
    TariffLine,
    Veto,
    VetoField,
)
from units.models import Cycle, Membership, Reading
from units.names import NameBook, normalise

READ_OF = {
    "R3": "single_top_three",
    "R4": "cap_covers",
    "R5a": "criticism_matter",
    "R5b": "commendation_matter",
}
WITH_ALL = (
    "unit",
    "membership__block",
    "document__file",
    "pool",
    "matter",
    "proposed_by",
    "decided_by",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the sums of a year rest on."""

    tariff: policy.Tariff
    joins_tracks: bool  # R10: tracks take part in general additions
    veto_reading: str  # R6


def rules_of(cycle: Cycle) -> Rules:
    """Tariff, pools and readings of a year.  Three queries."""
    readings = list(Reading.objects.filter(cycle=cycle, code__in=[*READ_OF, "R6", "R10"]))
    lines = TariffLine.objects.filter(cycle=cycle).only("kind", "level", "scope", "points")
    return rules_from(cycle, readings, lines, Pool.objects.filter(cycle=cycle))


def loaded_rules(cycle: Cycle) -> Rules:
    """The same, with the whole register of readings left on the cycle for whoever asks it next."""
    prefetch_related_objects([cycle], "readings")
    lines = TariffLine.objects.filter(cycle=cycle).only("kind", "level", "scope", "points")
    return rules_from(cycle, cycle.readings.all(), lines, Pool.objects.filter(cycle=cycle))


def rules_from(
    cycle: Cycle, register: Iterable[Reading], lines: Iterable[TariffLine], pools: Iterable[Pool]
) -> Rules:
    """The same from rows that are loaded already.  No query."""
    choices = {row.code: row.choice for row in register}
    readings = policy.Readings(**{field: choices[code] for code, field in READ_OF.items() if code in choices})
    points = {(line.kind, line.level, line.scope): line.points for line in lines}
    by_pool = {pool.pk: policy.PoolRule(pool.name, pool.cap) for pool in pools}
    return Rules(
        tariff=policy.Tariff(cycle.places, points, by_pool, readings),
        joins_tracks=choices.get("R10") == "joined",
        veto_reading=choices.get("R6", "comprehensive-and-single"),
    )


def paper_of(row: Adjustment) -> policy.Paper:
    """The adjustment as the policy sees it."""
    return policy.Paper(
        key=row.pk,
        kind=row.kind,
        level=row.level,
        scope=row.scope,
        honoured=row.honoured,
        matter=row.matter_id,
        pool=row.pool_id,
        listed=row.listed if row.listed is not None else policy.NOTHING,
        carried_over=row.carried_over,
    )


def verified_of(cycle: Cycle, unit_ids: Collection[int]) -> dict[int, list[Adjustment]]:
    """Unit → its adjustments that count.  One query."""
    found: dict[int, list[Adjustment]] = {unit: [] for unit in unit_ids}
    rows = Adjustment.objects.filter(
        membership__block__cycle=cycle, unit_id__in=unit_ids, state=AdjustmentState.VERIFIED
    ).order_by("pk")
    for row in rows:
        found[row.unit_id].append(row)
    return found


def sums_of(cycle: Cycle, unit_ids: Collection[int], rules: Rules | None = None) -> dict[int, policy.Sum]:
    """Unit → what its verified papers come to.  One query beside the rules' three."""
    tariff = (rules or rules_of(cycle)).tariff
    return {
        unit: policy.count(map(paper_of, rows), tariff) for unit, rows in verified_of(cycle, unit_ids).items()
    }


def barred_units(cycle: Cycle, unit_ids: Collection[int], rules: Rules) -> set[int]:
    """The units whose eligibility a veto or misconduct in force takes away.  Three queries."""
    return set(bar_causes(cycle, unit_ids, rules))


def bar_causes(
    cycle: Cycle,
    unit_ids: Collection[int],
    rules: Rules,
    effects: Mapping[str, policy.Effect] | None = None,
) -> dict[int, list[Veto | Finding]]:
    """Barred unit → the vetoes and findings in force that bar it, earlier years' included.

    Three queries, two where the effects of the fields are known.
    """
    effects = effects_of(cycle, rules) if effects is None else effects
    longest = max((effect.years for effect in effects.values()), default=1)
    vetoes = Veto.objects.filter(
        unit_id__in=unit_ids,
        state=BarState.CONFIRMED,
        cycle__host=cycle.host_id,
        cycle__year__gt=cycle.year - longest,
        cycle__year__lte=cycle.year,
    ).select_related("cycle")
    default = policy.EFFECT_OF_READING[rules.veto_reading]
    found: dict[int, list[Veto | Finding]] = {}
    for veto in vetoes:
        effect = effects.get(veto.field, default)
        if policy.bars(veto.level, effect, cycle.year - veto.cycle.year):
            found.setdefault(veto.unit_id, []).append(veto)
    for finding in Finding.objects.filter(cycle=cycle, unit_id__in=unit_ids, state=BarState.CONFIRMED):
        found.setdefault(finding.unit_id, []).append(finding)
    return found


def effects_of(cycle: Cycle, rules: Rules) -> dict[str, policy.Effect]:
    """Field of veto → what it takes away: the office's own row, else what the reading R6 says.  One query."""
    effects = dict.fromkeys(policy.VETO_FIELDS, policy.EFFECT_OF_READING[rules.veto_reading])
    for row in VetoField.objects.filter(cycle=cycle):
        effects[row.name] = policy.Effect(
            row.bars_comprehensive, row.bars_single, row.bars_individual, row.years
        )
    return effects


def bars_by_unit(cycle: Cycle) -> dict[int, list[Veto | Finding]]:
    """Unit → vetoes, yellow cards and findings in force, for the marks beside its place.  Two queries."""
    found: dict[int, list[Veto | Finding]] = {}
    in_force = Q(cycle=cycle, state=BarState.CONFIRMED)
    for veto in Veto.objects.filter(in_force).select_related("document"):
        found.setdefault(veto.unit_id, []).append(veto)
    for finding in Finding.objects.filter(in_force).select_related("document"):
        found.setdefault(finding.unit_id, []).append(finding)
    return found


# Names -------------------------------------------------------------------------------------------


def issuer_book(cycle: Cycle) -> tuple[NameBook[str], dict[str, str]]:
    """Names of the issuer table, and name → level.  One query."""
    levels = dict(Issuer.objects.filter(cycle=cycle).values_list("name", "level"))
    return NameBook([(name, name) for name in levels]), levels


def membership_for(cycle: Cycle, unit_id: int, *, joins_tracks: bool = False) -> Membership | None:
    """The unit's membership that carries its papers: the comprehensive one; a track's only by R10."""
    rows = Membership.objects.filter(block__cycle=cycle, unit_id=unit_id).select_related(
        "unit", "block__cycle__host"
    )
    members = sorted(rows, key=lambda member: (member.block.is_track, member.block.order, member.pk))
    if not members or (members[0].block.is_track and not joins_tracks):
        return None
    return members[0]


def members_with_papers(cycle: Cycle) -> list[Membership]:
    """One membership for every unit that papers may be about, in the plan's order.  One query."""
    seen: dict[int, Membership] = {}
    rows = Membership.objects.filter(block__cycle=cycle, block__kind="综合").select_related("unit", "block")
    for member in rows.order_by("unit__order", "unit_id", "block__order"):
        seen.setdefault(member.unit_id, member)
    return list(seen.values())


def documents_like(host_id: int, number: str, issuer: str, sha256: str) -> list[Document]:
    """The papers already kept under that number and issuer, or with those bytes."""
    same = Q(file_sha256=sha256) if sha256 else Q(pk__in=[])
    if number:
        same |= Q(plain_number=normalise(number), plain_issuer=normalise(issuer))
    return list(Document.objects.filter(same, host_id=host_id).select_related("file")[:2])


def originals_like(host_id: int, leader: str, title: str, on: date | None) -> list[Document]:
    """Signed originals of that leader, title and date: they have no number to be told apart by."""
    if on is None:
        return []
    return list(
        Document.objects.filter(
            host_id=host_id, kind=DocumentKind.SIGNED, leader=leader.strip(), title=title.strip(), on=on
        ).select_related("file")[:1]
    )


def counted_before(document: Document, unit_id: int, kind: str) -> Adjustment | None:
    """The open or verified adjustment of that kind that the paper gives the unit already, in any year."""
    return (
        Adjustment.objects.filter(
            document=document, unit_id=unit_id, kind=kind, state__in=["proposed", "verified"]
        )
        .select_related("unit", "proposed_by", "membership__block__cycle", "document")
        .first()
    )


def waiting(cycle: Cycle) -> QuerySet[Adjustment]:
    """What waits for a second person, oldest first."""
    return (
        Adjustment.objects.filter(membership__block__cycle=cycle, state=AdjustmentState.PROPOSED)
        .select_related(*WITH_ALL)
        .order_by("proposed_at", "pk")
    )


def untariffed(cycle: Cycle, rules: Rules | None = None) -> list[Adjustment]:
    """Open adjustments for which the tariff has no line: questions for the leading group."""
    tariff = (rules or rules_of(cycle)).tariff
    rows = Adjustment.objects.filter(
        membership__block__cycle=cycle, state__in=["proposed", "verified"]
    ).select_related("unit", "document")
    return [row for row in rows if policy.worth(paper_of(row), tariff).why is policy.Why.NO_TARIFF]


# For the unit sheet ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One verified paper of a unit and what it came to."""

    adjustment: Adjustment
    worth: policy.Worth

    @property
    def document(self) -> Document:
        return self.adjustment.document


@dataclass(frozen=True, slots=True)
class Steps:
    """A unit's sum with the papers behind every step."""

    sum: policy.Sum
    lines: Mapping[int, PaperLine]  # adjustment → line

    def of(self, *kinds: str) -> list[PaperLine]:
        return [line for line in self.lines.values() if line.adjustment.kind in kinds]


def steps_of(membership: Membership) -> Steps:
    """The steps from papers to points for one membership; empty for a track under the shipped R10."""
    cycle = membership.block.cycle
    rules = rules_of(cycle)
    if membership.block.is_track and not rules.joins_tracks:
        return Steps(policy.count([], rules.tariff), {})
    return _steps(verified_rows(cycle, [membership.unit_id]), rules)


def verified_rows(cycle: Cycle, unit_ids: Iterable[int]) -> list[Adjustment]:
    return list(
        Adjustment.objects.filter(
            membership__block__cycle=cycle, unit_id__in=list(unit_ids), state=AdjustmentState.VERIFIED
        )
        .select_related(*WITH_ALL)
        .order_by("document__on", "pk")
    )


def _steps(rows: list[Adjustment], rules: Rules) -> Steps:
    found = policy.count(map(paper_of, rows), rules.tariff)
    by_key = {worth.key: worth for worth in found.worths}
    return Steps(found, {row.pk: PaperLine(row, by_key[row.pk]) for row in rows})


def steps_by_unit(cycle: Cycle, unit_ids: Iterable[int], rules: Rules) -> dict[int, Steps]:
    """Unit → its steps, for a register of many units.  One query."""
    ids = list(unit_ids)
    rows: dict[int, list[Adjustment]] = {unit: [] for unit in ids}
    for row in verified_rows(cycle, ids):
        rows[row.unit_id].append(row)
    return {unit: _steps(papers, rules) for unit, papers in rows.items()}


def worth_of(row: Adjustment, tariff: policy.Tariff) -> Decimal:
    """Points the paper would bring by itself, negative for a criticism."""
    points = policy.worth(paper_of(row), tariff).points
    return -points if row.kind == policy.CRITICISM else points
