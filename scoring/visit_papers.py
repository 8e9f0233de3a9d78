"""The sheet a team takes along: what is known of each cell, and room to write, to sign and to seal.

How a page is set is in office.pdf, its look in templates/reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from office import pdf, qr
from scoring import visit_forms, visit_queries
from scoring.models import Visit
from scoring.visit_queries import SeenLine
from units.models import Cycle


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What the common frame of printed papers asks for."""

    host: str
    digest: str
    foot: str


@dataclass(frozen=True, slots=True)
class VisitSheet:
    visit: Visit
    code: str
    lines: tuple[SeenLine, ...]

    @property
    def qr(self) -> SafeString:
        """The code once more, for the scanner; nothing where the sheet has none."""
        return qr.svg(self.code, self.code) if self.code else SafeString()


def sheets_of(cycle: Cycle, visits: Sequence[Visit]) -> list[VisitSheet]:
    """The sheets in the order given, with the code of each that has one.  Three queries.

    Every visit comes with its team and unit loaded.
    """
    lines = visit_queries.lines_of_visits(visits)
    codes = visit_forms.codes_of(cycle, [visit.pk for visit in visits])
    for visit in visits:
        visit.cycle = cycle
    return [VisitSheet(visit, codes.get(visit.pk, ""), tuple(lines.get(visit.pk, ()))) for visit in visits]


def html_of(cycle: Cycle, sheets: Sequence[VisitSheet]) -> str:
    names = " ".join(f"{sheet.visit.pk} {sheet.code}" for sheet in sheets)
    digest = sha256(names.encode()).hexdigest()
    return render_to_string(
        "reports/visits.html",
        {
            "facts": SheetFacts(
                cycle.host.name, digest, (sheets[0].code if len(sheets) == 1 else "") or cycle.code
            ),
            "paper_title": "实地考评记录表",
            "sheets": sheets,
            "places": cycle.places,
            "cycle": cycle,
        },
    )


def pdf_of(cycle: Cycle, sheets: Sequence[VisitSheet]) -> bytes:
    """Raises Refused when papers cannot be set on this machine."""
    return pdf.render(html_of(cycle, sheets), identifier=sheets[0].code or cycle.code)
