"""The sheet of a leading group's decision as a form on paper: its code, its words, and that its compared scan counts.

What the decision brings about is told by its deed (units.group_decisions).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from office.refusal import Refused
from units.actions import group_decisions as acts
from units.foresight import Preview
from units.group_decisions import deed_named
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, GroupDecision, SignedForm
from units.paper_forms import Figures, FormKind, Subject, Way, nothing_here, register
from units.permissions import require_on_behalf_of_group

KIND = acts.KIND


def decision_of(cycle: Cycle, about_id: int) -> GroupDecision:
    found = GroupDecision.objects.filter(cycle=cycle, pk=about_id).select_related("entered_by").first()
    if found is None:
        raise nothing_here()
    found.cycle = cycle
    return found


def subject(hat: Hat, cycle: Cycle, about_id: int) -> Subject:
    decision = decision_of(cycle, about_id)
    if decision.state != GroupDecision.State.OPEN:
        raise nothing_here()
    guard_decision(hat, decision)
    # Bound to no unit: what the leading group decides about one is not its people's to read here.
    return Subject(decision.pk, None, f"{cycle.year}年度领导小组决定事项（{decision.title}）"[:200])


def guard_decision(hat: Hat, decision: GroupDecision) -> None:
    """Raises Refused unless this person of the office may print, scan or compare it."""
    deed = deed_named(decision.deed)
    if decision.state == GroupDecision.State.OPEN:
        acts.require_may_type(hat, decision.cycle, deed, deed.matter(decision.cycle, decision.about_id))
    else:
        require_on_behalf_of_group(deed.row, hat, decision.cycle)


def guard(hat: Hat, form: SignedForm) -> None:
    guard_decision(hat, decision_of(form.cycle, form.about_id))


def figures(form: SignedForm) -> Figures:
    decision = decision_of(form.cycle, form.about_id)
    rows = [("决定事项", decision.title), *((name, value) for name, value in decision.facts)]
    if decision.reason:
        rows.append(("理由", decision.reason))
    rows.append(("出席人员签字", ""))
    return Figures(
        columns=("项目", "内容"),
        rows=tuple(rows),
        room=frozenset({len(rows) - 1}),
        facts=(
            ("会议日期", f"{decision.met_on:%Y-%m-%d}" if decision.met_on else ""),
            ("主持人", decision.chair),
            ("出席", decision.present),
        ),
        notes=("本表由领导小组会议决定，签字盖章后交考评办录入；两人录入、比对后生效。",),
    )


def hands(form: SignedForm) -> frozenset[int]:
    decision = decision_of(form.cycle, form.about_id)
    found = {decision.entered_by_id}
    if decision.state == GroupDecision.State.OPEN:
        first_by = deed_named(decision.deed).matter(form.cycle, decision.about_id).first_by
        found |= {first_by} if first_by is not None else set()
    return frozenset(found)


def count(hat: Hat, form: SignedForm) -> None:
    assert form.scan is not None  # compared forms have theirs
    acts.bring_into_force(by=hat, cycle=form.cycle, decision_id=form.about_id, scan=form.scan, code=form.code)


def preview(form: SignedForm) -> Preview | None:
    decision = decision_of(form.cycle, form.about_id)
    deed = deed_named(decision.deed)
    if deed.preview is None or decision.state != GroupDecision.State.OPEN:
        return None
    try:
        return deed.preview(decision)
    except Refused:  # there is nothing to decide any more; comparing says so
        return None


def choices(hat: Hat, cycle: Cycle) -> Sequence[Subject]:
    if hat.role is not Role.OFFICE:
        return ()
    rows = GroupDecision.objects.filter(cycle=cycle, state=GroupDecision.State.OPEN).order_by("pk")
    return [Subject(row.pk, None, row.title) for row in rows]


def _page(form: SignedForm) -> Way:
    decision = decision_of(form.cycle, form.about_id)
    try:
        return deed_named(decision.deed).matter(form.cycle, decision.about_id).back
    except Refused:
        return Way("signed-forms")


def connect() -> None:
    register(
        FormKind(
            key=KIND,
            label=gettext_lazy("decision of the leading group"),
            subject=subject,
            figures=figures,
            hands=hands,
            count=count,
            page=_page,
            enter=lambda form: Way(""),
            choices=choices,
            guard=guard,
            preview=preview,
        )
    )
