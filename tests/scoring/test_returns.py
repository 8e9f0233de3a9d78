"""Statistical returns: what a workbook may say, what it changes, what is typed, and who reads which figure."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from office.refusal import Refused
from scoring.actions import batches, ledgers, returns
from scoring.models import BatchState, ImportBatch, LedgerVersion, ReturnLine
from scoring.workbooks.returns import period_name, period_of
from tests.cast import Cast
from tests.scoring.ledger_sheets import LEAD, codes, warnings
from tests.workbooks.files import sheet_of
from units.stages import Stage

HEADER = ("单位", "指标", "期", "数值", "计量单位", "来源单位")
PAGE = "/years/2012/returns/"


def row(
    unit: str, value: Any, *, period: Any = "三季度", figure: str = "初访办结率", source: str = "市信访局"
) -> tuple[Any, ...]:
    return (unit, figure, period, value, "%" if figure.endswith("率") else "件", source)


GOOD = [row("青山乡", 98.5), row("白水乡", "97"), row("青山乡", 12, figure="受理件数")]


def book(*rows: tuple[Any, ...]) -> bytes:
    return sheet_of([HEADER, *rows], name="统计数据")


def hand_in(cast: Cast, content: bytes, by: str = LEAD) -> ImportBatch:
    hat = cast.hat(by)
    batch = returns.hand_in(by=hat, cycle=cast.cycle, chunks=[content], name="统计.xlsx")
    return batches.read_in(batch, hat)


def taken(cast: Cast, *rows: tuple[Any, ...], by: str = LEAD) -> ImportBatch:
    batch = hand_in(cast, book(*rows), by)
    return batches.confirm(by=cast.hat(by), cycle=cast.cycle, batch_id=batch.pk)


def figures() -> list[tuple[str, str, str, str]]:
    lines = ReturnLine.objects.filter(version__current_of__isnull=False).select_related("unit")
    return sorted(
        (line.unit.name, line.figure, line.version.ledger.period, str(line.value)) for line in lines
    )


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2012年3月", "2012-03"),
        ("3月份", "2012-03"),
        ("2012-03", "2012-03"),
        ("一季度", "2012-Q1"),
        ("2012年第3季度", "2012-Q3"),
        ("2012年7-9月", "2012-Q3"),
        ("全年", "2012"),
        ("2012年度", "2012"),
        ("２０１２年１２月", "2012-12"),
        ("2011年3月", None),
        ("2011年一季度", None),
        ("13月", None),
        ("上半年", None),
        ("9月底", None),
        ("", None),
    ],
)
def test_a_period_is_a_month_a_quarter_or_the_year_of_the_cycle(text: str, period: str | None) -> None:
    assert period_of(text, 2012) == period


def test_a_period_is_named_so_that_it_is_read_back() -> None:
    for period in ("2012-03", "2012-Q4", "2012"):
        assert period_of(period_name(period), 2012) == period


def test_figures_are_taken_in_by_source_and_period(cast: Cast) -> None:
    batch = taken(cast, *GOOD, row("青山乡", 96, period="2012年3月"))

    assert batch.report["counts"] == {"added": 4, "changed": 0, "removed": 0, "unchanged": 0}
    assert figures() == [
        ("白水乡", "初访办结率", "2012-Q3", "97"),
        ("青山乡", "初访办结率", "2012-03", "96"),
        ("青山乡", "初访办结率", "2012-Q3", "98.5"),
        ("青山乡", "受理件数", "2012-Q3", "12"),
    ]


def test_importing_a_period_again_replaces_it_and_leaves_the_others(cast: Cast) -> None:
    taken(cast, *GOOD, row("青山乡", 96, period="2012年3月"))

    batch = taken(cast, row("青山乡", 99), row("白水乡", 97))

    assert batch.report["counts"] == {"added": 0, "changed": 1, "removed": 1, "unchanged": 1}
    assert figures() == [
        ("白水乡", "初访办结率", "2012-Q3", "97"),
        ("青山乡", "初访办结率", "2012-03", "96"),
        ("青山乡", "初访办结率", "2012-Q3", "99"),
    ]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (row("青山", 1), ("A2", "unknown-unit")),
        (row("青山乡", "约5"), ("D2", "range")),
        (row("青山乡", None), ("D2", "blank")),
        (row("青山乡", "98%"), ("D2", "percent")),
        (row("青山乡", 1, period="上半年"), ("C2", "not-a-period")),
        (row("青山乡", 1, period="2011年3月"), ("C2", "not-a-period")),
        (row("青山乡", 1, source="市档案局"), ("F2", "wrong-body")),
        (row("市信访局", 1), ("A2", "own-unit")),
        (row("青山乡", 1, figure="字" * 101), ("B2", "text-too-long")),
        (row("青山乡", "9" * 15), ("D2", "too-large-number")),
    ],
)
def test_one_bad_cell_changes_nothing(cast: Cast, bad: tuple[Any, ...], expected: tuple[str, str]) -> None:
    batch = hand_in(cast, book(bad))

    assert (batch.state, codes(batch)) == (BatchState.REFUSED, [expected])
    assert not ReturnLine.objects.exists()


def test_a_figure_stands_once_per_unit_and_in_one_measure(cast: Cast) -> None:
    twice = hand_in(cast, book(row("青山乡", 1), row("青山乡", 2)))
    other = ("白水乡", "初访办结率", "三季度", 5, "件", "市信访局")
    mixed = hand_in(cast, book(row("青山乡", 1), other))

    assert codes(twice) == [("A3", "duplicate-row")]
    assert warnings(mixed) == [("E3", "measure-differs")]


def test_of_two_who_report_the_same_period_the_second_looks_again(cast: Cast) -> None:
    mine = hand_in(cast, book(*GOOD))
    taken(cast, row("青山乡", 1), by="office1")

    with pytest.raises(Refused) as refusal:
        batches.confirm(by=cast.hat(LEAD), cycle=cast.cycle, batch_id=mine.pk)

    assert refusal.value.code == "changed-meanwhile"
    assert figures() == [("青山乡", "初访办结率", "2012-Q3", "1")]


def test_voiding_returns_brings_the_figures_before_back(cast: Cast) -> None:
    taken(cast, row("青山乡", 1))
    taken(cast, row("青山乡", 2))

    version = LedgerVersion.objects.order_by("number").last()
    assert version is not None
    ledgers.void(by=cast.hat(LEAD), cycle=cast.cycle, version_id=version.pk, reason="口径不符")

    assert figures() == [("青山乡", "初访办结率", "2012-Q3", "1")]


def test_a_closed_stage_takes_no_returns(cast: Cast) -> None:
    cast.at(Stage.PUBLISHED)

    with pytest.raises(Refused) as refusal:
        hand_in(cast, book(*GOOD))

    assert refusal.value.code == "stage-closed"


# Pages --------------------------------------------------------------------------------------------


def test_the_page_shows_the_figures_and_takes_workbooks(cast: Cast, client: Client) -> None:
    client.force_login(cast.people[LEAD])
    file = SimpleUploadedFile("统计.xlsx", book(*GOOD))

    client.post("/years/2012/imports/", {"kind": "returns", "files": [file]})
    client.post(f"/years/2012/imports/{ImportBatch.objects.get().pk}/confirm/")
    page = client.get(PAGE).content.decode()

    assert "98.5" in page
    assert client.get("/years/2012/returns.xlsx").content[:2] == b"PK"
    assert client.get(f"{PAGE}template.xlsx").content[:2] == b"PK"


def test_what_was_exported_comes_back_without_a_change(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    client.force_login(cast.people[LEAD])

    batch = hand_in(cast, client.get("/years/2012/returns.xlsx").content)

    assert (batch.state, batch.report["changed"], batch.report["counts"]["unchanged"]) == (
        BatchState.PREVIEW,
        0,
        3,
    )


@pytest.mark.parametrize(
    ("person", "sees"),
    [("official_青山乡", "青山乡"), ("reviewer1", "青山乡"), ("mayor", "白水乡"), ("auditor", "白水乡")],
)
def test_each_reads_what_it_may(cast: Cast, client: Client, person: str, sees: str) -> None:
    taken(cast, row("青山乡", 98.5), row("白水乡", 66.5))
    client.force_login(cast.people[person])

    page = client.get(PAGE).content.decode()

    assert sees in page
    assert ("66.5" in page) is (sees == "白水乡")


def entry(cast: Cast, **values: str) -> dict[str, str]:
    """The posted form; values by unit name."""
    return {
        "source": str(cast.units["市信访局"].pk),
        "period": "三季度",
        "figure": "初访办结率",
        "measure": "%",
        **{f"value-{cast.units[unit].pk}": value for unit, value in values.items()},
    }


def test_a_figure_is_typed_for_many_units(cast: Cast, client: Client) -> None:
    taken(cast, row("青山乡", 12, figure="受理件数"))
    client.force_login(cast.people[LEAD])

    answer = client.post(f"{PAGE}entry/", entry(cast, 青山乡="98.5", 白水乡="97"))

    assert answer.status_code == 302
    assert figures() == [
        ("白水乡", "初访办结率", "2012-Q3", "97"),
        ("青山乡", "初访办结率", "2012-Q3", "98.5"),
        ("青山乡", "受理件数", "2012-Q3", "12"),
    ]


def test_typing_over_another_value_shows_it_first(cast: Cast, client: Client) -> None:
    taken(cast, row("青山乡", 66))
    client.force_login(cast.people[LEAD])
    data = entry(cast, 青山乡="98.5")

    first = client.post(f"{PAGE}entry/", data)
    seen = LedgerVersion.objects.get().pk
    second = client.post(f"{PAGE}entry/", data | {"seen": str(seen)})

    assert (first.status_code, second.status_code) == (409, 302)
    assert "66%" in first.content.decode()
    assert figures() == [("青山乡", "初访办结率", "2012-Q3", "98.5")]


@pytest.mark.parametrize("data", [{"青山乡": "约5"}, {}, {"青山乡": "1", "period": "上半年"}])
def test_what_was_typed_stays_after_a_refusal(cast: Cast, client: Client, data: dict[str, str]) -> None:
    client.force_login(cast.people[LEAD])
    period = data.pop("period", "三季度")

    answer = client.post(f"{PAGE}entry/", entry(cast, **data) | {"period": period})

    assert answer.status_code == 422
    assert "初访办结率" in answer.content.decode()
    assert not ReturnLine.objects.exists()


@pytest.mark.parametrize("person", ["official_青山乡", "mayor", "auditor", "reviewer1"])
def test_others_type_nothing(cast: Cast, client: Client, person: str) -> None:
    client.force_login(cast.people[person])

    assert client.get(f"{PAGE}entry/").status_code == 403
    assert client.post(f"{PAGE}entry/", {}).status_code == 403
