"""What waits for a second person, or to be re-checked: papers, vetoes, misconduct, rules, readings, the register.

One query for all of it, with one more question for the leading group; who may sign is asked again by the actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appraisal_site.desk.pieces import Desk, Sight, task
from awards.models import ReadingRuling, RuleChange, SingleAppraisal
from bonuses import queries as paper_queries
from bonuses.models import Adjustment, AdjustmentState, BarState, Finding, Veto
from scoring.models import AppraiserFinding, FindingState, ScoreRecheck
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle
from units.stages import OPEN_IN


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something first signed, entered or listed; 0 stands for nobody and no unit."""

    what: str
    first_by: int
    unit: int
    person: int  # whom it is about
    marked: bool  # held; or entered from minutes, so that the office compares
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """How one kind of thing is told on a desk: whose it is, in which stages, where it is done."""

    row: str  # of the permission table, for its stages
    title: Any
    sentence: Any
    route: str
    is_mine: Callable[[Waiting, Hat], bool]


def _is_office(hat: Hat) -> bool:
    return hat.role is Role.OFFICE


def _signs(one: Waiting, hat: Hat) -> bool:
    """The leading group signs what was put forward on screen, the office what came from the minutes."""
    return one.marked == _is_office(hat)


LINES: dict[str, Line] = {
    "paper": Line(
        "F02",
        gettext_lazy("Additions and deductions"),
        gettext_lazy("Papers that somebody else entered wait to be verified."),
        "adjustments-waiting",
        lambda one, hat: _is_office(hat) and not one.marked,
    ),
    "held": Line(
        "F02",
        gettext_lazy("Additions and deductions"),
        gettext_lazy("Papers are held: confirm that the paper names the unit, or reject."),
        "adjustments-waiting",
        lambda one, hat: _is_office(hat) and one.marked,
    ),
    "veto": Line(
        "F05",
        gettext_lazy("Vetoes"),
        gettext_lazy("Proposed by somebody else, waiting for your confirmation."),
        "vetoes",
        lambda one, hat: not _is_office(hat),
    ),
    "misconduct": Line(
        "F06",
        gettext_lazy("Misconduct of a unit"),
        gettext_lazy("Proposed by somebody else, waiting for your confirmation."),
        "vetoes",
        lambda one, hat: not _is_office(hat),
    ),
    "appraiser": Line(
        "F06",
        gettext_lazy("Misconduct of appraisers"),
        gettext_lazy("Proposed by somebody else, waiting for your confirmation."),
        "appraisers",
        lambda one, hat: not _is_office(hat),
    ),
    "recheck": Line(
        "F06",
        gettext_lazy("Misconduct of appraisers"),
        gettext_lazy("Scores of a person who appraised wrongly wait to be re-checked."),
        "appraisers",
        lambda one, hat: True,
    ),
    "amendment": Line(
        "I06",
        gettext_lazy("Amendments"),
        gettext_lazy("An amendment of the rules waits for the second signature."),
        "amendments",
        _signs,
    ),
    "missing": Line(
        "E15",
        gettext_lazy("Decisions on missing cells"),
        gettext_lazy("A decision on missing cells waits for the second signature."),
        "missing-cells",
        _signs,
    ),
    "reading": Line(
        "I06",
        gettext_lazy("Register of readings"),
        gettext_lazy("An answer to a reading waits for the second signature."),
        "readings",
        _signs,
    ),
    "single": Line(
        "E14",
        gettext_lazy("Other single appraisals"),
        gettext_lazy("An entry waits to be compared with its paper."),
        "single-appraisals",
        lambda one, hat: _is_office(hat),
    ),
}


def signatures(desk: Desk, sight: Sight) -> None:
    """One line for each kind of thing that waits for this hat's hand."""
    cycle, hat = sight.cycle, sight.hat
    if hat.role not in {Role.OFFICE, Role.LEADING_GROUP}:
        return
    stage = cycle.stage_now
    waiting = _waiting(cycle)
    counts: Counter[str] = Counter()
    for one in waiting:
        line = LINES[one.what]
        about_me = hat.user.pk in {one.first_by, one.person}
        tied = bool(one.unit) and hat.is_tied_to(one.unit, cycle.pk)
        if stage in OPEN_IN.get(line.row, frozenset({stage})) and line.is_mine(one, hat):
            counts[one.what] += 0 if about_me or tied else one.count
    for what, line in LINES.items():
        if counts[what]:
            desk.tasks.append(
                task(
                    str(line.title),
                    str(line.sentence),
                    sight.way(line.route),
                    _("Open"),
                    due=sight.until(stage),
                    count=counts[what],
                )
            )
    if hat.role is Role.LEADING_GROUP and any(one.what in {"paper", "held"} for one in waiting):
        _without_tariff(desk, sight)


def _without_tariff(desk: Desk, sight: Sight) -> None:
    """Papers the tariff has no line for are a question for the leading group (§4(2)5)."""
    if sight.cycle.stage_now not in OPEN_IN["F02"]:
        return
    count = len(paper_queries.untariffed(sight.cycle))
    if count:
        desk.tasks.append(
            task(
                _("Additions and deductions"),
                _(
                    "The tariff has no line for these papers; what they count is for the leading group to say."
                ),
                sight.way("adjustments"),
                _("Look"),
                due=sight.until(sight.cycle.stage_now),
                count=count,
            )
        )


def _waiting(cycle: Cycle) -> list[Waiting]:
    held = Case(When(~Q(hold=""), then=True), default=False, output_field=BooleanField())
    scanned = Case(When(minutes__isnull=False, then=True), default=False, output_field=BooleanField())
    proposed = Adjustment.objects.filter(membership__block__cycle=cycle, state=AdjustmentState.PROPOSED)
    changes = RuleChange.objects.filter(cycle=cycle, state=RuleChange.State.OPEN)
    rulings = ReadingRuling.objects.filter(reading__cycle=cycle, state=ReadingRuling.State.OPEN)
    bars = {"cycle": cycle, "state": BarState.PROPOSED}
    appraisers = AppraiserFinding.objects.filter(cycle=cycle, state=FindingState.PROPOSED)
    entries = SingleAppraisal.objects.filter(cycle=cycle, state=SingleAppraisal.State.ENTERED)
    rechecks = ScoreRecheck.objects.filter(
        finding__cycle=cycle, finding__state=FindingState.CONFIRMED, checked_at=None
    )
    parts: Sequence[QuerySet[Any, Any]] = (
        _part(proposed.filter(hold=""), "paper", first="proposed_by", unit="unit", marked=held),
        _part(proposed.exclude(hold=""), "held", first="proposed_by", unit="unit", marked=held),
        _part(Veto.objects.filter(**bars), "veto", first="proposed_by", unit="unit"),
        _part(Finding.objects.filter(**bars), "misconduct", first="proposed_by", unit="unit"),
        _part(appraisers, "appraiser", first="proposed_by", person="person"),
        _part(rechecks, "recheck", unit="cell__membership__unit", person="finding__person"),
        _part(changes.filter(kind="amendment"), "amendment", first="first_by", marked=scanned),
        _part(changes.filter(kind="missing"), "missing", first="first_by", marked=scanned),
        _part(rulings, "reading", first="first_by", marked=scanned),
        _part(entries, "single", first="entered_by"),
    )
    rows = parts[0].union(*parts[1:], all=True)
    return [
        Waiting(what, first, unit, person, bool(marked), n) for what, first, unit, person, marked, n in rows
    ]


def _part(
    rows: QuerySet[Any],
    what: str,
    *,
    first: str = "",
    unit: str = "",
    person: str = "",
    marked: Case | None = None,
) -> Any:
    """The rows counted by who signed first, the unit and the person they are about, in equal columns."""
    nobody = Value(0, output_field=IntegerField())

    def key(name: str) -> Any:
        return F(f"{name}_id") if name else nobody

    return (
        rows.order_by()
        .annotate(
            w_what=Value(what),
            w_first=key(first),
            w_unit=key(unit),
            w_person=key(person),
            w_marked=marked or Value(False, output_field=BooleanField()),
        )
        .values_list("w_what", "w_first", "w_unit", "w_person", "w_marked")
        .annotate(w_count=Count("pk"))
    )
