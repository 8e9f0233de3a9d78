"""Who would win an award, and why: seats filled from the best figure down, with a reason for everyone (§5, §7).

Pure. The figures come from standings, the money's arithmetic is in money, the words in awards.words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from awards import money


class Why(StrEnum):
    """Why a contender cannot win, or why a seat has no holder yet."""

    BARRED = "barred"  # a veto or misconduct in force
    NO_AWARD = "no-award"  # the unit takes part without awards (不评奖)
    ON_A_MEAN = "on-a-mean"  # what the award rests on is only the mean of the others
    NOT_A_TOWN = "not-a-town"  # reading R12: a street or company, for an award of townships
    NOT_SCORED = "not-scored"  # no figure to compare yet
    OVER_QUOTA = "over-quota"  # reading R7: the block's quota is filled by better ones


class Across(StrEnum):
    """Reading R7: how one award ranks the units of several blocks."""

    ONE_LIST = "one-list"
    QUOTA = "quota"
    LEAD_FIRST = "lead-first"


class Filling(StrEnum):
    """What becomes of the place of a barred unit; the leading group's choice for each award."""

    MOVE_UP = "move-up"  # 递补
    LEAVE_EMPTY = "leave-empty"  # 空缺


class TieKey(StrEnum):
    """What may be declared, before the year opens, to separate equals; the greater or fewer first."""

    WEIGHTED = "weighted"
    FEWER_DEDUCTIONS = "fewer-deductions"
    TOTAL = "total"


class TieHow(StrEnum):
    SHARE = "share"
    ORDER = "order"


class Outcome(StrEnum):
    WINS = "wins"
    HELD = "held"  # equal with another where it matters
    PASSED_OVER = "passed-over"
    BELOW = "below"  # behind the last seat


@dataclass(frozen=True, slots=True)
class Grade:
    """One line of the scheme: so many places, each of so much."""

    name: str
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What an award gives and how its seats are filled."""

    grades: tuple[Grade, ...]
    filling: Filling = Filling.MOVE_UP
    across: Across = Across.ONE_LIST
    quotas: Mapping[str, int] = field(default_factory=dict)  # block → seats; empty: as even as can be
    tie_order: tuple[TieKey, ...] = ()

    @property
    def seats(self) -> tuple[Grade, ...]:
        """The grade of each seat, best first."""
        return tuple(grade for grade in self.grades for _seat in range(grade.count))


@dataclass(frozen=True, slots=True)
class Contender:
    """One unit of one block with the figure the award compares."""

    key: int  # of the membership
    unit: str
    block: str
    order: int  # of the plan; sequence of rows only, never a tie-break
    figure: Fraction | None  # greater is better; None: not scored
    shown: str = ""  # the figure as printed
    bars: frozenset[Why] = frozenset()
    missing: int = 0  # cells behind the figure that have no score yet
    recommended: int | None = None  # place on the lead's list, 1 is first
    tie_figures: Mapping[TieKey, int] = field(default_factory=dict)  # greater is better


@dataclass(frozen=True, slots=True)
class TieDecision:
    """How the leading group settles one tie: shared sums, or the members in its order."""

    members: tuple[int, ...]  # keys; with ORDER the first stands first
    how: TieHow


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat of the award and who has it."""

    grade: str
    amount_fen: int  # of the scheme
    place: int  # 1 is the first seat
    holders: tuple[int, ...] = ()  # keys; several only where a tie shares
    shares_fen: tuple[int, ...] = ()  # what each holder gets
    held: tuple[int, ...] = ()  # keys of the equals who wait for a decision
    kept_empty_for: int | None = None  # a barred unit's place, left empty


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one contender."""

    contender: Contender
    rank: int | None  # among all contenders by the figure; None without one
    outcome: Outcome
    why: tuple[Why, ...] = ()
    grade: str = ""
    place: int | None = None  # the seat, 1 is the first
    amount_fen: int = 0
    separated_by: TieKey | None = None  # the declared order that decided among equals
    settled: TieHow | None = None  # the leading group's decision among equals
    moved_up_past: tuple[int, ...] = ()  # keys of better ones who were passed over


@dataclass(frozen=True, slots=True)
class Proposal:
    """The award as it would fall now."""

    seats: tuple[Seat, ...]
    lines: tuple[Line, ...]  # every contender, best first

    @property
    def winners(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.outcome is Outcome.WINS)

    @property
    def is_held(self) -> bool:
        return any(seat.held for seat in self.seats)

    @property
    def is_provisional(self) -> bool:
        """True when a figure that matters is not whole yet."""
        return any(line.contender.missing or line.rank is None for line in self.lines)

    @property
    def given_fen(self) -> int:
        return sum(line.amount_fen for line in self.winners)

    @property
    def held_fen(self) -> int:
        return sum(seat.amount_fen for seat in self.seats if seat.held)

    @property
    def empty_fen(self) -> int:
        return sum(seat.amount_fen for seat in self.seats if not seat.held and not seat.holders)


@dataclass(slots=True)
class _Group:
    """Equals on one figure, and how many seats they may take together."""

    contenders: list[Contender]
    capacity: int
    separated_by: TieKey | None = None


@dataclass(slots=True)
class _Walk:
    """Seats as they fill up."""

    rules: Rules
    seats: list[Seat]
    lines: dict[int, Line] = field(default_factory=dict)
    next_seat: int = 0
    passed: list[int] = field(default_factory=list)


def propose(rules: Rules, contenders: Iterable[Contender], decisions: Sequence[TieDecision] = ()) -> Proposal:
    """The award filled from the best figure down.  Plan §5, §7, rulebook 7.

    A barred unit fills no seat; whether its place stays empty is `rules.filling`. Equals who would get different
    prizes, or of whom not all find a seat, are separated by the declared order, else settled by a decision that
    names exactly them, else held.
    """
    everyone = list(contenders)
    rank_by_key = ranks([c for c in everyone if c.figure is not None])
    barred = {c.key: _bars_of(c) for c in everyone}
    over = _over_quota(rules, [c for c in everyone if not barred[c.key]])
    walk = _Walk(
        rules,
        [Seat(g.name, g.amount_fen, n) for n, g in enumerate(rules.seats, start=1)],
    )
    for group in _groups(rules, everyone, barred, over):
        _seat_group(walk, group, barred, over, rank_by_key, decisions)
    for contender in everyone:
        if contender.key not in walk.lines:
            walk.lines[contender.key] = Line(
                contender, rank_by_key.get(contender.key), Outcome.PASSED_OVER, barred[contender.key]
            )
    lines = sorted(
        walk.lines.values(),
        key=lambda line: (line.rank is None, line.rank or 0, line.contender.order, line.contender.key),
    )
    return Proposal(tuple(walk.seats), tuple(lines))


def ranks(contenders: Sequence[Contender]) -> dict[int, int]:
    """Key → place by the figure, everyone counted: 1, 2, 2, 4."""
    figures = sorted((c.figure for c in contenders if c.figure is not None), reverse=True)
    first_of: dict[Fraction, int] = {}
    for position, figure in enumerate(figures, start=1):
        first_of.setdefault(figure, position)
    return {c.key: first_of[c.figure] for c in contenders if c.figure is not None}


def even_quotas(seats: int, blocks: Mapping[str, int]) -> dict[str, int]:
    """Seats per block, as even as can be; what is left over goes to the blocks with more units.

    `blocks` maps each block to its number of units.
    """
    if not blocks:
        return {}
    each, left = divmod(seats, len(blocks))
    by_size = sorted(blocks, key=lambda name: -blocks[name])  # stable: the plan's order among equals
    return {name: each + (by_size.index(name) < left) for name in blocks}


def _bars_of(contender: Contender) -> tuple[Why, ...]:
    bars = set(contender.bars)
    if contender.figure is None:
        bars.add(Why.NOT_SCORED)
    return tuple(why for why in Why if why in bars)


def _over_quota(rules: Rules, eligible: list[Contender]) -> dict[int, int]:
    """Key → seats left for its group, for those at or behind the quota of their block; 0 is behind it."""
    if rules.across is not Across.QUOTA:
        return {}
    sizes: dict[str, int] = {}
    # In the plan's order, so that blocks of one size get what is left over always the same way.
    for contender in sorted(eligible, key=lambda c: (c.order, c.key)):
        sizes[contender.block] = sizes.get(contender.block, 0) + 1
    quotas = rules.quotas or even_quotas(len(rules.seats), sizes)
    room: dict[int, int] = {}
    for block in sizes:
        left = quotas.get(block, 0)
        mine = sorted((c for c in eligible if c.block == block), key=_figure, reverse=True)
        for _value, group in groupby(mine, key=_figure):
            equals = list(group)
            for contender in equals:
                room[contender.key] = left
            left = max(left - len(equals), 0)
    return room


def _figure(contender: Contender) -> Fraction:
    assert contender.figure is not None
    return contender.figure


def _groups(
    rules: Rules, everyone: list[Contender], barred: Mapping[int, tuple[Why, ...]], room: Mapping[int, int]
) -> list[_Group]:
    """Contenders with a figure, best first, equals together."""
    scored = [c for c in everyone if c.figure is not None]
    scored.sort(key=lambda c: (-_figure(c), c.order, c.key))
    if rules.across is Across.LEAD_FIRST:
        listed = sorted(
            (c for c in scored if c.recommended is not None),
            key=lambda c: (c.recommended or 0, c.order, c.key),
        )
        # A place on the lead's list is held by one; two on the same place are equals.
        first = [list(group) for _n, group in groupby(listed, key=lambda c: c.recommended)]
        rest = [list(g) for _f, g in groupby((c for c in scored if c.recommended is None), key=_figure)]
        grouped = [*first, *rest]
    else:
        grouped = [list(group) for _value, group in groupby(scored, key=_figure)]
    return [_Group(group, _capacity(group, barred, room)) for group in grouped]


def _capacity(group: list[Contender], barred: Mapping[int, tuple[Why, ...]], room: Mapping[int, int]) -> int:
    """How many of the equals may be seated: all of them, or what the quotas of their blocks leave."""
    eligible = [c for c in group if not barred[c.key]]
    if not room:
        return len(eligible)
    of_block: dict[str, list[Contender]] = {}
    for contender in eligible:
        of_block.setdefault(contender.block, []).append(contender)
    return sum(min(len(members), room[members[0].key]) for members in of_block.values())


def _seat_group(
    walk: _Walk,
    group: _Group,
    barred: Mapping[int, tuple[Why, ...]],
    room: Mapping[int, int],
    rank_by_key: Mapping[int, int],
    decisions: Sequence[TieDecision],
) -> None:
    kept_empty = []
    able = []
    for contender in group.contenders:
        why = barred[contender.key]
        if why:
            walk.lines[contender.key] = Line(contender, rank_by_key[contender.key], Outcome.PASSED_OVER, why)
            if Why.BARRED in why and walk.rules.filling is Filling.LEAVE_EMPTY:
                kept_empty.append(contender)
            elif walk.next_seat < len(walk.seats):
                walk.passed.append(contender.key)
        elif room and not room[contender.key]:
            walk.lines[contender.key] = Line(
                contender, rank_by_key[contender.key], Outcome.PASSED_OVER, (Why.OVER_QUOTA,)
            )
        else:
            able.append(contender)
    _fill(walk, able, min(group.capacity, len(able)), rank_by_key, decisions, None)
    for contender in kept_empty:
        if walk.next_seat < len(walk.seats):
            walk.seats[walk.next_seat] = replace(walk.seats[walk.next_seat], kept_empty_for=contender.key)
            walk.next_seat += 1


def _fill(
    walk: _Walk,
    equals: list[Contender],
    capacity: int,
    rank_by_key: Mapping[int, int],
    decisions: Sequence[TieDecision],
    separated_by: TieKey | None,
) -> None:
    """Give equals the next seats: at once where it makes no difference, else separated, settled or held."""
    if not equals:
        return
    free = min(capacity, len(walk.seats) - walk.next_seat)
    if free <= 0:
        for contender in equals:
            why = (Why.OVER_QUOTA,) if capacity <= 0 else ()
            outcome = Outcome.PASSED_OVER if why else Outcome.BELOW
            walk.lines[contender.key] = Line(
                contender, rank_by_key[contender.key], outcome, why, separated_by=separated_by
            )
        return
    seats = walk.seats[walk.next_seat : walk.next_seat + free]
    alike = len({(seat.grade, seat.amount_fen) for seat in seats}) == 1
    if len(equals) == 1 or (len(equals) <= free and alike):
        for contender in equals:
            _take(walk, contender, rank_by_key, separated_by, None)
        return
    split = _separate(walk.rules.tie_order, equals)
    if split is not None:
        key, parts = split
        for part in parts:
            seated_before = walk.next_seat
            _fill(walk, part, capacity, rank_by_key, decisions, key)
            capacity -= walk.next_seat - seated_before
        return
    members = frozenset(c.key for c in equals)
    for decision in decisions:
        if frozenset(decision.members) == members:
            _settle(walk, equals, free, decision, rank_by_key)
            return
    for offset in range(free):
        at = walk.next_seat + offset
        walk.seats[at] = replace(walk.seats[at], held=tuple(c.key for c in equals))
    walk.next_seat += free
    for contender in equals:
        walk.lines[contender.key] = Line(contender, rank_by_key[contender.key], Outcome.HELD)


def _separate(
    order: Sequence[TieKey], equals: list[Contender]
) -> tuple[TieKey, list[list[Contender]]] | None:
    """The first declared key that tells the equals apart, and the parts it makes, best first."""
    for key in order:
        if not all(key in contender.tie_figures for contender in equals):
            continue
        by_key = sorted(equals, key=lambda c: (-c.tie_figures[key], c.order, c.key))
        parts = [list(part) for _value, part in groupby(by_key, key=lambda c: c.tie_figures[key])]
        if len(parts) > 1:
            return key, parts
    return None


def _take(
    walk: _Walk,
    contender: Contender,
    rank_by_key: Mapping[int, int],
    separated_by: TieKey | None,
    settled: TieHow | None,
) -> None:
    seat = walk.seats[walk.next_seat]
    walk.seats[walk.next_seat] = replace(seat, holders=(contender.key,), shares_fen=(seat.amount_fen,))
    walk.next_seat += 1
    walk.lines[contender.key] = Line(
        contender,
        rank_by_key[contender.key],
        Outcome.WINS,
        grade=seat.grade,
        place=seat.place,
        amount_fen=seat.amount_fen,
        separated_by=separated_by,
        settled=settled,
        moved_up_past=tuple(walk.passed),
    )


def _settle(
    walk: _Walk,
    equals: list[Contender],
    free: int,
    decision: TieDecision,
    rank_by_key: Mapping[int, int],
) -> None:
    by_key = {contender.key: contender for contender in equals}
    if decision.how is TieHow.ORDER:
        for number, key in enumerate(decision.members):
            if number < free:
                _take(walk, by_key[key], rank_by_key, None, TieHow.ORDER)
            else:
                walk.lines[key] = Line(by_key[key], rank_by_key[key], Outcome.BELOW, settled=TieHow.ORDER)
        return
    seats = walk.seats[walk.next_seat : walk.next_seat + free]
    sums = money.share_fen(sum(seat.amount_fen for seat in seats), len(equals))
    first = walk.next_seat
    for at in range(first, first + free):
        walk.seats[at] = replace(walk.seats[at], holders=tuple(c.key for c in equals))
    walk.seats[first] = replace(walk.seats[first], shares_fen=tuple(sums))
    walk.next_seat += free
    for contender, amount in zip(equals, sums, strict=True):
        walk.lines[contender.key] = Line(
            contender,
            rank_by_key[contender.key],
            Outcome.WINS,
            grade=seats[0].grade,
            place=seats[0].place,
            amount_fen=amount,
            settled=TieHow.SHARE,
            moved_up_past=tuple(walk.passed),
        )
