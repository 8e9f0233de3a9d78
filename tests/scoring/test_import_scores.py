"""Taking score sheets in: what a sheet may say, what it changes, and that a bad one changes nothing.

How strangers' files are opened is tested in tests/workbooks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from office import audit, files
from office.models import AuditEntry, User
from office.refusal import Refused
from scoring import queries
from scoring.actions import batches, imports, scores
from scoring.models import BatchState, Cell, Deduction, ImportBatch, Involvement, Score, ScoreKind, Standing
from scoring.workbooks import exports
from tests.cast import Cast
from tests.workbooks.files import sheet_of
from units.actions.setup import learn_alias
from units.hats import hats_of
from units.models import Cycle, Reopening, UnitName
from units.stages import Stage

HEADER = ("单位", "大项", "中项", "得分", "说明")
GOOD = [
    ("青山乡", "决战园区", "决战园区", 97.5, ""),
    ("白水乡", "决战园区", "决战园区", "95", ""),
    ("东河镇", "决战园区", "决战园区", "９０.２５分", "台账迟报"),
]


def book(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> bytes:
    return sheet_of([header, *rows])


def hand_in(
    cast: Cast,
    content: bytes,
    *,
    by: str = "office1",
    kind: ScoreKind = ScoreKind.PRELIMINARY,
    name: str = "评分表.xlsx",
) -> ImportBatch:
    hat = cast.hat(by)
    batch = imports.hand_in(by=hat, cycle=cast.cycle, kind=kind, chunks=[content], name=name)
    return imports.read_in(batch, hat)


def codes(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(problem["cell"], problem["code"]) for problem in batch.report["errors"]]


def warnings(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(problem["cell"], problem["code"]) for problem in batch.report["warnings"]]


def confirm(cast: Cast, batch: ImportBatch, by: str = "office1", second: str = "") -> ImportBatch:
    return imports.confirm(
        by=cast.hat(by),
        cycle=cast.cycle,
        batch_id=batch.pk,
        confirmed_by=cast.hat(second) if second else None,
    )


def stored(cast: Cast, unit: str, sub: str, kind: ScoreKind = ScoreKind.PRELIMINARY) -> Decimal | None:
    return Score.objects.filter(cell=cast.cell(unit, sub), kind=kind).values_list("points", flat=True).first()


def test_a_preview_stores_no_score(cast: Cast) -> None:
    before = Standing.objects.get(block=cast.blocks["乡镇口"]).version

    batch = hand_in(cast, book(*GOOD))

    assert (batch.state, batch.report["accepted"], batch.report["changed"]) == (BatchState.PREVIEW, 3, 3)
    assert batch.report["counts"] == {
        "added": 3,
        "changed": 0,
        "unchanged": 0,
        "cleared": 0,
        "not_involved": 0,
        "left": 0,
    }
    assert not Score.objects.exists()
    assert Standing.objects.get(block=cast.blocks["乡镇口"]).version == before


def test_a_confirmed_sheet_moves_the_places_and_writes_one_entry(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))

    confirm(cast, batch)

    rows = queries.standing_of(cast.blocks["乡镇口"]).rows
    # 600 × 95 ÷ 97.5 = 584.615… ; 600 × 90.25 ÷ 97.5 = 555.384…
    assert [(r.unit, r.rank, r.final) for r in rows] == [
        ("青山乡", 1, 60000),
        ("白水乡", 2, 58462),
        ("东河镇", 3, 55538),
    ]
    entry = AuditEntry.objects.get(act="scores.imported")
    assert audit.details_of(entry)["sha256"] == batch.file_sha256
    assert audit.verify() is None
    score = Score.objects.get(cell=cast.cell("东河镇", "决战园区"))
    assert (score.points, score.reason, score.batch_id, score.by_office) == (
        Decimal("90.25"),
        "台账迟报",
        batch.pk,
        True,
    )


def test_the_standing_prepared_before_the_lock_is_the_one_computed_from_the_rows(cast: Cast) -> None:
    cast.score("白水乡", "信访", "300")
    confirm(
        cast,
        hand_in(
            cast,
            book(
                *GOOD,
                ("青山乡", "社会管理", "信访", 380, ""),
                ("东河镇", "社会管理", "信访", "不涉及", "无窗口"),
            ),
        ),
        second="",
    )
    block = cast.blocks["乡镇口"]
    kept = queries.standing_of(block)

    from scoring.actions.standing import recompute

    recompute(block)

    assert queries.standing_of(block) == kept


@pytest.mark.parametrize(
    ("row", "cell", "code"),
    [
        (("青山", "决战园区", "决战园区", 1, ""), "A2", "unknown-unit"),
        (("青山乡", "决战圆区", "决战园区", 1, ""), "B2", "unknown-item"),
        (("青山乡", "社会管理", "信防", 1, ""), "C2", "unknown-item"),
        (("市档案局", "决战园区", "决战园区", 1, ""), "A2", "other-block"),
        (("考评办", "决战园区", "决战园区", 1, ""), "A2", "other-block"),
        (("青山乡", "决战园区", "决战园区", 100.01, ""), "D2", "above-base"),
        (("青山乡", "决战园区", "决战园区", -0.01, ""), "D2", "below-floor"),
        (("青山乡", "决战园区", "决战园区", "90.125", ""), "D2", "too-many-decimals"),
        (("青山乡", "决战园区", "决战园区", "NaN", ""), "D2", "not-finite"),
        (("青山乡", "决战园区", "决战园区", "95%", ""), "D2", "percent"),
        (("青山乡", "决战园区", "决战园区", "80-85", ""), "D2", "range"),
        (("青山乡", "决战园区", "决战园区", "优秀", ""), "D2", "unclear-mark"),
        (("青山乡", "决战园区", "决战园区", "1,0", ""), "D2", "comma"),
        (("青山乡", "决战园区", "决战园区", "不涉及", ""), "E2", "no-reason"),
        (("", "决战园区", "决战园区", 1, ""), "A2", "blank"),
    ],
)
def test_one_bad_cell_is_named_and_nothing_changes(
    cast: Cast, row: Sequence[Any], cell: str, code: str
) -> None:
    batch = hand_in(cast, book(row, *GOOD[1:]))

    assert batch.state == BatchState.REFUSED
    assert codes(batch) == [(cell, code)]
    assert batch.report["accepted"] == batch.report["changed"] == 0
    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)
    assert refusal.value.code == "not-waiting"
    assert not Score.objects.exists()


def test_an_unknown_unit_is_told_with_the_nearest_three(cast: Cast) -> None:
    batch = hand_in(cast, book(("青山", "决战园区", "决战园区", 1, "")))

    assert batch.report["unknown"][0][0] == "青山"
    assert batch.report["unknown"][0][1][0] == ["青山乡", cast.units["青山乡"].pk]
    assert len(batch.report["unknown"][0][1]) == 3
    assert "青山乡" in batch.report["errors"][0]["message"]


def test_the_office_teaches_a_name_once_and_the_file_is_read_again(cast: Cast) -> None:
    batch = hand_in(cast, book(("青山", "决战园区", "决战园区", 88, "")))
    office = cast.hat("office1")

    learn_alias(by=office, cycle=cast.cycle, unit_id=cast.units["青山乡"].pk, name="青山")
    again = imports.read_again(by=office, cycle=cast.cycle, batch_id=batch.pk)

    assert again.state == BatchState.PREVIEW
    assert UnitName.objects.get().unit == cast.units["青山乡"]
    with pytest.raises(Refused) as refusal:
        learn_alias(by=office, cycle=cast.cycle, unit_id=cast.units["白水乡"].pk, name="青 山")
    assert refusal.value.code == "name-taken"


def test_only_the_office_teaches_names(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        learn_alias(
            by=cast.hat("lead_市信访局"), cycle=cast.cycle, unit_id=cast.units["青山乡"].pk, name="青山"
        )

    assert refusal.value.status == 403
    assert not UnitName.objects.exists()


def test_a_duplicate_row_names_the_first(cast: Cast) -> None:
    batch = hand_in(cast, book(GOOD[0], GOOD[1], GOOD[0]))

    assert codes(batch) == [("A4", "duplicate-row")]
    assert "2" in batch.report["errors"][0]["message"]


def test_a_unit_in_two_blocks_with_one_item_name_needs_its_block(cast: Cast) -> None:
    track_item = cast.subs["招商引资", "招商引资工作"].item
    track_item.name = "决战园区"
    track_item.save()
    sub = cast.subs["招商引资", "招商引资工作"]
    sub.name = "决战园区"
    sub.save()

    without = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 50, "")))
    named = hand_in(
        cast,
        book(("青山乡", "招商引资", "决战园区", "决战园区", 50, ""), header=("单位", "大块", *HEADER[1:])),
    )

    assert codes(without) == [("A2", "block-needed")]
    confirm(cast, named)
    assert Score.objects.get().cell.block == cast.blocks["招商引资"]


def test_blank_zero_and_not_involved_never_mix(cast: Cast) -> None:
    cast.score("白水乡", "信访", "300")
    batch = hand_in(
        cast,
        book(
            ("青山乡", "社会管理", "信访", 0, ""),
            ("白水乡", "社会管理", "信访", None, ""),
            ("东河镇", "社会管理", "信访", "免考", "无信访窗口"),
        ),
    )

    confirm(cast, batch)

    assert ("D4", "read-as-not-involved") in warnings(batch)
    assert stored(cast, "青山乡", "信访") == Decimal(0)
    assert stored(cast, "白水乡", "信访") == Decimal(300)
    cell = cast.cell("东河镇", "信访")
    assert (cell.involvement, cell.involvement_reason) == (Involvement.PROPOSED, "无信访窗口")
    assert stored(cast, "东河镇", "信访") is None


def test_a_second_person_of_the_office_confirms_not_involved(cast: Cast) -> None:
    cast.score("白水乡", "信访", "300")
    row = ("东河镇", "社会管理", "信访", "不涉及", "无信访窗口")
    office, second = cast.hat("office1"), cast.hat("office2")
    batch = imports.hand_in(
        by=office, cycle=cast.cycle, kind=ScoreKind.PRELIMINARY, chunks=[book(row)], name="a.xlsx"
    )
    imports.read_in(batch, office, confirmed_by=second)

    with pytest.raises(Refused) as same:
        imports.confirm(by=office, cycle=cast.cycle, batch_id=batch.pk, confirmed_by=office)
    with pytest.raises(Refused) as lead:
        imports.confirm(
            by=office, cycle=cast.cycle, batch_id=batch.pk, confirmed_by=cast.hat("lead_市信访局")
        )
    imports.confirm(by=office, cycle=cast.cycle, batch_id=batch.pk, confirmed_by=second)

    cell = cast.cell("东河镇", "信访")
    assert (same.value.code, lead.value.code) == ("same-person", "not-permitted")
    assert (cell.involvement, cell.proposed_by, cell.involvement_decided_by) == (
        Involvement.CONFIRMED,
        office.user,
        second.user,
    )
    row_of = next(r for r in queries.standing_of(cast.blocks["乡镇口"]).rows if r.unit == "东河镇")
    assert row_of.items[1].cells[0].source == "mean"


def test_withdrawn_clears_one_kind_and_the_next_counts_again(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "70", ScoreKind.LEAD)
    cast.score("青山乡", "决战园区", "80")

    confirm(cast, hand_in(cast, book(("青山乡", "决战园区", "决战园区", "撤销", "录错"))))

    counted = queries.standing_of(cast.blocks["乡镇口"]).rows[0].items[0].cells[0]
    assert (counted.score, counted.source) == (7000, "lead")


def test_a_deduction_must_make_the_score(cast: Cast) -> None:
    header = (*HEADER, "扣分", "扣分事由")
    wrong = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 98, "", 2.5, "迟报"), header=header))
    unexplained = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 97.5, "", 2.5, ""), header=header))
    right = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 97.5, "", 2.5, "迟报"), header=header))

    confirm(cast, right)

    assert codes(wrong) == [("D2", "lines-disagree")]
    assert codes(unexplained) == [("G2", "no-reason")]
    line = Deduction.objects.get()
    assert (line.points, line.reason, line.score.points) == (Decimal("2.5"), "迟报", Decimal("97.5"))


def test_a_score_that_rests_on_deductions_is_not_contradicted(cast: Cast) -> None:
    scores.record_score(
        by=cast.hat("office1"),
        cell_id=cast.cell("青山乡", "决战园区").pk,
        kind=ScoreKind.PRELIMINARY,
        lines=[scores.DeductionLine(Decimal("2.5"), "迟报")],
    )

    other = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 96, "")))
    same = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 97.5, "")))

    assert codes(other) == [("D2", "lines-disagree")]
    assert same.report["counts"]["unchanged"] == 1


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("年度", "2011", "wrong-year"),
        ("阶段", "自评", "wrong-stage"),
        ("打分单位", "市信访局", "wrong-body"),
        ("基础分", 120, "base-differs"),
    ],
)
def test_what_the_sheet_says_of_itself_is_checked(cast: Cast, column: str, value: object, code: str) -> None:
    batch = hand_in(cast, book(("青山乡", "决战园区", "决战园区", 90, "", value), header=(*HEADER, column)))

    assert codes(batch) == [("F2", code)]


def test_last_years_title_is_refused(cast: Cast) -> None:
    batch = hand_in(cast, sheet_of([("2011年度初评评分表",), HEADER, GOOD[0]]))

    assert codes(batch) == [("A1", "wrong-year")]


def test_a_lead_enters_its_own_sub_items_and_never_itself(cast: Cast) -> None:
    mine = hand_in(cast, book(*GOOD), by="lead_市信访局", kind=ScoreKind.LEAD)
    itself = hand_in(
        cast, book(("市信访局", "业务", "业务", 900, "")), by="lead_市信访局", kind=ScoreKind.LEAD
    )
    other = hand_in(
        cast, book(("青山乡", "社会管理", "安全", 500, "")), by="lead_市信访局", kind=ScoreKind.LEAD
    )

    confirm(cast, mine, by="lead_市信访局")

    assert codes(itself) == [("D2", "own-unit")]
    assert codes(other) == [("D2", "not-your-sub-item")]
    assert Score.objects.filter(kind=ScoreKind.LEAD, by_office=False).count() == 3


def test_a_unit_enters_its_own_self_scores_only(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)

    batch = hand_in(cast, book(*GOOD[:2]), by="official_青山乡", kind=ScoreKind.SELF)

    assert codes(batch) == [("D3", "not-your-unit")]


def test_not_involved_in_a_self_assessment_is_only_a_wish(cast: Cast) -> None:
    cast.at(Stage.SELF_ASSESSMENT)

    batch = hand_in(
        cast,
        book(("青山乡", "社会管理", "信访", "不涉及", "无窗口")),
        by="official_青山乡",
        kind=ScoreKind.SELF,
    )
    confirm(cast, batch, by="official_青山乡")

    assert warnings(batch) == [("D2", "wish")]
    assert cast.cell("青山乡", "信访").involvement == Involvement.NONE


def test_a_sheet_waits_for_its_stage_at_the_door_and_at_the_confirmation(cast: Cast) -> None:
    waiting = hand_in(cast, book(*GOOD))
    cast.at(Stage.ONSITE_REVIEW)

    with pytest.raises(Refused) as door:
        hand_in(cast, book(GOOD[0]))
    with pytest.raises(Refused) as late:
        confirm(cast, waiting)

    assert (door.value.code, late.value.code) == ("stage-closed", "stage-closed")
    assert not Score.objects.exists()


def test_since_the_hearing_no_sheet_comes_in_even_where_work_was_opened_again(cast: Cast) -> None:
    cast.at(Stage.RESULTS)
    Reopening.objects.create(
        cycle=cast.cycle,
        stage=Stage.PRELIMINARY_REVIEW,
        until=timezone.now() + timedelta(hours=2),
        reason="补报",
        by=cast.people["office1"],
    )

    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD))

    assert refusal.value.code == "one-by-one"
    assert not Score.objects.exists()


def test_a_role_without_scores_hands_nothing_in(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD), by="mayor")

    assert refusal.value.status == 403
    assert not ImportBatch.objects.exists()


def test_somebody_elses_change_since_the_preview_refuses_the_whole_sheet(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))
    cast.score("白水乡", "决战园区", "1")

    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)

    assert refusal.value.status == 409
    assert "白水乡" in refusal.value.sentence
    assert [s.points for s in Score.objects.all()] == [Decimal(1)]
    again = imports.read_again(by=cast.hat("office1"), cycle=cast.cycle, batch_id=batch.pk)
    assert (again.report["counts"]["added"], again.report["counts"]["changed"]) == (2, 1)
    confirm(cast, again)
    assert stored(cast, "白水乡", "决战园区") == Decimal(95)


def test_another_blocks_change_meanwhile_does_not_matter(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))
    cast.score("市档案局", "业务", "900", block="党群口")
    cast.score("白水乡", "信访", "300")  # the same block, another cell: the standing is computed anew

    confirm(cast, batch)

    row = next(r for r in queries.standing_of(cast.blocks["乡镇口"]).rows if r.unit == "白水乡")
    assert (row.items[0].base, row.items[1].base) == (9500, 30000)


def test_confirming_twice_takes_it_in_once(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))
    confirm(cast, batch)

    with pytest.raises(Refused) as refusal:
        confirm(cast, batch)

    assert refusal.value.code == "already-imported"
    assert AuditEntry.objects.filter(act="scores.imported").count() == 1


def test_the_same_bytes_for_the_same_target_are_taken_once(cast: Cast) -> None:
    content = book(*GOOD)
    first, second = hand_in(cast, content), hand_in(cast, content, by="office2")
    confirm(cast, first)

    with pytest.raises(Refused) as confirmed:
        confirm(cast, second, by="office2")
    with pytest.raises(Refused) as handed_in:
        hand_in(cast, content)

    assert (confirmed.value.code, handed_in.value.code) == ("already-imported", "already-imported")
    assert Score.objects.filter(batch=second).count() == 0


def test_anybody_elses_sheet_is_not_found(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))

    for act in (imports.confirm, imports.drop, imports.read_again):
        with pytest.raises(Refused) as refusal:
            act(by=cast.hat("lead_市信访局"), cycle=cast.cycle, batch_id=batch.pk)
        assert refusal.value.status == 404


def test_a_dropped_sheet_cannot_be_confirmed(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD))
    imports.drop(by=cast.hat("office1"), cycle=cast.cycle, batch_id=batch.pk)

    with pytest.raises(Refused):
        confirm(cast, batch)

    assert not Score.objects.exists()


def test_a_fault_in_the_middle_of_the_write_leaves_the_old_state(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = hand_in(cast, book(*GOOD))
    kept = Standing.objects.get(block=cast.blocks["乡镇口"]).figures

    def die(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the worker was killed")

    monkeypatch.setattr(audit, "record", die)
    with pytest.raises(RuntimeError):
        confirm(cast, batch)

    assert not Score.objects.exists()
    assert ImportBatch.objects.get(pk=batch.pk).state == BatchState.PREVIEW
    assert Standing.objects.get(block=cast.blocks["乡镇口"]).figures == kept


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"%PDF-1.7 nothing", "a.xlsx", "wrong-type"),
        (b"PK\x03\x04 broken", "a.xlsx", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "a.xls", "damaged"),
        (sheet_of([("甲", "乙"), (1, 2)]), "a.xlsx", "no-header"),
        (sheet_of([HEADER[:3], GOOD[0][:3]]), "a.xlsx", "missing-column"),
        (sheet_of([(*HEADER, "得分"), (*GOOD[0], 1)]), "a.xlsx", "double-column"),
        (book(*GOOD), "a.xls", "false-suffix"),
    ],
)
def test_a_file_that_is_no_score_sheet_is_kept_and_refused(
    cast: Cast, content: bytes, name: str, code: str
) -> None:
    batch = hand_in(cast, content, name=name)

    assert batch.state == BatchState.REFUSED
    assert [problem["code"] for problem in batch.report["errors"]] == [code]
    assert files.read(batch.file) == content


def test_an_empty_file_is_refused_at_the_door(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        hand_in(cast, b"")

    assert refusal.value.code == "empty-file"


def test_marks_out_of_a_hundred_full_marks_and_equal_marks_are_asked_about(cast: Cast) -> None:
    def all_towns(points: object) -> bytes:
        return book(*((name, "社会管理", "信访", points, "") for name in ("青山乡", "白水乡", "东河镇")))

    spread = book(
        *(
            (name, "社会管理", "信访", points, "")
            for name, points in zip(("青山乡", "白水乡", "东河镇"), (90, 95, 100), strict=True)
        )
    )

    assert [code for _cell, code in warnings(hand_in(cast, spread))] == ["out-of-hundred"]
    assert [code for _cell, code in warnings(hand_in(cast, all_towns(400)))] == ["all-full"]
    assert [code for _cell, code in warnings(hand_in(cast, all_towns(390)))] == ["all-equal"]


def test_a_printed_sum_is_compared(cast: Cast) -> None:
    batch = hand_in(cast, book(*GOOD[:2], ("合计", "", "", 200, "")))

    assert ("D4", "total-differs") in warnings(batch)


@pytest.mark.parametrize("filled", [True, False])
def test_our_own_score_sheet_comes_back_unchanged(cast: Cast, filled: bool) -> None:
    _fill_some(cast)

    content = exports.score_sheet(
        by=cast.hat("office1"), cycle=cast.cycle, kind=ScoreKind.PRELIMINARY, filled=filled
    )
    batch = hand_in(cast, content)

    # 3 towns × 3 sub-items + 2 departments + 4 of the track; four cells hold something
    assert (batch.state, batch.report["changed"], warnings(batch)) == (BatchState.PREVIEW, 0, [])
    assert batch.report["accepted"] == (4 if filled else 0)


def test_our_own_matrix_comes_back_unchanged_and_takes_new_marks(cast: Cast) -> None:
    _fill_some(cast)
    content = exports.matrix(cast.blocks["乡镇口"], ScoreKind.PRELIMINARY)

    batch = hand_in(cast, content)
    edited = sheet_of(
        [("单位", "决战园区", "社会管理/信访"), ("青山乡", 91, None), ("白水乡", None, 301)], name="得分总表"
    )
    confirm(cast, hand_in(cast, edited))

    assert (batch.state, batch.report["changed"], batch.report["accepted"]) == (BatchState.PREVIEW, 0, 4)
    assert stored(cast, "青山乡", "决战园区") == Decimal(91)
    assert stored(cast, "白水乡", "信访") == Decimal(301)


def test_a_template_lists_only_what_is_ones_own(cast: Cast) -> None:
    content = exports.score_sheet(
        by=cast.hat("lead_市信访局"), cycle=cast.cycle, kind=ScoreKind.LEAD, filled=False
    )

    batch = hand_in(cast, content, by="lead_市信访局", kind=ScoreKind.LEAD)

    # 决战园区 and 信访 for three towns, 业务 for 市档案局 but never for itself
    assert batch.report["counts"]["left"] == 7


def _fill_some(cast: Cast) -> None:
    cast.score("青山乡", "决战园区", "88.5")
    cast.score("白水乡", "信访", "300")
    cell = cast.cell("东河镇", "信访")
    scores.propose_not_involved(by=cast.hat("office1"), cell_id=cell.pk, reason="无窗口")
    scores.record_score(
        by=cast.hat("office1"),
        cell_id=cast.cell("白水乡", "决战园区").pk,
        kind=ScoreKind.PRELIMINARY,
        lines=[scores.DeductionLine(Decimal(1), "迟报"), scores.DeductionLine(Decimal(2), "漏报")],
    )


def test_the_number_of_queries_does_not_grow_with_the_sheet(cast: Cast) -> None:
    confirm(cast, hand_in(cast, book(GOOD[2])))  # the log's first entry makes its head
    one = book(GOOD[0])
    many = book(
        *GOOD,
        *(
            (name, "社会管理", sub, 300 + n, "")
            for n, name in enumerate(("青山乡", "白水乡", "东河镇"))
            for sub in ("信访", "安全")
        ),
    )

    assert _queries_of(cast, one, "office1") == _queries_of(cast, many, "office2")


def _queries_of(cast: Cast, content: bytes, by: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        confirm(cast, hand_in(cast, content, by=by), by=by)
    return len(captured)


EXAMPLE = Path(__file__).resolve().parents[2] / "fixtures" / "评分表-示例.xlsx"


@pytest.mark.django_db
def test_the_example_is_our_own_export_and_imports_unchanged_into_the_shipped_year() -> None:
    call_command("loaddata", "plan_2012", verbosity=0)
    cycle = Cycle.objects.select_related("host").get(code="2012")
    Cycle.objects.update(stage=Stage.PRELIMINARY_REVIEW)
    cycle.refresh_from_db()
    office = hats_of(User.objects.create(username="office", is_superuser=True))[0]

    made = exports.score_sheet(by=office, cycle=cycle, kind=ScoreKind.PRELIMINARY, filled=True)
    batch = imports.hand_in(
        by=office, cycle=cycle, kind=ScoreKind.PRELIMINARY, chunks=[EXAMPLE.read_bytes()], name=EXAMPLE.name
    )
    imports.read_in(batch, office)

    assert EXAMPLE.read_bytes() == made
    # 15 × 27 + 23 × 13 + 43 × 14 cells of the three blocks, 22 + 19 + 14 of the tracks
    assert (batch.state, batch.report["changed"]) == (BatchState.PREVIEW, 0)
    assert (batch.report["counts"]["left"], warnings(batch)) == (1361, [])


def test_two_who_confirm_the_same_bytes_at_one_moment_meet_at_the_constraint(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = book(*GOOD)
    first, second = hand_in(cast, content), hand_in(cast, content, by="office2")
    real, asked = batches.require_new, []

    def as_if_asked_before_the_other_committed(target: str, sha256: str) -> None:
        asked.append(target)
        if len(asked) > 1:
            real(target, sha256)

    confirm(cast, first)
    Cell.objects.update(version=0)  # as the second preview saw them
    monkeypatch.setattr(batches, "require_new", as_if_asked_before_the_other_committed)

    with pytest.raises(Refused) as refusal:
        confirm(cast, second, by="office2")

    assert refusal.value.code == "already-imported"
    assert len(asked) == 2
    assert AuditEntry.objects.filter(act="scores.imported").count() == 1
    assert Score.objects.filter(batch=second).count() == 0
