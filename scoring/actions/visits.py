"""On-site review: planning visits, writing down what was found, two signatures, and what follows (§6(5)).

Until the second signature a visit's points are a draft; with it they become the on-site scores, all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit
from office.fields import format_points
from office.models import StoredFile
from office.refusal import Refused
from scoring import visit_queries
from scoring.actions.many_scores import Mark, load_cells, problems_refusal, record_many
from scoring.actions.scores import require_points
from scoring.models import (
    OPEN_VISITS,
    Cell,
    Involvement,
    Look,
    ScoreKind,
    Visit,
    VisitLine,
    VisitState,
)
from scoring.visit_queries import SeenLine
from units import team_queries
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Team
from units.permissions import require, require_second

PLAN, RECORD, SIGN = "E11", "E02", "E12"
LONGEST_FINDING = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """What the team writes down about one cell; `points` None leaves the cell without an on-site score."""

    cell_id: int
    finding: str = ""
    points: Decimal | None = None
    reason: str = ""


def load_visit(cycle: Cycle, visit_id: int) -> Visit:
    """The locked visit; 404 when it is another year's."""
    row = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("team", "unit")
        .filter(cycle=cycle, pk=visit_id)
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    row.cycle = cycle
    return row


def _require_version(visit: Visit, version: int | None) -> None:
    """409 when the visit was changed since it was read; asked after the rights."""
    if version is not None and version != visit.version:
        raise Refused(
            "changed-meanwhile",
            _("The visit to %(unit)s was changed meanwhile. Look again, then decide.")
            % {"unit": visit.unit.name},
        )


def _save(visit: Visit) -> None:
    visit.version += 1
    visit.save()


def require_open(visit: Visit) -> None:
    if not visit.is_open:
        raise Refused(
            "visit-closed",
            _("The visit to %(visit)s is %(state)s already.")
            % {"visit": str(visit), "state": visit.get_state_display()},
        )


def _cells_for(by: Hat, cycle: Cycle, unit_id: int, cell_ids: Sequence[int]) -> dict[int, Cell]:
    """The cells to look at; raises Refused for another unit's, for those judged on paper only, for a second open visit."""
    if not cell_ids:
        raise Refused("no-cells", _("Please tick at least one sub-item to look at."), "§6(5)", status=422)
    cells = load_cells(cycle, cell_ids)
    for cell in cells.values():
        if cell.membership.unit_id != unit_id:
            raise Refused("not-found", _("There is no such record."), status=404)
        if cell.sub_item.look == Look.PAPER:
            raise Refused(
                "on-paper-only",
                _("%(cell)s is judged on paper only; no visit looks at it.") % {"cell": str(cell)},
                status=422,
            )
        if cell.involvement == Involvement.CONFIRMED:
            raise Refused(
                "not-involved",
                _("%(cell)s is confirmed as not involved; a visit cannot score it.") % {"cell": str(cell)},
                "§3",
                status=422,
            )
    return cells


def _refuse_second_visit(cell_ids: Sequence[int], but: int | None = None) -> None:
    for visit in visit_queries.held_by_open_visits(cell_ids, but).values():
        raise Refused(
            "visit-planned",
            _("A visit to %(visit)s that looks at this is still open. Change that one, or sign it first.")
            % {"visit": str(visit)},
        )


def _require_team(cycle: Cycle, team: Team, unit_id: int, unit_name: str) -> None:
    """The unit is the team's, and two of the team may look at it."""
    sight = next((s for s in team_queries.teams_of(cycle) if s.team.pk == team.pk), None)
    if sight is None or all(unit.pk != unit_id for unit in sight.units):
        raise Refused(
            "not-the-teams",
            _("%(team)s does not look at %(unit)s. Give it the unit first.")
            % {"team": team.name, "unit": unit_name},
            status=422,
        )
    free = sight.reviewers_of(unit_id)
    if len(free) < team_queries.SIGNATURES:
        raise Refused(
            "few-reviewers",
            _(
                "Only %(count)d of %(team)s may look at %(unit)s; two must sign. Put another reviewer into the team."
            )
            % {"count": len(free), "team": team.name, "unit": unit_name},
            "§8(4)",
        )


@transaction.atomic
def plan_visit(
    *, by: Hat, cycle: Cycle, team: Team, unit_id: int, on: date, cell_ids: Sequence[int], note: str = ""
) -> Visit:
    """Send a team to a unit on a day to look at these cells.  §6(5).

    Raises Refused: not permitted, another team's unit, fewer than two reviewers without a tie, nothing ticked,
    a cell that another open visit looks at or that is judged on paper only.
    """
    require(PLAN, by, cycle, unit_id=unit_id, acts_on_unit=True)
    unit = cycle.units.filter(pk=unit_id).first()
    if unit is None or team.cycle_id != cycle.pk:
        raise Refused("not-found", _("There is no such record."), status=404)
    _require_team(cycle, team, unit_id, unit.name)
    cells = _cells_for(by, cycle, unit_id, cell_ids)
    _refuse_second_visit(list(cells))
    visit = Visit.objects.create(
        cycle=cycle, team=team, unit=unit, on=on, note=note.strip()[:300], planned_by=by.user
    )
    VisitLine.objects.bulk_create([VisitLine(visit=visit, cell=cell) for cell in cells.values()])
    audit.record(
        by,
        "visit.planned",
        visit,
        cycle_code=cycle.code,
        team=team.name,
        on=on.isoformat(),
        cells=[str(cell) for cell in cells.values()],
    )
    return visit


@transaction.atomic
def plan_for_team(
    *, by: Hat, cycle: Cycle, team: Team, since: date, per_day: int, with_both: bool
) -> list[Visit]:
    """One visit for each unit of the team that has something to look at and no open visit, on working days.

    `with_both`: also the sub-items that may be looked at on paper or on site. Units of `by`'s own ties are
    left to another person of the office.
    """
    require(PLAN, by, cycle)
    sight = next((s for s in team_queries.teams_of(cycle) if s.team.pk == team.pk), None)
    if sight is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    wanted: list[tuple[int, list[int]]] = []
    for unit in sight.units:
        if by.is_tied_to(unit.pk, cycle.pk) or len(sight.reviewers_of(unit.pk)) < team_queries.SIGNATURES:
            continue
        cells = [
            cell.pk
            for cell in visit_queries.cells_to_visit(cycle, unit.pk)
            if with_both or cell.sub_item.look == Look.ONSITE
        ]
        if cells and not visit_queries.held_by_open_visits(cells):
            wanted.append((unit.pk, cells))
    days = visit_queries.working_days(since, -(-len(wanted) // per_day)) if wanted else []
    return [
        plan_visit(by=by, cycle=cycle, team=team, unit_id=unit, on=days[number // per_day], cell_ids=cells)
        for number, (unit, cells) in enumerate(wanted)
    ]


@transaction.atomic
def change_visit(
    *,
    by: Hat,
    cycle: Cycle,
    visit_id: int,
    on: date,
    cell_ids: Sequence[int],
    note: str = "",
    version: int | None = None,
) -> Visit:
    """Another day or other cells; what was written about the cells that stay is kept.  Signatures fall away."""
    visit = load_visit(cycle, visit_id)
    require(PLAN, by, cycle, unit_id=visit.unit_id, acts_on_unit=True)
    _require_version(visit, version)
    require_open(visit)
    cells = _cells_for(by, cycle, visit.unit_id, cell_ids)
    _refuse_second_visit(list(cells), but=visit.pk)
    there = set(visit.lines.values_list("cell_id", flat=True))
    VisitLine.objects.filter(visit=visit).exclude(cell__in=cells).delete()
    VisitLine.objects.bulk_create(
        [VisitLine(visit=visit, cell=cell) for pk, cell in cells.items() if pk not in there]
    )
    before = visit.on.isoformat()
    visit.on, visit.note = on, note.strip()[:300]
    _drop_signature(visit)
    _save(visit)
    audit.record(
        by,
        "visit.changed",
        visit,
        cycle_code=cycle.code,
        before=before,
        after=on.isoformat(),
        cells=[str(cell) for cell in cells.values()],
    )
    return visit


@transaction.atomic
def cancel_visit(*, by: Hat, cycle: Cycle, visit_id: int, reason: str, version: int | None = None) -> Visit:
    """Call a visit off, with a reason; its cells wait for another one."""
    visit = load_visit(cycle, visit_id)
    require(PLAN, by, cycle, unit_id=visit.unit_id, acts_on_unit=True)
    _require_version(visit, version)
    require_open(visit)
    if not reason.strip():
        raise Refused("no-reason", _("Calling a visit off needs a reason."), status=422)
    _drop_signature(visit)
    visit.state, visit.reason = VisitState.CANCELLED, reason.strip()[:300]
    _save(visit)
    audit.record(by, "visit.cancelled", visit, cycle_code=cycle.code, reason=visit.reason)
    return visit


def _require_record(by: Hat, visit: Visit, cells: Mapping[int, Cell]) -> None:
    """The right to write on every line: another block may keep another calendar."""
    for block in {cell.block_id: cell.block for cell in cells.values()}.values():
        require(RECORD, by, visit.cycle, unit_id=visit.unit_id, block=block, acts_on_unit=True)


@transaction.atomic
def record_findings(
    *,
    by: Hat,
    cycle: Cycle,
    visit_id: int,
    findings: Sequence[Finding],
    met: str = "",
    version: int | None = None,
) -> Visit:
    """Write down what was found; a draft until two have signed.  A signature given before falls away.

    Points that differ from what counted before the visit need a reason. Raises Refused with every problem by
    its cell, and as the matrix says for who may not.
    """
    visit = load_visit(cycle, visit_id)
    lines = {seen.line.cell_id: seen for seen in visit_queries.lines_of_visits([visit]).get(visit.pk, [])}
    cells = load_cells(cycle, list(lines))
    _require_record(by, visit, cells)
    _require_version(visit, version)
    require_open(visit)
    problems = {
        one.cell_id: problem
        for one in findings
        if (problem := _problem_of(one, lines.get(one.cell_id), cells, cycle.places))
    }
    if problems:
        raise problems_refusal(problems)
    now = timezone.now()
    changed = []
    for one in findings:
        line = lines[one.cell_id].line
        values = (one.finding.strip(), one.points, one.reason.strip())
        if values != (line.finding, line.points, line.reason):
            line.finding, line.points, line.reason = values
            line.recorded_by, line.recorded_at = by.user, now
            changed.append(line)
    VisitLine.objects.bulk_update(changed, ["finding", "points", "reason", "recorded_by", "recorded_at"])
    visit.met = met.strip()[:200]
    _drop_signature(visit)
    _save(visit)
    audit.record(
        by,
        "visit.recorded",
        visit,
        cycle_code=cycle.code,
        met=visit.met,
        lines=[
            [str(line.cell), None if line.points is None else format_points(line.points), line.reason]
            for line in changed
        ],
    )
    return visit


def _problem_of(one: Finding, seen: SeenLine | None, cells: Mapping[int, Cell], places: int) -> str:
    """What is wrong with one line, or nothing."""
    if seen is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if len(one.finding) > LONGEST_FINDING:
        return _("%(cell)s: the finding is longer than %(most)d signs.") % {
            "cell": str(cells[one.cell_id]),
            "most": LONGEST_FINDING,
        }
    if one.points is None:
        return ""
    cell = cells[one.cell_id]
    try:
        require_points(
            one.points,
            floor=cell.sub_item.floor,
            base=cell.sub_item.base_points,
            places=places,
            what=str(cell),
        )
    except Refused as refused:
        return refused.sentence
    if seen.before is not None and one.points != seen.before and not one.reason.strip():
        return _("%(cell)s: %(before)s becomes %(after)s on site; please say why the score changes.") % {
            "cell": str(cell),
            "before": format_points(seen.before),
            "after": format_points(one.points),
        }
    return ""


def _drop_signature(visit: Visit) -> None:
    visit.state = VisitState.PLANNED
    visit.first_by, visit.first_at = None, None
    visit.second_by, visit.second_at = None, None
    visit.paper = None


def _require_sign(by: Hat, visit: Visit, cells: Mapping[int, Cell]) -> None:
    for block in {cell.block_id: cell.block for cell in cells.values()}.values():
        require(SIGN, by, visit.cycle, unit_id=visit.unit_id, block=block, acts_on_unit=True)


def _require_complete(visit: Visit, lines: Sequence[VisitLine]) -> None:
    """Every line says something, and the day has come."""
    empty = [str(line.cell) for line in lines if line.points is None and not line.finding]
    if empty:
        raise Refused(
            "lines-empty",
            _("Nothing is written yet about: %(cells)s. Enter points, or what was found.")
            % {"cells": "、".join(empty)},
            "§6(5)",
            status=422,
        )
    if visit.on > timezone.localdate():
        raise Refused(
            "not-yet-visited",
            _("The visit is planned for %(day)s; it is signed from that day on.")
            % {"day": visit.on.isoformat()},
        )


def _store_scores(by: Hat, cycle: Cycle, lines: Sequence[VisitLine], paper: StoredFile | None = None) -> int:
    """The lines' points become on-site scores; how many there were."""
    marks = [
        Mark(line.cell_id, line.points, (line.reason or line.finding)[:500])
        for line in lines
        if line.points is not None
    ]
    record_many(by=by, cycle=cycle, kind=ScoreKind.ONSITE, marks=marks, paper=paper)
    return len(marks)


@transaction.atomic
def sign_visit(*, by: Hat, cycle: Cycle, visit_id: int, version: int | None) -> Visit:
    """Sign as the first or the second of the team; with the second the points become on-site scores.  Row E12.

    Raises Refused for the same person twice, for anybody outside the team or with a tie, when a line holds
    neither points nor a finding, when the visit was changed since it was read, and before its day.
    """
    visit = load_visit(cycle, visit_id)
    lines = [seen.line for seen in visit_queries.lines_of_visits([visit]).get(visit.pk, [])]
    cells = load_cells(cycle, [line.cell_id for line in lines])
    _require_sign(by, visit, cells)
    _require_version(visit, version)
    require_open(visit)
    _require_complete(visit, lines)
    now = timezone.now()
    if visit.state == VisitState.PLANNED:
        visit.first_by, visit.first_at, visit.state = by.user, now, VisitState.SIGNED_ONCE
        _save(visit)
        audit.record(by, "visit.signed-first", visit, cycle_code=cycle.code)
        return visit
    require_second(visit.first_by_id, by)
    scored = _store_scores(by, cycle, lines)
    visit.second_by, visit.second_at, visit.state = by.user, now, VisitState.SIGNED
    _save(visit)
    audit.record(by, "visit.signed", visit, cycle_code=cycle.code, first=str(visit.first_by), scored=scored)
    return visit


@transaction.atomic
def withdraw_signature(*, by: Hat, cycle: Cycle, visit_id: int, version: int | None) -> Visit:
    """The first signer takes the signature back before the second signs."""
    visit = load_visit(cycle, visit_id)
    require(SIGN, by, cycle, unit_id=visit.unit_id, acts_on_unit=True)
    _require_version(visit, version)
    if visit.state != VisitState.SIGNED_ONCE or visit.first_by_id != by.user.pk:
        raise Refused("not-yours", _("There is no signature of yours to take back."))
    _drop_signature(visit)
    _save(visit)
    audit.record(by, "visit.signature-withdrawn", visit, cycle_code=cycle.code)
    return visit


@transaction.atomic
def reopen_visit(*, by: Hat, cycle: Cycle, visit_id: int, reason: str, version: int | None = None) -> Visit:
    """Open a signed visit again for a correction; its scores stay until two have signed anew.  Row E11."""
    visit = load_visit(cycle, visit_id)
    require(PLAN, by, cycle, unit_id=visit.unit_id, acts_on_unit=True)
    _require_version(visit, version)
    if visit.state != VisitState.SIGNED:
        raise Refused("not-signed", _("Only a visit that two have signed is opened again."))
    if not reason.strip():
        raise Refused("no-reason", _("Opening a signed visit again needs a reason."), status=422)
    _refuse_second_visit(list(visit.lines.values_list("cell_id", flat=True)), but=visit.pk)
    _drop_signature(visit)
    visit.reason = reason.strip()[:300]
    _save(visit)
    audit.record(by, "visit.reopened", visit, cycle_code=cycle.code, reason=visit.reason)
    return visit


@transaction.atomic
def count_paper(*, by: Hat, visit_id: int, cycle: Cycle, scan: StoredFile) -> Visit:
    """The signed sheet was compared with the screen by a second person of the office: it counts as signed by two.

    Raises Refused as writing down does, and when a line says nothing yet.
    """
    visit = load_visit(cycle, visit_id)
    lines = [seen.line for seen in visit_queries.lines_of_visits([visit]).get(visit.pk, [])]
    cells = load_cells(cycle, [line.cell_id for line in lines])
    _require_record(by, visit, cells)
    require_open(visit)
    _require_complete(visit, lines)
    scored = _store_scores(by, cycle, lines, scan)
    _drop_signature(visit)
    visit.paper, visit.state = scan, VisitState.SIGNED
    _save(visit)
    audit.record(by, "visit.paper-counted", visit, cycle_code=cycle.code, scan=scan.sha256, scored=scored)
    return visit


def may_sign(by: Hat, visit: Visit) -> bool:
    """For pages: the person is of the team, without a tie, and has not signed yet."""
    return (
        by.role is Role.REVIEWER
        and visit.state in OPEN_VISITS
        and visit.first_by_id != by.user.pk
        and visit.unit_id in by.team_unit_ids(visit.cycle_id)
    )
