"""What is put forward when rules are amended or missing cells decided: its kind, its steps, its words.

Pure: whether it may stand is checked in awards.amendment_checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from awards.models import RuleChange
from scoring.trial_steps import (
    BaseStep,
    FloorStep,
    IndicatorStep,
    LookStep,
    MissingStep,
    PoolStep,
    PrizeStep,
    Step,
    SuspendStep,
    TariffStep,
    WeightStep,
    WordsStep,
)

AMENDMENT, MISSING = RuleChange.Kind.AMENDMENT, RuleChange.Kind.MISSING
STEPS_OF_KIND: dict[str, tuple[type, ...]] = {
    AMENDMENT: (
        WeightStep,
        BaseStep,
        FloorStep,
        IndicatorStep,
        WordsStep,
        SuspendStep,
        LookStep,
        TariffStep,
        PoolStep,
        PrizeStep,
    ),
    MISSING: (MissingStep, SuspendStep),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is put forward; an amendment of words alone has no step."""

    kind: str
    steps: Sequence[Step] = ()
    reason: str
    wording: str = ""
    clause: str = ""
    on: date | None = None
