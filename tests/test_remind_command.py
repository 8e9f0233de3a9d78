"""`remind`: three days before, the day before, overdue; once for each; inbox and mail; what fails is tried again.

Who is told what is tested in tests/units/test_reminders.py.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime, time, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.utils import timezone

from appraisal_site import reminding
from office.models import Notice, User
from scoring.models import ScoreKind
from tests.cast import Cast
from tests.pages.test_duties import submitted
from units.calendar import SHANGHAI
from units.duties import Duty
from units.models import Reminder, StageWindow, Why
from units.stages import Stage

DUE = datetime(2012, 12, 20, 17, 30, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2012, 12, 21, tzinfo=SHANGHAI)  # 24:00 of the 20th


def run(*arguments: str) -> dict[str, list[dict[str, object]]]:
    out = io.StringIO()
    call_command("remind", *arguments, "--json", stdout=out)
    years = json.loads(out.getvalue())["years"]
    return {year["cycle"]: year["reminders"] for year in years}


def closes_in(cast: Cast, days: int, stage: Stage = Stage.SELF_ASSESSMENT) -> None:
    """The window of the stage ends at 17:30 so many days from today."""
    last = timezone.localdate() + timedelta(days=days)
    StageWindow.objects.filter(cycle=cast.cycle, stage=stage).delete()
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=stage,
        opens_on=last - timedelta(days=20),
        closes_on=last,
        cut_off=time(23, 59),
    )


@pytest.mark.parametrize(
    ("due", "today", "why"),
    [
        (DUE, (12, 16), None),
        (DUE, (12, 17), Why.THREE_DAYS),
        (DUE, (12, 18), Why.THREE_DAYS),  # the timer did not run on the 17th
        (DUE, (12, 19), Why.ONE_DAY),
        (DUE, (12, 20), Why.ONE_DAY),
        (DUE, (12, 21), Why.OVERDUE),
        (DUE, (12, 31), Why.OVERDUE),
        (MIDNIGHT, (12, 17), Why.THREE_DAYS),
        (MIDNIGHT, (12, 20), Why.ONE_DAY),
        (MIDNIGHT, (12, 21), Why.OVERDUE),
    ],
)
def test_the_day_says_why(due: datetime, today: tuple[int, int], why: Why | None) -> None:
    at_eight = datetime(2012, *today, 8, tzinfo=SHANGHAI)

    assert reminding.why_now(Duty("t", "自评", 1, due), at_eight) is why


def test_after_four_weeks_the_timer_is_silent_and_without_a_day_or_when_done_from_the_beginning() -> None:
    late = DUE + timedelta(days=29)
    duties = [Duty("t", "自评", 1, DUE), Duty("t", "自评", 1), Duty("t", "自评", 1, DUE, done_at=DUE)]

    assert [reminding.why_now(duty, late) for duty in duties] == [None, None, None]


def test_units_are_told_in_their_inbox_once_for_each_reason(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 3)
    first = run()["2012"]
    second = run()["2012"]
    closes_in(cast, 1)
    third = run()["2012"]

    units = {row["unit"] for row in first if row["task"] == "self-assessment"}
    # Only those with an account can be told; the others are the desk's to call.
    assert units == {"青山乡", "白水乡"}
    assert (second, {row["why"] for row in first}, {row["why"] for row in third}) == (
        [],
        {"3-days"},
        {"1-day"},
    )
    notice = Notice.objects.filter(user=cast.people["official_青山乡"]).latest("pk")
    assert notice.text.startswith("青山乡：“自评”")
    assert notice.address


def test_what_is_overdue_is_said_again_after_a_week(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, -1)
    run()
    quiet = run()["2012"]
    Reminder.objects.update(day=timezone.localdate() - timedelta(days=7))

    again = run()["2012"]

    assert quiet == []
    assert {row["why"] for row in again} == {"overdue"}


def test_what_is_done_is_not_reminded_of(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 1)
    for sub in ("决战园区", "信访", "安全"):
        cast.score("青山乡", sub, "9", ScoreKind.SELF)
    cast.score("青山乡", "招商引资工作", "9", ScoreKind.SELF, block="招商引资")
    submitted(cast, "青山乡")

    reminded = {row["unit"] for row in run()["2012"] if row["task"] == "self-assessment"}
    assert reminded == {"白水乡"}


def test_everything_of_one_person_is_one_mail(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 1)
    User.objects.filter(username="official_青山乡").update(email="qsx@example.org")

    run()

    letter = mail.outbox[0]
    assert [m.to for m in mail.outbox] == [["qsx@example.org"]]
    assert re.fullmatch(r"2012年度：有\d件事待办理", str(letter.subject))
    assert re.search(r"\d\. 青山乡：“自评”", str(letter.body))
    assert "白水乡" not in str(letter.body)


def test_a_mail_that_fails_is_tried_again_by_the_next_run(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 1)
    User.objects.filter(username="official_青山乡").update(email="qsx@example.org")

    def down(self: EmailMessage, fail_silently: bool = False) -> int:
        raise SMTPServerDisconnected("no route")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", down)
        with pytest.raises(CommandError, match="no route"):
            run()
    kept = Notice.objects.count()
    run()

    assert kept == Notice.objects.count() > 0
    assert [m.to for m in mail.outbox] == [["qsx@example.org"]]


def test_a_dry_run_says_who_and_changes_nothing(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 1)

    said = run("--dry-run")["2012"]

    assert {"青山乡", "白水乡", "东河镇"} <= {str(row["unit"]) for row in said}
    assert not Reminder.objects.exists()
    assert not Notice.objects.exists()


def test_a_year_that_is_over_is_left_alone_and_one_that_is_unknown_is_refused(cast: Cast) -> None:
    cast.at(Stage.PUBLISHED)

    assert run() == {}
    for code in ("2012", "1999"):
        with pytest.raises(CommandError) as refused:
            run("--cycle", code)
        assert refused.value.returncode == 1


def test_the_command_says_in_one_line_what_it_did(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 1)
    out = io.StringIO()

    call_command("remind", stdout=out)

    assert out.getvalue().startswith("2012：催办")


def test_a_window_moved_to_another_day_is_told_anew(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)
    closes_in(cast, 3)
    run()
    Reminder.objects.update(day=date(2012, 1, 1), due=DUE)

    assert {row["why"] for row in run()["2012"]} == {"3-days"}
