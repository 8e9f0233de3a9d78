"""What tests about promises share: a unit's goals, signed and accepted in few words.

The cast itself is in tests/cast.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from office import evidence
from scoring.actions import commitments, coverage, progress
from scoring.actions.commitments import GoalDraft
from scoring.actions.coverage import Counts
from scoring.actions.progress import GoalProgress
from scoring.models import Commitment, CoverageReturn, ProgressReport
from tests.bonuses.papers import png
from tests.cast import Cast
from units.stages import Stage

TEXTS = ("新建农村公路12公里", "信访积案化解率达到95%")


def goal(text: str = TEXTS[0], **more: Any) -> GoalDraft:
    values: dict[str, Any] = {"measure": "验收报告", "target": "12公里", "due": date(2012, 10, 31)}
    return GoalDraft(text=text, **values | more)


def write(
    cast: Cast, unit: str = "青山乡", goals: Sequence[GoalDraft] | None = None, **more: Any
) -> Commitment:
    return commitments.save_goals(
        by=cast.hat(f"official_{unit}"),
        cycle=cast.cycle,
        unit=cast.units[unit],
        goals=[goal(text) for text in TEXTS] if goals is None else goals,
        **more,
    )


def signed(cast: Cast, unit: str = "青山乡") -> Commitment:
    row = write(cast, unit)
    commitments.sign(by=cast.hat(f"principal_{unit}"), cycle=cast.cycle, unit=cast.units[unit])
    row.refresh_from_db()
    return row


def accepted(cast: Cast, unit: str = "青山乡") -> Commitment:
    """Accepted by office1, whatever the stage; the year stands at monitoring afterwards."""
    cast.at(Stage.COMMITMENT)
    signed(cast, unit)
    row = commitments.accept(by=cast.hat("office1"), cycle=cast.cycle, unit=cast.units[unit])
    cast.at(Stage.MONITORING)
    return row


def report(
    cast: Cast,
    percents: Sequence[int | None],
    *,
    unit: str = "青山乡",
    quarter: int = 1,
    words: str = "按计划推进",
    hand_in: bool = True,
    **more: Any,
) -> ProgressReport:
    goals = Commitment.objects.get(cycle=cast.cycle, unit=cast.units[unit]).goals.order_by("order")
    return progress.save_report(
        by=cast.hat(f"official_{unit}"),
        cycle=cast.cycle,
        unit=cast.units[unit],
        quarter=quarter,
        lines={one.pk: GoalProgress(percent, words) for one, percent in zip(goals, percents, strict=True)},
        hand_in=hand_in,
        **more,
    )


def upload(name: str = "名册.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(name) if content is None else content)


def received(cast: Cast, unit: str = "青山乡", name: str = "名册.png") -> evidence.Received:
    return evidence.receive(
        upload(name), cast.people[f"official_{unit}"], evidence.account_of("2012", cast.units[unit].pk)
    )


def filed(cast: Cast, unit: str = "青山乡", figures: Counts | None = None, **more: Any) -> CoverageReturn:
    counts = figures or Counts(10, 9, 4)
    values: dict[str, Any] = {"received": received(cast, unit)}
    return coverage.file_return(
        by=cast.hat(f"official_{unit}"),
        cycle=cast.cycle,
        unit=cast.units[unit],
        counts=dict.fromkeys(("villages", "sections", "persons"), counts),
        **values | more,
    )
