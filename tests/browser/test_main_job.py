"""The main job in a real browser: sign in, take a workbook in, edit the matrix, read the board, unfold a sheet.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from office.models import User
from scoring.models import Cell, Score
from tests.browser.visit import WIDTHS, Visit, give_password, visiting
from tests.pages.reading import YEAR, shipped_year, signed_in
from units.models import Cycle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cycle:
    cycle = shipped_year()
    give_password("office1", "office2")
    return cycle


def score_sheet(folder: Path, units: list[str], points: str) -> Path:
    """A score sheet of 决战园区 as an office would type it."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["单位", "大块", "大项", "中项", "得分", "说明"])
    for number, unit in enumerate(units):
        sheet.append([unit, "乡镇口", "决战园区", "决战园区", float(points) - number, "测评小组评定"])
    path = folder / "决战园区评分表.xlsx"
    book.save(path)
    return path


def take_in(visit: Visit, path: Path) -> None:
    page = visit.page
    visit.go(f"{YEAR}imports/?kind=preliminary")
    page.set_input_files("#drop-field", path)
    page.get_by_role("button", name="读取").or_(page.locator("form.drop .btn-primary")).first.click()
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    visit.look()
    expect(page.locator("h1")).to_have_text(path.name)
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("main")).to_contain_text("名次已更新")


def places(page: Page) -> list[str]:
    return page.locator("#matrix .edge-in").all_inner_texts()


def type_into(page: Page, cell: str, typed: str) -> None:
    """By keyboard alone: walk onto the cell, type, Enter."""
    page.locator(cell).focus()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_the_main_job_from_sign_in_to_the_trace(
    browser: Browser, live_server: LiveServer, year: Cycle, tmp_path: Path, width: str
) -> None:
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("office1")
        expect(page.locator("h1")).to_be_visible()
        visit.look()

        take_in(visit, score_sheet(tmp_path, ["青山乡", "白水乡", "枫林乡"], "99.5"))
        assert Score.objects.filter(points="99.5", cell__membership__unit__name="青山乡").exists()

        visit.go(f"{YEAR}blocks/乡镇口/matrix/")
        page.evaluate("window.notReloaded = true")
        row = page.locator("#matrix tbody tr").filter(has_text="竹溪乡")
        key = row.locator("td > .cell").first.get_attribute("id")
        before = places(page)
        type_into(page, f"#{key}", "100")
        expect(page.locator(f"#{key}")).to_have_text("100.00")
        expect(page.locator(f"#{key}")).to_have_class(re.compile("is-fresh"))
        assert places(page) != before
        assert page.evaluate("window.notReloaded") is True
        visit.look()

        type_into(page, f"#{key}", "100.5")
        expect(page.locator("#cell-notice")).to_contain_text("超过基础分100")
        expect(page.locator("#cell-notice")).to_contain_text("100.5")
        visit.look()

        faster(Cell.objects.get(pk=int(str(key)[1:])))
        type_into(page, f"#{key}", "77")
        expect(page.locator("#cell-notice")).to_contain_text("office2已于")
        visit.look()
        page.get_by_role("button", name="改用我的").click()
        expect(page.locator(f"#{key}")).to_have_text("77.00")
        expect(page.locator("#cell-notice")).to_be_empty()

        visit.go(f"{YEAR}board/")
        link = page.locator(".board-row").filter(has_text="竹溪乡").get_by_role("link", name="竹溪乡").first
        final = page.locator(".board-row").filter(has_text="竹溪乡").first.locator(".final").inner_text()
        link.click()
        expect(page.locator("h1")).to_have_text("竹溪乡")
        expect(page.locator(".result-final .big")).to_have_text(final)
        page.get_by_role("button", name="全部展开").click()
        expect(page.locator(".trace-item .formula").first).to_be_visible()
        expect(page.locator(".trace-item").first).to_contain_text("77.00")
        expect(page.locator(".trace-item").first).to_contain_text("office1")
        visit.look()

        visit.go(f"{YEAR}plan/")
        visit.go(f"{YEAR}call/?q=zxx")
        expect(page.locator(".call-card h2")).to_have_text("竹溪乡")


def faster(cell: Cell) -> None:
    """Somebody else saves this cell meanwhile."""
    client: Client = signed_in(User.objects.get(username="office2"))
    cell.refresh_from_db()
    answer = client.post(
        f"{YEAR}cells/{cell.pk}/",
        {"kind": "preliminary", "score": "91", "reason": "复核", "version": str(cell.version)},
    )
    assert answer.status_code == 302
