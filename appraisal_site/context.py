"""What every page's frame needs: the hat worn, the others, unread notices, the years, the stage bar.

Lazy: a part of a page that shows none of it pays no query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from appraisal_site import sections
from office.models import Notice
from units import matrix, queries
from units.hats import Hat
from units.middleware import HattedRequest
from units.models import Cycle
from units.pages import hat_of
from units.stages import Stage

if TYPE_CHECKING:
    from office.models import User

YEAR_KEY = "year"  # in the session: the code of the year looked at last


def frame(request: HttpRequest) -> dict[str, Any]:
    """`site`, `stagebar` and `breadcrumbs` of base.html; a view's own breadcrumbs win."""
    if not hasattr(request, "user") or not request.user.is_authenticated:
        return {"language_url": reverse("language")}
    return {
        "site": SimpleLazyObject(lambda: site(request)),
        "stagebar": SimpleLazyObject(lambda: stagebar(getattr(request, "cycle", None))),
        "breadcrumbs": SimpleLazyObject(
            lambda: sections.crumbs_for(getattr(request, "cycle", None), route_of(request))
        ),
    }


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match is not None else ""


def years_of(request: HttpRequest) -> list[Cycle]:
    """The years of all this person's hats; asked once per request."""
    known: list[Cycle] | None = getattr(request, "_years", None)
    if known is None:
        known = queries.cycles_of(cast(HattedRequest, request).hats)
        request._years = known  # type: ignore[attr-defined]  # kept with the request it was asked for
    return known


def year_shown(request: HttpRequest) -> Cycle | None:
    """The year of the address; else the one looked at last; else the newest one the hat fits."""
    shown: Cycle | None = getattr(request, "cycle", None)
    if shown is not None:
        return shown
    hat = hat_of(request)
    fitting = [cycle for cycle in years_of(request) if hat is not None and hat.fits(cycle)]
    code = request.session.get(YEAR_KEY)
    return next((c for c in fitting if c.code == code), fitting[0] if fitting else None)


def site(request: HttpRequest) -> dict[str, Any]:
    """The top bar."""
    user = cast("User", request.user)
    hat = hat_of(request)
    cycle = year_shown(request)
    hats: list[Hat] = cast(HattedRequest, request).hats
    return {
        "home_url": reverse("home"),
        "cycles": [
            {"label": sections.year_label(c), "url": sections.year_way(c, "year"), "current": c == cycle}
            for c in years_of(request)
            if hat is not None
            and not matrix.grant("B01", hat.role).is_denied
            and any((h.role, h.unit_id) == (hat.role, hat.unit_id) and h.fits(c) for h in hats)
        ],
        "cycle_label": sections.year_label(cycle) if cycle is not None else None,
        "sections": (
            sections.sections_for(hat, cycle, route_of(request), request.path, user.is_staff)
            if hat is not None
            else []
        ),
        "hats": [
            {"id": h.key, "label": h.label, "current": hat is not None and h.key == hat.key}
            for h in hats
            if cycle is None or h.fits(cycle)
        ],
        "hat_label": hat.label if hat is not None else None,
        "hat_url": reverse("wear-hat"),
        "inbox_url": reverse("inbox"),
        "inbox_count": Notice.objects.filter(user=user, read_at=None).count(),
        "person": str(user),
        "account_url": reverse("account"),
        "help_url": reverse("help"),
        "logout_url": reverse("logout"),
        "language_url": reverse("language"),
    }


def stagebar(cycle: Cycle | None) -> dict[str, Any] | None:
    """The eleven stages and what is left of today's window; None away from a year.  A filed year awaits nothing."""
    if cycle is None:
        return None
    stages = queries.stages_of(cycle)
    today = next(stage for stage in stages if stage.state == "today")
    is_filed = cycle.stage_now is Stage.FILED
    closes_at = None if is_filed else today.closes_at
    left = queries.time_left(closes_at) if closes_at is not None else _("no window set")
    return {
        "stages": stages,
        "today": today,
        "closes_at": closes_at,
        "left": "" if is_filed else left,
        "over": closes_at is not None and closes_at < timezone.now(),
    }
