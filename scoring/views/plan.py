"""The plan page: what is appraised, by what weight, led by whom; stand-ins marked.

Editing and the plan workbook are elsewhere (appraisal_site.plan_workbook, administration).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from office.charts import Band, Part, weights_picture
from office.fields import format_points
from scoring.models import MajorItem, RuleSource, SubItem
from scoring.views.shared import address, blocks_of, nothing_here
from units import permissions
from units.models import Block, Cycle
from units.pages import PageRequest, page

TWO_PLACES = Decimal("0.01")


@page("B01")
def plan(request: PageRequest) -> HttpResponse:
    """`?block=` chooses the block by its id; the first one otherwise."""
    cycle = request.cycle
    blocks = list(blocks_of(cycle))
    if not blocks:
        return render(
            request,
            "scoring/plan.html",
            {
                "shown": None,
                "import_url": address("plan-workbook", cycle.code)
                if permissions.may("B02", request.hat, cycle)
                else "",
            },
        )
    wanted = request.GET.get("block", str(blocks[0].pk))
    shown = next((b for b in blocks if str(b.pk) == wanted), None)
    if shown is None:
        raise nothing_here()
    items = list(
        MajorItem.objects.filter(block=shown)
        .order_by("order", "pk")
        .prefetch_related("sub_items__lead", "sub_items__helpers")
    )
    members = shown.memberships.select_related("unit").order_by("unit__order", "pk")
    stand_ins = SubItem.objects.filter(item__block__cycle=cycle, source=RuleSource.STAND_IN).count()
    may_edit = permissions.may("B02", request.hat, cycle)
    return render(
        request,
        "scoring/plan.html",
        {
            "shown": {
                "name": shown.name,
                "kind_label": shown.get_kind_display(),
                "weight_total": format_points(sum((i.weight_points for i in items), Decimal(0))),
                "base_total": format_points(sum((i.base_points for i in items), Decimal(0))),
                "weight_expected": "" if shown.is_track else format_points(cycle.total_weight),
                "unit_count": len(members),
            },
            "blocks": [
                (b.name, reverse("plan", args=[cycle.code]) + f"?block={b.pk}", b.pk == shown.pk)
                for b in blocks
            ],
            "picture": _picture(shown, items, 900),
            "picture_narrow": _picture(shown, items, 360),
            "picture_note": _("Area is weight: what is twice as large counts twice."),
            "items": [_item(item, cycle.code) for item in items],
            "standins": stand_ins,
            "confirm_url": address("confirm-stand-ins", cycle.code) if may_edit and stand_ins else "",
            "rules_url": address("detailed-rules", cycle.code),
            "workbook_url": address("plan-workbook.xlsx", cycle.code),
            "import_url": address("plan-workbook", cycle.code) if may_edit else "",
            "lacks": _lacks(cycle, shown, items),
            "units": [(m.unit.name, "", "" if m.mode == "参评" else m.get_mode_display()) for m in members],
        },
    )


def _picture(block: Block, items: list[MajorItem], width: int) -> SafeString:
    bands = [
        Band(i.name, i.weight_points, [Part(s.name, s.base_points) for s in i.sub_items.all()]) for i in items
    ]
    return weights_picture(bands, label=_("Weights of %(block)s") % {"block": block.name}, width=width)


def _item(item: MajorItem, code: str) -> dict[str, object]:
    subs = list(item.sub_items.all())
    return {
        "name": item.name,
        "weight": format_points(item.weight_points),
        "base": format_points(item.base_points),
        "place_note": "",
        "standin": any(s.source == RuleSource.STAND_IN for s in subs),
        "rows": [
            {
                "name": s.name,
                "base": format_points(s.base_points),
                "worth": format_points(
                    (item.weight_points * s.base_points / item.base_points).quantize(
                        TWO_PLACES, ROUND_HALF_UP
                    )
                    if item.base_points
                    else Decimal(0)
                ),
                "leads": [s.lead.name] if s.lead else [],
                "helpers": [u.name for u in s.helpers.all()],
                "method": s.get_look_display(),
                "floor": s.floor_text
                or (_("down to 0") if s.floor_points is None else format_points(s.floor_points)),
                "aliases": s.aliases,
                "standin": s.source == RuleSource.STAND_IN,
                "url": reverse("detailed-rule", args=[code, s.pk]),
            }
            for s in subs
        ],
    }


def _lacks(cycle: Cycle, block: Block, items: list[MajorItem]) -> list[str]:
    lacks = []
    total = sum((i.weight_points for i in items), Decimal(0))
    if not block.is_track and total != cycle.total_weight:
        lacks.append(
            _("The weights of %(block)s sum to %(sum)s instead of %(total)s.")
            % {"block": block.name, "sum": format_points(total), "total": format_points(cycle.total_weight)}
        )
    for item in items:
        bases = sum((s.base_points for s in item.sub_items.all()), Decimal(0))
        if bases != item.base_points:
            lacks.append(
                _("The bases of the sub-items of %(item)s sum to %(sum)s instead of %(base)s.")
                % {"item": item.name, "sum": format_points(bases), "base": format_points(item.base_points)}
            )
    return lacks
