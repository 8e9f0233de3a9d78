"""The live workbook: LibreOffice, given no cached figure, computes every number of the edition."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from awards import live_workbook
from scoring.engine.sheet import FirstIsZero, Rounding
from tests.awards.drafts import draft_of, edition_content
from tests.engine.cities import random_sheet

pytestmark = pytest.mark.slow
needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="needs LibreOffice (libreoffice-calc-nogui)"
)
# LibreOffice trusts the figures that a file brings unless it is told to compute always.
COMPUTE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def recalculated(tmp_path: Path, books: dict[str, bytes]) -> dict[str, Any]:
    """Each workbook as LibreOffice computes it."""
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(COMPUTE_ALWAYS)
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir(parents=True)
    for name, content in books.items():
        (source / f"{name}.xlsx").write_bytes(content)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{profile.parent}", "--headless", "--convert-to", "xlsx",
         "--outdir", target, *sorted(source.glob("*.xlsx"))],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return {name: openpyxl.load_workbook(target / f"{name}.xlsx", data_only=True) for name in books}


def differing(sealed: dict[str, Any], book: Any) -> list[str]:
    """Every figure of the edition that the recalculated workbook does not show."""
    found = []
    places = sealed["results"]["places"]
    for block in sealed["results"]["blocks"]:
        inputs = next(
            b
            for part in sealed["parts"]
            for b in part["draft"]["inputs"]["blocks"]
            if b["name"] == block["name"]
        )
        sheet = book[live_workbook.sheet_name(block["name"], "名次")]
        counted = book[live_workbook.sheet_name(block["name"], "计分")]
        row_of = {
            member["unit"]: live_workbook.FIRST_ROW + 1 + n for n, member in enumerate(inputs["members"])
        }
        items, subs = len(inputs["items"]), sum(len(item["sub_items"]) for item in inputs["items"])
        for row in block["rows"]:
            line = row_of[row["unit"]]
            wanted: list[object] = [item["base"] for item in row["items"]]
            wanted += [item["weighted"] for item in row["items"]] + [row["preliminary"]]
            wanted += [row[key] for key in ("commendations", "criticisms", "rewards", "final")]
            shown = [f"{sheet.cell(line, 2 + n).value:.{places}f}" for n in range(2 * items + 5)]
            scores = [cell["score"] for item in row["items"] for cell in item["cells"]]
            values = [counted.cell(line, 2 + subs + n).value for n in range(subs)]
            shown += [None if v in (None, "") else f"{v:.{places}f}" for v in values]
            wanted += scores
            if shown != wanted:
                found.append(f"{block['name']} {row['unit']}: {wanted} ≠ {shown}")
            if sheet.cell(line, 2 + 2 * items + 5).value != row["rank"]:
                found.append(f"{block['name']} {row['unit']}: place {row['rank']}")
            is_other = sheet.cell(line, 2 + 2 * items + 7).value != row["rank"]
            if is_other != (row["unit"] in block["differs"]):
                found.append(f"{block['name']} {row['unit']}: the other rounding")
            if sheet.cell(line, 2 + 2 * items + 10).value != live_workbook.SAME:
                found.append(f"{block['name']} {row['unit']}: check column")
    return found


@needs_office
def test_libreoffice_computes_random_cities_as_the_engine_does(tmp_path: Path) -> None:
    editions = {}
    for number in range(8):
        ways = list(Rounding)[number % 2], list(FirstIsZero)[number % 3]
        cities = [random_sheet(1000 * number + n, 6, 4, number % 5, *ways) for n in range(4)]
        same = [s for s in cities if s.readings == cities[0].readings]
        editions[f"city{number}"] = edition_content(draft_of(*same))

    books = recalculated(
        tmp_path, {name: live_workbook.build(sealed, cached=False) for name, sealed in editions.items()}
    )

    assert [line for name, sealed in editions.items() for line in differing(sealed, books[name])] == []


@needs_office
def test_a_changed_mark_shows_in_the_check_column(tmp_path: Path) -> None:
    sheet = random_sheet(77, 4, 2, 2, Rounding.EACH_ITEM, FirstIsZero.ALL_ZERO, plain=True)
    sealed = edition_content(draft_of(sheet))
    row = sealed["parts"][0]["draft"]["results"]["blocks"][0]["rows"][1]
    row["final"] = "0.01"

    book = recalculated(tmp_path, {"changed": live_workbook.build(sealed, cached=False)})["changed"]

    assert book.worksheets[0].cell(9, 2).value == 1
    assert len(differing(sealed, book)) >= 1


def test_text_that_looks_like_a_formula_stays_text() -> None:
    sheet = random_sheet(5, 2, 1, 2, Rounding.EACH_ITEM, FirstIsZero.ALL_ZERO, plain=True)
    sealed = edition_content(draft_of(sheet))
    name = '=HYPERLINK("http://x")'
    draft = sealed["parts"][0]["draft"]
    block = draft["inputs"]["blocks"][0]
    old, block["members"][0]["unit"] = block["members"][0]["unit"], name
    for row in draft["results"]["blocks"][0]["rows"]:
        row["unit"] = name if row["unit"] == old else row["unit"]
    for cell in block["cells"]:
        cell["unit"] = name if cell["unit"] == old else cell["unit"]

    content = live_workbook.build(sealed)

    book = openpyxl.load_workbook(BytesIO(content))
    cells = [c for ws in book.worksheets for r in ws.iter_rows() for c in r if c.value == name]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}
