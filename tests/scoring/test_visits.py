"""On-site review: what a visit may look at, that two sign, that a changed score has its reason, what counts then.

The pages are tested in tests/pages/test_visits.py.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from office.models import AuditEntry
from office.refusal import Refused
from scoring import queries, visit_queries
from scoring.actions import scores, visits
from scoring.models import Cell, Involvement, Look, Score, ScoreKind, SubItem, Visit, VisitLine, VisitState
from tests.cast import Cast
from tests.scoring.visits import found, planned, ready, signed, written
from units.actions import setup
from units.models import Team
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(cast: Cast) -> Cast:
    return ready(cast)


def onsite(cast: Cast) -> dict[str, Decimal]:
    """Sub-item → on-site score of 青山乡."""
    rows = Score.objects.filter(kind=ScoreKind.ONSITE, cell__membership__unit__name="青山乡")
    return dict(rows.values_list("cell__sub_item__name", "points"))


def test_points_count_from_the_second_signature_on(site: Cast) -> None:
    site.score("青山乡", "信访", "390")
    visit = written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588.5"))

    signed(site, visit, "reviewer1")
    after_one = onsite(site)
    done = signed(site, visit, "reviewer2")

    assert after_one == {}
    assert done.state == VisitState.SIGNED
    assert onsite(site) == {"信访": Decimal("390"), "安全": Decimal("588.5")}
    score, source = queries.numbers_of(site.blocks["乡镇口"]).counted(
        site.cell("青山乡", "安全").membership_id, site.subs["乡镇口", "安全"].pk
    )
    assert (score, source) == (58850, "onsite")


def test_every_score_of_a_signed_visit_stands_in_its_cells_history(site: Cast) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588.5"))

    signed(site, visit)

    entry = AuditEntry.objects.get(act="score.recorded")
    assert (entry.object_id, entry.user_id_text) == (str(site.cell("青山乡", "安全").pk), "reviewer2")


def test_one_person_does_not_sign_twice(site: Cast) -> None:
    visit = written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588"))
    signed(site, visit, "reviewer1")

    with pytest.raises(Refused) as refused:
        signed(site, visit, "reviewer1")

    assert (refused.value.code, onsite(site)) == ("same-person", {})


@pytest.mark.parametrize("who", ["office1", "leader1", "lead_市信访局", "official_青山乡"])
def test_nobody_outside_the_team_signs(site: Cast, who: str) -> None:
    visit = written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588"))

    with pytest.raises(Refused) as refused:
        signed(site, visit, who)

    assert refused.value.status == 403


def test_a_reviewer_with_a_tie_neither_writes_nor_signs(site: Cast) -> None:
    visit = planned(site, "安全")
    setup.declare_conflict(
        by=site.hat("reviewer2"), cycle=site.cycle, unit=site.units["青山乡"], reason="近亲属在该乡"
    )

    with pytest.raises(Refused) as writing:
        written(site, visit, found(site, "安全", "588"), by="reviewer2")
    with pytest.raises(Refused) as signing:
        signed(site, visit, "reviewer2")

    assert (writing.value.code, signing.value.code) == ("own-unit", "own-unit")


def test_a_changed_score_needs_a_reason(site: Cast) -> None:
    site.score("青山乡", "信访", "390")
    visit = planned(site, "信访")

    with pytest.raises(Refused) as refused:
        written(site, visit, found(site, "信访", "385"))
    written(site, visit, found(site, "信访", "385", reason="两件信访未按期办结"))

    assert "390" in refused.value.sentence
    assert "385" in refused.value.sentence
    assert VisitLine.objects.get().points == Decimal("385")


def test_the_leads_score_is_what_changes_where_no_preliminary_one_stands(site: Cast) -> None:
    site.score("青山乡", "信访", "380", ScoreKind.LEAD)
    visit = planned(site, "信访")

    with pytest.raises(Refused):
        written(site, visit, found(site, "信访", "385"))
    written(site, visit, found(site, "信访", "380"))


def test_a_cell_that_demands_a_visit_stays_missing_without_one(site: Cast) -> None:
    site.score("青山乡", "安全", "590")  # preliminary: does not count here
    visit = written(site, planned(site, "安全"), found(site, "安全", None, "负责人外出，未能查看"))

    signed(site, visit)

    score, _source = queries.numbers_of(site.blocks["乡镇口"]).counted(
        site.cell("青山乡", "安全").membership_id, site.subs["乡镇口", "安全"].pk
    )
    assert (score, onsite(site)) == (None, {})


def test_a_change_takes_the_first_signature_away(site: Cast) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588"))
    signed(site, visit, "reviewer1")

    changed = written(site, visit, found(site, "安全", "570"), by="reviewer2")

    assert (changed.state, changed.first_by) == (VisitState.PLANNED, None)


def test_a_signature_is_given_to_what_was_read(site: Cast) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588"))
    read = visit.version
    written(site, visit, found(site, "安全", "570"), by="reviewer2")

    with pytest.raises(Refused) as refused:
        visits.sign_visit(by=site.hat("reviewer1"), cycle=site.cycle, visit_id=visit.pk, version=read)

    assert refused.value.code == "changed-meanwhile"


@pytest.mark.parametrize(
    ("points", "code"),
    [("600.5", "600.5"), ("-1", "-1"), ("588.555", "588.555")],
)
def test_points_out_of_range_or_with_too_many_decimals_are_refused_by_their_line(
    site: Cast, points: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        written(site, planned(site, "安全"), found(site, "安全", points))

    problems = refused.value.values["problems"]
    assert list(problems) == [site.cell("青山乡", "安全").pk]
    assert code in problems[site.cell("青山乡", "安全").pk]
    assert VisitLine.objects.get().points is None


def test_an_empty_line_is_not_signed(site: Cast) -> None:
    visit = written(site, planned(site), found(site, "安全", "588"))

    with pytest.raises(Refused) as refused:
        signed(site, visit, "reviewer1")

    assert refused.value.code == "lines-empty"
    assert "信访" in refused.value.sentence


def test_nobody_signs_before_the_day(site: Cast) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588"))
    visit.on = timezone.localdate() + timedelta(days=1)
    visit.save()

    with pytest.raises(Refused) as refused:
        signed(site, visit, "reviewer1")

    assert refused.value.code == "not-yet-visited"


def test_a_cell_is_in_one_open_visit_at_a_time(site: Cast) -> None:
    planned(site, "安全")

    with pytest.raises(Refused) as refused:
        planned(site)

    assert refused.value.code == "visit-planned"


@pytest.mark.parametrize("why", ["paper", "not-involved"])
def test_a_visit_does_not_look_at_what_it_cannot_score(site: Cast, why: str) -> None:
    if why == "paper":
        SubItem.objects.filter(pk=site.subs["乡镇口", "信访"].pk).update(look=Look.PAPER)
    else:
        Cell.objects.filter(pk=site.cell("青山乡", "信访").pk).update(involvement=Involvement.CONFIRMED)

    with pytest.raises(Refused) as refused:
        planned(site, "信访")

    assert refused.value.status == 422


def test_a_team_visits_its_own_units_only(site: Cast) -> None:
    with pytest.raises(Refused) as refused:
        planned(site, "安全", unit="白水乡")

    assert refused.value.code == "not-the-teams"


def test_a_visit_needs_two_who_may_sign(site: Cast) -> None:
    Team.objects.get().people.set([site.people["reviewer1"]])

    with pytest.raises(Refused) as refused:
        planned(site, "安全")

    assert refused.value.code == "few-reviewers"


@pytest.mark.parametrize("who", ["reviewer1", "leader1", "official_青山乡", "lead_市信访局"])
def test_only_the_office_plans(site: Cast, who: str) -> None:
    with pytest.raises(Refused) as refused:
        visits.plan_visit(
            by=site.hat(who),
            cycle=site.cycle,
            team=Team.objects.get(),
            unit_id=site.units["青山乡"].pk,
            on=timezone.localdate(),
            cell_ids=[site.cell("青山乡", "安全").pk],
        )

    assert refused.value.status == 403


def test_before_the_on_site_review_a_visit_is_planned_but_not_written(site: Cast) -> None:
    site.at(Stage.PRELIMINARY_REVIEW)
    visit = planned(site, "安全")

    with pytest.raises(Refused) as refused:
        written(site, visit, found(site, "安全", "588"))

    assert refused.value.code == "stage-closed"


def planned_for_all(site: Cast, *, with_both: bool) -> list[Visit]:
    return visits.plan_for_team(
        by=site.hat("office1"),
        cycle=site.cycle,
        team=Team.objects.get(),
        since=timezone.localdate(),
        per_day=1,
        with_both=with_both,
    )


def test_a_team_is_planned_at_once_and_an_open_visit_is_not_doubled(site: Cast) -> None:
    made = planned_for_all(site, with_both=False)
    again = planned_for_all(site, with_both=False)

    # Only 安全 of the townships demands a visit; 市信访局 has nothing of the kind.
    assert [str(visit.unit) for visit in made] == ["青山乡"]
    assert again == []


def test_units_of_a_team_are_spread_over_working_days(site: Cast) -> None:
    made = planned_for_all(site, with_both=True)

    days = [visit.on for visit in made]
    assert [str(visit.unit) for visit in made] == ["青山乡", "市信访局"]
    assert days == visit_queries.working_days(timezone.localdate(), 2)
    assert all(day.weekday() < 5 for day in days)


def test_a_cancelled_visit_frees_its_cells_and_keeps_its_reason(site: Cast) -> None:
    visit = planned(site, "安全")

    with pytest.raises(Refused) as refused:
        visits.cancel_visit(by=site.hat("office1"), cycle=site.cycle, visit_id=visit.pk, reason=" ")
    visits.cancel_visit(by=site.hat("office1"), cycle=site.cycle, visit_id=visit.pk, reason="大雪封路")
    planned(site, "安全")

    assert refused.value.code == "no-reason"


def test_a_signed_visit_is_opened_again_with_a_reason_and_its_scores_stay(site: Cast) -> None:
    visit = signed(site, written(site, planned(site, "安全"), found(site, "安全", "588")))

    with pytest.raises(Refused):
        written(site, visit, found(site, "安全", "500", reason="补查"))
    visits.reopen_visit(by=site.hat("office1"), cycle=site.cycle, visit_id=visit.pk, reason="漏看一处")
    kept = onsite(site)
    written(site, visit, found(site, "安全", "580"))
    signed(site, visit)

    assert kept == {"安全": Decimal("588")}
    assert onsite(site) == {"安全": Decimal("580")}


def test_the_first_signer_may_take_the_signature_back(site: Cast) -> None:
    visit = written(site, planned(site, "安全"), found(site, "安全", "588"))
    visit = signed(site, visit, "reviewer1")

    with pytest.raises(Refused):
        visits.withdraw_signature(
            by=site.hat("reviewer2"), cycle=site.cycle, visit_id=visit.pk, version=visit.version
        )
    back = visits.withdraw_signature(
        by=site.hat("reviewer1"), cycle=site.cycle, visit_id=visit.pk, version=visit.version
    )

    assert back.state == VisitState.PLANNED


def test_a_visit_whose_second_signature_fails_changes_no_score(site: Cast) -> None:
    site.score("青山乡", "信访", "390")
    visit = written(site, planned(site), found(site, "信访", "390"), found(site, "安全", "588"))
    visit = signed(site, visit, "reviewer1")
    SubItem.objects.filter(pk=site.subs["乡镇口", "安全"].pk).update(base_points=500)

    with pytest.raises(Refused):
        signed(site, visit, "reviewer2")

    visit.refresh_from_db()
    assert (visit.state, onsite(site)) == (VisitState.SIGNED_ONCE, {})


def test_a_visit_that_two_have_not_signed_holds_the_hearing_up(site: Cast) -> None:
    before = visit_queries.visit_lacks(site.cycle)

    planned(site, "安全")

    (lack,) = visit_queries.visit_lacks(site.cycle)
    assert (before, lack.code) == ([], "visits-unsigned")
    assert lack.names == (f"青山乡 {timezone.localdate():%Y-%m-%d}",)
    assert visit_queries.visit_lacks(site.cycle, [site.blocks["招商引资"].pk]) == []


def test_a_cell_that_demands_a_visit_waits_until_one_is_planned(site: Cast) -> None:
    before = visit_queries.unvisited(site.cycle).count()

    planned(site, "安全")

    assert (before, visit_queries.unvisited(site.cycle).count()) == (3, 2)


def test_a_signed_visit_keeps_the_scores_of_other_kinds(site: Cast) -> None:
    site.score("青山乡", "信访", "390")
    signed(site, written(site, planned(site, "信访"), found(site, "信访", "390")))

    scores.clear_score(
        by=site.hat("office1"),
        cell_id=site.cell("青山乡", "信访").pk,
        kind=ScoreKind.ONSITE,
        reason="误录",
    )

    kinds = Score.objects.filter(cell=site.cell("青山乡", "信访")).values_list("kind", flat=True)
    assert list(kinds) == [ScoreKind.PRELIMINARY]
