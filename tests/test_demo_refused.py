"""When the demo year is refused: over a city's own year or account, or when there is none to recall.

What is in it is told in test_demo.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from office.models import User
from tests.cast import Cast
from units.models import Cycle


def test_a_citys_own_year_is_left_alone(cast: Cast) -> None:
    with pytest.raises(CommandError, match="2012"):
        call_command("demo")

    assert not User.objects.filter(username="official_市委办").exists()
    assert not Cycle.objects.get().is_demo


def test_a_citys_own_account_is_not_taken_over(db: None, tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path
    User.objects.create(username="auditor", password="!")

    with pytest.raises(CommandError, match="auditor"):
        call_command("demo")

    assert not Cycle.objects.exists()


def test_without_a_demo_year_there_are_no_accounts_to_print(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("demo", accounts=True)
