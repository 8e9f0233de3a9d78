"""Pure: where a year's figures do not fit together (失真核查, §8(3)): values in, findings out, worst first.

Where the figures come from is scoring.distortion_facts'; whether a finding was looked at is stored elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    SELF_ABOVE_LEDGER = "self-above-ledger"
    SELF_ABOVE_LEAD = "self-above-lead"
    CLAIM_ABOVE_RETURNS = "claim-above-returns"
    LATE_JUMP = "late-jump"
    FLAT_FULL = "flat-full"
    FLAT_LEAD = "flat-lead"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a figure is worth a look.  Shares are per cent; the office may change them for the year."""

    above_ledger: int = 10  # self above what the ledgers leave, per cent of the base
    above_lead: int = 10  # self above the lead's score, per cent of the base
    above_returns: int = 5  # a claim above the statistical return, per cent of the return
    jump: int = 200  # the last period against the mean of those before, per cent
    flat_full: int = 90  # cells of a unit that it gave itself the full base for, per cent
    flat_lead: int = 1  # the range of a lead's scores in a block, per cent of the base


FEWEST_PERIODS = 3  # a jump needs some periods to jump from
FEWEST_CELLS = 5  # full marks on two cells say nothing
FEWEST_UNITS = 4  # a lead that scores three alike says nothing


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's figures; None is missing, never 0."""

    key: int
    unit: int
    sub_item: int
    block: int
    base: Decimal
    own: Decimal | None = None
    ledger: Decimal | None = None  # what the ledgers would leave of the base
    lead: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of one unit over the periods of the year, each the amount of that period alone."""

    unit: int
    figure: str
    measure: str
    values: tuple[Decimal, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one hand says of a figure at the year's end, beside what another body's return says."""

    unit: int
    figure: str
    measure: str
    claimed: Decimal
    reported: Decimal
    by: str = ""
    source: str = ""
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class SubItem:
    """One sub-item of a block with its weight in points of the final score, and the lead's scores by unit."""

    key: int
    block: int
    lead: int | None
    base: Decimal
    item_weight: Decimal
    item_base: Decimal
    scores: Mapping[int, Decimal]  # unit → the lead's score


@dataclass(frozen=True, slots=True)
class Found:
    """One finding.  `key` names it through the year; `severity` is per mille and sorts; `facts` are its figures."""

    kind: Kind
    key: str
    severity: int
    facts: Mapping[str, str] = field(default_factory=dict)
    unit: int | None = None
    cell: int | None = None
    sub_item: int | None = None
    block: int | None = None

    @property
    def seal(self) -> str:
        """The figures as one text: a finding whose figures move is a new one."""
        return ";".join(f"{name}={value}" for name, value in sorted(self.facts.items()))


def _text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _permille(part: Decimal | Fraction, whole: Decimal | Fraction) -> int:
    """Whole thousandths, cut off; 0 where there is no whole."""
    return int(Fraction(part) * 1000 / Fraction(whole)) if whole else 0


def _reaches(part: Decimal, whole: Decimal, per_cent: int) -> bool:
    return whole > 0 and part * 100 >= whole * per_cent


def self_above(cells: Iterable[Cell], limits: Limits) -> list[Found]:
    """Self-assessments far above what the ledgers leave, or above the lead's score."""
    found = []
    for cell in cells:
        if cell.own is None:
            continue
        for kind, other, limit in (
            (Kind.SELF_ABOVE_LEDGER, cell.ledger, limits.above_ledger),
            (Kind.SELF_ABOVE_LEAD, cell.lead, limits.above_lead),
        ):
            if other is None or not _reaches(cell.own - other, cell.base, limit):
                continue
            found.append(
                Found(
                    kind,
                    f"{kind}:{cell.key}",
                    _permille(cell.own - other, cell.base),
                    {
                        "own": _text(cell.own),
                        "other": _text(other),
                        "gap": _text(cell.own - other),
                        "base": _text(cell.base),
                    },
                    unit=cell.unit,
                    cell=cell.key,
                    sub_item=cell.sub_item,
                    block=cell.block,
                )
            )
    return found


def claims_above(claims: Iterable[Claim], limits: Limits) -> list[Found]:
    """Year-end figures above the statistical return of the body that keeps them."""
    found = []
    for claim in claims:
        gap = claim.claimed - claim.reported
        if gap <= 0 or not (claim.reported <= 0 or _reaches(gap, claim.reported, limits.above_returns)):
            continue
        found.append(
            Found(
                Kind.CLAIM_ABOVE_RETURNS,
                f"{Kind.CLAIM_ABOVE_RETURNS}:{claim.unit}:{claim.figure}:{claim.by}",
                _permille(gap, claim.reported) if claim.reported > 0 else 1000,
                {
                    "figure": claim.figure,
                    "measure": claim.measure,
                    "claimed": _text(claim.claimed),
                    "reported": _text(claim.reported),
                    "gap": _text(gap),
                    "by": claim.by,
                    "source": claim.source,
                },
                unit=claim.unit,
                cell=claim.cell,
            )
        )
    return found


def late_jumps(series: Iterable[Series], limits: Limits) -> list[Found]:
    """Figures whose last period is far above the mean of the periods before."""
    found = []
    for one in series:
        *before, last = one.values if one.values else (Decimal(0),)
        if len(before) + 1 < FEWEST_PERIODS or last <= 0:
            continue
        mean = Fraction(sum(before, Decimal(0))) / len(before)
        if mean > 0 and Fraction(last) * 100 < mean * limits.jump:
            continue
        if mean <= 0 and last <= 0:
            continue
        found.append(
            Found(
                Kind.LATE_JUMP,
                f"{Kind.LATE_JUMP}:{one.unit}:{one.figure}:{one.source}",
                min(_permille(Fraction(last), mean) if mean > 0 else 9999, 9999),
                {
                    "figure": one.figure,
                    "measure": one.measure,
                    "values": "、".join(_text(value) for value in one.values),
                    "last": _text(last),
                    "source": one.source,
                },
                unit=one.unit,
            )
        )
    return found


def flat_full_marks(cells: Iterable[Cell], limits: Limits) -> list[Found]:
    """Units that gave themselves the full base almost everywhere in a block."""
    by_member: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.own is not None:
            by_member[cell.unit, cell.block].append(cell)
    found = []
    for (unit, block), own in by_member.items():
        full = sum(cell.own == cell.base for cell in own)
        if len(own) < FEWEST_CELLS or full * 100 < len(own) * limits.flat_full:
            continue
        found.append(
            Found(
                Kind.FLAT_FULL,
                f"{Kind.FLAT_FULL}:{unit}:{block}",
                full * 1000 // len(own),
                {"full": str(full), "scored": str(len(own))},
                unit=unit,
                block=block,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Weight:
    """What a sub-item is meant to weigh in its block, and what the lead's scores let it weigh.

    `nominal`: points of the final score, item weight × base ÷ item base. `decides`: what lies between its best
    and its worst unit, in points of the final score. `effective`: the block's whole nominal weight shared out
    by how far the scores lie from their mean, so that a sub-item that scores everybody alike weighs nothing.
    """

    sub_item: int
    block: int
    lead: int | None
    units: int
    least: Decimal
    most: Decimal
    base: Decimal
    nominal: Fraction
    decides: Fraction
    effective: Fraction


def weights(subs: Sequence[SubItem]) -> list[Weight]:
    """Nominal beside effective weight for every sub-item with at least two lead scores, block by block."""
    by_block: dict[int, list[SubItem]] = defaultdict(list)
    for sub in subs:
        if len(sub.scores) > 1 and sub.item_base > 0:
            by_block[sub.block].append(sub)
    made = []
    for block, members in by_block.items():
        spread = {sub.key: _spread(sub) for sub in members}
        nominal = {
            sub.key: Fraction(sub.item_weight) * Fraction(sub.base) / Fraction(sub.item_base)
            for sub in members
        }
        whole, all_spread = sum(nominal.values(), Fraction(0)), sum(spread.values(), Fraction(0))
        for sub in members:
            least, most = min(sub.scores.values()), max(sub.scores.values())
            made.append(
                Weight(
                    sub.key,
                    block,
                    sub.lead,
                    len(sub.scores),
                    least,
                    most,
                    sub.base,
                    nominal[sub.key],
                    Fraction(sub.item_weight) * Fraction(most - least) / Fraction(sub.item_base),
                    whole * spread[sub.key] / all_spread if all_spread else Fraction(0),
                )
            )
    return made


def _spread(sub: SubItem) -> Fraction:
    """Mean distance of the scores from their mean, in points of the final score; exact."""
    values = [Fraction(value) for value in sub.scores.values()]
    mean = sum(values, Fraction(0)) / len(values)
    away = sum((abs(value - mean) for value in values), Fraction(0)) / len(values)
    return Fraction(sub.item_weight) * away / Fraction(sub.item_base)


def flat_leads(made: Iterable[Weight], limits: Limits) -> list[Found]:
    """Leads whose scores in a block are all but the same: their sub-item decides nothing there."""
    found = []
    for weight in made:
        if weight.units < FEWEST_UNITS:
            continue
        gap = weight.most - weight.least
        if weight.base <= 0 or gap * 100 > weight.base * limits.flat_lead:
            continue
        found.append(
            Found(
                Kind.FLAT_LEAD,
                f"{Kind.FLAT_LEAD}:{weight.sub_item}",
                1000 - _permille(gap, weight.base),
                {
                    "units": str(weight.units),
                    "least": _text(weight.least),
                    "most": _text(weight.most),
                    "nominal": two_decimals(weight.nominal),
                    "effective": two_decimals(weight.effective),
                },
                sub_item=weight.sub_item,
                block=weight.block,
            )
        )
    return found


def two_decimals(value: Fraction) -> str:
    """Half up, as every printed figure."""
    hundredths = int(value * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


ORDER = tuple(Kind)


def worst_first(found: Iterable[Found]) -> list[Found]:
    """By severity, then by kind and key, so that the order is total and repeats."""
    return sorted(found, key=lambda one: (-one.severity, ORDER.index(one.kind), one.key))
