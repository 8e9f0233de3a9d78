"""Arranging visits for tests: a second reviewer, a planned visit, its signatures.

What a visit must keep is tested in test_visits.py.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from office.models import User
from scoring.actions import visits
from scoring.actions.visits import Finding
from scoring.models import Visit
from tests.cast import Cast
from units.matrix import Role
from units.models import RoleAssignment, Team
from units.stages import Stage


def ready(cast: Cast) -> Cast:
    """The on-site review, with two more reviewers in the only team."""
    team = Team.objects.get(cycle=cast.cycle)
    for name in ("reviewer2", "reviewer3"):
        user = User.objects.create(username=name, display_name=name)
        RoleAssignment.objects.create(user=user, role=Role.REVIEWER, cycle=cast.cycle)
        cast.people[name] = user
        team.people.add(user)
    return cast.at(Stage.ONSITE_REVIEW)


def planned(cast: Cast, *subs: str, unit: str = "青山乡") -> Visit:
    """A visit of today to look at these sub-items, both of 社会管理 by default."""
    return visits.plan_visit(
        by=cast.hat("office1"),
        cycle=cast.cycle,
        team=Team.objects.get(cycle=cast.cycle),
        unit_id=cast.units[unit].pk,
        on=timezone.localdate(),
        cell_ids=[cast.cell(unit, sub).pk for sub in subs or ("信访", "安全")],
    )


def found(cast: Cast, sub: str, points: str | None, text: str = "台账齐全", reason: str = "") -> Finding:
    return Finding(cast.cell("青山乡", sub).pk, text, None if points is None else Decimal(points), reason)


def written(cast: Cast, visit: Visit, *findings: Finding, by: str = "reviewer1") -> Visit:
    return visits.record_findings(
        by=cast.hat(by), cycle=cast.cycle, visit_id=visit.pk, findings=findings, met="乡长"
    )


def signed(cast: Cast, visit: Visit, *names: str) -> Visit:
    for name in names or ("reviewer1", "reviewer2"):
        visit.refresh_from_db()
        visit = visits.sign_visit(
            by=cast.hat(name), cycle=cast.cycle, visit_id=visit.pk, version=visit.version
        )
    return visit
