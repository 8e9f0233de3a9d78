"""Quarterly progress, the rate that stands beside the score, and the return of coverage (§8(1), §8(2))."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from office.refusal import Refused
from scoring import commitment_queries as queries
from scoring.actions import commitments, progress
from scoring.actions.coverage import Counts
from scoring.fulfilment import Fulfilment, fulfilment, suggestion
from scoring.models import CoverageReturn, ProgressReport, Score
from tests.cast import Cast
from tests.scoring.promises import accepted, filed, report, signed
from units.stages import Stage


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.COMMITMENT)


@pytest.mark.parametrize(
    ("percents", "rate", "text"),
    [
        ([], None, ""),
        ([None, None], None, ""),
        ([0], Fraction(0), "0.0"),
        ([100, 100, 50], Fraction(250, 3), "83.3"),  # 83.333…
        ([100, None], Fraction(100), "100.0"),  # a goal nobody reported on is missing, not zero
        ([33, 34, 33, 33, 33, 33, 33, 34], Fraction(266, 8), "33.3"),  # 33.25, half up
    ],
)
def test_the_rate_is_the_mean_of_what_was_reported(
    percents: list[int | None], rate: Fraction | None, text: str
) -> None:
    found = fulfilment(percents)

    assert (found.rate, found.text, found.goals) == (rate, text, len(percents))


def test_the_rate_suggests_points_of_the_base_and_rounds_once() -> None:
    found = Fulfilment(goals=3, reported=3, rate=Fraction(250, 3))

    # 600 × 250/3 % = 500; 500 × 250/3 % = 416.666… → 416.67
    assert suggestion(found, Decimal(600), 2) == Decimal("500.00")
    assert suggestion(found, Decimal(500), 2) == Decimal("416.67")
    assert suggestion(Fulfilment(1, 0, None), Decimal(500), 2) is None


def test_the_newest_report_that_was_handed_in_counts(year: Cast) -> None:
    accepted(year)
    report(year, [40, 60], quarter=1)
    report(year, [80, 60], quarter=2)
    report(year, [100, 100], quarter=3, hand_in=False)

    found = queries.fulfilment_by_unit(year.cycle)[year.units["青山乡"].pk]

    assert found == Fulfilment(2, 2, Fraction(70))
    assert not Score.objects.exists()


def test_a_draft_may_be_incomplete_and_a_report_may_not(year: Cast) -> None:
    accepted(year)
    row = report(year, [40, None], hand_in=False)

    with pytest.raises(Refused) as caught:
        report(year, [40, None])

    assert row.handed_in_at is None
    assert caught.value.code == "no-percent"


@pytest.mark.parametrize(("percents", "code"), [([101, 0], "percent-outside"), ([-1, 0], "percent-outside")])
def test_a_percentage_lies_between_0_and_100(year: Cast, percents: list[int], code: str) -> None:
    accepted(year)

    with pytest.raises(Refused) as caught:
        report(year, percents)

    assert caught.value.code == code
    assert not ProgressReport.objects.exists()


def test_what_is_behind_its_day_or_falls_back_needs_a_word(year: Cast) -> None:
    accepted(year)  # both goals were due in 2012, which is over

    with pytest.raises(Refused) as behind:
        report(year, [90, 100], words="")
    report(year, [90, 100], words="雨季停工")
    with pytest.raises(Refused) as fallen:
        report(year, [100, 99], quarter=2, words="")

    assert (behind.value.code, fallen.value.code) == ("no-reason", "no-reason")


def test_a_report_is_corrected_by_handing_it_in_again_and_the_first_time_stays(year: Cast) -> None:
    accepted(year)
    first = report(year, [40, 60])

    with pytest.raises(Refused) as caught:
        report(year, [50, 60], hand_in=False)
    again = report(year, [50, 60], version=first.version)

    assert caught.value.code == "already-handed-in"
    assert again.first_handed_in_at == first.first_handed_in_at
    assert (again.version, [line.percent for line in again.lines.all()]) == (2, [50, 60])


def test_two_people_of_a_unit_meet_over_a_report(year: Cast) -> None:
    accepted(year)
    report(year, [40, 60], hand_in=False)

    with pytest.raises(Refused) as caught:
        report(year, [50, 60], hand_in=False, version=0)

    assert (caught.value.code, caught.value.status) == ("changed-meanwhile", 409)


def test_there_is_no_progress_without_an_accepted_promise(year: Cast) -> None:
    signed(year)
    year.at(Stage.MONITORING)

    with pytest.raises(Refused) as caught:
        report(year, [40, 60])

    assert caught.value.code == "no-accepted-commitment"


@pytest.mark.parametrize("stage", [Stage.COMMITMENT, Stage.PRELIMINARY_REVIEW])
def test_reports_are_open_from_monitoring_to_self_assessment(year: Cast, stage: Stage) -> None:
    accepted(year)
    year.at(stage)

    with pytest.raises(Refused) as caught:
        report(year, [40, 60])

    assert caught.value.code == "stage-closed"


def test_another_units_progress_is_not_there(year: Cast) -> None:
    accepted(year)

    with pytest.raises(Refused) as caught:
        progress.save_report(
            by=year.hat("official_白水乡"), cycle=year.cycle, unit=year.units["青山乡"], quarter=1, lines={}
        )

    assert caught.value.status == 404


def test_terms_follow_each_other_and_are_the_offices(year: Cast) -> None:
    office = year.hat("office1")
    progress.set_terms(by=office, cycle=year.cycle, terms={1: date(2012, 4, 10), 2: date(2012, 7, 10)})

    with pytest.raises(Refused) as disorder:
        progress.set_terms(by=office, cycle=year.cycle, terms={3: date(2012, 5, 1)})
    with pytest.raises(Refused) as foreign:
        progress.set_terms(by=year.hat("official_青山乡"), cycle=year.cycle, terms={})

    assert sorted(queries.terms_of(year.cycle)) == [1, 2]
    assert (disorder.value.code, foreign.value.status) == ("terms-out-of-order", 403)


def test_each_quarter_with_a_term_is_owed(year: Cast) -> None:
    accepted(year)
    progress.set_terms(
        by=year.hat("office1"), cycle=year.cycle, terms={1: date(2012, 4, 10), 2: date(2012, 7, 10)}
    )
    report(year, [40, 60], quarter=1)
    green = year.units["青山乡"].pk

    owed = {duty.task: duty.done for duty in queries.duties_of(year.cycle) if duty.unit_id == green}
    lacks = {lack.code: lack.names for lack in queries.progress_lacks(year.cycle)}

    assert owed == {"commitment": 1, "progress-1": 1, "progress-2": 0, "coverage": 0}
    assert "青山乡" in lacks["no-progress"]
    assert "青山乡" in lacks["no-coverage"]


# Coverage


def test_every_filing_stays_and_the_newest_counts(year: Cast) -> None:
    year.at(Stage.MONITORING)
    filed(year)
    filed(year, figures=Counts(10, 10, 8), received=None)

    newest = queries.latest_coverage(CoverageReturn.objects.all())[year.units["青山乡"].pk]

    assert CoverageReturn.objects.count() == 2
    assert {line.appraised for line in newest.lines.all()} == {8}


@pytest.mark.parametrize("figures", [Counts(10, 11, 4), Counts(10, 9, 10), Counts(10, 9, -1)])
def test_nobody_is_appraised_without_a_promise(year: Cast, figures: Counts) -> None:
    year.at(Stage.MONITORING)

    with pytest.raises(Refused) as caught:
        filed(year, figures=figures)

    assert caught.value.code == "figures-out-of-order"
    assert not CoverageReturn.objects.exists()


def test_the_first_return_needs_its_file(year: Cast) -> None:
    year.at(Stage.MONITORING)

    with pytest.raises(Refused) as caught:
        filed(year, received=None)

    assert caught.value.code == "no-file"


def test_two_filings_at_once_meet(year: Cast) -> None:
    year.at(Stage.MONITORING)
    filed(year, number=0)

    with pytest.raises(Refused) as caught:
        filed(year, number=0)

    assert caught.value.status == 409


def test_a_lead_sees_the_goals_that_serve_its_sub_items_and_no_draft(year: Cast) -> None:
    from tests.scoring.promises import goal, write

    lead = year.hat("lead_市信访局")
    write(year, goals=[goal(sub_item_id=year.subs["乡镇口", "信访"].pk), goal("别的", sub_item_id=None)])
    before = queries.commitments_for(lead, year.cycle).count()
    commitments.sign(by=year.hat("principal_青山乡"), cycle=year.cycle, unit=year.units["青山乡"])

    row = queries.commitments_for(lead, year.cycle).get()

    assert before == 0
    assert [one.sub_item.name for one in queries.goals_for(lead, row) if one.sub_item] == ["信访"]
    assert queries.reports_for(lead, year.cycle).count() == 0
