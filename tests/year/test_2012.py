"""The demo year from preliminary review to a published edition, then every check the product has.

Papers are kept as HTML here; setting them is tested in tests/awards/test_reports.py.
"""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from awards import live_workbook, queries, reports
from scoring.queries import standing_object
from tests.awards.test_live_workbook import differing, needs_office, recalculated
from tests.test_demo import assert_an_appeal_swapped_two_others
from units.models import Cycle
from units.stages import Stage

pytestmark = pytest.mark.slow


def approved_year() -> Cycle:
    call_command("demo", "--stage", "approved", "--only-this-year", stdout=StringIO())
    return Cycle.objects.select_related("host").get(code="2012")


@needs_office
def test_the_year_ends_in_an_edition_that_verifies_and_recalculates(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports.Paper, "pdf", lambda paper: b"%PDF-1.7\n" + paper.html().encode())
    cycle = approved_year()
    assert_an_appeal_swapped_two_others(cycle)
    live = standing_object(cycle)
    out = StringIO()

    call_command("publish", "2012", "--by", "office1", "--confirmed-by", "office2",
                 "--out", str(tmp_path / "edition"), "--json", stdout=out)  # fmt: skip

    report = json.loads(out.getvalue())
    call_command("verify_edition", str(tmp_path / "edition"), "--code", report["code"], stdout=StringIO())
    call_command("check_cycle", "2012", stdout=StringIO())
    cycle.refresh_from_db()
    assert cycle.stage_now is Stage.PUBLISHED
    sealed = json.loads((tmp_path / "edition" / "edition.json").read_bytes())
    named = {block["name"]: block for block in live["blocks"] if block["rows"]}
    assert {block["name"]: block for block in sealed["results"]["blocks"]} == named
    newest = queries.newest(cycle)
    assert newest is not None
    assert newest.digest == report["digest"]

    book = recalculated(tmp_path / "calc", {"year": live_workbook.build(sealed, cached=False)})["year"]

    assert differing(sealed, book) == []
