"""A unit promises, the principal signs, the office examines; every round stays readable (§8(2))."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from office.models import AuditEntry, Notice
from office.refusal import Refused
from scoring import commitment_queries as queries
from scoring.actions import commitments
from scoring.models import Commitment, CommitmentRound, Goal
from tests.cast import Cast
from tests.scoring.promises import TEXTS, accepted, goal, report, signed, write
from units.duties import Light
from units.models import Conflict, Reopening, StageWindow
from units.stages import Stage


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.COMMITMENT)


def refused(code: str, act: object, **arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        act(**arguments)  # type: ignore[operator]  # an action of the module under test
    assert caught.value.code == code
    return caught.value


def test_goals_are_kept_in_the_order_they_were_written(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"]

    row = write(year, goals=[goal(TEXTS[1], sub_item_id=sub.pk, support="增加编制"), goal()])

    assert list(row.goals.values_list("text", "sub_item__name", "support", "order")) == [
        (TEXTS[1], "信访", "增加编制", 1),
        (TEXTS[0], None, "", 2),
    ]
    assert (row.state, row.version) == ("draft", 1)


def test_a_goal_keeps_its_identity_when_its_words_change(year: Cast) -> None:
    row = write(year)
    first, second = row.goals.all()

    write(year, goals=[goal("新建农村公路15公里", id=first.pk)])

    assert list(Goal.objects.values_list("pk", "text")) == [(first.pk, "新建农村公路15公里")]
    assert not Goal.objects.filter(pk=second.pk).exists()


def test_signing_keeps_the_goals_as_they_were_and_accepting_ends_it(year: Cast) -> None:
    row = signed(year)
    commitments.accept(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units["青山乡"], version=row.version
    )

    row.refresh_from_db()
    kept = CommitmentRound.objects.get()
    assert row.state == "accepted"
    assert [one["text"] for one in kept.goals] == list(TEXTS)
    assert kept.sha256 == commitments.digest_of(kept.goals)
    assert (str(kept.signed_by), kept.verdict, str(kept.decided_by)) == (
        "principal_青山乡",
        "accepted",
        "office1",
    )


def test_a_returned_commitment_is_changed_signed_again_and_both_rounds_stay(year: Cast) -> None:
    unit = year.units["青山乡"]
    signed(year)
    commitments.return_with_words(
        by=year.hat("office1"), cycle=year.cycle, unit=unit, words="目标偏低,请提高"
    )
    first = Goal.objects.order_by("order").first()
    assert first is not None
    write(year, goals=[goal("新建农村公路20公里", id=first.pk)])
    commitments.sign(by=year.hat("principal_青山乡"), cycle=year.cycle, unit=unit)

    rounds = CommitmentRound.objects.order_by("number")
    assert [(r.number, r.verdict, r.words) for r in rounds] == [
        (1, "returned", "目标偏低,请提高"),
        (2, "", ""),
    ]
    assert [len(r.goals) for r in rounds] == [2, 1]
    assert Notice.objects.filter(user=year.people["official_青山乡"], text__contains="偏低").exists()
    assert Notice.objects.filter(user=year.people["principal_青山乡"]).exists()
    assert not Notice.objects.filter(user=year.people["official_白水乡"]).exists()


def test_the_principal_takes_back_what_nobody_examined_yet(year: Cast) -> None:
    signed(year)

    row = commitments.withdraw(by=year.hat("principal_青山乡"), cycle=year.cycle, unit=year.units["青山乡"])

    assert row.state == "draft"
    assert CommitmentRound.objects.get().verdict == "withdrawn"


def test_an_accepted_one_may_be_returned_as_a_round_of_its_own(year: Cast) -> None:
    accepted(year)

    commitments.return_with_words(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units["青山乡"], words="上级任务调整"
    )

    assert list(CommitmentRound.objects.order_by("number").values_list("verdict", flat=True)) == [
        "accepted",
        "returned",
    ]


def test_many_are_accepted_at_once_and_exceptions_left_out(year: Cast) -> None:
    green, white = signed(year, "青山乡"), signed(year, "白水乡")

    done = commitments.accept_many(
        by=year.hat("office1"), cycle=year.cycle, versions={green.pk: green.version}
    )

    white.refresh_from_db()
    assert [row.unit.name for row in done.done] == ["青山乡"]
    assert white.state == "submitted"


def test_of_many_what_cannot_be_accepted_says_why_and_the_others_pass(year: Cast) -> None:
    green, white = signed(year, "青山乡"), signed(year, "白水乡")
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office1"], unit=year.units["白水乡"], reason="亲属"
    )

    done = commitments.accept_many(
        by=year.hat("office1"),
        cycle=year.cycle,
        versions={green.pk: green.version - 1, white.pk: white.version},
    )

    assert done.done == []
    assert {row.unit.name: why.code for row, why in done.left} == {
        "青山乡": "changed-meanwhile",
        "白水乡": "own-unit",
    }


def test_what_is_signed_is_not_changed_behind_the_offices_back(year: Cast) -> None:
    signed(year)

    with pytest.raises(Refused) as caught:
        write(year, goals=[goal("改小")])

    assert caught.value.code == "commitment-signed"
    assert list(Goal.objects.values_list("text", flat=True)) == list(TEXTS)


def test_two_editors_meet_instead_of_overwriting(year: Cast) -> None:
    row = write(year)
    write(year, goals=[goal("甲写的")], version=row.version)

    with pytest.raises(Refused) as caught:
        write(year, goals=[goal("乙写的")], version=row.version)

    assert (caught.value.code, caught.value.status) == ("changed-meanwhile", 409)
    assert Goal.objects.get().text == "甲写的"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (goal(""), "goal-incomplete"),
        (goal(measure=" "), "goal-incomplete"),
        (goal(due=date(2013, 1, 1)), "due-outside-year"),
    ],
)
def test_a_goal_that_says_too_little_is_refused(year: Cast, draft: commitments.GoalDraft, code: str) -> None:
    with pytest.raises(Refused) as caught:
        write(year, goals=[goal(), draft])

    assert caught.value.code == code
    assert not Commitment.objects.exists()


def test_a_goal_serves_only_what_the_unit_is_measured_by(year: Cast) -> None:
    with pytest.raises(Refused) as caught:
        write(year, goals=[goal(sub_item_id=year.subs["党群口", "业务"].pk)])

    assert caught.value.code == "foreign-sub-item"


def test_more_goals_than_anybody_can_examine_are_refused(year: Cast) -> None:
    with pytest.raises(Refused) as caught:
        write(year, goals=[goal()] * 61)

    assert caught.value.code == "too-many-goals"


def test_a_goal_with_reported_progress_is_not_taken_away(year: Cast) -> None:
    accepted(year)
    report(year, [40, 50])
    year.at(Stage.COMMITMENT)
    commitments.return_with_words(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units["青山乡"], words="请改"
    )

    with pytest.raises(Refused) as caught:
        write(year, goals=[])

    assert caught.value.code == "goal-reported"


def test_nobody_signs_an_empty_sheet(year: Cast) -> None:
    write(year, goals=[])

    refused(
        "no-goals",
        commitments.sign,
        by=year.hat("principal_青山乡"),
        cycle=year.cycle,
        unit=year.units["青山乡"],
    )


@pytest.mark.parametrize(
    ("who", "act", "status"),
    [
        ("official_青山乡", commitments.sign, 403),
        ("office1", commitments.sign, 403),
        ("principal_白水乡", commitments.sign, 404),
        ("official_白水乡", commitments.withdraw, 403),
        ("principal_青山乡", commitments.accept, 403),
        ("leader1", commitments.accept, 403),
        ("reviewer1", commitments.accept, 403),
    ],
)
def test_who_may_sign_and_accept(year: Cast, who: str, act: object, status: int) -> None:
    write(year)

    with pytest.raises(Refused) as caught:
        act(by=year.hat(who), cycle=year.cycle, unit=year.units["青山乡"])  # type: ignore[operator]  # an action

    assert caught.value.status == status


def test_another_unit_cannot_write_here(year: Cast) -> None:
    with pytest.raises(Refused) as caught:
        commitments.save_goals(
            by=year.hat("official_白水乡"), cycle=year.cycle, unit=year.units["青山乡"], goals=[goal()]
        )

    assert caught.value.status == 404


@pytest.mark.parametrize("stage", [Stage.SET_UP, Stage.MONITORING, Stage.SELF_ASSESSMENT])
def test_goals_are_written_at_the_commitment_stage_only(year: Cast, stage: Stage) -> None:
    year.at(stage)

    with pytest.raises(Refused) as caught:
        write(year)

    assert caught.value.code == "stage-closed"


def test_a_reopening_lets_the_unit_write_and_sign_again(year: Cast) -> None:
    accepted(year)
    commitments.return_with_words(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units["青山乡"], words="请改"
    )
    Reopening.objects.create(
        cycle=year.cycle,
        stage=Stage.COMMITMENT,
        unit=year.units["青山乡"],
        until=timezone.now() + timedelta(hours=2),
        reason="补报",
        by=year.people["office1"],
    )
    first, second = Goal.objects.order_by("order")

    write(year, goals=[goal("改后", id=first.pk), goal(id=second.pk)])
    made = commitments.sign(by=year.hat("principal_青山乡"), cycle=year.cycle, unit=year.units["青山乡"])

    assert made.number == 3


def test_after_the_window_the_servers_clock_is_told(year: Cast) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    StageWindow.objects.create(
        cycle=year.cycle, stage=Stage.COMMITMENT, opens_on=yesterday, closes_on=yesterday
    )
    # The row of signing ends with the stage's own window.
    with pytest.raises(Refused) as caught:
        write(year)

    assert caught.value.code == "deadline-over"


def test_returning_needs_words(year: Cast) -> None:
    signed(year)

    refused(
        "no-words",
        commitments.return_with_words,
        by=year.hat("office1"),
        cycle=year.cycle,
        unit=year.units["青山乡"],
        words="  ",
    )


def test_nobody_of_the_office_examines_a_unit_he_is_tied_to(year: Cast) -> None:
    signed(year)
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office1"], unit=year.units["青山乡"], reason="曾任职"
    )

    refused(
        "own-unit", commitments.accept, by=year.hat("office1"), cycle=year.cycle, unit=year.units["青山乡"]
    )


def test_what_is_accepted_is_not_accepted_twice(year: Cast) -> None:
    accepted(year)

    refused(
        "not-submitted",
        commitments.accept,
        by=year.hat("office2"),
        cycle=year.cycle,
        unit=year.units["青山乡"],
    )


def test_every_step_is_in_the_log(year: Cast) -> None:
    accepted(year)

    acts = list(
        AuditEntry.objects.filter(object_type="scoring.Commitment")
        .order_by("number")
        .values_list("act", flat=True)
    )

    assert acts == ["commitment.saved", "commitment.signed", "commitment.accepted"]


def test_the_year_asks_who_has_not_promised_and_what_nobody_examined(year: Cast) -> None:
    accepted(year, "青山乡")
    year.at(Stage.COMMITMENT)
    signed(year, "白水乡")

    found = {lack.code: lack.names for lack in queries.commitment_lacks(year.cycle)}

    # The squad takes part in the track only and owes no promise.
    assert found == {
        "no-commitment": ("东河镇", "市信访局", "市档案局"),
        "commitment-unexamined": ("白水乡",),
    }


def test_a_promise_signed_after_its_day_stays_remembered_as_late(year: Cast) -> None:
    today = timezone.localdate()
    StageWindow.objects.create(cycle=year.cycle, stage=Stage.COMMITMENT, opens_on=today, closes_on=today)
    signed(year)
    names = {unit.pk: name for name, unit in year.units.items()}

    def lights() -> dict[str, Light]:
        return {
            names[duty.unit_id]: duty.light(timezone.now())
            for duty in queries.duties_of(year.cycle)
            if duty.task == "commitment"
        }

    in_time = lights()
    StageWindow.objects.update(opens_on=today - timedelta(days=3), closes_on=today - timedelta(days=2))

    assert in_time["青山乡"] is Light.DONE
    assert lights()["青山乡"] is Light.LATE
    assert lights()["白水乡"] is Light.OVERDUE
    assert "工口" not in in_time
