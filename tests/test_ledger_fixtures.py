"""The third quarter's ledgers and the returns left in fixtures go unchanged into the shipped year.

What a ledger may say is tested in tests/scoring/test_import_ledger.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from office.models import User
from scoring.actions import batches, ledgers, returns
from scoring.models import BatchState, Ledger, LedgerLine, ReturnLine
from units.hats import Hat, hat_for
from units.matrix import Role
from units.models import Cycle, RoleAssignment
from units.stages import Stage

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
LEDGERS = sorted((FIXTURES / "第三季度台账").glob("*.xlsx"))


@pytest.fixture
def office(db: None) -> Hat:
    call_command("loaddata", "plan_2012", verbosity=0)
    Cycle.objects.filter(code="2012").update(stage=Stage.MONITORING)
    user = User.objects.create(username="office9", display_name="考评办")
    cycle = Cycle.objects.get(code="2012")
    RoleAssignment.objects.create(user=user, role=Role.OFFICE, cycle=cycle)
    return hat_for(user, Role.OFFICE, cycle)


def test_every_ledger_left_to_the_reader_is_taken_in(office: Hat) -> None:
    cycle = Cycle.objects.select_related("host").get(code="2012")
    problems = {}
    for path in LEDGERS:
        batch = ledgers.hand_in(by=office, cycle=cycle, chunks=[path.read_bytes()], name=path.name)
        batches.read_in(batch, office)
        if batch.state == BatchState.PREVIEW:
            batches.confirm(by=office, cycle=cycle, batch_id=batch.pk)
        else:
            problems[path.name] = batch.report["errors"]

    assert problems == {}
    assert Ledger.objects.filter(period="Q3", part="own").count() == len(LEDGERS) > 25
    assert LedgerLine.objects.count() > 300


def test_the_example_of_returns_is_taken_in(office: Hat) -> None:
    cycle = Cycle.objects.select_related("host").get(code="2012")
    path = FIXTURES / "统计数据-示例.xlsx"

    batch = returns.hand_in(by=office, cycle=cycle, chunks=[path.read_bytes()], name=path.name)
    batches.read_in(batch, office)
    batches.confirm(by=office, cycle=cycle, batch_id=batch.pk)

    assert batch.report["errors"] == batch.report["warnings"] == []
    assert ReturnLine.objects.count() == batch.report["accepted"] > 50
