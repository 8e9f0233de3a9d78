"""Every page of the site whose address names nothing but the year, opened in a browser by those who may.

What a page is held to is in visit.py; pages about one unit, cell or paper are opened by the paths beside this file.
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.visit import WIDTHS, give_password, visiting
from tests.pages.reading import shipped_year
from tests.test_permissions import Route, plain
from units import matrix
from units.matrix import Role
from units.stages import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WHO = {"office1": Role.OFFICE, "leader1": Role.LEADING_GROUP, "lead": Role.LEAD, "official": Role.OFFICIAL}
DOWNLOADS = (".xlsx", ".pdf", ".docx", ".csv", ".zip", ".json", ".md", ".txt")
# Not pages of the office: a probe for machines, and the API's own documentation.
LEFT_OUT = {"health"}


def pages_of(role: Role, seen: set[str]) -> list[Route]:
    """What this role may open and nobody before it has opened here."""
    return [
        route
        for route in plain()
        if route.name not in seen | LEFT_OUT
        and not route.path.endswith(DOWNLOADS)
        and any(not matrix.grant(row, role).is_denied for row in route.rows)
    ]


@pytest.mark.parametrize("width", list(WIDTHS))
def test_every_page_is_sound_in_a_browser(browser: Browser, live_server: LiveServer, width: str) -> None:
    shipped_year(Stage.HEARING)
    give_password(*WHO)
    seen: set[str] = set()

    for name, role in WHO.items():
        with visiting(browser, live_server.url, width) as visit:
            visit.sign_in(name)
            for route in pages_of(role, seen):
                address = reverse(route.name, kwargs={"code": "2012"} if route.of_year else {})
                answer = visit.page.request.get(live_server.url + address)
                if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
                    continue  # a stage that is not open yet, or a file
                visit.go(address)
                seen.add(route.name)

    assert len(seen) > 30
