"""Pages of detailed rules: each works, and each turns away who has no business there.

What may be filed and accepted is tested in tests/scoring/test_detailed_rules.py.
"""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from office import evidence, pdf
from scoring.models import DetailedRule, MajorItem, RuleBook, SubItem
from tests.cast import Cast
from tests.pages.conftest import SignedIn
from tests.pages.reading import YEAR, body, words_of
from tests.scoring.promises import received, upload
from tests.scoring.test_detailed_rules import accepted, save
from units.stages import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def page_of(cast: Cast, sub: str = "信访", block: str = "乡镇口") -> str:
    return f"{YEAR}rules/of/{cast.subs[block, sub].pk}/"


def form(*names: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "text": "按季考核，年终汇总。",
        "edits": 0,
        "form-TOTAL_FORMS": len(names) + 1,
        "form-INITIAL_FORMS": 0,
    }
    for number, name in enumerate(names):
        values |= {
            f"form-{number}-name": name,
            f"form-{number}-base_points": "200",
            f"form-{number}-steps": "每迟一件扣2分\n每漏一件扣5分",
        }
    return values | more


def test_rules_go_from_the_lead_over_the_office_into_the_compiled_text(
    year: Cast, signed_in: SignedIn
) -> None:
    lead, office = signed_in("lead_市信访局"), signed_in("office1")

    lead.post(f"{page_of(year)}edit/", form("初信初访", "积案化解", file_now="1", file=upload()))
    row = DetailedRule.objects.get()
    queue = office.get(f"{YEAR}rules/")
    office.post(f"{YEAR}rules/accept/", {"row": row.pk})
    office.post(f"{YEAR}rules/book/compile/")
    text = words_of(signed_in("official_青山乡").get(f"{YEAR}rules/book/"))

    assert f'value="{row.pk}"' in body(queue)
    assert RuleBook.objects.get().number == 1
    for words in ("按季考核，年终汇总。", "初信初访", "每漏一件扣5分"):
        assert words in text


def test_a_draft_is_the_leads_and_the_offices_alone(year: Cast, signed_in: SignedIn) -> None:
    signed_in("lead_市信访局").post(f"{page_of(year)}edit/", form("初信初访", text="还在写的细则"))

    seen = {
        who: "还在写的细则" in words_of(signed_in(who).get(page_of(year)))
        for who in ("lead_市信访局", "office1", "official_青山乡", "mayor", "reviewer1")
    }

    assert seen == {
        "lead_市信访局": True,
        "office1": True,
        "official_青山乡": False,
        "mayor": False,
        "reviewer1": False,
    }


def test_the_file_of_a_draft_is_not_there_for_others(year: Cast, signed_in: SignedIn) -> None:
    row = save(year, received=received(year))
    address = f"{YEAR}rules/files/{evidence.of(row)[0].pk}/"

    assert signed_in("lead_市信访局").get(address).status_code == 200
    assert signed_in("official_青山乡").get(address).status_code == 404


def test_what_was_typed_stays_after_a_refusal(year: Cast, signed_in: SignedIn) -> None:
    lead = signed_in("lead_市信访局")

    short = lead.post(f"{page_of(year)}edit/", form("初信初访", text="合计不对的细则", file_now="1"))
    stale = lead.post(f"{page_of(year)}edit/", form("初信初访", text="旧页面的细则", edits=7))
    nameless = lead.post(
        f"{page_of(year)}edit/", form("初信初访", text="缺基础分") | {"form-0-base_points": ""}
    )

    assert (short.status_code, stale.status_code, nameless.status_code) == (422, 409, 422)
    assert "合计不对的细则" in body(short)
    assert "旧页面的细则" in body(stale)
    assert "缺基础分" in body(nameless)
    assert not DetailedRule.objects.exists()


def test_an_emptied_name_takes_the_indicator_away(year: Cast, signed_in: SignedIn) -> None:
    lead = signed_in("lead_市信访局")
    lead.post(f"{page_of(year)}edit/", form("初信初访", "积案化解"))

    lead.post(f"{page_of(year)}edit/", form("初信初访", "", edits=1))

    assert [one.name for one in DetailedRule.objects.get().indicators.all()] == ["初信初访"]


def test_the_office_returns_with_words(year: Cast, signed_in: SignedIn) -> None:
    row = save(year)
    office = signed_in("office1")

    wordless = office.post(f"{YEAR}rules/versions/{row.pk}/examine/", {"verdict": "return"})
    office.post(f"{YEAR}rules/versions/{row.pk}/examine/", {"verdict": "return", "words": "扣分标准不明"})

    assert wordless.status_code == 422
    assert "扣分标准不明" in words_of(signed_in("lead_市信访局").get(f"{page_of(year)}edit/"))


def test_one_begins_with_the_rules_of_another_block(year: Cast, signed_in: SignedIn) -> None:
    accepted(year, text="乡镇口的细则")
    target = page_of(year, "业务", "党群口")
    source = year.subs["乡镇口", "信访"].pk

    shown = signed_in("lead_市信访局").get(f"{target}edit/?from={source}")

    assert "乡镇口的细则" in body(shown)


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("rules/", "official_青山乡", 200),
        ("rules/", "mayor", 200),
        ("rules/", "archive", 200),
        ("rules/", "sysadmin", 403),
        ("rules/book/", "auditor", 200),
        ("rules/book/?version=9", "office1", 404),
        ("rules/book/?version=now", "office1", 200),
        ("rules/of/987654321/", "office1", 404),
        ("rules/of/987654321/edit/", "lead_市信访局", 404),
        ("SUB/edit/", "official_青山乡", 403),
        ("SUB/edit/", "leader1", 403),
        ("FOREIGN/edit/", "lead_市信访局", 404),
        ("rules/files/987654321/", "office1", 404),
    ],
)
def test_who_may_open_what(year: Cast, signed_in: SignedIn, path: str, who: str, status: int) -> None:
    address = path.replace("SUB", f"rules/of/{year.subs['乡镇口', '信访'].pk}").replace(
        "FOREIGN", f"rules/of/{year.subs['乡镇口', '安全'].pk}"
    )

    assert signed_in(who).get(f"{YEAR}{address}").status_code == status


def test_nobody_without_an_account_comes_in(year: Cast, client: Client) -> None:
    assert client.get(f"{YEAR}rules/").status_code == 302


@pytest.mark.parametrize("path", ["rules/accept/", "rules/book/compile/", "rules/versions/1/examine/"])
def test_nothing_is_decided_by_get(year: Cast, signed_in: SignedIn, path: str) -> None:
    assert signed_in("office1").get(f"{YEAR}{path}").status_code == 405


def test_once_the_year_has_opened_the_pages_say_so_and_take_nothing(year: Cast, signed_in: SignedIn) -> None:
    row = save(year)
    year.at(Stage.COMMITMENT)
    lead, office = signed_in("lead_市信访局"), signed_in("office1")

    shown = lead.get(f"{page_of(year)}edit/")
    kept = lead.post(f"{page_of(year)}edit/", form("初信初访", text="迟到的细则"))
    taken = office.post(f"{YEAR}rules/versions/{row.pk}/examine/", {"verdict": "accept"})

    assert "细则已锁定" in words_of(shown)
    assert (kept.status_code, taken.status_code) == (409, 409)
    assert "迟到的细则" in body(kept)


def test_the_compiled_text_goes_out_as_docx_pdf_and_xlsx(
    year: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(year)
    monkeypatch.setattr(pdf, "render", lambda html, **_more: html.encode())
    office = signed_in("office1")
    office.post(f"{YEAR}rules/book/compile/")

    paper = office.get(f"{YEAR}rules/book.pdf?version=1")
    draft = office.get(f"{YEAR}rules/book.docx")
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"{YEAR}rules.xlsx").content))

    assert "积案化解" in paper.content.decode()
    assert draft.content[:2] == b"PK"
    assert "积案化解" in str([[cell.value for cell in line] for line in book.worksheets[0].iter_rows()])


def test_the_register_asks_as_often_for_many_sub_items_as_for_few(year: Cast, signed_in: SignedIn) -> None:
    def asked(path: str) -> int:
        client = signed_in("office1")
        client.get(f"{YEAR}{path}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{YEAR}{path}").status_code == 200
        return len(queries)

    save(year)
    few = {path: asked(path) for path in ("rules/", "rules/book/?version=now")}
    item = MajorItem.objects.create(
        block=year.blocks["党群口"], name="新增", order=9, weight_points=1, base_points=30
    )
    lead = year.units["市信访局"]
    for number in range(30):
        sub = SubItem.objects.create(item=item, name=f"第{number}项", order=number, base_points=1, lead=lead)
        year.subs["党群口", sub.name] = sub
        save(year, sub=sub.name, block="党群口", indicators=())

    assert {path: asked(path) for path in few} == few
    assert max(few.values()) <= 30
