"""The forms of scoring that may be signed on paper: a unit's self-assessment, a lead body's scores.

The desk where they are printed, scanned and compared is in units.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.fields import format_points
from office.refusal import Refused
from scoring import assessment_queries
from scoring.actions import assessments
from scoring.models import Assessment, Cell, Involvement, Score, ScoreKind
from scoring.readiness import cells_asked
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, SignedForm, Unit
from units.paper_forms import Figures, FormKind, Subject, Way, nothing_here, register
from units.permissions import grant_of, require

SELF, LEAD = "self", "lead"


# A unit's self-assessment -------------------------------------------------------------------------


def _assessment(cycle: Cycle, about_id: int) -> Assessment:
    found = (
        Assessment.objects.filter(pk=about_id, cycle=cycle).select_related("cycle", "unit", "block").first()
    )
    if found is None:
        raise nothing_here()
    return found


def self_subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    found = _assessment(cycle, about_id)
    if hat.role is Role.OFFICE:
        require("E14", hat, cycle)
    else:
        require("D01", hat, cycle, unit_id=found.unit_id)
        if hat.role not in {Role.OFFICIAL, Role.PRINCIPAL}:
            raise nothing_here()
    part = f"（{found.block.name}）" if found.block is not None else ""
    return Subject(found.pk, found.unit, f"{cycle.year}年度{found.unit.name}自评表{part}")


def self_choices(hat: Hat, cycle: Cycle) -> list[Subject]:
    """Every part for the office, the own ones for a unit's people; a part appears with its first line or print."""
    parts = Assessment.objects.filter(cycle=cycle).select_related("unit", "block")
    if hat.role in {Role.OFFICIAL, Role.PRINCIPAL} and hat.unit is not None:
        parts = parts.filter(unit=hat.unit)
    elif hat.role is not Role.OFFICE:
        return []
    ordered = parts.order_by("unit__order", "unit_id", "block_id")
    return [Subject(part.pk, part.unit, str(part)) for part in ordered]


def self_figures(form: SignedForm) -> Figures:
    found = _assessment(form.cycle, form.about_id)
    part = assessment_queries.part(form.cycle, found.unit, found.block)
    rows = []
    for line in part.lines:
        sub = line.cell.sub_item
        reasons = "；".join(f"{format_points(off.points)}分：{off.reason}" for off in line.lines)
        if line.wishes_not_involved:
            reasons = f"基本不涉及：{line.wish_reason}"
        rows.append(
            (
                line.cell.block.name,
                sub.item.name if sub.item.name != sub.name else "",
                sub.name,
                format_points(sub.base_points),
                "" if line.points is None else format_points(line.points),
                format_points(line.off) if line.lines else "",
                reasons or line.note,
            )
        )
    return Figures(
        columns=("大块", "大项", "中项", "基础分", "自评得分", "扣分", "扣分事由、说明"),
        rows=tuple(rows),
        pen=frozenset({4, 5, 6}),
        numbers=frozenset({3, 4, 5}),
        facts=(("单位", found.unit.name), ("年度", str(form.cycle.year))),
        notes=(f"自评得分合计：{format_points(part.total)}分（已填{part.done}项，共{part.asked}项）。",)
        if part.done
        else (f"共{part.asked}项。",),
    )


def self_hands(form: SignedForm) -> frozenset[int]:
    found = _assessment(form.cycle, form.about_id)
    cells = assessment_queries.cells_of_part(form.cycle, found.unit_id, found.block)
    scores = Score.objects.filter(kind=ScoreKind.SELF, cell__in=cells.order_by().values("pk"))
    return frozenset(scores.order_by().values_list("entered_by_id", flat=True).distinct())


def self_count(hat: Hat, form: SignedForm) -> None:
    assessments.count_paper(hat, form)


def _self_way(form: SignedForm) -> Way:
    return Way("self-unit", {"name": form.unit.name if form.unit is not None else ""})


# A lead body's scores -----------------------------------------------------------------------------


def lead_subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    """`about_id` is the lead body's unit; a lead prints its own sheet, the office any."""
    if hat.role is Role.OFFICE:
        require("E14", hat, cycle)
    elif hat.role is not Role.LEAD or hat.unit_id != about_id or grant_of("E03", hat).is_denied:
        raise nothing_here()
    unit = Unit.objects.filter(pk=about_id).first()
    if unit is None or not lead_cells(cycle, about_id).exists():
        raise nothing_here()
    return Subject(unit.pk, unit, f"{cycle.year}年度责任单位测评表（{unit.name}）")


def lead_choices(hat: Hat, cycle: Cycle) -> list[Subject]:
    """Every lead body for the office, its own sheet for a lead."""
    leads = Unit.objects.filter(led_sub_items__item__block__cycle=cycle).distinct().order_by("order", "pk")
    if hat.role is Role.LEAD and hat.unit is not None:
        leads = leads.filter(pk=hat.unit.pk)
    elif hat.role is not Role.OFFICE:
        return []
    return [Subject(unit.pk, unit, unit.name) for unit in leads]


def lead_cells(cycle: Cycle, body_id: int) -> QuerySet[Cell]:
    """The cells a body scores as lead, in the order of the plan; never its own unit's."""
    return (
        Cell.objects.filter(sub_item__lead_id=body_id, pk__in=cells_asked(cycle).values("pk"))
        .exclude(membership__unit_id=body_id)
        .order_by(
            "block__order",
            "block_id",
            "sub_item__item__order",
            "sub_item__order",
            "sub_item_id",
            "membership__unit__order",
            "membership_id",
        )
    )


def lead_figures(form: SignedForm) -> Figures:
    cells = lead_cells(form.cycle, form.about_id).select_related("block", "sub_item", "membership__unit")
    scores = {
        score.cell_id: score
        for score in Score.objects.filter(
            kind=ScoreKind.LEAD, cell__in=lead_cells(form.cycle, form.about_id).order_by().values("pk")
        ).prefetch_related("deductions")
    }
    rows = []
    for cell in cells:
        score = scores.get(cell.pk)
        why = ""
        if score is not None:
            why = "；".join(f"{format_points(off.points)}分：{off.reason}" for off in score.deductions.all())
        mark = "" if score is None else format_points(score.points)
        if cell.involvement == Involvement.PROPOSED:
            mark, why = "不涉及", cell.involvement_reason
        rows.append(
            (
                cell.block.name,
                cell.sub_item.name,
                cell.membership.unit.name,
                format_points(cell.sub_item.base_points),
                mark,
                why or (score.reason if score is not None else ""),
            )
        )
    marked = sum(bool(row[4]) for row in rows)
    return Figures(
        columns=("大块", "中项", "被测评单位", "基础分", "得分", "扣分事由、说明"),
        rows=tuple(rows),
        pen=frozenset({4, 5}),
        numbers=frozenset({3, 4}),
        facts=(("责任单位", form.unit.name if form.unit is not None else ""), ("年度", str(form.cycle.year))),
        notes=(f"共{len(rows)}项，已测评{marked}项。",) if marked else (f"共{len(rows)}项。",),
    )


def _lead_scores(form: SignedForm) -> QuerySet[Score]:
    cells = lead_cells(form.cycle, form.about_id).order_by().values("pk")
    return Score.objects.filter(kind=ScoreKind.LEAD, cell__in=cells)


def lead_hands(form: SignedForm) -> frozenset[int]:
    return frozenset(_lead_scores(form).order_by().values_list("entered_by_id", flat=True).distinct())


def lead_count(hat: Hat, form: SignedForm) -> None:
    """Every score on the sheet rests on the scan and was compared; none may be lacking."""
    scores = _lead_scores(form)
    asked = lead_cells(form.cycle, form.about_id).exclude(involvement=Involvement.PROPOSED).count()
    there = scores.exclude(cell__involvement=Involvement.PROPOSED).count()
    if there < asked:
        raise Refused(
            "not-complete",
            _("%(count)d scores of this sheet are not entered yet, so it cannot count as signed.")
            % {"count": asked - there},
            status=422,
        )
    scores.exclude(entered_by=hat.user).update(compared_by=hat.user, paper=form.scan)


def connect() -> None:
    register(
        FormKind(
            key=SELF,
            label=gettext_lazy("self-assessment"),
            subject=self_subject,
            figures=self_figures,
            hands=self_hands,
            count=self_count,
            page=_self_way,
            enter=lambda form: Way("self-enter", {"pk": form.about_id}),
            choices=self_choices,
            readers=frozenset({Role.OFFICIAL, Role.PRINCIPAL}),
            takes_pen=True,
        )
    )
    register(
        FormKind(
            key=LEAD,
            label=gettext_lazy("lead score"),
            subject=lead_subject,
            figures=lead_figures,
            hands=lead_hands,
            count=lead_count,
            page=lambda form: Way("imports"),
            enter=lambda form: Way("imports"),
            choices=lead_choices,
            readers=frozenset({Role.LEAD}),
            takes_pen=True,
        )
    )
