"""Misconduct of an appraiser: two persons, every score listed, re-checked by others, every refusal (§8(4))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from awards.readiness import approval_lacks
from office.refusal import Refused
from scoring.actions import appraisers, scores
from scoring.appraiser_queries import recheck_lacks, rechecks_of
from scoring.models import AppraiserFinding, Score, ScoreKind, ScoreRecheck
from tests.cast import Cast
from units.models import Conflict
from units.stages import Stage

DAY = date(2012, 11, 20)


@pytest.fixture
def scored(cast: Cast) -> Cast:
    return give_scores(cast)


def give_scores(cast: Cast) -> Cast:
    """The lead gave three scores, the office one self score from paper and one lead score of its own."""
    for unit, points in (("青山乡", "300"), ("白水乡", "310"), ("东河镇", "320")):
        scores.record_score(
            by=cast.hat("lead_市信访局"),
            cell_id=cast.cell(unit, "信访").pk,
            kind=ScoreKind.LEAD,
            points=Decimal(points),
        )
    cast.score("青山乡", "决战园区", "90", ScoreKind.SELF)
    cast.score("青山乡", "决战园区", "88", ScoreKind.LEAD)
    return cast


def put(cast: Cast, person: str = "lead_市信访局", by: str = "office1") -> AppraiserFinding:
    return appraisers.propose(
        by=cast.hat(by), cycle=cast.cycle, person=cast.people[person], what="收受礼金，虚打高分", on=DAY
    )


def confirmed(cast: Cast) -> AppraiserFinding:
    return appraisers.confirm(by=cast.hat("leader1"), cycle=cast.cycle, finding_id=put(cast).pk)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


@pytest.mark.django_db
def test_confirmed_every_score_the_person_gave_is_listed_and_none_of_others(scored: Cast) -> None:
    waiting = put(scored)
    before = ScoreRecheck.objects.count()

    row = appraisers.confirm(by=scored.hat("leader1"), cycle=scored.cycle, finding_id=waiting.pk)

    listed = [(str(r.cell), r.kind, r.points) for r in ScoreRecheck.objects.filter(finding=row)]
    assert before == 0
    assert listed == [
        ("青山乡 · 信访", "lead", 300),
        ("白水乡 · 信访", "lead", 310),
        ("东河镇 · 信访", "lead", 320),
    ]


@pytest.mark.django_db
def test_no_score_changes_by_itself(scored: Cast) -> None:
    before = list(Score.objects.order_by("pk").values())

    confirmed(scored)

    assert list(Score.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_self_scores_a_person_typed_are_the_units_not_the_persons(scored: Cast) -> None:
    row = appraisers.confirm(
        by=scored.hat("leader1"), cycle=scored.cycle, finding_id=put(scored, "office1", by="office2").pk
    )

    assert [r.kind for r in ScoreRecheck.objects.filter(finding=row)] == ["lead"]


@pytest.mark.django_db
def test_scores_are_looked_at_again_one_by_one_and_a_correction_shows(scored: Cast) -> None:
    row = confirmed(scored)
    first, second, third = ScoreRecheck.objects.filter(finding=row)
    scored.score("青山乡", "信访", "250", ScoreKind.LEAD)

    appraisers.check(
        by=scored.hat("office1"),
        cycle=scored.cycle,
        finding_id=row.pk,
        rechecks=[first.pk, second.pk],
        note="青山乡更正为250，白水乡维持",
    )

    found = rechecks_of(row)
    assert [(one.row.checked_by is not None, one.now, one.changed) for one in found] == [
        (True, 250, True),
        (True, 310, False),
        (False, 320, False),
    ]
    assert third.checked_at is None


@pytest.mark.django_db
def test_what_waits_stands_before_the_approval(scored: Cast) -> None:
    row = confirmed(scored)
    codes = [lack.code for lack in approval_lacks(scored.cycle)]
    everything = list(ScoreRecheck.objects.filter(finding=row).values_list("pk", flat=True))

    appraisers.check(
        by=scored.hat("office2"), cycle=scored.cycle, finding_id=row.pk, rechecks=everything, note="均维持"
    )

    assert "recheck" in codes
    assert recheck_lacks(scored.cycle) == []


@pytest.mark.django_db
def test_lifted_nothing_waits_any_more(scored: Cast) -> None:
    row = confirmed(scored)

    own = refused(
        lambda: appraisers.lift(by=scored.hat("leader1"), cycle=scored.cycle, finding_id=row.pk, reason="误")
    )
    appraisers.lift(by=scored.hat("leader2"), cycle=scored.cycle, finding_id=row.pk, reason="查无实据")

    assert own == "same-person"
    assert recheck_lacks(scored.cycle) == []


@pytest.mark.django_db
def test_one_enters_and_another_of_the_leading_group_confirms(scored: Cast) -> None:
    by_leader = put(scored, by="leader1")

    def confirm(person: str) -> AppraiserFinding:
        return appraisers.confirm(by=scored.hat(person), cycle=scored.cycle, finding_id=by_leader.pk)

    assert refused(lambda: confirm("leader1")) == "same-person"
    assert refused(lambda: confirm("office1")) == "not-permitted"
    assert confirm("leader2").decided_by == scored.people["leader2"]


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["mayor", "reviewer1", "lead_市信访局", "principal_青山乡", "auditor"])
def test_nobody_else_records_misconduct(scored: Cast, person: str) -> None:
    assert refused(lambda: put(scored, "office1", by=person)) in {"not-permitted", "about-oneself"}


@pytest.mark.django_db
def test_nobody_acts_about_himself(scored: Cast) -> None:
    assert refused(lambda: put(scored, "office1", by="office1")) == "about-oneself"
    row = appraisers.confirm(
        by=scored.hat("leader1"), cycle=scored.cycle, finding_id=put(scored, "office1", by="office2").pk
    )

    def check() -> object:
        chosen = list(ScoreRecheck.objects.filter(finding=row).values_list("pk", flat=True))
        return appraisers.check(
            by=scored.hat("office1"), cycle=scored.cycle, finding_id=row.pk, rechecks=chosen, note="维持"
        )

    assert refused(check) == "about-oneself"


@pytest.mark.django_db
def test_nobody_re_checks_scores_of_the_own_unit(scored: Cast) -> None:
    row = confirmed(scored)
    Conflict.objects.create(
        user=scored.people["office2"], unit=scored.units["青山乡"], cycle=scored.cycle, reason="亲属"
    )
    first = ScoreRecheck.objects.filter(finding=row)[0]

    def check() -> object:
        return appraisers.check(
            by=scored.hat("office2"), cycle=scored.cycle, finding_id=row.pk, rechecks=[first.pk], note="维持"
        )

    assert refused(check) == "own-unit"


@pytest.mark.django_db
def test_a_finding_needs_words_a_day_and_somebody_who_scored_and_stands_once(scored: Cast) -> None:
    def enter(person: str = "lead_市信访局", what: str = "虚打高分", on: date | None = DAY) -> object:
        return appraisers.propose(
            by=scored.hat("office1"), cycle=scored.cycle, person=scored.people[person], what=what, on=on
        )

    assert refused(lambda: enter(what=" ")) == "incomplete"
    assert refused(lambda: enter(on=None)) == "incomplete"
    assert refused(lambda: enter(person="reviewer1")) == "no-scores"
    enter()
    assert refused(enter) == "already-found"


@pytest.mark.django_db
def test_checking_needs_a_note_and_scores_that_wait(scored: Cast) -> None:
    row = confirmed(scored)
    first = ScoreRecheck.objects.filter(finding=row)[0]

    def check(note: str = "维持", chosen: tuple[int, ...] = (first.pk,)) -> object:
        return appraisers.check(
            by=scored.hat("office1"), cycle=scored.cycle, finding_id=row.pk, rechecks=chosen, note=note
        )

    assert refused(lambda: check(note=" ")) == "no-reason"
    assert refused(lambda: check(chosen=())) == "already-checked"
    check()
    assert refused(check) == "already-checked"


@pytest.mark.django_db
def test_before_monitoring_nothing_is_recorded(scored: Cast) -> None:
    scored.at(Stage.COMMITMENT)

    assert refused(lambda: put(scored)) == "stage-closed"
