"""The plan workbook: what is exported comes back unchanged, what is wrong is named by its cell, what is right is done.

The reader's own care for strangers' files is tested beside it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from appraisal_site import plan_workbook
from awards.models import AwardScheme, PrizeLine
from bonuses.models import Issuer, TariffLine
from office import files
from office.models import AuditEntry, StoredFile, User
from office.refusal import Refused
from scoring.models import BatchState, Cell, ImportBatch, MajorItem, Score, ScoreKind, Standing, SubItem
from tests.cast import Cast
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Block, Cycle, Membership, RoleAssignment, Unit, UnitName
from units.stages import Stage

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
Edit = Callable[[Any], None]

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def office(cast: Cast) -> Hat:
    return cast.hat("office1")


def book_of(cycle: Cycle) -> Any:
    return openpyxl.load_workbook(io.BytesIO(plan_workbook.export(cycle)))


def bytes_of(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(cycle: Cycle, edit: Edit) -> bytes:
    book = book_of(cycle)
    edit(book)
    return bytes_of(book)


def column(sheet: Any, title: str) -> int:
    return int(next(cell.column for cell in sheet[1] if cell.value == title))


def row_of(sheet: Any, *values: str) -> int:
    """The first row that holds all of these texts."""
    return int(next(row[0].row for row in sheet.iter_rows() if set(values) <= {str(c.value) for c in row}))


def put(sheet: Any, row: int, title: str, value: object) -> None:
    sheet.cell(row, column(sheet, title)).value = value


def look(cast: Cast, content: bytes) -> plan_workbook.Preview:
    return plan_workbook.preview(content, "方案.xlsx", by=office(cast), cycle=cast.cycle)


def kept(content: bytes, by: User, name: str = "方案.xlsx") -> StoredFile:
    return files.store([content], name, by)


def take(cast: Cast, content: bytes) -> ImportBatch:
    return plan_workbook.take_over(
        by=office(cast), stored=kept(content, cast.people["office1"]), cycle=cast.cycle
    )


def changes(preview: plan_workbook.Preview) -> list[tuple[str, str, str]]:
    return [(c.sheet, c.kind, c.what) for c in preview.changes]


# --- There and back --------------------------------------------------------------------------


def test_an_export_imports_without_a_difference(small: Cast) -> None:
    preview = look(small, plan_workbook.export(small.cycle))

    assert preview.changes == []
    assert preview.report.errors == []


def test_the_shipped_example_imports_unchanged_into_the_shipped_year() -> None:
    call_command("loaddata", "plan_2012", verbosity=0)
    by = hats_of(User.objects.create_superuser("office1"))[0]
    path = FIXTURES / "方案工作簿-2012.xlsx"

    preview = plan_workbook.preview(path, path.name, by=by)
    batch = plan_workbook.take_over(by=by, stored=kept(path.read_bytes(), by.user), seen=preview.digest)

    assert (preview.changes, preview.report.errors, preview.report.warnings) == ([], [], [])
    assert batch.report["accepted"] == 234
    assert SubItem.objects.filter(source="暂拟").count() == 57
    assert Unit.objects.filter(is_stand_in=True).count() == 15


def test_an_empty_source_confirms_a_stand_in(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")

    def edit(book: Any) -> None:
        sheet = book["指标"]
        put(sheet, row_of(sheet, "信访"), "来源", None)

    take(small, edited(small.cycle, edit))

    assert dict(SubItem.objects.filter(item__name="社会管理").values_list("name", "source")) == {
        "信访": "确认",
        "安全": "暂拟",
    }


def test_a_new_code_lays_down_a_new_year_that_exports_the_same(small: Cast) -> None:
    def edit(book: Any) -> None:
        sheet = book["方案"]
        put(sheet, row_of(sheet, "年度"), "内容", 2013)
        put(sheet, row_of(sheet, "代码"), "内容", "2013")

    by = office(small)
    content = edited(small.cycle, edit)
    plan_workbook.take_over(by=by, stored=kept(content, by.user))

    new = Cycle.objects.get(code="2013")
    assert (new.year, new.stage, new.host.name) == (2013, "set-up", "考评办")
    assert Standing.objects.filter(block__cycle=new).count() == 3
    assert RoleAssignment.objects.filter(user=by.user, role=Role.OFFICE, cycle=new).exists()
    hat = next(h for h in hats_of(by.user) if h.cycle_id == new.pk)
    assert plan_workbook.preview(plan_workbook.export(new), "x.xlsx", by=hat, cycle=new).changes == []
    assert new.readings.count() == 13


def test_text_that_looks_like_a_formula_stays_text(small: Cast) -> None:
    Unit.objects.filter(name="青山乡").update(contact="=1+1", principal="＝HYPERLINK(1)", short_name="@x")

    preview = look(small, plan_workbook.export(small.cycle))
    sheet = book_of(small.cycle)["单位"]

    assert preview.changes == []
    assert sheet.cell(row_of(sheet, "青山乡"), column(sheet, "联络员")).data_type == "s"


# --- What it changes -------------------------------------------------------------------------


def test_added_changed_and_removed_lines_are_previewed_and_then_done(small: Cast) -> None:
    def edit(book: Any) -> None:
        items, units = book["指标"], book["单位"]
        put(items, row_of(items, "信访"), "中项基础分", 300)
        first = items.max_row + 1
        for title, value in {
            "大块": "乡镇口", "大项": "社会管理", "权重分": 400, "大项基础分": 1000, "中项": "环保", "中项基础分": 100,
            "责任单位": "市档案局", "来源": "方案",
        }.items():  # fmt: skip
            put(items, first, title, value)
        units.delete_rows(row_of(units, "工口"))
        put(units, row_of(units, "白水乡"), "别名", "白水、白水镇")

    content = edited(small.cycle, edit)
    preview = look(small, content)
    take(small, content)

    assert changes(preview) == [
        ("单位", "changed", "白水乡"),
        ("单位", "removed", "工口"),
        ("指标", "added", "乡镇口 · 社会管理 · 环保"),
        ("指标", "changed", "乡镇口 · 社会管理 · 信访"),
    ]
    assert SubItem.objects.get(name="环保").lead == small.units["市档案局"]
    assert SubItem.objects.get(name="信访").base_points == 300
    assert not Membership.objects.filter(unit__name="工口").exists()
    assert not small.cycle.units.filter(name="工口").exists()
    assert set(UnitName.objects.values_list("name", flat=True)) == {"白水", "白水镇"}
    assert Cell.objects.filter(sub_item__name="环保").count() == 3
    assert look(small, plan_workbook.export(small.cycle)).changes == []


def test_an_absent_sheet_changes_nothing(small: Cast) -> None:
    TariffLine.objects.create(cycle=small.cycle, kind="表彰", level="本市", points=Decimal(0))
    AwardScheme.objects.create(cycle=small.cycle, name="综合奖", kind="综合")

    def edit(book: Any) -> None:
        for name in ("加减分", "奖励加分", "发文机关", "奖项"):
            del book[name]

    take(small, edited(small.cycle, edit))

    assert TariffLine.objects.count() == 1
    assert AwardScheme.objects.count() == 1


def test_an_empty_optional_sheet_removes_its_rows(small: Cast) -> None:
    Issuer.objects.create(cycle=small.cycle, name="省委", level="省委省政府")

    content = edited(small.cycle, lambda book: book["发文机关"].delete_rows(2))
    preview = look(small, content)

    assert changes(preview) == [("发文机关", "removed", "省委")]


def test_the_order_of_the_rows_becomes_the_order_of_the_units(small: Cast) -> None:
    def edit(book: Any) -> None:
        sheet = book["单位"]
        values = [c.value for c in sheet[row_of(sheet, "东河镇")]]
        sheet.delete_rows(row_of(sheet, "东河镇"))
        sheet.insert_rows(2)
        for index, value in enumerate(values, 1):
            sheet.cell(2, index).value = value

    content = edited(small.cycle, edit)
    preview = look(small, content)
    take(small, content)

    assert changes(preview) == [("单位", "moved", "东河镇")]
    assert next(iter(small.cycle.units.order_by("order"))).name == "东河镇"


def test_indicators_and_special_floors_come_back(small: Cast) -> None:
    def edit(book: Any) -> None:
        sheet = book["指标"]
        row = row_of(sheet, "业务")
        for title, value in {
            "小项": "及时",
            "小项基础分": 400,
            "扣分下限": "特别注明",
            "最低分": -50,
            "特别注明内容": "可倒扣",
        }.items():
            put(sheet, row, title, value)
        sheet.insert_rows(row + 1)
        for cell in sheet[row]:
            sheet.cell(row + 1, cell.column).value = cell.value
        put(sheet, row + 1, "小项", "质量")
        put(sheet, row + 1, "小项基础分", 600)

    take(small, edited(small.cycle, edit))

    sub = SubItem.objects.get(name="业务")
    assert list(sub.indicators.values_list("name", "base_points")) == [("及时", 400), ("质量", 600)]
    assert (sub.floor_points, sub.floor_text) == (-50, "可倒扣")
    assert look(small, plan_workbook.export(small.cycle)).changes == []


def test_prizes_are_kept_in_fen(small: Cast) -> None:
    def edit(book: Any) -> None:
        book["奖项"].append(["综合奖", "综合", "乡镇口", "总分", "第一名", 1, 50000.5])

    take(small, edited(small.cycle, edit))

    assert PrizeLine.objects.get().amount_fen == 5_000_050
    assert AwardScheme.objects.get().rests_on == ["总分"]


def test_one_import_is_one_entry_and_keeps_the_original(small: Cast) -> None:
    content = plan_workbook.export(small.cycle)
    before = AuditEntry.objects.count()

    batch = take(small, content)

    assert AuditEntry.objects.count() == before + 1
    assert files.read(batch.file) == content
    assert (batch.kind, batch.target, batch.state) == ("plan", "plan:2012", BatchState.COMMITTED)


# --- What is refused -------------------------------------------------------------------------


def test_the_same_bytes_are_taken_once(small: Cast) -> None:
    content = plan_workbook.export(small.cycle)
    take(small, content)

    with pytest.raises(Refused) as refusal:
        take(small, content)

    assert refusal.value.code == "already-imported"


def test_a_plan_changed_after_the_preview_is_looked_at_again(small: Cast) -> None:
    def edit(book: Any) -> None:
        sheet = book["单位"]
        put(sheet, row_of(sheet, "青山乡"), "联络员", "甲")

    content = edited(small.cycle, edit)
    seen = look(small, content).digest
    Unit.objects.filter(name="白水乡").update(contact="乙")

    with pytest.raises(Refused) as refusal:
        plan_workbook.take_over(
            by=office(small), stored=kept(content, small.people["office1"]), cycle=small.cycle, seen=seen
        )

    assert refusal.value.code == "changed-meanwhile"
    assert Unit.objects.get(name="青山乡").contact == ""


@pytest.mark.parametrize("stage", [Stage.COMMITMENT, Stage.PRELIMINARY_REVIEW, Stage.PUBLISHED])
def test_after_set_up_it_is_closed(cast: Cast, stage: Stage) -> None:
    content = plan_workbook.export(cast.cycle)
    cast.at(stage)

    with pytest.raises(Refused) as refusal:
        look(cast, content)

    assert refusal.value.code == "stage-closed"


@pytest.mark.parametrize(
    "person", ["leader1", "mayor", "lead_市信访局", "principal_青山乡", "auditor", "sysadmin"]
)
def test_only_the_office_imports_a_plan(small: Cast, person: str) -> None:
    with pytest.raises(Refused) as refusal:
        plan_workbook.preview(
            plan_workbook.export(small.cycle), "x.xlsx", by=small.hat(person), cycle=small.cycle
        )

    assert refusal.value.status == 403


def _edit(sheet: str, known: str, title: str, value: object) -> Edit:
    def edit(book: Any) -> None:
        put(book[sheet], row_of(book[sheet], known), title, value)

    return edit


def _repeat(sheet: str, known: str) -> Edit:
    def edit(book: Any) -> None:
        book[sheet].append([cell.value for cell in book[sheet][row_of(book[sheet], known)]])

    return edit


def _append(sheet: str, *values: object) -> Edit:
    return lambda book: book[sheet].append(list(values))


@pytest.mark.parametrize(
    ("edit", "code", "cell"),
    [
        (_edit("指标", "信访", "中项基础分", 350), "bases-sum", "指标!D3"),
        (_edit("指标", "信访", "责任单位", "市信仿局"), "unknown-unit", "指标!I3"),
        (_edit("指标", "信访", "配合单位", "市档案局、某某局"), "unknown-unit", "指标!J3"),
        (_edit("指标", "信访", "考评方式", "电话"), "not-one-of", "指标!K3"),
        (_edit("指标", "信访", "扣分下限", "无"), "not-one-of", "指标!L3"),
        (_edit("指标", "信访", "来源", "猜测"), "not-one-of", "指标!P3"),
        (_edit("指标", "信访", "大块", "镇口"), "unknown-block", "指标!A3"),
        (_edit("指标", "信访", "权重分", "四百"), "chinese-number", "指标!C3"),
        (_edit("指标", "信访", "权重分", -400), "not-positive", "指标!C3"),
        (_edit("指标", "信访", "权重分", 400.123), "too-many-decimals", "指标!C3"),
        (_edit("指标", "安全", "权重分", 300), "rows-disagree", "指标!C4"),
        (_edit("指标", "信访", "中项", "信" * 61), "name-too-long", "指标!E3"),
        (_edit("指标", "信访", "中项", None), "blank", "指标!E3"),
        (_edit("指标", "信访", "小项基础分", 10), "base-without-indicator", "指标!H3"),
        (_repeat("指标", "信访"), "duplicate-row", "指标!E7"),
        (_edit("单位", "青山乡", "大块", "乡镇口、农口"), "unknown-block", "单位!C2"),
        (_edit("单位", "青山乡", "类别", "县"), "not-one-of", "单位!B2"),
        (_edit("单位", "青山乡", "别名", "白水乡"), "name-of-two", "单位!A3"),
        (_edit("单位", "青山乡", "不评奖", "党群口"), "not-a-member", "单位!G2"),
        (_repeat("单位", "青山乡"), "duplicate-row", "单位!A9"),
        (_edit("单位", "青山乡", "单位", "青" * 61), "name-too-long", "单位!A2"),
        (_repeat("口", "党群口"), "duplicate-row", "口!A5"),
        (_edit("口", "党群口", "类型", "一般"), "not-one-of", "口!B3"),
        (_edit("方案", "年度", "内容", 2013), "wrong-year", "方案!B3"),
        (_edit("方案", "代码", "内容", "2011"), "wrong-cycle", "方案!B4"),
        (_edit("方案", "主办", "内容", "市考核办"), "unknown-unit", "方案!B5"),
        (_edit("方案", "小数位数", "内容", 7), "places", "方案!B6"),
        (_edit("方案", "取整方式", "内容", "四舍"), "not-one-of", "方案!B7"),
        (_append("加减分", "表扬", "本市", "综合", 1), "not-one-of", "加减分!A2"),
        (_append("加减分", "表彰", None, "综合", 1), "no-level", "加减分!B2"),
        (_append("加减分", "表彰", "本市", "综合", -1), "negative-points", "加减分!D2"),
        (_append("发文机关", "省委", "国际"), "not-one-of", "发文机关!B2"),
        (_append("发文机关", "省", "省委省政府"), "unclear-issuer", "发文机关!A2"),
        (_append("奖项", "奖", "单项", "乡镇口", "大项:没有", "第一名", 1, 10), "unknown-item", "奖项!D2"),
        (_append("奖项", "奖", "单项", "乡镇口", "看情况", "第一名", 1, 10), "unknown-basis", "奖项!D2"),
        (_append("奖项", "奖", "单项", "没有口", "总分", "第一名", 1, 10), "unknown-block", "奖项!C2"),
        (_append("奖项", "奖", "单项", "乡镇口", "总分", "第一名", 0, 10), "not-positive", "奖项!F2"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_and_nothing_is_changed(small: Cast, edit: Edit, code: str, cell: str) -> None:
    content = edited(small.cycle, edit)
    before = plan_workbook.export(small.cycle)

    preview = look(small, content)
    with pytest.raises(Refused) as refusal:
        take(small, content)

    assert (code, cell) in [(p.code, f"{p.sheet}!{p.cell}") for p in preview.report.errors]
    assert (preview.report.accepted, preview.report.changed) == (0, 0)
    assert refusal.value.code == "errors-in-file"
    assert plan_workbook.export(small.cycle) == before


def test_an_unknown_unit_names_the_nearest_three(small: Cast) -> None:
    preview = look(small, edited(small.cycle, _edit("指标", "信访", "责任单位", "市信仿局")))

    (problem,) = preview.report.errors
    assert "市信访局" in problem.message
    assert problem.as_dict()["value"] == "市信仿局"


def test_weights_that_do_not_sum_are_a_warning(small: Cast) -> None:
    preview = look(small, edited(small.cycle, _edit("指标", "决战园区", "权重分", 500)))

    assert preview.report.errors == []
    assert "weights-sum" in [p.code for p in preview.report.warnings]


@pytest.mark.parametrize("sheet", ["方案", "口", "单位", "指标"])
def test_a_required_sheet_may_not_be_absent(small: Cast, sheet: str) -> None:
    preview = look(small, edited(small.cycle, lambda book: book.remove(book[sheet])))

    assert "no-sheet" in [p.code for p in preview.report.errors]


def test_a_missing_required_column_is_named(small: Cast) -> None:
    preview = look(small, edited(small.cycle, lambda book: book["指标"].delete_cols(3)))

    assert ("missing-column", "权重分") in [(p.code, p.column) for p in preview.report.errors]


def with_score(cast: Cast) -> Cast:
    Score.objects.create(
        cell=cast.cell("青山乡", "信访"),
        kind=ScoreKind.PRELIMINARY,
        points=Decimal("350.5"),
        entered_by=cast.people["office1"],
        entered_at=timezone.now(),
    )
    return cast


def _without(sheet: str, known: str) -> Edit:
    return lambda book: book[sheet].delete_rows(row_of(book[sheet], known))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (_without("单位", "青山乡"), "holds-scores"),
        (_edit("单位", "青山乡", "大块", "招商引资"), "holds-scores"),
        (_without("指标", "信访"), "holds-scores"),
        (_without("口", "乡镇口"), "holds-scores"),
        (_edit("方案", "小数位数", "内容", 1), "places-frozen"),
        (_edit("指标", "信访", "中项基础分", 300), "base-below-score"),
    ],
)
def test_what_holds_scores_may_not_be_left_out(small: Cast, edit: Edit, code: str) -> None:
    preview = look(with_score(small), edited(small.cycle, edit))

    assert code in [p.code for p in preview.report.errors]
    assert all(p.message for p in preview.report.errors)


def test_an_alias_of_a_unit_of_another_year_is_not_taken_away(small: Cast) -> None:
    other = Unit.objects.create(name="别处单位", kind="机构")
    UnitName.objects.create(unit=other, name="老名字", kind="alias")

    preview = look(small, edited(small.cycle, _edit("单位", "青山乡", "别名", "老名字")))

    assert [p.code for p in preview.report.errors] == ["name-of-two"]


# --- The command -----------------------------------------------------------------------------


def test_the_command_reports_and_keeps_its_exit_codes(
    small: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "方案.xlsx"
    path.write_bytes(edited(small.cycle, _edit("指标", "信访", "中项基础分", 350)))
    good = tmp_path / "好.xlsx"
    good.write_bytes(edited(small.cycle, _edit("单位", "青山乡", "联络员", "甲")))

    with pytest.raises(CommandError) as bad:
        call_command("import_plan", str(path), by="office1")
    with pytest.raises(CommandError) as absent:
        call_command("import_plan", str(tmp_path / "没有.xlsx"), by="office1")
    call_command("import_plan", str(good), by="office1", dry_run=True)
    untouched = Unit.objects.get(name="青山乡").contact
    call_command("import_plan", str(good), by="office1", as_json=True)

    assert (bad.value.returncode, absent.value.returncode) == (1, 2)
    assert "指标!D3" in str(bad.value)
    assert untouched == ""
    assert Unit.objects.get(name="青山乡").contact == "甲"
    assert '"changed": 1, "errors": []' in capsys.readouterr().out


def test_reading_the_stored_plan_takes_the_same_queries_for_any_number_of_units(
    small: Cast, django_assert_num_queries: Any
) -> None:
    plan_workbook.export(small.cycle)  # loads the host once

    with django_assert_num_queries(11):
        plan_workbook.export(small.cycle)
    for number in range(30):
        unit = Unit.objects.create(name=f"单位{number}", kind="机构", order=100 + number)
        small.cycle.units.add(unit)

    with django_assert_num_queries(11):
        plan_workbook.export(small.cycle)


def test_blocks_and_items_survive_being_taken_over_twice(small: Cast) -> None:
    ids = set(Block.objects.values_list("pk")) | set(MajorItem.objects.values_list("pk"))

    take(small, edited(small.cycle, _edit("单位", "青山乡", "联络员", "甲")))

    assert set(Block.objects.values_list("pk")) | set(MajorItem.objects.values_list("pk")) == ids
