"""The ledgers of the year: who has handed in which quarter, one quarter with its versions, the year's sums.

What a workbook changes is shown on the pages of scoring.views.imports; lines are typed in ledger_entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office.fields import format_points
from office.workbook.writer import ColumnOut, SheetOut, Value, write_workbook
from scoring import ledger_queries, ledger_reports
from scoring.actions import ledgers as actions
from scoring.ledger_queries import CellSums, QuarterState
from scoring.models import (
    QUARTERS,
    Ledger,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    VersionState,
)
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs, nothing_here
from scoring.workbooks import ledger_exports
from units.duties import Light
from units.hats import Hat
from units.matrix import Role
from units.models import Cycle, Unit
from units.pages import PageRequest, page
from units.permissions import may

PER_PAGE: Final = 100
ONLY_OWN: Final = frozenset({Role.OFFICIAL, Role.PRINCIPAL, Role.REVIEWER})
LIGHT_WORDS: Final = {
    Light.DONE: gettext_lazy("handed in on time"),
    Light.LATE: gettext_lazy("caught up late"),
    Light.DUE: gettext_lazy("due soon"),
    Light.OVERDUE: gettext_lazy("overdue"),
    Light.AHEAD: gettext_lazy("not sent"),
}


def lamp(state: QuarterState) -> tuple[str, object]:
    """Colour and word of a quarter; done without a due day is green like any other."""
    light = ledger_queries.duty_of(state).light(timezone.now())
    return light.tone, LIGHT_WORDS[light]


@page("C04")
def ledgers(request: PageRequest) -> HttpResponse:
    """A lead's own four quarters; every body's for those who look at all; for a unit its own sums."""
    cycle, hat = request.cycle, request.hat
    if hat.role in ONLY_OWN:
        return redirect("ledger-sums", cycle.code)
    bodies = _bodies(hat, cycle)
    states = ledger_queries.quarter_states(cycle, bodies, own_part_alone=hat.role is Role.LEAD)
    due = ledger_queries.due_days(cycle)
    rows = [
        {
            "body": body,
            "year_url": reverse("ledger-year", args=[cycle.code, body.name]),
            "quarters": [_quarter_cell(cycle, states[body.pk, q]) for q in QUARTERS],
        }
        for body in bodies
    ]
    is_lead = hat.role is Role.LEAD
    may_write = actions.may_write(hat, cycle, "C02")
    is_open = may_write.denied is None and may_write.closed_everywhere is None
    return render(
        request,
        "scoring/ledgers.html",
        {
            "rows": rows,
            "is_lead": is_lead,
            "due": [(quarter, due.get(quarter)) for quarter in QUARTERS],
            "due_url": reverse("ledger-due", args=[cycle.code]) if may("D08", hat, cycle) else "",
            "upload": _upload(cycle) if is_open and (not is_lead or bodies) else None,
            "closed": None if is_open or may_write.denied else may_write.closed_everywhere,
            "sums_url": reverse("ledger-sums", args=[cycle.code]),
            "xlsx_url": reverse("ledgers-xlsx", args=[cycle.code]),
            "imports_url": reverse("imports", args=[cycle.code]) + "?kind=ledger"
            if may_write.denied is None
            else "",
        },
    )


def _bodies(hat: Hat, cycle: Cycle) -> list[Unit]:
    bodies = ledger_queries.bodies_of(cycle)
    if hat.role is Role.LEAD:
        return [body for body in bodies if body.pk == hat.unit_id]
    return bodies


def _quarter_cell(cycle: Cycle, state: QuarterState) -> dict[str, Any]:
    colour, word = lamp(state)
    return {
        "quarter": state.quarter,
        "light": colour,
        "word": word,
        "due": state.due,
        "lines": state.lines,
        "points": format_points(state.points),
        "version": state.version,
        "url": reverse("ledger", args=[cycle.code, state.body.name, state.quarter]),
        "template_url": reverse("ledger-template", args=[cycle.code, state.body.name, state.quarter]),
        "entry_url": reverse("ledger", args=[cycle.code, state.body.name, state.quarter]),
    }


def _upload(cycle: Cycle) -> dict[str, Any]:
    return {
        "url": reverse("imports", args=[cycle.code]),
        "title": _("Drop the ledger here"),
        "help": _("One workbook per body and quarter, or many at once; .xlsx or .xls, at most 20 MB each."),
        "accept": ".xlsx,.xls",
        "button": _("Read the files"),
        "many": True,
        "hidden": [("kind", "ledger")],
    }


@page("C04")
def ledgers_xlsx(request: PageRequest) -> HttpResponse:
    """Bodies × quarters with their state, as on the page."""
    cycle, hat = request.cycle, request.hat
    if hat.role in ONLY_OWN:
        return redirect("ledger-sums-xlsx", cycle.code)
    bodies = _bodies(hat, cycle)
    states = ledger_queries.quarter_states(cycle, bodies, own_part_alone=hat.role is Role.LEAD)
    columns = [ColumnOut(_("Lead body"))]
    for quarter in QUARTERS:
        name = _("Quarter %(n)d") % {"n": quarter}
        columns += [
            ColumnOut(f"{name} {_('State')}"),
            ColumnOut(f"{name} {_('Lines')}", "whole", 0),
            ColumnOut(f"{name} {_('Points off')}", "number", cycle.places),
        ]
    rows: list[list[Value]] = []
    for body in bodies:
        row: list[Value] = [body.name]
        for quarter in QUARTERS:
            state = states[body.pk, quarter]
            row += [str(lamp(state)[1]), state.lines, state.points]
        rows.append(row)
    sheet = SheetOut(_("Ledgers"), columns, rows, title=f"{cycle.code} {_('Ledgers of the year')}")
    return attachment(write_workbook([sheet]), f"{cycle.code}-{_('Ledgers')}.xlsx")


# One quarter --------------------------------------------------------------------------------------


def body_named(request: PageRequest, name: str) -> Unit:
    """The body meant by the address, within what the hat may open; 404 otherwise."""
    hat = request.hat
    if hat.role in ONLY_OWN or (hat.role is Role.LEAD and (hat.unit is None or hat.unit.name != name)):
        raise nothing_here()
    body = next((each for each in ledger_queries.bodies_of(request.cycle) if each.name == name), None)
    if body is None:
        raise nothing_here()
    return body


def parts_of(request: PageRequest, body: Unit, quarter: int) -> list[Ledger]:
    if quarter not in QUARTERS:
        raise nothing_here()
    return list(
        ledger_queries.ledgers_for(request.hat, request.cycle).filter(body=body, period=f"Q{quarter}")
    )


@page("C04")
def ledger(request: PageRequest, body: str, quarter: int) -> HttpResponse:
    """The lines that stand, or those of an older version (`?version=ID`); versions; ways to change it."""
    cycle, hat = request.cycle, request.hat
    unit = body_named(request, body)
    parts = parts_of(request, unit, quarter)
    versions = ledger_queries.versions_of(parts)
    wanted = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.pk) == wanted), None)
    if wanted and shown is None:
        raise nothing_here()
    ids = [shown.pk] if shown else [part.current_id for part in parts if part.current_id]
    lines = ledger_queries.with_names(
        ledger_queries.readable(LedgerLine.objects.filter(version__in=ids), hat, cycle)
    )
    query = request.GET.get("q", "").strip()
    if query:
        lines = lines.filter(membership__unit__name__icontains=query)
    sheet = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    (state,) = (
        s
        for (_pk, q), s in ledger_queries.quarter_states(
            cycle, [unit], own_part_alone=hat.role is Role.LEAD
        ).items()
        if q == quarter
    )
    is_open = _may_write_now(hat, cycle, "C05")
    evidence = ledger_queries.evidence_counts(line.thread for line in sheet)
    return render(
        request,
        "scoring/ledger.html",
        {
            "page_title": ledger_title(unit, quarter),
            "breadcrumbs": crumbs(
                cycle,
                (_("Ledgers"), reverse("ledgers", args=[cycle.code])),
                (ledger_title(unit, quarter), ""),
            ),
            "cycle": cycle,
            "body": unit,
            "quarter": quarter,
            "places": cycle.places,
            "state": _quarter_cell(cycle, state),
            "due": state.due,
            "shown": shown,
            "parts": [part for part in parts if part.current is not None],
            "lines": [(line, evidence.get(line.thread, 0)) for line in sheet],
            "page": sheet,
            "query": f"q={query}&" if query else "",
            "q": query,
            "versions": [_version_row(v, hat, cycle, parts) for v in versions],
            "entry_url": reverse("ledger-entry", args=[cycle.code, unit.name, quarter]) if is_open else "",
            "template_url": reverse("ledger-template", args=[cycle.code, unit.name, quarter])
            if may("C01", hat)
            else "",
            "xlsx_url": reverse("ledger-xlsx", args=[cycle.code, unit.name, quarter]),
            "upload_url": reverse("imports", args=[cycle.code]) + "?kind=ledger" if is_open else "",
            "year_url": reverse("ledger-year", args=[cycle.code, unit.name]),
        },
    )


def ledger_title(body: Unit, quarter: int) -> str:
    return _("%(body)s · ledger of quarter %(n)d") % {"body": body.name, "n": quarter}


def _may_write_now(hat: Hat, cycle: Cycle, row: str) -> bool:
    may_write = actions.may_write(hat, cycle, row)
    return may_write.denied is None and may_write.closed_everywhere is None


VERSION_LIGHTS: Final = {VersionState.STANDING: "off", VersionState.VOID: "red"}


def _version_row(version: LedgerVersion, hat: Hat, cycle: Cycle, parts: Iterable[Ledger]) -> dict[str, Any]:
    in_force = any(part.current_id == version.pk for part in parts)
    may_void = in_force and _may_write_now(hat, cycle, "C06")
    return {
        "version": version,
        "part": version.ledger.get_part_display(),
        "light": "green" if in_force else VERSION_LIGHTS[VersionState(version.state)],
        "word": _("in force")
        if in_force
        else _("voided")
        if version.state == VersionState.VOID
        else _("replaced"),
        "file": version.batch.file.name if version.batch is not None else _("typed in the browser"),
        "file_url": reverse("import-preview", args=[cycle.code, version.batch_id])
        if version.batch_id and hat.role in {Role.OFFICE, Role.AUDITOR}
        else "",
        "url": f"?version={version.pk}",
        "void_url": reverse("ledger-void", args=[cycle.code, version.pk]) if may_void else "",
    }


@page("C04")
def ledger_xlsx(request: PageRequest, body: str, quarter: int) -> HttpResponse:
    """The quarter as a workbook that can be corrected and sent back; `?version=` an older one."""
    unit = body_named(request, body)
    parts = parts_of(request, unit, quarter)
    wanted = request.GET.get("version", "")
    versions = ledger_queries.versions_of(parts) if wanted else []
    shown = next((v for v in versions if str(v.pk) == wanted), None)
    if wanted and shown is None:
        raise nothing_here()
    ids = [shown.pk] if shown else [part.current_id for part in parts if part.current_id]
    lines = ledger_queries.with_names(
        ledger_queries.readable(LedgerLine.objects.filter(version__in=ids), request.hat, request.cycle)
    )
    own = shown or next(
        (part.current for part in parts if part.part == LedgerPart.OWN and part.current), None
    )
    content = ledger_exports.ledger(
        request.cycle,
        unit,
        quarter,
        lines,
        others_clean=own.others_clean if own is not None else None,
        totals=not shown,
    )
    return attachment(content, _file_name(request.cycle, unit, quarter))


def _file_name(cycle: Cycle, body: Unit, quarter: int) -> str:
    return f"{cycle.code}-{body.name}-{ledger_exports.QUARTER_NAMES[quarter]}台账.xlsx"


@page("C01")
def template(request: PageRequest, body: str, quarter: int) -> HttpResponse:
    """An empty ledger with the body's own units and items; `?own=1` the body's own unit, for the office."""
    unit = body_named(request, body)
    if quarter not in QUARTERS:
        raise nothing_here()
    own = request.GET.get("own") == "1" and request.hat.role is Role.OFFICE
    content = ledger_exports.template(request.cycle, unit, quarter, own_unit=own)
    return attachment(content, _file_name(request.cycle, unit, quarter))


@page("C04")
def year_pdf(request: PageRequest, body: str) -> HttpResponse:
    """The body's report of the year from its four quarters, to print and sign."""
    unit = body_named(request, body)
    content = ledger_reports.year_report(
        request.cycle,
        unit,
        ledger_queries.lines_of_body(request.hat, request.cycle, unit),
        ledger_queries.ledgers_for(request.hat, request.cycle),
    )
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{request.cycle.code}-{unit.name}-台账年终报告.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Cache-Control"] = "private, no-store"
    return response


# The year's sums ----------------------------------------------------------------------------------


def sorted_cells(hat: Hat, cycle: Cycle, block: str = "", unit: str = "") -> list[CellSums]:
    """Every cell of which a line speaks that the hat may read, in the order of the plan."""
    lines = ledger_queries.lines_for(hat, cycle)
    if block:
        lines = lines.filter(membership__block__name=block)
    if unit:
        lines = lines.filter(membership__unit__name__icontains=unit)
    found = ledger_queries.cell_sums(lines, cycle).values()
    return sorted(
        found,
        key=lambda cell: (
            cell.membership.block.order,
            cell.membership.unit.order,
            cell.sub_item.item.order,
            cell.sub_item.order,
            cell.sub_item.pk,
        ),
    )


@page("C04")
def sums(request: PageRequest) -> HttpResponse:
    """Points off per unit, sub-item and quarter, with the score that would follow; `?block=` and `?q=` narrow."""
    cycle, hat = request.cycle, request.hat
    block, query = request.GET.get("block", ""), request.GET.get("q", "").strip()
    cells = sorted_cells(hat, cycle, block, query)
    sheet = Paginator(cells, PER_PAGE).get_page(request.GET.get("page"))
    blocks = list(cycle.blocks.order_by("order", "pk").values_list("name", flat=True))
    return render(
        request,
        "scoring/ledger_sums.html",
        {
            "breadcrumbs": crumbs(
                cycle,
                *([] if hat.role in ONLY_OWN else [(_("Ledgers"), reverse("ledgers", args=[cycle.code]))]),
                (_("Sums of the year"), ""),
            ),
            "cells": list(sheet),
            "page": sheet,
            "places": cycle.places,
            "blocks": [("", _("All"), not block), *((name, name, name == block) for name in blocks)],
            "block": block,
            "q": query,
            "shows_filters": hat.role not in {Role.OFFICIAL, Role.PRINCIPAL},
            "query": "".join(f"{k}={v}&" for k, v in (("block", block), ("q", query)) if v),
            "xlsx_url": reverse("ledger-sums-xlsx", args=[cycle.code])
            + (f"?block={block}&q={query}" if block or query else ""),
        },
    )


@page("C04")
def sums_xlsx(request: PageRequest) -> HttpResponse:
    cells = sorted_cells(
        request.hat, request.cycle, request.GET.get("block", ""), request.GET.get("q", "").strip()
    )
    return attachment(
        ledger_exports.sums(request.cycle, cells), f"{request.cycle.code}-{_('Ledgers of the year')}.xlsx"
    )
