"""Signed paper in the browser: printed with its code, scanned badly, dropped among others, compared, and it counts.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from scoring.models import Commitment, CommitmentState
from tests.browser.visit import visiting
from tests.cast import Cast, build
from tests.pages.reading import YEAR
from tests.scoring import promises
from tests.units.test_teams import tie
from units.models import Conflict, SignedForm
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year() -> Cast:
    return build(Stage.COMMITMENT)


def scan_of(content: bytes, target: Path, angle: float) -> Path:
    """A printed PDF as a grey picture of 150 dots to the inch, askew or upside down."""
    picture = pypdfium2.PdfDocument(io.BytesIO(content))[0].render(scale=150 / 72, grayscale=True).to_pil()
    turned = picture.rotate(angle, expand=True, fillcolor=240, resample=Image.Resampling.BICUBIC)
    turned.save(target, quality=60)
    return target


def test_a_commitment_is_printed_signed_scanned_compared_and_counts(
    browser: Browser, live_server: LiveServer, year: Cast, tmp_path: Path
) -> None:
    promises.write(year)
    page_of_unit = f"{YEAR}commitments/of/青山乡/"
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("official_青山乡")
        visit.go(page_of_unit)
        expect(page.get_by_role("button", name="打印后纸质签字")).to_be_visible()
        visit.look()
        # The PDF is fetched beside the page: Chromium's own viewer is no page of ours.
        box = page.locator("form[action$='/forms/print/']")
        answer = page.request.post(
            f"{live_server.url}{YEAR}forms/print/",
            form={
                "csrfmiddlewaretoken": box.locator("[name=csrfmiddlewaretoken]").input_value(),
                "kind": "commitment",
                "about": box.locator("[name=about]").input_value(),
            },
            headers={"Referer": live_server.url},
        )
        assert answer.headers["content-type"] == "application/pdf"
        scan = scan_of(answer.body(), tmp_path / "Scan_0001.jpg", 183)

        visit.go(f"{YEAR}forms/")
        page.set_input_files("#drop-field", scan)
        page.locator("form.drop .btn-primary").click()
        page.wait_for_url(re.compile(r"/forms/[0-9A-Z]{4}-[0-9A-Z]{4}/"))
        expect(page.locator("main img.paper-picture")).to_be_visible()

    form = SignedForm.objects.get()
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("office2")
        visit.go(f"{YEAR}forms/{form.code}/")
        expect(page.locator("table.sheet")).to_contain_text(promises.TEXTS[0])
        visit.look()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="核对一致").click()
        expect(page.locator("main")).to_contain_text("已按签字计")
        visit.go(page_of_unit)
        expect(page.locator(".rounds")).to_contain_text(form.code)

    assert Commitment.objects.get().state == CommitmentState.SUBMITTED


def test_a_decision_of_the_leading_group_goes_from_the_minutes_into_force(
    browser: Browser, live_server: LiveServer, year: Cast, tmp_path: Path
) -> None:
    row = tie(year)
    with visiting(browser, live_server.url, "desk") as visit:
        page = visit.page
        visit.sign_in("office1")
        visit.go(f"{YEAR}teams/")
        page.get_by_role("link", name="按会议纪要解除").click()
        visit.look()
        page.fill("[name=reason]", "离任已满三年")
        page.fill("[name=met_on]", "2012-12-28")
        page.fill("[name=chair]", "组长")
        page.fill("[name=present]", "组长、副组长、成员四人")
        page.get_by_role("button", name="录入").click()
        page.wait_for_url(re.compile(r"/forms/[0-9A-Z]{4}-[0-9A-Z]{4}/"))
        form = SignedForm.objects.get()
        answer = page.request.get(f"{live_server.url}{YEAR}forms/{form.code}/form.pdf")
        scan = scan_of(answer.body(), tmp_path / "扫描0007.png", 3)
        visit.go(f"{YEAR}forms/")
        page.set_input_files("#drop-field", scan)
        page.locator("form.drop .btn-primary").click()
        page.wait_for_url(re.compile(f"/forms/{form.code}/"))
        expect(page.locator("main")).to_contain_text("须由另一人核对")

    with visiting(browser, live_server.url, "phone") as visit:
        page = visit.page
        visit.sign_in("office2")
        visit.go(f"{YEAR}forms/{form.code}/")
        expect(page.locator("main")).to_contain_text("离任已满三年")
        visit.look()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="核对一致").click()
        expect(page.locator("main")).to_contain_text("已按签字计")

    assert Conflict.objects.get(pk=row.pk).lifted_at is not None
