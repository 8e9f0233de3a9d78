"""The page on which an amendment is put together and put forward: figures, texts and prizes, one form (§6(9)).

Everything typed travels with every click; what would move stands there before the first signature.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import amend_forms, amendment_checks
from awards.actions import rule_changes as acts
from awards.amendment_bench import amendment_bench
from awards.forms import AmendmentForm
from awards.rule_drafts import AMENDMENT, Draft
from awards.views.rule_changes import minutes_in, preview_of, read_all
from awards.views.shared import tabs
from office.refusal import Refused
from scoring import words_of_trials as words
from scoring.forms_of_trials import typed_steps
from scoring.trial_bench import Bench
from scoring.trial_queries import require_sensible
from scoring.trial_steps import Step, with_step, written
from scoring.views.trials import rule_choices
from units.forms import MinutesForm
from units.matrix import Role
from units.models import Block
from units.pages import PageRequest, page
from units.permissions import may

CHOSEN = frozenset({"rule", "tariff"})  # chosen from lists by a button of their own
LOOKING = frozenset({"add", "out", "show", "look"})  # buttons that sign nothing


@page("I06", "E14", methods=("GET", "POST"))
def amend(request: PageRequest) -> HttpResponse:
    """`step` are the changes so far; every POST reads the figures shown, and only “Sign first” signs."""
    cycle = request.cycle
    year = amendment_bench(cycle)
    given = request.POST if request.method == "POST" else request.GET
    steps = read_all(given.getlist("step"))
    refusal: Refused | None = None
    seen = list(steps)
    try:
        steps = _changed(year, request, steps)
    except Refused as refused:
        refusal = refused
    signing = request.method == "POST" and not LOOKING & given.keys()
    form = AmendmentForm(request.POST or None, request.FILES or None)
    if not signing:
        form = AmendmentForm(initial=given.dict())
    if request.hat.role is Role.OFFICE:
        form.fields.update(MinutesForm().fields)
    status = 200
    if signing and refusal is None:
        status = 422
        if steps != seen:
            refusal = Refused(
                "look-first",
                _("The changes typed last are now part of it. Look at what they move, then sign."),
                "§6(9)",
            )
        elif form.is_valid():
            try:
                acts.propose(
                    by=request.hat,
                    cycle=cycle,
                    draft=Draft(
                        kind=AMENDMENT,
                        steps=steps,
                        reason=form.cleaned_data["reason"],
                        wording=form.cleaned_data["wording"],
                        clause=form.cleaned_data["clause"],
                        on=form.cleaned_data["on"],
                    ),
                    minutes=minutes_in(request, form),
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                form.add_error(None, str(refused))
                status = refused.status
            else:
                messages.success(request, _("Put forward; it comes into force with the second signature."))
                return redirect("amendments", cycle.code)
    return render(
        request,
        "awards/amend.html",
        {
            "tabs": tabs(request),
            "form": form,
            "refusal": refusal,
            "sees_totals": may("G02", request.hat, cycle),
            "cancel_url": reverse("amendments", args=[cycle.code]),
            "steps": _said(year, steps),
            "follows": _follows(year, steps),
            "problem": _problem(year, steps) if refusal is None and not form.errors else "",
            "preview": preview_of(request, year, steps),
            **_rules(year, request, steps, keep=refusal is not None),
        },
        status=refusal.status if refusal else status,
    )


def _changed(year: Bench, request: PageRequest, steps: list[Step]) -> list[Step]:
    """The steps after what this click says; raises Refused for what cannot be read or could never hold."""
    typed = request.POST
    if request.method != "POST":
        return steps
    after = amend_forms.read_values(year, typed, steps)
    if typed.get("add", "") in CHOSEN:
        more, gone = typed_steps(year, typed, after)
        after = list(with_step([step for step in after if step not in gone], more))
    if "out" in typed:
        after = [step for step in after if written(step) != typed["out"]]
    amendment_checks.require_kind(AMENDMENT, after)
    for step in after:
        if step not in steps:
            require_sensible(year, step)
    return after


def _said(year: Bench, steps: list[Step]) -> list[dict[str, Any]]:
    out = []
    for step in steps:
        try:
            require_sensible(year, step)
        except Refused as refused:
            said = refused.sentence
        else:
            said = words.say(year, step)
        out.append({"written": written(step), "words": said})
    return out


def _sound(year: Bench, steps: list[Step]) -> bool:
    try:
        for step in steps:
            require_sensible(year, step)
    except Refused:
        return False
    return True


def _follows(year: Bench, steps: list[Step]) -> list[str]:
    """What follows of itself: bases of items, scores counted anew."""
    return words.say_all(year, steps)[len(steps) :] if _sound(year, steps) else []


def _problem(year: Bench, steps: list[Step]) -> str:
    """What still keeps these changes from being signed, told while they are put together."""
    if not steps or not _sound(year, steps):
        return ""
    try:
        amendment_checks.require_rules(year, steps)
    except Refused as refused:
        return refused.sentence
    return ""


def _rules(year: Bench, request: PageRequest, steps: list[Step], *, keep: bool) -> dict[str, Any]:
    """Everything that can be changed, for the block shown and the sub-item picked."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("show") or given.get("block", "")
    shown: Block | None = next((b for b in year.blocks if str(b.pk) == wanted), None)
    shown = shown or (year.blocks[0] if year.blocks else None)
    picked = given.get("of", "")
    of = int(picked) if picked.isdecimal() and len(picked) < 15 else None
    if of is not None and (shown is None or year.block_of_sub.get(of) != shown.pk):
        of = None
    values = amend_forms.Values(steps, request.POST if keep and request.method == "POST" else None)
    return {
        "shown": shown,
        "blocks": [(block.pk, block.name, block == shown) for block in year.blocks],
        "weights": amend_forms.weight_fields(year, shown, values),
        "sub": amend_forms.sub_item_fields(year, of, values),
        "prizes": amend_forms.prize_fields(year, values),
        "typed": given if keep else {},
        "opened": given.get("add", "") or given.get("look", ""),
        **{
            name: value
            for name, value in rule_choices(year, steps, shown).items()
            if name in {"sub_items", "what_rule", "tariff", "pools"}
        },
    }
