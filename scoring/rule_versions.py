"""Which figures of the rules come from an amendment (§6(9)), by names: for traces, and for what rests on them.

The amendments themselves are kept above; what is known of them here comes by the port.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from office import ports
from scoring.models import Indicator, MajorItem, SubItem
from units.models import Block, Cycle

OF_ITEM = frozenset({"weight", "item"})
OF_SUB_ITEM = frozenset({"base", "floor", "look", "suspend"})


def versions_of(cycle: Cycle, blocks: Collection[Block]) -> list[dict[str, Any]]:
    """The amended figures of these blocks in the plan's order.  At most three queries."""
    amended = ports.amended(cycle.pk)
    if not amended:
        return []
    items = MajorItem.objects.filter(block__in=blocks).order_by("block__order", "order", "pk")
    subs = SubItem.objects.filter(item__block__in=blocks).select_related("item")
    names = {f"{what}~{item.pk}": (item.name, "") for item in items for what in sorted(OF_ITEM)}
    for sub in subs.order_by("item__block__order", "item__order", "order", "pk"):
        names |= {f"{what}~{sub.pk}": (sub.item.name, sub.name) for what in sorted(OF_SUB_ITEM)}
    return [
        {
            "item": item,
            "sub_item": sub_item,
            "what": target.partition("~")[0],
            "version": amended[target].number,
            "on": amended[target].on.isoformat(),
            "before": amended[target].before,
        }
        for target, (item, sub_item) in names.items()
        if target in amended
    ]


def amended_subs(cycle_id: int) -> set[int]:
    """Sub-items whose base, floor or indicators were amended: what was sealed before them stays as it was."""
    found: set[int] = set()
    indicators: set[int] = set()
    for target in ports.amended(cycle_id):
        what, _sign, key = target.partition("~")
        if what in {"base", "floor"}:
            found.add(int(key))
        elif what == "indicator":
            indicators.add(int(key))
    if indicators:
        found |= set(Indicator.objects.filter(pk__in=indicators).values_list("sub_item_id", flat=True))
    return found
