"""Writes the scores of a whole sheet: a table of this connection is filled first, outside any lock.

Then a handful of statements move it over, so that a hundred thousand scores hold the lock under a second.
What is written and whether it may be is decided in scoring.actions.imports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from scoring.models import Cell, Deduction, Score

KEEP, SCORE, CLEAR, PROPOSE, CONFIRM = range(5)

# cell, version seen, what to do, points, reason, on behalf of, deductions go, points off, why
StagedRow = tuple[int, int, int, int | None, str, int | None, int, int | None, str]

_COLUMNS = (
    ("cell_id", "bigint"),
    ("version", "integer"),
    ("act", "integer"),
    ("points", "bigint"),
    ("reason", "text"),
    ("on_behalf", "bigint"),
    ("relined", "integer"),
    ("points_off", "bigint"),
    ("why_off", "text"),
)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who enters what, for every row of the sheet alike."""

    kind: str
    user_id: int
    at: datetime
    by_office: bool
    batch_id: int
    second_id: int | None  # who confirms 不涉及


def _t(model: Any) -> str:
    return str(connection.ops.quote_name(model._meta.db_table))


@contextmanager
def staged(rows: Sequence[StagedRow]) -> Iterator[None]:
    """The rows in a temporary table of this connection while the body runs."""
    names = ", ".join(name for name, _type in _COLUMNS)
    types = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_stage")
        cursor.execute(f"CREATE TEMPORARY TABLE import_stage ({types}, PRIMARY KEY (cell_id))")
        try:
            if connection.vendor == "sqlite":
                picks = ", ".join(f"value->>{n}" for n in range(len(_COLUMNS)))
                cursor.execute(
                    f"INSERT INTO import_stage ({names}) SELECT {picks} FROM json_each(%s)",  # noqa: S608 -- our own columns
                    [orjson.dumps(rows).decode()],
                )
            else:
                arrays = ", ".join(f"%s::{kind}[]" for _name, kind in _COLUMNS)
                cursor.execute(
                    f"INSERT INTO import_stage ({names}) SELECT * FROM unnest({arrays})",  # noqa: S608 -- our own columns
                    [list(column) for column in zip(*rows, strict=True)] or [[]] * len(_COLUMNS),
                )
                cursor.execute("ANALYZE import_stage")
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("DROP TABLE IF EXISTS import_stage")


def changed_meanwhile(most: int = 5) -> list[int]:
    """Cells whose version is no longer the one seen, at most `most`; lock the blocks first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.cell_id FROM import_stage t LEFT JOIN {_t(Cell)} c ON c.id = t.cell_id
                 WHERE c.id IS NULL OR c.version <> t.version ORDER BY t.cell_id LIMIT {int(most)}"""  # noqa: S608 -- our own names
        )
        return [row[0] for row in cursor.fetchall()]


def move_over(by: Signature) -> None:
    """Make the cells what the staged rows say.  No signal is sent; the caller stores the standings."""
    score, cell, deduction = _t(Score), _t(Cell), _t(Deduction)
    at = connection.ops.adapt_datetimefield_value(by.at)
    statements: list[tuple[str, list[Any]]] = [
        (
            f"""DELETE FROM {deduction} WHERE score_id IN (
                    SELECT s.id FROM {score} s JOIN import_stage t ON t.cell_id = s.cell_id
                     WHERE s.kind = %s AND t.relined = 1)""",  # noqa: S608 -- our own names
            [by.kind],
        ),
        (
            f"""DELETE FROM {score} WHERE kind = %s
                   AND cell_id IN (SELECT cell_id FROM import_stage WHERE act = {CLEAR})""",  # noqa: S608 -- as above
            [by.kind],
        ),
        (
            f"""INSERT INTO {score} (cell_id, kind, points, entered_by_id, entered_at, by_office,
                                     on_behalf_of_id, reason, batch_id)
                SELECT cell_id, %s, points, %s, %s, %s, on_behalf, reason, %s FROM import_stage
                 WHERE act = {SCORE} ORDER BY cell_id
                ON CONFLICT (cell_id, kind) DO UPDATE SET
                   points = excluded.points, entered_by_id = excluded.entered_by_id,
                   entered_at = excluded.entered_at, by_office = excluded.by_office,
                   on_behalf_of_id = excluded.on_behalf_of_id, compared_by_id = NULL,
                   reason = excluded.reason, paper_id = NULL, batch_id = excluded.batch_id""",  # noqa: S608 -- as above
            [by.kind, by.user_id, at, by.by_office, by.batch_id],
        ),
        (
            f"""INSERT INTO {deduction} (score_id, points, reason, evidence)
                SELECT s.id, t.points_off, t.why_off, '' FROM import_stage t
                  JOIN {score} s ON s.cell_id = t.cell_id AND s.kind = %s
                 WHERE t.points_off IS NOT NULL ORDER BY t.cell_id""",  # noqa: S608 -- as above
            [by.kind],
        ),
        (
            f"""UPDATE {cell} SET involvement = %s, involvement_reason = t.reason, proposed_by_id = %s,
                       involvement_decided_by_id = %s
                  FROM import_stage t WHERE t.cell_id = {cell}.id AND t.act = {PROPOSE}""",  # noqa: S608 -- as above
            ["proposed" if by.second_id is None else "confirmed", by.user_id, by.second_id],
        ),
        (
            f"""UPDATE {cell} SET involvement = 'confirmed', involvement_decided_by_id = %s
                 WHERE id IN (SELECT cell_id FROM import_stage WHERE act = {CONFIRM})""",  # noqa: S608 -- as above
            [by.second_id],
        ),
        (
            f"""UPDATE {cell} SET version = version + 1
                 WHERE id IN (SELECT cell_id FROM import_stage WHERE act <> {KEEP})""",  # noqa: S608 -- as above
            [],
        ),
    ]
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
