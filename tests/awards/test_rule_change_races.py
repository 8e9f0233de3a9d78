"""An amendment signed twice at once, and a score saved while its rule is amended."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from awards.actions import rule_changes, rule_effects
from awards.models import RuleChange
from awards.rule_drafts import Draft
from office.models import AuditEntry
from scoring.actions import scores
from scoring.models import Score, ScoreKind, SubItem
from scoring.trial_steps import BaseStep
from tests.cast import Cast
from tests.races import PATIENCE, meet_in, race, refusals
from units.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.ONSITE_REVIEW)


@pytest.fixture
def row(year: Cast) -> RuleChange:
    """安全 600 → 500, signed by the first."""
    step = BaseStep(year.subs["乡镇口", "安全"].pk, Decimal(500))
    draft = Draft(kind="amendment", steps=[step], reason="附表有误", on=date(2012, 11, 1))
    return rule_changes.propose(by=year.hat("leader1"), cycle=year.cycle, draft=draft)


def sign(year: Cast, row: RuleChange) -> Any:
    return lambda: rule_changes.confirm(by=year.hat("leader2"), cycle=year.cycle, change_id=row.pk)


def test_signed_second_twice_at_once_it_comes_into_force_once(
    year: Cast, row: RuleChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_in(monkeypatch, rule_changes, "require_steps")

    results = race(sign(year, row), sign(year, row))

    assert refusals(results) == ["not-open"]
    assert AuditEntry.objects.filter(act="amendment.decided").count() == 1


def test_no_score_above_the_amended_base_slips_in_meanwhile(
    year: Cast, row: RuleChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle, saved = threading.Event(), threading.Event()
    real = rule_effects.recount_scores

    def recount(*args: Any, **kwargs: Any) -> Any:
        in_the_middle.set()
        saved.wait(timeout=PATIENCE)
        return real(*args, **kwargs)

    monkeypatch.setattr(rule_effects, "recount_scores", recount)

    def score() -> Any:
        in_the_middle.wait(timeout=10)
        try:
            return scores.record_score(
                by=year.hat("office1"),
                cell_id=year.cell("青山乡", "安全").pk,
                kind=ScoreKind.ONSITE,
                points=Decimal(560),
            )
        finally:
            saved.set()

    _signed, scored = race(sign(year, row), score)

    assert refusals([scored]) == ["above-base"]
    assert SubItem.objects.get(name="安全").base_points == 500
    assert not Score.objects.exists()
