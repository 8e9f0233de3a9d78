"""The pages nobody wants to see: in Chinese, in the site's frame, and without a secret."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from appraisal_site.views import errors
from tests.cast import Cast
from tests.pages.reading import body, read, signed_in, words_of


@pytest.mark.parametrize("address", ["/nowhere/", "/years/2012/nowhere/", "/years/1999/plan/"])
def test_an_address_of_nothing_is_answered_in_chinese(cast: Cast, address: str) -> None:
    answer = signed_in(cast.people["office1"]).get(address)

    assert (answer.status_code, "没有这个页面" in words_of(answer)) == (404, True)
    assert read(body(answer)).of("html")[0]["lang"] == "zh-Hans"


@pytest.mark.django_db
def test_a_stranger_gets_the_same_page() -> None:
    answer = Client().get("/nowhere/")

    assert (answer.status_code, "没有这个页面" in words_of(answer)) == (404, True)


def test_a_stale_form_says_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.people["office1"], backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(f"/years/2012/cells/{cast.cell('青山乡', '信访').pk}/", {"score": "1"})

    assert (answer.status_code, "请返回并刷新页面" in words_of(answer)) == (403, True)


def test_a_failure_is_told_without_its_cause(cast: Cast) -> None:
    client = signed_in(cast.people["office1"])
    client.raise_request_exception = False

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the secret 4711")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scoring.queries.standings_of", fails)
        answer = client.get("/years/2012/board/")

    assert (answer.status_code, "系统未能完成本次操作" in words_of(answer)) == (500, True)
    assert "4711" not in body(answer)


def test_a_senseless_request_is_answered_without_any_context() -> None:
    answer = errors.senseless(RequestFactory().get("/"), ValueError())

    assert (answer.status_code, "无法识别本次请求" in body(answer)) == (400, True)
