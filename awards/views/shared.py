"""What the pages of awards ask alike: whose way an act takes, a page that asks for a reason, yuan.

Holds no page of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from awards.money import format_yuan
from office.refusal import Refused
from units.matrix import Role
from units.pages import READ_BY_STAGE, PageRequest
from units.permissions import grant_of, may


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
    scan: Mapping[str, object] | None = None,
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
        "scan": scan,
    }
    return render(request, template, context, status=status)


TABS: tuple[tuple[str, str, object], ...] = (
    ("brief", "G02", _("Brief for leaders")),
    ("awards", "G02", _("Awards")),
    ("nominations", "J05", _("Recommendations")),
    ("individuals", "J06", _("Individual awards")),
    ("money", "J03", _("Prizes and divisions")),
    ("readings", "B01", _("Register of readings")),
    ("amendments", "B01", _("Amendments")),
    ("missing-cells", "E15", _("Decisions on missing cells")),
    ("single-appraisals", "B01", _("Other single appraisals")),
    ("hearing", "G02", _("Hearing")),
    ("approval", "G02", _("Approval")),
    ("returned", "G02", _("Papers that came back")),
    ("editions", "A02", _("Editions")),
    ("filing", "K01", _("Filing")),
    ("filing", "K02", _("Filing")),
)


def tabs(request: PageRequest) -> list[tuple[object, str, bool]]:
    """(label, address, is this page) for the neighbouring pages the hat may open now."""
    here = request.resolver_match.url_name if request.resolver_match is not None else ""
    found = []
    for name, row, label in TABS:
        if is_open(request, row):
            found.append((label, reverse(name, args=[request.cycle.code]), name == here))
    return found


def is_open(request: PageRequest, row: str) -> bool:
    """Whether the page's door lets the hat in: the role, and the stage where the row closes reading by it."""
    if row in READ_BY_STAGE:
        return may(row, request.hat, request.cycle)
    grant = grant_of(row, request.hat)
    if grant.published:
        return may(row, request.hat, request.cycle)
    return not grant.is_denied
