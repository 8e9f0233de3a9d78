"""The cast: three townships, two departments, one squad, and the people of each role.  Always the same.

Small enough to compute by hand; tests that need a city use the shipped plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from office.models import SystemRole, User
from scoring.models import Cell, Look, MajorItem, Score, ScoreKind, SubItem
from units.hats import Hat, hats_of
from units.matrix import Role
from units.models import Block, Cycle, Membership, RoleAssignment, Team, Unit
from units.signals import announce_stale, once_per_block
from units.stages import Stage

PASSWORD = "a quiet year 2012"


@dataclass
class Cast:
    """Everything by its name: units["青山乡"], people["office1"], cells["青山乡", "信访"]."""

    cycle: Cycle
    blocks: dict[str, Block] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    subs: dict[tuple[str, str], SubItem] = field(default_factory=dict)  # (block, sub-item)
    people: dict[str, User] = field(default_factory=dict)

    def hat(self, name: str, role: Role | None = None) -> Hat:
        hats = hats_of(self.people[name])
        return next(h for h in hats if role is None or h.role is role)

    def cell(self, unit: str, sub: str, block: str = "乡镇口") -> Cell:
        return Cell.objects.get(
            membership__unit__name=unit,
            membership__block__name=block,
            sub_item__name=sub,
            block__cycle=self.cycle,
        )

    def at(self, stage: Stage) -> Cast:
        Cycle.objects.filter(pk=self.cycle.pk).update(stage=stage)
        self.cycle.refresh_from_db()
        return self

    def score(
        self, unit: str, sub: str, points: str, kind: ScoreKind = ScoreKind.PRELIMINARY, block: str = "乡镇口"
    ) -> Score:
        """A stored score without any permission asked, for arranging."""
        score, _created = Score.objects.update_or_create(
            cell=self.cell(unit, sub, block),
            kind=kind,
            defaults={
                "points": Decimal(points),
                "entered_by": self.people["office1"],
                "entered_at": timezone.now(),
                "by_office": True,
            },
        )
        return score


TOWNS = ("青山乡", "白水乡", "东河镇")
DEPARTMENTS = ("市信访局", "市档案局")


def build(stage: Stage = Stage.PRELIMINARY_REVIEW, code: str = "2012") -> Cast:
    """Two comprehensive blocks and a track.

    乡镇口: 决战园区 600/100 (one sub-item), 社会管理 400/1000 = 信访 400 (lead 市信访局, helper 市档案局),
    安全 600 (looked at on site). 党群口: 业务 1000/1000. 招商引资 (track): one item 100/100.
    """
    with transaction.atomic(), once_per_block():
        host = Unit.objects.create(name="考评办", kind="机构", order=90)
        cycle = Cycle.objects.create(code=code, name="双向承诺综合考评", year=2012, host=host, stage=stage)
        cast = Cast(cycle)
        cast.units["考评办"] = host
        for order, name in enumerate(TOWNS):
            cast.units[name] = Unit.objects.create(name=name, kind="乡镇", order=order + 1)
        for order, name in enumerate(DEPARTMENTS):
            cast.units[name] = Unit.objects.create(name=name, kind="党群部门", order=order + 10)
        cast.units["工口"] = Unit.objects.create(name="工口", kind="小分队", order=20)
        cycle.units.set(cast.units.values())
        for order, (name, kind, members) in enumerate(
            [
                ("乡镇口", "综合", TOWNS),
                ("党群口", "综合", DEPARTMENTS),
                ("招商引资", "专项", (*TOWNS, "工口")),
            ]
        ):
            cast.blocks[name] = block = Block.objects.create(cycle=cycle, name=name, kind=kind, order=order)
            for member in members:
                Membership.objects.create(block=block, unit=cast.units[member])
        _rules(cast)
        _people(cast)
        for block in cast.blocks.values():
            announce_stale(block.pk)
    return cast


def _rules(cast: Cast) -> None:
    lead = cast.units["市信访局"]
    plan: list[tuple[str, str, int, int, list[tuple[str, int, Unit | None, Look]]]] = [
        ("乡镇口", "决战园区", 600, 100, [("决战园区", 100, lead, Look.BOTH)]),
        ("乡镇口", "社会管理", 400, 1000, [("信访", 400, lead, Look.BOTH), ("安全", 600, None, Look.ONSITE)]),
        ("党群口", "业务", 1000, 1000, [("业务", 1000, lead, Look.BOTH)]),
        ("招商引资", "招商引资工作", 100, 100, [("招商引资工作", 100, None, Look.BOTH)]),
    ]
    for order, (block, name, weight, base, subs) in enumerate(plan):
        item = MajorItem.objects.create(
            block=cast.blocks[block], name=name, order=order, weight_points=weight, base_points=base
        )
        for position, (sub, sub_base, sub_lead, look) in enumerate(subs):
            made = SubItem.objects.create(
                item=item, name=sub, order=position, base_points=sub_base, lead=sub_lead, look=look
            )
            cast.subs[block, sub] = made
    cast.subs["乡镇口", "信访"].helpers.add(cast.units["市档案局"])


def _person(cast: Cast, name: str, role: Role | None, unit: str = "") -> User:
    user: User = User.objects.create(username=name, display_name=name)
    user.password = _HASH
    user.save()
    cast.people[name] = user
    if role in {Role.SYSTEM, Role.SECURITY, Role.AUDITOR}:
        SystemRole.objects.create(user=user, kind=str(role))
    elif role is not None:
        RoleAssignment.objects.create(
            user=user, role=role, unit=cast.units[unit] if unit else None, cycle=cast.cycle
        )
    return user


def _people(cast: Cast) -> None:
    for name, role, unit in [
        ("office1", Role.OFFICE, ""),
        ("office2", Role.OFFICE, ""),
        ("leader1", Role.LEADING_GROUP, ""),
        ("leader2", Role.LEADING_GROUP, ""),
        ("mayor", Role.CITY_LEADER, ""),
        ("reviewer1", Role.REVIEWER, ""),
        ("lead_市信访局", Role.LEAD, "市信访局"),
        ("official_青山乡", Role.OFFICIAL, "青山乡"),
        ("principal_青山乡", Role.PRINCIPAL, "青山乡"),
        ("official_白水乡", Role.OFFICIAL, "白水乡"),
        ("principal_白水乡", Role.PRINCIPAL, "白水乡"),
        ("archive", Role.ORGANIZATION, ""),
        ("sysadmin", Role.SYSTEM, ""),
        ("secadmin", Role.SECURITY, ""),
        ("auditor", Role.AUDITOR, ""),
    ]:
        _person(cast, name, role, unit)
    team = Team.objects.create(cycle=cast.cycle, name="第一组")
    team.people.add(cast.people["reviewer1"])
    team.units.set([cast.units["青山乡"], cast.units["市信访局"]])


def _hash() -> str:
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


_HASH = _hash()
