"""Statistics for the planner, counted within the transaction that wrote the rows."""

from __future__ import annotations

import pytest
from django.db import connection

from office.models import User
from office.planner import refresh_statistics


def test_rows_of_the_running_transaction_are_counted(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite plans without statistics")
    User.objects.bulk_create([User(username=f"u{n}") for n in range(500)])

    refresh_statistics()

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'office_user'")
        assert cursor.fetchone()[0] >= 500


def test_elsewhere_nothing_is_asked(db: None, django_assert_num_queries: object) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("asked of PostgreSQL")
    with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's own
        refresh_statistics()
