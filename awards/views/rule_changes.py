"""Amendments of the rules (§6(9)) and decisions on missing cells 缺报处理: put forward, signed second, withdrawn.

Everybody reads the versions (B01); what would move is for those who may see totals now (G02).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards import rule_figures
from awards.actions import rule_changes as acts
from awards.amendment_bench import amendment_bench
from awards.forms import ReasonForm
from awards.models import RuleChange
from awards.register_sheets import rules_sheet, versions_sheet
from awards.rule_drafts import AMENDMENT, MISSING, Draft
from awards.views.shared import tabs
from office import files, ports
from office.refusal import Refused
from office.workbook.writer import write_workbook
from scoring import words_of_trials as words
from scoring.trial_bench import Bench
from scoring.trial_steps import MissingStep, Step, UnreadableStep, read
from scoring.views.downloads import attachment
from units.foresight import Preview, kept
from units.forms import MinutesForm
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group

LISTS = {AMENDMENT: "amendments", MISSING: "missing-cells"}


def _may_sign(request: PageRequest, kind: str) -> bool:
    row = acts.ROW_OF_KIND[RuleChange.Kind(kind)]
    if request.hat.role is Role.OFFICE:
        return may_on_behalf_of_group(row, request.hat, request.cycle)
    return may(row, request.hat, request.cycle)


def _rows(request: PageRequest, kind: str) -> list[RuleChange]:
    return list(
        RuleChange.objects.filter(cycle=request.cycle, kind=kind)
        .exclude(state=RuleChange.State.DROPPED)
        .select_related("first_by", "second_by", "minutes")
    )


def _line(request: PageRequest, row: RuleChange, *, signs: bool, sees_totals: bool) -> dict[str, Any]:
    is_open = row.state == RuleChange.State.OPEN
    code = request.cycle.code
    return {
        "row": row,
        "effect": Preview(kept(row.effect)) if sees_totals and not is_open else None,
        "sign_url": reverse("rule-change", args=[code, row.pk]) if is_open and signs else "",
        "drop_url": reverse("rule-change-drop", args=[code, row.pk]) if is_open and signs else "",
        "scan_url": reverse("rule-change-scan", args=[code, row.pk]) if row.minutes_id and signs else "",
        "rules_url": reverse("rules-at", args=[code, row.number])
        if row.kind == AMENDMENT and row.number is not None
        else "",
        "mine": row.first_by_id == request.user.pk,
    }


@page("B01")
def amendments(request: PageRequest) -> HttpResponse:
    """The versions of the year's rules, the newest first, and what waits for its second signature."""
    signs, sees_totals = _may_sign(request, AMENDMENT), may("G02", request.hat, request.cycle)
    lines = [
        _line(request, row, signs=signs, sees_totals=sees_totals)
        for row in _rows(request, AMENDMENT)
        if row.state == RuleChange.State.DECIDED or signs
    ]
    return render(
        request,
        "awards/amendments.html",
        {
            "tabs": tabs(request),
            "waiting": [line for line in lines if line["row"].state == RuleChange.State.OPEN],
            "versions": [line for line in lines if line["row"].state == RuleChange.State.DECIDED],
            "new_url": reverse("amend", args=[request.cycle.code]) if signs else "",
            "xlsx_url": reverse("amendments-xlsx", args=[request.cycle.code]),
            "issued_url": reverse("rules-at", args=[request.cycle.code, 0]),
        },
    )


def _states(request: PageRequest, number: int) -> tuple[list[rule_figures.Figure], list[rule_figures.Figure]]:
    """The rules as of that version, and as of today; 404 for a version there is not."""
    changes = rule_figures.decided(request.cycle.pk)
    numbers = {row.number for row in changes if row.kind == AMENDMENT}
    if number and number not in numbers:
        raise Refused("not-found", _("There is no such record."), status=404)
    today = rule_figures.figures_of(request.cycle)
    return rule_figures.at_version(today, changes, number), today


@page("B01")
def rules_at(request: PageRequest, number: int) -> HttpResponse:
    """All figures and texts of the rules as they stood after an amendment, or (0) as the year was issued."""
    code = request.cycle.code
    then, today = _states(request, number)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one, now in zip(then, today, strict=True):
        if not one.value and not now.value:
            continue
        line = {
            "figure": one,
            "value": rule_figures.shown(one.target, one.value),
            "today": rule_figures.shown(now.target, now.value) if now.value != one.value else "",
        }
        groups.setdefault(one.group, []).append(line)
    versions = [row for row in _rows(request, AMENDMENT) if row.state == RuleChange.State.DECIDED]
    return render(
        request,
        "awards/rules_at.html",
        {
            "tabs": tabs(request),
            "number": number,
            "version": next((row for row in versions if row.number == number), None),
            "versions": [
                (n, reverse("rules-at", args=[code, n]), n == number)
                for n in [0, *sorted(row.number or 0 for row in versions)]
            ],
            "groups": [
                (
                    group,
                    sorted(lines, key=lambda line: not line["today"]),
                    sum(bool(line["today"]) for line in lines),
                )
                for group, lines in groups.items()
            ],
            "differ": sum(one.value != now.value for one, now in zip(then, today, strict=True)),
            "xlsx_url": reverse("rules-at-xlsx", args=[code, number]),
            "back_url": reverse("amendments", args=[code]),
        },
    )


@page("B01")
def rules_at_xlsx(request: PageRequest, number: int) -> HttpResponse:
    then, today = _states(request, number)
    content = write_workbook([rules_sheet(request.cycle.code, number, then, today)])
    return attachment(content, f"{request.cycle.code}-{_('Rules')}-{number}.xlsx")


@page("B01")
def amendments_xlsx(request: PageRequest) -> HttpResponse:
    rows = [row for row in _rows(request, AMENDMENT) if row.state == RuleChange.State.DECIDED]
    content = write_workbook([versions_sheet(request.cycle.code, rows)])
    return attachment(content, f"{request.cycle.code}-{_('Amendments')}.xlsx")


def read_all(texts: list[str]) -> list[Step]:
    found: list[Step] = []
    for text in texts:
        try:
            found.append(read(text))
        except UnreadableStep as error:
            raise Refused(
                "unreadable", _("Please choose from the lists what is to be changed."), status=422
            ) from error
    return found


def preview_of(request: PageRequest, year: Bench, steps: list[Step]) -> Preview | None:
    """Who would move, for those who may see places now."""
    if not steps or not may("G02", request.hat, request.cycle):
        return None
    return Preview(tuple(ports.consequences(acts.trying(year.cycle, steps))))


def minutes_in(request: PageRequest, form: forms.Form) -> Any:
    return MinutesForm.minutes(form, request.user) if request.hat.role is Role.OFFICE else None  # type: ignore[arg-type]  # the same fields


# Missing cells -------------------------------------------------------------------------------------


@page("E15", "E14", methods=("GET", "POST"))
def missing_cells(request: PageRequest) -> HttpResponse:
    """Every cell without a score, by block; ticked ones are put forward as the mean, as zero, or suspended."""
    cycle = request.cycle
    year = amendment_bench(cycle)
    form = ReasonForm(request.POST or None, request.FILES or None)
    signs = _may_sign(request, MISSING)
    if request.hat.role is Role.OFFICE:
        form.fields.update(MinutesForm().fields)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                acts.propose(
                    by=request.hat,
                    cycle=cycle,
                    draft=Draft(kind=MISSING, steps=_ticked(request), reason=form.cleaned_data["reason"]),
                    minutes=minutes_in(request, form),
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                form.add_error(None, str(refused))
                status = refused.status
            else:
                messages.success(request, _("Put forward; it comes into force with the second signature."))
                return redirect("missing-cells", cycle.code)
    lines = [
        _line(request, row, signs=signs, sees_totals=may("G02", request.hat, cycle))
        for row in _rows(request, MISSING)
    ]
    ticked = set(request.POST.getlist("cell"))
    return render(
        request,
        "awards/missing_cells.html",
        {
            "tabs": tabs(request),
            "form": form,
            "signs": signs,
            "blocks": _missing_blocks(year, ticked),
            "decided": _decided_cells(year),
            "how": request.POST.get("how", "mean"),
            "waiting": [line for line in lines if line["row"].state == RuleChange.State.OPEN],
            "versions": [line for line in lines if line["row"].state == RuleChange.State.DECIDED],
        },
        status=status,
    )


def _missing_blocks(year: Bench, ticked: set[str]) -> list[dict[str, Any]]:
    missing = year.missing()
    out = []
    for block in year.blocks:
        by_sub: dict[int, list[tuple[str, str, bool]]] = {}
        for member, sub in missing.get(block.pk, []):
            key = f"{member}~{sub}"
            by_sub.setdefault(sub, []).append((key, year.members[member].unit.name, key in ticked))
        if by_sub:
            subs = [(year.sub_item(sub)[1].name, f"sub~{sub}", cells) for sub, cells in by_sub.items()]
            out.append({"block": block, "subs": subs, "count": len(missing[block.pk])})
    return out


def _decided_cells(year: Bench) -> list[tuple[str, str, str]]:
    """(key, block, cell) of every cell counted by a decision, so that it can be opened again."""
    found = []
    for block in year.blocks:
        for one in year.sheets[block.pk].decisions:
            if one.unit_key is not None:
                step = MissingStep(one.unit_key, one.sub_item_key, str(one.how))
                found.append((f"{one.unit_key}~{one.sub_item_key}", block.name, words.say(year, step)))
    return found


def _ticked(request: PageRequest) -> list[Step]:
    how = request.POST.get("how", "")
    cells = request.POST.getlist("cell")
    if how == "suspend":
        subs = {text.partition("~")[2] for text in cells}
        return [step for sub in sorted(subs) for step in read_all([f"suspend~{sub}~1"])]
    return read_all([f"missing~{text}~{how}" for text in cells])


# Signing second ------------------------------------------------------------------------------------


def _change(request: PageRequest, pk: int) -> RuleChange:
    row = (
        RuleChange.objects.filter(pk=pk, cycle=request.cycle)
        .select_related("first_by", "second_by", "minutes")
        .first()
    )
    if row is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return row


@page("I06", "E15", "E14", methods=("GET", "POST"))
def rule_change(request: PageRequest, pk: int) -> HttpResponse:
    """The second signature, below the list of all it moves; a list that has changed is shown again."""
    cycle = request.cycle
    row = _change(request, pk)
    year = amendment_bench(cycle)
    steps = read_all(row.steps)
    preview = preview_of(request, year, steps)
    refusal: Refused | None = None
    status = 200
    if request.method == "POST":
        if preview is not None and request.POST.get(preview.seen_field, "") != preview.digest:
            status = 409
        else:
            try:
                acts.confirm(
                    by=request.hat,
                    cycle=cycle,
                    change_id=pk,
                    consequences=preview.moves if preview is not None else None,
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                refusal, status = refused, refused.status
            else:
                messages.success(request, _("In force. Every standing it touches was computed anew."))
                return redirect(LISTS[RuleChange.Kind(row.kind)], cycle.code)
    return render(
        request,
        "awards/sign_change.html",
        {
            "tabs": tabs(request),
            "row": row,
            "preview": preview,
            "changed_meanwhile": status == 409 and refusal is None,
            "refusal": refusal,
            "is_open": row.state == RuleChange.State.OPEN,
            "mine": row.first_by_id == request.user.pk,
            "cancel_url": reverse(LISTS[RuleChange.Kind(row.kind)], args=[cycle.code]),
            "scan_url": reverse("rule-change-scan", args=[cycle.code, row.pk]) if row.minutes_id else "",
            "is_pdf": row.minutes is not None and row.minutes.content_type == files.PDF,
        },
        status=status,
    )


@page("I06", "E15", "E14", methods=("POST",))
def drop(request: PageRequest, pk: int) -> HttpResponse:
    row = _change(request, pk)
    acts.drop(by=request.hat, cycle=request.cycle, change_id=pk)
    messages.success(request, _("Withdrawn; nothing was changed."))
    return redirect(LISTS[RuleChange.Kind(row.kind)], request.cycle.code)


@page("I06", "E15", "E14")
def scan(request: PageRequest, pk: int) -> FileResponse:
    """The signed minutes it was entered from."""
    row = _change(request, pk)
    if row.minutes is None:
        raise Refused("not-found", _("There is no such record."), status=404)
    return files.deliver(row.minutes, inline=True)
