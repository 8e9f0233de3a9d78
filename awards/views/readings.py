"""The register of readings 口径登记: questions, answers, who decided, what each alternative would change now.

Everybody reads the answers (B01); what would move is for those who may see totals now (G02).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import readings as effects
from awards.actions import readings as acts
from awards.forms import QuestionForm, ReasonForm, RulingForm
from awards.models import ReadingRuling
from awards.remembered import remembered
from awards.views.minutes import RULING, shown
from awards.views.shared import ask, tabs, way
from office.refusal import Refused
from units.forms import MinutesForm
from units.matrix import Role
from units.models import Cycle, Reading
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group
from units.readings import BY_CODE, QUESTIONS


@page("B01")
def register(request: PageRequest) -> HttpResponse:
    """R1 to R12 and the office's own questions."""
    cycle = request.cycle
    prefetch_related_objects([cycle], "readings__decided_by")
    sees_totals = may("G02", request.hat, cycle)
    found = remembered(cycle, "effects", lambda: effects.effects_of(cycle)) if sees_totals else []
    chosen = {r.code: r for r in cycle.readings.all()}
    open_rulings = {
        r.reading.code: r
        for r in ReadingRuling.objects.filter(
            reading__cycle=cycle, state=ReadingRuling.State.OPEN
        ).select_related("reading", "first_by", "minutes")
    }
    rules = _may_rule(request)
    rows = [
        _row(request, question.code, chosen.get(question.code), open_rulings.get(question.code), found, rules)
        for question in QUESTIONS
    ]
    own = [
        _row(request, code, reading, open_rulings.get(code), found, rules)
        for code, reading in chosen.items()
        if code not in BY_CODE and effects.question_of(code, reading) is not None
    ]
    undecided = [row["code"] for row in rows if row["decided_at"] is None]
    return render(
        request,
        "awards/readings.html",
        {
            "tabs": tabs(request),
            "rows": rows,
            "own": own,
            "ask_url": way(request, "readings-ask") if rules else "",
            "sees_totals": sees_totals,
            "holding": [row["code"] for row in [*rows, *own] if row["holds"]],
            "undecided": undecided,
            "all_url": way(request, "readings-rule-all") if rules and undecided else "",
            "confirm_url": way(request, "readings-confirm") if rules and open_rulings else "",
            "waiting": list(open_rulings.values()),
            "scans": _scans(cycle, open_rulings.values())
            if rules and request.hat.role is Role.OFFICE
            else [],
        },
    )


def _scans(cycle: Cycle, rulings: Iterable[ReadingRuling]) -> list[dict[str, object]]:
    """The minutes that wait to be compared, each once though it decides many readings."""
    by_file = {ruling.minutes_id: shown(cycle, RULING, ruling) for ruling in rulings}
    return [scan for scan in by_file.values() if scan is not None]


def _may_rule(request: PageRequest) -> bool:
    if request.hat.role is Role.OFFICE:
        return may_on_behalf_of_group("I06", request.hat, request.cycle)
    return request.hat.role is Role.LEADING_GROUP and may("I06", request.hat, request.cycle)


def _row(
    request: PageRequest,
    code: str,
    reading: Reading | None,
    waiting: ReadingRuling | None,
    found: list[effects.Effect],
    rules: bool,
) -> dict[str, Any]:
    question = effects.question_of(code, reading)
    assert question is not None  # the caller shows questions only
    in_force = effects.choice_in_force(request.cycle, question, reading)
    by_choice = {effect.choice: effect for effect in found if effect.code == code}
    alternatives = [
        {
            "choice": choice,
            "words": words,
            "in_force": choice == in_force,
            "shipped": code in BY_CODE and choice == question.shipped,
            "effect": by_choice.get(choice)
            if code in BY_CODE
            else None
            if choice == in_force
            else effects.Effect(code, choice, is_known=False),
        }
        for choice, words in question.alternatives
    ]
    decided_at = reading.decided_at if reading is not None else None
    return {
        "code": code,
        "question": question.words,
        "alternatives": alternatives,
        "reading": reading,
        "figures": _figures(reading),
        "decided_at": decided_at,
        "waiting": waiting,
        "waiting_words": dict(question.alternatives).get(waiting.choice, "") if waiting else "",
        "holds": decided_at is None
        and (code not in BY_CODE or any(effect.changes_something for effect in by_choice.values())),
        "is_own": code not in BY_CODE,
        "rule_url": way(request, "reading-rule", code) if rules else "",
        "drop_url": way(request, "reading-drop", waiting.pk) if rules and waiting else "",
        "mine": waiting is not None and waiting.first_by_id == request.user.pk,
    }


def _words(code: str, choice: str) -> object:
    return dict(BY_CODE[code].alternatives).get(choice, choice)


def _figures(reading: Reading | None) -> str:
    if reading is None or reading.code != "R9" or reading.choice != "mix":
        return ""
    return f"{reading.parameters.get('p')} : {reading.parameters.get('q')}"


def _rule(request: PageRequest, reading: str) -> HttpResponse:
    cycle = request.cycle
    stored = cycle.readings.filter(code=reading).first()
    question = effects.question_of(reading, stored)
    if question is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    data, uploads = request.POST or None, request.FILES or None
    form = RulingForm(
        data,
        uploads,
        choices=question.alternatives,
        with_mix=reading == "R9",
        initial={"choice": effects.choice_in_force(cycle, question, stored)},
    )
    return ask(
        request,
        _with_minutes(request, form),
        lambda: acts.propose_rulings(
            by=request.hat,
            cycle=cycle,
            answers={reading: (form.cleaned_data["choice"], form.figures())},
            reason=form.cleaned_data["reason"],
            minutes=_minutes(request, form),
        ),
        title=f"{reading} · {question.words}",
        question=_("The answer comes into force when a second person signs it."),
        button=_("Sign first"),
        back=reverse("readings", args=[cycle.code]),
    )


def _with_minutes(request: PageRequest, form: forms.Form) -> forms.Form:
    """The office adds the meeting; the leading group signs for itself."""
    if request.hat.role is Role.OFFICE:
        form.fields.update(MinutesForm().fields)
    return form


def _minutes(request: PageRequest, form: forms.Form) -> Any:
    return MinutesForm.minutes(form, request.user) if request.hat.role is Role.OFFICE else None  # type: ignore[arg-type]  # the same fields


@page("I06", methods=("GET", "POST"))
def rule_group(request: PageRequest, reading: str) -> HttpResponse:
    return _rule(request, reading)


@page("E14", methods=("GET", "POST"))
def rule_office(request: PageRequest, reading: str) -> HttpResponse:
    return _rule(request, reading)


def _ask_question(request: PageRequest) -> HttpResponse:
    form = QuestionForm(request.POST or None)
    return ask(
        request,
        form,
        lambda: acts.ask_question(
            by=request.hat,
            cycle=request.cycle,
            question=form.cleaned_data["question"],
            answers=form.cleaned_data["answers"].splitlines(),
        ),
        title=_("Enter a question of one's own"),
        question=_("An open question holds the approval until two persons have decided it."),
        button=_("Enter"),
        back=reverse("readings", args=[request.cycle.code]),
    )


@page("I06", methods=("GET", "POST"))
def ask_group(request: PageRequest) -> HttpResponse:
    return _ask_question(request)


@page("E14", methods=("GET", "POST"))
def ask_office(request: PageRequest) -> HttpResponse:
    return _ask_question(request)


def _rule_all(request: PageRequest) -> HttpResponse:
    """Every open question as it stands now, in one act."""
    cycle = request.cycle
    answers = _answers_in_force(cycle)
    form = _with_minutes(request, ReasonForm(request.POST or None, request.FILES or None))
    return ask(
        request,
        form,
        lambda: acts.propose_rulings(
            by=request.hat,
            cycle=cycle,
            answers=answers,
            reason=form.cleaned_data["reason"],
            minutes=_minutes(request, form),
        ),
        title=_("Decide the open questions as they stand"),
        question=_("These answers come into force when a second person signs them."),
        consequences=[f"{code} · {_words(code, choice)}" for code, (choice, _figures) in answers.items()],
        button=_("Sign first"),
        back=reverse("readings", args=[cycle.code]),
    )


def _answers_in_force(cycle: Cycle) -> dict[str, tuple[str, dict[str, object]]]:
    chosen = {r.code: r for r in cycle.readings.all()}
    answers: dict[str, tuple[str, dict[str, object]]] = {}
    for question in QUESTIONS:
        reading = chosen.get(question.code)
        if reading is None or reading.decided_at is None:
            choice = effects.choice_in_force(cycle, question, reading)
            answers[question.code] = (choice, dict(reading.parameters) if reading else {})
    return answers


@page("I06", methods=("GET", "POST"))
def rule_all_group(request: PageRequest) -> HttpResponse:
    return _rule_all(request)


@page("E14", methods=("GET", "POST"))
def rule_all_office(request: PageRequest) -> HttpResponse:
    return _rule_all(request)


def _confirm(request: PageRequest) -> HttpResponse:
    chosen = [int(pk) for pk in request.POST.getlist("ruling") if pk.isdigit()]
    decided = acts.confirm_rulings(by=request.hat, cycle=request.cycle, rulings=chosen)
    messages.success(
        request,
        _("In force: %(codes)s. Every standing they touch was computed anew.")
        % {"codes": "、".join(reading.code for reading in decided)},
    )
    return redirect("readings", request.cycle.code)


@page("I06", methods=("POST",))
def confirm_group(request: PageRequest) -> HttpResponse:
    return _confirm(request)


@page("E14", methods=("POST",))
def confirm_office(request: PageRequest) -> HttpResponse:
    return _confirm(request)


def _drop(request: PageRequest, pk: int) -> HttpResponse:
    acts.drop_ruling(by=request.hat, cycle=request.cycle, ruling=pk)
    messages.success(request, _("Withdrawn; nothing was changed."))
    return redirect("readings", request.cycle.code)


@page("I06", methods=("POST",))
def drop_group(request: PageRequest, pk: int) -> HttpResponse:
    return _drop(request, pk)


@page("E14", methods=("POST",))
def drop_office(request: PageRequest, pk: int) -> HttpResponse:
    return _drop(request, pk)
