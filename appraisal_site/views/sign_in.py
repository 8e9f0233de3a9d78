"""Coming in, going out, changing the hat and the language.

Which hats there are and what each may do is told by units.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.i18n import set_language

from units.actions import hats
from units.middleware import SESSION_KEY, HattedRequest
from units.pages import PageRequest, hat_of, page

LAST_TIME = "last_time"  # in the session: when this person signed in before, ISO text


class SignIn(LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"language_url": reverse("language")}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        before = user.last_login
        answer = super().form_valid(form)
        if before is not None:
            self.request.session[LAST_TIME] = before.isoformat()
        return answer


def row(view: Any, permission_row: str) -> Any:
    """The view of a framework, with its row of the matrix written on it."""
    view.permission_row = permission_row
    return view


def language(request: HttpRequest) -> HttpResponseBase:
    return set_language(request)


sign_in = row(SignIn.as_view(), "A01")
sign_out = row(LogoutView.as_view(), "A01")
language = row(language, "A01")


def back_to(request: HttpRequest) -> str:
    """The page the form was sent from, when it is one of ours; else the home page."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return reverse("home")


@page("A03", methods=("POST",))
def wear_hat(request: PageRequest) -> HttpResponse:
    """Put on another hat.  What one hat shows another may not, so the way leads home unless it is open."""
    hat = hats.wear(cast(HattedRequest, request).hats, request.POST.get("hat", ""), before=hat_of(request))
    request.session[SESSION_KEY] = hat.key
    return redirect("home")
