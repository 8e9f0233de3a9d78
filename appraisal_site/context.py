"""What every page's frame needs: the hat worn, the others, unread notices, the years.

Lazy: a page that shows none of it pays no query.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from office.models import Notice
from units.models import Cycle


def frame(request: HttpRequest) -> dict[str, Any]:
    user = request.user if hasattr(request, "user") else None
    if user is None or not user.is_authenticated:
        return {}
    return {
        "hat": getattr(request, "hat", None),
        "hats": getattr(request, "hats", []),
        "unread_count": SimpleLazyObject(lambda: Notice.objects.filter(user=user, read_at=None).count()),
        "years": SimpleLazyObject(lambda: list(Cycle.objects.order_by("-year", "code"))),
    }
