"""The bench of a year with its prizes, worded floors and indicators laid beside the rules, for amendments.

The what-if bench itself knows none of them.
"""

from __future__ import annotations

from dataclasses import replace

from awards.models import PrizeLine
from scoring.models import Indicator, SubItem
from scoring.trial_bench import Bench, Floor, Prize, bench_of
from units.models import Cycle


def amendment_bench(cycle: Cycle) -> Bench:
    """Three queries more than the bench itself."""
    lines = PrizeLine.objects.filter(scheme__cycle=cycle).select_related("scheme")
    prizes = {
        line.pk: Prize(line.scheme.name, line.grade, line.count, line.amount_fen)
        for line in lines.order_by("scheme__order", "scheme", "order", "pk")
    }
    subs = SubItem.objects.filter(item__block__cycle=cycle).values_list("pk", "floor_points", "floor_text")
    floors = {pk: Floor(points, words) for pk, points, words in subs}
    indicators = Indicator.objects.filter(sub_item__item__block__cycle=cycle)
    return replace(
        bench_of(cycle),
        prizes=prizes,
        floors=floors,
        indicators={one.pk: one for one in indicators.order_by("sub_item", "order", "pk")},
    )
