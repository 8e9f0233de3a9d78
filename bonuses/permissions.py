"""Which row of the matrix governs an act about papers, and what of the register a hat may see.

The matrix itself is applied in units.permissions.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bonuses.models import Adjustment, Document, Finding, Veto
from bonuses.policy import FIELD_WORDS
from office.ports import sub_items_led
from units import stages
from units.hats import Hat
from units.matrix import Role, Scope
from units.models import Block, Cycle, Membership, Unit
from units.permissions import grant_of, require

CLAIM, DECIDE, READ = "F01", "F02", "F03"
PROPOSE_VETO, DECIDE_VETO, MISCONDUCT, MATTERS = "F04", "F05", "F06", "F07"
# Of these nobody may act on a unit he is tied to, whatever the act.
IMPARTIAL = frozenset({Role.OFFICE, Role.REVIEWER, Role.LEADING_GROUP})


def led_in(hat: Hat, cycle: Cycle) -> frozenset[tuple[int, str]]:
    """(block, sub-item) that the hat's body leads or helps with in the cycle."""
    if hat.role is not Role.LEAD or hat.unit_id is None:
        return frozenset()
    return sub_items_led(hat.unit_id, cycle.pk)


def require_may_claim(hat: Hat, membership: Membership) -> None:
    """F01: a unit for itself, a lead for units of a block where it leads something, the office for all."""
    block = membership.block
    led = {block_id for block_id, _name in led_in(hat, block.cycle)}
    require(
        CLAIM,
        hat,
        block.cycle,
        unit_id=membership.unit_id,
        leads=block.pk in led,
        block=block,
        acts_on_unit=hat.role in IMPARTIAL,
    )


def require_may_decide(hat: Hat, cycle: Cycle, unit_id: int, block: Block, *, under: str = "") -> None:
    """F02: the office, never about a unit one is tied to; or `under` H06, what a decided appeal orders."""
    require(under or DECIDE, hat, cycle, unit_id=unit_id, block=block, acts_on_unit=True)


def require_may_order(hat: Hat, cycle: Cycle, unit_id: int | None = None, block: Block | None = None) -> None:
    """F07: matters, the issuer table, originals seen."""
    require(MATTERS, hat, cycle, unit_id=unit_id, block=block, acts_on_unit=unit_id is not None)


def require_may_propose_veto(hat: Hat, cycle: Cycle, unit: Unit, field: str) -> None:
    """F04: the office, or the body that leads a sub-item of that field."""
    word = FIELD_WORDS.get(field, field)
    leads = any(word in name for _block, name in led_in(hat, cycle))
    require(PROPOSE_VETO, hat, cycle, unit_id=unit.pk, leads=leads, acts_on_unit=hat.role in IMPARTIAL)


def require_may_find(hat: Hat, cycle: Cycle, unit_id: int) -> None:
    require(MISCONDUCT, hat, cycle, unit_id=unit_id, acts_on_unit=True)


def about_units(hat: Hat, cycle: Cycle) -> Q | None:
    """F03 as a filter on a record with a unit: None sees nothing, Q() everything."""
    grant = grant_of(READ, hat)
    if grant.is_denied or not hat.fits(cycle):
        return None
    if grant.published and cycle.stage_now not in stages.AFTER_PUBLICATION:
        return None
    match grant.scope:
        case Scope.ALL:
            return Q()
        case Scope.OWN_UNIT:
            return Q(unit_id=hat.unit_id)
        case Scope.OWN_TEAM:
            return Q(unit_id__in=hat.team_unit_ids(cycle.pk))
        case Scope.OWN_SUB_ITEMS:
            # Papers belong to no sub-item: a lead sees again what it proposed, never its own unit's.
            return Q(proposed_by=hat.user) & ~Q(unit_id__in=hat.tied_unit_ids(cycle.pk))
    return None


def adjustments_for(hat: Hat, cycle: Cycle) -> QuerySet[Adjustment]:
    """The adjustments of the year that the hat may see."""
    about = about_units(hat, cycle)
    rows = Adjustment.objects.filter(membership__block__cycle=cycle)
    if about is None:
        return rows.none()
    return rows.filter(pk__in=rows.filter(about).values("pk")) if about else rows


def vetoes_for(hat: Hat, cycle: Cycle) -> QuerySet[Veto]:
    about = about_units(hat, cycle)
    rows = Veto.objects.filter(cycle=cycle)
    return rows.none() if about is None else rows.filter(pk__in=rows.filter(about).values("pk"))


def findings_for(hat: Hat, cycle: Cycle) -> QuerySet[Finding]:
    about = about_units(hat, cycle)
    rows = Finding.objects.filter(cycle=cycle)
    return rows.none() if about is None else rows.filter(pk__in=rows.filter(about).values("pk"))


def documents_for(hat: Hat, cycle: Cycle) -> QuerySet[Document]:
    """The papers on which something rests that the hat may see."""
    rows = Document.objects.filter(host=cycle.host_id)
    of_year = (
        Q(cycle=cycle)
        | Q(adjustments__membership__block__cycle=cycle)
        | Q(vetoes__cycle=cycle)
        | Q(findings__cycle=cycle)
    )
    if about_units(hat, cycle) == Q():
        return rows.filter(pk__in=rows.filter(of_year).values("pk"))
    seen = (
        Q(adjustments__in=adjustments_for(hat, cycle))
        | Q(vetoes__in=vetoes_for(hat, cycle))
        | Q(findings__in=findings_for(hat, cycle))
    )
    return rows.filter(pk__in=rows.filter(seen).values("pk"))
