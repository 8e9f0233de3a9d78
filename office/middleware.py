"""Turns Refused into a page: the sentence, the clause, the next step, what had been typed, and the way back.

The API's answer to the same refusal is in office.problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from office.refusal import Refused

# A text of a person: it holds a Chinese character, or words with a space between; codes and numbers of forms do not.
WRITTEN = re.compile(r"[\u3400-\u9fff]|\S\s+\S")
KEPT_FROM_NOBODY = re.compile(r"password|token|csrf", re.IGNORECASE)


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
        return refusal_page(request, exception)


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The refusal's own page, or only its sentence for a part of a page."""
    template = "errors/404.html" if refusal.status == 404 else "errors/refused.html"
    if getattr(request, "htmx", False):
        template = "parts/refusal.html"
    context = {"refusal": refusal, "posted": written_in(request), "back_url": page_before(request)}
    return render(request, template, context, status=refusal.status)


def written_in(request: HttpRequest) -> list[str]:
    """What a person had written into the form that was refused, to be copied and sent again."""
    if request.method != "POST":
        return []
    return [
        text
        for name, values in request.POST.lists()
        if not KEPT_FROM_NOBODY.search(name)
        for text in (str(value).strip() for value in values)
        if WRITTEN.search(text)
    ]


def page_before(request: HttpRequest) -> str:
    """The page of this site from which the form was sent; "" when that is not known."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc != request.get_host() or before.path == request.path:
        return ""
    return before.path + (f"?{before.query}" if before.query else "")
