"""The what-if bench and an amendment in a real browser, at both widths.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from awards.models import RuleChange
from scoring.models import Standing, TrialVariant
from tests.bonuses.papers import equip
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    cast = equip(build(Stage.RESULTS))
    for unit, park, letters in (("青山乡", "90", "360"), ("白水乡", "100", "320"), ("东河镇", "80", "400")):
        cast.score(unit, "决战园区", park)
        cast.score(unit, "信访", letters)
    give_password("office1", "leader1", "leader2")
    return cast


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_trial_is_made_kept_compared_and_nothing_official_changes(
    browser: Browser, live_server: LiveServer, year: Cast, width: str
) -> None:
    stored = list(Standing.objects.order_by("pk").values())
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("office1")
        visit.go(f"{YEAR}what-if/")

        page.locator("select[name=member]").select_option(label="青山乡")
        page.locator(".trial-form[open] input[name=points]").fill("101")
        page.locator(".trial-form[open] button").first.click()
        expect(page.locator(".refusal")).to_contain_text("100")
        page.locator(".trial-form[open] input[name=points]").fill("100")
        page.locator(".trial-form[open] button").first.click()
        expect(page.locator(".trial-steps")).to_contain_text("青山乡 · 决战园区 初评：90 → 100")
        expect(page.locator(".trial-table tbody tr").first).to_contain_text("青山乡")
        visit.look()

        page.fill(".trial-save input[name=name]", "青山满分")
        page.get_by_role("button", name="保存方案").click()
        expect(page.locator("#notes")).to_contain_text("已保存为")
        page.locator(".trial-variants input[type=checkbox]").check()
        page.get_by_role("button", name="勾选至多三个").click()
        expect(page.locator("h1")).to_contain_text("方案对比")
        visit.look()

    assert TrialVariant.objects.count() == 1
    assert list(Standing.objects.order_by("pk").values()) == stored


def test_two_of_the_leading_group_amend_a_rule_after_seeing_who_moves(
    browser: Browser, live_server: LiveServer, year: Cast
) -> None:
    items = {item.name: item.pk for item in year.blocks["乡镇口"].items.all()}
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("leader1")
        visit.go(f"{YEAR}amendments/new/")
        page.locator(".trial-form summary", has_text="权重").click()
        page.fill(f"input[name=w-{items['决战园区']}]", "300")
        page.fill(f"input[name=w-{items['社会管理']}]", "700")
        page.locator(".trial-form[open] button").first.click()
        expect(page.locator(".preview")).to_contain_text("东河镇")
        visit.look()
        page.fill("textarea[name=reason]", "附表有误")
        page.fill("input[name=on]", "2012-11-01")
        page.get_by_role("button", name="首签").click()
        expect(page.locator("#notes")).to_contain_text("第二人签字后生效")

    with visiting(browser, live_server.url, "phone") as visit:
        page = visit.page
        visit.sign_in("leader2")
        visit.go(f"{YEAR}amendments/")
        page.get_by_role("link", name="第二人签字").click()
        expect(page.locator(".preview")).to_contain_text("东河镇")
        visit.look()
        page.locator("form.framed .btn-primary").click()
        expect(page.locator("#notes")).to_contain_text("已生效")

    assert RuleChange.objects.get().number == 1
