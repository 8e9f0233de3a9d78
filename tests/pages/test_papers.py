"""Pages of papers, adjustments, lists and vetoes: each works, and each turns away who has no business there.

What may be claimed and decided is tested in tests/bonuses.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from awards.models import AwardScheme, PrizeLine
from bonuses.models import Adjustment, Document, PaperBatch, Tally, Veto
from tests.bonuses.papers import claim, equip, png, verified
from tests.bonuses.test_lists import GOOD, packed
from tests.cast import Cast
from units.models import Membership, Unit
from units.stages import Stage

pytestmark = pytest.mark.django_db
YEAR = "/years/2012/"


@pytest.fixture
def year(cast: Cast) -> Cast:
    return equip(cast)


def signed_in(year: Cast, name: str) -> Client:
    client = Client()
    client.force_login(year.people[name])
    return client


def form(year: Cast, *units: str, **more: Any) -> dict[str, Any]:
    values = {
        "units": [year.units[u].pk for u in units or ("青山乡",)],
        "kind": "表彰",
        "scope": "综合",
        "honoured": "本单位",
        "paper_kind": "正式文件",
        "number": "省府〔2012〕1号",
        "title": "关于表彰先进的决定",
        "issuer": "省人民政府",
        "on": "2012-05-04",
        "file": SimpleUploadedFile("批文.png", png("批文")),
    }
    return values | more


def test_a_paper_goes_from_the_form_over_the_queue_to_the_place(year: Cast) -> None:
    entered = signed_in(year, "official_青山乡").post(f"{YEAR}adjustments/claim/", form(year), follow=True)
    row = Adjustment.objects.get()
    office = signed_in(year, "office1")
    queue = office.get(f"{YEAR}adjustments/waiting/")
    done = office.post(f"{YEAR}adjustments/waiting/", {"row": f"{row.pk}:{row.version}"})

    assert (entered.status_code, done.status_code) == (200, 200)
    assert f"{row.pk}:{row.version}" in queue.content.decode()
    assert Tally.objects.get(membership__block__name="乡镇口").commendations == 20


def test_the_register_unfolds_to_steps_and_papers(year: Cast) -> None:
    verified(year, issuer="国务院办公厅", number="国办〔2012〕1号")
    verified(year, number="省府〔2012〕2号")
    verified(year, number="省府〔2012〕3号", scope="单项")

    text = signed_in(year, "office1").get(f"{YEAR}adjustments/").content.decode()

    assert "60 → 50" in text
    assert "国办〔2012〕1号" in text


def test_the_unit_sheet_unfolds_to_the_paper(year: Cast) -> None:
    row = verified(year)
    year.at(Stage.RESULTS)

    text = signed_in(year, "principal_青山乡").get(f"{YEAR}units/青山乡/").content.decode()

    assert f"{YEAR}papers/{row.document_id}/" in text


def test_what_was_typed_stays_after_a_refusal(year: Cast) -> None:
    answer = signed_in(year, "office1").post(
        f"{YEAR}adjustments/claim/", form(year, issuer="省", note="请核")
    )

    assert answer.status_code == 422
    assert "请核" in answer.content.decode()
    assert not Document.objects.exists()


def test_points_cannot_be_sent_along(year: Cast) -> None:
    signed_in(year, "official_青山乡").post(f"{YEAR}adjustments/claim/", form(year, listed="30", points="30"))
    row = Adjustment.objects.get()

    signed_in(year, "office1").post(
        f"{YEAR}adjustments/{row.pk}/verify/",
        {"version": row.version, "points": "99", "level": "国家部委及中直部门"},
    )

    assert Tally.objects.get(membership__block__name="乡镇口").commendations == 20


@pytest.mark.parametrize("act", ["verify", "reject", "named"])
def test_nothing_is_decided_by_get(year: Cast, act: str) -> None:
    row = claim(year)

    answer = signed_in(year, "office2").get(f"{YEAR}adjustments/{row.pk}/{act}/")

    row.refresh_from_db()
    assert (answer.status_code, row.state) == (405, "proposed")


def test_a_decision_on_an_old_page_shows_what_is_there_now(year: Cast) -> None:
    row = verified(year, by="official_青山乡", second="office1")

    answer = signed_in(year, "office2").post(f"{YEAR}adjustments/{row.pk}/verify/", {"version": 1})

    assert answer.status_code == 409


def test_another_units_paper_is_not_there(year: Cast) -> None:
    row = verified(year)
    rival = signed_in(year, "official_白水乡")

    for path in (f"adjustments/{row.pk}/", f"papers/{row.document_id}/", f"papers/{row.document_id}/file/"):
        assert rival.get(f"{YEAR}{path}").status_code == 404
    for path in ("adjustments/", "papers/", "papers/?find=省府", "vetoes/"):
        assert "省府" not in rival.get(f"{YEAR}{path}").content.decode().replace('value="省府"', "")
    assert "青山乡" not in rival.get(f"{YEAR}adjustments/").content.decode()


def test_the_scan_opens_in_the_page_for_its_unit(year: Cast) -> None:
    row = verified(year)

    answer = signed_in(year, "official_青山乡").get(f"{YEAR}papers/{row.document_id}/file/")

    assert answer["Content-Type"] == "image/png"
    assert "inline" in answer["Content-Disposition"] or "attachment" not in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("adjustments/", "mayor", 200),
        ("adjustments/", "reviewer1", 200),
        ("adjustments/", "auditor", 200),
        ("adjustments/", "sysadmin", 403),
        ("adjustments/", "archive", 404),
        ("adjustments/waiting/", "official_青山乡", 403),
        ("adjustments/waiting/", "leader1", 403),
        ("adjustments/claim/", "mayor", 403),
        ("adjustments/matters/", "lead_市信访局", 403),
        ("adjustments/issuers/", "official_青山乡", 403),
        ("adjustments/lists/", "leader1", 403),
        ("papers/", "secadmin", 403),
        ("vetoes/", "leader1", 200),
        ("vetoes/propose/", "official_青山乡", 403),
        ("vetoes/misconduct/", "lead_市信访局", 403),
        ("papers/999999/", "office1", 404),
        ("adjustments/999999/", "office1", 404),
        ("adjustments/99999999999999999999/", "office1", 404),
    ],
)
def test_who_may_open_what(year: Cast, path: str, who: str, status: int) -> None:
    assert signed_in(year, who).get(f"{YEAR}{path}").status_code == status


def test_nobody_without_an_account_comes_in(year: Cast, client: Client) -> None:
    assert client.get(f"{YEAR}adjustments/").status_code == 302


def test_a_claim_after_hand_over_is_refused(year: Cast) -> None:
    year.at(Stage.APPROVAL)

    answer = signed_in(year, "office1").post(f"{YEAR}adjustments/claim/", form(year))

    assert answer.status_code == 409


def test_the_original_is_noted_with_its_box(year: Cast) -> None:
    row = claim(year)

    signed_in(year, "office1").post(f"{YEAR}papers/{row.document_id}/seen/", {"box_number": "3-7"})

    paper = Document.objects.get()
    assert (str(paper.original_seen_by), paper.box_number) == ("office1", "3-7")


def test_alike_titles_are_proposed_and_ticked(year: Cast) -> None:
    for number, issuer in (("省通〔2012〕1号", "省委"), ("市通〔2012〕2号", "市委")):
        verified(year, kind="通报批评", issuer=issuer, number=number)
    Document.objects.update(title="关于青山乡非法采矿问题的通报")
    office = signed_in(year, "office1")

    shown = office.get(f"{YEAR}adjustments/matters/").content.decode()
    rows = list(Adjustment.objects.values_list("pk", flat=True))
    office.post(f"{YEAR}adjustments/matters/", {"row": rows, "title": "采矿"})

    assert "非法采矿" in shown
    assert Tally.objects.get(membership__block__name="乡镇口").criticisms == 30


def test_a_list_goes_from_drop_over_preview_to_the_queue(year: Cast) -> None:
    office = signed_in(year, "office1")
    shown = office.post(
        f"{YEAR}adjustments/lists/", {"files": SimpleUploadedFile("清单.zip", packed(GOOD))}, follow=True
    )
    batch = PaperBatch.objects.get()
    done = office.post(f"{YEAR}adjustments/lists/{batch.pk}/confirm/", follow=True)

    assert "省府〔2012〕8号" in shown.content.decode()
    assert done.status_code == 200
    assert Adjustment.objects.get().state == "proposed"
    assert signed_in(year, "official_白水乡").get(f"{YEAR}adjustments/lists/{batch.pk}/").status_code == 404


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_a_bad_list_is_told_on_the_page(year: Cast, content: bytes) -> None:
    sent = SimpleUploadedFile("清单.zip", content)

    assert signed_in(year, "office1").post(f"{YEAR}adjustments/lists/", {"files": sent}).status_code == 422


def test_a_veto_is_proposed_confirmed_and_lifted(year: Cast) -> None:
    values = form(year) | {
        "unit": year.units["青山乡"].pk,
        "field": "信访",
        "level": "否决",
        "deciding_body": "市综治委",
        "decided_on": "2012-09-01",
    }
    signed_in(year, "office1").post(f"{YEAR}vetoes/propose/", values)
    row = Veto.objects.get()
    leader = signed_in(year, "leader1")
    leader.post(f"{YEAR}vetoes/{row.pk}/confirm/", {"version": row.version})
    barred = Tally.objects.filter(is_barred=True).count()
    row.refresh_from_db()
    same = leader.post(f"{YEAR}vetoes/{row.pk}/lift/", {"version": row.version, "reason": "已整改"})
    signed_in(year, "leader2").post(
        f"{YEAR}vetoes/{row.pk}/lift/", {"version": row.version, "reason": "已整改"}
    )

    row.refresh_from_db()
    assert (barred, same.status_code, row.state) == (2, 403, "lifted")


@pytest.mark.parametrize(
    "path", ["adjustments/", "adjustments/waiting/", "papers/", "vetoes/", "adjustments/matters/"]
)
def test_a_list_page_asks_as_often_for_thirty_rows_as_for_one(year: Cast, path: str) -> None:
    def asked() -> int:
        client = signed_in(year, "office1")
        client.get(f"{YEAR}{path}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{YEAR}{path}").status_code == 200
        return len(queries)

    claim(year, by="office2")
    for order in range(15):
        unit = Unit.objects.create(name=f"第{order}乡", kind="乡镇", order=40 + order)
        year.units[unit.name] = unit
        Membership.objects.create(block=year.blocks["乡镇口"], unit=unit)
    few = asked()
    for order in range(15):
        claim(year, f"第{order}乡", number=f"省府〔2012〕{order + 20}号", by="office2")

    assert asked() == few
    assert few <= 30


def test_the_workbook_goes_out(year: Cast) -> None:
    verified(year)

    answer = signed_in(year, "official_青山乡").get(f"{YEAR}adjustments.xlsx")

    assert answer.content[:2] == b"PK"


def test_the_tables_of_a_page_come_as_a_workbook_and_hold_what_the_reader_sees(year: Cast) -> None:
    official = signed_in(year, "official_青山乡")
    empty = official.get(f"{YEAR}papers/?tables=xlsx", follow=True)
    official.post(f"{YEAR}adjustments/claim/", form(year), follow=True)

    page = official.get(f"{YEAR}papers/").content.decode()
    own = official.get(f"{YEAR}papers/?q=&tables=xlsx")
    rival = signed_in(year, "official_白水乡").get(f"{YEAR}papers/?tables=xlsx", follow=True)

    assert "本页尚无表格可下载" in empty.content.decode()
    assert 'href="?tables=xlsx"' in page
    book = load_workbook(BytesIO(own.content))
    assert any("关于表彰先进的决定" in str(cell.value) for line in book.active.iter_rows() for cell in line)
    assert own["Content-Disposition"].startswith("attachment")
    assert "本页尚无表格可下载" in rival.content.decode()


def test_an_adjustment_after_the_hearing_asks_thirty_queries_at_most(year: Cast) -> None:
    """With what it moves listed, awards and money included, whatever the size of the block."""
    scheme = AwardScheme.objects.create(cycle=year.cycle, name="综合奖", kind="综合", rests_on=["总分"])
    scheme.blocks.add(year.blocks["乡镇口"])
    PrizeLine.objects.create(scheme=scheme, grade="一等奖", count=1, amount_fen=5_000_000)
    row = claim(year, by="office2")
    year.at(Stage.RESULTS)
    client = signed_in(year, "office1")

    def asked() -> int:
        client.get(f"{YEAR}adjustments/{row.pk}/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{YEAR}adjustments/{row.pk}/").content.decode()
        assert "签字后的变动" in page
        return len(queries)

    few = asked()
    for order in range(30):
        unit = Unit.objects.create(name=f"第{order}乡", kind="乡镇", order=40 + order)
        Membership.objects.create(block=year.blocks["乡镇口"], unit=unit)

    assert asked() == few <= 30
