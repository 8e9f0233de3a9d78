"""Distortion: every kind of finding on figures worked by hand, at its limit and just below it.

What the page shows to whom is tested in tests/pages/test_distortion.py.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.distortion import (
    Cell,
    Claim,
    Kind,
    Limits,
    Series,
    SubItem,
    claims_above,
    flat_full_marks,
    flat_leads,
    late_jumps,
    self_above,
    two_decimals,
    weights,
    worst_first,
)

D = Decimal
LIMITS = Limits()


def cell(
    key: int = 1,
    own: str | None = None,
    ledger: str | None = None,
    lead: str | None = None,
    base: str = "200",
) -> Cell:
    def points(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    return Cell(key, 7, 3, 1, D(base), points(own), points(ledger), points(lead))


@pytest.mark.parametrize(
    ("own", "ledger", "lead", "kinds"),
    [
        ("195", "175", None, [Kind.SELF_ABOVE_LEDGER]),  # 20 of 200 is 10 %
        ("195", "175.01", None, []),  # 19.99 is below 10 %
        ("195", None, "170", [Kind.SELF_ABOVE_LEAD]),  # 25 of 200
        ("195", "170", "170", [Kind.SELF_ABOVE_LEDGER, Kind.SELF_ABOVE_LEAD]),
        ("170", "195", "195", []),  # modest is no distortion
        (None, "100", "100", []),  # nothing was claimed
        ("0", None, None, []),  # missing is not 0
    ],
)
def test_a_self_assessment_far_above_ledger_or_lead_is_found(
    own: str | None, ledger: str | None, lead: str | None, kinds: list[Kind]
) -> None:
    found = self_above([cell(own=own, ledger=ledger, lead=lead)], LIMITS)

    assert [one.kind for one in found] == kinds


def test_a_gap_carries_its_figures_and_weighs_by_its_base() -> None:
    (one,) = self_above([cell(key=42, own="195", lead="165")], LIMITS)

    # 30 of 200 = 150 per mille
    assert one.severity == 150
    assert one.facts == {"own": "195", "other": "165", "gap": "30", "base": "200"}
    assert (one.key, one.cell, one.unit) == ("self-above-lead:42", 42, 7)


def test_the_office_may_set_another_limit() -> None:
    strict, mild = Limits(above_lead=1), Limits(above_lead=50)
    cells = [cell(own="195", lead="190")]

    assert len(self_above(cells, strict)) == 1
    assert self_above(cells, mild) == []


@pytest.mark.parametrize(
    ("claimed", "reported", "severity"),
    [
        ("105", "100", 50),  # 5 % above the return
        ("104.9", "100", None),
        ("95", "100", None),
        ("12", "0", 1000),  # claimed what nobody counted
    ],
)
def test_a_claim_above_the_statistical_return_is_found(
    claimed: str, reported: str, severity: int | None
) -> None:
    found = claims_above([Claim(7, "税收", "万元", D(claimed), D(reported), "自评", "市财政局")], LIMITS)

    assert [one.severity for one in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        (("10", "10", "10", "20"), 2000),  # twice the mean of the three before
        (("10", "10", "10", "19.9"), None),
        (("0", "0", "0", "5"), 9999),  # nothing all year, then something
        (("10", "40"), None),  # two periods are no series
        (("10", "10", "10", "0"), None),
        ((), None),
    ],
)
def test_a_jump_in_the_last_period_is_found(values: tuple[str, ...], severity: int | None) -> None:
    found = late_jumps([Series(7, "招商", "万元", tuple(D(v) for v in values))], LIMITS)

    assert [one.severity for one in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("full", "of", "is_found"), [(9, 10, True), (8, 10, False), (4, 4, False), (5, 5, True)]
)
def test_full_marks_almost_everywhere_are_found(full: int, of: int, is_found: bool) -> None:
    cells = [cell(key=n, own="200" if n < full else "150") for n in range(of)]

    found = flat_full_marks(cells, LIMITS)

    assert [one.facts for one in found] == ([{"full": str(full), "scored": str(of)}] if is_found else [])


def sub(key: int, scores: list[str], base: str = "100", weight: str = "50") -> SubItem:
    """A sub-item of half its item: item base 200, item weight 50."""
    return SubItem(key, 1, 9, D(base), D(weight), D("200"), {n: D(v) for n, v in enumerate(scores)})


def test_nominal_weight_is_the_items_shared_by_base_and_effective_weight_by_what_the_scores_part() -> None:
    first, second = weights(
        [
            sub(1, ["90", "94", "98", "100"]),  # mean 95.5; away 5.5 1.5 2.5 4.5, mean 3.5
            sub(2, ["95", "95", "96", "96"]),  # mean 95.5; away 0.5 each
        ]
    )

    # 50 × 100 ÷ 200 = 25 each, 50 together; 3.5 : 0.5 = 7 : 1
    assert (first.nominal, second.nominal) == (25, 25)
    assert (first.effective, second.effective) == (Fraction(175, 4), Fraction(25, 4))
    # between best and worst: 50 × 10 ÷ 200 and 50 × 1 ÷ 200
    assert (first.decides, second.decides) == (Fraction(5, 2), Fraction(1, 4))
    assert (two_decimals(first.effective), two_decimals(second.effective)) == ("43.75", "6.25")


def test_effective_weights_of_a_block_sum_to_its_nominal_ones() -> None:
    made = weights([sub(1, ["90", "94", "98"]), sub(2, ["70", "80", "99"]), sub(3, ["5", "5", "6"])])

    assert sum(one.effective for one in made) == sum(one.nominal for one in made) == 75


def test_a_lead_that_scores_everybody_alike_decides_nothing() -> None:
    made = weights([sub(1, ["96", "96", "96", "96"]), sub(2, ["80", "90", "95", "99"])])

    (one,) = flat_leads(made, LIMITS)

    assert (one.sub_item, one.severity) == (1, 1000)
    assert one.facts["nominal"] == "25.00"
    assert one.facts["effective"] == "0.00"


@pytest.mark.parametrize(
    ("scores", "is_found"),
    [
        (["95", "95", "96", "96"], True),  # 1 of 100 is 1 %
        (["95", "95", "96", "96.01"], False),
        (["96", "96", "96"], False),  # three alike say nothing
    ],
)
def test_a_range_within_the_limit_is_flat(scores: list[str], is_found: bool) -> None:
    assert bool(flat_leads(weights([sub(1, scores)]), LIMITS)) == is_found


def test_the_worst_comes_first_and_the_order_repeats() -> None:
    found = self_above(
        [cell(key=n, own="195", lead=lead) for n, lead in enumerate(("165", "100", "165"))], LIMITS
    )

    assert [one.cell for one in worst_first(found)] == [1, 0, 2]
    assert worst_first(reversed(found)) == worst_first(found)


def test_a_finding_whose_figures_move_is_another_one() -> None:
    (before,) = self_above([cell(own="195", lead="165")], LIMITS)
    (after,) = self_above([cell(own="195", lead="164")], LIMITS)

    assert (before.key == after.key, before.seal == after.seal) == (True, False)
