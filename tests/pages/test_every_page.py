"""What holds for every page of the shipped year: few queries, sound markup, Chinese only, nothing from outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from office import audit
from office.models import User
from tests.pages.reading import YEAR, body, read, shipped_year, signed_in
from units.models import Block

# What stays in Latin letters on a Chinese page: file kinds, programs, keys, readings, units of size and names of accounts.
ALLOWED = {
    "api", "csv", "ofd", "docx", "enter", "esc", "home", "end", "tab", "ctrl", "excel", "english", "json", "mb", "kb",
    "openapi", "pdf", "wps", "xls", "xlsx", "zip", "png", "jpeg", "xlsb", "ods", "et", "javascript", "sha", "f", "k",
    "office", "leader", "lead", "official",
}  # fmt: skip
YEAR_PAGES = {
    "office1": [
        "plan/",
        "board/",
        "call/?q=青山乡",
        "units/青山乡/",
        "units/市信访局/",
        "",
        "MATRICES",
        "CELL",
        "adjustments/",
        "adjustments/claim/",
        "adjustments/waiting/",
        "adjustments/matters/",
        "adjustments/issuers/",
        "adjustments/lists/",
        "papers/",
        "vetoes/",
        "vetoes/propose/",
        "vetoes/misconduct/",
        "rules/",
        "rules/book/",
        "reminders/",
        "reminders/?show=all",
        "reopen/",
        "windows/",
        "tracks/",
        "calendar/",
        "commitments/",
        "commitments/booklet/",
        "commitments/of/青山乡/",
        "reports/",
        "coverage/",
        "appraisers/",
        "appraisers/propose/",
        "what-if/",
        "what-if/compare/",
        "amendments/",
        "amendments/new/",
        "missing/",
        "single-appraisals/",
        "single-appraisals/enter/",
    ],
    "leader1": ["plan/", ""],
    "lead": ["plan/", "", "MATRICES-OF-LEAD"],
    "official": [
        "plan/",
        "",
        "adjustments/",
        "adjustments/claim/",
        "papers/",
        "vetoes/",
        "commitments/of/青山乡/",
        "commitments/of/青山乡/goals/",
        "reports/",
        "reports/of/青山乡/1/edit/",
        "coverage/of/青山乡/",
    ],
}
SITE_PAGES = ["/", "/help/", "/inbox/", "/account/", "/login/"]


def addresses(person: str) -> list[str]:
    found = list(SITE_PAGES)
    for page in YEAR_PAGES[person]:
        if page == "MATRICES":
            found += [f"{YEAR}blocks/{b.name}/matrix/" for b in Block.objects.order_by("order")]
        elif page == "MATRICES-OF-LEAD":
            found += [f"{YEAR}blocks/{name}/matrix/" for name in ("乡镇口", "市直单位口")]
        elif page == "CELL":
            found.append(f"{YEAR}cells/{Block.objects.order_by('order')[0].cells.order_by('pk')[0].pk}/")
        else:
            found.append(f"{YEAR}{page}")
    return found


def english(words: str) -> list[str]:
    """Latin words that are neither allowed nor part of a code."""
    latin = re.findall(r"[A-Za-z]{1,}[A-Za-z'-]*", re.sub(r"[\w.+-]+@[\w.-]+|/\S*|R\d+[ab]?", " ", words))
    return [word for word in latin if word.lower() not in ALLOWED]


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("person", list(YEAR_PAGES))
def test_every_page_of_the_shipped_year_is_sound(person: str, settings: Any) -> None:
    # As on a site: duties are gathered once and kept while the year's log does not grow.
    settings.KEPT_SECONDS = 60
    cycle = shipped_year()
    with transaction.atomic():
        audit.record(None, "cycle.window-set", cycle, cycle_code=cycle.code)
    client = signed_in(User.objects.get(username=person))
    for address in ("/", YEAR):
        client.get(address)
    wrong: list[str] = []

    for address in addresses(person):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        if answer.status_code != 200:
            if (address, answer.status_code) not in {("/login/", 302)}:
                wrong.append(f"{address}: {answer.status_code}")
            continue
        html = body(answer)
        page = read(html)
        checks = {
            f"{len(queries)} queries": len(queries) > 30,
            "not one h1": len(page.of("h1")) != 1,
            "a table without caption": not all(page.captions),
            "an inline style": any("style" in attributes for _tag, attributes in page.elements)
            or "<style" in html,
            "an inline script": any("src" not in script for script in page.of("script")),
            "an inline handler": any(re.match("on[a-z]+$", key) for _tag, a in page.elements for key in a),
            "an outside address": bool(re.search(r"""(?:src|href|action|hx-\w+)=["'](?:https?:)?//""", html)),
            f"English: {english(page.words)[:8]}": bool(english(page.words)),
            f"English in a label: {english(labels(page.elements))[:8]}": bool(english(labels(page.elements))),
            "a field without a name": any(
                not named(attributes, html) for attributes in [*page.of("select"), *page.of("textarea")]
            ),
            "None": bool(re.search(r"\bNone\b", page.words)),
            "two elements of one id": len(ids(page.elements)) != len(set(ids(page.elements))),
        }
        wrong += [f"{address}: {what}" for what, is_wrong in checks.items() if is_wrong]

    assert wrong == []


def ids(elements: list[tuple[str, dict[str, str | None]]]) -> list[str]:
    return [str(attributes["id"]) for _tag, attributes in elements if attributes.get("id")]


def labels(elements: list[tuple[str, dict[str, str | None]]]) -> str:
    """What a reader of the screen or a hovering mouse is told."""
    told = ("aria-label", "title", "placeholder", "alt")
    return " ".join(str(a[key]) for _tag, a in elements for key in told if a.get(key))


def named(attributes: dict[str, str | None], html: str) -> bool:
    """A field inside a label, pointed at by one, or with a label of its own."""
    if attributes.get("aria-label") or attributes.get("aria-labelledby"):
        return True
    if attributes.get("id") and f'for="{attributes["id"]}"' in html:
        return True
    name = attributes.get("name")
    return bool(re.search(rf'<label[^>]*>(?:(?!</label>).)*name="{re.escape(str(name))}"', html, re.S))


def test_the_search_for_english_finds_what_was_left_over() -> None:
    assert english("得分 Score 97.50 .xlsx office1 R5a /years/2012/ unit's") == ["Score", "unit's"]
