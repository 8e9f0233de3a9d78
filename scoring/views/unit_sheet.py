"""The unit sheet 单位成绩单: the result, one sentence why, and the whole sum down to paper and person.

A unit sees its own from the results stage on (G03); others see it with the totals (G02).
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from scoring import result_letters, unit_facts, words
from scoring.views.shared import crumbs, nothing_here
from units import permissions, stages
from units.matrix import Role
from units.models import Block, Membership
from units.pages import PageRequest, page

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})


def members_shown(request: PageRequest, name: str) -> tuple[list[Membership], Membership]:
    """The unit's memberships and the one asked for, its block with the year; 404 for a foreign unit's."""
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
    is_own = hat.role in OWN
    # Whose sheet it is comes before which of its blocks: a foreign one is 404 either way.
    if is_own and unit.pk != hat.unit_id:
        raise nothing_here()
    wanted = request.GET.get("block", str(members[0].block_id))
    member = next((m for m in members if str(m.block_id) == wanted), None)
    if member is None:
        raise nothing_here()
    member.block.cycle = cycle
    permissions.require("G03" if is_own else "G02", hat, cycle, unit_id=unit.pk, block=member.block)
    return members, member


def member_shown(request: PageRequest, name: str) -> tuple[Membership, Block]:
    """The membership whose sheet or letter is asked for, as the sheet itself chooses it."""
    _members, member = members_shown(request, name)
    return member, member.block


@page("G03")
def unit_sheet(request: PageRequest, name: str) -> HttpResponse:
    """`?block=` chooses among the unit's blocks; its comprehensive one comes first."""
    cycle, hat = request.cycle, request.hat
    members, member = members_shown(request, name)
    unit, block, is_own = member.unit, member.block, hat.role in OWN
    # Before publication a unit hears nothing of the others: neither who is first nor how far away.
    sees_others = not is_own or permissions.may("A02", hat, cycle, block=block)
    facts = unit_facts.facts_of(member, block)
    tally = getattr(member, "tally", None)
    # A mean of fewer than three others would say what one of them has.
    sees_means = sees_others or result_letters.reveals_nobody(facts.standing)
    is_told = permissions.stage_of(cycle, block) in stages.OPEN_IN["G03"]
    query = f"?block={block.pk}"
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
            "why": words.why_place(facts.trace) if sees_means else "",
            "gaps": unit_facts.gap_lines(facts) if sees_others else [],
            "picture": unit_facts.strengths(facts) if sees_means else "",
            "picture_note": words.picture_note(facts.trace)
            if sees_means
            else _("The block is too small: a mean would say what single others have."),
            "items": unit_facts.item_context(
                facts, cycle.code, link_cells=not is_own, name_others=sees_others
            ),
            "additions": unit_facts.addition_steps(facts),
            "sum_line": words.sum_line(facts.trace),
            "letter_url": reverse("unit-letter", args=[cycle.code, unit.name]) + query if is_told else "",
            "xlsx_url": reverse("unit-sheet-xlsx", args=[cycle.code, unit.name]) + query,
            "appeal_url": reverse("appeal-new", args=[cycle.code])
            if is_own and permissions.may("H01", hat, cycle, unit_id=unit.pk)
            else "",
            "board_url": reverse("board", args=[cycle.code]) if not is_own else "",
        },
    )
