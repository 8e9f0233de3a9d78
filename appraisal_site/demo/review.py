"""The demo's review: cells returned for supplement; visits planned for the townships, in the completed year made and signed by two.

Rows are written at once with one log entry; the on-site scores themselves are written by scores.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from appraisal_site.demo.scores import Book
from office import audit
from scoring.actions import supplements
from scoring.models import (
    OPEN_SUPPLEMENTS,
    Cell,
    Look,
    Score,
    ScoreKind,
    Supplement,
    SupplementState,
    Visit,
    VisitLine,
    VisitState,
)
from scoring.visit_queries import working_days
from units.hats import Hat
from units.models import Cycle, Team

PLANNED_PER_TEAM = 4
CELLS_PER_VISIT = 3
FOUND = (
    "现场查看台账与记录，与上报一致",
    "抽查两处，均按要求落实",
    "制度上墙，个别记录补签日期",
    "走访群众三户，反映较好",
)
FOUND_LESS = ("抽查一处整改未到位", "台账缺两次会议记录", "现场标识不全，责任人未到岗")
ASKED = (
    "请补充第三季度排查整改的台账复印件",
    "自评未扣分，但台账有一条扣分，请说明",
    "请补充受益群众名册和发放凭证",
)
ANSWERED = ("已补充台账复印件，原件存本单位办公室", "该项为上年遗留问题，已于四月整改完毕，附整改报告")
WHY = "实地所见与初评不同"


def write(book: Book, opens: date, closes: date) -> None:
    """The first units of each team get a visit in the window to come."""
    cycle = book.people.cycle
    days = working_days(opens, 2 * PLANNED_PER_TEAM)
    rows = []
    for team in Team.objects.filter(cycle=cycle).order_by("pk").prefetch_related("units"):
        units = sorted(team.units.all(), key=lambda unit: (unit.order, unit.pk))
        able = [unit for unit in units if len(book.reviewers.get(unit.pk, ())) > 1]
        for number, unit in enumerate(able[:PLANNED_PER_TEAM]):
            cells = _worth_a_visit(book, unit.pk)[:CELLS_PER_VISIT]
            if cells:
                rows.append((team, unit.pk, days[number], cells))
    _store(cycle, book.people.hats["office1"], rows)
    return_some(book)


def return_some(book: Book) -> None:
    """The first team returned three cells; one unit has answered, one is settled already."""
    cycle = book.people.cycle
    team = Team.objects.filter(cycle=cycle).order_by("pk").first()
    if team is None:
        return
    until = timezone.localdate() + timedelta(days=4)
    for number, unit in enumerate(team.units.order_by("order", "pk")[: len(ASKED)]):
        cell = _worth_a_visit(book, unit.pk)[number + 4]
        by = book.by_reviewer(cell)
        row = supplements.ask_supplement(by=by, cell_id=cell.pk, what=ASKED[number], due_on=until)
        if number < len(ASKED) - 1:
            official = book.people.official_of(unit)
            supplements.answer_supplement(by=official, supplement_id=row.pk, answer=ANSWERED[number])
        if number == 0:
            supplements.settle_supplement(by=by, supplement_id=row.pk, accept=True)


def settle_all(book: Book, at: datetime) -> None:
    """Whatever was returned is answered and settled, by rows: the windows of the completed year are past."""
    people, cycle = book.people, book.people.cycle
    rows = list(
        Supplement.objects.filter(cell__block__cycle=cycle, state__in=OPEN_SUPPLEMENTS).select_related(
            "cell__membership__unit"
        )
    )
    for row in rows:
        if row.state == SupplementState.ASKED:
            official = people.official_of(row.cell.membership.unit)
            row.answer, row.answered_by, row.answered_at = ANSWERED[0], official.user, at
        row.state, row.closed_by, row.closed_at = SupplementState.CLOSED, row.asked_by, at
    Supplement.objects.bulk_update(
        rows, ["answer", "answered_by", "answered_at", "state", "closed_by", "closed_at"]
    )
    audit.record(
        people.hats["office1"],
        "supplements.settled",
        cycle,
        cycle_code=cycle.code,
        count=len(rows),
        demo=True,
    )


def returned_and_settled(book: Book, week: date) -> None:
    """In one week every unit was asked for more about one of its cells, answered it, and the team settled it."""
    people, cycle = book.people, book.people.cycle
    rows: list[Supplement] = []
    seen: set[int] = set()
    for cell in book.cells.values():
        unit = cell.membership.unit
        if unit.pk in seen or unit.pk not in book.reviewers:
            continue
        seen.add(unit.pk)
        number = len(rows)
        day = datetime.combine(week + timedelta(days=number % 5), time(9 + number % 8, 7 * number % 60))
        at = timezone.make_aware(day)
        by = book.by_reviewer(cell).user
        rows.append(
            Supplement(
                cell=cell,
                number=1,
                what=ASKED[number % len(ASKED)],
                due_on=at.date() + timedelta(days=2),
                state=SupplementState.CLOSED,
                asked_by=by,
                answer=ANSWERED[number % len(ANSWERED)],
                answered_by=people.official_of(unit).user,
                answered_at=at,
                closed_by=by,
                closed_at=at + timedelta(days=1),
            )
        )
    Supplement.objects.bulk_create(rows)
    Supplement.objects.filter(cell__block__cycle=cycle).update(
        asked_at=timezone.make_aware(datetime.combine(week - timedelta(days=3), time(15)))
    )
    audit.record(
        people.hats["office1"],
        "supplements.settled",
        cycle,
        cycle_code=cycle.code,
        count=len(rows),
        demo=True,
    )


def _worth_a_visit(book: Book, unit_id: int) -> list[Cell]:
    return [
        cell
        for cell in book.cells.values()
        if cell.membership.unit_id == unit_id and cell.sub_item.look != Look.PAPER
    ]


def _store(cycle: Cycle, office: Hat, rows: Iterable[tuple[Team, int, date, list[Cell]]]) -> list[Visit]:
    planned = list(rows)
    visits = Visit.objects.bulk_create(
        [
            Visit(
                cycle=cycle,
                team=team,
                unit_id=unit,
                on=on,
                planned_by=office.user,
                note="查看台账原件与现场",
            )
            for team, unit, on, _cells in planned
        ]
    )
    VisitLine.objects.bulk_create(
        [
            VisitLine(visit=visit, cell=cell)
            for visit, (_team, _unit, _on, cells) in zip(visits, planned, strict=True)
            for cell in cells
        ],
        batch_size=500,
    )
    audit.record(office, "visits.planned", cycle, cycle_code=cycle.code, count=len(visits), demo=True)
    return visits


def complete(book: Book, opens: date, closes: date) -> None:
    """Every unit with on-site scores was visited by its team; the visit says what was found and two signed it."""
    settle_all(book, timezone.now())
    Visit.objects.filter(cycle=book.people.cycle).delete()
    visit_all(book, opens, min(closes, timezone.localdate()))


def visit_all(book: Book, opens: date, last: date) -> None:
    """A signed visit for every unit with on-site scores, day after day."""
    cycle = book.people.cycle
    counted: dict[int, dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(cell__block__cycle=cycle).exclude(kind=ScoreKind.SELF):
        counted[score.cell_id][score.kind] = score
    by_unit: dict[int, list[Cell]] = defaultdict(list)
    for cell in book.cells.values():
        if ScoreKind.ONSITE in counted.get(cell.pk, {}):
            by_unit[cell.membership.unit_id].append(cell)
    days = [opens + timedelta(days=n) for n in range(max((last - opens).days, 0) + 1)]
    rows = []
    for team in Team.objects.filter(cycle=cycle).order_by("pk").prefetch_related("units"):
        units = sorted(team.units.all(), key=lambda unit: (unit.order, unit.pk))
        able = [u for u in units if by_unit[u.pk] and len(book.reviewers.get(u.pk, ())) > 1]
        for number, unit in enumerate(able):
            rows.append((team, unit.pk, days[number % len(days)], by_unit[unit.pk]))
    visits = _store(cycle, book.people.hats["office1"], rows)
    _write_down(book, visits, counted)
    audit.record(
        book.people.hats["office1"],
        "visits.signed",
        cycle,
        cycle_code=cycle.code,
        count=len(visits),
        demo=True,
    )


def _write_down(book: Book, visits: list[Visit], counted: dict[int, dict[str, Score]]) -> None:
    by_visit = {visit.pk: visit for visit in visits}
    lines = list(VisitLine.objects.filter(visit__in=visits).select_related("cell"))
    for line in lines:
        known = counted[line.cell_id]
        onsite = known[ScoreKind.ONSITE]
        before = known.get(ScoreKind.PRELIMINARY) or known.get(ScoreKind.LEAD)
        less = before is not None and onsite.points < before.points
        words = FOUND_LESS if less else FOUND
        line.finding = words[line.cell_id % len(words)]
        line.points = onsite.points
        line.reason = WHY if before is not None and onsite.points != before.points else ""
        line.recorded_by, line.recorded_at = onsite.entered_by, onsite.entered_at
    VisitLine.objects.bulk_update(
        lines, ["finding", "points", "reason", "recorded_by", "recorded_at"], batch_size=500
    )
    latest: dict[int, Score] = {}
    for line in lines:
        onsite = counted[line.cell_id][ScoreKind.ONSITE]
        known_latest = latest.get(line.visit_id)
        if known_latest is None or onsite.entered_at > known_latest.entered_at:
            latest[line.visit_id] = onsite
    for pk, visit in by_visit.items():
        first, second = book.reviewers[visit.unit_id][:2]
        visit.met, visit.state = "主要负责人、经办人", VisitState.SIGNED
        visit.first_by, visit.second_by = first.user, second.user
        visit.first_at = visit.second_at = latest[pk].entered_at
    Visit.objects.bulk_update(
        visits, ["met", "state", "first_by", "second_by", "first_at", "second_at"], batch_size=200
    )
