"""A quarter's ledger in a real browser: dropped, previewed, taken in, corrected by typing, evidence laid beside.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.bonuses.papers import pdf
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from tests.scoring.ledger_sheets import GOOD, LEAD, book, row, standing, taken

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    cast = build()
    give_password(LEAD, "official_青山乡")
    return cast


@pytest.mark.parametrize("width", WIDTHS)
def test_a_lead_body_hands_a_quarter_in_and_puts_a_line_right(
    year: Cast, browser: Browser, live_server: LiveServer, tmp_path: Path, width: str
) -> None:
    good, bad, scan = tmp_path / "三季度台账.xlsx", tmp_path / "错的.xlsx", tmp_path / "通报.pdf"
    good.write_bytes(book(*GOOD))
    bad.write_bytes(book(row("青山", 5, "名称不全")))
    scan.write_bytes(pdf())
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in(LEAD)
        visit.go(f"{YEAR}ledgers/")

        page.locator("#drop-field").set_input_files(str(bad))
        page.get_by_role("button", name="读取文件").click()
        page.wait_for_url(re.compile(r"/imports/\d+/"))
        visit.look()
        expect(page.locator("main")).to_contain_text("D2")

        visit.go(f"{YEAR}ledgers/")
        page.locator("#drop-field").set_input_files(str(good))
        page.get_by_role("button", name="读取文件").click()
        page.wait_for_url(re.compile(r"/imports/\d+/"))
        visit.look()
        expect(page.locator("main")).to_contain_text("扣分分布")
        page.get_by_role("button", name="确认导入").click()
        expect(page.locator("main")).to_contain_text("已导入")

        visit.go(f"{YEAR}ledgers/市信访局/3/")
        page.get_by_role("link", name="网页录入").first.click()
        visit.look()
        page.get_by_role("link", name="乡镇口 · 信访").click()
        page.get_by_label("白水乡 扣分").fill("1.5")
        page.get_by_label("白水乡 事由").fill("回访记录不全")
        page.get_by_role("button", name="保存").click()
        expect(page.locator("main")).to_contain_text("第2版")

        visit.go(f"{YEAR}ledgers/市信访局/3/")
        page.get_by_role("link", name="白水乡").click()
        visit.look()
        page.locator("#evidence-file").set_input_files(str(scan))
        page.get_by_role("button", name="附上").click()
        expect(page.locator("main")).to_contain_text("通报.pdf")
        visit.look()

    assert ("白水乡", "1.5", "回访记录不全") in standing(year)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_unit_reads_its_own_sums(year: Cast, browser: Browser, live_server: LiveServer, width: str) -> None:
    taken(year, *GOOD)
    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("official_青山乡")
        visit.go(f"{YEAR}ledgers/")

        expect(visit.page.locator("main")).to_contain_text("395.00")
        expect(visit.page.locator("main")).not_to_contain_text("白水乡")
