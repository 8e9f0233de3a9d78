"""The API's reading room: its schema shown as pages, without any outside host or inline script.

The schema itself is drawn by drf-spectacular.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from units.pages import page


@page("A04")
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
