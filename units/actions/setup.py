"""What the office does with units, their names, memberships, teams, conflicts and the calendar.

Rules are scoring's; stages and windows are in units.actions.cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from office import audit
from office.models import User
from office.refusal import Refused
from units.hats import Hat
from units.models import CalendarDay, Conflict, Cycle, Membership, Mode, Team, Unit, UnitName, UnitNameKind
from units.names import normalise
from units.permissions import require
from units.signals import once_per_block

UNIT_FIELDS = (
    "name", "short_name", "kind", "order", "superior_leader", "principal", "contact", "mobile", "office_phone",
)  # fmt: skip


def refuse_invalid(row: models.Model, *, exclude: Iterable[str] = ()) -> None:
    """Raise Refused with the first sentence of the model's own checks."""
    try:
        row.full_clean(exclude=list(exclude))
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        label = "" if name == "__all__" else f"{row._meta.get_field(name).verbose_name}: "  # type: ignore[union-attr]  # only fields have errors
        raise Refused(
            "invalid", f"{label}{sentences[0]}", status=422, values={"errors": error.message_dict}
        ) from error


def change(row: models.Model, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Set what differs; field → [before, after] as text, for the log."""
    changed: dict[str, list[str]] = {}
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            setattr(row, name, value)
            changed[name] = [str(before), str(value)]
    return changed


@transaction.atomic
def save_unit(*, by: Hat, cycle: Cycle, unit: Unit | None = None, **values: Any) -> Unit:
    """Store a unit's own fields; a renamed unit keeps its old name as a former one.  Row B04.

    Raises Refused: not permitted, after results, a name that another unit bears, a field that does not fit.
    """
    require("B04", by, cycle)
    unknown = set(values) - set(UNIT_FIELDS)
    if unknown:
        raise TypeError(f"not a unit's own fields: {sorted(unknown)}")
    is_new = unit is None
    row = unit or Unit(order=cycle.units.count() + 1)
    old_name = row.name
    changed = change(row, values)
    if "name" in changed or is_new:
        refuse_name_taken(row.name, row)
        if "/" in row.name:
            raise Refused("slash", _("“%(name)s”: a name may not hold “/”.") % {"name": row.name}, status=422)
    refuse_invalid(row)
    if not changed and not is_new:
        return row
    with once_per_block():
        row.save()
        cycle.units.add(row)
        if "name" in changed and not is_new:
            UnitName.objects.filter(unit=row, plain=normalise(row.name)).delete()
            UnitName.objects.get_or_create(
                unit=row, plain=normalise(old_name), defaults={"name": old_name, "kind": UnitNameKind.FORMER}
            )
    audit.record(by, "unit.added" if is_new else "unit.changed", row, cycle_code=cycle.code, changed=changed)
    return row


def refuse_name_taken(name: str, unit: Unit | None) -> None:
    """Raise Refused when another unit bears the name, in full or as another name."""
    plain = normalise(name)
    own = (unit.pk if unit else None) or 0
    other = UnitName.objects.filter(plain=plain).exclude(unit_id=own).select_related("unit").first()
    owner = other.unit if other else None
    if owner is None:
        owner = next(
            (u for u in Unit.objects.exclude(pk=own) if normalise(u.name) == plain),
            None,
        )
    if owner is not None:
        raise Refused(
            "name-taken", _("“%(name)s” already means %(unit)s.") % {"name": name, "unit": str(owner)}
        )


@transaction.atomic
def add_alias(
    *, by: Hat, cycle: Cycle, unit: Unit, name: str, kind: str = str(UnitNameKind.ALIAS)
) -> UnitName:
    """Let a name mean the unit from now on.  Row B04.

    A name it already has is returned as it is. Raises Refused when the name means another unit.
    """
    require("B04", by, cycle)
    text = "".join(name.split())
    if not 0 < len(text) <= 60:
        raise Refused("bad-name", _("A name has 1 to 60 characters."), status=422)
    known = UnitName.objects.filter(unit=unit, plain=normalise(text)).first()
    if known is not None:
        return known
    refuse_name_taken(text, unit)
    row = UnitName(unit=unit, name=text, kind=kind, plain=normalise(text))
    refuse_invalid(row)
    row.save()
    audit.record(by, "unit.alias-learned", unit, cycle_code=cycle.code, name=text, kind=kind)
    return row


def learn_alias(*, by: Hat, cycle: Cycle, unit_id: int, name: str) -> UnitName:
    """add_alias for a unit of the year by its number; Refused with 404 for any other."""
    require("B04", by, cycle)
    taking_part = Q(cycles=cycle) | Q(memberships__block__cycle=cycle)
    unit = Unit.objects.filter(taking_part, pk=unit_id).first()
    if unit is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return add_alias(by=by, cycle=cycle, unit=unit, name=name)


@transaction.atomic
def remove_alias(*, by: Hat, cycle: Cycle, name: UnitName) -> None:
    """Forget another name; papers that bear it are then unknown again.  Row B04."""
    require("B04", by, cycle)
    unit, text = name.unit, name.name
    name.delete()
    audit.record(by, "unit.alias-removed", unit, cycle_code=cycle.code, name=text)


@transaction.atomic
def confirm_units(*, by: Hat, cycle: Cycle, units: Iterable[int] | None = None) -> int:
    """Take stand-in units for real ones: those given, or all of the cycle.  Row B04.  Returns how many."""
    require("B04", by, cycle)
    rows = cycle.units.filter(is_stand_in=True)
    if units is not None:
        rows = rows.filter(pk__in=list(units))
    names = list(rows.values_list("name", flat=True))
    Unit.objects.filter(name__in=names).update(is_stand_in=False)
    if names:
        audit.record(by, "unit.stand-ins-confirmed", cycle, cycle_code=cycle.code, units=names)
    return len(names)


@transaction.atomic
def set_mode(*, by: Hat, membership: Membership, mode: str) -> Membership:
    """参评 or 不评奖.  Row B02."""
    cycle = membership.block.cycle
    require("B02", by, cycle, block=membership.block, unit_id=membership.unit_id, acts_on_unit=True)
    changed = change(membership, {"mode": Mode(mode)})
    if changed:
        with once_per_block():
            membership.save()
        audit.record(by, "membership.mode-set", membership, cycle_code=cycle.code, changed=changed)
    return membership


@transaction.atomic
def save_team(
    *,
    by: Hat,
    cycle: Cycle,
    name: str,
    people: Iterable[User] = (),
    units: Iterable[Unit] = (),
    team: Team | None = None,
) -> Team:
    """Make or change a review team: its name, its people, the units it looks at.  Row B05.

    Raises Refused when a person would look at a unit he belongs to or has declared a tie to.
    """
    require("B05", by, cycle)
    people, units = list(people), list(units)
    for person in people:
        tied = Hat(person, by.role).tied_unit_ids(cycle.pk)
        for unit in units:
            if unit.pk in tied:
                raise Refused(
                    "own-unit",
                    _(
                        "%(person)s belongs to %(unit)s or has declared a tie to it and may not look at it. Put one of them into another team."
                    )
                    % {"person": str(person), "unit": unit.name},
                    "§8(4)",
                )
    row = team or Team(cycle=cycle)
    before = [str(u) for u in row.units.all()] if row.pk else []
    row.name = name.strip()
    refuse_invalid(row)
    row.save()
    row.people.set(people)
    row.units.set(units)
    audit.record(
        by,
        "team.saved",
        row,
        cycle_code=cycle.code,
        people=[person.username for person in people],
        units_before=before,
        units=[unit.name for unit in units],
    )
    return row


@transaction.atomic
def declare_conflict(*, by: Hat, cycle: Cycle, unit: Unit, reason: str) -> Conflict:
    """Declare one's own tie to a unit; from then on one may not act on it.  Row E06, always the own account."""
    require("E06", by, cycle)
    if not reason.strip():
        raise Refused(
            "no-reason", _("Please say what ties you to %(unit)s.") % {"unit": unit.name}, status=422
        )
    if Conflict.objects.filter(cycle=cycle, user=by.user, unit=unit, lifted_at=None).exists():
        raise Refused(
            "already-declared", _("You have already declared your tie to %(unit)s.") % {"unit": unit.name}
        )
    row, _created = Conflict.objects.update_or_create(
        cycle=cycle,
        user=by.user,
        unit=unit,
        defaults={
            "reason": reason.strip()[:300],
            "lifted_at": None,
            "lifted_by": None,
            "lift_proposed_by": None,
            "lift_reason": "",
        },
    )
    audit.record(by, "conflict.declared", row, cycle_code=cycle.code, reason=row.reason)
    return row


@transaction.atomic
def save_calendar_day(*, by: Hat, cycle: Cycle, day: date, is_working: bool, note: str = "") -> CalendarDay:
    """Say that a day is a holiday, or a working day at a weekend.  Row B06."""
    require("B06", by, cycle)
    row = CalendarDay.objects.filter(day=day).first() or CalendarDay(day=day, is_working=not is_working)
    changed = change(row, {"is_working": is_working, "note": note})
    refuse_invalid(row)
    row.save()
    audit.record(by, "calendar.day-saved", row, cycle_code=cycle.code, changed=changed)
    return row


@transaction.atomic
def save_row(
    *,
    by: Hat,
    cycle: Cycle,
    row: models.Model,
    values: Mapping[str, Any],
    lists: Mapping[str, Iterable[models.Model]] | None = None,
    permission: str = "B02",
) -> models.Model:
    """Store a plain record of the plan that has no rules of its own (a tariff line, a pool, an award).

    `row` is the stored record or a new one; `lists` are its many-to-many fields.
    """
    require(permission, by, cycle)
    is_new = row.pk is None
    changed = change(row, values)
    refuse_invalid(row)
    with once_per_block():
        if changed or is_new:
            row.save()
        for name, members in (lists or {}).items():
            before = sorted(str(m) for m in getattr(row, name).all())
            after = sorted(str(m) for m in members)
            if before != after:
                getattr(row, name).set(members)
                changed[name] = ["、".join(before), "、".join(after)]
    if changed or is_new:
        audit.record(
            by, "record.added" if is_new else "record.changed", row, cycle_code=cycle.code, changed=changed
        )
    return row


@transaction.atomic
def remove_row(*, by: Hat, cycle: Cycle, row: models.Model, permission: str = "B02") -> None:
    """Take such a record out.  Raises Refused when something still needs it."""
    require(permission, by, cycle)
    kind, pk, text = row._meta.label, row.pk, str(row)
    try:
        with once_per_block():
            row.delete()
    except models.ProtectedError as error:
        needed = "、".join(sorted({str(o) for o in error.protected_objects})[:3])
        raise Refused(
            "still-needed", _("“%(name)s” is still needed by: %(needed)s.") % {"name": text, "needed": needed}
        ) from error
    audit.record(by, "record.removed", None, cycle_code=cycle.code, kind=kind, pk=pk, name=text)
