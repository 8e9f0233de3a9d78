"""Saying which item of the year before an item is compared with.  Row B04: another name of the same thing.

Comparing is awards.year_on_year's.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from awards.models import ItemMapping
from office import audit
from office.refusal import Refused
from scoring.models import MajorItem
from units.hats import Hat
from units.models import Cycle
from units.permissions import require


@transaction.atomic
def map_item(*, by: Hat, cycle: Cycle, before: Cycle, item_id: int, earlier: str) -> None:
    """`earlier` is the number of an item of the year before, "none", or "" to go by the name again.

    Raises Refused for an item of another year.
    """
    require("B04", by, cycle)
    item = MajorItem.objects.filter(block__cycle=cycle, pk=item_id).select_related("block").first()
    if item is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    chosen: MajorItem | None = None
    if earlier not in {"", "none"}:
        number = int(earlier) if earlier.isascii() and earlier.isdigit() and len(earlier) <= 18 else 0
        chosen = MajorItem.objects.filter(block__cycle=before, pk=number).first()
        if chosen is None:
            raise Refused(
                "unknown-item",
                _("Choose an item of %(year)s, or none.") % {"year": before.code},
                status=422,
            )
    if earlier == "":
        ItemMapping.objects.filter(item=item).delete()
    else:
        ItemMapping.objects.update_or_create(item=item, defaults={"earlier": chosen, "by": by.user})
    audit.record(
        by,
        "item.compared",
        item,
        cycle_code=cycle.code,
        earlier=str(chosen) if chosen is not None else earlier,
    )
