"""What a bulk write stored, kept as a file beside its log entry, so that every score can be traced to the log.

Single scores carry their figure in their own entry; who writes in bulk is an import or the demo.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from office import files
from office.fields import format_points
from office.models import StoredFile, User
from office.refusal import Refused

DETAIL = "score_lines"  # the key in the log entry's details
FILE_NAME = "score-lines.txt"

Line = tuple[int, str, Decimal | None]  # cell number, kind, points; None: the score was cleared


def keep(lines: Iterable[Line], by: User) -> dict[str, dict[str, Any]]:
    """Store the lines as a file; give the answer to audit.record() as further details.

    `audit.record(by, "scores.imported", batch, cycle_code=…, **score_lines.keep(lines, by.user))`
    """
    count = 0

    def texts() -> Iterator[bytes]:
        nonlocal count
        for cell_id, kind, points in lines:
            count += 1
            told = None if points is None else format_points(points)
            yield (json.dumps([cell_id, str(kind), told]) + "\n").encode()

    stored = files.store(texts(), FILE_NAME, by)
    return {DETAIL: {"sha256": stored.sha256, "count": count}}


def read(details: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of a log entry, none for an entry without; raises Refused when the file is gone or altered."""
    told = details.get(DETAIL)
    if not told:
        return
    stored = StoredFile(sha256=str(told["sha256"]), name=FILE_NAME)
    lines = files.read(stored).splitlines()
    if len(lines) != told["count"]:
        raise Refused("file-altered", f"{FILE_NAME}: {len(lines)} ≠ {told['count']}")
    for line in lines:
        cell_id, kind, points = json.loads(line)
        yield int(cell_id), str(kind), None if points is None else Decimal(points)
