"""The command `standings`: the contract's object, the same table in words and as CSV, and its refusals.

check_cycle has a file of its own.
"""

from __future__ import annotations

import csv
import io
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from scoring import queries
from tests.cast import Cast
from units.models import Unit


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("standings", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def scored(cast: Cast) -> Cast:
    cast.score("青山乡", "决战园区", "97.5")
    cast.score("白水乡", "决战园区", "95")
    cast.score("东河镇", "决战园区", "95")
    return cast


def test_json_is_the_contracts_object(scored: Cast) -> None:
    told = json.loads(run("--cycle", "2012", "--format", "json"))

    assert told == queries.standing_object(scored.cycle)
    assert told["blocks"][0]["rows"][1] == {
        "unit": "白水乡",
        "rank": 2,
        "shared": True,
        "eligible": True,
        "missing": 2,
        "items": [
            {
                "item": "决战园区",
                "base": "95.00",
                "rank": 2,
                "shared": True,
                "weighted": "584.62",  # 600 × 95 ÷ 97.5 = 584.6153…
                "cells": [{"sub_item": "决战园区", "score": "95.00", "source": "preliminary"}],
            },
            {
                "item": "社会管理",
                "base": "0.00",
                "rank": 1,
                "shared": True,
                "weighted": "0.00",
                "cells": [
                    {"sub_item": "信访", "score": None, "source": None},
                    {"sub_item": "安全", "score": None, "source": None},
                ],
            },
        ],
        "preliminary": "584.62",
        "commendations": "0.00",
        "criticisms": "0.00",
        "rewards": "0.00",
        "final": "584.62",
    }


def test_the_switch_json_is_the_same(scored: Cast) -> None:
    assert run("--cycle", "2012", "--json") == run("--cycle", "2012", "--format", "json")


def test_one_block_by_its_name(scored: Cast) -> None:
    told = json.loads(run("--cycle", "2012", "--block", "党群口", "--json"))

    assert [block["name"] for block in told["blocks"]] == ["党群口"]


def test_the_table_marks_ties_gaps_and_what_holds(scored: Cast) -> None:
    lines = run("--cycle", "2012", "--block", "乡镇口").splitlines()

    assert lines[0].startswith("乡镇口 · ")
    assert "R2" in lines[0]
    assert [line.split()[:2] for line in lines[2:5]] == [["1", "青山乡"], ["2=", "白水乡"], ["2=", "东河镇"]]
    assert [line.split()[-2:] for line in lines[2:5]] == [["600.00", "2"], ["584.62", "2"], ["584.62", "2"]]


def test_csv_has_a_line_per_unit_and_no_formula(scored: Cast) -> None:
    Unit.objects.filter(name="东河镇").update(name="=cmd()")

    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(run("--cycle", "2012", "--format", "csv"))))

    assert len(rows) == 3 + 2 + 4
    assert [list(row.values())[2] for row in rows[:3]] == ["青山乡", "白水乡", "'=cmd()"]
    assert rows[0]["决战园区"] == "600.00"


def test_an_empty_year_prints_its_blocks(cast: Cast) -> None:
    assert run("--cycle", "2012").count("·") >= 3


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("--cycle", "1999"), "1999"), (("--cycle", "2012", "--block", "企业口"), "乡镇口、党群口、招商引资")],
)
def test_what_is_not_there_is_refused_by_name(cast: Cast, arguments: tuple[str, ...], named: str) -> None:
    with pytest.raises(CommandError, match=named) as stopped:
        run(*arguments)

    assert stopped.value.returncode == 1


def test_a_wrong_format_is_wrong_usage(cast: Cast) -> None:
    with pytest.raises(CommandError, match="--format"):
        run("--cycle", "2012", "--format", "pdf")
