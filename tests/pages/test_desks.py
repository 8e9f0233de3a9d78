"""The homes of a unit and of a lead body: what is owed until when, what came back, three things for today, a year ago.

What each duty is, is tested with the app that tells it; the other roles' homes in tests/pages/test_home.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from appraisal_site.demo.procedure import windows_of_last_year
from appraisal_site.desk import owed as owed_module
from appraisal_site.desk.year_ago import week_a_year_before, year_ago
from office import audit
from scoring.actions import scores
from scoring.models import Commitment, CommitmentRound, CommitmentState, ScoreKind
from scoring.models.commitment import Verdict
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import words_of
from units.duties import Duty
from units.models import Cycle, Reopening, RoleAssignment, StageWindow
from units.stages import Stage

TODAY = timezone.localdate


def window(cast: Cast, stage: Stage, opens: int, closes: int, cycle: Cycle | None = None) -> None:
    """From so many days after today until so many."""
    StageWindow.objects.create(
        cycle=cycle or cast.cycle,
        stage=stage,
        opens_on=TODAY() + timedelta(days=opens),
        closes_on=TODAY() + timedelta(days=closes),
    )


@pytest.fixture
def sent_back(cast: Cast) -> Cast:
    """青山乡 signed a commitment, the office sent it back with words."""
    when = timezone.now() - timedelta(days=1)
    row = Commitment.objects.create(
        cycle=cast.cycle,
        unit=cast.units["青山乡"],
        state=CommitmentState.RETURNED,
        changed_by=cast.people["office1"],
        changed_at=when,
        first_signed_at=when,
    )
    CommitmentRound.objects.create(
        commitment=row,
        number=1,
        goals=[],
        sha256="0" * 64,
        signed_by=cast.people["principal_青山乡"],
        signed_at=when,
        verdict=Verdict.RETURNED,
        words="目标要有数字",
        decided_by=cast.people["office1"],
        decided_at=when,
    )
    return cast


def test_what_a_unit_owes_stands_with_its_day_and_the_way_to_it(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    window(cast, Stage.SELF_ASSESSMENT, -5, 2)
    cast.score("青山乡", "信访", "390", ScoreKind.SELF)

    shown = signed_in("official_青山乡").get("/")

    own = next(task for task in shown.context["tasks"] if task.title == "自评")
    assert (own.tone, own.count, own.sentence) == ("amber", 3, "共4项，已完成1项。")
    assert own.due is not None
    assert own.url != "/"


def test_what_came_back_stands_first_with_the_words_it_came_back_with(
    sent_back: Cast, signed_in: SignedIn
) -> None:
    sent_back.at(Stage.COMMITMENT)
    window(sent_back, Stage.COMMITMENT, -5, 9)

    shown = signed_in("official_青山乡").get("/")

    first = shown.context["first"][0]
    assert (first.title, first.returned, first.verb) == ("承诺", "目标要有数字", "修改")
    assert "被退回：目标要有数字" in words_of(shown)


def test_what_is_not_open_yet_is_no_task_for_today(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.COMMITMENT)
    window(cast, Stage.COMMITMENT, -5, 9)
    window(cast, Stage.SELF_ASSESSMENT, 30, 40)

    shown = signed_in("official_青山乡").get("/")

    assert "自评" not in [task.title for task in shown.context["first"]]
    later = next(task for task in shown.context["later"] if task.title == "自评")
    assert later.is_ahead
    assert "开始办理" in later.sentence


def test_there_are_never_more_than_three_things_for_today(cast: Cast, signed_in: SignedIn) -> None:
    for name in ("lead_市信访局", "official_青山乡"):
        shown = signed_in(name).get("/")

        assert len(shown.context["first"]) == 3
        assert "今天先办3件事" in words_of(shown)
        assert not set(map(id, shown.context["first"])) & set(map(id, shown.context["later"]))


def test_the_office_has_no_three_things(cast: Cast, signed_in: SignedIn) -> None:
    shown = signed_in("office1").get("/")

    assert shown.context["first"] == []
    assert "今天先办" not in words_of(shown)


def test_when_all_is_entered_the_desk_says_whose_turn_it_is() -> None:
    duty = Duty("self-assessment", "自评", 1, done=14, asked=14)

    assert [owed_module._sentence(duty, None, is_ahead=False, signs=signs) for signs in (False, True)] == [
        "各项都已填好，由主要负责人提交，或在打印件上签字。",
        "各项都已填好，请您提交，或在打印件上签字。",
    ]


def test_a_reopened_stage_stands_on_the_desks_of_the_unit_and_of_a_body(
    cast: Cast, signed_in: SignedIn
) -> None:
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=None,
        until=timezone.now() + timedelta(days=1),
        reason="停电",
        by=cast.people["office1"],
    )

    for name in ("official_青山乡", "lead_市信访局"):
        assert any("停电" in task.sentence for task in signed_in(name).get("/").context["tasks"])


def test_what_is_over_says_so_until_it_is_opened_again(cast: Cast, signed_in: SignedIn) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    window(cast, Stage.SELF_ASSESSMENT, -9, -1)
    before = words_of(signed_in("official_青山乡").get("/"))
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=cast.units["青山乡"],
        until=timezone.now() + timedelta(days=1),
        reason="停电",
        by=cast.people["office1"],
    )

    shown = signed_in("official_青山乡").get("/")

    own = next(task for task in shown.context["tasks"] if task.title == "自评")
    assert "已过截止时间" in before
    assert "已过截止时间" not in own.sentence


def test_a_unit_hears_what_was_done_with_its_own_records_and_nothing_of_another(
    sent_back: Cast, signed_in: SignedIn
) -> None:
    other = Commitment.objects.create(
        cycle=sent_back.cycle,
        unit=sent_back.units["白水乡"],
        changed_by=sent_back.people["office1"],
        changed_at=timezone.now(),
    )
    own = Commitment.objects.get(unit=sent_back.units["青山乡"])
    with transaction.atomic():
        for row in (own, other):
            audit.record(
                sent_back.hat("office1"), "commitment.returned", row, cycle_code="2012", reason="目标要有数字"
            )

    told = signed_in("official_青山乡").get("/")

    assert len(told.context["changes"]) == 1
    assert told.context["changes"][0].reason == "目标要有数字"
    assert "白水乡" not in words_of(told)


# A year ago


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2012, 12, 20), date(2011, 12, 19), date(2011, 12, 25)),
        (date(2012, 2, 29), date(2011, 2, 28), date(2011, 3, 6)),
        (date(2013, 1, 1), date(2011, 12, 26), date(2012, 1, 1)),
    ],
)
def test_the_week_is_that_of_the_same_day_a_year_before(today: date, first: date, last: date) -> None:
    assert week_a_year_before(today) == (first, last)


@pytest.fixture
def year_before(cast: Cast) -> Cycle:
    """2011 of the same host, with 青山乡's official holding the same part in it."""
    before = Cycle.objects.create(
        code="2011", name="上年考评", year=2011, host=cast.units["考评办"], stage=Stage.FILED
    )
    for person, unit in (("official_青山乡", "青山乡"), ("official_白水乡", "白水乡")):
        RoleAssignment.objects.create(
            user=cast.people[person], role="UO", unit=cast.units[unit], cycle=before
        )
    return before


def test_a_new_clerk_reads_what_the_unit_did_in_this_week_a_year_ago(
    cast: Cast, year_before: Cycle, signed_in: SignedIn
) -> None:
    first, _last = week_a_year_before(TODAY())
    StageWindow.objects.create(
        cycle=year_before, stage=Stage.SELF_ASSESSMENT, opens_on=first, closes_on=first + timedelta(days=30)
    )

    told = year_ago(cast.hat("official_青山乡"), cast.cycle, TODAY())
    page = words_of(signed_in("official_青山乡").get("/"))

    assert told is not None
    assert told.stages == ["自评"]
    assert "去年这一周" in page
    assert "当时处于“自评”阶段" in page


def test_the_demos_year_before_has_its_windows_a_year_earlier_and_once_only(
    cast: Cast, year_before: Cycle
) -> None:
    window(cast, Stage.SELF_ASSESSMENT, -5, 9)
    own = StageWindow.objects.get(cycle=cast.cycle)

    for _run in range(2):
        windows_of_last_year(year_before, cast.cycle)

    copied = StageWindow.objects.get(cycle=year_before)
    assert (copied.stage, copied.opens_on.year) == (own.stage, own.opens_on.year - 1)


def test_only_the_own_units_people_are_told_of(cast: Cast, year_before: Cycle) -> None:
    with transaction.atomic():
        for name in ("official_青山乡", "official_白水乡"):
            hat = cast.hat(name)
            audit.record(hat, "self.submitted", cast.units[name[-3:]], cycle_code="2011")
    a_year_on = (timezone.localtime() + timedelta(days=365)).date()

    told = year_ago(cast.hat("official_青山乡"), cast.cycle, a_year_on)

    assert told is not None
    assert [deed.object_text for deed in told.deeds] == ["青山乡"]


def test_without_a_year_before_the_home_says_nothing_of_it(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in("official_青山乡").get("/").context["year_ago"] is None
    assert year_ago(cast.hat("office1"), cast.cycle, TODAY()) is None


def test_a_lead_body_hears_nothing_of_its_own_units_scores(cast: Cast, signed_in: SignedIn) -> None:
    scores.record_score(
        by=cast.hat("office1"),
        cell_id=cast.cell("市信访局", "业务", "党群口").pk,
        kind=ScoreKind.PRELIMINARY,
        points=Decimal("377.5"),
    )

    assert signed_in("lead_市信访局").get("/").context["changes"] == []
