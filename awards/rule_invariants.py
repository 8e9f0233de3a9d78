"""What must always be true of amendments, decisions on missing cells and the register of single appraisals.

Walked by the command check_cycle beside the table of awards.invariants.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from awards import rule_figures
from awards.models import AwardScheme, PrizeLine, RuleChange, SingleAppraisal
from awards.rule_drafts import STEPS_OF_KIND
from bonuses.models import Pool, TariffLine
from office.invariants import Breach, Table
from office.models import AuditEntry
from scoring.models import Indicator, MajorItem, SubItem
from scoring.trial_steps import UnreadableStep, read
from units.models import Cycle

TABLE = Table()
# Acts that change rules while a year is set up again; what stood before them is not replayed over them.
EDITS = ("plan.imported", "item.changed", "sub-item.changed", "rule.removed", "detailed-rules.accepted")
RULES = (MajorItem, SubItem, Indicator, TariffLine, Pool, AwardScheme, PrizeLine)


def _changes(cycle_code: str) -> list[RuleChange]:
    return list(RuleChange.objects.filter(cycle__code=cycle_code).order_by("pk"))


@TABLE.invariant(
    "rule-change-signed",
    _("A change of the rules in force was signed by two different persons, with its effect and its figures."),
)
def unsigned_changes(cycle_code: str) -> Iterator[Breach]:
    for row in _changes(cycle_code):
        in_force = row.state == RuleChange.State.DECIDED
        by_two = row.second_by_id is not None and row.second_by_id != row.first_by_id
        whole = bool(row.second_at) and (bool(row.figures) or not row.steps)
        if in_force and not (by_two and whole):
            yield Breach(f"awards.RuleChange {row.pk}", str(row))


@TABLE.invariant(
    "rule-change-steps", _("A change of the rules holds steps of its own kind only, or words, and a reason.")
)
def odd_steps(cycle_code: str) -> Iterator[Breach]:
    for row in _changes(cycle_code):
        try:
            steps = [read(text) for text in row.steps]
        except UnreadableStep as error:
            yield Breach(f"awards.RuleChange {row.pk}", str(error))
            continue
        foreign = any(not isinstance(step, STEPS_OF_KIND[row.kind]) for step in steps)
        if foreign or not row.reason.strip() or not (steps or row.wording.strip()):
            yield Breach(f"awards.RuleChange {row.pk}", str(row))


@TABLE.invariant("rule-change-numbers", _("The versions of the rules count up from 1 without a gap."))
def gaps_in_versions(cycle_code: str) -> Iterator[Breach]:
    for kind in RuleChange.Kind.values:
        rows = [row for row in _changes(cycle_code) if row.kind == kind and row.number is not None]
        numbers = [
            row.number for row in sorted(rows, key=lambda row: (row.second_at or row.first_at, row.pk))
        ]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Breach(f"awards.RuleChange {rows[0].pk}", f"{kind}: {numbers}")


@TABLE.invariant("rule-change-replay", _("Replaying the changes in force gives the rules of today."))
def rules_beside_their_versions(cycle_code: str) -> Iterator[Breach]:
    cycle = Cycle.objects.filter(code=cycle_code).first()
    changes = rule_figures.decided(cycle.pk) if cycle is not None else []
    if cycle is None or not changes:
        return
    figures = [*rule_figures.figures_of(cycle), *rule_figures.cells_decided(cycle)]
    today = {one.target: one.value for one in figures}
    edited = _last_edit(cycle_code)
    stands: dict[str, tuple[str, RuleChange]] = {}
    for row in changes:
        for one in rule_figures.changes_of(row):
            before = stands.get(one.target)
            unedited = before is not None and not _between(edited, before[1], row)
            if before is not None and unedited and before[0] != one.before:
                yield Breach(
                    f"awards.RuleChange {row.pk}", f"{one.name} {one.aspect}: {before[0]} ≠ {one.before}"
                )
            stands[one.target] = (one.after, row)
    for target, (value, row) in stands.items():
        if edited is not None and row.second_at is not None and edited > row.second_at:
            continue
        if today.get(target, "") != value:
            yield Breach(f"awards.RuleChange {row.pk}", f"{target}: {value} ≠ {today.get(target, '')}")


def _last_edit(cycle_code: str) -> datetime | None:
    """When the plan itself was edited last."""
    labels = [model._meta.label for model in RULES]
    edits = AuditEntry.objects.filter(cycle_code=cycle_code).filter(
        Q(act__in=EDITS) | Q(act="record.changed", object_type__in=labels)
    )
    return edits.order_by("-number").values_list("at", flat=True).first()


def _between(edited: datetime | None, before: RuleChange, after: RuleChange) -> bool:
    if edited is None or before.second_at is None or after.second_at is None:
        return False
    return before.second_at < edited < after.second_at


@TABLE.invariant(
    "single-appraisal-compared",
    _("What the register says of a single appraisal was entered by one and compared by another."),
)
def uncompared_appraisals(cycle_code: str) -> Iterator[Breach]:
    rows = SingleAppraisal.objects.filter(cycle__code=cycle_code)
    decided = Q(state__in=[SingleAppraisal.State.APPROVED, SingleAppraisal.State.REFUSED])
    alone = decided & (Q(compared_by=None) | Q(compared_at=None))
    other = Q(state=SingleAppraisal.State.APPROVED, is_approved=False) | Q(
        state=SingleAppraisal.State.REFUSED, is_approved=True
    )
    unsaid = Q(state=SingleAppraisal.State.ENDED, ended_reason="")
    for row in rows.filter(alone | other | unsaid | Q(compared_by=F("entered_by"))).order_by("pk"):
        yield Breach(f"awards.SingleAppraisal {row.pk}", str(row))
