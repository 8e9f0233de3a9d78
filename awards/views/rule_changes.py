"""Amendments of the rules (§6(9)) and decisions on missing cells 缺报处理: put forward, signed second, withdrawn.

Everybody reads the versions (B01); what would move is for those who may see totals now (G02).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from awards.actions import rule_changes as acts
from awards.forms import AmendmentForm, ReasonForm
from awards.models import RuleChange
from awards.register_sheets import versions_sheet
from awards.views.shared import tabs
from office import files, ports
from office.refusal import Refused
from office.workbook.writer import write_workbook
from scoring import words_of_trials as words
from scoring.forms_of_trials import typed_steps
from scoring.trial_queries import Bench, bench_of, require_sensible
from scoring.trial_steps import MissingStep, Step, UnreadableStep, read, with_step, written
from scoring.views.downloads import attachment
from scoring.views.trials import rule_choices
from units.foresight import Preview, kept
from units.forms import MinutesForm
from units.matrix import Role
from units.pages import PageRequest, page
from units.permissions import may, may_on_behalf_of_group

AMENDMENT, MISSING = RuleChange.Kind.AMENDMENT, RuleChange.Kind.MISSING
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
        },
    )


@page("B01")
def amendments_xlsx(request: PageRequest) -> HttpResponse:
    rows = [row for row in _rows(request, AMENDMENT) if row.state == RuleChange.State.DECIDED]
    content = write_workbook([versions_sheet(request.cycle.code, rows)])
    return attachment(content, f"{request.cycle.code}-{_('Amendments')}.xlsx")


@page("I06", "E14", methods=("GET", "POST"))
def amend(request: PageRequest) -> HttpResponse:
    """`?step=` are the changes chosen so far, `?add=` one more as typed; POST signs first."""
    cycle = request.cycle
    year = bench_of(cycle)
    given = request.POST if request.method == "POST" else request.GET
    steps = _read_all(given.getlist("step"))
    refusal: Refused | None = None
    if request.method == "GET" and "add" in given:
        try:
            more, gone = typed_steps(year, request.GET, steps)
            for step in more:
                require_sensible(year, step)
            acts.require_kind(AMENDMENT, more)
            steps = list(with_step([step for step in steps if step not in gone], more))
        except Refused as refused:
            refusal = refused
        else:
            return redirect(_amend_url(request, steps))
    form = AmendmentForm(request.POST or None, request.FILES or None)
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
                    draft=acts.Draft(
                        kind=AMENDMENT,
                        steps=steps,
                        reason=form.cleaned_data["reason"],
                        wording=form.cleaned_data["wording"],
                        clause=form.cleaned_data["clause"],
                        on=form.cleaned_data["on"],
                    ),
                    minutes=_minutes(request, form),
                )
            except Refused as refused:
                if refused.status in {403, 404}:
                    raise
                form.add_error(None, str(refused))
                status = refused.status
            else:
                messages.success(request, _("Put forward; it comes into force with the second signature."))
                return redirect("amendments", cycle.code)
    shown = next((b for b in year.blocks if str(b.pk) == given.get("block", "")), None)
    shown = shown or (year.blocks[0] if year.blocks else None)
    return render(
        request,
        "awards/amend.html",
        {
            "tabs": tabs(request),
            "form": form,
            "steps": _said(request, year, steps),
            "preview": _preview(request, year, steps),
            "shown": shown,
            "blocks": [
                (block.name, _amend_url(request, steps, block=block.pk), block == shown)
                for block in year.blocks
            ],
            "bench_url": reverse("amend", args=[cycle.code]),
            "cancel_url": reverse("amendments", args=[cycle.code]),
            "refusal": refusal,
            "typed": request.GET if refusal else {},
            "adding": request.GET.get("add", ""),
            "sees_totals": may("G02", request.hat, cycle),
            **rule_choices(year, steps, shown),
        },
        status=refusal.status if refusal else status,
    )


def _amend_url(request: PageRequest, steps: list[Step], **more: object) -> str:
    given = request.POST if request.method == "POST" else request.GET
    block = more.get("block") or given.get("block", "")
    fields: list[tuple[str, object]] = [("block", block)] if block else []
    fields += [("step", written(step)) for step in steps]
    address = reverse("amend", args=[request.cycle.code])
    return f"{address}?{urlencode(fields)}" if fields else address


def _read_all(texts: list[str]) -> list[Step]:
    found: list[Step] = []
    for text in texts:
        try:
            found.append(read(text))
        except UnreadableStep as error:
            raise Refused(
                "unreadable", _("Please choose from the lists what is to be changed."), status=422
            ) from error
    return found


def _said(request: PageRequest, year: Bench, steps: list[Step]) -> list[dict[str, Any]]:
    out = []
    for number, step in enumerate(steps):
        try:
            require_sensible(year, step)
        except Refused as refused:
            said = refused.sentence
        else:
            said = words.say(year, step)
        others = [s for n, s in enumerate(steps) if n != number]
        out.append({"written": written(step), "words": said, "drop_url": _amend_url(request, others)})
    return out


def _preview(request: PageRequest, year: Bench, steps: list[Step]) -> Preview | None:
    """Who would move, for those who may see places now."""
    if not steps or not may("G02", request.hat, request.cycle):
        return None
    return Preview(tuple(ports.consequences(acts.trying(year.cycle, steps))))


def _minutes(request: PageRequest, form: forms.Form) -> Any:
    return MinutesForm.minutes(form, request.user) if request.hat.role is Role.OFFICE else None  # type: ignore[arg-type]  # the same fields


# Missing cells -------------------------------------------------------------------------------------


@page("E15", "E14", methods=("GET", "POST"))
def missing_cells(request: PageRequest) -> HttpResponse:
    """Every cell without a score, by block; ticked ones are put forward as the mean, as zero, or suspended."""
    cycle = request.cycle
    year = bench_of(cycle)
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
                    draft=acts.Draft(
                        kind=MISSING, steps=_ticked(request), reason=form.cleaned_data["reason"]
                    ),
                    minutes=_minutes(request, form),
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
        return [step for sub in sorted(subs) for step in _read_all([f"suspend~{sub}~1"])]
    return _read_all([f"missing~{text}~{how}" for text in cells])


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
    year = bench_of(cycle)
    steps = _read_all(row.steps)
    preview = _preview(request, year, steps)
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
