"""A process of its own that takes a ledger in and may be killed half-way; started by test_ledger_killed.

Run as `python -m tests.scoring.killed_import HOW BATCH`, on the database of DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import django


def die(*_args: Any, **_named: Any) -> None:
    """As the machine's own hand would: nothing is tidied up, no exception is raised."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(how: str, batch_id: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "appraisal_site.settings"
    django.setup()
    from office import audit
    from office.models import User
    from scoring.actions import batches, versions
    from scoring.models import ImportBatch, LedgerLine, LedgerVersion
    from units.hats import hats_of

    batch = ImportBatch.objects.select_related("cycle__host").get(pk=batch_id)
    (hat,) = hats_of(User.objects.get(username="lead_市信访局"))
    versions.CHUNK = 10  # type: ignore[misc]  # so that a short ledger has several chunks
    chunks: list[int] = []

    def after_two_chunks(percent: int, doing: str) -> None:
        chunks.append(percent)
        if len(chunks) == 2:
            die()

    if how == "die-between-chunks":
        batches.confirm(by=hat, cycle=batch.cycle, batch_id=batch_id, tell=after_two_chunks)
    elif how == "die-before-the-commit":
        audit.record = die  # type: ignore[assignment]  # the last thing done under the lock
        batches.confirm(by=hat, cycle=batch.cycle, batch_id=batch_id)
    elif how == "take":
        batches.confirm(by=hat, cycle=batch.cycle, batch_id=batch_id)
    batch.refresh_from_db()
    lines = LedgerLine.objects.filter(version__current_of__isnull=False)
    sys.stdout.write(
        json.dumps(
            {
                "batch": batch.state,
                "reasons": sorted(lines.values_list("reason", flat=True)),
                "in_force": LedgerVersion.objects.filter(current_of__isnull=False).count(),
                "chain": audit.verify() is None,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
