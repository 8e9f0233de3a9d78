"""Writes every coming in, going out and failed try in the log, and knows a person's open sessions.

Who may sign in is decided by Django's backends and by axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from office import audit
from office.models import User

AGENT = "agent"  # keys in the session
SIGNED_IN_AT = "signed_in_at"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person without a hat: at the door none is worn yet."""

    user: User
    role: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    key: str
    agent: str
    since: datetime | None
    until: datetime
    is_this: bool


def _came_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[AGENT] = request.headers.get("User-Agent", "")[:200]
        request.session[SIGNED_IN_AT] = timezone.now().isoformat()
    with transaction.atomic():
        audit.record(Somebody(user), "account.signed-in", user)


def _went_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        with transaction.atomic():
            audit.record(Somebody(user), "account.signed-out", user)


def _failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    with transaction.atomic():
        audit.record(None, "account.sign-in-failed", None, target=str(credentials.get("username", ""))[:150])


def connect() -> None:
    user_logged_in.connect(_came_in, dispatch_uid="log-came-in")
    user_logged_out.connect(_went_out, dispatch_uid="log-went-out")
    user_login_failed.connect(_failed, dispatch_uid="log-failed")


def sessions_of(user: User, this_key: str | None) -> list[OpenSession]:
    """The person's open sessions, this one first.  One query; sessions carry their owner inside."""
    found = []
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        inside = session.get_decoded()
        if str(inside.get("_auth_user_id")) != str(user.pk):
            continue
        since = inside.get(SIGNED_IN_AT)
        found.append(
            OpenSession(
                session.session_key,
                inside.get(AGENT, ""),
                datetime.fromisoformat(since) if since else None,
                session.expire_date,
                session.session_key == this_key,
            )
        )
    return sorted(found, key=lambda one: (not one.is_this, one.until))


@transaction.atomic
def end_other_sessions(by: audit.Actor, this_key: str | None) -> int:
    """Sign the person out everywhere but here; returns how many sessions ended.  Row A03."""
    others = [one.key for one in sessions_of(by.user, this_key) if not one.is_this]
    Session.objects.filter(session_key__in=others).delete()
    audit.record(by, "account.sessions-ended", by.user, count=len(others))
    return len(others)


@transaction.atomic
def note_password_changed(by: audit.Actor) -> None:
    """The person chose a new password: the demand to do so is met."""
    User.objects.filter(pk=by.user.pk).update(must_change_password=False)
    audit.record(by, "account.password-changed", by.user)
