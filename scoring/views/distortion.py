"""Distortion 失真核查 (§8(3)): findings with their figures, worst first; nominal beside effective weight; the limits.

Findings are computed by scoring.distortion; what is done about one is in scoring.actions.distortion.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring import distortion_facts
from scoring.actions import distortion as acts
from scoring.distortion import Kind, Weight, two_decimals
from scoring.distortion_facts import Looked
from scoring.forms_review import LimitsForm
from scoring.models import SubItem
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs
from scoring.words_of_distortion import kind_label, sentence
from units.matrix import Role
from units.pages import PageRequest, page

PER_PAGE = 60
STATES = ("open", "seen", "dismissed")
GRAVE, MARKED = 200, 100  # per mille from which a light is red, amber
REVIEWS = frozenset({Role.OFFICE, Role.REVIEWER})


def state_label(state: str) -> str:
    return {"open": _("open"), "seen": _("seen"), "dismissed": _("dismissed")}[state]


def findings_for(request: PageRequest) -> list[Looked]:
    hat, cycle = request.hat, request.cycle
    found = distortion_facts.seen_by(hat, cycle, distortion_facts.find(cycle))
    return distortion_facts.looked_at(cycle, found)


def _line(request: PageRequest, one: Looked) -> dict[str, Any]:
    cycle, hat, found = request.cycle, request.hat, one.found
    url = ""
    if found.cell is not None:
        url = reverse("review-cell" if hat.role in REVIEWS else "cell", args=[cycle.code, found.cell])
    elif found.unit is not None and hat.role in REVIEWS:
        url = reverse("review-unit", args=[cycle.code, one.unit])
    elif found.kind is Kind.FLAT_LEAD:
        url = reverse("distortion-weights", args=[cycle.code])
    return {
        "one": one,
        "label": kind_label(found.kind),
        "sentence": sentence(found),
        "light": "red" if found.severity >= GRAVE else "amber" if found.severity >= MARKED else "off",
        "url": url,
        "state": one.state,
        "state_label": state_label(one.state),
        "may_act": found.unit is None or not hat.is_tied_to(found.unit, cycle.pk),
    }


@page("E13")
def distortion(request: PageRequest) -> HttpResponse:
    """`?kind=`, `?state=` (open by default), `?block=`; `?key=` one finding alone."""
    return _show(request)


def _show(
    request: PageRequest, refusal: Refused | None = None, typed: tuple[str, str] = ("", "")
) -> HttpResponse:
    cycle = request.cycle
    every = findings_for(request)
    state = request.GET.get("state", "open")
    state = state if state in {*STATES, "all"} else "open"
    kind, block = request.GET.get("kind", ""), request.GET.get("block", "")
    key = request.GET.get("key", "")
    if key:  # one finding, whatever became of it: the way from a review row
        every = [one for one in every if one.found.key == key]
        state = "all"
    shown = [
        one
        for one in every
        if (state == "all" or one.state == state)
        and (not kind or one.found.kind == kind)
        and (not block or one.block == block)
    ]
    by_kind = Counter(one.found.kind for one in every if one.state == "open")
    by_state = Counter(one.state for one in every)
    listed = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "scoring/distortion.html",
        {
            "page": listed,
            "lines": [_line(request, one) for one in listed.object_list],
            "query": f"kind={kind}&state={state}&block={block}&",
            "kinds": [(k.value, kind_label(k), by_kind[k]) for k in Kind],
            "kind": kind,
            "states": [(s, state_label(s), by_state[s]) for s in STATES],
            "state": state,
            "blocks": sorted({one.block for one in every if one.block}),
            "block_name": block,  # “block” itself is the template language's own
            "typed": typed,
            "weights_url": reverse("distortion-weights", args=[cycle.code]),
            "limits_url": reverse("distortion-limits", args=[cycle.code]),
            "xlsx_url": reverse("distortion-xlsx", args=[cycle.code]),
            "refusal": refusal,
            "cycle": cycle,
        },
        status=refusal.status if refusal else 200,
    )


@page("E13")
def distortion_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    rows: list[list[Value]] = []
    for one in findings_for(request):
        done = one.dismissal if one.state != "open" else None
        rows.append(
            [
                kind_label(one.found.kind),
                one.block,
                one.unit or one.lead,
                one.sub_item,
                sentence(one.found),
                one.found.severity,
                state_label(one.state),
                done.reason if done else "",
                str(done.by) if done else "",
            ]
        )
    sheet = SheetOut(
        _("Distortion"),
        [
            ColumnOut(_("Kind")),
            ColumnOut(_("Block")),
            ColumnOut(_("Unit or lead")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Finding")),
            ColumnOut(_("Severity, per mille"), "whole"),
            ColumnOut(_("State")),
            ColumnOut(_("Reason")),
            ColumnOut(_("By")),
        ],
        rows,
        frozen_columns=3,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Distortion')}.xlsx")


@page("E13", methods=("POST",))
def act(request: PageRequest, act: str) -> HttpResponse:
    """dismiss one with a reason, seen for those ticked, open one again."""
    by, cycle = request.hat, request.cycle
    key, reason = request.POST.get("key", ""), request.POST.get("reason", "")
    try:
        if act == "dismiss":
            acts.dismiss(by=by, cycle=cycle, key=key, reason=reason)
            said = _("Dismissed. Should its figures move it stands here again.")
        elif act == "seen":
            count = len(acts.mark_seen(by=by, cycle=cycle, keys=request.POST.getlist("keys")))
            said = _("%(count)d findings are marked as seen.") % {"count": count}
        elif act == "open":
            acts.open_again(by=by, cycle=cycle, key=key)
            said = _("The finding stands in the list again.")
        else:
            raise Refused("not-found", _("There is no such record."), status=404)
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _show(request, refused, (key, reason))
    messages.success(request, said)
    back = {name: request.POST.get(name, "") for name in ("kind", "state", "block")}
    query = "&".join(f"{name}={value}" for name, value in back.items() if value)
    return redirect(reverse("distortion", args=[cycle.code]) + (f"?{query}" if query else ""))


@page("E13", methods=("GET", "POST"))
def limits(request: PageRequest) -> HttpResponse:
    """From where on a figure is listed; the office sets it, others read it."""
    cycle = request.cycle
    now = distortion_facts.limits_of(cycle)
    form = LimitsForm(request.POST or None, initial={name: getattr(now, name) for name in acts.LIMITS})
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            acts.set_limits(by=request.hat, cycle=cycle, limits=form.cleaned_data)
        except Refused as refused:
            if refused.status == 403:
                raise
            refusal = refused
        else:
            messages.success(request, _("The limits are set."))
            return redirect("distortion", cycle.code)
    title = _("Limits of distortion")
    return render(
        request,
        "scoring/distortion_limits.html",
        {
            "form": form if request.hat.role is Role.OFFICE else None,
            "facts": [(field.label, f"{field.initial} %") for field in form],
            "refusal": refusal,
            "page_title": title,
            "breadcrumbs": crumbs(
                cycle, (_("Distortion"), reverse("distortion", args=[cycle.code])), (title, "")
            ),
            "cycle": cycle,
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _weight_line(weight: Weight, names: dict[int, tuple[str, str, str]], most: float) -> dict[str, Any]:
    name, block, lead = names[weight.sub_item]
    return {
        "name": name,
        "block": block,
        "lead": lead,
        "units": weight.units,
        "least": weight.least,
        "most": weight.most,
        "nominal": two_decimals(weight.nominal),
        "decides": two_decimals(weight.decides),
        "effective": two_decimals(weight.effective),
        "nominal_bar": round(float(weight.nominal) / most * 100, 1),  # a picture, not a figure
        "effective_bar": round(float(weight.effective) / most * 100, 1),
        "is_flat": weight.effective * 5 < weight.nominal,
    }


def _weight_lines(request: PageRequest) -> list[dict[str, Any]]:
    made = distortion_facts.weights_of(request.hat, request.cycle)
    names = {
        pk: (name, block, lead or "—")
        for pk, name, block, lead in SubItem.objects.filter(item__block__cycle=request.cycle).values_list(
            "pk", "name", "item__block__name", "lead__name"
        )
    }
    most = max((float(max(w.nominal, w.effective)) for w in made), default=1.0) or 1.0
    return [_weight_line(weight, names, most) for weight in made]


@page("E13")
def weights(request: PageRequest) -> HttpResponse:
    """What each sub-item is meant to weigh, and what its lead's scores let it weigh."""
    cycle = request.cycle
    return render(
        request,
        "scoring/distortion_weights.html",
        {
            "lines": _weight_lines(request),
            "places": cycle.places,
            "xlsx_url": reverse("distortion-weights-xlsx", args=[cycle.code]),
            "page_title": _("Nominal and effective weight"),
            "breadcrumbs": crumbs(
                cycle,
                (_("Distortion"), reverse("distortion", args=[cycle.code])),
                (_("Nominal and effective weight"), ""),
            ),
            "cycle": cycle,
        },
    )


@page("E13")
def weights_xlsx(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    sheet = SheetOut(
        _("Nominal and effective weight"),
        [
            ColumnOut(_("Block")),
            ColumnOut(_("Sub-item")),
            ColumnOut(_("Lead")),
            ColumnOut(_("Units scored"), "whole"),
            ColumnOut(_("Least"), "number", cycle.places),
            ColumnOut(_("Most"), "number", cycle.places),
            ColumnOut(_("Nominal weight")),
            ColumnOut(_("Effective weight")),
            ColumnOut(_("Best above worst")),
        ],
        [
            [
                line["block"],
                line["name"],
                line["lead"],
                line["units"],
                line["least"],
                line["most"],
                line["nominal"],
                line["effective"],
                line["decides"],
            ]
            for line in _weight_lines(request)
        ],
        frozen_columns=2,
        spare_rows=0,
    )
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Nominal and effective weight')}.xlsx")
