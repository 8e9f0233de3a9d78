"""Tells the database what it now holds, after much was written in one transaction.

PostgreSQL plans by statistics that its background worker refreshes only after a commit; until then a year
written at once looks empty to it and every join crawls. SQLite plans without them.
"""

from __future__ import annotations

from django.db import connection


def refresh_statistics() -> None:
    """Have PostgreSQL count its tables anew, those of the running transaction included; nothing elsewhere."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
