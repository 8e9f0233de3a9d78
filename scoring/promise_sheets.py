"""What a unit's principal signs on paper beside the self-assessment: its commitment, its appeal, as forms with a code.

The desk where they are printed, scanned and compared is in units; what counts is in scoring.actions.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from scoring import commitment_queries
from scoring.actions import appeal_register, commitments
from scoring.models import Appeal, AppealState, Commitment, CommitmentState
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, SignedForm
from units.paper_forms import Figures, FormKind, Subject, Way, nothing_here, register
from units.permissions import require

COMMITMENT, APPEAL = "commitment", "appeal"
OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})
OPEN_COMMITMENTS = (CommitmentState.DRAFT, CommitmentState.RETURNED)


# Commitments --------------------------------------------------------------------------------------


def _commitment(cycle: Cycle, about_id: int) -> Commitment:
    rows = commitment_queries.with_goals(Commitment.objects.filter(cycle=cycle, pk=about_id))
    found = next(iter(rows), None)
    if found is None:
        raise nothing_here()
    found.cycle = cycle
    return found


def commitment_subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    row = _commitment(cycle, about_id)
    if hat.role is Role.OFFICE:
        commitments.require_may_count(hat, row)
    elif hat.role in OWN:
        require(commitments.ENTER, hat, cycle, unit_id=row.unit_id)
    else:
        raise nothing_here()
    return _commitment_subject(cycle, row)


def _commitment_subject(cycle: Cycle, row: Commitment) -> Subject:
    return Subject(row.pk, row.unit, f"{row.unit.name}{cycle.year}年度双向承诺书")


def commitment_choices(hat: Hat, cycle: Cycle) -> Sequence[Subject]:
    """Those not signed yet: every one for the office, the own one for a unit's people."""
    rows = Commitment.objects.filter(cycle=cycle, state__in=[str(s) for s in OPEN_COMMITMENTS])
    if hat.role in OWN:
        rows = rows.filter(unit=hat.unit_id or 0)
    elif hat.role is Role.OFFICE:
        rows = rows.exclude(unit__in=hat.tied_unit_ids(cycle.pk))
    else:
        return ()
    ordered = rows.select_related("unit").order_by("unit__order", "unit_id")
    return [_commitment_subject(cycle, row) for row in ordered]


def commitment_figures(form: SignedForm) -> Figures:
    row = _commitment(form.cycle, form.about_id)
    goals = list(row.goals.all())
    return Figures(
        columns=("序号", "承诺事项", "衡量标准", "目标值", "完成时限", "对应中项", "请上级支持"),
        rows=tuple(
            (
                str(number),
                goal.text,
                goal.measure,
                goal.target,
                goal.due.isoformat(),
                goal.sub_item.name if goal.sub_item is not None else "",
                goal.support,
            )
            for number, goal in enumerate(goals, start=1)
        ),
        facts=(("承诺单位", row.unit.name), ("年度", str(form.cycle.year))),
        notes=(f"本单位承诺以上{len(goals)}项，主要负责人签字后生效。",),
    )


def commitment_hands(form: SignedForm) -> frozenset[int]:
    return frozenset({_commitment(form.cycle, form.about_id).changed_by_id})


def commitment_guard(hat: Hat, form: SignedForm) -> None:
    commitments.require_may_count(hat, _commitment(form.cycle, form.about_id))


def commitment_count(hat: Hat, form: SignedForm) -> None:
    commitments.count_paper(hat, form)


# Appeals ------------------------------------------------------------------------------------------


def _appeal(cycle: Cycle, about_id: int) -> Appeal:
    found = Appeal.objects.filter(cycle=cycle, pk=about_id).select_related("unit", "about").first()
    if found is None:
        raise nothing_here()
    found.cycle = cycle
    return found


def appeal_subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    """A draft is its unit's alone: nobody else prints it."""
    row = _appeal(cycle, about_id)
    if hat.role not in OWN or row.state != AppealState.DRAFT or row.unit is None:
        raise nothing_here()
    require("H01", hat, cycle, unit_id=row.unit_id)
    return _appeal_subject(cycle, row)


def _appeal_subject(cycle: Cycle, row: Appeal) -> Subject:
    unit = row.unit.name if row.unit is not None else ""
    return Subject(row.pk, row.unit, f"{unit}{cycle.year}年度复核申请表")


def appeal_choices(hat: Hat, cycle: Cycle) -> Sequence[Subject]:
    if hat.role not in OWN or hat.unit_id is None:
        return ()
    rows = Appeal.objects.filter(cycle=cycle, unit=hat.unit_id, state=AppealState.DRAFT)
    return [_appeal_subject(cycle, row) for row in rows.select_related("unit", "about").order_by("pk")]


def appeal_figures(form: SignedForm) -> Figures:
    row = _appeal(form.cycle, form.about_id)
    points = row.points.select_related("cell__sub_item__item", "adjustment__document").order_by("pk")
    return Figures(
        columns=("申请复核的事项", "单位说明"),
        rows=(*((str(point), point.words) for point in points), ("申请理由", row.words)),
        facts=(
            ("申请单位", row.unit.name if row.unit is not None else ""),
            ("被复核单位", row.about.name),
            ("年度", str(form.cycle.year)),
        ),
        notes=("主要负责人签字盖章后，在复核申请期限内交考评办（方案六（七））。",),
    )


def appeal_hands(form: SignedForm) -> frozenset[int]:
    return frozenset({_appeal(form.cycle, form.about_id).drafted_by_id})


def appeal_guard(hat: Hat, form: SignedForm) -> None:
    appeal_register.require_may_count(hat, _appeal(form.cycle, form.about_id))


def appeal_count(hat: Hat, form: SignedForm) -> None:
    appeal_register.count_paper(hat, form)


def _commitment_way(form: SignedForm) -> Way:
    return Way("commitment", {"unit": form.unit.name if form.unit is not None else ""})


def connect() -> None:
    register(
        FormKind(
            key=COMMITMENT,
            label=gettext_lazy("commitment"),
            subject=commitment_subject,
            figures=commitment_figures,
            hands=commitment_hands,
            count=commitment_count,
            page=_commitment_way,
            enter=lambda form: Way(""),
            choices=commitment_choices,
            readers=OWN,
            own_row=commitments.ENTER,
            guard=commitment_guard,
        )
    )
    register(
        FormKind(
            key=APPEAL,
            label=gettext_lazy("appeal"),
            subject=appeal_subject,
            figures=appeal_figures,
            hands=appeal_hands,
            count=appeal_count,
            page=lambda form: Way("appeal", {"pk": form.about_id}),
            enter=lambda form: Way(""),
            choices=appeal_choices,
            readers=OWN,
            own_row="H01",
            is_private=True,
            guard=appeal_guard,
        )
    )
