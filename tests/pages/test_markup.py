"""What the content policy demands of every template and style sheet. Leaves what pages say to their tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "appraisal_site" / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted(STATIC.rglob("*.css"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_the_content_policy(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href|action)=[\"']https?:", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_names_only_files_and_parts_that_exist(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    own = [
        name
        for name in re.findall(r"{% static '([^']+)' %}", text)
        if name.startswith(("css/", "js/", "img/"))
    ]
    assert [name for name in own if not (STATIC / name).is_file()] == []
    parts = re.findall(r'{% (?:include|extends) "([^"]+)"', text)
    missing = [name for name in parts if not (ROOT / "templates" / name).is_file()]
    assert [name for name in missing if not name.startswith("admin/")] == []


@pytest.mark.parametrize("sheet", STYLES, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_style_sheet_asks_nothing_of_other_hosts_or_data_addresses(sheet: Path) -> None:
    addresses = re.findall(r"url\([\"']?([^)\"']+)", sheet.read_text(encoding="utf-8"))

    assert [address for address in addresses if not (sheet.parent / address).resolve().is_file()] == []


@pytest.mark.parametrize(
    "sheet", [path for path in STYLES if path.parent.name == "components"], ids=lambda path: path.name
)
def test_a_component_takes_its_colours_from_the_tokens(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)
    named = set(re.findall(r"var\((--[a-z0-9-]+)", text))
    known = set(re.findall(r"^\s*(--[a-z0-9-]+):", (STATIC / "css" / "tokens.css").read_text("utf-8"), re.M))

    assert {name for name in named if not name.startswith("--bs-")} <= known
