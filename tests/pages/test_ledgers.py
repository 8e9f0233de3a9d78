"""The ledgers' pages: each works, and each turns away who has no business there.

What a ledger may say is tested in tests/scoring/test_import_ledger.py.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scoring.models import (
    BatchState,
    ImportBatch,
    LedgerLine,
    LedgerVersion,
    QuarterDue,
    SubItem,
)
from tests.cast import Cast
from tests.scoring.ledger_sheets import GOOD, LEAD, book, hand_in, row, standing, taken
from units.models import Membership, Unit
from units.stages import Stage

HUB = "/years/2012/ledgers/"
QUARTER = f"{HUB}市信访局/3/"
ENTRY = f"{QUARTER}entry/"


@pytest.fixture
def lead(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people[LEAD])
    return client


@pytest.fixture
def office(cast: Cast, client: Client) -> Client:
    client.force_login(cast.people["office1"])
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


# Reading ------------------------------------------------------------------------------------------


def test_a_lead_sees_its_own_four_quarters_and_nobody_elses(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)

    page = text(lead.get(HUB))

    assert page.count("quarter-card") == 4
    assert "7.5" in page
    assert "市档案局" not in page.split("quarters")[1].split("</ol>")[0]


def test_a_lead_learns_nothing_of_what_the_office_wrote_about_its_own_unit(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    own = row("市信访局", 3.25, "自身信访积案", block="党群口", item="业务", sub="业务")
    taken(cast, own, by="office1")

    pages = [text(lead.get(path)) for path in (HUB, QUARTER, f"{HUB}sums/", "/years/2012/")]

    assert [page for page in pages if "10.75" in page or "自身信访积案" in page] == []


def test_the_office_sees_every_body(cast: Cast, office: Client) -> None:
    taken(cast, *GOOD)

    page = text(office.get(HUB))

    assert "市信访局" in page
    assert "市档案局" in page


def test_a_quarter_shows_its_lines_and_its_versions(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    first = LedgerVersion.objects.get()
    taken(cast, row("青山乡", 9, "后报的一份"))

    now, before = text(lead.get(QUARTER)), text(lead.get(f"{QUARTER}?version={first.pk}"))

    assert "后报的一份" in now
    assert "回访不到位" not in now
    assert "回访不到位" in before


def test_a_unit_sees_its_own_sums_and_no_other_units(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    client.force_login(cast.people["official_青山乡"])

    hub = client.get(HUB)
    sums = text(client.get(f"{HUB}sums/"))

    assert hub.status_code == 302
    assert "395.00" in sums  # 400 less 5
    assert "白水乡" not in sums
    assert client.get(QUARTER).status_code == 404


def test_sums_hold_the_quarters_and_what_they_would_leave_of_the_base(cast: Cast, office: Client) -> None:
    taken(cast, row("青山乡", 300, "一", quarter=1))
    taken(cast, row("青山乡", 150, "三"))

    page = text(office.get(f"{HUB}sums/?q=青山"))

    assert [figure for figure in ("300.00", "150.00", "450.00", "0.00") if figure in page] == [
        "300.00",
        "150.00",
        "450.00",
        "0.00",
    ]


@pytest.mark.parametrize("path", ["ledger.xlsx", "template.xlsx", "../../../ledgers.xlsx", "../../sums.xlsx"])
def test_every_table_can_be_had_as_a_workbook(cast: Cast, lead: Client, path: str) -> None:
    taken(cast, *GOOD)
    address = {"../../../ledgers.xlsx": "/years/2012/ledgers.xlsx", "../../sums.xlsx": f"{HUB}sums.xlsx"}

    answer = lead.get(address.get(path, f"{QUARTER}{path}"))

    assert (answer.status_code, answer.content[:2]) == (200, b"PK")


@pytest.mark.parametrize(
    "path", [f"{HUB}市档案局/3/", f"{HUB}市档案局/3/template.xlsx", f"{HUB}市档案局/3/entry/"]
)
def test_another_bodys_ledger_does_not_exist_for_a_lead(cast: Cast, lead: Client, path: str) -> None:
    assert lead.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", [f"{HUB}市信访局/5/", f"{HUB}没有/3/", f"{QUARTER}?version=9", f"{ENTRY}?sub=9"]
)
def test_what_does_not_exist_is_not_found(cast: Cast, office: Client, path: str) -> None:
    assert office.get(path).status_code == 404


@pytest.mark.parametrize("person", ["sysadmin", "secadmin"])
def test_administrators_read_no_ledgers(cast: Cast, client: Client, person: str) -> None:
    client.force_login(cast.people[person])

    assert client.get(HUB).status_code == 403


def test_looking_takes_no_posts(cast: Cast, office: Client) -> None:
    assert [office.post(path).status_code for path in (HUB, QUARTER, f"{HUB}sums/")] == [405, 405, 405]


# Handing in ---------------------------------------------------------------------------------------


def test_one_ledger_goes_from_upload_over_preview_into_force(cast: Cast, lead: Client) -> None:
    file = SimpleUploadedFile("三季度台账.xlsx", book(*GOOD))

    shown = lead.post("/years/2012/imports/", {"kind": "ledger", "files": [file]}, follow=True)
    batch = ImportBatch.objects.get()
    done = lead.post(f"/years/2012/imports/{batch.pk}/confirm/", follow=True)

    assert "市信访局" in text(shown)
    assert "扣分分布" in text(shown)
    assert done.status_code == 200
    assert len(standing(cast)) == 3


@pytest.mark.django_db(transaction=True)
def test_forty_ledgers_at_once_each_stand_alone(cast: Cast, office: Client) -> None:
    contents = [book(*GOOD), book(row("青山", 1, "x")), b"", book(row("青山乡", 1, "x", quarter=1))]
    files = [SimpleUploadedFile(f"台账{n}.xlsx", content) for n, content in enumerate(contents)]

    page = text(office.post("/years/2012/imports/", {"kind": "ledger", "files": files}, follow=True))

    assert [b.state for b in ImportBatch.objects.order_by("pk")] == [
        BatchState.PREVIEW,
        BatchState.REFUSED,
        BatchState.PREVIEW,
    ]
    assert "台账2.xlsx" in page  # the empty one is told by name
    waiting = page.split("waiting-name")[-1].split("</aside>")[0]
    assert "市档案局" in waiting


@pytest.mark.django_db(transaction=True)
def test_what_is_ticked_of_a_drop_is_taken_in_with_its_exceptions_left_out(
    cast: Cast, office: Client
) -> None:
    contents = [book(row("青山乡", 1, f"第{n}季", quarter=n)) for n in (1, 2, 3)]
    files = [SimpleUploadedFile(f"台账{n}.xlsx", content) for n, content in enumerate(contents, 1)]
    page = text(office.post("/years/2012/imports/", {"kind": "ledger", "files": files}, follow=True))
    first, second, third = ImportBatch.objects.order_by("pk")
    taken(cast, row("白水乡", 2, "抢先一步", quarter=2))  # meanwhile, by the lead itself

    done = office.post(
        "/years/2012/imports/confirm/",
        {"batch": [first.pk, second.pk], "kind": "ledger", "drop": f"{first.pk},{second.pk},{third.pk}"},
        follow=True,
    )

    assert [f'name="batch" value="{one.pk}" checked' in page for one in (first, second, third)] == [True] * 3
    states = {one.pk: one.state for one in ImportBatch.objects.filter(pk__in=[first.pk, second.pk, third.pk])}
    assert states == {
        first.pk: BatchState.COMMITTED,
        second.pk: BatchState.PREVIEW,  # read anew, against what stands now
        third.pk: BatchState.PREVIEW,
    }
    assert "已导入1个工作簿" in text(done)
    assert "未列入：台账2.xlsx（" in text(done)
    assert standing(cast, 1) == [("青山乡", "1", "第1季")]


def test_nobody_takes_in_what_another_handed_in(cast: Cast, lead: Client, client: Client) -> None:
    batch = hand_in(cast, book(*GOOD))
    other = Client()
    other.force_login(cast.people["official_青山乡"])

    answers = [
        other.post("/years/2012/imports/confirm/", {"batch": batch.pk}).status_code,
        lead.post("/years/2012/imports/confirm/").status_code,
        lead.get("/years/2012/imports/confirm/").status_code,
    ]

    assert answers == [404, 422, 405]
    assert not standing(cast)


def test_who_has_sent_every_quarter_no_longer_waits(cast: Cast, office: Client) -> None:
    for quarter in (1, 2, 3, 4):
        taken(cast, row("青山乡", 1, f"第{quarter}季", quarter=quarter))

    page = text(office.get("/years/2012/imports/?kind=ledger"))

    waiting = page.split("waiting-name")[-1].split("</aside>")[0]
    assert "市信访局" not in waiting
    assert "市档案局" in waiting


def test_a_closed_stage_refuses_the_upload_in_words(cast: Cast, lead: Client) -> None:
    cast.at(Stage.ONSITE_REVIEW)
    file = SimpleUploadedFile("台账.xlsx", book(*GOOD))

    page = text(lead.post("/years/2012/imports/", {"kind": "ledger", "files": [file]}, follow=True))

    assert not ImportBatch.objects.exists()
    assert "台账.xlsx" in page


def test_a_change_meanwhile_shows_the_new_preview(cast: Cast, lead: Client) -> None:
    batch = hand_in(cast, book(*GOOD))
    taken(cast, row("青山乡", 9, "别人先报"), by="office1")

    answer = lead.post(f"/years/2012/imports/{batch.pk}/confirm/")

    assert answer.status_code == 409
    assert "office1" in text(answer)
    assert len(standing(cast)) == 1


# Typing -------------------------------------------------------------------------------------------


def form_of(
    cast: Cast, *rows: tuple[str, str, str, str], seen: int = 0, clean: bool = False
) -> dict[str, str]:
    """The posted fields of rows (unit, points, reason, thread)."""
    data = {"seen": str(seen), "rows": str(len(rows)), **({"others_clean": "1"} if clean else {})}
    for number, (unit, points, reason, thread) in enumerate(rows):
        member = Membership.objects.get(unit__name=unit, block__name="乡镇口") if unit else None
        data |= {
            f"member-{number}": str(member.pk) if member else "",
            f"points-{number}": points,
            f"reason-{number}": reason,
            f"thread-{number}": thread,
        }
    return data


def address(cast: Cast, sub: str = "信访") -> str:
    return f"{ENTRY}?sub={cast.subs['乡镇口', sub].pk}"


def test_lines_are_typed_and_stand_as_one_version(cast: Cast, lead: Client) -> None:
    rows = [("青山乡", "5", "越级上访", ""), ("白水乡", "0", "", ""), ("东河镇", "", "", "")]

    answer = lead.post(address(cast), form_of(cast, *rows, clean=True))

    assert answer.status_code == 302
    assert standing(cast) == [("青山乡", "5", "越级上访"), ("白水乡", "0", "")]
    assert LedgerVersion.objects.get().others_clean


def test_a_correction_keeps_the_other_lines_and_the_line_its_thread(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    line = LedgerLine.objects.get(reason="越级上访一批次")
    seen = LedgerVersion.objects.get().pk

    lead.post(address(cast), form_of(cast, ("青山乡", "4.5", "越级上访一批次", line.thread.hex), seen=seen))

    assert standing(cast) == [
        ("青山乡", "4.5", "越级上访一批次"),
        ("白水乡", "0", ""),
        ("东河镇", "2.5", "回访不到位"),
    ]
    assert LedgerLine.objects.filter(thread=line.thread).count() == 2


def test_emptying_a_row_takes_its_line_away(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    line = LedgerLine.objects.get(reason="越级上访一批次")
    seen = LedgerVersion.objects.get().pk

    lead.post(address(cast), form_of(cast, ("青山乡", "", "", line.thread.hex), seen=seen))

    assert [each[0] for each in standing(cast)] == ["白水乡", "东河镇"]


@pytest.mark.parametrize(
    ("unit", "points", "reason"),
    [
        ("青山乡", "5", ""),
        ("青山乡", "-1", "x"),
        ("青山乡", "约5", "x"),
        ("青山乡", "1.005", "x"),
        ("", "5", "x"),
        ("青山乡", "", "只有事由"),
    ],
)
def test_a_wrong_row_saves_nothing_and_keeps_what_was_typed(
    cast: Cast, lead: Client, unit: str, points: str, reason: str
) -> None:
    rows = [("白水乡", "1", "对的一行", ""), (unit, points, reason, "")]

    answer = lead.post(address(cast), form_of(cast, *rows))

    assert answer.status_code == 422
    assert not LedgerLine.objects.exists()
    assert "对的一行" in text(answer)
    assert "is-wrong" in text(answer)


def test_a_stage_that_moved_while_the_form_was_open_keeps_what_was_typed(cast: Cast, lead: Client) -> None:
    cast.at(Stage.ONSITE_REVIEW)

    answer = lead.post(address(cast), form_of(cast, ("青山乡", "5", "打了半天的事由", "")))

    assert answer.status_code == 409
    assert "打了半天的事由" in text(answer)
    assert not LedgerLine.objects.exists()


def test_two_who_change_the_same_line_see_both_values(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    line = LedgerLine.objects.get(reason="越级上访一批次")
    seen = LedgerVersion.objects.get().pk
    taken(cast, row("青山乡", 7, "越级上访一批次"), row("白水乡", 0), by="office1")

    answer = lead.post(
        address(cast), form_of(cast, ("青山乡", "3", "越级上访一批次", line.thread.hex), seen=seen)
    )

    assert answer.status_code == 409
    assert "7 越级上访一批次" in text(answer)
    assert 'value="3"' in text(answer)
    assert standing(cast)[0] == ("青山乡", "7", "越级上访一批次")


def test_a_change_of_other_lines_meanwhile_does_not_stand_in_the_way(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    line = LedgerLine.objects.get(reason="越级上访一批次")
    seen = LedgerVersion.objects.get().pk
    taken(cast, row("青山乡", 5, "越级上访一批次"), row("白水乡", 1, "别人补的"), by="office1")

    answer = lead.post(
        address(cast), form_of(cast, ("青山乡", "3", "越级上访一批次", line.thread.hex), seen=seen)
    )

    assert answer.status_code == 302
    assert standing(cast) == [("青山乡", "3", "越级上访一批次"), ("白水乡", "1", "别人补的")]


def test_the_office_types_about_the_bodys_own_unit(cast: Cast, office: Client) -> None:
    sub = cast.subs["党群口", "业务"]
    member = Membership.objects.get(unit=cast.units["市信访局"])
    data = {"seen": "0", "rows": "1", "member-0": str(member.pk), "points-0": "2", "reason-0": "自身积案"}

    answer = office.post(f"{ENTRY}?sub={sub.pk}&part=office", data)

    assert answer.status_code == 302
    assert LedgerVersion.objects.get().ledger.part == "office"


def test_a_lead_reaches_no_row_about_itself(cast: Cast, lead: Client) -> None:
    sub = cast.subs["党群口", "业务"]
    member = Membership.objects.get(unit=cast.units["市信访局"])
    data = {"seen": "0", "rows": "1", "member-0": str(member.pk), "points-0": "2", "reason-0": "x"}

    answer = lead.post(f"{ENTRY}?sub={sub.pk}&part=office", data)

    assert answer.status_code == 422
    assert not LedgerLine.objects.exists()


# Voiding and due days -----------------------------------------------------------------------------


def test_a_version_is_voided_after_a_question_and_with_a_reason(cast: Cast, lead: Client) -> None:
    taken(cast, *GOOD)
    path = f"{HUB}versions/{LedgerVersion.objects.get().pk}/void/"

    asked, without, done = lead.get(path), lead.post(path), lead.post(path, {"reason": "报错季度"})

    assert (asked.status_code, without.status_code, done.status_code) == (200, 422, 302)
    assert standing(cast) == []


def test_others_void_nothing(cast: Cast, client: Client) -> None:
    taken(cast, *GOOD)
    path = f"{HUB}versions/{LedgerVersion.objects.get().pk}/void/"

    answers = []
    for person in ("official_青山乡", "mayor", "auditor"):
        client.force_login(cast.people[person])
        answers.append(client.post(path, {"reason": "x"}).status_code)

    assert answers == [403, 403, 403]


def test_the_office_sets_until_when_ledgers_are_due(cast: Cast, office: Client) -> None:
    answer = office.post(f"{HUB}due/", {"q1": "2012-04-10", "q3": "2012-10-15", "cut_off": "17:30"})

    assert answer.status_code == 302
    assert [(due.quarter, due.due_on) for due in QuarterDue.objects.all()] == [
        (1, date(2012, 4, 10)),
        (3, date(2012, 10, 15)),
    ]
    assert "逾期" in text(office.get(HUB))


def test_a_lead_sets_no_due_days(cast: Cast, lead: Client) -> None:
    assert lead.post(f"{HUB}due/", {"q1": "2012-04-10"}).status_code == 403


# Cost ---------------------------------------------------------------------------------------------


def test_the_pages_cost_the_same_with_one_line_and_with_thirty(cast: Cast, office: Client) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert office.get(path).status_code == 200
        return len(queries)

    paths = [HUB, QUARTER, f"{HUB}sums/", address(cast)]
    taken(cast, row("青山乡", 1, "一"))
    first = [cost(path) for path in paths]
    rows = [row(unit, 1, f"第{n}件") for n in range(10) for unit in ("青山乡", "白水乡", "东河镇")]
    taken(cast, *rows)
    for n in range(30):
        body = Unit.objects.create(name=f"第{n}局", kind="市直单位", order=100 + n)
        SubItem.objects.create(
            item=cast.subs["党群口", "业务"].item, name=f"业务{n}", base_points=1, lead=body
        )

    assert [cost(path) for path in paths] == first
    assert max(first) <= 30
