"""Self-assessment: saving, deductions, evidence, submitting by the deadline, receipts, withdrawing, sending back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import evidence
from office.models import AuditEntry, Evidence, Notice
from office.refusal import Refused
from scoring import assessment_queries as queries
from scoring.actions import assessments, scores
from scoring.actions.assessments import Said
from scoring.actions.scores import DeductionLine
from scoring.models import (
    Assessment,
    Cell,
    Deduction,
    Indicator,
    Ledger,
    LedgerLine,
    LedgerVersion,
    Receipt,
    Score,
    ScoreKind,
    SubItem,
)
from tests.bonuses.papers import pdf, png
from tests.cast import Cast
from tests.pages.reading import YEAR, body, grow, signed_in, words_of
from units.models import Block, Cycle, Reopening, StageWindow
from units.stages import Stage

SELF = f"{YEAR}self/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SELF_ASSESSMENT)


def say(
    year: Cast,
    sub: str = "信访",
    points: str | None = "390",
    by: str = "official_青山乡",
    block: str = "乡镇口",
    **more: Any,
) -> queries.LineFacts:
    unit = by.partition("_")[2] or "青山乡"
    return assessments.save_line(
        by=year.hat(by),
        cell_id=year.cell(unit, sub, block).pk,
        said=Said(points=None if points is None else Decimal(points), **{"note": "见年度总结"} | more),
    )


def fill_in(year: Cast, by: str = "official_青山乡") -> None:
    """Every line of the unit's part with nine tenths of its base and a note."""
    unit = year.hat(by).unit
    assert unit is not None
    for cell in queries.cells_of_part(year.cycle, unit.pk, None).select_related("sub_item"):
        said = Said(points=cell.sub_item.base_points * 9 / 10, note="见年度总结")
        assessments.save_line(by=year.hat(by), cell_id=cell.pk, said=said)


def submit(year: Cast, by: str = "principal_青山乡") -> Receipt:
    unit = year.hat(by).unit
    assert unit is not None
    return assessments.submit(by=year.hat(by), cycle=year.cycle, unit=unit)


def refused(act: Callable[..., Any], *values: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*values, **more)
    return caught.value


def window(year: Cast, days: int, block: Block | None = None) -> StageWindow:
    """The window of self-assessment, closing so many days from today (its whole last day is open)."""
    today = timezone.localdate()
    window, _made = StageWindow.objects.update_or_create(
        cycle=year.cycle,
        block=block,
        stage=Stage.SELF_ASSESSMENT,
        defaults={"opens_on": today - timedelta(days=30), "closes_on": today + timedelta(days=days)},
    )
    return window


# Saving -------------------------------------------------------------------------------------------


def test_a_saved_line_is_a_self_score_that_never_moves_a_place(year: Cast) -> None:
    block = year.blocks["乡镇口"]
    before = block.standing.version

    say(year, points="380.5")

    score = Score.objects.get(kind=ScoreKind.SELF)
    block.standing.refresh_from_db()
    assert (score.points, score.reason, score.by_office) == (Decimal("380.5"), "见年度总结", False)
    assert block.standing.version == before


def test_deductions_give_the_points(year: Cast) -> None:
    lines = [DeductionLine(Decimal("2.5"), "迟报一次"), DeductionLine(Decimal(3), "漏报一件")]

    kept = say(year, points=None, lines=lines)

    assert kept.points == Decimal("394.5")  # 400 - 2.5 - 3
    assert [(line.points, line.reason) for line in Deduction.objects.all()] == [
        (Decimal("2.5"), "迟报一次"),
        (Decimal(3), "漏报一件"),
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"points": "401"}, "above-base"),
        ({"points": "-1"}, "below-floor"),
        ({"points": "1.234"}, "too-many-decimals"),
        ({"points": "390", "lines": [DeductionLine(Decimal(5), "迟报")]}, "lines-disagree"),
        ({"points": None, "lines": [DeductionLine(Decimal(5), " ")]}, "no-reason"),
        ({"points": None, "lines": [DeductionLine(Decimal(-5), "迟报")]}, "below-floor"),
        ({"points": None, "lines": [DeductionLine(Decimal("NaN"), "迟报")]}, "not-a-number"),
        ({"points": None, "wishes_not_involved": True}, "no-reason"),
        ({"points": "1", "wishes_not_involved": True, "wish_reason": "无此项"}, "points-and-wish"),
        ({"points": "1", "note": "长" * 501}, "too-long"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(year: Cast, said: dict[str, Any], code: str) -> None:
    assert refused(say, year, **said).code == code
    assert not Score.objects.filter(kind=ScoreKind.SELF).exists()


def test_a_sub_item_with_indicators_wants_one_for_each_deduction_and_stops_each_at_its_floor(
    year: Cast,
) -> None:
    sub = year.subs["乡镇口", "信访"]
    first = Indicator.objects.create(sub_item=sub, name="来访", base_points=100)
    Indicator.objects.create(sub_item=sub, name="来信", base_points=300)

    kept = say(year, points=None, lines=[DeductionLine(Decimal(150), "集体上访", first)])

    assert kept.points == Decimal(300)  # the first indicator stops at 0
    assert (
        refused(say, year, points=None, lines=[DeductionLine(Decimal(1), "漏报")]).code == "indicator-missing"
    )


def test_saving_the_same_again_writes_nothing(year: Cast) -> None:
    say(year)
    entries = AuditEntry.objects.count()

    say(year)

    assert AuditEntry.objects.count() == entries


def test_an_emptied_line_is_open_again(year: Cast) -> None:
    say(year, points=None, lines=[DeductionLine(Decimal(5), "迟报")])

    kept = say(year, points=None, note="")

    assert (kept.points, Deduction.objects.count()) == (None, 0)


def test_two_editors_meet_with_both_values(year: Cast) -> None:
    shown = queries.line_facts(year.cell("青山乡", "信访").pk).seen
    say(year, points="390", by="principal_青山乡")

    said = refused(
        assessments.save_line,
        by=year.hat("official_青山乡"),
        cell_id=year.cell("青山乡", "信访").pk,
        said=Said(points=Decimal(350)),
        seen=shown,
    )

    assert (said.status, said.code) == (409, "changed-meanwhile")
    assert (said.values["stored"], said.values["wanted"]) == ("390", "350")
    assert "principal_青山乡" in said.sentence


@pytest.mark.parametrize(
    "by", ["official_白水乡", "lead_市信访局", "reviewer1", "leader1", "mayor", "auditor"]
)
def test_nobody_but_the_unit_and_the_office_writes_in_its_self_assessment(year: Cast, by: str) -> None:
    said = refused(
        assessments.save_line,
        by=year.hat(by),
        cell_id=year.cell("青山乡", "信访").pk,
        said=Said(points=Decimal(1)),
    )

    assert said.status == (404 if by == "official_白水乡" else 403)


@pytest.mark.parametrize("stage", [Stage.MONITORING, Stage.PRELIMINARY_REVIEW])
def test_outside_its_stage_it_is_closed_until_reopened_for_the_unit(year: Cast, stage: Stage) -> None:
    year.at(stage)
    assert refused(say, year).code == "stage-closed"

    Reopening.objects.create(
        cycle=year.cycle,
        stage=Stage.SELF_ASSESSMENT,
        unit=year.units["青山乡"],
        until=timezone.now() + timedelta(hours=1),
        reason="补报",
        by=year.people["office1"],
    )

    assert say(year).points == 390
    assert refused(say, year, by="official_白水乡").code == "stage-closed"


def test_past_the_deadline_the_server_says_its_time_and_the_form_keeps_its_text(year: Cast) -> None:
    window(year, -1)
    cell = year.cell("青山乡", "信访")
    client = signed_in(year.people["official_青山乡"])

    answer = client.post(f"{SELF}cells/{cell.pk}/", {"points": "391", "note": "写了很久的说明"})
    saved = client.post(f"{SELF}cells/{cell.pk}/save/", {"points": "391", "note": "写了很久的说明"})

    assert answer.status_code == 409
    assert "写了很久的说明" in body(answer)
    assert saved.status_code == 409
    assert saved.json()["code"] == "deadline-over"
    assert saved.json()["server_time"][:10] == timezone.localdate().isoformat()


# Submitting ---------------------------------------------------------------------------------------


def test_a_receipt_seals_what_was_submitted(year: Cast) -> None:
    fill_in(year)
    say(year, points=None, lines=[DeductionLine(Decimal(4), "迟报")], note="")

    receipt = submit(year)

    content = json.loads(receipt.content)
    assert receipt.digest == assessments.digest_of(receipt.content)
    assert receipt.number == f"2012-自评-{receipt.assessment_id:04d}-1"
    assert content["unit"] == "青山乡"
    lines = {line["sub_item"]: line["points"] for line in content["lines"]}
    assert lines == {"决战园区": "90", "信访": "396", "安全": "540", "招商引资工作": "90"}
    assert content["total"] == "1116"


def test_a_second_click_of_the_principal_gets_the_same_receipt(year: Cast) -> None:
    fill_in(year)

    assert submit(year) == submit(year)
    assert Receipt.objects.count() == 1


def test_what_is_open_is_named_and_not_sealed(year: Cast) -> None:
    fill_in(year)
    say(year, points=None, note="")
    say(year, sub="决战园区", points="80", note="")

    said = refused(submit, year)

    assert said.code == "not-complete"
    assert "信访" in said.sentence
    assert "决战园区" in said.sentence
    assert not Receipt.objects.exists()


def test_a_wish_to_be_left_out_answers_a_line_and_changes_no_involvement(year: Cast) -> None:
    fill_in(year)
    say(year, points=None, wishes_not_involved=True, wish_reason="本乡无信访窗口", note="")

    receipt = submit(year)

    wished = [line["not_involved"] for line in json.loads(receipt.content)["lines"] if line["not_involved"]]
    assert wished == ["本乡无信访窗口"]
    assert Cell.objects.exclude(involvement="").count() == 0


def test_the_official_enters_and_only_the_principal_submits(year: Cast) -> None:
    fill_in(year)

    assert refused(submit, year, "official_青山乡").status == 403
    assert signed_in(year.people["official_青山乡"]).post(f"{SELF}submit/").status_code == 403


@pytest.mark.parametrize("door", ["line", "score", "clear", "evidence"])
def test_once_submitted_no_door_changes_it(year: Cast, door: str) -> None:
    fill_in(year)
    receipt = submit(year)
    cell, hat = year.cell("青山乡", "信访"), year.hat("official_青山乡")
    acts: dict[str, Callable[[], Any]] = {
        "line": lambda: say(year, points="1"),
        "score": lambda: scores.record_score(by=hat, cell_id=cell.pk, kind=ScoreKind.SELF, points=Decimal(1)),
        "clear": lambda: scores.clear_score(by=hat, cell_id=cell.pk, kind=ScoreKind.SELF, reason="误填"),
        "evidence": lambda: assessments.add_evidence(
            by=hat, cell_id=cell.pk, upload=SimpleUploadedFile("通知.pdf", pdf())
        ),
    }

    said = refused(acts[door])

    assert said.code == "already-submitted"
    assert receipt.number in said.sentence


def test_a_sheet_of_self_scores_leaves_a_submitted_unit_alone(year: Cast) -> None:
    from scoring.permissions import may_score_many

    fill_in(year)
    submit(year)
    cell = year.cell("青山乡", "信访")
    office = may_score_many(year.hat("office1"), ScoreKind.SELF, year.cycle)

    barred = office.refusal(cell.membership.unit_id, cell.sub_item_id, cell.block_id)
    other = office.refusal(year.units["白水乡"].pk, cell.sub_item_id, cell.block_id)

    assert barred is not None
    assert barred.code == "already-submitted"
    assert other is None


def test_before_the_deadline_the_principal_withdraws_with_a_reason_and_submits_anew(year: Cast) -> None:
    fill_in(year)
    first = submit(year)
    unit = year.units["青山乡"]
    no_reason = refused(
        assessments.withdraw, by=year.hat("principal_青山乡"), cycle=year.cycle, unit=unit, reason=" "
    )

    assessments.withdraw(by=year.hat("principal_青山乡"), cycle=year.cycle, unit=unit, reason="漏填一项")
    say(year, points="395")
    second = submit(year)

    first.refresh_from_db()
    assert no_reason.code == "no-reason"
    assert (first.withdrawn_reason, str(first.withdrawn_by)) == ("漏填一项", "principal_青山乡")
    assert second.number.endswith("-2")
    assert second.digest != first.digest


def test_after_the_deadline_nobody_withdraws_and_nobody_submits(year: Cast) -> None:
    fill_in(year)
    fill_in(year, "official_白水乡")
    submit(year)
    window(year, -1)
    unit = year.units["青山乡"]

    late = refused(submit, year, "principal_白水乡")
    back = refused(
        assessments.withdraw, by=year.hat("principal_青山乡"), cycle=year.cycle, unit=unit, reason="改"
    )

    assert (late.code, back.code) == ("deadline-over", "deadline-over")
    assert late.values["server_time"][:10] == timezone.now().date().isoformat()


def test_the_team_sends_back_until_an_instant_and_it_is_counted(year: Cast) -> None:
    fill_in(year)
    submit(year)
    year.at(Stage.PRELIMINARY_REVIEW)
    unit = year.units["青山乡"]

    assessments.send_back(
        by=year.hat("reviewer1"),
        cycle=year.cycle,
        unit=unit,
        reason="缺安全生产的依据",
        until=timezone.now() + timedelta(days=2),
    )
    say(year, points="388")
    submit(year)

    assert Assessment.objects.get().returns == 1
    assert {str(notice.user) for notice in Notice.objects.filter(text__contains="缺安全生产")} == {
        "official_青山乡",
        "principal_青山乡",
    }


def test_a_team_sends_no_unit_back_that_is_not_its_own(year: Cast) -> None:
    fill_in(year, "official_白水乡")
    submit(year, "principal_白水乡")
    year.at(Stage.PRELIMINARY_REVIEW)

    said = refused(
        assessments.send_back,
        by=year.hat("reviewer1"),
        cycle=year.cycle,
        unit=year.units["白水乡"],
        reason="缺依据",
        until=timezone.now() + timedelta(days=2),
    )

    assert said.status == 404


def test_a_track_with_its_own_calendar_is_a_part_of_its_own(year: Cast) -> None:
    track = year.blocks["招商引资"]
    Block.objects.filter(pk=track.pk).update(has_own_calendar=True, stage=Stage.SELF_ASSESSMENT)
    track.refresh_from_db()
    fill_in(year)
    say(year, sub="招商引资工作", points="88", block="招商引资")

    own = submit(year)
    of_track = assessments.submit(
        by=year.hat("principal_青山乡"), cycle=year.cycle, unit=year.units["青山乡"], block=track
    )

    assert len(json.loads(own.content)["lines"]) == 3
    assert json.loads(of_track.content)["part"] == "招商引资"


# Evidence -----------------------------------------------------------------------------------------


def lay(year: Cast, by: str = "official_青山乡", content: bytes | None = None) -> Evidence:
    cell = year.cell("青山乡", "信访")
    upload = SimpleUploadedFile("通知.pdf", content or pdf("通知"))
    kept, _new = assessments.add_evidence(by=year.hat(by), cell_id=cell.pk, upload=upload)
    return kept


def test_evidence_is_laid_and_taken_away_while_it_is_a_draft(year: Cast) -> None:
    kept = lay(year)
    account = evidence.account_of("2012", year.units["青山乡"].pk)
    assert evidence.used_bytes(account) == kept.file.size

    assessments.remove_evidence(by=year.hat("official_青山乡"), evidence_id=kept.pk)

    assert evidence.used_bytes(account) == 0
    entries = AuditEntry.objects.filter(act__startswith="self.evidence").order_by("number")
    assert [entry.act for entry in entries] == [
        "self.evidence-added",
        "self.evidence-removed",
    ]


def test_evidence_of_a_submitted_assessment_stays(year: Cast) -> None:
    kept = lay(year)
    fill_in(year)
    receipt = submit(year)

    said = refused(assessments.remove_evidence, by=year.hat("official_青山乡"), evidence_id=kept.pk)

    assert said.code == "already-submitted"
    files = [file for line in json.loads(receipt.content)["lines"] for file in line["evidence"]]
    assert files == [{"name": "通知.pdf", "sha256": kept.file.sha256}]


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("official_青山乡", 200),
        ("principal_青山乡", 200),
        ("lead_市信访局", 200),
        ("reviewer1", 200),
        ("office1", 200),
        ("leader1", 200),
        ("official_白水乡", 404),
        ("auditor", 403),
        ("sysadmin", 403),
    ],
)
def test_evidence_opens_for_those_who_may_and_for_nobody_else(year: Cast, person: str, status: int) -> None:
    kept = lay(year)

    answer = signed_in(year.people[person]).get(f"{SELF}evidence/{kept.pk}/")

    assert answer.status_code == status


def test_a_lead_sees_no_evidence_of_another_bodys_sub_item(year: Cast) -> None:
    cell = year.cell("青山乡", "安全")
    upload = SimpleUploadedFile("通知.pdf", pdf())
    kept, _new = assessments.add_evidence(by=year.hat("official_青山乡"), cell_id=cell.pk, upload=upload)

    assert signed_in(year.people["lead_市信访局"]).get(f"{SELF}evidence/{kept.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("通知.pdf", b"<html><script>alert(1)</script></html>", "不是可接收的类型"),
        ("图.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "不是可接收的类型"),
    ],
)
def test_a_hostile_file_is_told_on_the_page(year: Cast, name: str, content: bytes, said: str) -> None:
    cell = year.cell("青山乡", "信访")
    client = signed_in(year.people["official_青山乡"])

    answer = client.post(f"{SELF}cells/{cell.pk}/evidence/", {"file": SimpleUploadedFile(name, content)})

    assert answer.status_code == 422
    assert said in words_of(answer)
    assert not Evidence.objects.exists()


def test_a_file_that_broke_off_half_way_is_no_fault_of_the_site(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")
    client = signed_in(year.people["official_青山乡"])
    half = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + pdf()[:40]

    answer = client.post(
        f"{SELF}cells/{cell.pk}/evidence/", half, content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code in {400, 403, 422}
    assert not Evidence.objects.exists()


# Pages --------------------------------------------------------------------------------------------


def test_the_official_sees_how_far_the_unit_is_and_what_is_next(year: Cast) -> None:
    say(year, sub="决战园区", points="90")

    page = signed_in(year.people["official_青山乡"]).get(SELF)

    assert page.status_code == 200
    assert "1 / 4" in words_of(page)
    assert "下一待填项" in words_of(page)
    assert "白水乡" not in words_of(page)


def test_the_page_saves_and_leads_on_without_script(year: Cast) -> None:
    client = signed_in(year.people["official_青山乡"])
    first, second = year.cell("青山乡", "决战园区"), year.cell("青山乡", "信访")
    shown = client.get(f"{SELF}cells/{first.pk}/")

    answer = client.post(
        f"{SELF}cells/{first.pk}/",
        {"points": "", "off-0": "２．５", "reason-0": "迟报", "seen": queries.line_facts(first.pk).seen},
    )

    assert shown.status_code == 200
    assert answer.headers["Location"] == f"{SELF}cells/{second.pk}/"
    assert Score.objects.get(cell=first, kind="self").points == Decimal("97.5")


def test_what_was_typed_stays_after_a_refusal(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")

    answer = signed_in(year.people["official_青山乡"]).post(
        f"{SELF}cells/{cell.pk}/", {"points": "四百", "note": "一段话", "off-0": "3", "reason-0": ""}
    )

    assert answer.status_code == 422
    assert 'value="四百"' in body(answer)
    assert "一段话" in body(answer)
    assert 'value="3"' in body(answer)


def test_the_form_saves_itself_and_is_answered_with_the_next_digest(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")
    client = signed_in(year.people["official_青山乡"])
    seen = queries.line_facts(cell.pk).seen

    first = client.post(f"{SELF}cells/{cell.pk}/save/", {"points": "400", "seen": seen})
    stale = client.post(f"{SELF}cells/{cell.pk}/save/", {"points": "399", "note": "x", "seen": seen})
    again = client.post(
        f"{SELF}cells/{cell.pk}/save/", {"points": "399", "note": "x", "seen": first.json()["seen"]}
    )

    assert (first.status_code, first.json()["points"], first.json()["ready"]) == (200, "400", True)
    assert stale.status_code == 409
    assert again.status_code == 200


def test_saving_asks_a_fixed_number_of_questions(year: Cast) -> None:
    cell = year.cell("青山乡", "信访")
    client = signed_in(year.people["official_青山乡"])
    say(year, points="380")

    with CaptureQueriesContext(connection) as asked:
        client.post(
            f"{SELF}cells/{cell.pk}/save/",
            {"points": "381", "note": "y", "seen": queries.line_facts(cell.pk).seen},
        )

    assert len(asked) <= 38, [q["sql"][:90] for q in asked]


def test_the_base_the_rule_and_last_years_score_stand_beside_the_form(year: Cast) -> None:
    sub = year.subs["乡镇口", "信访"]
    Indicator.objects.create(sub_item=sub, name="来访", base_points=400, rule_text="每发生一起扣5分")
    old = Cycle.objects.create(code="2011", name="旧", year=2011, host=year.cycle.host)
    block = Block.objects.create(cycle=old, name="乡镇口", kind="综合")
    item = year.subs["乡镇口", "信访"].item
    item_before = type(item).objects.create(block=block, name="社会管理", weight_points=1, base_points=400)
    sub_before = SubItem.objects.create(item=item_before, name="信访", base_points=400)
    member = block.memberships.create(unit=year.units["青山乡"])
    cell_before, _made = Cell.objects.get_or_create(block=block, membership=member, sub_item=sub_before)
    for kind, points in [("lead", 350), ("preliminary", 361)]:
        Score.objects.create(
            cell=cell_before,
            kind=kind,
            points=points,
            entered_by=year.people["office1"],
            entered_at=timezone.now(),
        )

    page = words_of(
        signed_in(year.people["official_青山乡"]).get(f"{SELF}cells/{year.cell('青山乡', '信访').pk}/")
    )

    assert "每发生一起扣5分" in page
    assert "361" in page
    assert "350" not in page


def test_the_units_own_ledger_lines_stand_beside_the_form_and_no_other_units(year: Cast) -> None:
    body = year.units["市信访局"]
    ledger = Ledger.objects.create(cycle=year.cycle, kind="ledger", body=body, period="Q2")
    version = LedgerVersion.objects.create(
        ledger=ledger, number=1, state="standing", by=year.people["office1"], at=timezone.now()
    )
    Ledger.objects.filter(pk=ledger.pk).update(current=version)
    sub = year.subs["乡镇口", "信访"]
    for unit, reason in (("青山乡", "集体上访一起"), ("白水乡", "越级上访两起")):
        member = year.cell(unit, "信访").membership
        LedgerLine.objects.create(
            version=version, membership=member, sub_item=sub, points=Decimal(5), reason=reason
        )

    page = words_of(
        signed_in(year.people["official_青山乡"]).get(f"{SELF}cells/{year.cell('青山乡', '信访').pk}/")
    )

    assert "集体上访一起" in page
    assert "越级上访两起" not in page


def test_the_office_sees_everybody_and_takes_the_table_away(year: Cast) -> None:
    fill_in(year)
    submit(year)
    client = signed_in(year.people["office1"])

    page = words_of(client.get(SELF))
    unit = client.get(f"{SELF}units/青山乡/")
    sheet = client.get(f"{YEAR}self.xlsx")

    assert "青山乡" in page
    assert "市档案局" in page
    assert unit.status_code == 200
    assert sheet.status_code == 200
    assert sheet.headers["Content-Type"].endswith("spreadsheetml.sheet")


def test_a_lead_sees_its_own_sub_items_only_and_no_sum(year: Cast) -> None:
    fill_in(year)

    page = words_of(signed_in(year.people["lead_市信访局"]).get(f"{SELF}units/青山乡/"))

    assert "信访" in page
    assert "安全" not in page
    assert "合计" not in page


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("official_白水乡", 404),
        ("reviewer1", 404),
        ("office1", 200),
        ("auditor", 200),
        ("archive", 404),
        ("secadmin", 403),
    ],
)
def test_a_foreign_unit_is_not_there(year: Cast, person: str, status: int) -> None:
    unit = "东河镇"

    assert signed_in(year.people[person]).get(f"{SELF}units/{unit}/").status_code == status


def test_a_foreign_cell_and_a_foreign_receipt_are_not_there(year: Cast) -> None:
    fill_in(year)
    receipt = submit(year)
    rival = signed_in(year.people["official_白水乡"])
    cell = year.cell("青山乡", "信访")

    answers = [
        rival.get(f"{SELF}cells/{cell.pk}/"),
        rival.post(f"{SELF}cells/{cell.pk}/", {"points": "1"}),
        rival.post(f"{SELF}cells/{cell.pk}/save/", {"points": "1"}),
        rival.get(f"{SELF}receipts/{receipt.pk}/"),
        rival.get(f"{SELF}receipts/{receipt.pk}/receipt.pdf"),
        signed_in(year.people["lead_市信访局"]).get(f"{SELF}receipts/{receipt.pk}/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6


def test_the_receipt_is_shown_and_printed(year: Cast) -> None:
    fill_in(year)
    receipt = submit(year)
    client = signed_in(year.people["principal_青山乡"])

    page = client.get(f"{SELF}receipts/{receipt.pk}/")
    paper = client.get(f"{SELF}receipts/{receipt.pk}/receipt.pdf")

    assert receipt.number in words_of(page)
    assert receipt.digest in body(page)
    assert paper.content.startswith(b"%PDF-")


def test_the_principal_looks_over_submits_and_withdraws_in_the_browser(year: Cast) -> None:
    fill_in(year)
    client = signed_in(year.people["principal_青山乡"])

    shown = client.get(f"{SELF}submit/")
    sent = client.post(f"{SELF}submit/")
    back = client.post(f"{SELF}withdraw/", {"reason": "漏填"})
    bare = client.post(f"{SELF}withdraw/", {"reason": "漏填"})

    assert shown.status_code == 200
    assert sent.headers["Location"].startswith(f"{SELF}receipts/")
    assert back.status_code == 302
    assert bare.status_code == 409  # nothing is left to withdraw


def test_the_reviewer_sends_back_by_the_page(year: Cast) -> None:
    fill_in(year)
    submit(year)
    year.at(Stage.PRELIMINARY_REVIEW)
    client = signed_in(year.people["reviewer1"])

    bad = client.post(f"{SELF}units/青山乡/send-back/", {"reason": "缺依据", "days": "99"})
    done = client.post(f"{SELF}units/青山乡/send-back/", {"reason": "缺依据", "days": "3"})

    assert (bad.status_code, done.status_code) == (422, 302)
    assert Reopening.objects.get().until > timezone.now() + timedelta(days=2)


@pytest.mark.parametrize("address", ["", "submit/", "cells/1/", "units/青山乡/"])
def test_other_methods_are_turned_away(year: Cast, address: str) -> None:
    assert signed_in(year.people["principal_青山乡"]).delete(SELF + address).status_code == 405


def test_the_offices_table_asks_the_same_at_three_and_at_thirty_units(year: Cast) -> None:
    client = signed_in(year.people["office1"])

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(SELF).status_code == 200
        return len(asked)

    client.get(SELF)
    before = count()
    grow(year, 30)

    assert count() == before
    assert before <= 30


def test_the_units_page_asks_the_same_whatever_its_lines_hold(year: Cast) -> None:
    client = signed_in(year.people["official_青山乡"])

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(SELF).status_code == 200
        return len(asked)

    say(year, points=None, lines=[DeductionLine(Decimal(5), "迟报")])
    lay(year)
    client.get(SELF)
    before = count()
    fill_in(year)

    assert count() == before
    assert before <= 30


def test_nobody_signed_in_is_led_to_the_door(year: Cast) -> None:
    from django.test import Client

    assert Client().get(SELF).headers["Location"].startswith("/login/")


def test_pictures_of_a_phone_are_kept_smaller(year: Cast) -> None:
    kept = lay(year, content=png("照片"))

    assert kept.file.name == "通知.png"
