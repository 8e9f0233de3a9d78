"""Keeps what is costly to gather about a year in this process, until the year's log grows.

Every act writes the log, so a page shows what was done a moment ago; an act itself always asks anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import get_language

from office.models import AuditEntry
from units.models import Cycle

Answer = TypeVar("Answer")

# What, of which year, in which language → the year's last entry of the log then, the clock then, the answer.
_kept: dict[tuple[str, int, str], tuple[str, float, Any]] = {}


def kept(what: str, cycle: Cycle, gather: Callable[[], Answer]) -> Answer:
    """The answer as gathered at the year's last act, at most KEPT_SECONDS old.  One query when it is still good."""
    seconds: int = settings.KEPT_SECONDS
    if seconds <= 0:
        return gather()
    log = AuditEntry.objects.filter(cycle_code=cycle.code).order_by("-number")
    end = log.values_list("digest", flat=True).first() or ""
    key = (what, cycle.pk, get_language() or "")
    held, clock, answer = _kept.get(key, ("", 0.0, None))
    if not end or held != end or time.monotonic() - clock >= seconds:
        answer = gather()
        _kept[key] = (end, time.monotonic(), answer)
    fresh: Answer = answer
    return fresh
