"""The register of additions and deductions: narrowed to a unit and a kind alike on page, PDF and workbook."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.test import Client

from office import pdf
from tests.bonuses.papers import equip, verified
from tests.cast import Cast
from tests.pages.reading import YEAR, signed_in, words_of

pytestmark = pytest.mark.django_db
PAGE, PAPER, BOOK = f"{YEAR}adjustments/", f"{YEAR}adjustments.pdf", f"{YEAR}adjustments.xlsx"


@pytest.fixture
def year(cast: Cast) -> Cast:
    equip(cast)
    verified(cast, "青山乡", number="省府〔2012〕1号")
    verified(cast, "白水乡", number="省府〔2012〕2号")
    verified(cast, "白水乡", kind="通报批评", number="市纪〔2012〕3号", issuer="市委")
    return cast


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that would be set, instead of setting them."""
    pages: list[str] = []

    def keep(html: str, *, identifier: str = "") -> bytes:
        pages.append(html)
        return b"%PDF-"

    monkeypatch.setattr(pdf, "render", keep)
    return pages


def office(cast: Cast) -> Client:
    return signed_in(cast.people["office1"])


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("", ["省府〔2012〕1号", "省府〔2012〕2号", "市纪〔2012〕3号"], []),
        ("?unit=白水乡", ["省府〔2012〕2号", "市纪〔2012〕3号"], ["省府〔2012〕1号"]),
        ("?kind=通报批评", ["市纪〔2012〕3号"], ["省府〔2012〕1号", "省府〔2012〕2号"]),
        ("?unit=白水乡&kind=表彰", ["省府〔2012〕2号"], ["省府〔2012〕1号", "市纪〔2012〕3号"]),
    ],
)
def test_page_pdf_and_workbook_narrow_alike(
    year: Cast, printed: list[str], query: str, there: list[str], not_there: list[str]
) -> None:
    page = words_of(office(year).get(PAGE + query))
    answer = office(year).get(PAPER + query)
    book = openpyxl.load_workbook(BytesIO(office(year).get(BOOK + query).content))
    cells = " ".join(str(c.value) for row in book.worksheets[0].iter_rows() for c in row)

    assert answer["Content-Type"] == "application/pdf"
    for place in (page, printed[0], cells):
        assert [number for number in there if number not in place] == []
        assert [number for number in not_there if number in place] == []


def test_the_pdf_tells_the_steps_and_the_sum(year: Cast, printed: list[str]) -> None:
    office(year).get(f"{PAPER}?unit=白水乡")

    assert "表彰加分 20.00　通报批评扣分 5.00　奖励加分 0.00　合计 +15.00" in printed[0]
    assert "（§4(2)4）" in printed[0]


def test_a_unit_prints_its_own_papers_only(year: Cast, printed: list[str]) -> None:
    signed_in(year.people["official_青山乡"]).get(PAPER)

    assert "省府〔2012〕1号" in printed[0]
    assert "白水乡" not in printed[0]


def test_it_is_set_as_a_paper(year: Cast) -> None:
    assert office(year).get(PAPER).content[:5] == b"%PDF-"
