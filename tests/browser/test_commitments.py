"""A unit promises on a phone, its principal signs, the office accepts at the desk; a lead files rules.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from scoring.models import Commitment, DetailedRule
from tests.browser.visit import give_password, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    cast = build()
    give_password("office1", "official_青山乡", "principal_青山乡", "lead_市信访局")
    return cast


def test_a_promise_goes_from_the_phone_to_the_desk(
    year: Cast, browser: Browser, live_server: LiveServer
) -> None:
    year.at(Stage.COMMITMENT)
    with visiting(browser, live_server.url, "phone") as visit:
        visit.sign_in("official_青山乡")
        visit.go(f"{YEAR}commitments/")
        visit.page.get_by_role("link", name="填写目标").first.click()
        visit.look()
        visit.page.fill("[name=form-0-text]", "新建农村公路12公里")
        visit.page.fill("[name=form-0-measure]", "验收报告")
        visit.page.fill("[name=form-0-target]", "12公里")
        visit.page.fill("[name=form-0-due]", "2012-10-31")
        visit.page.select_option("[name=form-0-sub_item]", label="信访")
        visit.page.get_by_role("button", name="保存并再加一项").click()
        visit.page.wait_for_url(re.compile("more=1"))
        visit.look()
        expect(visit.page.locator("[name=form-0-text]")).to_have_value("新建农村公路12公里")
    with visiting(browser, live_server.url, "phone") as visit:
        visit.sign_in("principal_青山乡")
        visit.go(f"{YEAR}commitments/of/青山乡/sign/")
        visit.page.get_by_role("button", name="签署").click()
        expect(visit.page.locator("main")).to_contain_text("已签署")
        visit.look()
    with visiting(browser, live_server.url, "desk") as visit:
        visit.sign_in("office1")
        visit.go(f"{YEAR}commitments/")
        visit.page.get_by_role("button", name="通过所勾选的").click()
        expect(visit.page.locator("main")).to_contain_text("已审核通过1份承诺")
        visit.go(f"{YEAR}commitments/of/青山乡/")

    assert Commitment.objects.get().state == "accepted"


def test_a_lead_files_rules_and_the_office_compiles_them(
    year: Cast, browser: Browser, live_server: LiveServer
) -> None:
    year.at(Stage.SET_UP)
    sub = year.subs["乡镇口", "信访"].pk
    with visiting(browser, live_server.url, "phone") as visit:
        visit.sign_in("lead_市信访局")
        visit.go(f"{YEAR}rules/")
        visit.go(f"{YEAR}rules/of/{sub}/edit/")
        visit.page.fill("[name=text]", "按季考核，年终汇总。")
        visit.page.fill("[name=form-0-name]", "积案化解")
        visit.page.fill("[name=form-0-base_points]", "400")
        visit.page.get_by_role("button", name="报送细则").click()
        expect(visit.page.locator("main")).to_contain_text("细则已报送")
        visit.look()
    with visiting(browser, live_server.url, "desk") as visit:
        visit.sign_in("office1")
        visit.go(f"{YEAR}rules/of/{sub}/")
        visit.page.get_by_role("button", name="通过", exact=True).click()
        visit.go(f"{YEAR}rules/book/")
        visit.page.get_by_role("button", name="汇编并发布").click()
        expect(visit.page.locator("main")).to_contain_text("已发布第1版")
        visit.look()

    assert DetailedRule.objects.get().state == "accepted"
