"""Who takes part and when.

One module per noun; this file only gathers them.
"""

from units.models.block import Block, BlockKind, Membership, Mode
from units.models.cycle import (
    STAGE_LABELS,
    CalendarDay,
    Cycle,
    Reopening,
    Rounding,
    SignedLack,
    StageWindow,
)
from units.models.group_decision import GroupDecision, Minuted
from units.models.reading import Reading
from units.models.reminder import CallNote, Reminder, Why
from units.models.roles import ROLE_LABELS, Conflict, RoleAssignment, Team
from units.models.signed_form import FormState, SignedForm
from units.models.unit import Succession, Unit, UnitKind, UnitName, UnitNameKind

__all__ = [
    "ROLE_LABELS",
    "STAGE_LABELS",
    "Block",
    "BlockKind",
    "CalendarDay",
    "CallNote",
    "Conflict",
    "Cycle",
    "FormState",
    "GroupDecision",
    "Membership",
    "Minuted",
    "Mode",
    "Reading",
    "Reminder",
    "Reopening",
    "RoleAssignment",
    "Rounding",
    "SignedForm",
    "SignedLack",
    "StageWindow",
    "Succession",
    "Team",
    "Unit",
    "UnitKind",
    "UnitName",
    "UnitNameKind",
    "Why",
]
