"""Points of appeals and misconduct of appraisers as decisions entered from the minutes of the leading group (H06, F06).

What they need and do is in scoring.actions.appeal_rulings and scoring.actions.appraisers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.fields import format_points
from office.refusal import Refused
from scoring import appeal_queries
from scoring.actions import appeal_rulings, appraisers
from scoring.actions.appeal_rulings import Ruling
from scoring.actions.appeals import not_found
from scoring.models import AppealPoint, AppraiserFinding, FindingState, Outcome, PointKind, ScoreKind
from units import foresight
from units.actions.signing import Minutes
from units.group_decisions import Answer, Choice, Deed, Matter, register
from units.hats import Hat
from units.models import Cycle, GroupDecision
from units.paper_forms import Way, nothing_here

POINT = "appeal-point"


# A point of an appeal ------------------------------------------------------------------------------


def _point(cycle: Cycle, about_id: int) -> AppealPoint:
    found = (
        AppealPoint.objects.filter(pk=about_id, appeal__cycle=cycle)
        .select_related(
            "appeal__cycle",
            "appeal__unit",
            "appeal__about",
            "cell__sub_item__item",
            "adjustment__document",
            "adjustment__membership__block",
        )
        .first()
    )
    if found is None:
        raise not_found()
    return found


def point_matter(cycle: Cycle, about_id: int) -> Matter:
    point = _point(cycle, about_id)
    appeal_rulings.require_open(point)
    appeal = point.appeal
    advice = appeal.rechecks.last()
    return Matter(
        title=_("Decide on %(code)s: %(point)s") % {"code": appeal.code, "point": str(point)},
        facts=(
            ("复核申请", appeal.code),
            ("申请单位", appeal.unit.name if appeal.unit is not None else appeal.sender),
            ("被复核单位", appeal.about.name),
            ("申请理由", point.words or appeal.words),
            ("复核情况", f"{advice.get_advice_display()}：{advice.text}" if advice is not None else ""),
        ),
        back=Way("appeal", {"pk": appeal.pk}),
        units=frozenset(pk for pk in (appeal.unit_id, appeal.about_id) if pk is not None),
        block=appeal_rulings.block_of(point),
    )


def point_choices(cycle: Cycle, about_id: int) -> tuple[Choice, ...]:
    point = _point(cycle, about_id)
    outcome = Choice(
        "outcome",
        gettext_lazy("Decision"),
        tuple((str(o), str(o.label)) for o in (Outcome.UPHELD, Outcome.KEPT)),
    )
    if point.kind != PointKind.SCORE:
        return (outcome,)
    kinds = appeal_queries.facts_of(point).kinds
    return (
        outcome,
        Choice("score_kind", gettext_lazy("Which score is corrected"), tuple(kinds), required=False),
        Choice("score_points", gettext_lazy("Corrected score"), required=False),
    )


def point_answer(cycle: Cycle, about_id: int, typed: Mapping[str, str]) -> Answer:
    point = _point(cycle, about_id)
    outcome = typed.get("outcome", "")
    stored: dict[str, str] = {"outcome": outcome}
    said = [("决定", str(dict(Outcome.choices).get(outcome, "")))]
    if outcome == Outcome.UPHELD and point.kind == PointKind.SCORE:
        points = _points(typed.get("score_points", ""))
        stored |= {"score_kind": typed.get("score_kind", ""), "score_points": str(points)}
        label = dict(ScoreKind.choices).get(stored["score_kind"], "")
        said.append(("更正后得分", f"{label} {format_points(points)}"))
    appeal_rulings.require_ruling(point, _ruling(stored, typed.get("reason", "")))
    return Answer(stored, tuple(said))


def _points(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refused(
            "no-points", _("Please enter the corrected score and which score it is."), "§6(7)", status=422
        )
    return found


def _ruling(stored: Mapping[str, str], reason: str) -> Ruling:
    points = stored.get("score_points")
    return Ruling(
        stored.get("outcome", ""), reason, stored.get("score_kind", ""), Decimal(points) if points else None
    )


def point_perform(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
    appeal_rulings.decide_from_minutes(
        by=hat,
        cycle=decision.cycle,
        point_id=decision.about_id,
        ruling=_ruling(decision.answer, decision.reason),
        minutes=minutes,
    )


def point_preview(decision: GroupDecision) -> foresight.Preview | None:
    point = _point(decision.cycle, decision.about_id)
    point.appeal.cycle = decision.cycle
    return appeal_rulings.preview_of(point, _ruling(decision.answer, decision.reason))


# Misconduct of an appraiser ------------------------------------------------------------------------

WANTED = {
    "confirm": FindingState.PROPOSED,
    "reject": FindingState.PROPOSED,
    "lift": FindingState.CONFIRMED,
}
WORDS = {"confirm": "认定", "reject": "不予认定", "lift": "解除"}
LABELS = {
    "confirm": gettext_lazy("put a finding about an appraiser in force"),
    "reject": gettext_lazy("reject a finding about an appraiser"),
    "lift": gettext_lazy("lift a finding about an appraiser"),
}


def _appraiser_matter(act: str) -> Callable[[Cycle, int], Matter]:
    def matter(cycle: Cycle, about_id: int) -> Matter:
        row = AppraiserFinding.objects.filter(cycle=cycle, pk=about_id).select_related("person").first()
        if row is None:
            raise nothing_here()
        appraisers.require_state(row, WANTED[act])
        return Matter(
            title=f"{WORDS[act]}考评人员弄虚作假：{row.person}",
            facts=(("考评人员", str(row.person)), ("查实情况", f"{row.what}（{row.on:%Y-%m-%d}）")),
            back=Way("appraisers"),
            first_by=row.decided_by_id if act == "lift" else row.proposed_by_id,
            barred=frozenset({row.person_id}),
        )

    return matter


def _appraiser_perform(act: str) -> Callable[[Hat, GroupDecision, Minutes], None]:
    def perform(hat: Hat, decision: GroupDecision, minutes: Minutes) -> None:
        cycle, pk, reason = decision.cycle, decision.about_id, decision.reason
        if act == "confirm":
            appraisers.confirm(by=hat, cycle=cycle, finding_id=pk, minutes=minutes)
        elif act == "reject":
            appraisers.reject(by=hat, cycle=cycle, finding_id=pk, reason=reason, minutes=minutes)
        else:
            appraisers.lift(by=hat, cycle=cycle, finding_id=pk, reason=reason, minutes=minutes)

    return perform


def connect() -> None:
    register(
        Deed(
            key=POINT,
            row=appeal_rulings.H06,
            label=gettext_lazy("decide a point of an appeal"),
            matter=point_matter,
            perform=point_perform,
            choices=point_choices,
            answer=point_answer,
            preview=point_preview,
        ),
        *(
            Deed(
                key=f"appraiser-{act}",
                row=appraisers.ROW,
                label=LABELS[act],
                matter=_appraiser_matter(act),
                perform=_appraiser_perform(act),
                needs_reason=act != "confirm",
            )
            for act in WANTED
        ),
    )
