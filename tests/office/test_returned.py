"""What a returned paper says against the one given out: every figure, then what was filled in, then the wording."""

from __future__ import annotations

import pytest

from office.returned import Comparison, Kind, Line, compare


def said(*texts: str) -> list[Line]:
    return [Line("p", 0, number, (text,)) for number, text in enumerate(texts, 1)]


def rows(*cells: tuple[str, ...]) -> list[Line]:
    return [Line("row", 1, number, row) for number, row in enumerate(cells, 1)]


HEAD = ("名次", "单位", "最终得分", "备注")
PLACES = rows(
    HEAD, ("1", "青山乡", "970.10", ""), ("2", "白水乡", "965.00", ""), ("3", "枫林乡", "960.40", "")
)


def told(found: Comparison) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.before, one.after) for one in found.differences]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("青山乡970.10分", "青山乡979.10分", [("figure", "970.10", "979.10")]),
        ("奖金50\N{NO-BREAK SPACE}000.00元", "奖金50000.00元", []),  # the same sum
        ("共１２个单位", "共12个单位", []),  # the same number in wide digits
        ("共12个 单位", "共12个单位", []),
        ("第一名青山乡", "第二名青山乡", [("figure", "第一", "第二")]),
        ("人民币玖万柒仟元整", "人民币玖万捌仟元整", [("figure", "玖万柒仟元整", "玖万捌仟元整")]),
        ("扣-5.00分", "扣5.00分", [("figure", "-5.00", "5.00")]),
        ("增长5%", "增长5", [("figure", "5%", "5")]),
        ("校验码3RHF-JNK6-P7B0", "校验码3RHF-JNK6-P7B1", [("figure", "3RHF-JNK6-P7B0", "3RHF-JNK6-P7B1")]),
        ("现予通报。", "现将结果通报。", [("wording", "现予通报。", "现将结果通报。")]),
        # Both in one paragraph are told apart.
        (
            "经研究，3个单位得奖。",
            "经会议研究，4个单位得奖。",
            [("figure", "3", "4"), ("wording", "经研究，3个单位得奖。", "经会议研究，4个单位得奖。")],
        ),
        ("时间：＿＿＿＿", "时间：2013年1月10日", [("filled", "＿＿＿＿", "2013年1月10日")]),
        ("主持：＿＿＿＿", "主持：＿王某＿", [("filled", "", "王某＿")]),
        ("□ 同意", "√ 同意", [("filled", "□", "√")]),
        # A figure added where no blank was printed is a changed figure.
        (
            "同意。",
            "同意，另奖5000元。",
            [("figure", "", "5000"), ("wording", "同意。", "同意，另奖5000元。")],
        ),
    ],
)
def test_figures_are_told_one_by_one_and_wording_as_a_whole(
    before: str, after: str, changes: list[tuple[str, str, str]]
) -> None:
    assert told(compare(said(before), said(after))) == changes


def test_a_changed_cell_is_named_by_its_row_and_the_head_of_its_column() -> None:
    returned = [*PLACES[:2], Line("row", 1, 3, ("2", "白水乡", "969.00", "")), PLACES[3]]

    (one,) = compare(PLACES, returned).differences

    assert (one.kind, one.label, one.head, one.before, one.after) == (
        Kind.FIGURE,
        "白水乡",
        "最终得分",
        "965.00",
        "969.00",
    )


def test_two_names_exchanged_in_a_table_give_the_figures_to_somebody_else() -> None:
    returned = rows(
        HEAD, ("1", "白水乡", "970.10", ""), ("2", "青山乡", "965.00", ""), ("3", "枫林乡", "960.40", "")
    )

    found = compare(PLACES, returned)

    assert found.of(Kind.FIGURE)
    assert {one.before for one in found.differences} | {one.after for one in found.differences} >= {
        "青山乡",
        "白水乡",
    }


def test_a_row_taken_out_or_put_in_is_told_with_what_it_said() -> None:
    assert told(compare(PLACES, [PLACES[0], *PLACES[2:]])) == [("figure", "1 | 青山乡 | 970.10 | ", "")]
    assert told(compare(PLACES[:3], PLACES)) == [("figure", "", "3 | 枫林乡 | 960.40 | ")]


def test_a_paragraph_put_in_front_moves_nothing_else() -> None:
    original = said("一、结果", "青山乡970.10分。", "白水乡965.00分。")
    returned = said("各单位：", "一、结果", "青山乡970.10分。", "白水乡965.00分。")

    assert told(compare(original, returned)) == [("wording", "", "各单位：")]


def test_an_untouched_paper_differs_in_nothing_and_counts_its_figures() -> None:
    found = compare(PLACES, PLACES)

    assert found.differences == ()
    assert found.figures == 6  # three places, three scores


def test_figures_come_before_what_was_filled_in_and_before_wording() -> None:
    original = said("甲乙丙丁戊", "主持：＿＿＿", "青山乡970.10分")
    returned = said("甲乙丙丁己", "主持：王某", "青山乡970.20分")

    assert [one.kind for one in compare(original, returned).differences] == [
        Kind.FIGURE,
        Kind.FILLED,
        Kind.WORDING,
    ]
