"""import_scores: exit codes, the report on standard output, the reasons on standard error.

What a sheet may say is tested in tests/scoring/test_import_scores.py.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scoring.models import ImportBatch, Involvement, Score
from tests.cast import Cast
from tests.scoring.test_import_scores import GOOD, book
from units.stages import Stage


def run(path: Path, *more: str, by: str = "office1", stage: str = "preliminary") -> str:
    out = io.StringIO()
    call_command(
        "import_scores", str(path), "--cycle", "2012", "--stage", stage, "--by", by, *more, stdout=out
    )
    return out.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "评分表.xlsx"
    path.write_bytes(book(*GOOD))
    return path


def test_a_sheet_is_taken_in_and_reported(cast: Cast, good: Path) -> None:
    report = json.loads(run(good, "--json"))

    assert report == {"accepted": 3, "changed": 3, "errors": [], "warnings": []}
    assert Score.objects.count() == 3


def test_a_dry_run_keeps_nothing(cast: Cast, good: Path) -> None:
    report = json.loads(run(good, "--json", "--dry-run"))

    assert (report["accepted"], report["changed"]) == (3, 3)
    assert not Score.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_bad_cell_exits_with_one_and_its_sentence(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(("青山乡", "决战园区", "决战园区", 101, "")))
    out = io.StringIO()

    with pytest.raises(CommandError) as error:
        call_command(
            "import_scores",
            str(path),
            *("--cycle", "2012", "--stage", "preliminary", "--by", "office1", "--json"),
            stdout=out,
        )

    assert error.value.returncode == 1
    assert "D2" in str(error.value)
    problem = json.loads(out.getvalue())["errors"][0]
    assert (problem["cell"], problem["row"], problem["column"], problem["value"], problem["code"]) == (
        "D2",
        2,
        "得分",
        "101",
        "above-base",
    )
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere.xlsx", "--cycle", "2012", "--stage", "lead", "--by", "office1"),
        ("GOOD", "--cycle", "1999", "--stage", "lead", "--by", "office1"),
        ("GOOD", "--cycle", "2012", "--stage", "lead", "--by", "nobody"),
    ],
)
def test_wrong_usage_exits_with_two(cast: Cast, good: Path, arguments: tuple[str, ...]) -> None:
    words = [str(good) if word == "GOOD" else word for word in arguments]

    with pytest.raises(CommandError) as error:
        call_command("import_scores", *words)

    assert error.value.returncode == 2


def test_permission_and_stage_hold_as_in_the_browser(cast: Cast, good: Path) -> None:
    with pytest.raises(CommandError) as role:
        run(good, by="mayor")
    cast.at(Stage.MONITORING)
    with pytest.raises(CommandError) as stage:
        run(good)

    assert (role.value.returncode, stage.value.returncode) == (1, 1)
    assert not Score.objects.exists()


def test_a_second_person_confirms_not_involved_and_never_the_first(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(("青山乡", "社会管理", "信访", "不涉及", "无窗口")))

    with pytest.raises(CommandError):
        run(path, "--confirmed-by", "office1")
    run(path, "--confirmed-by", "office2")

    assert cast.cell("青山乡", "信访").involvement == Involvement.CONFIRMED


def test_the_same_file_again_is_refused(cast: Cast, good: Path) -> None:
    run(good)

    with pytest.raises(CommandError):
        run(good)

    assert ImportBatch.objects.count() == 1
