"""Taking a quarter's ledger in: what it may say, what it changes, and that a bad one changes nothing.

How strangers' files are opened is tested in tests/workbooks.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from scoring.actions import batches, ledgers, versions
from scoring.models import (
    BatchState,
    ImportBatch,
    Indicator,
    Ledger,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    VersionState,
)
from scoring.workbooks import ledger_exports
from tests.cast import Cast
from tests.scoring.ledger_sheets import (
    GOOD,
    HEADER,
    LEAD,
    book,
    codes,
    confirm,
    hand_in,
    row,
    standing,
    taken,
    warnings,
)
from tests.workbooks.files import sheet_of
from units.stages import Stage


def test_a_preview_stores_no_line(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))

    assert (batch.state, batch.report["accepted"], batch.report["changed"]) == (BatchState.PREVIEW, 3, 3)
    assert batch.report["head"] == {
        "body": "市信访局",
        "quarter": 3,
        "parts": ["own"],
        "others_clean": True,
    }
    assert batch.report["counts"] == {"added": 3, "changed": 0, "removed": 0, "unchanged": 0, "left": 0}
    assert batch.report["points"] == "7.5"
    assert not LedgerLine.objects.exists()
    assert not Ledger.objects.exists()


def test_a_confirmed_ledger_stands_with_one_entry_in_the_log(cast: Cast) -> None:
    taken(cast, *GOOD)

    version = LedgerVersion.objects.get()
    assert standing(cast) == [
        ("青山乡", "5", "越级上访一批次"),
        ("白水乡", "0", ""),
        ("东河镇", "2.5", "回访不到位"),
    ]
    assert (version.number, version.state, version.line_count, str(version.points)) == (
        1,
        "standing",
        3,
        "7.5",
    )
    assert (version.others_clean, version.by_office) == (True, False)
    entry = AuditEntry.objects.get(act="ledger.imported")
    assert audit.details_of(entry)["quarter"] == 3
    assert audit.verify() is None


def test_importing_again_replaces_the_quarter_and_keeps_the_old_version_readable(cast: Cast) -> None:
    taken(cast, *GOOD)

    second = hand_in(cast, book(row("青山乡", 6, "越级上访一批次"), row("白水乡", 0)))
    confirm(cast, second)

    assert second.report["counts"] == {"added": 0, "changed": 1, "removed": 1, "unchanged": 1, "left": 0}
    assert [(c["change"], c["before"], c["after"]) for c in second.report["changes"]] == [
        ("changed", "5.00", "6.00"),
        ("removed", "2.50", None),
    ]
    assert standing(cast) == [("青山乡", "6", "越级上访一批次"), ("白水乡", "0", "")]
    first, now = LedgerVersion.objects.order_by("number")
    assert first.lines.count() == 3
    assert (now.number, now.ledger.current_id) == (2, now.pk)


def test_a_line_keeps_its_thread_through_the_versions(cast: Cast) -> None:
    taken(cast, *GOOD)
    before = LedgerLine.objects.get(reason="越级上访一批次").thread

    taken(cast, row("青山乡", 6, "越级上访一批次"))

    assert {line.thread for line in LedgerLine.objects.filter(reason="越级上访一批次")} == {before}


def test_another_quarter_is_another_ledger(cast: Cast) -> None:
    taken(cast, *GOOD)

    taken(cast, row("青山乡", 1, "迟报", quarter="Q2"))

    assert [line[1] for line in standing(cast, 3)] == ["5", "0", "2.5"]
    assert standing(cast, 2) == [("青山乡", "1", "迟报")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("青山", 5, "x")], [("D2", "unknown-unit")]),
        ([row("青山乡", 5)], [("J2", "no-reason")]),
        ([row("青山乡", -1, "x")], [("H2", "negative-deduction")]),
        ([row("青山乡", "1.005", "x")], [("H2", "too-many-decimals")]),
        ([row("青山乡", "85,5", "x")], [("H2", "comma")]),
        ([row("青山乡", None, "只写了事由")], [("H2", "points-missing")]),
        ([row("青山乡", 5, "x"), row("青山乡", 5, "x")], [("D3", "duplicate-row")]),
        ([row("青山乡", 5, "x", quarter="上半年")], [("B2", "not-a-quarter")]),
        ([row("青山乡", 5, "x"), row("白水乡", 1, "y", quarter=2)], [("B3", "several-quarters")]),
        ([(2011, *row("青山乡", 5, "x")[1:])], [("A2", "wrong-year")]),
        ([row("市信访局", 5, "x", block="党群口", item="业务", sub="业务")], [("D2", "own-unit")]),
        ([row("青山乡", 5, "x", body="市档案局")], [("C2", "wrong-body")]),
        ([row("青山乡", 5, "x", sub="安全")], [("G2", "not-your-sub-item")]),
        ([row("青山乡", 5, "x", sub="没有")], [("G2", "unknown-item")]),
        ([row("工口", 5, "x")], [("D2", "other-block")]),
        ([row("青山乡", 5, "字" * 501)], [("J2", "text-too-long")]),
    ],
)
def test_a_ledger_with_one_bad_cell_changes_nothing(
    cast: Cast, rows: list[Any], expected: list[tuple[str, str]]
) -> None:
    batch = hand_in(cast, book(*rows))

    assert (batch.state, codes(batch)) == (BatchState.REFUSED, expected)
    assert not LedgerLine.objects.exists()


def test_several_lines_of_one_unit_with_different_reasons_are_several_deductions(cast: Cast) -> None:
    batch = hand_in(cast, book(row("青山乡", 5, "甲"), row("青山乡", 2, "乙")))

    assert (batch.state, batch.report["points"]) == (BatchState.PREVIEW, "7")


def test_a_blank_is_not_entered_and_a_zero_is_a_line(cast: Cast) -> None:
    batch = confirm(cast, hand_in(cast, book(row("青山乡", None), row("白水乡", 0))))

    assert batch.report["counts"]["left"] == 1
    assert standing(cast) == [("白水乡", "0", "")]


def test_units_that_are_not_listed_are_named_unless_the_ledger_says_they_lost_nothing(cast: Cast) -> None:
    silent = hand_in(cast, book(row("青山乡", 5, "x"), clean=False))
    said = hand_in(cast, book(row("青山乡", 5, "x"), clean=True))

    (problem,) = silent.report["warnings"]
    assert problem["code"] == "not-listed"
    assert "白水乡" in problem["message"]
    assert warnings(said) == []


def test_a_ledger_without_any_line_is_taken_when_title_and_declaration_say_enough(cast: Cast) -> None:
    content = sheet_of([("2012年第三季度信访考评台账",), HEADER, (), ("未列单位本季无扣分：是",)])

    batch = confirm(cast, hand_in(cast, content))

    version = LedgerVersion.objects.get()
    assert (batch.report["head"]["quarter"], version.line_count, version.others_clean) == (3, 0, True)


def test_a_ledger_without_any_line_and_without_the_declaration_is_refused(cast: Cast) -> None:
    batch = hand_in(cast, sheet_of([HEADER]))

    assert codes(batch) == [("", "no-lines")]


def test_a_title_of_another_quarter_or_year_is_refused(cast: Cast) -> None:
    quarter = hand_in(cast, sheet_of([("2012年第二季度台帐",), HEADER, *GOOD]))
    year = hand_in(cast, sheet_of([("2011年第三季度台帐",), HEADER, *GOOD]))

    assert codes(quarter) == [("A1", "wrong-quarter")]
    assert codes(year) == [("A1", "wrong-year")]


def test_a_stated_sum_of_the_year_is_held_against_ours(cast: Cast) -> None:
    taken(cast, row("青山乡", 2, "迟报", quarter=1))

    right = hand_in(cast, book(row("青山乡", 3, "另一件事", total=5)))
    wrong = hand_in(cast, book(row("青山乡", 3, "另一件事", total=6)))

    assert warnings(right) == []
    assert warnings(wrong) == [("I2", "total-of-year")]


@pytest.mark.parametrize(
    ("reason", "total"),
    [("另一件事", 5), ("迟报", None)],  # said to be the sum itself; the reason of an earlier quarter
)
def test_a_sum_of_the_year_typed_as_new_is_warned_of(cast: Cast, reason: str, total: int | None) -> None:
    taken(cast, row("青山乡", 2, "迟报", quarter=1))

    batch = hand_in(cast, book(row("青山乡", 5, reason, total=total)))

    assert warnings(batch) == [("H2", "cumulative-as-new")]
    assert "2.00" in batch.report["warnings"][0]["message"]


def test_more_than_the_base_and_the_same_for_all_are_warned_of(cast: Cast) -> None:
    batch = hand_in(cast, book(*(row(unit, 401, "x") for unit in ("青山乡", "白水乡", "东河镇"))))

    assert {code for _cell, code in warnings(batch)} == {"above-base", "all-equal"}


def test_the_preview_shows_the_spread_of_each_sub_item(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))

    (spread,) = batch.report["spread"]
    assert {key: spread[key] for key in ("sub", "listed", "taken", "points", "least", "most")} == {
        "sub": "信访",
        "listed": 3,
        "taken": 2,
        "points": "7.50",
        "least": "2.50",
        "most": "5.00",
    }
    assert spread["values"] == ["0.00", "2.50", "5.00"]


def test_a_deduction_of_a_sub_item_with_indicators_names_one(cast: Cast) -> None:
    Indicator.objects.create(sub_item=cast.subs["乡镇口", "信访"], name="初信初访", base_points=400)
    header = (*HEADER, "小项")

    without = hand_in(cast, book(row("青山乡", 5, "x")))
    wrong = hand_in(cast, book((*row("青山乡", 5, "x"), "没有"), header=header))
    right = hand_in(cast, book((*row("青山乡", 5, "x"), "初信初访"), header=header))

    assert codes(without) == [("H2", "indicator-missing")]
    assert codes(wrong) == [("L2", "unknown-indicator")]
    assert right.state == BatchState.PREVIEW


def test_figures_stand_beside_the_deduction(cast: Cast) -> None:
    header = (*HEADER, "日期", "指标", "计量单位", "年度目标", "本季完成", "累计完成")
    content = book((*row("青山乡", 0), "2012.9.30", "初访办结率", "件", 120, 31.5, "88.25"), header=header)

    confirm(cast, hand_in(cast, content))

    line = LedgerLine.objects.get()
    assert (line.figure, line.measure, str(line.target), str(line.done), str(line.done_total)) == (
        "初访办结率",
        "件",
        "120",
        "31.5",
        "88.25",
    )
    assert str(line.on) == "2012-09-30"


# Whose lines --------------------------------------------------------------------------------------


def test_the_office_writes_about_the_bodys_own_unit_and_leaves_the_bodys_part_alone(cast: Cast) -> None:
    taken(cast, *GOOD)

    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    batch = taken(cast, own, by="office1")

    assert batch.report["head"]["parts"] == ["office"]
    assert [line[0] for line in standing(cast)] == ["青山乡", "白水乡", "东河镇", "市信访局"]
    assert {(each.part, each.current is not None) for each in Ledger.objects.all()} == {
        ("own", True),
        ("office", True),
    }


def test_the_bodys_new_ledger_leaves_the_offices_part_alone(cast: Cast) -> None:
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    taken(cast, own, by="office1")

    taken(cast, *GOOD)

    assert ("市信访局", "3", "自身信访积案") in standing(cast)


def test_the_office_takes_a_bodys_whole_ledger_in_for_it(cast: Cast) -> None:
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")

    batch = taken(cast, *GOOD, own, by="office1")

    assert batch.report["head"]["parts"] == ["own", "office"]
    assert LedgerVersion.objects.filter(state=VersionState.STANDING, by_office=True).count() == 2


@pytest.mark.parametrize("person", ["official_青山乡", "reviewer1", "leader1", "mayor", "auditor"])
def test_others_hand_in_no_ledger(cast: Cast, person: str) -> None:
    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD), by=person)

    assert refusal.value.status == 403


@pytest.mark.parametrize("stage", [Stage.COMMITMENT, Stage.ONSITE_REVIEW, Stage.PUBLISHED])
def test_a_ledger_is_taken_from_monitoring_to_preliminary_review_only(cast: Cast, stage: Stage) -> None:
    cast.at(stage)

    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD))

    assert refusal.value.code == "stage-closed"
    assert not ImportBatch.objects.exists()


def test_a_stage_that_moved_after_the_preview_refuses_the_ledger_and_leaves_nothing(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))
    cast.at(Stage.ONSITE_REVIEW)

    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)

    batch.refresh_from_db()
    assert (refusal.value.code, batch.state) == ("stage-closed", BatchState.PREVIEW)
    assert not LedgerLine.objects.exists()


def test_a_stage_that_moves_while_lines_are_written_refuses_the_ledger(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))

    def move(percent: int, doing: str) -> None:
        cast.at(Stage.ONSITE_REVIEW)

    with pytest.raises(Refused) as refusal:
        batches.confirm(by=cast.hat(LEAD), cycle=cast.cycle, batch_id=batch.pk, tell=move)

    assert refusal.value.code == "stage-closed"
    assert not LedgerLine.objects.exists()
    assert not LedgerVersion.objects.exists()


# The same twice, two at once ----------------------------------------------------------------------


def test_the_same_file_is_taken_once(cast: Cast) -> None:
    content = book(*GOOD)
    confirm(cast, hand_in(cast, content))

    with pytest.raises(Refused) as refusal:
        hand_in(cast, content)

    assert refusal.value.code == "already-imported"


def test_a_resent_confirmation_changes_nothing(cast: Cast) -> None:
    batch = taken(cast, *GOOD)

    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)

    assert refusal.value.code == "already-imported"
    assert LedgerVersion.objects.count() == 1


def test_of_two_people_importing_the_same_quarter_the_second_looks_again(cast: Cast) -> None:
    mine = hand_in(cast, book(*GOOD))
    theirs = hand_in(cast, book(row("青山乡", 9, "另一份")), by="office1")
    confirm(cast, theirs, "office1")

    with pytest.raises(Refused) as refusal:
        confirm(cast, mine)
    again = batches.read_again(by=cast.hat(LEAD), cycle=cast.cycle, batch_id=mine.pk)

    assert (refusal.value.code, refusal.value.status) == ("changed-meanwhile", 409)
    assert standing(cast) == [("青山乡", "9", "另一份")]
    assert again.report["counts"] == {"added": 2, "changed": 1, "removed": 0, "unchanged": 0, "left": 0}


def test_a_failure_while_lines_are_written_leaves_the_old_version_and_can_be_repeated(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(cast, *GOOD)
    batch = hand_in(cast, book(row("青山乡", 8, "新"), row("白水乡", 1, "新")))
    monkeypatch.setattr(versions, "CHUNK", 1)

    def fail(percent: int, doing: str) -> None:
        raise OSError("the machine stops")

    with pytest.raises(OSError, match="stops"):
        batches.confirm(by=cast.hat(LEAD), cycle=cast.cycle, batch_id=batch.pk, tell=fail)
    old = standing(cast)
    confirm(cast, batch)

    assert [line[1] for line in old] == ["5", "0", "2.5"]
    assert standing(cast) == [("青山乡", "8", "新"), ("白水乡", "1", "新")]
    assert LedgerLine.objects.count() == 5  # the first version's three and the second's two, nothing between


def test_what_a_killed_worker_left_behind_is_swept_away(cast: Cast) -> None:
    taken(cast, *GOOD)
    ledger = Ledger.objects.get()
    left = LedgerVersion.objects.create(
        ledger=ledger,
        by=cast.people["office1"],
        at=LedgerVersion.objects.get().at - versions.LEFT_BEHIND * 2,
    )
    LedgerLine.objects.create(
        version=left,
        membership=cast.cell("青山乡", "信访").membership,
        sub_item=cast.subs["乡镇口", "信访"],
        points=1,
    )

    assert versions.sweep() == 1
    assert LedgerLine.objects.count() == 3


# Voiding ------------------------------------------------------------------------------------------


def void(cast: Cast, version: LedgerVersion, by: str = LEAD, reason: str = "报错季度") -> None:
    ledgers.void(by=cast.hat(by), cycle=cast.cycle, version_id=version.pk, reason=reason)


def test_voiding_brings_the_version_before_back(cast: Cast) -> None:
    first = taken(cast, *GOOD)
    second = taken(cast, row("青山乡", 9, "另一份"))

    void(cast, LedgerVersion.objects.get(batch=second))

    second.refresh_from_db()
    first.refresh_from_db()
    assert [line[1] for line in standing(cast)] == ["5", "0", "2.5"]
    assert (first.state, second.state) == (BatchState.COMMITTED, BatchState.VOID)
    assert audit.details_of(AuditEntry.objects.get(act="ledger.voided"))["reason"] == "报错季度"


def test_a_voided_file_may_be_taken_in_once_more(cast: Cast) -> None:
    content = book(*GOOD)
    void(cast, LedgerVersion.objects.get(batch=confirm(cast, hand_in(cast, content))))

    confirm(cast, hand_in(cast, content))

    assert len(standing(cast)) == 3
    assert list(LedgerVersion.objects.order_by("number").values_list("number", "state")) == [
        (1, "void"),
        (2, "standing"),
    ]


def test_only_the_version_in_force_is_voided_with_a_reason_and_by_its_body(cast: Cast) -> None:
    first = LedgerVersion.objects.get(batch=taken(cast, *GOOD))
    second = LedgerVersion.objects.get(batch=taken(cast, row("青山乡", 9, "另一份")))

    refused = []
    for version, by, reason in [(first, LEAD, "x"), (second, LEAD, " "), (second, "official_青山乡", "x")]:
        with pytest.raises(Refused) as refusal:
            void(cast, version, by, reason)
        refused.append(refusal.value.code)

    assert refused == ["not-in-force", "no-reason", "not-permitted"]
    assert standing(cast) == [("青山乡", "9", "另一份")]


def test_a_lead_does_not_void_the_offices_part(cast: Cast) -> None:
    own = row("市信访局", 3, "自身信访积案", block="党群口", item="业务", sub="业务")
    batch = taken(cast, own, by="office1")

    with pytest.raises(Refused) as refusal:
        void(cast, LedgerVersion.objects.get(batch=batch))

    assert refusal.value.status == 404


# Workbooks out ------------------------------------------------------------------------------------


def test_the_template_names_the_bodys_units_and_can_be_sent_back(cast: Cast) -> None:
    content = ledger_exports.template(cast.cycle, cast.units["市信访局"], 3)

    batch = hand_in(cast, content)

    # 决战园区 and 信访 for three towns, 业务 for 市档案局: the own unit is not in it.
    assert (batch.state, codes(batch), batch.report["counts"]["left"]) == (BatchState.PREVIEW, [], 7)


def test_the_office_gets_the_template_for_the_bodys_own_unit(cast: Cast) -> None:
    content = ledger_exports.template(cast.cycle, cast.units["市信访局"], 3, own_unit=True)

    batch = hand_in(cast, content, by="office1")

    assert (batch.state, batch.report["counts"]["left"]) == (BatchState.PREVIEW, 1)


def test_a_ledger_taken_away_and_sent_back_changes_nothing(cast: Cast) -> None:
    from scoring import ledger_queries

    taken(cast, row("青山乡", 2, "迟报", quarter=1))
    taken(cast, *GOOD)
    lines = ledger_queries.with_names(LedgerLine.objects.filter(version__current_of__period="Q3"))
    content = ledger_exports.ledger(cast.cycle, cast.units["市信访局"], 3, lines, others_clean=True)

    batch = hand_in(cast, content)

    assert (batch.report["changed"], batch.report["counts"]["unchanged"], warnings(batch)) == (0, 3, [])


def test_a_body_without_sub_items_gets_no_template(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        ledger_exports.template(cast.cycle, cast.units["青山乡"], 1)

    assert refusal.value.code == "nothing-to-fill"


# Cost ---------------------------------------------------------------------------------------------


def test_a_long_ledger_costs_no_more_queries_than_a_short_one(cast: Cast) -> None:
    def cost(count: int) -> int:
        rows = [row("青山乡", 1, f"第{count}份第{n}件") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            confirm(cast, hand_in(cast, book(*rows)))
        return len(queries)

    cost(2)  # makes the ledger itself
    short = cost(1)

    assert cost(30) == short


def test_the_parts_of_a_ledger_are_those_of_the_rulebook() -> None:
    assert [str(part) for part in LedgerPart] == ["own", "office"]
