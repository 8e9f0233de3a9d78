"""Fixtures every test may ask for.

The cast itself is in tests/cast.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_media(settings: object, tmp_path: Path) -> None:
    """Stored files of a test live and die with it."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]  # pytest-django's settings proxy


@pytest.fixture
def cast(db: None):  # type: ignore[no-untyped-def]  # importing Cast here would load models too early
    from tests.cast import build

    return build()
