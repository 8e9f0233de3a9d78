"""A page watched from its first byte on: no console error, no other host, no sideways scroll, nothing serious to axe.

The browser itself is a fixture in conftest.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from office.models import User

PASSWORD = "a quiet year 2012"
# Chromium itself writes this line for every answer of 400 and above; the page shows the refusal.
REFUSAL_LINE = re.compile(r"Failed to load resource: the server responded with a status of (409|422)")
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}


class Visit:
    """A page that is watched from its first byte on."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSAL_LINE.search(message.text):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != urlsplit(self.site).netloc:
            self.complaints.append(f"request: {request.url}")

    def go(self, address: str) -> None:
        self.page.goto(self.site + address)
        self.look()

    def look(self) -> None:
        """Hold the page shown now to what every page is held to."""
        page = self.page
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.complaints.append(f"{page.url}: scrolls sideways by {wide} px")
        for found in Axe().run(page).response["violations"]:
            if found["impact"] in {"serious", "critical"}:
                where = [node["target"] for node in found["nodes"]][:3]
                self.complaints.append(f"{page.url}: axe {found['id']} {where}")

    def sign_in(self, username: str) -> None:
        """By the page, as a person does; the account's password is PASSWORD (see give_password)."""
        self.go("/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(re.compile(r"/(?!login)"))


def give_password(*usernames: str) -> None:
    """Let these accounts sign in with PASSWORD."""
    for user in User.objects.filter(username__in=usernames):
        user.set_password(PASSWORD)
        user.save()


@contextmanager
def visiting(browser: Browser, site: str, width: str) -> Iterator[Visit]:
    """A fresh browser context of that width; leaving it fails the test on anything a page was blamed for."""
    across, down = WIDTHS[width]
    context = browser.new_context(viewport={"width": across, "height": down}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(30_000)
    visit = Visit(page, site)
    try:
        yield visit
        assert visit.complaints == []
    finally:
        context.close()
