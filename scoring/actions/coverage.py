"""A unit files how far it carried the promises down to villages, sections and people (§8(1)).

Every filing is kept; the newest one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bonuses.actions.adjustments import locked
from office import audit, evidence
from office.refusal import Refused
from scoring.models import Below, CoverageLine, CoverageReturn
from units.hats import Hat
from units.models import Cycle, Unit
from units.permissions import require

FILE = "D12"
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Counts:
    due: int
    committed: int
    appraised: int


@transaction.atomic
def file_return(
    *,
    by: Hat,
    cycle: Cycle,
    unit: Unit,
    counts: Mapping[str, Counts],
    received: evidence.Received | None,
    note: str = "",
    number: int | None = None,
) -> CoverageReturn:
    """Keep a new filing; without a file the one filed before stays attached.  D12, §8(1).

    `number` is the filing the page was drawn with (0 for none); a newer one is refused. Raises Refused as well:
    not permitted, stage closed, a figure missing or out of order, no file.
    """
    year = locked(cycle)
    require(FILE, by, year, unit_id=unit.pk)
    if not year.blocks.filter(memberships__unit=unit).exists():
        raise Refused("not-found", _("There is no such record."), status=404)
    last = (
        CoverageReturn.objects.filter(cycle=year, unit=unit)
        .select_related("filed_by")
        .order_by("-number")
        .first()
    )
    filed = last.number if last is not None else 0
    if number is not None and number != filed:
        raise Refused(
            "changed-meanwhile",
            _(
                "%(who)s filed this return meanwhile. What you typed is still below: compare it and file again."
            )
            % {"who": str(last.filed_by) if last is not None else "—"},
            values={"number": filed},
        )
    for below in Below:
        _require_sound(below, counts.get(below))
    earlier = list(CoverageReturn.objects.filter(cycle=year, unit=unit).values_list("pk", flat=True))
    if received is None and not evidence.of_each(CoverageReturn, earlier):
        raise Refused(
            "no-file",
            _("Please attach the file that shows it: the signed list or its scan."),
            "§8(1)",
            status=422,
        )
    made = CoverageReturn.objects.create(
        cycle=year,
        unit=unit,
        number=filed + 1,
        note=note.strip()[:500],
        filed_by=by.user,
        filed_at=timezone.now(),
    )
    CoverageLine.objects.bulk_create(
        CoverageLine(
            coverage=made,
            below=below,
            due=counts[below].due,
            committed=counts[below].committed,
            appraised=counts[below].appraised,
        )
        for below in Below
    )
    if received is not None:
        evidence.attach(received, by=by.user, about=made, account=evidence.account_of(year.code, unit.pk))
    audit.record(
        by,
        "coverage.filed",
        made,
        cycle_code=year.code,
        unit=unit.name,
        number=made.number,
        sha256=received.stored.sha256 if received is not None else "",
        counts={b: [counts[b].due, counts[b].committed, counts[b].appraised] for b in Below.values},
    )
    return made


def _require_sound(below: Below, told: Counts | None) -> None:
    names = {"who": below.label}
    if told is None:
        raise Refused(
            "no-figure", _("%(who)s: please enter all three figures; 0 is an answer too.") % names, status=422
        )
    if not 0 <= told.appraised <= told.committed <= told.due <= MOST:
        raise Refused(
            "figures-out-of-order",
            _(
                "%(who)s: %(appraised)d appraised, %(committed)d promised of %(due)d. Nobody is appraised without a promise, and no more can promise than there are."
            )
            % {
                **names,
                "appraised": told.appraised,
                "committed": told.committed,
                "due": told.due,
            },
            "§8(1)",
            status=422,
        )
