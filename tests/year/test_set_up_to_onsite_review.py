"""The cast's year from set-up to on-site review, every act on the page of the person who does it, one unit on paper.

Nothing that lacks is signed away: each stage is entered because everybody has done what the one before it asks.
What each page refuses is tested in tests/pages; from the hearing on the year is walked in test_set_up_to_filed.py.
"""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from pypdf import PdfReader

from office import audit
from scoring.models import (
    Assessment,
    Cell,
    CoverageReturn,
    Goal,
    LedgerLine,
    ProgressReport,
    Receipt,
    ReturnLine,
    Score,
    ScoreKind,
    Supplement,
    Visit,
)
from tests.bonuses.papers import pdf, png
from tests.cast import TOWNS, build
from tests.pages.reading import body, words_of
from tests.year.spring import (
    BROWSER_LEAD,
    EVERYBODY,
    LEAD,
    PROMISING,
    file_detailed_rules,
    issue_the_plan,
    promise,
)
from tests.year.steps import Clock, Desk, add_person, filled, lacking, led, move, turn_by_hand
from units.matrix import Role
from units.models import SignedForm, SignedLack, Team
from units.stages import Stage

pytestmark = pytest.mark.slow


def test_a_year_goes_from_set_up_to_onsite_review_on_the_pages_of_its_people(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = turn_by_hand(monkeypatch, "2012-02-01 08:30")
    cast = build(Stage.SET_UP)
    desk = Desk(cast)
    for name in EVERYBODY:
        for role, word in ((Role.OFFICIAL, "official"), (Role.PRINCIPAL, "principal")):
            if f"{word}_{name}" not in cast.people:
                add_person(cast, f"{word}_{name}", role, name)
    add_person(cast, f"lead_{BROWSER_LEAD}", Role.LEAD, BROWSER_LEAD)
    for name in ("reviewer2", "reviewer3"):
        add_person(cast, name, Role.REVIEWER)

    issue_the_plan(desk)
    file_detailed_rules(desk)
    move(desk, clock, "2012-03-01 09:00", Stage.COMMITMENT)
    promise(desk)
    move(desk, clock, "2012-04-01 09:00", Stage.MONITORING)
    keep_ledgers(desk, clock)
    report_figures_and_progress(desk)
    move(desk, clock, "2012-12-01 09:00", Stage.SELF_ASSESSMENT)
    assess(desk, clock)
    move(desk, clock, "2012-12-24 09:00", Stage.PRELIMINARY_REVIEW)
    score_as_leads(desk)
    review(desk)
    move(desk, clock, "2013-01-11 09:00", Stage.ONSITE_REVIEW)
    supplement(desk)
    visit(desk, clock)
    find_distortion(desk)
    move(desk, clock, "2013-01-28 09:00", Stage.HEARING)

    assert not SignedLack.objects.exists()
    stand(desk)
    call_command("check_cycle", "2012", stdout=io.StringIO())
    assert audit.verify() is None


# The lead's deductions of 信访 by unit and quarter; a body that hands in workbooks.
WORKBOOK = {
    ("青山乡", 1): "2", ("青山乡", 3): "5.5", ("白水乡", 2): "3", ("白水乡", 4): "4", ("东河镇", 2): "10",
}  # fmt: skip
TYPED = {("青山乡", 2): "6", ("东河镇", 4): "12"}  # 安全, typed in the browser


def keep_ledgers(desk: Desk, clock: Clock) -> None:
    """Four quarters of two bodies: one by its workbooks, one in the browser, the last one caught up late."""
    desk.send("office1", "ledgers/due/", {f"q{n}": day for n, day in enumerate(
        ("2012-04-10", "2012-07-10", "2012-10-10", "2012-11-20"), 1)})  # fmt: skip
    (safety, _investment) = led(desk.cast, BROWSER_LEAD)
    for quarter, day in enumerate(("2012-04-09", "2012-07-09", "2012-10-09", "2012-11-19"), 1):
        clock(f"{day} 15:00")
        empty = desk.get(f"lead_{LEAD}", f"ledgers/{LEAD}/{quarter}/template.xlsx").content
        content = filled(empty, lambda row, quarter=quarter: _deducted(row, quarter))  # type: ignore[misc]  # a bound default
        batch = desk.hand_in(f"lead_{LEAD}", "ledger", content, f"{quarter}季度台账.xlsx")
        assert batch.report["accepted"] > 0
        if quarter == 4:
            clock("2012-11-26 10:00")  # the other body is late
        entry = f"ledgers/{BROWSER_LEAD}/{quarter}/entry/?sub={safety.pk}"
        form = desk.get(f"lead_{BROWSER_LEAD}", entry).context
        rows, daily_work = form["rows"], form["indicators"][0][0]
        values: dict[str, Any] = {"seen": 0, "rows": len(rows), "others_clean": "1"}
        for typed, name in rows:
            values[f"member-{typed.number}"] = typed.member or ""
            points = TYPED.get((name, quarter), "")
            if points:
                values |= {
                    f"points-{typed.number}": points,
                    f"reason-{typed.number}": "检查发现隐患",
                    f"indicator-{typed.number}": daily_work,
                }
        desk.send(f"lead_{BROWSER_LEAD}", entry, values)
    late = words_of(desk.get("office1", "ledgers/"))
    assert "迟报补齐" in late
    stored = LedgerLine.objects.filter(version__current_of__isnull=False, points__gt=0)
    assert {
        (line.membership.unit.name, line.version.ledger.quarter): f"{line.points.normalize():f}"
        for line in stored
    } == (WORKBOOK | TYPED)


def _deducted(row: dict[str, Any], quarter: int) -> dict[str, Any]:
    if isinstance(row["单位"], str) and row["单位"].startswith("未列单位"):
        return {}
    if row["中项"] is None:
        return {}
    points = (
        WORKBOOK.get((row["单位"], quarter))
        if row["中项"] == "信访" and row["小项"] in (None, "", "日常工作")
        else None
    )
    return {"本季新增扣分": Decimal(points) if points else 0, "事由": "越级上访" if points else None}


def report_figures_and_progress(desk: Desk) -> None:
    """Statistical returns by workbook and by hand; a progress report and the return of coverage of every unit."""
    cast = desk.cast
    empty = desk.get("office1", "returns/template.xlsx").content
    figures = iter(range(100, 200, 10))
    returned = filled(
        empty,
        lambda row: {
            "指标": "引资额", "期": "2012年二季度", "数值": next(figures), "计量单位": "万元",
            "来源单位": BROWSER_LEAD,
        }
        if row["单位"] in EVERYBODY
        else {},
    )  # fmt: skip
    desk.hand_in("office1", "returns", returned, "统计数据.xlsx")
    desk.send(
        f"lead_{BROWSER_LEAD}",
        "returns/entry/",
        {
            "source": cast.units[BROWSER_LEAD].pk, "period": "四季度", "figure": "引资额", "measure": "万元",
            "seen": 0, f"value-{cast.units['青山乡'].pk}": "160",
        },
    )  # fmt: skip
    assert ReturnLine.objects.filter(version__current_of__isnull=False).count() == len(EVERYBODY) + 1

    desk.send("office1", "reports/terms/", {"q4": "2012-11-30"})
    for name in PROMISING:
        goal = Goal.objects.get(commitment__unit__name=name)
        desk.send(
            f"official_{name}",
            f"reports/of/{name}/4/edit/",
            {f"percent_{goal.pk}": 100, f"words_{goal.pk}": "已全部化解", "version": 0, "hand_in": "1"},
        )
        counts = {
            f"{below}_{what}": n
            for below in ("villages", "sections", "persons")
            for what, n in (("due", 10), ("committed", 10), ("appraised", 9))
        }
        signed = SimpleUploadedFile("名册.png", png(name))
        desk.send(f"official_{name}", f"coverage/of/{name}/file/", {**counts, "number": 0, "file": signed})
    assert ProgressReport.objects.count() == CoverageReturn.objects.count() == len(PROMISING)


def assess(desk: Desk, clock: Clock) -> None:
    """Line by line by most, on signed paper by one; one comes too late and is let in again."""
    clock("2012-12-18 15:00")
    for name in EVERYBODY:
        if name not in {"东河镇", "白水乡"}:
            fill_in(desk, name)
            receipt = desk.send(f"principal_{name}", "self/submit/")
            assert "校验码" in words_of(desk.get(f"principal_{name}", receipt["Location"]))
    evidence_and_autosave(desk)
    on_paper(desk, clock)
    assert lacking(Stage.PRELIMINARY_REVIEW) == {"no-self"}

    # 17:30 on the 20th passes while a form is open.
    clock("2012-12-20 17:29")
    late = Cell.objects.filter(membership__unit=desk.cast.units["白水乡"])
    fill_in(desk, "白水乡")
    clock("2012-12-20 17:31")
    refused = desk.send("principal_白水乡", "self/submit/", status=409)
    assert "17:31:00" in words_of(refused)
    typed = {"points": "391", "note": "超时后才打完的说明", "seen": ""}
    kept = desk.send("official_白水乡", f"self/cells/{late[0].pk}/", typed, status=409)
    assert "超时后才打完的说明" in body(kept)
    desk.send(
        "office1",
        "reopen/",
        {
            "stage": "self-assessment", "units": [desk.cast.units["白水乡"].pk], "day": "2012-12-21",
            "hour": "12:00", "reason": "乡里停电",
        },
    )  # fmt: skip
    clock("2012-12-21 09:00")
    desk.send("principal_白水乡", "self/submit/")
    again = desk.send("official_东河镇", f"self/cells/{_cells('东河镇')[0].pk}/", typed, status=409)
    assert "391" in body(again)  # the others stay closed
    clock("2012-12-21 12:00")
    assert lacking(Stage.PRELIMINARY_REVIEW) == set()
    assert "迟报补齐" in words_of(desk.get("office1", ""))


def _cells(unit: str) -> list[Cell]:
    return list(Cell.objects.filter(membership__unit__name=unit).select_related("sub_item").order_by("pk"))


def fill_in(desk: Desk, unit: str) -> None:
    """Nine tenths of the base everywhere, 信访 full marks."""
    for cell in _cells(unit):
        base = cell.sub_item.base_points
        full = cell.sub_item.name == "信访"
        points = base if full else base * 9 / 10
        page = desk.get(f"official_{unit}", f"self/cells/{cell.pk}/")
        values = {
            "points": f"{points:.2f}",
            "note": "" if full else "详见工作总结",
            "seen": page.context["typed"].seen,
        }
        desk.send(f"official_{unit}", f"self/cells/{cell.pk}/", values)


def evidence_and_autosave(desk: Desk) -> None:
    """白水乡 begins with a file, and its form saves itself."""
    cell = _cells("白水乡")[0]
    photo = SimpleUploadedFile("现场照片.png", png("现场"))
    desk.send("official_白水乡", f"self/cells/{cell.pk}/evidence/", {"file": photo})
    seen = desk.get("official_白水乡", f"self/cells/{cell.pk}/").context["typed"].seen
    typed = {"points": "95", "note": "自动保存", "seen": seen}
    saved = desk.send("official_白水乡", f"self/cells/{cell.pk}/save/", typed, status=200)
    assert json.loads(saved.content)["points"] == "95"


def on_paper(desk: Desk, clock: Clock) -> None:
    """东河镇: printed with its code, signed, typed by one of the office, compared by the other."""
    printed = desk.send("office1", "self/units/东河镇/print/", {"empty": "1"})
    sheet = desk.get("office1", printed["Location"])
    form = SignedForm.objects.get()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(sheet.content)).pages)
    assert form.code in text
    clock("2012-12-19 10:00")
    scan = SimpleUploadedFile(f"扫描 {form.code}.pdf", pdf("东河镇签字盖章"))
    desk.send("office1", "forms/", {"files": scan})
    part = Assessment.objects.get(unit__name="东河镇")
    values: dict[str, Any] = {}
    for cell in _cells("东河镇"):
        points = cell.sub_item.base_points * 9 / 10
        values |= {f"points-{cell.pk}": f"{points:.2f}", f"note-{cell.pk}": "见纸质材料"}
    desk.send("office1", f"self/enter/{part.pk}/", values)
    side_by_side = desk.get("office2", f"forms/{form.code}/")
    tick = {"compared": "1", "digest": side_by_side.context["digest"]}
    desk.send("office1", f"forms/{form.code}/compare/", tick, status=403)
    desk.send("office2", f"forms/{form.code}/compare/", tick)
    receipt = Receipt.objects.get(assessment=part)
    form.refresh_from_db()
    assert (receipt.form, receipt.submitted_by.username) == (form, "office2")
    assert not Score.objects.filter(cell__in=_cells("东河镇")).exclude(paper=form.scan).exists()


# What the leads give: 信访 as their ledgers say, everything else nine tenths.
LEAD_OFF = {"青山乡": Decimal("7.5"), "白水乡": Decimal(7), "东河镇": Decimal(10)}


def score_as_leads(desk: Desk) -> None:
    """Each lead marks its sub-items for all units at once; its own unit is marked by the office."""
    for lead in (LEAD, BROWSER_LEAD):
        for sub in led(desk.cast, lead):
            cells = Cell.objects.filter(sub_item=sub).select_related("membership__unit")
            values: dict[str, str] = {}
            own: dict[str, str] = {}
            for cell in cells:
                unit = cell.membership.unit.name
                points = sub.base_points - LEAD_OFF[unit] if sub.name == "信访" else sub.base_points * 9 / 10
                fields = {f"points-{cell.pk}": f"{points:.2f}", f"version-{cell.pk}": str(cell.version)}
                (own if unit == lead else values).update(fields)
            desk.send(f"lead_{lead}", f"lead-scores/{sub.pk}/", values)
            if own:
                assert "no-lead" in lacking(Stage.ONSITE_REVIEW)
                desk.send("office1", f"lead-scores/{sub.pk}/", own)
    assert lacking(Stage.ONSITE_REVIEW) == set()


def review(desk: Desk) -> None:
    """The team marks one unit down with an opinion; for the others the lead's score counts (R9)."""
    cell = desk.cast.cell("青山乡", "决战园区")
    page = words_of(desk.get("reviewer1", "review/units/青山乡/"))
    assert "392.50" in page  # the lead's 信访
    desk.send(
        "reviewer1",
        "review/units/青山乡/",
        {
            f"points-{cell.pk}": "88",
            f"opinion-{cell.pk}": "两个项目未开工",
            f"version-{cell.pk}": str(cell.version),
        },
    )
    assert Score.objects.get(kind=ScoreKind.PRELIMINARY).points == 88


def supplement(desk: Desk) -> None:
    """One cell is returned for supplement; until it is settled the hearing waits."""
    cell = desk.cast.cell("青山乡", "信访")
    desk.send(
        "reviewer1", f"review/cells/{cell.pk}/return/", {"what": "请补报化解材料", "due_on": "2013-01-15"}
    )
    row = Supplement.objects.get()
    assert "supplements-open" in lacking(Stage.HEARING)
    assert "请补报化解材料" in words_of(desk.get("official_青山乡", "supplements/"))
    desk.send("official_青山乡", f"supplements/{row.pk}/answer/", {"answer": "材料已补，见附件"})
    desk.send("reviewer1", f"supplements/{row.pk}/accept/")
    assert "supplements-open" not in lacking(Stage.HEARING)


def visit(desk: Desk, clock: Clock) -> None:
    """安全 counts only on site: three visits, each signed by two."""
    team = Team.objects.get()
    assert "no-onsite" in lacking(Stage.HEARING)
    for name in TOWNS:
        cell = desk.cast.cell(name, "安全")
        way = f"visits/plan/?team={team.pk}&unit={desk.cast.units[name].pk}"
        desk.send("office1", way, {"on": "2013-01-16", "cells": [cell.pk], "note": "看矿区"})
    clock("2013-01-16 16:00")
    for number, row in enumerate(Visit.objects.order_by("pk")):
        cell = desk.cast.cell(row.unit.name, "安全")
        found = {
            "version": str(row.version), "met": "乡长", f"points-{cell.pk}": f"{560 + number}",
            f"finding-{cell.pk}": "值班在岗，台账齐全", f"reason-{cell.pk}": "现场核实",
        }  # fmt: skip
        desk.send("reviewer1", f"visits/{row.pk}/record/", found)
        row.refresh_from_db()
        desk.send("reviewer1", f"visits/{row.pk}/signature/sign/", {"version": row.version})
        assert not Score.objects.filter(kind=ScoreKind.ONSITE, cell=cell).exists()
        row.refresh_from_db()
        desk.send("reviewer2", f"visits/{row.pk}/signature/sign/", {"version": row.version})
    assert set(Score.objects.filter(kind=ScoreKind.ONSITE).values_list("points", flat=True)) == {
        560,
        561,
        562,
    }


def find_distortion(desk: Desk) -> None:
    """A lead that gave everyone the same is named; it is seen and kept in mind."""
    keys = [one.found.key for one in desk.get("office1", "distortion/").context["page"]]
    assert keys
    desk.send("office1", "distortion/dismiss/", {"key": keys[0], "reason": "各乡镇工作量相当，已核实"})
    left = [one.found.key for one in desk.get("office1", "distortion/").context["page"]]
    assert left == keys[1:]


def stand(desk: Desk) -> None:
    """What all of it comes to in 乡镇口, by hand.

    决战园区 88, 90, 90 of 600: the best gets 600, 青山乡 600 · 88/90 = 586.67.
    社会管理 392.5 + 560, 393 + 561, 390 + 562 of 400: 952.5/954, 1, 952/954 → 399.37, 400, 399.16.
    """
    words = words_of(desk.get("office1", "board/"))
    for points in ("1000.00", "999.16", "986.04"):
        assert points in words
