"""A question whose SQL is kept: the same rows as the queryset itself, whatever is asked next."""

from __future__ import annotations

import pytest

from office.models import User
from office.prepared import Prepared

pytestmark = pytest.mark.django_db


def named(name: str, least: int) -> object:
    return User.objects.filter(username=name, pk__gt=least, is_active=True).values_list("username", "email")


ASKED = Prepared(named, "a name", -7)  # type: ignore[arg-type]  # object stands for a queryset


def test_it_gives_what_the_queryset_gives() -> None:
    User.objects.create_user("甲", "a@example.org")
    User.objects.create_user("乙", "b@example.org", is_active=False)

    assert ASKED.rows("甲", 0) == (("甲", "a@example.org"),)
    assert ASKED.rows("乙", 0) == ()  # the constant of the question stays
    assert ASKED.rows("' OR 1=1 --", 0) == ()
    assert ASKED.rows("甲", 10**9) == ()


def test_a_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(TypeError):
        ASKED.rows("甲")


def test_an_example_the_question_does_not_ask_for_is_a_mistake() -> None:
    forgetful = Prepared(lambda _name: User.objects.values_list("pk"), "a name")
    with pytest.raises(LookupError):
        forgetful.rows("甲")
