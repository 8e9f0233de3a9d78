"""Passwords: the figures of the hash, and hashes made with others, which are made anew."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from office.models import User


def test_a_new_hash_has_the_recommended_figures() -> None:
    assert make_password("a long password").startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")


@pytest.mark.django_db
def test_an_older_hash_is_made_anew_at_the_next_sign_in() -> None:
    user = User.objects.create_user("old")
    user.password = Argon2PasswordHasher().encode("a long password", "saltsaltsalt")
    user.save()

    assert check_password("a long password", user.password)
    assert user.check_password("a long password")
    user.refresh_from_db()
    assert "m=47104,t=1,p=1" in user.password
