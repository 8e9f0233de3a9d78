"""The list of adjustments: by workbook or zip, previewed, taken in whole or not at all; by command too.

What one claim may say is tested in test_adjustments.py.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bonuses import queries
from bonuses.actions import lists
from bonuses.claims import frame_of
from bonuses.lists import LIST, SHEET, register
from bonuses.models import Adjustment, BatchState, Document, Matter, PaperBatch, Tally
from office import audit
from office.models import AuditEntry
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from tests.bonuses.papers import claim, equip, png, verified
from tests.cast import Cast
from units.stages import Stage

pytestmark = pytest.mark.django_db
DAY = date(2012, 5, 4)
GOOD: dict[str, Any] = {
    "单位": "青山乡",
    "类型": "表彰",
    "文号": "省府〔2012〕8号",
    "文件标题": "关于表彰先进的决定",
    "发文机关": "省人民政府",
    "日期": DAY,
    "附件": "表彰.png",
}


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


def book(*rows: dict[str, Any]) -> bytes:
    titles = [column.title for column in LIST.columns]
    columns = [ColumnOut(t, "number" if t == "分值" else "date" if t == "日期" else "text") for t in titles]
    return write_workbook([SheetOut(SHEET, columns, [[row.get(t) for t in titles] for row in rows])])


def packed(*rows: dict[str, Any], files: dict[str, bytes] | None = None, name: str = "清单.xlsx") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, book(*rows))
        for path, content in (files if files is not None else {"papers/表彰.png": png("表彰")}).items():
            archive.writestr(path, content)
    return out.getvalue()


def handed_in(year: Cast, content: bytes, by: str = "office1", name: str = "清单.zip") -> PaperBatch:
    batch = lists.hand_in(by=year.hat(by), cycle=year.cycle, chunks=[content], name=name, size=len(content))
    return lists.read_in(batch, year.hat(by))


def codes(batch: PaperBatch) -> list[tuple[str, str]]:
    return [(p["cell"], p["code"]) for p in batch.report["errors"]]


def taken(year: Cast, content: bytes, second: str | None = "office2", name: str = "清单.zip") -> PaperBatch:
    batch = handed_in(year, content, name=name)
    assert codes(batch) == []
    hat = year.hat(second) if second else None
    return lists.take_in(by=year.hat("office1"), cycle=year.cycle, batch_id=batch.pk, verified_by=hat)


def test_a_zip_with_its_papers_counts_at_once_with_a_second_person(year: Cast) -> None:
    rows = [
        GOOD,
        GOOD
        | {
            "单位": "白水乡",
            "类型": "通报批评",
            "文号": "市发〔2012〕9号",
            "发文机关": "市委",
            "附件": "批评.png",
        },
        GOOD
        | {
            "类型": "奖励加分",
            "文号": "创卫〔2012〕1号",
            "发文机关": "创建卫生城市领导小组",
            "奖励项目": "创建卫生城市",
            "分值": Decimal("12.5"),
            "附件": "创卫.png",
        },
    ]
    batch = taken(year, packed(*rows, files={n: png(n) for n in ("表彰.png", "批评.png", "创卫.png")}))

    tallies = {
        str(t.membership.unit): (t.commendations, t.criticisms, t.rewards) for t in Tally.objects.all()
    }
    assert tallies == {"青山乡": (20, 0, 10), "白水乡": (0, 5, 0)}
    assert batch.state == BatchState.COMMITTED
    assert [w["code"] for w in batch.report["warnings"]] == ["above-cap"]


def test_since_the_hearing_the_log_keeps_what_a_verified_list_moved(year: Cast) -> None:
    year.score("青山乡", "决战园区", "95")
    year.score("白水乡", "决战园区", "96")
    year.at(Stage.RESULTS)

    taken(year, packed(GOOD))

    entry = AuditEntry.objects.get(act="paper-list.verified")
    moved = {
        (m["unit"], m["aspect"]): (m["before"], m["after"]) for m in audit.details_of(entry)["consequences"]
    }
    assert moved["青山乡", "rank"] == ("2", "1")
    assert moved["白水乡", "rank"] == ("1", "2")


def test_without_a_second_person_the_lines_wait(year: Cast) -> None:
    taken(year, packed(GOOD), second=None)

    assert Adjustment.objects.get().state == "proposed"
    assert not Tally.objects.exists()


def test_a_list_without_its_papers_is_taken_but_nothing_counts(year: Cast) -> None:
    batch = taken(year, book(GOOD | {"附件": ""}), name="清单.xlsx")

    assert [w["code"] for w in batch.report["warnings"]] == ["no-file"]
    assert Adjustment.objects.get().state == "proposed"
    assert Document.objects.get().file is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"单位": "青山镇"}, ("A2", "unknown-unit")),
        ({"单位": "工口"}, ("A2", "track-only")),
        ({"类型": "嘉奖"}, ("B2", "not-one-of")),
        ({"级别": "省直部门"}, ("C2", "level-disagrees")),
        ({"分值": Decimal(20)}, ("H2", "points-by-hand")),
        ({"文号": ""}, ("J2", "no-number")),
        ({"文件标题": ""}, ("K2", "blank")),
        ({"发文机关": "省"}, ("L2", "unclear-issuer")),
        ({"发文机关": "省人民政符"}, ("L2", "unknown-issuer")),
        ({"日期": date(2011, 5, 4)}, ("N2", "date-outside")),
        ({"附件": "没有.png"}, ("Q2", "no-such-file")),
        ({"附件": "程序.png"}, ("Q2", "wrong-type")),
    ],
)
def test_every_problem_stands_at_its_cell_and_nothing_is_taken(
    year: Cast, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    batch = handed_in(year, packed(GOOD | change, files={"表彰.png": png(), "程序.png": b"MZ program"}))

    assert codes(batch) == [problem]
    assert batch.state == BatchState.REFUSED
    assert not Document.objects.exists()


def test_the_same_line_twice_is_an_error(year: Cast) -> None:
    assert codes(handed_in(year, packed(GOOD, GOOD))) == [("A3", "duplicate-row")]


def test_one_file_for_two_papers_is_an_error(year: Cast) -> None:
    assert codes(handed_in(year, packed(GOOD, GOOD | {"文号": "省府〔2012〕9号"}))) == [
        ("Q3", "file-of-another-paper")
    ]


def test_what_is_stored_already_is_left_and_a_second_level_refused(year: Cast) -> None:
    taken(year, packed(GOOD))

    again = handed_in(year, packed(GOOD, name="再.xlsx"))
    other = handed_in(year, packed(GOOD | {"范围": "单项"}))

    assert (again.state, again.report["accepted"], again.report["changed"]) == (BatchState.PREVIEW, 1, 0)
    assert codes(other) == [("J2", "already-counted")]


def test_the_same_bytes_are_taken_in_once(year: Cast) -> None:
    content = packed(GOOD)
    taken(year, content)

    with pytest.raises(Refused) as caught:
        handed_in(year, content)

    assert caught.value.code == "already-imported"


def test_a_matter_in_the_list_joins_its_lines(year: Cast) -> None:
    blame = GOOD | {"类型": "通报批评", "同一事项": "采矿", "附件": "一.png"}
    rows = [blame, blame | {"文号": "市发〔2012〕3号", "发文机关": "市委", "附件": "二.png"}]

    taken(year, packed(*rows, files={"一.png": png("1"), "二.png": png("2")}))

    assert Matter.objects.count() == 1
    assert Tally.objects.get().criticisms == 30


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 torn", b"%PDF-1.4 no list"],
)
def test_what_is_no_list_is_refused(year: Cast, content: bytes) -> None:
    with pytest.raises(Refused):
        handed_in(year, content)


def test_a_zip_of_two_lists_or_none_is_refused(year: Cast) -> None:
    two = handed_in(year, packed(GOOD, files={"另一张.xlsx": book(GOOD)}))

    assert codes(two) == [("", "archive-lists")]


def test_a_bomb_is_stopped_while_it_is_unpacked(year: Cast) -> None:
    bomb = handed_in(year, packed(GOOD, files={"表彰.png": b"\x00" * (31 * 1024 * 1024)}))

    assert codes(bomb) == [("Q2", "archive-too-big")]


def test_names_packed_by_an_old_system_are_found(year: Cast) -> None:
    content = packed(GOOD, files={"abcd.png": png("表彰")}, name="list.xlsx")

    batch = handed_in(year, content.replace(b"abcd.png", "表彰.png".encode("gbk")))

    assert codes(batch) == []


def test_a_unit_hands_in_lines_of_its_own_only(year: Cast) -> None:
    foreign = GOOD | {"单位": "白水乡"}

    assert codes(handed_in(year, packed(foreign), by="official_青山乡")) == [("A2", "not-found")]
    assert codes(handed_in(year, packed(GOOD), by="official_青山乡")) == []


def test_a_list_that_no_longer_fits_is_read_again(year: Cast) -> None:
    batch = handed_in(year, packed(GOOD))
    from tests.bonuses.papers import paper

    claim(year, paper_=paper("省府〔2012〕8号", on=DAY), scope="单项")

    with pytest.raises(Refused) as caught:
        lists.take_in(by=year.hat("office1"), cycle=year.cycle, batch_id=batch.pk)

    batch.refresh_from_db()
    assert caught.value.code == "changed-meanwhile"
    assert batch.state == BatchState.REFUSED


def test_the_register_goes_out_and_comes_back_into_an_empty_year(year: Cast, tmp_path: Path) -> None:
    verified(year)
    verified(year, "白水乡", kind="通报批评", issuer="市委", number="市通〔2012〕2号")
    rows = queries.verified_rows(year.cycle, [u.pk for u in year.units.values()])
    content = register(year.cycle, rows, frame_of(year.cycle))
    Adjustment.objects.all().delete()
    Document.objects.all().delete()

    batch = handed_in(year, content, name="清单.xlsx")

    assert codes(batch) == []
    assert batch.report["accepted"] == 2


# The command --------------------------------------------------------------------------------------


def run(path: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    out = io.StringIO()
    try:
        call_command("import_adjustments", str(path), "--cycle", "2012", "--json", *options, stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue() or "{}"), str(error)
    return 0, json.loads(out.getvalue()), ""


def test_the_command_takes_a_list_in_and_reports(year: Cast, tmp_path: Path) -> None:
    path = tmp_path / "清单.zip"
    path.write_bytes(packed(GOOD))

    dry = run(path, "--by", "office1", "--dry-run")
    nothing = Adjustment.objects.count()
    done = run(path, "--by", "office1", "--verified-by", "office2")

    assert dry[:2] == (0, {"accepted": 1, "changed": 1, "errors": [], "warnings": []})
    assert nothing == 0
    assert done[:2] == dry[:2]
    assert Tally.objects.get().commendations == 20


def test_the_command_refuses_one_person_for_both(year: Cast, tmp_path: Path) -> None:
    path = tmp_path / "清单.zip"
    path.write_bytes(packed(GOOD))

    code, report, _said = run(path, "--by", "office1", "--verified-by", "office1")

    assert (code, report["errors"][0]["code"]) == (1, "same-person")


def test_the_command_names_the_bad_cell(year: Cast, tmp_path: Path) -> None:
    path = tmp_path / "清单.zip"
    path.write_bytes(packed(GOOD | {"发文机关": "省"}))

    code, report, said = run(path, "--by", "office1")

    assert (code, report["errors"][0]["cell"]) == (1, "L2")
    assert "L2" in said


@pytest.mark.parametrize("options", [("--by", "nobody"), ("--by", "office1", "--verified-by", "nobody")])
def test_an_unknown_account_is_wrong_usage(year: Cast, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "清单.zip"
    path.write_bytes(packed(GOOD))

    assert run(path, *options)[0] == 2
