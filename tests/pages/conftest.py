"""A browser's stand-in for page tests: somebody of the cast, signed in.

Real browsers are in tests/browser.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast

SignedIn = Callable[[str], Client]


@pytest.fixture
def signed_in(cast: Cast) -> SignedIn:
    """signed_in("office1") is a client with that person's session."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
