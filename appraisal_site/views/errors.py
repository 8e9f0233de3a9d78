"""What the site answers when nothing of ours did: no such address, a stale form, a request beyond sense, a failure.

A Refused is answered by office.middleware.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The sign of the form does not fit: the page was open over a sign-in, or the browser keeps no cookies."""
    sentence = _(
        "This form is too old, or the browser keeps no cookies: nothing was stored. Please go back, reload the page and send it again."
    )
    return render(request, "errors/403.html", {"exception": sentence}, status=403)


def senseless(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(loader.render_to_string("errors/400.html"), status=400)


def failed(request: HttpRequest) -> HttpResponse:
    """Without the request: what failed may be what the frame of the page asks for."""
    return HttpResponse(loader.render_to_string("errors/500.html"), status=500)
