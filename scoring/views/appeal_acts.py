"""The acts on one appeal: file, withdraw, compare, answer, name who re-checks, re-check, decide its points.

A refusal shows the page again with its sentence and what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.models import User
from office.refusal import Refused
from scoring import appeal_queries
from scoring.actions import appeal_register, appeal_rulings, appeals
from scoring.actions.appeal_rulings import Ruling
from scoring.actions.appeals import PointDraft
from scoring.appeal_forms import AnswerForm, ReasonForm, RecheckForm, ReviewerForm, RulingForm
from scoring.group_deeds import POINT
from scoring.models import AppealPoint, Outcome, PointKind
from scoring.views.appeals import crumbs, kept_files, seen, show
from units import foresight
from units.matrix import Role
from units.pages import PageRequest, page


def _version(request: PageRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else -1


def _done(
    request: PageRequest,
    pk: int,
    act: Callable[[], object],
    said: str,
    forms: Callable[[], dict[str, Any]] | None = None,
) -> HttpResponse:
    """Do it and go back to the appeal; a refusal is shown there."""
    appeal = seen(request, pk)
    try:
        act()
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return show(request, appeal, refusal, forms() if forms is not None else None)
    messages.success(request, said)
    return redirect("appeal", request.cycle.code, pk)


@page("H02", methods=("POST",))
def appeal_file_it(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, version = request.hat, request.cycle, _version(request)
    return _done(
        request,
        pk,
        lambda: appeals.file_appeal(by=by, cycle=cycle, appeal_id=pk, version=version),
        _("Filed. The acknowledgement with its number is on this page."),
    )


@page("H01", methods=("POST",))
def appeal_remove_file(request: PageRequest, pk: int, file: int) -> HttpResponse:
    by, cycle = request.hat, request.cycle
    seen(request, pk)
    appeals.remove_file(by=by, cycle=cycle, appeal_id=pk, file_id=file)
    return redirect("appeal-edit", cycle.code, pk)


@page("H02", methods=("POST",))
def appeal_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, reason = request.hat, request.cycle, request.POST.get("reason", "")[:300]
    return _done(
        request,
        pk,
        lambda: appeals.withdraw(by=by, cycle=cycle, appeal_id=pk, reason=reason),
        _("Taken back."),
        lambda: {"withdraw_form": ReasonForm(request.POST)},
    )


@page("E14", methods=("POST",))
def appeal_compare(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, version = request.hat, request.cycle, _version(request)
    return _done(
        request,
        pk,
        lambda: appeal_register.compare(by=by, cycle=cycle, appeal_id=pk, version=version),
        _("Compared with the paper; now somebody is named to re-check."),
    )


@page("E14", methods=("POST",))
def appeal_answer(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, reply = request.hat, request.cycle, request.POST.get("reply", "")
    return _done(
        request,
        pk,
        lambda: appeal_register.answer(by=by, cycle=cycle, appeal_id=pk, reply=reply),
        _("Answered and closed."),
        lambda: {"answer_form": AnswerForm(request.POST)},
    )


@page("H04", methods=("POST",))
def appeal_reviewer(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, version = request.hat, request.cycle, _version(request)
    text = request.POST.get("reviewer", "")
    chosen = User.objects.filter(pk=int(text), is_active=True).first() if text.isdecimal() else None

    def act() -> None:
        if chosen is None:
            raise Refused("no-reviewer", _("Please choose who re-checks."), "§6(7)", status=422)
        appeals.name_reviewer(by=by, cycle=cycle, appeal_id=pk, reviewer=chosen, version=version)

    def forms() -> dict[str, Any]:
        people = appeal_queries.candidates(seen(request, pk))
        return {"reviewer_form": ReviewerForm(request.POST, people=people)}

    return _done(request, pk, act, _("Named; the re-check is in the reviewer's inbox."), forms)


@page("H04", methods=("POST",))
def appeal_add_point(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle = request.hat, request.cycle
    kind, _sign, number = request.POST.get("point", "").partition(":")
    target = int(number) if number.isdecimal() else 0

    def act() -> None:
        if kind not in {PointKind.SCORE, PointKind.INVOLVEMENT, PointKind.ADJUSTMENT}:
            raise Refused("no-point", _("Please choose the score or paper that is meant."), status=422)
        draft = (
            PointDraft(kind, adjustment_id=target)
            if kind == PointKind.ADJUSTMENT
            else PointDraft(kind, cell_id=target)
        )
        appeals.add_point(by=by, cycle=cycle, appeal_id=pk, draft=draft)

    return _done(request, pk, act, _("Added; it is decided with the others."))


@page("H05", methods=("POST",))
def appeal_recheck(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle = request.hat, request.cycle
    appeal = seen(request, pk)
    if appeal.reviewer_id != by.user.pk:
        raise appeals.not_found()

    def act() -> None:
        appeals.record_recheck(
            by=by,
            cycle=cycle,
            appeal_id=pk,
            text=request.POST.get("text", ""),
            advice=request.POST.get("advice", ""),
            files=kept_files(request, by, "file"),
        )

    return _done(
        request,
        pk,
        act,
        _("Recorded; the appeal can be decided now."),
        lambda: {"recheck_form": RecheckForm(request.POST)},
    )


# Deciding a point --------------------------------------------------------------------------------


def _point(request: PageRequest, pk: int) -> AppealPoint:
    """The point of an appeal within the hat's sight."""
    rows = AppealPoint.objects.filter(pk=pk, appeal__cycle=request.cycle).values_list("appeal", flat=True)
    appeal_id = rows.first()
    if appeal_id is None:
        raise appeals.not_found()
    appeal = seen(request, appeal_id)
    point = next(one for one in appeal.points.all() if one.pk == pk)
    point.appeal = appeal
    return point


@page("H06", methods=("GET", "POST"))
def appeal_rule(request: PageRequest, pk: int) -> HttpResponse:
    """The first person: what is stored, the decision, who moves, the signature."""
    by, cycle = request.hat, request.cycle
    point = _point(request, pk)
    facts = appeal_queries.facts_of(point)
    kinds = facts.kinds if point.kind == PointKind.SCORE else []
    form = RulingForm(request.POST or None, kinds=kinds)
    refusal: Refused | None = None
    preview: foresight.Preview | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        ruling = Ruling(
            values["outcome"], values["reason"], values.get("score_kind", ""), values.get("score_points")
        )
        try:
            preview = _look_ahead(request, point, ruling)
            if preview is None or request.POST.get(foresight.SEEN) == preview.digest:
                appeal_rulings.sign_first(
                    by=by,
                    cycle=cycle,
                    point_id=pk,
                    ruling=ruling,
                    seen=preview.digest if preview is not None else None,
                    version=_version(request),
                )
                messages.success(request, _("Signed. A second person signs; nothing is corrected before."))
                return redirect("appeal", cycle.code, point.appeal_id)
        except Refused as refused:
            if refused.status == 404:
                raise
            refusal = refused
    return render(
        request,
        "scoring/appeal_ruling.html",
        {
            "point": point,
            "appeal": point.appeal,
            "facts": facts,
            "form": form,
            "preview": preview,
            "needs_leaders": preview is not None and preview.is_weighty and by.role is Role.OFFICE,
            "minutes_url": reverse("minutes-enter", args=[cycle.code, POINT, point.pk]),
            "correction": _correction_words(point),
            "refusal": refusal,
            "breadcrumbs": crumbs(
                cycle,
                (point.appeal.code, reverse("appeal", args=[cycle.code, point.appeal_id])),
                (_("Decide this point"), ""),
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200 if form.is_valid() or request.method == "GET" else 422,
    )


def _look_ahead(request: PageRequest, point: AppealPoint, ruling: Ruling) -> foresight.Preview | None:
    """The list for an upheld point; what could not be signed anyway is refused before anything is shown."""
    if ruling.outcome not in {Outcome.UPHELD, Outcome.KEPT}:
        raise Refused("no-outcome", _("Please say how it is decided."), "§6(7)", status=422)
    if not ruling.reason.strip():
        raise Refused("no-reason", _("A decision needs a reason; it stands in the letter."), status=422)
    appeals.require_impartial("H06", request.hat, point.appeal)
    return appeal_rulings.preview_of(point, ruling)


def _correction_words(point: AppealPoint) -> str:
    """What “corrected” means for this point."""
    if point.kind == PointKind.INVOLVEMENT and point.cell is not None:
        if point.cell.involvement == "confirmed":
            return _("Corrected: the sub-item involves the unit after all, its own scores count again.")
        return _("Corrected: the sub-item hardly involves the unit, the mean of the others counts.")
    if point.adjustment is not None:
        if point.adjustment.state == "verified":
            return _("Corrected: the paper no longer counts.")
        return _("Corrected: the paper counts from the second signature on.")
    if point.kind == PointKind.OTHER:
        return _(
            "This names no score or paper; add what it is about on the appeal's page to correct something."
        )
    return _("Corrected: the score you enter takes the place of the stored one.")


@page("H06", methods=("GET", "POST"))
def appeal_sign(request: PageRequest, pk: int) -> HttpResponse:
    """The second person: the first one's decision, who moves as of now, the signature that corrects."""
    by, cycle = request.hat, request.cycle
    point = _point(request, pk)
    if not point.is_signed_first:
        return redirect("appeal", cycle.code, point.appeal_id)
    appeals.require_impartial("H06", by, point.appeal)
    ruling = appeal_rulings.stored_ruling(point)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            appeal_rulings.sign_second(
                by=by,
                cycle=cycle,
                point_id=pk,
                seen=request.POST.get(foresight.SEEN, ""),
                version=_version(request),
            )
        except Refused as refused:
            if refused.status == 404:
                raise
            refusal = refused
        else:
            messages.success(
                request,
                _("Decided and corrected; the places are up to date.")
                if ruling.outcome == Outcome.UPHELD
                else _("Decided: it stays as it is."),
            )
            return redirect("appeal", cycle.code, point.appeal_id)
    return render(
        request,
        "scoring/appeal_sign.html",
        {
            "point": point,
            "appeal": point.appeal,
            "facts": appeal_queries.facts_of(point),
            "correction": _correction_words(point) if ruling.outcome == Outcome.UPHELD else "",
            "preview": appeal_rulings.preview_of(point, ruling),
            "is_mine": point.first_by_id == by.user.pk,
            "places": cycle.places,
            "refusal": refusal,
            "breadcrumbs": crumbs(
                cycle,
                (point.appeal.code, reverse("appeal", args=[cycle.code, point.appeal_id])),
                (_("Sign as the second person"), ""),
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("H06", methods=("POST",))
def appeal_send_back(request: PageRequest, pk: int) -> HttpResponse:
    by, cycle, reason = request.hat, request.cycle, request.POST.get("reason", "")[:300]
    point = _point(request, pk)
    return _done(
        request,
        point.appeal_id,
        lambda: appeal_rulings.send_back(by=by, cycle=cycle, point_id=pk, reason=reason),
        _("It is open again."),
    )
