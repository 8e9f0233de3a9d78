"""Accounts and roles: made by the system administrator, granted by the security administrator.  Rows L01–L03.

Nobody acts on his own account here; changing one's own password is a page of its own.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.models import SystemRole, SystemRoleKind, User
from office.refusal import Refused
from units.actions.setup import change, refuse_invalid
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, RoleAssignment, Unit
from units.permissions import require

USER_FIELDS = frozenset({"username", "display_name", "phone", "email", "is_active"})
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike


def _not_oneself(by: Hat, user: User) -> None:
    if by.user.pk == user.pk:
        raise Refused(
            "oneself", _("Nobody may do this to the own account; another administrator must."), status=403
        )


def new_password() -> str:
    """A password to be told once: sixteen letters and figures."""
    return "".join(secrets.choice(LETTERS) for _place in range(16))


@transaction.atomic
def save_user(*, by: Hat, user: User | None = None, **values: Any) -> tuple[User, str]:
    """Make or change an account; returns it and, for a new one, its first password (else "").  Row L01."""
    require("L01", by)
    if set(values) - USER_FIELDS:
        raise TypeError(f"not an account's fields: {sorted(set(values) - USER_FIELDS)}")
    is_new = user is None
    row = user or User()
    if not is_new:
        _not_oneself(by, row)
    changed = change(row, values)
    password = ""
    if is_new:
        password = new_password()
        row.set_password(password)
        row.must_change_password = True
    refuse_invalid(row, exclude=["password"])
    if changed or is_new:
        row.save()
        audit.record(by, "account.created" if is_new else "account.edited", row, changed=changed)
    return row, password


@transaction.atomic
def reset_password(*, by: Hat, user: User) -> str:
    """A new first password, to be changed at the next sign-in.  Row L03."""
    require("L03", by)
    _not_oneself(by, user)
    password = new_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    audit.record(by, "account.password-reset", user)
    return password


@transaction.atomic
def grant_role(
    *,
    by: Hat,
    user: User,
    role: str,
    unit: Unit | None = None,
    cycle: Cycle | None = None,
    is_head: bool = False,
) -> RoleAssignment:
    """Give a person a role in a cycle.  Row L02.  Raises Refused for administrators of the system and oneself."""
    require("L02", by)
    _not_oneself(by, user)
    if SystemRole.objects.filter(user=user).exists():
        raise Refused(
            "system-role",
            _("%(user)s holds a role over the system and may hold no other.") % {"user": str(user)},
        )
    row = RoleAssignment(user=user, role=role, unit=unit, cycle=cycle, is_head=is_head)
    if (role in (Role.OFFICIAL, Role.PRINCIPAL, Role.LEAD)) != (unit is not None):
        raise Refused(
            "role-unit",
            _("Unit officials, principals and lead bodies need a unit; no other role has one."),
            status=422,
        )
    refuse_invalid(row)
    row.save()
    audit.record(
        by, "role.granted", row, cycle_code=cycle.code if cycle else "", user=user.username, role=str(role)
    )
    return row


@transaction.atomic
def revoke_role(*, by: Hat, assignment: RoleAssignment) -> None:
    """Row L02."""
    require("L02", by)
    _not_oneself(by, assignment.user)
    user, role, text, pk = assignment.user, assignment.role, str(assignment), assignment.pk
    code = assignment.cycle.code if assignment.cycle else ""
    assignment.delete()
    audit.record(by, "role.revoked", user, cycle_code=code, role=role, what=text, assignment=pk)


@transaction.atomic
def grant_system_role(*, by: Hat, user: User, kind: str) -> SystemRole:
    """One of the three roles over the system, for a person without any other.  Row L02."""
    require("L02", by)
    _not_oneself(by, user)
    if SystemRole.objects.filter(user=user).exists() or RoleAssignment.objects.filter(user=user).exists():
        raise Refused(
            "other-roles",
            _(
                "%(user)s already holds a role. System, security and audit are three persons without other roles."
            )
            % {"user": str(user)},
        )
    row = SystemRole(user=user, kind=SystemRoleKind(kind))
    refuse_invalid(row)
    row.save()
    audit.record(by, "system-role.granted", row, user=user.username, role=str(kind))
    return row


@transaction.atomic
def revoke_system_role(*, by: Hat, system_role: SystemRole) -> None:
    """Row L02."""
    require("L02", by)
    _not_oneself(by, system_role.user)
    user, kind = system_role.user, system_role.kind
    system_role.delete()
    audit.record(by, "system-role.revoked", user, role=kind)
