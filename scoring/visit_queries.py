"""What pages, papers and checks ask about visits: which a hat sees, what a visit must look at, what is open.

Nothing here writes; what may be done is asked by scoring.actions.visits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from office.refusal import Refused
from scoring import visible
from scoring.models import (
    OPEN_VISITS,
    Cell,
    Look,
    Score,
    ScoreKind,
    Visit,
    VisitLine,
)
from scoring.readiness import cells_asked, naming
from units.calendar import is_working_day
from units.hats import Hat
from units.lacks import Lack
from units.matrix import Role
from units.models import CalendarDay, Cycle

SEES_EVERY_VISIT = frozenset({Role.OFFICE, Role.LEADING_GROUP, Role.CITY_LEADER, Role.AUDITOR})


def visits_seen(hat: Hat, cycle: Cycle) -> QuerySet[Visit]:
    """The visits a hat may read of: all, the own team's units, or those that look at a led sub-item."""
    visits = Visit.objects.filter(cycle=cycle)
    if hat.role in SEES_EVERY_VISIT:
        return visits
    if hat.role is Role.REVIEWER:
        return visits.filter(unit__in=hat.team_unit_ids(cycle.pk))
    if hat.role is Role.LEAD:
        mine = VisitLine.objects.filter(visit=OuterRef("pk"), cell__sub_item__in=visible.led_by(hat))
        return visits.filter(Exists(mine)).exclude(unit__in=hat.tied_unit_ids(cycle.pk))
    return visits.none()


def visit_seen(hat: Hat, cycle: Cycle, pk: int) -> Visit:
    """One visit within the hat's sight; 404 for every other."""
    found = (
        visits_seen(hat, cycle)
        .filter(pk=pk)
        .select_related("team", "unit", "planned_by", "first_by", "second_by")
        .first()
    )
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.cycle = cycle
    return found


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line beside what is known of its cell before the visit."""

    line: VisitLine
    own: Decimal | None
    lead: Decimal | None
    preliminary: Decimal | None

    @property
    def before(self) -> Decimal | None:
        """What would count without the visit: the preliminary score, else the lead's.  R9."""
        return self.preliminary if self.preliminary is not None else self.lead


def lines_seen(hat: Hat, visit: Visit) -> list[SeenLine]:
    """The lines of one visit, of a lead only those on its own sub-items.  Two queries."""
    return lines_of_visits([visit], hat).get(visit.pk, [])


def lines_of_visits(visits: Iterable[Visit], hat: Hat | None = None) -> dict[int, list[SeenLine]]:
    """Visit → its lines in the plan's order, with the scores known beforehand.  Two queries."""
    rows = VisitLine.objects.filter(visit__in=[visit.pk for visit in visits])
    if hat is not None and hat.role is Role.LEAD:
        rows = rows.filter(cell__sub_item__in=visible.led_by(hat))
    lines = list(
        rows.select_related(
            "cell__block", "cell__membership__unit", "cell__sub_item__item", "recorded_by"
        ).order_by(
            "cell__block__order",
            "cell__sub_item__item__order",
            "cell__sub_item__item_id",
            "cell__sub_item__order",
            "pk",
        )
    )
    scores = {
        (cell, kind): points
        for cell, kind, points in Score.objects.filter(cell__in=[line.cell_id for line in lines]).values_list(
            "cell_id", "kind", "points"
        )
    }
    found: dict[int, list[SeenLine]] = {}
    for line in lines:
        found.setdefault(line.visit_id, []).append(
            SeenLine(
                line,
                scores.get((line.cell_id, ScoreKind.SELF)),
                scores.get((line.cell_id, ScoreKind.LEAD)),
                scores.get((line.cell_id, ScoreKind.PRELIMINARY)),
            )
        )
    return found


def with_counts(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """The visits with `asked` and `scored`, how many lines there are and how many hold points."""
    return visits.select_related("team", "unit").annotate(
        asked=Count("lines"), scored=Count("lines", filter=Q(lines__points__isnull=False))
    )


def cells_to_visit(cycle: Cycle, unit_id: int) -> list[Cell]:
    """The unit's cells that may be looked at on site: those that demand it first.  One query."""
    cells = (
        cells_asked(cycle)
        .filter(membership__unit=unit_id)
        .exclude(sub_item__look=Look.PAPER)
        .select_related("sub_item__item", "block")
        .order_by("block__order", "sub_item__item__order", "sub_item__order", "pk")
    )
    return sorted(cells, key=lambda cell: cell.sub_item.look != Look.ONSITE)


def unvisited(cycle: Cycle) -> QuerySet[Cell]:
    """Cells that demand a visit, have no on-site score and stand in no open visit: somebody must plan one."""
    planned = VisitLine.objects.filter(cell=OuterRef("pk"), visit__state__in=OPEN_VISITS)
    scored = Score.objects.filter(cell=OuterRef("pk"), kind=ScoreKind.ONSITE)
    return cells_asked(cycle).filter(sub_item__look=Look.ONSITE).filter(~Exists(planned), ~Exists(scored))


def held_by_open_visits(cell_ids: Iterable[int], but: int | None = None) -> dict[int, Visit]:
    """Cell → the open visit that already looks at it.  One query."""
    rows = VisitLine.objects.filter(cell__in=list(cell_ids), visit__state__in=OPEN_VISITS)
    if but is not None:
        rows = rows.exclude(visit=but)
    return {row.cell_id: row.visit for row in rows.select_related("visit__unit")}


def working_days(since: date, count: int) -> list[date]:
    """The next `count` working days from `since` on, that day included.  One query."""
    exceptions = dict(
        CalendarDay.objects.filter(
            day__gte=since, day__lte=since + timedelta(days=3 * count + 30)
        ).values_list("day", "is_working")
    )
    found: list[date] = []
    day = since
    while len(found) < count:
        if is_working_day(day, exceptions):
            found.append(day)
        day += timedelta(days=1)
    return found


def visit_lacks(cycle: Cycle, blocks: Sequence[int] | None = None) -> list[Lack]:
    """Visits that are planned but not signed by two.  One query.

    `blocks`: only what looks at cells of these. Cells that demand a visit and have no score of one are told by
    readiness.unscored_lacks.
    """
    found = []
    open_visits = Visit.objects.filter(cycle=cycle, state__in=OPEN_VISITS)
    if blocks is not None:
        looking = VisitLine.objects.filter(visit=OuterRef("pk"), cell__block__in=blocks)
        open_visits = open_visits.filter(Exists(looking))
    unsigned = list(open_visits.select_related("unit").order_by("on", "pk"))
    if unsigned:
        found.append(
            Lack(
                "visits-unsigned",
                ngettext(
                    "%(count)d visit is not signed by two yet, so its scores do not count.",
                    "%(count)d visits are not signed by two yet, so their scores do not count.",
                    len(unsigned),
                )
                % {"count": len(unsigned)},
                naming(str(visit) for visit in unsigned),
                route="visits",
            )
        )
    return found
