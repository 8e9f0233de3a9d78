"""The office's path through the procedure in a real browser: read the desk, note a call, remind, reopen; a unit's home.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from office.models import Notice
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast
from units.models import CallNote, Reopening, StageWindow, Unit
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def overdue(cast: Cast) -> Cast:
    """Self-assessment is the stage and its window ended yesterday."""
    cast.at(Stage.SELF_ASSESSMENT)
    day = timezone.localdate()
    StageWindow.objects.create(
        cycle=cast.cycle,
        stage=Stage.SELF_ASSESSMENT,
        opens_on=day - timedelta(days=20),
        closes_on=day - timedelta(days=1),
    )
    Unit.objects.filter(name="青山乡").update(contact="李某", mobile="0000-1", superior_leader="市领导甲")
    give_password("office1", "official_青山乡")
    return cast


@pytest.mark.parametrize("width", list(WIDTHS))
def test_who_is_late_is_called_reminded_and_let_in_again(
    browser: Browser, live_server: LiveServer, overdue: Cast, width: str
) -> None:
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("office1")
        visit.go("/years/2012/reminders/?task=self-assessment")
        unit = page.locator(".debtor").filter(has_text="青山乡")
        expect(unit).to_contain_text("0000-1")

        page.get_by_placeholder("单位名称").fill("青山")
        expect(page.locator(".debtor:visible")).to_have_count(1)
        unit.locator("summary").click()
        expect(unit.locator("textarea")).to_have_value(re.compile("【考评办】青山乡李某"))
        visit.look()

        unit.get_by_role("button", name="已打电话").click()
        expect(page.locator("#notes")).to_contain_text("李某接听")
        unit = page.locator(".debtor").filter(has_text="青山乡")
        expect(unit).to_contain_text("请打给分管领导")
        assert CallNote.objects.get().answered_by == "李某"

        unit.get_by_label("自评").check()
        page.get_by_role("button", name="催办所选").click()
        expect(page.locator("#notes")).to_contain_text("已催办1个单位")
        assert Notice.objects.filter(user=overdue.people["official_青山乡"]).count() == 1

        page.locator(".debtor").filter(has_text="青山乡").get_by_label("自评").check()
        page.get_by_role("button", name="为所选开放补报").click()
        page.wait_for_url(re.compile("/reopen/"))
        visit.look()
        expect(page.get_by_label("青山乡")).to_be_checked()
        page.locator("[name=stage]").select_option("self-assessment")
        page.locator("[name=day]").fill(f"{timezone.localdate() + timedelta(days=2)}")
        page.locator("[name=reason]").fill("主要负责人出差")
        page.locator("main form").filter(has=page.locator("[name=reason]")).get_by_role(
            "button"
        ).first.click()
        expect(page.locator("#notes")).to_contain_text("开放补报")
        assert Reopening.objects.get().unit == overdue.units["青山乡"]
        visit.go("/years/2012/")

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("official_青山乡")
        visit.go("/")
        expect(visit.page.locator(".is-numbered .task").first).to_be_visible()
        expect(visit.page.locator("main")).to_contain_text("主要负责人出差")
        expect(visit.page.locator("main")).not_to_contain_text("白水乡")
