"""The call page: the office is on the phone; three letters of a unit and everything one may say today.

Names are found by any part of a name, a short name, an absorbed office, an alias or pinyin initials.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from office.fields import from_units
from scoring import unit_facts
from units import permissions, stages
from units.models import STAGE_LABELS, Cycle, Membership
from units.names import normalise
from units.pages import PageRequest, page
from units.pinyin import initials
from units.stages import Stage

MOST_OTHERS = 12


@page("L15")
def call(request: PageRequest) -> HttpResponse:
    cycle = request.cycle
    query = request.GET.get("q", "").strip()
    hits = search(cycle, query) if query else []
    exact = [m for m in hits if normalise(query) in {normalise(m.unit.name), normalise(m.unit.short_name)}]
    wanted = [m for m in exact if str(m.block_id) == request.GET.get("block")]
    chosen = (wanted or exact or hits)[:1]
    others = [m for m in hits if m not in chosen][:MOST_OTHERS]
    template = "appraisal_site/parts/call_results.html" if request.htmx else "appraisal_site/call.html"
    return render(
        request,
        template,
        {
            "query": query,
            "search_url": reverse("call", args=[cycle.code]),
            "places": cycle.places,
            "results": [_result(cycle, m) for m in chosen],
            "others": [
                (
                    m.unit.name,
                    m.block.name,
                    reverse("call", args=[cycle.code])
                    + "?"
                    + urlencode({"q": m.unit.name, "block": m.block_id}),
                )
                for m in others
            ],
        },
    )


def search(cycle: Cycle, query: str) -> list[Membership]:
    """Memberships whose unit answers to the query, comprehensive blocks and the plan's order first."""
    plain = normalise(query).lower()
    if not plain:
        return []
    members = (
        Membership.objects.filter(block__cycle=cycle)
        .select_related("unit", "block")
        .prefetch_related("unit__other_names")
        .order_by("block__order", "unit__order", "pk")
    )
    found = []
    for member in members:
        unit = member.unit
        names = [unit.name, unit.short_name, *(n.name for n in unit.other_names.all())]
        phones = [unit.mobile, unit.office_phone] if plain.isdecimal() else []
        if any(plain in normalise(n).lower() or plain in initials(n) for n in names if n) or any(
            plain in phone.replace("-", "") for phone in phones
        ):
            found.append(member)
    return found


def _result(cycle: Cycle, member: Membership) -> dict[str, Any]:
    block = member.block
    block.cycle = cycle
    facts = unit_facts.facts_of(member, block)
    result = unit_facts.result_context(facts)
    gaps = {step.kind: step for step in facts.trace.gaps}
    above, first = gaps.get("to-above"), gaps.get("to-first")
    stage = permissions.stage_of(cycle, block)
    may_tell = stage in stages.between(Stage.RESULTS, Stage.FILED)
    unit = member.unit
    return {
        "unit": unit.name,
        "block": block.name,
        "contact": unit.contact,
        "phone": unit.mobile or unit.office_phone,
        "sheet_url": reverse("unit-sheet", args=[cycle.code, unit.name]) + f"?block={block.pk}",
        "print_url": "",
        "note_url": "",
        **{k: result[k] for k in ("rank", "shared", "unit_count", "final", "provisional", "missing")},
        "may_tell": may_tell,
        "may_tell_sentence": _tell(stage, may_tell),
        "gap_next": from_units(above.gap, cycle.places) if above else None,
        "next_unit": "、".join(above.units) if above else "",
        "gap_first": from_units(first.gap, cycle.places) if first else None,
        "deductions": list(unit_facts.deductions_of(facts)),
        "additions": [
            {"label": a["label"], "points": a["points"], "paper": a["sentence"], "paper_url": ""}
            for a in unit_facts.addition_steps(facts)
        ],
    }


def _tell(now: Stage, may_tell: bool) -> str:
    stage = STAGE_LABELS[now]
    if may_tell:
        return _("At the stage “%(stage)s” the unit may hear its own figures; of others, nothing.") % {
            "stage": stage
        }
    return _(
        "At the stage “%(stage)s” figures are not out yet: say what is missing and what was deducted, no place and no score."
    ) % {"stage": stage}
