"""The register of adjustments 加减分登记: per unit and per kind, as page, PDF and workbook.

One claim and its decision are in bonuses.views.adjustments.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from bonuses import permissions, policy, queries, words
from bonuses.claims import frame_of
from bonuses.lists import register as register_workbook
from bonuses.models import Adjustment, AdjustmentKind, AdjustmentState
from bonuses.views.adjustments import line_of
from bonuses.views.papers import may_claim_anything
from office import pdf
from office.files import PDF, XLSX
from units.matrix import Role
from units.pages import PageRequest, page


@dataclass(frozen=True, slots=True)
class Register:
    """What a hat may see of the year's papers, unit by unit in the plan's order."""

    units: list[dict[str, Any]]
    waiting: int
    kind: str
    unit: str

    @property
    def query(self) -> str:
        chosen = {key: value for key, value in (("kind", self.kind), ("unit", self.unit)) if value}
        return f"?{urlencode(chosen)}" if chosen else ""


def _register(request: PageRequest) -> Register:
    """`?kind=` and `?unit=` narrow; a fixed number of queries."""
    cycle, hat = request.cycle, request.hat
    rules = queries.rules_of(cycle)
    kind, unit_name = request.GET.get("kind", ""), request.GET.get("unit", "")
    rows = permissions.adjustments_for(hat, cycle).select_related(*queries.WITH_ALL)
    rows = rows.order_by("unit__order", "unit_id", "kind", "document__on", "pk")
    by_unit: dict[int, list[Adjustment]] = {}
    for row in rows:
        by_unit.setdefault(row.unit_id, []).append(row)
    bars = queries.bars_by_unit(cycle)
    shown = []
    for papers in by_unit.values():
        unit = papers[0].unit
        if unit_name and unit.name != unit_name:
            continue
        counted = [row for row in papers if row.state == AdjustmentState.VERIFIED]
        total = policy.count(map(queries.paper_of, counted), rules.tariff)
        worths = {worth.key: worth for worth in total.worths}
        lines = [line_of(row, rules.tariff, worths.get(row.pk)) for row in papers if kind in {"", row.kind}]
        if not lines:
            continue
        shown.append(
            {
                "unit": unit,
                "block": papers[0].membership.block.name,
                "sum": total,
                "steps": [(words.step(step), step.clause) for step in total.steps],
                "lines": lines,
                "waiting": len([row for row in papers if row.state == AdjustmentState.PROPOSED]),
                "bars": bars.get(unit.pk, []),
            }
        )
    waits = len([row for row in rows if row.state == AdjustmentState.PROPOSED])
    return Register(shown, waits, kind, unit_name)


@page("F03")
def register_page(request: PageRequest) -> HttpResponse:
    """Every unit with its three figures; a line unfolds to the steps and the papers."""
    cycle, hat = request.cycle, request.hat
    found = _register(request)

    def way(name: str, *, shown: bool = True) -> str:
        return reverse(name, args=[cycle.code]) if shown else ""

    claims, office = may_claim_anything(request), hat.role is Role.OFFICE
    return render(
        request,
        "bonuses/adjustments.html",
        {
            "units": found.units,
            "places": cycle.places,
            "kind": found.kind,
            "kinds": [(value, label, value == found.kind) for value, label in AdjustmentKind.choices],
            "unit_name": found.unit,
            "waiting": found.waiting,
            "cycle": cycle,
            "waiting_url": way("adjustments-waiting", shown=office),
            "claim_url": way("adjustment-claim", shown=claims),
            "list_url": way("paper-lists", shown=claims),
            "matters_url": way("matters", shown=office),
            "issuers_url": way("issuers", shown=office),
            "papers_url": way("papers"),
            "vetoes_url": way("vetoes"),
            "xlsx_url": way("adjustments-xlsx") + found.query,
            "pdf_url": way("adjustments-pdf", shown=bool(found.units)) + found.query if found.units else "",
        },
    )


@page("F03")
def register_xlsx(request: PageRequest) -> HttpResponse:
    """The register within the hat's sight as the workbook that can be sent back; rejected ones are left out."""
    cycle = request.cycle
    rows = permissions.adjustments_for(request.hat, cycle).select_related(*queries.WITH_ALL)
    rows = rows.filter(state__in=["proposed", "verified"]).order_by(
        "unit__order", "kind", "document__on", "pk"
    )
    for key, field in (("kind", "kind"), ("unit", "unit__name")):
        if request.GET.get(key):
            rows = rows.filter(**{field: request.GET[key]})
    content = register_workbook(cycle, rows, frame_of(cycle))
    return _attached(content, XLSX, f"{cycle.code}-加减分清单.xlsx")


@page("F03")
def register_pdf(request: PageRequest) -> HttpResponse:
    """The register to print and file: each unit with its papers, the steps of its sum, a line to sign."""
    cycle = request.cycle
    found = _register(request)
    as_of = timezone.localtime()
    marks = "|".join(
        f"{line['row'].pk}:{line['row'].version}:{line['row'].state}"
        for one in found.units
        for line in one["lines"]
    )
    digest = hashlib.sha256(f"{cycle.code}{found.query}{marks}".encode()).hexdigest()
    title = _("Register of additions and deductions")
    html = render_to_string(
        "reports/adjustments.html",
        {
            "facts": {"host": cycle.host.name, "digest": digest, "foot": f"{title} {digest[:12]}"},
            "paper_title": f"{cycle.year} {title}",
            "cycle": cycle,
            "units": found.units,
            "places": cycle.places,
            "kind": found.kind,
            "as_of": as_of,
            "code": digest[:12],
        },
    )
    return _attached(pdf.render(html, identifier=digest), PDF, f"{cycle.code}-{title}.pdf")


def _attached(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
