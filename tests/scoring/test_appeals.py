"""Questioning a result from the draft to the one correction: who may, until when, about what, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bonuses.actions import adjustments
from bonuses.models import Adjustment, AdjustmentState
from office import audit
from office.models import AuditEntry, Notice, StoredFile
from office.refusal import Refused
from scoring.actions import appeal_register, appeal_rulings, appeals
from scoring.actions.appeal_register import Registration
from scoring.actions.appeal_rulings import Ruling
from scoring.actions.appeals import AppealDraft, PointDraft
from scoring.appeal_windows import terms_of
from scoring.models import (
    Appeal,
    AppealPoint,
    AppealState,
    Cell,
    Channel,
    Involvement,
    Outcome,
    Score,
)
from scoring.queries import standing_of
from tests.awards.test_consequences import SWAP, mark
from tests.bonuses.papers import claim, equip, scan, verified
from tests.cast import Cast
from units import foresight
from units.models import CalendarDay, Conflict, StageWindow
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast: Cast) -> Cast:
    return mark(equip(cast)).at(Stage.RESULTS)


def of_cell(year: Cast, unit: str = "青山乡", sub: str = "决战园区", kind: str = "score") -> PointDraft:
    return PointDraft(kind, cell_id=year.cell(unit, sub).pk, words="台账无此扣分")


def draft(
    year: Cast, *points: PointDraft, by: str = "official_青山乡", words: str = "园区得分有误", **more: Any
) -> Appeal:
    return appeals.save_draft(
        by=year.hat(by), cycle=year.cycle, draft=AppealDraft(words=words, points=points, **more)
    )


def filed(year: Cast, *points: PointDraft, by: str = "principal_青山乡", **more: Any) -> Appeal:
    made = draft(year, *(points or (of_cell(year),)), by=by, **more)
    return appeals.file_appeal(by=year.hat(by), cycle=year.cycle, appeal_id=made.pk)


def checked(year: Cast, *points: PointDraft, reviewer: str = "office2", **more: Any) -> Appeal:
    """Filed, with a reviewer named and the re-check recorded."""
    made = filed(year, *points, **more)
    namer = "leader1" if made.is_about_another else "office1"
    appeals.name_reviewer(
        by=year.hat(namer), cycle=year.cycle, appeal_id=made.pk, reviewer=year.people[reviewer]
    )
    appeals.record_recheck(
        by=year.hat(reviewer), cycle=year.cycle, appeal_id=made.pk, text="核对台账，确有误", advice="correct"
    )
    made.refresh_from_db()
    return made


RAISED = Ruling("upheld", "台账核对无误，扣分应予撤回", "preliminary", Decimal(100))
SMALL = Ruling("upheld", "计算有误", "preliminary", Decimal("80.1"))  # 青山乡 stays first, nobody swaps
KEPT = Ruling("kept", "扣分有据")


def sign(year: Cast, point: AppealPoint, ruling: Ruling, *by: str) -> AppealPoint:
    first, second = by or ("leader1", "leader2")
    appeal_rulings.sign_first(by=year.hat(first), cycle=year.cycle, point_id=point.pk, ruling=ruling)
    return appeal_rulings.sign_second(by=year.hat(second), cycle=year.cycle, point_id=point.pk)


def point_of(appeal: Appeal) -> AppealPoint:
    return appeal.points.get()


def entry_of(point: AppealPoint) -> AuditEntry:
    """The one act of the log that corrected the point."""
    assert point.entry is not None
    return AuditEntry.objects.get(number=point.entry)


def code_of(act: Any, **kwargs: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    return caught.value.code


# Filing ------------------------------------------------------------------------------------------


def test_the_official_drafts_and_the_principal_files(year: Cast) -> None:
    made = draft(year, of_cell(year))

    done = appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)

    assert (done.state, done.code, done.sender) == ("filed", "2012-复1", "principal_青山乡")
    assert [str(p) for p in done.points.all()] == ["决战园区 · 决战园区"]
    assert {n.user.username for n in Notice.objects.all()} == {"office1", "office2"}


def test_an_appeal_by_the_official_is_refused(year: Cast) -> None:
    made = draft(year, of_cell(year))

    code = code_of(appeals.file_appeal, by=year.hat("official_青山乡"), cycle=year.cycle, appeal_id=made.pk)

    assert code == "not-permitted"
    assert Appeal.objects.get().number is None


def test_an_appeal_about_nothing_is_refused(year: Cast) -> None:
    about_nothing = draft(year)
    wordless = draft(year, of_cell(year), words="  ")
    principal = year.hat("principal_青山乡")

    assert (
        code_of(appeals.file_appeal, by=principal, cycle=year.cycle, appeal_id=about_nothing.pk)
        == "about-nothing"
    )
    assert code_of(appeals.file_appeal, by=principal, cycle=year.cycle, appeal_id=wordless.pk) == "no-words"


def test_an_appeal_about_anothers_cell_finds_nothing(year: Cast) -> None:
    with pytest.raises(Refused) as caught:
        draft(year, of_cell(year, "白水乡"))

    assert caught.value.status == 404


def test_another_units_draft_is_404(year: Cast) -> None:
    made = draft(year, of_cell(year))

    with pytest.raises(Refused) as caught:
        appeals.file_appeal(by=year.hat("principal_白水乡"), cycle=year.cycle, appeal_id=made.pk)

    assert caught.value.status == 404


@pytest.mark.parametrize("stage", [Stage.HEARING, Stage.APPROVAL])
def test_outside_the_results_nothing_is_drafted(year: Cast, stage: Stage) -> None:
    year.at(stage)

    with pytest.raises(Refused) as caught:
        draft(year, of_cell(year))

    assert caught.value.code == "stage-closed"


def test_the_same_cell_is_not_questioned_twice_at_once(year: Cast) -> None:
    first = filed(year)

    with pytest.raises(Refused) as caught:
        draft(year, of_cell(year))

    assert caught.value.code == "questioned-already"
    assert first.code in caught.value.sentence


def test_numbers_follow_one_another(year: Cast) -> None:
    one = filed(year)
    two = filed(year, of_cell(year, sub="信访"))

    assert [one.number, two.number] == [1, 2]


# The window --------------------------------------------------------------------------------------


def reached(year: Cast, unit: str, on: date) -> None:
    appeals.note_delivery(
        by=year.hat("office1"), cycle=year.cycle, unit=year.units[unit], reached_on=on, receiver="收发室"
    )


def test_the_window_is_five_working_days_from_the_day_after_the_result_came(year: Cast) -> None:
    # Thursday 10 January 2013; the Monday after is a holiday, the Saturday after a working day.
    CalendarDay.objects.create(day=date(2013, 1, 14), is_working=False)
    CalendarDay.objects.create(day=date(2013, 1, 12), is_working=True)
    reached(year, "青山乡", date(2013, 1, 10))

    window = terms_of(year.cycle).window(year.units["青山乡"].pk)

    # 11 (Fri), 12 (Sat), 15, 16, 17
    assert window is not None
    assert (window.opens_on, window.closes_on) == (date(2013, 1, 10), date(2013, 1, 17))


def test_after_the_window_an_appeal_is_refused_and_the_draft_stays(year: Cast) -> None:
    made = draft(year, of_cell(year))
    reached(year, "青山乡", timezone.localdate() - timedelta(days=30))

    code = code_of(appeals.file_appeal, by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)

    assert code == "too-late"
    assert Appeal.objects.get().state == AppealState.DRAFT


def test_without_a_delivery_the_window_runs_from_the_day_the_results_were_opened(year: Cast) -> None:
    opened = timezone.localdate() - timedelta(days=40)
    StageWindow.objects.create(
        cycle=year.cycle, stage=Stage.RESULTS, opens_on=opened, closes_on=opened + timedelta(days=60)
    )
    made = draft(year, of_cell(year))
    principal = year.hat("principal_青山乡")

    late = code_of(appeals.file_appeal, by=principal, cycle=year.cycle, appeal_id=made.pk)
    appeals.set_terms(by=year.hat("office1"), cycle=year.cycle, working_days=60)
    appeals.file_appeal(by=principal, cycle=year.cycle, appeal_id=made.pk)

    assert late == "too-late"
    assert Appeal.objects.get().state == AppealState.FILED


def test_a_delivery_before_the_results_or_tomorrow_is_refused(year: Cast) -> None:
    opened = timezone.localdate() - timedelta(days=4)
    StageWindow.objects.create(
        cycle=year.cycle, stage=Stage.RESULTS, opens_on=opened, closes_on=opened + timedelta(days=60)
    )

    for day in (opened - timedelta(days=1), timezone.localdate() + timedelta(days=1)):
        with pytest.raises(Refused) as caught:
            reached(year, "青山乡", day)
        assert caught.value.code == "not-then"


# Paper, letters, calls ---------------------------------------------------------------------------


def on_paper(year: Cast, **more: Any) -> Registration:
    values: dict[str, Any] = {
        "channel": Channel.PAPER,
        "unit": year.units["白水乡"],
        "about": year.units["白水乡"],
        "sender": "白水乡 乡长",
        "received_on": timezone.localdate(),
        "words": "信访得分有误",
        "points": [of_cell(year, "白水乡", "信访")],
        "scan": scan(year, "复核申请"),
    }
    return Registration(**values | more)


def registered(year: Cast, by: str = "office1", **more: Any) -> Appeal:
    return appeal_register.register(by=year.hat(by), cycle=year.cycle, entry=on_paper(year, **more))


def test_signed_paper_is_entered_by_one_and_compared_by_another(year: Cast) -> None:
    made = registered(year)

    same = code_of(appeal_register.compare, by=year.hat("office1"), cycle=year.cycle, appeal_id=made.pk)
    done = appeal_register.compare(by=year.hat("office2"), cycle=year.cycle, appeal_id=made.pk)

    assert (made.state, made.code, same) == ("registered", "2012-复1", "same-person")
    assert done.state == AppealState.FILED


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ({"scan": None}, "no-scan"),
        ({"unit": None}, "no-unit"),
        ({"sender": " "}, "incomplete"),
        ({"received_on": None}, "incomplete"),
        ({"words": ""}, "incomplete"),
        ({"points": []}, "about-nothing"),
        ({"received_on": timezone.localdate() + timedelta(days=1)}, "future"),
        ({"channel": "screen"}, "no-channel"),
    ],
)
def test_incomplete_paper_is_refused(year: Cast, lacks: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        registered(year, **lacks)

    assert caught.value.code == code
    assert not Appeal.objects.exists()


def test_paper_that_came_after_the_window_is_refused_by_its_day_not_by_its_entry(year: Cast) -> None:
    reached(year, "白水乡", timezone.localdate() - timedelta(days=30))

    with pytest.raises(Refused) as caught:
        registered(year)
    in_time = registered(year, received_on=timezone.localdate() - timedelta(days=27))

    assert caught.value.code == "too-late"
    assert in_time.number == 1


def test_a_call_gets_a_number_and_an_answer(year: Cast) -> None:
    made = registered(year, channel=Channel.CALL, unit=None, scan=None, points=[], sender="群众 某")

    done = appeal_register.answer(
        by=year.hat("office1"), cycle=year.cycle, appeal_id=made.pk, reply="已说明考评办法"
    )

    assert (made.number, done.state) == (1, "answered")


def test_an_appeal_of_a_principal_is_not_just_answered(year: Cast) -> None:
    made = filed(year)

    code = code_of(
        appeal_register.answer, by=year.hat("office1"), cycle=year.cycle, appeal_id=made.pk, reply="知道了"
    )

    assert code == "needs-decision"


def test_nobody_of_the_office_registers_for_a_unit_of_his_own(year: Cast) -> None:
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office1"], unit=year.units["白水乡"], reason="亲属"
    )

    with pytest.raises(Refused) as caught:
        registered(year)

    assert caught.value.code == "own-unit"


# Who re-checks -----------------------------------------------------------------------------------


def name(year: Cast, appeal: Appeal, reviewer: str, by: str = "office1") -> Appeal:
    return appeals.name_reviewer(
        by=year.hat(by), cycle=year.cycle, appeal_id=appeal.pk, reviewer=year.people[reviewer]
    )


def test_a_reviewer_of_the_own_unit_is_refused(year: Cast) -> None:
    made = filed(year)
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["office2"], unit=year.units["青山乡"], reason="曾任职"
    )

    with pytest.raises(Refused) as tied:
        name(year, made, "office2")
    with pytest.raises(Refused) as own:
        name(year, made, "official_青山乡")

    assert (tied.value.code, own.value.code) == ("reviewer-has-a-part", "reviewer-has-a-part")


def test_whoever_gave_the_score_does_not_re_check_it(year: Cast) -> None:
    made = filed(year)  # office1 entered the scores of the cast

    with pytest.raises(Refused) as caught:
        name(year, made, "office1", by="office2")

    assert caught.value.code == "reviewer-has-a-part"
    assert "决战园区" in caught.value.sentence


def test_only_the_person_named_records_the_re_check(year: Cast) -> None:
    made = filed(year)
    name(year, made, "reviewer1")
    found: dict[str, Any] = {
        "cycle": year.cycle,
        "appeal_id": made.pk,
        "text": "属实",
        "advice": "correct",
    }

    with pytest.raises(Refused) as other:
        appeals.record_recheck(by=year.hat("office2"), **found)
    appeals.record_recheck(by=year.hat("reviewer1"), **found)

    made.refresh_from_db()
    assert other.value.status == 404
    assert made.state == AppealState.CHECKED
    assert Notice.objects.filter(user__username="reviewer1").exists()


def test_a_tie_declared_after_the_naming_stops_the_re_check(year: Cast) -> None:
    made = filed(year)
    name(year, made, "reviewer1")
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["reviewer1"], unit=year.units["青山乡"], reason="亲属"
    )

    code = code_of(
        appeals.record_recheck,
        by=year.hat("reviewer1"),
        cycle=year.cycle,
        appeal_id=made.pk,
        text="属实",
        advice="correct",
    )

    assert code == "own-unit"


def test_a_doubt_about_another_unit_goes_to_the_leaders(year: Cast) -> None:
    written = draft(year, words="白水乡的信访得分与事实不符", about=year.units["白水乡"])
    made = appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=written.pk)

    with pytest.raises(Refused) as office:
        name(year, made, "office2")
    named = name(year, made, "office2", by="mayor")

    assert office.value.code == "leaders-name"
    assert (named.named_role, named.state) == ("LD", "in-check")
    assert {n.user.username for n in Notice.objects.exclude(user=year.people["office2"])} >= {
        "leader1",
        "mayor",
    }


def test_a_doubt_about_another_unit_names_no_cell_of_it(year: Cast) -> None:
    with pytest.raises(Refused) as caught:
        draft(year, of_cell(year, "白水乡"), about=year.units["白水乡"])

    assert caught.value.code == "not-your-unit"


def test_the_leaders_name_the_cell_a_doubt_is_about_and_it_is_corrected(year: Cast) -> None:
    made = draft(year, words="白水乡的园区得分偏高", about=year.units["白水乡"])
    appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)
    name(year, made, "office2", by="leader1")
    point = appeals.add_point(
        by=year.hat("leader1"), cycle=year.cycle, appeal_id=made.pk, draft=of_cell(year, "白水乡")
    )
    appeals.record_recheck(
        by=year.hat("office2"), cycle=year.cycle, appeal_id=made.pk, text="偏高", advice="correct"
    )
    words = made.points.get(kind="other")

    sign(year, words, KEPT, "office1", "office2")
    sign(year, point, Ruling("upheld", "核减", "preliminary", Decimal(60)))

    made.refresh_from_db()
    assert made.state == AppealState.DECIDED
    assert Score.objects.get(cell=point.cell_id, kind="preliminary").points == 60


def test_words_alone_cannot_be_upheld(year: Cast) -> None:
    made = draft(year, words="白水乡的得分偏高", about=year.units["白水乡"])
    appeals.file_appeal(by=year.hat("principal_青山乡"), cycle=year.cycle, appeal_id=made.pk)
    name(year, made, "office2", by="leader1")
    appeals.record_recheck(
        by=year.hat("office2"), cycle=year.cycle, appeal_id=made.pk, text="偏高", advice="correct"
    )

    code = code_of(
        appeal_rulings.sign_first,
        by=year.hat("leader1"),
        cycle=year.cycle,
        point_id=made.points.get().pk,
        ruling=RAISED,
    )

    assert code == "names-nothing"


# Deciding and correcting -------------------------------------------------------------------------


def places(year: Cast) -> dict[str, int]:
    return {row.unit: row.rank for row in standing_of(year.blocks["乡镇口"]).rows}


def test_an_accepted_appeal_swaps_two_units_nobody_touched_and_shows_it_beforehand(year: Cast) -> None:
    """The worked numbers stand in tests/awards/test_consequences.py: 白水乡 905.00 → 788.00, 东河镇 899.00 → 794.00."""
    made = checked(year)
    point = point_of(made)
    before = places(year)

    shown = appeal_rulings.preview_of(point, RAISED)
    done = sign(year, point, RAISED)

    assert before == {"青山乡": 1, "白水乡": 2, "东河镇": 3}
    assert shown is not None
    assert shown.moves == SWAP
    assert places(year) == {"青山乡": 1, "东河镇": 2, "白水乡": 3}
    assert foresight.kept(done.consequences) == SWAP
    entry = entry_of(done)
    assert entry.act == "score.recorded"
    assert audit.details_of(entry)["consequences"] == done.consequences
    assert (done.before, done.after) == ("80", "100")
    made.refresh_from_db()
    assert made.state == AppealState.DECIDED


def test_exactly_one_correction_comes_of_an_upheld_point_and_none_of_a_kept_one(year: Cast) -> None:
    made = checked(year, of_cell(year), of_cell(year, sub="信访"))
    first, second = made.points.order_by("pk")
    entries = AuditEntry.objects.filter(act__startswith="score.").count()

    sign(year, first, RAISED)
    sign(year, second, KEPT, "office1", "office2")

    assert AuditEntry.objects.filter(act__startswith="score.").count() == entries + 1
    second.refresh_from_db()
    assert (second.outcome, second.entry) == (Outcome.KEPT, None)


def test_where_a_place_moves_two_of_the_leading_group_decide(year: Cast) -> None:
    point = point_of(checked(year))

    with pytest.raises(Refused) as caught:
        appeal_rulings.sign_first(by=year.hat("office1"), cycle=year.cycle, point_id=point.pk, ruling=RAISED)

    assert caught.value.code == "leading-group-decides"
    assert "白水乡、东河镇" in caught.value.sentence


def test_where_only_points_move_two_of_the_office_decide(year: Cast) -> None:
    point = point_of(checked(year))

    done = sign(year, point, SMALL, "office1", "office2")

    assert Score.objects.get(cell=done.cell_id, kind="preliminary").points == Decimal("80.1")


def test_the_first_person_does_not_sign_twice_and_the_second_is_of_the_same_body(year: Cast) -> None:
    point = point_of(checked(year))
    appeal_rulings.sign_first(by=year.hat("leader1"), cycle=year.cycle, point_id=point.pk, ruling=RAISED)
    args = {"cycle": year.cycle, "point_id": point.pk}

    assert code_of(appeal_rulings.sign_second, by=year.hat("leader1"), **args) == "same-person"
    assert code_of(appeal_rulings.sign_second, by=year.hat("office1"), **args) == "same-body"
    assert Score.objects.get(cell=point.cell_id, kind="preliminary").points == 80


def test_what_was_small_and_moves_a_place_meanwhile_goes_to_the_leading_group(year: Cast) -> None:
    point = point_of(checked(year))
    appeal_rulings.sign_first(by=year.hat("office1"), cycle=year.cycle, point_id=point.pk, ruling=SMALL)
    # 东河镇 comes up to 525.00 + 374.95 + 5 = 904.95, behind 白水乡's 905.00. The first at 80.1 of 80 then
    # gives 白水乡 584.27 + 320.00 = 904.27 and 东河镇 524.34 + 374.95 + 5 = 904.29.
    verified(year, "东河镇", kind="表彰", issuer="省农业厅", scope="单项")
    year.score("东河镇", "信访", "376.38")

    code = code_of(appeal_rulings.sign_second, by=year.hat("office2"), cycle=year.cycle, point_id=point.pk)

    assert code == "leading-group-decides"


def test_a_list_that_changed_since_it_was_shown_is_not_signed(year: Cast) -> None:
    point = point_of(checked(year))

    code = code_of(
        appeal_rulings.sign_first,
        by=year.hat("leader1"),
        cycle=year.cycle,
        point_id=point.pk,
        ruling=RAISED,
        seen="0" * 16,
    )

    assert code == "preview-changed"


def test_before_the_re_check_nothing_is_decided(year: Cast) -> None:
    point = point_of(filed(year))

    code = code_of(
        appeal_rulings.sign_first, by=year.hat("leader1"), cycle=year.cycle, point_id=point.pk, ruling=KEPT
    )

    assert code == "not-rechecked"


@pytest.mark.parametrize(
    ("ruling", "code"),
    [
        (Ruling("upheld", "", "preliminary", Decimal(90)), "no-reason"),
        (Ruling("", "x"), "no-outcome"),
        (Ruling("upheld", "x"), "no-points"),
        (Ruling("upheld", "x", "self", Decimal(90)), "no-points"),
        (Ruling("upheld", "x", "preliminary", Decimal(101)), "above-base"),
        (Ruling("upheld", "x", "preliminary", Decimal("90.001")), "too-many-decimals"),
        (Ruling("upheld", "x", "preliminary", Decimal(80)), "nothing-changes"),
    ],
)
def test_a_ruling_that_cannot_be_carried_out_is_refused(year: Cast, ruling: Ruling, code: str) -> None:
    point = point_of(checked(year))

    found = code_of(
        appeal_rulings.sign_first, by=year.hat("leader1"), cycle=year.cycle, point_id=point.pk, ruling=ruling
    )

    assert found == code


def test_nobody_decides_about_a_unit_of_his_own(year: Cast) -> None:
    point = point_of(checked(year))
    Conflict.objects.create(
        cycle=year.cycle, user=year.people["leader1"], unit=year.units["青山乡"], reason="挂点"
    )

    code = code_of(
        appeal_rulings.sign_first, by=year.hat("leader1"), cycle=year.cycle, point_id=point.pk, ruling=KEPT
    )

    assert code == "own-unit"


def test_a_signature_taken_back_leaves_the_point_open(year: Cast) -> None:
    point = point_of(checked(year))
    appeal_rulings.sign_first(by=year.hat("leader1"), cycle=year.cycle, point_id=point.pk, ruling=RAISED)

    back = appeal_rulings.send_back(
        by=year.hat("leader2"), cycle=year.cycle, point_id=point.pk, reason="再核"
    )

    assert (back.outcome, back.first_by, back.score_points, back.consequences) == ("", None, None, [])


def test_a_rejected_paper_counts_after_all(year: Cast) -> None:
    row = claim(year, "青山乡", by="official_青山乡")
    adjustments.reject(by=year.hat("office1"), cycle=year.cycle, adjustment_id=row.pk, reason="级别不符")
    made = checked(year, PointDraft("adjustment", adjustment_id=row.pk))

    done = sign(year, point_of(made), Ruling("upheld", "级别相符"), "office1", "office2")

    row.refresh_from_db()
    assert row.state == AdjustmentState.VERIFIED
    assert (done.before, done.after) == ("已退回", "已核实")
    assert entry_of(done).act == "adjustment.verified"


def test_a_criticism_that_hit_the_wrong_unit_no_longer_counts(year: Cast) -> None:
    row = verified(year, "青山乡", kind="通报批评", issuer="市委", number="市通报〔2012〕1号")
    made = checked(year, PointDraft("adjustment", adjustment_id=row.pk), reviewer="reviewer1")

    done = sign(year, point_of(made), Ruling("upheld", "所指非本单位"))

    row.refresh_from_db()
    assert row.state == AdjustmentState.REJECTED
    assert entry_of(done).act == "adjustment.rejected"
    assert Adjustment.objects.get().reason.startswith("2012-复1")


def test_a_refused_not_involved_is_confirmed(year: Cast) -> None:
    cell = year.cell("青山乡", "决战园区")
    Cell.objects.filter(pk=cell.pk).update(involvement=Involvement.REJECTED)
    made = checked(year, of_cell(year, kind="involvement"))

    done = sign(year, point_of(made), Ruling("upheld", "确无园区"))

    cell.refresh_from_db()
    assert cell.involvement == Involvement.CONFIRMED
    assert cell.proposed_by == year.people["leader1"]
    assert cell.involvement_decided_by == year.people["leader2"]
    assert entry_of(done).act == "not-involved.confirmed"


def test_a_confirmed_not_involved_is_taken_back(year: Cast) -> None:
    cell = year.cell("青山乡", "决战园区")
    cell.involvement, cell.proposed_by = Involvement.CONFIRMED, year.people["office1"]
    cell.save()
    made = checked(year, of_cell(year, kind="involvement"))

    done = sign(year, point_of(made), Ruling("upheld", "有园区工作"))

    cell.refresh_from_db()
    assert cell.involvement == Involvement.NONE
    assert entry_of(done).act == "not-involved.withdrawn"


def test_withdrawing_needs_a_reason_and_ends_it(year: Cast) -> None:
    made = filed(year)
    principal = year.hat("principal_青山乡")

    silent = code_of(appeals.withdraw, by=principal, cycle=year.cycle, appeal_id=made.pk, reason=" ")
    done = appeals.withdraw(by=principal, cycle=year.cycle, appeal_id=made.pk, reason="已核对")

    assert (silent, done.state) == ("no-reason", "withdrawn")


def test_the_database_itself_holds_one_correction_for_one_decision(year: Cast) -> None:
    made = checked(year, of_cell(year), of_cell(year, sub="信访"))
    first, second = made.points.order_by("pk")
    done = sign(year, first, RAISED)

    with pytest.raises(IntegrityError), transaction.atomic():
        AppealPoint.objects.filter(pk=second.pk).update(entry=done.entry)


def test_files_of_the_appeal_are_kept_by_their_digest(year: Cast) -> None:
    made = draft(year, of_cell(year), files=[scan(year, "台账", "official_青山乡")])

    assert [row.file for row in made.files.select_related("file")] == list(StoredFile.objects.all())
