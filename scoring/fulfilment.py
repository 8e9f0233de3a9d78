"""How far promises were kept: per cent of each goal → the unit's rate, and what it would suggest as a score.

Pure.  The rate stands beside 双向承诺业务兑现情况 as a suggestion; nothing here ever becomes a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scoring.engine.numbers import format_points, half_up_fraction

# The sub-item beside which the rate stands, in every block that has it.
FULFILMENT_NAME = "双向承诺业务兑现情况"
RATE_PLACES = 1  # decimals of the printed rate


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """`rate` is exact, 0 to 100, over the goals that were reported; None when none was."""

    goals: int
    reported: int
    rate: Fraction | None

    @property
    def text(self) -> str:
        """The rate with one decimal, half up; empty without a report."""
        if self.rate is None:
            return ""
        return format_points(half_up_fraction(self.rate * 10**RATE_PLACES), RATE_PLACES)

    @property
    def is_whole(self) -> bool:
        """True when every goal was reported."""
        return self.reported == self.goals


def fulfilment(percents: Sequence[int | None]) -> Fulfilment:
    """The mean over the goals somebody reported on; every goal weighs the same.  Missing is never 0."""
    told = [percent for percent in percents if percent is not None]
    rate = Fraction(sum(told), len(told)) if told else None
    return Fulfilment(len(percents), len(told), rate)


def suggestion(found: Fulfilment, base: Decimal, places: int) -> Decimal | None:
    """What the rate would give of the base, in points with `places` decimals; None without a report."""
    if found.rate is None:
        return None
    exact = Fraction(base) * found.rate / 100
    return Decimal(half_up_fraction(exact * 10**places)).scaleb(-places)
