"""Who leads what, and which row of the matrix governs a kind of score.

The matrix itself is applied in units.permissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from scoring import assessment_queries
from scoring.models import Cell, ScoreKind, SubItem
from units import stages
from units.calendar import Window
from units.hats import Hat
from units.matrix import Role, Scope
from units.models import Cycle, Membership, Reopening
from units.permissions import deadline_over, grant_of, require, stage_closed, stage_of, window_ending

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


def require_may_score(hat: Hat, kind: ScoreKind, cell: Cell, *, under: str = "") -> None:
    """Raise Refused unless the hat may enter this kind of score for this cell now.  Rulebook 3.

    `under` names another row that lets the act pass: H06, the correction that a decided appeal orders.
    """
    membership = cell.membership
    block = membership.block
    if under:
        require(under, hat, block.cycle, unit_id=membership.unit_id, block=block, acts_on_unit=True)
        return
    require(
        row_of(kind, hat),
        hat,
        block.cycle,
        unit_id=membership.unit_id,
        leads=hat.role is Role.LEAD and leads(hat, cell.sub_item),
        block=block,
        acts_on_unit=hat.role in {Role.OFFICE, Role.REVIEWER, Role.LEADING_GROUP},
    )


class BulkMay:
    """One row of the matrix applied to a whole sheet: four queries, whatever its length.

    `refusal` gives the answer `require` would give for one cell, in words that fit a line of a workbook.
    """

    def __init__(self, row: str, hat: Hat, cycle: Cycle, *, acts_on_unit: bool) -> None:
        self.hat, self.cycle, self.row = hat, cycle, row
        self.grant = grant_of(row, hat)
        self.denied: Refused | None = None
        if self.grant.is_denied or not hat.fits(cycle):
            self.denied = Refused(
                "not-permitted",
                _("As %(role)s you may not do this.") % {"role": hat.label or hat.role},
                status=403,
            )
            return
        scope = self.grant.scope
        deciding = acts_on_unit and hat.role in DECIDING_ROLES
        self._own = hat.tied_unit_ids(cycle.pk) if deciding or scope in _NEVER_OWN else frozenset()
        self._team = hat.team_unit_ids(cycle.pk) if scope is Scope.OWN_TEAM else frozenset()
        self._led = _led_sub_items(hat, cycle) if scope is Scope.OWN_SUB_ITEMS else frozenset()
        self._closed: dict[int, Refused] = {}
        # (unit, block) of which something stands against every line, such as a submitted self-assessment.
        self.barred: Mapping[tuple[int, int], Refused] = {}
        self._reopened: frozenset[int | None] = frozenset()
        if self.grant.in_stage:
            self._find_closed_blocks()

    def _find_closed_blocks(self) -> None:
        opened = stages.OPEN_IN[self.row]
        now, ended_by = timezone.now(), stages.deadline_stage(self.row)
        blocks = list(self.cycle.blocks.all())
        windows: dict[bool | int, Window | None] = {}
        for block in blocks:
            stage = stage_of(self.cycle, block)
            if stage not in opened:
                self._closed[block.pk] = stage_closed(self.cycle, stage, self.row)
                continue
            calendar = block.has_own_calendar and block.pk  # blocks that follow the year share one answer
            if calendar not in windows:
                windows[calendar] = window_ending(self.row, self.hat, self.cycle, block)
            window = windows[calendar]
            if window is not None and ended_by is not None and now >= window.closes_at:
                self._closed[block.pk] = deadline_over(ended_by, window.closes_at, now)
        if self._closed:
            reopened = frozenset(
                Reopening.objects.filter(
                    cycle=self.cycle, stage__in=[str(s) for s in opened], until__gt=now
                ).values_list("unit_id", flat=True)
            )
            # What is opened again for a lead body opens all that the body does.
            is_own = self.hat.role is Role.LEAD and self.hat.unit_id in reopened
            self._reopened = reopened | {None} if is_own else reopened

    @property
    def closed_everywhere(self) -> Refused | None:
        """The sentence when no block is open and nothing was opened again; None when something may be done."""
        if self.denied is not None:
            return self.denied
        blocks = self.cycle.blocks.count() if self._closed else -1
        if len(self._closed) == blocks and not self._reopened:
            return next(iter(self._closed.values()))
        return None

    def about_unit(self, unit_id: int) -> Refused | None:
        """Why nothing may be entered about this unit, whatever the sub-item; None when something may."""
        if self.denied is not None:
            return self.denied
        return OWN_UNIT if unit_id in self._own else None

    def refusal(self, unit_id: int, sub_item_id: int, block_id: int) -> Refused | None:
        """Why this line may not be entered; None when it may."""
        if self.denied is not None:
            return self.denied
        scope = self.grant.scope
        if unit_id in self._own:
            return OWN_UNIT
        if scope is Scope.OWN_UNIT and unit_id != self.hat.unit_id:
            return NOT_YOUR_UNIT
        if scope is Scope.OWN_SUB_ITEMS and sub_item_id not in self._led:
            return NOT_YOUR_SUB_ITEM
        if scope is Scope.OWN_TEAM and unit_id not in self._team:
            return NOT_YOUR_UNIT
        if (unit_id, block_id) in self.barred:
            return self.barred[unit_id, block_id]
        if block_id in self._closed and unit_id not in self._reopened and None not in self._reopened:
            return self._closed[block_id]
        return None

    def reaches(self, unit_id: int, sub_item_id: int) -> bool:
        """True when the cell is this hat's business at all, whatever the stage: what a template lists."""
        if self.denied is not None or unit_id in self._own:
            return False
        return {
            Scope.OWN_UNIT: unit_id == self.hat.unit_id,
            Scope.OWN_SUB_ITEMS: sub_item_id in self._led,
            Scope.OWN_TEAM: unit_id in self._team,
        }.get(self.grant.scope, True)


DECIDING_ROLES = frozenset({Role.OFFICE, Role.REVIEWER, Role.LEADING_GROUP})
_NEVER_OWN = frozenset({Scope.OWN_SUB_ITEMS, Scope.OWN_TEAM})
OWN_UNIT = Refused(
    "own-unit",
    gettext_lazy("Nobody scores itself: what concerns your own unit is entered by the appraisal office."),
    "§6(3)",
    status=403,
)
NOT_YOUR_UNIT = Refused(
    "not-your-unit",
    gettext_lazy("This unit is not among those you enter scores for. Please take the row out."),
    status=404,
)
NOT_YOUR_SUB_ITEM = Refused(
    "not-your-sub-item",
    gettext_lazy(
        "Your body neither leads this sub-item nor helps with it. Please take the row out, or ask the appraisal office to name you."
    ),
    status=404,
)


def _led_sub_items(hat: Hat, cycle: Cycle) -> frozenset[int]:
    mine = Q(lead_id=hat.unit_id) | Q(helpers=hat.unit_id) | Q(indicators__lead=hat.unit_id)
    return frozenset(
        SubItem.objects.filter(mine, item__block__cycle=cycle).order_by().values_list("pk", flat=True)
    )


def row_of(kind: ScoreKind, hat: Hat) -> str:
    """The matrix row for this kind of score; the office types self scores from signed paper (E14)."""
    return "E14" if kind is ScoreKind.SELF and hat.role is Role.OFFICE else ROW_OF_KIND[kind]


def may_score_many(hat: Hat, kind: ScoreKind, cycle: Cycle) -> BulkMay:
    may = BulkMay(row_of(kind, hat), hat, cycle, acts_on_unit=True)
    if kind is ScoreKind.SELF and may.denied is None:
        may.barred = _submitted_already(cycle)
    return may


def _submitted_already(cycle: Cycle) -> dict[tuple[int, int], Refused]:
    """(unit, block) → why its self-assessment may not be changed any more.  Two queries."""
    receipts = assessment_queries.submitted_units(cycle)
    if not receipts:
        return {}
    blocks = list(cycle.blocks.values_list("pk", "has_own_calendar"))
    return {
        (unit_id, pk): assessment_queries.already_submitted(receipt)
        for (unit_id, part), receipt in receipts.items()
        for pk, has_own in blocks
        if (pk if has_own else None) == part
    }


def require_units_open(cycle: Cycle, member_ids: Iterable[int]) -> None:
    """The same for the members a whole sheet touches, under their parts' lock.  Four queries."""
    where = list(
        Membership.objects.filter(pk__in=list(member_ids)).values_list("unit_id", "block_id").distinct()
    )
    assessment_queries.lock_parts(cycle, [unit_id for unit_id, _block_id in where])
    barred = _submitted_already(cycle)
    for place in where:
        if place in barred:
            raise barred[place]


def require_self_open(kind: ScoreKind, cell: Cell) -> None:
    """Raise Refused for a self score of a unit that has submitted; other kinds pass."""
    if kind is ScoreKind.SELF:
        assessment_queries.lock_parts(cell.block.cycle, [cell.membership.unit_id])
        assessment_queries.require_not_submitted(
            cell.block.cycle, cell.membership.unit_id, assessment_queries.part_of(cell)
        )


def may_propose_many(hat: Hat, cycle: Cycle) -> BulkMay:
    """Who may say “not involved” (E08)."""
    return BulkMay("E08", hat, cycle, acts_on_unit=True)
