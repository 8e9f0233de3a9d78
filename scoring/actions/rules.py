"""What the office does with the rules at set-up: items, sub-items, stand-ins.  Row B02.

Whole plans come by the plan workbook; amendments after set-up are the leading group's.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from office import audit
from office.fields import format_points, to_units
from office.refusal import Refused
from scoring.models import Cell, MajorItem, RuleSource, Score, SubItem
from units.actions.setup import change, confirm_units, refuse_invalid
from units.hats import Hat
from units.models import Block, Cycle, Unit
from units.permissions import require
from units.signals import announce_stale, once_per_block

ITEM_FIELDS = frozenset({"name", "order", "weight_points", "base_points"})
SUB_ITEM_FIELDS = frozenset(
    {"name", "order", "base_points", "lead", "look", "floor_points", "floor_text", "aliases"}
)


@transaction.atomic
def confirm_stand_ins(*, by: Hat, cycle: Cycle, sub_items: Iterable[int] | None = None) -> int:
    """Take stand-ins for settled: the sub-items given, or all of the cycle, its units too.  Returns how many."""
    require("B02", by, cycle)
    rows = SubItem.objects.filter(item__block__cycle=cycle, source=RuleSource.STAND_IN)
    if sub_items is not None:
        rows = rows.filter(pk__in=list(sub_items))
    names = [
        " · ".join(key[1:])
        for key in (row.natural_key() for row in rows.select_related("item__block__cycle"))
    ]
    rows.update(source=RuleSource.CONFIRMED)
    count = len(names)
    if sub_items is None:
        count += confirm_units(by=by, cycle=cycle)
    if names:
        audit.record(by, "rules.stand-ins-confirmed", cycle, cycle_code=cycle.code, sub_items=names)
    return count


def _require_points(cycle: Cycle, label: str, points: Decimal | None) -> None:
    if points is None or points <= 0:
        raise Refused("not-positive", _("%(label)s must be more than 0.") % {"label": label}, status=422)
    try:
        to_units(points, cycle.places)
    except ValueError as error:
        raise Refused(
            "too-many-decimals",
            _("%(label)s: %(points)s has more than %(places)d decimals.")
            % {"label": label, "points": format_points(points), "places": cycle.places},
            status=422,
        ) from error


@transaction.atomic
def save_item(*, by: Hat, block: Block, item: MajorItem | None = None, **values: Any) -> MajorItem:
    """Store a major item's name, weight, base and order.  The sums are lacks while editing, never errors."""
    cycle = block.cycle
    require("B02", by, cycle, block=block)
    if set(values) - ITEM_FIELDS:
        raise TypeError(f"not an item's fields: {sorted(set(values) - ITEM_FIELDS)}")
    is_new = item is None
    row = item or MajorItem(block=block, order=block.items.count() + 1)
    changed = change(row, values)
    _require_points(cycle, _("The weight"), row.weight_points)
    _require_points(cycle, _("The base"), row.base_points)
    refuse_invalid(row)
    if changed or is_new:
        row.save()
        audit.record(
            by, "item.added" if is_new else "item.changed", row, cycle_code=cycle.code, changed=changed
        )
    return row


@transaction.atomic
def save_sub_item(
    *,
    by: Hat,
    item: MajorItem,
    sub_item: SubItem | None = None,
    helpers: Iterable[Unit] | None = None,
    **values: Any,
) -> SubItem:
    """Store a sub-item: base, lead, helpers, how it is looked at, its floor.  What was a stand-in is then settled.

    Raises Refused: not permitted, set-up is over, or a score would stand above the new base.
    """
    cycle = item.block.cycle
    require("B02", by, cycle, block=item.block)
    if set(values) - SUB_ITEM_FIELDS:
        raise TypeError(f"not a sub-item's fields: {sorted(set(values) - SUB_ITEM_FIELDS)}")
    is_new = sub_item is None
    row = sub_item or SubItem(item=item, order=item.sub_items.count() + 1)
    changed = change(row, values)
    _require_points(cycle, _("The base"), row.base_points)
    _refuse_below_scores(row)
    refuse_invalid(row, exclude=["aliases"])
    before = sorted(str(u) for u in row.helpers.all()) if row.pk else []
    after = before if helpers is None else sorted(str(u) for u in helpers)
    if before != after:
        changed["helpers"] = ["、".join(before), "、".join(after)]
    if changed or is_new:
        changed |= change(row, {"source": str(RuleSource.CONFIRMED)})
        with once_per_block():
            row.save()
            if helpers is not None:
                row.helpers.set(helpers)
        audit.record(
            by,
            "sub-item.added" if is_new else "sub-item.changed",
            row,
            cycle_code=cycle.code,
            changed=changed,
        )
    return row


def _refuse_below_scores(row: SubItem) -> None:
    if row.pk is None:
        return
    highest = Score.objects.filter(cell__sub_item=row).aggregate(highest=Max("points"))["highest"]
    if highest is not None and highest > row.base_points:
        raise Refused(
            "base-below-score",
            _("“%(sub)s” already holds a score of %(score)s, more than the new base %(base)s.")
            % {"sub": row.name, "score": format_points(highest), "base": format_points(row.base_points)},
        )


@transaction.atomic
def remove_sub_item(*, by: Hat, sub_item: SubItem) -> None:
    """Take a sub-item out with its empty cells.  Raises Refused when it holds scores."""
    _remove(by, sub_item, sub_item.item.block, Cell.objects.filter(sub_item=sub_item))


@transaction.atomic
def remove_item(*, by: Hat, item: MajorItem) -> None:
    """Take a major item out with its sub-items.  Raises Refused when one of them holds scores."""
    _remove(by, item, item.block, Cell.objects.filter(sub_item__item=item))


def _remove(by: Hat, row: MajorItem | SubItem, block: Block, cells: Any) -> None:
    require("B02", by, block.cycle, block=block)
    count = Score.objects.filter(cell__in=cells).count()
    if count:
        raise Refused(
            "holds-scores",
            _("“%(name)s” holds %(count)d scores and may not be taken out. Clear them first.")
            % {"name": row.name, "count": count},
        )
    kind, pk, text = row._meta.label, row.pk, " · ".join(row.natural_key()[1:])
    with once_per_block():
        row.delete()
        announce_stale(block.pk)
    audit.record(by, "rule.removed", None, cycle_code=block.cycle.code, kind=kind, pk=pk, name=text)
