"""The owner's expiring API token: made once, shown once, at most 90 days.

Two-person acts, approval, publication and roles refuse a token: see may_sign().
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from office import audit
from office.models.token import ApiToken
from office.refusal import Refused

if TYPE_CHECKING:
    from office.models import User

LONGEST_DAYS = 90


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def issue(by: audit.Actor, label: str, days: int) -> str:
    """A new key for the person's present role; raises Refused beyond 90 days."""
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(
            "token-days", _("A token lasts 1 to %(days)d days.") % {"days": LONGEST_DAYS}, status=422
        )
    key = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=by.user,
        label=label,
        role=str(by.role),
        digest=_digest(key),
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record(by, "token.issued", token)
    return key


@transaction.atomic
def expire(by: audit.Actor, token_id: int) -> None:
    """End one of the person's own tokens now; raises Refused for anybody else's."""
    token = ApiToken.objects.filter(pk=token_id, user=by.user).first()
    if token is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    if token.expires_at > timezone.now():
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
        audit.record(by, "token.expired", token)


class ExpiringTokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token KEY`; request.auth is the ApiToken."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = authentication.get_authorization_header(request).decode("latin-1")
        scheme, _space, key = header.partition(" ")
        if scheme.lower() != "token" or not key:
            return None
        token = ApiToken.objects.select_related("user").filter(digest=_digest(key.strip())).first()
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is unknown."))
        if token.expires_at <= timezone.now():
            raise exceptions.AuthenticationFailed(_("This token has expired."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def may_sign(request: Request) -> None:
    """Refuse a token where a person must be at the screen."""
    if isinstance(request.auth, ApiToken):
        raise Refused(
            "token-may-not", _("This needs a person signed in at the screen, not a token."), status=403
        )
