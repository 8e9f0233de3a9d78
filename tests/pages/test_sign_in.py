"""Coming in and going out, hats, language, password, sessions, tokens, health.

Which hat may do what is tested in tests/test_permissions.py.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from office.models import ApiToken, AuditEntry, Job, User
from tests.cast import PASSWORD, Cast
from tests.pages.conftest import SignedIn
from units.models import RoleAssignment


def test_one_signs_in_and_is_led_where_one_wanted_to_go(cast: Cast) -> None:
    client = Client()

    asked = client.get("/years/2012/")
    answer = client.post(
        asked["Location"], {"username": "office1", "password": PASSWORD, "next": "/years/2012/"}
    )

    assert asked["Location"] == "/login/?next=/years/2012/"
    assert answer["Location"] == "/years/2012/"
    assert AuditEntry.objects.filter(act="account.signed-in", user_id_text="office1").exists()


def test_a_wrong_password_says_so_and_keeps_the_name(cast: Cast) -> None:
    answer = Client().post("/login/", {"username": "office1", "password": "wrong"})

    assert answer.status_code == 200
    assert 'value="office1"' in answer.content.decode()
    assert AuditEntry.objects.filter(act="account.sign-in-failed").exists()


def test_after_eight_wrong_tries_the_pair_of_account_and_machine_is_locked(cast: Cast) -> None:
    client = Client()
    for _n in range(8):
        answer = client.post("/login/", {"username": "office1", "password": "wrong"})

    other = client.post("/login/", {"username": "office2", "password": PASSWORD})

    assert answer.status_code == 429
    assert "登录已锁定" in answer.content.decode()
    assert other.status_code == 302


def test_signing_out_takes_a_post(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/")["Location"].startswith("/login/")


def test_a_hat_is_changed_in_the_top_bar_and_written_in_the_log(cast: Cast, signed_in: SignedIn) -> None:
    RoleAssignment.objects.create(
        user=cast.people["lead_市信访局"], role="UO", unit=cast.units["市信访局"], cycle=cast.cycle
    )
    client = signed_in("lead_市信访局")
    hats = client.get("/").context["site"]["hats"]
    other = next(hat for hat in hats if not hat["current"])

    answer = client.post("/hat/", {"hat": other["id"]})

    assert answer.status_code == 302
    assert [hat["current"] for hat in client.get("/").context["site"]["hats"]] != [h["current"] for h in hats]
    assert AuditEntry.objects.filter(act="hat.worn").count() == 1


@pytest.mark.parametrize("key", ["", "su", "4711", "s1"])
def test_a_hat_of_somebody_else_is_denied(cast: Cast, signed_in: SignedIn, key: str) -> None:
    assert signed_in("official_青山乡").post("/hat/", {"hat": key}).status_code == 403


def test_the_language_is_one_click_away(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    chinese = client.get("/help/").content.decode()

    client.post("/language/", {"language": "en", "next": "/help/"})

    assert "操作步骤" in chinese
    assert "Step by step" in client.get("/help/").content.decode()


def test_a_password_set_by_somebody_else_must_be_changed_first(cast: Cast, signed_in: SignedIn) -> None:
    User.objects.filter(username="office1").update(must_change_password=True)
    client = signed_in("office1")
    new = "a much quieter year 2013"

    turned = client.get("/years/2012/")["Location"]
    wrong = client.post(
        "/account/password/", {"old_password": "no", "new_password1": new, "new_password2": new}
    )
    right = client.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )

    assert turned == "/account/password/"
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert client.get("/years/2012/").status_code == 200
    assert AuditEntry.objects.filter(act="account.password-changed").exists()


def test_other_sessions_are_seen_and_ended(cast: Cast, signed_in: SignedIn) -> None:
    here, there, rival = signed_in("office1"), signed_in("office1"), signed_in("office2")

    seen = here.get("/account/").context["sessions"]
    here.post("/account/sessions/")

    assert [one.is_this for one in seen] == [True, False]
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    assert rival.get("/").status_code == 200


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_ended(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in("office1")

    shown = client.post("/account/tokens/", {"label": "报表", "days": "30"}).content.decode()

    key = re.search(r'id="new-key">([^<]+)<', shown)
    assert key is not None
    headers = {"Authorization": f"Token {key[1]}"}
    before = Client().get("/api/v1/cycles/", headers=headers).status_code
    client.post(f"/account/tokens/{ApiToken.objects.get().pk}/expire/")
    after = Client().get("/api/v1/cycles/", headers=headers).status_code
    assert (before, after) == (200, 401)
    assert key[1] not in client.get("/account/").content.decode()


@pytest.mark.parametrize("days", ["0", "91", "x", ""])
def test_a_token_lasts_one_to_ninety_days(cast: Cast, signed_in: SignedIn, days: str) -> None:
    answer = signed_in("office1").post("/account/tokens/", {"label": "报表", "days": days})

    assert answer.status_code == 422
    assert "报表" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_somebody_elses_token_is_404(cast: Cast, signed_in: SignedIn) -> None:
    signed_in("office1").post("/account/tokens/", {"label": "报表", "days": "30"})

    assert (
        signed_in("office2").post(f"/account/tokens/{ApiToken.objects.get().pk}/expire/").status_code == 404
    )


def test_health_needs_nobody_signed_in(cast: Cast) -> None:
    Job.objects.create(
        kind="x", title="x", owner=cast.people["office1"], created_at=timezone.now() - timedelta(1)
    )

    answer = Client().get("/health/")

    assert answer.json() == {"database": "ok", "worker": "inside"}
