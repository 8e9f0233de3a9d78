"""The one page of the desk that asks nobody who he is: whether the site is well.

All other pages need a hat and so live above.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

WORKER_LATE_AFTER = timedelta(seconds=60)


def worker_state() -> str:
    """`ok`, `behind` when a job has waited too long for a worker, `inside` when the web does the work itself."""
    if settings.TASKS_MODE != "worker":
        return "inside" if settings.TASKS_MODE in {"process", "immediate"} else "outside"
    from django_tasks_db.models import DBTaskResult

    waiting = (
        DBTaskResult.objects.ready().order_by("enqueued_at").values_list("enqueued_at", flat=True).first()
    )
    return "behind" if waiting is not None and waiting < timezone.now() - WORKER_LATE_AFTER else "ok"


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not; the worker's state beside it.  Row A01."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return JsonResponse({"database": "ok", "worker": worker_state()})
    except DatabaseError:
        return JsonResponse({"database": "down", "worker": "unknown"}, status=503)


health.permission_row = "A01"  # type: ignore[attr-defined]  # read by the test of the matrix
