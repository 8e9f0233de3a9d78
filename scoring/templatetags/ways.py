"""The ways between the pages of scoring and reviewing, each for those whom its row lets in.

Which section of the top bar they stand under is told in appraisal_site.sections.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from units import matrix
from units.hats import Hat
from units.models import Cycle

register = template.Library()

# Row of the matrix that lets one in → route; any of the rows is enough.
WAYS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("E05",), "scoring"),
    (("E03",), "lead-scores"),
    (("E01",), "review"),
    (("E05",), "visits"),
    (("E13",), "distortion"),
    (("E08",), "not-involved"),
    (("D05",), "supplements"),
    (("E11", "E06", "E07"), "teams"),
)


def label_of(route: str) -> str:
    return {
        "scoring": _("Score matrix"),
        "lead-scores": _("Lead scores"),
        "review": _("Preliminary review"),
        "visits": _("On-site review"),
        "distortion": _("Distortion"),
        "not-involved": _("Not involved"),
        "supplements": _("Returns for supplement"),
        "teams": _("Review teams"),
    }[route]


@register.inclusion_tag("scoring/parts/ways.html", takes_context=True)
def ways(context: dict[str, Any], here: str = "") -> dict[str, Any]:
    """Links to the pages beside this one; `here` is the route shown."""
    request = context.get("request")
    hat: Hat | None = getattr(request, "hat", None) or None
    cycle: Cycle | None = getattr(request, "cycle", None)
    found = []
    if hat is not None and cycle is not None:
        for rows, route in WAYS:
            if all(matrix.grant(row, hat.role).is_denied for row in rows):
                continue
            try:
                found.append((label_of(route), reverse(route, args=[cycle.code]), route == here))
            except NoReverseMatch:
                continue
    return {"ways": found if len(found) > 1 else []}
