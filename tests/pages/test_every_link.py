"""Every link that a page offers leads somewhere its reader may go: the demo year, walked by each role.

The office's own pages are listed in test_every_page.py; what a role may do is the table's matter.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.core.management import call_command
from django.urls import resolve

from office.models import User
from tests.pages.reading import body, read, signed_in

# Roles that meet pages made for others; of every route the first address found is opened, PDFs apart: they are slow.
READERS = (
    "leader1",
    "lead_信访局",
    "official_龙潭乡",
    "archive",
    "auditor",
    "sysadmin",
)


def shape_of(address: str) -> str:
    """Route and names of its parameters: what two addresses of one kind have in common."""
    parts = urlsplit(address)
    names = ",".join(sorted(one.split("=")[0] for one in parts.query.split("&")))
    return f"{resolve(unquote(parts.path)).view_name}?{names}"


def dead_links_of(username: str) -> list[str]:
    client = signed_in(User.objects.get(username=username))
    waiting: list[tuple[str, str]] = [("/", "")]
    known, opened, dead = {"/"}, Counter[str](), []
    while waiting:
        address, offered_by = waiting.pop(0)
        shape = shape_of(address)
        if opened[shape] or shape.startswith("admin:") or urlsplit(address).path.endswith(".pdf"):
            continue
        opened[shape] += 1
        answer = client.get(address, follow=True)
        if answer.status_code != 200:
            dead.append(f"{username}: {answer.status_code} {unquote(address)} ({unquote(offered_by)})")
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        here = urljoin(address, answer.redirect_chain[-1][0]) if answer.redirect_chain else address
        for link in read(body(answer)).of("a"):
            target = urljoin(here, link.get("href") or "").split("#")[0]
            if target.startswith("/") and target not in known:
                known.add(target)
                waiting.append((target, address))
    return dead


@pytest.mark.django_db
@pytest.mark.slow
def test_no_page_offers_what_its_reader_may_not_open() -> None:
    call_command("demo", "--only-this-year", verbosity=0)

    assert [line for username in READERS for line in dead_links_of(username)] == []
