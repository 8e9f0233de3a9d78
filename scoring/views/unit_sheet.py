"""The unit sheet 单位成绩单: the result, one sentence why, and the whole sum down to paper and person.

A unit sees its own from the results stage on (G03); others see it with the totals (G02).
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from scoring import unit_facts, words
from scoring.views.shared import crumbs, nothing_here
from units import permissions
from units.matrix import Role
from units.models import Membership
from units.pages import PageRequest, page


@page("G03")
def unit_sheet(request: PageRequest, name: str) -> HttpResponse:
    """`?block=` chooses among the unit's blocks; its comprehensive one comes first."""
    cycle, hat = request.cycle, request.hat
    members = list(
        Membership.objects.filter(block__cycle=cycle, unit__name=name)
        .select_related("unit", "block", "tally")
        .prefetch_related("unit__other_names")
        .order_by("block__order", "block_id")
    )
    if not members:
        raise nothing_here()
    unit = members[0].unit
    is_own = hat.role in {Role.OFFICIAL, Role.PRINCIPAL}
    # Whose sheet it is comes before which of its blocks: a foreign one is 404 either way.
    if is_own and unit.pk != hat.unit_id:
        raise nothing_here()
    wanted = request.GET.get("block", str(members[0].block_id))
    member = next((m for m in members if str(m.block_id) == wanted), None)
    if member is None:
        raise nothing_here()
    block = member.block
    block.cycle = cycle
    permissions.require("G03" if is_own else "G02", hat, cycle, unit_id=unit.pk, block=block)
    # Before publication a unit hears nothing of the others: neither who is first nor how far away.
    sees_others = not is_own or permissions.may("A02", hat, cycle, block=block)
    facts = unit_facts.facts_of(member, block)
    tally = getattr(member, "tally", None)
    return render(
        request,
        "scoring/unit_sheet.html",
        {
            "breadcrumbs": crumbs(
                cycle,
                (_("Board"), reverse("board", args=[cycle.code]) if not is_own else ""),
                (unit.name, ""),
            ),
            "unit": {
                "name": unit.name,
                "short_name": unit.short_name,
                "kind": unit.get_kind_display(),
                "absorbed": [n.name for n in unit.other_names.all() if n.kind == "absorbed"],
                "block": block.name,
                "superior": unit.superior_leader,
                "principal": unit.principal,
            },
            "memberships": [
                (
                    m.block.name,
                    reverse("unit-sheet", args=[cycle.code, unit.name]) + f"?block={m.block_id}",
                    m is member,
                )
                for m in members
            ],
            "places": cycle.places,
            "result": unit_facts.result_context(
                facts, vetoed=_("in force") if tally and tally.is_barred else ""
            ),
            "why": words.why_place(facts.trace),
            "gaps": unit_facts.gap_lines(facts) if sees_others else [],
            "picture": unit_facts.strengths(facts),
            "picture_note": words.picture_note(facts.trace),
            "items": unit_facts.item_context(
                facts, cycle.code, link_cells=not is_own, name_others=sees_others
            ),
            "additions": unit_facts.addition_steps(facts),
            "sum_line": words.sum_line(facts.trace),
            "board_url": reverse("board", args=[cycle.code]) if not is_own else "",
        },
    )
