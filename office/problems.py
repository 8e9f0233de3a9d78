"""API answers to refusals and bad input: RFC 9457 problem+json with title, detail and code.

The sentences come from whoever refused.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from office import audit
from office.refusal import Refused
from office.whole_body import refusal_of

MEDIA_TYPE = "application/problem+json"


def problem(status: int, title: str, detail: str, code: str, **extra: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **extra}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def handle_exception(exception: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's hook: every refusal and every framework error in one shape."""
    exception = refusal_of(exception) or exception
    if isinstance(exception, Refused):
        _log_denial(exception, context.get("request"))
        extra = {"clause": exception.clause} if exception.clause else {}
        return problem(
            exception.status, _("Refused"), exception.sentence, exception.code, **extra, **exception.values
        )
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, exceptions.ValidationError):
        return problem(
            response.status_code,
            _("Invalid input"),
            _flat(exception.detail),
            "invalid",
            fields=exception.detail,
        )
    code = "not-found" if isinstance(exception, Http404) else str(getattr(exception, "default_code", "error"))
    detail = str(getattr(exception, "detail", exception)) or _("There is no such record.")
    answer = problem(response.status_code, str(response.status_text), detail, code.replace("_", "-"))
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response:
            answer[header] = response[header]
    return answer


def _log_denial(refusal: Refused, request: Request | None) -> None:
    """A denied act stands in the log: who, by which row, what was asked for."""
    if request is None or refusal.status not in {403, 404}:
        return
    if refusal.status == 404 and request.method in {"GET", "HEAD"}:
        return
    hat: audit.Actor | None = getattr(request, "hat", None)
    if hat is not None:
        rows = getattr(request, "permission_rows", ())
        audit.record_denial(hat, " ".join(rows), refusal.sentence, target=f"{request.method} {request.path}")


def _flat(detail: Any) -> str:
    if isinstance(detail, dict):
        return "; ".join(f"{key}: {_flat(value)}" for key, value in detail.items())
    if isinstance(detail, list):
        return " ".join(_flat(value) for value in detail)
    return str(detail)
