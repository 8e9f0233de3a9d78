"""What must always be true of cycles, blocks, units, people and readings, one named function each.

Walked by the command check_cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from office.invariants import Breach, Table
from office.models import SystemRole
from units import paper_codes
from units.models import (
    Block,
    BlockKind,
    Conflict,
    Cycle,
    FormState,
    GroupDecision,
    Membership,
    Mode,
    Reading,
    Reopening,
    RoleAssignment,
    Rounding,
    SignedForm,
    SignedLack,
    StageWindow,
    Unit,
    UnitKind,
    UnitName,
)
from units.names import normalise
from units.readings import BY_CODE
from units.stages import Stage

TABLE = Table()
STAGES = [str(stage) for stage in Stage]


@TABLE.invariant(
    "stage-known", _("A cycle and a block with its own calendar stand at one of the eleven stages.")
)
def unknown_stages(cycle_code: str) -> Iterator[Breach]:
    for cycle in Cycle.objects.filter(code=cycle_code).exclude(stage__in=STAGES):
        yield Breach(f"units.Cycle {cycle.pk}", cycle.stage)
    own = Q(has_own_calendar=True) & Q(stage__in=["", *STAGES])
    for block in Block.objects.filter(cycle__code=cycle_code).exclude(
        own | Q(has_own_calendar=False, stage="")
    ):
        yield Breach(f"units.Block {block.pk}", f"{block.name}: {block.stage}")


@TABLE.invariant(
    "cycle-figures", _("A cycle keeps 0 to 4 decimals, a known rounding and a positive total weight.")
)
def odd_figures(cycle_code: str) -> Iterator[Breach]:
    for cycle in Cycle.objects.filter(code=cycle_code):
        if cycle.places > 4 or cycle.rounding not in Rounding.values or cycle.total_weight <= 0:
            figures = f"{cycle.places} · {cycle.rounding} · {cycle.total_weight}"
            yield Breach(f"units.Cycle {cycle.pk}", figures)


@TABLE.invariant("member-in-cycle", _("Every member of a block is a unit of the cycle."))
def foreign_members(cycle_code: str) -> Iterator[Breach]:
    inside = Unit.objects.filter(cycles__code=cycle_code).values("pk")
    members = Membership.objects.filter(block__cycle__code=cycle_code).exclude(unit__in=inside)
    for member in members.select_related("unit", "block").order_by("pk"):
        yield Breach(f"units.Membership {member.pk}", str(member))


@TABLE.invariant("body-not-appraised", _("Bodies that are not appraised are in no block."))
def appraised_bodies(cycle_code: str) -> Iterator[Breach]:
    members = Membership.objects.filter(block__cycle__code=cycle_code, unit__kind=UnitKind.BODY)
    for member in members.select_related("unit", "block").order_by("pk"):
        yield Breach(f"units.Membership {member.pk}", str(member))


@TABLE.invariant(
    "closed-lists", _("Kinds of units and blocks and modes of taking part are those of the plan.")
)
def unknown_kinds(cycle_code: str) -> Iterator[Breach]:
    for unit in Unit.objects.filter(cycles__code=cycle_code).exclude(kind__in=UnitKind.values):
        yield Breach(f"units.Unit {unit.pk}", f"{unit.name}: {unit.kind}")
    for block in Block.objects.filter(cycle__code=cycle_code).exclude(kind__in=BlockKind.values):
        yield Breach(f"units.Block {block.pk}", f"{block.name}: {block.kind}")
    members = Membership.objects.filter(block__cycle__code=cycle_code).exclude(mode__in=Mode.values)
    for member in members.select_related("unit", "block"):
        yield Breach(f"units.Membership {member.pk}", f"{member}: {member.mode}")


@TABLE.invariant("names-apart", _("No two units of the cycle share a name, however it is typed."))
def shared_names(cycle_code: str) -> Iterator[Breach]:
    units = dict(Unit.objects.filter(cycles__code=cycle_code).order_by("pk").values_list("pk", "name"))
    known: dict[str, int] = {}
    for pk, name in units.items():
        first = known.setdefault(normalise(name), pk)
        if first != pk:
            yield Breach(f"units.Unit {pk}", f"{name} = {units[first]}")
    for other in UnitName.objects.filter(unit__in=units).order_by("pk"):
        first = known.get(normalise(other.name), other.unit_id)
        if first != other.unit_id:
            yield Breach(f"units.UnitName {other.pk}", f"{other.name} = {units[first]}")


@TABLE.invariant("names-plain", _("The stored plain form of every other name is that of the name."))
def stale_plain_names(cycle_code: str) -> Iterator[Breach]:
    for other in UnitName.objects.filter(unit__cycles__code=cycle_code).order_by("pk"):
        if other.plain != normalise(other.name):
            yield Breach(f"units.UnitName {other.pk}", f"{other.name}: {other.plain}")


@TABLE.invariant("reading-closed", _("Every reading is one of its closed alternatives."))
def open_readings(cycle_code: str) -> Iterator[Breach]:
    for reading in Reading.objects.filter(cycle__code=cycle_code):
        question = BY_CODE.get(reading.code)
        if question is None:
            answers = reading.parameters.get("answers", [])
            is_open = reading.decided_at is None
            known = {str(number) for number in range(1, len(answers) + 1)} | ({""} if is_open else set())
            if not reading.question.strip() or (answers and reading.choice not in known):
                yield Breach(f"units.Reading {reading.pk}", reading.code)
        elif reading.choice not in dict(question.alternatives):
            yield Breach(f"units.Reading {reading.pk}", str(reading))


@TABLE.invariant("reading-rounding", _("Where R1 is in the register it is the cycle's rounding."))
def contradicting_roundings(cycle_code: str) -> Iterator[Breach]:
    readings = Reading.objects.filter(cycle__code=cycle_code, code="R1").exclude(choice=F("cycle__rounding"))
    for reading in readings:
        yield Breach(f"units.Reading {reading.pk}", reading.choice)


@TABLE.invariant("reading-mix", _("A mix of preliminary and on-site scores has its two parts."))
def mixes_without_parts(cycle_code: str) -> Iterator[Breach]:
    for reading in Reading.objects.filter(cycle__code=cycle_code, code="R9", choice="mix"):
        parts = [reading.parameters.get(name, 1) for name in ("p", "q")]
        whole = all(isinstance(part, int) and not isinstance(part, bool) and part >= 0 for part in parts)
        if not whole or sum(parts) == 0:
            yield Breach(f"units.Reading {reading.pk}", str(reading.parameters))


@TABLE.invariant("reading-signed", _("A reading that was decided says who and when."))
def half_signed_readings(cycle_code: str) -> Iterator[Breach]:
    half = Q(decided_by__isnull=True) ^ Q(decided_at__isnull=True)
    for reading in Reading.objects.filter(half, cycle__code=cycle_code):
        yield Breach(f"units.Reading {reading.pk}", str(reading))


@TABLE.invariant("window-block", _("A window belongs to a block of its own cycle, and ends after it opens."))
def odd_windows(cycle_code: str) -> Iterator[Breach]:
    foreign = Q(block__isnull=False) & ~Q(block__cycle=F("cycle"))
    backwards = Q(closes_on__lt=F("opens_on"))
    windows = StageWindow.objects.filter(cycle__code=cycle_code)
    for window in windows.filter(foreign | backwards | ~Q(stage__in=STAGES)):
        yield Breach(f"units.StageWindow {window.pk}", str(window))


@TABLE.invariant("role-bound", _("Officials, principals and assessors are bound to a unit of the cycle."))
def loose_roles(cycle_code: str) -> Iterator[Breach]:
    inside = Unit.objects.filter(cycles__code=cycle_code).values("pk")
    roles = RoleAssignment.objects.filter(cycle__code=cycle_code, unit__isnull=False).exclude(unit__in=inside)
    for role in roles.select_related("user", "unit"):
        yield Breach(f"units.RoleAssignment {role.pk}", str(role))


@TABLE.invariant("system-apart", _("System, security and audit administrators hold no role in a cycle."))
def administrators_in_cycles(cycle_code: str) -> Iterator[Breach]:
    administrators = SystemRole.objects.values("user")
    for role in RoleAssignment.objects.filter(user__in=administrators).select_related("user", "unit"):
        yield Breach(f"units.RoleAssignment {role.pk}", str(role))


@TABLE.invariant("team-units", _("A team looks at units of its own cycle."))
def foreign_team_units(cycle_code: str) -> Iterator[Breach]:
    inside = Unit.objects.filter(cycles__code=cycle_code).values("pk")
    strangers = Unit.objects.filter(teams__cycle__code=cycle_code).exclude(pk__in=inside).distinct()
    for unit in strangers:
        yield Breach(f"units.Unit {unit.pk}", unit.name)


@TABLE.invariant(
    "conflict-lifted", _("A conflict is lifted by two different persons, neither of them its own.")
)
def badly_lifted_conflicts(cycle_code: str) -> Iterator[Breach]:
    lifted = Q(lifted_by__isnull=False) | Q(lifted_at__isnull=False)
    bad = (
        Q(lifted_by__isnull=True)
        | Q(lifted_at__isnull=True)
        | Q(lift_proposed_by__isnull=True)
        | Q(lifted_by=F("lift_proposed_by"))
        | Q(lifted_by=F("user"))
        | Q(lift_proposed_by=F("user"))
    )
    conflicts = Conflict.objects.filter(lifted & bad, cycle__code=cycle_code)
    for conflict in conflicts.select_related("user", "unit"):
        yield Breach(f"units.Conflict {conflict.pk}", str(conflict))


@TABLE.invariant("reasons-given", _("Every reopening and every signed lack has its reason."))
def missing_reasons(cycle_code: str) -> Iterator[Breach]:
    for model in (Reopening, SignedLack):
        for row in model.objects.filter(cycle__code=cycle_code):
            if not row.reason.strip():
                yield Breach(f"{model._meta.label} {row.pk}", str(row))


@TABLE.invariant("forms-compared", _("A form that counts as signed has its scan and was compared."))
def uncompared_forms(cycle_code: str) -> Iterator[Breach]:
    forms = SignedForm.objects.filter(cycle__code=cycle_code, state=FormState.COUNTED)
    for form in forms.filter(Q(scan=None) | Q(compared_by=None) | Q(compared_digest="")):
        yield Breach(f"units.SignedForm {form.pk}", str(form))


@TABLE.invariant(
    "minutes-compared", _("A decision from minutes in force has its sheet, compared with the same scan.")
)
def decisions_without_sheet(cycle_code: str) -> Iterator[Breach]:
    rows = GroupDecision.objects.filter(cycle__code=cycle_code, state=GroupDecision.State.IN_FORCE)
    sheets = SignedForm.objects.filter(
        cycle=OuterRef("cycle"),
        kind="minutes",
        about_id=OuterRef("pk"),
        state=FormState.COUNTED,
        scan=OuterRef("minutes"),
        compared_by=OuterRef("compared_by"),
    )
    for row in rows.filter(~Exists(sheets)):
        yield Breach(f"units.GroupDecision {row.pk}", str(row))


@TABLE.invariant("form-codes", _("A form's code is whole: its last sign fits the others."))
def odd_codes(cycle_code: str) -> Iterator[Breach]:
    for pk, code in SignedForm.objects.filter(cycle__code=cycle_code).values_list("pk", "code"):
        if paper_codes.tidy(code) != code:
            yield Breach(f"units.SignedForm {pk}", code)
