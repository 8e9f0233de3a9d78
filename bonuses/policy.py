"""Pure: what a unit's papers come to in points, with the steps of the sum (§4(2)).

Which papers are counted at all (two persons, one paper once) is settled by bonuses.actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

COMMENDATION, TOP_THREE, CRITICISM, REWARD, CAP = "表彰", "前三名", "通报批评", "奖励加分", "封顶"
COMPREHENSIVE, SINGLE, GRASSROOTS = "综合", "单项", "基层"
UNIT, SECTION, STATION, PERSON = "本单位", "内设机构", "基层站所", "个人"
INTERMEDIARY = "社会中介机构"
NOTHING = Decimal(0)
HALF = Decimal("0.5")

CLAUSES = {
    COMMENDATION: "§4(2)1",
    TOP_THREE: "§4(2)2",
    CRITICISM: "§4(2)5",
    REWARD: "§4(2)6",
    CAP: "§4(2)4",
}
CARRY_OVER_CLAUSE = "§4(2)3"


class Why(StrEnum):
    """Why a paper counts with the points it has."""

    COUNTS = "counts"
    HALVED = "halved"  # a single task or a grass-roots office
    SAME_MATTER = "same-matter"  # another paper on the matter counts instead
    PERSON = "person"  # a person's honour is shown, not counted
    SINGLE_TOP_THREE = "single-top-three"  # R3
    WORTH_NOTHING = "worth-nothing"  # the tariff says 0
    NO_TARIFF = "no-tariff"  # a question for the leading group


class StepKind(StrEnum):
    COMMENDATIONS = "commendations"  # the sum before the cap
    CAP = "cap"
    CRITICISMS = "criticisms"
    POOL = "pool"  # one pool, cut to its cap
    CAP_WITH_REWARDS = "cap-with-rewards"  # R4, second alternative


@dataclass(frozen=True, slots=True)
class Paper:
    """One verified adjustment of one unit.  `matter` and `pool` are keys, None for none."""

    key: int
    kind: str
    level: str = ""
    scope: str = COMPREHENSIVE
    honoured: str = UNIT
    matter: int | None = None
    pool: int | None = None
    listed: Decimal = NOTHING  # points of a reward list, of no use otherwise
    carried_over: bool = False


@dataclass(frozen=True, slots=True)
class PoolRule:
    name: str
    cap: Decimal  # points a unit may have from it


@dataclass(frozen=True, slots=True)
class Readings:
    """R3, R4, R5a and R5b as chosen in the register; shipped values by default."""

    single_top_three: str = "none"  # none | half
    cap_covers: str = "commendations"  # commendations | with-rewards
    criticism_matter: str = "highest"  # highest | each
    commendation_matter: str = "each"  # each | highest


@dataclass(frozen=True, slots=True)
class Tariff:
    """Points by (kind, level, scope), pools by key, and what the readings make of them."""

    places: int
    points: Mapping[tuple[str, str, str], Decimal]
    pools: Mapping[int, PoolRule] = field(default_factory=dict)
    readings: Readings = Readings()

    @property
    def cap(self) -> Decimal | None:
        """Most points of all commendations together; None without a line of the tariff."""
        return self.points.get((CAP, "", COMPREHENSIVE))

    def rounded(self, points: Decimal) -> Decimal:
        """Half up to the cycle's decimals."""
        return points.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Worth:
    """What one paper is worth by itself, before matters and caps."""

    key: int
    kind: str
    tariff: Decimal | None  # None: the tariff has no line
    points: Decimal  # after halving
    why: Why
    is_rounded: bool = False  # the half had more decimals than the cycle keeps
    carried_over: bool = False

    @property
    def clause(self) -> str:
        return CARRY_OVER_CLAUSE if self.carried_over else CLAUSES[self.kind]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the sum: `before` goes in, `after` comes out; `keys` are the papers it joins."""

    kind: StepKind
    clause: str
    keys: tuple[int, ...]
    before: Decimal
    after: Decimal
    limit: Decimal | None = None
    pool: int | None = None
    name: str = ""

    @property
    def bites(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Sum:
    """The figures the standing takes in, and how they came about."""

    commendations: Decimal
    criticisms: Decimal  # positive, taken off
    rewards: Decimal
    worths: tuple[Worth, ...]
    steps: tuple[Step, ...]

    @property
    def net(self) -> Decimal:
        return self.commendations - self.criticisms + self.rewards

    @property
    def held(self) -> tuple[int, ...]:
        """Papers without a tariff, in the order of their keys."""
        return tuple(worth.key for worth in self.worths if worth.why is Why.NO_TARIFF)


def is_half(scope: str, honoured: str) -> bool:
    """True for a single task or a grass-roots office; both together still halve once.  §4(2)1."""
    return scope in {SINGLE, GRASSROOTS} or honoured == STATION


def worth(paper: Paper, tariff: Tariff) -> Worth:
    """What the tariff gives for one paper: level, then half once.  §4(2)1, §4(2)2, §4(2)5."""
    if paper.kind == REWARD:
        points = tariff.rounded(paper.listed)
        return Worth(paper.key, REWARD, paper.listed, points, Why.COUNTS, points != paper.listed)
    whole = tariff.points.get((paper.kind, paper.level, COMPREHENSIVE))
    if paper.kind == CRITICISM:
        why = Why.NO_TARIFF if whole is None else Why.COUNTS
        return Worth(paper.key, CRITICISM, whole, NOTHING if whole is None else whole, why)

    def made(points: Decimal, why: Why, *, is_rounded: bool = False) -> Worth:
        return Worth(paper.key, paper.kind, whole, points, why, is_rounded, paper.carried_over)

    if paper.honoured == PERSON:
        return made(NOTHING, Why.PERSON)
    if whole is None and paper.level == INTERMEDIARY:
        return made(NOTHING, Why.WORTH_NOTHING)
    if not is_half(paper.scope, paper.honoured):
        if whole is None:
            return made(NOTHING, Why.NO_TARIFF)
        return made(whole, Why.COUNTS if whole else Why.WORTH_NOTHING)
    own_line = _own_line(paper, tariff)
    if own_line is not None:
        return made(own_line, Why.COUNTS if own_line else Why.WORTH_NOTHING)
    if whole is None:
        return made(NOTHING, Why.NO_TARIFF)
    if paper.kind == TOP_THREE and tariff.readings.single_top_three == "none":
        return made(NOTHING, Why.SINGLE_TOP_THREE)
    if not whole:
        return made(NOTHING, Why.WORTH_NOTHING)
    exact = whole * HALF
    points = tariff.rounded(exact)
    return made(points, Why.HALVED, is_rounded=points != exact)


def _own_line(paper: Paper, tariff: Tariff) -> Decimal | None:
    """The tariff may price 单项 or 基层 by a line of their own instead of half."""
    scope = paper.scope if paper.scope != COMPREHENSIVE else GRASSROOTS
    return tariff.points.get((paper.kind, paper.level, scope))


def count(papers: Iterable[Paper], tariff: Tariff) -> Sum:
    """One unit's papers summed up: level → half once → one matter → sum → cap → criticisms → rewards by pool.

    Every order of the papers gives the same answer; equal papers on one matter: the lower key counts.
    """
    ordered = sorted(papers, key=lambda paper: paper.key)
    worths = {paper.key: worth(paper, tariff) for paper in ordered}
    readings = tariff.readings
    praise = [p for p in ordered if p.kind in {COMMENDATION, TOP_THREE}]
    blame = [p for p in ordered if p.kind == CRITICISM]
    if readings.commendation_matter == "highest":
        _one_per_matter(praise, worths)
    if readings.criticism_matter == "highest":
        _one_per_matter(blame, worths)

    steps: list[Step] = []
    sum_of_praise = _total(praise, worths)
    cap = tariff.cap
    commendations = sum_of_praise if cap is None else min(cap, sum_of_praise)
    if praise:
        keys = tuple(p.key for p in praise)
        steps.append(Step(StepKind.COMMENDATIONS, CLAUSES[COMMENDATION], keys, sum_of_praise, sum_of_praise))
        steps.append(Step(StepKind.CAP, CLAUSES[CAP], keys, sum_of_praise, commendations, cap))
    criticisms = _total(blame, worths)
    if blame:
        keys = tuple(p.key for p in blame)
        steps.append(Step(StepKind.CRITICISMS, CLAUSES[CRITICISM], keys, criticisms, criticisms))
    rewards, pool_steps = _rewards([p for p in ordered if p.kind == REWARD], worths, tariff)
    steps += pool_steps
    if readings.cap_covers == "with-rewards" and cap is not None and pool_steps:
        left = min(rewards, cap - commendations)
        keys = tuple(key for step in pool_steps for key in step.keys)
        steps.append(Step(StepKind.CAP_WITH_REWARDS, CLAUSES[CAP], keys, rewards, left, cap - commendations))
        rewards = left
    return Sum(commendations, criticisms, rewards, tuple(worths[p.key] for p in ordered), tuple(steps))


def _total(papers: Sequence[Paper], worths: Mapping[int, Worth]) -> Decimal:
    """Sum of what counts; papers whose matter is told by another one are marked and left out."""
    return sum((worths[p.key].points for p in papers if worths[p.key].why is not Why.SAME_MATTER), NOTHING)


def _one_per_matter(papers: Sequence[Paper], worths: dict[int, Worth]) -> None:
    """Of the papers on one matter only the highest counts (R5); the others are marked."""
    best: dict[int, int] = {}
    for paper in papers:
        if paper.matter is None:
            continue
        kept = best.setdefault(paper.matter, paper.key)
        if worths[paper.key].points > worths[kept].points:
            best[paper.matter] = paper.key
    for paper in papers:
        found = worths[paper.key]
        if paper.matter is not None and best[paper.matter] != paper.key:
            worths[paper.key] = Worth(
                found.key,
                found.kind,
                found.tariff,
                found.points,
                Why.SAME_MATTER,
                found.is_rounded,
                found.carried_over,
            )


def _rewards(
    papers: Sequence[Paper], worths: Mapping[int, Worth], tariff: Tariff
) -> tuple[Decimal, list[Step]]:
    """Reward points: each pool by itself, cut to its cap.  §3, §4(2)6."""
    by_pool: dict[int, list[Paper]] = {}
    for paper in papers:
        if paper.pool is not None and paper.pool in tariff.pools:
            by_pool.setdefault(paper.pool, []).append(paper)
    steps: list[Step] = []
    for pool, listed in sorted(by_pool.items()):
        rule = tariff.pools[pool]
        before = _total(listed, worths)
        steps.append(
            Step(
                StepKind.POOL,
                CLAUSES[REWARD],
                tuple(p.key for p in listed),
                before,
                min(rule.cap, before),
                rule.cap,
                pool,
                rule.name,
            )
        )
    return sum((step.after for step in steps), NOTHING), steps


# Vetoes ------------------------------------------------------------------------------------------

VETO, YELLOW_CARD = "否决", "黄牌警告"
# §6(6): the fields whose failure takes eligibility away.
VETO_FIELDS = ("社会治安综合治理", "人口和计划生育", "重大环保事故", "安全生产", "信访")
# A body that leads a sub-item of such a name may propose a veto in that field.
FIELD_WORDS = {
    "社会治安综合治理": "综合治理",
    "人口和计划生育": "计划生育",
    "重大环保事故": "环境保护",
    "安全生产": "安全",
    "信访": "信访",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a confirmed veto takes away, and for how many years from its own."""

    comprehensive: bool = True
    single: bool = True
    individual: bool = False
    years: int = 1


# R6: what each alternative means where the office has entered nothing for the field itself.
EFFECT_OF_READING = {
    "comprehensive-and-single": Effect(),
    "comprehensive": Effect(single=False),
    "two-years": Effect(years=2),
    "with-individuals": Effect(individual=True),
}


def bars(level: str, effect: Effect, years_since: int) -> bool:
    """True when a veto of that level bars its unit from some award so many years after its own year."""
    reaches = 0 <= years_since < effect.years
    return level == VETO and reaches and (effect.comprehensive or effect.single or effect.individual)


# Titles ------------------------------------------------------------------------------------------

_WRAPPING = (
    "关于",
    "的通报",
    "的通知",
    "的决定",
    "通报",
    "通知",
    "决定",
    "表彰",
    "批评",
    "印发",
    "转发",
    "《",
    "》",
    "“",
    "”",
)


def bare_title(title: str) -> str:
    """A title without the words that every circular carries, to see whether two speak of one matter."""
    bare = "".join(title.split())
    for word in _WRAPPING:
        bare = bare.replace(word, "")
    return bare


def likeness(one: str, other: str) -> float:
    """0 to 1: how many pairs of neighbouring signs two bare titles share."""
    a, b = _pairs(bare_title(one)), _pairs(bare_title(other))
    if not a or not b:
        return 0.0
    return 2 * len(a & b) / (len(a) + len(b))


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


ALIKE_FROM = 0.6


def propose_matters(titles: Mapping[int, str]) -> list[tuple[int, ...]]:
    """Groups of keys whose titles look like one matter, for a person to tick; singles are left out."""
    groups: list[list[int]] = []
    for key in sorted(titles):
        home = next(
            (g for g in groups if any(likeness(titles[key], titles[k]) >= ALIKE_FROM for k in g)), None
        )
        if home is None:
            groups.append([key])
        else:
            home.append(key)
    return [tuple(group) for group in groups if len(group) > 1]
