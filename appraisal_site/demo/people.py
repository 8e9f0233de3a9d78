"""The demo's people: an account for every role, contacts of every unit, teams, one declared tie.

Names are a surname and 某, telephone numbers begin with 0000: nobody can be meant or called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils.translation import gettext as _

from appraisal_site.demo.words import SURNAMES
from office import audit
from office.models import SystemRole, User
from office.refusal import Refused
from scoring.models import SubItem
from units.hats import Hat
from units.matrix import Role
from units.models import Conflict, Cycle, Membership, RoleAssignment, Team, Unit

LEADERS_IN_CHARGE = "甲乙丙丁戊"
REVIEWERS = 8
MAIL = "demo.invalid"  # a domain that never takes a mail (RFC 2606)
TEAM_NAMES = ("第一考评组", "第二考评组", "第三考评组", "第四考评组")
TIED_REVIEWER, TIED_UNIT = "reviewer3", "市档案局"


@dataclass(frozen=True, slots=True)
class Post:
    """One account to make: its role and, where the role is bound to one, its unit."""

    account: str
    name: str
    role: Role
    unit: Unit | None = None
    phone: str = ""
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Everybody by account, with the one hat each wears."""

    cycle: Cycle
    hats: dict[str, Hat] = field(default_factory=dict)

    def lead_of(self, unit: Unit) -> Hat:
        return self.hats[f"lead_{account_name(unit)}"]

    def official_of(self, unit: Unit) -> Hat:
        return self.hats[f"official_{account_name(unit)}"]


def account_name(unit: Unit) -> str:
    """The unit's name as part of an account: lead_信访局 for 市信访局, but official_市委办 for 市委办."""
    name = str(unit.name)
    return name[1:] if name.startswith("市") and name[1:2] not in {"委", "直"} else name


def contestants(cycle: Cycle) -> list[Unit]:
    """Every unit that is appraised, in a block or only in a track, in the plan's order."""
    return list(Unit.objects.filter(memberships__block__cycle=cycle).distinct().order_by("order", "id"))


def bodies_that_score(cycle: Cycle) -> list[Unit]:
    """Every lead and helper of the year, appraised itself or not."""
    subs = SubItem.objects.filter(item__block__cycle=cycle)
    wanted = Q(pk__in=subs.values("lead_id")) | Q(pk__in=subs.values("helpers"))
    return list(Unit.objects.filter(wanted).distinct().order_by("order", "id"))


def posts(cycle: Cycle) -> Iterator[Post]:
    """Every account of the demo, office first."""
    yield Post("office1", "考评办 赵某", Role.OFFICE)
    yield Post("office2", "考评办 钱某", Role.OFFICE)
    yield Post("leader1", "领导小组组长 甲", Role.LEADING_GROUP, is_head=True)
    yield Post("leader2", "领导小组副组长 乙", Role.LEADING_GROUP)
    yield Post("mayor", "市领导 丙", Role.CITY_LEADER)
    for n in range(1, REVIEWERS + 1):
        yield Post(f"reviewer{n}", f"考评组 {SURNAMES[n + 5]}某", Role.REVIEWER)
    for n, unit in enumerate(bodies_that_score(cycle)):
        name = f"{unit.name}测评员 {SURNAMES[n % len(SURNAMES)]}某"
        yield Post(f"lead_{account_name(unit)}", name, Role.LEAD, unit)
    for n, unit in enumerate(contestants(cycle)):
        contact, principal = contact_of(n), principal_of(n)
        yield Post(
            f"official_{account_name(unit)}", f"{unit.name} {contact}", Role.OFFICIAL, unit, mobile_of(n)
        )
        yield Post(f"principal_{account_name(unit)}", f"{unit.name} {principal}", Role.PRINCIPAL, unit)
    yield Post("archive", "组织部门 孔某", Role.ORGANIZATION)
    yield Post("sysadmin", "系统管理员 许某", Role.SYSTEM)
    yield Post("secadmin", "安全管理员 何某", Role.SECURITY)
    yield Post("auditor", "审计员 吕某", Role.AUDITOR)


def contact_of(n: int) -> str:
    return f"{SURNAMES[(7 * n + 3) % len(SURNAMES)]}某"


def principal_of(n: int) -> str:
    return f"{SURNAMES[(5 * n + 11) % len(SURNAMES)]}某某"


def mobile_of(n: int) -> str:
    return f"000-0000-{n + 1:04d}"


def mail_of(n: int, post: Post) -> str:
    """Where a reminder would go: official147@demo.invalid."""
    return f"{post.account.partition('_')[0].rstrip('0123456789')}{n:03d}@{MAIL}"


def make(cycle: Cycle, password: str) -> People:
    """Make every account and its role in the cycle, all with one password.

    Raises Refused when an account of that name is there already: its owner would be locked out.
    """
    wanted = list(posts(cycle))
    taken = User.objects.filter(username__in=[post.account for post in wanted]).values_list(
        "username", flat=True
    )
    if taken:
        raise Refused(
            "account-exists",
            _(
                "An account named %(name)s exists already, so the demo year was not made. Use an empty database for it."
            )
            % {"name": taken[0]},
        )
    # Argon2 is slow by design: 200 people of a fictional city share one hash.
    hashed = make_password(password)
    User.objects.bulk_create(
        [
            User(
                username=post.account,
                display_name=post.name,
                phone=post.phone,
                email=mail_of(n, post),
                password=hashed,
            )
            for n, post in enumerate(wanted, 1)
        ],
        batch_size=200,
    )
    users = {user.username: user for user in User.objects.filter(username__in=[p.account for p in wanted])}
    outside = {Role.SYSTEM, Role.SECURITY, Role.AUDITOR}
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(
                user=users[post.account], role=post.role, unit=post.unit, cycle=cycle, is_head=post.is_head
            )
            for post in wanted
            if post.role not in outside
        ],
        batch_size=200,
    )
    SystemRole.objects.bulk_create(
        [SystemRole(user=users[post.account], kind=str(post.role)) for post in wanted if post.role in outside]
    )
    people = _with_hats(cycle, wanted, users)
    audit.record(people.hats["sysadmin"], "accounts.created", None, count=len(wanted))
    audit.record(people.hats["secadmin"], "roles.granted", cycle, cycle_code=cycle.code, count=len(wanted))
    return people


def recall(cycle: Cycle) -> People:
    """The people of a demo year made before."""
    wanted = list(posts(cycle))
    users = {user.username: user for user in User.objects.filter(username__in=[p.account for p in wanted])}
    return _with_hats(cycle, wanted, users)


def _with_hats(cycle: Cycle, wanted: list[Post], users: dict[str, User]) -> People:
    return People(
        cycle,
        {
            post.account: Hat(users[post.account], post.role, post.unit, cycle.pk)
            for post in wanted
            if post.account in users
        },
    )


def enter_contacts(people: People) -> None:
    """Who to call at every unit."""
    units = contestants(people.cycle)
    for n, unit in enumerate(units):
        unit.contact, unit.principal = contact_of(n), principal_of(n)
        unit.mobile, unit.office_phone = mobile_of(n), f"0000-000{n + 1:04d}"
        unit.superior_leader = f"市领导{LEADERS_IN_CHARGE[n % len(LEADERS_IN_CHARGE)]}"
    Unit.objects.bulk_update(
        units, ["contact", "principal", "mobile", "office_phone", "superior_leader"], batch_size=100
    )
    audit.record(
        people.hats["office1"],
        "units.contacts-entered",
        people.cycle,
        cycle_code=people.cycle.code,
        count=len(units),
    )


def form_teams(people: People) -> dict[int, tuple[Hat, ...]]:
    """Four teams that look at every unit between them; unit id → its reviewers without the tied one.

    One reviewer has declared a tie to a unit of the own team.
    """
    cycle = people.cycle
    comprehensive = Membership.objects.filter(block__cycle=cycle, block__kind="综合").order_by(
        "block__order", "unit__order"
    )
    of_block: dict[int, list[int]] = {}
    for block_id, unit_id in comprehensive.values_list("block_id", "unit_id"):
        of_block.setdefault(block_id, []).append(unit_id)
    towns, party, city = list(of_block.values())[:3]
    placed = {unit for members in of_block.values() for unit in members}
    rest = [unit.pk for unit in contestants(cycle) if unit.pk not in placed]
    half = (len(city) + 1) // 2
    shares = [towns, party, city[:half], city[half:] + rest]
    tied = Unit.objects.get(name=TIED_UNIT)
    reviewers_by_unit: dict[int, tuple[Hat, ...]] = {}
    for n, (name, unit_ids) in enumerate(zip(TEAM_NAMES, shares, strict=True)):
        hats = [people.hats[f"reviewer{2 * n + 1}"], people.hats[f"reviewer{2 * n + 2}"]]
        team = Team.objects.create(cycle=cycle, name=name)
        team.people.set([hat.user for hat in hats])
        team.units.set(unit_ids)
        for unit_id in unit_ids:
            reviewers_by_unit[unit_id] = tuple(
                hat for hat in hats if (hat.user.username, unit_id) != (TIED_REVIEWER, tied.pk)
            )
    declared = people.hats[TIED_REVIEWER]
    conflict = Conflict.objects.create(
        cycle=cycle, user=declared.user, unit=tied, reason="近亲属在该单位工作"
    )
    audit.record(people.hats["office1"], "teams.formed", cycle, cycle_code=cycle.code, teams=list(TEAM_NAMES))
    audit.record(declared, "conflict.declared", conflict, cycle_code=cycle.code)
    return reviewers_by_unit


def reviewers_by_unit(people: People) -> dict[int, tuple[Hat, ...]]:
    """Unit id → the reviewers who may act on it, as the stored teams and ties say."""
    cycle = people.cycle
    found: dict[int, tuple[Hat, ...]] = {}
    for account, hat in people.hats.items():
        if account.startswith("reviewer"):
            for unit_id in hat.team_unit_ids(cycle.pk):
                found[unit_id] = (*found.get(unit_id, ()), hat)
    return found
