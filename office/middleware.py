"""Turns Refused into a page: the sentence, the clause, the next step, and the way back.

The API's answer to the same refusal is in office.problems.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from office.refusal import Refused


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if exception.status == 401:
            return redirect(f"/login/?next={request.path}")
        template = "errors/404.html" if exception.status == 404 else "errors/refused.html"
        if getattr(request, "htmx", False):
            template = "parts/refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
