"""A unit assesses itself on the phone and at the desk; another comes on signed paper that two of the office compare.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from scoring.models import Deduction, Receipt, Score
from tests.bonuses.papers import png
from tests.browser.visit import WIDTHS, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from tests.pages.test_self import fill_in, say
from units.models import SignedForm
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    return build(Stage.SELF_ASSESSMENT)


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_line_saves_itself_evidence_is_laid_and_the_principal_submits(
    browser: Browser, live_server: LiveServer, year: Cast, tmp_path: Path, width: str
) -> None:
    fill_in(year)
    say(year, points=None, note="")  # 信访 is open
    cell = year.cell("青山乡", "信访")
    picture = tmp_path / "现场.png"
    picture.write_bytes(png("现场"))
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("official_青山乡")
        visit.go(f"{YEAR}self/")
        expect(page.locator(".self-progress .big").first).to_contain_text("3")
        page.get_by_role("link", name="继续填写").click()
        visit.look()

        page.fill("#off-0", "4.5")
        page.fill("#reason-0", "一件来信超期办结")
        page.locator("#note").focus()
        expect(page.locator("[data-saved]")).to_contain_text("已于")
        assert (
            Score.objects.get(cell=cell, kind="self").points
            == year.subs["乡镇口", "信访"].base_points - Deduction.objects.get().points
        )

        page.fill("#off-0", "很多")
        page.locator("#note").focus()
        expect(page.locator("[data-saved]")).to_contain_text("未保存")
        assert page.input_value("#reason-0") == "一件来信超期办结"
        page.fill("#off-0", "5")
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.locator("main")).to_contain_text("已保存")

        page.set_input_files(f"#file-{cell.pk}", picture)
        page.get_by_role("button", name="添加佐证材料").click()
        expect(page.locator(".evidence-list")).to_contain_text("现场.png")
        visit.look()

    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("principal_青山乡")
        visit.go(f"{YEAR}self/")
        page.get_by_role("link", name="核对并提交").click()
        visit.look()
        page.get_by_role("button", name="提交", exact=True).click()
        page.wait_for_url(re.compile(r"/receipts/\d+/"))
        visit.look()
        receipt = Receipt.objects.get()
        expect(page.locator(".receipt-box")).to_contain_text(receipt.number)


def test_a_unit_comes_on_paper_and_two_of_the_office_make_it_count(
    browser: Browser, live_server: LiveServer, year: Cast, tmp_path: Path
) -> None:
    fill_in(year)
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("office1")
        visit.go(f"{YEAR}forms/")
        # The PDF is fetched beside the page: Chromium's own viewer is no page of ours.
        token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
        about = page.locator("#about-self option").first.get_attribute("value") or ""
        answer = page.request.post(
            f"{live_server.url}{YEAR}forms/print/",
            form={"csrfmiddlewaretoken": token, "kind": "self", "about": about},
            headers={"Referer": live_server.url},
        )
        assert answer.headers["content-type"] == "application/pdf"
        form = SignedForm.objects.get()
        scan = tmp_path / f"盖章件 {form.code}.png"
        scan.write_bytes(png("签字盖章"))
        visit.go(f"{YEAR}forms/")
        page.set_input_files("#drop-field", scan)
        page.locator("form.drop .btn-primary").click()
        page.wait_for_url(re.compile(f"/forms/{form.code}/"))
        expect(page.locator("main")).to_contain_text("须由另一人核对")

    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("office2")
        visit.go(f"{YEAR}forms/{form.code}/")
        expect(page.locator("table.sheet")).to_contain_text("信访")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="核对一致").click()
        expect(page.locator("main")).to_contain_text("已按签字计")

    assert Receipt.objects.get().form == form
