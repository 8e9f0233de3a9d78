"""Who leads what, and which row of the matrix governs a kind of score.

The matrix itself is applied in units.permissions.
"""

from __future__ import annotations

from scoring.models import Cell, ScoreKind, SubItem
from units.hats import Hat
from units.matrix import Role
from units.permissions import require

ROW_OF_KIND = {
    ScoreKind.SELF: "D02",
    ScoreKind.LEAD: "E03",
    ScoreKind.PRELIMINARY: "E01",
    ScoreKind.ONSITE: "E02",
}


def leads(hat: Hat | None, sub_item: SubItem) -> bool:
    """True when the hat's body leads the sub-item (or an indicator of it) or helps with it."""
    if hat is None or hat.unit_id is None:
        return False
    if sub_item.lead_id == hat.unit_id:
        return True
    return (
        sub_item.helpers.filter(pk=hat.unit_id).exists()
        or sub_item.indicators.filter(lead_id=hat.unit_id).exists()
    )


def require_may_score(hat: Hat, kind: ScoreKind, cell: Cell) -> None:
    """Raise Refused unless the hat may enter this kind of score for this cell now.  Rulebook 3."""
    membership = cell.membership
    block = membership.block
    row = ROW_OF_KIND[kind]
    if kind is ScoreKind.SELF and hat.role is Role.OFFICE:
        row = "E14"  # the office types a self score from signed paper
    require(
        row,
        hat,
        block.cycle,
        unit_id=membership.unit_id,
        leads=hat.role is Role.LEAD and leads(hat, cell.sub_item),
        block=block,
        acts_on_unit=hat.role in {Role.OFFICE, Role.REVIEWER, Role.LEADING_GROUP},
    )
