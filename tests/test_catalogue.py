"""The Chinese catalogue: complete, never guessed, same placeholders, our words, and Chinese by default.

Whether a page of the site still shows English is asked in tests/pages/test_every_page.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("appraisal_site", "awards", "scoring", "bonuses", "units", "office")
FORBIDDEN = ("看板", "沙盘", "溯源")
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")

Key = tuple[str | None, str]  # context, msgid (the singular)


def catalogue() -> Catalog:
    with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def entries() -> list[Message]:
    return [entry for entry in catalogue() if entry.id]


def texts(entry: Message) -> tuple[list[str], list[str]]:
    """What stands in the code, what stands for it in Chinese."""
    ids = [entry.id] if isinstance(entry.id, str) else list(entry.id)
    words = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
    return ids, words


def of_code(path: Path) -> Iterator[Key]:
    """Every text handed to gettext, also inside an f-string, where the usual tools do not look."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in PLAIN and words:
            yield None, words[0]
        elif name in WITH_CONTEXT and len(words) > 1:
            yield words[0], words[1]


def of_template(path: Path) -> Iterator[Key]:
    # Django's own reading of a template as Python; indentation means nothing there.
    code = "\n".join(line.lstrip() for line in templatize(path.read_text(encoding="utf-8")).splitlines())
    for _line, words, _comments, context in extract(
        "python", BytesIO(code.encode()), options={"encoding": "utf-8"}
    ):
        yield context, words if isinstance(words, str) else words[0]


def used() -> dict[Key, Path]:
    found: dict[Key, Path] = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(of_code(path), path)
    for path in (ROOT / "templates").rglob("*.html"):
        found |= dict.fromkeys(of_template(path), path)
    return found


def test_every_text_of_the_code_stands_in_the_catalogue() -> None:
    known = {(entry.context, texts(entry)[0][0]) for entry in entries()}

    lacking = {
        f"{path.relative_to(ROOT)}: {words!r}"
        for (context, words), path in used().items()
        if (context, words) not in known
    }

    assert lacking == set()


def test_the_catalogue_holds_no_text_that_the_code_has_dropped() -> None:
    wanted = set(used())

    left = {texts(entry)[0][0] for entry in entries() if (entry.context, texts(entry)[0][0]) not in wanted}

    assert left == set()
    assert [entry.id for entry in catalogue().obsolete.values()] == []


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    wrong = [entry.id for entry in entries() if entry.fuzzy or not "".join(texts(entry)[1]).strip()]

    assert wrong == []


def test_placeholders_are_the_same_on_both_sides() -> None:
    wrong = [
        (ids, words)
        for ids, words in map(texts, entries())
        # The Chinese has one form; it stands for the plural.
        if any(set(PLACEHOLDER.findall(w)) != set(PLACEHOLDER.findall(ids[-1])) for w in words)
    ]

    assert wrong == []


def test_words_that_are_not_ours_never_occur() -> None:
    shown = [word for entry in entries() for word in texts(entry)[1]]
    shown += [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]

    assert [word for word in FORBIDDEN if any(word in text for text in shown)] == []


def test_chinese_sentences_end_with_full_width_punctuation() -> None:
    # “Excel 97.” may stand inside; a Chinese character followed by half-width punctuation may not.
    wrong = [
        w
        for entry in entries()
        for w in texts(entry)[1]
        if re.search(r"[\u4e00-\u9fff）」』》、。][,;:!?(]|[)][\u4e00-\u9fff]", w)
    ]

    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("browser", ["en-US,en;q=0.9", "de", "zh-CN", ""])
def test_the_page_is_chinese_whatever_the_browser_asks_for(client: Client, browser: str) -> None:
    answer = client.get("/login/", headers={"accept-language": browser})

    assert answer.headers["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans"' in answer.content.decode().lower()


@pytest.mark.django_db
def test_english_comes_by_the_switch_and_stays(client: Client) -> None:
    client.post("/language/", {"language": "en", "next": "/login/"})

    answer = client.get("/login/", headers={"accept-language": "zh-CN"})

    assert answer.headers["Content-Language"] == "en"
    assert "Sign in" in answer.content.decode()


@pytest.mark.django_db
def test_a_forged_language_cookie_leaves_chinese(client: Client) -> None:
    client.cookies["django_language"] = "../../etc"

    answer = client.get("/login/")

    assert answer.headers["Content-Language"] == "zh-hans"
