"""The leading group's clicks in a browser: release, return, approve exactly that digest, two members on screen at once.

What each page on the way is held to is in visit.py; what the acts do is tested in tests/awards.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from awards.actions import approval
from awards.models import Draft, Hearing
from office.models import ReturnedPaper
from tests.awards.years import ready
from tests.browser.visit import WIDTHS, Visit, give_password, visiting
from tests.cast import Cast
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
YEAR = "/years/2012/"


@pytest.fixture
def city(cast: Cast) -> Cast:
    give_password("leader1", "leader2", "office1")
    return ready(cast)


@pytest.fixture
def handed(city: Cast) -> tuple[Cast, Draft]:
    """The comprehensive result handed over; the draft awaits two members."""
    approval.hand_over(by=city.hat("office1"), cycle=city.cycle)
    return city, Draft.objects.get(purpose="approval", scope="", voided_at__isnull=True)


def says(visit: Visit, words: str) -> None:
    expect(visit.page.locator("main")).to_contain_text(words)


def approve_button(visit: Visit, draft: Draft) -> Any:
    return visit.page.get_by_role("button", name=re.compile(draft.code))


@pytest.mark.parametrize("width", list(WIDTHS))
def test_the_first_result_is_returned_with_a_reason_then_released(
    browser: Browser, live_server: LiveServer, city: Cast, width: str
) -> None:
    city.at(Stage.HEARING)

    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("leader1")
        visit.go(f"{YEAR}hearing/")
        page.get_by_role("button", name="退回").click()
        says(visit, "退回")  # without a reason it is refused in words
        assert not Hearing.objects.exists()

        visit.go(f"{YEAR}hearing/")
        page.fill("[name=reason]", "市信访局扣分依据须补正")
        page.get_by_role("button", name="退回").click()
        page.wait_for_load_state()
        assert not Hearing.objects.filter(is_released=True).exists()
        assert Hearing.objects.filter(reason="市信访局扣分依据须补正").exists()

        visit.go(f"{YEAR}hearing/")
        page.locator("button[value=release]").click()
        page.wait_for_load_state()
        visit.look()
        assert Hearing.objects.filter(is_released=True).exists()


@pytest.mark.parametrize("width", list(WIDTHS))
def test_two_members_on_two_screens_approve_that_digest_and_none_of_them_twice(
    browser: Browser, live_server: LiveServer, handed: tuple[Cast, Draft], width: str
) -> None:
    _cast, draft = handed

    with visiting(browser, live_server.url, width) as one, visiting(browser, live_server.url, width) as other:
        for visit, who in ((one, "leader1"), (other, "leader2")):
            visit.sign_in(who)
            visit.go(f"{YEAR}approval/")
        says(one, draft.digest)
        # A second tab of the same member, opened before the first signature.
        tab = one.page.context.new_page()
        tab.goto(f"{live_server.url}{YEAR}approval/")

        approve_button(one, draft).click()
        one.page.wait_for_load_state()
        says(one, "两人中一人已同意")
        expect(approve_button(one, draft)).to_have_count(0)

        tab.get_by_role("button", name=re.compile(draft.code)).click()
        tab.wait_for_load_state()
        expect(tab.locator("main")).to_contain_text("须由另一人")
        draft.approval.refresh_from_db()
        assert not draft.approval.is_complete

        approve_button(other, draft).click()
        other.page.wait_for_load_state()
        other.look()

    draft.approval.refresh_from_db()
    assert draft.approval.second_by is not None
    assert (draft.approval.first_by.username, draft.approval.second_by.username) == ("leader1", "leader2")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_draft_that_changed_while_it_was_looked_at_is_refused_and_says_what_changed(
    browser: Browser, live_server: LiveServer, handed: tuple[Cast, Draft], width: str
) -> None:
    cast, draft = handed

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("leader2")
        visit.go(f"{YEAR}approval/")
        cast.score("青山乡", "信访", "399.99")

        approve_button(visit, draft).click()
        visit.page.wait_for_load_state()
        says(visit, "已失效")
        says(visit, "青山乡·社会管理·信访 › 初评 › 得分 348 → 399.99")

        visit.go(f"{YEAR}approval/")
        says(visit, draft.code)  # among the earlier drafts, with what changed
        says(visit, "399.99")
        expect(approve_button(visit, draft)).to_have_count(0)

    draft.refresh_from_db()
    assert draft.voided_at is not None
    assert not hasattr(draft, "approval")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_returned_draft_stays_readable_with_its_reason(
    browser: Browser, live_server: LiveServer, handed: tuple[Cast, Draft], width: str
) -> None:
    cast, draft = handed

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("leader1")
        visit.go(f"{YEAR}approval/")
        box = visit.page.locator(f"section[aria-labelledby=draft-{draft.pk}]")
        box.locator("[name=reason]").fill("名次并列须先议定")
        box.get_by_role("button", name="退回").click()
        visit.page.wait_for_load_state()
        visit.look()
        says(visit, "名次并列须先议定")

    cast.cycle.refresh_from_db()
    assert cast.cycle.stage_now is Stage.RESULTS


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_notice_that_came_back_with_a_figure_changed_is_caught(
    browser: Browser, live_server: LiveServer, handed: tuple[Cast, Draft], width: str
) -> None:
    _cast, draft = handed

    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("office1")
        answer = page.context.request.get(f"{live_server.url}{YEAR}approval/{draft.pk}/notice.docx")
        paper: Any = Document(io.BytesIO(answer.body()))
        cell = paper.tables[0].rows[1].cells[4]
        before, cell.paragraphs[0].runs[0].text = cell.text, "999.99"
        back = io.BytesIO()
        paper.save(back)

        visit.go(f"{YEAR}returned/")
        page.set_input_files(
            "#drop-field",
            {
                "name": "通报改.docx",
                "mimeType": "application/octet-stream",
                "buffer": back.getvalue(),
            },
        )
        page.get_by_role("button", name="对比").click()
        page.wait_for_url(re.compile(r"/returned/\d+/"))
        visit.look()
        says(visit, "有1处数字与发出时不一致。")
        says(visit, "最终得分")
        expect(page.locator("del")).to_have_text(before)
        expect(page.locator("ins")).to_have_text("999.99")

    assert ReturnedPaper.objects.get().paper.kind == "notice"
