"""Who wins an award and why: places, bars, ties, blocks side by side.  Worked by hand; no database."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.policy import (
    Across,
    Contender,
    Filling,
    Grade,
    Outcome,
    Proposal,
    Rules,
    TieDecision,
    TieHow,
    TieKey,
    Why,
    even_quotas,
    propose,
)

PODIUM = (Grade("一", 1, 700_000), Grade("二", 1, 500_000), Grade("三", 1, 300_000))
EQUAL_THREE = (Grade("先进单位", 3, 3_000_000),)
A, B, C, D, E = range(1, 6)


def contender(
    key: int, figure: int | Fraction | None, *bars: Why, block: str = "口", **more: object
) -> Contender:
    value = None if figure is None else Fraction(figure)
    return Contender(key, f"单位{key}", block, key, value, bars=frozenset(bars), **more)  # type: ignore[arg-type]  # passed through


def seated(proposal: Proposal) -> list[tuple[int, ...]]:
    """Who sits where: keys per seat; a held seat shows its equals as negative keys."""
    return [seat.holders or tuple(-key for key in seat.held) for seat in proposal.seats]


@pytest.mark.parametrize(
    ("contenders", "seats"),
    [
        # three different figures fill three seats
        ([contender(A, 90), contender(B, 80), contender(C, 70), contender(D, 60)], [(A,), (B,), (C,)]),
        # 80 twice at seats 2 and 3 of different money: held
        ([contender(A, 90), contender(B, 80), contender(C, 80)], [(A,), (-B, -C), (-B, -C)]),
        # 70 twice for the one last seat: held
        ([contender(A, 90), contender(B, 80), contender(C, 70), contender(D, 70)], [(A,), (B,), (-C, -D)]),
        # equals behind the last seat make no difference
        (
            [contender(A, 9), contender(B, 8), contender(C, 7), contender(D, 6), contender(E, 6)],
            [(A,), (B,), (C,)],
        ),
        # fewer contenders than seats leave seats free
        ([contender(A, 90)], [(A,), (), ()]),
    ],
)
def test_seats_fill_from_the_best_figure_down(
    contenders: Sequence[Contender], seats: list[tuple[int, ...]]
) -> None:
    assert seated(propose(Rules(PODIUM), contenders)) == seats


def test_equals_on_equal_prizes_need_no_decision() -> None:
    # Three prizes of the same money and 95, 90, 90: all three win.
    proposal = propose(Rules(EQUAL_THREE), [contender(A, 90), contender(B, 90), contender(C, 95)])

    assert seated(proposal) == [(C,), (A,), (B,)]
    assert not proposal.is_held


@pytest.mark.parametrize("bar", [Why.BARRED, Why.NO_AWARD, Why.ON_A_MEAN, Why.NOT_A_TOWN])
def test_who_cannot_win_is_passed_over_with_the_reason_and_the_next_moves_up(bar: Why) -> None:
    proposal = propose(
        Rules(PODIUM), [contender(A, 90, bar), contender(B, 80), contender(C, 70), contender(D, 60)]
    )

    lines = {line.contender.key: line for line in proposal.lines}
    assert seated(proposal) == [(B,), (C,), (D,)]
    assert (lines[A].outcome, lines[A].why, lines[A].rank) == (Outcome.PASSED_OVER, (bar,), 1)
    assert (lines[B].rank, lines[B].place, lines[B].moved_up_past) == (2, 1, (A,))


def test_a_vetoed_units_place_may_stay_empty() -> None:
    rules = Rules(PODIUM, Filling.LEAVE_EMPTY)

    proposal = propose(rules, [contender(A, 90), contender(B, 80, Why.BARRED), contender(C, 70)])

    assert seated(proposal) == [(A,), (), (C,)]
    assert proposal.seats[1].kept_empty_for == B
    assert (proposal.given_fen, proposal.empty_fen) == (1_000_000, 500_000)


def test_only_a_bar_leaves_a_place_empty() -> None:
    # A unit ranked without awards never stood in anybody's way.
    rules = Rules(PODIUM, Filling.LEAVE_EMPTY)

    proposal = propose(rules, [contender(A, 90, Why.NO_AWARD), contender(B, 80), contender(C, 70)])

    assert seated(proposal) == [(B,), (C,), ()]


def test_without_a_figure_nobody_wins() -> None:
    proposal = propose(Rules(PODIUM), [contender(A, None), contender(B, 0)])

    assert seated(proposal) == [(B,), (), ()]
    assert proposal.lines[-1].why == (Why.NOT_SCORED,)
    assert proposal.is_provisional


def test_blocks_are_compared_by_exact_fractions() -> None:
    # 2/3 of a base of 300 against 66.67 of 100: 200/300 < 6667/10000, though both print 0.6667.
    proposal = propose(
        Rules(PODIUM),
        [contender(A, Fraction(200, 300), block="甲"), contender(B, Fraction(6667, 10000), block="乙")],
    )

    assert seated(proposal) == [(B,), (A,), ()]


def test_a_declared_order_separates_equals_and_is_named() -> None:
    rules = Rules(PODIUM, tie_order=(TieKey.WEIGHTED, TieKey.FEWER_DEDUCTIONS))
    same = {TieKey.WEIGHTED: 80}
    equals = [
        contender(A, 90, tie_figures=same | {TieKey.FEWER_DEDUCTIONS: -5}),
        contender(B, 90, tie_figures=same | {TieKey.FEWER_DEDUCTIONS: 0}),
    ]

    proposal = propose(rules, equals)

    assert seated(proposal) == [(B,), (A,), ()]
    assert {line.separated_by for line in proposal.lines} == {TieKey.FEWER_DEDUCTIONS}


def test_a_declared_order_that_does_not_separate_leaves_the_tie_held() -> None:
    rules = Rules(PODIUM, tie_order=(TieKey.WEIGHTED,))
    same = {TieKey.WEIGHTED: 80}

    proposal = propose(rules, [contender(A, 90, tie_figures=same), contender(B, 90, tie_figures=same)])

    assert proposal.is_held
    assert proposal.held_fen == 1_200_000


def test_a_decision_shares_the_sum_of_the_seats_to_the_fen() -> None:
    # Three on the first seat of three: 7 000 + 5 000 + 3 000 = 15 000 元, 5 000 each.
    equals = [contender(A, 90), contender(B, 90), contender(C, 90)]

    proposal = propose(Rules(PODIUM), equals, [TieDecision((A, B, C), TieHow.SHARE)])

    assert [line.amount_fen for line in proposal.winners] == [500_000] * 3
    assert proposal.given_fen == 1_500_000


def test_a_shared_last_seat_is_divided_among_more_than_it_was_meant_for() -> None:
    # 3 000 元 among seven: 300 000 fen = 7 × 42 857 + 1.
    equals = [contender(A, 90), contender(B, 80), *(contender(10 + n, 70) for n in range(7))]
    share = TieDecision(tuple(10 + n for n in range(7)), TieHow.SHARE)

    proposal = propose(Rules(PODIUM), equals, [share])

    amounts = [line.amount_fen for line in proposal.winners][2:]
    assert amounts == [42_858, *[42_857] * 6]
    assert proposal.given_fen == 1_500_000


def test_a_decision_orders_equals_and_the_last_goes_without() -> None:
    equals = [contender(A, 90), contender(B, 80), contender(C, 70), contender(D, 70)]

    proposal = propose(Rules(PODIUM), equals, [TieDecision((D, C), TieHow.ORDER)])

    lines = {line.contender.key: line for line in proposal.lines}
    assert seated(proposal) == [(A,), (B,), (D,)]
    assert (lines[C].outcome, lines[C].settled) == (Outcome.BELOW, TieHow.ORDER)


def test_a_decision_about_others_settles_nothing() -> None:
    equals = [contender(A, 90), contender(B, 90), contender(C, 90)]

    assert propose(Rules(PODIUM), equals, [TieDecision((A, B), TieHow.SHARE)]).is_held


def test_a_quota_gives_every_block_its_seat_though_others_have_better_figures() -> None:
    rules = Rules(PODIUM, across=Across.QUOTA)
    contenders = [
        contender(A, 99, block="甲"),
        contender(B, 98, block="甲"),
        contender(C, 97, block="乙"),
        contender(D, 60, block="丙"),
    ]

    proposal = propose(rules, contenders)

    lines = {line.contender.key: line for line in proposal.lines}
    assert seated(proposal) == [(A,), (C,), (D,)]
    assert lines[B].why == (Why.OVER_QUOTA,)


def test_equals_at_a_quota_are_held_for_its_one_seat() -> None:
    rules = Rules(PODIUM, across=Across.QUOTA)
    contenders = [
        contender(A, 99, block="甲"),
        contender(B, 99, block="甲"),
        contender(C, 97, block="乙"),
        contender(D, 60, block="丙"),
    ]

    assert seated(propose(rules, contenders)) == [(-A, -B), (C,), (D,)]


@pytest.mark.parametrize(
    ("seats", "blocks", "quotas"),
    [
        (3, {"甲": 15, "乙": 23, "丙": 43}, {"甲": 1, "乙": 1, "丙": 1}),
        (
            5,
            {"甲": 15, "乙": 23, "丙": 43},
            {"甲": 1, "乙": 2, "丙": 2},
        ),  # two left over, to the larger blocks
        (3, {}, {}),
    ],
)
def test_quotas_are_as_even_as_can_be(seats: int, blocks: dict[str, int], quotas: dict[str, int]) -> None:
    assert even_quotas(seats, blocks) == quotas


def test_a_seat_left_over_goes_to_the_same_block_whatever_the_sequence() -> None:
    # One seat for two blocks of one unit each: the block that the plan names first has it.
    pair = [contender(A, 60, block="甲"), contender(B, 90, block="乙")]
    rules = Rules((Grade("一", 1, 700_000),), across=Across.QUOTA)

    assert [seated(propose(rules, pair)), seated(propose(rules, pair[::-1]))] == [[(A,)], [(A,)]]


def test_the_leads_list_may_come_first() -> None:
    rules = Rules(PODIUM, across=Across.LEAD_FIRST)
    contenders = [contender(A, 99), contender(B, 80, recommended=2), contender(C, 70, recommended=1)]

    assert seated(propose(rules, contenders)) == [(C,), (B,), (A,)]


figures = st.lists(st.integers(0, 6), min_size=1, max_size=12)
bars = st.sampled_from([frozenset[Why](), frozenset({Why.BARRED}), frozenset({Why.NO_AWARD})])


@st.composite
def elections(draw: st.DrawFn) -> tuple[Rules, list[Contender]]:
    grades = tuple(
        Grade(f"等{n}", draw(st.integers(1, 3)), draw(st.integers(0, 9_999_999)))
        for n in range(draw(st.integers(1, 3)))
    )
    rules = Rules(
        grades, draw(st.sampled_from(Filling)), draw(st.sampled_from([Across.ONE_LIST, Across.QUOTA]))
    )
    made = [
        Contender(n, str(n), draw(st.sampled_from("甲乙")), n, Fraction(f), bars=draw(bars))
        for n, f in enumerate(draw(figures), start=1)
    ]
    return rules, made


@given(elections())
def test_every_seat_and_every_contender_is_accounted_for(election: tuple[Rules, list[Contender]]) -> None:
    rules, contenders = election

    proposal = propose(rules, contenders)

    total = sum(grade.count * grade.amount_fen for grade in rules.grades)
    assert proposal.given_fen + proposal.held_fen + proposal.empty_fen == total
    assert sorted(line.contender.key for line in proposal.lines) == [c.key for c in contenders]
    assert not any(line.contender.bars for line in proposal.winners)


@given(elections(), st.randoms())
def test_the_sequence_of_the_input_changes_nothing(
    election: tuple[Rules, list[Contender]], random: object
) -> None:
    rules, contenders = election
    shuffled = list(contenders)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random

    assert propose(rules, shuffled) == propose(rules, contenders)


@given(elections())
def test_nobody_eligible_stands_below_a_winner_with_a_better_figure(
    election: tuple[Rules, list[Contender]],
) -> None:
    rules, contenders = election
    if rules.across is Across.QUOTA:
        return
    proposal = propose(rules, contenders)

    won = [line.contender.figure for line in proposal.winners]
    below = [line.contender.figure for line in proposal.lines if line.outcome is Outcome.BELOW]
    assert (
        not won or not below or min(f for f in won if f is not None) >= max(f for f in below if f is not None)
    )
