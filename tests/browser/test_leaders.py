"""A leader's two minutes in a browser: board, unit, item, cell and paper; two units side by side; one sheet of A4.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.awards.years import ready
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
YEAR = "/years/2012/"
PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b(?!s)")


@pytest.fixture
def heard(cast: Cast) -> Cast:
    give_password("mayor")
    return ready(cast).at(Stage.HEARING)


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_leader_gets_from_the_board_to_the_figure_behind_a_place_and_compares(
    browser: Browser, live_server: LiveServer, heard: Cast, width: str
) -> None:
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("mayor")
        visit.go(f"{YEAR}brief/")
        visit.go(f"{YEAR}board/")
        page.locator("main").get_by_role("link", name="青山乡", exact=True).first.click()
        page.wait_for_url(re.compile("/units/"))
        visit.look()
        expect(page.locator("h1")).to_contain_text("青山乡")

        steps = page.locator("main details summary")
        steps.first.click()
        visit.look()
        cell = page.locator("main a[href*='/cells/']").first
        if not cell.is_visible():
            for closed in page.locator("main details:not([open]) > summary").all():
                if closed.is_visible():
                    closed.click()
        cell.click()
        page.wait_for_url(re.compile("/cells/"))
        visit.look()

        visit.go(f"{YEAR}compare/?unit=青山乡&unit=白水乡")
        for name in ("青山乡", "白水乡"):
            expect(page.locator("main")).to_contain_text(name)


@pytest.mark.parametrize("address", ["brief/", "compare/?unit=青山乡&unit=白水乡"])
def test_what_a_leader_prints_is_one_sheet(
    browser: Browser, live_server: LiveServer, heard: Cast, address: str
) -> None:
    with visiting(browser, live_server.url, "desk") as visit:
        visit.sign_in("mayor")
        visit.go(f"{YEAR}{address}")
        printed = visit.page.pdf(format="A4", print_background=True)

    assert len(PAGE_OF_PDF.findall(printed)) == 1
