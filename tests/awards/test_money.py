"""Money to the fen: shares, divisions, the heads' limit, what a new list pays and takes back.  No database."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.money import (
    Fault,
    Finding,
    Heads,
    Settlement,
    Share,
    budget_fen,
    faults_of,
    format_yuan,
    is_above_limit,
    parse_yuan,
    percent,
    settle,
    share_fen,
)


@pytest.mark.parametrize(
    ("total", "among", "parts"),
    [
        (1_200_000, 2, [600_000, 600_000]),
        (100, 3, [34, 33, 33]),  # 1.00 元 among three: the odd fen to the first
        (0, 2, [0, 0]),
    ],
)
def test_a_sum_is_shared_to_the_fen(total: int, among: int, parts: list[int]) -> None:
    assert share_fen(total, among) == parts


@given(st.integers(0, 10**12), st.integers(1, 60))
def test_shares_sum_to_the_fen_and_differ_by_one_at_most(total: int, among: int) -> None:
    parts = share_fen(total, among)

    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


def test_the_budget_of_2012_is_528_000_yuan() -> None:
    comprehensive = [(1, 5_000_000), (1, 4_000_000), (1, 3_000_000), (3, 3_000_000), (5, 3_000_000)]
    single = [(1, 700_000), (1, 500_000), (1, 300_000)] * 10
    individual = [(4, 200_000), (4, 150_000), (4, 100_000)]

    # 360 000 + 150 000 + 18 000
    assert budget_fen(comprehensive) == 36_000_000
    assert budget_fen(comprehensive + single + individual) == 52_800_000


PRIZE = 1_000_000


def heads(*amounts: int) -> list[Share]:
    """Heads with these amounts, the rest to the staff."""
    return [
        *(Share(f"负责人{n}", amount, is_head=True) for n, amount in enumerate(amounts)),
        Share("其他人员", PRIZE - sum(amounts)),
    ]


@pytest.mark.parametrize(
    ("shares", "reading", "above"),
    [
        (heads(200_000, 200_000), Heads.BOTH, False),  # exactly 40 %
        (heads(200_000, 200_001), Heads.BOTH, True),  # one fen more
        (heads(200_000, 200_001), Heads.EACH, False),  # each below 40 %
        (heads(400_001), Heads.EACH, True),
        (heads(), Heads.BOTH, False),
    ],
)
def test_the_heads_are_held_against_forty_percent(shares: list[Share], reading: Heads, above: bool) -> None:
    assert is_above_limit(PRIZE, shares, reading) is above


@pytest.mark.parametrize(
    ("shares", "reason", "faults"),
    [
        (heads(200_000), "", []),
        ([], "", [Finding(Fault.NOBODY)]),
        ([Share("甲", PRIZE - 1)], "", [Finding(Fault.TOO_LITTLE, amount_fen=1)]),
        ([Share("甲", PRIZE + 1)], "", [Finding(Fault.TOO_MUCH, amount_fen=1)]),
        ([Share("甲", PRIZE), Share("乙", 0)], "", [Finding(Fault.NOT_POSITIVE, "乙", 0)]),
        ([Share("甲", PRIZE // 2), Share("甲", PRIZE // 2)], "", [Finding(Fault.TWICE, "甲")]),
        (heads(500_000), "", [Finding(Fault.NO_REASON)]),
        (heads(500_000), "主要负责人牵头攻坚", []),
        (heads(100_000, 100_000, 100_000), "", [Finding(Fault.TOO_MANY_HEADS)]),
    ],
)
def test_a_division_is_whole_or_says_what_is_wrong(
    shares: list[Share], reason: str, faults: list[Finding]
) -> None:
    assert faults_of(PRIZE, shares, reason=reason) == faults


def test_a_new_list_says_what_is_paid_again_and_taken_back() -> None:
    before = {
        ("综合奖", "青山乡"): 5_000_000,
        ("综合奖", "白水乡"): 4_000_000,
        ("综合奖", "东河镇"): 3_000_000,
    }
    after = {
        ("综合奖", "白水乡"): 5_000_000,
        ("综合奖", "东河镇"): 4_000_000,
        ("综合奖", "西岭镇"): 3_000_000,
    }

    lines = settle(before, after)

    assert lines == [
        Settlement("青山乡", "综合奖", 5_000_000, 0),
        Settlement("白水乡", "综合奖", 4_000_000, 5_000_000),
        Settlement("东河镇", "综合奖", 3_000_000, 4_000_000),
        Settlement("西岭镇", "综合奖", 0, 3_000_000),
    ]
    assert [(line.pay_fen, line.take_back_fen) for line in lines][:2] == [(0, 5_000_000), (1_000_000, 0)]


sums = st.dictionaries(st.tuples(st.sampled_from("甲乙"), st.sampled_from("子丑寅")), st.integers(0, 10**7))


@given(sums, sums)
def test_a_settlement_explains_the_whole_difference(
    before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]
) -> None:
    lines = settle(before, after)

    moved = sum(line.pay_fen for line in lines) - sum(line.take_back_fen for line in lines)
    assert moved == sum(after.values()) - sum(before.values())


@pytest.mark.parametrize(
    ("text", "fen"), [("1200", 120_000), ("1200.5", 120_050), ("0.01", 1), ("5 000元", 500_000)]
)
def test_yuan_are_read_exactly(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "1.005", "1,000", "一百", "1e3", "１２"])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_yuan(text)


def test_yuan_are_printed_with_two_decimals() -> None:
    assert [format_yuan(5_000_000), format_yuan(1), format_yuan(-150)] == [
        "50\N{NO-BREAK SPACE}000.00",
        "0.01",
        "-1.50",
    ]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(2, 3), "66.7"),
        (Fraction(1, 2), "50.0"),
        (Fraction(1, 2000), "0.1"),  # 0.05 per cent: the half goes up
    ],
)
def test_a_share_is_shown_in_per_cent_half_up(share: Fraction, shown: str) -> None:
    assert percent(share) == shown
