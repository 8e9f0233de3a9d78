"""Two editors of one cell at once: nobody's newer value is overwritten unseen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from office.models import AuditEntry
from scoring.actions import scores
from scoring.models import ScoreKind
from tests.cast import Cast
from tests.races import meet_in, race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_editors_at_once_the_second_sees_the_value_of_the_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cast.cell("青山乡", "决战园区")
    meet_in(monkeypatch, scores, "_points_to_store")

    def save(by: str, points: str) -> Any:
        return lambda: scores.record_score(
            by=cast.hat(by),
            cell_id=cell.pk,
            kind=ScoreKind.PRELIMINARY,
            points=Decimal(points),
            version=cell.version,
        )

    results = race(save("office1", "90"), save("office2", "95"))

    stored = cell.scores.get().points
    refused = next(one for one in results if one is not None and hasattr(one, "code"))
    assert refusals(results) == ["changed-meanwhile"]
    assert refused.values["stored"] == str(stored)
    assert AuditEntry.objects.filter(act="score.recorded").count() == 1


def test_what_the_log_says_was_there_before_is_what_was_there(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cast.cell("青山乡", "决战园区")
    meet_in(monkeypatch, scores, "_points_to_store")

    def save(points: str) -> Any:
        return lambda: scores.record_score(
            by=cast.hat("office1"), cell_id=cell.pk, kind=ScoreKind.PRELIMINARY, points=Decimal(points)
        )

    race(save("90"), save("95"))

    first, second = AuditEntry.objects.filter(act="score.recorded").order_by("number")
    after = next(text for text in ("90", "95") if f'"after": "{text}"' in first.details)
    assert f'"before": "{after}"' in second.details
