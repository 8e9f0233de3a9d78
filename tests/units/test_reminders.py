"""Reminding and noting calls: who is told, what is left out, whose turn the second call is.

When the timer speaks is tested in tests/test_remind_command.py, the desk in tests/pages/test_reminders.py.
"""

from __future__ import annotations

import pytest

from office import audit
from office.models import AuditEntry, Notice
from office.refusal import Refused
from tests.cast import Cast
from units.actions import reminders
from units.actions.reminders import Nudge
from units.duties import Duty, Owner
from units.models import CallNote, Conflict, Reminder, Unit, Why


def duty(cast: Cast, unit: str, task: str = "self-assessment", owner: Owner = Owner.UNIT) -> Duty:
    return Duty(task=task, label="自评", unit_id=cast.units[unit].pk, owner=owner, asked=3)


def nudge(cast: Cast, unit: str, owner: Owner = Owner.UNIT, why: Why = Why.BY_HAND) -> Nudge:
    return Nudge(cast.units[unit], duty(cast, unit, owner=owner), f"{unit}：自评尚未完成。", "/", why)


def remind(cast: Cast, *nudges: Nudge, by: str = "office1") -> reminders.Outcome:
    return reminders.remind(by=cast.hat(by), cycle=cast.cycle, nudges=nudges)


def told() -> list[str]:
    return sorted(Notice.objects.values_list("user__username", flat=True))


def test_a_unit_is_told_by_its_official_and_its_principal_and_nobody_else(cast: Cast) -> None:
    outcome = remind(cast, nudge(cast, "青山乡"))

    assert told() == ["official_青山乡", "principal_青山乡"]
    assert [(row.unit.name, row.told, row.why) for row in outcome.done] == [("青山乡", 2, "by-hand")]
    entry = AuditEntry.objects.get(act="reminders.sent")
    assert audit.details_of(entry)["units"] == ["青山乡"]


def test_a_lead_body_and_a_team_are_told_by_their_own_people(cast: Cast) -> None:
    remind(cast, nudge(cast, "市信访局", Owner.BODY))
    body = told()
    Notice.objects.all().delete()

    remind(cast, nudge(cast, "青山乡", Owner.TEAM))

    assert (body, told()) == (["lead_市信访局"], ["reviewer1"])


def test_a_reviewer_with_two_open_units_gets_one_line(cast: Cast) -> None:
    remind(cast, nudge(cast, "青山乡", Owner.TEAM), nudge(cast, "市信访局", Owner.TEAM))

    assert Notice.objects.get().text == "青山乡：自评尚未完成。另有1个单位同样未完成：市信访局。"
    assert Reminder.objects.count() == 2


def test_what_cannot_be_told_is_left_out_by_name_and_the_rest_is_told(cast: Cast) -> None:
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["白水乡"], reason="亲属"
    )
    remind(cast, nudge(cast, "青山乡"))

    outcome = remind(
        cast,
        nudge(cast, "青山乡"),  # told today already
        nudge(cast, "白水乡"),  # his own
        nudge(cast, "东河镇"),  # nobody has an account
        nudge(cast, "市信访局", Owner.BODY),
    )

    assert [row.unit.name for row in outcome.done] == ["市信访局"]
    assert {one.unit.name: sentence for one, sentence in outcome.left_out} == {
        "青山乡": "今天已催办过",
        "白水乡": "本人所在单位，须由他人催办",
        "东河镇": "没有可办理的账号，请打电话",
    }


def test_someone_who_left_is_not_told(cast: Cast) -> None:
    cast.people["principal_青山乡"].is_active = False
    cast.people["principal_青山乡"].save()

    remind(cast, nudge(cast, "青山乡"))

    assert told() == ["official_青山乡"]


def test_reminding_nobody_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        remind(cast)

    assert (refused.value.code, refused.value.status) == ("nobody-chosen", 422)


@pytest.mark.parametrize("name", ["official_青山乡", "lead_市信访局", "reviewer1", "leader1", "auditor"])
def test_only_the_office_reminds_and_notes_calls(cast: Cast, name: str) -> None:
    with pytest.raises(Refused) as reminding:
        remind(cast, nudge(cast, "青山乡"), by=name)
    with pytest.raises(Refused) as calling:
        call(cast, 1, by=name)

    assert (reminding.value.status, calling.value.status) == (403, 403)
    assert not Notice.objects.exists()
    assert not CallNote.objects.exists()


# Calls


def call(cast: Cast, number: int, answered_by: str = "", by: str = "office1") -> CallNote:
    return reminders.note_call(
        by=cast.hat(by),
        cycle=cast.cycle,
        unit=cast.units["青山乡"],
        duty=duty(cast, "青山乡"),
        number=number,
        answered_by=answered_by,
        note="本周内报",
    )


def people_of(cast: Cast, **facts: str) -> None:
    Unit.objects.filter(pk=cast.units["青山乡"].pk).update(**facts)
    cast.units["青山乡"].refresh_from_db()


def test_the_second_call_goes_to_the_superior_leader(cast: Cast) -> None:
    people_of(cast, contact="李某", superior_leader="市领导甲")

    calls = [call(cast, number) for number in (1, 2, 3)]

    assert [(c.number, c.answered_by, c.to_superior) for c in calls] == [
        (1, "李某", False),
        (2, "市领导甲", True),
        (3, "市领导甲", True),
    ]


def test_without_a_superior_the_contact_is_called_again(cast: Cast) -> None:
    people_of(cast, contact="李某", superior_leader="")

    assert [(call(cast, n).answered_by, call(cast, n + 1).to_superior) for n in (1,)] == [("李某", False)]


def test_somebody_else_may_answer(cast: Cast) -> None:
    people_of(cast, contact="李某")

    assert call(cast, 1, " 值班员 王某 ").answered_by == "值班员 王某"


def test_the_same_call_is_noted_once_whoever_was_faster(cast: Cast) -> None:
    people_of(cast, contact="李某")
    call(cast, 1)

    with pytest.raises(Refused) as refused:
        call(cast, 1, by="office2")

    assert refused.value.code == "called-meanwhile"
    assert "李某接听" in refused.value.sentence
    assert CallNote.objects.count() == 1


def test_a_call_that_nobody_is_known_to_have_answered_is_asked_for_a_name(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        call(cast, 1)

    assert (refused.value.code, refused.value.status) == ("nobody-answered", 422)


def test_a_call_about_several_things_is_noted_for_all_of_them_or_for_none(cast: Cast) -> None:
    people_of(cast, contact="李某")
    about = [(duty(cast, "青山乡"), 1), (duty(cast, "青山乡", "progress-1"), 2)]

    with pytest.raises(Refused):
        reminders.note_calls(by=cast.hat("office1"), cycle=cast.cycle, unit=cast.units["青山乡"], about=about)

    assert not CallNote.objects.exists()


def test_nobody_notes_a_call_to_the_own_unit(cast: Cast) -> None:
    Conflict.objects.create(
        cycle=cast.cycle, user=cast.people["office1"], unit=cast.units["青山乡"], reason="亲属"
    )

    with pytest.raises(Refused) as refused:
        call(cast, 1, "李某")

    assert refused.value.status == 403
