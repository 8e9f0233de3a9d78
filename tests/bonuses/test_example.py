"""The shipped example of the list comes from our own export and goes unchanged into the shipped year.

What a list may say is tested in test_lists.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from bonuses.actions import lists
from bonuses.models import Adjustment, BatchState
from office.models import User
from units.hats import hat_for
from units.matrix import Role
from units.models import Cycle, RoleAssignment
from units.stages import Stage

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "加减分清单-示例.xlsx"


@pytest.mark.django_db
def test_the_example_goes_into_the_shipped_year() -> None:
    call_command("loaddata", "plan_2012", verbosity=0)
    Cycle.objects.filter(code="2012").update(stage=Stage.MONITORING)
    cycle = Cycle.objects.get(code="2012")
    user = User.objects.create(username="office9", display_name="考评办")
    RoleAssignment.objects.create(user=user, role=Role.OFFICE, cycle=cycle)
    by = hat_for(user, Role.OFFICE, cycle)

    batch = lists.hand_in(by=by, cycle=cycle, chunks=[EXAMPLE.read_bytes()], name=EXAMPLE.name)
    lists.read_in(batch, by)
    taken = lists.take_in(by=by, cycle=cycle, batch_id=batch.pk)

    assert taken.report["errors"] == []
    assert taken.state == BatchState.COMMITTED
    assert Adjustment.objects.count() == taken.report["accepted"] > 10
