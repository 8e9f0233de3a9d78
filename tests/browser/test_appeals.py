"""An appeal in a real browser: filed by the principal, re-checked, decided by two leaders who see who moves.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from scoring.models import Appeal, Score
from tests.awards.test_consequences import mark
from tests.bonuses.papers import equip
from tests.browser.visit import WIDTHS, Visit, give_password, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    cast = mark(equip(build())).at(Stage.RESULTS)
    give_password("principal_青山乡", "office1", "reviewer1", "leader1", "leader2")
    return cast


def file_it(visit: Visit, year: Cast) -> Appeal:
    page = visit.page
    visit.sign_in("principal_青山乡")
    visit.go(f"{YEAR}units/青山乡/")
    page.get_by_role("link", name="申请复核").click()
    page.locator("#appeal-words").fill("园区扣分无依据")
    page.locator(f"input[value='score:{year.cell('青山乡', '决战园区').pk}']").check()
    visit.look()
    page.get_by_role("button", name="签字提交").click()
    page.wait_for_url(re.compile(r"/appeals/\d+/"))
    visit.look()
    expect(page.locator("h1")).to_contain_text("2012-复1")
    return Appeal.objects.get()


def recheck(visit: Visit, year: Cast, appeal: Appeal) -> None:
    page = visit.page
    visit.sign_in("office1")
    visit.go(f"{YEAR}appeals/{appeal.pk}/")
    page.locator("select[name=reviewer]").select_option(str(year.people["reviewer1"].pk))
    page.get_by_role("button", name="指定", exact=True).click()
    expect(page.locator("main")).to_contain_text("已指定")


def record(visit: Visit, appeal: Appeal) -> None:
    page = visit.page
    visit.sign_in("reviewer1")
    visit.go(f"{YEAR}appeals/{appeal.pk}/")
    page.locator("textarea[name=text]").fill("核对台账，扣分无依据")
    page.locator("input[value=correct]").check()
    page.get_by_role("button", name="登记复核记录").click()
    expect(page.locator("main")).to_contain_text("已复核，待决定")


def decide(visit: Visit, appeal: Appeal) -> None:
    page = visit.page
    point = appeal.points.get()
    visit.sign_in("leader1")
    visit.go(f"{YEAR}appeals/points/{point.pk}/rule/")
    page.locator("input[value=upheld]").check()
    page.locator("[name=score_points]").fill("100")
    page.locator("[name=reason]").fill("扣分无依据")
    page.get_by_role("button", name="下一步").click()
    visit.look()
    expect(page.locator(".preview")).to_contain_text("2 → 3")
    expect(page.locator(".preview")).to_contain_text("899.00 → 794.00")
    page.get_by_role("button", name="首签").click()
    page.wait_for_url(re.compile(rf"/appeals/{appeal.pk}/"))


def sign(visit: Visit, appeal: Appeal) -> None:
    page = visit.page
    visit.sign_in("leader2")
    visit.go(f"{YEAR}appeals/{appeal.pk}/")
    page.locator(".point .btn-primary").click()
    visit.look()
    page.get_by_role("button", name="签字并更正").click()
    expect(page.locator("main")).to_contain_text("80 → 100")
    visit.go(f"{YEAR}board/")
    expect(page.locator("main")).to_contain_text("794.00")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_an_appeal_from_the_sheet_to_the_swapped_places(
    browser: Browser, live_server: LiveServer, year: Cast, width: str
) -> None:
    with visiting(browser, live_server.url, width) as visit:
        appeal = file_it(visit, year)
    with visiting(browser, live_server.url, width) as visit:
        recheck(visit, year, appeal)
    with visiting(browser, live_server.url, width) as visit:
        record(visit, appeal)
    with visiting(browser, live_server.url, width) as visit:
        decide(visit, appeal)
    with visiting(browser, live_server.url, width) as visit:
        sign(visit, appeal)

    assert Score.objects.get(cell=year.cell("青山乡", "决战园区"), kind="preliminary").points == 100
