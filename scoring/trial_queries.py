"""What a trial or an amendment would give: standings before and after, and whether a step makes sense at all.

All of it is a copy in memory; nothing here writes. Steps are in trial_steps, their words in words_of_trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from bonuses.models import Finding, Veto
from office.fields import format_points, to_units
from office.refusal import Refused
from scoring.engine.causes import Comparison, compare
from scoring.engine.sheet import BlockStanding, Sheet
from scoring.engine.standing import compute
from scoring.trial_bench import Bench
from scoring.trial_sheets import changed_sheets
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    InvolvedStep,
    LiftStep,
    LookStep,
    MissingStep,
    NewPaperStep,
    PaperStep,
    PoolStep,
    PrizeStep,
    ScoreStep,
    Step,
    SuspendStep,
    TariffStep,
    VetoStep,
    WeightStep,
    WordsStep,
)
from scoring.words import short
from units.models import Block

MOST_POINTS = Decimal(100_000)  # far above any weight, tariff or list
MOST_FEN = 100_000_000_00  # likewise of a prize
LONGEST_WORDS = 2000  # of an indicator; floors keep theirs shorter
LONGEST_FLOOR_WORDS = 200


@dataclass(frozen=True, slots=True)
class TrialBlock:
    """One block before and after; `comparisons` in the plan's order."""

    block: Block
    before: BlockStanding
    after: BlockStanding
    comparisons: tuple[Comparison, ...]
    is_touched: bool

    @property
    def movers(self) -> list[Comparison]:
        """Units whose score, place or eligibility would be another, the best new place first."""
        return sorted((c for c in self.comparisons if c.moves), key=lambda c: (c.after.rank, c.order))

    @property
    def by_place(self) -> list[Comparison]:
        return sorted(self.comparisons, key=lambda c: (c.after.rank, c.order))


@dataclass(frozen=True, slots=True)
class Trial:
    """What the steps together would give, block by block in the year's order."""

    blocks: list[TrialBlock]
    lost: tuple[Step, ...] = ()  # steps about something that is no longer there
    sheets: Mapping[int, Sheet] = field(
        default_factory=dict
    )  # block → its sheet after the steps, where touched

    def block(self, key: int) -> TrialBlock:
        return next(one for one in self.blocks if one.block.pk == key)

    @property
    def movers(self) -> list[tuple[TrialBlock, Comparison]]:
        return [(one, comparison) for one in self.blocks for comparison in one.movers]

    @property
    def place_moves(self) -> int:
        return sum(1 for _block, comparison in self.movers if comparison.rank_moves)


def run(bench: Bench, steps: Iterable[Step], shown: Iterable[int] | None = None) -> Trial:
    """The year as it would stand after the steps, compared with today.

    `shown` names the blocks a page shows: of the others only those a step touches are computed; None: all.
    Steps about rows that are gone are left out and listed in `lost`.
    """
    kept: list[Step] = []
    lost: list[Step] = []
    for step in steps:
        try:
            require_sensible(bench, step)
        except Refused:
            lost.append(step)
        else:
            kept.append(step)
    after_sheets = changed_sheets(bench, kept)
    found = []
    wanted = None if shown is None else {*shown, *after_sheets}
    for block in bench.blocks:
        sheet = bench.sheets[block.pk]
        other = after_sheets.get(block.pk, sheet)
        if wanted is not None and block.pk not in wanted:
            continue
        before = compute(sheet)
        after = before if other is sheet else compute(other)
        weights = ({i.key: i.weight for i in sheet.items}, {i.key: i.weight for i in other.items})
        comparisons = compare(before, after, weights)
        found.append(TrialBlock(block, before, after, comparisons, other is not sheet))
    return Trial(found, tuple(lost), after_sheets)


def require_sensible(bench: Bench, step: Step) -> None:
    """Refuse a step about a row of another year, or with an amount that could never be entered."""
    if not _is_there(bench, step):
        raise Refused(
            "not-there",
            _("This change names something the year no longer has. Please take it out."),
            status=422,
        )
    match step:
        case ScoreStep(_member, sub, _kind, points) if points is not None:
            _item, rule = bench.sub_item(sub)
            _require_amount(bench, points, rule.name)
            units = to_units(points, bench.places)
            figures = {
                "what": rule.name,
                "value": format_points(points),
                "base": short(rule.base, bench.places),
                "floor": short(rule.floor, bench.places),
            }
            if units > rule.base:
                sentence = _("%(what)s: %(value)s is above the base of %(base)s.") % figures
                raise Refused("above-base", sentence, "§3", status=422)
            if units < rule.floor:
                sentence = _("%(what)s: %(value)s is below the floor of %(floor)s.") % figures
                raise Refused("below-floor", sentence, "§3", status=422)
        case WeightStep(item, points):
            _require_amount(bench, points, bench.item(item).name)
        case BaseStep(sub, points):
            name = bench.sub_item(sub)[1].name
            _require_amount(bench, points, name)
            _require_positive(points, name)
        case FloorStep(sub, floor, words):
            _require_floor(bench, bench.sub_item(sub)[1].name, floor, words)
        case IndicatorStep(indicator, points):
            name = bench.indicators[indicator].name
            _require_amount(bench, points, name)
            _require_positive(points, name)
        case WordsStep(indicator, words):
            _require_words(bench.indicators[indicator].name, words, LONGEST_WORDS)
        case PrizeStep(prize, amount_fen) if amount_fen > MOST_FEN:
            one = bench.prizes[prize]
            raise Refused(
                "too-large",
                _("%(what)s: %(value)s is larger than any amount of a plan.")
                % {"what": f"{one.award} {one.grade}", "value": f"{Decimal(amount_fen).scaleb(-2):f}"},
                status=422,
            )
        case TariffStep(line, points):
            row = bench.lines[line]
            _require_amount(bench, points, f"{row.kind} {row.level}".strip())
        case PoolStep(pool, cap):
            _require_amount(bench, cap, bench.pools[pool].name)
        case NewPaperStep(_unit, None, _scope, pool, listed) if pool is not None and listed is not None:
            _require_amount(bench, listed, bench.pools[pool].name)


def _require_positive(points: Decimal, what: str) -> None:
    if points <= 0:
        raise Refused("not-positive", _("%(label)s must be more than 0.") % {"label": what}, "§3", status=422)


def _require_floor(bench: Bench, what: str, floor: Decimal | None, words: str) -> None:
    """Nothing below 0 needs no words; any other floor is specially noted (特别注明) with its own (§3)."""
    if floor is None:
        return
    _require_amount(bench, abs(floor), what)
    _require_words(what, words, LONGEST_FLOOR_WORDS)


def _require_words(what: str, words: str, most: int) -> None:
    if not words.strip():
        raise Refused("no-words", _("%(what)s: please write its words.") % {"what": what}, "§3", status=422)
    if len(words) > most:
        raise Refused(
            "too-long",
            _("%(what)s: the words have %(count)d characters; at most %(most)d fit.")
            % {"what": what, "count": len(words), "most": most},
            status=422,
        )


def _require_amount(bench: Bench, points: Decimal, what: str) -> None:
    figures = {"what": what, "value": format_points(points), "places": bench.places}
    if points > MOST_POINTS:
        sentence = _("%(what)s: %(value)s is larger than any amount of a plan.") % figures
        raise Refused("too-large", sentence, status=422)
    scaled = points.scaleb(bench.places)
    if scaled != scaled.to_integral_value():
        sentence = (
            _("%(what)s: %(value)s has more than %(places)d decimals; scores are never rounded.") % figures
        )
        raise Refused("too-many-decimals", sentence, status=422)


def _is_there(bench: Bench, step: Step) -> bool:
    match step:
        case ScoreStep(member, sub) | InvolvedStep(member, sub) | MissingStep(member, sub):
            return member in bench.members and bench.block_of_sub.get(sub) == bench.members[member].block_id
        case SuspendStep(sub) | LookStep(sub) | BaseStep(sub) | FloorStep(sub):
            return sub in bench.block_of_sub
        case IndicatorStep(indicator) | WordsStep(indicator):
            return indicator in bench.indicators
        case PrizeStep(prize):
            return prize in bench.prizes
        case WeightStep(item):
            return item in bench.block_of_item
        case TariffStep(line):
            return line in bench.lines
        case PoolStep(pool):
            return pool in bench.pools
        case NewPaperStep(unit, line, _scope, pool):
            return _takes_part(bench, unit) and (
                line in bench.lines if line is not None else pool in bench.pools
            )
        case PaperStep(adjustment):
            return adjustment in bench.adjustments
        case VetoStep(unit):
            return _takes_part(bench, unit)
        case LiftStep(what, key):
            kind = Veto if what == "veto" else Finding
            return any(isinstance(b, kind) and b.pk == key for bars in bench.bars.values() for b in bars)
    return False


def _takes_part(bench: Bench, unit: int) -> bool:
    return any(member.unit_id == unit for member in bench.members.values())
