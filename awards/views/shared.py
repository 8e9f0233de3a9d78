"""What the pages of awards ask alike: whose way an act takes, a page that asks for a reason, yuan.

Holds no page of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from awards.money import format_yuan
from office.refusal import Refused
from units.matrix import Role
from units.pages import PageRequest


def way(request: PageRequest, name: str, *args: object) -> str:
    """The office's or the leading group's address of an act, by the hat worn."""
    whose = "office" if request.hat.role is Role.OFFICE else "group"
    return reverse(f"{name}-{whose}", args=[request.cycle.code, *args])


def yuan(amount_fen: int) -> str:
    return format_yuan(amount_fen)


def ask(
    request: PageRequest,
    form: forms.Form,
    act: Callable[[], object],
    *,
    title: str,
    question: str,
    button: str,
    back: str,
    consequences: Sequence[str] = (),
    danger: bool = False,
    template: str = "parts/confirm.html",
) -> HttpResponse:
    """A page that asks, acts on POST and goes back; a refusal keeps what was typed."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act()
            except Refused as refusal:
                if refusal.status in {403, 404}:
                    raise
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                return redirect(back)
    context = {
        "page_title": title,
        "question": question,
        "consequences": list(consequences),
        "form": form,
        "button": button,
        "danger": danger,
        "cancel_url": back,
    }
    return render(request, template, context, status=status)
