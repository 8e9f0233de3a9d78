"""Tables of a page as sheets: what is read, what is left out, what becomes a number."""

from __future__ import annotations

from decimal import Decimal

from office.page_tables import sheets_of

PAGE = """
<main><p>不在表内</p>
<table><caption class="visually-hidden">依据材料</caption>
<thead><tr><th>材料</th><th class="num">分值</th><th>电话</th><th><span class="visually-hidden">操作</span></th></tr></thead>
<tbody>
<tr><th>一号文件<span class="sub">市委办</span></th><td>−1,234.50</td><td>0817 1</td><td><button>核对</button></td></tr>
<tr><th>=SUM(A1)</th><td>—</td><td>0817</td><td></td></tr>
</tbody></table>
<table><caption>填写中</caption><tbody>
<tr><td><input name="a" value="95.5"></td><td><select><option>甲</option><option selected>乙</option></select></td>
<td><input type="checkbox" checked></td><td><input type="hidden" value="秘密"></td></tr>
</tbody></table>
<table><caption>空表</caption><thead><tr><th>无</th></tr></thead><tbody></tbody></table></main>
"""


def test_texts_numbers_and_fields_are_read_and_buttons_are_not() -> None:
    papers, typed = sheets_of(PAGE)

    assert [(c.title, c.kind, c.places) for c in papers.columns] == [
        ("材料", "text", 2),
        ("分值", "number", 2),
        ("电话", "text", 2),
    ]
    assert papers.rows == [
        ["一号文件 市委办", Decimal("-1234.50"), "0817 1"],
        ["=SUM(A1)", None, "0817"],
    ]
    assert typed.rows == [[Decimal("95.5"), "乙", "✓"]]


def test_sheets_are_named_by_their_captions_and_never_alike() -> None:
    table = "<table><caption>{}</caption><tbody><tr><td>1</td></tr></tbody></table>"

    names = [sheet.name for sheet in sheets_of(table.format("台账[第1季度]") * 2 + table.format("长" * 40))]

    assert names == ["台账 第1季度", "台账 第1季度 2", "长" * 31]


def test_a_group_s_line_fills_the_columns_it_spans() -> None:
    (sheet,) = sheets_of(
        "<table><thead><tr><th>单位</th><th>得分</th></tr></thead><tbody>"
        '<tr><th colspan="2">乡镇口</th></tr><tr><th>青山乡</th><td>9</td></tr></tbody></table>'
    )

    assert sheet.rows == [["乡镇口", None], ["青山乡", Decimal(9)]]
