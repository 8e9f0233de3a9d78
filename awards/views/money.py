"""Prizes and their divisions: the register, the unit's own page, the pay list (§7).

Row J03 to read, J07 to divide, J04 to change an amount; a unit meets its own prizes only.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import formset_factory
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from awards import award_queries as queries
from awards import money, paylist
from awards.actions import prizes as acts
from awards.forms import PrizeChangeForm, ReasonForm, ShareForm
from awards.models import Award, Division, Individual, PrizeChange
from awards.views.shared import ask, tabs, yuan
from office import files
from office.refusal import Refused
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring.views.downloads import attachment
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may, require

OWN = frozenset({Role.OFFICIAL, Role.PRINCIPAL})
LINES = 8  # empty lines offered below those that are there


def seen_awards(request: PageRequest) -> list[Award]:
    """Prizes in force; for a unit its own only."""
    awards = [award for award in queries.decided_awards(request.cycle) if award.membership is not None]
    if request.hat.role in OWN:
        return [a for a in awards if a.membership and a.membership.unit_id == request.hat.unit_id]
    return awards


def _divisions(awards: list[Award]) -> dict[int, Division]:
    found = Division.objects.filter(award__in=[a.pk for a in awards]).prefetch_related("shares")
    return {division.award_id: division for division in found.select_related("by")}


@page("J03")
def register(request: PageRequest) -> HttpResponse:
    """Every prize with its division; sums by block; what a new list pays again and takes back."""
    cycle = request.cycle
    awards = seen_awards(request)
    divisions = _divisions(awards)
    reading = money.Heads(queries.choices_of(cycle).heads)
    is_own = request.hat.role in OWN
    rows = []
    by_block: dict[str, int] = {}
    for award in awards:
        assert award.membership is not None
        unit, block = award.membership.unit, award.membership.block
        by_block[block.name] = by_block.get(block.name, 0) + award.amount_fen
        division = divisions.get(award.pk)
        rows.append(
            {
                "award": award,
                "unit": unit,
                "block": block.name,
                "amount": yuan(award.amount_fen),
                "division": division,
                "state": _state_of(award, division),
                "above": _above(award, division, reading),
                "divide_url": (
                    reverse("division", args=[cycle.code, award.pk])
                    if may("J07", request.hat, cycle, unit_id=unit.pk)
                    else ""
                ),
                "change_url": (
                    reverse("prize-change", args=[cycle.code, award.pk])
                    if may("J04", request.hat, cycle)
                    else ""
                ),
            }
        )
    people = _people(request)
    of_people = sum(one.prize.amount_fen for one in people)
    changes = (
        []
        if is_own
        else list(
            PrizeChange.objects.filter(
                award__award_list__cycle=cycle, confirmed_at=None, is_dropped=False
            ).select_related("award__scheme", "award__membership__unit", "asked_by")
        )
    )
    in_force = queries.list_in_force(cycle)
    settlement = [] if is_own else queries.settlement_of(cycle)
    return render(
        request,
        "awards/money.html",
        {
            "rows": rows,
            "tabs": tabs(request),
            "is_own": is_own,
            "in_force": in_force,
            "by_block": [(name, yuan(amount)) for name, amount in by_block.items()],
            "people": people,
            "people_sum": yuan(of_people),
            "total": yuan(sum(award.amount_fen for award in awards) + of_people),
            "divided": sum(1 for row in rows if row["state"] == "whole"),
            "changes": [
                {
                    "change": change,
                    "before": yuan(change.before_fen),
                    "after": yuan(change.after_fen),
                    "mine": change.asked_by_id == request.user.pk,
                }
                for change in changes
            ],
            "may_change": may("J04", request.hat, cycle),
            "settlement": [
                (
                    line,
                    yuan(line.before_fen),
                    yuan(line.after_fen),
                    yuan(line.pay_fen),
                    yuan(line.take_back_fen),
                )
                for line in settlement
            ],
            "settlement_sums": (
                yuan(sum(line.pay_fen for line in settlement)),
                yuan(sum(line.take_back_fen for line in settlement)),
            ),
            "xlsx_url": reverse("money-xlsx", args=[cycle.code]),
            "pdf_url": reverse("money-pdf", args=[cycle.code]),
        },
    )


def _state_of(award: Award, division: Division | None) -> str:
    if division is None:
        return "open"
    return "whole" if paylist.is_whole(award, division) else "broken"


def _above(award: Award, division: Division | None, reading: money.Heads) -> str:
    """The heads' share in per cent where it is above the limit."""
    if division is None:
        return ""
    shares = [money.Share(s.person, s.amount_fen, s.is_head) for s in division.shares.all()]
    if not money.is_above_limit(award.amount_fen, shares, reading):
        return ""
    return money.percent(money.heads_share(award.amount_fen, shares, reading))


def _people(request: PageRequest) -> list[Individual]:
    """The individuals of the year; a unit sees its own prizes only."""
    return [] if request.hat.role in OWN else queries.individuals_of(request.cycle)


@page("J03")
def money_pdf(request: PageRequest) -> HttpResponse:
    """The pay list as a paper to sign."""
    awards = seen_awards(request)
    rows = paylist.rows_of(awards, _divisions(awards), _people(request))
    if not rows:
        messages.info(request, _("No prize is decided yet, so there is nothing to pay."))
        return redirect("money", request.cycle.code)
    response = HttpResponse(paylist.as_pdf(request.cycle, rows), content_type=files.PDF)
    name = f"{request.cycle.code}-{_('Pay list')}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


@page("J03")
def money_xlsx(request: PageRequest) -> HttpResponse:
    """The pay list: every person with what is due; a prize not divided yet as one line of its unit."""
    cycle = request.cycle
    awards = seen_awards(request)
    divisions = _divisions(awards)
    columns = [
        ColumnOut(_("Award")),
        ColumnOut(_("Grade")),
        ColumnOut(_("Unit")),
        ColumnOut(_("Name")),
        ColumnOut(_("Post")),
        ColumnOut(_("Head")),
        ColumnOut(_("Amount (元)"), "number", 2),
        ColumnOut(_("Received by")),
        ColumnOut(_("Remark"), width=40),
    ]
    rows: list[list[Any]] = [
        [
            row.award,
            row.grade,
            row.unit,
            row.person,
            row.post,
            _("yes") if row.is_head else "",
            queries.as_yuan(row.amount_fen),
            "",
            row.remark,
        ]
        for row in paylist.rows_of(awards, divisions, _people(request))
    ]
    sums: dict[str, int] = {}
    for award in awards:
        assert award.membership is not None
        sums[award.membership.block.name] = sums.get(award.membership.block.name, 0) + award.amount_fen
    title = f"{cycle.code} {_('Pay list')}"
    sheets = [
        SheetOut(_("Pay list"), columns, rows, title=title, footer={}, frozen_columns=3, spare_rows=0),
        SheetOut(
            _("By block"),
            [ColumnOut(_("Block")), ColumnOut(_("Amount (元)"), "number", 2)],
            [[name, queries.as_yuan(amount)] for name, amount in sums.items()],
            spare_rows=0,
        ),
    ]
    return attachment(write_workbook(sheets), f"{cycle.code}-{_('Pay list')}.xlsx")


@page("J07", methods=("GET", "POST"))
def division(request: PageRequest, pk: int) -> HttpResponse:
    """The unit's own division of one prize, by person; what was typed stays after a refusal."""
    cycle = request.cycle
    award = next((a for a in queries.decided_awards(cycle) if a.pk == pk and a.membership is not None), None)
    if award is None or award.membership is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    require("J07", request.hat, cycle, unit_id=award.membership.unit_id)
    kept = Division.objects.filter(award=award).prefetch_related("shares").first()
    make = formset_factory(ShareForm, extra=LINES, max_num=400, absolute_max=400)
    initial = [
        {
            "person": share.person,
            "post": share.post,
            "amount": str(queries.as_yuan(share.amount_fen)),
            "is_head": share.is_head,
        }
        for share in (kept.shares.all() if kept is not None else [])
    ]
    lines = make(request.POST or None, initial=initial)
    reason = ReasonForm(request.POST or None, initial={"reason": kept.reason if kept else ""})
    reason.fields["reason"].required = False
    reason.fields["reason"].label = _("Reason, where the heads get more than 40 %")
    status, refusal = 200, None
    if request.method == "POST":
        status = 422
        if lines.is_valid() and reason.is_valid():
            parts = [
                acts.Part(
                    line.cleaned_data["person"].strip(),
                    line.cleaned_data["amount_fen"],
                    line.cleaned_data["post"],
                    line.cleaned_data["is_head"],
                )
                for line in lines
                if not line.is_blank
            ]
            version = request.POST.get("version", "")
            try:
                acts.divide_prize(
                    by=request.hat,
                    cycle=cycle,
                    award_id=pk,
                    parts=parts,
                    reason=reason.cleaned_data["reason"],
                    version=int(version) if version.isdigit() else None,
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                refusal, status = refused, refused.status
            else:
                messages.success(request, _("The division is kept; it sums to the prize."))
                return redirect("money", cycle.code)
    return render(
        request,
        "awards/division.html",
        {
            "award": award,
            "amount": yuan(award.amount_fen),
            "lines": lines,
            "reason_form": reason,
            "version": kept.version if kept else 0,
            "refusal": refusal,
            "money_url": reverse("money", args=[cycle.code]),
        },
        status=status,
    )


@page("J04", methods=("GET", "POST"))
def change(request: PageRequest, pk: int) -> HttpResponse:
    cycle = request.cycle
    award = next((a for a in seen_awards(request) if a.pk == pk), None)
    if award is None or award.membership is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    form = PrizeChangeForm(request.POST or None)
    return ask(
        request,
        form,
        lambda: acts.ask_change(
            by=request.hat,
            cycle=cycle,
            award_id=pk,
            amount_fen=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
        ),
        title=_("Change a prize"),
        question=_(
            "%(award)s, %(unit)s: now %(amount)s 元. Another person of the office confirms the change."
        )
        % {"award": award.scheme.name, "unit": award.membership.unit, "amount": yuan(award.amount_fen)},
        button=_("Ask for the change"),
        back=reverse("money", args=[cycle.code]),
    )


@page("J04", methods=("POST",))
def confirm_change(request: PageRequest, pk: int) -> HttpResponse:
    award = acts.confirm_change(by=request.hat, cycle=request.cycle, change_id=pk)
    messages.success(
        request,
        _("%(award)s: the prize is now %(amount)s 元.")
        % {"award": award.scheme.name, "amount": yuan(award.amount_fen)},
    )
    return redirect("money", request.cycle.code)


@page("J04", methods=("POST",))
def drop_change(request: PageRequest, pk: int) -> HttpResponse:
    acts.drop_change(by=request.hat, cycle=request.cycle, change_id=pk)
    return redirect("money", request.cycle.code)
