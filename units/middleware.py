"""Puts the hat worn on every request: `request.hat`, None for an anonymous reader.

Changing the hat is an action of its own (units.actions.hats).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from units.hats import Hat, hats_of

if TYPE_CHECKING:
    from office.models import User

SESSION_KEY = "hat"


class HattedRequest(HttpRequest):
    """What views may rely on after this middleware."""

    hat: Hat | None
    hats: list[Hat]


def worn_hat(request: HttpRequest, hats: list[Hat]) -> Hat | None:
    chosen = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    return next((hat for hat in hats if hat.key == chosen), hats[0] if hats else None)


class HatMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hatted = cast(HattedRequest, request)
        hatted.hats = cast("list[Hat]", SimpleLazyObject(lambda: hats_of(cast("User", request.user))))
        hatted.hat = cast("Hat | None", SimpleLazyObject(lambda: worn_hat(request, hatted.hats)))
        return self.get_response(request)
