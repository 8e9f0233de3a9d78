"""The person's own account: phone, password, sessions, API tokens (row A03).

Other people's accounts are kept in /admin/.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.forms import ProfileForm, TokenForm
from office import audit, sign_in, tokens
from office.models import ApiToken, User
from office.refusal import Refused
from units.hats import Hat
from units.matrix import Role
from units.pages import PageRequest, hat_of, page


def actor_of(request: PageRequest) -> Hat:
    """Who acts on the own account, also before any role was granted."""
    return hat_of(request) or Hat(request.user, Role.ANONYMOUS)


@page("A03", methods=("GET", "POST"))
def account(request: PageRequest) -> HttpResponse:
    """Own data at a glance; posting keeps the phone."""
    form = ProfileForm(request.POST or None, initial={"phone": request.user.phone})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            User.objects.filter(pk=request.user.pk).update(phone=form.cleaned_data["phone"])
            audit.record(actor_of(request), "account.changed", request.user)
        messages.success(request, _("Kept."))
        return redirect("account")
    return _account_page(request, form, TokenForm())


def _account_page(
    request: PageRequest, form: ProfileForm, token_form: TokenForm, *, key: str = "", status: int = 200
) -> HttpResponse:
    return render(
        request,
        "appraisal_site/account.html",
        {
            "form": form,
            "token_form": token_form,
            "new_key": key,
            "roles": [hat.label for hat in request.hats],
            "sessions": sign_in.sessions_of(request.user, request.session.session_key),
            "tokens": ApiToken.objects.filter(user=request.user).order_by("-pk"),
            "now": timezone.now(),
        },
        status=status,
    )


@page("A03", methods=("POST",))
def end_sessions(request: PageRequest) -> HttpResponse:
    ended = sign_in.end_other_sessions(actor_of(request), request.session.session_key)
    messages.success(request, _("%(count)d other sessions were ended.") % {"count": ended})
    return redirect("account")


@page("A03", methods=("POST",))
def issue_token(request: PageRequest) -> HttpResponse:
    """A new API token for the hat worn; its key is shown on the answer and never again."""
    token_form = TokenForm(request.POST)
    profile = ProfileForm(initial={"phone": request.user.phone})
    if not token_form.is_valid():
        return _account_page(request, profile, token_form, status=422)
    hat = hat_of(request)
    if hat is None:
        raise Refused("no-role", _("A token speaks for a role; your account holds none yet."), status=403)
    key = tokens.issue(hat, token_form.cleaned_data["label"], token_form.cleaned_data["days"])
    answer = _account_page(request, profile, TokenForm(), key=key)
    answer["Cache-Control"] = "no-store"
    return answer


@page("A03", methods=("POST",))
def expire_token(request: PageRequest, token: int) -> HttpResponse:
    tokens.expire(actor_of(request), token)
    messages.success(request, _("The token no longer opens anything."))
    return redirect("account")


@page("A03", methods=("GET", "POST"))
def password(request: PageRequest) -> HttpResponse:
    """A new password; the other sessions end with the old one."""
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save()
            sign_in.note_password_changed(actor_of(request))
        update_session_auth_hash(request, user)
        messages.success(
            request, _("The password was changed. Other places where you were signed in are closed.")
        )
        return redirect("home")
    return render(
        request,
        "appraisal_site/password.html",
        {"form": form, "demanded": request.user.must_change_password},
        status=422 if request.method == "POST" else 200,
    )
