"""Clients of the API: signed in with a hat, with a token, or nobody.

The people are those of tests/cast.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from office import tokens
from tests.cast import Cast

SignIn = Callable[[str], APIClient]


@pytest.fixture
def client_of(cast: Cast) -> SignIn:
    """A client with that person's session; "" is nobody."""

    def sign_in(name: str) -> APIClient:
        client = APIClient()
        if name:
            client.force_login(cast.people[name], "django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def token_client(cast: Cast) -> SignIn:
    """A client with a token of that person's first hat."""

    def sign_in(name: str) -> APIClient:
        client = APIClient()
        key = tokens.issue(cast.hat(name), "test", 1)
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return client

    return sign_in
