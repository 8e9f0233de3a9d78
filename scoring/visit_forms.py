"""The sheet of a visit as a form on paper: its code, its figures, and what its compared scan brings about.

The desk where forms are scanned and compared is in units; the sheet itself is set in scoring.visit_papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.fields import format_points
from office.refusal import Refused
from scoring import visit_queries
from scoring.actions import visits
from scoring.models import OPEN_VISITS, Visit
from units.actions import paper_forms
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, SignedForm
from units.paper_forms import Figures, FormKind, Subject, Way, register
from units.permissions import require

KIND = "visit"


def _visit(cycle: Cycle, about_id: int) -> Visit:
    found = Visit.objects.filter(cycle=cycle, pk=about_id).select_related("unit", "team").first()
    if found is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    found.cycle = cycle
    return found


def _subject(visit: Visit) -> Subject:
    # Signed by the team: bound to no unit, or the unit would read its on-site scores before the results.
    return Subject(
        visit.pk, None, f"{visit.cycle.year}年度实地考评记录表（{visit.unit.name} {visit.on:%m-%d}）"
    )


def subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    visit = _visit(cycle, about_id)
    require("E14", hat, cycle, unit_id=visit.unit_id, acts_on_unit=True)
    return _subject(visit)


def figures(form: SignedForm) -> Figures:
    visit = _visit(form.cycle, form.about_id)
    rows = []
    for seen in visit_queries.lines_of_visits([visit]).get(visit.pk, []):
        sub = seen.line.cell.sub_item
        rows.append(
            (
                seen.line.cell.block.name,
                sub.name,
                format_points(sub.base_points),
                format_points(seen.before) if seen.before is not None else "",
                format_points(seen.line.points) if seen.line.points is not None else "",
                seen.line.finding,
                seen.line.reason,
            )
        )
    return Figures(
        columns=("大块", "中项", "基础分", "实地前得分", "实地得分", "查看情况", "得分变动理由"),
        rows=tuple(rows),
        pen=frozenset({4, 5, 6}),
        numbers=frozenset({2, 3, 4}),
        facts=(("单位", visit.unit.name), ("考评组", visit.team.name), ("日期", f"{visit.on:%Y-%m-%d}")),
        notes=("考评组两人签字。",),
    )


def guard(hat: Hat, form: SignedForm) -> None:
    """The form is bound to no unit; the visit is."""
    require("E14", hat, form.cycle, unit_id=_visit(form.cycle, form.about_id).unit_id, acts_on_unit=True)


def hands(form: SignedForm) -> frozenset[int]:
    lines = _visit(form.cycle, form.about_id).lines.filter(recorded_by__isnull=False)
    return frozenset(pk for pk in lines.values_list("recorded_by_id", flat=True) if pk is not None)


def count(hat: Hat, form: SignedForm) -> None:
    if form.scan is None:
        raise Refused("no-scan", _("The signed sheet is not handed in yet."))
    visits.count_paper(by=hat, visit_id=form.about_id, cycle=form.cycle, scan=form.scan)


def choices(hat: Hat, cycle: Cycle) -> Sequence[Subject]:
    if hat.role is not Role.OFFICE:
        return ()
    rows = Visit.objects.filter(cycle=cycle, state__in=OPEN_VISITS).exclude(
        unit__in=hat.tied_unit_ids(cycle.pk)
    )
    found = []
    for visit in rows.select_related("unit", "team").order_by("on", "pk"):
        visit.cycle = cycle
        found.append(_subject(visit))
    return found


def give_codes(hat: Hat, cycle: Cycle, visit_ids: Iterable[int]) -> None:
    """A code for the sheet of each visit, printed empty for the pen; one that is there already stays."""
    for pk in visit_ids:
        paper_forms.print_form(by=hat, cycle=cycle, kind=KIND, about_id=pk, empty=True)


def codes_of(cycle: Cycle, visit_ids: Iterable[int]) -> dict[int, str]:
    """Visit → the code of its sheet in force, for those that have one.  One query."""
    rows = SignedForm.objects.filter(
        cycle=cycle, kind=KIND, about_id__in=list(visit_ids), state__in=paper_forms.IN_FORCE
    )
    return dict(rows.values_list("about_id", "code"))


def connect() -> None:
    register(
        FormKind(
            key=KIND,
            label=gettext_lazy("sheet of a visit"),
            subject=subject,
            figures=figures,
            hands=hands,
            count=count,
            page=lambda form: Way("visit", {"pk": form.about_id}),
            enter=lambda form: Way("visit-record", {"pk": form.about_id}),
            choices=choices,
            guard=guard,
            takes_pen=True,
        )
    )
