"""The desk of reminders: who owes what with whom to call, reminding, noting calls, sheets; and the litany.

The acts themselves are tested in tests/units/test_reminders.py.
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from appraisal_site import duties
from office import audit
from office.models import Notice, User
from scoring.models import ScoreKind
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import grow, words_of
from tests.pages.test_duties import submitted
from tests.pages.test_year import queries_of
from units.models import CallNote, Reminder, StageWindow, Unit
from units.stages import Stage

DESK = "/years/2012/reminders/"


@pytest.fixture
def overdue(cast: Cast) -> Cast:
    """Self-assessment ended yesterday; 东河镇 has done its part, the others have not."""
    cast.at(Stage.SELF_ASSESSMENT)
    day = timezone.localdate()
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        opens_on=day - timedelta(days=20),
        closes_on=day - timedelta(days=1),
    )
    for sub in ("决战园区", "信访", "安全"):
        cast.score("东河镇", sub, "9", ScoreKind.SELF)
    cast.score("东河镇", "招商引资工作", "9", ScoreKind.SELF, block="招商引资")
    submitted(cast, "东河镇")
    Unit.objects.filter(name="青山乡").update(
        contact="李某", mobile="0000-1", office_phone="0000-2", principal="王某", superior_leader="市领导甲"
    )
    return cast


def key(cast: Cast, unit: str, task: str = "self-assessment") -> str:
    return f"{cast.units[unit].pk}|{task}"


def test_who_owes_stands_with_contact_phones_and_superior_and_who_has_done_it_does_not(
    overdue: Cast, signed_in: SignedIn
) -> None:
    shown = signed_in("office1").get(DESK + "?task=self-assessment")

    owing = {one.unit.name: one for one in shown.context["owing"]}
    text = words_of(shown)
    assert "东河镇" not in owing
    assert [debt.duty.task for debt in owing["青山乡"].debts] == ["self-assessment"]
    for fact in ("李某", "0000-1", "0000-2", "王某", "市领导甲"):
        assert fact in text
    assert "【考评办】青山乡李某：“自评”已于" in owing["青山乡"].message
    assert "尚有5个单位未完成：青山乡、白水乡" in shown.context["group_text"]


def test_the_filter_takes_task_light_and_block(overdue: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    def names(query: str) -> set[str]:
        return {one.unit.name for one in client.get(DESK + query).context["owing"]}

    assert names("?block=党群口") == {"市信访局", "市档案局"}
    assert names("?show=soon") == set()
    assert names("?show=all&task=lead-scores") == {"市信访局"}
    assert names("?show=nonsense&task=self-assessment&block=乡镇口") == {"青山乡", "白水乡"}


def test_those_ticked_are_reminded_and_exceptions_are_named(overdue: Cast, signed_in: SignedIn) -> None:
    User.objects.filter(username="official_青山乡").update(email="qsx@example.org")
    client = signed_in("office1")

    answer = client.post(
        DESK + "remind/",
        {
            "debt": [key(overdue, "青山乡"), key(overdue, "工口"), key(overdue, "东河镇")],
            "task": "self-assessment",
        },
        follow=True,
    )

    text = words_of(answer)
    assert "已催办1个单位。" in text
    assert "工口 · 自评（没有可办理的账号，请打电话）" in text
    assert "东河镇 · 自评（其间已完成）" in text
    assert set(Notice.objects.values_list("user__username", flat=True)) == {
        "official_青山乡",
        "principal_青山乡",
    }
    assert Reminder.objects.get().why == "by-hand"
    assert answer.context["owing"][0].debts[0].reminded is not None


def test_mails_follow_behind_the_page(
    overdue: Cast, signed_in: SignedIn, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(username="official_青山乡").update(email="qsx@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        signed_in("office1").post(DESK + "remind/", {"debt": [key(overdue, "青山乡")]})

    assert [letter.to for letter in mail.outbox] == [["qsx@example.org"]]
    assert Reminder.objects.get().mailed_at is not None


def test_nothing_ticked_is_said_so(overdue: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").post(DESK + "remind/", {"debt": ["9999|x", "nonsense"]})

    assert answer.status_code == 422
    assert "请至少勾选一个单位" in words_of(answer)


def test_one_click_notes_the_call_and_the_next_one_is_the_superiors(
    overdue: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    unit = overdue.units["青山乡"]

    first = client.post(DESK + "call/", {"unit": unit.pk, "call": ["self-assessment|1"]}, follow=True)
    second = client.post(
        DESK + "call/",
        {"unit": unit.pk, "call": ["self-assessment|2"], "answered_by": "秘书 赵某", "note": "明日报"},
    )

    owing = next(one for one in first.context["owing"] if one.unit == unit)
    assert "李某接听" in words_of(first)
    assert (owing.whom, owing.is_for_superior) == ("市领导甲", True)
    assert second.status_code == 302
    assert list(CallNote.objects.order_by("number").values_list("answered_by", "to_superior", "note")) == [
        ("李某", False, ""),
        ("秘书 赵某", True, "明日报"),
    ]


def test_a_call_noted_meanwhile_is_refused_and_what_was_typed_stays(
    overdue: Cast, signed_in: SignedIn
) -> None:
    unit = overdue.units["青山乡"]
    signed_in("office2").post(DESK + "call/", {"unit": unit.pk, "call": ["self-assessment|1"]})

    answer = signed_in("office1").post(
        DESK + "call/",
        {"unit": unit.pk, "call": ["self-assessment|1"], "answered_by": "门卫孙某", "note": "转告"},
    )

    assert answer.status_code == 409
    assert "office2已于" in words_of(answer)
    assert 'value="门卫孙某"' in answer.content.decode()
    assert CallNote.objects.count() == 1


def test_a_call_about_what_is_done_meanwhile_is_not_noted(overdue: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").post(
        DESK + "call/", {"unit": overdue.units["东河镇"].pk, "call": ["self-assessment|1"]}
    )

    assert answer.status_code == 409
    assert "不必再打电话" in words_of(answer)


@pytest.mark.parametrize("unit", ["0", "99999", "abc", ""])
def test_a_unit_that_is_not_there_is_404(overdue: Cast, signed_in: SignedIn, unit: str) -> None:
    answer = signed_in("office1").post(DESK + "call/", {"unit": unit, "call": ["self-assessment|1"]})

    assert answer.status_code == 404


def test_the_desk_can_be_taken_away_and_printed(overdue: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    book = client.get("/years/2012/reminders.xlsx?task=self-assessment&block=乡镇口")
    paper = client.get(DESK + "call-sheet.pdf?task=self-assessment")

    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    line = next(row for row in rows if row[1] == "青山乡")
    assert line[2] == "自评"
    assert {"李某", "0000-1", "市领导甲"} <= set(line)
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


def test_a_call_sheet_of_nobody_is_not_printed(overdue: Cast, signed_in: SignedIn) -> None:
    answer = signed_in("office1").get(DESK + "call-sheet.pdf?show=soon", follow=True)

    assert "不需要打电话" in words_of(answer)


def test_reopening_starts_with_those_ticked(overdue: Cast, signed_in: SignedIn) -> None:
    shown = signed_in("office1").get("/years/2012/reopen/", {"debt": key(overdue, "青山乡")})

    ticked = {
        unit.name for _block, units in shown.context["groups"] for unit, is_ticked in units if is_ticked
    }
    assert ticked == {"青山乡"}


def test_what_teams_owe_stands_by_team_and_is_never_asked_of_the_unit(
    cast: Cast, signed_in: SignedIn
) -> None:
    day = timezone.localdate()
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        opens_on=day - timedelta(days=9),
        closes_on=day + timedelta(days=1),
    )
    client = signed_in("office1")

    shown = client.get(DESK)
    line = shown.context["teams"][0]
    client.post(DESK + "remind/", {"debt": line.keys})

    assert (line.team, line.units, [str(person) for person in line.people]) == (
        "第一组",
        "青山乡、市信访局",
        ["reviewer1"],
    )
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"reviewer1"}


def test_a_year_without_duties_says_what_to_do_next(cast: Cast, signed_in: SignedIn) -> None:
    cast.cycle.blocks.all().delete()

    assert "还没有应办事项" in words_of(signed_in("office1").get(DESK))


@pytest.mark.parametrize("name", ["official_青山乡", "lead_市信访局", "reviewer1", "leader1", "mayor"])
@pytest.mark.parametrize("page", ["", "call-sheet.pdf"])
def test_the_desk_is_the_offices_alone(cast: Cast, signed_in: SignedIn, name: str, page: str) -> None:
    assert signed_in(name).get(DESK + page).status_code == 403


def test_reading_changes_nothing_and_acts_are_posted(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    assert [client.get(DESK + act).status_code for act in ("remind/", "call/")] == [405, 405]
    assert client.post(DESK).status_code == 405


def test_the_desk_asks_the_same_number_of_queries_for_few_and_for_many(
    overdue: Cast, signed_in: SignedIn
) -> None:
    client = signed_in("office1")
    few = queries_of(client, DESK)
    grow(overdue, 30)

    assert queries_of(client, DESK) == few


def test_the_desk_asks_few_queries_while_nothing_happens(
    overdue: Cast, signed_in: SignedIn, settings: Any
) -> None:
    settings.KEPT_SECONDS = 60
    with transaction.atomic():
        audit.record(None, "cycle.window-set", overdue.cycle, cycle_code="2012")

    assert queries_of(signed_in("office1"), DESK) <= 30


def test_every_source_of_duties_is_there_and_tells_duties_of_distinct_tasks(cast: Cast) -> None:
    found = duties.gather(cast.cycle)

    assert found
    assert len({(duty.unit_id, duty.task) for duty in found}) == len(found)


def test_duties_are_kept_until_the_log_grows(cast: Cast, settings: Any) -> None:
    settings.KEPT_SECONDS = 60
    with transaction.atomic():
        audit.record(None, "cycle.moved", cast.cycle, cycle_code="2012")
    first = duties.duties_of(cast.cycle)
    cast.score("青山乡", "信访", "9", ScoreKind.SELF)
    kept = duties.duties_of(cast.cycle)
    with transaction.atomic():
        audit.record(None, "cycle.moved", cast.cycle, cycle_code="2012")
    fresh = duties.duties_of(cast.cycle)

    assert kept is first
    assert fresh != first
