"""import_ledger: exit codes, the report on standard output, the reasons on standard error.

What a ledger may say is tested in tests/scoring/test_import_ledger.py.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scoring.models import ImportBatch, LedgerLine
from tests.cast import Cast
from tests.scoring.ledger_sheets import GOOD, LEAD, book, row
from units.models import Cycle
from units.stages import Stage


def run(path: Path, *more: str, by: str = LEAD) -> str:
    out = io.StringIO()
    call_command("import_ledger", str(path), "--by", by, *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(book(*GOOD))
    return path


def test_a_ledger_is_taken_in_and_reported(cast: Cast, good: Path) -> None:
    report = json.loads(run(good, "--json"))

    assert report == {"accepted": 3, "changed": 3, "errors": [], "warnings": []}
    assert LedgerLine.objects.count() == 3


def test_a_dry_run_keeps_nothing(cast: Cast, good: Path) -> None:
    report = json.loads(run(good, "--json", "--dry-run"))

    assert (report["accepted"], report["changed"]) == (3, 3)
    assert not ImportBatch.objects.exists()
    assert not LedgerLine.objects.exists()


def test_a_bad_cell_exits_with_one_and_its_sentence(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(row("青山乡", 5)))

    with pytest.raises(CommandError) as error:
        run(path)

    assert error.value.returncode == 1
    assert "J2" in str(error.value)
    assert not LedgerLine.objects.exists()


@pytest.mark.parametrize(("by", "code"), [("official_青山乡", 1), ("nobody", 2)])
def test_who_may_not_is_refused(cast: Cast, good: Path, by: str, code: int) -> None:
    with pytest.raises(CommandError) as error:
        run(good, by=by)

    assert error.value.returncode == code


def test_the_stage_holds_as_in_the_browser(cast: Cast, good: Path) -> None:
    cast.at(Stage.PUBLISHED)

    with pytest.raises(CommandError) as error:
        run(good)

    assert error.value.returncode == 1


def test_the_year_that_takes_ledgers_is_found_and_two_must_be_told_apart(cast: Cast, good: Path) -> None:
    Cycle.objects.create(code="2011", name="旧", year=2011, host=cast.units["考评办"], stage=Stage.FILED)
    run(good)
    Cycle.objects.filter(code="2011").update(stage=Stage.MONITORING)

    with pytest.raises(CommandError) as error:
        run(good)

    assert error.value.returncode == 2
    assert "2011" in str(error.value)


def test_a_year_that_does_not_exist_is_a_wrong_call(cast: Cast, good: Path) -> None:
    with pytest.raises(CommandError) as error:
        run(good, "--cycle", "1999")

    assert error.value.returncode == 2
