"""Reviewing in a real browser: a lead's grid, the team's table, a visit on the phone signed by two, a finding dismissed.

What each page on the way is held to is in visit.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from scoring.models import Score, ScoreKind
from tests.bonuses.papers import png
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast, build
from tests.scoring.visits import planned, ready
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
YEAR = "/years/2012/"


@pytest.fixture
def city(transactional_db: None) -> Cast:
    """The cast with two more reviewers, at the preliminary review."""
    cast = ready(build()).at(Stage.PRELIMINARY_REVIEW)
    give_password("office1", "reviewer1", "reviewer2", "lead_市信访局")
    cast.score("青山乡", "信访", "398", ScoreKind.SELF)
    return cast


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_lead_scores_a_team_reviews_and_the_gap_is_dismissed(
    browser: Browser, live_server: LiveServer, city: Cast, width: str
) -> None:
    cell = city.cell("青山乡", "信访").pk
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("lead_市信访局")
        visit.go(f"{YEAR}lead-scores/")
        page.get_by_role("link", name="信访", exact=True).click()
        page.fill(f"[name='points-{cell}']", "340")
        page.fill(f"[name='opinion-{cell}']", "积案未化解")
        page.get_by_role("button", name="保存得分").click()
        expect(page.locator("main")).to_contain_text("已保存1项得分")
        visit.look()
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("reviewer1")
        visit.go(f"{YEAR}review/")
        page.get_by_role("link", name="青山乡").first.click()
        page.fill(f"[name='points-{cell}']", "401")
        page.get_by_role("button", name="保存得分").click()
        expect(page.locator("main")).to_contain_text("401")
        page.fill(f"[name='points-{cell}']", "350")
        page.fill(f"[name='opinion-{cell}']", "与台账相符")
        page.get_by_role("button", name="保存得分").click()
        expect(page.locator("main")).to_contain_text("已保存1项得分")
        visit.look()
        visit.go(f"{YEAR}review/cells/{cell}/")
        visit.go(f"{YEAR}distortion/")
        expect(page.locator("main")).to_contain_text("自评398，责任单位测评340，高出58")
        page.get_by_placeholder("为何不属失真").fill("年中化解，台账未补记")
        page.get_by_role("button", name="消除").click()
        expect(page.locator("main")).to_contain_text("没有此类疑点")
        visit.look()
    assert str(Score.objects.get(kind=ScoreKind.PRELIMINARY).points) == "350"


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_visit_is_written_down_with_a_picture_and_signed_by_two(
    browser: Browser, live_server: LiveServer, city: Cast, width: str, tmp_path: Path
) -> None:
    city.at(Stage.ONSITE_REVIEW)
    made = planned(city, "安全")
    cell = city.cell("青山乡", "安全").pk
    picture = tmp_path / "值班室.png"
    picture.write_bytes(png("值班室"))
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("reviewer1")
        visit.go(f"{YEAR}visits/")
        page.get_by_role("link", name="青山乡").click()
        page.get_by_role("link", name="填写记录").click()
        visit.look()
        page.fill("#met", "乡长")
        page.fill(f"#finding-{cell}", "矿区值班在岗")
        page.fill(f"#points-{cell}", "588.5")
        page.get_by_role("button", name="保存记录").click()
        page.set_input_files("#photo-file", picture)
        page.get_by_role("button", name="添加图片").click()
        expect(page.locator(".photos img")).to_be_visible()
        page.get_by_role("button", name="第一人签认").click()
        expect(page.locator("main")).to_contain_text("请同组另一人签认")
        visit.look()
    with visiting(browser, live_server.url, width) as visit:
        page = visit.page
        visit.sign_in("reviewer2")
        visit.go(f"{YEAR}visits/{made.pk}/")
        page.get_by_role("button", name="第二人签认").click()
        expect(page.locator("main")).to_contain_text("两人已签")
        visit.look()
    assert str(Score.objects.get(kind=ScoreKind.ONSITE).points) == "588.5"
