"""The papers of an edition as PDF: words, pages, faces embedded, the code on every page; and nothing fetched."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from awards import edition, reports
from office import pdf
from scoring.engine.sheet import FirstIsZero, Rounding
from tests.awards.drafts import draft_of, edition_content
from tests.engine.cities import random_sheet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils"),
]
A4, A4_WIDE, A3_WIDE = ("595.276", "841.89"), ("841.89", "595.276"), ("1190.55", "841.89")


def sealed_city() -> dict[str, Any]:
    sheet = random_sheet(11, 6, 4, 2, Rounding.EACH_ITEM, FirstIsZero.ALL_ZERO, plain=True)
    return edition_content(draft_of(sheet))


def facts_of(sealed: dict[str, Any]) -> reports.Facts:
    return reports.Facts.of(sealed, edition.digest_of(edition.canonical(sealed)))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("papers")
    found = {}
    for paper in reports.papers_of(facts_of(sealed_city())):
        found[paper.kind] = folder / paper.name
        found[paper.kind].write_bytes(paper.pdf())
    return found


def asked(*command: object) -> str:
    return subprocess.run(
        [str(c) for c in command], capture_output=True, check=True, timeout=60
    ).stdout.decode()


def pages_of(file: Path) -> list[str]:
    return asked("pdftotext", "-layout", file, "-").split("\f")[:-1]


def test_every_page_of_every_paper_carries_the_code_and_its_number(papers: dict[str, Path]) -> None:
    code = facts_of(sealed_city()).code

    for kind, file in papers.items():
        for number, words in enumerate(pages_of(file), 1):
            assert code in words, f"{kind} page {number}"
            assert re.search(rf"— ?{number} ?—", words), f"{kind} page {number}"


def test_every_face_is_embedded_and_chinese(papers: dict[str, Path]) -> None:
    for kind, file in papers.items():
        lines = asked("pdffonts", file).splitlines()[2:]
        assert lines, kind
        for line in lines:
            emb = line.split()[-5]
            assert emb == "yes", f"{kind}: {line}"
        assert any("CJK" in line or "UKai" in line or "FangSong" in line for line in lines), kind


def test_the_sheets_have_their_sizes(papers: dict[str, Path]) -> None:
    sizes = {
        kind: tuple(re.findall(r"Page size:\s+([\d.]+) x ([\d.]+)", asked("pdfinfo", file))[0])
        for kind, file in papers.items()
    }

    assert sizes == {"notice": A4, "tables": A4, "matrix": A3_WIDE, "letters": A4}


def test_tables_and_letters_hold_every_unit_with_its_figures(papers: dict[str, Path]) -> None:
    rows = sealed_city()["results"]["blocks"][0]["rows"]
    tables, letters = "\n".join(pages_of(papers["tables"])), pages_of(papers["letters"])

    assert len(letters) == len(rows)
    for row in rows:
        assert re.search(rf"{row['rank']}\s+{re.escape(row['unit'])}\s.*{re.escape(row['final'])}", tables)
        assert sum(row["unit"] + "：" in letter for letter in letters) == 1


def test_a_red_head_needs_a_number() -> None:
    sealed = sealed_city()
    plain = reports.papers_of(facts_of(sealed))[0].html()
    sealed["document_number"] = "考评〔2013〕1号"
    numbered = reports.papers_of(facts_of(sealed))[0].html()

    assert 'class="redhead"' not in plain
    assert 'class="redhead"' in numbered


def test_names_are_text_and_never_markup() -> None:
    sealed = sealed_city()
    for part in [sealed["results"], sealed["parts"][0]["draft"]["results"]]:
        part["blocks"][0]["rows"][0]["unit"] = "<img src=http://x>"
    members = sealed["parts"][0]["draft"]["inputs"]["blocks"][0]["members"]
    members.append({**members[0], "unit": "<img src=http://x>"})

    for paper in reports.papers_of(facts_of(sealed)):
        assert "<img" not in paper.html()


def test_the_same_content_gives_the_same_bytes_and_nothing_is_fetched() -> None:
    html = '<p>考评</p><img src="http://127.0.0.1:9/x.png"><img src="file:///etc/hostname">'

    assert pdf.render(html, identifier="x") == pdf.render(html, identifier="x")


def test_numbers_in_chinese() -> None:
    assert [reports.chinese(n) for n in (1, 9, 10, 12, 20, 35)] == [
        "一",
        "九",
        "十",
        "十二",
        "二十",
        "三十五",
    ]


def test_a_licensed_face_of_the_font_folder_is_used(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = asked("fc-list", ":", "file").split("\n")
    any_face = next((line.split(":")[0] for line in listed if "DejaVuSans.ttf" in line), "")
    if not any_face:
        pytest.skip("needs a single-face font file to stand in for a licensed one")
    (tmp_path / "licensed.ttf").write_bytes(Path(any_face).read_bytes())
    settings.FONT_FOLDER = str(tmp_path)

    rules = pdf._face_rules()
    content = pdf.render('<p style="font-family: DejaVu Sans">123</p>')

    assert 'font-family: "DejaVu Sans"' in rules
    assert content.startswith(b"%PDF")
