"""One body's year-end report, made from its four quarters, to print and sign (§6(3)).

How a page is set is in office.pdf; whose report may be fetched is asked by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from office import pdf
from scoring import ledger_queries
from scoring.ledger_queries import CellSums
from scoring.models import QUARTERS, Ledger, LedgerLine, LedgerVersion, SubItem
from units.models import Cycle, Unit


@dataclass(frozen=True, slots=True)
class Facts:
    """What reports/base.html asks of every paper."""

    host: str
    digest: str
    foot: str


@dataclass(slots=True)
class Part:
    """One sub-item of one block: its units with their four quarters, and every deduction."""

    sub_item: SubItem
    cells: list[CellSums] = field(default_factory=list)
    lines: list[tuple[int, LedgerLine]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((cell.total for cell in self.cells), Decimal(0))


def year_report(cycle: Cycle, body: Unit, lines: QuerySet[LedgerLine], ledgers: QuerySet[Ledger]) -> bytes:
    """The report as PDF; the same ledgers give the same bytes on the same day.

    `lines` and `ledgers` are those within the reader's sight: a lead learns nothing here of what the office wrote
    about its own unit. Raises Refused without pango.
    """
    html, digest = year_html(cycle, body, lines, ledgers)
    return pdf.render(html, identifier=digest[:32])


def year_html(
    cycle: Cycle, body: Unit, lines: QuerySet[LedgerLine], ledgers: QuerySet[Ledger]
) -> tuple[str, str]:
    """The page, and the digest of the figures it states."""
    mine = lines.filter(version__ledger__body=body)
    sums = ledger_queries.cell_sums(mine, cycle)
    parts: dict[int, Part] = {}
    for sub in ledger_queries.sub_items_of(cycle, body.pk):
        parts[sub.pk] = Part(sub)
    for (_member, sub_pk), cell in sums.items():
        if sub_pk in parts:
            parts[sub_pk].cells.append(cell)
    for part in parts.values():
        part.cells.sort(key=lambda cell: (cell.membership.unit.order, cell.membership.unit_id))
    taken = ledger_queries.with_names(mine.filter(points__gt=0)).select_related(
        "membership__unit", "version__ledger", "indicator"
    )
    for line in sorted(
        taken, key=lambda one: (one.version.ledger.period, one.membership.unit.order, one.position)
    ):
        if line.sub_item_id in parts:
            parts[line.sub_item_id].lines.append((line.version.ledger.quarter, line))
    versions = _versions(body, ledgers)
    digest = _digest(cycle, body, sums, versions)
    context = {
        "paper_title": f"{cycle.year}年度{body.name}考评台账年终报告",
        "facts": Facts(host=cycle.host.name, digest=digest, foot=f"{body.name} 校验码 {digest[:12]}"),
        "cycle": cycle,
        "body": body,
        "places": cycle.places,
        "quarters": [(quarter, versions.get(quarter, [])) for quarter in QUARTERS],
        "parts": [part for part in parts.values() if part.cells],
        "empty": [part.sub_item for part in parts.values() if not part.cells],
        "code": digest[:12],
        "printed_on": timezone.localdate(),
    }
    return render_to_string("reports/ledger_year.html", context), digest


def _versions(body: Unit, ledgers: QuerySet[Ledger]) -> dict[int, list[LedgerVersion]]:
    found: dict[int, list[LedgerVersion]] = defaultdict(list)
    standing = LedgerVersion.objects.filter(current_of__in=ledgers.filter(body=body).values("pk"))
    for version in standing.select_related("ledger", "by").order_by("-ledger__part"):
        found[version.ledger.quarter].append(version)
    return found


def _digest(
    cycle: Cycle,
    body: Unit,
    sums: dict[tuple[int, int], CellSums],
    versions: dict[int, list[LedgerVersion]],
) -> str:
    told = sha256(f"{cycle.code}/{body.pk}".encode())
    for key in sorted(sums):
        told.update(f"{key} {sums[key].quarters} {sums[key].suggested}".encode())
    for quarter in sorted(versions):
        told.update(f"{quarter} {[version.pk for version in versions[quarter]]}".encode())
    return told.hexdigest()
