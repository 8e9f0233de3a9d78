"""The main job in a real browser: sign in, take a workbook in, edit the matrix, read the board, unfold a sheet.

Each page on the way is held to the same: no console error, no other host, no sideways scroll, nothing serious to axe.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from office.models import User
from scoring.models import Cell, Score
from tests.pages.reading import YEAR, shipped_year, signed_in
from units.models import Cycle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "a quiet year 2012"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# Chromium itself writes this line for every answer of 400 and above; the page shows the refusal.
REFUSAL_LINE = re.compile(r"Failed to load resource: the server responded with a status of (409|422)")
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module", autouse=True)
def _orm_beside_the_browser() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, and Django would refuse its database there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def browser(_orm_beside_the_browser: None) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def year() -> Cycle:
    cycle = shipped_year()
    for user in User.objects.filter(username__in=["office1", "office2"]):
        user.set_password(PASSWORD)
        user.save()
    return cycle


class Visit:
    """A page that is watched from its first byte on."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSAL_LINE.search(message.text):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != urlsplit(self.site).netloc:
            self.complaints.append(f"request: {request.url}")

    def go(self, address: str) -> None:
        self.page.goto(self.site + address)
        self.look()

    def look(self) -> None:
        """Hold the page shown now to what every page is held to."""
        page = self.page
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.complaints.append(f"{page.url}: scrolls sideways by {wide} px")
        for found in Axe().run(page).response["violations"]:
            if found["impact"] in {"serious", "critical"}:
                where = [node["target"] for node in found["nodes"]][:3]
                self.complaints.append(f"{page.url}: axe {found['id']} {where}")


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
    across, down = WIDTHS[width]
    context = browser.new_context(viewport={"width": across, "height": down}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(30_000)
    visit = Visit(page, live_server.url)

    visit.go("/login/")
    page.fill("input[name=username]", "office1")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
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

    assert visit.complaints == []
    context.close()


def faster(cell: Cell) -> None:
    """Somebody else saves this cell meanwhile."""
    client: Client = signed_in(User.objects.get(username="office2"))
    cell.refresh_from_db()
    answer = client.post(
        f"{YEAR}cells/{cell.pk}/",
        {"kind": "preliminary", "score": "91", "reason": "复核", "version": str(cell.version)},
    )
    assert answer.status_code == 302
