"""A paper's way in a real browser: claimed by the official with its scan, verified by the office, seen by the unit.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models import Adjustment, Tally
from tests.bonuses.papers import claim, equip, png
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    """青山乡 is second by 1 point's weight; a commendation of 20 puts it first."""
    cast = equip(build(Stage.RESULTS))
    for unit, park in (("青山乡", "99"), ("白水乡", "100"), ("东河镇", "80")):
        cast.score(unit, "决战园区", park)
    give_password("official_青山乡", "principal_青山乡", "office1", "office2")
    return cast


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_paper_goes_from_the_official_over_the_verifier_to_the_place(
    browser: Browser, live_server: LiveServer, year: Cast, tmp_path: Path, width: str
) -> None:
    scan = tmp_path / "表彰决定.png"
    scan.write_bytes(png("表彰决定"))
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("official_青山乡")
        visit.go(f"{YEAR}adjustments/claim/")
        page.fill("input[name=number]", "省府〔2012〕1号")
        page.fill("input[name=title]", "关于表彰先进乡镇的决定")
        page.fill("input[name=issuer]", "省")
        page.fill("input[name=on]", "2012-06-01")
        page.set_input_files("input[name=file]", scan)
        page.locator("main form .btn-primary").click()
        expect(page.locator("main")).to_contain_text("仅写“省”不能确定发文机关")
        expect(page.locator("input[name=number]")).to_have_value("省府〔2012〕1号")
        visit.look()
        page.fill("input[name=issuer]", "省人民政府")
        page.set_input_files("input[name=file]", scan)
        page.locator("main form .btn-primary").click()
        expect(page.locator("#notes")).to_contain_text("待考评办另一位工作人员核实")
        visit.look()

    row = Adjustment.objects.get()
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("office1")
        visit.go("/")
        page.locator("main").get_by_text("他人录入的依据材料待核实").first.wait_for()
        visit.go(f"{YEAR}papers/{row.document_id}/")
        expect(page.locator(".paper-picture")).to_be_visible()
        assert page.evaluate("document.querySelector('.paper-picture').naturalWidth") > 0
        visit.look()
        visit.go(f"{YEAR}adjustments/{row.pk}/")
        expect(page.locator(".preview")).to_contain_text("青山乡")
        expect(page.locator(".preview")).to_contain_text("白水乡")
        visit.look()
        page.locator("button.btn-primary", has_text="核实").first.click()
        expect(page.locator("#notes")).to_contain_text("已计入")

    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("principal_青山乡")
        visit.go(f"{YEAR}units/青山乡/")
        expect(page.locator(".result-place")).to_contain_text("1")
        visit.look()
        visit.go(f"{YEAR}adjustments/")
        expect(page.locator("main")).to_contain_text("关于表彰先进乡镇的决定")
        expect(page.locator("main")).not_to_contain_text("白水乡")
        visit.look()

    assert Tally.objects.get(membership=row.membership).commendations == 20


def test_the_verifier_ticks_many_and_the_exception_is_named(
    browser: Browser, live_server: LiveServer, year: Cast
) -> None:
    claim(year, "青山乡", by="office1")
    claim(year, "白水乡", by="office1", number="省府〔2012〕2号")
    claim(year, "东河镇", by="office2", number="省府〔2012〕3号")
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("office2")
        visit.go(f"{YEAR}adjustments/waiting/")
        for box in page.locator("input[name=row]:not([disabled])").all():
            box.check()
        visit.look()
        page.locator("main form .btn-primary").first.click()
        expect(page.locator(".preview")).to_contain_text("青山乡")
        visit.look()
        page.locator("main form .btn-primary").first.click()
        expect(page.locator("#notes")).to_contain_text("已核实 2 条")

    assert sorted(Adjustment.objects.filter(state="verified").values_list("unit__name", flat=True)) == [
        "白水乡",
        "青山乡",
    ]
