"""Statistical returns: the figures that stand, who reported them, one figure typed for many units.

What a workbook changes is shown on the pages of scoring.views.imports.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.refusal import Refused
from office.workbook.cells import Cell, Fault, to_number
from office.workbook.sentences import sentence
from scoring import ledger_queries, return_queries
from scoring.actions import ledgers, returns
from scoring.models import Ledger
from scoring.views.downloads import attachment
from scoring.views.ledgers import VERSION_LIGHTS
from scoring.views.shared import crumbs
from scoring.workbooks import return_exports
from scoring.workbooks.naming import SCALE
from scoring.workbooks.returns import Standing, period_name, period_of, plain
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Unit
from units.pages import PageRequest, page

PER_PAGE: Final = 100


def _may_write(hat: Hat, cycle: Cycle) -> bool:
    may = ledgers.may_write(hat, cycle, returns.ROW)
    return may.denied is None and may.closed_everywhere is None


@page("C04")
def returns_page(request: PageRequest) -> HttpResponse:
    """Figures by source, period and name; `?q=` a unit or figure, `?period=` one period. Versions for who may."""
    cycle, hat = request.cycle, request.hat
    query, period = request.GET.get("q", "").strip(), request.GET.get("period", "")
    lines = return_queries.returns_for(hat, cycle)
    periods = list(lines.order_by().values_list("version__ledger__period", flat=True).distinct())
    if period:
        lines = lines.filter(version__ledger__period=period)
    if query:
        lines = lines.filter(unit__name__icontains=query) | lines.filter(figure__icontains=query)
    sheet = Paginator(return_queries.with_names(lines), PER_PAGE).get_page(request.GET.get("page"))
    places = list(return_queries.places_of(hat, cycle))
    versions = ledger_queries.versions_of(places) if places else []
    is_open = _may_write(hat, cycle)
    return render(
        request,
        "scoring/returns.html",
        {
            "lines": [(line, period_name(line.version.ledger.period)) for line in sheet],
            "page": sheet,
            "q": query,
            "periods": [(value, period_name(value), value == period) for value in sorted(periods)],
            "query": "".join(f"{k}={v}&" for k, v in (("q", query), ("period", period)) if v),
            "versions": [_version_row(v, places, cycle, is_open) for v in versions[:60]],
            "upload": _upload(cycle) if is_open else None,
            "entry_url": reverse("return-entry", args=[cycle.code]) if is_open else "",
            "template_url": reverse("returns-template", args=[cycle.code]) if is_open else "",
            "xlsx_url": reverse("returns-xlsx", args=[cycle.code]),
        },
    )


def _upload(cycle: Cycle) -> dict[str, Any]:
    return {
        "url": reverse("imports", args=[cycle.code]),
        "title": _("Drop statistical returns here"),
        "help": _("Columns 单位, 指标, 期, 数值, 计量单位, 来源单位; .xlsx or .xls, at most 20 MB each."),
        "accept": ".xlsx,.xls",
        "button": _("Read the files"),
        "many": True,
        "hidden": [("kind", "returns")],
    }


def _version_row(version: Any, places: list[Ledger], cycle: Cycle, is_open: bool) -> dict[str, Any]:
    in_force = any(place.current_id == version.pk for place in places)
    place = next(place for place in places if place.pk == version.ledger_id)
    return {
        "version": version,
        "body": place.body.name,
        "period": period_name(place.period),
        "light": "green" if in_force else VERSION_LIGHTS[version.state],
        "word": _("in force") if in_force else _("voided") if version.state == "void" else _("replaced"),
        "file": version.batch.file.name if version.batch is not None else _("typed in the browser"),
        "void_url": reverse("ledger-void", args=[cycle.code, version.pk]) if in_force and is_open else "",
    }


@page("C04")
def returns_xlsx(request: PageRequest) -> HttpResponse:
    """The figures within the hat's sight as the workbook that can be sent back."""
    lines = return_queries.with_names(return_queries.returns_for(request.hat, request.cycle))
    return attachment(return_exports.returns(lines), f"{request.cycle.code}-统计数据.xlsx")


@page("C07")
def template(request: PageRequest) -> HttpResponse:
    """Every unit of the year once, to be filled in with one figure."""
    cycle, hat = request.cycle, request.hat
    content = return_exports.template(_units(cycle, hat), hat.unit.name if hat.unit is not None else "")
    return attachment(content, f"{cycle.code}-统计数据模板.xlsx")


def _units(cycle: Cycle, hat: Hat) -> list[Unit]:
    """The units one may report about: those that take part, but those the person is tied to."""
    return list(
        Unit.objects.filter(memberships__block__cycle=cycle)
        .exclude(pk__in=hat.tied_unit_ids(cycle.pk))
        .distinct()
        .order_by("order", "pk")
    )


class FigureForm(forms.Form):
    source = forms.ModelChoiceField(label=gettext_lazy("Source"), queryset=Unit.objects.none())
    period = forms.CharField(
        label=gettext_lazy("Period"),
        max_length=20,
        help_text=gettext_lazy("A month, a quarter or the whole year: 2012年3月, 一季度, 全年."),
    )
    figure = forms.CharField(label=gettext_lazy("Figure reported"), max_length=100)
    measure = forms.CharField(label=gettext_lazy("Unit of measure"), max_length=20)


@page("C07", methods=("GET", "POST"))
def entry(request: PageRequest) -> HttpResponse:
    """One figure of one period for many units; what was typed stays after any refusal."""
    cycle, hat = request.cycle, request.hat
    units = _units(cycle, hat)
    form = FigureForm(request.POST or request.GET or None)
    sources = cycle.units.order_by("order", "pk")
    if hat.role is Role.LEAD:
        sources = sources.filter(pk=hat.unit_id or 0)
    form.fields["source"].queryset = sources  # type: ignore[attr-defined]  # a ModelChoiceField
    if hat.role is Role.LEAD and hat.unit is not None:
        form.fields["source"].initial = hat.unit
    refusal: Refused | None = None
    wrong: dict[int, str] = {}
    typed = {unit.pk: request.POST.get(f"value-{unit.pk}", "") for unit in units}
    seen = 0
    if request.method == "POST" and form.is_valid():
        values, wrong = _values(typed)
        try:
            period = period_of(form.cleaned_data["period"], cycle.year)
            if period is None:
                raise Refused(
                    "not-a-period",
                    _(
                        "“%(value)s” is no month, quarter or whole of %(year)d. Please write 2012年3月, 一季度 or 全年 of that year."
                    )
                    % {"value": form.cleaned_data["period"], "year": cycle.year},
                    status=422,
                )
            source = form.cleaned_data["source"]
            before = returns.standing(cycle, [(source.pk, period)]).get((source.pk, period), Standing())
            seen = before.version
            if not wrong and request.POST.get("seen") != str(seen):
                wrong = _stored_otherwise(before, form.cleaned_data["figure"], values)
            if wrong and request.POST.get("seen") != str(seen) and not _values(typed)[1]:
                raise Refused(
                    "stored-already",
                    _(
                        "Other values stand already, shown below. Nothing was saved; save once more to replace them."
                    ),
                )
            if not wrong:
                version = returns.enter(
                    by=hat,
                    cycle=cycle,
                    source=source,
                    period=period,
                    seen=seen,
                    figure=form.cleaned_data["figure"],
                    measure=form.cleaned_data["measure"],
                    values=values,
                )
                messages.success(
                    request,
                    _("Saved: %(count)d figures of %(period)s stand now.")
                    % {"count": version.line_count, "period": period_name(period)},
                )
                return redirect("returns", cycle.code)
        except Refused as refused:
            if refused.status in {403, 404}:
                raise
            refusal = refused
    return render(
        request,
        "scoring/return_entry.html",
        {
            "page_title": _("Type a figure"),
            "breadcrumbs": crumbs(
                cycle,
                (_("Statistical returns"), reverse("returns", args=[cycle.code])),
                (_("Type a figure"), ""),
            ),
            "refusal": refusal,
            "form": form,
            "seen": seen,
            "rows": [(unit, typed[unit.pk], wrong.get(unit.pk, "")) for unit in units],
            "back_url": reverse("returns", args=[cycle.code]),
        },
        status=refusal.status if refusal else 422 if request.method == "POST" else 200,
    )


def _stored_otherwise(before: Standing, figure: str, values: Mapping[int, Decimal | None]) -> dict[int, str]:
    """Unit → what stands now, where the typed value would replace another one."""
    return {
        line.unit: f"{_('Now stored:')} {plain(line.value)}{line.measure}"
        for line in before.lines
        if line.figure == " ".join(figure.split())
        and line.unit in values
        and values[line.unit] != Decimal(line.value).scaleb(-SCALE)
    }


def _values(typed: dict[int, str]) -> tuple[dict[int, Decimal | None], dict[int, str]]:
    values: dict[int, Decimal | None] = {}
    wrong: dict[int, str] = {}
    for unit, text in typed.items():
        if not text.strip():
            continue
        value = to_number(Cell("s", text, 0, 0, ""), SCALE)
        if isinstance(value, Fault):
            wrong[unit] = str(sentence(value.code, {"value": text, "column": "", **value.figures}))
        elif value is not None and abs(value) >= Decimal("1e14"):
            wrong[unit] = _("The number is too large to be kept exactly.")
        else:
            values[unit] = value
    if not values and not wrong:
        wrong[next(iter(typed), 0)] = _("Please enter at least one value.")
    return values, wrong
