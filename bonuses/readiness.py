"""What about papers is not settled: claims nobody decided, papers without a tariff, vetoes nobody confirmed.

Which of it a stage demands is laid down in appraisal_site.procedure; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bonuses import queries
from bonuses.models import BarState, Finding, Veto
from units.lacks import Lack
from units.models import Cycle


def paper_lacks(cycle: Cycle, *, signable: bool = True) -> list[Lack]:
    """Open papers, vetoes and findings, each kind once with the units it is about."""
    lacks: list[Lack] = []
    waiting = list(queries.waiting(cycle))
    if waiting:
        lacks.append(
            Lack(
                "papers-waiting",
                _("%(count)d papers wait for a second person.") % {"count": len(waiting)},
                _names(str(row.unit) for row in waiting),
                signable=signable,
                route="adjustments-waiting",
            )
        )
    untariffed = queries.untariffed(cycle)
    if untariffed:
        lacks.append(
            Lack(
                "papers-untariffed",
                _("%(count)d papers have no line in the tariff; the leading group decides.")
                % {"count": len(untariffed)},
                _names(str(row.unit) for row in untariffed),
                signable=signable,
                route="adjustments",
            )
        )
    bars = [
        str(row.unit)
        for model in (Veto, Finding)
        for row in model._default_manager.filter(cycle=cycle, state=BarState.PROPOSED).select_related("unit")
    ]
    if bars:
        lacks.append(
            Lack(
                "vetoes-waiting",
                _("%(count)d vetoes or findings wait for the leading group.") % {"count": len(bars)},
                _names(bars),
                signable=signable,
                route="vetoes",
            )
        )
    return lacks


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
