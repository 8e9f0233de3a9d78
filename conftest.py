"""Fixtures every test may ask for.

The cast itself is in tests/cast.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out tests that would say nothing new on another database",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --only-database keep the tests that ask for one, by mark or by fixture."""
    if not config.getoption("--only-database"):
        return
    kept = [
        item
        for item in items
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture(autouse=True)
def _own_media(settings: object, tmp_path: Path) -> None:
    """Stored files of a test live and die with it."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]  # pytest-django's settings proxy


@pytest.fixture
def cast(db: None):  # type: ignore[no-untyped-def]  # importing Cast here would load models too early
    from tests.cast import build

    return build()
