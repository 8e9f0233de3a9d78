"""The receipt of a self-assessment on paper: code and page number on every page, its longest column readable."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scoring import reports

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
LINES = 60
REASON = "两次未按季度报送进度"


def a_receipt() -> Any:
    """A receipt as it is stored, without its database."""
    lines = [
        {
            "block": "乡镇口",
            "sub_item": f"第{number}中项",
            "base": "100",
            "points": "95.25",
            "not_involved": "",
            "note": "",
            "deductions": [{"points": "4.75", "reason": REASON}],
            "evidence": [],
        }
        for number in range(LINES)
    ]
    return SimpleNamespace(
        content=json.dumps({"unit": "青山乡", "part": "", "total": "5715", "lines": lines}),
        digest="ab12" * 16,
        number="2012-自评-0001-1",
        submitted_at=datetime(2012, 12, 20, tzinfo=UTC),
        submitted_by="李某",
        withdrawn_at=None,
        form=None,
        assessment=SimpleNamespace(cycle=SimpleNamespace(year=2012, host=SimpleNamespace(name="考评办"))),
    )


def test_every_page_of_a_receipt_carries_its_code_and_its_number(tmp_path: Path) -> None:
    file = tmp_path / "receipt.pdf"
    file.write_bytes(reports.receipt_pdf(a_receipt()))

    words = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, timeout=60
    ).stdout.decode()
    pages = words.split("\f")[:-1]

    assert 2 <= len(pages) <= 4  # sixty lines; a column squeezed to one sign took six pages for thirty
    for number, page in enumerate(pages, 1):
        assert "ab12 ab12 ab12 ab12" in page
        assert f"—{number}—" in page.replace(" ", "")
    assert words.count(REASON) == LINES  # each on one line
