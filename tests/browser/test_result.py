"""The result in a browser: the leading group's brief, the years side by side, the filing and its receipt.

Edition and package are made before; what a page is held to is in visit.py.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from awards import reports
from awards.actions import award_list as awarding
from awards.actions import filing, publication
from awards.models import AwardScheme, Edition, Filing, PrizeLine
from bonuses.models import BarState, Finding
from office import pdf
from tests.awards.years import approved
from tests.browser.visit import WIDTHS, give_password, visiting
from tests.cast import Cast
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
YEAR = "/years/2012/"


@pytest.fixture
def packed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Published with one award, the package built and awaiting its receipt."""
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())
    scheme = AwardScheme.objects.create(cycle=cast.cycle, name="先进乡镇", kind="综合", rests_on=["总分"])
    scheme.blocks.set([cast.blocks["乡镇口"]])
    PrizeLine.objects.create(scheme=scheme, grade="第一名", count=1, amount_fen=5_000_000)
    approved(cast)
    made = awarding.propose_list(by=cast.hat("office1"), cycle=cast.cycle)
    for name in ("leader1", "leader2"):
        awarding.sign_list(by=cast.hat(name), cycle=cast.cycle, list_id=made.pk, digest=made.digest)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk, start_job=False)
    publication.seal(Edition.objects.get(pk=asked.pk), cast.hat("office2"))
    cast.cycle.refresh_from_db()
    package = filing.ask_package(by=cast.hat("office1"), cycle=cast.cycle, start_job=False)
    filing.build(package, cast.hat("office1"))
    give_password("leader1", "archive")
    return cast


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_leader_reads_and_the_organization_department_takes_the_package_in(
    browser: Browser, live_server: LiveServer, packed: Cast, width: str
) -> None:
    assert reports.LEADERS == 3

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("leader1")
        visit.go(f"{YEAR}brief/")
        assert "较上次送审稿" in visit.page.inner_text("main")
        visit.go(f"{YEAR}year-on-year/")
        visit.go(f"{YEAR}editions/")

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("archive")
        visit.go(f"{YEAR}filing/")
        visit.page.fill("[name=receipt]", "组备〔2013〕1号")
        visit.page.press("[name=receipt]", "Enter")
        visit.page.wait_for_selector("text=组备〔2013〕1号")
        visit.go(f"{YEAR}filing/1/verify/")

    packed.cycle.refresh_from_db()
    assert packed.cycle.stage_now is Stage.FILED


@pytest.mark.parametrize("width", list(WIDTHS))
def test_the_package_proves_itself_at_home_and_a_revocation_is_filed_with_a_receipt_of_its_own(
    browser: Browser, live_server: LiveServer, packed: Cast, tmp_path: Path, width: str
) -> None:
    """The department fetches and verifies; afterwards misconduct comes to light and only a revocation is left."""
    give_password("leader2")
    first = Filing.objects.get(number=1)
    filing.accept_package(
        by=packed.hat("archive"), cycle=packed.cycle, number=1, code=first.code, receipt="组备〔2013〕1号"
    )
    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("archive")
        visit.go(f"{YEAR}filing/")
        answer = visit.page.context.request.get(f"{live_server.url}{YEAR}filing/1/package.zip")
        with zipfile.ZipFile(io.BytesIO(answer.body())) as package:
            package.extractall(tmp_path / "package")
    script = tmp_path / "package" / "verify.py"
    proof = subprocess.run(
        [sys.executable, "-I", str(script)], cwd=script.parent, capture_output=True, check=False, timeout=60
    )
    assert proof.returncode == 0, proof.stdout.decode() + proof.stderr.decode()

    Finding.objects.create(
        cycle=packed.cycle,
        unit=packed.units["青山乡"],
        what="自评材料与事实不符",
        state=BarState.CONFIRMED,
        proposed_by=packed.people["office1"],
        on="2013-03-01",
    )
    made = awarding.propose_list(by=packed.hat("leader1"), cycle=packed.cycle, reason="弄虚作假")
    for name in ("leader1", "leader2"):
        awarding.sign_list(by=packed.hat(name), cycle=packed.cycle, list_id=made.pk, digest=made.digest)
    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("leader1")
        visit.go(f"{YEAR}editions/")
        visit.page.fill("[name=reason]", "弄虚作假")
        visit.page.press("[name=reason]", "Enter")
        visit.page.wait_for_load_state()
        visit.look()
        assert "第2版" in visit.page.inner_text("main")
    asked = Edition.objects.get(number=2)
    publication.confirm_publication(by=packed.hat("leader2"), edition_id=asked.pk, start_job=False)
    publication.seal(Edition.objects.get(pk=asked.pk), packed.hat("leader2"))
    again = filing.ask_package(by=packed.hat("office1"), cycle=packed.cycle, start_job=False)
    filing.build(again, packed.hat("office1"))

    with visiting(browser, live_server.url, width) as visit:
        visit.sign_in("archive")
        visit.go(f"{YEAR}filing/")
        visit.page.fill("[name=receipt]", "组备〔2013〕2号")
        visit.page.press("[name=receipt]", "Enter")
        visit.page.wait_for_selector("text=组备〔2013〕2号")
        visit.look()
        assert "组备〔2013〕1号" in visit.page.inner_text("main")
    assert Filing.objects.filter(accepted_at__isnull=False).count() == 2
